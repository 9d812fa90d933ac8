package rows

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/pane"
)

// Table shows the rows of a source.
type Table struct {
	env           *pane.Env
	width, height int
	focused       bool

	title   string
	columns []result.Column
	src     Source
	kinds   bool

	cursor, column int   // of the view: a row number there, a column of the source
	top, left      int   // first row and first column in sight
	wanted         []int // width of the widest value of each column so far
	widths         []int
	hidden         map[int]bool
	follow         bool // the newest rows stay in sight

	sortBy     int // column, −1 = as they came
	descending bool
	filter     string
	order      []int // rows in view; nil = all, as they came
	asked      int   // number of the order that was asked for last
	ordered    int   // rows that the source had then
	cancel     context.CancelFunc
	ordering   bool

	typing typing
	line   pane.Line
	cell   *viewer
}

// typing is what a person types into.
type typing uint8

const (
	notTyping typing = iota
	typingFilter
	typingFile
)

var _ pane.Pane = (*Table)(nil)
var _ pane.Taker = (*Table)(nil)

// New makes a table without rows.
func New(env *pane.Env) *Table {
	return &Table{env: env, sortBy: -1, hidden: map[int]bool{}, src: List{}}
}

// Show gives the table another source. The order, the filter and what is hidden stay if the
// columns are the same.
func (t *Table) Show(title string, columns []result.Column, kinds bool, src Source) tea.Cmd {
	same := len(columns) == len(t.columns)
	for i := range columns {
		same = same && columns[i] == t.columns[i]
	}
	t.title, t.columns, t.kinds, t.src = title, columns, kinds, src
	t.cell = nil
	if !same || src.Len() < t.ordered { // else the order is about right until there is another
		t.order = nil
	}
	if !same {
		t.sortBy, t.filter, t.hidden, t.column, t.left, t.cursor, t.top = -1, "", map[int]bool{}, 0, 0, 0, 0
		t.wanted = nil
	}
	t.clamp()
	return t.reorder()
}

// Source is what is shown.
func (t *Table) Source() Source { return t.src }

// Title is the name of what is shown.
func (t *Table) Title() string { return t.title }

// Grown has the table look at how many rows there are now.
func (t *Table) Grown() tea.Cmd {
	if t.follow {
		t.cursor = t.count() - 1
	}
	t.clamp()
	if t.order != nil && t.src.Len() != t.ordered && !t.ordering {
		return t.reorder()
	}
	return nil
}

// ordered is the answer to an order that was asked for.
type orderedMsg struct {
	table  *Table
	number int
	order  []int
	rows   int
}

// reorder asks for the order of the rows in view.
func (t *Table) reorder() tea.Cmd {
	if t.cancel != nil {
		t.cancel()
		t.cancel = nil
	}
	t.asked++
	if t.sortBy < 0 && t.filter == "" {
		t.order, t.ordering = nil, false
		t.clamp()
		return nil
	}
	o, ok := t.src.(Orderer)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.cancel, t.ordering = cancel, true
	number, column, descending, filter, rows := t.asked, t.sortBy, t.descending, t.filter, t.src.Len()
	return func() tea.Msg { return orderedMsg{t, number, o.Order(ctx, column, descending, filter), rows} }
}

// count is the number of rows in view.
func (t *Table) count() int {
	if t.order != nil {
		return len(t.order)
	}
	return t.src.Len()
}

// number is the row of the source at a place in view.
func (t *Table) number(i int) int {
	if t.order != nil {
		return t.order[i]
	}
	return i
}

// rows gives the rows in view from a place on.
func (t *Table) rows(from, n int) []result.Row {
	if t.order == nil {
		return t.src.Rows(from, n)
	}
	var out []result.Row
	for i := from; i < min(from+n, len(t.order)); i++ {
		if r := t.src.Rows(t.order[i], 1); len(r) == 1 {
			out = append(out, r[0])
		}
	}
	return out
}

// Chosen is the row at the cursor.
func (t *Table) Chosen() (number int, row result.Row, ok bool) {
	if t.cursor < 0 || t.cursor >= t.count() {
		return 0, result.Row{}, false
	}
	r := t.rows(t.cursor, 1)
	if len(r) == 0 {
		return 0, result.Row{}, false
	}
	return t.number(t.cursor), r[0], true
}

// Choose moves the cursor to a row of the source, if it is in view.
func (t *Table) Choose(number int) {
	for i := range t.count() {
		if t.number(i) == number {
			t.cursor = i
			t.clamp()
			return
		}
	}
}

// Columns are those of the source.
func (t *Table) Columns() []result.Column { return t.columns }

// page is the number of rows that there is room for.
func (t *Table) page() int { return max(1, t.height-2) }

func (t *Table) clamp() {
	t.cursor = max(0, min(t.cursor, t.count()-1))
	t.top = max(0, min(t.top, t.count()-t.page()))
	t.top = pane.Scroll(t.top, t.cursor, t.page())
	t.column = max(0, min(t.column, len(t.columns)-1))
	t.left = max(0, min(t.left, len(t.columns)-1))
}

// SetSize gives the table its room.
func (t *Table) SetSize(width, height int) {
	t.width, t.height = width, height
	t.clamp()
}

// Focus lets the table show its cursor.
func (t *Table) Focus() { t.focused = true }

// Blur ends that, and whatever was being typed.
func (t *Table) Blur() { t.focused, t.typing = false, notTyping }

// Takes reports whether a key goes into what is being typed.
func (t *Table) Takes(k tea.KeyMsg) bool { return t.typing != notTyping }

// Update takes a message.
func (t *Table) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case orderedMsg:
		if msg.table == t && msg.number == t.asked && msg.order != nil {
			t.order, t.ordered, t.ordering = msg.order, msg.rows, false
			t.clamp()
		}
	case tea.KeyMsg:
		if t.typing != notTyping {
			return t.typed(msg)
		}
	case tea.MouseMsg:
		return t.mouse(msg)
	case pane.Tick:
		return t.Grown()
	}
	return nil
}

func (t *Table) mouse(m tea.MouseMsg) tea.Cmd {
	switch {
	case m.Button == tea.MouseButtonWheelUp:
		return t.move(-3)
	case m.Button == tea.MouseButtonWheelDown:
		return t.move(3)
	case m.Action == tea.MouseActionPress && m.Button == tea.MouseButtonLeft && m.Y == 0:
		if c := t.columnAt(m.X); c >= 0 {
			t.column = c
			return t.sort()
		}
	case m.Action == tea.MouseActionPress && m.Button == tea.MouseButtonLeft && m.Y <= t.page():
		t.cursor, t.follow = t.top+m.Y-1, false
		if c := t.columnAt(m.X); c >= 0 {
			t.column = c
		}
		t.clamp()
	}
	return nil
}

// typed takes a key into the filter or the name of a file.
func (t *Table) typed(k tea.KeyMsg) tea.Cmd {
	what := t.typing
	switch k.String() {
	case "esc", "ctrl+c":
		t.typing = notTyping
		if what == typingFilter && t.filter != "" {
			t.filter = ""
			return t.reorder()
		}
		return nil
	case "enter":
		t.typing = notTyping
		if what == typingFile {
			return t.export(t.line.Text())
		}
		return nil
	}
	if t.line.Update(k) && what == typingFilter {
		t.filter, t.cursor, t.top = t.line.Text(), 0, 0
		return t.reorder()
	}
	return nil
}

func (t *Table) move(by int) tea.Cmd {
	if t.cell != nil {
		t.cell.top = max(0, t.cell.top+by)
		return nil
	}
	t.cursor += by
	t.follow = false
	t.clamp()
	return nil
}

// sideways moves to the next column that is shown.
func (t *Table) sideways(by int) tea.Cmd {
	for c := t.column + by; c >= 0 && c < len(t.columns); c += by {
		if !t.hidden[c] {
			t.column = c
			return nil
		}
	}
	return nil
}

// sort goes from ascending to descending to as the rows came.
func (t *Table) sort() tea.Cmd {
	switch {
	case t.sortBy != t.column:
		t.sortBy, t.descending = t.column, false
	case !t.descending:
		t.descending = true
	default:
		t.sortBy = -1
	}
	return t.reorder()
}

func (t *Table) hide() tea.Cmd {
	t.hidden[t.column] = true
	before := t.column
	if t.sideways(1); t.column == before {
		t.sideways(-1)
	}
	return nil
}

func (t *Table) startTyping(what typing, text string) tea.Cmd {
	t.typing = what
	t.line.Set(text)
	return nil
}

// copyRow copies the row at the cursor, its columns separated by tabs.
func (t *Table) copyRow() tea.Cmd {
	_, r, ok := t.Chosen()
	if !ok {
		return nil
	}
	var texts []string
	if r.Kind != "" {
		texts = append(texts, r.Kind)
	}
	for c, cell := range r.Cells {
		if !t.hidden[c] {
			texts = append(texts, cell.Text)
		}
	}
	return pane.Send(pane.CopyAsked{Text: strings.Join(texts, "\t"), What: "1 row"})
}

func (t *Table) copyCell() tea.Cmd {
	_, r, ok := t.Chosen()
	if !ok || t.column >= len(r.Cells) {
		return nil
	}
	return pane.Send(pane.CopyAsked{Text: r.Cells[t.column].Text, What: "1 value"})
}

// export writes the rows in view into a file of the project.
func (t *Table) export(name string) tea.Cmd {
	e, ok := t.src.(Exporter)
	if !ok || strings.TrimSpace(name) == "" {
		return nil
	}
	path := name
	if !filepath.IsAbs(path) && t.env.Project != nil {
		path = filepath.Join(t.env.Project.Dir, path)
	}
	order := t.order
	return func() tea.Msg {
		n, err := e.Export(path, order)
		if err != nil {
			return pane.Toast{Level: pane.Fail, Text: "export: " + err.Error()}
		}
		return pane.Toast{Level: pane.Good, Text: fmt.Sprintf("%s rows written to %s", session.Thousands(n), name)}
	}
}

// Bindings are what can be done with the rows.
func (t *Table) Bindings() []keys.Binding {
	k := t.env.Keys
	if t.cell != nil {
		return t.cellBindings()
	}
	none := func() string {
		if t.count() == 0 {
			return "there are no rows"
		}
		return ""
	}
	hidden := func() string {
		if len(t.hidden) == 0 {
			return "no column is hidden"
		}
		return ""
	}
	last := func() string {
		if len(t.columns)-len(t.hidden) <= 1 {
			return "one column must stay"
		}
		return ""
	}
	exporter := func() string {
		if _, ok := t.src.(Exporter); !ok {
			return "these rows are only shown"
		}
		return none()
	}
	by := func(n int) func() tea.Cmd { return func() tea.Cmd { return t.move(n) } }
	return []keys.Binding{
		k.BindIf("rows.cell", "read the whole value", none, t.openCell, "enter"),
		k.Bind("rows.filter", "filter rows", func() tea.Cmd { return t.startTyping(typingFilter, t.filter) }, "/"),
		k.BindIf("rows.sort", "sort by this column", none, t.sort, "s"),
		k.BindIf("rows.copy", "copy the row", none, t.copyRow, "y"),
		k.BindIf("rows.copy.value", "copy the value", none, t.copyCell, "Y"),
		k.BindIf("rows.hide", "hide this column", last, t.hide, "-"),
		k.BindIf("rows.show", "show all columns", hidden, func() tea.Cmd { t.hidden = map[int]bool{}; return nil }, "+"),
		k.BindIf("rows.export", "export the rows in view to a file", exporter, func() tea.Cmd { return t.startTyping(typingFile, "rows.csv") }, "E"),
		k.Bind("rows.follow", "keep the newest rows in sight", func() tea.Cmd { t.follow = !t.follow; return t.Grown() }, "F"),
		k.Bind("rows.up", "row up", by(-1), "up", "k"),
		k.Bind("rows.down", "row down", by(1), "down", "j"),
		k.Bind("rows.left", "column to the left", func() tea.Cmd { return t.sideways(-1) }, "left", "h"),
		k.Bind("rows.right", "column to the right", func() tea.Cmd { return t.sideways(1) }, "right", "l"),
		k.Bind("rows.page.up", "page up", by(-t.page()), "pgup", "ctrl+u"),
		k.Bind("rows.page.down", "page down", by(t.page()), "pgdown", "ctrl+d"),
		k.Bind("rows.first", "first row", by(-1<<40), "home", "g"),
		k.Bind("rows.last", "last row", by(1<<40), "end", "G"),
	}
}
