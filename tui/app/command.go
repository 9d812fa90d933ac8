package app

import (
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/publish"
)

// commands are what the app itself can do, wherever one is.
func (m *Model) commands() []keys.Binding {
	k := m.env.Keys
	send := func(msg tea.Msg) func() tea.Cmd { return func() tea.Cmd { return func() tea.Msg { return msg } } }
	list := []keys.Binding{
		k.Bind("app.palette", "palette", m.openPalette, "ctrl+p", ":"),
		k.Bind("app.help", "help", m.openHelp, "?", "f1"),
	}
	for i, s := range m.screens {
		n := i + 1
		list = append(list, k.Bind("app.screen."+s.name, "the "+s.name+" screen", func() tea.Cmd { return m.show(i) }, fmt.Sprint(n), fmt.Sprintf("alt+%d", n)))
	}
	return append(list,
		k.Bind("app.save", "save", m.save, "ctrl+s"),
		k.Bind("app.mode", "stream or batch", func() tea.Cmd {
			if m.mode == session.Stream {
				return m.modeAsked(pane.ModeAsked{Mode: session.Batch})
			}
			return m.modeAsked(pane.ModeAsked{Mode: session.Stream})
		}, "alt+x", "f10"),
		k.Bind("app.fixtures", "choose a fixture", m.openFixtures, "alt+i"),
		k.Bind("app.tests", "tests", m.openTests, "alt+y"),
		k.Bind("app.tests.run", "run all tests", send(pane.TestsAsked{})),
		k.Bind("app.catalog", "tables, functions, connectors", m.openCatalog, "alt+o"),
		k.Bind("app.files", "open a script", m.openFiles, "ctrl+o"),
		k.Bind("app.file.new", "a new script", m.newFile, "alt+n"),
		k.Bind("app.file.close", "close the script", m.closeFile, "alt+q"),
		k.Bind("app.file.next", "next open script", func() tea.Cmd { return m.turn(1) }, "ctrl+pgdown", "alt+."),
		k.Bind("app.file.previous", "open script before", func() tea.Cmd { return m.turn(-1) }, "ctrl+pgup", "alt+,"),
		k.Bind("app.file.revert", "take the script as the file has it", m.revert),
		k.Bind("app.editor", "open in $EDITOR at this line", m.external, "ctrl+e"),
		k.BindIf("app.run.write", "run the script and write to its sinks", nil, m.runWriting),
		k.BindIf("app.publish", "publish as a stream job and a batch job", m.noPublish, m.openPublish, "alt+v"),
		k.Bind("app.history", "what was run before", m.listHistory, "alt+h"),
		k.Bind("app.messages", "what was said", m.openMessages, "alt+l"),
		k.Bind("app.settings", "settings", m.openSettings, "alt+g"),
		k.Bind("app.mouse", "mouse on or off (off lets the terminal select)", m.toggleMouse, "f12"),
		k.Bind("app.redraw", "draw the screen again", send(redraw{}), "ctrl+l"),
		k.Bind("app.cancel", "cancel what runs; twice quits", m.cancel, "ctrl+c"),
		k.Bind("app.quit", "quit (drafts are kept)", m.quit, "ctrl+q"),
	)
}

// toggleMouse gives the mouse to the terminal, or takes it back.
func (m *Model) toggleMouse() tea.Cmd {
	m.mouse = !m.mouse
	if m.mouse {
		return tea.Batch(tea.EnableMouseCellMotion, m.say(pane.Info, "the mouse works here"))
	}
	return tea.Batch(tea.DisableMouse, m.say(pane.Info, "the mouse is the terminal's: it selects text"))
}

// runAsked fills in how to run, and hands on to who runs.
func (m *Model) runAsked(r pane.RunAsked) tea.Cmd {
	if r.Mode == "" {
		r.Mode = m.mode
	}
	if r.Fixture == "" {
		r.Fixture = m.fixture
	}
	if r.Source.Name == "" {
		r.Source = m.work.editor.Doc().Source()
	}
	if m.plans.ready.Problems.HasErrors() && m.plans.ready.Number == m.work.editor.Doc().Number() && r.Source.Text == m.plans.ready.Source.Text {
		m.work.editor.Next()
		return m.say(pane.Warn, "the script has errors; F8 goes to the next, alt+enter applies a fix")
	}
	m.history.add(entry{Time: m.o.Now(), Script: r.Source.Name, Mode: string(r.Mode), Fixture: r.Fixture, Sinks: r.Sinks, Text: r.Source.Text})
	m.refresh("history")
	if r.Here {
		return m.work.run(r)
	}
	for i, s := range m.screens {
		if s.name == "Debug" {
			return tea.Batch(m.show(i), m.broadcast(r))
		}
	}
	return m.broadcast(r)
}

// noPublish says why the script cannot be published; what is published is its file.
func (m *Model) noPublish() string {
	switch d := m.work.editor.Doc(); {
	case d.Path == "" || d.Text() == "":
		return "there is no script"
	case d.Text() != d.OnDisk():
		return "the script is not saved: ctrl+s"
	}
	return ""
}

// openPublish shows the jobs that the script becomes. What was set there and not saved is there again.
func (m *Model) openPublish() tea.Cmd {
	path := m.work.editor.Doc().Path
	if m.publishing == nil || m.publishing.Script() != path {
		m.publishing = publish.New(m.env, path)
	}
	m.over(&overlay{name: "publish", box: m.publishing})
	return m.publishing.Check()
}

func (m *Model) runWriting() tea.Cmd {
	return m.runAsked(pane.RunAsked{Sinks: true})
}

func (m *Model) fixtureAsked(f pane.FixtureAsked) tea.Cmd {
	m.fixture = f.Name
	m.store.dirty = true
	m.fillCatalog()
	text := "runs read the declared sources"
	if f.Name != "" {
		text = "runs read fixture " + f.Name
	}
	return tea.Batch(m.broadcast(pane.FixtureChanged(f)), m.say(pane.Info, text))
}
