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
// in the text stay the same.
func Alone(text string, at diag.Span) string {
	out := []byte(text)
	for _, s := range statements(text) {
		if s.Start < at.End && s.End > at.Start {
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
	return string(out)
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
