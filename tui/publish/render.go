package publish

import (
	"errors"
	"fmt"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/pane"
)

const (
	keyW     = 22 // of the names of fields
	besideAt = 108
	saidMost = 8 // lines that problems take at most
)

// layout is how the dialog is shared out.
type layout struct {
	settingsW, filesW, bodyH int
	showSettings, showFiles  bool
}

func (d *Dialog) layout() layout {
	w, h := d.Size()
	in := w - 2
	l := layout{settingsW: in, filesW: in, showSettings: !d.files, showFiles: d.files}
	if in >= besideAt-2 {
		l = layout{settingsW: 72, filesW: in - 73, showSettings: true, showFiles: true}
	}
	l.bodyH = max(1, h-2-2-len(d.said(in))-2)
	return l
}

// View draws the dialog.
func (d *Dialog) View() string {
	st := d.env.Styles
	w, h := d.Size()
	in := w - 2
	l := d.layout()
	jobs := "stream and batch"
	if d.only != "" {
		jobs = "only the " + string(d.only)
	}
	head := " jobs " + st.Strong.Render(pane.Clean(d.jobName())) + "   " + jobs
	if d.force {
		head += "   " + st.Warning.Render("edited scheduler files are written anew")
	}
	lines := []string{head, st.Faint.Render(strings.Repeat(st.Glyphs.Across, in))}
	var body []string
	switch {
	case l.showSettings && l.showFiles:
		a, b := d.settings(l.settingsW, l.bodyH), d.preview(l.filesW, l.bodyH)
		for i := range l.bodyH {
			body = append(body, a[i]+st.Faint.Render(st.Glyphs.Down)+b[i])
		}
	case l.showFiles:
		body = d.preview(l.filesW, l.bodyH)
	default:
		body = d.settings(l.settingsW, l.bodyH)
	}
	lines = append(lines, body...)
	lines = append(lines, st.Faint.Render(strings.Repeat(st.Glyphs.Across, in)))
	lines = append(lines, d.said(in)...)
	lines = append(lines, d.foot(in))
	note := ""
	switch n := len(d.news()); {
	case d.checking():
		note = "checking" + st.Glyphs.Ellipsis
	case n > 0 && d.notReady() == "":
		note = count(n, "file") + " to write"
	case n == 0 && d.notReady() != "" && len(d.written()) > 0:
		note = "nothing is new"
	}
	return pane.Frame{Title: "Publish " + pane.Clean(d.script), Note: note, Focused: true, Width: w, Height: h}.Draw(st, strings.Join(lines, "\n"))
}

// settings is the table of fields, a column a mode.
func (d *Dialog) settings(width, height int) []string {
	st := d.env.Styles
	col := (width - keyW) / 2
	title := " " + pane.Fit(st, "", keyW-1)
	for _, mode := range modes {
		text := string(mode)
		if d.only != "" && d.only != mode {
			text = st.Faint.Render(text + " (not published)")
		} else {
			text = st.Strong.Render(text)
		}
		title += pane.Fit(st, text, col)
	}
	lines := []string{pane.Fit(st, title, width)}
	rows := d.rows()
	d.first = pane.Scroll(min(d.first, max(0, len(rows)-height+1)), d.row, height-1)
	for i := d.first; i < len(rows) && len(lines) < height; i++ {
		f := rows[i]
		mark := " "
		if i == d.row && !d.files {
			mark = st.Glyphs.Closed
		}
		line := mark + pane.Fit(st, pane.Clean(f.key), keyW-2) + " "
		for c, mode := range modes {
			text, edited := d.value(mode, f.key)
			cell := pane.Clean(text)
			switch {
			case f.not[mode] != "":
				cell = st.Faint.Render("-")
			case text == "" && !edited:
				cell = st.Faint.Render(f.empty)
			case text == "":
				cell = st.Changed.Render(f.empty + " *")
			case edited:
				cell = st.Changed.Render(cell + " *")
			}
			cell = pane.Fit(st, " "+cell, col-1)
			if i == d.row && c == d.col && !d.files {
				cell = st.Chosen.Render(pane.Fit(st, " "+plainCell(text, f, mode, edited), col-1))
			}
			line += cell + " "
		}
		lines = append(lines, pane.Fit(st, line, width))
	}
	for len(lines) < height {
		lines = append(lines, strings.Repeat(" ", width))
	}
	return lines
}

// plainCell is a cell's text without styles, for the one at the cursor.
func plainCell(text string, f field, mode session.Mode, edited bool) string {
	out := pane.Clean(text)
	switch {
	case f.not[mode] != "":
		return "-"
	case text == "":
		out = f.empty
	}
	if edited {
		out += " *"
	}
	return out
}

// preview lists the files, and below shows the one that is chosen.
func (d *Dialog) preview(width, height int) []string {
	st := d.env.Styles
	files := d.written()
	var lines []string
	for i, f := range files {
		mark := "  "
		if i == d.file {
			mark = st.Glyphs.Closed + " "
		}
		state := pane.Fit(st, f.State, 10)
		switch f.State {
		case "new":
			state = st.Added.Render(state)
		case "changed":
			state = st.Changed.Render(state)
		case "kept":
			state = st.Warning.Render(state)
		default:
			state = st.Faint.Render(state)
		}
		path := pane.Clean(f.Path)
		if i == d.file && d.files {
			path = st.Chosen.Render(path)
		}
		lines = append(lines, pane.Fit(st, mark+state+path, width))
	}
	if len(files) == 0 {
		lines = append(lines, pane.Fit(st, "  "+st.Faint.Render("no files yet"), width))
	}
	lines = append(lines, st.Faint.Render(strings.Repeat(st.Glyphs.Across, width)))
	text := d.text()
	room := max(1, height-len(lines))
	d.scroll = max(0, min(d.scroll, len(text)-room))
	for i := d.scroll; i < len(text) && len(lines) < height; i++ {
		lines = append(lines, pane.Fit(st, " "+text[i], width))
	}
	for len(lines) < height {
		lines = append(lines, strings.Repeat(" ", width))
	}
	return lines[:height]
}

// text is what is to see of the chosen file: what changes, what the job needs, and how it will read.
func (d *Dialog) text() []string {
	st := d.env.Styles
	files := d.written()
	if d.file >= len(files) {
		return nil
	}
	f := files[d.file]
	var out []string
	for _, c := range f.Changes {
		out = append(out, st.Changed.Render("~ "+pane.Clean(pane.Plain(st, c))))
	}
	if len(out) > 0 {
		out = append(out, "")
	}
	for _, line := range strings.Split(strings.TrimRight(f.Text, "\n"), "\n") {
		line = pane.Clean(strings.ReplaceAll(line, "\t", "    "))
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			line = st.Comment.Render(pane.Plain(st, line))
		}
		out = append(out, line)
	}
	return out
}

// said is what the checks say of each job.
func (d *Dialog) said(width int) []string {
	st := d.env.Styles
	var out []string
	add := func(mark, text string) {
		indent := " " + mark + " "
		for _, line := range pane.Wrap(pane.Clean(pane.Plain(st, text)), width-4) {
			out = append(out, indent+line)
			indent = "   "
		}
	}
	for _, mode := range d.chosen() {
		list, err := d.verdict.lists[mode], d.verdict.errs[mode]
		p := d.verdict.pubs[mode]
		switch {
		case err != nil:
			text, hint := explain(err)
			add(st.Error.Render(st.Glyphs.Cross), fmt.Sprintf("%s: %s", mode, strings.TrimPrefix(text, string(mode)+": ")))
			if hint != "" {
				add(" ", hint)
			}
		case p != nil:
			add(st.Good.Render(st.Glyphs.Check), d.good(mode, p))
		}
		for _, one := range list {
			mark := st.Warning.Render(st.Glyphs.Warn)
			if one.Severity == diag.Error {
				mark = st.Error.Render(st.Glyphs.Cross)
			}
			at := ""
			if !one.Span.IsZero() && one.Span.Start <= len(d.verdict.src.Text) {
				line, _ := d.verdict.src.Position(one.Span.Start)
				at = fmt.Sprintf("line %d: ", line)
			}
			text := fmt.Sprintf("%s: %s%s", mode, at, one.Primary)
			if one.Hint != "" {
				text += "; " + one.Hint
			}
			add(mark, text)
		}
	}
	_, h := d.Size()
	if most := min(saidMost, max(2, h/3)); len(out) > most {
		out = append(out[:most-1], st.Faint.Render(fmt.Sprintf("   %d more lines", len(out)-most+1)))
	}
	return out
}

// good says what a job that plans does.
func (d *Dialog) good(mode session.Mode, p *session.Publication) string {
	j := p.Jobs[0]
	text := fmt.Sprintf("%s reads %s, writes %s", mode, names(j.Reads), names(j.Writes))
	var needs []string
	for _, n := range j.Needs {
		needs = append(needs, n.String())
	}
	if len(needs) > 0 {
		text += "; waits for " + strings.Join(needs, "; ")
	}
	return text
}

func names(list []string) string {
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}

// explain is an error for the screen: what is wrong, and what helps.
func explain(err error) (primary, hint string) {
	var one *diag.Diagnostic
	if errors.As(err, &one) {
		return one.Primary, one.Hint
	}
	return err.Error(), ""
}

// foot is what is typed, what is asked, or what can be done.
func (d *Dialog) foot(width int) string {
	st := d.env.Styles
	switch {
	case d.typing != nil:
		label := " " + pane.Clean(d.typing.label) + " "
		return pane.Fit(st, st.Strong.Render(label)+d.typing.line.View(st, max(1, width-pane.Width(label)-1)), width)
	case d.confirming:
		return pane.Fit(st, " "+st.Strong.Render("write "+count(len(d.news()), "file")+"?")+"  "+st.Key.Render("enter")+" writes  "+st.Key.Render("esc")+" goes back", width)
	}
	line := ""
	for _, b := range d.Bindings() {
		if b.Why() != "" || b.Key() == "" {
			continue
		}
		one := "  " + st.Key.Render(b.Key()) + " " + b.Help
		if pane.Width(line)+pane.Width(one)+11 > width {
			break
		}
		line += one
	}
	return pane.Fit(st, line[min(1, len(line)):]+"  "+st.Key.Render("esc")+" close", width)
}

// Lines tells the dialog without its form.
func (d *Dialog) Lines() []string {
	out := []string{"publish " + pane.Clean(d.script) + " as " + pane.Clean(d.jobName())}
	for _, f := range d.rows() {
		for _, mode := range modes {
			if v, _ := d.value(mode, f.key); v != "" {
				out = append(out, fmt.Sprintf("%s %s: %s", mode, pane.Clean(f.key), pane.Clean(v)))
			}
		}
	}
	out = append(out, d.said(1000)...)
	for _, f := range d.written() {
		out = append(out, f.State+" "+pane.Clean(f.Path))
	}
	return out
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
