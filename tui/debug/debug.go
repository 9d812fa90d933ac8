// Package debug is the Debug screen: a script is run in either mode, over a fixture or over
// its sources with what it writes muted; the changelog and the folded rows of every output,
// what passes an edge, how far event time is and who holds it, which rows made a row, where
// the modes part and what tests say are looked at; and a run is walked through moment by
// moment, forwards and back.
package debug

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/topology"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/rows"
)

// Pane is the Debug screen.
type Pane struct {
	env           *pane.Env
	name          string // of what it has going on: "debug"
	panel         bool   // it stands beside the script
	width, height int
	focused       bool

	src      diag.Source
	mode     session.Mode
	fixture  string // "" = the declared sources
	sinks    bool   // a run over the sources writes its tables
	operator string // that was chosen elsewhere, by name

	number  int64 // of what was asked for last
	doing   string
	cancel  context.CancelFunc
	began   bool // something was run
	summary string
	failed  string // why there is nothing to see; "" = nothing went wrong
	hint    string

	tabs  []tab
	tab   int
	table *rows.Table
	said  []string // lines below the rows: what was found out

	live *liveRun
	walk *walk
	runs []pane.RunBegan // that went on when they were heard of
	taps []*liveTap      // that are open
	view part            // what is seen where there is room for one part only

	prompt *prompt
	menu   *menu
}

// part is a part of the screen.
type part uint8

const (
	results part = iota
	times
	moments
)

// tab is one table of rows: an output's changelog, its final rows, a tap …
type tab struct {
	title   string
	output  string // whose rows they are; "" = of none
	final   bool   // folded
	columns []result.Column
	kinds   bool
	src     rows.Source
	tap     *liveTap // whose rows they are; nil = of none on a run that goes on
}

// prompt is something that is being typed.
type prompt struct {
	label string
	line  pane.Line
	take  func(text string) tea.Cmd
}

// menu are things to choose from.
type menu struct {
	title string
	items []string
	at    int
	take  func(i int) tea.Cmd
}

var _ pane.Pane = (*Pane)(nil)
var _ pane.Taker = (*Pane)(nil)
var _ pane.Stated = (*Pane)(nil)
var _ pane.Linear = (*Pane)(nil)
var _ pane.Closer = (*Pane)(nil)

// New makes the screen.
func New(env *pane.Env) *Pane {
	return &Pane{env: env, name: "debug", mode: session.Stream, table: rows.New(env)}
}

// NewPanel makes the screen as a panel beside the script: it shows what was run there, a statement
// perhaps, until something else is.
func NewPanel(env *pane.Env) *Pane {
	p := New(env)
	p.name, p.panel = "results", true
	return p
}

// asked counts what was asked for, by any of the screens: answers go to all of them.
var asked atomic.Int64

// SetSize gives the screen its room.
func (p *Pane) SetSize(width, height int) { p.width, p.height = width, height; p.place() }

// Focus marks the screen as the one that gets keys.
func (p *Pane) Focus() { p.focused = true; p.table.Focus() }

// Blur ends that.
func (p *Pane) Blur() { p.focused = false; p.prompt = nil; p.table.Blur() }

// Status says what is run and how it went.
func (p *Pane) Status() string {
	parts := []string{p.over()}
	if p.doing != "" {
		parts = append(parts, pane.Clean(p.doing))
	} else if p.summary != "" {
		parts = append(parts, pane.Clean(p.summary))
	}
	return strings.Join(parts, " "+p.env.Styles.Glyphs.Bullet+" ")
}

// over says in which mode and over what things are run.
func (p *Pane) over() string {
	switch {
	case p.fixture != "":
		return fmt.Sprintf("%s, fixture %s", p.mode, pane.Clean(p.fixture))
	case p.sinks:
		return fmt.Sprintf("%s, sources, SINKS WRITE", p.mode)
	}
	return fmt.Sprintf("%s, sources, sinks muted", p.mode)
}

// Close ends what runs.
func (p *Pane) Close() error {
	p.closeTaps()
	p.stop()
	return nil
}

// stop ends what runs and what is walked through.
func (p *Pane) stop() {
	if p.cancel != nil {
		p.cancel()
		p.cancel = nil
	}
	if p.walk != nil {
		p.walk.close()
		p.walk = nil
	}
	p.live = nil
}

// begin notes that something is asked for: what was asked for before is ended.
func (p *Pane) begin(doing string) (ctx context.Context, number int64, busy tea.Cmd) {
	p.stop()
	return p.beside(doing)
}

// beside is begin for what leaves a walk and its rows as they are.
func (p *Pane) beside(doing string) (ctx context.Context, number int64, busy tea.Cmd) {
	if p.cancel != nil && p.doing != "" { // what has ended may have left something that its context keeps alive
		p.cancel()
	}
	p.number = asked.Add(1)
	p.began, p.doing, p.failed, p.hint = true, doing, "", ""
	ctx, p.cancel = context.WithCancel(context.Background())
	return ctx, p.number, pane.Send(pane.Busy{Name: p.name, Text: doing + " " + base(p.src.Name), Cancel: p.cancel})
}

// ended notes that something came to its end, well or not.
func (p *Pane) ended(err error) tea.Cmd {
	p.doing = ""
	if err != nil {
		p.failed, p.hint = explain(err)
	}
	return pane.Send(pane.Busy{Name: p.name, Done: true})
}

// explain is an error for the screen: what is wrong, and what helps.
func explain(err error) (primary, hint string) {
	var list diag.List
	if errors.As(err, &list) {
		for _, d := range list {
			if d.Severity == diag.Error {
				return d.Primary, d.Hint
			}
		}
	}
	var d *diag.Diagnostic
	if errors.As(err, &d) {
		return d.Primary, d.Hint
	}
	if errors.Is(err, context.Canceled) {
		return "stopped", ""
	}
	return err.Error(), ""
}

// Update takes a message.
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case pane.PlanReady:
		if p.src.Name != msg.Source.Name {
			p.forget()
		}
		p.mode = msg.Mode
		p.follow(msg.Source)
	case pane.SQLChanged:
		if p.src.Name != msg.Source.Name {
			p.forget()
		}
		p.follow(msg.Source)
	case pane.ModeChanged:
		p.mode = msg.Mode
	case pane.FixtureChanged:
		p.fixture = msg.Name
	case pane.OperatorChosen:
		return p.chosen(msg.UID)
	case chosenMsg:
		p.operator = string(msg)
	case pane.RunAsked:
		p.src, p.mode, p.fixture, p.sinks = msg.Source, msg.Mode, msg.Fixture, msg.Sinks
		return p.run()
	case fixturesMsg:
		if msg.of != p {
			return nil
		}
		return p.choseFixture(msg)
	case rehearsedMsg:
		return p.rehearsed(msg)
	case startedMsg:
		return p.started(msg)
	case overMsg:
		return p.liveOver(msg)
	case walkedMsg:
		return p.walked(msg)
	case tapMsg:
		return p.tapped(msg)
	case pane.RunBegan:
		p.runs = append(p.runs, msg)
	case pane.TapAsked:
		return p.tapAsked(msg.Edge)
	case openedMsg:
		if msg.of == p {
			return p.opened(msg)
		}
	case closedMsg:
		if msg.of == p {
			return p.closedTap(msg)
		}
	case whyMsg:
		return p.explained(msg)
	case parityMsg:
		return p.compared(msg)
	case testsMsg:
		return p.tested(msg)
	case pane.Tick:
		if p.live != nil {
			p.summary = p.live.run.Progress().Line()
		}
		return tea.Batch(p.measured(msg.Now), p.table.Update(msg))
	case tea.KeyMsg:
		return p.typed(msg)
	case tea.MouseMsg:
		return p.mouse(msg)
	default:
		return p.table.Update(msg)
	}
	return nil
}

// forget drops what was run, of a script that is no longer looked at.
func (p *Pane) forget() {
	p.closeTaps()
	p.stop()
	p.tabs, p.said, p.failed, p.summary, p.began, p.doing = nil, nil, "", "", false, ""
	p.table.Show("", nil, false, rows.List{})
}

// follow takes the script as it is now; a panel stays with what was run.
func (p *Pane) follow(src diag.Source) {
	if !p.panel || !p.began {
		p.src = src
	}
}

// chosenMsg is the name of the operator that was chosen elsewhere.
type chosenMsg string

// chosen finds the name of an operator, for taps.
func (p *Pane) chosen(uid string) tea.Cmd {
	src, mode := p.src, p.mode
	if uid == "" || src.Text == "" || p.panel {
		return nil
	}
	return p.env.Project.Plan(func(s *session.Session) tea.Msg {
		plan, _ := s.Plan(src, mode)
		if plan == nil || plan.Graph == nil {
			return nil
		}
		if n, err := plan.Graph.Find(uid); err == nil {
			return chosenMsg(n.Name)
		}
		return nil
	})
}

// showTabs shows tables of rows, the one with the title of the present one if there is one.
func (p *Pane) showTabs(tabs []tab) tea.Cmd {
	tabs = p.withTaps(tabs)
	at, first := -1, -1
	for i := range tabs {
		if p.tab < len(p.tabs) && tabs[i].title == p.tabs[p.tab].title {
			at = i
		}
		if first < 0 && tabs[i].src.Len() > 0 {
			first = i
		}
	}
	if at < 0 || len(p.tabs) == 0 { // what has rows is what one wants to see
		at = max(0, first)
	}
	p.tabs, p.tab = tabs, at
	return p.showTab()
}

// addTab shows one more table.
func (p *Pane) addTab(t tab) tea.Cmd {
	for i := range p.tabs {
		if p.tabs[i].title == t.title {
			p.tabs[i], p.tab = t, i
			return p.showTab()
		}
	}
	p.tabs = append(p.tabs, t)
	p.tab = len(p.tabs) - 1
	return p.showTab()
}

func (p *Pane) showTab() tea.Cmd {
	p.place()
	if p.tab >= len(p.tabs) {
		return p.table.Show("", nil, false, rows.List{})
	}
	t := p.tabs[p.tab]
	return p.table.Show(t.title, t.columns, t.kinds, t.src)
}

func (p *Pane) switchTab(by int) tea.Cmd {
	if len(p.tabs) == 0 {
		return nil
	}
	p.tab = (p.tab + by + len(p.tabs)) % len(p.tabs)
	return p.showTab()
}

// typed takes a key into the prompt, or gives it to the table.
func (p *Pane) typed(k tea.KeyMsg) tea.Cmd {
	if p.prompt == nil {
		return p.table.Update(k)
	}
	switch k.String() {
	case "esc", "ctrl+c":
		p.prompt = nil
	case "enter":
		take, text := p.prompt.take, strings.TrimSpace(p.prompt.line.Text())
		p.prompt = nil
		return take(text)
	default:
		p.prompt.line.Update(k)
	}
	return nil
}

// Takes reports whether a key goes into something that is typed.
func (p *Pane) Takes(k tea.KeyMsg) bool { return p.prompt != nil || p.table.Takes(k) }

func (p *Pane) mouse(m tea.MouseMsg) tea.Cmd {
	if p.env.Splits.Mouse(m, p.borders()...) {
		return nil
	}
	lay := p.layout()
	if m.X < lay.resultsW && m.Y < lay.topH {
		m.X, m.Y = m.X-1, m.Y-2
		return p.table.Update(m)
	}
	return nil
}

// base is the name of a file without its folders.
func base(path string) string {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		path = path[i+1:]
	}
	return pane.Clean(path)
}

// columnsOf are the columns of an output.
func outputTabs(plan *session.Plan, captured map[string]*session.Captured) ([]tab, error) {
	var tabs []tab
	for _, o := range plan.Outputs {
		c := captured[o.Name]
		if c == nil {
			continue
		}
		for _, final := range []bool{false, true} {
			if plan.Mode == topology.Batch && !final {
				continue // a batch gives final rows
			}
			kept, err := c.Kept(plan, final)
			if err != nil {
				return nil, err
			}
			title := o.Name
			if final && plan.Mode == session.Stream {
				title += " folded"
			}
			tabs = append(tabs, tab{title: title, output: o.Name, final: final, columns: kept.Columns(), kinds: !final && plan.Mode == session.Stream, src: kept})
		}
	}
	return tabs, nil
}
