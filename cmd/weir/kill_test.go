//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// weirCommand is this test's binary, run as weir.
func weirCommand(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // one that hangs shall say so
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, exe)
	cmd.Args = append([]string{"weir"}, args...)
	cmd.Dir = dir
	return cmd
}

// weirOutput runs weir and gives its standard output.
func weirOutput(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := weirCommand(t, dir, args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("weir %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return string(out)
}

const killedScript = `
CREATE TABLE numbers (id BIGINT, k AS MOD(id, 7)) WITH ('connector' = 'datagen', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '%[1]d', 'rows-per-second' = '%[2]d');
CREATE TABLE files (id BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv');
CREATE TABLE topic (id BIGINT) WITH ('connector' = 'kafka', 'topic' = 'ids', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json',
  'sink.delivery-guarantee' = '%[3]s', 'sink.transactional-id-prefix' = 'ids', 'properties.isolation.level' = 'read_committed',
  'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset');
CREATE TABLE sums (k BIGINT, n BIGINT, total BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'sums',
  'properties.bootstrap.servers' = 'embedded', 'key.format' = 'json', 'value.format' = 'json', 'scan.bounded.mode' = 'latest-offset');
`

const killedInserts = `
INSERT INTO files SELECT id FROM numbers;
INSERT INTO topic SELECT id FROM numbers;
INSERT INTO sums SELECT k, COUNT(*), SUM(id) FROM numbers GROUP BY k;
`

// A stream is killed (-9) again and again, whatever it is doing, and goes on from its
// last checkpoint: files hold every row once, a topic every row, and what is computed from
// state is right. The topic is written without transactions: the embedded broker dies with
// the process, and may do so with one half of its commit on disk.
func TestKilledRunGoesOn(t *testing.T) {
	const rows, rate = 6000, 3000
	dir := t.TempDir()
	tables := fmt.Sprintf(killedScript, rows, rate, "at-least-once")
	for name, text := range map[string]string{"weir.yaml": "name: killed\nparallelism: 2\n", "job.sql": tables + killedInserts} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(1, uint64(os.Getpid())))
	kills := 0
	for {
		args := []string{"run", "job.sql", "--quiet", "--checkpoint-dir", "chk", "--checkpoint-interval", "40ms"}
		if found, _ := filepath.Glob(filepath.Join(dir, "chk", "chk-*")); len(found) > 0 {
			args = append(args, "--from", "chk")
		} else if kills > 0 { // nothing was kept, so nothing was committed
			for _, made := range []string{"out", "chk", ".weir"} {
				if err := os.RemoveAll(filepath.Join(dir, made)); err != nil {
					t.Fatal(err)
				}
			}
		}
		cmd := weirCommand(t, dir, args...)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("after %d kills: %v\n%s", kills, err, errs.String())
			}
		case <-time.After(time.Duration(100+r.IntN(350)) * time.Millisecond):
			if err := cmd.Process.Signal(syscall.SIGKILL); err == nil {
				kills++
			}
			<-ended
			continue
		}
		break
	}
	t.Logf("killed %d times", kills)
	if kills < 4 {
		t.Errorf("killed %d times: the test says little", kills)
	}
	var ids []int
	parts, err := filepath.Glob(filepath.Join(dir, "out", "part-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, numbersIn(t, string(text))...)
	}
	eachOnce(t, "the files", ids, rows)
	topic := numbersIn(t, strings.TrimPrefix(weirOutput(t, dir, "run", "-q", "-o", "csv", "--final", "-e", tables+"SELECT id FROM topic;"), "id\n"))
	sort.Ints(topic)
	eachOnce(t, "the topic", slices.Compact(topic), rows)
	want := make([]string, 7)
	for k := range want {
		n, total := 0, 0
		for id := 1; id <= rows; id++ {
			if id%7 == k {
				n, total = n+1, total+id
			}
		}
		want[k] = fmt.Sprintf("%d,%d,%d", k, n, total)
	}
	got := strings.Split(strings.TrimSpace(weirOutput(t, dir, "run", "-q", "-o", "csv", "--final", "-e", tables+"SELECT * FROM sums;")), "\n")[1:]
	sort.Strings(got)
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("sums are\n%v, want\n%v", got, want)
	}
}

func numbersIn(t *testing.T, text string) (ids []int) {
	for _, line := range strings.Fields(text) {
		id, err := strconv.Atoi(line)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

func eachOnce(t *testing.T, what string, ids []int, rows int) {
	t.Helper()
	seen := make(map[int]int, rows)
	for _, id := range ids {
		seen[id]++
	}
	lost, twice := 0, 0
	for id := 1; id <= rows; id++ {
		switch seen[id] {
		case 0:
			lost++
		case 1:
		default:
			twice++
		}
	}
	if lost+twice > 0 || len(seen) != rows {
		t.Errorf("%s: of %d rows %d are missing and %d are there more than once", what, rows, lost, twice)
	}
}

// An interrupted stream with --savepoint is suspended, and the next run goes on.
func TestInterruptedRunIsSuspended(t *testing.T) {
	const rows = 3000
	dir := t.TempDir()
	tables := fmt.Sprintf(killedScript, rows, rows, "exactly-once")
	if err := os.WriteFile(filepath.Join(dir, "job.sql"), []byte(tables+"INSERT INTO files SELECT id FROM numbers;"), 0o600); err != nil {
		t.Fatal(err)
	}
	from := []string(nil)
	for i, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		sp := fmt.Sprintf("sp%d", i)
		cmd := weirCommand(t, dir, append([]string{"run", "job.sql", "--savepoint", sp}, from...)...)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil || !strings.Contains(errs.String(), "go on with --from "+sp) {
			t.Fatalf("%v\n%s", err, errs.String())
		}
		from = []string{"--from", sp}
	}
	weirOutput(t, dir, append([]string{"run", "job.sql"}, from...)...)
	var ids []int
	parts, err := filepath.Glob(filepath.Join(dir, "out", "part-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, numbersIn(t, string(text))...)
	}
	eachOnce(t, "the files", ids, rows)
}
