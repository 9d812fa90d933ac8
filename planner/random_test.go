package planner_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/build"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/lower"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rules"
	"github.com/weir-sql/weir/topology"
)

// TestRandomQueries plans and runs random queries over small tables in four ways, as
// a stream and as a batch, with all rules and with those only that no plan can do
// without, and compares the rows that remain. WEIR_RANDOM=n asks for n queries,
// WEIR_SEED=s for the one query of a seed.
func TestRandomQueries(t *testing.T) {
	count := 120
	if n, err := strconv.Atoi(os.Getenv("WEIR_RANDOM")); err == nil {
		count = n
	}
	seed := uint64(1)
	if s, err := strconv.ParseUint(os.Getenv("WEIR_SEED"), 10, 64); err == nil {
		seed, count = s, 1
	}
	ran := 0
	for i := range count {
		s := seed + uint64(i)
		q := (&queries{rand.New(rand.NewPCG(s, 1)), 0}).query(3)
		want, err := finalRows(t, q, topology.Stream, 1, true)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", s, err, q)
		}
		ran++
		for name, run := range map[string]func() ([]string, error){
			"batch":                 func() ([]string, error) { return finalRows(t, q, topology.Batch, 1, true) },
			"stream, few rules":     func() ([]string, error) { return finalRows(t, q, topology.Stream, 1, false) },
			"batch, few rules":      func() ([]string, error) { return finalRows(t, q, topology.Batch, 1, false) },
			"stream, parallelism 2": func() ([]string, error) { return finalRows(t, q, topology.Stream, 2, true) },
			"batch, parallelism 2":  func() ([]string, error) { return finalRows(t, q, topology.Batch, 2, true) },
		} {
			got, err := run()
			if err != nil {
				t.Fatalf("seed %d, %s: %v\n%s", s, name, err, q)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("seed %d: stream −, %s +\n%s\n%s", s, name, d, q)
			}
		}
	}
	if ran == 0 {
		t.Error("no query ran")
	}
}

// queries writes random queries.
type queries struct {
	*rand.Rand
	names int
}

// relation is a query with the names of its columns; "s" columns are STRING, the
// others BIGINT.
type relation struct {
	sql  string
	cols []string
}

func (q *queries) query(depth int) string { return q.relation(depth).sql }

func (q *queries) name(kind string) string {
	q.names++
	return fmt.Sprintf("%s%d", kind, q.names)
}

func (q *queries) table() relation {
	a, b, c := q.name("n"), q.name("s"), q.name("n")
	if q.IntN(2) == 0 {
		return relation{fmt.Sprintf("SELECT id AS %s, k AS %s, v AS %s FROM t", a, b, c), []string{a, b, c}}
	}
	return relation{fmt.Sprintf("SELECT w AS %s, k AS %s, x AS %s FROM u", a, b, c), []string{a, b, c}}
}

func (q *queries) relation(depth int) relation {
	if depth == 0 {
		return q.table()
	}
	switch q.IntN(12) {
	case 0, 1:
		return q.filter(q.relation(depth - 1))
	case 2:
		return q.project(q.relation(depth - 1))
	case 3, 4:
		return q.join(q.relation(depth-1), q.relation(q.IntN(depth)))
	case 5, 6:
		return q.group(q.relation(depth - 1))
	case 7:
		return q.union(q.relation(depth-1), q.relation(q.IntN(depth)))
	case 8:
		return q.top(q.relation(depth - 1))
	case 9:
		return q.exists(q.relation(depth-1), q.relation(q.IntN(depth)))
	case 10:
		r := q.relation(depth - 1)
		return relation{"SELECT DISTINCT " + strings.Join(r.cols, ", ") + " FROM (" + r.sql + ")", r.cols}
	}
	return q.limit(q.relation(depth - 1))
}

func pickOf[T any](q *queries, list ...T) T { return list[q.IntN(len(list))] }

func isText(col string) bool { return strings.HasPrefix(col, "s") }

// value is a random expression of a column's kind.
func (q *queries) value(cols []string, text bool) string {
	var fit []string
	for _, c := range cols {
		if isText(c) == text {
			fit = append(fit, c)
		}
	}
	if len(fit) == 0 || q.IntN(5) == 0 {
		if text {
			return pickOf(q, "'a'", "'b'", "'zz'")
		}
		return fmt.Sprintf("CAST(%d AS BIGINT)", q.IntN(6))
	}
	c := fit[q.IntN(len(fit))]
	if text {
		return pickOf(q, c, c, "UPPER("+c+")", "COALESCE("+c+", 'q')")
	}
	return pickOf(q, c, c, c, c+" + 1", "COALESCE("+c+", 0)", c+" * 2", "CASE WHEN "+c+" > 2 THEN "+c+" ELSE 0 END")
}

func (q *queries) condition(cols []string, depth int) string {
	if depth > 0 && q.IntN(3) == 0 {
		return "(" + q.condition(cols, depth-1) + pickOf(q, " AND ", " OR ") + q.condition(cols, depth-1) + ")"
	}
	if q.IntN(8) == 0 {
		return "NOT (" + q.condition(cols, 0) + ")"
	}
	c := cols[q.IntN(len(cols))]
	switch q.IntN(6) {
	case 0:
		return c + pickOf(q, " IS NULL", " IS NOT NULL")
	case 1:
		if isText(c) {
			return c + " IN ('a', 'b')"
		}
		return c + " IN (1, 2, 5)"
	}
	text := isText(c)
	return c + pickOf(q, " = ", " = ", " <> ", " < ", " >= ") + q.value(cols, text)
}

func (q *queries) filter(r relation) relation {
	a := q.name("a")
	return relation{fmt.Sprintf("SELECT %s FROM (%s) AS %s WHERE %s", strings.Join(r.cols, ", "), r.sql, a, q.condition(r.cols, 2)), r.cols}
}

func (q *queries) project(r relation) relation {
	out := relation{}
	var items []string
	for range 1 + q.IntN(3) {
		text := q.IntN(3) == 0
		c := q.name(map[bool]string{true: "s", false: "n"}[text])
		items, out.cols = append(items, q.value(r.cols, text)+" AS "+c), append(out.cols, c)
	}
	out.sql = fmt.Sprintf("SELECT %s FROM (%s) AS %s", strings.Join(items, ", "), r.sql, q.name("a"))
	return out
}

func (q *queries) renamed(r relation) (string, []string) {
	var items, cols []string
	for _, c := range r.cols {
		d := q.name(c[:1])
		items, cols = append(items, c+" AS "+d), append(cols, d)
	}
	return fmt.Sprintf("(SELECT %s FROM (%s) AS %s)", strings.Join(items, ", "), r.sql, q.name("a")), cols
}

func (q *queries) on(l, r []string) string {
	var conds []string
	for range 1 + q.IntN(2) {
		text := q.IntN(2) == 0
		conds = append(conds, q.value(l, text)+" = "+q.value(r, text))
	}
	if q.IntN(3) == 0 {
		conds = append(conds, q.condition(append(append([]string(nil), l...), r...), 0))
	}
	return strings.Join(conds, " AND ")
}

func (q *queries) join(l, r relation) relation {
	ls, lc := q.renamed(l)
	rs, rc := q.renamed(r)
	kind := pickOf(q, "JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
	cols := append(append([]string(nil), lc...), rc...)
	sql := fmt.Sprintf("SELECT %s FROM %s AS %s %s %s AS %s ON %s", strings.Join(cols, ", "), ls, q.name("a"), kind, rs, q.name("a"), q.on(lc, rc))
	if q.IntN(2) == 0 {
		sql += " WHERE " + q.condition(cols, 1)
	}
	return relation{sql, cols}
}

func (q *queries) exists(l, r relation) relation {
	ls, lc := q.renamed(l)
	rs, rc := q.renamed(r)
	not := pickOf(q, "", "NOT ")
	return relation{fmt.Sprintf("SELECT %s FROM %s AS %s WHERE %sEXISTS (SELECT 1 FROM %s AS %s WHERE %s)", strings.Join(lc, ", "), ls, q.name("a"), not,
		rs, q.name("a"), q.on(lc, rc)), lc}
}

func (q *queries) group(r relation) relation {
	keys := r.cols[:q.IntN(min(3, len(r.cols)+1))]
	out := relation{cols: append([]string(nil), keys...)}
	items := append([]string(nil), keys...)
	add := func(call string) {
		c := q.name("n")
		items, out.cols = append(items, call+" AS "+c), append(out.cols, c)
	}
	if len(keys) == 0 {
		add("COUNT(*)")
	}
	for range 1 + q.IntN(2) {
		add(pickOf(q, "COUNT(*)", "COUNT(DISTINCT "+q.value(r.cols, false)+")", "SUM("+q.value(r.cols, false)+")", "MAX("+q.value(r.cols, false)+")",
			"MIN("+q.value(r.cols, false)+")", "COUNT("+q.value(r.cols, true)+")", "COUNT(*) FILTER (WHERE "+q.condition(r.cols, 0)+")"))
	}
	out.sql = fmt.Sprintf("SELECT %s FROM (%s) AS %s", strings.Join(items, ", "), r.sql, q.name("a"))
	filter := ""
	switch {
	case len(keys) == 0: // over no rows batch gives one and a stream none
		filter = out.cols[0] + " > 0"
	case len(keys) == 2 && q.IntN(4) == 0:
		out.sql += " GROUP BY " + pickOf(q, "ROLLUP", "CUBE") + " (" + strings.Join(keys, ", ") + ")"
	default:
		out.sql += " GROUP BY " + strings.Join(keys, ", ")
	}
	if filter == "" && q.IntN(3) == 0 {
		filter = q.condition(out.cols, 1)
	}
	if filter != "" {
		out.sql = fmt.Sprintf("SELECT %s FROM (%s) AS %s WHERE %s", strings.Join(out.cols, ", "), out.sql, q.name("a"), filter)
	}
	return out
}

func (q *queries) union(l, r relation) relation {
	text := q.IntN(2) == 0
	c := q.name(map[bool]string{true: "s", false: "n"}[text])
	op := pickOf(q, "UNION ALL", "UNION ALL", "UNION", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL")
	return relation{fmt.Sprintf("SELECT %s FROM (SELECT %s AS %s FROM (%s) AS %s %s SELECT %s FROM (%s) AS %s)", c, q.value(l.cols, text), c, l.sql, q.name("a"),
		op, q.value(r.cols, text), r.sql, q.name("a")), []string{c}}
}

// top numbers rows in an order by all columns, so that ties are equal rows.
func (q *queries) top(r relation) relation {
	part := ""
	if q.IntN(2) == 0 {
		part = "PARTITION BY " + r.cols[0] + " "
	}
	order := strings.Join(r.cols, pickOf(q, ", ", " DESC, "))
	bound := pickOf(q, "<= 2", "= 1", "BETWEEN 2 AND 3", "< 4")
	cols, rn := r.cols, q.name("n")
	if q.IntN(2) == 0 {
		cols = append(append([]string(nil), cols...), rn)
	}
	return relation{fmt.Sprintf("SELECT %s FROM (SELECT *, ROW_NUMBER() OVER (%sORDER BY %s) AS %s FROM (%s) AS %s) WHERE %s %s",
		strings.Join(cols, ", "), part, order, rn, r.sql, q.name("a"), rn, bound), cols}
}

func (q *queries) limit(r relation) relation {
	return relation{fmt.Sprintf("SELECT %s FROM (SELECT * FROM (%s) AS %s ORDER BY %s LIMIT %d)", strings.Join(r.cols, ", "), r.sql, q.name("a"),
		strings.Join(r.cols, ", "), 1+q.IntN(4)), r.cols}
}

const randomTables = `
CREATE VIEW t AS SELECT CAST(a AS BIGINT) AS id, CAST(b AS STRING) AS k, CAST(c AS BIGINT) AS v FROM (VALUES
 (1, 'a', 1), (2, 'b', 2), (3, 'a', 3), (4, 'c', 5), (5, CAST(NULL AS STRING), 2), (6, 'b', CAST(NULL AS INT)), (7, 'a', 1), (8, 'c', 4)) AS x(a, b, c);
CREATE VIEW u AS SELECT CAST(b AS STRING) AS k, CAST(a AS BIGINT) AS w, CAST(c AS BIGINT) AS x FROM (VALUES
 ('a', 1, 1), ('b', 2, 0), ('d', 3, 2), (CAST(NULL AS STRING), 4, 5), ('a', 5, CAST(NULL AS INT)), ('b', CAST(NULL AS INT), 1)) AS y(b, a, c);
`

// necessary are the rules without which there is no operator for some nodes.
var necessary = map[string]bool{"set-op": true, "grouping-sets": true, "filter-push": true, "project-merge": true, "rank": true}

// finalRows runs a query and gives the rows that remain, as texts, sorted.
func finalRows(t *testing.T, query string, mode topology.Mode, parallelism int, allRules bool) ([]string, error) {
	t.Helper()
	config := map[string]string{"execution.runtime-mode": map[topology.Mode]string{topology.Stream: "streaming", topology.Batch: "batch"}[mode]}
	b, list := bound(t, randomTables+query+";", config)
	if b == nil {
		return nil, list
	}
	roots := []logical.Node{b.Sinks[0]}
	c := &rules.Context{Batch: mode == topology.Batch, Functions: testFunctions, Fold: testFold}
	for _, r := range rules.All() {
		if allRules || necessary[r.Name] {
			roots = r.Apply(c, roots)
		}
	}
	g, list := lower.Graph([]*logical.Sink{roots[0].(*logical.Sink)}, lower.Options{Mode: mode, Functions: testFunctions, Partials: testPartials, Parallelism: parallelism})
	if g == nil {
		return nil, list
	}
	out := &folded{rows: map[string]int{}, now: map[string]string{}}
	if in := g.Inputs(g.Sinks()[0].ID); len(in) == 1 && in[0].Changelog.Updating() && !in[0].Changelog.Has(topology.UpdateBefore) {
		out.key = in[0].UpsertKey
	}
	env := build.Env{Batch: mode == topology.Batch, Functions: testFunctions}
	job, err := runtime.Start(context.Background(), g, runtime.Config{Build: func(s physical.Spec) (exec.Operator, error) { return build.Operator(s, env) },
		Connectors: out, TempDir: t.TempDir(), Config: config})
	if err == nil {
		err = job.Wait()
	}
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, compact(g))
	}
	return out.final()
}

// folded is a sink that counts how often each row remains.
type folded struct {
	mu   sync.Mutex
	rows map[string]int
	key  []int             // of a changelog without -U; nil if it has them
	now  map[string]string // the row of each key
}

func (f *folded) Source(context.Context, *physical.Source) (exec.Source, error) {
	return nil, diag.Errorf("W0599", diag.Span{}, "no sources here")
}
func (f *folded) Lookup(context.Context, *physical.LookupJoin) (exec.Lookup, error) {
	return nil, diag.Errorf("W0599", diag.Span{}, "no look-ups here")
}
func (f *folded) Sink(context.Context, *physical.Sink) (exec.Sink, error) { return f, nil }
func (f *folded) Writer(context.Context, int, int) (exec.Writer, error)   { return f, nil }
func (f *folded) Commit(context.Context, [][]byte) error                  { return nil }
func (f *folded) Abort(context.Context) error                             { return nil }
func (f *folded) Prepare(context.Context) ([]byte, error)                 { return nil, nil }
func (f *folded) Close() error                                            { return nil }
func (f *folded) Write(_ context.Context, b *vec.Batch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range b.Len {
		cells := make([]string, len(b.Cols))
		for j, c := range b.Cols {
			cells[j] = fmt.Sprint(c.Value(i))
		}
		by := 1
		if !b.Kind(i).Adds() {
			by = -1
		}
		row := strings.Join(cells, " | ")
		if f.key != nil {
			var key strings.Builder
			for _, k := range f.key {
				key.WriteString(cells[k] + " | ")
			}
			old, had := f.now[key.String()]
			if had {
				f.rows[old]--
			}
			if delete(f.now, key.String()); by < 0 {
				continue
			}
			f.now[key.String()] = row
		}
		f.rows[row] += by
	}
	return nil
}

func (f *folded) final() ([]string, error) {
	var out []string
	for row, n := range f.rows {
		if n < 0 {
			return nil, fmt.Errorf("row %q was taken back %d times more than it was given", row, -n)
		}
		for range n {
			out = append(out, row)
		}
	}
	sort.Strings(out)
	return out, nil
}
