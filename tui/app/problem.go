package app

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/pane"
)

// problems is the list of what is wrong: with the script, and with the last tests.
type problems struct {
	m       *Model
	w, h    int
	focused bool
	ready   pane.PlanReady
	at      int
	first   int
}

// trouble is one line of the list.
type trouble struct {
	sign, text string
	bad        bool
	run        func() tea.Cmd
}

func newProblems(m *Model) *problems { return &problems{m: m} }

// Update implements pane.Pane.
func (p *problems) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case pane.PlanReady:
		p.ready = msg
		p.at = max(0, min(p.at, len(p.all())-1))
	case tea.MouseMsg:
		switch {
		case msg.Button == tea.MouseButtonWheelUp:
			p.move(-1)
		case msg.Button == tea.MouseButtonWheelDown:
			p.move(1)
		case msg.Button == tea.MouseButtonLeft && msg.Action == tea.MouseActionPress && msg.Y >= 1:
			if i := p.first + msg.Y - 1; i < len(p.all()) {
				p.at = i
				return p.choose()
			}
		}
	}
	return nil
}

// all gathers the lines.
func (p *problems) all() []trouble {
	var out []trouble
	for _, d := range p.ready.Problems {
		src := p.ready.Source
		if d.Source != nil {
			src = *d.Source
		}
		where, line, col := src.Name, 0, 0
		if d.File != "" {
			where, line = d.File, d.Line
		} else {
			line, col = src.Position(d.Span.Start)
		}
		sign := map[diag.Severity]string{diag.Error: "E", diag.Warning: "W", diag.Note: "N"}[d.Severity]
		text := fmt.Sprintf("%s:%d  %s %s", where, line, d.Code, d.Primary)
		if d.Hint != "" {
			text += " " + p.m.env.Styles.Glyphs.Bullet + " " + d.Hint
		}
		file := where
		out = append(out, trouble{sign, text, d.Severity == diag.Error, func() tea.Cmd {
			if file == p.m.work.editor.Doc().Source().Name {
				p.m.work.show(partEditor)
				p.m.work.editor.Go(line, col)
				return nil
			}
			return func() tea.Msg { return pane.OpenAsked{File: file, Line: line, Column: col} }
		}})
	}
	for _, r := range p.m.tests.failed() {
		out = append(out, trouble{p.m.env.Styles.Glyphs.Cross, r.text, true, r.open})
	}
	return out
}

// SetSize implements pane.Pane.
func (p *problems) SetSize(w, h int) { p.w, p.h = w, h }

// Focus implements pane.Pane.
func (p *problems) Focus() { p.focused = true }

// Blur implements pane.Pane.
func (p *problems) Blur() { p.focused = false }

func (p *problems) move(by int) { p.at = max(0, min(p.at+by, len(p.all())-1)) }

func (p *problems) choose() tea.Cmd {
	if all := p.all(); p.at < len(all) && all[p.at].run != nil {
		return all[p.at].run()
	}
	return nil
}

// Bindings implements pane.Pane.
func (p *problems) Bindings() []keys.Binding {
	k := p.m.env.Keys
	none := func() string {
		if len(p.all()) == 0 {
			return "there is no problem"
		}
		return ""
	}
	return []keys.Binding{
		k.BindIf("problems.open", "go to it", none, p.choose, "enter"),
		k.BindIf("problems.copy", "copy it", none, func() tea.Cmd {
			text := p.all()[p.at].text
			return func() tea.Msg { return pane.CopyAsked{Text: text, What: "the problem"} }
		}, "y"),
		k.BindIf("problems.up", "up", none, func() tea.Cmd { p.move(-1); return nil }, "up", "k"),
		k.BindIf("problems.down", "down", none, func() tea.Cmd { p.move(1); return nil }, "down", "j"),
	}
}

// View implements pane.Pane.
func (p *problems) View() string {
	st := p.m.env.Styles
	w, h := pane.Inside(p.w, p.h)
	all := p.all()
	p.first = pane.Scroll(min(p.first, max(0, len(all)-h)), p.at, h)
	var lines []string
	for i := p.first; i < min(len(all), p.first+h); i++ {
		t := all[i]
		style := st.Warning
		if t.bad {
			style = st.Error
		}
		text := pane.Fit(st, pane.Clean(t.text), max(0, w-4))
		line := " " + style.Render(t.sign) + " " + text
		if p.focused && i == p.at {
			line = st.Chosen.Render(pane.Fit(st, " "+t.sign+" "+text, w))
		}
		lines = append(lines, line)
	}
	if len(all) == 0 {
		text := "no problems"
		if p.ready.Mode == "" {
			text = ""
		}
		lines = append(lines, " "+st.Faint.Render(text))
	}
	note := p.m.tests.summary(st)
	return pane.Frame{Title: "Problems", Note: note, Focused: p.focused, Width: p.w, Height: p.h}.Draw(st, strings.Join(lines, "\n"))
}

// Lines implements pane.Linear.
func (p *problems) Lines() []string {
	out := []string{fmt.Sprintf("%d problems", len(p.all()))}
	for _, t := range p.all() {
		out = append(out, "  "+t.sign+" "+pane.Clean(t.text))
	}
	return out
}
