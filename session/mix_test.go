package session_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/topology"
)

// mixDDL declares orders as a topic-like and a file-like table of differing names and codes,
// a dimension and a result table likewise.
const mixDDL = `
CREATE TABLE orders_live (oid BIGINT NOT NULL, uid BIGINT, amt DECIMAL(10, 2), status INT, ts TIMESTAMP(3), live_only STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = 'live.jsonl', 'format' = 'json');
CREATE TABLE orders_files (order_id BIGINT NOT NULL, user_id BIGINT, amount DECIMAL(10, 2), flag CHAR(1), ts TIMESTAMP(3), pv BIGINT)
  WITH ('connector' = 'filesystem', 'path' = 'files.jsonl', 'format' = 'json');
CREATE TABLE orders (order_id BIGINT NOT NULL, user_id BIGINT, amount DECIMAL(10, 2), paid BOOLEAN, ts TIMESTAMP(3), pv BIGINT, note STRING,
  is_stream BOOLEAN NOT NULL) WITH (
  'connector' = 'mix', 'stream.table' = 'orders_live', 'batch.table' = 'orders_files',
  'stream.field-mappings' = 'order_id = oid, user_id = uid, amount = amt, note = live_only,
                             paid = CASE status WHEN 1 THEN TRUE WHEN 0 THEN FALSE END',
  'batch.field-mappings' = 'paid = CASE flag WHEN ''Y'' THEN TRUE WHEN ''N'' THEN FALSE END',
  'stream.virtual-fields' = 'pv', 'batch.virtual-fields' = 'note = ''from files''', 'mode-field' = 'is_stream');

CREATE TABLE users_live (id BIGINT, town STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 'users_live.jsonl', 'format' = 'json');
CREATE TABLE users_files (user_id BIGINT, city STRING, PRIMARY KEY (user_id) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 'users_files.csv', 'format' = 'csv');
CREATE TABLE users (user_id BIGINT, city STRING, PRIMARY KEY (user_id) NOT ENFORCED) WITH (
  'connector' = 'mix', 'stream.table' = 'users_live', 'batch.table' = 'users_files', 'stream.field-mappings' = 'user_id = id, city = town');

CREATE TABLE spend_live (town STRING, total DECIMAL(38, 2), is_paid INT, extra STRING) WITH ('connector' = 'filesystem', 'path' = 'out_live', 'format' = 'json');
CREATE TABLE spend_files (city STRING, total DECIMAL(38, 2), paid CHAR(1)) WITH ('connector' = 'filesystem', 'path' = 'out_files', 'format' = 'json');
CREATE TABLE spend (city STRING, total DECIMAL(38, 2), paid BOOLEAN) WITH (
  'connector' = 'mix', 'stream.table' = 'spend_live', 'batch.table' = 'spend_files',
  'stream.field-mappings' = 'city = town, paid = CASE is_paid WHEN 1 THEN TRUE WHEN 0 THEN FALSE END',
  'batch.field-mappings' = 'paid = CASE paid WHEN ''Y'' THEN TRUE WHEN ''N'' THEN FALSE END');
CREATE TABLE archive (id BIGINT, remark STRING) WITH ('connector' = 'filesystem', 'path' = 'archive.jsonl', 'format' = 'json');
`

func mixProject(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("weir.yaml", "name: mixed\ntables:\n  both: [tables.sql]\n")
	write("tables.sql", mixDDL)
	write("live.jsonl", `{"oid":1,"uid":7,"amt":10.5,"status":1,"ts":"2026-11-20 10:00:00","live_only":"a"}
{"oid":2,"uid":8,"amt":5,"status":0,"ts":"2026-11-20 10:00:01","live_only":"b"}
{"oid":3,"uid":7,"amt":1,"status":1,"ts":"2026-11-20 10:00:02","live_only":null}
`)
	write("files.jsonl", `{"order_id":1,"user_id":7,"amount":10.5,"flag":"Y","ts":"2026-11-20 10:00:00","pv":4}
{"order_id":2,"user_id":8,"amount":5,"flag":"N","ts":"2026-11-20 10:00:01","pv":5}
{"order_id":3,"user_id":7,"amount":1,"flag":"Y","ts":"2026-11-20 10:00:02","pv":6}
`)
	write("users_live.jsonl", "{\"id\":7,\"town\":\"Berlin\"}\n{\"id\":8,\"town\":\"Rome\"}\n")
	write("users_files.csv", "7,Berlin\n8,Rome\n")
	write("archive.jsonl", "{\"id\":1,\"remark\":\"old\"}\n")
	return dir
}

// mentions lists what a graph says of tables and columns: labels, properties, details, and
// the tables and columns that its operators read and write.
func mentions(g *topology.Graph) string {
	var b strings.Builder
	for _, n := range g.Nodes {
		fmt.Fprintln(&b, n.Name, n.Label, n.Props, n.Detail)
		switch s := n.Spec.(type) {
		case *physical.Source:
			fmt.Fprintln(&b, s.Table.Path.Name)
			for _, c := range s.Read {
				fmt.Fprintln(&b, "read", c.Name)
			}
		case *physical.LookupJoin:
			fmt.Fprintln(&b, s.Scan.Table.Path.Name)
			for _, c := range s.Scan.Read {
				fmt.Fprintln(&b, "read", c.Name)
			}
		case *physical.Sink:
			if s.Table != nil {
				fmt.Fprintln(&b, s.Table.Path.Name)
			}
		}
	}
	return b.String()
}

// TestMixFolds asserts on the graph that nothing of the other side is left: no operator,
// no column read, no table.
func TestMixFolds(t *testing.T) {
	dir := mixProject(t)
	for name, c := range map[string]struct {
		sql           string
		stream, batch []string // mentioned in that mode's graph only
		operators     []int    // in stream, in batch; nil = as many
	}{
		"tables": {"SELECT o.order_id, o.paid FROM orders o", []string{"orders_live", "stream side", "read status"}, []string{"orders_files", "batch side", "read flag"}, nil},
		"union":  {"SELECT order_id FROM orders WHERE is_stream UNION ALL SELECT id FROM archive, (SELECT DISTINCT is_stream FROM orders) WHERE NOT is_stream", nil, []string{"archive", "orders_files"}, nil},
		"union of one": {"SELECT order_id, note FROM orders UNION ALL SELECT a.id, a.remark FROM archive a JOIN orders o ON a.id = o.order_id AND NOT o.is_stream",
			[]string{"orders_live"}, []string{"archive", "orders_files"}, nil},
		"case":   {"SELECT order_id, CASE WHEN is_stream THEN note ELSE CAST(pv AS STRING) END x FROM orders", []string{"read live_only"}, []string{"read pv"}, nil},
		"if":     {"SELECT order_id, IF(NOT is_stream, user_id, 0) x FROM orders", nil, []string{"read user_id"}, nil},
		"filter": {"SELECT order_id FROM orders WHERE is_stream OR amount > 5", nil, []string{"read amount"}, nil},
		"outer join": {"SELECT o.order_id, a.remark FROM orders o LEFT JOIN (SELECT x.id, x.remark FROM archive x, orders p WHERE x.id = p.order_id AND NOT p.is_stream) a ON a.id = o.order_id",
			nil, []string{"archive"}, nil},
		"semi join": {"SELECT id FROM archive WHERE id IN (SELECT order_id FROM orders WHERE NOT is_stream)", nil, []string{"archive", "orders_files"}, nil},
		"view":      {"CREATE TEMPORARY VIEW v AS SELECT order_id, is_stream AS s, note, pv FROM orders; SELECT order_id FROM v WHERE CASE WHEN s THEN note IS NOT NULL ELSE pv > 1 END", []string{"read live_only"}, []string{"read pv"}, nil},
		"dimension": {"SELECT o.order_id, u.city FROM (SELECT *, PROCTIME() p FROM orders) o JOIN users FOR SYSTEM_TIME AS OF o.p AS u ON u.user_id = o.user_id",
			[]string{"users_live", "read town"}, []string{"users_files", "read city"}, nil},
		"sink": {"INSERT INTO spend SELECT 'x', amount, paid FROM orders", []string{"spend_live"}, []string{"spend_files"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := session.Open(session.Options{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			said := map[session.Mode]string{}
			for _, mode := range []session.Mode{session.Stream, session.Batch} {
				p, list := s.Plan(diag.Source{Name: "q.sql", Text: c.sql}, mode)
				if p == nil {
					t.Fatal(list)
				}
				said[mode] = mentions(p.Graph)
			}
			check := func(words []string, in, notIn session.Mode) {
				for _, w := range words {
					if !strings.Contains(said[in], w) {
						t.Errorf("%s does not have %q:\n%s", in, w, said[in])
					}
					if strings.Contains(said[notIn], w) {
						t.Errorf("%s still has %q:\n%s", notIn, w, said[notIn])
					}
				}
			}
			check(c.stream, session.Stream, session.Batch)
			check(c.batch, session.Batch, session.Stream)
		})
	}
}

// TestMixRuns runs one script in both modes: source, dimension and sink are other tables
// of other fields and codes, and the results agree.
func TestMixRuns(t *testing.T) {
	dir := mixProject(t)
	query := `SELECT u.city, SUM(o.amount), o.paid, o.is_stream FROM (SELECT *, PROCTIME() p FROM orders) o
JOIN users FOR SYSTEM_TIME AS OF o.p AS u ON u.user_id = o.user_id GROUP BY u.city, o.paid, o.is_stream`
	if got, want := runSQL(t, dir, query, session.Batch), []string{"Berlin 11.50 TRUE FALSE", "Rome 5.00 FALSE FALSE"}; !slices.Equal(got, want) {
		t.Errorf("batch gives %q", got)
	}
	stream := runSQL(t, dir, query, session.Stream)
	for _, want := range []string{"Berlin 11.50 TRUE TRUE", "Rome 5.00 FALSE TRUE"} {
		if !slices.Contains(stream, want) {
			t.Errorf("the stream gives %q", stream)
		}
	}
	insert := `INSERT INTO spend SELECT u.city, o.amount, o.paid FROM (SELECT *, PROCTIME() p FROM orders) o JOIN users FOR SYSTEM_TIME AS OF o.p AS u ON u.user_id = o.user_id`
	for _, mode := range []session.Mode{session.Stream, session.Batch} {
		runSQL(t, dir, insert, mode)
	}
	if got, want := runSQL(t, dir, "SELECT * FROM spend_live", session.Batch), []string{"Berlin 1.00 1 NULL", "Berlin 10.50 1 NULL", "Rome 5.00 0 NULL"}; !slices.Equal(got, want) {
		t.Errorf("the stream wrote %q", got)
	}
	if got, want := runSQL(t, dir, "SELECT * FROM spend_files", session.Batch), []string{"Berlin 1.00 Y", "Berlin 10.50 Y", "Rome 5.00 N"}; !slices.Equal(got, want) {
		t.Errorf("the batch wrote %q", got)
	}
	// What was written reads back as it was given.
	for _, mode := range []session.Mode{session.Stream, session.Batch} {
		if got, want := runSQL(t, dir, "SELECT * FROM spend", mode), []string{"Berlin 1.00 TRUE", "Berlin 10.50 TRUE", "Rome 5.00 FALSE"}; !slices.Equal(got, want) {
			t.Errorf("%s reads %q", mode, got)
		}
	}
}

// TestMixCheck: what is wrong in one mode only is found whichever mode is asked for.
func TestMixCheck(t *testing.T) {
	s, err := session.Open(session.Options{Dir: mixProject(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	src := diag.Source{Name: "q.sql", Text: "SELECT order_id FROM orders /*+ OPTIONS('batch.format' = 'nope') */"}
	if list := s.Check(src, []session.Mode{session.Stream}); !list.HasErrors() || !strings.Contains(list[0].Primary, "nope") {
		t.Errorf("got %v", list)
	}
	src.Text = "SELECT oid FROM orders_live /*+ OPTIONS('format' = 'json') */"
	if list := s.Check(src, []session.Mode{session.Stream}); list.HasErrors() {
		t.Errorf("got %v", list)
	}
}
