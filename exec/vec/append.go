package vec

import (
	"fmt"

	"github.com/weir-sql/weir/planner/types"
)

// appendAny appends a boxed value to a builder.
func appendAny(b *Builder, x any) {
	if x == nil {
		b.Null()
		return
	}
	switch b.phys {
	case PhysBool:
		b.Bool(x.(bool))
	case PhysI8:
		b.Int8(int8(toInt64(x)))
	case PhysI16:
		b.Int16(int16(toInt64(x)))
	case PhysI32:
		b.Int32(int32(toInt64(x)))
	case PhysI64:
		b.Int64(toInt64(x))
	case PhysF32:
		b.Float32(float32(toFloat64(x)))
	case PhysF64:
		b.Float64(toFloat64(x))
	case PhysDec:
		if d, ok := x.(Decimal); ok {
			b.Decimal(d)
		} else {
			b.Decimal(DecimalOf(toInt64(x)))
		}
	case PhysBytes:
		if s, ok := x.(string); ok {
			b.String(s)
		} else {
			b.Bytes(x.([]byte))
		}
	case PhysList:
		for _, e := range x.([]any) {
			appendAny(b.kids[0], e)
		}
		b.EndList()
	case PhysMap:
		m := x.(Map)
		for i, k := range m.Keys {
			appendAny(b.kids[0], k)
			appendAny(b.kids[1], m.Values[i])
		}
		b.EndMap()
	case PhysRow:
		for f, e := range x.([]any) {
			appendAny(b.kids[f], e)
		}
		b.EndRow()
	default:
		panic(fmt.Sprintf("value %v of type %s", x, b.typ))
	}
}

func toInt64(x any) int64 {
	switch x := x.(type) {
	case int:
		return int64(x)
	case int8:
		return int64(x)
	case int16:
		return int64(x)
	case int32:
		return int64(x)
	case int64:
		return x
	}
	panic(fmt.Sprintf("%T %v is no integer", x, x))
}

func toFloat64(x any) float64 {
	switch x := x.(type) {
	case float64:
		return x
	case float32:
		return float64(x)
	}
	return float64(toInt64(x))
}

// FromValues makes a vector of boxed values, nil being NULL; for tests and constants.
func FromValues(t types.Type, xs ...any) *Vec {
	b := NewBuilder(t, len(xs))
	for _, x := range xs {
		appendAny(b, x)
	}
	return b.Finish()
}
