package csv

import (
	"strconv"
	"strings"

	"github.com/weir-sql/weir/connectors/option"
	"github.com/weir-sql/weir/planner/diag"
)

// syntax is how fields are put into lines.
type syntax struct {
	delimiter  byte
	quote      byte // if quotes
	quotes     bool
	escape     byte // if escapes
	escapes    bool
	comments   bool
	header     bool
	element    []byte // between elements of arrays
	null       []byte // if hasNull
	hasNull    bool
	ignore     bool
	scientific bool
}

// newSyntax reads the options.
func newSyntax(given map[string]string) (syntax, error) {
	r := option.Read(Options, given).Named("csv.")
	s := syntax{
		quotes:     !r.Bool("disable-quote-character"),
		escapes:    r.Has("escape-character"),
		comments:   r.Bool("allow-comments"),
		header:     r.Bool("header"),
		element:    []byte(r.String("array-element-delimiter")),
		null:       []byte(r.String("null-literal")),
		hasNull:    r.Has("null-literal"),
		ignore:     r.Bool("ignore-parse-errors"),
		scientific: r.Bool("write-bigdecimal-in-scientific-notation"),
	}
	if err := r.Err(); err != nil {
		return s, err
	}
	var err error
	if s.delimiter, err = character("field-delimiter", unescapeJava(r.String("field-delimiter"))); err != nil {
		return s, err
	}
	if s.quotes {
		if s.quote, err = character("quote-character", r.String("quote-character")); err != nil {
			return s, err
		}
	}
	if s.escapes {
		if s.escape, err = character("escape-character", r.String("escape-character")); err != nil {
			return s, err
		}
	}
	if !s.quotes && r.Has("quote-character") {
		return s, diag.Errorf("W0333", diag.Span{}, "'csv.quote-character' cannot be set when 'csv.disable-quote-character' is true")
	}
	if s.quotes && s.quote == s.delimiter || s.delimiter == '\n' || s.delimiter == '\r' {
		return s, diag.Errorf("W0333", diag.Span{}, "'csv.field-delimiter' cannot be %q", s.delimiter)
	}
	return s, nil
}

// character checks that an option is one ASCII character.
func character(name, text string) (byte, error) {
	if len(text) != 1 || text[0] >= 0x80 {
		return 0, diag.Errorf("W0333", diag.Span{}, "option 'csv.%s' must be one ASCII character, is %q", name, text)
	}
	return text[0], nil
}

// unescapeJava resolves \t, \n, \r, \\ and \uXXXX, which Flink allows in delimiters.
func unescapeJava(s string) string {
	if !strings.HasPrefix(s, `\`) || len(s) == 1 {
		return s
	}
	if r, _, rest, err := strconv.UnquoteChar(s, 0); err == nil && rest == "" {
		return string(r)
	}
	return s
}
