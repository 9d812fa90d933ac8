package function

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// castNested casts the parts of ARRAY, MULTISET, MAP and ROW. A part that cannot be
// cast makes TRY_CAST NULL as a whole.
func castNested(from, to types.Type) caster {
	var kids []caster
	for _, pair := range partTypes(from, to) {
		c := newCaster(pair[0], pair[1])
		if c == nil {
			return nil
		}
		kids = append(kids, c)
	}
	return func(f *Frame, v *vec.Vec, n int, bad badRow) (*vec.Vec, error) {
		fresh := f.Fresh()
		out := &vec.Vec{Type: to, Len: n, Valid: v.Valid, Off: v.Off}
		failed := map[int]bool{} // rows of the parts that could not be cast
		live := parents(v)
		for k, cast := range kids {
			kid, err := cast(fresh, v.Kids[k], v.Kids[k].Len, func(kv *vec.Vec, i int, to types.Type, why string) error {
				if live[i] < 0 {
					return nil // a part of a NULL row
				}
				if err := bad(kv, i, to, why); err != nil {
					return err
				}
				failed[int(live[i])] = true
				return nil
			})
			if err != nil {
				return nil, err
			}
			out.Kids = append(out.Kids, kid)
		}
		shared := v.Valid != nil
		for i := range failed {
			setNull(out, i, &shared)
		}
		return out, nil
	}
}

// parents gives for each row of a nested vector's parts the row they belong to; -1
// where that is NULL or none.
func parents(v *vec.Vec) []int32 {
	if len(v.Kids) == 0 {
		return nil
	}
	out := make([]int32, v.Kids[0].Len)
	for i := range out {
		out[i] = -1
	}
	for i := 0; i < v.Len; i++ {
		if v.IsNull(i) {
			continue
		}
		if v.Phys() == vec.PhysRow {
			out[i] = int32(i)
			continue
		}
		for k := v.Off[i]; k < v.Off[i+1]; k++ {
			out[k] = int32(i)
		}
	}
	return out
}

// partTypes pairs the types of the parts of two nested types of one kind.
func partTypes(from, to types.Type) [][2]types.Type {
	switch from.Kind {
	case types.Array:
		return [][2]types.Type{{*from.Elem, *to.Elem}}
	case types.Multiset:
		return [][2]types.Type{{*from.Elem, *to.Elem}, {types.Int32, types.Int32}}
	case types.Map:
		return [][2]types.Type{{*from.Key, *to.Key}, {*from.Elem, *to.Elem}}
	}
	out := make([][2]types.Type, len(from.Fields))
	for i, f := range from.Fields {
		out[i] = [2]types.Type{f.Type, to.Fields[i].Type}
	}
	return out
}
