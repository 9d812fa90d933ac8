package physical

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// Match is MATCH_RECOGNIZE: it finds the runs of rows of each partition, in order of
// time, that a row pattern describes, and gives one row a match: the partition columns,
// then the measures. Insert-only in, insert-only out. Stream, event time: rows wait for
// the watermark, late ones are dropped; processing time: rows are handled as they come.
type Match struct {
	Out
	In        []types.Type
	Partition []int
	Order     []rex.SortKey // the first is the time column, ascending
	Rowtime   bool          // stream: Order[0] is event time
	Pattern   RowPattern
}

// RowPattern is what a Match looks for and what it tells of it.
type RowPattern struct {
	Vars     []PatternVar // in the order of the pattern: each run begins where the one before ends
	Measures RowValues
	After    AfterMatch
	SkipTo   int   // variable of SkipToFirst and SkipToLast
	Within   int64 // ms; a match ends earlier than so long after its first row; 0 = no bound
}

// PatternVar is a variable of a row pattern: a run of Min to Max rows (Max -1 = no end)
// that meet its condition.
type PatternVar struct {
	Name     string
	Min, Max int
	// Greedy: a row that meets the condition belongs to the run as long as that may grow,
	// and is never the first row behind it.
	Greedy bool
	// Cond has one expression, a BOOLEAN; none = every row.
	Cond RowValues
}

// AfterMatch says where the search goes on after a match: which matches that begin
// earlier are given up.
type AfterMatch uint8

// The choices after a match.
const (
	SkipToNextRow     AfterMatch = iota // matches may overlap, but no two begin at one row
	SkipPastLastRow                     // behind the match
	SkipToFirstOfRows                   // at the first row of SkipTo
	SkipToLastOfRows                    // at the last row of SkipTo
)

var afterText = [...]string{"skip to next row", "skip past last row", "skip to first of", "skip to last of"}

// RowValues are expressions over the rows of a match, found or in the making. They refer
// to the columns of one row (of a condition the row that is looked at, of measures the
// first one), and behind these to Values.
type RowValues struct {
	Exprs  []rex.Expr
	Values []RowValue
}

// RowValue is one value taken from the rows of a match.
type RowValue struct {
	// Var tells whose rows; -1 = all rows. One that is not among Vars is defined, but not in
	// the pattern: it has no rows.
	Var int
	// Kind says what is taken of them.
	Kind RowValueKind
	// FromFirst, FromLast: column Col of the row with so many rows before or behind it; NULL if there is none.
	Col, Offset int
	// Aggregated: the call over Args, which are over the input's columns.
	Call rex.AggCall
	Args []rex.Expr
	T    types.Type
}

// RowValueKind is the kind of a RowValue.
type RowValueKind uint8

// The kinds of values.
const (
	FromLast RowValueKind = iota
	FromFirst
	Aggregated
	MatchTime // time of the row that completes the match: MATCH_ROWTIME()
)

// Columns lists the input columns that the pattern reads.
func (p *RowPattern) Columns(width int) []int {
	seen := map[int]bool{}
	p.each(func(v *RowValues) {
		for _, c := range rex.Refs(v.Exprs...) {
			seen[c] = c < width
		}
		for _, x := range v.Values {
			switch x.Kind {
			case FromFirst, FromLast:
				seen[x.Col] = true
			case Aggregated:
				for _, c := range rex.Refs(x.Args...) {
					seen[c] = true
				}
			}
		}
	})
	var out []int
	for c, used := range seen {
		if used {
			out = append(out, c)
		}
	}
	slices.Sort(out)
	return out
}

func (p *RowPattern) each(f func(*RowValues)) {
	for i := range p.Vars {
		f(&p.Vars[i].Cond)
	}
	f(&p.Measures)
}

// Remap gives the pattern over other columns: at tells where each of the width old ones
// went, among now columns.
func (p *RowPattern) Remap(width, now int, at func(int) int) RowPattern {
	out := *p
	out.Vars = slices.Clone(p.Vars)
	out.each(func(v *RowValues) {
		exprs, values := make([]rex.Expr, len(v.Exprs)), slices.Clone(v.Values)
		for i, e := range v.Exprs {
			exprs[i] = rex.Remap(e, func(c int) int {
				if c >= width {
					return c - width + now
				}
				return at(c)
			})
		}
		for i := range values {
			x := &values[i]
			switch x.Kind {
			case FromFirst, FromLast:
				x.Col = at(x.Col)
			case Aggregated:
				args := make([]rex.Expr, len(x.Args))
				for j, a := range x.Args {
					args[j] = rex.Remap(a, at)
				}
				x.Args = args
			}
		}
		v.Exprs, v.Values = exprs, values
	})
	return out
}

// Text writes the pattern for people and for uids; expr writes an expression whose
// columns are the input's and then values.
func (p *RowPattern) Text(names []string, expr func(e rex.Expr, names []string) string) string {
	var b strings.Builder
	b.WriteString("(" + p.PatternText() + ")")
	if p.Within > 0 {
		fmt.Fprintf(&b, " within %d ms", p.Within)
	}
	b.WriteString(" " + afterText[p.After])
	if p.After >= SkipToFirstOfRows {
		b.WriteString(" " + p.Vars[p.SkipTo].Name)
	}
	for _, v := range p.Vars {
		for _, e := range v.Cond.Exprs {
			b.WriteString("; " + v.Name + " as " + expr(e, p.ValueNames(&v.Cond, names, expr)))
		}
	}
	return b.String()
}

// PatternText writes the variables with their quantifiers.
func (p *RowPattern) PatternText() string {
	parts := make([]string, len(p.Vars))
	for i, v := range p.Vars {
		q := ""
		switch {
		case v.Min == 1 && v.Max == 1:
		case v.Min == 0 && v.Max == 1:
			q = "?"
		case v.Min == 0 && v.Max < 0:
			q = "*"
		case v.Min == 1 && v.Max < 0:
			q = "+"
		case v.Max < 0:
			q = fmt.Sprintf("{%d,}", v.Min)
		case v.Min == v.Max:
			q = fmt.Sprintf("{%d}", v.Min)
		default:
			q = fmt.Sprintf("{%d,%d}", v.Min, v.Max)
		}
		if !v.Greedy && v.Min != v.Max && !(v.Min == 0 && v.Max == 1) {
			q += "?"
		}
		parts[i] = v.Name + q
	}
	return strings.Join(parts, " ")
}

// ValueNames names the columns that expressions of v refer to: names of the input's, then
// "LAST(A.price, 1)".
func (p *RowPattern) ValueNames(v *RowValues, names []string, expr func(e rex.Expr, names []string) string) []string {
	out := slices.Clone(names)
	for _, x := range v.Values {
		of := ""
		switch {
		case x.Var >= len(p.Vars):
			of = fmt.Sprintf("(no row %d).", x.Var)
		case x.Var >= 0:
			of = p.Vars[x.Var].Name + "."
		}
		switch x.Kind {
		case MatchTime:
			out = append(out, "MATCH_ROWTIME()")
		case Aggregated:
			args := make([]string, len(x.Args))
			for i, a := range x.Args {
				args[i] = expr(a, names)
			}
			out = append(out, fmt.Sprintf("%s(%s%s)", x.Call.Fn, of, strings.Join(args, ", ")))
		default:
			fn := map[RowValueKind]string{FromFirst: "FIRST", FromLast: "LAST"}[x.Kind]
			out = append(out, fmt.Sprintf("%s(%s%s, %d)", fn, of, names[x.Col], x.Offset))
		}
	}
	return out
}
