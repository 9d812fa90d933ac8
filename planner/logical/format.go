package logical

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
)

// Format draws the tree below the roots, one node a line, inputs indented. A node
// that was drawn before is only referred to: "@3".
func Format(roots ...Node) string {
	readers := Readers(roots...)
	number := map[Node]int{}
	var b strings.Builder
	var draw func(n Node, depth int)
	draw = func(n Node, depth int) {
		b.WriteString(strings.Repeat("  ", depth))
		if i, seen := number[n]; seen {
			fmt.Fprintf(&b, "@%d\n", i)
			return
		}
		b.WriteString(Line(n))
		if readers[n] > 1 {
			number[n] = len(number) + 1
			fmt.Fprintf(&b, "  @%d", number[n])
		}
		b.WriteByte('\n')
		for _, in := range n.Inputs() {
			draw(in, depth+1)
		}
	}
	for _, r := range roots {
		draw(r, 0)
	}
	return b.String()
}

// Line describes one node without its inputs. Two nodes over equal inputs with equal
// lines and equal schemas compute the same: what a node does not show here must
// not change its rows.
func Line(n Node) string {
	switch n := n.(type) {
	case *Scan:
		return n.line()
	case *Values:
		rows := make([]string, len(n.Rows))
		for i, r := range n.Rows {
			rows[i] = "(" + exprs(r) + ")"
		}
		return "Values " + strings.Join(rows, ", ")
	case *Project:
		return "Project " + exprs(n.Exprs)
	case *Filter:
		return "Filter " + n.Cond.String()
	case *Join:
		return "Join " + n.Kind.String() + on(n.Cond) + ttlHints(n.Hints)
	case *TemporalJoin:
		return "TemporalJoin " + n.Kind.String() + " at " + n.Time.String() + on(n.Cond) + ttlHints(n.Hints)
	case *Aggregate:
		s := "Aggregate " + ints(n.Groups)
		if n.Sets != nil {
			s += fmt.Sprintf(" sets=%v", n.Sets)
		}
		return s + " " + AggsText(n.Aggs) + ttlHints(n.Hints)
	case *WindowTVF:
		return "WindowTVF " + WindowText(n.Window)
	case *GroupWindow:
		kind := "GroupWindow "
		if n.FromTVF {
			kind = "WindowAggregate "
		}
		if n.Shared != nil {
			kind += "shared"
			for _, w := range n.Shared {
				kind += " " + WindowText(w)
			}
			kind += " pane "
		}
		return kind + WindowText(n.Window) + " " + ints(n.Groups) + " " + AggsText(n.Aggs) + fmt.Sprintf(" props=%v", n.Props)
	case *Over:
		return fmt.Sprintf("Over partition=%s order=%s %s %s", ints(n.Partition), OrderText(n.Order), n.Frame, AggsText(n.Calls))
	case *Rank:
		s := fmt.Sprintf("Rank %s partition=%s order=%s [%d, %d]", rankText[n.Func], ints(n.Partition), OrderText(n.Order), n.Start, n.End)
		if n.WithRank {
			s += " with rank"
		}
		return s
	case *Union:
		return "Union"
	case *SetOp:
		s := "Intersect"
		if n.Except {
			s = "Except"
		}
		if n.All {
			s += " all"
		}
		return s
	case *Sort:
		return fmt.Sprintf("Sort %s offset=%d fetch=%d", OrderText(n.Keys), n.Offset, n.Fetch)
	case *Unnest:
		return fmt.Sprintf("Unnest %s outer=%t ordinality=%t", n.Collection, n.Outer, n.WithOrdinality) + on(n.Cond)
	case *Match:
		return n.line()
	case *Replicate:
		return "Replicate"
	case *Expand:
		return fmt.Sprintf("Expand sets=%v of %s", n.Sets, ints(n.Cols))
	case *Sink:
		return "Sink " + n.Name
	default:
		return fmt.Sprintf("%T", n)
	}
}

func (n *Scan) line() string {
	cols := make([]string, len(n.Fields))
	for i, f := range n.Fields {
		cols[i] = f.Name
	}
	s := fmt.Sprintf("Scan %s [%s]", n.Table.Path, strings.Join(cols, ", "))
	for _, k := range sortedKeys(n.Options) {
		if v := n.Options[k]; v != n.Table.Options[k] {
			s += fmt.Sprintf(" %s=%s", k, v)
		}
	}
	if len(n.Filters) > 0 {
		s += " filters=" + exprs(n.Filters)
	}
	if n.Limit > 0 {
		s += fmt.Sprintf(" limit=%d", n.Limit)
	}
	if n.NoTime {
		s += " no time"
	}
	return s
}

var rankText = [...]string{"row_number", "rank", "dense_rank"}

func (f Frame) String() string {
	unit := "range"
	if f.Rows {
		unit = "rows"
	}
	return fmt.Sprintf("%s[%d, %d]", unit, f.Preceding, f.Following)
}

// AggsText writes aggregate calls over column numbers.
func AggsText(calls []rex.AggCall) string {
	s := make([]string, len(calls))
	for i, c := range calls {
		s[i] = AggText(c, func(col int) string { return "$" + strconv.Itoa(col) })
	}
	return "{" + strings.Join(s, ", ") + "}"
}

// AggText writes one aggregate call, naming its columns through name.
func AggText(c rex.AggCall, name func(int) string) string {
	args := make([]string, len(c.Args))
	for i, a := range c.Args {
		args[i] = name(a)
	}
	s := c.Fn + "("
	if c.Distinct {
		s += "DISTINCT "
	}
	if len(args) == 0 && c.Fn == "COUNT" {
		s += "*"
	}
	s += strings.Join(args, ", ")
	if len(c.OrderBy) > 0 {
		s += " ORDER BY "
		for i, k := range c.OrderBy {
			if i > 0 {
				s += ", "
			}
			s += name(k.Col)
			if k.Desc {
				s += " DESC"
			}
		}
	}
	s += ")"
	if c.Filter >= 0 {
		s += " FILTER " + name(c.Filter)
	}
	return s
}

// WindowText writes a window over column numbers, lengths in milliseconds.
func WindowText(w physical.Window) string {
	if w.Kind == physical.Attached {
		return fmt.Sprintf("ATTACHED($%d, $%d)", w.Start, w.End)
	}
	s := fmt.Sprintf("%s($%d, %d", w.Kind, w.Time, w.Size)
	if w.Slide != 0 {
		s += fmt.Sprintf(", step %d", w.Slide)
	}
	if w.Offset != 0 {
		s += fmt.Sprintf(", offset %d", w.Offset)
	}
	if len(w.Partition) > 0 {
		s += ", partition " + ints(w.Partition)
	}
	if !w.Rowtime {
		s += ", proctime"
	}
	if w.Local {
		s += ", local"
	}
	if w.Zone != "" {
		s += ", zone " + w.Zone
	}
	if w.Show != nil {
		s += fmt.Sprintf(", show %v", *w.Show)
	}
	return s + ")"
}

// OrderText writes sort keys over column numbers.
func OrderText(keys []rex.SortKey) string {
	s := make([]string, len(keys))
	for i, k := range keys {
		s[i] = "$" + strconv.Itoa(k.Col)
		if k.Desc {
			s[i] += " desc"
		}
		if k.NullsLast != k.Desc {
			s[i] += map[bool]string{true: " nulls last", false: " nulls first"}[k.NullsLast]
		}
	}
	return "[" + strings.Join(s, ", ") + "]"
}

func on(cond rex.Expr) string {
	if cond == nil {
		return ""
	}
	return " on " + cond.String()
}

// ttlHints shows every hint: hints change how a node keeps or asks for rows.
func ttlHints(hints []Hint) string {
	s := ""
	for _, h := range hints {
		s += " /*+ " + h.Name
		for _, k := range sortedKeys(h.KV) {
			s += " " + k + "=" + h.KV[k]
		}
		for _, v := range h.Values {
			s += " " + v
		}
		s += " */"
	}
	return s
}

func exprs(es []rex.Expr) string {
	s := make([]string, len(es))
	for i, e := range es {
		s[i] = e.String()
	}
	return strings.Join(s, ", ")
}

func ints(is []int) string {
	s := make([]string, len(is))
	for i, n := range is {
		s[i] = "$" + strconv.Itoa(n)
	}
	return "[" + strings.Join(s, ", ") + "]"
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
