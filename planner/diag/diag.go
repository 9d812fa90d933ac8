// Package diag holds the one shape in which weir tells a person that something
// is wrong: a Diagnostic value with a place, a cause and a fix. Parser, binder
// and planner collect diagnostics and go on; only cmd and tui print them, through
// Print. The package imports nothing of ours.
package diag

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
)

// Severity orders diagnostics by what they stop.
type Severity uint8

// The severities. Only Error stops a script from running.
const (
	Error Severity = iota
	Warning
	Note
)

func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	default:
		return "note"
	}
}

// Span is a half-open range of byte offsets [Start, End) in one source text.
// The zero Span means "no place".
type Span struct{ Start, End int }

// IsZero reports whether the span names no place.
func (s Span) IsZero() bool { return s == Span{} }

// Join returns the smallest span that covers both; a zero span covers nothing.
func (s Span) Join(o Span) Span {
	if s.IsZero() {
		return o
	}
	if o.IsZero() {
		return s
	}
	return Span{min(s.Start, o.Start), max(s.End, o.End)}
}

// Code names a kind of diagnostic for ever, e.g. "W0107". A code is never reused.
//
//	W00xx scanner and parser       W01xx names, types and functions (binder)
//	W02xx advice on plans          W03xx connectors, formats and options
//	W04xx topology and overlays    W05xx execution (data, I/O, resources)
//	W06xx project and configuration
type Code string

// Related points at a second place that explains the first.
type Related struct {
	Span    Span
	Message string
}

// Diagnostic is one problem. Primary is lower case without a full stop and says
// what does not hold, naming the kind of object and quoting its name; Detail and
// Hint are sentences, Hint says what to do.
type Diagnostic struct {
	Severity Severity
	Code     Code
	Primary  string
	Detail   string
	Hint     string
	Span     Span
	Related  []Related

	// Source is the text that Span points into, if it is not the script at hand (a
	// project's table declarations).
	Source *Source

	// File and Line place a problem that is not in the SQL text (a data file, a
	// Kafka partition): File then replaces the script's name, e.g.
	// "data/orders.jsonl" or "topic orders, partition 3, offset 42".
	File string
	Line int
}

// Error makes a Diagnostic an error, without its source snippet.
func (d *Diagnostic) Error() string {
	var b strings.Builder
	if d.File != "" {
		b.WriteString(d.File)
		if d.Line > 0 {
			fmt.Fprintf(&b, ":%d", d.Line)
		}
		b.WriteString(": ")
	}
	fmt.Fprintf(&b, "%s[%s]: %s", d.Severity, d.Code, d.Primary)
	if d.Hint != "" {
		fmt.Fprintf(&b, " (hint: %s)", d.Hint)
	}
	return b.String()
}

// Errorf makes an error diagnostic at a place.
func Errorf(code Code, span Span, format string, args ...any) *Diagnostic {
	return &Diagnostic{Severity: Error, Code: code, Span: span, Primary: fmt.Sprintf(format, args...)}
}

// Warnf makes a warning at a place.
func Warnf(code Code, span Span, format string, args ...any) *Diagnostic {
	d := Errorf(code, span, format, args...)
	d.Severity = Warning
	return d
}

// WithHint sets the hint and returns the diagnostic.
func (d *Diagnostic) WithHint(format string, args ...any) *Diagnostic {
	d.Hint = fmt.Sprintf(format, args...)
	return d
}

// WithDetail sets the detail and returns the diagnostic.
func (d *Diagnostic) WithDetail(format string, args ...any) *Diagnostic {
	d.Detail = fmt.Sprintf(format, args...)
	return d
}

// List collects diagnostics in the order they are found.
type List []*Diagnostic

// Add appends a diagnostic.
func (l *List) Add(d *Diagnostic) { *l = append(*l, d) }

// HasErrors reports whether any diagnostic is an error.
func (l List) HasErrors() bool {
	for _, d := range l {
		if d.Severity == Error {
			return true
		}
	}
	return false
}

// Sorted returns the diagnostics in order of their place in the text.
func (l List) Sorted() List {
	out := append(List(nil), l...)
	sort.SliceStable(out, func(i, j int) bool { return out[i].Span.Start < out[j].Span.Start })
	return out
}

// Error joins the list into one error text.
func (l List) Error() string {
	s := make([]string, len(l))
	for i, d := range l {
		s[i] = d.Error()
	}
	return strings.Join(s, "\n")
}

// Err returns the list as an error if it holds an error, else nil.
func (l List) Err() error {
	if l.HasErrors() {
		return l
	}
	return nil
}

// Nearest returns the candidate closest to name by edit distance, or "" when none
// is near enough to be a likely slip (a third of the name's length, at least 1;
// transpositions count as one edit). Case is ignored.
func Nearest(name string, candidates []string) string {
	best, bestDist := "", max(1, len(name)/3)+1
	low := strings.ToLower(name)
	for _, c := range candidates {
		if d := editDistance(low, strings.ToLower(c), bestDist); d < bestDist {
			best, bestDist = c, d
		}
	}
	return best
}

// Closest lists the n candidates closest to name, nearest first, however far they are: for
// a list that a person looks through.
func Closest(name string, candidates []string, n int) []string {
	low := strings.ToLower(name)
	distance := make(map[string]int, len(candidates))
	for _, c := range candidates {
		distance[c] = editDistance(low, strings.ToLower(c), len(low)+len(c)+1)
	}
	out := slices.Sorted(maps.Keys(distance))
	slices.SortStableFunc(out, func(a, b string) int { return distance[a] - distance[b] })
	return out[:min(n, len(out))]
}

// editDistance is the optimal string alignment distance, cut off at limit.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
