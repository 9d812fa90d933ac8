package wasm

import (
	"context"
	"slices"

	"github.com/tetratelabs/wazero/api"

	"github.com/weir-sql/weir/exec/udf/guest"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// aggregate keeps accumulators of one size side by side in the module's memory.
type aggregate struct {
	*module
	size                    uint32
	accs                    region
	held                    []bool // by group: it is not new
	init, accumulate, value api.Function
	retract, merge          api.Function // nil if the module has none
}

// Aggregate makes an aggregate function ready.
func (Language) Aggregate(ctx context.Context, c *guest.Code) (guest.Aggregate, error) {
	if d := crosses(c, append(fieldTypes(c.Params), c.Result)...); d != nil {
		return nil, d
	}
	m, err := open(ctx, c)
	if err != nil {
		return nil, err
	}
	a := &aggregate{module: m}
	if err := a.exports(); err != nil {
		_ = m.Close() // the first error is the one to report
		return nil, err
	}
	return a, nil
}

func (a *aggregate) exports() (err error) {
	name := a.code.Entry
	for _, e := range []struct {
		f       *api.Function
		name    string
		params  int
		results int
		need    bool
	}{
		{&a.init, "_init", 3, 0, true}, {&a.accumulate, "_accumulate", 4, 1, true}, {&a.value, "_value", 4, 1, true},
		{&a.retract, "_retract", 4, 1, false}, {&a.merge, "_merge", 4, 1, false},
	} {
		if !e.need && a.mod.ExportedFunction(name+e.name) == nil {
			continue
		}
		if *e.f, err = a.export(name+e.name, e.params, e.results); err != nil {
			return err
		}
	}
	size, err := a.export(name+"_size", 0, 1)
	if err != nil {
		return err
	}
	if a.size, err = a.call(size); err == nil && (a.size == 0 || a.size > 1<<20) {
		return a.code.Errorf(guest.CodeAnswer, "its accumulators have %d bytes; 1 to 1048576 are possible", a.size)
	}
	return err
}

// grow makes room for the groups ids and initializes those that were not held.
func (a *aggregate) grow(ids []int32) (fresh []int32, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if most := int(slices.Max(ids)); most >= len(a.held) {
		groups := max(most+1, 2*len(a.held), 64)
		old := a.accs
		if uint64(groups)*uint64(a.size) > uint64(a.code.Memory) {
			return nil, a.code.Exhausted()
		}
		if err := a.room(&a.accs, uint32(groups)*a.size+16); err != nil {
			return nil, err
		}
		if old.at != 0 && old != a.accs {
			b, err := a.bytes(old.at, uint32(len(a.held))*a.size)
			if err != nil {
				return nil, err
			}
			a.mod.Memory().Write(a.accs.at, b)
		}
		a.held = append(a.held, make([]bool, groups-len(a.held))...)
	}
	for _, id := range ids {
		if !a.held[id] {
			a.held[id] = true
			fresh = append(fresh, id)
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	l, err := a.layout(4 * len(fresh))
	if err != nil {
		return nil, err
	}
	_, err = a.call(a.init, uint64(a.accs.at), uint64(l.numbers(fresh)), uint64(len(fresh)))
	return fresh, err
}

func (a *aggregate) layout(size int) (*layout, error) {
	err := a.room(&a.arena, uint32(size+64))
	return &layout{a.module, uint32(align(int(a.arena.at)))}, err
}

// Change is guest.Aggregate's.
func (a *aggregate) Change(what guest.Change, ids []int32, args []*vec.Vec) error {
	f := a.accumulate
	if what == guest.Retract {
		if f = a.retract; f == nil {
			return a.code.Errorf(guest.CodeFunction, "its module has no %s_retract, but rows of its input are taken back", a.code.Entry)
		}
	}
	if _, err := a.grow(ids); err != nil {
		return err
	}
	size := align(4*len(ids)) + descriptorSize
	for _, v := range args {
		size += space(v)
	}
	l, err := a.layout(size)
	if err != nil {
		return err
	}
	in, groups := l.write(args), l.numbers(ids)
	return a.answered(a.call(f, uint64(a.accs.at), uint64(groups), uint64(in), uint64(len(ids))))
}

// Merge is guest.Aggregate's.
func (a *aggregate) Merge(ids []int32, states *vec.Vec) error {
	var into []int32
	var others []byte
	for j, id := range ids {
		state := states.BytesAt(j)
		if states.IsNull(j) || len(state) == 0 {
			continue
		}
		if uint32(len(state)) != a.size {
			return a.code.Errorf(guest.CodeAnswer, "a saved accumulator has %d bytes, but its accumulators have %d", len(state), a.size)
		}
		if int(id) >= len(a.held) || !a.held[id] {
			if _, err := a.grow([]int32{id}); err != nil {
				return err
			}
			a.mod.Memory().Write(a.accs.at+uint32(id)*a.size, state)
			continue
		}
		into, others = append(into, id), append(others, state...)
	}
	if len(into) == 0 {
		return nil
	}
	if a.merge == nil {
		return a.code.Errorf(guest.CodeFunction, "its module has no %s_merge, but this query needs it", a.code.Entry)
	}
	l, err := a.layout(align(4*len(into)) + align(len(others)))
	if err != nil {
		return err
	}
	groups, at := l.numbers(into), l.take(len(others))
	a.mod.Memory().Write(at, others)
	return a.answered(a.call(a.merge, uint64(a.accs.at), uint64(groups), uint64(at), uint64(len(into))))
}

// State is guest.Aggregate's.
func (a *aggregate) State(ids []int32) (*vec.Vec, error) {
	out := vec.NewBuilder(types.Bytes, len(ids))
	for _, id := range ids {
		if int(id) >= len(a.held) || !a.held[id] {
			out.Bytes(nil)
			continue
		}
		b, err := a.bytes(a.accs.at+uint32(id)*a.size, a.size)
		if err != nil {
			return nil, err
		}
		out.Bytes(b)
	}
	return out.Finish(), nil
}

// Value is guest.Aggregate's.
func (a *aggregate) Value(ids []int32) (*vec.Vec, error) {
	n := len(ids)
	fresh, err := a.grow(ids)
	if err != nil {
		return nil, err
	}
	for _, id := range fresh {
		a.held[id] = false // asked for its value, a group is still new
	}
	l, err := a.layout(align(4*n) + resultSpace(a.code.Result, n))
	if err != nil {
		return nil, err
	}
	groups, out := l.numbers(ids), l.result(a.code.Result, n)
	if err := a.answered(a.call(a.value, uint64(a.accs.at), uint64(groups), uint64(out), uint64(n))); err != nil {
		return nil, err
	}
	b, err := a.bytes(out, descriptorSize)
	if err != nil {
		return nil, err
	}
	return a.readColumn(readDescriptor(b), a.code.Result.Null(), n)
}

// Reset is guest.Aggregate's.
func (a *aggregate) Reset(ids []int32) error {
	for _, id := range ids {
		if int(id) < len(a.held) {
			a.held[id] = false
		}
	}
	return nil
}
