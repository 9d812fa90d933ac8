package nexmark_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/nexmark"
)

var oracle = flag.String("oracle", "", "program that answers cases with a real Flink, PROGRAM CASES ANSWERS: records testdata/flink.json anew")

// recording is what Flink 2.2.1 gave for a query over the events of small: the number of its
// final rows, and the hash of their sorted text.
type recording struct {
	Rows   int    `json:"rows"`
	SHA256 string `json:"sha256"`
	First  string `json:"first"` // of the sorted rows, for people
}

func recordingOf(rows []string) recording {
	r := recording{Rows: len(rows), SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(rows, "\n"))))}
	if len(rows) > 0 {
		r.First = rows[0]
	}
	return r
}

// notOnFlink are the queries that Flink has no answer to.
var notOnFlink = map[string]string{
	"q6":  "its OVER takes no changes",
	"q12": "its rows depend on the clock",
}

// TestFlink compares final rows with those that a real Flink gave for the same events.
func TestFlink(t *testing.T) {
	dir := t.TempDir()
	if err := nexmark.Prepare(dir); err != nil {
		t.Fatal(err)
	}
	const path = "testdata/flink.json"
	if *oracle != "" {
		text, err := json.MarshalIndent(askFlink(t, dir), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var recorded map[string]recording
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	for _, q := range nexmark.Names() {
		want, ok := recorded[q]
		if why := notOnFlink[q]; ok == (why != "") {
			t.Errorf("%s: recorded %t, but: %s", q, ok, why)
		}
		if !ok {
			continue
		}
		if got := recordingOf(run(t, nexmark.ResultScript(q, small(), dir), dir, session.Stream, nil)); got != want {
			t.Errorf("%s gives %+v, Flink %+v", q, got, want)
		}
	}
}

// askFlink writes the events into a file and asks Flink for every query over it.
func askFlink(t *testing.T, dir string) map[string]recording {
	t.Helper()
	s, err := session.Open(session.Options{Dir: dir, Config: map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	file := nexmark.File(filepath.Join(dir, "events"))
	if err := nexmark.LoadFrom(t.Context(), s, small(), file); err != nil {
		t.Fatal(err)
	}
	file.Options["path"] = "file://" + file.Options["path"]
	var cases bytes.Buffer
	for _, q := range nexmark.Names() {
		if notOnFlink[q] != "" {
			continue
		}
		script := nexmark.ResultScript(q, file, "file://"+dir).Text
		if q == "q13" { // Flink looks nothing up in files; the file does not change, so a join gives the same
			script = strings.Replace(script, " FOR SYSTEM_TIME AS OF b.p_time", "", 1)
		}
		stmts := strings.Split(strings.TrimSuffix(strings.TrimSpace(script), ";"), ";\n")
		line, err := json.Marshal(map[string]any{"id": q, "mode": "streaming", "setup": stmts[:len(stmts)-1], "query": stmts[len(stmts)-1],
			"limit_ms": 120000, "max_rows": 1000000})
		if err != nil {
			t.Fatal(err)
		}
		cases.Write(append(line, '\n'))
	}
	in, out := filepath.Join(dir, "cases.jsonl"), filepath.Join(dir, "answers.jsonl")
	if err := os.WriteFile(in, cases.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command(*oracle, in, out).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return readAnswers(t, out)
}

// readAnswers folds the changelogs of Flink's answers.
func readAnswers(t *testing.T, path string) map[string]recording {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	recorded := map[string]recording{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<30)
	for lines.Scan() {
		var a struct {
			ID        string
			Rows      [][]json.RawMessage
			Error     *string
			Truncated bool
		}
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		if a.Error != nil || a.Truncated {
			t.Fatalf("%s: %s", a.ID, lines.Text()[:min(len(lines.Text()), 2000)])
		}
		b := &bag{rows: map[string]int{}}
		byKey := map[string]string{}
		for _, r := range a.Rows {
			kind := string(r[0])
			if a.ID == "q9" { // Flink gives +U without -U: the auction's id is the key
				if before, ok := byKey[string(r[1])]; ok {
					delete(b.rows, before)
				}
			}
			row := string(slices.Concat([]byte("["), bytes.Join(asBytes(r[1:]), []byte(",")), []byte("]")))
			byKey[string(r[1])] = row
			if kind == `"+I"` || kind == `"+U"` {
				b.rows[row]++
			} else {
				b.rows[row]--
			}
			if b.rows[row] == 0 {
				delete(b.rows, row)
			}
		}
		recorded[a.ID] = recordingOf(b.sorted())
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return recorded
}

func asBytes(cells []json.RawMessage) [][]byte {
	out := make([][]byte, len(cells))
	for i, c := range cells {
		out[i] = bytes.ReplaceAll(c, []byte(`\u0026`), []byte("&"))
	}
	return out
}
