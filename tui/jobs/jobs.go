// Package jobs is the Jobs screen: runs of the project on the embedded engine, those that
// go on and those that have ended, with their figures, logs and checkpoints; they are
// launched, stopped, suspended into savepoints, gone on with and rescaled here.
package jobs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/rows"
)

// Pane is the Jobs screen.
type Pane struct {
	env           *pane.Env
	width, height int
	focused       bool

	src  diag.Source
	mode session.Mode

	records []session.RunRecord // newest first
	own     map[string]*session.Launched
	samples map[string]*sample
	wanted  string    // a job that was launched and is to be chosen
	seen    time.Time // when the registry was looked at last
	looking bool      // a look at the registry is under way
	failed  string

	table  *rows.Table
	detail detail
	log    []string // of the chosen job
	snaps  []snapshot
	of     string // whose log and snapshots they are
	scroll int
	prompt *prompt
}

// detail is what is shown of the chosen job.
type detail int

const (
	figures detail = iota
	logLines
	checkpoints
	details
)

// sample is what was measured of a job last, and the rates since the time before.
type sample struct {
	metrics  session.Metrics
	rates    []float64            // rows read a second, the newest last
	of       map[string][]float64 // rows in a second, by operator
	busy     map[string]float64   // share of the time; < 0 = told of the task's head
	blocked  map[string]float64
	rowsRead int64
	state    map[string]int64 // bytes by uid, of the newest checkpoint
	stateOf  string           // the checkpoint
}

// snapshot is a checkpoint or savepoint of the chosen job.
type snapshot struct {
	dir, name string
	taken     time.Time
	committed bool
	finished  bool
	bytes     int64
}

// prompt is something that is being typed.
type prompt struct {
	label string
	line  pane.Line
	note  string
	take  func(text string) (tea.Cmd, error)
}

var _ pane.Pane = (*Pane)(nil)
var _ pane.Taker = (*Pane)(nil)
var _ pane.Stated = (*Pane)(nil)
var _ pane.Linear = (*Pane)(nil)
var _ pane.Closer = (*Pane)(nil)

// New makes the screen.
func New(env *pane.Env) *Pane {
	return &Pane{env: env, mode: session.Stream, table: rows.New(env), own: map[string]*session.Launched{}, samples: map[string]*sample{}}
}

// SetSize gives the screen its room.
func (p *Pane) SetSize(width, height int) { p.width, p.height = width, height; p.place() }

// Focus marks the screen as the one that gets keys.
func (p *Pane) Focus() { p.focused = true; p.table.Focus() }

// Blur ends that.
func (p *Pane) Blur() { p.focused = false; p.prompt = nil; p.table.Blur() }

// Status counts the jobs.
func (p *Pane) Status() string {
	running := 0
	for _, r := range p.records {
		if r.State == session.RunRunning {
			running++
		}
	}
	return fmt.Sprintf("%d running, %d in all", running, len(p.records))
}

// Close stops the jobs that this process runs: what they have kept can be gone on from.
func (p *Pane) Close() error {
	for _, l := range p.own {
		select {
		case <-l.Done():
			continue
		default:
		}
		l.Stop()
	}
	for _, l := range p.own {
		select {
		case <-l.Done():
		case <-time.After(5 * time.Second): // a source that does not answer must not keep the program
		}
	}
	return nil
}

// chosen is the job at the cursor.
func (p *Pane) chosen() *session.RunRecord {
	n, _, ok := p.table.Chosen()
	if !ok || n >= len(p.records) {
		return nil
	}
	return &p.records[n]
}

// Update takes a message.
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case pane.PlanReady:
		p.src, p.mode = msg.Source, msg.Mode
	case pane.SQLChanged:
		p.src = msg.Source
	case pane.ModeChanged:
		p.mode = msg.Mode
	case pane.Tick:
		if !msg.Now.IsZero() && msg.Now.Sub(p.seen) < lookEvery {
			return nil
		}
		p.seen = msg.Now
		return p.look()
	case lookedMsg:
		return p.looked(msg)
	case launchedMsg:
		return p.launched(msg)
	case endedMsg:
		return tea.Batch(pane.Send(pane.Busy{Name: "job " + string(msg), Done: true}), p.look())
	case tea.KeyMsg:
		return p.typed(msg)
	case tea.MouseMsg:
		if top := p.layout().topH; p.env.Splits.Mouse(msg, pane.Border{Name: "jobs.top", Y: top - 1, W: p.width, H: 2, Size: top, Down: true}) {
			return nil
		}
		if msg.Y < p.layout().topH {
			msg.X, msg.Y = msg.X-1, msg.Y-1
			return p.table.Update(msg)
		}
		if msg.Button == tea.MouseButtonWheelDown {
			p.scroll++
		} else if msg.Button == tea.MouseButtonWheelUp {
			p.scroll = max(0, p.scroll-1)
		}
	default:
		return p.table.Update(msg)
	}
	return nil
}

// lookEvery is the time between two looks at the registry.
const lookEvery = 500 * time.Millisecond

// lookedMsg is what the registry holds.
type lookedMsg struct {
	records []session.RunRecord
	metrics map[string]session.Metrics
	state   map[string]map[string]int64
	stateOf map[string]string
	of      string
	log     []string
	snaps   []snapshot
	err     error
}

// stateMost is the size of a checkpoint's state up to which it is read to tell what each
// operator keeps.
const stateMost = 64 << 20

// look reads the registry, and measures the jobs of this process.
func (p *Pane) look() tea.Cmd {
	if p.looking {
		return nil
	}
	p.looking = true
	dir := p.env.Project.Dir
	own := make([]*session.Launched, 0, len(p.own))
	known := map[string]string{}
	for id, l := range p.own {
		if r := l.Record(); r.State == session.RunRunning || p.samples[id] == nil {
			own = append(own, l)
			if s := p.samples[id]; s != nil {
				known[id] = s.stateOf
			}
		}
	}
	of := ""
	if r := p.chosen(); r != nil {
		of = r.ID
	}
	return func() tea.Msg { return lookAt(dir, own, known, of) }
}

func lookAt(dir string, own []*session.Launched, known map[string]string, of string) tea.Msg {
	msg := lookedMsg{metrics: map[string]session.Metrics{}, state: map[string]map[string]int64{}, stateOf: map[string]string{}, of: of}
	project, err := session.FindProject(dir)
	if err == nil {
		msg.records, err = project.RunRecords()
	}
	if msg.err = err; err != nil {
		return msg
	}
	for _, l := range own {
		id := l.ID()
		msg.metrics[id] = l.Run().Metrics()
		r := l.Record()
		for i := range msg.records {
			if msg.records[i].ID == id {
				msg.records[i] = r // it knows more than what was written
			}
		}
		if r.Snapshot != "" && r.Snapshot != known[id] {
			msg.stateOf[id], msg.state[id] = r.Snapshot, stateOf(r.Snapshot)
		}
	}
	for i := range msg.records {
		r := &msg.records[i]
		if r.ID != of {
			continue
		}
		if msg.log, err = r.LogTail(500); err != nil {
			msg.log = []string{"the log cannot be read: " + err.Error()}
		}
		for _, s := range r.Snapshots() {
			snap := snapshot{dir: s.Dir, name: filepath.Base(s.Dir), taken: s.Taken, committed: s.Committed, finished: s.Finished}
			if info, err := os.Stat(filepath.Join(s.Dir, "state")); err == nil {
				snap.bytes = info.Size()
			}
			msg.snaps = append(msg.snaps, snap)
		}
	}
	return msg
}

// stateOf tells how much each operator keeps in a snapshot; nil if that cannot be told.
func stateOf(dir string) map[string]int64 {
	info, err := os.Stat(filepath.Join(dir, "state"))
	if err != nil || info.Size() > stateMost {
		return nil
	}
	s, err := session.OpenSavepoint(dir)
	if err != nil {
		return nil // a newer one has replaced it
	}
	operators, err := s.Operators()
	if err != nil {
		return nil
	}
	out := map[string]int64{}
	for _, o := range operators {
		if len(o.Fields) > 0 || o.Bytes > 0 {
			out[o.UID] = o.Bytes
		}
	}
	return out
}

var jobColumns = []result.Column{{Name: "state"}, {Name: "script"}, {Name: "mode"}, {Name: "started"}, {Name: "took", Number: true}, {Name: "rows in", Number: true},
	{Name: "rows/s", Number: true}, {Name: "rows out", Number: true}, {Name: "late", Number: true}, {Name: "checkpoints", Number: true}, {Name: "sinks"}}

// looked takes what the registry holds.
func (p *Pane) looked(msg lookedMsg) tea.Cmd {
	p.looking = false
	if msg.err != nil {
		p.failed = msg.err.Error()
		return nil
	}
	at := p.wanted
	if r := p.chosen(); r != nil && at == "" {
		at = r.ID
	}
	p.failed, p.records = "", msg.records
	var cmds []tea.Cmd
	for id, m := range msg.metrics {
		s := p.samples[id]
		if s == nil {
			s = &sample{}
			p.samples[id] = s
		}
		if of := msg.stateOf[id]; of != "" {
			s.state, s.stateOf = msg.state[id], of
		}
		s.add(m)
		l := p.own[id]
		cmds = append(cmds, pane.Send(pane.RunMeasured{ID: id, Script: l.Plan.Source.Name, Metrics: m, State: s.state, Over: l.Record().State != session.RunRunning}))
	}
	if msg.of != "" {
		p.of, p.log, p.snaps = msg.of, msg.log, msg.snaps
	}
	list := make(rows.List, len(p.records))
	for i := range p.records {
		list[i] = p.row(&p.records[i])
	}
	cmds = append(cmds, p.table.Show("jobs", jobColumns, false, list))
	for i := range p.records {
		if p.records[i].ID == at {
			p.table.Choose(i)
			p.wanted = ""
		}
	}
	return tea.Batch(cmds...)
}

// row is a job's in the table.
func (p *Pane) row(r *session.RunRecord) result.Row {
	text := func(s string) result.Cell { return result.Cell{Text: pane.Clean(s)} }
	rate := ""
	if s := p.samples[r.ID]; s != nil && len(s.rates) > 0 && r.State == session.RunRunning {
		rate = pane.Short(s.rates[len(s.rates)-1])
	}
	sinks := "muted"
	if r.Sinks {
		sinks = "WRITE"
	}
	state := string(r.State)
	if r.State == session.RunRunning && p.own[r.ID] == nil {
		state = "running elsewhere"
	}
	return result.Row{Cells: []result.Cell{text(state), text(filepath.Base(r.Script)), text(string(r.Mode)), text(r.Started.Local().Format("01-02 15:04:05")),
		text(r.Took().Round(time.Second).String()), text(session.Thousands(r.RowsRead)), text(rate), text(session.Thousands(r.RowsWritten)),
		text(session.Thousands(r.Late)), text(strconv.Itoa(r.Checkpoints)), text(sinks)}}
}

// leastSpan is the time in seconds below which a rate tells nothing.
const leastSpan = 0.25

// add takes a measurement.
func (s *sample) add(m session.Metrics) {
	dt := (m.Elapsed - s.metrics.Elapsed).Seconds()
	if dt < leastSpan {
		return
	}
	before := map[string]session.OperatorMetrics{}
	for _, o := range s.metrics.Operators {
		before[o.UID] = o
	}
	if s.of == nil {
		s.of, s.busy, s.blocked = map[string][]float64{}, map[string]float64{}, map[string]float64{}
	}
	var read int64
	for _, o := range m.Operators {
		now, then := sum(o), sum(before[o.UID])
		span := dt * float64(max(1, len(o.Subtasks)))
		s.of[o.UID] = last(append(s.of[o.UID], float64(max(0, now.RowsIn-then.RowsIn))/dt))
		s.busy[o.UID], s.blocked[o.UID] = (now.Busy-then.Busy).Seconds()/span, (now.Blocked-then.Blocked).Seconds()/span
		if now.Busy == 0 && now.Blocked == 0 {
			s.busy[o.UID], s.blocked[o.UID] = -1, -1
		}
		if o.Kind.IsSource() {
			read += now.RowsIn
		}
	}
	s.rates = last(append(s.rates, float64(max(0, read-s.rowsRead))/dt))
	s.rowsRead, s.metrics = read, m
}

// sum adds the subtasks of an operator.
func sum(o session.OperatorMetrics) (t session.SubtaskMetrics) {
	for _, s := range o.Subtasks {
		t.RowsIn, t.RowsOut, t.Busy, t.Blocked = t.RowsIn+s.RowsIn, t.RowsOut+s.RowsOut, t.Busy+s.Busy, t.Blocked+s.Blocked
		t.Lag, t.Late = t.Lag+s.Lag, t.Late+s.Late
	}
	return t
}

// last keeps as many values as a sparkline shows.
func last(v []float64) []float64 {
	const most = 20
	return v[max(0, len(v)-most):]
}

// launchedMsg says that a job began, or why not.
type launchedMsg struct {
	job *session.Launched
	err error
}

// launch starts a script as a job.
func (p *Pane) launch(src diag.Source, o session.Launch) tea.Cmd {
	return p.env.Project.Run(func(s *session.Session) tea.Msg { return launchOn(s, src, o) })
}

func launchOn(s *session.Session, src diag.Source, o session.Launch) tea.Msg {
	l, list, err := s.Launch(context.Background(), src, o)
	if err == nil && l == nil {
		err = list.Err()
	}
	return launchedMsg{l, err}
}

func (p *Pane) launched(msg launchedMsg) tea.Cmd {
	if msg.err != nil {
		return tea.Batch(pane.Send(pane.Toast{Level: pane.Fail, Text: "not launched: " + strings.ReplaceAll(msg.err.Error(), "\n", " ")}), p.look())
	}
	p.own[msg.job.ID()], p.wanted = msg.job, msg.job.ID()
	what := "sinks muted"
	if msg.job.Record().Sinks {
		what = "sinks write"
	}
	done, id := msg.job.Done(), msg.job.ID()
	// Jobs go on while one does something else: ctrl+c does not end them.
	text := "job " + filepath.Base(msg.job.Plan.Source.Name)
	return tea.Batch(pane.Send(pane.Toast{Level: pane.Good, Text: fmt.Sprintf("launched %s, %s", filepath.Base(msg.job.Plan.Source.Name), what)}), p.look(),
		pane.Send(pane.RunBegan{ID: id, Script: msg.job.Plan.Source.Name, What: "job " + id, Run: msg.job.Run()}),
		tea.Sequence(pane.Send(pane.Busy{Name: "job " + id, Text: text}), func() tea.Msg { <-done; return endedMsg(id) }))
}

// endedMsg says that a job of this process has ended.
type endedMsg string

// ownRunning is the chosen job, if this process runs it.
func (p *Pane) ownRunning() *session.Launched {
	r := p.chosen()
	if r == nil || r.State != session.RunRunning {
		return nil
	}
	return p.own[r.ID]
}

// suspend ends a job into its savepoint.
func (p *Pane) suspend() tea.Cmd {
	l := p.ownRunning()
	return func() tea.Msg {
		if err := l.Suspend(); err != nil {
			return pane.Toast{Level: pane.Fail, Text: "no savepoint: " + err.Error()}
		}
		<-l.Done()
		if r := l.Record(); r.State != session.RunSuspended {
			return pane.Toast{Level: pane.Warn, Text: fmt.Sprintf("the job came to its end first: %s", r.State)}
		}
		return pane.Toast{Level: pane.Good, Text: "savepoint " + l.Record().Snapshot}
	}
}

// rescale suspends a job and goes on with another parallelism.
func (p *Pane) rescale(parallelism int) tea.Cmd {
	l := p.ownRunning()
	return p.env.Project.Run(func(s *session.Session) tea.Msg {
		if err := l.Suspend(); err != nil {
			return pane.Toast{Level: pane.Fail, Text: "not rescaled: " + err.Error()}
		}
		<-l.Done()
		r := l.Record()
		if r.State != session.RunSuspended {
			return pane.Toast{Level: pane.Warn, Text: fmt.Sprintf("not rescaled: the job came to its end first: %s", r.State)}
		}
		return launchOn(s, l.Plan.Source, session.Launch{Mode: r.Mode, Parallelism: parallelism, Sinks: r.Sinks, From: r.Snapshot})
	})
}

// goOn launches a job anew from what it has kept.
func (p *Pane) goOn() tea.Cmd {
	r, path := *p.chosen(), p.env.Project.Path(p.chosen().Script)
	return p.env.Project.Run(func(s *session.Session) tea.Msg {
		src, err := s.Script(path)
		if err != nil {
			return launchedMsg{err: err}
		}
		src.Name = r.Script
		return launchOn(s, src, session.Launch{Mode: r.Mode, Parallelism: r.Parallelism, Sinks: r.Sinks, From: r.Snapshot})
	})
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
		cmd, err := p.prompt.take(p.prompt.line.Text())
		if err != nil {
			p.prompt.note = err.Error()
			return nil
		}
		p.prompt = nil
		return cmd
	default:
		p.prompt.line.Update(k)
		p.prompt.note = ""
	}
	return nil
}

// Takes reports whether a key goes into something that is typed.
func (p *Pane) Takes(k tea.KeyMsg) bool { return p.prompt != nil || p.table.Takes(k) }
