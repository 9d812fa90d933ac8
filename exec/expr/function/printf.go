package function

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// prints holds PRINTF.
var prints = family("string", []entry{{
	Name: "PRINTF", NullFrom: 1, Sigs: "PRINTF(format, value, …)", Doc: "values written by a format of Java: %s, %d, %x, %c, %b, %f, %e, …; NULL if the format does not fit them",
	Ex:    "PRINTF('%d-%s', 1, 'a') → 1-a\nPRINTF('%05d|%-4s|', 42, 'x') → 00042|x   |",
	Takes: []string{"STRING [, ANY...]"}, Gives: nullable(types.String), New: textNulls(printf),
}})

func printf(_ *Frame, _ *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
	if a.null(0, i) {
		return dst, false, nil
	}
	format, next := a.str(0, i), 1
	for {
		at := strings.IndexByte(format, '%')
		if at < 0 {
			return append(dst, format...), true, nil
		}
		dst, format = append(dst, format[:at]...), format[at+1:]
		d, rest, ok := parseDirective(format)
		if !ok {
			return dst, false, nil
		}
		format = rest
		switch d.verb {
		case '%':
			dst = append(dst, '%')
			continue
		case 'n':
			dst = append(dst, '\n')
			continue
		}
		k := d.index
		if k == 0 {
			k = next
			next++
		}
		if k >= len(a) {
			return dst, false, nil
		}
		text, ok := d.text(a[k], i)
		if !ok {
			return dst, false, nil
		}
		dst = d.pad(dst, text)
	}
}

// directive is %[index$][flags][width][.precision]verb.
type directive struct {
	index, width, precision                      int
	left, plus, space, zero, comma, paren, sharp bool
	verb                                         byte
}

func parseDirective(s string) (d directive, rest string, ok bool) {
	d.precision = -1
	number := func() int {
		n := 0
		for s != "" && s[0] >= '0' && s[0] <= '9' && n < 1<<20 {
			n, s = n*10+int(s[0]-'0'), s[1:]
		}
		return n
	}
	if k := strings.IndexByte(s, '$'); k > 0 && strings.Trim(s[:k], "0123456789") == "" {
		d.index = number()
		s = s[1:]
	}
flags:
	for ; s != ""; s = s[1:] {
		switch s[0] {
		case '-':
			d.left = true
		case '+':
			d.plus = true
		case ' ':
			d.space = true
		case '0':
			d.zero = true
		case ',':
			d.comma = true
		case '(':
			d.paren = true
		case '#':
			d.sharp = true
		default:
			break flags
		}
	}
	d.width = number()
	if s != "" && s[0] == '.' {
		s = s[1:]
		d.precision = number()
	}
	if s == "" || d.left && d.zero || d.width > maxText>>8 {
		return d, s, false
	}
	d.verb = s[0]
	if d.verb|0x20 == 't' && len(s) > 1 {
		return d, s[2:], true // which part of a time: there is none that it takes
	}
	return d, s[1:], true
}

// text writes one value; false if the verb does not apply to it.
func (d *directive) text(v *vec.Vec, i int) (string, bool) {
	upper := d.verb >= 'A' && d.verb <= 'Z'
	verb := d.verb | 0x20
	var s string
	ok := true
	switch verb {
	case 'b':
		s = strconv.FormatBool(!v.IsNull(i) && (v.Type.Kind != types.Boolean || v.Bools()[i]))
	case 's':
		s = d.plain(v, i)
	case 'd', 'x', 'o', 'c', 'f', 'e', 'g':
		if v.IsNull(i) {
			s = "null"
			break
		}
		switch {
		case v.Type.IsInteger():
			s, ok = d.whole(verb, v, i)
		case v.Type.In(types.Float, types.Double):
			s, ok = d.real(verb, v, i)
		default:
			ok = false
		}
	default:
		s, ok = "null", verb == 't' && v.IsNull(i)
	}
	if verb == 's' || verb == 'b' {
		if d.precision >= 0 {
			s = chars(s, 0, d.precision)
		}
	}
	if upper {
		s = strings.ToUpper(s)
	}
	return s, ok
}

func (d *directive) plain(v *vec.Vec, i int) string {
	switch {
	case v.IsNull(i):
		return "null"
	case v.Type.Kind == types.Boolean:
		return strconv.FormatBool(v.Bools()[i])
	case v.Type.In(types.Date, types.Time): // as they are held: days, milliseconds
		return strconv.Itoa(int(v.Int32s()[i]))
	case v.Type.IsTimestamp():
		return string(appendLocalISO(nil, momentOf(v.Int64s()[i], v.Type.Precision)))
	default:
		return string(vec.AppendText(nil, v, i, time.UTC))
	}
}

// appendLocalISO appends a moment as Java prints a LocalDateTime: no seconds where they and the
// fraction are 0, the fraction in three, six or nine digits.
func appendLocalISO(dst []byte, m moment) []byte {
	c := clockOf(m)
	dst = vec.AppendTime(append(vec.AppendDate(dst, c.day), 'T'), c.sec*1e9, 0)
	switch {
	case m.nano == 0 && c.sec%60 == 0:
		return dst[:len(dst)-3]
	case m.nano == 0:
		return dst
	case m.nano%1e6 == 0:
		return appendNumber(append(dst, '.'), m.nano/1e6, 3)
	case m.nano%1e3 == 0:
		return appendNumber(append(dst, '.'), m.nano/1e3, 6)
	}
	return appendNumber(append(dst, '.'), m.nano, 9)
}

func (d *directive) whole(verb byte, v *vec.Vec, i int) (string, bool) {
	x := v.Value(i).(int64)
	bits := 8 * v.Phys().Width()
	switch verb {
	case 'd':
		return d.signed(strconv.FormatUint(uint64(max(x, -x)), 10), x < 0), d.precision < 0
	case 'x', 'o':
		base, prefix := 16, "0x"
		if verb == 'o' {
			base, prefix = 8, "0"
		}
		u := uint64(x)
		if bits < 64 {
			u &= 1<<bits - 1
		}
		s := strconv.FormatUint(u, base)
		if d.sharp {
			s = prefix + s
		}
		if d.zero {
			s = strings.Repeat("0", max(0, d.width-len(s))) + s
		}
		return s, d.precision < 0
	case 'c':
		return string(rune(x)), x >= 0 && x <= 0x10FFFF && d.precision < 0
	}
	return "", false
}

func (d *directive) real(verb byte, v *vec.Vec, i int) (string, bool) {
	x := 0.0
	if v.Type.Kind == types.Float {
		x = float64(v.Float32s()[i])
	} else {
		x = v.Float64s()[i]
	}
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return strings.TrimPrefix(fmt.Sprint(x), "+"), true
	}
	p := d.precision
	if p < 0 {
		p = 6
	}
	abs := math.Abs(x)
	switch verb {
	case 'f':
		return d.signed(strconv.FormatFloat(abs, 'f', p, 64), math.Signbit(x)), true
	case 'e':
		return d.signed(strconv.FormatFloat(abs, 'e', p, 64), math.Signbit(x)), true
	case 'g':
		p = max(p, 1)
		if abs != 0 && (abs < 1e-4 || abs >= math.Pow10(p)) {
			return d.signed(strconv.FormatFloat(abs, 'e', p-1, 64), math.Signbit(x)), true
		}
		whole := 1
		if abs >= 1 {
			whole = len(strconv.FormatFloat(math.Floor(abs), 'f', 0, 64))
		}
		return d.signed(strconv.FormatFloat(abs, 'f', max(0, p-whole), 64), math.Signbit(x)), true
	}
	return "", false
}

// signed puts thousands separators, the sign and leading zeros to a magnitude.
func (d *directive) signed(s string, neg bool) string {
	if d.comma {
		whole, frac, has := strings.Cut(s, ".")
		for k := len(whole) - 3; k > 0; k -= 3 {
			whole = whole[:k] + "," + whole[k:]
		}
		if s = whole; has {
			s += "." + frac
		}
	}
	before, after := "", ""
	switch {
	case neg && d.paren:
		before, after = "(", ")"
	case neg:
		before = "-"
	case d.plus:
		before = "+"
	case d.space:
		before = " "
	}
	if d.zero {
		s = strings.Repeat("0", max(0, d.width-len(before)-len(s)-len(after))) + s
	}
	return before + s + after
}

// pad fills the text with blanks to the width.
func (d *directive) pad(dst []byte, s string) []byte {
	blanks := max(0, d.width-charLength(s))
	if d.left {
		dst = append(dst, s...)
	}
	for range blanks {
		dst = append(dst, ' ')
	}
	if !d.left {
		dst = append(dst, s...)
	}
	return dst
}
