package session_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
)

// suspendAfter runs a stream until it has read so many rows, and suspends it into a savepoint.
func suspendAfter(t *testing.T, s *session.Session, sql string, rows int64, dir string) {
	t.Helper()
	p, list := s.Plan(diag.Source{Name: "archive.sql", Text: sql}, session.Stream)
	if p == nil {
		t.Fatal(list)
	}
	run, err := s.Run(t.Context(), p, session.RunOptions{Limit: -1, Keep: session.Keeping{Dir: t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	for run.Progress().RowsRead < rows {
		select {
		case <-run.Done():
			t.Fatal(run.Wait())
		case <-time.After(10 * time.Millisecond):
		}
	}
	if err := run.SuspendInto(dir); err != nil {
		t.Fatal(err)
	}
	if err := run.Wait(); err != nil {
		t.Fatal(err)
	}
}

// A hybrid table that hands over where a savepoint stands: the files that a stream has archived, then the topic from
// where that stream was. No row is remembered, and none is missing or doubled.
func TestHybridFromSnapshot(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("weir.yaml", "name: snapshots\ntables:\n  both: [tables.sql]\n")
	write("tables.sql", `
CREATE TABLE log (id BIGINT) WITH ('connector' = 'kafka', 'topic' = 'log', 'format' = 'json', 'properties.bootstrap.servers' = 'embedded', 'scan.startup.mode' = 'earliest-offset');
CREATE TABLE log_so_far (id BIGINT) WITH ('connector' = 'kafka', 'topic' = 'log', 'format' = 'json', 'properties.bootstrap.servers' = 'embedded', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset');
CREATE TABLE archive (id BIGINT) WITH ('connector' = 'filesystem', 'path' = 'archive', 'format' = 'json');
CREATE TABLE watched (id BIGINT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json', 'source.monitor-interval' = '1 s');
CREATE TABLE files (id BIGINT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
CREATE TABLE gone (id BIGINT) WITH ('connector' = 'blackhole');
CREATE TABLE visits (id BIGINT NOT NULL, side STRING NOT NULL) WITH ('connector' = 'hybrid', 'sides' = 'archive, live', 'side-field' = 'side', 'switch' = 'none',
  'archive.kind' = '0', 'archive.fieldMappings' = 'id = COALESCE(id, -1)', 'live.table' = 'log_so_far', 'live.kind' = '1', 'live.fieldMappings' = 'id = COALESCE(id, -1)',
  'live.start.snapshot' = 'points/log');
CREATE TABLE before_it (id BIGINT) WITH ('connector' = 'hybrid', 'sides' = 'log', 'log.kind' = '1', 'switch' = 'none', 'log.end.snapshot' = 'points/log');
CREATE TABLE old_and_new (id BIGINT, n INT NOT NULL) WITH ('connector' = 'hybrid', 'sides' = 'old, new', 'side-field' = 'n', 'switch' = 'none',
  'old.table' = 'files', 'old.kind' = '0', 'old.end.snapshot' = 'points/files', 'new.table' = 'files', 'new.kind' = '1', 'new.start.snapshot' = 'points/files');
CREATE TABLE nowhere (id BIGINT) WITH ('connector' = 'hybrid', 'sides' = 'log', 'log.kind' = '1', 'switch' = 'none', 'log.start.snapshot' = 'points/files');
CREATE TABLE outside (id BIGINT) WITH ('connector' = 'hybrid', 'sides' = 'log', 'log.kind' = '1', 'switch' = 'none', 'log.start.snapshot' = '../points');
`)
	s, err := session.Open(session.Options{Dir: dir, Config: map[string]string{"parallelism.default": "2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ids := func(from, to int) string {
		var values []string
		for i := from; i < to; i++ {
			values = append(values, fmt.Sprintf("(CAST(%d AS BIGINT))", i))
		}
		return strings.Join(values, ", ")
	}
	querySession(t, s, "INSERT INTO log VALUES "+ids(0, 20), session.Stream)
	suspendAfter(t, s, "INSERT INTO archive SELECT id FROM log", 20, filepath.Join(dir, "points/log"))
	querySession(t, s, "INSERT INTO log VALUES "+ids(20, 35), session.Stream)
	var want, before []string
	for i := range 35 {
		if i < 20 {
			before = append(before, fmt.Sprint(i))
			want = append(want, fmt.Sprint(i, " archive"))
		} else {
			want = append(want, fmt.Sprint(i, " live"))
		}
	}
	slices.Sort(want)
	slices.Sort(before)
	for _, mode := range []session.Mode{session.Stream, session.Batch} {
		if got := querySession(t, s, "SELECT id, side FROM visits", mode); !slices.Equal(got, want) {
			t.Errorf("%s gives %q, want %q", mode, got, want)
		}
		if got := querySession(t, s, "SELECT id FROM before_it", mode); !slices.Equal(got, before) {
			t.Errorf("%s, up to the savepoint: %q, want %q", mode, got, before)
		}
	}

	write("in/a.json", "{\"id\":1}\n{\"id\":2}\n")
	suspendAfter(t, s, "INSERT INTO gone SELECT id FROM watched", 2, filepath.Join(dir, "points/files"))
	write("in/b.json", "{\"id\":3}\n")
	if got := querySession(t, s, "SELECT id, n FROM old_and_new", session.Batch); !slices.Equal(got, []string{"1 0", "2 0", "3 1"}) {
		t.Errorf("files before and after a savepoint: %q", got)
	}

	for table, says := range map[string]string{"nowhere": `did not read topic "log"`, "outside": "outside of the project"} {
		p, list := s.Plan(diag.Source{Name: "q.sql", Text: "SELECT * FROM " + table}, session.Stream)
		if p == nil {
			t.Fatal(list)
		}
		run, err := s.Run(t.Context(), p, session.RunOptions{Limit: -1})
		if err == nil {
			err = run.Wait()
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", table, err)
		}
	}
}
