//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// What the workbench promises is measured here in a terminal, from outside: the time from a
// key to its paint is the one that a person waits.

// largeProject is a script of 5,000 lines and more than 200 operators, of a source that never
// ends and gives as much as is taken.
func largeProject(b testing.TB) string {
	var text strings.Builder
	text.WriteString("-- large \nCREATE TEMPORARY TABLE gen (id BIGINT, k INT, v DOUBLE) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000000', 'fields.k.min' = '1', 'fields.k.max' = '1000');\n")
	for i := range 45 {
		fmt.Fprintf(&text, "CREATE TEMPORARY TABLE out%d (k INT, n BIGINT, total DOUBLE) WITH ('connector' = 'blackhole');\n", i)
		fmt.Fprintf(&text, "INSERT INTO out%d\nSELECT k, COUNT(*), SUM(v * %d)\nFROM gen\nWHERE id > %d\nGROUP BY k;\n", i, i+1, i)
		for l := range 105 {
			fmt.Fprintf(&text, "-- line %d about output %d, with 'quotes' and `names`\n", l, i)
		}
	}
	return scriptProject(b, text.String())
}

func scriptProject(b testing.TB, text string) string {
	dir := workbenchProject(b)
	if err := os.WriteFile(filepath.Join(dir, "job.sql"), []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return dir
}

// timed waits until a text is painted, and gives how long that took from a moment.
func (x *terminal) timed(at time.Time, from int, texts ...string) time.Duration {
	x.t.Helper()
	for over := at.Add(time.Minute); time.Now().Before(over); {
		select {
		case <-x.news:
		case <-time.After(time.Second):
		}
		x.mu.Lock()
		painted, last := x.out[from:], x.last
		all := true
		for _, text := range texts {
			all = all && bytes.Contains(painted, []byte(text))
		}
		x.mu.Unlock()
		if all {
			return last.Sub(at)
		}
	}
	x.t.Fatalf("%q was not painted:\n%q", texts, x.written(from))
	return 0
}

// size is how much the program has written so far.
func (x *terminal) size() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.out)
}

// proc gives a figure of the program's /proc/PID/status in MB.
func (x *terminal) proc(name string) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", x.cmd.Process.Pid))
	if err != nil {
		x.t.Fatal(err)
	}
	for l := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(l, name+":"); ok {
			var kb float64
			fmt.Sscan(rest, &kb)
			return kb / 1024
		}
	}
	x.t.Fatalf("no %s", name)
	return 0
}

// ticks is the processor time that the program has taken.
func (x *terminal) ticks() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", x.cmd.Process.Pid))
	if err != nil {
		x.t.Fatal(err)
	}
	f := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	var user, sys int
	fmt.Sscan(f[11], &user)
	fmt.Sscan(f[12], &sys)
	return time.Duration(user+sys) * 10 * time.Millisecond // USER_HZ is 100 wherever Go runs on Linux
}

// typeKeys types n letters into the comment in the script's first line and gives how long each took
// to be painted. Each is known by what stands before it, so that no other paint is taken for it.
func (x *terminal) typeKeys(n int) []time.Duration {
	var took []time.Duration
	word := "large "
	for i := range n {
		if len(word) > 40 { // the line stays in the window
			for range len(word) - 6 {
				x.typed("\x7f")
				time.Sleep(3 * time.Millisecond)
			}
			word = "large "
			time.Sleep(200 * time.Millisecond)
		}
		letter := string(rune('a' + i*7%26))
		word += letter
		from, at := x.size(), time.Now()
		x.typed(letter)
		took = append(took, x.timed(at, from, word))
		time.Sleep(30 * time.Millisecond)
	}
	return took
}

// report gives percentiles as metrics.
func report(b *testing.B, name string, took []time.Duration, percent ...int) {
	slices.Sort(took)
	for _, p := range percent {
		b.ReportMetric(float64(took[min(len(took)-1, len(took)*p/100)].Microseconds())/1000, fmt.Sprintf("%s-p%d-ms", name, p))
	}
}

// BenchmarkWorkbenchKey is the time from a key to its paint with a script of 5,000 lines and a graph of 200
// operators, at rest and while a job of it takes all cores; then from an edit to its plan in a script of 100 lines.
// Each iteration is a key of each kind.
func BenchmarkWorkbenchKey(b *testing.B) {
	n := 0
	for b.Loop() {
		n++
	}
	dir := largeProject(b)
	if err := os.WriteFile(filepath.Join(dir, "weir.yaml"), []byte(fmt.Sprintf("name: large\nparallelism: %d\n", runtime.NumCPU())), 0o600); err != nil {
		b.Fatal(err)
	}
	x := openTerminal(b, dir, 120, 36, "job.sql")
	x.await(0, "operators")
	x.typed("\x1b[F") // to the line's end
	time.Sleep(time.Second)
	report(b, "key", x.typeKeys(n), 50, 99)
	from := x.size()
	x.typed("\x1b5")
	x.await(from, "[5 Jobs]")
	x.typed("n")
	x.await(from, "running")
	time.Sleep(2 * time.Second)
	x.typed("\x1b1")
	x.typed("\x1b[F")
	x.typed("large ")
	time.Sleep(2 * time.Second)
	began, used := time.Now(), x.ticks()
	report(b, "job-key", x.typeKeys(n), 50, 99)
	b.ReportMetric(float64(x.ticks()-used)/float64(time.Since(began)), "job-cores")
	x.kill()

	var text strings.Builder
	text.WriteString("CREATE TEMPORARY TABLE v0 (id INT, amount INT) WITH ('connector' = 'datagen');\n")
	for i := 1; i < 20; i++ {
		fmt.Fprintf(&text, "-- step %d\nCREATE TEMPORARY VIEW v%d AS\nSELECT id, amount + 1 AS amount\nFROM v%d\nWHERE id > %d;\n", i, i, i-1, i)
	}
	text.WriteString("SELECT\nCOUNT(*),\nSUM(id) FROM v19 WHERE amount > 1")
	x = openTerminal(b, scriptProject(b, text.String()), 120, 36, "job.sql")
	x.await(0, "operators")
	x.typed("\x1b[1;5F") // to the end
	time.Sleep(time.Second)
	var took []time.Duration
	for range n {
		from, at := x.size(), time.Now()
		x.typed("x")
		took = append(took, x.timed(at, from, "1 error"))
		time.Sleep(50 * time.Millisecond)
		from, at = x.size(), time.Now()
		x.typed("\x7f")
		took = append(took, x.timed(at, from, "no problems"))
		time.Sleep(50 * time.Millisecond)
	}
	report(b, "plan", took, 50, 95)
}

// BenchmarkWorkbenchIdle is what the workbench holds and takes while nobody touches it: after it
// was opened, and after a thousand keys.
func BenchmarkWorkbenchIdle(b *testing.B) {
	x := openTerminal(b, largeProject(b), 120, 36, "job.sql")
	x.await(0, "operators")
	time.Sleep(5 * time.Second)
	opened := x.proc("VmRSS")
	x.typed("\x1b[F")
	x.typeKeys(1000)
	typed := x.proc("VmRSS")
	time.Sleep(5 * time.Second)
	used, began := x.ticks(), time.Now()
	for b.Loop() {
		time.Sleep(100 * time.Millisecond)
	}
	time.Sleep(10 * time.Second)
	b.ReportMetric(opened, "opened-RSS-MB")
	b.ReportMetric(typed, "typed-RSS-MB")
	b.ReportMetric(x.proc("VmRSS"), "idle-RSS-MB")
	b.ReportMetric(100*float64(x.ticks()-used)/float64(time.Since(began)), "idle-%core")
}

// BenchmarkWorkbenchStart is the time from the start of the process to its first frame, in a project whose .weir holds 1 GB:
// records, logs and checkpoints of fifty runs, a history of twenty thousand.
func BenchmarkWorkbenchStart(b *testing.B) {
	dir := largeProject(b)
	write := func(name string, data []byte) {
		name = filepath.Join(dir, ".weir", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	part := bytes.Repeat([]byte("state of a job \n"), 1<<20/2)
	for i := range 50 {
		id := fmt.Sprintf("20261120-1000%02d", i)
		run := "runs/" + id + "/"
		write(run+"run.json", fmt.Appendf(nil, `{"id":%q,"script":"job.sql","mode":"stream","state":"finished","started":"2026-11-20T10:00:%02dZ","seen":"2026-11-20T10:01:00Z"}`, id, i))
		write(run+"log.txt", part[:1<<20])
		for c := range 2 {
			write(fmt.Sprintf("%scheckpoints/%d/state", run, c+1), part)
		}
	}
	write("results/last.json", part)
	write("workbench/history.jsonl", bytes.Repeat(fmt.Appendf(nil, `{"time":"2026-11-20T10:00:00Z","script":"job.sql","mode":"stream","summary":"SELECT","shown":%q}`+"\n", strings.Repeat("SELECT 1; ", 300)), 20_000))
	var took []time.Duration
	read := 0.0
	for b.Loop() {
		at := time.Now()
		x := openTerminal(b, dir, 120, 36, "job.sql")
		took = append(took, x.timed(at, 0, "[1 Edit]", "large"))
		x.await(0, "operators")
		io, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", x.cmd.Process.Pid))
		if err != nil {
			b.Fatal(err)
		}
		bytes := 0.0
		fmt.Sscanf(string(io), "rchar: %f", &bytes)
		read = max(read, bytes/1e6)
		x.kill()
	}
	report(b, "first-frame", took, 50, 95)
	b.ReportMetric(read, "read-MB")
}
