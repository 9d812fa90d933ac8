package session

import (
	"testing"

	"github.com/weir-sql/weir/planner/diag"
)

const fixTables = "CREATE TABLE orders (id BIGINT, amount INT, ts TIMESTAMP(3)) WITH ('connector' = 'datagen');\n" +
	"CREATE TABLE pays (oid BIGINT, paid INT) WITH ('connector' = 'datagen');\n"

// A fix that is offered takes the problem away; where nothing is known to help, none is offered.
func TestFixesHelp(t *testing.T) {
	s, err := Open(Options{Dir: t.TempDir(), Config: map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, c := range []struct{ sql, want string }{
		{"SELECT amout FROM orders", "SELECT amount FROM orders"},
		{"SELECT o.amout FROM orders AS o", "SELECT o.amount FROM orders AS o"},
		{"SELECT id FROM ordres", "SELECT id FROM orders"},
		{"SELECT SUMM(amount) FROM orders", "SELECT SUM(amount) FROM orders"},
		{"SELECT id, FROM orders", "SELECT id FROM orders"},
		{"SELECT id FROM orders WHERE ts > “x”", ""},
		{"SELEC id FROM orders", "SELECT id FROM orders"},
		{"SELECT id FROM orders JOIN pays ON id = oid", "SELECT /*+ STATE_TTL('orders'='1d', 'pays'='1d') */ id FROM orders JOIN pays ON id = oid"},
		{"CREATE TABLE x (a INT) WITH ('connector' = 'filesytem', 'path' = 'x', 'format' = 'json')", "CREATE TABLE x (a INT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'json')"},
		{"CREATE TABLE x (a INT) WITH ('connector' = 'filesystem', 'paht' = 'x', 'format' = 'json')", "CREATE TABLE x (a INT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'json')"},
	} {
		src := diag.Source{Name: "x.sql", Text: fixTables + c.sql}
		_, list := s.Plan(src, Stream)
		if len(list) == 0 {
			t.Errorf("%s: no problem", c.sql)
			continue
		}
		got := ""
		for _, f := range s.Fixes(src, Stream, list) {
			got = f.Apply(src.Text)[len(fixTables):]
		}
		if got != c.want {
			t.Errorf("%s\n gives %q\n want  %q\n%v", c.sql, got, c.want, list)
		}
	}
}

func TestVocabularyKnowsWhatTheScriptDeclares(t *testing.T) {
	s, err := Open(Options{Dir: t.TempDir(), Config: map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	v := s.Vocabulary(diag.Source{Name: "x.sql", Text: fixTables + "CREATE VIEW big AS SELECT id FROM orders WHERE amount > 5;\nSELECT FROM WHERE"}, Stream)
	var names []string
	for _, w := range v.Tables {
		names = append(names, w.Name)
	}
	if len(v.Tables) != 3 || v.Tables[0].Name != "big" || v.Tables[0].Kind != "view" || len(v.Tables[1].Columns) != 3 {
		t.Errorf("tables %v", names)
	}
	if len(v.Functions) < 200 || len(v.Options["kafka"]) == 0 || len(v.Hints) < 5 || len(v.Keys) < 10 {
		t.Errorf("%d functions, %d options of kafka, %d hints, %d keys", len(v.Functions), len(v.Options["kafka"]), len(v.Hints), len(v.Keys))
	}
}
