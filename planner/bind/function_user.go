package bind

import (
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
)

// user finds the function of the script that a name means, nil if it means none: the
// temporary system functions, then the built-in ones, then those of the current database,
// in Flink's order.
func (b *binder) user(name syntax.QualifiedName) *catalog.UserFunction {
	if len(name.Parts) > 3 {
		return nil
	}
	last := name.Last().Name
	if len(name.Parts) == 1 {
		if f := b.cat.SystemFunction(last); f != nil {
			return f
		}
		if b.env.Functions.Function(last) != nil || windowFunctions[strings.ToUpper(last)] != nil {
			return nil
		}
	}
	return b.cat.UserFunction(b.cat.FunctionPath(name.Strings()...))
}

// function finds a function, or reports that there is none.
func (b *binder) function(name syntax.QualifiedName) *catalog.Function {
	if u := b.user(name); u != nil {
		return b.callable(u, b.at(name))
	}
	if len(name.Parts) == 1 {
		if f := b.env.Functions.Function(name.Last().Name); f != nil {
			return f
		}
		if f := windowFunctions[strings.ToUpper(name.Last().Name)]; f != nil {
			return f
		}
	}
	b.noFunction(name)
	return nil
}

// noFunction reports a name that means no function, with the nearest one that does.
func (b *binder) noFunction(name syntax.QualifiedName) {
	d := b.errorf(codeNoFunction, b.at(name), "function %q not found", name.Last().Name)
	in, db := b.cat.CurrentCatalog, b.cat.CurrentDatabase
	var cands []string
	if parts := name.Strings(); len(parts) > 1 {
		db = parts[len(parts)-2]
		if len(parts) > 2 {
			in = parts[0]
		}
	} else {
		cands = slices.Clone(b.env.Functions.Names())
		for f := range windowFunctions {
			cands = append(cands, f)
		}
	}
	for _, f := range b.cat.UserFunctions(in, db) {
		cands = append(cands, f.Path.Name)
	}
	cands = slices.DeleteFunc(cands, func(n string) bool { return !wordLike.MatchString(n) })
	slices.Sort(cands)
	if best := diag.Nearest(name.Last().Name, cands); best != "" {
		d.WithHint("did you mean %s?", best)
	}
}

// callable notes that the script calls a user function; nil after a report that it cannot.
func (b *binder) callable(u *catalog.UserFunction, at diag.Span) *catalog.Function {
	if b.broken[u] {
		return nil // its declaration is reported
	}
	if !u.Typed {
		d := b.errorf(codeFunction, at, "function %q cannot be called: weir has no Java virtual machine", u.Path.Name)
		if u.Language == "PYTHON" {
			d.d.Primary = "function \"" + u.Path.Name + "\" cannot be called: its types are not known without running it"
			d.WithHint("create it with its types: CREATE FUNCTION %s(a INT) RETURNS INT …", u.Path.Name)
		} else {
			d.WithHint("write it in SQL, STARLARK, WASM or PYTHON")
		}
		return nil
	}
	if u.Language != "SQL" && !slices.Contains(b.called, u) {
		b.called = append(b.called, u)
	}
	return u.Function()
}

// deterministic reports whether e gives the same value each time it is evaluated.
func (b *binder) deterministic(e rex.Expr) bool {
	ok := true
	rex.Walk(e, func(e rex.Expr) bool {
		if c, is := e.(*rex.Call); is {
			if f := b.env.Functions.Function(c.Fn); f != nil && f.NonDeterministic {
				ok = false
			}
			for _, u := range b.called {
				if u.ID == c.Fn && u.NonDeterministic {
					ok = false
				}
			}
		}
		return ok
	})
	return ok
}
