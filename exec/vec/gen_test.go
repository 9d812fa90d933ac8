package vec

import (
	"fmt"
	"math"

	"pgregory.net/rapid"

	"github.com/weir-sql/weir/planner/types"
)

// Generators of types, values and batches for the property tests.

var flatTypes = []types.Type{
	types.Bool, types.Int8, types.Int16, types.Int32, types.Int64, types.Float32, types.Float64,
	types.NewDecimal(10, 2), types.NewDecimal(38, 6), types.String, types.NewChar(3), types.Bytes,
	types.DateType, types.NewTime(3), types.NewTimestamp(3), types.NewTimestamp(6), types.NewTimestampLTZ(9),
	types.NewInterval(types.YearToMonth, 4, 0), types.NewInterval(types.DayToSecond, 3, 3),
}

func genFlat() *rapid.Generator[types.Type] { return rapid.SampledFrom(flatTypes) }

func genType(depth int) *rapid.Generator[types.Type] {
	return rapid.Custom(func(t *rapid.T) types.Type {
		shape := 0
		if depth > 0 {
			shape = rapid.IntRange(0, 7).Draw(t, "shape")
		}
		switch shape {
		case 4:
			return types.NewArray(genType(depth-1).Draw(t, "elem"))
		case 5:
			return types.NewMap(genFlat().Draw(t, "key"), genType(depth-1).Draw(t, "value"))
		case 6:
			var fs []types.Field
			for i := range rapid.IntRange(1, 3).Draw(t, "fields") {
				fs = append(fs, types.Field{Name: fmt.Sprintf("f%d", i), Type: genType(depth-1).Draw(t, "field")})
			}
			return types.NewRow(fs...)
		case 7:
			return types.NewMultiset(genFlat().Draw(t, "elem"))
		default:
			return genFlat().Draw(t, "flat")
		}
	})
}

func genTypes(depth, min, max int) *rapid.Generator[[]types.Type] {
	return rapid.SliceOfN(genType(depth), min, max)
}

// genAppend appends one random value to a builder: few distinct ones, so that
// equal values and edges are common.
func genAppend(t *rapid.T, b *Builder, nulls bool) {
	if nulls && rapid.IntRange(0, 4).Draw(t, "null") == 0 {
		b.Null()
		return
	}
	switch b.phys {
	case PhysBool:
		b.Bool(rapid.Bool().Draw(t, "bool"))
	case PhysI8:
		b.Int8(int8(genInt(t, math.MinInt8, math.MaxInt8)))
	case PhysI16:
		b.Int16(int16(genInt(t, math.MinInt16, math.MaxInt16)))
	case PhysI32:
		lo, hi := int64(math.MinInt32), int64(math.MaxInt32)
		if b.typ.Kind == types.Time {
			lo, hi = 0, 86400000-1
		}
		b.Int32(int32(genInt(t, lo, hi)))
	case PhysI64:
		if b.typ.Kind == types.Decimal {
			m := pow10(b.typ.Precision) - 1
			b.Int64(genInt(t, -m, m))
		} else if b.typ.Kind == types.IntervalYearMonth { // Arrow has 32 bits for months
			b.Int64(genInt(t, math.MinInt32, math.MaxInt32))
		} else {
			b.Int64(genInt(t, math.MinInt64, math.MaxInt64))
		}
	case PhysF32:
		b.Float32(rapid.SampledFrom([]float32{0, float32(math.Copysign(0, -1)), 1, -1.5, math.MaxFloat32, float32(math.NaN()), float32(math.Inf(-1)), 1e-40}).Draw(t, "f32"))
	case PhysF64:
		b.Float64(rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, -1.5, math.MaxFloat64, math.NaN(), math.Inf(1), math.Inf(-1), 5e-324}).Draw(t, "f64"))
	case PhysDec:
		b.Decimal(NewDecimal(genInt(t, -1<<60, 1<<60), rapid.Uint64().Draw(t, "low")))
	case PhysBytes:
		if b.typ.IsCharacter() {
			b.String(rapid.SampledFrom([]string{"", "a", "ab", "a\x00", "a\x00b", "\x00", "b", "äö", "a longer string than sixteen bytes", "a longer string than sixteen bytez"}).Draw(t, "string"))
		} else {
			b.Bytes(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 0xfe, 0xff}), 0, 4).Draw(t, "bytes"))
		}
	case PhysList:
		for range rapid.IntRange(0, 3).Draw(t, "len") {
			genAppend(t, b.kids[0], true)
		}
		b.EndList()
	case PhysMap:
		for range rapid.IntRange(0, 3).Draw(t, "len") {
			genAppend(t, b.kids[0], false)
			genAppend(t, b.kids[1], b.typ.Kind == types.Map)
		}
		b.EndMap()
	case PhysRow:
		for _, k := range b.kids {
			genAppend(t, k, true)
		}
		b.EndRow()
	}
}

func genInt(t *rapid.T, lo, hi int64) int64 {
	switch rapid.IntRange(0, 3).Draw(t, "int") {
	case 0:
		return rapid.Int64Range(lo, hi).Draw(t, "any")
	case 1:
		return rapid.SampledFrom([]int64{lo, hi}).Draw(t, "edge")
	default:
		return rapid.Int64Range(max(lo, -3), 3).Draw(t, "small")
	}
}

// genBatch draws a batch; some columns have no NULL, some batches have kinds.
func genBatch(t *rapid.T, ts []types.Type, maxRows int) *Batch {
	n := rapid.IntRange(0, maxRows).Draw(t, "rows")
	b := &Batch{Len: n}
	for _, typ := range ts {
		nulls := rapid.Bool().Draw(t, "nulls")
		bl := NewBuilder(typ, n)
		for range n {
			genAppend(t, bl, nulls)
		}
		b.Cols = append(b.Cols, bl.Finish())
	}
	if rapid.Bool().Draw(t, "kinds") {
		b.Kinds = make([]RowKind, n)
		for i := range b.Kinds {
			b.Kinds[i] = RowKind(rapid.IntRange(0, 3).Draw(t, "kind"))
		}
	}
	return b
}

// rowText is a row as text, exact for every type: the model the tests compare with.
func rowText(cols []*Vec, i int) string {
	s := ""
	for _, c := range cols {
		s += fmt.Sprintf("%#v;", canonical(c.Value(i)))
	}
	return s
}

// canonical makes NaNs and signed zeros visible to fmt.
func canonical(x any) any {
	switch x := x.(type) {
	case float32:
		return fmt.Sprintf("f%x", float32Word(x))
	case float64:
		return fmt.Sprintf("d%x", float64Word(x))
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = canonical(e)
		}
		return out
	case Map:
		return fmt.Sprintf("%#v %#v", canonical(x.Keys), canonical(x.Values))
	}
	return x
}

func batchText(b *Batch) string {
	s := ""
	for i := 0; i < b.Len; i++ {
		s += b.Kind(i).String() + " " + rowText(b.Cols, i) + "\n"
	}
	return s
}
