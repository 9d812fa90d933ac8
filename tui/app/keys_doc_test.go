package app

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/weir-sql/weir/tui/keys"
)

var update = flag.Bool("update", false, "write docs/keys.md and golden frames anew")

// docs/keys.md is made from the bindings themselves.
func TestKeysPageIsTrue(t *testing.T) {
	const path = "../../docs/keys.md"
	want := keysPage(t)
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("docs/keys.md is stale: go test ./tui/app -run KeysPage -update (%v)", err)
	}
}

func keysPage(t *testing.T) string {
	var b strings.Builder
	b.WriteString("# Keys of the workbench\n\n" +
		"Made from the code by `go test ./tui/app -run KeysPage -update`. `weir keys --set vim` prints the same for a key set; `?` in the\n" +
		"workbench lists what can be done where one is. Every binding can be remapped by its name, in your own\n" +
		"`$XDG_CONFIG_HOME/weir/config.yaml` or under `workbench:` in `weir.yaml`:\n\n" +
		"```yaml\nkeys: vim\nbind:\n  edit.format: [ctrl+l, \"g q\"]   # several keys; pressed in turn with spaces between\n  app.mouse: []                  # none\n```\n\n" +
		"| name | what it does | default | vim | emacs |\n|---|---|---|---|---|\n")
	by := map[string]map[string][]string{}
	help := map[string]string{}
	var names []string
	for _, set := range []string{"vim", "default", "emacs"} {
		m, err := keys.New(set, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, bind := range Bindings(m) {
			if by[bind.Name] == nil {
				by[bind.Name] = map[string][]string{}
				names = append(names, bind.Name)
			}
			by[bind.Name][set] = bind.Keys
			help[bind.Name] = bind.Help
		}
	}
	cell := func(ks []string) string {
		var out []string
		for _, k := range ks {
			out = append(out, "`"+strings.ReplaceAll(k, "|", "\\|")+"`")
		}
		return strings.Join(out, " ")
	}
	for _, n := range names {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", n, help[n], cell(by[n]["default"]), cell(by[n]["vim"]), cell(by[n]["emacs"]))
	}
	return b.String()
}

// Within a part of a screen and the app, a key means one thing.
func TestNoKeyMeansTwoThings(t *testing.T) {
	for _, set := range keys.Presets() {
		k, err := keys.New(set, nil)
		if err != nil {
			t.Fatal(err)
		}
		m := headless(k)
		for _, s := range m.screens {
			focus := []func(){func() {}}
			if s.pane == m.work {
				focus = nil
				for p := range parts {
					focus = append(focus, func() { m.work.focus = p })
				}
			}
			for _, f := range focus {
				f()
				for _, c := range keys.Clashes(s.pane.Bindings()) {
					t.Errorf("%s, %s: %s is both %s and %s", set, s.name, c.Key, c.First, c.Second)
				}
			}
		}
		for _, c := range keys.Clashes(m.bindings) {
			t.Errorf("%s: %s is both %s and %s", set, c.Key, c.First, c.Second)
		}
		m.work.focus = partEditor
		for _, c := range keys.Clashes(append(append([]keys.Binding(nil), m.work.Bindings()...), m.bindings...)) {
			t.Errorf("%s, in the editor: %s is both %s and %s", set, c.Key, c.First, c.Second)
		}
	}
}
