package debug

import (
	"context"
	"fmt"
	"strings"
	"sync"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/rows"
)

// tapMost is the number of rows of an edge that are kept; the run goes on behind them.
const tapMost = 100_000

// tapped are the rows that passed an edge, with how they passed.
type tapRows struct {
	mu   sync.RWMutex
	kept *result.Kept
	how  []passed
}

// passed is how a row passed.
type passed struct {
	time, mark string
	subtask    int
}

// tapColumns stand before the columns of the edge.
var tapColumns = []result.Column{{Name: "event time"}, {Name: "watermark"}, {Name: "subtask", Number: true}}

// Len is the number of rows.
func (t *tapRows) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.how)
}

// Rows gives some rows.
func (t *tapRows) Rows(from, n int) []result.Row {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.kept == nil {
		return nil
	}
	out := t.kept.Rows(from, n)
	for i := range out {
		h := t.how[max(from, 0)+i]
		out[i].Cells = append([]result.Cell{{Text: h.time, Null: h.time == ""}, {Text: h.mark}, {Text: fmt.Sprint(h.subtask)}}, out[i].Cells...)
	}
	return out
}

// Order sorts by a column of the edge, and filters.
func (t *tapRows) Order(ctx context.Context, column int, descending bool, contains string) []int {
	t.mu.RLock()
	kept, all := t.kept, len(t.how)
	t.mu.RUnlock()
	if kept == nil {
		return []int{}
	}
	if column >= len(tapColumns) || column < 0 {
		return kept.Order(ctx, max(column-len(tapColumns), -1), descending, contains)
	}
	return rows.List(t.Rows(0, all)).Order(ctx, column, descending, contains)
}

// see takes what passed.
func (t *tapRows) see(got session.Tapped) error {
	if got.Rows == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kept == nil {
		t.kept = result.NewKept(got.Schema, true, nil, 0)
	}
	if len(t.how) >= tapMost {
		return session.ErrLimit
	}
	mark := session.MarkText(got.Watermark)
	for i := range got.Rows.Len {
		h := passed{mark: mark, subtask: got.Subtask}
		if got.Time >= 0 {
			h.time = session.MarkText(got.EventTime(i))
		}
		t.how = append(t.how, h)
	}
	return t.kept.Write(got.Rows)
}

// tapMsg answers a tap.
type tapMsg struct {
	number int64
	edge   string
	rows   *tapRows
	missed int64
	err    error
}

// askTap asks for an edge of the run that goes on, or for one to run the script for.
func (p *Pane) askTap() tea.Cmd {
	if r, ok := p.running(); ok {
		return p.askEdge(r)
	}
	p.prompt = &prompt{label: "tap an edge: FROM:TO, or an operator", take: p.tapEdge}
	p.prompt.line.Set(p.operator)
	return nil
}

// cutEdge takes FROM:TO apart.
func cutEdge(edge string) (from, to string, both bool) { return strings.Cut(edge, ":") }

// tapEdge runs the script and keeps what passes an edge.
func (p *Pane) tapEdge(edge string) tea.Cmd {
	if edge == "" {
		return pane.Send(pane.Toast{Level: pane.Info, Text: "name an operator, or an edge as FROM:TO"})
	}
	ctx, number, busy := p.beside("tapping " + edge + " of")
	src, mode, fixture := p.src, p.mode, p.fixture
	return tea.Sequence(busy, p.env.Project.Alone(func(s *session.Session) tea.Msg {
		msg := tapMsg{number: number, edge: edge, rows: &tapRows{}}
		o := session.TapOptions{Edge: edge, Limit: tapMost, Mode: mode}
		if fixture != "" {
			if o.Fixture, msg.err = s.Fixture(fixture); msg.err != nil {
				return msg
			}
		}
		missed, list, err := s.Tap(ctx, src, o, msg.rows.see)
		if msg.missed, msg.err = missed, err; err == nil {
			msg.err = list.Err()
		}
		return msg
	}))
}

func (p *Pane) tapped(msg tapMsg) tea.Cmd {
	if msg.number != p.number {
		return nil
	}
	done := p.ended(msg.err)
	if msg.err != nil {
		return done
	}
	n := msg.rows.Len()
	p.said = []string{fmt.Sprintf("%s rows passed %s", session.Thousands(int64(n)), msg.edge)}
	if msg.missed > 0 {
		p.said = append(p.said, fmt.Sprintf("%s were left out: they came faster than they were looked at", session.Thousands(msg.missed)))
	}
	t := tab{title: "tap " + msg.edge, kinds: true, columns: tapColumns, src: msg.rows}
	if msg.rows.kept != nil {
		t.columns = append(append([]result.Column{}, tapColumns...), msg.rows.kept.Columns()...)
	}
	return tea.Batch(done, p.addTab(t))
}

// whyMsg answers a question for the rows that made a row.
type whyMsg struct {
	number int64
	why    *session.Why
	err    error
}

// whyRow asks which input rows made the row at the cursor.
func (p *Pane) whyRow() tea.Cmd {
	_, row, ok := p.table.Chosen()
	if !ok || p.tab >= len(p.tabs) {
		return nil
	}
	t := p.tabs[p.tab]
	return p.why(t.output, condition(t.columns, row))
}

func (p *Pane) askWhyNot() tea.Cmd {
	output := ""
	if p.tab < len(p.tabs) {
		output = p.tabs[p.tab].output
	}
	p.prompt = &prompt{label: "why is there no row where (a condition over the output's columns)", take: func(text string) tea.Cmd { return p.why(output, text) }}
	return nil
}

// condition is one that holds for a row and its equals.
func condition(columns []result.Column, row result.Row) string {
	var parts []string
	for i, c := range columns {
		if i >= len(row.Cells) {
			break
		}
		name := "`" + strings.ReplaceAll(c.Name, "`", "``") + "`"
		if row.Cells[i].Null {
			parts = append(parts, name+" IS NULL")
		} else {
			parts = append(parts, fmt.Sprintf("CAST(%s AS STRING) = '%s'", name, strings.ReplaceAll(row.Cells[i].Text, "'", "''")))
		}
	}
	return strings.Join(parts, " AND ")
}

func (p *Pane) why(output, where string) tea.Cmd {
	ctx, number, busy := p.beside("finding out what made a row of")
	src, mode, fixture := p.src, p.mode, p.fixture
	return tea.Sequence(busy, p.env.Project.Alone(func(s *session.Session) tea.Msg {
		msg := whyMsg{number: number}
		set, err := s.Fixture(fixture)
		if err == nil {
			w, list, werr := s.Why(ctx, src, set, session.WhyOptions{Output: output, Where: where, Mode: mode})
			if msg.why, err = w, werr; err == nil {
				err = list.Err()
			}
		}
		msg.err = err
		return msg
	}))
}

var whyColumns = []result.Column{{Name: "table"}, {Name: "row number", Number: true}, {Name: "place"}, {Name: "row"}}

func (p *Pane) explained(msg whyMsg) tea.Cmd {
	if msg.number != p.number {
		return nil
	}
	done := p.ended(msg.err)
	if msg.err != nil || msg.why == nil {
		return done
	}
	w := msg.why
	if m := w.Missing; m != nil {
		p.said = []string{"no such row: " + m.Reason}
		if m.Operator != "" {
			p.said = append(p.said, fmt.Sprintf("dropped at %s, line %d", m.Operator, m.Line))
		}
		if m.Hint != "" {
			p.said = append(p.said, "hint: "+m.Hint)
		}
		p.said = append(p.said, m.Rows...)
		return done
	}
	var list rows.List
	add := func(r session.WhyRow, place string) {
		if r.File != "" {
			place = fmt.Sprintf("%s:%d", r.File, r.Line)
		}
		list = append(list, result.Row{Kind: r.Op, Cells: []result.Cell{{Text: pane.Clean(r.Table)}, {Text: fmt.Sprint(r.Number)}, {Text: pane.Clean(place)}, {Text: pane.Clean(r.Row)}}})
	}
	for _, r := range w.Inputs {
		add(r, "")
	}
	for _, r := range w.Any {
		add(r, "any one of these")
	}
	p.said = []string{fmt.Sprintf("why %s of %s: %d input rows made it, found with %d runs", w.Row, w.Output, len(w.Inputs), w.Runs)}
	if w.Others > 0 {
		p.said = append(p.said, fmt.Sprintf("the condition holds for %d more rows", w.Others))
	}
	if w.Halved {
		p.said = append(p.said, "of so many rows some that undo each other may be missed")
	}
	return tea.Batch(done, p.addTab(tab{title: "why", columns: whyColumns, kinds: true, src: list}))
}
