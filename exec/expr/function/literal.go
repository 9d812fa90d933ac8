package function

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// Literal makes a vector of n times a constant.
func Literal(l *rex.Lit, n int) *vec.Vec {
	if l.Value == nil {
		return nulls(l.T, n)
	}
	if !l.T.In(types.Array, types.Map, types.Multiset, types.Row, types.Symbol) {
		if v := flat(l, n); v != nil {
			return v
		}
	}
	b := vec.NewBuilder(textual(l.T), n)
	for i := 0; i < n; i++ {
		appendLit(b, l)
	}
	return b.Finish()
}

// textual gives option words the layout of texts.
func textual(t types.Type) types.Type {
	if t.Kind == types.Symbol {
		return types.String
	}
	return t
}

// flat fills a fixed-width vector; nil for other layouts.
func flat(l *rex.Lit, n int) *vec.Vec {
	v := vec.New(l.T, n)
	switch x := l.Value.(type) {
	case bool:
		fill(v.Bools(), x)
	case int64:
		switch v.Phys() {
		case vec.PhysI8:
			fill(v.Int8s(), int8(x))
		case vec.PhysI16:
			fill(v.Int16s(), int16(x))
		case vec.PhysI32:
			fill(v.Int32s(), int32(x))
		default:
			fill(v.Int64s(), x)
		}
	case float64:
		if v.Phys() == vec.PhysF32 {
			fill(v.Float32s(), float32(x))
		} else {
			fill(v.Float64s(), x)
		}
	case vec.Decimal:
		fill(v.Decimals(), x)
	default:
		return nil
	}
	return v
}

func fill[T any](s []T, x T) {
	for i := range s {
		s[i] = x
	}
}

// appendLit appends a constant of any type.
func appendLit(b *vec.Builder, l *rex.Lit) {
	switch x := l.Value.(type) {
	case nil:
		b.Null()
	case string:
		b.String(x)
	case []byte:
		b.Bytes(x)
	case []*rex.Lit:
		switch b.Type().Kind {
		case types.Row:
			for k, part := range x {
				appendLit(b.Kid(k), part)
			}
			b.EndRow()
		case types.Map, types.Multiset:
			for k, part := range x {
				appendLit(b.Kid(k%2), part)
			}
			b.EndMap()
		default:
			for _, part := range x {
				appendLit(b.Kid(0), part)
			}
			b.EndList()
		}
	default:
		b.From(flat(l, 1), 0)
	}
}

// Constant is the literal with the value of row i of a vector, for folding constant
// expressions.
func Constant(v *vec.Vec, i int) *rex.Lit {
	l := &rex.Lit{T: v.Type}
	if v.IsNull(i) {
		return l
	}
	switch v.Phys() {
	case vec.PhysF32:
		l.Value = float64(v.Float32s()[i])
	case vec.PhysList:
		l.Value = constants(int(v.Off[i]), int(v.Off[i+1]), v.Kids[0])
	case vec.PhysMap:
		l.Value = constants(int(v.Off[i]), int(v.Off[i+1]), v.Kids[0], v.Kids[1])
	case vec.PhysRow:
		l.Value = constants(i, i+1, v.Kids...)
	default:
		l.Value = v.Value(i)
	}
	return l
}

func constants(lo, hi int, kids ...*vec.Vec) []*rex.Lit {
	out := []*rex.Lit{}
	for k := lo; k < hi; k++ {
		for _, kid := range kids {
			out = append(out, Constant(kid, k))
		}
	}
	return out
}
