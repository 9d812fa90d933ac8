package bind

import (
	"slices"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// mapSinks binds what '….sink-mappings' says of the side's columns.
func (b *binder) mapSinks(m *mapping, o sideOptions) {
	given, ok := b.sideAssignments(m.logical, o.sinks)
	if !ok {
		return
	}
	in := sideRel(m.logical)
	for _, a := range given {
		i := m.table.Column(a.name)
		switch {
		case i < 0:
			d := b.errorf(codeNoColumn, b.here(a.nameAt), "'%s' names column %q, which table %q does not have", o.sinks, a.name, m.table.Path.Name)
			if m.logical.Column(a.name) >= 0 {
				d.WithHint("left of = stands a column of %q, right of it its value from columns of %q", m.table.Path.Name, m.logical.Path.Name)
			} else {
				hintName(d, a.name, columnNames(m.table))
			}
			continue
		case !slices.Contains(persisted(m.table), i):
			b.errorf(codeMapping, b.here(a.nameAt), "column %q of table %q is not stored and cannot be written", a.name, m.table.Path.Name)
			continue
		case m.writes[i] != nil:
			b.errorf(codeDuplicate, b.here(a.nameAt), "column %q stands twice in '%s'", a.name, o.sinks).WithHint("leave one of them out").related(b.here(m.writeAt[i]), "the first time")
			continue
		case a.value == nil:
			b.errorf(codeMapping, b.here(a.nameAt), "column %q has no expression in '%s'", a.name, o.sinks).WithHint("write %s = …", a.name)
			continue
		}
		m.writes[i], m.writeAt[i] = invalid(), a.at
		e, fine := b.mapped(in, a, "a sink mapping")
		if !fine {
			continue
		}
		want, have := plainTime(m.table.Columns[i].Type), plainTime(e.Type())
		switch {
		case !types.CanCastImplicitly(have, want) || lossy(have, want) && !litFits(e, want):
			d := b.errorf(codeMapping, b.here(a.at), "column %q of table %q is %s, but the sink mapping gives %s", a.name, m.table.Path.Name, want, have)
			if types.CanCast(have, want) {
				d.WithHint("write the cast if that is meant: %s = CAST(%s AS %s)", a.name, b.assignedText(a), want.Null())
			}
		case !want.Nullable && e.Type().Nullable:
			b.errorf(codeMapping, b.here(a.at), "column %q of table %q is %s, but the sink mapping may be NULL", a.name, m.table.Path.Name, want.String()).
				WithHint("map it with a default: %s = COALESCE(%s, …)", a.name, b.assignedText(a))
		default:
			m.writes[i] = b.to(e, want)
		}
	}
}

// inverse gives what a column of the side is when the logical columns are given: the
// mapping turned around. use is the INSERT.
type inverse struct {
	column int // of the side's table
	value  rex.Expr
}

// turn turns the mapping of logical column i around; why tells a person that it cannot be.
func (m *mapping) turn(b *binder, i int) (inv inverse, why, fix string) {
	c := m.logical.Columns[i]
	v := &rex.Ref{Index: i, T: plainTime(c.Type), Name: c.Name}
	return m.solve(b, m.exprs[i], v, true)
}

// solve finds the column x and the expression f with e(x) = v exactly when x = f(v).
// top: v is the column itself.
func (m *mapping) solve(b *binder, e rex.Expr, v rex.Expr, top bool) (inv inverse, why, fix string) {
	switch e := e.(type) {
	case *rex.Ref:
		t := m.table.Columns[e.Index]
		if !slices.Contains(persisted(m.table), e.Index) {
			return inv, "column " + syntax.Quote(t.Name) + " of table " + syntax.Quote(m.table.Path.Name) + " is not stored", ""
		}
		return inverse{e.Index, b.to(v, plainTime(t.Type))}, "", ""
	case *rex.Call:
		switch e.Fn {
		case "CAST":
			return m.solveCast(b, e, v)
		case "CASE":
			return m.solveCase(b, e, v)
		case "+", "-":
			if x, lit, ok := withLiteral(e); ok && e.T.IsInteger() && x.Type().Same(e.T) {
				op := map[string]string{"+": "-", "-": "+"}[e.Fn]
				return m.solve(b, x, &rex.Call{Fn: op, Args: []rex.Expr{v, lit}, T: v.Type(), Span: e.Span}, false)
			}
		case "=":
			if e.T.Kind == types.Boolean {
				return inv, "a test does not tell what the column is where it fails", "CASE … WHEN … THEN TRUE WHEN … THEN FALSE END"
			}
		}
		return inv, "its expression cannot be turned around", ""
	}
	return inv, "it is a constant there", ""
}

// withLiteral gives the parts of x + literal and x - literal.
func withLiteral(e *rex.Call) (x rex.Expr, lit *rex.Lit, ok bool) {
	if len(e.Args) != 2 {
		return nil, nil, false
	}
	l, ok := e.Args[1].(*rex.Lit)
	return e.Args[0], l, ok && l.Value != nil
}

// solveCast turns a cast around if it lost nothing and the way back tells what does not fit.
func (m *mapping) solveCast(b *binder, e *rex.Call, v rex.Expr) (inv inverse, why, fix string) {
	from, to := plainTime(e.Args[0].Type()), plainTime(e.T)
	switch {
	case from.IsNumeric() && to.IsNumeric():
		if !types.CanCastImplicitly(to, from) || lossy(to, from) {
			return inv, "writing " + to.Null().String() + " into " + from.Null().String() + " is lossy", "CAST"
		}
	case to.IsCharacter() && !from.IsCharacter() && !from.In(types.Row, types.Array, types.Map, types.Multiset):
		// the text is read back, and fails if it is none
	case !types.CanCastImplicitly(to, from) || lossy(to, from):
		return inv, "writing " + to.Null().String() + " into " + from.Null().String() + " is lossy", "CAST"
	}
	back := &rex.Call{Fn: "CAST", Args: []rex.Expr{v}, T: from.WithNull(v.Type().Nullable), Span: e.Span}
	return m.solve(b, e.Args[0], back, false)
}

// solveCase turns CASE x WHEN a THEN 1 WHEN b THEN 2 END around.
func (m *mapping) solveCase(b *binder, e *rex.Call, v rex.Expr) (inv inverse, why, fix string) {
	last := len(e.Args) - 1
	if l, ok := e.Args[last].(*rex.Lit); !ok || l.Value != nil {
		return inv, "ELSE stands for several values", "CASE … WHEN … THEN … END without ELSE"
	}
	var x rex.Expr
	args := make([]rex.Expr, 0, len(e.Args))
	seen := map[string]bool{}
	for i := 0; i < last; i += 2 {
		test, ok := e.Args[i].(*rex.Call)
		if !ok || test.Fn != "=" {
			return inv, "its CASE does more than tell codes apart", "CASE column WHEN … THEN … END"
		}
		code, isLit := test.Args[1].(*rex.Lit)
		result, isResult := e.Args[i+1].(*rex.Lit)
		if !isLit || !isResult || code.Value == nil || result.Value == nil {
			return inv, "its CASE does more than tell codes apart", "CASE column WHEN … THEN … END"
		}
		if seen[result.String()] {
			return inv, "two codes stand for one value", "one code for each value"
		}
		seen[result.String()] = true
		if x == nil {
			x = test.Args[0]
		} else if !rex.Equal(x, test.Args[0]) {
			return inv, "its CASE does more than tell codes apart", "CASE column WHEN … THEN … END"
		}
		args = append(args, b.comparison("=", v, b.to(result, plainTime(v.Type())), e.Span), code)
	}
	t := args[1].Type()
	for i := 1; i < len(args); i += 2 {
		if c, ok := types.Common(t, args[i].Type()); ok {
			t = c
		}
	}
	for i := 1; i < len(args); i += 2 {
		args[i] = b.to(args[i], t)
	}
	back := &rex.Call{Fn: "CASE", Args: append(args, nullLit(t)), T: t.Null(), Span: e.Span}
	return m.solve(b, x, back, false)
}

// write gives the rows of an INSERT as rows of the side's table.
func (b *binder) write(m *mapping, o sideOptions, in logical.Node, ins *insertion) (logical.Node, []int, bool) {
	values, from := map[int]rex.Expr{}, map[int]int{}
	ok := true
	for p, e := range m.writes {
		values[p] = e
	}
	for i, c := range m.logical.Columns {
		if m.lacks[i] || c.Kind != catalog.Physical {
			continue
		}
		inv, why, fix := m.turn(b, i)
		if why != "" {
			if b.writesCover(m, i) {
				continue
			}
			d := b.errorf(codeMapping, b.here(m.at[i]), "column %q cannot be written to table %q, the %s: %s", c.Name, m.table.Path.Name, m.side, why)
			switch {
			case fix != "" && fix != "CAST":
				d.WithHint("map it as %s, or say how it is written: '%s' = '… = …'", fix, o.sinks)
			default:
				d.WithHint("say how it is written: '%s' = '%s = …'", o.sinks, b.writeTarget(m, i))
			}
			d.related(ins.at, "it is written here")
			ok = false
			continue
		}
		if m.writes[inv.column] != nil {
			continue
		}
		if other, twice := from[inv.column]; twice {
			b.errorf(codeMapping, b.here(m.at[i]), "columns %q and %q are both column %q of table %q, the %s: which one is written is ambiguous", m.logical.Columns[other].Name, c.Name,
				m.table.Columns[inv.column].Name, m.table.Path.Name, m.side).WithHint("say it: '%s' = '%s = %s'", o.sinks, m.table.Columns[inv.column].Name, c.Name).
				related(ins.at, "it is written here")
			ok = false
			continue
		}
		values[inv.column], from[inv.column] = inv.value, i
	}
	var exprs []rex.Expr
	var fields []types.Field
	var target []int
	for _, p := range persisted(m.table) {
		e, given := values[p]
		c := m.table.Columns[p]
		switch {
		case !given && !c.Type.Nullable:
			b.errorf(codeMapping, b.optionAt(m.logical, o.table), "column %q of table %q, the %s, is NOT NULL and no column of %q fills it", c.Name, m.table.Path.Name, m.side, m.logical.Path.Name).
				WithHint("give it a value: '%s' = '%s = …'", o.sinks, c.Name).related(ins.at, "it is written here")
			ok = false
			continue
		case !given:
			continue // NULL
		case !c.Type.Nullable && e.Type().Nullable && m.logicalNull(from, p):
			b.errorf(codeMapping, m.nullAt(b, from, p), "column %q of table %q, the %s, is NOT NULL, but %q may write NULL", c.Name, m.table.Path.Name, m.side, m.logical.Path.Name).
				WithHint("declare the column of %q NOT NULL, or give a default: '%s' = '%s = COALESCE(…, …)'", m.logical.Path.Name, o.sinks, c.Name).
				related(ins.at, "it is written here")
			ok = false
			continue
		}
		exprs, fields, target = append(exprs, e), append(fields, types.Field{Name: c.Name, Type: plainTime(e.Type())}), append(target, p)
	}
	if !ok {
		return nil, nil, false
	}
	return &logical.Project{Base: logical.Base{Fields: fields, At: in.Span()}, Input: in, Exprs: exprs}, target, true
}

// logicalNull reports that the logical column behind the side's column p may be NULL: a
// CASE of codes is nullable by its type, and a value that is no code is caught by the sink.
func (m *mapping) logicalNull(from map[int]int, p int) bool {
	i, ok := from[p]
	return !ok || m.logical.Columns[i].Type.Nullable
}

func (m *mapping) nullAt(b *binder, from map[int]int, p int) diag.Span {
	if i, ok := from[p]; ok {
		return b.here(m.at[i])
	}
	return b.here(m.writeAt[p])
}

// writesCover reports that a sink mapping uses column i, so that nothing of it is lost.
func (b *binder) writesCover(m *mapping, i int) bool {
	for _, e := range m.writes {
		if slices.Contains(rex.Refs(e), i) {
			return true
		}
	}
	return false
}

// writeTarget names the column of the side that a mapping is made of.
func (b *binder) writeTarget(m *mapping, i int) string {
	if refs := rex.Refs(m.exprs[i]); len(refs) == 1 {
		return m.table.Columns[refs[0]].Name
	}
	return "…"
}
