package variable

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/syntax"
)

// Type is the type of a variable. Name is one of TypeNames; "RAW" is SQL and not a value.
type Type struct {
	Name             string
	Precision, Scale int
}

// Raw is the type of variables whose value is SQL: a name, an expression or a list of them.
const Raw = "RAW"

// TypeNames are the types that variables can have.
var TypeNames = []string{"STRING", "BOOLEAN", "INT", "BIGINT", "DECIMAL", "DOUBLE", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ", "raw"}

var typeForm = regexp.MustCompile(`^([A-Za-z_]+)\s*(?:\(\s*(\d{1,2})\s*(?:,\s*(\d{1,2})\s*)?\))?$`)

// ParseType reads a type as it is declared: "DECIMAL(10, 2)".
func ParseType(text string) (Type, error) {
	m := typeForm.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return Type{}, fmt.Errorf("%q is no type", text)
	}
	t := Type{Name: strings.ToUpper(m[1])}
	if t.Name == "INTEGER" {
		t.Name = "INT"
	}
	numbers := 0
	for i, to := range []*int{&t.Precision, &t.Scale} {
		if m[i+2] != "" {
			numbers++
			*to, _ = strconv.Atoi(m[i+2]) // one or two digits
		}
	}
	takes, most := 0, 0
	switch t.Name {
	case "STRING", "BOOLEAN", "INT", "BIGINT", "DOUBLE", "DATE", "TIME", Raw:
	case "DECIMAL":
		takes, most = 2, 38
		if numbers == 0 {
			t.Precision = 10
		}
		if t.Precision == 0 || t.Scale > t.Precision {
			return Type{}, fmt.Errorf("%q is no type: the scale of DECIMAL is at most its precision", text)
		}
	case "TIMESTAMP", "TIMESTAMP_LTZ":
		takes, most = 1, 9
		if numbers == 0 {
			t.Precision = 6
		}
	default:
		if near := diag.Nearest(t.Name, TypeNames); near != "" {
			return Type{}, fmt.Errorf("%q is no type of variables; did you mean %s?", text, near)
		}
		return Type{}, fmt.Errorf("%q is no type of variables; they are %s", text, strings.Join(TypeNames, ", "))
	}
	if numbers > takes {
		return Type{}, fmt.Errorf("%q is no type: %s takes %d numbers", text, t.Name, takes)
	}
	if t.Precision > most && takes > 0 {
		return Type{}, fmt.Errorf("%q is no type: %s has at most %d digits", text, t.Name, most)
	}
	return t, nil
}

// String prints a type as it is declared.
func (t Type) String() string {
	switch t.Name {
	case "DECIMAL":
		return fmt.Sprintf("DECIMAL(%d, %d)", t.Precision, t.Scale)
	case "TIMESTAMP", "TIMESTAMP_LTZ":
		return fmt.Sprintf("%s(%d)", t.Name, t.Precision)
	case Raw:
		return "raw"
	}
	return t.Name
}

// isTime reports whether values can be shifted and printed by a pattern.
func (t Type) isTime() bool {
	return t.Name == "DATE" || t.Name == "TIMESTAMP" || t.Name == "TIMESTAMP_LTZ"
}

// example is a value of the type.
func (t Type) example() string {
	switch t.Name {
	case "BOOLEAN":
		return "true"
	case "INT", "BIGINT":
		return "42"
	case "DECIMAL":
		return "9." + strings.Repeat("9", max(1, min(t.Scale, 2)))
	case "DOUBLE":
		return "1.5"
	case "DATE":
		return "2026-11-20"
	case "TIME":
		return "08:30:00"
	case "TIMESTAMP", "TIMESTAMP_LTZ":
		return "'2026-11-20 08:30:00'"
	}
	return "text"
}

// value is a value of a type: the canonical text, and the time if it is one.
type value struct {
	t    Type
	text string
	at   time.Time // DATE and TIMESTAMP as UTC tells them, TIMESTAMP_LTZ in the session's zone
}

var timeForms = []string{"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02"}

// read takes a value from a text that a person gave.
func (t Type) read(text string, zone *time.Location) (value, error) {
	v := value{t: t, text: text}
	if !utf8.ValidString(text) {
		return v, errors.New("it is not UTF-8")
	}
	if t.Name == "STRING" || t.Name == Raw {
		return v, nil
	}
	text = strings.TrimSpace(text)
	no := fmt.Errorf("%q is no %s", text, t)
	switch t.Name {
	case "BOOLEAN":
		switch v.text = strings.ToLower(text); v.text {
		case "true", "false":
			return v, nil
		}
		return v, no
	case "INT", "BIGINT":
		n, err := strconv.ParseInt(text, 10, map[string]int{"INT": 32, "BIGINT": 64}[t.Name])
		if err != nil {
			return v, no
		}
		v.text = strconv.FormatInt(n, 10)
	case "DECIMAL":
		return v, v.decimal(text)
	case "DOUBLE":
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) || strings.ContainsAny(text, "xXpP_") {
			return v, no
		}
		v.text = strconv.FormatFloat(f, 'E', -1, 64)
	case "TIME":
		at, err := time.Parse("15:04:05", text)
		if err != nil {
			return v, no
		}
		v.text = at.Format("15:04:05")
	case "DATE":
		at, err := time.Parse("2006-01-02", text)
		if err != nil {
			at, err = time.Parse("20060102", text)
		}
		if err != nil {
			return v, no
		}
		return v.moved(at)
	default:
		if t.Name == "TIMESTAMP" {
			zone = time.UTC
		}
		for _, form := range timeForms {
			if at, err := time.ParseInLocation(form, text, zone); err == nil {
				return v.moved(at)
			}
		}
		return v, no
	}
	return v, nil
}

var decimalForm = regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)$`)

func (v *value) decimal(text string) error {
	r, ok := new(big.Rat).SetString(text)
	if !ok || !decimalForm.MatchString(text) || len(text) > 100 {
		return fmt.Errorf("%q is no %s", text, v.t)
	}
	v.text = r.FloatString(v.t.Scale)
	if again, _ := new(big.Rat).SetString(v.text); again.Cmp(r) != 0 {
		return fmt.Errorf("%q has more than %d digits behind the point", text, v.t.Scale)
	}
	whole, _, _ := strings.Cut(strings.TrimLeft(v.text, "-0"), ".")
	if len(whole) > v.t.Precision-v.t.Scale {
		return fmt.Errorf("%q has more than %d digits before the point", text, v.t.Precision-v.t.Scale)
	}
	return nil
}

// moved gives the value at another time.
func (v value) moved(at time.Time) (value, error) {
	if at.Year() < 1 || at.Year() > 9999 {
		return v, fmt.Errorf("the year %d is not between 1 and 9999", at.Year())
	}
	v.at = at
	switch v.t.Name {
	case "DATE":
		v.text = at.Format("2006-01-02")
	default:
		form := "2006-01-02 15:04:05"
		if v.t.Precision > 0 {
			form += "." + strings.Repeat("0", v.t.Precision)
		}
		v.text = at.Format(form)
	}
	return v, nil
}

// literal makes the value as a literal of its type.
func (v value) literal(at syntax.Base, plain bool) syntax.Expr {
	cast := func(x syntax.Expr) syntax.Expr {
		if plain {
			return x
		}
		n := &syntax.NamedType{Name: v.t.Name}
		n.Base = at
		if v.t.Name == "DECIMAL" {
			n.Params = []int{v.t.Precision, v.t.Scale}
		}
		return &syntax.Cast{Base: at, X: x, Type: n}
	}
	number := func(kind syntax.NumberKind) syntax.Expr {
		digits, negative := strings.CutPrefix(v.text, "-")
		var x syntax.Expr = &syntax.NumberLit{Base: at, Text: digits, Kind: kind}
		if negative {
			x = &syntax.Unary{Base: at, Op: syntax.Neg, X: x}
		}
		return x
	}
	switch v.t.Name {
	case "BOOLEAN":
		truth := syntax.False
		if v.text == "true" {
			truth = syntax.True
		}
		return &syntax.BoolLit{Base: at, Value: truth}
	case "INT":
		return number(syntax.Integer)
	case "BIGINT":
		if n, _ := strconv.ParseInt(v.text, 10, 64); n < math.MinInt32 || n > math.MaxInt32 {
			return number(syntax.Integer)
		}
		return cast(number(syntax.Integer))
	case "DECIMAL":
		if plain && v.t.Scale == 0 {
			return number(syntax.Integer)
		}
		return cast(&syntax.StringLit{Base: at, Value: v.text})
	case "DOUBLE":
		return number(syntax.Approximate)
	case "DATE":
		return &syntax.DatetimeLit{Base: at, Kind: syntax.DatetimeDate, Text: v.text}
	case "TIME":
		return &syntax.DatetimeLit{Base: at, Kind: syntax.DatetimeTime, Text: v.text}
	case "TIMESTAMP":
		return &syntax.DatetimeLit{Base: at, Kind: syntax.DatetimeTimestamp, Text: v.text}
	case "TIMESTAMP_LTZ":
		return &syntax.DatetimeLit{Base: at, Kind: syntax.DatetimeTimestampLTZ, Text: v.text}
	}
	return &syntax.StringLit{Base: at, Value: v.text}
}
