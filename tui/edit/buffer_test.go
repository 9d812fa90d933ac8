package edit

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weir-sql/weir/planner/syntax"
)

// texts draws SQL-like texts with what editors stumble over.
func texts() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{"SELECT ", "a", "'", "''", "`", "\"", "/*", "*/", "/*+ ", "--", "\n", "\n", " ", "\t", "中文", "é", "e\u0301", "👨\u200d👩", "\x1b[31m", "\xff", ";", "$$", "x'ab'", "1.5e3", "\r\n"})
	return rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "") })
}

// Replace does what it does to a plain string, places and offsets agree, and undo and redo
// go through exactly the texts that there were.
func TestBufferIsAText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.ReplaceAll(texts().Draw(t, "text"), "\r\n", "\n")
		b := NewBuffer(text)
		history := []string{text}
		for range rapid.IntRange(1, 12).Draw(t, "edits") {
			from := b.At(rapid.IntRange(0, len(text)).Draw(t, "from"))
			to := b.At(rapid.IntRange(0, len(text)).Draw(t, "to"))
			from, to = ordered(from, to)
			put := texts().Draw(t, "put")
			i, j := b.Offset(from), b.Offset(to)
			text = text[:i] + strings.ReplaceAll(put, "\r\n", "\n") + text[j:]
			b.Together("", from)
			end := b.Replace(from, to, put)
			if b.flat() != text {
				t.Fatalf("replace: %q, want %q", b.flat(), text)
			}
			if got, want := b.Offset(end), i+len(strings.ReplaceAll(put, "\r\n", "\n")); got != want && from != to {
				t.Fatalf("the place behind is %d, want %d", got, want)
			}
			if text != history[len(history)-1] || from != to || put != "" {
				history = append(history, text)
			}
		}
		for i := len(history) - 2; i >= 0; i-- {
			if _, ok := b.Undo(); !ok || b.flat() != history[i] {
				t.Fatalf("undo %d: %q, want %q", i, b.flat(), history[i])
			}
		}
		for i := 1; i < len(history); i++ {
			if _, ok := b.Redo(); !ok || b.flat() != history[i] {
				t.Fatalf("redo %d: %q, want %q", i, b.flat(), history[i])
			}
		}
	})
}

// What is typed after an undo does not lose what was undone.
func TestUndoIsATree(t *testing.T) {
	b := NewBuffer("")
	put := func(s string) { b.Together("", b.End()); b.Replace(b.End(), b.End(), s); b.Mark(b.End()) }
	put("a")
	put("b")
	b.Undo()
	put("c")
	if b.Text() != "ac" {
		t.Fatal(b.Text())
	}
	if _, n := b.Branch(1); n != 2 || b.Text() != "ab" {
		t.Fatalf("%d ways, %q", n, b.Text())
	}
	if b.Branch(1); b.Text() != "ac" {
		t.Fatal(b.Text())
	}
	b.Undo()
	b.Undo()
	if b.Text() != "" {
		t.Fatal(b.Text())
	}
}

// Typing is undone by words, not by letters.
func TestTypingIsUndoneByWords(t *testing.T) {
	d := NewDoc("", "")
	for _, r := range "SELECT amount" {
		kind := "type"
		if r == ' ' {
			kind = "space"
		}
		d.insert(kind, string(r))
	}
	d.buf.Undo()
	if got := d.Text(); got != "SELECT " {
		t.Errorf("%q", got)
	}
}

func TestCRLFStays(t *testing.T) {
	b := NewBuffer("a\r\nb\r\n")
	b.Replace(Pos{1, 1}, Pos{1, 1}, "c\nd")
	if got := b.Text(); got != "a\r\nbc\r\nd\r\n" {
		t.Errorf("%q", got)
	}
}

// Moving right and left goes through the same places, and never into a character.
func TestMovingGoesByCharacters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := NewBuffer(texts().Draw(t, "text"))
		var places []Pos
		p := Pos{}
		for {
			places = append(places, p)
			q := b.right(p)
			if q == p {
				break
			}
			if !p.Before(q) || b.Clamp(q) != q {
				t.Fatalf("right of %v is %v in %q", p, q, b.lines)
			}
			p = q
		}
		for i := len(places) - 1; i > 0; i-- {
			if got := b.left(places[i]); got != places[i-1] {
				t.Fatalf("left of %v is %v, want %v in %q", places[i], got, places[i-1], b.lines)
			}
		}
		for _, line := range b.lines {
			for at := 0; at < len(line); {
				c := next(line, at, 0)
				if x := column(line, at); line[at] != '\t' && byteAt(line, x) != at && c.width > 0 {
					t.Fatalf("%q: byte %d is column %d, and that is byte %d", line, at, x, byteAt(line, x))
				}
				at += c.size
			}
		}
	})
}

// What a line begins in does not hang on how one came there: after any edits, and read to
// the end, it is what it is when the whole text is read anew.
func TestHighlightingAfterEditsIsThatOfTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := NewDoc("", texts().Draw(t, "text"))
		for range rapid.IntRange(0, 8).Draw(t, "edits") {
			d.hl.begin(d.buf, rapid.IntRange(0, d.buf.Lines()-1).Draw(t, "seen"))
			n := len(d.buf.flat())
			from, to := d.buf.At(rapid.IntRange(0, n).Draw(t, "from")), d.buf.At(rapid.IntRange(0, n).Draw(t, "to"))
			if rapid.Bool().Draw(t, "insert") {
				to = from
			}
			d.buf.Replace(from, to, texts().Draw(t, "put"))
		}
		fresh := newHighlighter()
		for _, h := range []*highlighter{fresh, d.hl} {
			h.begin(d.buf, d.buf.Lines()-1) // a quote that opens in a line may turn out to be loose in a later one
		}
		for n := range d.buf.lines {
			if got, want := d.hl.begin(d.buf, n), fresh.begin(d.buf, n); got != want {
				t.Fatalf("line %d of %q begins in %d, want %d", n, d.buf.lines, got, want)
			}
		}
	})
}

// In a script without slips, the pieces of all lines are the tokens of the scanner.
func TestHighlightingIsTheScanners(t *testing.T) {
	text := "SELECT a, 'it''s\nlong', /* a\ncomment */ SUM(b) /*+ STATE_TTL('a'='1d',\n 'b'='2d') */\nFROM `odd\nname` -- end\nWHERE c = 1.5e3;\n"
	d := NewDoc("", text)
	classAt := map[int]class{}
	for n := range d.buf.lines {
		for _, p := range d.hl.pieces(d.buf, n, nil) {
			for at := p.from; at < p.to; at++ {
				classAt[d.buf.Offset(Pos{n, at})] = p.class
			}
		}
	}
	toks, _ := syntax.Scan(text)
	hint := false
	for _, tok := range toks {
		want := map[syntax.TokenKind]class{syntax.TokenString: classString, syntax.TokenComment: classComment, syntax.TokenQuotedName: classQuoted, syntax.TokenNumber: classNumber}[tok.Kind]
		hint = hint && tok.Kind != syntax.TokenHintClose || tok.Kind == syntax.TokenHintOpen
		if want == classText || hint && want != classString {
			continue
		}
		for at := tok.Pos.Start; at < tok.Pos.End; at++ {
			if text[at] != '\n' && classAt[at] != want {
				t.Errorf("byte %d (%q) of %q is %d, want %d", at, text[at], tok.Text(text), classAt[at], want)
			}
		}
	}
}

// A key in a script of 5,000 lines costs what it costs in one of 50.
func TestLargeScriptsAreQuickToEdit(t *testing.T) {
	d := NewDoc("", strings.Repeat("SELECT a, b, c FROM orders WHERE x = 'text' -- comment\n", 100_000))
	d.SetCursor(Pos{50_000, 3})
	start := time.Now()
	for range 1000 {
		d.insert("type", "x")
		d.newLine()
	}
	if took := time.Since(start); took > 5*time.Second { // 0.3 s here; a rebuild of the text a key would take minutes
		t.Errorf("2,000 edits of 100,000 lines took %v", took)
	}
}
