package edit

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/tui/keys"
)

// modal is vim's way with keys: in normal mode they are commands, made of a count, an
// operator and a motion, or a command of its own. Each command has a name, so that it
// can be remapped like any other.
type modal struct {
	mode   vimMode
	table  map[string]*vimCommand // by key sequence
	list   []*vimCommand
	keys   []string // of the command that is being typed, without counts
	count  int
	times  int // the count before the operator
	op     *vimCommand
	wants  func(e *Editor, ch string) // what the next character is for
	lastF  func(d *Doc, n int) (Pos, bool)
	repeat []string // the keys of the last change, for .
	typing []string // of the command at hand
	dot    bool     // . is being done
	// inserted is what was typed in insert mode last, which began at start.
	inserted string
	start    Pos
}

type vimMode uint8

const (
	normal vimMode = iota
	insert
	visual
	visualLine
)

func (m *modal) title(d *Doc) string {
	switch {
	case m.mode == insert:
		return "INSERT"
	case m.mode == visualLine:
		return "V-LINE"
	case m.mode == visual:
		return "VISUAL"
	}
	if m.op != nil || m.count > 0 || len(m.keys) > 0 {
		return "NORMAL " + strings.Join(m.typing, "")
	}
	return "NORMAL"
}

func (m *modal) inserting() bool { return m.mode == insert }

// vimCommand is one of motion, object, operator and action.
type vimCommand struct {
	name, help string
	keys       []string
	motion     func(d *Doc, n int) (Pos, bool)
	object     func(d *Doc, n int) (from, to Pos, ok bool)
	operator   func(e *Editor, from, to Pos, lines bool)
	action     func(e *Editor, n int) tea.Cmd
	lines      bool // the motion takes whole lines with it
	inclusive  bool // the motion takes the character it ends at with it
	change     bool // . does it again
	far        bool // n is 0 where no count was given
}

func newModal(k *keys.Map) *modal {
	m := &modal{table: map[string]*vimCommand{}, list: vimCommands()}
	for _, c := range m.list {
		c.keys = k.Keys(c.name, c.keys...)
		for _, seq := range c.keys {
			m.table[seq] = c
		}
	}
	return m
}

// takes reports whether a key is the modal part's: all letters in normal and visual mode,
// but for those that the app has and vim does not (:, ?), and the control keys of vim.
func (m *modal) takes(name string, k tea.KeyMsg) bool {
	if m.mode == insert {
		return keys.IsText(k) || name == "esc"
	}
	if m.wants != nil || m.op != nil || len(m.keys) > 0 || name == "esc" {
		return true
	}
	if name == ":" || name == "?" {
		return false
	}
	if _, ok := m.table[name]; ok {
		return true
	}
	return keys.IsText(k)
}

func (m *modal) reset() {
	m.keys, m.count, m.times, m.op, m.wants, m.typing = nil, 0, 0, nil, nil, nil
}

// modalKey is a key in normal or visual mode.
func (e *Editor) modalKey(name string) tea.Cmd {
	m, d := e.modal, e.Doc()
	if name == "esc" || name == "ctrl+[" {
		m.reset()
		d.selecting, d.byLines = false, false
		m.mode = normal
		d.marks = nil
		e.settle()
		return nil
	}
	m.typing = append(m.typing, name)
	if f := m.wants; f != nil {
		m.wants = nil
		if name == "space" {
			name = " "
		}
		f(e, name)
		return nil
	}
	if len(name) == 1 && name[0] >= '0' && name[0] <= '9' && len(m.keys) == 0 && (name != "0" || m.count > 0) {
		m.count = min(m.count*10+int(name[0]-'0'), 99999)
		return nil
	}
	m.keys = append(m.keys, name)
	seq := strings.Join(m.keys, " ")
	if m.op != nil {
		if c, ok := m.table[seq]; ok && c == m.op { // dd, yy, >>
			return e.linewise(m.op)
		}
	}
	c, ok := m.table[seq]
	if ok && c.object != nil && m.op == nil && m.mode == normal { // i and a of objects are commands here
		ok = false
	}
	if !ok {
		for other, oc := range m.table {
			if strings.HasPrefix(other, seq+" ") && (oc.object == nil || m.op != nil || m.mode != normal) {
				return nil // more is to come
			}
		}
		m.reset()
		return nil
	}
	return e.vim(c)
}

// linewise does an operator on as many lines as were counted.
func (e *Editor) linewise(op *vimCommand) tea.Cmd {
	m, d := e.modal, e.Doc()
	n := max(1, m.times) * max(1, m.count)
	to := min(d.cursor.Line+n-1, d.buf.Lines()-1)
	e.remember(op)
	op.operator(e, Pos{d.cursor.Line, 0}, Pos{to, len(d.buf.lines[to])}, true)
	m.reset()
	e.settle()
	return nil
}

// vim does a command whose keys are complete.
func (e *Editor) vim(c *vimCommand) tea.Cmd {
	m, d := e.modal, e.Doc()
	n := max(1, m.times) * max(1, m.count)
	if c.far && m.times == 0 && m.count == 0 {
		n = 0
	}
	m.keys = nil
	switch {
	case c.operator != nil && m.mode != normal:
		from, to, _ := d.selection()
		lines := d.byLines
		if lines {
			from, to = ordered(d.anchor, d.cursor)
			from.Col, to.Col = 0, len(d.buf.lines[to.Line])
		} else if a, b := ordered(d.anchor, d.cursor); true {
			from, to = a, d.buf.right(b) // the character under the cursor belongs to it
		}
		d.selecting, d.byLines = false, false
		m.mode = normal
		e.remember(c)
		c.operator(e, from, to, lines)
	case c.operator != nil:
		m.op, m.times, m.count = c, m.count, 0
		return nil
	case c.object != nil:
		from, to, ok := c.object(d, n)
		if !ok {
			break
		}
		if m.op == nil {
			d.anchor, d.selecting = from, true
			d.moveKeeping(d.buf.left(to), true)
			break
		}
		e.remember(m.op)
		m.op.operator(e, from, to, c.lines)
	case c.motion != nil:
		p, ok := c.motion(d, n)
		if !ok {
			break
		}
		e.go2(c, p)
	default:
		if c.change {
			e.remember(c)
		}
		cmd := c.action(e, n)
		if m.wants == nil {
			m.reset()
		}
		e.settle()
		return cmd
	}
	m.reset()
	e.settle()
	return nil
}

// go2 moves to where a motion leads, or gives what lies between to the operator.
func (e *Editor) go2(c *vimCommand, p Pos) {
	m, d := e.modal, e.Doc()
	if m.op == nil {
		if c.lines {
			d.moveKeeping(p, m.mode != normal)
		} else {
			d.move(p, m.mode != normal)
		}
		return
	}
	from, to := ordered(d.cursor, p)
	if c.inclusive {
		to = d.buf.right(to)
	}
	if c.lines {
		from.Col, to.Col = 0, len(d.buf.lines[to.Line])
	}
	e.remember(m.op)
	m.op.operator(e, from, to, c.lines)
}

// remember keeps the keys of a change for the dot.
func (e *Editor) remember(c *vimCommand) {
	if m := e.modal; c.change && !m.dot {
		m.repeat = append([]string(nil), m.typing...)
	}
}

// settle keeps the cursor on a character in normal mode, as vim does.
func (e *Editor) settle() {
	m, d := e.modal, e.Doc()
	if m.mode != normal || d.selecting {
		return
	}
	if line := d.buf.lines[d.cursor.Line]; d.cursor.Col >= len(line) && len(line) > 0 {
		d.cursor.Col = before(line, len(line))
	}
}

// leaveInsert goes back to normal mode.
func (e *Editor) leaveInsert() {
	m, d := e.modal, e.Doc()
	e.popup = nil
	if m.mode == insert && !m.dot {
		if m.inserted = ""; m.start.Before(d.cursor) && d.buf.Clamp(m.start) == m.start {
			m.inserted = d.buf.Slice(m.start, d.cursor)
		}
	}
	if m.mode == insert && d.cursor.Col > 0 {
		d.move(Pos{d.cursor.Line, before(d.buf.lines[d.cursor.Line], d.cursor.Col)}, false)
	}
	m.mode = normal
	m.reset()
	d.selecting, d.byLines = false, false
	d.buf.Mark(d.cursor)
	e.settle()
}

// enterInsert begins to type at a place.
func (e *Editor) enterInsert(p Pos) {
	d := e.Doc()
	d.move(p, false)
	d.buf.Mark(d.cursor)
	e.modal.mode, e.modal.start = insert, d.cursor
}

// VimCommands lists the commands of vim's normal mode for help and docs.
func VimCommands(k *keys.Map) []keys.Binding {
	var out []keys.Binding
	for _, c := range vimCommands() {
		out = append(out, keys.Binding{Name: c.name, Keys: k.Keys(c.name, c.keys...), Help: c.help})
	}
	return out
}
