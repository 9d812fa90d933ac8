package session

import (
	"context"
	"testing"

	"github.com/weir-sql/weir/planner/diag"
)

// TestParityOfScriptsThatDifferOnPurpose: scripts that differ on purpose, with the first operator that
// differs and the class of the reason.
func TestParityOfScriptsThatDifferOnPurpose(t *testing.T) {
	const tables = `
CREATE TABLE a (k INT, g INT, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'datagen');
CREATE TABLE b (k INT, w INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'datagen');
CREATE TABLE d (k INT, name STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 'd', 'format' = 'csv');
`
	// Row 5 of a is an hour late; ties are many. d changes between rows of a.
	files := map[string]string{
		"fixtures/f/a.csv":        "k,g,v,ts\n1,1,10,2026-01-01 10:00:00\n2,1,20,2026-01-01 10:05:00\n3,2,20,2026-01-01 10:30:00\n1,2,10,2026-01-01 11:10:00\n4,1,7,2026-01-01 10:01:00\n2,2,20,2026-01-01 11:20:00\n",
		"fixtures/f/b.csv":        "k,w,ts\n1,1,2026-01-01 10:00:00\n2,2,2026-01-01 10:06:00\n2,3,2026-01-01 10:06:00\n4,4,2026-01-01 10:02:00\n",
		"fixtures/f/d.csv":        "k,name\n1,one\n2,two\n1,uno\n",
		"fixtures/f/fixture.yaml": "tables: {a: a.csv, b: b.csv, d: d.csv}\ntimeline:\n  - rows: d 2\n  - rows: a 2\n  - advance: 2 h\n  - rows: d\n  - rows: b 2\n  - rows: a\n  - rows: b\n",
	}
	s := project(t, files)
	set, err := s.Fixture("f")
	if err != nil {
		t.Fatal(err)
	}
	const (
		tumble = "TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '10' MINUTE))"
		ttl    = "SET 'table.exec.state.ttl' = '1 h';\n"
	)
	for _, c := range []struct {
		query, operator string
		class           ParityClass
	}{
		{"SELECT window_start, COUNT(*) AS n FROM " + tumble + " GROUP BY window_start, window_end", "agg-window", LateData},
		{"SELECT window_start, g, SUM(v) AS n FROM " + tumble + " GROUP BY window_start, window_end, g", "agg-g", LateData},
		{"SELECT window_start, SUM(v) AS n FROM TABLE(HOP(TABLE a, DESCRIPTOR(ts), INTERVAL '5' MINUTE, INTERVAL '10' MINUTE)) GROUP BY window_start, window_end HAVING COUNT(*) > 0", "agg-window", LateData},
		{"SELECT window_start, COUNT(*) AS n FROM TABLE(CUMULATE(TABLE a, DESCRIPTOR(ts), INTERVAL '5' MINUTE, INTERVAL '10' MINUTE)) GROUP BY window_start, window_end", "agg-window", LateData},
		{"SELECT TUMBLE_START(ts, INTERVAL '10' MINUTE) AS s, COUNT(*) AS n FROM a GROUP BY TUMBLE(ts, INTERVAL '10' MINUTE)", "agg-window", LateData},
		{"SELECT k, SUM(v) OVER (PARTITION BY g ORDER BY ts) AS s FROM a", "over-g", LateData},
		{"SELECT a.k, d.name FROM (SELECT *, PROCTIME() AS p FROM a) a JOIN d FOR SYSTEM_TIME AS OF a.p ON a.k = d.k", "lookup-d", ProcessingTime},
		{"SELECT a.k, d.name FROM (SELECT *, PROCTIME() AS p FROM a) a LEFT JOIN d FOR SYSTEM_TIME AS OF a.p ON a.k = d.k WHERE a.v > 5", "lookup-d", ProcessingTime},
		{"SELECT k, CURRENT_TIMESTAMP AS now FROM a", "", ProcessingTime},
		{"SELECT k, LOCALTIMESTAMP AS now FROM a WHERE v > 7", "", ProcessingTime},
		{"SELECT COUNT(*) AS n FROM (SELECT *, PROCTIME() AS p FROM a) GROUP BY TUMBLE(p, INTERVAL '1' HOUR)", "agg-window", ProcessingTime},
		{"SELECT k, RAND() AS r FROM a", "", NonDeterministic},
		{"SELECT k, UUID() AS u FROM a WHERE g = 1", "", NonDeterministic},
		{"SELECT g, MAX(r) AS r FROM (SELECT g, RAND() AS r FROM a) GROUP BY g", "", NonDeterministic},
		{"SELECT g, ARRAY_AGG(k) AS l FROM (SELECT * FROM a UNION ALL SELECT k, 1 AS g, w AS v, ts FROM b) GROUP BY g", "agg-g", Order},
		{"SELECT g, LISTAGG(CAST(k AS STRING)) AS l FROM (SELECT * FROM a UNION ALL SELECT k, 1 AS g, w AS v, ts FROM b) GROUP BY g", "agg-g", Order},
		{ttl + "SELECT g, COUNT(*) AS n FROM a GROUP BY g", "agg-g", StateTTL},
		{ttl + "SELECT g, MAX(v) AS n FROM a GROUP BY g", "agg-g", StateTTL},
		{ttl + "SELECT a.k, b.w FROM a JOIN b ON a.k = b.k", "join-b", StateTTL},
		{ttl + "SELECT DISTINCT v FROM a", "", StateTTL},
		{"SELECT k, v FROM a ORDER BY v", "", Unsupported},
		{"SELECT k, v FROM a ORDER BY k DESC, v", "", Unsupported},
	} {
		p, err := s.Parity(context.Background(), diag.Source{Name: "q", Text: tables + c.query + ";"}, set)
		if err != nil {
			t.Error(c.query, err)
			continue
		}
		switch {
		case c.class == Unsupported:
			if p.Mode == "" {
				t.Errorf("%s\n  runs in both modes", c.query)
			}
		case p.Equal():
			t.Errorf("%s\n  does not differ", c.query)
		case p.First == nil || p.First.Class != c.class || c.operator != "" && p.First.Name != c.operator:
			t.Errorf("%s\n  want %s at %s, got %+v", c.query, c.class, c.operator, p.First)
		}
	}
}
