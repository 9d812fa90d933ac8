package pane

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-sql/weir/tui/styles"
)

// A box is exactly as large as it was asked to be, whatever is in it.
func TestFrameIsAsLargeAsAsked(t *testing.T) {
	st := styles.For(styles.Look{Depth: styles.Many})
	rapid.Check(t, func(t *rapid.T) {
		f := Frame{
			Title: Clean(rapid.String().Draw(t, "title")), Note: Clean(rapid.String().Draw(t, "note")), Focused: rapid.Bool().Draw(t, "focused"),
			Width: rapid.IntRange(0, 60).Draw(t, "width"), Height: rapid.IntRange(1, 12).Draw(t, "height"),
		}
		body := ""
		for range rapid.IntRange(0, 15).Draw(t, "lines") {
			body += st.Good.Render(Clean(rapid.String().Draw(t, "line"))) + "\n"
		}
		lines := strings.Split(f.Draw(st, body), "\n")
		if len(lines) != f.Height {
			t.Fatalf("%d lines, want %d", len(lines), f.Height)
		}
		for _, l := range lines {
			if Width(l) != f.Width {
				t.Fatalf("%q is %d cells wide, want %d", l, Width(l), f.Width)
			}
		}
	})
}

func TestOverKeepsTheScreenAsWide(t *testing.T) {
	screen := "一二三四五\nabcdefghij\n\x1b[31mabcdefghij\x1b[0m"
	got := strings.Split(Over(screen, "XX\nYY\nZZ", 3, 0), "\n")
	for i, want := range []string{"一 XX 四五", "abcYYfghij", "abcZZfghij"} {
		if w := Width(got[i]); w != 10 {
			t.Errorf("line %d: %d cells", i, w)
		}
		if i != 0 && plain(got[i]) != want {
			t.Errorf("line %d: %q, want %q", i, plain(got[i]), want)
		}
	}
}

func plain(s string) string {
	var b strings.Builder
	in := false
	for _, r := range s {
		switch {
		case r == 0x1b:
			in = true
		case in && r == 'm':
			in = false
		case !in:
			b.WriteRune(r)
		}
	}
	return b.String()
}
