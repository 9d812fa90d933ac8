package udf

import (
	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/udf/guest"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// Registry gives base with the kernels of the scalar and table functions among fs.
func (h *Host) Registry(base expr.Registry, fs []*catalog.UserFunction) expr.Registry {
	if len(fs) == 0 {
		return base
	}
	out := &registry{Registry: base, user: map[string]*function.Func{}}
	for _, f := range fs {
		if f.Kind == catalog.AggregateFunction {
			continue
		}
		out.user[f.ID] = &function.Func{Function: *f.Function(), New: func(call *rex.Call) (function.Kernel, error) {
			s := &scalar{host: h, def: f, call: call}
			return function.Kernel{Owned: true, Eval: s.eval}, nil
		}}
	}
	return out
}

// registry knows user functions by their IDs.
type registry struct {
	expr.Registry
	user map[string]*function.Func
}

func (r *registry) Scalar(name string) *function.Func {
	if f := r.user[name]; f != nil {
		return f
	}
	return r.Registry.Scalar(name)
}

// scalar is one call in a plan, in one task.
type scalar struct {
	host *Host
	def  *catalog.UserFunction
	call *rex.Call
	run  guest.Scalar // nil until the first row
}

func (s *scalar) open() error {
	c, l, err := s.host.code(s.def)
	if err != nil {
		return err
	}
	run, err := l.Scalar(s.host.ctx, c)
	if err != nil {
		return err
	}
	s.run = run
	return s.host.keep(run)
}

func (s *scalar) eval(_ *function.Frame, args []*vec.Vec, n int) (*vec.Vec, error) {
	if n == 0 {
		return vec.New(s.call.T, 0), nil
	}
	if s.run == nil {
		if err := s.open(); err != nil {
			return nil, placed(err, s.call.Span)
		}
	}
	var rows []int32 // that the function sees; nil = all
	if s.def.NullOnNull {
		if args, rows = withoutNulls(args, n); rows != nil && len(rows) == 0 {
			return nulls(s.call.T, n), nil
		}
	}
	m := n
	if rows != nil {
		m = len(rows)
	}
	out, err := s.run.Call(args, m)
	if err == nil {
		err = s.sound(out)
	}
	if err != nil {
		return nil, placed(err, s.call.Span)
	}
	if rows != nil {
		at := make([]int32, n)
		for i := range at {
			at[i] = -1
		}
		for j, i := range rows {
			at[i] = int32(j)
		}
		out = vec.Take(out, at)
	}
	return out.As(s.call.T), nil
}

// sound checks that what is declared NOT NULL is not NULL.
func (s *scalar) sound(v *vec.Vec) error {
	if name := nullWhereNone(v, s.def.CallType(), v.Len, nil); name != "" {
		return diag.Errorf(guest.CodeAnswer, diag.Span{}, "function %q: it gave NULL for %s, which it declares NOT NULL", s.def.Path.Name, name)
	}
	return nil
}

// nullWhereNone names a part of a value that is NULL against its type. dead are rows whose
// values do not count, because they are NULL as a whole.
func nullWhereNone(v *vec.Vec, t types.Type, n int, alive vec.Bitmap) string {
	if !t.Nullable && v.Valid != nil {
		for i := range n {
			if v.IsNull(i) && (alive == nil || alive.Get(i)) {
				return "its value"
			}
		}
	}
	if t.Kind == types.Array && t.Elem.Kind == types.Row {
		for f, field := range t.Elem.Fields {
			if name := nullWhereNone(v.Kids[0].Kids[f], field.Type, v.Kids[0].Len, v.Kids[0].Valid); name != "" {
				return "column " + field.Name
			}
		}
	}
	return ""
}

// withoutNulls gathers the rows in which no argument is NULL; rows is nil if that is all.
func withoutNulls(args []*vec.Vec, n int) (out []*vec.Vec, rows []int32) {
	var valid vec.Bitmap
	for _, a := range args {
		valid = vec.And(valid, a.Valid, n)
	}
	if valid == nil || valid.Count(n) == n {
		return args, nil
	}
	rows = make([]int32, 0, n)
	for i := range n {
		if valid.Get(i) {
			rows = append(rows, int32(i))
		}
	}
	out = make([]*vec.Vec, len(args))
	for k, a := range args {
		out[k] = vec.Take(a, rows)
	}
	return out, rows
}

func nulls(t types.Type, n int) *vec.Vec {
	b := vec.NewBuilder(t, n)
	for range n {
		b.Null()
	}
	return b.Finish()
}

// placed gives a diagnostic the place of the call.
func placed(err error, at diag.Span) error {
	d, ok := err.(*diag.Diagnostic) //nolint:errorlint // only one that is not wrapped can be placed
	if !ok || !d.Span.IsZero() {
		return err
	}
	c := *d
	c.Span = at
	return &c
}
