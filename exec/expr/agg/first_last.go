package agg

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/types"
)

var firstLastEntries = []*Entry{pickEntry("FIRST_VALUE", "first", "1"), pickEntry("LAST_VALUE", "last", "2")}

func pickEntry(name, adjective, shown string) *Entry {
	return &Entry{
		Function: function(name+"([ALL | DISTINCT] value)",
			"the "+adjective+" value that is not NULL, in the order of arrival; NULL if there is none",
			example(name+"(x)", shown), func(c catalog.Call) (catalog.Resolved, error) {
				if err := arity(name, c, 1, 1); err != nil {
					return catalog.Resolved{}, err
				}
				return sameArgs(c, c.Args[0])
			}),
		New: func(c Config) (Acc, error) {
			last := name == "LAST_VALUE"
			if c.Retract {
				return newListed(c, &pickList{t: c.Result, last: last}, false), nil
			}
			return &pick{t: c.Args[0].WithAttr(types.NoTimeAttr).Null(), codec: vec.NewRowCodec(c.Args[:1]), last: last}, nil
		},
	}
}

// pick is FIRST_VALUE or LAST_VALUE of rows that are only added. Its partial is the
// value, NULL if there is none.
type pick struct {
	t     types.Type
	codec *vec.RowCodec
	last  bool
	vals  [][]byte // by group, as a row of the codec; nil: none
	size  int64
	// A call of LAST_VALUE goes over its rows from behind and takes the first it
	// meets of a group; seen[g] is the number of the call that did so last.
	seen []uint32
	call uint32
}

func (a *pick) Grow(n int) {
	a.vals = growTo(a.vals, n)
	if a.last {
		a.seen = growTo(a.seen, n)
	}
}

func (a *pick) Add(ids []int32, args []*vec.Vec, rows []int32) {
	v := args[0]
	if !a.last {
		for j, id := range ids {
			if a.vals[id] == nil {
				a.take(id, args, v, int(rowAt(rows, j)))
			}
		}
		return
	}
	if a.call++; a.call == 0 {
		clear(a.seen)
		a.call = 1
	}
	for j := len(ids) - 1; j >= 0; j-- {
		id := ids[j]
		if r := int(rowAt(rows, j)); a.seen[id] != a.call && !v.IsNull(r) {
			a.seen[id] = a.call
			a.take(id, args, v, r)
		}
	}
}

func (a *pick) take(id int32, args []*vec.Vec, v *vec.Vec, r int) {
	if v.IsNull(r) {
		return
	}
	before := cap(a.vals[id])
	a.vals[id] = a.codec.AppendRow(a.vals[id][:0], args[:1], r)
	a.size += int64(cap(a.vals[id]) - before)
}

func (a *pick) Retract([]int32, []*vec.Vec, []int32) { noRetract() }

func (a *pick) Merge(ids []int32, partial []*vec.Vec) { a.Add(ids, partial, nil) }

func (a *pick) PartialTypes() []types.Type { return []types.Type{a.t} }

func (a *pick) Partial(ids []int32) []*vec.Vec {
	b := []*vec.Builder{vec.NewBuilder(a.t, len(ids))}
	for _, id := range ids {
		if a.vals[id] == nil {
			b[0].Null()
		} else if err := a.codec.Decode(a.vals[id], b); err != nil {
			panic(err) // written by take
		}
	}
	return []*vec.Vec{b[0].Finish()}
}

func (a *pick) Result(ids []int32) (*vec.Vec, error) { return a.Partial(ids)[0], nil }

func (a *pick) Reset(ids []int32) {
	for _, id := range ids {
		a.size -= int64(cap(a.vals[id]))
		a.vals[id] = nil
	}
}

func (a *pick) Bytes() int64 { return int64(cap(a.vals))*24 + int64(cap(a.seen))*4 + a.size }

// pickList is FIRST_VALUE or LAST_VALUE over the list of all values.
type pickList struct {
	t    types.Type
	last bool
}

func (p *pickList) result(l *arrivals, ids []int32) (*vec.Vec, error) {
	entries, sel := make([]int32, 0, len(ids)), make([]int32, len(ids))
	for j, id := range ids {
		row := l.ends[id].first
		if p.last {
			row = l.ends[id].last
		}
		if sel[j] = -1; row != 0 {
			sel[j] = int32(len(entries))
			entries = append(entries, l.rows[row-1].entry)
		}
	}
	return vec.Take(l.values(entries)[0], sel).As(p.t.Null()), nil
}
