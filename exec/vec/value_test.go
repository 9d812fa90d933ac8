package vec

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weir-sql/weir/planner/types"
)

// TestFormatValue holds texts recorded from CAST(… AS STRING) of Apache Flink 2.2.1,
// and those of its result tables for bytes.
func TestFormatValue(t *testing.T) {
	str, i32 := types.String, types.Int32
	second := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC).Unix()
	for _, c := range []struct {
		t    types.Type
		x    any
		want string
	}{
		{types.Bool, true, "TRUE"}, {types.Bool, false, "FALSE"}, {types.Int8, -5, "-5"}, {types.Int64, math.MinInt64, "-9223372036854775808"},
		{types.Float64, 1.0e10, "1.0E10"}, {types.Float32, 1.1, "1.1"}, {types.Float64, 0.001, "0.001"}, {types.Float64, 0.0001, "1.0E-4"},
		{types.Float64, 1e7, "1.0E7"}, {types.Float64, 9999999.0, "9999999.0"}, {types.Float32, 100.0, "100.0"}, {types.Float64, math.NaN(), "NaN"},
		{types.Float64, math.Inf(-1), "-Infinity"}, {types.Float64, math.Inf(1), "Infinity"}, {types.Float32, float32(2e-3), "0.002"},
		{types.Float64, math.Copysign(0, -1), "-0.0"}, {types.Float64, 1.5, "1.5"}, {types.Float64, -12345.678, "-12345.678"},
		{types.DateType, 18263, "2020-01-02"}, {types.DateType, -1, "1969-12-31"}, {types.DateType, -719162, "0001-01-01"}, {types.DateType, 2932896, "9999-12-31"},
		{types.NewTime(0), (10*3600 + 11*60 + 12) * 1000, "10:11:12"}, {types.NewTime(3), (10*3600+11*60+12)*1000 + 345, "10:11:12.345"},
		{types.NewTimestamp(3), second*1000 + 100, "2020-01-02 03:04:05.100"}, {types.NewTimestamp(1), second*1000 + 100, "2020-01-02 03:04:05.1"},
		{types.NewTimestamp(6), second*1e6 + 100000, "2020-01-02 03:04:05.100000"}, {types.NewTimestamp(0), second * 1000, "2020-01-02 03:04:05"},
		{types.NewTimestamp(9), second*1e9 + 123456789, "2020-01-02 03:04:05.123456789"}, {types.NewTimestampLTZ(3), 1234, "1970-01-01 00:00:01.234"},
		{types.NewTimestamp(3), -1, "1969-12-31 23:59:59.999"},
		{types.NewDecimal(10, 3), 12500, "12.500"}, {types.NewDecimal(10, 2), -5, "-0.05"}, {types.NewDecimal(5, 0), 0, "0"},
		{types.NewDecimal(38, 2), NewDecimal(math.MinInt64, 0), "-1701411834604692317316873037158841057.28"},
		{types.NewInterval(types.YearToMonth, 0, 0), 14, "+1-02"}, {types.NewInterval(types.YearToMonth, 0, 0), -14, "-1-02"},
		{types.NewInterval(types.DayToSecond, 0, 3), ((24+2)*3600+3*60+4)*1000 + 5, "+1 02:03:04.005"},
		{types.NewInterval(types.Day, 0, 0), -86400000, "-1 00:00:00.000"},
		{types.Bytes, []byte("He"), "x'4865'"}, {str, "a\nb", "a\nb"}, {str, nil, "NULL"},
		{types.NewArray(i32), []any{1, 2, nil}, "[1, 2, NULL]"}, {types.NewArray(str), []any{"a", "b c"}, "[a, b c]"},
		{types.NewMap(str, i32), Map{[]any{"a", "b"}, []any{1, nil}}, "{a=1, b=NULL}"}, {types.NewMultiset(str), Map{[]any{"a", "b"}, []any{2, 1}}, "{a=2, b=1}"},
		{types.NewRow(types.Field{Name: "x", Type: i32}, types.Field{Name: "y", Type: str}, types.Field{Name: "z", Type: i32}), []any{1, "a", nil}, "(1, a, NULL)"},
		{types.NewArray(types.NewArray(types.Bool)), []any{[]any{true}, []any{}}, "[[TRUE], []]"},
	} {
		if got := FormatValue(FromValues(c.t, c.x), 0); got != c.want {
			t.Errorf("%s: %s, want %s", c.t, got, c.want)
		}
	}
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(AppendText(nil, FromValues(types.NewTimestampLTZ(3), second*1000), 0, tokyo)); got != "2020-01-02 12:04:05.000" {
		t.Errorf("in Tokyo %s", got)
	}
}

// TestCivil checks the calendar against Go's, over 20,000 years.
func TestCivil(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.Int64Range(-4_000_000, 4_000_000).Draw(t, "day")
		y, m, d := civil(day)
		want := time.Unix(day*86400, 0).UTC()
		if y != int64(want.Year()) || m != int(want.Month()) || d != want.Day() {
			t.Fatalf("day %d is %d-%d-%d, want %s", day, y, m, d, want)
		}
	})
}

// TestAppendJSON holds the JSON of every type.
func TestAppendJSON(t *testing.T) {
	str, i32 := types.String, types.Int32
	for _, c := range []struct {
		t    types.Type
		x    any
		want string
	}{
		{types.Bool, true, "true"}, {types.Int8, -5, "-5"}, {types.Int64, math.MaxInt64, "9223372036854775807"},
		{types.Float64, 1.5, "1.5"}, {types.Float64, 1e10, "1.0E10"}, {types.Float64, math.NaN(), `"NaN"`}, {types.Float64, math.Inf(-1), `"-Infinity"`},
		{types.NewDecimal(10, 2), 150, `"1.50"`}, {types.NewDecimal(38, 2), DecimalOf(-150), `"-1.50"`},
		{types.DateType, 18263, `"2020-01-02"`}, {types.NewTime(3), 1, `"00:00:00.001"`},
		{types.NewTimestamp(3), 0, `"1970-01-01 00:00:00.000"`}, {types.NewTimestampLTZ(3), 0, `"1970-01-01 00:00:00.000Z"`},
		{types.NewInterval(types.YearToMonth, 0, 0), 14, `"+1-02"`},
		{types.Bytes, []byte("He"), `"SGU="`}, {str, nil, "null"}, {str, "a\"b\\\n\r\t\x01é\xff", `"a\"b\\\n\r\t\u0001é�"`},
		{types.NewArray(i32), []any{1, nil}, "[1,null]"}, {types.NewMap(str, i32), Map{[]any{"a"}, []any{1}}, `{"a":1}`},
		{types.NewMap(i32, str), Map{[]any{7, nil}, []any{"x", nil}}, `{"7":"x","NULL":null}`},
		{types.NewRow(types.Field{Name: "x\"", Type: i32}, types.Field{Name: "y", Type: str}), []any{1, "a"}, `{"x\"":1,"y":"a"}`},
	} {
		got := string(AppendJSON(nil, FromValues(c.t, c.x), 0))
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.t, got, c.want)
		}
	}
}

// TestJSONIsJSON checks that every value of every type is valid JSON, and that
// boxing and appending a value gives it back.
func TestJSONIsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts := genTypes(2, 1, 3).Draw(t, "types")
		b := genBatch(t, ts, 10)
		for i := range b.Len {
			for c, v := range b.Cols {
				if text := AppendJSON(nil, v, i); !json.Valid(text) {
					t.Fatalf("%s: %s is no JSON", ts[c], text)
				}
				if again := FromValues(ts[c], v.Value(i)); rowText([]*Vec{again}, 0) != rowText([]*Vec{v}, i) {
					t.Fatalf("%s: %s boxed and back is %s", ts[c], rowText([]*Vec{v}, i), rowText([]*Vec{again}, 0))
				}
			}
		}
	})
}
