package bind

import (
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
)

// DescribedFunctions lists the calls that the binder resolves itself, without a registry: the
// functions with OVER, window table functions and group windows, grouping, table functions
// and predicates that are syntax. It is what help prints of them; the examples are tests.
func DescribedFunctions() []*catalog.Function {
	out := WindowFunctions()
	for _, f := range out {
		f.Examples = windowExamples[f.Name]
	}
	return append(out, described...)
}

// describe makes an entry; sigs and examples are one a line, an example "query → rows".
func describe(kind catalog.FunctionKind, category, name, sigs, summary, ex string) *catalog.Function {
	f := &catalog.Function{Kind: kind, Category: category, Name: name, Signatures: strings.Split(sigs, "\n"), Summary: summary}
	for _, line := range strings.Split(strings.TrimSpace(ex), "\n") {
		sql, rows, _ := strings.Cut(strings.TrimSpace(line), " → ")
		f.Examples = append(f.Examples, catalog.Example{SQL: sql, Result: rows})
	}
	return f
}

// over makes the example of a function with OVER over the numbers 1, 2, 2 and 5.
func over(call, rows string) []catalog.Example {
	return []catalog.Example{{SQL: "SELECT x, " + call + " OVER (ORDER BY x) AS y FROM (VALUES (1), (2), (2), (5)) AS t(x)", Result: rows}}
}

var windowExamples = map[string][]catalog.Example{
	"ROW_NUMBER":   over("ROW_NUMBER()", "(1, 1), (2, 2), (2, 3), (5, 4)"),
	"RANK":         over("RANK()", "(1, 1), (2, 2), (2, 2), (5, 4)"),
	"DENSE_RANK":   over("DENSE_RANK()", "(1, 1), (2, 2), (2, 2), (5, 3)"),
	"PERCENT_RANK": over("PERCENT_RANK()", "(1, 0.0), (2, 0.3333333333333333), (2, 0.3333333333333333), (5, 1.0)"),
	"CUME_DIST":    over("CUME_DIST()", "(1, 0.25), (2, 0.75), (2, 0.75), (5, 1.0)"),
	"NTILE":        over("NTILE(2)", "(1, 1), (2, 1), (2, 2), (5, 2)"),
	"LAG":          over("LAG(x, 1, 0)", "(1, 0), (2, 1), (2, 2), (5, 2)"),
	"LEAD":         over("LEAD(x)", "(1, 2), (2, 2), (2, 5), (5, NULL)"),
}

// bids are the rows of the examples with time.
const bids = "(VALUES (TIMESTAMP '2024-01-01 10:05:00', 1), (TIMESTAMP '2024-01-01 10:25:00', 2), (TIMESTAMP '2024-01-01 11:40:00', 5)) AS t(ts, x)"

// tvf is an example of a window table function over the bids.
func tvf(call, rows string) string {
	return "WITH bids AS (SELECT ts, x FROM " + bids + ") SELECT window_start, window_end, SUM(x) AS s FROM " + call +
		" GROUP BY window_start, window_end ORDER BY window_start, window_end → " + rows
}

// inGroups is an example of a group window over the bids.
func inGroups(window, props, rows string) string {
	return "SELECT " + props + ", SUM(x) AS s FROM " + bids + " GROUP BY " + window + " ORDER BY s → " + rows
}

// Times of the examples' rows.
const (
	t10, t11, t12 = "2024-01-01 10:00:00.000", "2024-01-01 11:00:00.000", "2024-01-01 12:00:00.000"
)

var described = slices.Concat(predicates, windowTables, groupWindows, groupings, patternFunctions)

var predicates = []*catalog.Function{
	describe(catalog.ScalarFunction, "comparison", "BETWEEN", "x [NOT] BETWEEN [ASYMMETRIC | SYMMETRIC] low AND high",
		"low <= x and x <= high; with SYMMETRIC the bounds may stand in either order", "SELECT 5 BETWEEN 1 AND 9 AS a, 5 BETWEEN SYMMETRIC 9 AND 1 AS b → (TRUE, TRUE)"),
	describe(catalog.ScalarFunction, "comparison", "EXISTS", "[NOT] EXISTS (query)", "the query gives a row",
		"SELECT x FROM (VALUES (1), (2)) AS t(x) WHERE EXISTS (SELECT 1 FROM (VALUES (2)) AS u(y) WHERE y = x) → 2"),
	describe(catalog.TableFunction, "table", "UNNEST", "UNNEST(array, map or multiset) [WITH ORDINALITY]",
		"a row an element, of a map a row an entry; of an array of rows their fields as columns; WITH ORDINALITY numbers them from 1",
		"SELECT x FROM UNNEST(ARRAY[7, 8]) AS t(x) → 7, 8\nSELECT u.x, u.n FROM (VALUES (ARRAY['a', 'b'])) AS t(xs) CROSS JOIN UNNEST(t.xs) WITH ORDINALITY AS u(x, n) → (a, 1), (b, 2)"),
}

const windowTableRest = "; columns window_start, window_end and window_time are added"

var windowTables = []*catalog.Function{
	describe(catalog.TableFunction, "window table", "TUMBLE", "TUMBLE(TABLE t, DESCRIPTOR(time), size [, offset])\nGROUP BY TUMBLE(time, size)",
		"each row in the one window of this size"+windowTableRest,
		tvf("TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '1' HOUR)", "("+t10+", "+t11+", 3), ("+t11+", "+t12+", 5)")+"\n"+
			inGroups("TUMBLE(ts, INTERVAL '1' HOUR)", "TUMBLE_START(ts, INTERVAL '1' HOUR) AS a", "("+t10+", 3), ("+t11+", 5)")),
	describe(catalog.TableFunction, "window table", "HOP", "HOP(TABLE t, DESCRIPTOR(time), slide, size [, offset])\nGROUP BY HOP(time, slide, size)",
		"each row in all windows of this size that begin every slide"+windowTableRest,
		tvf("HOP(TABLE bids, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '2' HOUR)", "(2024-01-01 09:00:00.000, "+t11+", 3), ("+t10+", "+t12+", 8), ("+t11+", 2024-01-01 13:00:00.000, 5)")),
	describe(catalog.TableFunction, "window table", "CUMULATE", "CUMULATE(TABLE t, DESCRIPTOR(time), step, size [, offset])",
		"each row in the windows that grow by a step up to this size, then begin anew"+windowTableRest,
		tvf("CUMULATE(TABLE bids, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '2' HOUR)", "("+t10+", "+t11+", 3), ("+t10+", "+t12+", 8)")),
	describe(catalog.TableFunction, "window table", "SESSION", "SESSION(TABLE t [PARTITION BY key, …], DESCRIPTOR(time), gap)\nGROUP BY SESSION(time, gap)",
		"rows of a key that are less than the gap apart share a window"+windowTableRest,
		tvf("SESSION(TABLE bids, DESCRIPTOR(ts), INTERVAL '30' MINUTE)", "(2024-01-01 10:05:00.000, 2024-01-01 10:55:00.000, 3), (2024-01-01 11:40:00.000, 2024-01-01 12:10:00.000, 5)")),
}

// auxiliary describes what tells a bound of a group window.
func auxiliary(window, args, prop, summary, window1, rows string) *catalog.Function {
	name := window + "_" + prop
	call := strings.Replace(window1, window+"(", name+"(", 1)
	return describe(catalog.ScalarFunction, "group window", name, name+"("+args+")", summary, inGroups(window1, call+" AS a", rows))
}

// processed describes the time at which a group window was computed, which has no example value.
func processed(window, args string) *catalog.Function {
	name := window + "_PROCTIME"
	size := map[string]string{"HOP": "INTERVAL '1' HOUR, INTERVAL '2' HOUR"}[window]
	if size == "" {
		size = "INTERVAL '1' HOUR"
	}
	return describe(catalog.ScalarFunction, "group window", name, name+"("+args+")", "the processing time at which the group window was computed, as a time attribute",
		"SELECT COUNT(p) > 0 AS c FROM (SELECT "+name+"(ts, "+size+") AS p FROM "+bids+" GROUP BY "+window+"(ts, "+size+")) AS w → TRUE")
}

const (
	startOf = "where the group window of GROUP BY begins"
	endOf   = "where the group window of GROUP BY ends, not part of it"
	rowtime = "the last millisecond of the group window, as a time attribute"

	tumble1, hop1, session1 = "TUMBLE(ts, INTERVAL '1' HOUR)", "HOP(ts, INTERVAL '2' HOUR, INTERVAL '2' HOUR)", "SESSION(ts, INTERVAL '30' MINUTE)"
)

var groupWindows = []*catalog.Function{
	auxiliary("TUMBLE", "time, size", "START", startOf, tumble1, "("+t10+", 3), ("+t11+", 5)"),
	auxiliary("TUMBLE", "time, size", "END", endOf, tumble1, "("+t11+", 3), ("+t12+", 5)"),
	auxiliary("TUMBLE", "time, size", "ROWTIME", rowtime, tumble1, "(2024-01-01 10:59:59.999, 3), (2024-01-01 11:59:59.999, 5)"),
	processed("TUMBLE", "time, size"),
	auxiliary("HOP", "time, slide, size", "START", startOf, hop1, "("+t10+", 8)"),
	auxiliary("HOP", "time, slide, size", "END", endOf, hop1, "("+t12+", 8)"),
	auxiliary("HOP", "time, slide, size", "ROWTIME", rowtime, hop1, "(2024-01-01 11:59:59.999, 8)"),
	processed("HOP", "time, slide, size"),
	auxiliary("SESSION", "time, gap", "START", startOf, session1, "(2024-01-01 10:05:00.000, 3), (2024-01-01 11:40:00.000, 5)"),
	auxiliary("SESSION", "time, gap", "END", endOf, session1, "(2024-01-01 10:55:00.000, 3), (2024-01-01 12:10:00.000, 5)"),
	auxiliary("SESSION", "time, gap", "ROWTIME", rowtime, session1, "(2024-01-01 10:54:59.999, 3), (2024-01-01 12:09:59.999, 5)"),
	processed("SESSION", "time, gap"),
}

var groupings = []*catalog.Function{
	describe(catalog.ScalarFunction, "grouping", "GROUPING", "GROUPING(key, …)", "1 where the grouping set of the row leaves the key out, else 0; of several keys these bits as one number",
		"SELECT a, COUNT(*) AS n, GROUPING(a) AS g FROM (VALUES ('x'), ('x'), ('y')) AS t(a) GROUP BY ROLLUP (a) ORDER BY n, g → (y, 1, 0), (x, 2, 0), (NULL, 3, 1)"),
	describe(catalog.ScalarFunction, "grouping", "GROUPING_ID", "GROUPING_ID(key, …)", "GROUPING of all these keys as the bits of one number",
		"SELECT GROUPING_ID(a, b) AS g, COUNT(*) AS n FROM (VALUES ('x', 1)) AS t(a, b) GROUP BY CUBE (a, b) ORDER BY g → (0, 1), (1, 1), (2, 1), (3, 1)"),
	describe(catalog.ScalarFunction, "grouping", "GROUP_ID", "GROUP_ID()", "the number of the grouping set among equal ones",
		"SELECT a, GROUP_ID() AS g FROM (VALUES ('x')) AS t(a) GROUP BY a → (x, 0)"),
}

// matched is an example of MATCH_RECOGNIZE over the bids.
func matched(measure, rows string) string {
	return "WITH bids AS (SELECT ts, x FROM " + bids + ") SELECT m FROM bids MATCH_RECOGNIZE (ORDER BY ts MEASURES " + measure +
		" AS m AFTER MATCH SKIP PAST LAST ROW PATTERN (a b) DEFINE b AS b.x > a.x) → " + rows
}

var patternFunctions = []*catalog.Function{
	describe(catalog.ScalarFunction, "pattern", "FIRST", "FIRST(variable.column [, n])", "in MATCH_RECOGNIZE: the value of the first row of the variable, or the one n rows after it", matched("FIRST(a.x)", "1")),
	describe(catalog.ScalarFunction, "pattern", "LAST", "LAST(variable.column [, n])", "in MATCH_RECOGNIZE: the value of the last row of the variable, or the one n rows before it", matched("LAST(b.x)", "2")),
	describe(catalog.ScalarFunction, "pattern", "MATCH_ROWTIME", "MATCH_ROWTIME([rowtime])", "in MATCH_RECOGNIZE: the time of the last row of the match, as a time attribute", matched("MATCH_ROWTIME()", "2024-01-01 10:25:00.000")),
	describe(catalog.ScalarFunction, "pattern", "MATCH_PROCTIME", "MATCH_PROCTIME()", "in MATCH_RECOGNIZE: the processing time of the match, as a time attribute", matched("MATCH_PROCTIME() IS NULL", "FALSE")),
}
