package app

import (
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/topology"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/pane"
)

// strip is the plan in a few lines under the editor: each output with what flows into it,
// and what is to say of the operator under the cursor. It follows the script as one types.
type strip struct {
	m       *Model
	w, h    int
	focused bool
	ready   pane.PlanReady
	rows    [][]*topology.Node // a row an output, from the sink to a source
	chosen  map[string]bool    // uids of operators at the cursor
	at, in  int                // the operator that is chosen here, while the strip has the focus
	top     int
}

func newStrip(m *Model) *strip { return &strip{m: m, chosen: map[string]bool{}} }

// graph is that of the last good plan.
func (s *strip) graph() *topology.Graph {
	if s.ready.Last == nil {
		return nil
	}
	return s.ready.Last.Graph
}

// Update implements pane.Pane.
func (s *strip) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case pane.PlanReady:
		s.ready = msg
		s.build()
	case pane.SpanChosen:
		s.span(msg.Span)
	case pane.OperatorChosen:
		s.chosen = map[string]bool{msg.UID: msg.UID != ""}
	case tea.MouseMsg:
		if msg.Action == tea.MouseActionPress && msg.Button == tea.MouseButtonLeft && len(s.rows) > 0 {
			s.at = max(0, min(s.top+msg.Y-1, len(s.rows)-1))
			s.in = 0
			return s.tell()
		}
	}
	return nil
}

func (s *strip) span(at diag.Span) {
	s.chosen = map[string]bool{}
	if s.ready.Plan == nil {
		return // places of the last good plan are not those of the text
	}
	for _, n := range OperatorsAt(s.graph(), at) {
		s.chosen[n.UID] = true
	}
}

// build lays the graph out in rows: a sink and what flows into it by the first inputs; inputs
// beyond begin rows of their own.
func (s *strip) build() {
	s.rows = nil
	g := s.graph()
	if g == nil {
		return
	}
	seen := map[topology.NodeID]bool{}
	var follow func(n *topology.Node)
	follow = func(n *topology.Node) {
		var row []*topology.Node
		var later []*topology.Node
		for n != nil {
			row = append(row, n)
			if seen[n.ID] {
				break
			}
			seen[n.ID] = true
			in := g.Inputs(n.ID)
			n = nil
			for i, e := range in {
				if i == 0 {
					n = g.Node(e.From)
				} else {
					later = append(later, g.Node(e.From))
				}
			}
		}
		s.rows = append(s.rows, row)
		for _, l := range later {
			follow(l)
		}
	}
	for _, sink := range g.Sinks() {
		follow(sink)
	}
	s.at = max(0, min(s.at, len(s.rows)-1))
	if len(s.rows) > 0 {
		s.in = max(0, min(s.in, len(s.rows[s.at])-1))
	}
}

// SetSize implements pane.Pane.
func (s *strip) SetSize(w, h int) { s.w, s.h = w, h }

// Focus implements pane.Pane.
func (s *strip) Focus() { s.focused = true }

// Blur implements pane.Pane.
func (s *strip) Blur() { s.focused = false }

func (s *strip) none() string {
	if len(s.rows) == 0 {
		return "there is no plan"
	}
	return ""
}

// tell says which operator is chosen here.
func (s *strip) tell() tea.Cmd {
	if len(s.rows) == 0 {
		return nil
	}
	uid := s.rows[s.at][s.in].UID
	return func() tea.Msg { return pane.OperatorChosen{UID: uid} }
}

func (s *strip) move(rows, in int) func() tea.Cmd {
	return func() tea.Cmd {
		s.at = max(0, min(s.at+rows, len(s.rows)-1))
		s.in = max(0, min(s.in+in, len(s.rows[s.at])-1))
		return s.tell()
	}
}

// Bindings implements pane.Pane.
func (s *strip) Bindings() []keys.Binding {
	k := s.m.env.Keys
	return []keys.Binding{
		k.BindIf("plan.open", "show it in Topology", s.none, func() tea.Cmd {
			return tea.Batch(s.tell(), func() tea.Msg { return pane.FocusAsked{Screen: "Topology"} })
		}, "enter", "t"),
		k.BindIf("plan.sql", "to its SQL", s.none, func() tea.Cmd {
			n := s.rows[s.at][s.in]
			line, col := s.ready.Source.Position(n.Span.Start)
			s.m.work.show(partEditor)
			s.m.work.editor.Go(line, col)
			return nil
		}, "g"),
		k.BindIf("plan.left", "the operator behind it", s.none, s.move(0, -1), "left", "h"),
		k.BindIf("plan.right", "the operator before it", s.none, s.move(0, 1), "right", "l"),
		k.BindIf("plan.up", "the row above", s.none, s.move(-1, 0), "up", "k"),
		k.BindIf("plan.down", "the row below", s.none, s.move(1, 0), "down", "j"),
	}
}

// View implements pane.Pane.
func (s *strip) View() string {
	st := s.m.env.Styles
	w, h := pane.Inside(s.w, s.h)
	var lines []string
	detail := s.detail()
	rows := h
	if detail != "" && h > 1 {
		rows--
	}
	first := s.at
	if !s.focused {
		for i, row := range s.rows { // the row of the operator at the cursor is the one to see
			for _, n := range row {
				if s.chosen[n.UID] && first == s.at {
					first = i
				}
			}
		}
	}
	s.top = pane.Scroll(min(s.top, max(0, len(s.rows)-rows)), first, rows)
	for i := s.top; i < min(len(s.rows), s.top+rows); i++ {
		lines = append(lines, s.row(i, w))
	}
	if len(s.rows) == 0 {
		lines = append(lines, " "+st.Faint.Render(s.nothing()))
	}
	if detail != "" && h > 1 {
		for len(lines) < rows {
			lines = append(lines, "")
		}
		lines = append(lines, " "+detail)
	}
	return pane.Frame{Title: "Plan", Note: s.note(), Focused: s.focused, Width: s.w, Height: s.h}.Draw(st, strings.Join(lines, "\n"))
}

func (s *strip) nothing() string {
	switch {
	case s.ready.Mode == "":
		return "no plan yet"
	case s.ready.Problems.HasErrors():
		return "no plan: the script has errors"
	}
	return "no query and no INSERT: nothing to plan"
}

// note says what the plan is of, and whether it is that of the text.
func (s *strip) note() string {
	st := s.m.env.Styles
	g := s.graph()
	if g == nil {
		return ""
	}
	text := fmt.Sprintf("%s %s %d operators", s.ready.Mode, st.Glyphs.Bullet, len(g.Nodes))
	if s.ready.Plan == nil {
		return text + " " + st.Glyphs.Bullet + " " + st.Warning.Render("of the last script without errors")
	}
	if s.m.o.Still {
		return text
	}
	return text + fmt.Sprintf(" %s %s", st.Glyphs.Bullet, s.ready.Took.Round(100*time.Microsecond))
}

// row is an output with what flows into it.
func (s *strip) row(i, width int) string {
	st := s.m.env.Styles
	line := " "
	for k, n := range s.rows[i] {
		if k > 0 {
			line += s.arrow(s.rows[i][k-1], n)
		}
		text := pane.Clean(n.Label)
		if text == "" {
			text = pane.Clean(n.Name)
		}
		if n.Kind.IsSource() || n.Kind.IsSink() {
			text = pane.Clean(n.Name)
		}
		if pane.Width(text) > 28 {
			text = strings.TrimRight(pane.Fit(st, text, 28), " ")
		}
		switch {
		case s.focused && i == s.at && k == s.in:
			text = st.Cursor.Render(text)
		case s.chosen[n.UID]:
			text = st.Mark.Render(text)
		case n.State != nil:
			text = st.Function.Render(text)
		}
		line += text + st.Note.Render(fmt.Sprintf(" p%d", n.Parallelism))
	}
	return pane.Fit(st, line, width)
}

// arrow is how rows get from a node to the one before it in the row.
func (s *strip) arrow(to, from *topology.Node) string {
	st, g := s.m.env.Styles, s.graph()
	for _, e := range g.Inputs(to.ID) {
		if e.From != from.ID {
			continue
		}
		name := string(e.Partitioner)
		if len(e.HashKeys) > 0 {
			name += "[" + pane.Clean(strings.Join(g.ColumnNames(from.ID, e.HashKeys), ",")) + "]"
		}
		if name == "forward" || name == "" {
			return " " + st.Glyphs.Left + " "
		}
		return " " + st.Glyphs.Left + " " + st.Hint.Render(name) + " " + st.Glyphs.Left + " "
	}
	return " " + st.Glyphs.Left + " "
}

// detail is what is to say of the operator that is chosen.
func (s *strip) detail() string {
	st, g := s.m.env.Styles, s.graph()
	if g == nil {
		return ""
	}
	var n *topology.Node
	if s.focused && len(s.rows) > 0 {
		n = s.rows[s.at][s.in]
	} else {
		for _, o := range g.Nodes {
			if s.chosen[o.UID] && (n == nil || n.State == nil) {
				n = o
			}
		}
	}
	if n == nil {
		return ""
	}
	dot := " " + st.Glyphs.Bullet + " "
	text := st.Strong.Render(pane.Clean(n.Name)) + dot + pane.Clean(n.Label)
	text += dot + "out " + pane.Clean(n.Changelog.Flink())
	if len(n.Keys) > 0 {
		text += dot + "key " + pane.Clean(strings.Join(n.Keys, ", "))
	}
	if n.State != nil {
		text += dot + "keeps state"
		if t := n.TTL(0); t > 0 {
			text += " for " + t.String()
		} else {
			text += " for ever"
		}
	}
	return text
}

// Lines implements pane.Linear.
func (s *strip) Lines() []string {
	out := []string{"plan"}
	for i := range s.rows {
		var names []string
		for _, n := range s.rows[i] {
			names = append(names, pane.Clean(n.Name))
		}
		out = append(out, "  "+strings.Join(names, " from "))
	}
	return out
}
