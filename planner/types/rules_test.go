package types

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
)

// typeByName reads the type names that testdata/rules.tsv uses.
func typeByName(t *testing.T, s string) Type {
	t.Helper()
	name, args, _ := strings.Cut(strings.TrimSuffix(s, ")"), "(")
	var p, q int
	fmt.Sscanf(args, "%d, %d", &p, &q)
	switch name {
	case "BOOLEAN":
		return Bool
	case "TINYINT":
		return Int8
	case "SMALLINT":
		return Int16
	case "INT":
		return Int32
	case "BIGINT":
		return Int64
	case "FLOAT":
		return Float32
	case "DOUBLE":
		return Float64
	case "DECIMAL":
		return NewDecimal(p, q)
	case "CHAR":
		return NewChar(p)
	case "VARCHAR":
		return NewVarChar(p)
	case "STRING":
		return String
	case "BINARY":
		return NewBinary(p)
	case "VARBINARY":
		return NewVarBinary(p)
	case "BYTES":
		return Bytes
	case "DATE":
		return DateType
	case "TIME":
		return NewTime(p)
	case "TIMESTAMP":
		return NewTimestamp(p)
	case "TIMESTAMP_LTZ":
		return NewTimestampLTZ(p)
	case "INTERVAL MONTH":
		return IntervalMonths
	case "INTERVAL SECOND":
		return IntervalMillis
	}
	t.Fatalf("no type %q", s)
	return Type{}
}

// refused lists what the reference accepts when it checks types but cannot run,
// or runs into nonsense; we refuse it at once.
func refused(op string, a, b Type) bool {
	mixed := func(x, y Type) bool {
		return x.In(Date, Time, Timestamp, TimestampLTZ) && (y.IsNumeric() || y.IsInterval())
	}
	switch op {
	case "case":
		return mixed(a, b) || mixed(b, a)
	case "*":
		return a.IsInterval() && !b.IsInteger() || b.IsInterval() && !a.IsInteger()
	case "/":
		return a.IsInterval()
	case "=":
		text := func(x, y Type) bool { return x.IsCharacter() && (y.IsNumeric() || y.IsInterval() || y.Kind == Boolean) }
		return text(a, b) || text(b, a)
	}
	return false
}

func TestRulesAgainstRecording(t *testing.T) {
	f, err := os.Open("testdata/rules.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	var head []string
	checked := 0
	for sc.Scan() {
		cells := strings.Split(sc.Text(), "\t")
		switch {
		case strings.HasPrefix(cells[0], "#"):
			continue
		case cells[0] == "op":
			head = cells
			continue
		}
		op, a := cells[0], typeByName(t, cells[1])
		for i := 2; i < len(cells); i++ {
			b := typeByName(t, head[i])
			if cells[i] == "?" || refused(op, a, b) {
				continue
			}
			var got Type
			var ok bool
			switch op {
			case "case":
				got, ok = Common(a, b)
			case "coalesce":
				got, ok = CommonArg(a, b)
			case "=":
				_, ok = Comparable(a, b)
				got = Bool
			default:
				got, _, _, ok = Arith(op, a, b)
			}
			s := "-"
			if ok {
				s = got.String()
			}
			if s != cells[i] {
				t.Errorf("%s %s %s: got %s, recorded %s", a, op, b, s, cells[i])
			}
			checked++
		}
	}
	if checked < 3000 {
		t.Errorf("only %d recorded cases checked", checked)
	}
}

func TestNullability(t *testing.T) {
	if got, _ := Common(Int32.NotNull(), Int64.NotNull()); !got.Equal(Int64.NotNull()) {
		t.Errorf("common of NOT NULL types is %s", got)
	}
	if got, _ := Common(Int32.NotNull(), NullType); !got.Equal(Int32) {
		t.Errorf("common with NULL is %s", got)
	}
	if got, a, b, _ := Arith("+", Int32.NotNull(), Int64); !got.Equal(Int64) || !a.Equal(Int64.NotNull()) || !b.Equal(Int64) {
		t.Errorf("INT NOT NULL + BIGINT is %s from %s and %s", got, a, b)
	}
	if got := CastResult(String.NotNull(), Int32, true); !got.Nullable {
		t.Errorf("TRY_CAST gives %s", got)
	}
	if AllNullable(Int32, Int32.NotNull()) || !AnyNullable(Int32, Int32.NotNull()) {
		t.Error("AllNullable or AnyNullable is wrong")
	}
}

func TestCommonNested(t *testing.T) {
	a := NewRow(Field{Name: "a", Type: Int32}, Field{Name: "b", Type: NewArray(Int32.NotNull())})
	b := NewRow(Field{Name: "x", Type: Int64.NotNull()}, Field{Name: "y", Type: NewArray(NullType)})
	got, ok := Common(a, b)
	if want := "ROW<`a` BIGINT, `b` ARRAY<INT>>"; !ok || got.String() != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, ok := Common(a, NewRow(Field{Name: "a", Type: Int32})); ok {
		t.Error("rows of different length have a common type")
	}
}

func TestCasts(t *testing.T) {
	for _, c := range []struct {
		from, to           Type
		explicit, implicit bool
	}{
		{Int32, Int64, true, true},
		{Int64, Int32, true, false},
		{Int64, NewDecimal(5, 0), true, true},
		{Float64, Float32, true, false},
		{String, Int32, true, false},
		{Int32, String, true, false},
		{NewChar(3), String, true, true},
		{String, NewVarChar(3), true, true},
		{NewTimestamp(3), DateType, true, true},
		{DateType, NewTimestamp(3), true, false},
		{NewTimestampLTZ(3), NewTimestamp(6), true, true},
		{NewTimestampLTZ(3), DateType, true, false},
		{Bool, Int32, true, false},
		{DateType, Int32, false, false},
		{NullType, NewArray(Int32), true, true},
		{NewArray(Int32), NewArray(String), true, false},
		{NewArray(Int32), NewArray(Int64), true, true},
		{NewMap(String, Int32), NewRow(), false, false},
		{NewMap(String, Int32), NewMap(String, Int64), true, true},
	} {
		if got := CanCast(c.from, c.to); got != c.explicit {
			t.Errorf("CanCast(%s, %s) = %v", c.from, c.to, got)
		}
		if got := CanCastImplicitly(c.from, c.to); got != c.implicit {
			t.Errorf("CanCastImplicitly(%s, %s) = %v", c.from, c.to, got)
		}
	}
}

func TestArrowRoundTrip(t *testing.T) {
	for _, typ := range []Type{
		Bool, Int8, Int16, Int32, Int64, Float32, Float64, NewDecimal(38, 10), String, Bytes, DateType,
		NewTime(3), NewTimestamp(3), NewTimestamp(6), NewTimestamp(9), NewTimestampLTZ(3), NewTimestampLTZ(9),
		IntervalMonths, IntervalMillis, NewArray(Int32.NotNull()), NewMap(String.NotNull(), Int64),
		NewRow(Field{Name: "a", Type: Int32}, Field{Name: "b", Type: NewArray(String).NotNull()}),
	} {
		dt, err := ArrowType(typ)
		if err != nil {
			t.Fatalf("%s: %v", typ, err)
		}
		back, err := FromArrow(dt, true)
		if err != nil || !back.Equal(typ) {
			t.Errorf("%s became %s by way of %s (%v)", typ, back, dt, err)
		}
	}
	ltz, _ := ArrowType(NewTimestampLTZ(3))
	if got := ltz.(*arrow.TimestampType).TimeZone; got != "UTC" {
		t.Errorf("TIMESTAMP_LTZ has zone %q", got)
	}
	if _, err := ArrowType(of(Descriptor)); err == nil {
		t.Error("DESCRIPTOR has an Arrow type")
	}
}
