package session

import (
	"strings"
	"testing"

	"github.com/weir-sql/weir/planner/diag"
)

// TestLineageThroughOperators: what the last column of a query is made of, and what decides
// about its rows, through every kind of operator.
func TestLineageThroughOperators(t *testing.T) {
	s := project(t, map[string]string{})
	const tables = `
CREATE TABLE a (k INT, g INT, v INT, f BOOLEAN, xs ARRAY<INT>, r ROW<p INT, q INT>, pt AS PROCTIME(), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector' = 'datagen');
CREATE TABLE b (k INT, w INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'b',
  'properties.bootstrap.servers' = 'unreachable:1', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE past (who INT, paid STRING, ts TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = 'old', 'format' = 'json');
CREATE TABLE live (id INT, cents INT, ts TIMESTAMP(3)) WITH ('connector' = 'kafka', 'topic' = 'live', 'properties.bootstrap.servers' = 'unreachable:1', 'format' = 'json');
CREATE TABLE h (id INT, amount INT, note STRING, side INT NOT NULL, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'hybrid', 'sides' = 'past, live', 'side-field' = 'side',
  'past.kind' = '0', 'past.fieldMappings' = 'id = who, amount = TRY_CAST(paid AS INT)', 'past.virtualFields' = 'note',
  'live.kind' = '1', 'live.fieldMappings' = 'amount = cents', 'live.virtualFields' = 'note', 'switch' = 'column', 'switch.at' = '2026-11-20 00:00:00');
CREATE TABLE hk (id INT, amount INT) WITH ('connector' = 'hybrid', 'sides' = 'past, live', 'switch' = 'key', 'switch.key' = 'id',
  'past.kind' = '0', 'past.fieldMappings' = 'id = who, amount = TRY_CAST(paid AS INT)', 'live.kind' = '1', 'live.fieldMappings' = 'amount = cents');
CREATE TABLE d (k INT, name STRING) WITH ('connector' = 'redis', 'mode' = 'hashmap', 'key' = 'd');
`
	for _, c := range []struct{ query, value, rows string }{
		{"SELECT v FROM a", "← a.v", ""},
		{"SELECT 7 FROM a", "a constant, or a count of rows", ""},
		{"SELECT r.q FROM a", "computed from a.r", ""},
		{"SELECT v + k FROM a WHERE f", "computed from a.k, a.v", "filter: a.f"},
		{"SELECT g, SUM(v) FILTER (WHERE f) FROM a GROUP BY g", "aggregated from a.v", "filter: a.f; group: a.g"},
		{"SELECT g, COUNT(*) FROM a GROUP BY g HAVING MAX(v) > 1", "a constant, or a count of rows", "filter: a.v; group: a.g"},
		{"SELECT COUNT(DISTINCT g) FROM (SELECT g FROM a UNION ALL SELECT w FROM b)", "aggregated from a.g, b.w", ""},
		{"SELECT b.w FROM a JOIN b ON a.k = b.k AND a.v > b.w", "← b.w", "join: a.k, a.v, b.k, b.w"},
		{"SELECT v FROM a WHERE k IN (SELECT k FROM b WHERE w > 1)", "← a.v", "filter: b.w; join: a.k, b.k"},
		{"SELECT b.w FROM a JOIN b FOR SYSTEM_TIME AS OF a.ts ON a.k = b.k", "← b.w", "join: a.k, a.ts, b.k, b.ts"},
		{"SELECT y.v FROM a AS x JOIN a AS y ON x.k = y.g AND x.ts BETWEEN y.ts - INTERVAL '1' HOUR AND y.ts", "← a.v", "join: a.g, a.k, a.ts"},
		{"SELECT MAX(v) FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end, g", "aggregated from a.v", "group: a.g; window: a.ts"},
		{"SELECT window_end FROM TABLE(HOP(TABLE a, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '2' HOUR)) GROUP BY window_start, window_end", "computed from a.ts", "window: a.ts"},
		{"SELECT g, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY g ORDER BY v DESC) AS n FROM a) WHERE n < 4", "← a.v", "group: a.g; order: a.v"},
		{"SELECT AVG(v) OVER (PARTITION BY g ORDER BY ts) FROM a", "aggregated from a.v", "group: a.g; order: a.ts"},
		{"SELECT x FROM a CROSS JOIN UNNEST(xs) AS u (x)", "computed from a.xs", "join: a.xs"},
		{"SELECT id FROM h", "← live.id, past.who", "filter: live.ts, past.ts"},
		{"SELECT amount FROM h", "← live.cents; computed from past.paid", "filter: live.ts, past.ts"},
		{"SELECT note FROM h", "a constant, or a count of rows", "filter: live.ts, past.ts"},
		{"SELECT side FROM h", "a constant, or a count of rows", "filter: live.ts, past.ts"},
		{"SELECT amount FROM h WHERE side = 1", "← live.cents", "filter: live.ts"},
		{"SELECT id, SUM(amount) FROM h GROUP BY id", "aggregated from live.cents, past.paid", "filter: live.ts, past.ts; group: live.id, past.who"},
		{"SELECT amount FROM hk", "← live.cents; computed from past.paid", "group: live.id, past.who"},
		{"SELECT * FROM a MATCH_RECOGNIZE (PARTITION BY g ORDER BY ts MEASURES LAST(X.v) AS m PATTERN (X+ Y) DEFINE Y AS Y.k > 3)", "← a.v", "filter: a.k, a.v; group: a.g; order: a.ts"},
	} {
		l, problems := s.Lineage([]diag.Source{{Name: "q", Text: tables + c.query + ";"}}, func(diag.Source) []Mode { return []Mode{Stream} })
		if len(l.Outputs) != 1 {
			t.Errorf("%s: %v", c.query, problems["q"])
			continue
		}
		o := l.Outputs[0]
		var rows []string
		for _, r := range o.Rows {
			var names []string
			for _, n := range r.Columns {
				names = append(names, n.Table+"."+n.Column)
			}
			rows = append(rows, string(r.By)+": "+strings.Join(names, ", "))
		}
		if value := o.Columns[len(o.Columns)-1].text(); value != c.value || strings.Join(rows, "; ") != c.rows {
			t.Errorf("%s\n  made of  %s, want %s\n  rows by  %s, want %s", c.query, value, c.value, strings.Join(rows, "; "), c.rows)
		}
	}
}
