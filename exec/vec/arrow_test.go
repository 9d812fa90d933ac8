package vec

import (
	"bytes"
	"testing"
	"unsafe"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"pgregory.net/rapid"

	"github.com/weir-sql/weir/planner/types"
)

// TestArrowRoundTrip sends batches of every type, sliced too, through Arrow records
// and through an IPC stream.
func TestArrowRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts := genTypes(2, 1, 4).Draw(t, "types")
		b := genBatch(t, ts, 20)
		b.Kinds = nil
		if b.Len > 2 {
			b = b.Slice(1, b.Len-2)
		}
		var fields []types.Field
		for _, typ := range ts {
			fields = append(fields, types.Field{Name: "c", Type: typ})
		}
		schema, err := types.ArrowSchema(fields)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := ToRecord(b, schema)
		if err != nil {
			t.Fatal(err)
		}
		back, err := FromRecord(rec, ts)
		if err != nil {
			t.Fatal(err)
		}
		if batchText(back) != batchText(b) {
			t.Fatalf("through a record:\n%s, want\n%s", batchText(back), batchText(b))
		}
		var file bytes.Buffer
		w := ipc.NewWriter(&file, ipc.WithSchema(schema))
		if err := w.Write(rec); err != nil {
			t.Fatal(err)
		}
		w.Close()
		r, err := ipc.NewReader(&file)
		if err != nil || !r.Next() {
			t.Fatal(err, r.Err())
		}
		if back, err = FromRecord(r.Record(), ts); err != nil {
			t.Fatal(err)
		}
		if batchText(back) != batchText(b) {
			t.Fatalf("through IPC:\n%s, want\n%s", batchText(back), batchText(b))
		}
		if b.Len > 1 {
			part, err := FromRecord(rec.NewSlice(1, int64(b.Len)), ts)
			if err != nil {
				t.Fatal(err)
			}
			if batchText(part) != batchText(b.Slice(1, b.Len-1)) {
				t.Fatalf("a slice of a record:\n%s", batchText(part))
			}
		}
	})
}

// TestArrowShares checks that values cross without being copied.
func TestArrowShares(t *testing.T) {
	for _, v := range []*Vec{FromValues(types.Int64, 1, 2, nil), FromValues(types.Float32, 1.5), FromValues(types.NewDecimal(30, 2), DecimalOf(5)),
		FromValues(types.NewTimestamp(6), 1)} {
		a, err := ToArrow(v)
		if err != nil {
			t.Fatal(err)
		}
		back, err := FromArrow(a, v.Type)
		if err != nil {
			t.Fatal(err)
		}
		if unsafe.SliceData(back.Raw()) != unsafe.SliceData(v.Raw()) {
			t.Errorf("%s is copied", v.Type)
		}
	}
	v := FromValues(types.String, "a", "bc")
	a, _ := ToArrow(v)
	back, err := FromArrow(a, v.Type)
	if err != nil || unsafe.SliceData(back.Data) != unsafe.SliceData(v.Data) || unsafe.SliceData(back.Off) != unsafe.SliceData(v.Off) {
		t.Errorf("STRING is copied (%v)", err)
	}
}

// TestArrowConversions reads arrays in layouts that are not ours.
func TestArrowConversions(t *testing.T) {
	mem := memory.DefaultAllocator
	build := func(dt arrow.DataType, json string) arrow.Array {
		a, _, err := array.FromJSON(mem, dt, bytes.NewBufferString(json))
		if err != nil {
			t.Fatal(dt, err)
		}
		return a
	}
	ns := &arrow.TimestampType{Unit: arrow.Nanosecond}
	sec := &arrow.TimestampType{Unit: arrow.Second, TimeZone: "Europe/Berlin"}
	for _, c := range []struct {
		dt   arrow.DataType
		json string
		t    types.Type
		want string
	}{
		{arrow.PrimitiveTypes.Uint8, "[255, null]", types.Int16, "255 NULL "},
		{arrow.PrimitiveTypes.Uint32, "[4294967295]", types.Int64, "4294967295 "},
		{arrow.PrimitiveTypes.Uint64, "[7, null]", types.NewDecimal(20, 0), "7 NULL "},
		{arrow.PrimitiveTypes.Int32, "[-7]", types.Int64, "-7 "},
		{arrow.PrimitiveTypes.Float32, "[1.5]", types.Float64, "1.5 "},
		{arrow.FixedWidthTypes.Date64, `["1969-12-31"]`, types.DateType, "1969-12-31 "},
		{arrow.FixedWidthTypes.Time32s, `["10:11:12"]`, types.NewTime(0), "10:11:12 "},
		{arrow.FixedWidthTypes.Time64us, `["10:11:12.345678"]`, types.NewTime(3), "10:11:12.345 "},
		{ns, `["1969-12-31T23:59:59.999999999"]`, types.NewTimestamp(3), "1969-12-31 23:59:59.999 "},
		{sec, `["2020-01-02T03:04:05Z"]`, types.NewTimestampLTZ(3), "2020-01-02 03:04:05.000 "},
		{arrow.BinaryTypes.LargeString, `["x", null]`, types.String, "x NULL "},
		{&arrow.FixedSizeBinaryType{ByteWidth: 2}, `["AQI="]`, types.Bytes, "x'0102' "},
		{arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int16), "[[1,2],null,[3,null]]", types.NewArray(types.Int32), "[1, 2] NULL [3, NULL] "},
		{arrow.LargeListOf(arrow.PrimitiveTypes.Int32), "[[1],[]]", types.NewArray(types.Int32), "[1] [] "},
		{&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, `["a","b",null,"a"]`, types.String, "a b NULL a "},
		{arrow.ListOf(arrow.PrimitiveTypes.Uint8), "[[200]]", types.NewArray(types.Int16), "[200] "},
	} {
		v, err := FromArrow(build(c.dt, c.json), c.t)
		if err != nil {
			t.Errorf("%s as %s: %v", c.dt, c.t, err)
			continue
		}
		got := ""
		for i := range v.Len {
			got += FormatValue(v, i) + " "
		}
		if got != c.want {
			t.Errorf("%s as %s: %s, want %s", c.dt, c.t, got, c.want)
		}
	}
	for _, c := range []struct {
		dt   arrow.DataType
		json string
		t    types.Type
	}{
		{arrow.PrimitiveTypes.Int64, "[1]", types.Int32}, {arrow.PrimitiveTypes.Uint32, "[1]", types.Int32}, {arrow.BinaryTypes.String, `["a"]`, types.Int32},
		{&arrow.Decimal128Type{Precision: 38, Scale: 2}, `["1.00"]`, types.NewDecimal(10, 2)}, {ns, `["2020-01-01"]`, types.NewTimestampLTZ(3)},
		{arrow.StructOf(arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int32}), `[{"a":1}]`, types.NewRow()},
	} {
		if v, err := FromArrow(build(c.dt, c.json), c.t); err == nil {
			t.Errorf("%s is read as %s: %s", c.dt, c.t, FormatValue(v, 0))
		}
	}
}
