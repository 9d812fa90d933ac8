package child

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/weir-sql/weir/exec/udf/guest"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// Load is what a child is told of its function.
type Load struct {
	Name   string        `json:"name"`
	Entry  string        `json:"entry"`
	Kind   string        `json:"kind"` // scalar, table or aggregate
	Source string        `json:"source"`
	Params []types.Field `json:"params"`
	Result types.Type    `json:"result"`
	// Columns are the names of a table function's columns.
	Columns    []string `json:"columns"`
	Vectorized bool     `json:"vectorized"`
	Memory     int64    `json:"memory"`
}

// Function is a function in a child; it is a guest.Scalar and a guest.Aggregate.
type Function struct {
	code   *guest.Code
	p      *Process
	args   *arrow.Schema // of calls
	groups *arrow.Schema // of calls that name groups and their arguments
	states *arrow.Schema // of merges
	ids    *arrow.Schema // of calls that name groups only
	chunk  int           // rows of the next call
	failed error
	unhook func() bool
}

// startTime is how long the language itself may take to start: it is not the function's.
const startTime = 60 * time.Second

// The size of the first call, and how long calls should take at least and at most: rows are
// handed over in pieces, so that the deadline is about a function that hangs and not about
// one that is slow.
const (
	firstChunk = 16
	quickCall  = 40 * time.Millisecond
	slowCall   = 160 * time.Millisecond
)

// Open starts a child and loads the function into it.
func Open(ctx context.Context, c *guest.Code, cmd *exec.Cmd) (*Function, error) {
	f := &Function{code: c, chunk: firstChunk}
	if err := f.schemas(); err != nil {
		return nil, err
	}
	p, err := Start(cmd, c.Memory)
	if err != nil {
		return nil, c.Errorf(guest.CodeMissing, "its process cannot be started: %v", err)
	}
	f.p = p
	f.unhook = context.AfterFunc(ctx, p.Kill) // a run that is stopped waits for no function
	if err := f.load(); err != nil {
		p.Kill()
		return nil, err
	}
	return f, nil
}

func (f *Function) schemas() (err error) {
	fail := func(err error) error {
		return f.code.Errorf(guest.CodeFunction, "%v", err).WithHint("this type cannot be handed to %s", f.code.Language)
	}
	group := types.Field{Name: "group", Type: types.Int32.NotNull()}
	params := make([]types.Field, len(f.code.Params))
	for i, p := range f.code.Params {
		params[i] = types.Field{Name: p.Name, Type: p.Type.Null()}
	}
	if f.args, err = types.ArrowSchema(params); err != nil {
		return fail(err)
	}
	if f.groups, err = types.ArrowSchema(append([]types.Field{group}, params...)); err != nil {
		return fail(err)
	}
	if f.states, err = types.ArrowSchema([]types.Field{group, {Name: "state", Type: types.Bytes}}); err != nil {
		return fail(err)
	}
	f.ids, err = types.ArrowSchema([]types.Field{group})
	return err
}

func (f *Function) load() error {
	c := f.code
	if _, err := f.checked(f.p.Await(startTime)); err != nil {
		return err
	}
	l := Load{Name: c.Path.Name, Entry: c.Entry, Source: string(c.Source), Params: c.Params, Result: c.Result, Memory: c.Memory,
		Kind:       map[catalog.FunctionKind]string{catalog.ScalarFunction: "scalar", catalog.TableFunction: "table", catalog.AggregateFunction: "aggregate"}[c.Kind],
		Vectorized: c.Options["vectorized"] == "true"}
	for _, col := range c.Result.Fields {
		if c.Kind == catalog.TableFunction {
			l.Columns = append(l.Columns, col.Name)
		}
	}
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	schema, err := types.ArrowSchema([]types.Field{{Name: "value", Type: c.CallType().Null()}})
	if err != nil {
		return c.Errorf(guest.CodeFunction, "%v", err)
	}
	var body bytes.Buffer
	_ = binary.Write(&body, binary.LittleEndian, uint32(len(text)))
	body.Write(text)
	w := ipc.NewWriter(&body, ipc.WithSchema(schema))
	if err := w.Close(); err != nil {
		return err
	}
	_, err = f.checked(f.p.Ask(c.Deadline, kindLoad, body.Bytes()))
	return err
}

// checked turns what went wrong into a diagnostic; the child is done for then, unless its
// code gave an error.
func (f *Function) checked(kind byte, body []byte, err error) ([]byte, error) {
	switch {
	case err == nil && (kind == answerRows || kind == answerDone || kind == answerReady):
		return body, nil
	case err == nil && kind == answerError:
		f.failed = f.said(string(body))
	case err == nil && kind == answerMissing:
		f.failed = f.code.Errorf(guest.CodeMissing, "%s", guest.Lines(string(body)))
	case errors.Is(err, errLate):
		f.failed = f.code.Late()
	case err == nil:
		f.failed = f.code.Errorf(guest.CodeAnswer, "its process wrote what is no answer")
	default:
		state, words := f.p.Ended()
		switch {
		case strings.Contains(words, "out of memory") || strings.Contains(words, "cannot allocate memory") || strings.Contains(words, "MemoryError"):
			f.failed = f.code.Exhausted()
		case state == "":
			f.failed = f.code.Errorf(guest.CodeAnswer, "its process wrote what is no answer: %v", err)
		default:
			d := f.code.Errorf(guest.CodeCrash, "its process ended (%s)", state)
			if words != "" {
				d.WithDetail("%s", guest.Lines(words))
			}
			f.failed = d
		}
	}
	f.p.Kill()
	return nil, f.failed
}

// said is the error of the function's own code.
func (f *Function) said(text string) *diag.Diagnostic {
	if strings.Contains(text, "MemoryError") {
		return f.code.Exhausted()
	}
	first, rest, more := strings.Cut(guest.Lines(text), "\n")
	d := f.code.Errorf(guest.CodeFunction, "%s", first)
	if more {
		d.WithDetail("%s", rest)
	}
	return d
}

// ask sends rows and gives the answer's body.
func (f *Function) ask(kind byte, schema *arrow.Schema, cols []*vec.Vec, n int) ([]byte, error) {
	if f.failed != nil {
		return nil, f.failed
	}
	rec, err := vec.ToRecord(vec.NewBatch(n, cols...), schema)
	if err != nil {
		return nil, f.code.Errorf(guest.CodeFunction, "%v", err)
	}
	defer rec.Release()
	var body bytes.Buffer
	_ = binary.Write(&body, binary.LittleEndian, uint32(n))
	w := ipc.NewWriter(&body, ipc.WithSchema(schema))
	if err := errors.Join(w.Write(rec), w.Close()); err != nil {
		return nil, f.code.Errorf(guest.CodeFunction, "%v", err)
	}
	return f.checked(f.p.Ask(f.code.Deadline, kind, body.Bytes()))
}

// rows reads an answer of n values.
func (f *Function) rows(body []byte, t types.Type, n int) (v *vec.Vec, err error) {
	defer func() {
		if r := recover(); r != nil { // bytes that are no Arrow
			v, err = nil, fmt.Errorf("%v", r)
		}
		if err != nil {
			f.failed = f.code.Errorf(guest.CodeAnswer, "its answer is not %s: %v", t.Null(), err)
			f.p.Kill()
			v, err = nil, f.failed
		}
	}()
	r, err := ipc.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer r.Release()
	if !r.Next() {
		return nil, errors.Join(errors.New("there is no batch in it"), r.Err())
	}
	rec := r.Record()
	if rec.NumCols() != 1 || rec.NumRows() != int64(n) {
		return nil, fmt.Errorf("%d columns of %d rows where 1 of %d is wanted", rec.NumCols(), rec.NumRows(), n)
	}
	if v, err = vec.FromArrow(rec.Column(0), t.Null()); err != nil {
		return nil, err
	}
	return v, sound(v)
}

// sound checks what a foreign process could have got wrong in a vector.
func sound(v *vec.Vec) error {
	last := int32(0)
	if v.Off != nil {
		last = v.Off[0]
	}
	for _, o := range v.Off {
		if o < last {
			return errors.New("offsets go back")
		}
		last = o
	}
	if v.Off != nil && v.Off[0] < 0 {
		return errors.New("an offset is negative")
	}
	switch v.Phys() {
	case vec.PhysBytes:
		if int(last) > len(v.Data) {
			return errors.New("an offset is behind the end")
		}
		if v.Type.IsCharacter() && v.Len > 0 && !utf8.Valid(v.Data[v.Off[0]:last]) {
			return errors.New("a text is not UTF-8")
		}
	case vec.PhysList, vec.PhysMap:
		for _, k := range v.Kids {
			if int(last) > k.Len {
				return errors.New("an offset is behind the end")
			}
		}
	case vec.PhysRow:
		for _, k := range v.Kids {
			if k.Len != v.Len {
				return errors.New("fields are of different lengths")
			}
		}
	}
	for _, k := range v.Kids {
		if err := sound(k); err != nil {
			return err
		}
	}
	return nil
}

// pieces runs call over pieces of n rows that take about equally long.
func (f *Function) pieces(n int, call func(at, n int) error) error {
	for at := 0; at < n; {
		k := min(f.chunk, n-at)
		began := time.Now()
		if err := call(at, k); err != nil {
			return err
		}
		switch took := time.Since(began); {
		case took < quickCall && k == f.chunk:
			f.chunk = min(4*f.chunk, vec.BatchSize)
		case took > slowCall:
			f.chunk = max(1, f.chunk/4)
		}
		at += k
	}
	return nil
}

// Call is guest.Scalar's.
func (f *Function) Call(args []*vec.Vec, n int) (*vec.Vec, error) {
	return f.asked(kindCall, f.args, n, f.code.CallType(), func(at, n int) []*vec.Vec { return cut(args, at, n) })
}

// asked sends n rows in pieces and puts the values that come back together; cols gives a piece.
func (f *Function) asked(kind byte, schema *arrow.Schema, n int, t types.Type, cols func(at, n int) []*vec.Vec) (*vec.Vec, error) {
	var parts []*vec.Vec
	err := f.pieces(n, func(at, n int) error {
		body, err := f.ask(kind, schema, cols(at, n), n)
		if err != nil {
			return err
		}
		v, err := f.rows(body, t, n)
		parts = append(parts, v)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case len(parts) == 1:
		return parts[0], nil
	}
	return vec.ConcatVecs(t.Null(), parts), nil
}

func cut(cols []*vec.Vec, at, n int) []*vec.Vec {
	out := make([]*vec.Vec, len(cols))
	for i, c := range cols {
		out[i] = c
		if at > 0 || n < c.Len {
			out[i] = c.Slice(at, n)
		}
	}
	return out
}

// Change is guest.Aggregate's.
func (f *Function) Change(what guest.Change, ids []int32, args []*vec.Vec) error {
	return f.pieces(len(ids), func(at, n int) error {
		cols := append([]*vec.Vec{groupColumn(ids[at : at+n])}, cut(args, at, n)...)
		_, err := f.ask(byte(what), f.groups, cols, n)
		return err
	})
}

// Merge is guest.Aggregate's.
func (f *Function) Merge(ids []int32, states *vec.Vec) error {
	return f.pieces(len(ids), func(at, n int) error {
		_, err := f.ask(kindMerge, f.states, []*vec.Vec{groupColumn(ids[at : at+n]), states.Slice(at, n)}, n)
		return err
	})
}

// State is guest.Aggregate's.
func (f *Function) State(ids []int32) (*vec.Vec, error) { return f.read(kindState, ids, types.Bytes) }

// Value is guest.Aggregate's.
func (f *Function) Value(ids []int32) (*vec.Vec, error) {
	return f.read(kindValue, ids, f.code.Result)
}

func (f *Function) read(kind byte, ids []int32, t types.Type) (*vec.Vec, error) {
	return f.asked(kind, f.ids, len(ids), t, func(at, n int) []*vec.Vec { return []*vec.Vec{groupColumn(ids[at : at+n])} })
}

// Reset is guest.Aggregate's.
func (f *Function) Reset(ids []int32) error {
	_, err := f.ask(kindReset, f.ids, []*vec.Vec{groupColumn(ids)}, len(ids))
	return err
}

func groupColumn(ids []int32) *vec.Vec { return vec.FromSlice(types.Int32.NotNull(), ids, nil) }

// Close ends the child.
func (f *Function) Close() error {
	f.unhook()
	f.p.Kill()
	return nil
}
