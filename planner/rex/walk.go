package rex

import (
	"encoding/hex"
	"fmt"
	"sort"
	"strings"
)

// Children gives the direct operands.
func Children(e Expr) []Expr {
	switch e := e.(type) {
	case *Call:
		return e.Args
	case *Field:
		return []Expr{e.X}
	default:
		return nil
	}
}

// Walk calls f for e and all below it, parents first; f returns false to skip the operands.
func Walk(e Expr, f func(Expr) bool) {
	if e == nil || !f(e) {
		return
	}
	for _, c := range Children(e) {
		Walk(c, f)
	}
}

// Map rebuilds e bottom-up through f. Operands that f leaves alone are shared.
func Map(e Expr, f func(Expr) Expr) Expr {
	switch x := e.(type) {
	case *Call:
		args, changed := x.Args, false
		for i, a := range x.Args {
			if b := Map(a, f); b != a {
				if !changed {
					args, changed = append([]Expr(nil), x.Args...), true
				}
				args[i] = b
			}
		}
		if changed {
			c := *x
			c.Args = args
			return f(&c)
		}
	case *Field:
		if b := Map(x.X, f); b != x.X {
			c := *x
			c.X = b
			return f(&c)
		}
	}
	return f(e)
}

// Shift adds by to every column reference.
func Shift(e Expr, by int) Expr {
	return Remap(e, func(i int) int { return i + by })
}

// Remap renumbers every column reference through f.
func Remap(e Expr, f func(int) int) Expr {
	return Map(e, func(e Expr) Expr {
		if r, ok := e.(*Ref); ok {
			if i := f(r.Index); i != r.Index {
				c := *r
				c.Index = i
				return &c
			}
		}
		return e
	})
}

// Inline replaces column references by the expressions that compute the columns.
func Inline(e Expr, cols []Expr) Expr {
	return Map(e, func(e Expr) Expr {
		if r, ok := e.(*Ref); ok {
			return cols[r.Index]
		}
		return e
	})
}

// Refs gives the referenced columns, ascending, each once.
func Refs(es ...Expr) []int {
	seen := map[int]bool{}
	for _, e := range es {
		Walk(e, func(e Expr) bool {
			if r, ok := e.(*Ref); ok {
				seen[r.Index] = true
			}
			return true
		})
	}
	out := make([]int, 0, len(seen))
	for i := range seen {
		out = append(out, i)
	}
	sort.Ints(out)
	return out
}

// Conjuncts splits a condition at its ANDs; nil gives none.
func Conjuncts(e Expr) []Expr {
	if e == nil {
		return nil
	}
	if c, ok := e.(*Call); ok && c.Fn == "AND" {
		var out []Expr
		for _, a := range c.Args {
			out = append(out, Conjuncts(a)...)
		}
		return out
	}
	return []Expr{e}
}

// Equal compares by canonical text and type.
func Equal(a, b Expr) bool {
	return a.String() == b.String() && a.Type().Equal(b.Type())
}

func (e *Ref) String() string { return fmt.Sprintf("$%d", e.Index) }

func (e *Lit) String() string {
	if e.Value == nil {
		return "NULL:" + e.T.Null().String()
	}
	switch v := e.Value.(type) {
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	case []byte:
		return "x'" + hex.EncodeToString(v) + "'"
	case []*Lit:
		parts := make([]string, len(v))
		for i, l := range v {
			parts[i] = l.String()
		}
		return e.T.Kind.String() + "(" + strings.Join(parts, ", ") + ")"
	default:
		return fmt.Sprintf("%v:%s", v, e.T.Null().String())
	}
}

func (e *Call) String() string {
	parts := make([]string, len(e.Args))
	for i, a := range e.Args {
		parts[i] = a.String()
	}
	s := e.Fn + "(" + strings.Join(parts, ", ") + ")"
	if e.Fn == "CAST" || e.Fn == "TRY_CAST" {
		s += ":" + e.T.String()
	}
	return s
}

func (e *Field) String() string { return fmt.Sprintf("%s.%d", e.X, e.Index) }
