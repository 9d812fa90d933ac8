// Package option reads the text of WITH options by their declarations: numbers,
// durations, memory sizes, lists. Connectors and formats declare their options as
// catalog.Option and read them through a Reader, so that each default and type is
// written once.
package option

import (
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
)

// Reader reads options; what is wrong with them is collected in Err. Asking for an
// option that is not declared is a mistake of the program and panics.
type Reader struct {
	decl   map[string]catalog.Option
	given  map[string]string
	prefix string
	errs   diag.List
}

// Read makes a reader of options given under their declared names.
func Read(decl []catalog.Option, given map[string]string) *Reader {
	r := &Reader{decl: make(map[string]catalog.Option, len(decl)), given: given}
	for _, o := range decl {
		r.decl[o.Name] = o
	}
	return r
}

// Named sets what is put before option names in messages, e.g. "json.".
func (r *Reader) Named(prefix string) *Reader { r.prefix = prefix; return r }

// Err gives what was wrong, nil if nothing was.
func (r *Reader) Err() error { return r.errs.Err() }

// CheckTypes reads every given option as its declared type, so that Err tells all that
// is wrong with them. Options that are not declared are left alone.
func (r *Reader) CheckTypes() *Reader {
	names := make([]string, 0, len(r.given))
	for name := range r.given {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		switch r.decl[name].Type {
		case catalog.IntOption, catalog.LongOption:
			r.Int(name)
		case catalog.DoubleOption:
			r.Float(name)
		case catalog.BoolOption:
			r.Bool(name)
		case catalog.DurationOption:
			r.Duration(name)
		case catalog.MemoryOption:
			r.Memory(name)
		case catalog.EnumOption:
			r.Enum(name)
		}
	}
	return r
}

// Problems gives what was wrong as diagnostics.
func (r *Reader) Problems() diag.List { return r.errs }

// Has reports whether the option was given.
func (r *Reader) Has(name string) bool {
	_, ok := r.given[name]
	return ok
}

// text gives the option's text or its default.
func (r *Reader) text(name string) string {
	o, ok := r.decl[name]
	if !ok {
		panic("option " + name + " is read but not declared")
	}
	if v, ok := r.given[name]; ok {
		return v
	}
	return o.Default
}

func (r *Reader) bad(name, text, want string) {
	r.errs.Add(diag.Errorf("W0332", diag.Span{}, "option '%s' is %q, want %s", r.prefix+name, text, want))
}

// Bad reports an option whose text was read but does not do; want says what would.
func (r *Reader) Bad(name, want string) { r.bad(name, r.text(name), want) }

// String reads text as it is.
func (r *Reader) String(name string) string { return r.text(name) }

// Enum reads one of the declared words; case is ignored and the declared spelling returned.
func (r *Reader) Enum(name string) string {
	text := r.text(name)
	words := r.decl[name].Enum
	for _, w := range words {
		if strings.EqualFold(w, text) {
			return w
		}
	}
	if text == "" {
		return ""
	}
	r.bad(name, text, "one of "+strings.Join(words, ", "))
	return text
}

// Bool reads true or false.
func (r *Reader) Bool(name string) bool {
	text := r.text(name)
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true":
		return true
	case "false", "":
		return false
	}
	r.bad(name, text, "true or false")
	return false
}

// Int reads a whole number; 0 if there is neither value nor default.
func (r *Reader) Int(name string) int64 {
	text := strings.TrimSpace(r.text(name))
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		r.bad(name, text, "a whole number")
	}
	return n
}

// Float reads a number; 0 if there is neither value nor default.
func (r *Reader) Float(name string) float64 {
	text := strings.TrimSpace(r.text(name))
	if text == "" {
		return 0
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		r.bad(name, text, "a number")
	}
	return f
}

// Duration reads "10 s", "1min" or "500 ms"; 0 if there is neither value nor default.
func (r *Reader) Duration(name string) time.Duration {
	text := r.text(name)
	if text == "" {
		return 0
	}
	d, ok := catalog.ParseDuration(text)
	if !ok {
		r.bad(name, text, "a duration such as '10 s', '5 min' or '1 h'")
	}
	return d
}

// Memory reads "128 mb" as bytes; 0 if there is neither value nor default.
func (r *Reader) Memory(name string) int64 {
	text := r.text(name)
	if text == "" {
		return 0
	}
	n, ok := catalog.ParseMemory(text)
	if !ok {
		r.bad(name, text, "a size such as '64 kb' or '128 mb'")
	}
	return n
}

// List reads "a;b;c"; nil if it is empty.
func (r *Reader) List(name string) []string {
	text := r.text(name)
	if text == "" {
		return nil
	}
	return strings.Split(text, ";")
}
