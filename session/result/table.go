package result

import (
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/session/term"
)

// tableSample is the number of rows that decide the column widths.
const tableSample = 1000

// cellMax is the width at which a cell is cut in a terminal of limited width.
const cellMax = 60

// table aligns columns. It holds rows back until it has seen tableSample of them or is
// flushed; the widths are then fixed, and later rows that are wider push their line.
type table struct {
	w      io.Writer
	o      Options
	heads  []string
	right  []bool
	widths []int
	held   [][]string
	fixed  bool
	buf    strings.Builder
}

func newTable(w io.Writer, o Options) (Writer, error) {
	t := &table{w: w, o: o}
	if o.Changelog {
		t.heads, t.right = append(t.heads, "op"), append(t.right, false)
	}
	for _, f := range o.Schema {
		t.heads = append(t.heads, term.Clean(f.Name))
		t.right = append(t.right, f.Type.IsNumeric())
	}
	for _, h := range t.heads {
		t.widths = append(t.widths, runewidth.StringWidth(h))
	}
	return t, nil
}

func (t *table) Write(b *vec.Batch) error {
	for i := range b.Len {
		row := cells(t.o, b, i, t.o.Width)
		if t.fixed {
			t.line(row)
			continue
		}
		t.held = append(t.held, row)
		if len(t.held) >= tableSample {
			t.fix()
		}
	}
	return t.out()
}

// cells gives the texts of a row, safe for a terminal.
func cells(o Options, b *vec.Batch, i, width int) []string {
	var row []string
	if o.Changelog {
		row = append(row, b.Kind(i).String())
	}
	for _, v := range b.Cols {
		text := "NULL"
		if !v.IsNull(i) {
			text = term.Clean(o.text(v, i))
		}
		if width > 0 && runewidth.StringWidth(text) > cellMax {
			text = runewidth.Truncate(text, cellMax, "…")
		}
		row = append(row, text)
	}
	return row
}

// fix decides the widths and prints the header and what was held back.
func (t *table) fix() {
	if t.fixed {
		return
	}
	t.fixed = true
	for _, row := range t.held {
		for c, text := range row {
			t.widths[c] = max(t.widths[c], runewidth.StringWidth(text))
		}
	}
	if t.o.Several {
		t.buf.WriteString("── " + term.Clean(t.o.Output) + "\n")
	}
	t.line(t.heads)
	rules := make([]string, len(t.widths))
	for c, w := range t.widths {
		rules[c] = strings.Repeat("─", w)
	}
	t.line(rules)
	for _, row := range t.held {
		t.line(row)
	}
	t.held = nil
}

func (t *table) line(row []string) {
	for c, text := range row {
		pad := max(0, t.widths[c]-runewidth.StringWidth(text))
		if c > 0 {
			t.buf.WriteString("  ")
		}
		switch {
		case t.right[c]:
			t.buf.WriteString(strings.Repeat(" ", pad) + text)
		case c == len(row)-1:
			t.buf.WriteString(text)
		default:
			t.buf.WriteString(text + strings.Repeat(" ", pad))
		}
	}
	t.buf.WriteByte('\n')
}

func (t *table) out() error {
	if t.buf.Len() == 0 {
		return nil
	}
	_, err := io.WriteString(t.w, t.buf.String())
	t.buf.Reset()
	return err
}

func (t *table) Flush() error {
	if len(t.held) > 0 {
		t.fix()
	}
	return t.out()
}

func (t *table) Close() error {
	t.fix()
	return t.out()
}

// markdown writes a Markdown table; cells cannot break out of it.
type markdown struct {
	w     io.Writer
	o     Options
	begun bool
}

func newMarkdown(w io.Writer, o Options) (Writer, error) { return &markdown{w: w, o: o}, nil }

// mdEscaper keeps data from becoming markup: no column, HTML, link, image or mention.
var mdEscaper = strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "`", "\\`", "[", `\[`, "]", `\]`,
	"*", `\*`, "_", `\_`, "!", `\!`, "@", "&#64;", "#", `\#`, "~", `\~`, `\`, `\\`)

func (m *markdown) begin(b *strings.Builder) {
	if m.begun {
		return
	}
	m.begun = true
	if m.o.Several {
		b.WriteString("\n**" + mdEscaper.Replace(term.Clean(m.o.Output)) + "**\n\n")
	}
	head, rule := "|", "|"
	if m.o.Changelog {
		head, rule = "| op |", "|---|"
	}
	for _, f := range m.o.Schema {
		head += " " + mdEscaper.Replace(term.Clean(f.Name)) + " |"
		rule += alignment(f.Type)
	}
	b.WriteString(head + "\n" + rule + "\n")
}

func alignment(t types.Type) string {
	if t.IsNumeric() {
		return "---:|"
	}
	return "---|"
}

func (m *markdown) Write(batch *vec.Batch) error {
	var b strings.Builder
	m.begin(&b)
	for i := range batch.Len {
		b.WriteString("|")
		for _, text := range cells(m.o, batch, i, 0) {
			b.WriteString(" " + mdEscaper.Replace(text) + " |")
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(m.w, b.String())
	return err
}

func (m *markdown) Flush() error { return nil }

func (m *markdown) Close() error {
	var b strings.Builder
	m.begin(&b)
	_, err := io.WriteString(m.w, b.String())
	return err
}
