package graph

import (
	"context"
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/topology"
	"github.com/weir-sql/weir/tui/pane"
)

// below is what lies below the graph: lines that were made for it, coloured by what they
// begin with.
type below struct {
	title string
	lines []string
	top   int
}

// comparison is the graph held against one of a git revision.
type comparison struct {
	base    string
	verdict string
	marks   map[string]rune // by operator
}

// comparedMsg answers a comparison.
type comparedMsg struct {
	of    *step
	base  string
	diff  *topology.GraphDiff
	state []topology.StateVerdict
	err   error
}

func (p *Pane) askRevision() tea.Cmd {
	p.prompt = &prompt{label: "diff against revision", take: func(text string) (tea.Cmd, error) {
		if text = strings.TrimSpace(text); text == "" {
			return nil, fmt.Errorf("a branch, a tag or a commit")
		}
		p.base = text
		return p.against(text), nil
	}}
	p.prompt.line.Set(p.base)
	return nil
}

// against compares with the script and overlay of a revision.
func (p *Pane) against(base string) tea.Cmd {
	of, src, mode := p.now(), p.src, p.mode
	project := p.env.Project
	return p.env.Project.Alone(func(s *session.Session) tea.Msg {
		msg := comparedMsg{of: of, base: base}
		before, err := modelAt(s, project.Dir, base, project.Path(src.Name), mode)
		if err != nil {
			msg.err = err
			return msg
		}
		msg.diff = topology.DiffModels(before, of.model).Material()
		msg.state = topology.JudgeState(before, of.model)
		return msg
	})
}

// modelAt plans a script as it was in a revision; nil if it was not there or had no graph.
func modelAt(s *session.Session, dir, base, script string, mode session.Mode) (*topology.Model, error) {
	rev, err := session.OpenRevision(context.Background(), dir, base)
	if err != nil {
		return nil, err
	}
	at, err := s.At(rev, dir)
	if err != nil {
		return nil, err
	}
	if !at.Has(script) {
		return &topology.Model{}, nil
	}
	src, err := at.Script(script)
	if err != nil {
		return nil, err
	}
	src.Name = script
	plan, list := at.Plan(src, mode)
	if list.HasErrors() {
		return nil, fmt.Errorf("it did not plan in %s: %w", base, list.Err())
	}
	if plan.Graph == nil {
		return &topology.Model{}, nil
	}
	return topology.NewModel(plan.Graph)
}

func (p *Pane) compared(msg comparedMsg) tea.Cmd {
	if msg.err != nil {
		return pane.Send(pane.Toast{Level: pane.Fail, Text: "no diff against " + msg.base + ": " + oneLine(msg.err)})
	}
	if msg.of != p.now() {
		return nil
	}
	c := &comparison{base: msg.base, marks: map[string]rune{}}
	for _, o := range msg.diff.Operators() {
		switch o.Change {
		case topology.Added:
			c.marks[o.Name] = '+'
		case topology.Changed:
			c.marks[o.Name] = '~'
		}
	}
	counts := map[topology.Verdict]int{}
	lines := strings.Split(strings.TrimRight(topology.RenderDiffText(msg.diff, topology.Options{Width: p.width - 4, ASCII: p.env.Styles.Look.ASCII}), "\n"), "\n")
	if len(msg.state) > 0 {
		lines = append(lines, "", "state")
	}
	for _, v := range msg.state {
		counts[v.Verdict]++
		lines = append(lines, fmt.Sprintf("  %-15s %s  %s", v.Verdict, v.Name, v.Reason.Plain()))
	}
	var parts []string
	for _, v := range topology.Verdicts {
		if counts[v] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", v, counts[v]))
		}
	}
	c.verdict = "vs " + msg.base + ": no state"
	if len(parts) > 0 {
		c.verdict = "vs " + msg.base + ": state " + strings.Join(parts, ", ")
	}
	p.compare = c
	p.below = &below{title: "diff against " + msg.base, lines: lines}
	return nil
}

func (p *Pane) showOverlay() tea.Cmd {
	lines := p.overlayDiff()
	if !p.dirty() {
		lines = append([]string{"  nothing to save"}, lines...)
	}
	p.below = &below{title: "overlay " + p.now().top.Path(), lines: lines}
	return nil
}

// triedMsg answers a what-if.
type triedMsg struct {
	of   *step
	w    *session.WhatIf
	list diag.List
	err  error
}

// What-if runs each side so often, over so many rows of what has no end.
const (
	whatifRuns = 3
	whatifRows = 100_000
)

// tryEdits measures the script as it is saved and as it is edited, by turns.
func (p *Pane) tryEdits() tea.Cmd {
	ctx, cancel := context.WithCancel(context.Background())
	of, src, mode, fixture := p.now(), p.src, p.mode, p.fixture
	p.trying = true
	p.below = &below{title: "what-if", lines: []string{fmt.Sprintf("  %d runs of each side; ctrl+c ends them", whatifRuns)}}
	measure := p.env.Project.Alone(func(s *session.Session) tea.Msg {
		defer cancel()
		if fixture != "" {
			set, err := s.Fixture(fixture)
			if err == nil {
				var rows map[string]*session.Given
				if rows, err = session.GivenBy(set); err == nil {
					s.Give(rows)
				}
			}
			if err != nil {
				return triedMsg{of: of, err: err}
			}
		}
		w, list, err := s.WhatIf(ctx, src, mode, session.WhatIfOptions{Runs: whatifRuns, Rows: whatifRows, Overlay: of.top.Overlay})
		if err == nil {
			err = list.Err()
		}
		return triedMsg{of: of, w: w, list: list, err: err}
	})
	return tea.Sequence(pane.Send(pane.Busy{Name: "what-if", Text: "what-if: measuring " + src.Name, Cancel: cancel}), measure)
}

func (p *Pane) tried(msg triedMsg) tea.Cmd {
	p.trying = false
	done := pane.Send(pane.Busy{Name: "what-if", Done: true})
	if msg.err != nil || msg.w == nil {
		p.below = &below{title: "what-if", lines: []string{"  it could not be measured"}}
		return tea.Batch(done, pane.Send(pane.Toast{Level: pane.Fail, Text: "what-if: " + oneLine(msg.err)}))
	}
	p.below = &below{title: "what-if" + p.overFixture(), lines: strings.Split(strings.TrimRight(msg.w.Text(), "\n"), "\n")}
	return done
}

func (p *Pane) overFixture() string {
	if p.fixture == "" {
		return ""
	}
	return " over fixture " + p.fixture
}

func oneLine(err error) string {
	if err == nil {
		return "stopped"
	}
	return strings.ReplaceAll(err.Error(), "\n", " ")
}
