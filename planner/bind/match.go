package bind

import (
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// matchRecognize binds input MATCH_RECOGNIZE (…).
func (b *binder) matchRecognize(m *syntax.MatchRecognize, q queryEnv) (*rel, bool) {
	item := b.fromItem(m.Input, q, nil)
	in := item.rel
	if in.open {
		return nil, false
	}
	n := &logical.Match{Base: logical.Base{At: b.at(m)}, Input: in.node}
	ok := b.matchClauses(m)
	ok = b.matchPartition(m, in, n) && ok
	ok = b.matchOrder(m, in, n) && ok
	ok = b.matchPattern(m, n) && ok
	if !ok {
		return nil, false
	}
	s := &matchScope{b: b, n: n, vars: map[string]int{}, own: -1}
	for i, v := range n.Pattern.Vars {
		s.vars[v.Name] = i
	}
	if ok = b.matchDefine(m, in, s); !ok || !b.matchAfter(m, n) || !b.matchWithin(m, n) || !b.matchMeasures(m, in, s) {
		return nil, false
	}
	r := newRel(n, "", catalog.Path{})
	if m.Alias != nil {
		r = b.rename(r, m.Alias)
	}
	r.place(b.at(m))
	return r, true
}

// matchClauses refuses what neither Flink nor weir does.
func (b *binder) matchClauses(m *syntax.MatchRecognize) bool {
	switch {
	case m.Rows == syntax.AllRowsPerMatch:
		b.refuseToo(b.at(m), "ALL ROWS PER MATCH").WithHint("use ONE ROW PER MATCH")
	case len(m.Subsets) > 0:
		b.refuse(b.at(m.Subsets[0]), "SUBSET of MATCH_RECOGNIZE").WithHint("name the variables themselves")
	case len(m.Measures) == 0:
		b.errorf(codeMatch, b.at(m), "MATCH_RECOGNIZE without MEASURES gives no columns").WithHint("add MEASURES LAST(a.ts) AS ts, …")
	default:
		return true
	}
	return false
}

// matchPartition binds PARTITION BY, which takes columns.
func (b *binder) matchPartition(m *syntax.MatchRecognize, in *rel, n *logical.Match) bool {
	x := &exprs{b: b, in: in, clause: "PARTITION BY"}
	for _, p := range m.PartitionBy {
		e := x.bind(p)
		r, isRef := e.(*rex.Ref)
		switch {
		case bad(e):
			return false
		case !isRef:
			b.errorf(codeMatch, b.at(p), "PARTITION BY of MATCH_RECOGNIZE takes columns").WithHint("compute the value in a subquery")
			return false
		}
		f := in.node.Schema()[r.Index]
		n.Partition = append(n.Partition, r.Index)
		n.Fields = append(n.Fields, types.Field{Name: columnNameOf(p, f.Name), Type: plainTime(f.Type)})
	}
	return true
}

// columnNameOf is the name under which a column was asked for.
func columnNameOf(e syntax.Expr, name string) string {
	if c, ok := e.(*syntax.ColumnRef); ok {
		return c.Parts[len(c.Parts)-1].Name
	}
	return name
}

// matchOrder binds ORDER BY: first of all time, ascending.
func (b *binder) matchOrder(m *syntax.MatchRecognize, in *rel, n *logical.Match) bool {
	if len(m.OrderBy) == 0 {
		b.errorf(codeMatch, b.at(m), "MATCH_RECOGNIZE wants an ORDER BY").WithHint("ORDER BY a rowtime or processing-time column")
		return false
	}
	x := &exprs{b: b, in: in, clause: "ORDER BY"}
	for i, o := range m.OrderBy {
		e := x.bind(o.Expr)
		r, isRef := e.(*rex.Ref)
		switch {
		case bad(e):
			return false
		case !isRef:
			b.errorf(codeMatch, b.at(o.Expr), "ORDER BY of MATCH_RECOGNIZE takes columns").WithHint("compute the value in a subquery")
			return false
		case i == 0 && !r.T.IsTimeAttr() && !(b.batch() && r.T.IsTimestamp()):
			d := b.errorf(codeTime, b.at(o.Expr), "MATCH_RECOGNIZE is ordered by time first of all, but this is %s", r.T)
			b.explainTime(d, in.node, e)
			return false
		case i == 0 && o.Desc:
			b.errorf(codeMatch, b.at(o), "MATCH_RECOGNIZE goes forward in time: it cannot be ordered by %q descending", r.Name)
			return false
		}
		k := newSortKey(nil, o)
		n.Order = append(n.Order, rex.SortKey{Col: r.Index, Desc: k.desc, NullsLast: k.nullsLast})
	}
	return true
}

// matchDefine binds DEFINE. A variable that is not in the pattern may be defined; it has
// no rows.
func (b *binder) matchDefine(m *syntax.MatchRecognize, in *rel, s *matchScope) bool {
	ok := true
	seen := map[string]bool{}
	for _, d := range m.Define {
		if seen[d.Var.Name] {
			b.errorf(codeDuplicate, b.at(d.Var), "pattern variable %q is defined twice", d.Var.Name)
			ok = false
		}
		seen[d.Var.Name] = true
		if _, known := s.vars[d.Var.Name]; !known {
			s.vars[d.Var.Name] = len(s.vars)
		}
	}
	for _, d := range m.Define {
		i := s.vars[d.Var.Name]
		cond := physical.RowValues{}
		s.begin(&cond, i)
		x := &exprs{b: b, in: in, clause: "DEFINE", match: s}
		e := x.bind(d.Cond)
		switch {
		case isBareNull(e):
			e = b.nullOperand(e)
		case !bad(e) && e.Type().Kind != types.Boolean:
			b.errorf(codeCondition, b.at(d.Cond), "DEFINE wants a condition, but this is %s", e.Type().WithAttr(types.NoTimeAttr))
			e = invalid()
		}
		if bad(e) || !s.plain(e, b.at(d.Cond)) {
			ok = false
			continue
		}
		if i < len(s.n.Pattern.Vars) {
			cond.Exprs = []rex.Expr{e}
			s.n.Pattern.Vars[i].Cond = cond
		}
	}
	return ok
}

// matchMeasures binds MEASURES, the columns behind those of the partition.
func (b *binder) matchMeasures(m *syntax.MatchRecognize, in *rel, s *matchScope) bool {
	ok := true
	n := s.n
	s.begin(&n.Pattern.Measures, -1)
	for _, item := range m.Measures {
		x := &exprs{b: b, in: in, clause: "MEASURES", match: s}
		e := x.bind(item.Expr)
		switch {
		case bad(e) || !s.plain(e, b.at(item.Expr)):
			ok = false
			continue
		case isBareNull(e):
			b.nullOperand(e)
			ok = false
			continue
		case slices.ContainsFunc(n.Fields, func(f types.Field) bool { return f.Name == item.Alias.Name }):
			b.errorf(codeDuplicate, b.at(*item.Alias), "column %q is in the result already", item.Alias.Name).WithHint("give the measure another name")
			ok = false
			continue
		}
		n.Pattern.Measures.Exprs = append(n.Pattern.Measures.Exprs, e)
		n.Fields = append(n.Fields, types.Field{Name: item.Alias.Name, Type: e.Type()})
	}
	return ok
}

// matchAfter binds AFTER MATCH. Without it matches may overlap, as in Flink.
func (b *binder) matchAfter(m *syntax.MatchRecognize, n *logical.Match) bool {
	if m.After == nil {
		return true
	}
	switch m.After.Kind {
	case syntax.SkipPastLastRow:
		n.Pattern.After = physical.SkipPastLastRow
		return true
	case syntax.SkipToNextRow:
		return true
	case syntax.SkipToFirst:
		n.Pattern.After = physical.SkipToFirstOfRows
	default:
		n.Pattern.After = physical.SkipToLastOfRows
	}
	name := m.After.Var.Name
	n.Pattern.SkipTo = slices.IndexFunc(n.Pattern.Vars, func(v physical.PatternVar) bool { return v.Name == name })
	if n.Pattern.SkipTo < 0 {
		b.noPatternVar(*m.After.Var, n)
		return false
	}
	return true
}

func (b *binder) noPatternVar(id syntax.Ident, n *logical.Match) {
	names := make([]string, len(n.Pattern.Vars))
	for i, v := range n.Pattern.Vars {
		names[i] = v.Name
	}
	hintName(b.errorf(codeMatch, b.at(id), "pattern variable %q is not in PATTERN (%s)", id.Name, strings.Join(names, " ")), id.Name, names)
}

// matchWithin binds WITHIN. As in Flink a length that is not positive is no bound.
func (b *binder) matchWithin(m *syntax.MatchRecognize, n *logical.Match) bool {
	if m.Within == nil {
		return true
	}
	x := &exprs{b: b, in: emptyRel(b.at(m.Within)), clause: "WITHIN"}
	e := x.bind(m.Within)
	if l, ok := e.(*rex.Lit); ok && e.Type().Kind == types.IntervalDayTime && l.Value != nil {
		n.Pattern.Within = max(l.Value.(int64), 0)
		return true
	}
	if !bad(e) {
		b.errorf(codeMatch, b.at(m.Within), "WITHIN takes a constant interval of days or less, but this is %s", e.Type()).WithHint("write INTERVAL '10' MINUTE")
	}
	return false
}
