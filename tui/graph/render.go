package graph

import (
	"fmt"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/topology"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/styles"
)

const (
	inspectorWidth = 46
	besideFrom     = 100 // cells from which the inspector stands beside the graph
	fieldsFrom     = 1   // line of the inspector with the first field
	figureWidth    = 26
)

// drawn is the sheet of the graph and what it was drawn of.
type drawn struct {
	model       *topology.Model
	width       int
	tree, lines bool
	sheet       *topology.Sheet
}

// layout is how the screen is shared out.
type layout struct {
	graphW, sideW, topH, belowH int
	beside                      bool
}

func (p *Pane) layout() layout {
	l := layout{graphW: p.width, topH: p.height, beside: p.width >= besideFrom}
	if l.beside {
		l.sideW = min(inspectorWidth, p.width*2/5)
		if p.width >= 180 {
			l.sideW = 60
		}
		l.sideW = p.env.Splits.Size("topology.side", l.sideW, 24, p.width-30)
		l.graphW = p.width - l.sideW
	}
	if p.below != nil {
		l.belowH = p.env.Splits.Size("topology.below", min(max(5, len(p.below.lines)+2), p.height*2/5), 3, p.height-8)
		l.topH = p.height - l.belowH
	}
	return l
}

// borders are those that the mouse can move.
func (p *Pane) borders() []pane.Border {
	l := p.layout()
	var out []pane.Border
	if l.beside {
		out = append(out, pane.Border{Name: "topology.side", X: l.graphW - 1, W: 2, H: l.topH, Size: l.sideW, Shrinks: true})
	}
	if l.belowH > 0 {
		out = append(out, pane.Border{Name: "topology.below", Y: l.topH - 1, W: p.width, H: 2, Size: l.belowH, Down: true, Shrinks: true})
	}
	return out
}

// sheet is the graph drawn for the room that there is.
func (p *Pane) sheet() *topology.Sheet {
	l := p.layout()
	model, width := p.now().model, max(1, l.graphW-2)
	tree, lines := p.forceTree != !l.beside, len(p.figures.of)+len(p.taps) > 0
	if d := p.drawn; d.model == model && d.width == width && d.tree == tree && d.lines == lines {
		return d.sheet
	}
	o := topology.SheetOptions{Width: width, Tree: tree}
	if lines {
		o.Lines, o.LineWidth = 2, figureWidth
	}
	p.drawn = drawn{model: model, width: width, tree: tree, lines: lines, sheet: topology.NewSheet(model, o)}
	return p.drawn.sheet
}

// View draws the screen.
func (p *Pane) View() string {
	st := p.env.Styles
	if p.now() == nil {
		body := []string{"", "  " + st.Warning.Render("no graph") + "  " + pane.Clean(p.broken)}
		return pane.Frame{Title: "Topology", Focused: p.focused, Width: p.width, Height: p.height}.Draw(st, strings.Join(body, "\n"))
	}
	l := p.layout()
	var top string
	switch {
	case l.beside:
		top = pane.Beside(p.graphView(l), p.inspectorView(l.sideW, l.topH))
	case p.inspecting || p.menu != nil:
		top = p.inspectorView(p.width, l.topH)
	default:
		top = p.graphView(l)
	}
	if p.below != nil {
		top += "\n" + p.belowView(l)
	}
	if p.prompt != nil {
		top = p.withPrompt(top)
	}
	return top
}

// graphView is the part of the graph that is in sight.
func (p *Pane) graphView(l layout) string {
	st := p.env.Styles
	s := p.sheet()
	w, h := pane.Inside(l.graphW, l.topH)
	p.follow(s, w, h)
	n := p.now()
	lines := s.Draw(topology.View{X: p.x, Y: p.y, W: w, H: h, Chosen: p.chosen, ASCII: st.Look.ASCII, Paint: st.Graph, Mark: p.mark,
		Figures: func(op string) []topology.Figure { return p.operatorFigures(st, op, n.settings[op].UID) }})
	t := n.model.Totals
	note := fmt.Sprintf("%s, %s", topology.Count(t.Operators, "operator"), topology.Count(t.Tasks, "task"))
	if s.Width > w || s.Height > h {
		note += fmt.Sprintf(", %d%%", min(100, 100*(p.y+h)/max(1, s.Height)))
	}
	if p.find != "" {
		note = "find " + pane.Clean(p.find) + " " + st.Glyphs.Bullet + " " + note
	}
	title := "StreamGraph"
	if p.mode == "batch" {
		title += " (batch)"
	}
	if p.dirty() {
		title += " " + st.Glyphs.Dot
	}
	if p.compare != nil {
		title += " against " + pane.Clean(p.compare.base)
	}
	return pane.Frame{Title: title, Note: note, Focused: p.focused && !p.inspecting, Width: l.graphW, Height: l.topH}.Draw(st, strings.Join(lines, "\n"))
}

// mark is what stands in the corner of a box: what changed against the revision, else *
// for what was edited.
func (p *Pane) mark(op string) rune {
	if p.compare != nil {
		return p.compare.marks[op]
	}
	if p.now().settings[op].Edited {
		return '*'
	}
	return 0
}

// follow keeps the chosen operator in sight, and otherwise leaves the view where it is.
func (p *Pane) follow(s *topology.Sheet, w, h int) {
	x, y, bw, bh := s.Box(p.chosen)
	p.x, p.y = sight(p.x, x, bw, w, s.Width), sight(p.y, y, bh, h, s.Height)
}

// sight moves a view of some cells as little as is needed to show a box.
func sight(at, box, size, room, all int) int {
	const margin = 1
	if box+size+margin > at+room {
		at = box + size + margin - room
	}
	if box-margin < at {
		at = box - margin
	}
	return max(0, min(at, all-room))
}

// inspectorView tells of the chosen operator how it is set, and why.
func (p *Pane) inspectorView(width, height int) string {
	st := p.env.Styles
	s, ok := p.setting()
	n := p.node()
	if !ok || n == nil {
		return pane.Frame{Title: "Operator", Width: width, Height: height}.Draw(st, "")
	}
	w, _ := pane.Inside(width, height)
	lines := []string{st.Strong.Render(pane.Plain(st, pane.Clean(s.Label)))}
	fields := p.fields()
	for i, f := range fields {
		lines = append(lines, p.fieldLine(f, w, p.inspecting && i == p.field))
	}
	if p.menu != nil {
		lines = append(lines, p.menuLines(w)...)
	}
	lines = append(lines, p.facts(n, s, w)...)
	lines = append(lines, p.checks(w)...)
	title := pane.Clean(s.Name)
	if s.Edited {
		title += " *"
	}
	if first := p.field + fieldsFrom - (height - 3); first > 0 { // the field at the cursor stays in sight
		lines = append(lines[:1], lines[1+first:]...)
	}
	return pane.Frame{Title: title, Note: "n next", Focused: p.focused && p.inspecting, Width: width, Height: height}.Draw(st, strings.Join(lines, "\n"))
}

func (p *Pane) fieldLine(f field, width int, chosen bool) string {
	st := p.env.Styles
	label := fmt.Sprintf("%-15s ", f.label)
	value := pane.Clean(f.value)
	if f.step != nil && f.refused == "" {
		value = "[-] " + value + " [+]"
	}
	line := label + value
	why := f.why
	if f.refused != "" {
		why = "fixed: " + f.refused
	}
	if chosen {
		if why != "" {
			line += "  " + pane.Clean(why)
		}
		return st.Chosen.Render(pane.Fit(st, st.Glyphs.Closed+" "+line, width))
	}
	if f.refused != "" {
		return "  " + st.Faint.Render(line+"  "+pane.Plain(st, pane.Clean(why)))
	}
	return "  " + st.Faint.Render(label) + value + "  " + st.Faint.Render(pane.Clean(why))
}

// menuLines are the choices of a field; those that are not legal say why.
func (p *Pane) menuLines(width int) []string {
	st := p.env.Styles
	lines := []string{"", st.Title.Render(pane.Clean(p.menu.title))}
	for i, c := range p.menu.choices {
		mark, style := " ", styles.Style{}
		switch {
		case c.refused:
			mark, style = st.Glyphs.Cross, st.Faint
		case c.now:
			mark, style = st.Glyphs.Dot, st.Strong
		}
		text := fmt.Sprintf(" %s %-18s", mark, pane.Clean(c.text))
		if i == p.menu.at {
			text = st.Chosen.Render(pane.Fit(st, text, width))
		} else {
			text = style.Render(text)
		}
		lines = append(lines, text)
		if i == p.menu.at || c.refused {
			for _, l := range pane.Wrap(pane.Plain(st, pane.Clean(c.why)), width-6) {
				lines = append(lines, "     "+st.Faint.Render(l))
			}
		}
	}
	return lines
}

// facts are what follows from the SQL, and what a run says.
func (p *Pane) facts(n *topology.Node, s topology.Setting, width int) []string {
	st := p.env.Styles
	lines := []string{st.Faint.Render(strings.Repeat(st.Glyphs.Across, width))}
	say := func(label, text string) {
		if text == "" {
			return
		}
		for i, l := range pane.Wrap(pane.Plain(st, pane.Clean(text)), width-18) {
			if i > 0 {
				label = ""
			}
			lines = append(lines, "  "+st.Faint.Render(fmt.Sprintf("%-15s ", label))+l)
		}
	}
	say("kind", string(n.Kind))
	if n.Changelog.Updating() {
		say("changelog", n.Changelog.String())
	}
	say("key", strings.Join(n.Keys, ", "))
	for _, in := range s.Inputs {
		say("right because", in.Why)
	}
	say("anchor", s.Anchor)
	say("Flink id", s.FlinkID)
	for _, f := range p.operatorFigures(st, s.Name, s.UID) {
		say("run", f.Text)
	}
	return lines
}

// checks are what is to be said of the edits.
func (p *Pane) checks(width int) []string {
	st := p.env.Styles
	var lines []string
	if len(p.problems) > 0 {
		lines = append(lines, st.Faint.Render(strings.Repeat(st.Glyphs.Across, width)))
	}
	for _, d := range p.problems {
		mark, style := st.Glyphs.Warn, st.Warning
		if d.Severity == diag.Error {
			mark, style = st.Glyphs.Cross, st.Error
		}
		for i, l := range pane.Wrap(pane.Plain(st, pane.Clean(d.Primary)), width-4) {
			if i == 0 {
				lines = append(lines, style.Render(mark)+" "+l)
			} else {
				lines = append(lines, "  "+l)
			}
		}
		for _, l := range pane.Wrap(pane.Plain(st, pane.Clean(d.Hint)), width-4) {
			lines = append(lines, "  "+st.Faint.Render(l))
		}
	}
	if what := p.now().what; what != "" && len(p.problems) == 0 && p.dirty() {
		lines = append(lines, st.Faint.Render(strings.Repeat(st.Glyphs.Across, width)))
		for i, l := range pane.Wrap(pane.Plain(st, pane.Clean(what)), width-4) {
			mark := "  "
			if i == 0 {
				mark = st.Good.Render(st.Glyphs.Check) + " "
			}
			lines = append(lines, mark+l)
		}
	}
	return lines
}

func (p *Pane) belowView(l layout) string {
	st := p.env.Styles
	b := p.below
	b.top = max(0, min(b.top, len(b.lines)-(l.belowH-2)))
	var lines []string
	for _, text := range b.lines[b.top:] {
		clean := pane.Plain(st, pane.Clean(text))
		switch {
		case strings.HasPrefix(text, "+"):
			clean = st.Added.Render(clean)
		case strings.HasPrefix(text, "-"):
			clean = st.Removed.Render(clean)
		case strings.HasPrefix(text, "~"):
			clean = st.Changed.Render(clean)
		}
		lines = append(lines, clean)
	}
	return pane.Frame{Title: pane.Clean(b.title), Note: "J K scroll, esc close", Width: p.width, Height: l.belowH}.Draw(st, strings.Join(lines, "\n"))
}

// withPrompt puts what is typed over the last lines of the screen.
func (p *Pane) withPrompt(screen string) string {
	st := p.env.Styles
	w := min(p.width, 72)
	body := p.prompt.line.View(st, max(1, w-2))
	height := 3
	if p.prompt.note != "" {
		for _, l := range pane.Wrap(pane.Clean(p.prompt.note), w-4) {
			body += "\n" + st.Error.Render(l)
			height++
		}
	}
	box := pane.Frame{Title: pane.Clean(p.prompt.label), Focused: true, Width: w, Height: height}.Draw(st, body)
	return pane.Over(screen, box, max(0, (p.width-w)/2), max(0, p.height-height-1))
}

// Lines tells the graph without its form: an operator a line, then the chosen one.
func (p *Pane) Lines() []string {
	n := p.now()
	if n == nil {
		return []string{"no graph: " + pane.Clean(p.broken)}
	}
	var out []string
	for _, name := range n.order {
		s := n.settings[name]
		line := fmt.Sprintf("%s, %s, parallelism %d", pane.Clean(s.Name), pane.Clean(s.Label), s.Parallelism)
		for _, in := range s.Inputs {
			line += fmt.Sprintf(", %s from %s", pane.Clean(in.Exchange), pane.Clean(in.From))
		}
		if s.Edited {
			line += ", edited"
		}
		if name == p.chosen {
			line = "chosen: " + line
		}
		out = append(out, line)
	}
	for _, f := range p.fields() {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s: %s %s", f.label, pane.Clean(f.value), pane.Clean(f.refused))))
	}
	return out
}
