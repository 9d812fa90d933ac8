package jobs

import (
	"fmt"
	"strings"
	"time"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/pane"
)

// layout is how the screen is shared out: the jobs above, the chosen one below.
type layout struct{ topH, belowH int }

func (p *Pane) layout() layout {
	top := max(5, min(len(p.records)+4, p.height/2))
	top = p.env.Splits.Size("jobs.top", top, 5, p.height-5)
	return layout{topH: top, belowH: p.height - top}
}

// place gives the table its room.
func (p *Pane) place() {
	w, h := pane.Inside(p.width, p.layout().topH)
	p.table.SetSize(w, h)
}

// View draws the screen.
func (p *Pane) View() string {
	st := p.env.Styles
	p.place()
	l := p.layout()
	f := pane.Frame{Title: "Jobs", Note: p.Status(), Focused: p.focused, Width: p.width, Height: l.topH}
	var top string
	switch {
	case p.failed != "":
		top = f.Draw(st, "\n  "+st.Error.Render(st.Glyphs.Cross)+" "+pane.Clean(p.failed))
	case len(p.records) == 0:
		top = f.Draw(st, "\n  no job has run yet: n launches the script, its sinks muted")
	default:
		top = f.Draw(st, p.table.View())
	}
	view := top
	if l.belowH > 0 {
		view += "\n" + p.detailView(l)
	}
	if p.prompt != nil {
		w, body, h := min(p.width, 60), "", 3
		body = p.prompt.line.View(st, max(1, w-2))
		if p.prompt.note != "" {
			body += "\n" + st.Error.Render(pane.Clean(p.prompt.note))
			h++
		}
		box := pane.Frame{Title: pane.Clean(p.prompt.label), Focused: true, Width: w, Height: h}.Draw(st, body)
		view = pane.Over(view, box, max(0, (p.width-w)/2), max(0, p.height-h-1))
	}
	return view
}

// detailView tells of the chosen job.
func (p *Pane) detailView(l layout) string {
	st := p.env.Styles
	w, h := pane.Inside(p.width, l.belowH)
	r := p.chosen()
	var names strings.Builder
	for i, name := range []string{"figures", "log", "checkpoints"} {
		if detail(i) == p.detail {
			names.WriteString("[" + name + "]")
		} else {
			names.WriteString(" " + name + " ")
		}
	}
	f := pane.Frame{Title: names.String(), Width: p.width, Height: l.belowH}
	if r == nil {
		return f.Draw(st, "")
	}
	f.Note = pane.Clean(r.ID)
	var lines []string
	if r.Error != "" {
		for i, t := range pane.Wrap(pane.Clean(r.Error), w-4) {
			mark := "  "
			if i == 0 {
				mark = st.Error.Render(st.Glyphs.Cross) + " "
			}
			lines = append(lines, mark+t)
		}
	}
	switch p.detail {
	case figures:
		lines = append(lines, p.figureLines(r, w)...)
	case logLines:
		if p.of == r.ID {
			for _, t := range p.log {
				lines = append(lines, pane.Clean(t))
			}
		}
		if len(lines) > h && p.scroll == 0 { // the newest lines, unless one scrolls
			lines = lines[len(lines)-h:]
		}
	case checkpoints:
		lines = append(lines, p.snapshotLines(r)...)
	}
	p.scroll = max(0, min(p.scroll, len(lines)-h))
	return f.Draw(st, strings.Join(lines[p.scroll:], "\n"))
}

// figureLines are the operators of a job with what was measured of them.
func (p *Pane) figureLines(r *session.RunRecord, width int) []string {
	st := p.env.Styles
	s := p.samples[r.ID]
	lines := []string{fmt.Sprintf("%s  %s %s", st.Strong.Render(pane.Clean(r.Script)), r.Mode, st.Faint.Render("parallelism "+parallelism(r)))}
	if r.From != "" {
		lines = append(lines, st.Faint.Render("went on from ")+pane.Clean(r.From))
	}
	if s == nil {
		return append(lines, fmt.Sprintf("%s rows read, %s written in %v", session.Thousands(r.RowsRead), session.Thousands(r.RowsWritten), r.Took().Round(time.Second)))
	}
	most := 0.0
	for _, rates := range s.of {
		for _, v := range rates {
			most = max(most, v)
		}
	}
	name := 8
	for _, o := range s.metrics.Operators {
		name = min(30, max(name, pane.Width(pane.Clean(o.Name))))
	}
	lines = append(lines, st.Faint.Render(fmt.Sprintf("%s  %9s %-20s %5s %5s %9s %7s %6s %5s", pane.Fit(st, "operator", name), "rows/s", "", "busy", "bp", "state", "lag", "late", "skew")))
	for i := range s.metrics.Operators {
		o := &s.metrics.Operators[i]
		t := sum(*o)
		rates := s.of[o.UID]
		rate := 0.0
		if len(rates) > 0 {
			rate = rates[len(rates)-1]
		}
		state := ""
		if b, ok := s.state[o.UID]; ok {
			state = pane.Short(float64(b)) + "B"
		}
		skew := ""
		if len(o.Subtasks) > 1 {
			skew = fmt.Sprintf("%.1fx", o.Skew())
		}
		spark := st.Good.Render(pane.Fit(st, pane.Sparkline(st, rates, most), 20))
		lines = append(lines, fmt.Sprintf("%s  %9s %s %5s %5s %9s %7s %6s %5s", pane.Fit(st, pane.Clean(o.Name), name), pane.Short(rate), spark,
			share(s.busy[o.UID]), share(s.blocked[o.UID]), state, number(t.Lag), number(t.Late), skew))
	}
	return lines
}

func parallelism(r *session.RunRecord) string {
	if r.Parallelism == 0 {
		return "as planned"
	}
	return fmt.Sprint(r.Parallelism)
}

// snapshotLines are the checkpoints and the savepoint of a job.
func (p *Pane) snapshotLines(r *session.RunRecord) []string {
	st := p.env.Styles
	if p.of != r.ID || len(p.snaps) == 0 {
		return []string{"nothing is kept"}
	}
	var lines []string
	for _, s := range p.snaps {
		state := st.Good.Render(st.Glyphs.Check) + " committed"
		if !s.committed {
			state = st.Warning.Render(st.Glyphs.Warn) + " not known to be committed"
		}
		if s.finished {
			state += ", at the end"
		}
		lines = append(lines, fmt.Sprintf("%-12s %s  %9s  %s", pane.Clean(s.name), s.taken.Local().Format("01-02 15:04:05"), pane.Short(float64(s.bytes))+"B", state),
			st.Faint.Render("  "+pane.Clean(s.dir)))
	}
	return lines
}

// Lines tells the jobs without their form.
func (p *Pane) Lines() []string {
	out := append([]string{p.Status()}, p.table.Lines()...)
	if r := p.chosen(); r != nil && p.of == r.ID {
		for _, l := range p.log {
			out = append(out, "log: "+pane.Clean(l))
		}
	}
	return out
}

// share prints a share of the time.
func share(v float64) string {
	if v < 0 {
		return ""
	}
	return fmt.Sprintf("%.0f%%", 100*min(v, 1))
}

func number(n int64) string {
	if n == 0 {
		return ""
	}
	return pane.Short(float64(n))
}
