package bind

import (
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/syntax"
)

// matchPattern binds PATTERN as a sequence of variables with quantifiers, which is what
// Flink's CEP can run.
func (b *binder) matchPattern(m *syntax.MatchRecognize, n *logical.Match) bool {
	if !b.patternItems(m.Pattern, nil, n) {
		return false
	}
	vars := n.Pattern.Vars
	optional := true
	for i, v := range vars {
		if v.Min == 0 && v.Max <= 1 && i > 0 && vars[i-1].Greedy {
			b.refuseToo(b.at(m.Pattern), "an optional variable behind a greedy one in PATTERN").
				WithHint("make %s reluctant: %s%s", vars[i-1].Name, vars[i-1].Name, "+?")
			return false
		}
		optional = optional && v.Min == 0
	}
	switch last := vars[len(vars)-1]; {
	case optional:
		b.refuseToo(b.at(m.Pattern), "a PATTERN that matches no row at all").WithHint("at least one variable must have a row")
	case last.Greedy:
		b.refuseToo(b.at(m.Pattern), "a greedy quantifier at the end of PATTERN").
			WithHint("it would wait for ever: end with a plain variable or a reluctant quantifier such as %s+?", last.Name)
	default:
		return true
	}
	return false
}

// patternItems appends the variables of a pattern.
func (b *binder) patternItems(p syntax.Pattern, q *syntax.PatternQuant, n *logical.Match) bool {
	switch p := p.(type) {
	case *syntax.PatternVar:
		return b.patternVar(p, q, n)
	case *syntax.PatternSeq:
		if q != nil {
			b.refuseToo(b.at(q), "a quantifier on a group of pattern variables").WithHint("put quantifiers on single variables")
			return false
		}
		for _, it := range p.Items {
			if !b.patternItems(it, nil, n) {
				return false
			}
		}
		return true
	case *syntax.PatternQuant:
		if q != nil {
			b.refuseToo(b.at(q), "a quantifier on a quantifier")
			return false
		}
		return b.patternItems(p.Item, p, n)
	case *syntax.PatternAlt:
		b.refuseToo(b.at(p), "an alternation (|) in PATTERN").WithHint("write one MATCH_RECOGNIZE for each alternative, or let DEFINE choose")
	case *syntax.PatternPermute:
		b.refuseToo(b.at(p), "PERMUTE in PATTERN").WithHint("write one MATCH_RECOGNIZE for each order")
	case *syntax.PatternExclude:
		b.refuseToo(b.at(p), "an exclusion ({- -}) in PATTERN")
	}
	return false
}

// maxRepetitions bounds quantifiers: each repetition is a state of the automaton.
const maxRepetitions = 10_000

func (b *binder) patternVar(p *syntax.PatternVar, q *syntax.PatternQuant, n *logical.Match) bool {
	v := physical.PatternVar{Name: p.Name.Name, Min: 1, Max: 1}
	for _, have := range n.Pattern.Vars {
		if have.Name == v.Name {
			b.refuseToo(b.at(p), "a pattern variable that stands twice in PATTERN").WithHint("give one of them another name and the same definition")
			return false
		}
	}
	if q != nil {
		v.Min, v.Max = q.Min, q.Max
		once := v.Min == 0 && v.Max == 1
		switch {
		case max(v.Min, v.Max) > maxRepetitions:
			b.errorf(codeMatch, b.at(q), "quantifier of %q asks for more than %d rows", v.Name, maxRepetitions)
			return false
		case v.Max == 0:
			b.errorf(codeMatch, b.at(q), "quantifier of %q asks for no row at all", v.Name)
			return false
		case once && q.Reluctant:
			b.refuseToo(b.at(q), "a reluctant optional variable (??)").WithHint("write %s?", v.Name)
			return false
		}
		// What may be there or not, and a fixed number of rows, know no greed.
		v.Greedy = !q.Reluctant && !once && v.Min != v.Max
	}
	n.Pattern.Vars = append(n.Pattern.Vars, v)
	return true
}
