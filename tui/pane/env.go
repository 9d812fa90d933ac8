package pane

import (
	"errors"
	"path/filepath"
	"sync"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/styles"
)

// Env is what panes are built from.
type Env struct {
	Styles  *styles.Styles
	Keys    *keys.Map
	Project *Project
	Splits  Splits
}

// Project gives panes the sessions of the project that is open. A session is used by
// one goroutine at a time, so there are two: one that plans and never waits for
// anything, and one that runs, with the embedded broker.
type Project struct {
	Dir           string
	open          func() (*session.Session, error)
	plan, running opened
}

// opened is a session that is opened when it is first used.
type opened struct {
	mu      sync.Mutex
	session *session.Session
}

// NewProject gives the sessions of a folder; open opens one.
func NewProject(dir string, open func() (*session.Session, error)) *Project {
	return &Project{Dir: dir, open: open}
}

// Path is where a file of the project lies that is named from its folder.
func (p *Project) Path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(p.Dir, name)
}

// Plan has f use the session that plans, in a goroutine of its own; what f gives is the
// message that comes of it. f must not wait: planning as one types waits for it.
func (p *Project) Plan(f func(*session.Session) tea.Msg) tea.Cmd {
	return func() tea.Msg { return p.plan.use(p.open, f) }
}

// Run has f use the session that runs, in a goroutine of its own. f starts what goes
// on by itself (session.Run) and returns; what it waits for, others wait for too.
func (p *Project) Run(f func(*session.Session) tea.Msg) tea.Cmd {
	return func() tea.Msg { return p.running.use(p.open, f) }
}

// Alone has f use a session of its own, which is closed afterwards: for what takes long,
// needs no embedded broker and may go on beside anything else (tests, reviews).
func (p *Project) Alone(f func(*session.Session) tea.Msg) tea.Cmd {
	return func() tea.Msg {
		o := opened{}
		defer func() { _ = o.close() }() // its broker was never started
		return o.use(p.open, f)
	}
}

// Close closes the sessions.
func (p *Project) Close() error {
	return errors.Join(p.plan.close(), p.running.close())
}

func (o *opened) use(open func() (*session.Session, error), f func(*session.Session) tea.Msg) tea.Msg {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.session == nil {
		s, err := open()
		if err != nil {
			return Toast{Fail, err.Error()}
		}
		o.session = s
	}
	return f(o.session)
}

func (o *opened) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.session == nil {
		return nil
	}
	s := o.session
	o.session = nil
	return s.Close()
}
