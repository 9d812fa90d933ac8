package session

import (
	"regexp"
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/syntax"
)

// Fix is a change of a script that takes a problem away.
type Fix struct {
	Span diag.Span // what is replaced; empty = Text is put there
	Text string
	Says string // "orders → orders_v2"
}

// Apply makes the change.
func (f *Fix) Apply(text string) string { return text[:f.Span.Start] + f.Text + text[f.Span.End:] }

// maxFixes is how many problems of a script fixes are looked for.
const maxFixes = 8

// Fixes gives a fix for each problem whose hint can be followed by a machine, by its place
// in the list. A fix is given only if planning the changed script shows that the problem
// is gone and none came.
func (s *Session) Fixes(src diag.Source, mode Mode, problems diag.List) map[int]*Fix {
	out := map[int]*Fix{}
	for i, d := range problems {
		if len(out) >= maxFixes {
			break
		}
		if d.Source != nil || d.File != "" || d.Hint == "" || d.Span.IsZero() || d.Span.End > len(src.Text) {
			continue
		}
		for _, f := range candidates(src.Text, d) {
			changed := diag.Source{Name: src.Name, Text: f.Apply(src.Text)}
			_, left := s.Plan(changed, mode)
			if helps(d, f, problems, left) {
				f.Says = says(src.Text, f)
				out[i] = f
				break
			}
		}
	}
	return out
}

// helps reports whether a problem is gone after a fix and no other came in the place of it.
// Problems that were hidden by it (parsing stops before binding) may show.
func helps(d *diag.Diagnostic, f *Fix, before, after diag.List) bool {
	count := func(l diag.List, code diag.Code) (n int) {
		for _, p := range l {
			if p.Code == code {
				n++
			}
		}
		return n
	}
	reach := diag.Span{Start: f.Span.Start, End: f.Span.Start + len(f.Text)}
	for _, p := range after {
		if p.Severity == diag.Error && p.Span.Start < reach.End && p.Span.End > reach.Start {
			return false
		}
		if p.Code == d.Code && p.Primary == d.Primary && p.Span.Start == d.Span.Start {
			return false
		}
	}
	return count(after, d.Code) < count(before, d.Code)
}

var (
	meant    = regexp.MustCompile(`did you mean (?:"([^"]+)"|'([^']+)'|([^?]+))\?`)
	hintText = regexp.MustCompile(`/\*\+.*?\*/`)
	prose    = regexp.MustCompile(`\b(and|or|to|in|with|a|the|for|its|of)\b`)
	written  = regexp.MustCompile(`^write (?:[a-z ,]+: )?(.+?)\.?$`)
)

// candidates are the changes that a hint may mean, the likeliest first.
func candidates(text string, d *diag.Diagnostic) (out []*Fix) {
	was := text[d.Span.Start:d.Span.End]
	if m := meant.FindStringSubmatch(d.Hint); m != nil {
		name := m[1] + m[2] + m[3]
		switch {
		case strings.HasPrefix(was, "'"):
			out = append(out, &Fix{Span: d.Span, Text: syntax.QuoteString(name)})
		default:
			quoted, plain := &Fix{Span: d.Span, Text: syntax.Quote(name)}, &Fix{Span: d.Span, Text: name}
			if m[3] != "" { // a keyword or a function, not a name of the user's
				quoted, plain = plain, quoted
			}
			out = append(out, quoted, plain)
			if i := strings.LastIndexByte(was, '.'); i >= 0 { // t.colum: the name is the last part
				out = append([]*Fix{{Span: diag.Span{Start: d.Span.Start + i + 1, End: d.Span.End}, Text: syntax.Quote(name)}}, out...)
			}
			if i := strings.IndexByte(was, '('); i > 0 { // cout(x): the name is the first part
				out = append([]*Fix{{Span: diag.Span{Start: d.Span.Start, End: d.Span.Start + i}, Text: name}}, out...)
			}
		}
	}
	if hint := hintText.FindString(d.Hint); hint != "" {
		if at, ok := selectBefore(text, d.Span.Start); ok {
			out = append(out, &Fix{Span: diag.Span{Start: at, End: at}, Text: " " + hint})
		}
	}
	switch {
	case strings.HasPrefix(d.Hint, "remove"):
		out = append(out, &Fix{Span: d.Span})
	case strings.HasPrefix(d.Hint, "add a comma"):
		out = append(out, &Fix{Span: diag.Span{Start: d.Span.Start, End: d.Span.Start}, Text: ", "}, &Fix{Span: diag.Span{Start: d.Span.End, End: d.Span.End}, Text: ","})
	case strings.HasPrefix(d.Hint, "add a semicolon"):
		out = append(out, &Fix{Span: diag.Span{Start: d.Span.End, End: d.Span.End}, Text: ";"}, &Fix{Span: diag.Span{Start: d.Span.Start, End: d.Span.Start}, Text: "; "})
	case strings.HasPrefix(d.Hint, "add ") && strings.HasSuffix(d.Hint, " where it should end"):
		out = append(out, &Fix{Span: diag.Span{Start: lineEndAt(text, d.Span.Start), End: lineEndAt(text, d.Span.Start)}, Text: strings.TrimSuffix(strings.TrimPrefix(d.Hint, "add "), " where it should end")})
	}
	if m := written.FindStringSubmatch(d.Hint); m != nil && !strings.ContainsAny(m[1], "…") && !prose.MatchString(m[1]) {
		out = append(out, &Fix{Span: d.Span, Text: m[1]})
	}
	return slices.DeleteFunc(out, func(f *Fix) bool { return f.Text == text[f.Span.Start:f.Span.End] })
}

// selectBefore finds where hints of the SELECT before a place go: behind the word.
func selectBefore(text string, at int) (int, bool) {
	toks, _ := syntax.Scan(text)
	end, found := 0, false
	for _, t := range toks {
		if t.Pos.Start > at {
			break
		}
		if t.Word == "SELECT" {
			end, found = t.Pos.End, true
		}
	}
	return end, found
}

func lineEndAt(text string, at int) int {
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(text)
}

// says tells what a fix does, in a few words.
func says(text string, f *Fix) string {
	was := strings.TrimSpace(text[f.Span.Start:f.Span.End])
	now := strings.TrimSpace(f.Text)
	switch {
	case now == "":
		return "remove " + was
	case was == "":
		return "add " + now
	}
	return was + " → " + now
}
