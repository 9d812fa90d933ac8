package debug

import (
	"fmt"
	"strings"
	"time"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/styles"
)

const besideFrom = 100 // cells from which event time stands beside the rows

// layout is how the screen is shared out.
type layout struct {
	resultsW, sideW, topH, belowH int
	beside                        bool
}

func (p *Pane) layout() layout {
	l := layout{resultsW: p.width, topH: p.height, beside: p.width >= besideFrom && (p.walk != nil || p.live != nil)}
	if l.beside {
		l.sideW = p.env.Splits.Size(p.name+".side", max(44, p.width*2/5), 20, p.width-30)
		l.resultsW = p.width - l.sideW
	}
	if n := len(p.belowLines(p.width - 2)); n > 0 && p.height >= 16 {
		l.belowH = p.env.Splits.Size(p.name+".below", min(n+2, max(5, p.height*2/5)), 3, p.height-8)
		l.topH -= l.belowH
	}
	return l
}

// borders are those that the mouse can move.
func (p *Pane) borders() []pane.Border {
	l := p.layout()
	var out []pane.Border
	if l.beside {
		out = append(out, pane.Border{Name: p.name + ".side", X: l.resultsW - 1, W: 2, H: l.topH, Size: l.sideW, Shrinks: true})
	}
	if l.belowH > 0 {
		out = append(out, pane.Border{Name: p.name + ".below", Y: l.topH - 1, W: p.width, H: 2, Size: l.belowH, Down: true, Shrinks: true})
	}
	return out
}

// place gives the table its room.
func (p *Pane) place() {
	l := p.layout()
	w, h := pane.Inside(l.resultsW, l.topH)
	p.table.SetSize(w, max(1, h-1))
}

// View draws the screen.
func (p *Pane) View() string {
	st := p.env.Styles
	p.place()
	l := p.layout()
	var top string
	switch {
	case l.beside && p.walk != nil && p.height >= 30:
		half := l.topH / 2
		top = pane.Beside(p.resultsView(l.resultsW, l.topH), p.timesView(l.sideW, half)+"\n"+p.momentsView(l.sideW, l.topH-half))
	case l.beside:
		side := p.timesView(l.sideW, l.topH)
		if p.view == moments {
			side = p.momentsView(l.sideW, l.topH)
		}
		top = pane.Beside(p.resultsView(l.resultsW, l.topH), side)
	case p.view == times:
		top = p.timesView(p.width, l.topH)
	case p.view == moments:
		top = p.momentsView(p.width, l.topH)
	default:
		top = p.resultsView(p.width, l.topH)
	}
	if l.belowH > 0 {
		top += "\n" + p.belowView(l)
	}
	if p.menu != nil {
		top = p.withMenu(top)
	}
	if p.prompt != nil {
		w := min(p.width, 72)
		box := pane.Frame{Title: pane.Clean(p.prompt.label), Focused: true, Width: w, Height: 3}.Draw(st, p.prompt.line.View(st, max(1, w-2)))
		top = pane.Over(top, box, max(0, (p.width-w)/2), max(0, p.height-4))
	}
	return top
}

// resultsView shows the tables of rows.
func (p *Pane) resultsView(width, height int) string {
	st := p.env.Styles
	w, _ := pane.Inside(width, height)
	note := p.over()
	if p.doing != "" {
		note = pane.Clean(p.doing) + " " + st.Glyphs.Ellipsis
	} else if p.panel && p.summary != "" {
		note = pane.Clean(p.summary)
	}
	f := pane.Frame{Title: "Results", Note: note, Focused: p.focused, Width: width, Height: height}
	switch {
	case p.failed != "":
		lines := append([]string{""}, wrapped(st, st.Error.Render(st.Glyphs.Cross)+" ", p.failed, w-4)...)
		if p.hint != "" {
			lines = append(lines, wrapped(st, "  ", p.hint, w-4)...)
		}
		return f.Draw(st, strings.Join(lines, "\n"))
	case len(p.tabs) == 0:
		lines := []string{"", "  nothing was run yet"}
		for _, b := range p.Bindings() {
			if b.Name == "debug.run" || b.Name == "debug.walk" || b.Name == "debug.fixture" || b.Name == "debug.parity" || b.Name == "debug.tests" {
				lines = append(lines, "  "+st.Key.Render(fmt.Sprintf("%-8s", b.Key()))+b.Help)
			}
		}
		if p.began && p.doing != "" {
			lines = []string{"", "  " + p.doing}
		}
		return f.Draw(st, strings.Join(lines, "\n"))
	}
	return f.Draw(st, p.tabLine(w)+"\n"+p.table.View())
}

// tabLine names the tables; the one that is shown stands in brackets.
func (p *Pane) tabLine(width int) string {
	st := p.env.Styles
	var names []string
	used, first := 0, 0
	for i, t := range p.tabs {
		title := pane.Clean(t.title)
		if t.tap != nil && !t.tap.closed {
			title += " " + st.Glyphs.Dot
		}
		name := " " + title + " "
		if i == p.tab {
			name = "[" + title + "]"
		}
		names = append(names, name)
		if used += pane.Width(name); i <= p.tab {
			for used > width && first < i {
				used -= pane.Width(names[first])
				first++
			}
		}
	}
	var b strings.Builder
	for i, name := range names[first:] {
		if first+i == p.tab {
			b.WriteString(st.Strong.Render(name))
		} else {
			b.WriteString(st.Faint.Render(name))
		}
	}
	return pane.Fit(st, b.String(), width)
}

// timesView shows how far event time is on every input, and who holds it.
func (p *Pane) timesView(width, height int) string {
	st := p.env.Styles
	w, _ := pane.Inside(width, height)
	f := pane.Frame{Title: "Event time", Width: width, Height: height}
	if p.walk == nil || p.walk.doctor == nil {
		lines := []string{"", "  " + st.Faint.Render("a walk through a fixture shows event time,"), "  " + st.Faint.Render("watermarks, who holds them, and late rows")}
		if p.live != nil {
			pr := p.live.run.Progress()
			lines = []string{"", "  " + pane.Clean(pr.Line())}
			if session.IsTime(pr.Watermark) {
				lines = append(lines, "  watermark "+session.MarkText(pr.Watermark))
			}
			if pr.Late > 0 {
				lines = append(lines, "  "+st.Warning.Render(session.Thousands(pr.Late)+" late rows dropped"))
			}
		}
		return f.Draw(st, strings.Join(lines, "\n"))
	}
	d := p.walk.doctor
	f.Note = "clock " + p.walk.point.Clock
	var lines []string
	if s := d.Sentence(); s != "" {
		lines = append(lines, wrapped(st, st.Warning.Render(st.Glyphs.Warn)+" ", s, w-2)...)
	} else {
		lines = append(lines, st.Good.Render(st.Glyphs.Check)+" nothing holds event time back")
	}
	lines = append(lines, lanes(st, d, w)...)
	for _, l := range d.Late {
		lines = append(lines, st.Warning.Render(fmt.Sprintf("late  %s dropped %s", pane.Clean(l.Operator), count(int(l.Rows), "row"))))
	}
	for _, win := range d.Waiting {
		lines = append(lines, wrapped(st, st.Faint.Render("waits "), fmt.Sprintf("%s: %s, next window ends %s, fires at %s", win.Operator, count(win.Rows, "row"), win.Next, win.FiresAt), w-6)...)
	}
	if p.walk.hash != "" {
		lines = append(lines, st.Faint.Render("hash  ")+p.walk.hash)
	}
	return f.Draw(st, strings.Join(lines, "\n"))
}

// lanes draws a lane for every input on one axis: what the watermark has passed, the
// watermark, and the latest event.
func lanes(st *styles.Styles, d *session.Doctor, width int) []string {
	var from, to time.Time
	look := func(text string) {
		t, ok := stamp(text)
		if !ok {
			return
		}
		if from.IsZero() || t.Before(from) {
			from = t
		}
		if t.After(to) {
			to = t
		}
	}
	for _, in := range d.Inputs {
		look(in.Latest)
		look(in.Watermark)
		for _, s := range in.Splits {
			look(s.Latest)
			look(s.Watermark)
		}
	}
	// Half of the span again lies before what is known, so that lanes do not begin at their mark.
	from = from.Add(-to.Sub(from) / 2)
	var lines []string
	for _, in := range d.Inputs {
		holds := ""
		for _, s := range in.Splits {
			if s.Holds && len(in.Splits) > 1 {
				holds = fmt.Sprintf("  %s split %d holds", st.Glyphs.Left, s.Split)
			}
		}
		for _, w := range d.Waiting {
			if w.Holder == in.Table && len(d.Inputs) > 1 {
				holds = "  " + st.Glyphs.Left + " holds"
			}
		}
		lines = append(lines, st.Strong.Render(pane.Clean(in.Table))+"  "+count(int(in.Rows), "row")+st.Warning.Render(holds))
		lines = append(lines, "  "+lane(st, in.Watermark, in.Latest, from, to, width-4))
		lines = append(lines, st.Faint.Render("  watermark ")+short(in.Watermark)+st.Faint.Render("  latest ")+short(in.Latest))
		if len(in.Splits) > 1 {
			for _, s := range in.Splits {
				state := ""
				if s.Idle {
					state = "  idle"
				}
				if s.Holds {
					state += "  " + st.Glyphs.Left + " holds"
				}
				lines = append(lines, fmt.Sprintf("  split %d  ", s.Split)+short(s.Watermark)+st.Warning.Render(state))
			}
		}
	}
	return lines
}

func lane(st *styles.Styles, mark, latest string, from, to time.Time, width int) string {
	at := func(text string) int {
		t, ok := stamp(text)
		if !ok || !to.After(from) {
			return -1
		}
		return int(float64(t.Sub(from)) / float64(to.Sub(from)) * float64(width-1))
	}
	m, l := at(mark), at(latest)
	if mark == "the end" {
		m = width - 1
	}
	var b strings.Builder
	for x := range max(0, width) {
		switch {
		case x == m:
			b.WriteString(st.Glyphs.Down)
		case x == l:
			b.WriteString(st.Glyphs.Dot)
		case x < m:
			b.WriteString(st.Glyphs.Bar)
		default:
			b.WriteString(st.Glyphs.Bullet)
		}
	}
	return b.String()
}

// stamp reads a time as the doctor prints it.
func stamp(text string) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02 15:04:05.000", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// short is a time without its date, which the lanes of one screen share.
func short(text string) string {
	if _, ok := stamp(text); ok {
		return text[len("2006-01-02 "):]
	}
	if text == "" {
		return "none"
	}
	return pane.Clean(text)
}

// momentsView lists the moments of a walk, and what the last one did.
func (p *Pane) momentsView(width, height int) string {
	st := p.env.Styles
	w, h := pane.Inside(width, height)
	f := pane.Frame{Title: "Moments", Width: width, Height: height}
	if p.walk == nil {
		return f.Draw(st, "\n  "+st.Faint.Render("w walks through a run over a fixture"))
	}
	k := p.walk
	f.Note = fmt.Sprintf("%d of %d", k.point.At, len(k.moments))
	effects := k.effects()
	room := max(3, h-min(len(effects)+1, h/2))
	k.top = pane.Scroll(min(k.top, max(0, k.point.At-2)), min(k.point.At, len(k.moments)), room)
	var lines []string
	for i := k.top; i < min(k.top+room, len(k.moments)+1); i++ {
		mark, text := "  ", "the beginning"
		if i > 0 {
			text = pane.Clean(k.moments[i-1])
		}
		if i == k.point.At {
			mark = st.Glyphs.Closed + " "
			if i > 0 {
				text = pane.Clean(k.point.Moment)
			}
		}
		if k.late[i] > 0 {
			text = "LATE " + text
		}
		line := fmt.Sprintf("%s%3d  %s", mark, i, text)
		switch {
		case i == k.point.At:
			line = st.Chosen.Render(pane.Fit(st, line, w))
		case k.late[i] > 0:
			line = st.Warning.Render(line)
		case i > k.point.At:
			line = st.Faint.Render(line)
		}
		lines = append(lines, line)
	}
	for len(lines) < room {
		lines = append(lines, "")
	}
	if len(effects) > 0 {
		lines = append(lines, st.Faint.Render(strings.Repeat(st.Glyphs.Across, w)))
		for _, e := range effects {
			if strings.HasPrefix(e, "late:") {
				e = st.Warning.Render(e)
			}
			lines = append(lines, e)
		}
	}
	return f.Draw(st, strings.Join(lines, "\n"))
}

// belowLines are what was found out, for the room below the rows.
func (p *Pane) belowLines(width int) []string {
	st := p.env.Styles
	said := p.said
	if p.summary != "" && p.walk == nil && !p.panel {
		said = append([]string{p.summary}, said...)
	}
	var lines []string
	for _, s := range said {
		style := styles.Style{}
		switch {
		case strings.HasPrefix(s, st.Glyphs.Cross+" "):
			style = st.Error
		case strings.HasPrefix(s, st.Glyphs.Check+" "):
			style = st.Good
		case strings.HasPrefix(s, "! "):
			style = st.Warning
		}
		for _, line := range wrapped(st, "", s, width) {
			lines = append(lines, style.Render(line))
		}
	}
	return lines
}

func (p *Pane) belowView(l layout) string {
	return pane.Frame{Title: "Found", Width: p.width, Height: l.belowH}.Draw(p.env.Styles, strings.Join(p.belowLines(p.width-2), "\n"))
}

func (p *Pane) withMenu(screen string) string {
	st := p.env.Styles
	w, h := min(p.width, 50), min(p.height, len(p.menu.items)+2)
	room := max(1, h-2)
	first := pane.Scroll(0, p.menu.at, room)
	var lines []string
	for i := first; i < min(first+room, len(p.menu.items)); i++ {
		line := " " + pane.Clean(p.menu.items[i])
		if i == p.menu.at {
			line = st.Chosen.Render(pane.Fit(st, st.Glyphs.Closed+line, w-2))
		} else {
			line = " " + line
		}
		lines = append(lines, line)
	}
	box := pane.Frame{Title: pane.Clean(p.menu.title), Focused: true, Width: w, Height: h}.Draw(st, strings.Join(lines, "\n"))
	return pane.Over(screen, box, max(0, (p.width-w)/2), max(0, (p.height-h)/2))
}

// Lines tells the screen without its form.
func (p *Pane) Lines() []string {
	out := []string{p.over()}
	if p.failed != "" {
		return append(out, "failed: "+pane.Clean(p.failed), pane.Clean(p.hint))
	}
	if p.walk != nil {
		out = append(out, fmt.Sprintf("moment %d of %d: %s", p.walk.point.At, len(p.walk.moments), pane.Clean(p.walk.point.Moment)))
		out = append(out, p.walk.effects()...)
	}
	for _, s := range p.said {
		out = append(out, pane.Clean(s))
	}
	if p.tab < len(p.tabs) {
		out = append(out, "table "+pane.Clean(p.tabs[p.tab].title))
	}
	return append(out, p.table.Lines()...)
}

// wrapped breaks a sentence into lines of some cells, the first behind a mark.
func wrapped(st *styles.Styles, mark, text string, width int) []string {
	indent := strings.Repeat(" ", pane.Width(mark))
	var out []string
	for _, l := range pane.Wrap(pane.Clean(pane.Plain(st, text)), width) {
		out = append(out, mark+l)
		mark = indent
	}
	return out
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%s %ss", session.Thousands(int64(n)), what)
}
