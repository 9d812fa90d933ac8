package session_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-sql/weir/session"
)

var update = flag.Bool("update", false, "write the reference pages anew")

// The reference pages under docs/ are made from the declarations that the code uses.
// A page that is stale fails: go test ./session -run Reference -update.
func TestReferencePagesAreCurrent(t *testing.T) {
	for file, text := range map[string]string{
		"connectors.md": reference("Connectors and formats", "weir connectors", session.ConnectorPages()),
		"functions.md":  reference("Functions", "weir functions", session.FunctionPages()),
	} {
		path := filepath.Join("..", "docs", file)
		if *update {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(have) != text {
			t.Errorf("%s is stale: go test ./session -run Reference -update", path)
		}
	}
}

// reference is one page: a heading a group, a section an entry.
func reference(title, command string, pages []session.Page) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\nMade from the declarations in the code, as `%s` prints them. Do not edit.\n", title, command)
	group := ""
	for _, p := range pages {
		if p.Group != group {
			group = p.Group
			fmt.Fprintf(&b, "\n## %s\n", group)
		}
		fmt.Fprintf(&b, "\n### %s\n\n```text\n%s```\n", p.Name, p.Text)
	}
	return b.String()
}
