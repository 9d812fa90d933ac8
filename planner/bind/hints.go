package bind

import (
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/syntax"
)

// Hints that may stand behind SELECT, and behind a table.
var (
	selectHints = []string{"STATE_TTL", "LOOKUP", "KEYBY", "BROADCAST", "SHUFFLE_HASH", "SHUFFLE_MERGE", "NEST_LOOP", "MULTI_JOIN", "ALIAS"}
	tableHints  = []string{"OPTIONS"}
)

// HintNames lists the hints that may stand in a query.
func HintNames() []string { return append(append([]string(nil), selectHints...), tableHints...) }

// hints gives the hints of a place. A hint that stands in the wrong one is a warning.
func (b *binder) hints(hints []*syntax.Hint, known []string) []logical.Hint {
	var out []logical.Hint
	for _, h := range hints {
		name := strings.ToUpper(h.Name.Name)
		if !contains(known, name) {
			if all := slices.Concat(selectHints, tableHints); !contains(all, name) {
				hintName(b.errorf(codeHint, b.at(h.Name), "there is no hint %q", h.Name.Name), name, all)
			} else {
				b.warnf(codeHint, b.at(h.Name), "hint %q has no meaning here and is ignored", h.Name.Name)
			}
			continue
		}
		out = append(out, b.hint(name, h))
	}
	return out
}

func (b *binder) hint(name string, h *syntax.Hint) logical.Hint {
	out := logical.Hint{Name: name, Span: b.at(h)}
	for _, a := range h.Args {
		value := hintText(a.Value)
		if a.Key == nil {
			out.Values = append(out.Values, value)
			continue
		}
		if out.KV == nil {
			out.KV = map[string]string{}
		}
		out.KV[hintText(a.Key)] = value
	}
	return out
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// hintText is the text of a hint's key or value.
func hintText(e syntax.Expr) string {
	switch e := e.(type) {
	case *syntax.StringLit:
		return e.Value
	case *syntax.NumberLit:
		return e.Text
	case *syntax.ColumnRef:
		parts := make([]string, len(e.Parts))
		for i, p := range e.Parts {
			parts[i] = p.Name
		}
		return strings.Join(parts, ".")
	}
	return ""
}

// stateTTL checks that a STATE_TTL hint gives tables durations.
func (b *binder) stateTTL(h *syntax.Hint) bool {
	ok := len(h.Args) > 0
	for _, a := range h.Args {
		if a.Key == nil {
			ok = false
		} else if _, fine := catalog.ParseDuration(hintText(a.Value)); !fine {
			b.errorf(codeHint, b.at(a), "hint STATE_TTL gives %q the time %q, which is not a duration such as '1d'", hintText(a.Key), hintText(a.Value))
			return false
		}
	}
	if !ok {
		b.errorf(codeHint, b.at(h), "hint STATE_TTL wants tables with durations").WithHint("e.g. STATE_TTL('orders' = '1 d')")
	}
	return ok
}

// joinHints puts the hints of a SELECT on the joins of its FROM. Names that are no item of it
// are errors, as in Flink.
func (b *binder) joinHints(r *rel, s *syntax.Select) {
	if r == nil || len(s.Hints) == 0 {
		return
	}
	aliases := make([]string, len(r.items))
	for i, it := range r.items {
		aliases[i] = it.alias
	}
	var use []logical.Hint
	for _, h := range s.Hints {
		name := strings.ToUpper(h.Name.Name)
		if !contains(selectHints, name) {
			continue // reported where the projection takes its hints
		}
		lh := b.hint(name, h)
		if name == "STATE_TTL" && !b.stateTTL(h) {
			continue
		}
		for i, a := range h.Args {
			if name == "KEYBY" && i > 0 {
				break // columns follow the table
			}
			ref := hintTable(name, a)
			if ref == "" || contains(aliases, ref) {
				continue
			}
			d := b.errorf(codeHint, b.at(a), "hint %s names %q, which is no table of this FROM", name, ref)
			hintName(d, ref, aliases)
		}
		use = append(use, lh)
	}
	r.node = hintJoins(r.node, use)
}

// hintTable is the table that an argument of a hint names, "" if it names none.
func hintTable(hint string, a *syntax.HintArg) string {
	switch {
	case hint == "STATE_TTL" && a.Key != nil:
		return hintText(a.Key)
	case hint == "LOOKUP" && a.Key != nil && hintText(a.Key) == "table":
		return hintText(a.Value)
	case a.Key == nil:
		return hintText(a.Value)
	}
	return ""
}

// hintJoins puts the hints on the joins at the top of FROM, which are still this block's own.
func hintJoins(n logical.Node, hints []logical.Hint) logical.Node {
	switch n := n.(type) {
	case *logical.Join:
		n.Hints = append(n.Hints, hints...)
		n.Left = hintJoins(n.Left, hints)
		n.Right = hintJoins(n.Right, hints)
	case *logical.TemporalJoin:
		n.Hints = append(n.Hints, hints...)
		n.Left = hintJoins(n.Left, hints)
	case *logical.Filter:
		n.Input = hintJoins(n.Input, hints)
	}
	return n
}
