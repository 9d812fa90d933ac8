package topology

import (
	"encoding/json"
	"strings"
)

// Text is a sentence of ours that quotes what others wrote: identifiers, expressions,
// paths. Quotations stand between marks, so that each rendering can make them
// harmless in its own way.
type Text string

const (
	quoteOpen = '‹'
	quoteShut = '›'
)

var unquoted = strings.NewReplacer("‹", "<", "›", ">")

// quote marks a text as one of others.
func quote(s string) string { return "‹" + unquoted.Replace(Clean(s)) + "›" }

// Plain is the sentence for a terminal.
func (t Text) Plain() string {
	return strings.Map(func(r rune) rune {
		if r == quoteOpen || r == quoteShut {
			return -1
		}
		return r
	}, string(t))
}

// Markdown is the sentence for a cell or a line of Markdown.
func (t Text) Markdown() string {
	var b strings.Builder
	rest := string(t)
	for {
		ours, theirs, ok := strings.Cut(rest, string(quoteOpen))
		b.WriteString(ours)
		if !ok {
			return b.String()
		}
		theirs, rest, _ = strings.Cut(theirs, string(quoteShut))
		b.WriteString(MarkdownCode(theirs))
	}
}

// MarshalJSON writes the plain sentence.
func (t Text) MarshalJSON() ([]byte, error) { return json.Marshal(t.Plain()) }

// MarkdownCode writes a text of others as a code span, which is the one place in
// Markdown as GitHub and GitLab render it where nothing is a mention, a reference, a
// link, an image or HTML. The two characters that could end the span or a table's
// cell are replaced by their likes.
func MarkdownCode(s string) string {
	s = strings.TrimSpace(strings.NewReplacer("`", "ˋ", "|", "¦", "\\", "⧵").Replace(Clean(s)))
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}
