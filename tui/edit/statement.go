package edit

import (
	"strings"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/syntax"
)

// statements gives the spans of a script's statements, their semicolons included. BEGIN
// STATEMENT SET … END is one, EXECUTE STATEMENT SET BEGIN … END too.
func statements(text string) []diag.Span {
	toks, _ := syntax.Scan(text)
	var out []diag.Span
	start := -1
	set, cases := false, 0
	for _, t := range toks {
		if t.Kind == syntax.TokenEOF || t.Kind == syntax.TokenComment {
			continue
		}
		if start < 0 {
			start = t.Pos.Start
			set, cases = false, 0
		}
		switch t.Word {
		case "BEGIN":
			set = true
		case "CASE":
			cases++
		case "END":
			if cases > 0 {
				cases--
			} else {
				set = false
			}
		case ";":
			if !set {
				out = append(out, diag.Span{Start: start, End: t.Pos.End})
				start = -1
			}
		}
	}
	if start >= 0 {
		out = append(out, diag.Span{Start: start, End: len(strings.TrimRight(text, " \t\r\n"))})
	}
	return out
}

// StatementAt gives the statement that an offset lies in, or the one before it.
func StatementAt(text string, offset int) (diag.Span, bool) {
	all := statements(text)
	best := -1
	for i, s := range all {
		if s.Start <= offset {
			best = i
		}
		if offset <= s.End {
			break
		}
	}
	if best < 0 {
		if len(all) == 0 {
			return diag.Span{}, false
		}
		best = 0
	}
	return all[best], true
}

// Alone gives a script in which only a statement of the text writes or reads: everything
// that declares (CREATE, SET, USE, …) before it stays, queries and INSERTs are blanked out, so that places
// in the text stay the same. Of a statement that makes a view the view's rows are asked.
func Alone(text string, at diag.Span) string {
	out := []byte(text)
	view := ""
	for _, s := range statements(text) {
		if s.Start < at.End && s.End > at.Start {
			view = viewOf(text[s.Start:s.End])
			continue
		}
		if s.Start < at.Start && declares(text[s.Start:s.End]) {
			continue
		}
		for i := s.Start; i < s.End; i++ {
			if out[i] != '\n' {
				out[i] = ' '
			}
		}
	}
	if view != "" {
		return string(out) + "\n;SELECT * FROM " + view
	}
	return string(out)
}

// viewOf is the name of the view that a statement makes, as it is written; "" = it makes none.
func viewOf(stmt string) string {
	toks, _ := syntax.Scan(stmt)
	start, end, made := -1, -1, false
	for _, t := range toks {
		switch {
		case t.Kind == syntax.TokenComment:
			continue
		case end < 0 && t.Word == "CREATE":
			made = true
		case !made:
			return ""
		case start < 0 && (t.Word == "OR" || t.Word == "REPLACE" || t.Word == "TEMPORARY"):
		case start < 0 && t.Word == "VIEW", t.Word == "IF" || t.Word == "NOT" || t.Word == "EXISTS":
			start = t.Pos.End
		case start < 0, t.Word == "AS", t.Word == "(", t.Word == "COMMENT":
			if start < 0 || end < 0 {
				return ""
			}
			return strings.TrimSpace(stmt[start:end])
		default:
			end = t.Pos.End
		}
	}
	return ""
}

// declares reports whether a statement only says how things are.
func declares(stmt string) bool {
	toks, _ := syntax.Scan(stmt)
	for _, t := range toks {
		if t.Kind == syntax.TokenComment {
			continue
		}
		switch t.Word {
		case "CREATE", "SET", "RESET", "USE", "DROP", "ALTER", "ADD", "REMOVE", "LOAD", "UNLOAD":
			return true
		}
		return false
	}
	return false
}
