package edit

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/pane"
)

// Editor is the pane in which scripts are written. Several can be open; one is shown.
type Editor struct {
	env           *pane.Env
	docs          []*Doc
	at            int
	width, height int
	focused       bool

	bindings []keys.Binding
	modal    *modal // vim's modes; nil in the other key sets
	search   *search
	popup    *popup
	clip     string // what was cut or copied last
	clipLine bool   // it was whole lines
	words    *session.Vocabulary
	painter  painter
	dragging bool
	hold     bool // what is shown stays where it is, though the cursor is out of sight
}

// New makes an editor with one empty script.
func New(env *pane.Env) *Editor {
	e := &Editor{env: env, docs: []*Doc{NewDoc("", "")}, width: 80, height: 24}
	if env.Keys.Modal() {
		e.modal = newModal(env.Keys)
	}
	e.painter = newPainter(env.Styles)
	e.bindings = e.commands()
	return e
}

// Refresh takes looks and keys as the environment has them now.
func (e *Editor) Refresh() {
	if modal := e.env.Keys.Modal(); modal != (e.modal != nil) {
		e.modal = nil
		if modal {
			e.modal = newModal(e.env.Keys)
		}
	}
	query, last := e.painter.query, e.painter.last
	e.painter = newPainter(e.env.Styles)
	e.painter.query, e.painter.last = query, last
	e.bindings = e.commands()
}

// Doc is the script that is shown.
func (e *Editor) Doc() *Doc { return e.docs[e.at] }

// Docs are the scripts that are open.
func (e *Editor) Docs() []*Doc { return e.docs }

// Open shows a script, in place of an empty one that was never written in.
func (e *Editor) Open(d *Doc) {
	e.popup = nil
	for i, o := range e.docs {
		if o.Path == d.Path && d.Path != "" {
			e.at = i
			return
		}
	}
	if cur := e.Doc(); cur.Path == "" && cur.buf.Text() == "" {
		e.docs[e.at] = d
		return
	}
	e.docs = append(e.docs, d)
	e.at = len(e.docs) - 1
}

// Add opens one more script and shows it.
func (e *Editor) Add(d *Doc) {
	e.docs = append(e.docs, d)
	e.at, e.popup = len(e.docs)-1, nil
}

// Write types a text at the cursor, as one step.
func (e *Editor) Write(text string) {
	d := e.Doc()
	d.insert("", text)
	d.buf.Mark(d.cursor)
}

// Next goes to the next problem.
func (e *Editor) Next() { e.nextProblem(1) }

// Has shows a script that is open, by its path; false if it is not.
func (e *Editor) Has(file string) bool {
	for i, o := range e.docs {
		if o.Path == file {
			e.at, e.popup = i, nil
			return true
		}
	}
	return false
}

// Show shows the n-th open script.
func (e *Editor) Show(n int) {
	e.at, e.popup = (n%len(e.docs)+len(e.docs))%len(e.docs), nil
}

// Close takes the script that is shown away. There is always one.
func (e *Editor) Close() {
	e.docs = append(e.docs[:e.at:e.at], e.docs[e.at+1:]...)
	if len(e.docs) == 0 {
		e.docs = []*Doc{NewDoc("", "")}
	}
	e.Show(min(e.at, len(e.docs)-1))
}

// SetSize implements pane.Pane.
func (e *Editor) SetSize(width, height int) { e.width, e.height = width, height }

// Focus implements pane.Pane.
func (e *Editor) Focus() { e.focused = true }

// Blur implements pane.Pane.
func (e *Editor) Blur() { e.focused, e.popup = false, nil }

// Bindings implements pane.Pane.
func (e *Editor) Bindings() []keys.Binding { return e.bindings }

// Takes implements pane.Taker: while one types, text is text. In vim's normal mode
// letters are commands.
func (e *Editor) Takes(k tea.KeyMsg) bool {
	name := keys.Name(k)
	switch {
	case k.Paste:
		return true
	case e.search != nil:
		return e.search.takes(name, k)
	case e.popup != nil && e.popup.takes(name):
		return true
	case e.modal != nil:
		return e.modal.takes(name, k)
	}
	return keys.IsText(k)
}

// Update implements pane.Pane.
func (e *Editor) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		e.hold = false
		return e.key(msg)
	case tea.MouseMsg:
		return e.mouse(msg)
	case pane.PlanReady:
		e.planReady(msg)
	case pane.Studied:
		e.studied(msg)
	case pane.OperatorChosen:
		if msg.UID == "" {
			e.Doc().marks = nil
		}
	}
	return nil
}

// key types what no binding took.
func (e *Editor) key(k tea.KeyMsg) tea.Cmd {
	if k.Paste {
		e.paste(pasted(string(k.Runes)))
		return nil
	}
	name := keys.Name(k)
	switch {
	case e.search != nil && e.search.takes(name, k):
		return e.searchKey(name, k)
	case e.popup != nil && e.popup.takes(name) && (e.modal == nil || name != "esc"):
		e.popupKey(name)
		return nil
	case e.modal != nil && e.modal.takes(name, k) && !e.modal.inserting():
		return e.modalKey(name)
	case keys.IsText(k):
		e.typed(string(k.Runes))
	case e.modal != nil && name == "esc":
		e.leaveInsert()
	}
	return nil
}

// pasted gives a pasted text its line ends: terminals send a return for each.
func pasted(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

// paste puts a text in as one step, as it is: nothing is indented or closed.
func (e *Editor) paste(text string) {
	if e.search != nil {
		e.search.insert(text)
		e.find()
		return
	}
	d := e.Doc()
	d.insert("", text)
	d.buf.Mark(d.cursor)
	e.popup = nil
}

// typed writes text at the cursor.
func (e *Editor) typed(text string) {
	d := e.Doc()
	kind := "type"
	if text == " " {
		kind = "space" // undo goes by words
	}
	d.insert(kind, text)
	e.offer(false)
}

// planReady takes the problems of a plan, if it is of the text that is shown.
func (e *Editor) planReady(m pane.PlanReady) {
	d := e.Doc()
	if m.Number != d.Number() || m.Source.Name != d.Source().Name {
		return
	}
	d.planned = m.Number
	d.problems = d.problems[:0]
	for _, p := range m.Problems {
		if p.Source != nil || p.File != "" {
			d.problems = append(d.problems, problem{d: p})
			continue
		}
		d.problems = append(d.problems, problem{spot: d.spot(p.Span), d: p})
	}
}

func (e *Editor) studied(m pane.Studied) {
	e.words = m.Vocabulary
	d := e.Doc()
	if m.Number != d.planned {
		return
	}
	for i, f := range m.Fixes {
		if i < len(d.problems) {
			d.problems[i].fix = f
		}
	}
}

// spot places a span of the flat text.
func (d *Doc) spot(s diag.Span) spot { return spot{d.buf.At(s.Start), d.buf.At(s.End)} }

// Mark shows spans as what belongs to the operator that is chosen elsewhere, and brings the
// first into sight if scroll is set.
func (e *Editor) Mark(spans []diag.Span, scroll bool) {
	d := e.Doc()
	d.marks = d.marks[:0]
	for _, s := range spans {
		if !s.IsZero() {
			d.marks = append(d.marks, d.spot(s))
		}
	}
	if scroll && len(d.marks) > 0 {
		line := d.marks[0].from.Line
		if _, rows := e.room(); line < d.top || line >= d.top+rows {
			d.SetTop(max(0, line-rows/3))
			e.hold = true
		}
	}
}

// Problems counts errors and warnings of the script that is shown.
func (e *Editor) Problems() (errs, warns int) {
	for _, p := range e.Doc().problems {
		switch p.d.Severity {
		case diag.Error:
			errs++
		case diag.Warning:
			warns++
		}
	}
	return errs, warns
}

// at the cursor: the problem that its line has, the one under the cursor first.
func (d *Doc) problemHere() *problem {
	var best *problem
	for i := range d.problems {
		p := &d.problems[i]
		if p.d.Source != nil || p.d.File != "" || d.cursor.Line < p.from.Line || d.cursor.Line > p.to.Line {
			continue
		}
		inside := !d.cursor.Before(p.from) && d.cursor.Before(p.to)
		if best == nil || inside || p.from.Line == d.cursor.Line && best.from.Line != d.cursor.Line {
			best = p
			if inside {
				return best
			}
		}
	}
	return best
}

// mouse puts the cursor, selects and scrolls.
func (e *Editor) mouse(m tea.MouseMsg) tea.Cmd {
	d := e.Doc()
	gutter := e.gutter()
	_, rows := e.room()
	switch {
	case m.Button == tea.MouseButtonWheelUp:
		d.SetTop(d.top - 3)
		e.hold = true
	case m.Button == tea.MouseButtonWheelDown:
		d.SetTop(min(d.top+3, max(0, d.buf.Lines()-rows/2)))
		e.hold = true
	case m.Button == tea.MouseButtonLeft || m.Action == tea.MouseActionMotion && e.dragging:
		line := min(d.top+max(0, m.Y-1), d.buf.Lines()-1)
		p := Pos{line, byteAt(d.buf.lines[line], max(0, m.X-1-gutter)+d.left)}
		switch m.Action {
		case tea.MouseActionPress:
			e.popup, e.hold, e.dragging = nil, false, true
			d.move(p, m.Shift)
		case tea.MouseActionMotion:
			if e.dragging {
				d.move(p, true)
			}
		}
	}
	if m.Action == tea.MouseActionRelease {
		e.dragging = false
	}
	return nil
}

// Title implements pane.Titled.
func (e *Editor) Title() string {
	d := e.Doc()
	name := pane.Clean(d.Name())
	if d.Dirty() {
		name += " " + e.env.Styles.Glyphs.Dot
	}
	return name
}

// Lines implements pane.Linear.
func (e *Editor) Lines() []string {
	d := e.Doc()
	out := []string{"script " + pane.Clean(d.Name())}
	for i, l := range d.buf.lines {
		out = append(out, itoa(i+1)+" "+pane.Clean(l))
		for _, p := range d.problems {
			if p.from.Line == i && p.d.Source == nil && p.d.File == "" {
				out = append(out, "  "+problemText(p.d))
			}
		}
	}
	return out
}

// problemText is a problem in one line.
func problemText(d *diag.Diagnostic) string {
	text := d.Severity.String() + "[" + string(d.Code) + "]: " + d.Primary
	if d.Hint != "" {
		text += " · " + d.Hint
	}
	return pane.Clean(text)
}
