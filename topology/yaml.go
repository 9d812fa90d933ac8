package topology

import (
	"strconv"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
)

// The overlay is YAML of a plain kind, read by line: nested mappings, one key a
// line, values on the line of their key. That is all an overlay needs, gives exact
// places to diagnostics, lets an edit change one line and leave comments and all
// other lines as they are, and leaves nothing to attack. What is outside of it
// (anchors, tags, block lists, several documents …) is refused, never misread: a
// text that is accepted means the same to every YAML reader.

// yamlEntry is a key with a scalar value or with entries below it.
type yamlEntry struct {
	key     string
	value   string // unquoted; "" with entries, and for a null value
	quoted  bool   // the value stood in quotes
	entries []*yamlEntry

	line, last int // first and last line of the entry, 0-based
	indent     int
	span       diag.Span // of the key
	valueSpan  diag.Span
}

// child returns the entry of a key.
func (y *yamlEntry) child(key string) *yamlEntry {
	for _, e := range y.entries {
		if e.key == key {
			return e
		}
	}
	return nil
}

type yamlReader struct {
	problems diag.List
	offset   int // of the line being read
}

func (r *yamlReader) fail(span diag.Span, format string, args ...any) *diag.Diagnostic {
	d := diag.Errorf("W0404", span, format, args...)
	r.problems.Add(d)
	return d
}

// readYAML parses a text into a root entry without key. What does not read stands in
// the tree nevertheless, without its value, so that one slip gives one message.
func readYAML(text string) (*yamlEntry, diag.List) {
	r := &yamlReader{}
	root := &yamlEntry{indent: -1, line: -1}
	open := []*yamlEntry{root}
	number := -1
	for line := range strings.Lines(text) {
		number++
		at := r.offset
		r.offset += len(line)
		line = strings.TrimRight(line, "\r\n \t")
		body := strings.TrimLeft(line, " ")
		indent := len(line) - len(body)
		if body == "" || body[0] == '#' || (number == 0 && body == "---") {
			continue
		}
		span := diag.Span{Start: at + indent, End: at + len(line)}
		e := r.entry(body, span)
		e.line, e.last, e.indent = number, number, indent
		for indent <= open[len(open)-1].indent {
			open = open[:len(open)-1]
		}
		parent := open[len(open)-1]
		if len(parent.entries) > 0 && parent.entries[0].indent != indent {
			r.fail(span, "indentation of %d does not agree with %d above", indent, parent.entries[0].indent)
		}
		if parent.value != "" || parent.quoted {
			r.fail(span, "key %q has a value and entries", Clean(parent.key))
		}
		if e.key != "" && parent.child(e.key) != nil {
			r.fail(e.span, "key %q stands here twice", Clean(e.key))
		}
		parent.entries = append(parent.entries, e)
		open = append(open, e)
		for _, o := range open {
			o.last = number
		}
	}
	return root, r.problems
}

// entry parses "key: value # comment".
func (r *yamlReader) entry(body string, span diag.Span) *yamlEntry {
	e := &yamlEntry{span: span, valueSpan: diag.Span{Start: span.End, End: span.End}}
	if strings.Contains(body, "\t") {
		r.fail(span, "tabs cannot indent or separate here")
		return e
	}
	key, rest, ok := r.scalar(body, span, true)
	if !ok {
		return e
	}
	after := strings.TrimLeft(rest, " ")
	if key == "" || !strings.HasPrefix(after, ":") || (len(after) > 1 && after[1] != ' ') {
		r.fail(span, "expected \"key: value\"")
		return e
	}
	e.key, e.span.End = key, span.Start+len(body)-len(rest)
	value := strings.TrimLeft(after[1:], " ")
	if value == "" || value[0] == '#' {
		e.valueSpan.Start = span.End - len(value)
		e.valueSpan.End = e.valueSpan.Start
		return e
	}
	at := diag.Span{Start: span.End - len(value), End: span.End}
	text, rest, ok := r.scalar(value, at, false)
	if !ok {
		return e
	}
	if tail := strings.TrimLeft(rest, " "); tail != "" && (tail[0] != '#' || len(tail) == len(rest)) {
		r.fail(at, "nothing may follow a value but a comment")
		return e
	}
	e.valueSpan = diag.Span{Start: at.Start, End: at.Start + len(value) - len(rest)}
	e.quoted = value[0] == '"' || value[0] == '\''
	if e.value = text; !e.quoted && (text == "~" || strings.EqualFold(text, "null")) {
		e.value = ""
	}
	return e
}

// scalar reads a plain or quoted text and returns what follows it.
func (r *yamlReader) scalar(s string, span diag.Span, key bool) (text, rest string, ok bool) {
	switch s[0] {
	case '"':
		for i := 1; i < len(s); i++ {
			if s[i] == '\\' {
				i++
			} else if s[i] == '"' {
				text, err := strconv.Unquote(s[:i+1])
				if err != nil || octal(s[:i+1]) {
					r.fail(span, "escapes in %s do not read", Clean(s[:i+1]))
					return "", "", false
				}
				return text, s[i+1:], true
			}
		}
		r.fail(span, "quote is not closed")
		return "", "", false
	case '\'':
		for i := 1; i < len(s); i++ {
			if s[i] == '\'' && i+1 < len(s) && s[i+1] == '\'' {
				i++
			} else if s[i] == '\'' {
				return strings.ReplaceAll(s[1:i], "''", "'"), s[i+1:], true
			}
		}
		r.fail(span, "quote is not closed")
		return "", "", false
	}
	if strings.IndexByte("[{&*!|>%@`,]}#", s[0]) >= 0 || ((s[0] == '-' || s[0] == '?' || s[0] == ':') && (len(s) == 1 || s[1] == ' ')) {
		r.fail(span, "%q begins YAML that overlays do not use", s[0]).WithHint("write one \"key: value\" a line; put text that begins so in quotes")
		return "", "", false
	}
	end := len(s)
	if i := strings.Index(s, " #"); i >= 0 {
		end = i
	}
	if key {
		i := strings.Index(s[:end]+" ", ": ")
		if i < 0 && strings.HasSuffix(s[:end], ":") {
			i = end - 1
		}
		if i < 0 {
			return strings.TrimRight(s[:end], " "), s[end:], true
		}
		end = i
	} else if strings.Contains(s[:end]+" ", ": ") {
		r.fail(span, "value holds \": \", which YAML reads as another key").WithHint("put the value in quotes")
		return "", "", false
	}
	plain := strings.TrimRight(s[:end], " ")
	return plain, s[len(plain):], true
}

// octal reports an escape such as \012, which Go and YAML read differently.
func octal(quoted string) bool {
	for i := 0; i+1 < len(quoted); i++ {
		if quoted[i] == '\\' {
			if i++; quoted[i] >= '0' && quoted[i] <= '9' {
				return true
			}
		}
	}
	return false
}

// yamlText writes a text as a plain scalar if that reads back as it is, else quoted.
func yamlText(s string) string {
	r := &yamlReader{}
	if s != "" && s == strings.TrimSpace(s) && !strings.ContainsAny(s, "\n\t\r") && Clean(s) == s && !looksTyped(s) {
		if text, rest, ok := r.scalar(s, diag.Span{}, false); ok && rest == "" && text == s && s[0] != '"' && s[0] != '\'' && !strings.HasSuffix(s, ":") {
			return s
		}
	}
	return strconv.Quote(s)
}

// looksTyped reports whether another YAML reader could take a plain text for null,
// a truth value, a number or a date.
func looksTyped(s string) bool {
	switch strings.ToLower(s) {
	case "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "---", "...", ".inf", "-.inf", "+.inf", ".nan":
		return true
	}
	if strings.Trim(s, "0123456789:-_.") == "" {
		return true
	}
	number := strings.ReplaceAll(s, "_", "")
	if _, err := strconv.ParseFloat(number, 64); err == nil {
		return true
	}
	_, err := strconv.ParseInt(number, 0, 64)
	return err == nil || (len(s) > 4 && s[4] == '-' && strings.Trim(s[:4], "0123456789") == "")
}
