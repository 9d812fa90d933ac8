package session

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/planner/diag"
)

// TestRecordFromKafka: the first records of a topic, and of the topics that the script joins to it all
// that the sample joins with, changes and deletions too; what is recorded gives the rows of the
// sample when the script runs over it.
func TestRecordFromKafka(t *testing.T) {
	s := project(t, map[string]string{})
	const tables = `
CREATE TABLE orders (id INT, uid INT, amount INT) WITH ('connector' = 'kafka', 'topic' = 'rec-orders',
  'properties.bootstrap.servers' = 'embedded', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset');
CREATE TABLE users (uid INT, cid INT, name STRING, PRIMARY KEY (uid) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'rec-users',
  'properties.bootstrap.servers' = 'embedded', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE cities (cid INT, city STRING) WITH ('connector' = 'kafka', 'topic' = 'rec-cities',
  'properties.bootstrap.servers' = 'embedded', 'format' = 'csv', 'scan.startup.mode' = 'earliest-offset');
`
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, insert := range []string{
		"INSERT INTO orders VALUES (1, 10, 5), (2, 11, 6), (3, 12, 7), (4, 13, 8)",
		"INSERT INTO users VALUES (10, 100, 'Ann'), (11, 100, 'Bob'), (12, 101, 'Cem'), (13, 102, 'Dan')",
		"INSERT INTO users VALUES (11, 103, 'Bobby')",
		"INSERT INTO cities VALUES (100, 'Rome'), (101, 'Oslo'), (102, 'Lima'), (103, 'Bern')",
	} {
		if _, err := s.RunToEnd(ctx, diag.Source{Name: "insert", Text: tables + insert + ";"}, Batch, nil); err != nil {
			t.Fatal(insert, err)
		}
	}
	src := diag.Source{Name: "q", Text: tables + "SELECT o.id, u.name, c.city FROM orders AS o JOIN users AS u ON o.uid = u.uid JOIN cities AS c ON u.cid = c.cid;"}
	dir := filepath.Join(s.Project.Dir, "fixtures", "rec")
	r, err := s.RecordFixture(ctx, src, RecordOptions{Rows: 2}, dir)
	if err != nil {
		t.Fatal(err)
	}
	if r.Lead != "orders" || r.Rows["orders"] != 2 || r.Rows["users"] != 4 || r.Rows["cities"] != 2 {
		t.Errorf("recorded %v", r.Rows)
	}
	users, err := os.ReadFile(filepath.Join(dir, "users.jsonl"))
	if err != nil || !strings.Contains(string(users), "Bobby") || strings.Contains(string(users), "Dan") {
		t.Errorf("%s %v", users, err)
	}
	set, err := s.Fixture("rec")
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []Mode{Stream, Batch} {
		out, list, err := s.Rehearse(ctx, src, set, mode, nil)
		if err != nil || list.HasErrors() {
			t.Fatal(err, list)
		}
		final, err := out.Captured["select-1"].Final()
		if err != nil {
			t.Fatal(err)
		}
		var rows []string
		for i := range final.Len {
			rows = append(rows, RowText(out.Plan.Outputs[0].Schema, final, i))
		}
		if text := strings.Join(rows, " "); len(rows) != 2 || !strings.Contains(text, `"name":"Ann","city":"Rome"`) || !strings.Contains(text, `"name":"Bobby","city":"Bern"`) {
			t.Errorf("%s: %s", mode, text)
		}
	}
}
