package variable

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/syntax"
)

// The diagnostics of variables.
const (
	codeUnknown diag.Code = "W0661" // no variable has this name
	codeMissing diag.Code = "W0662" // a variable without a value
	codeValue   diag.Code = "W0663" // a value that is not of its type
	codeUse     diag.Code = "W0664" // a shift, format or zone that does not fit
)

// builtins are the variables that every script has, with their types.
var builtins = map[string]string{"now": "TIMESTAMP", "bizdate": "DATE"}

// Given is a value that a person or a fixture gives.
type Given struct {
	Text string
	Type *Type // nil: as it is declared, else STRING
	From string
}

// ParseGiven reads NAME=VALUE or NAME:TYPE=VALUE.
func ParseGiven(text string) (name string, g Given, err error) {
	head, value, ok := strings.Cut(text, "=")
	if !ok {
		return "", g, fmt.Errorf("--var takes name=value, not %q", text)
	}
	name, typeText, typed := strings.Cut(head, ":")
	name = strings.TrimSpace(name)
	if !nameForm.MatchString(name) {
		return "", g, fmt.Errorf("--var takes name=value, and %q is no name", name)
	}
	g = Given{Text: value, From: "--var " + name}
	if typed {
		t, err := ParseType(typeText)
		if err != nil {
			return "", g, fmt.Errorf("--var %s: %w", name, err)
		}
		g.Type = &t
	}
	return name, g, nil
}

// Kept gives values that were given as texts that Restored reads; secrets are covered.
func Kept(given map[string]Given) map[string]string {
	out := map[string]string{}
	for name, g := range given {
		text := g.Text
		if diag.IsSecretKey(name) {
			text = "***"
		}
		if g.Type != nil {
			name += ":" + g.Type.String()
		}
		out[name] = text
	}
	return out
}

// Restored reads what Kept gave.
func Restored(kept map[string]string) (map[string]Given, error) {
	out := map[string]Given{}
	for head, text := range kept {
		name, g, err := ParseGiven(head + "=" + text)
		if err != nil {
			return nil, err
		}
		out[name] = g
	}
	return out, nil
}

// Set are the variables of one script. It implements syntax.Variables.
type Set struct {
	Declared map[string]*Declaration
	Given    map[string]Given
	Now      time.Time
	Zone     *time.Location // of the session
	used     map[string]Used
	opening  []string // defaults that are being read, to find one that refers to itself
}

// Used is a reference of a script and what it came to.
type Used struct {
	Ref   string `json:"reference"` // as written: ${bizdate - 1d}
	Value string `json:"value"`     // as SQL
}

// Known reports whether a name is that of a variable.
func (s *Set) Known(name string) bool {
	_, given := s.Given[name]
	return given || s.Declared[name] != nil || builtins[name] != ""
}

// Names lists all variables in order.
func (s *Set) Names() []string {
	names := map[string]bool{}
	for n := range s.Declared {
		names[n] = true
	}
	for n := range s.Given {
		names[n] = true
	}
	for n := range builtins {
		names[n] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// Used lists what was referred to, by name.
func (s *Set) Used() []Used {
	var out []Used
	for _, ref := range slices.Sorted(maps.Keys(s.used)) {
		out = append(out, s.used[ref])
	}
	return out
}

// Unused looks at the values that were given and that nothing refers to: one that is not of its
// variable's type is an error all the same, a name that is nearly another's gets a warning.
func (s *Set) Unused() diag.List {
	var list diag.List
	var others []string
	for _, n := range s.Names() {
		if s.Declared[n] != nil || builtins[n] != "" {
			others = append(others, n)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Given)) {
		used := false
		for _, u := range s.used {
			used = used || strings.HasPrefix(u.Ref, "${"+name) && !isWord(u.Ref, len(name)+2)
		}
		if known := s.Declared[name] != nil || builtins[name] != ""; known && !used {
			if _, d := s.plain(&syntax.VariableRef{Name: name}, s.Zone); d != nil {
				list.Add(d)
			}
			continue
		}
		if near := diag.Nearest(name, others); !used && near != "" {
			list.Add(diag.Warnf(codeUnknown, diag.Span{}, "variable %q is given, and nothing uses it", name).WithHint("did you mean %q?", near))
		}
	}
	return list
}

func isWord(s string, i int) bool {
	return i < len(s) && (s[i] == '_' || s[i] >= '0' && s[i] <= '9' || s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z')
}

// Value gives what a reference stands for.
func (s *Set) Value(ref *syntax.VariableRef) (syntax.VariableValue, *diag.Diagnostic) {
	v, d := s.value(ref)
	if d != nil {
		return syntax.VariableValue{}, d
	}
	out := syntax.VariableValue{Text: v.text, Raw: v.t.Name == Raw}
	sql := v.text
	if !out.Raw {
		out.Literal = v.literal
		sql = syntax.FormatExpr(v.literal(syntax.Base{}, v.t.Name != "DECIMAL"))
	}
	if diag.IsSecretKey(ref.Name) {
		sql = "***"
	}
	if s.used == nil {
		s.used = map[string]Used{}
	}
	written := refText(ref)
	s.used[written] = Used{written, sql}
	return out, nil
}

// refText prints a reference.
func refText(r *syntax.VariableRef) string {
	var b strings.Builder
	b.WriteString("${" + r.Name)
	for _, sh := range r.Shifts {
		sign, n := "+", sh.N
		if n < 0 {
			sign, n = "-", -n
		}
		fmt.Fprintf(&b, " %s %d%s", sign, n, sh.Unit)
	}
	for _, text := range []string{r.Format, r.Zone} {
		if text != "" {
			b.WriteString(", " + syntax.QuoteString(text))
		}
	}
	return b.String() + "}"
}

func (s *Set) value(ref *syntax.VariableRef) (value, *diag.Diagnostic) {
	zone := s.Zone
	if ref.Zone != "" {
		z, err := time.LoadLocation(ref.Zone)
		if err != nil || ref.Zone == "Local" {
			return value{}, diag.Errorf(codeUse, ref.ZoneSpan, "time zone %q is not known", ref.Zone).WithHint("use a name such as 'Asia/Shanghai' or 'UTC'")
		}
		zone = z
	}
	v, d := s.plain(ref, zone)
	if d != nil {
		return v, d
	}
	use := func(at diag.Span, what string) *diag.Diagnostic {
		return diag.Errorf(codeUse, at, "variable %q is a %s: only a date or a timestamp has a %s", ref.Name, v.t, what)
	}
	days := true
	for _, sh := range ref.Shifts {
		if !v.t.isTime() {
			return v, use(sh.Span, "shift").WithHint("write ${%s} + 1 for arithmetic", ref.Name)
		}
		at, whole, ok := shifted(v.at, sh.N, sh.Unit)
		if !ok {
			return v, diag.Errorf(codeUse, sh.Span, "%q is no unit of time", sh.Unit).WithHint("write s, m (minutes), h, d, w, M (months) or y: ${%s - 1d}", ref.Name)
		}
		v.at, days = at, days && whole
	}
	if v.t.Name == "DATE" && !days && ref.Format == "" {
		return v, diag.Errorf(codeUse, ref.Shifts[0].Span, "variable %q is a DATE, which is shifted by whole days", ref.Name).
			WithHint("write d, w, M or y, or a format behind it: 'yyyy-MM-dd HH'")
	}
	if ref.Format == "" {
		if len(ref.Shifts) == 0 {
			return v, nil
		}
		out, err := v.moved(v.at)
		if err != nil {
			return v, diag.Errorf(codeUse, ref.Span, "variable %q: %v", ref.Name, err)
		}
		return out, nil
	}
	if !v.t.isTime() {
		return v, use(ref.FormatSpan, "format").WithHint("write ${%s}", ref.Name)
	}
	if v.at.Year() < 1 || v.at.Year() > 9999 {
		return v, diag.Errorf(codeUse, ref.Span, "variable %q: the year %d is not between 1 and 9999", ref.Name, v.at.Year())
	}
	text, err := function.FormatTime(s.in(v, ref.Name, zone), ref.Format)
	if err != nil {
		return v, diag.Errorf(codeUse, ref.FormatSpan, "%v", err).WithHint("write it as for DATE_FORMAT: 'yyyy-MM-dd HH:mm:ss'")
	}
	return value{t: Type{Name: "STRING"}, text: text}, nil
}

// in gives the time of a value as a zone tells it. A DATE is the same everywhere; a TIMESTAMP is of the session's zone.
func (s *Set) in(v value, name string, zone *time.Location) time.Time {
	if v.t.Name == "DATE" || v.t.Name == "TIMESTAMP" && zone == s.Zone {
		return v.at
	}
	if v.t.Name == "TIMESTAMP" {
		a := v.at
		if _, given := s.Given[name]; name == "now" && !given && s.Declared[name] == nil {
			return a // it was taken in this zone
		}
		return time.Date(a.Year(), a.Month(), a.Day(), a.Hour(), a.Minute(), a.Second(), a.Nanosecond(), s.Zone).In(zone)
	}
	return v.at.In(zone)
}

// plain gives the value of a variable without shifts and format.
func (s *Set) plain(ref *syntax.VariableRef, zone *time.Location) (value, *diag.Diagnostic) {
	name := ref.Name
	d, declared := s.Declared[name], s.Declared[name] != nil
	t := Type{Name: "STRING"}
	switch {
	case builtins[name] == "DATE":
		t = Type{Name: "DATE"}
	case builtins[name] != "":
		t = Type{Name: builtins[name], Precision: 3}
	case declared:
		t = d.Type
	}
	text, from := "", ""
	if g, given := s.Given[name]; given {
		if g.Type != nil && !declared && builtins[name] == "" {
			t = *g.Type
		} else if g.Type != nil && *g.Type != t {
			return value{}, diag.Errorf(codeValue, ref.Span, "variable %q is declared as %s, and %s gives it as %s", name, t, g.From, *g.Type).
				WithHint("leave the type out: %s=%s", strings.Split(g.From, ":")[0], t.example())
		}
		text, from = g.Text, g.From
	} else if declared && d.Default != nil {
		var problem *diag.Diagnostic
		if text, problem = s.expandDefault(ref, *d.Default); problem != nil {
			return value{}, problem
		}
		from = "its default in weir.yaml"
	} else if builtins[name] != "" {
		return s.builtin(t, zone)
	} else if declared {
		return value{}, diag.Errorf(codeMissing, ref.NameSpan, "variable %q has no value", name).
			WithHint("give it: --var %s=%s, or declare a default in weir.yaml", name, t.example())
	} else {
		out := diag.Errorf(codeUnknown, ref.NameSpan, "there is no variable %q", name)
		if near := diag.Nearest(name, s.Names()); near != "" {
			return value{}, out.WithHint("did you mean %q?", near)
		}
		return value{}, out.WithHint("declare it under variables: in weir.yaml, or give it: --var %s=…", name)
	}
	v, err := t.read(text, s.Zone)
	if err != nil {
		if diag.IsSecretKey(name) {
			err = fmt.Errorf("it is no %s", t)
		}
		return v, diag.Errorf(codeValue, ref.Span, "variable %q does not fit its type %s: %v", name, t, err).
			WithHint("it comes from %s; write it as in --var %s=%s", from, name, t.example())
	}
	return v, nil
}

// builtin gives now, and the day before it as the business date, by the clock of a zone.
func (s *Set) builtin(t Type, zone *time.Location) (value, *diag.Diagnostic) {
	now := s.Now
	if g, given := s.Given["now"]; given {
		if v, err := (Type{Name: "TIMESTAMP_LTZ", Precision: 3}).read(g.Text, s.Zone); err == nil {
			now = v.at // what is wrong with it is told where it is used
		}
	}
	now = now.In(zone)
	wall := time.Date(now.Year(), now.Month(), now.Day(), now.Hour(), now.Minute(), now.Second(), now.Nanosecond()/1e6*1e6, time.UTC)
	if t.Name == "DATE" {
		wall = time.Date(now.Year(), now.Month(), now.Day()-1, 0, 0, 0, 0, time.UTC)
	}
	v, err := value{t: t}.moved(wall)
	if err != nil {
		return v, diag.Errorf(codeValue, diag.Span{}, "the clock stands at %v: %v", now, err)
	}
	return v, nil
}

// expandDefault puts variables into a default, which may refer to others.
func (s *Set) expandDefault(ref *syntax.VariableRef, text string) (string, *diag.Diagnostic) {
	if !strings.Contains(text, "${") {
		return text, nil
	}
	if slices.Contains(s.opening, ref.Name) {
		return "", diag.Errorf(codeMissing, ref.NameSpan, "the default of variable %q refers to itself", ref.Name).
			WithHint("%s", strings.Join(append(s.opening, ref.Name), " → "))
	}
	s.opening = append(s.opening, ref.Name)
	defer func() { s.opening = s.opening[:len(s.opening)-1] }()
	var errs diag.List
	out, _ := syntax.ExpandVariables(text, func(int, int) diag.Span { return ref.Span }, s,
		func(*syntax.VariableRef, syntax.VariableValue) bool { return true }, &errs)
	if len(errs) > 0 {
		errs[0].Detail = fmt.Sprintf("It stands in the default of %q in weir.yaml.", ref.Name)
		return "", errs[0]
	}
	return out, nil
}

// shifted moves a time by units; whole reports whether the unit is at least a day. A month that has no such day ends earlier.
func shifted(t time.Time, n int64, unit string) (_ time.Time, whole, ok bool) {
	add := func(unit time.Duration) time.Time { // a duration holds no more than 292 years
		perDay := int64(24 * time.Hour / unit)
		return t.UTC().AddDate(0, 0, int(n/perDay)).Add(time.Duration(n%perDay) * unit).In(t.Location())
	}
	switch u := strings.ToLower(unit); {
	case u == "s" || u == "second" || u == "seconds":
		return add(time.Second), false, true
	case unit == "m" || u == "min" || u == "minute" || u == "minutes":
		return add(time.Minute), false, true
	case u == "h" || u == "hour" || u == "hours":
		return add(time.Hour), false, true
	case u == "d" || u == "day" || u == "days":
		return t.AddDate(0, 0, int(n)), true, true
	case u == "w" || u == "week" || u == "weeks":
		return t.AddDate(0, 0, 7*int(n)), true, true
	case unit == "M" || u == "mon" || u == "month" || u == "months":
		return addMonths(t, int(n)), true, true
	case u == "y" || u == "year" || u == "years":
		return addMonths(t, 12*int(n)), true, true
	}
	return t, false, false
}

func addMonths(t time.Time, n int) time.Time {
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

// Expand puts variables into a text that stands outside of scripts.
func (s *Set) Expand(text string) (string, error) {
	var errs diag.List
	out, _ := syntax.ExpandVariables(text, func(int, int) diag.Span { return diag.Span{} }, s,
		func(*syntax.VariableRef, syntax.VariableValue) bool { return true }, &errs)
	if len(errs) > 0 {
		return "", errs[0]
	}
	return out, nil
}
