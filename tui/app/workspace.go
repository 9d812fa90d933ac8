package app

import (
	"encoding/json"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/tui/catalog"
	"github.com/weir-sql/weir/tui/debug"
	"github.com/weir-sql/weir/tui/edit"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/pane"
)

// workspace is the Edit screen: the editor, with the catalog beside it, the plan and the
// problems below, and the rows of what was run from here at the foot. Where there is no room for all, one part is shown at a time.
type workspace struct {
	m       *Model
	editor  *edit.Editor
	catalog *catalog.Catalog
	strip   *strip
	list    *problems
	results *debug.Pane
	focus   part
	focused bool
	w, h    int
	hidden  bool // the catalog was put away
	rows    bool // the results are shown
	boxes   [parts]box

	scripts, fixtures []string // of the project
	// asked is the script for which one was asked whether to go on, and its text then.
	asked  *edit.Doc
	number int
}

// insisted reports whether one was asked the same of the same text before.
func (w *workspace) insisted(d *edit.Doc) bool {
	if w.asked == d && w.number == d.Number() {
		w.asked = nil
		return true
	}
	w.asked, w.number = d, d.Number()
	return false
}

// part is one pane of the screen.
type part int

const (
	partEditor part = iota
	partCatalog
	partPlan
	partProblems
	partResults
	parts
)

var partNames = [parts]string{"Script", "Catalog", "Plan", "Problems", "Results"}

// box is where a part lies in the screen; empty = it is not shown.
type box struct{ x, y, w, h int }

func newWorkspace(m *Model) *workspace {
	w := &workspace{m: m, editor: edit.New(m.env)}
	w.catalog = catalog.New(m.env, func(name string) tea.Cmd {
		w.editor.Write(name)
		w.show(partEditor)
		return nil
	})
	w.strip = newStrip(m)
	w.list = newProblems(m)
	w.results = debug.NewPanel(m.env)
	return w
}

func (w *workspace) part(p part) pane.Pane {
	return [parts]pane.Pane{w.editor, w.catalog, w.strip, w.list, w.results}[p]
}

// The least room in which all parts are shown at once.
const (
	wideEnough = 100
	highEnough = 28
	sideWidth  = 30
)

func (w *workspace) small() bool { return w.w < wideEnough || w.h < highEnough-bars }

// SetSize implements pane.Pane.
func (w *workspace) SetSize(width, height int) {
	w.w, w.h = width, height
	w.boxes = [parts]box{}
	if w.small() {
		w.boxes[w.focus] = box{0, 1, width, max(1, height-1)} // below the tabs
		if w.focus == partEditor && height >= 12 {
			w.boxes[partEditor].h -= 3
			w.boxes[partPlan] = box{0, height - 3, width, 3}
		}
	} else {
		sizes := &w.m.env.Splits
		if w.rows {
			rows := sizes.Size("edit.results", max(8, height*2/5), 4, height-12)
			height -= rows
			w.boxes[partResults] = box{0, height, width, rows}
		}
		side := 0
		if !w.hidden {
			side = sizes.Size("edit.catalog", min(sideWidth+(width-wideEnough)/8, 44), 12, width-40)
			w.boxes[partCatalog] = box{0, 0, side, height}
		}
		plan, list := 4, 4+max(0, height-25)/8
		if height >= 40 {
			plan = 6
		} else if height < 20 {
			plan, list = 3, 3
		}
		list = sizes.Size("edit.problems", list, 3, height-plan-5)
		plan = sizes.Size("edit.plan", plan, 3, height-list-5)
		text := height - plan - list
		w.boxes[partEditor] = box{side, 0, width - side, text}
		w.boxes[partPlan] = box{side, text, width - side, plan}
		w.boxes[partProblems] = box{side, text + plan, width - side, list}
	}
	for p, b := range w.boxes {
		if b.w > 0 {
			w.part(part(p)).SetSize(b.w, b.h)
		}
	}
}

// borders are those that the mouse can move, where all parts are shown.
func (w *workspace) borders() []pane.Border {
	if w.small() {
		return nil
	}
	plan, list, rows, side := w.boxes[partPlan], w.boxes[partProblems], w.boxes[partResults], w.boxes[partCatalog]
	out := []pane.Border{
		{Name: "edit.plan", X: plan.x, Y: plan.y - 1, W: plan.w, H: 2, Size: plan.h, Down: true, Shrinks: true},
		{Name: "edit.problems", X: list.x, Y: list.y - 1, W: list.w, H: 2, Size: list.h, Down: true, Shrinks: true},
	}
	if rows.h > 0 {
		out = append(out, pane.Border{Name: "edit.results", Y: rows.y - 1, W: rows.w, H: 2, Size: rows.h, Down: true, Shrinks: true})
	}
	if side.w > 0 {
		out = append(out, pane.Border{Name: "edit.catalog", X: side.w - 1, W: 2, H: side.h, Size: side.w})
	}
	return out
}

// run runs something and shows its rows at the foot, or in their part where one is shown at a time.
func (w *workspace) run(r pane.RunAsked) tea.Cmd {
	w.rows = true
	if w.small() {
		w.show(partResults)
	}
	w.m.store.dirty = true
	w.SetSize(w.w, w.h)
	return w.results.Update(r)
}

// Focus implements pane.Pane.
func (w *workspace) Focus() { w.focused = true; w.part(w.focus).Focus() }

// Blur implements pane.Pane.
func (w *workspace) Blur() { w.focused = false; w.part(w.focus).Blur() }

// show gives a part the focus.
func (w *workspace) show(p part) {
	if p == partCatalog && w.hidden {
		w.hidden = false
	}
	w.rows = w.rows || p == partResults
	w.part(w.focus).Blur()
	w.focus = p
	if w.focused {
		w.part(p).Focus()
	}
	w.m.store.dirty = true
	w.SetSize(w.w, w.h)
}

// Takes implements pane.Taker.
func (w *workspace) Takes(k tea.KeyMsg) bool {
	t, ok := w.part(w.focus).(pane.Taker)
	return ok && t.Takes(k)
}

// Update implements pane.Pane.
func (w *workspace) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		return w.part(w.focus).Update(msg)
	case tea.MouseMsg:
		return w.mouse(msg)
	case pane.RunAsked, pane.TapAsked:
		return nil // the Debug screen's
	case pane.FocusAsked:
		for p, name := range partNames {
			if strings.EqualFold(name, msg.Part) {
				w.show(part(p))
			}
		}
		return nil
	}
	var cmds []tea.Cmd
	for p := range parts {
		if cmd := w.part(p).Update(msg); cmd != nil {
			cmds = append(cmds, cmd)
		}
	}
	return tea.Batch(cmds...)
}

// mouse gives a message to the part under the pointer; a press gives it the focus.
func (w *workspace) mouse(m tea.MouseMsg) tea.Cmd {
	press := m.Action == tea.MouseActionPress && m.Button == tea.MouseButtonLeft
	if w.small() && m.Y == 0 {
		if press {
			x := 1
			for p, name := range partNames {
				if m.X >= x && m.X < x+len(name)+2 {
					w.show(part(p))
				}
				x += len(name) + 3
			}
		}
		return nil
	}
	held := w.m.env.Splits.Mouse(m, w.borders()...)
	if held && !press {
		return nil
	}
	at := part(-1)
	for p, b := range w.boxes {
		if m.X >= b.x && m.X < b.x+b.w && m.Y >= b.y && m.Y < b.y+b.h {
			at = part(p)
		}
	}
	if m.Action != tea.MouseActionPress { // what was begun in a part is its own to the end
		at = w.focus
	}
	if at < 0 {
		return nil
	}
	if press && at != w.focus {
		w.show(at)
	}
	if held {
		return nil
	}
	b := w.boxes[at]
	m.X, m.Y = m.X-b.x, m.Y-b.y
	return w.part(at).Update(m)
}

// Bindings implements pane.Pane.
func (w *workspace) Bindings() []keys.Binding {
	k := w.m.env.Keys
	to := func(p part) func() tea.Cmd { return func() tea.Cmd { w.show(p); return nil } }
	own := []keys.Binding{
		k.Bind("edit.part.next", "next part of the screen", func() tea.Cmd { w.show((w.focus + 1) % parts); return nil }, "f2"),
		k.Bind("edit.part.script", "to the script", to(partEditor), "alt+e"),
		k.Bind("edit.part.catalog", "to the catalog", to(partCatalog), "alt+t"),
		k.Bind("edit.part.plan", "to the plan", to(partPlan), "alt+p"),
		k.Bind("edit.part.problems", "to the problems", to(partProblems), "alt+m"),
		k.Bind("edit.part.results", "to the rows of what was run here; once more puts them away", func() tea.Cmd {
			if w.focus != partResults {
				w.show(partResults)
				return nil
			}
			w.rows = false
			w.show(partEditor)
			return nil
		}, "alt+u"),
		k.Bind("edit.catalog.toggle", "put the catalog away or back", func() tea.Cmd {
			w.hidden = !w.hidden
			if w.hidden && w.focus == partCatalog {
				w.show(partEditor)
			}
			w.m.store.dirty = true
			w.SetSize(w.w, w.h)
			return nil
		}, "f9"),
	}
	if w.focus != partEditor {
		own = append(own, k.Bind("edit.part.back", "back to the script", to(partEditor), "esc"))
	}
	return append(append([]keys.Binding(nil), w.part(w.focus).Bindings()...), own...)
}

// View implements pane.Pane.
func (w *workspace) View() string {
	view := func(p part) string { return w.part(p).View() }
	if w.small() {
		out := w.tabs() + "\n" + view(w.focus)
		if w.focus == partEditor && w.boxes[partPlan].h > 0 {
			out += "\n" + view(partPlan)
		}
		return out
	}
	out := view(partEditor) + "\n" + view(partPlan) + "\n" + view(partProblems)
	if w.boxes[partCatalog].w > 0 {
		out = pane.Beside(view(partCatalog), out)
	}
	if w.boxes[partResults].h > 0 {
		out += "\n" + view(partResults)
	}
	return out
}

// tabs are the names of the parts where one is shown at a time.
func (w *workspace) tabs() string {
	st := w.m.env.Styles
	line := " "
	for p, name := range partNames {
		if part(p) == w.focus {
			line += st.Title.Render("["+name+"]") + " "
		} else {
			line += " " + st.Faint.Render(name) + "  "
		}
	}
	return pane.Fit(st, line, w.w)
}

// Title implements pane.Titled.
func (w *workspace) Title() string { return w.editor.Title() }

// kept is what outlives the program.
type keptWorkspace struct {
	Focus  part `json:"focus"`
	Hidden bool `json:"hidden"`
	Rows   bool `json:"rows,omitempty"`
}

// Keep implements pane.Keeper.
func (w *workspace) Keep() any { return keptWorkspace{w.focus, w.hidden, w.rows} }

// Restore implements pane.Keeper.
func (w *workspace) Restore(raw []byte) {
	var k keptWorkspace
	if json.Unmarshal(raw, &k) == nil && k.Focus >= 0 && k.Focus < parts {
		w.focus, w.hidden, w.rows = k.Focus, k.Hidden, k.Rows || k.Focus == partResults
	}
}

// Lines implements pane.Linear.
func (w *workspace) Lines() []string {
	out := append(append(w.editor.Lines(), w.strip.Lines()...), w.list.Lines()...)
	if w.rows {
		out = append(out, w.results.Lines()...)
	}
	return out
}
