package function

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonKind is the kind of a JSON value.
type jsonKind uint8

const (
	jsonNull jsonKind = iota
	jsonTrue
	jsonFalse
	jsonNumber
	jsonText
	jsonArray
	jsonObject
)

// jsonNode is one value of a document. The values of an array or object follow their
// parent in the order of the text; next is the node after all of them.
type jsonNode struct {
	kind     jsonKind
	escaped  bool  // the text or the key has escapes
	from, to int32 // the value in the source; of a text without its quotes
	key      int32 // of a member: where its key starts (without the quote), else -1
	keyEnd   int32
	next     int32
}

// jsonDoc is a parsed document. It is reused from row to row and keeps no text.
type jsonDoc struct {
	src   string
	nodes []jsonNode
	at    int
}

// maxJSONDepth bounds the nesting of a document, as Jackson does.
const maxJSONDepth = 1000

// parse reads the JSON value that s starts with; what follows it is not looked at,
// as in the reference. It reports whether there is one.
func (d *jsonDoc) parse(s string) bool {
	d.src, d.nodes, d.at = s, d.nodes[:0], 0
	if !d.value(-1, -1, false, 0) {
		return false
	}
	// Only a number must stand alone: 1,2 is none. (NUL ends the JSON of a VARIANT.)
	return d.nodes[0].kind != jsonNumber || d.at == len(s) || strings.IndexByte(" \t\n\r\x00", s[d.at]) >= 0
}

func (d *jsonDoc) blanks() {
	for d.at < len(d.src) {
		switch d.src[d.at] {
		case ' ', '\t', '\n', '\r':
			d.at++
		default:
			return
		}
	}
}

// value reads one value; key is the member's key if it is one.
func (d *jsonDoc) value(key, keyEnd int, keyEscaped bool, depth int) bool {
	d.blanks()
	if d.at >= len(d.src) || depth > maxJSONDepth {
		return false
	}
	me := len(d.nodes)
	d.nodes = append(d.nodes, jsonNode{key: int32(key), keyEnd: int32(keyEnd), escaped: keyEscaped, from: int32(d.at)})
	ok := false
	kind := jsonNull
	switch c := d.src[d.at]; {
	case c == '{':
		kind, ok = jsonObject, d.object(depth)
	case c == '[':
		kind, ok = jsonArray, d.array(depth)
	case c == '"':
		from, to, escaped, fine := d.text()
		n := &d.nodes[me]
		n.kind, n.from, n.to = jsonText, int32(from), int32(to)
		n.escaped = n.escaped || escaped
		n.next = int32(len(d.nodes))
		return fine
	case c == '-' || c >= '0' && c <= '9':
		kind, ok = jsonNumber, d.number()
	case d.word("true"):
		kind, ok = jsonTrue, true
	case d.word("false"):
		kind, ok = jsonFalse, true
	case d.word("null"):
		ok = true
	}
	n := &d.nodes[me]
	n.kind, n.to, n.next = kind, int32(d.at), int32(len(d.nodes))
	return ok
}

// word reads a literal name that no letter or digit follows.
func (d *jsonDoc) word(w string) bool {
	end := d.at + len(w)
	if end > len(d.src) || d.src[d.at:end] != w {
		return false
	}
	if end < len(d.src) {
		if c := d.src[end]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' {
			return false
		}
	}
	d.at = end
	return true
}

func (d *jsonDoc) object(depth int) bool {
	d.at++
	for first := true; ; first = false {
		d.blanks()
		if d.at >= len(d.src) {
			return false
		}
		switch c := d.src[d.at]; {
		case c == '}':
			d.at++
			return true
		case !first && c == ',':
			d.at++
			d.blanks()
		case !first:
			return false
		}
		if d.at >= len(d.src) || d.src[d.at] != '"' {
			return false
		}
		from, to, escaped, ok := d.text()
		if !ok {
			return false
		}
		d.blanks()
		if d.at >= len(d.src) || d.src[d.at] != ':' {
			return false
		}
		d.at++
		if !d.value(from, to, escaped, depth+1) {
			return false
		}
	}
}

func (d *jsonDoc) array(depth int) bool {
	d.at++
	for first := true; ; first = false {
		d.blanks()
		if d.at >= len(d.src) {
			return false
		}
		switch c := d.src[d.at]; {
		case c == ']':
			d.at++
			return true
		case !first && c == ',':
			d.at++
		case !first:
			return false
		}
		if !d.value(-1, -1, false, depth+1) {
			return false
		}
	}
}

// text reads a string and gives where its content lies.
func (d *jsonDoc) text() (from, to int, escaped, ok bool) {
	d.at++
	from = d.at
	for d.at < len(d.src) {
		switch c := d.src[d.at]; {
		case c == '"':
			d.at++
			return from, d.at - 1, escaped, true
		case c < ' ':
			return 0, 0, false, false
		case c == '\\':
			escaped = true
			if n := escapeLength(d.src[d.at:]); n > 0 {
				d.at += n
			} else {
				return 0, 0, false, false
			}
		default:
			d.at++
		}
	}
	return 0, 0, false, false
}

// escapeLength is the length of the escape that s starts with, 0 if it is none.
func escapeLength(s string) int {
	if len(s) < 2 {
		return 0
	}
	switch s[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(s) < 6 || hexDigit(s[2]) < 0 || hexDigit(s[3]) < 0 || hexDigit(s[4]) < 0 || hexDigit(s[5]) < 0 {
			return 0
		}
		return 6
	}
	return 0
}

func (d *jsonDoc) number() bool {
	digits := func() bool {
		at := d.at
		for d.at < len(d.src) && d.src[d.at] >= '0' && d.src[d.at] <= '9' {
			d.at++
		}
		return d.at > at
	}
	if d.src[d.at] == '-' {
		d.at++
	}
	zero := d.at < len(d.src) && d.src[d.at] == '0'
	at := d.at
	if !digits() || zero && d.at > at+1 {
		return false
	}
	if d.at < len(d.src) && d.src[d.at] == '.' {
		d.at++
		if !digits() {
			return false
		}
	}
	if d.at < len(d.src) && (d.src[d.at] == 'e' || d.src[d.at] == 'E') {
		d.at++
		if d.at < len(d.src) && (d.src[d.at] == '+' || d.src[d.at] == '-') {
			d.at++
		}
		if !digits() {
			return false
		}
	}
	// A number must end: 12abc is none.
	return d.at == len(d.src) || !isWordByte(d.src[d.at])
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.'
}

// raw is the source of a node; of a text its content, escapes included.
func (d *jsonDoc) raw(n int32) string { return d.src[d.nodes[n].from:d.nodes[n].to] }

// keyIs reports whether node n is the member of that name.
func (d *jsonDoc) keyIs(n int32, name string) bool {
	node := &d.nodes[n]
	if node.key < 0 {
		return false
	}
	k := d.src[node.key:node.keyEnd]
	if !node.escaped {
		return k == name
	}
	return string(appendUnescaped(nil, k)) == name
}

// appendUnescaped appends the content of a JSON string with its escapes undone.
func appendUnescaped(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			dst = append(dst, s[i])
			i++
			continue
		}
		n := escapeLength(s[i:])
		if n == 0 {
			return append(dst, s[i:]...)
		}
		switch e := s[i+1]; e {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := hexRune(s[i+2:])
			if utf16.IsSurrogate(r) && escapeLength(s[i+6:]) == 6 {
				if both := utf16.DecodeRune(r, hexRune(s[i+8:])); both != utf8.RuneError {
					r = both
					n = 12
				}
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, e)
		}
		i += n
	}
	return dst
}

// hexRune reads four hexadecimal digits.
func hexRune(s string) rune {
	return rune(hexDigit(s[0])<<12 | hexDigit(s[1])<<8 | hexDigit(s[2])<<4 | hexDigit(s[3]))
}
