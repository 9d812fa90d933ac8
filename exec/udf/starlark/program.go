package starlark

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"go.starlark.net/lib/json"
	"go.starlark.net/lib/math"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/weir-sql/weir/exec/udf/child"
	"github.com/weir-sql/weir/exec/udf/guest"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// program is a function's code in this process. It guards against nothing: it runs in a
// child, which weir ends.
type program struct {
	load   child.Load
	thread *starlark.Thread
	read   []reader
	result types.Type
	args   starlark.Tuple // scratch

	call starlark.Callable // of a scalar or table function

	create, accumulate, retract, merge, value starlark.Callable
	accs                                      map[int32]starlark.Value
}

var options = &syntax.FileOptions{Set: true, While: true, TopLevelControl: true, GlobalReassign: true, Recursion: true}

// newProgram runs the top level of the code; what it defines is frozen then, so that a call
// depends on nothing but its arguments.
func newProgram(l child.Load) (*program, error) {
	p := &program{load: l, result: l.Result, accs: map[int32]starlark.Value{}, args: make(starlark.Tuple, len(l.Params)),
		thread: &starlark.Thread{Name: l.Name, Print: func(_ *starlark.Thread, msg string) { fmt.Fprintln(os.Stderr, msg) }}}
	if l.Kind == "table" {
		p.result = types.NewArray(l.Result.NotNull())
	}
	for _, param := range l.Params {
		p.read = append(p.read, readerOf(param.Type))
	}
	globals, err := starlark.ExecFileOptions(options, p.thread, l.Name+".star", l.Source, starlark.StringDict{"json": json.Module, "math": math.Module})
	if err != nil {
		return nil, told(err)
	}
	globals.Freeze()
	find := func(name string) starlark.Callable {
		f, _ := globals[name].(starlark.Callable)
		return f
	}
	if l.Kind != "aggregate" {
		if p.call = find(l.Entry); p.call == nil {
			return nil, fmt.Errorf("its code has no function %s%s", l.Entry, defined(globals))
		}
		return p, nil
	}
	p.create, p.accumulate, p.value = find("create_accumulator"), find("accumulate"), find("get_value")
	p.retract, p.merge = find("retract"), find("merge")
	for name, f := range map[string]starlark.Callable{"create_accumulator": p.create, "accumulate": p.accumulate, "get_value": p.value} {
		if f == nil {
			return nil, fmt.Errorf("an aggregate needs a function %s%s", name, defined(globals))
		}
	}
	return p, nil
}

func defined(globals starlark.StringDict) string {
	names := globals.Keys()
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return "; it has " + strings.Join(names, ", ")
}

// told is an error with the line of the code that it comes from.
func told(err error) error {
	var ee *starlark.EvalError
	if !errors.As(err, &ee) {
		return err
	}
	text := ee.Msg
	for i, n := len(ee.CallStack)-1, 0; i >= 0 && n < 2; i-- {
		if f := ee.CallStack[i]; f.Pos.Line > 0 {
			text += fmt.Sprintf("\nline %d, in %s", f.Pos.Line, f.Name)
			n++
		}
	}
	return errors.New(text)
}

func (p *program) run(f starlark.Callable, args starlark.Tuple) (starlark.Value, error) {
	v, err := starlark.Call(p.thread, f, args, nil)
	if err != nil {
		return nil, told(err)
	}
	return v, nil
}

// Call is guest.Scalar's.
func (p *program) Call(args []*vec.Vec, n int) (*vec.Vec, error) {
	b := vec.NewBuilder(p.result, n)
	for i := range n {
		for k, v := range args {
			p.args[k] = p.read[k](v, i)
		}
		x, err := p.run(p.call, p.args)
		if err != nil {
			return nil, err
		}
		if err := write(b, p.result, x); err != nil {
			return nil, err
		}
	}
	return b.Finish(), nil
}

// acc gives the accumulator of a group.
func (p *program) acc(id int32) (starlark.Value, error) {
	if a, ok := p.accs[id]; ok {
		return a, nil
	}
	return p.run(p.create, nil)
}

// Change is guest.Aggregate's.
func (p *program) Change(what guest.Change, ids []int32, args []*vec.Vec) error {
	f := p.accumulate
	if what == guest.Retract {
		if f = p.retract; f == nil {
			return errors.New("it has no retract(accumulator, …), but rows of its input are taken back")
		}
	}
	call := make(starlark.Tuple, len(args)+1)
	for j, id := range ids {
		acc, err := p.acc(id)
		if err != nil {
			return err
		}
		call[0] = acc
		for k, v := range args {
			call[k+1] = p.read[k](v, j)
		}
		if err := p.put(id, acc, f, call); err != nil {
			return err
		}
	}
	return nil
}

// put keeps what a function made of an accumulator: what it gave, or the accumulator that
// it changed.
func (p *program) put(id int32, acc starlark.Value, f starlark.Callable, call starlark.Tuple) error {
	out, err := p.run(f, call)
	if err != nil {
		return err
	}
	if out != starlark.None {
		acc = out
	}
	p.accs[id] = acc
	return nil
}

// Merge is guest.Aggregate's.
func (p *program) Merge(ids []int32, states *vec.Vec) error {
	for j, id := range ids {
		if states.IsNull(j) || len(states.BytesAt(j)) == 0 {
			continue
		}
		other, _, err := decode(states.BytesAt(j))
		if err != nil {
			return err
		}
		acc, held := p.accs[id]
		if !held {
			p.accs[id] = other
			continue
		}
		if p.merge == nil {
			return errors.New("it has no merge(accumulator, others), but this query needs it")
		}
		if err := p.put(id, acc, p.merge, starlark.Tuple{acc, starlark.NewList([]starlark.Value{other})}); err != nil {
			return err
		}
	}
	return nil
}

// State is guest.Aggregate's.
func (p *program) State(ids []int32) (*vec.Vec, error) {
	b := vec.NewBuilder(types.Bytes, len(ids))
	for _, id := range ids {
		acc, held := p.accs[id]
		if !held {
			b.Bytes(nil)
			continue
		}
		buf, err := encode(b.BytesBuf(), acc)
		if err != nil {
			return nil, err
		}
		b.EndBytes(buf)
	}
	return b.Finish(), nil
}

// Value is guest.Aggregate's.
func (p *program) Value(ids []int32) (*vec.Vec, error) {
	b := vec.NewBuilder(p.load.Result.Null(), len(ids))
	for _, id := range ids {
		acc, err := p.acc(id)
		if err != nil {
			return nil, err
		}
		x, err := p.run(p.value, starlark.Tuple{acc})
		if err != nil {
			return nil, err
		}
		if err := write(b, p.load.Result, x); err != nil {
			return nil, err
		}
	}
	return b.Finish(), nil
}

// Reset is guest.Aggregate's.
func (p *program) Reset(ids []int32) error {
	for _, id := range ids {
		delete(p.accs, id)
	}
	return nil
}

// Close has nothing to let go.
func (p *program) Close() error { return nil }
