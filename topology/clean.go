package topology

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text that came from SQL, data or a file safe to show on one line of
// a terminal or in a document: line breaks and tabs become one space; control
// characters, escape sequences' introducers, bidirectional overrides, zero-width
// and other invisible characters, private-use and unassigned code points, and
// bytes that are not UTF-8 become U+FFFD. Printable text comes back unchanged.
func Clean(s string) string {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = s[i] >= ' ' && s[i] < 0x7f
	}
	if plain {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case r == '\r' && i < len(s) && s[i] == '\n':
			// the line feed writes the space
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			b.WriteByte(' ')
		case r == utf8.RuneError || !visible(r):
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// visible reports whether a rune shows as itself: a graphic character that is not
// a format control. Joiners inside emoji and Indic text are lost with them, which
// costs looks and not safety.
func visible(r rune) bool {
	return unicode.IsGraphic(r) && !unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}
