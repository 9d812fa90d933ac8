package topology

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// The ids in operator_ids.txt come from Apache Flink itself: every tail length of the
// hash, block boundaries, and text outside ASCII.
func TestFlinkID(t *testing.T) {
	text, err := os.ReadFile("testdata/flink/operator_ids.txt")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		end := strings.LastIndex(line, `"`) + 1
		want := strings.TrimSpace(line[end:])
		uid, err := strconv.Unquote(surrogates.Replace(line[:end]))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if got := FlinkID(uid); got != want {
			t.Errorf("FlinkID(%q) = %s, Flink has %s", uid, got, want)
		}
		count++
	}
	if count < 50 {
		t.Fatalf("only %d ids compared", count)
	}
}

// Java writes a character outside the basic plane as two escapes.
var surrogates = strings.NewReplacer(`\ud83d\ude00`, "😀")

func BenchmarkFlinkID(b *testing.B) {
	for b.Loop() {
		FlinkID("global-window-agg-k3j5x7q2ab")
	}
}
