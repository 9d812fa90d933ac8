package debug

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/pane"
)

// Bindings are what can be done now, and below it what can be done with the rows.
func (p *Pane) Bindings() []keys.Binding {
	k := p.env.Keys
	if p.menu != nil {
		return p.menuBindings()
	}
	noScript := func() string { return pane.NoScript(p.src) }
	noWalk := func() string {
		switch {
		case p.walk == nil:
			return "start a walk first: w"
		case p.doing != "":
			return "a step is under way"
		}
		return ""
	}
	noRow := func() string {
		if why := p.noFixture(); why != "" {
			return why
		}
		if p.tab >= len(p.tabs) || p.tabs[p.tab].output == "" {
			return "the rows are not of an output"
		}
		if _, _, ok := p.table.Chosen(); !ok {
			return "there is no row"
		}
		return ""
	}
	idle := func() string {
		if p.doing == "" {
			return "nothing runs"
		}
		return ""
	}
	by := func(unit session.StepUnit) func() tea.Cmd { return func() tea.Cmd { return p.forward(unit) } }
	var out []keys.Binding
	if p.walk != nil {
		out = append(out,
			k.BindIf("debug.step.moment", "next moment", noWalk, by(session.ByMoment), "n"),
			k.BindIf("debug.step.row", "to the next row", noWalk, by(session.ByRow), "r"),
			k.BindIf("debug.step.watermark", "until a watermark rises", noWalk, by(session.ByWatermark), "w"),
			k.BindIf("debug.step.timer", "until time fires rows", noWalk, by(session.ByTimer), "t"),
			k.BindIf("debug.step.checkpoint", "to the next checkpoint", noWalk, by(session.ByCheckpoint), "c"),
			k.BindIf("debug.step.late", "to the next late row", noWalk, func() tea.Cmd { return p.toLate(true) }, "L"),
			k.BindIf("debug.step.back", "one moment back", noWalk, func() tea.Cmd { return p.goTo(p.walk.point.At - 1) }, "b"),
			k.BindIf("debug.step.start", "to the beginning", noWalk, func() tea.Cmd { return p.goTo(0) }, "0"),
			k.BindIf("debug.step.end", "to the end", noWalk, func() tea.Cmd { return p.toLate(false) }, "e"),
			k.BindIf("debug.step.hash", "hash of this point", noWalk, p.fingerprint, "H"),
			k.Bind("debug.walk.leave", "leave the walk", func() tea.Cmd { p.stop(); p.doing = ""; return pane.Send(pane.Busy{Name: p.name, Done: true}) }, "esc"),
		)
	}
	out = append(out,
		k.BindIf("debug.run", "run", noScript, p.run, "ctrl+r", "r"),
		k.BindIf("debug.walk", "walk through", p.noFixture, p.startWalk, "ctrl+w", "w"),
		k.BindIf("debug.stop", "stop", idle, func() tea.Cmd { p.cancel(); return nil }, "X"),
		k.Bind("debug.fixture", "choose a fixture", p.askFixture, "f"),
		k.Bind("debug.mode", "the other mode", p.otherMode, "m"),
		k.BindIf("debug.parity", "compare the modes", p.noFixture, p.parity, "p"),
		k.BindIf("debug.tests", "run the script's tests", noScript, p.tests, "T"),
		k.BindIf("debug.tap", "tap an edge", noScript, p.askTap, "a"),
		k.BindIf("debug.tap.close", "close the tap", p.noTap, p.closeTap, "A"),
		k.BindIf("debug.why", "why this row", noRow, p.whyRow, "y"),
		k.BindIf("debug.whynot", "why is there no such row", p.noFixture, p.askWhyNot, "Y"),
		k.BindIf("debug.sinks", "let a run over the sources write", func() string {
			if p.fixture != "" {
				return "over a fixture nothing is ever written"
			}
			return ""
		}, p.toggleSinks, "S"),
		k.Bind("debug.next", "next table", func() tea.Cmd { return p.switchTab(1) }, "]", "tab"),
		k.Bind("debug.previous", "table before", func() tea.Cmd { return p.switchTab(-1) }, "[", "shift+tab"),
		k.Bind("debug.view", "rows, time or moments", func() tea.Cmd { p.view = (p.view + 1) % 3; return nil }, "v"),
	)
	// What stands first has its keys; what else wants them can be reached by name.
	taken := map[string]bool{}
	out = append(out, p.table.Bindings()...)
	for i := range out {
		var free []string
		for _, key := range out[i].Keys {
			if !taken[key] {
				free = append(free, key)
				taken[key] = true
			}
		}
		if out[i].Name == "rows.copy" && len(free) == 0 {
			free = k.Keys("debug.rows.copy", "ctrl+y")
		}
		out[i].Keys = free
	}
	return out
}

func (p *Pane) menuBindings() []keys.Binding {
	k := p.env.Keys
	by := func(n int) func() tea.Cmd {
		return func() tea.Cmd { p.menu.at = max(0, min(p.menu.at+n, len(p.menu.items)-1)); return nil }
	}
	return []keys.Binding{
		k.Bind("debug.menu.take", "choose", func() tea.Cmd { m := p.menu; p.menu = nil; return m.take(m.at) }, "enter"),
		k.Bind("debug.menu.up", "up", by(-1), "up", "k"),
		k.Bind("debug.menu.down", "down", by(1), "down", "j"),
		k.Bind("debug.menu.close", "leave it", func() tea.Cmd { p.menu = nil; return nil }, "esc", "q"),
	}
}

func (p *Pane) otherMode() tea.Cmd {
	p.mode = map[session.Mode]session.Mode{session.Stream: session.Batch, session.Batch: session.Stream}[p.mode]
	return pane.Send(pane.ModeAsked{Mode: p.mode})
}

func (p *Pane) toggleSinks() tea.Cmd {
	p.sinks = !p.sinks
	if p.sinks {
		return pane.Send(pane.Toast{Level: pane.Warn, Text: "the next run over the sources WRITES its tables; S mutes them again"})
	}
	return pane.Send(pane.Toast{Level: pane.Info, Text: "sinks are muted"})
}
