package debug

import (
	"fmt"
	"path/filepath"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/rows"
)

// parityMsg answers a comparison of the modes.
type parityMsg struct {
	number int64
	parity *session.Parity
	tabs   []tab
	err    error
}

// parity compares what the script gives in both modes over the fixture.
func (p *Pane) parity() tea.Cmd {
	ctx, number, busy := p.beside("comparing the modes of")
	src, fixture := p.src, p.fixture
	return tea.Sequence(busy, p.env.Project.Alone(func(s *session.Session) tea.Msg {
		msg := parityMsg{number: number}
		set, err := s.Fixture(fixture)
		if err == nil {
			msg.parity, err = s.Parity(ctx, src, set)
		}
		if msg.err = err; err != nil {
			return msg
		}
		for _, o := range msg.parity.Outputs {
			if len(o.Rows) > 0 {
				columns, list := session.RowDiff(o.Columns, o.Rows, "stream", "batch")
				msg.tabs = append(msg.tabs, tab{title: "parity " + o.Name, columns: columns, src: rows.List(list)})
			}
		}
		if f := msg.parity.First; f != nil && len(f.Rows) > 0 {
			columns, list := session.RowDiff(f.Columns, f.Rows, "stream", "batch")
			msg.tabs = append(msg.tabs, tab{title: "parity at " + f.Name, columns: columns, src: rows.List(list)})
		}
		return msg
	}))
}

func (p *Pane) compared(msg parityMsg) tea.Cmd {
	if msg.number != p.number {
		return nil
	}
	done := p.ended(msg.err)
	if msg.err != nil {
		return done
	}
	g := p.env.Styles.Glyphs
	r := msg.parity
	switch {
	case r.Mode != "":
		p.said = []string{fmt.Sprintf("%s parity over %s: the script does not run as a %s", g.Cross, r.Fixture, r.Mode)}
		for _, d := range r.List {
			p.said = append(p.said, "  "+d.Primary)
		}
	case r.Equal():
		p.said = []string{fmt.Sprintf("%s parity over %s: both modes give the same", g.Check, r.Fixture)}
		for _, o := range r.Outputs {
			p.said = append(p.said, fmt.Sprintf("  %s  %d rows", o.Name, o.Stream))
		}
		return done
	default:
		p.said = nil
		for _, o := range r.Outputs {
			mark := g.Check
			if len(o.Rows) > 0 {
				mark = g.Cross
			}
			p.said = append(p.said, fmt.Sprintf("%s parity %s  stream %d rows, batch %d rows, %d differ", mark, o.Name, o.Stream, o.Batch, len(o.Rows)))
		}
	}
	if f := r.First; f != nil {
		p.said = append(p.said, fmt.Sprintf("first differing operator: %s (line %d): %s", f.Name, f.Line, f.Class), "reason: "+f.Reason)
		if f.Hint != "" {
			p.said = append(p.said, "hint: "+f.Hint)
		}
	}
	cmds := []tea.Cmd{done}
	for _, t := range msg.tabs {
		cmds = append(cmds, p.addTab(t))
	}
	if len(msg.tabs) > 0 { // the first is what one wants to see
		p.tab = len(p.tabs) - len(msg.tabs)
		cmds = append(cmds, p.showTab())
	}
	return tea.Batch(cmds...)
}

// testsMsg answers a run of tests.
type testsMsg struct {
	number int64
	said   []string
	tabs   []tab
	err    error
}

// tests carries out the tests of the script, in both modes.
func (p *Pane) tests() tea.Cmd {
	ctx, number, busy := p.beside("testing")
	src, st := p.src, p.env.Styles
	script := p.env.Project.Path(src.Name)
	return tea.Sequence(busy, p.env.Project.Alone(func(s *session.Session) tea.Msg {
		msg := testsMsg{number: number}
		all, err := s.Tests(nil)
		if all == nil && err != nil {
			msg.err = err
			return msg
		}
		if err != nil {
			msg.said = append(msg.said, "! "+err.Error())
		}
		passed, failed := 0, 0
		var failures []string
		for _, t := range all {
			if t.Script == "" || !sameFile(filepath.Join(s.Project.Dir, t.Script), script) {
				continue
			}
			modes, err := session.ParseModes(t.Mode)
			if err != nil {
				msg.err = err
				return msg
			}
			if len(modes) == 0 {
				modes = []session.Mode{session.Stream, session.Batch}
			}
			for _, mode := range modes {
				if ctx.Err() != nil {
					msg.err = ctx.Err()
					return msg
				}
				r := s.Test(ctx, t, mode)
				if len(r.Failures) == 0 {
					passed++
					continue
				}
				failed++
				for _, f := range r.Failures {
					failures = append(failures, fmt.Sprintf("%s %s as a %s: %s %s: %s", st.Glyphs.Cross, t.Name, mode, f.Class, f.Output, f.Primary))
					if f.Hint != "" {
						failures = append(failures, "  hint: "+f.Hint)
					}
					if len(f.Diffs) > 0 {
						columns, list := session.RowDiff(f.Columns, f.Diffs, "expected", "actual")
						msg.tabs = append(msg.tabs, tab{title: fmt.Sprintf("%s %s %s", t.Name, f.Output, mode), columns: columns, src: rows.List(list)})
					}
				}
			}
		}
		msg.said = append(msg.said, fmt.Sprintf("tests of %s: %d passed, %d failed", base(src.Name), passed, failed))
		msg.said = append(msg.said, failures...)
		return msg
	}))
}

func sameFile(a, b string) bool {
	x, errX := filepath.Abs(a)
	y, errY := filepath.Abs(b)
	return errX == nil && errY == nil && x == y
}

func (p *Pane) tested(msg testsMsg) tea.Cmd {
	if msg.number != p.number {
		return nil
	}
	cmds := []tea.Cmd{p.ended(msg.err)}
	if msg.err != nil {
		return cmds[0]
	}
	p.said = msg.said
	for _, t := range msg.tabs {
		cmds = append(cmds, p.addTab(t))
	}
	return tea.Batch(cmds...)
}

// noFixture says what needs one.
func (p *Pane) noFixture() string {
	switch {
	case p.src.Text == "":
		return "there is no script"
	case p.fixture == "":
		return "choose a fixture first: f"
	}
	return ""
}
