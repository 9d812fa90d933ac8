package expr

import (
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// compiler turns expressions into nodes. uses counts how often each deterministic
// subexpression occurs, so that the repeated ones become shared nodes.
type compiler struct {
	in     []types.Type
	reg    Registry
	uses   map[string]int
	shared map[string]*sharedNode
}

func newCompiler(in []types.Type, reg Registry, es ...rex.Expr) *compiler {
	c := &compiler{in: in, reg: reg, uses: map[string]int{}, shared: map[string]*sharedNode{}}
	for _, e := range es {
		c.count(e)
	}
	return c
}

// count walks e; below a repeated subexpression nothing is counted again.
func (c *compiler) count(e rex.Expr) {
	switch e.(type) {
	case *rex.Ref, *rex.Lit:
		return
	}
	k := key(e)
	c.uses[k]++
	if c.uses[k] > 1 {
		return
	}
	for _, child := range rex.Children(e) {
		c.count(child)
	}
}

// key identifies what an expression computes. The text leaves out result types, which
// may differ (CASTs of children apart) when implicit casts were chosen differently.
func key(e rex.Expr) string { return e.String() + "|" + e.Type().String() }

// compile makes the node of e; escapes says that its memory may leave the program.
func (c *compiler) compile(e rex.Expr, escapes bool) (node, error) {
	switch e := e.(type) {
	case *rex.Ref:
		if e.Index < 0 || e.Index >= len(c.in) {
			return nil, diag.Errorf(function.CodeUnbuilt, diag.Span{}, "column %d is not among the %d columns of the input", e.Index, len(c.in))
		}
		return refNode(e.Index), nil
	case *rex.Lit:
		return &litNode{lit: e}, nil
	}
	k := key(e)
	if c.uses[k] < 2 || !c.deterministic(e) {
		return c.build(e, escapes)
	}
	if s, ok := c.shared[k]; ok {
		return s, nil
	}
	inner, err := c.build(e, true)
	if err != nil {
		return nil, err
	}
	s := &sharedNode{inner: inner}
	c.shared[k] = s
	return s, nil
}

func (c *compiler) build(e rex.Expr, escapes bool) (node, error) {
	if f, ok := e.(*rex.Field); ok {
		x, err := c.compile(f.X, escapes)
		return &fieldNode{x: x, index: f.Index, t: f.T}, err
	}
	call, ok := e.(*rex.Call)
	if !ok {
		return nil, diag.Errorf(function.CodeUnbuilt, diag.Span{}, "expression %s has no evaluator", e)
	}
	fn := c.reg.Scalar(call.Fn)
	if fn == nil {
		return nil, diag.Errorf(function.CodeUnbuilt, call.Span, "function %s has no evaluator", call.Fn)
	}
	switch call.Fn {
	case "CASE", "IF":
		return c.buildCase(call)
	case "COALESCE", "IFNULL":
		return c.buildCoalesce(call)
	case "AND", "OR":
		if c.anyFails(call.Args[1:]) {
			return c.buildConnective(call)
		}
	}
	if fn.New == nil {
		return nil, diag.Errorf(function.CodeUnbuilt, call.Span, "function %s is not executable yet", call.Fn)
	}
	k, err := fn.New(call)
	if err != nil {
		return nil, err
	}
	n := &callNode{kernel: k, args: make([]node, len(call.Args)), vals: make([]*vec.Vec, len(call.Args))}
	if !escapes && k.Owned {
		n.frame.Scratch = &function.Scratch{}
	}
	for i, a := range call.Args {
		if n.args[i], err = c.compile(a, !k.Owned); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// deterministic reports whether e gives the same value each time it is evaluated.
func (c *compiler) deterministic(e rex.Expr) bool {
	ok := true
	rex.Walk(e, func(e rex.Expr) bool {
		if call, is := e.(*rex.Call); is {
			if f := c.reg.Scalar(call.Fn); f != nil && f.NonDeterministic {
				ok = false
			}
		}
		return ok
	})
	return ok
}

// fails reports whether evaluating e can fail on some row.
func (c *compiler) fails(e rex.Expr) bool {
	bad := false
	rex.Walk(e, func(e rex.Expr) bool {
		if call, is := e.(*rex.Call); is {
			if f := c.reg.Scalar(call.Fn); f != nil && f.Fails(call) {
				bad = true
			}
		}
		return !bad
	})
	return bad
}

func (c *compiler) anyFails(es []rex.Expr) bool {
	for _, e := range es {
		if c.fails(e) {
			return true
		}
	}
	return false
}
