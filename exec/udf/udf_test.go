package udf_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/udf"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// declared makes a function as CREATE FUNCTION would. params are names and types in turn.
func declared(language, name, body string, result types.Type, params ...any) *catalog.UserFunction {
	f := &catalog.UserFunction{Path: catalog.Path{Name: name}, System: true, Temporary: true, ID: name, Language: language, Typed: true,
		Result: result, Body: body, Entry: name, Options: map[string]string{}}
	for i := 0; i < len(params); i += 2 {
		f.Params = append(f.Params, types.Field{Name: params[i].(string), Type: params[i+1].(types.Type)})
	}
	if language == "WASM" {
		f.File, f.Body, f.NullOnNull = "guest.wasm", "", true
	}
	return f
}

func host(t testing.TB) *udf.Host {
	h := udf.NewHost(t.Context(), nil, func(path string) ([]byte, error) {
		return os.ReadFile(filepath.Join("wasm", "testdata", path))
	})
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// kernel compiles the call of f over columns of its parameters' types.
func kernel(t testing.TB, h *udf.Host, f *catalog.UserFunction) *expr.Program {
	t.Helper()
	call := &rex.Call{Fn: f.ID, T: f.CallType().Null(), Span: diag.Span{Start: 1, End: 2}}
	var in []types.Type
	for i, p := range f.Params {
		in = append(in, p.Type)
		call.Args = append(call.Args, &rex.Ref{Index: i, T: p.Type})
	}
	p, err := expr.Compile(call, in, h.Registry(function.Builtin(), []*catalog.UserFunction{f}))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func batch(f *catalog.UserFunction, cols ...[]any) *vec.Batch {
	b := vec.NewBatch(len(cols[0]))
	for i, c := range cols {
		b.Cols = append(b.Cols, vec.FromValues(f.Params[i].Type, c...))
	}
	return b
}

func texts(v *vec.Vec) string {
	out := make([]string, v.Len)
	for i := range out {
		out[i] = vec.FormatValue(v, i)
	}
	return strings.Join(out, " ")
}

// scalarCase is one scalar or table function, one input, and the output as text.
type scalarCase struct {
	f    *catalog.UserFunction
	in   [][]any
	want string
}

func checkScalars(t *testing.T, cases []scalarCase) {
	for _, c := range cases {
		t.Run(c.f.Language+"/"+c.f.Entry, func(t *testing.T) {
			p := kernel(t, host(t), c.f)
			for range 2 { // the second call meets what the first one left
				v, err := p.Eval(&expr.Ctx{}, batch(c.f, c.in...))
				if err != nil {
					t.Fatal(err)
				}
				if got := texts(v); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
			}
			many := make([][]any, len(c.in)) // more rows than one piece has, none and one
			for i, col := range c.in {
				for range 3000 {
					many[i] = append(many[i], col...)
				}
			}
			v, err := p.Eval(&expr.Ctx{}, batch(c.f, many...))
			if err != nil {
				t.Fatal(err)
			}
			if got := texts(v); got != strings.TrimSpace(strings.Repeat(c.want+" ", 3000)) {
				t.Errorf("3000 times as many rows give something else: %.200s", got)
			}
			if v, err := p.Eval(&expr.Ctx{}, &vec.Batch{Cols: batch(c.f, many...).Slice(0, 0).Cols}); err != nil || v.Len != 0 {
				t.Errorf("no row gives %v, %v", v, err)
			}
		})
	}
}

func tableOf(f *catalog.UserFunction, cols ...types.Field) *catalog.UserFunction {
	f.Kind, f.Result = catalog.TableFunction, types.NewRow(cols...).NotNull()
	return f
}

// aggregateOf makes a function an aggregate.
func aggregateOf(f *catalog.UserFunction) *catalog.UserFunction {
	f.Kind = catalog.AggregateFunction
	return f
}

// checkMean checks an aggregate function of the mean of a BIGINT: adding, taking back,
// saving, restoring, merging, starting anew.
func checkMean(t *testing.T, f *catalog.UserFunction) {
	t.Helper()
	lib := func() agg.Library { return host(t).Aggregates([]*catalog.UserFunction{f}) }
	make := func(l agg.Library) agg.Acc {
		a, err := l.New(rex.AggCall{Fn: f.ID, Args: []int{0}, Filter: -1, T: f.Result}, []types.Type{types.Int64}, true)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	column := func(xs ...any) []*vec.Vec { return []*vec.Vec{vec.FromValues(types.Int64, xs...)} }
	is := func(a agg.Acc, what, want string, ids ...int32) {
		t.Helper()
		v, err := a.Result(ids)
		if err != nil {
			t.Fatal(err)
		}
		if got := texts(v); got != want {
			t.Errorf("%s: got %s, want %s", what, got, want)
		}
	}
	l := lib()
	a := make(l)
	a.Grow(4)
	is(a, "new groups", "NULL NULL", 0, 3)
	a.Add([]int32{0, 1, 0, 1}, column(1, 10, 4, 20), nil)
	is(a, "added", "2.5 15.0 NULL", 0, 1, 2)
	a.Add([]int32{2, 2}, column(7, 8, 9, 10), []int32{1, 3})
	is(a, "selected rows", "9.0", 2)
	a.Retract([]int32{0, 2}, column(1, 8), nil)
	is(a, "taken back", "4.0 15.0 10.0", 0, 1, 2)
	saved := a.Partial([]int32{0, 1, 2, 3})

	b := make(lib()) // another process
	b.Grow(5)
	b.Merge([]int32{4, 3, 2, 1}, saved)
	is(b, "restored", "4.0 15.0 10.0 NULL", 4, 3, 2, 1)
	b.Merge([]int32{4, 4, 4, 4}, saved)
	is(b, "merged", "9.6", 4) // of 4, and 4, 10 and 20, 10
	b.Reset([]int32{4})
	is(b, "reset", "NULL 15.0", 4, 3)
	b.Add([]int32{4}, column(3), nil)
	is(b, "begun again", "3.0", 4)

	other := make(l) // of the same operator, e.g. the next window
	other.Grow(2)
	other.Add([]int32{0}, column(100), nil)
	is(other, "beside another", "100.0 NULL", 0, 1)
	is(a, "undisturbed", "4.0", 0)
}

const meanInPython = `
def create_accumulator():
    return [0, 0]
def accumulate(a, x):
    a[0] += x
    a[1] += 1
def retract(a, x):
    a[0] -= x
    a[1] -= 1
def merge(a, others):
    for o in others:
        a[0] += o[0]
        a[1] += o[1]
def get_value(a):
    return float(a[0]) / a[1] if a[1] else None
`

// hostile is code that must not harm weir: called with 0 it is good, with 1 it is not.
type hostile struct {
	name, body string
	file       string    // of wasm: what is called
	code       diag.Code // of the diagnostic; "" = late or ended, whichever comes first
	says       string    // part of it
}

// limit is how long a diagnostic may take on a busy machine; the deadline is 0.8 s.
const limit = 2 * time.Second

func checkHostile(t *testing.T, language string, cases []hostile) {
	for _, c := range cases {
		t.Run(language+"/"+strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			f := declared(language, "f", c.body, types.Int32, "x", types.Int32)
			f.Options["memory"] = "128 mb"
			if c.file != "" {
				f.Entry = c.file
			}
			p := kernel(t, host(t), f)
			if strings.Contains(c.body, "x == 0") {
				if _, err := p.Eval(&expr.Ctx{}, batch(f, []any{0})); err != nil {
					t.Fatal(err)
				}
			}
			began := time.Now()
			v, err := p.Eval(&expr.Ctx{}, batch(f, []any{1}))
			took := time.Since(began)
			if err == nil {
				t.Fatalf("no error, but %s", texts(v))
			}
			var d *diag.Diagnostic
			if !errors.As(err, &d) || d.Code != c.code && !(c.code == "" && (d.Code == "W0561" || d.Code == "W0562")) || !strings.Contains(d.Primary+"\n"+d.Detail, c.says) {
				t.Errorf("error %v\n%+v, want %s with %q", err, d, c.code, c.says)
			}
			if d != nil && d.Span != (diag.Span{Start: 1, End: 2}) {
				t.Errorf("the error has the place %v", d.Span)
			}
			if took > limit && strings.Contains(c.body, "x == 0") {
				t.Errorf("it took %v", took)
			}
			again := time.Now()
			if _, err := p.Eval(&expr.Ctx{}, batch(f, []any{1})); err == nil {
				t.Error("it answers after that")
			}
			if took := time.Since(again); took > limit {
				t.Errorf("the call after that took %v", took)
			}
		})
	}
}

func TestSourceIsReadOnceAndItsAbsenceIsSaid(t *testing.T) {
	reads := 0
	h := udf.NewHost(context.Background(), nil, func(path string) ([]byte, error) {
		reads++
		return nil, fmt.Errorf("there is no %q", path)
	})
	defer h.Close()
	f := declared("WASM", "f", "", types.Int32, "x", types.Int32)
	_, err := kernel(t, h, f).Eval(&expr.Ctx{}, batch(f, []any{1}))
	if err == nil || !strings.Contains(err.Error(), `its file cannot be read: there is no "guest.wasm"`) || reads != 1 {
		t.Errorf("error %v after %d reads", err, reads)
	}
}

func TestAnAggregateThatFailsEndsTheTask(t *testing.T) {
	f := aggregateOf(declared("STARLARK", "f", strings.Replace(meanInPython, "a[0] += x\n", "a[0] += 1 // x\n", 1), types.Float64, "x", types.Int64))
	a, err := host(t).Aggregates([]*catalog.UserFunction{f}).New(rex.AggCall{Fn: "f", Args: []int{0}, Filter: -1, T: f.Result}, []types.Type{types.Int64}, false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		fail, ok := recover().(exec.Failure)
		if !ok || !strings.Contains(fail.Err.Error(), "division by zero") {
			t.Errorf("ended by %v", fail)
		}
	}()
	a.Grow(1)
	a.Add([]int32{0}, []*vec.Vec{vec.FromValues(types.Int64, 0)}, nil)
}
