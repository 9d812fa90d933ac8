package function

import (
	"fmt"
	"strings"
)

// Date patterns as Java writes them: letters stand for fields, text in single quotes
// and everything else for itself. Flink has two readings of them, which differ in
// letters and in strictness: DateTimeFormatter (DATE_FORMAT, TO_TIMESTAMP,
// TO_TIMESTAMP_LTZ; here "modern") and SimpleDateFormat (FROM_UNIXTIME,
// UNIX_TIMESTAMP, TO_DATE, CONVERT_TZ; here "legacy").

// patternItem is one field, or literal text if letter is 0. Modern patterns have
// optional sections: '[' and ']' are items of their own.
type patternItem struct {
	letter byte
	n      int // how often the letter stands
	text   string
}

type datePattern struct {
	items  []patternItem
	legacy bool
}

const (
	modernLetters = "GuyDMLdQqYwWEecFaBhKkHmsSAnNVvzOXxZ"
	legacyLetters = "GyYMLwWDdFEuaHkKhmsSzZX"
)

// parsePattern reads a pattern; the error is what Java says of it.
func parsePattern(s string, legacy bool) (*datePattern, error) {
	p := &datePattern{legacy: legacy}
	literal := func(t string) {
		if k := len(p.items); k > 0 && p.items[k-1].letter == 0 {
			p.items[k-1].text += t
			return
		}
		p.items = append(p.items, patternItem{text: t})
	}
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '\'':
			text, next, ok := quoted(s, i)
			if !ok {
				return nil, fmt.Errorf("the quote in pattern %s is not closed", quoteText(s))
			}
			literal(text)
			i = next
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			n := 1
			for i+n < len(s) && s[i+n] == c {
				n++
			}
			known := modernLetters
			if legacy {
				known = legacyLetters
			}
			if strings.IndexByte(known, c) < 0 || !legacy && tooMany(c, n) {
				return nil, fmt.Errorf("pattern %s has no meaning for %s", quoteText(s), quoteText(s[i:i+n]))
			}
			p.items = append(p.items, patternItem{letter: c, n: n})
			i += n
		case !legacy && (c == '[' || c == ']'):
			p.items = append(p.items, patternItem{letter: c})
			i++
		case !legacy && (c == '{' || c == '}' || c == '#'):
			return nil, fmt.Errorf("pattern %s holds the reserved character %q", quoteText(s), c)
		default:
			literal(s[i : i+1])
			i++
		}
	}
	return p, nil
}

// quoted reads the text that starts with the quote at s[i]; two quotes are one.
func quoted(s string, i int) (text string, next int, ok bool) {
	if i+1 < len(s) && s[i+1] == '\'' {
		return "'", i + 2, true
	}
	var b strings.Builder
	for k := i + 1; k < len(s); k++ {
		if s[k] != '\'' {
			b.WriteByte(s[k])
			continue
		}
		if k+1 < len(s) && s[k+1] == '\'' {
			b.WriteByte('\'')
			k++
			continue
		}
		return b.String(), k + 1, true
	}
	return "", 0, false
}

// tooMany reports counts of a letter that DateTimeFormatter refuses.
func tooMany(c byte, n int) bool {
	switch c {
	case 'd', 'h', 'H', 'k', 'K', 'm', 's', 'w':
		return n > 2
	case 'D':
		return n > 3
	case 'a', 'F', 'W':
		return n > 1
	case 'B':
		return n != 1 && n != 4 && n != 5
	case 'S':
		return n > 9
	case 'M', 'L', 'E', 'Q', 'q', 'G', 'e', 'c', 'X', 'x', 'Z':
		return n > 5
	case 'V':
		return n != 2
	case 'z', 'v':
		return n > 4
	default:
		return n > 19
	}
}

// numeric reports whether an item reads and writes a number.
func (it patternItem) numeric(legacy bool) bool {
	switch it.letter {
	case 0, 'G', 'E', 'a', 'z', 'Z', 'X', 'x', 'V', 'v', 'O', '[', ']':
		return false
	case 'M', 'L', 'Q', 'q', 'e', 'c':
		return it.n <= 2
	default:
		return true
	}
}

var (
	monthNames = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September",
		"October", "November", "December"}
	dayNames = [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
)

// patterns remembers the compiled patterns of a call whose pattern is not constant.
type patterns struct {
	legacy bool
	known  map[string]*datePattern
	failed map[string]error
}

func newPatterns(legacy bool) *patterns {
	return &patterns{legacy: legacy, known: map[string]*datePattern{}, failed: map[string]error{}}
}

func (ps *patterns) of(s string) (*datePattern, error) {
	if p := ps.known[s]; p != nil {
		return p, nil
	}
	if err := ps.failed[s]; err != nil {
		return nil, err
	}
	const limit = 1000 // of remembered patterns, should they come from data
	if len(ps.known)+len(ps.failed) > limit {
		clear(ps.known)
		clear(ps.failed)
	}
	s = strings.Clone(s)
	p, err := parsePattern(s, ps.legacy)
	if err != nil {
		ps.failed[s] = err
		return nil, err
	}
	ps.known[s] = p
	return p, nil
}
