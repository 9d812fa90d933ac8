// Package graph is the Topology screen: one moves through the graph of the script, sees how
// each operator is set and why, and sets it otherwise. Edits are judged at once, can be
// undone, and are saved to the overlay beside the script.
package graph

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/topology"
	"github.com/weir-sql/weir/tui/pane"
)

// Pane is the Topology screen.
type Pane struct {
	env           *pane.Env
	width, height int
	focused       bool
	inspecting    bool // keys go to the inspector
	forceTree     bool

	src     diag.Source
	mode    session.Mode
	fixture string
	asked   *atomic.Int64 // number of the topology that was asked for last

	opened   string  // text of the overlay on disk when it was opened
	history  []*step // what was edited, the topology as it was opened first
	at       int     // in history
	problems diag.List
	broken   string // why there is no graph; "" = there is one
	pending  []edit // edits that wait for the one before

	chosen string // name of an operator
	drawn  drawn
	x, y   int // of the part in sight

	field  int // in the inspector
	menu   *menu
	prompt *prompt
	find   string

	below   *below // what lies below the graph; nil = nothing
	compare *comparison
	trying  bool // a what-if is under way
	base    string
	figures figures
	taps    map[string]int // rows that taps have seen, by operator
}

// step is one state of the topology.
type step struct {
	top      *session.Topology
	model    *topology.Model
	settings map[string]topology.Setting
	order    []string // operators after their inputs
	what     string   // what was edited, in words
	list     diag.List
	follows  []topology.Follow
}

var _ pane.Pane = (*Pane)(nil)
var _ pane.Taker = (*Pane)(nil)
var _ pane.Stated = (*Pane)(nil)
var _ pane.Titled = (*Pane)(nil)
var _ pane.Linear = (*Pane)(nil)

// New makes the screen, which shows the graph of a script once it was planned.
func New(env *pane.Env) *Pane {
	return &Pane{env: env, asked: &atomic.Int64{}, base: "HEAD", figures: newFigures(), broken: "no script has been planned yet"}
}

// now is the state that is shown; nil = none.
func (p *Pane) now() *step {
	if len(p.history) == 0 {
		return nil
	}
	return p.history[p.at]
}

// dirty reports whether there are edits that are not saved.
func (p *Pane) dirty() bool {
	n := p.now()
	return n != nil && n.top.Overlay.Source.Text != p.opened
}

// setting is how the chosen operator is set.
func (p *Pane) setting() (topology.Setting, bool) {
	n := p.now()
	if n == nil {
		return topology.Setting{}, false
	}
	s, ok := n.settings[p.chosen]
	return s, ok
}

// node is the chosen operator.
func (p *Pane) node() *topology.Node {
	s, ok := p.setting()
	if !ok {
		return nil
	}
	return p.now().top.Graph.Node(s.ID)
}

// SetSize gives the screen its room.
func (p *Pane) SetSize(width, height int) { p.width, p.height = width, height }

// Focus marks the screen as the one that gets keys.
func (p *Pane) Focus() { p.focused = true }

// Blur ends that.
func (p *Pane) Blur() { p.focused = false; p.prompt = nil }

// Title is the overlay's name, with a mark if there are edits to save.
func (p *Pane) Title() string {
	n := p.now()
	if n == nil {
		return "Topology"
	}
	name := n.top.Path()
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name = name[i+1:]
	}
	if p.dirty() {
		name += " " + p.env.Styles.Glyphs.Dot
	}
	return pane.Clean(name)
}

// Status says where one is and what is unsaved.
func (p *Pane) Status() string {
	n := p.now()
	if n == nil {
		return pane.Clean(p.broken)
	}
	parts := []string{"op " + pane.Clean(p.chosen)}
	if p.dirty() {
		parts = append(parts, fmt.Sprintf("%d unsaved", max(1, p.at)))
	}
	if p.compare != nil {
		parts = append(parts, p.compare.verdict)
	}
	if p.trying {
		parts = append(parts, "what-if is running")
	}
	return strings.Join(parts, " "+p.env.Styles.Glyphs.Bullet+" ")
}

// openedMsg is the topology of a script, opened anew.
type openedMsg struct {
	number  int64
	step    *step
	opened  string
	draft   string // the text of the edits that it was opened with; "" = none
	list    diag.List
	dropped diag.List // why edits that were not saved do not fit any more
	kept    bool      // … or they do
}

// open opens the topology of the script at hand; edits that are not saved are made again.
func (p *Pane) open() tea.Cmd {
	number := p.asked.Add(1)
	src, mode, asked := p.src, p.mode, p.asked
	var draft *topology.Overlay
	if p.dirty() {
		draft = p.now().top.Overlay
	}
	return p.env.Project.Plan(func(s *session.Session) tea.Msg {
		if asked.Load() != number {
			return nil // overtaken
		}
		return openTopology(s, src, mode, draft, number)
	})
}

func openTopology(s *session.Session, src diag.Source, mode session.Mode, draft *topology.Overlay, number int64) tea.Msg {
	top, list := s.Topology(src, mode)
	if top == nil {
		return openedMsg{number: number, list: list}
	}
	msg := openedMsg{number: number, opened: top.Overlay.Source.Text, list: list}
	if draft != nil {
		msg.draft = draft.Source.Text
	}
	list = append(list, top.Problems...)
	list = append(list, top.JudgeBoth()...)
	what := ""
	if draft != nil && draft.Source.Text != msg.opened {
		if c, problems := top.Merge(draft); c != nil {
			top, what, msg.kept = top.With(c), "edits made before", true
		} else {
			msg.dropped = problems
		}
	}
	step, err := newStep(top, what, list, nil)
	if err != nil {
		msg.list = append(list, &diag.Diagnostic{Severity: diag.Error, Primary: err.Error()})
		return msg
	}
	msg.step = step
	return msg
}

// newStep looks at a topology.
func newStep(top *session.Topology, what string, list diag.List, follows []topology.Follow) (*step, error) {
	model, err := topology.NewModel(top.Graph)
	if err != nil {
		return nil, err
	}
	settings, err := top.Graph.Settings(top.Planned)
	if err != nil {
		return nil, err
	}
	s := &step{top: top, model: model, settings: map[string]topology.Setting{}, what: what, list: list, follows: follows}
	for _, set := range settings {
		s.settings[set.Name] = set
		s.order = append(s.order, set.Name)
	}
	return s, nil
}

// Update takes a message.
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case pane.PlanReady:
		return p.planned(msg)
	case openedMsg:
		return p.show(msg)
	case editedMsg:
		return p.edited(msg)
	case savedMsg:
		return p.saved(msg)
	case comparedMsg:
		return p.compared(msg)
	case triedMsg:
		return p.tried(msg)
	case pane.OperatorChosen:
		p.choose(p.named(msg.UID))
	case pane.SpanChosen:
		p.choose(p.spanning(msg.Span))
	case pane.FixtureChanged:
		p.fixture = msg.Name
	case pane.RunMeasured:
		p.figures.add(msg)
	case pane.TapsChanged:
		p.taps = msg.Rows
	case tea.KeyMsg:
		return p.typed(msg)
	case tea.MouseMsg:
		return p.mouse(msg)
	}
	return nil
}

// planned takes a script that was planned.
func (p *Pane) planned(msg pane.PlanReady) tea.Cmd {
	same := p.src == msg.Source && p.mode == msg.Mode
	if p.src.Name != msg.Source.Name {
		p.history, p.at, p.opened, p.compare, p.below, p.pending = nil, 0, "", nil, nil, nil
		p.figures = newFigures()
	}
	p.src, p.mode = msg.Source, msg.Mode
	if msg.Plan == nil && p.now() != nil && len(msg.Problems) > 0 {
		p.problems = msg.Problems
		return nil // the last graph stays; the editor says what is wrong
	}
	if same && p.now() != nil && p.broken == "" && msg.Plan != nil && overlayText(msg.Plan) == p.opened {
		return nil // what was edited, and can be undone, stays
	}
	return p.open()
}

func overlayText(plan *session.Plan) string {
	if plan.Overlay == nil {
		return ""
	}
	return plan.Overlay.Source.Text
}

func (p *Pane) show(msg openedMsg) tea.Cmd {
	if msg.number != p.asked.Load() {
		return nil
	}
	if p.dirty() && msg.step != nil && msg.draft != p.now().top.Overlay.Source.Text {
		return p.open() // what was edited meanwhile is to be in it
	}
	p.problems = msg.list
	if msg.step == nil {
		p.broken = "the script has no graph"
		if len(msg.list) > 0 {
			p.broken = msg.list[0].Primary
		}
		p.history, p.at = nil, 0
		return nil
	}
	p.broken, p.opened = "", msg.opened
	p.history, p.at = []*step{msg.step}, 0
	if _, ok := msg.step.settings[p.chosen]; !ok {
		p.chosen = ""
		if len(msg.step.order) > 0 {
			p.chosen = msg.step.order[len(msg.step.order)-1]
		}
	}
	if msg.dropped != nil {
		return pane.Send(pane.Toast{Level: pane.Warn, Text: "edits that were not saved do not fit the script as it is now: " + msg.dropped[0].Primary})
	}
	return nil
}

// named is the operator with a uid.
func (p *Pane) named(uid string) string {
	if n := p.now(); n != nil && uid != "" {
		if node, err := n.top.Find(uid); err == nil {
			return node.Name
		}
	}
	return ""
}

// spanning is the operator whose SQL is the smallest around a place.
func (p *Pane) spanning(span diag.Span) string {
	n := p.now()
	if n == nil || span.IsZero() {
		return ""
	}
	best, size := "", 0
	for _, node := range n.top.Planned.Nodes {
		s := node.Span
		if s.Start <= span.Start && span.Start < s.End && (best == "" || s.End-s.Start <= size) {
			best, size = node.Name, s.End-s.Start
		}
	}
	return best
}

// choose goes to an operator; "" stays.
func (p *Pane) choose(name string) {
	n := p.now()
	if n == nil || name == "" {
		return
	}
	if _, ok := n.settings[name]; ok && name != p.chosen {
		p.chosen, p.field = name, 0
	}
}

// goTo chooses an operator and tells the others.
func (p *Pane) goTo(name string) tea.Cmd {
	before := p.chosen
	p.choose(name)
	s, ok := p.setting()
	if p.chosen == before || !ok {
		return nil
	}
	return pane.Send(pane.OperatorChosen{UID: s.UID})
}

// move goes along the graph.
func (p *Pane) move(d topology.Direction) tea.Cmd {
	if p.now() == nil {
		return nil
	}
	return p.goTo(p.sheet().Toward(p.chosen, d))
}

// next goes to the next operator in the order of the data, or to the next that was found.
func (p *Pane) next(by int) tea.Cmd {
	n := p.now()
	if n == nil || len(n.order) == 0 {
		return nil
	}
	at := max(0, slices.Index(n.order, p.chosen))
	for i := 1; i <= len(n.order); i++ {
		name := n.order[((at+by*i)%len(n.order)+len(n.order))%len(n.order)]
		if p.find == "" || matches(n.settings[name], p.find) {
			return p.goTo(name)
		}
	}
	return pane.Send(pane.Toast{Level: pane.Info, Text: fmt.Sprintf("no operator has %q", p.find)})
}

func matches(s topology.Setting, text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(strings.ToLower(s.Name), text) || strings.Contains(strings.ToLower(s.Label), text) || strings.Contains(s.UID, text)
}

func (p *Pane) mouse(m tea.MouseMsg) tea.Cmd {
	if p.env.Splits.Mouse(m, p.borders()...) {
		return nil
	}
	lay := p.layout()
	switch {
	case m.Button == tea.MouseButtonWheelUp:
		return p.scrollBy(-3)
	case m.Button == tea.MouseButtonWheelDown:
		return p.scrollBy(3)
	case m.Action != tea.MouseActionPress || m.Button != tea.MouseButtonLeft || p.now() == nil:
		return nil
	case m.X < lay.graphW && m.Y < lay.topH:
		p.inspecting = false
		return p.goTo(p.sheet().At(p.x+m.X-1, p.y+m.Y-1))
	case m.X >= lay.graphW && m.Y < lay.topH:
		p.inspecting = true
		if f := m.Y - 1 - fieldsFrom; f >= 0 && f < len(p.fields()) {
			p.field = f
		}
	}
	return nil
}

// scrollBy moves the part of the graph that is in sight, with the chosen operator.
func (p *Pane) scrollBy(by int) tea.Cmd {
	if by < 0 {
		return p.move(topology.Up)
	}
	return p.move(topology.Down)
}
