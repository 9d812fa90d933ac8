package app

import (
	"strings"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/styles"
)

// View implements tea.Model: a bar, the screen, two bars, and what lies over them.
func (m *Model) View() string {
	st := m.env.Styles
	if m.closing {
		return ""
	}
	if m.w < 40 || m.h < 10 {
		return pane.Block(st, []string{"weir needs 40 columns", "and 10 lines"}, m.w, m.h)
	}
	out := m.header() + "\n" + m.screens[m.at].pane.View() + "\n" + m.status() + "\n" + m.hintBar()
	if m.pending != "" {
		out = m.drawPrefix(out)
	}
	if m.overlay != nil {
		w, h := m.overlay.box.Size()
		out = pane.Over(out, m.overlay.box.View(), (m.w-w)/2, (m.h-h)/2)
	}
	return out
}

// tab is a screen's name in the bar above.
type tab struct {
	text     string
	from, to int
}

func (m *Model) tabs() []tab {
	x := m.tabsAt()
	var out []tab
	for i, s := range m.screens {
		text := string(rune('1'+i)) + " " + s.name
		if i == m.at {
			text = "[" + text + "]"
		} else {
			text = " " + text + " "
		}
		out = append(out, tab{text, x, x + len(text)})
		x += len(text)
	}
	return out
}

// tabsAt is the column in which the screens' names begin.
func (m *Model) tabsAt() int {
	if m.w < 100 {
		return 6
	}
	return max(6, m.w*3/10)
}

func (m *Model) header() string {
	st := m.env.Styles
	left := " " + st.Title.Render("weir")
	at := m.tabsAt()
	if at > 8 {
		left += "  " + pane.Clean(m.work.editor.Doc().Path)
		if m.work.editor.Doc().Dirty() {
			left += " " + st.Glyphs.Dot
		}
	}
	line := pane.Fit(st, left, at)
	for i, t := range m.tabs() {
		if i == m.at {
			line += st.Title.Render(t.text)
		} else {
			line += t.text
		}
	}
	mode := "STREAM"
	if m.mode == session.Batch {
		mode = "BATCH"
	}
	right := st.Strong.Render(mode)
	if m.fixture != "" && m.w >= 100 {
		right += " on " + pane.Clean(m.fixture)
	}
	right += " "
	return bar(st, pane.Fit(st, line, max(0, m.w-pane.Width(right)-1))+" "+right)
}

// bar colours a whole line as a bar, also behind styles that end in it.
func bar(st *styles.Styles, line string) string {
	on := st.Bar.On()
	if on == "" {
		return line
	}
	return on + strings.ReplaceAll(line, styles.Off, styles.Off+on) + styles.Off
}

// status is what goes on, what was said last, or how things stand.
func (m *Model) status() string {
	st := m.env.Styles
	busy := m.busyText()
	text := ""
	switch l := &m.log; {
	case busy != "":
		text = " " + busy + "   " + st.Key.Render("ctrl+c") + " cancels"
	case l.shown && len(l.all) > 0:
		t := l.all[len(l.all)-1]
		style := map[pane.Level]styles.Style{pane.Info: {}, pane.Good: st.Good, pane.Warn: st.Warning, pane.Fail: st.Error}[t.level]
		sign := map[pane.Level]string{pane.Info: "", pane.Good: st.Glyphs.Check + " ", pane.Warn: "! ", pane.Fail: st.Glyphs.Cross + " "}[t.level]
		first, more, _ := strings.Cut(t.text, "\n")
		text = " " + style.Render(sign+pane.Clean(first))
		if more != "" {
			text += st.Faint.Render("  (more in messages: alt+l)")
		}
	default:
		text = " " + st.Faint.Render(m.standing())
		if s, ok := m.screens[m.at].pane.(pane.Stated); ok {
			if own := s.Status(); own != "" {
				text = " " + own
			}
		}
	}
	return pane.Fit(st, text, m.w)
}

// standing says where one is when there is nothing else to say.
func (m *Model) standing() string {
	d := m.work.editor.Doc()
	text := d.Path
	if text == "" {
		text = "untitled script"
	}
	if d.Dirty() {
		text += ", not saved"
		if !m.store.at.IsZero() && !m.o.Still {
			text += ", draft kept"
		}
	}
	if m.fixture != "" {
		text += " · runs read fixture " + m.fixture
	}
	return pane.Clean(text)
}

// hints are the bindings that the bar at the foot shows: those of the screen that can be
// used, then palette and help.
func (m *Model) hints() []hint {
	var all []keys.Binding
	tail := []keys.Binding{}
	for _, b := range m.bindings {
		if b.Name == "app.palette" || b.Name == "app.help" || b.Name == "app.quit" {
			tail = append(tail, b)
		}
	}
	for _, b := range m.screens[m.at].pane.Bindings() {
		if b.Key() != "" && b.Why() == "" {
			all = append(all, b)
		}
	}
	room := m.w - 1
	width := func(b keys.Binding) int { return pane.Width(shown(b.Key())) + 1 + pane.Width(short(b.Help)) + 2 }
	for _, b := range tail {
		room -= width(b)
	}
	var out []hint
	x := 1
	add := func(b keys.Binding) {
		w := width(b)
		out = append(out, hint{b, x, x + w - 2})
		x += w
	}
	for _, b := range all {
		if x+width(b) > room {
			break
		}
		add(b)
	}
	for _, b := range tail {
		add(b)
	}
	return out
}

// shown is a key as a person reads it.
func shown(key string) string {
	if key == "ctrl+@" {
		return "^Space"
	}
	if rest, ok := strings.CutPrefix(key, "ctrl+"); ok && len(rest) == 1 {
		return "^" + strings.ToUpper(rest)
	}
	if len(key) > 1 && key[0] == 'f' && key[1] >= '0' && key[1] <= '9' {
		return "F" + key[1:]
	}
	return key
}

// short is a help text for the bar: up to what explains it.
func short(help string) string {
	if i := strings.IndexAny(help, ";("); i > 0 {
		help = strings.TrimSpace(help[:i])
	}
	return help
}

func (m *Model) hintBar() string {
	st := m.env.Styles
	line, x := "", 0
	for _, h := range m.hints() {
		line += strings.Repeat(" ", h.from-x) + st.Key.Render(shown(h.binding.Key())) + " " + short(h.binding.Help)
		x = h.to
	}
	return bar(st, pane.Fit(st, line, m.w))
}

// drawPrefix lists what a key that has begun a sequence leads to.
func (m *Model) drawPrefix(screen string) string {
	st := m.env.Styles
	var lines []string
	for _, b := range keys.After(m.reachable(), m.pending) {
		for _, k := range b.Keys {
			if rest, ok := strings.CutPrefix(k, m.pending+" "); ok {
				lines = append(lines, " "+st.Key.Render(pane.Fit(st, rest, 8))+" "+b.Help)
			}
		}
	}
	h := min(len(lines)+2, m.h-2)
	box := pane.Frame{Title: m.pending + st.Glyphs.Ellipsis, Focused: true, Width: min(50, m.w), Height: h}.Draw(st, strings.Join(lines, "\n"))
	return pane.Over(screen, box, 0, max(0, m.h-1-h))
}
