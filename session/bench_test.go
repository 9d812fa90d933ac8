package session_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/result"
)

// The benchmarks run whole scripts: parse, plan, read, compute, collect. They report
// rows/s, rows/s for each core-second used, and allocations a row, which must stay
// near zero: allocations are a batch's, never a row's.

// benchScript runs a script b.N times and reports rates over rows rows.
func benchScript(b *testing.B, dir, sql string, mode session.Mode, rows int64, want int) {
	b.Helper()
	session.TuneGC() // as the program does
	s, err := session.Open(session.Options{Dir: dir, Config: map[string]string{}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	src := diag.Source{Name: b.Name(), Text: sql}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.ReportAllocs()
	cpu := session.CPUTime()
	for b.Loop() {
		live := &liveRows{}
		_, err := s.RunToEnd(context.Background(), src, mode, func(session.Output) (result.Writer, error) { return live, nil })
		if err != nil {
			b.Fatal(err)
		}
		if live.n != want {
			b.Fatalf("%d result rows, want %d", live.n, want)
		}
	}
	used := session.CPUTime() - cpu
	runtime.ReadMemStats(&after)
	total := float64(rows) * float64(b.N)
	b.ReportMetric(total/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(total/used.Seconds(), "rows/core-s")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/total, "allocs/row")
}

// liveRows counts the rows that a changelog leaves, without keeping them.
type liveRows struct{ n int }

func (l *liveRows) Write(b *vec.Batch) error {
	for i := range b.Len {
		if b.Kind(i).Adds() {
			l.n++
		} else {
			l.n--
		}
	}
	return nil
}
func (l *liveRows) Flush() error { return nil }
func (l *liveRows) Close() error { return nil }

const bidCount = 1_000_000

// writeBids writes Nexmark-like bids of about 240 bytes a line.
func writeBids(b *testing.B, path string) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	r := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	for i := range bidCount {
		fmt.Fprintf(w, `{"auction":%d,"bidder":%d,"price":%d,"channel":"%s","url":"https://www.nexmark.com/%08x/%08x/item.htm?query=1&channel_id=%d","dateTime":"%s","extra":"%016x%016x%08x"}`+"\n",
			1000+r.IntN(500), 1000+r.IntN(100_000), 100+r.IntN(10_000_000), []string{"Apple", "Google", "Facebook", "Baidu"}[r.IntN(4)],
			r.Uint32(), r.Uint32(), r.IntN(1<<20), start.Add(time.Duration(i)*time.Millisecond).Format("2006-01-02 15:04:05.000"),
			r.Uint64(), r.Uint64(), r.Uint32())
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkJSONBids: 1,000,000 JSON bids of about 240 bytes from a file through a
// filter and a GROUP BY. Goal: 1 M rows/s a core.
func BenchmarkJSONBids(b *testing.B) {
	dir := b.TempDir()
	writeBids(b, filepath.Join(dir, "bids.jsonl"))
	sql := `CREATE TABLE bids (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, ` + "`dateTime`" + ` TIMESTAMP(3), extra STRING)
WITH ('connector' = 'filesystem', 'path' = '` + filepath.Join(dir, "bids.jsonl") + `', 'format' = 'json');
SELECT auction, COUNT(*) AS n, SUM(price) AS total, MAX(price) AS top FROM bids WHERE price > 1000 GROUP BY auction;`
	for _, mode := range []session.Mode{session.Stream, session.Batch} {
		b.Run(string(mode), func(b *testing.B) { benchScript(b, dir, sql, mode, bidCount, 500) })
	}
}

// BenchmarkParquetGroupBy: 10 M rows of (BIGINT, BIGINT, DOUBLE) from Parquet through a
// GROUP BY with 1,000 groups. Goal: 8 M rows/s a core.
func BenchmarkParquetGroupBy(b *testing.B) {
	dir := b.TempDir()
	table := `CREATE TABLE t (k BIGINT, v BIGINT, x DOUBLE) WITH ('connector' = 'filesystem', 'path' = '` + filepath.Join(dir, "t") + `', 'format' = 'parquet');`
	write := table + `
CREATE TABLE g (k BIGINT, v BIGINT, x DOUBLE) WITH ('connector' = 'datagen', 'number-of-rows' = '10000000',
  'fields.k.min' = '0', 'fields.k.max' = '999', 'fields.v.min' = '0', 'fields.v.max' = '1000000', 'fields.x.min' = '0', 'fields.x.max' = '1');
INSERT INTO t SELECT * FROM g;`
	benchSetup(b, dir, write)
	sql := table + `SELECT k, COUNT(*) AS n, SUM(v) AS total, AVG(x) AS mean FROM t GROUP BY k;`
	b.Run("batch", func(b *testing.B) { benchScript(b, dir, sql, session.Batch, 10_000_000, 1000) })
}

// BenchmarkFilterProject: a filter and a projection over generated columns into a
// blackhole. Goal: 50 M rows/s a core.
func BenchmarkFilterProject(b *testing.B) {
	dir := b.TempDir()
	sql := `CREATE TABLE g (k BIGINT, v BIGINT, x DOUBLE) WITH ('connector' = 'datagen', 'number-of-rows' = '50000000',
  'fields.k.kind' = 'sequence', 'fields.k.start' = '0', 'fields.k.end' = '49999999', 'fields.v.min' = '0', 'fields.v.max' = '1000000', 'fields.x.min' = '0', 'fields.x.max' = '1');
CREATE TABLE b (k BIGINT, v BIGINT, x DOUBLE) WITH ('connector' = 'blackhole');
INSERT INTO b SELECT k + 1, v * 2 + k, x * 0.5E0 FROM g WHERE v > 500000;`
	b.Run("batch", func(b *testing.B) { benchScript(b, dir, sql, session.Batch, 50_000_000, 0) })
}

// benchSetup runs a script once.
func benchSetup(b *testing.B, dir, sql string) {
	b.Helper()
	s, err := session.Open(session.Options{Dir: dir, Config: map[string]string{}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if _, err := s.RunToEnd(context.Background(), diag.Source{Name: "setup", Text: sql}, session.Batch, nil); err != nil {
		b.Fatal(err)
	}
}
