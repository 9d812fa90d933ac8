package flink

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-sql/weir/session/sqltest"
)

// TestParity runs the recorded queries over tables, which were asked of one mode, in both: the
// changelog of the stream folds to the rows of the batch. Left out is what differs by its
// meaning: late rows and early firing, the order of rows, the time of day, chance. Every other
// query that differs is in parity.txt with its reason, and differs.
func TestParity(t *testing.T) {
	suites, err := Load(data)
	if err != nil {
		t.Fatal(err)
	}
	known, err := Known(filepath.Join(data, "parity.txt"))
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, s := range suites {
		for _, c := range s.Cases {
			if (len(c.Files) == 0 && len(c.Setup) == 0) || s.Answers[c.ID].Error != "" || orderCounts(c) || byTheClock(c) || !strings.HasPrefix(c.ID, *only) {
				continue
			}
			dir := t.TempDir()
			if err := c.WriteFiles(dir); err != nil {
				t.Fatal(err)
			}
			var answers [2]sqltest.Answer
			for i, mode := range []string{"streaming", "batch"} {
				c.Mode = mode
				answers[i] = c.Answer(dir)
			}
			if answers[0].Error != "" || answers[1].Error != "" {
				continue // one mode refuses it, and says so
			}
			compared++
			switch v, reason := sqltest.Verdict(answers[0].Folded(), answers[1].Folded(), false), known[c.ID]; {
			case v != "" && reason == "":
				t.Errorf("%s: %s\n%s", c.ID, v, strings.Join(append(c.Setup, c.Query), ";\n"))
			case v == "" && reason != "":
				t.Errorf("%s is equal now: take it off parity.txt (%s)", c.ID, reason)
			}
		}
	}
	t.Logf("%d queries compared", compared)
	if compared < 300 && *only == "" {
		t.Errorf("%d queries compared, at least 300 are expected", compared)
	}
}

// byTheClock tells queries whose rows depend on the time of day, on chance, or on the mode by
// their meaning.
func byTheClock(c sqltest.Case) bool {
	q := strings.ToUpper(c.Query + strings.Join(c.Setup, " "))
	if strings.HasPrefix(q, "DESC") || strings.HasPrefix(q, "SHOW") || strings.HasPrefix(q, "EXPLAIN") {
		return true // they are about the mode itself
	}
	for _, word := range []string{"CURRENT_", "NOW(", "LOCALTIME", "PROCTIME", "UNIX_TIMESTAMP()", "STATE.TTL", "STATE_TTL", "EMIT.", "WATERMARK("} {
		if strings.Contains(q, word) {
			return true
		}
	}
	return false
}
