package logical

import (
	"fmt"
	"slices"

	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// Facts derives what is known of the rows of nodes, each node once.
//
// A unique key is a set of columns of which no two rows of the final result agree. An
// upsert key is one by which a reader may apply the changes as they come: the
// changes of one key arrive in order. They differ where rows are spread by something
// else: after a join on city, the changes of one order id may come through two tasks
// and overtake each other if its city changed, although the id stays unique. So
// an upsert key must contain what its operator is spread by (Flink's
// FlinkRelMdUpsertKeys).
//
// A key is a sorted list of columns; the empty key says that there is one row at most.
type Facts struct {
	unique, upsert map[Node][][]int
}

// NewFacts knows nothing yet.
func NewFacts() *Facts { return &Facts{map[Node][][]int{}, map[Node][][]int{}} }

// UniqueKeys gives the known unique keys of a node's result.
func (f *Facts) UniqueKeys(n Node) [][]int { return f.keys(n, false) }

// UpsertKeys gives the known upsert keys of a node's changelog.
func (f *Facts) UpsertKeys(n Node) [][]int { return f.keys(n, true) }

// maxKeys bounds how many keys are followed; columns copied often would give very many.
const maxKeys = 16

func (f *Facts) keys(n Node, upsert bool) [][]int {
	memo := f.unique
	if upsert {
		memo = f.upsert
	}
	if k, ok := memo[n]; ok {
		return k
	}
	k := normalized(f.derive(n, upsert))
	memo[n] = k
	return k
}

func (f *Facts) derive(n Node, upsert bool) [][]int {
	switch n := n.(type) {
	case *Scan:
		return scanKeys(n)
	case *Values:
		if len(n.Rows) <= 1 {
			return [][]int{{}}
		}
	case *Project:
		return projectKeys(n, f.keys(n.Input, upsert))
	case *Filter:
		return f.keys(n.Input, upsert)
	case *Sort:
		if upsert && len(n.Keys) > 0 && n.Fetch >= 0 {
			return nil // as Flink
		}
		if n.Fetch == 1 {
			return append([][]int{{}}, f.keys(n.Input, upsert)...)
		}
		return f.keys(n.Input, upsert)
	case *Join:
		return f.joinKeys(n, upsert)
	case *TemporalJoin:
		left, _, _, _ := splitKeys(n.Cond, len(n.Left.Schema()))
		switch {
		case n.Time.Type().Attr == types.Rowtime:
			return containing(f.keys(n.Left, upsert), left, upsert)
		case f.OneMatch(n):
			return f.keys(n.Left, upsert)
		}
	case *Aggregate:
		return f.aggregateKeys(n, upsert)
	case *GroupWindow:
		return windowKeys(n)
	case *WindowTVF:
		if n.Window.Kind == physical.Tumble || n.Window.Kind == physical.Session {
			return f.keys(n.Input, upsert)
		}
		return with(f.keys(n.Input, upsert), len(n.Input.Schema())+1)
	case *Over:
		return containing(f.keys(n.Input, upsert), n.Partition, upsert)
	case *Rank:
		return containing(f.rankKeys(n, upsert), n.Partition, upsert)
	case *Expand:
		var keep [][]int
		for _, k := range f.keys(n.Input, upsert) {
			if !overlap(k, n.Cols) {
				keep = append(keep, k)
			}
		}
		return with(keep, len(n.Fields)-1)
	case *Sink:
		return f.keys(n.Input, upsert)
	}
	return nil
}

func scanKeys(n *Scan) [][]int {
	if len(n.Table.PrimaryKey) == 0 {
		return nil
	}
	key := []int{}
	for _, col := range n.Table.PrimaryKey {
		at := n.Find(col)
		if at < 0 {
			return nil
		}
		key = append(key, at)
	}
	return [][]int{key}
}

// Find gives the position among the scan's fields of a column of the table, -1 if
// the scan leaves it out.
func (n *Scan) Find(column int) int {
	if n.Columns == nil {
		return column
	}
	return slices.IndexFunc(n.Columns, func(c ScanColumn) bool { return c.Column == column && c.Path == nil })
}

// projectKeys follows keys through a projection: a column may come out several
// times, also as a cast that keeps different values different.
func projectKeys(n *Project, keys [][]int) [][]int {
	shown := map[int][]int{}
	for i, e := range n.Exprs {
		if c, ok := e.(*rex.Call); ok && c.Fn == "CAST" && injective(c.Args[0].Type(), c.T) {
			e = c.Args[0]
		}
		if r, ok := e.(*rex.Ref); ok {
			shown[r.Index] = append(shown[r.Index], i)
		}
	}
	var out [][]int
	for _, k := range keys {
		partial := [][]int{{}}
		for _, col := range k {
			var next [][]int
			for _, p := range partial {
				for _, o := range shown[col] {
					next = append(next, append(slices.Clone(p), o))
				}
			}
			if len(next) > maxKeys {
				next = next[:maxKeys]
			}
			partial = next
		}
		out = append(out, partial...)
	}
	return out
}

// injective reports whether a cast keeps different values different.
func injective(from, to types.Type) bool {
	switch {
	case from.Same(to):
		return true
	case from.IsInteger() && to.IsInteger():
		return from.Kind <= to.Kind
	case from.IsCharacter() && to.Kind == types.VarChar:
		return from.Precision <= to.Precision
	case from.IsInteger() && to.Kind == types.VarChar:
		return to.Precision >= 20
	case from.IsTimestamp() && from.Kind == to.Kind:
		return from.Precision <= to.Precision
	}
	return false
}

// JoinColumns gives the columns of both sides, each of its own side, that a join
// compares for equality, and what else its condition asks for.
func JoinColumns(n *Join) (left, right []int, nullEquals []bool, rest []rex.Expr) {
	return splitKeys(n.Cond, len(n.Left.Schema()))
}

func splitKeys(cond rex.Expr, lw int) (left, right []int, nullEquals []bool, rest []rex.Expr) {
	for _, e := range rex.Conjuncts(cond) {
		a, b, ok := EqualRefs(e)
		if ok && a > b {
			a, b = b, a
		}
		if !ok || a >= lw || b < lw {
			rest = append(rest, e)
			continue
		}
		left, right = append(left, a), append(right, b-lw)
		nullEquals = append(nullEquals, e.(*rex.Call).Fn != "=")
	}
	return left, right, nullEquals, rest
}

func (f *Facts) joinKeys(n *Join, upsert bool) [][]int {
	leftCols, rightCols, _, _ := JoinColumns(n)
	l := containing(f.keys(n.Left, upsert), leftCols, upsert)
	if n.Kind == physical.Semi || n.Kind == physical.Anti {
		return l
	}
	r := shift(containing(f.keys(n.Right, upsert), rightCols, upsert), len(n.Left.Schema()))
	var out [][]int
	if anyWithin(f.keys(n.Right, upsert), rightCols) && (n.Kind == physical.Inner || n.Kind == physical.LeftOuter) {
		out = append(out, l...)
	}
	if anyWithin(f.keys(n.Left, upsert), leftCols) && (n.Kind == physical.Inner || n.Kind == physical.RightOuter) {
		out = append(out, r...)
	}
	for _, a := range l {
		for _, b := range r {
			out = append(out, append(slices.Clone(a), b...))
		}
	}
	return out
}

// OneMatch reports whether every left row of a temporal join meets one right row at most.
func (f *Facts) OneMatch(n *TemporalJoin) bool {
	_, right, _, _ := splitKeys(n.Cond, len(n.Left.Schema()))
	return n.Time.Type().Attr == types.Rowtime || anyWithin(f.UniqueKeys(n.Right), right)
}

func (f *Facts) aggregateKeys(n *Aggregate, upsert bool) [][]int {
	groups := make([]int, len(n.Groups))
	for i := range groups {
		groups[i] = i
	}
	out := [][]int{groups}
	if upsert || n.Sets != nil {
		return out
	}
	for _, k := range f.UniqueKeys(n.Input) { // grouping by more than a key: the key is still one
		key := []int{}
		for _, col := range k {
			if at := slices.Index(n.Groups, col); at >= 0 {
				key = append(key, at)
			}
		}
		if len(key) == len(k) {
			out = append(out, key)
		}
	}
	return out
}

// windowKeys: the group with one property of the window, each alone, names a row. The
// start does not for windows that grow from one start.
func windowKeys(n *GroupWindow) [][]int {
	kind := n.Window.Kind
	if up := Windows(n.Input); kind == physical.Attached && up != nil {
		kind = up.Window.Kind
	}
	var out [][]int
	for i, p := range n.Props {
		if p == physical.WindowStart && kind == physical.Cumulate {
			continue
		}
		key := []int{}
		for g := range n.Groups {
			key = append(key, g)
		}
		out = append(out, append(key, len(n.Groups)+len(n.Aggs)+i))
	}
	return out
}

func (f *Facts) rankKeys(n *Rank, upsert bool) [][]int {
	var out [][]int
	if n.Func == physical.RowNumber {
		if n.Start == n.End {
			out = append(out, slices.Clone(n.Partition))
		} else if n.WithRank {
			out = append(out, append(slices.Clone(n.Partition), len(n.Fields)-1))
		}
	}
	return append(out, f.keys(n.Input, upsert)...)
}

// containing keeps the keys that contain what rows are spread by; unique keys need not.
func containing(keys [][]int, spread []int, upsert bool) [][]int {
	if !upsert {
		return keys
	}
	var out [][]int
	for _, k := range keys {
		if within(spread, k) {
			out = append(out, k)
		}
	}
	return out
}

func anyWithin(keys [][]int, cols []int) bool {
	return slices.ContainsFunc(keys, func(k []int) bool { return within(k, cols) })
}

func within(a, b []int) bool {
	return !slices.ContainsFunc(a, func(x int) bool { return !slices.Contains(b, x) })
}

func overlap(a, b []int) bool {
	return slices.ContainsFunc(a, func(x int) bool { return slices.Contains(b, x) })
}

func with(keys [][]int, col int) [][]int {
	out := make([][]int, len(keys))
	for i, k := range keys {
		out[i] = append(slices.Clone(k), col)
	}
	return out
}

func shift(keys [][]int, by int) [][]int {
	out := make([][]int, len(keys))
	for i, k := range keys {
		for _, c := range k {
			out[i] = append(out[i], c+by)
		}
		if out[i] == nil {
			out[i] = []int{}
		}
	}
	return out
}

// normalized sorts keys, drops repeated ones and keeps the first maxKeys.
func normalized(keys [][]int) [][]int {
	var out [][]int
	seen := map[string]bool{}
	for _, k := range keys {
		k = slices.Clone(k)
		slices.Sort(k)
		k = slices.Compact(k)
		if k == nil {
			k = []int{}
		}
		if s := fmt.Sprint(k); !seen[s] && len(out) < maxKeys {
			seen[s] = true
			out = append(out, k)
		}
	}
	return out
}
