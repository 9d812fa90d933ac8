package rows_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/session/term"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/pane/panetest"
	"github.com/weir-sql/weir/tui/rows"
	"github.com/weir-sql/weir/tui/styles"
)

var columns = []result.Column{{Name: "name", Type: "STRING"}, {Name: "n", Type: "BIGINT", Number: true}, {Name: "spend", Type: "DECIMAL(10, 2)", Number: true}, {Name: "note", Type: "STRING"}}

func cell(s string) result.Cell { return result.Cell{Text: s, Null: s == "NULL"} }

func row(kind string, texts ...string) result.Row {
	r := result.Row{Kind: kind}
	for _, s := range texts {
		r.Cells = append(r.Cells, cell(s))
	}
	return r
}

func sample() rows.List {
	return rows.List{
		row("+I", "Ana López", "1", "20.00", "orders#1"),
		row("+I", "陈伟", "1", "35.50", "注意：这一行很长，需要打开单元格才能读完全部内容，所以在表里会被截断"),
		row("-U", "Ana López", "1", "20.00", "NULL"),
		row("+U", "Ana López", "10", "120.00", "🚀 emoji 👩‍👩‍👧 and é"),
		row("-D", "Ben Okoye", "2", "NULL", strings.Repeat("0123456789", 30)),
	}
}

func table(t testing.TB, look styles.Look, width, height int) *rows.Table {
	tb := rows.New(panetest.Env(t, look, ""))
	tb.Show("spend", columns, true, sample())
	tb.SetSize(width, height)
	tb.Focus()
	return tb
}

func TestGolden(t *testing.T) {
	panetest.Golden(t, "rows", func(t testing.TB, look styles.Look, w, h int) pane.Pane {
		tb := table(t, look, w, h)
		if !look.ASCII {
			return tb
		}
		list := sample()
		for i := range list { // data keep their characters; what is ours is ASCII
			list[i].Cells[0], list[i].Cells[3] = cell("name"), cell("note")
		}
		tb.Show("spend", columns, true, list)
		return tb
	})
}

func TestSortFilterHide(t *testing.T) {
	d := panetest.Drive(t, table(t, styles.Look{}, 80, 12), 80, 12)
	order := func() string {
		var out []string
		for _, l := range strings.Split(d.Text(), "\n")[1:6] {
			if f := strings.Fields(l); len(f) > 0 {
				out = append(out, f[0])
			}
		}
		return strings.Join(out, " ")
	}
	d.Press("l", "s").Expect("n ↑")
	if got := order(); got != "+I +I -U -D +U" {
		t.Errorf("ascending: %s", got)
	}
	d.Press("s").Expect("n ↓")
	if got := order(); got != "+U -D +I +I -U" {
		t.Errorf("descending: %s", got)
	}
	d.Press("s").Reject("↓", "↑")
	d.Press("/", "text:LÓPEZ").Expect("/LÓPEZ", "Ana").Reject("Ben")
	d.Press("enter").Expect(`filter "LÓPEZ" of 5`, "1–3 of 3")
	d.Press("/", "esc").Expect("1–5 of 5", "Ben")
	d.Press("h", "-").Reject("name").Expect("1 hidden").Press("+").Expect("name")
	d.Press("/", "text:+u", "enter").Expect("1–1 of 1", "120.00")
}

func TestLongValueIsRead(t *testing.T) {
	d := panetest.Drive(t, table(t, styles.Look{}, 40, 10), 40, 10)
	d.Press("G", "l", "l", "l", "enter").Expect("note  STRING", "lines 1 to 8 of 8, 300 characters").Press("y")
	if c, ok := d.Told[len(d.Told)-1].(pane.CopyAsked); !ok || len(c.Text) != 300 {
		t.Errorf("copied %+v", d.Told)
	}
	d.Press("esc").Expect("1–5 of 5")
}

func TestCopyAndExport(t *testing.T) {
	d := panetest.Drive(t, table(t, styles.Look{}, 80, 10), 80, 10)
	d.Press("y")
	if c, ok := d.Told[0].(pane.CopyAsked); !ok || c.Text != "+I\tAna López\t1\t20.00\torders#1" {
		t.Errorf("copied %+v", d.Told)
	}
	d.Press("E")
	if !strings.Contains(d.Toast(), "only shown") {
		t.Errorf("told %q", d.Toast())
	}
}

func TestExportWritesIntoTheProject(t *testing.T) {
	dir := t.TempDir()
	tb := rows.New(panetest.Env(t, styles.Look{}, dir))
	tb.Show("n", []result.Column{{Name: "n"}}, false, kept(t, 10))
	d := panetest.Drive(t, tb, 60, 10)
	d.Press("E", "ctrl+u", "text:out.csv", "enter")
	text, err := os.ReadFile(filepath.Join(dir, "out.csv"))
	if err != nil || !strings.Contains(d.Toast(), "10 rows written to out.csv") {
		t.Errorf("%q %v %q", text, err, d.Toast())
	}
	d.Press("E", "ctrl+u", "text:out.csv", "enter")
	if !strings.Contains(d.Toast(), "exists") {
		t.Errorf("written over: %q", d.Toast())
	}
}

// Hostile values, column names and filters stay text.
func TestHostileRows(t *testing.T) {
	for _, h := range panetest.Hostile() {
		tb := rows.New(panetest.Env(t, styles.Look{Depth: styles.Many}, ""))
		tb.Show(h, []result.Column{{Name: h, Type: h}}, true, rows.List{row("+I", term.Clean(h)), row("-D", term.Clean(strings.Repeat(h, 50)))})
		d := panetest.Drive(t, tb, 60, 8)
		panetest.Check(t, tb.View(), 60, 8)
		d.Press("j", "enter")
		panetest.Check(t, tb.View(), 60, 8)
		d.Press("esc", "/")
		for _, r := range h {
			d.Send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
		}
		panetest.Check(t, tb.View(), 60, 8)
	}
}

// numbers is a source of very many rows.
type numbers int

func (n numbers) Len() int { return int(n) }

func (n numbers) Rows(from, count int) []result.Row {
	var out []result.Row
	for i := max(0, from); i < min(from+count, int(n)); i++ {
		out = append(out, row("+I", fmt.Sprint("name ", i), fmt.Sprint(i), "1.00", "x"))
	}
	return out
}

func TestAMillionRowsScroll(t *testing.T) {
	tb := rows.New(panetest.Env(t, styles.Look{}, ""))
	tb.Show("n", columns, true, numbers(1_000_000))
	panetest.Drive(t, tb, 80, 12).Press("G").Expect("name 999999", "999,991–1,000,000 of 1,000,000").Press("g", "pgdown").Expect("name 10")
}

// A key and the frame after it cost the same over ten rows and over a million.
func BenchmarkScroll(b *testing.B) {
	for _, n := range []int{10, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			tb := rows.New(panetest.Env(b, styles.Look{Depth: styles.Many}, ""))
			tb.Show("n", columns, true, numbers(n))
			d := panetest.Drive(b, tb, 200, 60)
			for b.Loop() {
				d.Press("pgdown")
				_ = tb.View()
			}
		})
	}
}
