package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// vt reads all that a program writes to a terminal, byte by byte, as a terminal would (the states
// are those of Paul Williams's parser for DEC terminals, with UTF-8), and notes whatever is not of
// the few sequences that weir's renderer makes. It holds what lies on the screen as lines,
// which suits a renderer that writes whole lines.
type vt struct {
	w, h   int
	copies int      // times that the clipboard may still be set
	bad    []string // what was found, each with the bytes before it

	state  func(*vt, byte)
	seq    []byte // of the sequence that has begun
	char   []byte // of the character that has begun
	recent []byte
	alt    bool // the other screen is shown
	down   bool // modes are being given back
	row    int
	line   []rune
	screen map[int]string // by row
	seen   func(line string)
}

func newVT(w, h int, seen func(line string)) *vt {
	return &vt{w: w, h: h, state: (*vt).ground, screen: map[int]string{}, seen: seen, row: 1}
}

// modesOfOurs are the private modes that are set and given back: cursor, mouse, focus, other screen, bracketed paste.
var modesOfOurs = []string{"25", "1002", "1003", "1004", "1006", "1049", "2004"}

// write takes what the program wrote.
func (v *vt) write(p []byte) {
	for _, c := range p {
		if v.recent = append(v.recent, c); len(v.recent) > 160 {
			v.recent = slices.Clone(v.recent[80:])
		}
		v.state(v, c)
	}
}

// end is called when nothing more comes.
func (v *vt) end() {
	if len(v.seq) > 0 || len(v.char) > 0 {
		v.note("unfinished")
	}
	v.newLine(v.row)
}

func (v *vt) note(what string) {
	v.bad = append(v.bad, fmt.Sprintf("%s after %q", what, v.recent[max(0, len(v.recent)-80):]))
	v.state, v.seq, v.char = (*vt).ground, nil, nil
}

// newLine ends the line and begins another.
func (v *vt) newLine(row int) {
	if len(v.line) > 0 {
		text := string(v.line)
		v.screen[v.row] = text
		if v.seen != nil {
			v.seen(text)
		}
	}
	v.row, v.line = row, v.line[:0]
}

func (v *vt) ground(c byte) {
	switch {
	case len(v.char) > 0 || c >= 0x80:
		v.character(c)
	case c == 0x1b:
		v.seq, v.state = append(v.seq[:0], c), (*vt).escape
	case c == '\n' && !v.alt:
		v.newLine(v.row + 1)
	case (c == '\r' || c == '\t') && !v.alt:
	case c < 0x20 || c == 0x7f:
		v.note(fmt.Sprintf("C0 %#02x", c))
	default:
		v.print(rune(c))
	}
}

// character takes a byte of a character outside ASCII.
func (v *vt) character(c byte) {
	v.char = append(v.char, c)
	r, n := utf8.DecodeRune(v.char)
	switch {
	case r != utf8.RuneError || n > 1:
		v.char = v.char[:0]
		v.print(r)
	case utf8.FullRune(v.char) && c >= 0x80 && c < 0xa0 && len(v.char) == 1:
		v.note(fmt.Sprintf("C1 byte %#02x", c))
	case utf8.FullRune(v.char):
		v.note("not UTF-8")
	}
}

func (v *vt) print(r rune) {
	switch {
	case r >= 0x80 && r < 0xa0:
		v.note(fmt.Sprintf("C1 %U", r))
	case r == 0x061c || r == 0x200e || r == 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
		v.note(fmt.Sprintf("BiDi %U", r))
	case unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == 0x034f || r == 0x3164 || r == 0xffa0 || r == 0x115f || r == 0x1160:
		v.note(fmt.Sprintf("zero-width %U", r))
	case v.alt && v.down:
		v.note("text after modes were given back")
		v.down = false
	default:
		v.line = append(v.line, r)
	}
}

func (v *vt) escape(c byte) {
	v.seq = append(v.seq, c)
	switch c {
	case '[':
		v.state = (*vt).csi
	case ']':
		v.state = (*vt).osc
	case 'P':
		v.note("DCS")
	case '_', '^', 'X':
		v.note("APC, PM or SOS")
	default:
		v.note(fmt.Sprintf("ESC %q", c))
	}
}

func (v *vt) csi(c byte) {
	switch v.seq = append(v.seq, c); {
	case c < 0x20 || c > 0x7e || len(v.seq) > 64:
		v.note("broken CSI")
	case c >= 0x40:
		v.control(string(v.seq[2:len(v.seq)-1]), c)
	}
}

// control carries out a CSI sequence, if it is one of ours.
func (v *vt) control(args string, final byte) {
	ours := false
	switch final {
	case 'm':
		ours = colours(args)
	case 'H':
		row, col, two := strings.Cut(args, ";")
		at, err := strconv.Atoi(row)
		if ours = args == "" || two && err == nil && at >= 1 && at <= v.h && col == "1"; ours {
			v.newLine(max(1, at))
		}
	case 'J':
		if ours = args == "2"; ours {
			v.newLine(v.row)
			clear(v.screen)
		}
	case 'K':
		if ours = args == "2"; ours {
			v.newLine(v.row)
		}
	case 'n': // the library that asks for the background asks for the cursor behind it, which every terminal answers
		ours = args == "6" && bytes.HasSuffix(v.recent, []byte("\x1b]11;?\x1b\\\x1b[6n"))
	case 'h', 'l':
		mode, private := strings.CutPrefix(args, "?")
		if ours = private && slices.Contains(modesOfOurs, mode); ours {
			v.mode(mode, final == 'h')
		}
	}
	if !ours {
		v.note("CSI " + args + string(final))
		return
	}
	v.state, v.seq = (*vt).ground, nil
}

func (v *vt) mode(mode string, on bool) {
	switch {
	case mode == "1049":
		v.newLine(1)
		v.alt, v.down = on, false
	case mode != "25" && mode != "1003": // the mouse has two modes, of which one is given back unset
		v.down = v.alt && !on
	}
}

// colours reports whether the arguments of SGR are such that weir gives: bold, dim, italic, underlined, reversed,
// struck, and colours by number or of 256 or 24 bits.
func colours(args string) bool {
	if args == "" {
		return true
	}
	var n []int
	for a := range strings.SplitSeq(args, ";") {
		i, err := strconv.Atoi(a)
		if err != nil || i < 0 || i > 255 {
			return false
		}
		n = append(n, i)
	}
	for i := 0; i < len(n); i++ {
		switch c := n[i]; {
		case c == 38 || c == 48:
			switch {
			case i+2 < len(n) && n[i+1] == 5:
				i += 2
			case i+4 < len(n) && n[i+1] == 2:
				i += 4
			default:
				return false
			}
		case c == 5 || c == 6 || c == 8: // blinking and hidden
			return false
		case c <= 9, c >= 22 && c <= 29, c >= 30 && c <= 49, c >= 90 && c <= 107:
		default:
			return false
		}
	}
	return true
}

func (v *vt) osc(c byte) {
	v.seq = append(v.seq, c)
	text := string(v.seq[2:])
	body, belled := strings.CutSuffix(text, "\a")
	if !belled {
		var ended bool
		if body, ended = strings.CutSuffix(text, "\x1b\\"); !ended {
			if c < 0x20 && c != 0x1b || c >= 0x7f || len(text) > 1<<20 {
				v.note("broken OSC")
			}
			return
		}
	}
	clip, isClip := strings.CutPrefix(body, "52;c;")
	switch _, err := base64.StdEncoding.DecodeString(clip); {
	case body == "11;?" && !belled:
	case isClip && err == nil && v.copies > 0:
		v.copies--
	default:
		v.note("OSC " + body)
		return
	}
	v.state, v.seq = (*vt).ground, nil
}

// shows reports whether the screen has a text.
func (v *vt) shows(re *regexp.Regexp) bool {
	for _, line := range v.screen {
		if re.MatchString(line) {
			return true
		}
	}
	return re.MatchString(string(v.line))
}

// The parser finds every kind of thing that must not reach a terminal, however the bytes are cut, and nothing in
// what the renderer writes.
func TestVTFindsWhatIsNotOurs(t *testing.T) {
	good := "\x1b]11;?\x1b\\\x1b[6n\x1b[?25l\x1b[?1049h\x1b[?2004h\x1b[0m\x1b[2J\x1b[1;1H\x1b[1;38;5;12mSELECT\x1b[0m 中 é 😀 …\x1b[0m\x1b[24;1Hlast" +
		"\x1b[?2004l\x1b[?1002l\x1b[?1049l\x1b[?25h\r\n\ttext\r\x1b[2K48%\r\n"
	seeds := map[string]string{
		"\x1b[931m": "CSI 931m", "\x1b[8m": "CSI 8m", "\x1b[38;5m": "CSI 38;5m", "\x1b[977;978H": "CSI 977;978H", "\x1b[3;7H": "CSI", "\x1b[3J": "CSI 3J", "\x1b[J": "CSI J", "\x1b[1K": "CSI 1K",
		"\x1b[5A": "CSI 5A", "\x1b[6n": "CSI 6n", "\x1b[c": "CSI c", "\x1b[>q": "CSI >q", "\x1b[?1000h": "CSI", "\x1b[4h": "CSI 4h", "\x1b[!p": "CSI !p", "\x1b[1\nm": "broken CSI",
		"\x1b[?2004l": "text after modes", "\x1b]0;t\a": "OSC 0;t", "\x1b]2;t\x1b\\": "OSC 2;t", "\x1b]8;;http://x\x1b\\": "OSC 8", "\x1b]52;c;aGk=\a": "OSC 52", "\x1b]11;#fff\x1b\\": "OSC 11",
		"\x1b]0;\u202e": "broken OSC", "\x1bPq\x1b\\": "DCS", "\x1b_x\x1b\\": "APC", "\x1b^x\x1b\\": "APC", "\x1bXx\x1b\\": "APC", "\x1bc": "ESC", "\x1b7": "ESC", "\x1b(0": "ESC", "\x1b\x1b": "ESC",
		"\u009b2J": "C1 U+009B", "\u009d0;x\u009c": "C1 U+009D", "\u0085": "C1", "\x9b2J": "C1 byte", "\x9d": "C1 byte", "\xff": "not UTF-8", "\xe2\x28": "not UTF-8",
		"\a": "C0 0x07", "\b": "C0 0x08", "\x00": "C0 0x00", "\x7f": "C0 0x7f", "\x0e": "C0", "\x05": "C0", "\v": "C0", "\f": "C0", "\x18": "C0",
		"\n": "C0", "\r": "C0", "\t": "C0", // on the other screen lines have places
	}
	for _, r := range "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" {
		seeds[string(r)] = "BiDi"
	}
	for _, r := range "\u200b\u200c\u200d\u2060\u2064\ufeff\u00ad\u180e\u2028\u2029\ufff9\U000e0041\u034f\u3164\U0001d173" {
		seeds[string(r)] = "zero-width"
	}
	feed := func(text string) *vt {
		v := newVT(80, 24, nil)
		for i := range len(text) {
			v.write([]byte{text[i]})
		}
		v.end()
		return v
	}
	if v := feed(good); len(v.bad) > 0 || v.screen[24] != "last" {
		t.Errorf("what is ours is found: %q, %v", v.bad, v.screen)
	}
	for seed, want := range seeds {
		text := strings.Replace(good, "last", "be"+seed+"hind", 1)
		if v := feed(text); len(v.bad) == 0 || !strings.HasPrefix(v.bad[0], want) {
			t.Errorf("%q: found %q, want %s", seed, v.bad, want)
		}
	}
	if v := feed("text\x1b[1"); len(v.bad) != 1 {
		t.Errorf("unfinished: %q", v.bad)
	}
	v := newVT(80, 24, nil)
	v.copies = 1
	v.write([]byte("\x1b]52;c;aGk=\a"))
	if v.write([]byte("x")); len(v.bad) > 0 {
		t.Errorf("a copy that was asked for: %q", v.bad)
	}
	if v.write([]byte("\x1b]52;c;aGk=\a")); len(v.bad) != 1 {
		t.Errorf("a second copy: %q", v.bad)
	}
}
