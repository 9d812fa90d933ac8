package app

import (
	"fmt"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/config"
	"github.com/weir-sql/weir/tui/edit"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/palette"
	"github.com/weir-sql/weir/tui/pane"
)

// The overlays: each is a list that is typed into.

// open shows a list; mk makes its items, now and when something changed.
func (m *Model) open(name, title, empty string, mk func() []palette.Item) *palette.List {
	l := palette.New(m.env.Styles, title, mk())
	l.Empty = empty
	m.over(&overlay{name, l, l, mk})
	return l
}

// openPalette lists everything that can be done or gone to.
func (m *Model) openPalette() tea.Cmd {
	m.open("palette", "Palette", "", func() []palette.Item {
		items := m.commandItems()
		items = append(items, m.fileItems()...)
		if w := m.plans.words; w != nil {
			for _, t := range w.Tables {
				items = append(items, palette.Item{Kind: t.Kind, Text: t.Name, Note: t.Connector, More: tableText(t), Run: m.write(t.Name)})
			}
		}
		if p := m.plans.ready.Last; p != nil && p.Graph != nil {
			for _, n := range p.Graph.Nodes {
				items = append(items, palette.Item{Kind: "operator", Text: n.Name, Note: n.Label, Run: func() tea.Cmd {
					return tea.Batch(func() tea.Msg { return pane.OperatorChosen{UID: n.UID} }, func() tea.Msg { return pane.FocusAsked{Screen: "Topology"} })
				}})
			}
		}
		for _, t := range m.testItems() {
			t.Kind, t.Mark = "test", ""
			items = append(items, t)
		}
		for _, f := range m.work.fixtures {
			items = append(items, palette.Item{Kind: "fixture", Text: f, Run: func() tea.Cmd { return m.fixtureAsked(pane.FixtureAsked{Name: f}) }})
		}
		return items
	})
	return nil
}

// commandItems are the bindings that are reachable, each once.
func (m *Model) commandItems() []palette.Item {
	var items []palette.Item
	seen := map[string]bool{}
	for _, b := range m.reachable() {
		if seen[b.Name] || strings.HasPrefix(b.Name, "edit.move.") || strings.HasPrefix(b.Name, "edit.select.") && b.Name != "edit.select.all" {
			continue
		}
		seen[b.Name] = true
		items = append(items, palette.Item{Kind: "command", Text: b.Help, Note: b.Name, Key: strings.Join(b.Keys, " "), Why: b.Why(), Run: b.Run})
	}
	return items
}

// openHelp lists every key, by name or key.
func (m *Model) openHelp() tea.Cmd {
	m.open("help", "Help: type a name or a key", "", func() []palette.Item {
		var items []palette.Item
		seen := map[string]bool{}
		for _, b := range m.reachable() {
			if seen[b.Name] {
				continue
			}
			seen[b.Name] = true
			items = append(items, palette.Item{Text: b.Help, Note: b.Name, Key: strings.Join(b.Keys, "  "), Why: b.Why(), Run: b.Run})
		}
		if m.env.Keys.Modal() {
			for _, b := range edit.VimCommands(m.env.Keys) {
				items = append(items, palette.Item{Text: b.Help, Note: b.Name, Key: strings.ReplaceAll(strings.Join(b.Keys, "  "), " ", "")})
			}
		}
		return items
	})
	return nil
}

// write puts a name into the script.
func (m *Model) write(name string) func() tea.Cmd {
	return func() tea.Cmd {
		cmd := m.show(0)
		m.work.show(partEditor)
		m.work.editor.Write(name)
		return cmd
	}
}

func tableText(t session.TableWords) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s.%s.%s\n", t.Kind, t.Catalog, t.Database, t.Name)
	if t.Connector != "" {
		fmt.Fprintf(&b, "connector %s\n", t.Connector)
	}
	for _, c := range t.Columns {
		fmt.Fprintf(&b, "  %s %s", c.Name, c.Type)
		if c.Note != "" {
			fmt.Fprintf(&b, " (%s)", c.Note)
		}
		b.WriteByte('\n')
	}
	if t.Watermark != "" {
		fmt.Fprintf(&b, "watermark for %s\n", t.Watermark)
	}
	return b.String()
}

// openCatalog lists tables, functions, connectors and formats with what is known of them.
func (m *Model) openCatalog() tea.Cmd {
	m.open("catalog", "Catalog", "the script is being read", func() []palette.Item {
		var items []palette.Item
		if w := m.plans.words; w != nil {
			for _, t := range w.Tables {
				items = append(items, palette.Item{Kind: t.Kind, Text: t.Name, Note: t.Connector, More: tableText(t), Run: m.write(t.Name)})
			}
			for _, f := range w.Functions {
				note, _, _ := strings.Cut(f.Summary, " · ")
				items = append(items, palette.Item{Kind: "function", Text: f.Name, Note: note, More: f.Text, Run: m.write(f.Name + "(")})
			}
		}
		for _, p := range session.ConnectorPages() {
			items = append(items, palette.Item{Kind: strings.TrimSuffix(p.Group, "s"), Text: p.Name, Note: p.Summary, More: p.Text, Run: m.write("'" + p.Name + "'")})
		}
		return items
	})
	return nil
}

func (m *Model) openFixtures() tea.Cmd {
	m.open("fixtures", "Fixtures: rows that stand for tables", "", func() []palette.Item {
		pick := func(name string) func() tea.Cmd {
			return func() tea.Cmd { return m.fixtureAsked(pane.FixtureAsked{Name: name}) }
		}
		mark := func(name string) string {
			if name == m.fixture {
				return m.env.Styles.Glyphs.Check
			}
			return " "
		}
		items := []palette.Item{{Text: "no fixture", Note: "runs read the sources that the script declares", Mark: mark(""), Run: pick("")}}
		for _, f := range m.work.fixtures {
			items = append(items, palette.Item{Text: f, Note: "fixtures/" + f, Mark: mark(f), Run: pick(f)})
		}
		return items
	})
	return nil
}

func (m *Model) openTests() tea.Cmd {
	l := m.open("tests", "Tests", "no tests: a fixture's tests lie in fixtures/NAME/test.yaml", m.testItems)
	l.Stay = true
	return nil
}

func (m *Model) openFiles() tea.Cmd {
	m.open("files", "Scripts", "no scripts: alt+n begins one", m.fileItems)
	return nil
}

func (m *Model) fileItems() []palette.Item {
	var items []palette.Item
	names := slices.Clone(m.work.scripts)
	state := map[string]string{}
	for _, d := range m.work.editor.Docs() {
		state[d.Path] = "open"
		if d.Dirty() {
			state[d.Path] = "open, not saved"
		}
		if !slices.Contains(names, d.Path) && d.Path != "" {
			names = append(names, d.Path)
		}
	}
	for _, f := range names {
		items = append(items, palette.Item{Kind: "file", Text: f, Note: state[f], Run: func() tea.Cmd { return m.openAsked(pane.OpenAsked{File: f}) }})
	}
	return items
}

func (m *Model) openMessages() tea.Cmd {
	m.open("messages", "Messages", "nothing was said yet", func() []palette.Item {
		var items []palette.Item
		for _, t := range slices.Backward(m.log.all) {
			items = append(items, palette.Item{Kind: t.level.String(), Text: t.text, Note: t.at.Format("15:04:05"), More: t.text,
				Run: func() tea.Cmd { return m.copyAsked(pane.CopyAsked{Text: t.text, What: "the message"}) }})
		}
		return items
	})
	return nil
}

func (m *Model) listHistory() tea.Cmd {
	m.open("history", "History: enter opens what was run", "nothing was run yet", func() []palette.Item {
		var items []palette.Item
		for _, e := range slices.Backward(m.history.all()) {
			note := e.Mode
			if e.Fixture != "" {
				note += " on " + e.Fixture
			}
			if e.Sinks {
				note += ", wrote sinks"
			}
			items = append(items, palette.Item{Text: e.Time.Format("01-02 15:04") + "  " + e.Script + "  " + note, Note: e.Summary, More: e.Shown,
				Run: func() tea.Cmd { return m.openAsked(pane.OpenAsked{File: e.Script}) }})
		}
		return items
	})
	return nil
}

// openSettings lists settings with where they came from; choosing one takes its next value.
func (m *Model) openSettings() tea.Cmd {
	l := m.open("settings", "Settings: enter takes the next value, now and for later", "", func() []palette.Item {
		var items []palette.Item
		for _, v := range m.o.Settings.Values {
			it := palette.Item{Text: v.Name + " = " + v.Value, Note: "from " + v.Source}
			if choices := config.Choices(v.Name); choices != nil {
				it.More = "one of " + strings.Join(choices, ", ") + "\nyour file is " + m.o.Settings.File
				next := choices[(slices.Index(choices, v.Value)+1)%len(choices)]
				it.Run = func() tea.Cmd { return m.setTo(v.Name, next) }
			}
			items = append(items, it)
		}
		return items
	})
	l.Stay = true
	return nil
}

// written says how writing a setting went.
type written struct {
	name, value string
	err         error
}

// setTo writes a setting into the user's file.
func (m *Model) setTo(name, value string) tea.Cmd {
	file := m.o.Settings.File
	return func() tea.Msg { return written{name, value, config.Set(file, name, value)} }
}

func (m *Model) written(w written) tea.Cmd {
	if w.err != nil {
		return m.say(pane.Fail, "the setting was not written: "+w.err.Error())
	}
	for i := range m.o.Settings.Values {
		if v := &m.o.Settings.Values[i]; v.Name == w.name {
			v.Value, v.Source = w.value, m.o.Settings.File
		}
	}
	cmd := m.apply(w.name, w.value)
	m.refresh("settings")
	return cmd
}

// apply has a setting hold from now on.
func (m *Model) apply(name, value string) tea.Cmd {
	s := m.o.Settings
	said := m.say(pane.Good, name+" is "+value)
	switch name {
	case "theme":
		s.Theme = value
		return tea.Batch(said, m.restyle())
	case "ascii":
		s.ASCII = value == "true"
		return tea.Batch(said, m.restyle())
	case "keys":
		keymap, err := keys.New(value, s.Bind)
		if err != nil {
			return m.say(pane.Fail, err.Error())
		}
		s.Keys = value
		*m.env.Keys = *keymap // everybody holds the same map
		m.bindings = m.commands()
		m.work.editor.Refresh()
		return said
	case "mouse":
		if s.Mouse = value == "true"; m.mouse != s.Mouse {
			return m.toggleMouse()
		}
		return said
	}
	return m.say(pane.Good, name+" is "+value+" from the next start on")
}

// hint is a binding in the bar at the foot, and where it is shown.
type hint struct {
	binding  keys.Binding
	from, to int
}
