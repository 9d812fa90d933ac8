package vec

import (
	"github.com/weir-sql/weir/planner/types"
)

// Map is the boxed form of a MAP or MULTISET value: entries in the order stored.
type Map struct{ Keys, Values []any }

// Value boxes row i: nil for NULL, bool, int64 (all integers, DATE in days, TIME in
// milliseconds, timestamps in UnitOf, intervals, and DECIMAL(p <= 18) unscaled),
// float32, float64, Decimal (wider DECIMAL, unscaled), string, []byte (a copy),
// []any (ARRAY, ROW) or Map (MAP, MULTISET). For tests and printing, not for
// operators.
func (v *Vec) Value(i int) any {
	if v.IsNull(i) {
		return nil
	}
	switch v.Phys() {
	case PhysBool:
		return v.Bools()[i]
	case PhysI8:
		return int64(v.Int8s()[i])
	case PhysI16:
		return int64(v.Int16s()[i])
	case PhysI32:
		return int64(v.Int32s()[i])
	case PhysI64:
		return v.Int64s()[i]
	case PhysF32:
		return v.Float32s()[i]
	case PhysF64:
		return v.Float64s()[i]
	case PhysDec:
		return v.Decimals()[i]
	case PhysBytes:
		if v.Type.In(types.Char, types.VarChar) {
			return string(v.BytesAt(i))
		}
		return append([]byte{}, v.BytesAt(i)...)
	case PhysList:
		return v.Kids[0].values(int(v.Off[i]), int(v.Off[i+1]))
	case PhysMap:
		lo, hi := int(v.Off[i]), int(v.Off[i+1])
		return Map{v.Kids[0].values(lo, hi), v.Kids[1].values(lo, hi)}
	case PhysRow:
		out := make([]any, len(v.Kids))
		for f, k := range v.Kids {
			out[f] = k.Value(i)
		}
		return out
	default:
		return nil
	}
}

func (v *Vec) values(lo, hi int) []any {
	out := make([]any, 0, hi-lo)
	for k := lo; k < hi; k++ {
		out = append(out, v.Value(k))
	}
	return out
}

// Append appends a boxed value as Value gives it; for tests and constants. Any Go
// integer type is taken for a SQL integer. It panics on a value of another type.
func (b *Builder) Append(x any) { appendAny(b, x) }
