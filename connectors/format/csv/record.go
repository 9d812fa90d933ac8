package csv

import (
	"bytes"
	"fmt"
	"slices"
)

// outcome of looking for a record.
type outcome uint8

const (
	found   outcome = iota
	partial         // the chunk ends before the record does
	broken          // the record is no CSV; d.why says why
)

// record takes one record at the start of b: its fields go to d.fields, wanted ones
// only up to the last wanted; d.count counts all. It gives the bytes taken with
// the line end, the line ends among them, and for a broken record the bytes to
// leave out to get to the next.
//
//	field  = quote (char | quote quote)* quote | char*
//	record = field (delimiter field)* (CR LF | LF | CR | end of data)
func (d *Decoder) record(b []byte, last bool) (size, lines int, res outcome) {
	d.count, d.arena = 0, d.arena[:0]
	d.fields = d.fields[:0]
	i := 0
	for {
		var field []byte
		if d.quotes && i < len(b) && b[i] == d.quote {
			field, i, lines, res = d.quoted(b, i, lines, last)
			if res != found {
				return i, lines, res
			}
		} else {
			start := i
			for i < len(b) && !d.special[b[i]] {
				i++
			}
			if i < len(b) && d.escapes && b[i] == d.escape {
				if field, i, res = d.escaped(b, start, i, last); res != found {
					return i, lines, res
				}
			} else {
				field = b[start:i]
			}
		}
		if d.count < d.wanted {
			d.fields = append(d.fields, field)
		}
		d.count++
		if i >= len(b) {
			if !last {
				return 0, 0, partial
			}
			return i, lines, found
		}
		switch c := b[i]; c {
		case d.delimiter:
			i++
			continue
		case '\n':
			return i + 1, lines + 1, found
		default: // '\r'
			if i+1 < len(b) {
				if b[i+1] == '\n' {
					return i + 2, lines + 1, found
				}
				return i + 1, lines + 1, found
			}
			if !last {
				return 0, 0, partial
			}
			return i + 1, lines + 1, found
		}
	}
}

// quoted takes a quoted field at i.
func (d *Decoder) quoted(b []byte, i, lines int, last bool) ([]byte, int, int, outcome) {
	open := i
	i++
	start, at := i, len(d.arena)
	copied := false
	for {
		n := d.quotedEnd(b[i:])
		if n < 0 || i+n+1 >= len(b) && !last {
			if !last {
				return nil, 0, 0, partial
			}
			d.why = "a quoted field has no closing quote"
			return nil, len(b), lines + bytes.Count(b[open:], newline), broken
		}
		i += n
		if d.escapes && b[i] == d.escape {
			if i+1 >= len(b) {
				d.why = "it ends after an escape character"
				return nil, len(b), lines + bytes.Count(b[open:], newline), broken
			}
			d.arena = append(append(d.arena, b[start:i]...), unescape(b[i+1]))
			i, copied = i+2, true
			start = i
			continue
		}
		if i+1 < len(b) && b[i+1] == d.quote {
			d.arena = append(d.arena, b[start:i+1]...)
			i, copied = i+2, true
			start = i
			continue
		}
		break
	}
	field := b[start:i]
	if copied {
		d.arena = append(d.arena, field...)
		field = slices.Clip(d.arena[at:])
	}
	lines += bytes.Count(b[open:i], newline)
	for i++; i < len(b) && (b[i] == ' ' || b[i] == '\t') && b[i] != d.delimiter; i++ {
		// Jackson passes over white space between the quote and the delimiter.
	}
	if i < len(b) && b[i] != d.delimiter && b[i] != '\n' && b[i] != '\r' {
		d.why = fmt.Sprintf("%q after the closing quote of a field, where a delimiter is expected", b[i])
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			if !last {
				return nil, 0, 0, partial
			}
			return nil, len(b), lines, broken
		}
		return nil, i + n + 1, lines + 1, broken
	}
	return field, i, lines, found
}

var newline = []byte{'\n'}

// quotedEnd gives the index of the next quote or escape character.
func (d *Decoder) quotedEnd(b []byte) int {
	if !d.escapes {
		return bytes.IndexByte(b, d.quote)
	}
	return slices.IndexFunc(b, func(c byte) bool { return c == d.quote || c == d.escape })
}

// escaped takes an unquoted field that begins at start and has an escape at i.
func (d *Decoder) escaped(b []byte, start, i int, last bool) ([]byte, int, outcome) {
	at := len(d.arena)
	for {
		d.arena = append(d.arena, b[start:i]...)
		if i >= len(b) || b[i] != d.escape {
			return slices.Clip(d.arena[at:]), i, found
		}
		if i+1 >= len(b) {
			if !last {
				return nil, 0, partial
			}
			d.why = "it ends after an escape character"
			return nil, len(b), broken
		}
		d.arena = append(d.arena, unescape(b[i+1]))
		start, i = i+2, i+2
		for i < len(b) && !d.special[b[i]] {
			i++
		}
	}
}

// unescape gives the character an escaped one stands for.
func unescape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case '0':
		return 0
	default:
		return c
	}
}

// comment takes a comment line or an empty line at the start of b; size 0 means
// that there is none, partial that the chunk ends too early to tell.
func comment(b []byte, last bool) (size int, res outcome) {
	i := 0
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	if i == len(b) && !last {
		return 0, partial
	}
	if i < len(b) && b[i] != '#' && b[i] != '\n' && b[i] != '\r' {
		return 0, found
	}
	n := bytes.IndexByte(b[i:], '\n')
	if n < 0 {
		if !last {
			return 0, partial
		}
		return len(b), found
	}
	return i + n + 1, found
}
