package flink

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var rewrite = flag.Bool("write-list", false, "write the list of differences into docs/dialect.md")

const (
	dialect   = "../../../docs/dialect.md"
	listBegin = "<!-- the list below is written by: go test ./session/sqltest/flink -run Listed -write-list -->\n"
	listEnd   = "<!-- end of the list -->\n"
)

// TestDifferencesAreListed keeps the list of differences in docs/dialect.md complete: every case
// of known.txt and parity.txt stands there once, under its reason.
func TestDifferencesAreListed(t *testing.T) {
	var list strings.Builder
	for _, part := range []struct{ file, title string }{
		{"known.txt", "A case that gives other rows, or another error, than Flink 2.2.1:"},
		{"parity.txt", "A query whose stream folds to other rows than its batch gives:"},
	} {
		known, err := Known(filepath.Join(data, part.file))
		if err != nil {
			t.Fatal(err)
		}
		cases := map[string][]string{}
		for id, reason := range known {
			cases[reason] = append(cases[reason], id)
		}
		var reasons []string
		for reason, ids := range cases {
			slices.Sort(ids)
			reasons = append(reasons, reason)
		}
		slices.Sort(reasons)
		fmt.Fprintf(&list, "%s\n\n", part.title)
		for _, reason := range reasons {
			fmt.Fprintf(&list, "- %s: `%s`\n", reason, strings.Join(cases[reason], "` `"))
		}
		list.WriteString("\n")
	}
	page, err := os.ReadFile(dialect)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), listBegin)
	got, after, closed := strings.Cut(rest, listEnd)
	if !ok || !closed {
		t.Fatalf("%s has no place for the list, between %q and %q", dialect, listBegin, listEnd)
	}
	if want := "\n" + list.String(); got != want {
		if !*rewrite {
			t.Fatalf("the list of differences in %s is not that of known.txt and parity.txt: go test ./session/sqltest/flink -run Listed -write-list", dialect)
		}
		if err := os.WriteFile(dialect, []byte(before+listBegin+want+listEnd+after), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
