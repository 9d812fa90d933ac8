package session

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session/result"
)

const countedOrders = `CREATE TABLE orders (id BIGINT, city STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '2000',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '%END%', 'fields.city.length' = '1');
CREATE TABLE seen (city STRING, n BIGINT, PRIMARY KEY (city) NOT ENFORCED) WITH ('connector' = 'print');
INSERT INTO seen SELECT city, COUNT(*) FROM orders GROUP BY city;`

func launchIn(t *testing.T, end string) (*Session, diag.Source) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ProjectFile), []byte("name: jobs\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, diag.Source{Name: filepath.Join(dir, "seen.sql"), Text: strings.Replace(countedOrders, "%END%", end, 1)}
}

func launch(t *testing.T, s *Session, src diag.Source, o Launch) *Launched {
	t.Helper()
	l, list, err := s.Launch(context.Background(), src, o)
	if err != nil || l == nil {
		t.Fatal(err, list)
	}
	return l
}

func ended(t *testing.T, l *Launched) RunRecord {
	t.Helper()
	select {
	case <-l.Done():
	case <-time.After(time.Minute):
		t.Fatal("the job does not end")
	}
	return l.Record()
}

// A job shows what its tables get, leaves them alone unless asked, and is found in the registry.
func TestLaunchedJobIsRecorded(t *testing.T) {
	s, src := launchIn(t, "500")
	kept := result.NewKept(nil, true, nil, 0)
	l := launch(t, s, src, Launch{Mode: Batch, See: func(Output) result.Writer { return kept }})
	r := ended(t, l)
	if r.State != RunFinished || r.RowsRead != 500 || r.Sinks || kept.Len() == 0 {
		t.Errorf("%+v, %d rows seen", r, kept.Len())
	}
	all, err := s.Project.RunRecords()
	if err != nil || len(all) != 1 || all[0].ID != r.ID || all[0].State != RunFinished {
		t.Errorf("registry: %+v %v", all, err)
	}
	lines, err := all[0].LogTail(10)
	if text := strings.Join(lines, "\n"); err != nil || !strings.Contains(text, "sinks muted") || strings.Contains(text, "+I[") {
		t.Errorf("log: %s %v", text, err)
	}
	l = launch(t, s, src, Launch{Mode: Batch, Sinks: true})
	r = ended(t, l)
	if lines, _ := r.LogTail(100); !strings.Contains(strings.Join(lines, "\n"), "+I") {
		t.Errorf("a print table wrote nothing into the log:\n%s", strings.Join(lines, "\n"))
	}
}

// A job is suspended, and another goes on with another parallelism where it was.
func TestLaunchedJobIsRescaled(t *testing.T) {
	s, src := launchIn(t, "8000")
	l := launch(t, s, src, Launch{Mode: Stream, Every: 50 * time.Millisecond})
	for deadline := time.Now().Add(30 * time.Second); l.Record().Checkpoints == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no checkpoint was taken")
		}
	}
	if err := l.Suspend(); err != nil {
		t.Fatal(err)
	}
	r := ended(t, l)
	if r.State != RunSuspended || r.Error != "" {
		t.Fatalf("%+v", r)
	}
	if len(r.Snapshots()) == 0 {
		t.Fatal("there is no savepoint")
	}
	next := launch(t, s, src, Launch{Mode: Stream, Parallelism: 2, From: r.Snapshots()[0].Dir})
	n := ended(t, next)
	if n.State != RunFinished || r.RowsRead+n.RowsRead != 8000 {
		t.Errorf("%d rows, then %d: %+v", r.RowsRead, n.RowsRead, n)
	}
}

func TestStoppedJobSaysSo(t *testing.T) {
	s, src := launchIn(t, "1000000")
	l := launch(t, s, src, Launch{Mode: Stream})
	l.Stop()
	if r := ended(t, l); r.State != RunStopped || r.Error != "" {
		t.Errorf("%+v", r)
	}
}

// A run whose process is gone is not said to run.
func TestLostRunsAreTold(t *testing.T) {
	s, _ := launchIn(t, "1")
	r, err := s.Project.newRecord("x.sql", Stream, time.Now().Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.Project.RunRecords()
	if err != nil || len(all) != 1 || all[0].ID != r.ID || all[0].State != RunLost {
		t.Errorf("%+v %v", all, err)
	}
}
