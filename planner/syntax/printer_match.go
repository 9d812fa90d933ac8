package syntax

import "fmt"

func (p *printer) matchRecognize(m *MatchRecognize) doc {
	input := p.table(m.Input)
	var parts []doc
	if m.PartitionBy != nil {
		parts = append(parts, group(text("PARTITION BY"), nest(line, items(p, m.PartitionBy, line, p.expr))))
	}
	if m.OrderBy != nil {
		parts = append(parts, p.orderBy(m.OrderBy))
	}
	if m.Measures != nil {
		parts = append(parts, cat(text("MEASURES"), nest(hardline, items(p, m.Measures, hardline, p.selectItem))))
	}
	if m.Rows != RowsPerMatchUnspecified {
		parts = append(parts, text(m.Rows.String()))
	}
	if a := m.After; a != nil {
		skip := cat(p.lead(a.Span().Start), text("AFTER MATCH SKIP "+a.Kind.String()))
		if a.Var != nil {
			skip = cat(skip, text(" "), p.ident(*a.Var))
		}
		parts = append(parts, skip)
	}
	pattern := cat(text("PATTERN ("+when(m.StrictStart, "^ ")), p.pattern(m.Pattern, inPattern),
		text(when(m.StrictEnd, " $")+")"))
	if m.Within != nil {
		pattern = cat(pattern, text(" WITHIN "), p.expr(m.Within))
	}
	parts = append(parts, pattern)
	if m.Subsets != nil {
		parts = append(parts, group(text("SUBSET"), nest(line, items(p, m.Subsets, line, func(s *Subset) doc {
			return cat(p.ident(s.Name), text(" = "), p.identList(s.Vars))
		}))))
	}
	parts = append(parts, cat(text("DEFINE"), nest(hardline, items(p, m.Define, hardline, func(d *PatternDef) doc {
		return cat(p.ident(d.Var), text(" AS "), nest(p.expr(d.Cond)))
	}))))
	return cat(input, text(" MATCH_RECOGNIZE ("), nest(hardline, join(hardline, parts)), freshen, text(")"),
		p.tableSuffix(m.Alias, nil))
}

// Where a row pattern stands. Each place takes fewer kinds without parentheses.
const (
	inPattern    = iota // alone: any
	inAlternates        // beside |: no alternation
	inSequence          // beside another pattern: no sequence either
	inQuantified        // before a quantifier: only what is in brackets, or a variable
)

func (p *printer) pattern(x Pattern, place int) doc {
	list := func(ps []Pattern, sep string, place int) doc {
		var ds []doc
		for _, x := range ps {
			ds = append(ds, p.pattern(x, place))
		}
		return join(text(sep), ds)
	}
	paren := func(need bool, d doc) doc {
		if need {
			return cat(text("("), d, text(")"))
		}
		return d
	}
	switch x := x.(type) {
	case *PatternVar:
		return cat(p.lead(x.Span().Start), p.ident(x.Name))
	case *PatternAlt:
		return paren(place >= inAlternates, list(x.Items, " | ", inAlternates))
	case *PatternSeq:
		return paren(place >= inSequence, list(x.Items, " ", inSequence))
	case *PatternQuant:
		return paren(place >= inQuantified, cat(p.pattern(x.Item, inQuantified), text(quantifierText(x))))
	case *PatternExclude:
		return cat(text("{- "), p.pattern(x.Item, inPattern), text(" -}"))
	case *PatternPermute:
		return cat(text("PERMUTE("), list(x.Items, ", ", inPattern), text(")"))
	}
	return nil
}

func quantifierText(q *PatternQuant) string {
	var s string
	switch {
	case q.Min == 0 && q.Max == -1:
		s = "*"
	case q.Min == 1 && q.Max == -1:
		s = "+"
	case q.Min == 0 && q.Max == 1:
		s = "?"
	case q.Max == -1:
		s = fmt.Sprintf("{%d,}", q.Min)
	case q.Min == q.Max:
		s = fmt.Sprintf("{%d}", q.Min)
	default:
		s = fmt.Sprintf("{%d,%d}", q.Min, q.Max)
	}
	return s + when(q.Reluctant, "?")
}
