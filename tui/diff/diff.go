// Package diff is the Diff screen: the script at hand against that of a git revision, as
// SQL, as a graph, in the rows that both give over a fixture, and in what becomes of the
// state that is kept.
package diff

import (
	"context"
	"errors"
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/topology"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/rows"
	"github.com/weir-sql/weir/tui/styles"
)

// part is a part of the difference.
type part int

const (
	partSQL part = iota
	partTopology
	partRows
	partState
	parts
)

// Pane is the Diff screen.
type Pane struct {
	env           *pane.Env
	width, height int
	focused       bool

	src     diag.Source
	mode    session.Mode
	fixture string
	base    string

	number int
	asked  question // that was asked last
	busy   bool
	cancel context.CancelFunc
	got    *answer

	part   part
	top    int
	output int // whose rows are shown
	table  *rows.Table
	prompt *pane.Line
}

// question is what is compared.
type question struct {
	src     diag.Source
	mode    session.Mode
	fixture string
	base    string
}

// answer is the difference, or why there is none.
type answer struct {
	number int
	of     question
	commit string
	sql    []string // see pane.DiffLines
	added  bool     // the script is not in the revision
	graph  *topology.GraphDiff
	state  []topology.StateVerdict
	rows   []session.OutputDiff
	noRows string // why there are none
	err    error
}

var _ pane.Pane = (*Pane)(nil)
var _ pane.Taker = (*Pane)(nil)
var _ pane.Stated = (*Pane)(nil)
var _ pane.Linear = (*Pane)(nil)
var _ pane.Closer = (*Pane)(nil)

// New makes the screen. It compares with the last commit until another revision is named.
func New(env *pane.Env) *Pane {
	return &Pane{env: env, base: "HEAD", mode: session.Stream, table: rows.New(env)}
}

// SetSize gives the screen its room.
func (p *Pane) SetSize(width, height int) {
	p.width, p.height = width, height
	w, h := pane.Inside(width, height)
	p.table.SetSize(w, max(1, h-2))
}

// Focus marks the screen as the one that gets keys.
func (p *Pane) Focus() { p.focused = true; p.table.Focus() }

// Blur ends that.
func (p *Pane) Blur() { p.focused = false; p.prompt = nil; p.table.Blur() }

// Close ends a comparison that is under way.
func (p *Pane) Close() error {
	if p.cancel != nil {
		p.cancel()
	}
	return nil
}

// Status is the verdict in one line.
func (p *Pane) Status() string {
	if p.got == nil || p.got.err != nil {
		return "vs " + pane.Clean(p.base)
	}
	return p.verdict()
}

// verdict counts what is different.
func (p *Pane) verdict() string {
	a := p.got
	changed, differ := 0, 0
	for _, l := range a.sql {
		if l[0] != ' ' {
			changed++
		}
	}
	for _, o := range a.rows {
		if len(o.Rows) > 0 || o.Note != "" {
			differ++
		}
	}
	operators := 0
	if a.graph != nil {
		operators = len(a.graph.Operators())
	}
	kept, lost := 0, 0
	for _, v := range a.state {
		if v.Verdict.Lost() {
			lost++
		} else if v.Verdict.Carried() {
			kept++
		}
	}
	text := fmt.Sprintf("vs %s: %d lines, %d operators", pane.Clean(a.of.base), changed, operators)
	if a.noRows == "" {
		text += fmt.Sprintf(", rows of %d outputs", differ)
	}
	return text + fmt.Sprintf(", state: keep %d, lose %d", kept, lost)
}

// Update takes a message.
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case pane.PlanReady:
		p.src, p.mode = msg.Source, msg.Mode
		return p.refresh(false)
	case pane.SQLChanged:
		p.src = msg.Source
	case pane.ModeChanged:
		p.mode = msg.Mode
		return p.refresh(false)
	case pane.FixtureChanged:
		p.fixture = msg.Name
		return p.refresh(false)
	case pane.Tick:
		return p.refresh(false)
	case answer:
		return p.take(msg)
	case tea.KeyMsg:
		if p.prompt != nil {
			return p.typed(msg)
		}
		if p.part == partRows {
			return p.table.Update(msg)
		}
	case tea.MouseMsg:
		if msg.Button == tea.MouseButtonWheelDown {
			p.top += 3
		} else if msg.Button == tea.MouseButtonWheelUp {
			p.top = max(0, p.top-3)
		}
	default:
		return p.table.Update(msg)
	}
	return nil
}

func (p *Pane) question() question { return question{p.src, p.mode, p.fixture, p.base} }

// refresh compares anew if what is compared is another, or when it is asked for.
func (p *Pane) refresh(asked bool) tea.Cmd {
	q := p.question()
	if q.src.Text == "" || !asked && (!p.focused || p.busy || q == p.asked) {
		return nil
	}
	if p.cancel != nil {
		p.cancel()
	}
	var ctx context.Context
	ctx, p.cancel = context.WithCancel(context.Background())
	p.number++
	p.asked, p.busy = q, true
	number, project := p.number, p.env.Project
	return tea.Sequence(pane.Send(pane.Busy{Name: "diff", Text: "comparing with " + q.base, Cancel: p.cancel}), p.env.Project.Alone(func(s *session.Session) tea.Msg {
		return compare(ctx, s, project, q, number)
	}))
}

// compare makes the difference.
func compare(ctx context.Context, s *session.Session, project *pane.Project, q question, number int) answer {
	a := answer{number: number, of: q}
	rev, err := session.OpenRevision(ctx, project.Dir, q.base)
	if err != nil {
		a.err = err
		return a
	}
	a.commit = rev.Commit
	at, err := s.At(rev, project.Dir)
	if err != nil {
		a.err = err
		return a
	}
	var old diag.Source
	if a.added = !at.Has(project.Path(q.src.Name)); !a.added {
		if old, a.err = at.Script(project.Path(q.src.Name)); a.err != nil {
			return a
		}
		old.Name = project.Path(q.src.Name) // where the revision has its overlay
	}
	a.sql = pane.DiffLines(old.Text, q.src.Text)
	before, beforeErr := model(at, old, q.mode)
	after, err := model(s, q.src, q.mode)
	if err != nil {
		a.err = fmt.Errorf("the script does not plan: %w", err)
		return a
	}
	if beforeErr != nil {
		before = &topology.Model{}
	}
	a.graph = topology.DiffModels(before, after).Material()
	a.state = topology.JudgeState(before, after)
	switch {
	case q.fixture == "":
		a.noRows = "choose a fixture: rows are compared over one"
	case beforeErr != nil:
		a.noRows = fmt.Sprintf("the script did not plan in %s: %v", q.base, beforeErr)
	default:
		if a.rows, err = compareRows(ctx, at, s, old, q); err != nil {
			a.noRows = err.Error()
		}
	}
	return a
}

func model(s *session.Session, src diag.Source, mode session.Mode) (*topology.Model, error) {
	if src.Text == "" {
		return &topology.Model{}, nil
	}
	plan, list := s.Plan(src, mode)
	if list.HasErrors() {
		return nil, list.Err()
	}
	if plan.Graph == nil {
		return &topology.Model{}, nil
	}
	return topology.NewModel(plan.Graph)
}

// compareRows runs both sides over the fixture.
func compareRows(ctx context.Context, at, now *session.Session, old diag.Source, q question) ([]session.OutputDiff, error) {
	set, err := now.Fixture(q.fixture)
	if err != nil {
		return nil, err
	}
	var before *session.Rehearsal
	if old.Text != "" {
		var list diag.List
		if before, list, err = at.Rehearse(ctx, old, set, q.mode, nil); err == nil {
			err = list.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("%s over %s: %w", q.base, q.fixture, err)
		}
	}
	after, list, err := now.Rehearse(ctx, q.src, set, q.mode, nil)
	if err == nil {
		err = list.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("the script over %s: %w", q.fixture, err)
	}
	return session.CompareRuns(before, after, q.base, "now")
}

func (p *Pane) take(a answer) tea.Cmd {
	if a.number != p.number {
		return nil
	}
	p.busy = false
	if errors.Is(a.err, context.Canceled) {
		a.err = errors.New("stopped; r compares again")
	}
	p.got, p.output = &a, 0
	for i, o := range a.rows {
		if len(o.Rows) > 0 {
			p.output = i
			break
		}
	}
	return tea.Batch(pane.Send(pane.Busy{Name: "diff", Done: true}), p.showOutput())
}

func (p *Pane) showOutput() tea.Cmd {
	if p.got == nil || p.output >= len(p.got.rows) {
		return p.table.Show("", nil, false, rows.List{})
	}
	o := p.got.rows[p.output]
	return p.table.Show(o.Name, append([]result.Column{}, o.Columns...), false, rows.List(o.Rows))
}

func (p *Pane) typed(k tea.KeyMsg) tea.Cmd {
	switch k.String() {
	case "esc", "ctrl+c":
		p.prompt = nil
	case "enter":
		text := strings.TrimSpace(p.prompt.Text())
		p.prompt = nil
		if text == "" {
			return nil
		}
		p.base = text
		return p.refresh(true)
	default:
		p.prompt.Update(k)
	}
	return nil
}

// Takes reports whether a key goes into something that is typed.
func (p *Pane) Takes(k tea.KeyMsg) bool {
	return p.prompt != nil || p.part == partRows && p.table.Takes(k)
}

// Bindings are what can be done now.
func (p *Pane) Bindings() []keys.Binding {
	k := p.env.Keys
	noScript := func() string { return pane.NoScript(p.src) }
	show := func(to part) func() tea.Cmd { return func() tea.Cmd { p.part, p.top = to, 0; return nil } }
	by := func(n int) func() tea.Cmd { return func() tea.Cmd { p.top = max(0, p.top+n); return nil } }
	out := []keys.Binding{
		k.BindIf("diff.refresh", "compare now", noScript, func() tea.Cmd { return p.refresh(true) }, "r"),
		k.BindIf("diff.base", "against another revision", noScript, func() tea.Cmd { p.prompt = &pane.Line{}; p.prompt.Set(p.base); return nil }, "d"),
		k.Bind("diff.next", "next part", func() tea.Cmd { p.part, p.top = (p.part+1)%parts, 0; return nil }, "tab", "]"),
		k.Bind("diff.previous", "part before", func() tea.Cmd { p.part, p.top = (p.part+parts-1)%parts, 0; return nil }, "shift+tab", "["),
		k.Bind("diff.sql", "the SQL", show(partSQL), "S"),
		k.Bind("diff.topology", "the topology", show(partTopology), "t"),
		k.Bind("diff.rows", "the rows", show(partRows), "o"),
		k.Bind("diff.state", "the state", show(partState), "v"),
	}
	if p.part != partRows {
		return append(out,
			k.Bind("diff.change", "next change", func() tea.Cmd { return p.nextChange(1) }, "n"),
			k.Bind("diff.change.back", "change before", func() tea.Cmd { return p.nextChange(-1) }, "N"),
			k.Bind("diff.down", "down", by(1), "down", "j"), k.Bind("diff.up", "up", by(-1), "up", "k"),
			k.Bind("diff.page.down", "page down", by(max(1, p.height-4)), "pgdown", "ctrl+d"), k.Bind("diff.page.up", "page up", by(-max(1, p.height-4)), "pgup", "ctrl+u"),
			k.Bind("diff.first", "first line", by(-1<<40), "home", "g"), k.Bind("diff.last", "last line", by(1<<30), "end", "G"))
	}
	out = append(out,
		k.Bind("diff.output", "next output", func() tea.Cmd { return p.nextOutput(1) }, "n"),
		k.Bind("diff.output.back", "output before", func() tea.Cmd { return p.nextOutput(-1) }, "N"))
	return append(out, p.table.Bindings()...)
}

func (p *Pane) nextOutput(by int) tea.Cmd {
	if p.got == nil || len(p.got.rows) == 0 {
		return nil
	}
	n := len(p.got.rows)
	p.output = ((p.output+by)%n + n) % n
	return p.showOutput()
}

// nextChange goes to the next lines that are not as they were.
func (p *Pane) nextChange(by int) tea.Cmd {
	lines := p.lines(p.width - 2)
	changed := func(i int) bool { return i >= 0 && i < len(lines) && lines[i].mark != ' ' }
	for i := p.top + by; i >= 0 && i < len(lines); i += by {
		if changed(i) && !changed(i-1) {
			p.top = i
			return nil
		}
	}
	return nil
}

// line is one of a part's, with what it says happened: + - ~ ! or nothing.
type line struct {
	mark byte
	text string
}

// lines are those of the part that is shown.
func (p *Pane) lines(width int) []line {
	st := p.env.Styles
	a := p.got
	var out []line
	say := func(mark byte, text string) { out = append(out, line{mark, pane.Plain(st, pane.Clean(text))}) }
	switch p.part {
	case partSQL:
		if a.added {
			say('!', "the script is not in "+a.of.base)
		}
		for i, l := range a.sql {
			say(l[0], fmt.Sprintf("%4d %s", i+1, strings.ReplaceAll(l, "\t", "    ")))
		}
	case partTopology:
		for l := range strings.Lines(topology.RenderDiffText(a.graph, topology.Options{Width: width, ASCII: st.Look.ASCII})) {
			l = strings.TrimRight(l, "\n")
			mark := byte(' ')
			if l != "" && strings.IndexByte("+-~", l[0]) >= 0 {
				mark = l[0]
			}
			say(mark, l)
		}
	case partState:
		if len(a.state) == 0 {
			say(' ', "no operator keeps state")
		}
		for _, v := range a.state {
			mark := byte(' ')
			switch {
			case v.Verdict.Lost():
				mark = '-'
			case v.Verdict == topology.StateNew:
				mark = '+'
			case v.Verdict != topology.StateKept:
				mark = '~'
			}
			say(mark, fmt.Sprintf("%c %-16s %s  %s", mark, v.Verdict, v.Name, v.Label))
			for _, l := range pane.Wrap(pane.Clean(v.Reason.Plain()), width-20) {
				say(' ', "                   "+l)
			}
			if len(v.FromNow) > 0 {
				say('!', "                   counts from now on: "+strings.Join(v.FromNow, ", "))
			}
			if v.Flink != "" && v.Flink != v.Verdict {
				say(' ', "                   on Flink: "+string(v.Flink))
			}
		}
	}
	return out
}

// View draws the screen.
func (p *Pane) View() string {
	st := p.env.Styles
	w, h := pane.Inside(p.width, p.height)
	f := pane.Frame{Title: "Diff against " + pane.Clean(p.base), Focused: p.focused, Width: p.width, Height: p.height}
	if p.busy {
		f.Note = "comparing" + st.Glyphs.Ellipsis
	} else if p.got != nil && p.got.err == nil {
		f.Note = p.verdict()
		if pane.Width(f.Note)+pane.Width(f.Title)+12 > p.width {
			f.Note = ""
		}
	}
	body := []string{p.partLine(w)}
	switch {
	case p.got == nil:
		body = append(body, "", "  r compares the script with "+pane.Clean(p.base)+", d with another revision")
	case p.got.err != nil:
		body = append(body, "")
		for i, l := range pane.Wrap(pane.Clean(p.got.err.Error()), w-4) {
			mark := "  "
			if i == 0 {
				mark = st.Error.Render(st.Glyphs.Cross) + " "
			}
			body = append(body, mark+l)
		}
	case p.part == partRows:
		body = append(body, p.rowsView(w, h-1)...)
	default:
		lines := p.lines(w)
		p.top = max(0, min(p.top, len(lines)-(h-1)))
		for _, l := range lines[p.top:min(len(lines), p.top+h-1)] {
			body = append(body, p.style(l.mark).Render(l.text))
		}
	}
	view := f.Draw(st, strings.Join(body, "\n"))
	if p.prompt != nil {
		bw := min(p.width, 60)
		box := pane.Frame{Title: "diff against revision", Focused: true, Width: bw, Height: 3}.Draw(st, p.prompt.View(st, max(1, bw-2)))
		view = pane.Over(view, box, max(0, (p.width-bw)/2), max(0, p.height-4))
	}
	return view
}

func (p *Pane) style(mark byte) styles.Style {
	st := p.env.Styles
	switch mark {
	case '+':
		return st.Added
	case '-':
		return st.Removed
	case '~':
		return st.Changed
	case '!':
		return st.Warning
	}
	return styles.Style{}
}

// partLine names the parts; the one that is shown stands in brackets.
func (p *Pane) partLine(width int) string {
	st := p.env.Styles
	var b strings.Builder
	for i, name := range []string{"SQL", "Topology", "Rows", "State"} {
		if part(i) == p.part {
			b.WriteString(st.Strong.Render("[" + name + "]"))
		} else {
			b.WriteString(st.Faint.Render(" " + name + " "))
		}
	}
	return pane.Fit(st, b.String(), width)
}

// rowsView shows the rows of one output that differ.
func (p *Pane) rowsView(width, height int) []string {
	st := p.env.Styles
	a := p.got
	if a.noRows != "" {
		return append([]string{""}, pane.Wrap("  "+pane.Plain(st, pane.Clean(a.noRows)), width-2)...)
	}
	if len(a.rows) == 0 {
		return []string{"", "  the script has no outputs"}
	}
	o := a.rows[p.output]
	head := fmt.Sprintf("%s  %d of %d   %s %d rows, now %d rows   %s", pane.Clean(o.Name), p.output+1, len(a.rows), pane.Clean(a.of.base), o.Before, o.After, pane.Clean(o.Note))
	if len(o.Rows) == 0 && o.Note == "" {
		return []string{head, "", "  " + st.Good.Render(st.Glyphs.Check) + " the same rows over fixture " + pane.Clean(a.of.fixture)}
	}
	p.table.SetSize(width, max(1, height-1))
	return append([]string{head}, strings.Split(p.table.View(), "\n")...)
}

// Lines tells the difference without its form.
func (p *Pane) Lines() []string {
	if p.got == nil || p.got.err != nil {
		return []string{p.Status()}
	}
	out := []string{p.verdict()}
	if p.part == partRows {
		return append(out, p.table.Lines()...)
	}
	words := map[byte]string{'+': "added: ", '-': "removed: ", '~': "changed: ", '!': "note: "}
	for _, l := range p.lines(80) {
		out = append(out, words[l.mark]+strings.TrimSpace(l.text))
	}
	return out
}
