package expr

import (
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// Ctx is what an evaluation may know besides its input: clock, zone, mode.
type Ctx = function.Ctx

// Registry finds the kernels of functions by their upper-case names.
type Registry interface {
	Scalar(name string) *function.Func // nil if there is none
}

// Program computes one expression.
type Program struct {
	root node
	run  run
}

// Compile makes the program of an expression over input columns of the types in. It
// fails with a *diag.Diagnostic if a function has no kernel or a constant argument
// (a pattern, a path) is wrong.
func Compile(e rex.Expr, in []types.Type, reg Registry) (*Program, error) {
	c := newCompiler(in, reg, e)
	root, err := c.compile(e, true)
	if err != nil {
		return nil, err
	}
	return &Program{root: root}, nil
}

// Eval computes the expression for every row of b. A plain column reference gives
// the column itself. A run-time error is a *diag.Diagnostic.
func (p *Program) Eval(ctx *Ctx, b *vec.Batch) (*vec.Vec, error) {
	p.run.start(ctx, b)
	return p.root.eval(&p.run, b)
}

// Projection computes several expressions over one input; deterministic
// subexpressions that occur more than once are computed once.
type Projection struct {
	roots []node
	refs  []int // the columns that any expression reads
	run   run
}

// CompileProjection makes a projection. See Compile.
func CompileProjection(es []rex.Expr, in []types.Type, reg Registry) (*Projection, error) {
	c := newCompiler(in, reg, es...)
	p := &Projection{refs: rex.Refs(es...)}
	for _, e := range es {
		root, err := c.compile(e, true)
		if err != nil {
			return nil, err
		}
		p.roots = append(p.roots, root)
	}
	return p, nil
}

// Eval gives one vector per expression.
func (p *Projection) Eval(ctx *Ctx, b *vec.Batch) ([]*vec.Vec, error) {
	p.run.start(ctx, b)
	out := make([]*vec.Vec, len(p.roots))
	for i, r := range p.roots {
		v, err := r.eval(&p.run, b)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// Batch computes the expressions into a batch that keeps the rows' kinds.
func (p *Projection) Batch(ctx *Ctx, b *vec.Batch) (*vec.Batch, error) {
	cols, err := p.Eval(ctx, b)
	if err != nil {
		return nil, err
	}
	return &vec.Batch{Len: b.Len, Cols: cols, Kinds: b.Kinds}, nil
}

// Selected computes the expressions for the rows sel of b, nil meaning all: it
// gathers only the columns that the expressions read.
func (p *Projection) Selected(ctx *Ctx, b *vec.Batch, sel []int32) (*vec.Batch, error) {
	if sel == nil || len(sel) == b.Len {
		return p.Batch(ctx, b)
	}
	return p.Batch(ctx, gather(b, sel, p.refs))
}

// gather makes a batch of the rows sel that has the columns refs only; the others
// are nil.
func gather(b *vec.Batch, sel []int32, refs []int) *vec.Batch {
	out := &vec.Batch{Len: len(sel), Cols: make([]*vec.Vec, len(b.Cols))}
	for _, c := range refs {
		out.Cols[c] = vec.Take(b.Cols[c], sel)
	}
	if b.Kinds != nil {
		out.Kinds = make([]vec.RowKind, len(sel))
		for j, i := range sel {
			out.Kinds[j] = b.Kinds[i]
		}
	}
	return out
}

// run is one evaluation over one batch.
type run struct {
	ctx *Ctx
	top *vec.Batch // what shared results are remembered for
	gen uint64     // counts evaluations, so that remembered results expire
}

func (r *run) start(ctx *Ctx, b *vec.Batch) {
	r.ctx, r.top = ctx, b
	r.gen++
}

// node computes one subexpression over the rows of b, which is the input batch or a
// gathered part of it.
type node interface {
	eval(r *run, b *vec.Batch) (*vec.Vec, error)
}
