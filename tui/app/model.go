// Package app is the workbench itself: the one tea.Model. It holds the screens, routes
// messages by a table, and keeps what outlives the program. Panes do the rest.
package app

import (
	"context"
	"os"
	"reflect"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/config"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/palette"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/publish"
	"github.com/weir-sql/weir/tui/styles"
)

// Options open the workbench.
type Options struct {
	Project  *session.Project
	Open     func() (*session.Session, error) // a session of the project
	Settings *config.Settings
	Look     styles.Look
	// Detect gives the look of the terminal for other settings; nil = it stays as it is.
	Detect  func(theme string, ascii bool) styles.Look
	Files   []string // scripts to open beside those of the last time, from the project folder
	Mode    session.Mode
	Env     func(string) string // the environment
	Version string
	// AtScript begins with the focus in the editor, wherever it was the last time.
	AtScript bool
	// Terminal is where copied text goes with OSC 52; nil = nowhere.
	Terminal func(string)
	// Still turns off what moves by itself, for tests: autosave, spinners, clocks.
	Still bool
	// Now is the clock; nil = the one on the wall.
	Now func() time.Time
}

// Model is the workbench.
type Model struct {
	o       Options
	env     *pane.Env
	screens []screen
	at      int
	work    *workspace // the Edit screen
	w, h    int

	bindings []keys.Binding // of the app itself
	pending  string         // the keys of a binding of several, so far
	overlay  *overlay
	routes   map[reflect.Type]func(*Model, tea.Msg) tea.Cmd

	mode    session.Mode
	fixture string
	plans   planning
	log     messages
	busy    map[string]*work
	tests   tests
	store   *store
	history *history
	// publishing is the dialog of the script that was published last, with what was set and not saved.
	publishing *publish.Dialog
	mouse      bool
	light      *bool     // what the terminal said of its background; nil = nothing
	warned     time.Time // when ctrl+c was pressed last with nothing to cancel
	asleep     bool      // nothing moves: no ticks come
	place      spot      // of the cursor, as was told last
	closing    bool
	in, out    *os.File // the terminal, for programs that take it over; nil = there is none
	ctx        context.Context
	stop       context.CancelFunc
}

// New makes the workbench and puts back what the last time left.
func New(o Options) *Model {
	if o.Now == nil {
		o.Now = time.Now
	}
	keymap, err := keys.New(o.Settings.Keys, o.Settings.Bind)
	if err != nil {
		keymap = keys.Default() // config.Load has refused it already
	}
	m := &Model{o: o, w: 80, h: 24, busy: map[string]*work{}, mouse: o.Settings.Mouse, mode: o.Mode, asleep: true}
	m.ctx, m.stop = context.WithCancel(context.Background())
	m.env = &pane.Env{Styles: styles.For(o.Look), Keys: keymap, Project: pane.NewProject(o.Project.Dir, o.Open)}
	m.log.now = o.Now
	m.routes = routes()
	m.work = newWorkspace(m)
	m.screens = m.makeScreens()
	m.bindings = m.commands()
	m.store = openStore(o.Project)
	m.history = openHistory(o.Project)
	m.restore()
	if o.AtScript {
		m.at, m.work.focus = 0, partEditor
		m.layout()
	}
	return m
}

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd {
	m.screens[m.at].pane.Focus()
	return tea.Batch(m.replan(), m.listProject(), m.log.pop(m))
}

// Update implements tea.Model.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := m.route(msg)
	return m, tea.Batch(cmd, m.replan(), m.tellPlace(), m.autosave())
}

// route gives a message to whom it is for: the app's own by the table, everything else to
// all panes.
func (m *Model) route(msg tea.Msg) tea.Cmd {
	if f, ok := m.routes[reflect.TypeOf(msg)]; ok {
		return f(m, msg)
	}
	return m.broadcast(msg)
}

// broadcast gives a message to every screen.
func (m *Model) broadcast(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, s := range m.screens {
		if cmd := s.pane.Update(msg); cmd != nil {
			cmds = append(cmds, cmd)
		}
	}
	if m.publishing != nil {
		cmds = append(cmds, m.publishing.Update(msg))
	}
	return tea.Batch(cmds...)
}

// on makes an entry of the routing table.
func on[T any](table map[reflect.Type]func(*Model, tea.Msg) tea.Cmd, f func(*Model, T) tea.Cmd) {
	table[reflect.TypeFor[T]()] = func(m *Model, msg tea.Msg) tea.Cmd { return f(m, msg.(T)) }
}

// routes is the table: what the app itself does with a message.
func routes() map[reflect.Type]func(*Model, tea.Msg) tea.Cmd {
	t := map[reflect.Type]func(*Model, tea.Msg) tea.Cmd{}
	on(t, (*Model).resize)
	on(t, (*Model).key)
	on(t, (*Model).click)
	on(t, (*Model).planDue)
	on(t, (*Model).planned)
	on(t, (*Model).studyDue)
	on(t, (*Model).studied)
	on(t, (*Model).planAsked)
	on(t, (*Model).toast)
	on(t, (*Model).faded)
	on(t, (*Model).work1)
	on(t, (*Model).tick)
	on(t, (*Model).copyAsked)
	on(t, (*Model).runAsked)
	on(t, (*Model).openAsked)
	on(t, (*Model).opened)
	on(t, (*Model).focusAsked)
	on(t, (*Model).modeAsked)
	on(t, (*Model).fixtureAsked)
	on(t, (*Model).operatorChosen)
	on(t, (*Model).testsAsked)
	on(t, (*Model).testDone)
	on(t, (*Model).listed)
	on(t, (*Model).saveDue)
	on(t, (*Model).saved)
	on(t, (*Model).written)
	on(t, (*Model).edited)
	on(t, (*Model).blurred)
	on(t, (*Model).background)
	return t
}

func (m *Model) resize(msg tea.WindowSizeMsg) tea.Cmd {
	m.w, m.h = max(1, msg.Width), max(1, msg.Height)
	m.layout()
	return nil
}

// layout gives every screen its room: all but the bars.
func (m *Model) layout() {
	for _, s := range m.screens {
		s.pane.SetSize(m.w, max(1, m.h-bars))
	}
	if m.overlay != nil {
		m.overlay.box.SetSize(m.w, m.h)
	}
}

// bars is how many lines the app itself has: one above, two below.
const bars = 3

// key gives a key to the overlay, to the pane that types, to a binding, or to the pane.
func (m *Model) key(k tea.KeyMsg) tea.Cmd {
	if k.Type == tea.KeyRunes && len(k.Runes) > 1 && !k.Paste { // keys that were pressed quickly come together
		var cmds []tea.Cmd
		for _, r := range k.Runes {
			one := k
			one.Runes = []rune{r}
			cmds = append(cmds, m.key(one))
		}
		return tea.Batch(cmds...)
	}
	name := keys.Name(k)
	if m.overlay != nil {
		return m.overlayKey(k)
	}
	p := m.screens[m.at].pane
	if m.pending == "" {
		if t, ok := p.(pane.Taker); ok && t.Takes(k) && name != "ctrl+c" {
			return p.Update(k)
		}
	}
	seq := strings.TrimSpace(m.pending + " " + name)
	m.pending = ""
	b, more := keys.Find(m.reachable(), seq)
	switch {
	case b != nil:
		return m.do(*b)
	case more:
		m.pending = seq
		return nil
	case seq != name:
		return m.say(pane.Info, "nothing is on "+seq)
	}
	return p.Update(k)
}

// reachable are the bindings that keys can mean now: the screen's before the app's.
func (m *Model) reachable() []keys.Binding {
	return append(append([]keys.Binding(nil), m.screens[m.at].pane.Bindings()...), m.bindings...)
}

// do runs a binding, or says why it cannot be.
func (m *Model) do(b keys.Binding) tea.Cmd {
	if why := b.Why(); why != "" {
		return m.say(pane.Warn, b.Help+": "+why)
	}
	return b.Run()
}

// click gives mouse messages to what lies under the pointer.
func (m *Model) click(msg tea.MouseMsg) tea.Cmd {
	if m.overlay != nil {
		w, h := m.overlay.box.Size()
		x, y := (m.w-w)/2, (m.h-h)/2
		if msg.X < x || msg.X >= x+w || msg.Y < y || msg.Y >= y+h {
			if msg.Action == tea.MouseActionPress && msg.Button == tea.MouseButtonLeft {
				m.overlay = nil
			}
			return nil
		}
		msg.X, msg.Y = msg.X-x, msg.Y-y
		cmd, done := m.overlay.box.Mouse(msg)
		if done {
			m.overlay = nil
		}
		return cmd
	}
	press := msg.Action == tea.MouseActionPress && msg.Button == tea.MouseButtonLeft
	switch {
	case msg.Y == 0 && press:
		for i, s := range m.tabs() {
			if msg.X >= s.from && msg.X < s.to {
				return m.show(i)
			}
		}
	case msg.Y == m.h-1 && press:
		for _, h := range m.hints() {
			if msg.X >= h.from && msg.X < h.to {
				return m.do(h.binding)
			}
		}
	case msg.Y >= 1 && msg.Y < m.h-2 || msg.Action != tea.MouseActionPress:
		msg.Y--
		held := m.env.Splits.Held()
		cmd := m.screens[m.at].pane.Update(msg)
		if held {
			m.store.dirty = true
			m.layout()
		}
		return cmd
	}
	return nil
}

// show shows the n-th screen.
func (m *Model) show(n int) tea.Cmd {
	if n == m.at || n < 0 || n >= len(m.screens) {
		return nil
	}
	m.screens[m.at].pane.Blur()
	m.at = n
	m.screens[m.at].pane.Focus()
	m.store.dirty = true
	return m.screens[m.at].pane.Update(pane.Tick{Now: m.o.Now()}) // what it shows may be old
}

func (m *Model) focusAsked(a pane.FocusAsked) tea.Cmd {
	for i, s := range m.screens {
		if strings.EqualFold(s.name, a.Screen) {
			cmd := m.show(i)
			return tea.Batch(cmd, m.broadcast(a))
		}
	}
	return nil
}

// over opens an overlay.
func (m *Model) over(o *overlay) tea.Cmd {
	o.box.SetSize(m.w, m.h)
	m.overlay = o
	return nil
}

// overlay lies over the screen and takes all keys until it is closed.
type overlay struct {
	name string
	box  dialog
	list *palette.List         // the box, if it is a list
	make func() []palette.Item // makes the items of a list anew when something changed
}

// dialog is what an overlay can be. Key and Mouse tell when it is to close.
type dialog interface {
	SetSize(width, height int)
	Size() (width, height int)
	Key(tea.KeyMsg) (cmd tea.Cmd, done bool)
	Mouse(tea.MouseMsg) (cmd tea.Cmd, done bool)
	View() string
	Lines() []string
}

func (m *Model) overlayKey(k tea.KeyMsg) tea.Cmd {
	o := m.overlay
	cmd, done := o.box.Key(k)
	if done && m.overlay == o {
		m.overlay = nil
	}
	return cmd
}

// refresh makes the items of an open overlay anew.
func (m *Model) refresh(names ...string) {
	if m.overlay == nil || m.overlay.list == nil {
		return
	}
	for _, n := range names {
		if n == m.overlay.name {
			m.overlay.list.Set(m.overlay.make())
		}
	}
}

func (m *Model) blurred(tea.BlurMsg) tea.Cmd { return m.saveNow() }

// Close ends what goes on. It is called when the program has ended.
func (m *Model) Close() error {
	m.stop()
	var first error
	for _, s := range m.screens {
		if c, ok := s.pane.(pane.Closer); ok {
			if err := c.Close(); err != nil && first == nil {
				first = err
			}
		}
	}
	if err := m.work.results.Close(); err != nil && first == nil {
		first = err
	}
	if err := m.env.Project.Close(); err != nil && first == nil {
		first = err
	}
	return first
}
