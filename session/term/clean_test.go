package term_test

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/weir-sql/weir/session/term"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                  "plain",
		"中文 é 😀":                 "中文 é 😀",
		"\x1b[31mred":            `\x1b[31mred`,
		"\x1b]52;c;cHduZWQ=\x07": `\x1b]52;c;cHduZWQ=\x07`,
		"a\nb\tc\r":              `a\nb\tc\r`,
		"\u009b2J":               `\x9b2J`,
		"\x9b2J":                 `\x9b2J`,
		"safe\u202egnp.exe":      `safe\u202egnp.exe`,
		"zero\u200bwidth":        `zero\u200bwidth`,
		"tag\U000e0041":          `tag\U000e0041`,
		"fill\u3164\u180e\u034f": `fill\u3164\u180e\u034f`,
		"bad\xffutf8":            `bad\xffutf8`,
		"\x00\x08\x7f":           `\x00\x08\x7f`,
	} {
		if got := term.Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

// Whatever is written and however it is cut into writes, a terminal sees no control
// byte but newline and tab, and a pipe sees the bytes unchanged.
func TestWriterIsSafeForAnyBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SliceOf(rapid.Byte())).Draw(t, "parts")
		var screen bytes.Buffer
		w := term.NewTestWriter(&screen)
		var whole []byte
		for _, p := range parts {
			whole = append(whole, p...)
			if n, err := w.Write(p); n != len(p) || err != nil {
				t.Fatalf("Write gave %d, %v", n, err)
			}
		}
		if !utf8.Valid(screen.Bytes()) {
			t.Fatal("not UTF-8 on the screen")
		}
		for _, r := range screen.String() {
			if r < 0x20 && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 {
				t.Fatalf("control character %U reached the screen", r)
			}
		}
		if utf8.Valid(whole) && term.CleanLines(string(whole)) != screen.String() {
			t.Fatal("cutting the text changed it")
		}
	})
}

func BenchmarkCleanCell(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		term.Clean("Beijing 2026-11-20 10:00:00.000 a common cell of a table")
	}
}
