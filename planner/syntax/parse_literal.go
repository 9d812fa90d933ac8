package syntax

import (
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/weir-sql/weir/planner/diag"
)

// stringToken reads one string token: 'a', U&'a' [UESCAPE 'c'], N'a', E'a', _UTF8'a'.
func (p *parser) stringToken() *StringLit {
	t := p.next()
	text := p.text(t)
	if text[0] == '$' {
		return &StringLit{Base: At(t.Pos), Value: text[2 : len(text)-2], Dollar: true}
	}
	quote := strings.IndexByte(text, '\'')
	prefix, body := text[:quote], text[quote+1:len(text)-1]
	s := &StringLit{Base: At(t.Pos)}
	switch {
	case prefix == "":
		s.Value = strings.ReplaceAll(body, "''", "'")
	case equalFold(prefix, "e"):
		s.Value = p.unescape(t, body)
	case equalFold(prefix, "u&"):
		s.Unicode = true
		escape := byte('\\')
		if p.got("UESCAPE") {
			e := p.tok()
			if text := p.text(e); e.Kind != TokenString || len(text) != 3 || strings.IndexByte("'+\" 0123456789abcdefABCDEF", text[1]) >= 0 {
				p.fail(diag.Errorf(CodeLiteral, e.Pos, "UESCAPE needs one character that is no digit, quote or blank").
					WithHint("write UESCAPE '!', for instance"))
			}
			escape = p.text(p.next())[1]
		}
		s.Value = p.unicodeEscapes(t, strings.ReplaceAll(body, "''", "'"), escape)
	case equalFold(prefix, "n"):
		s.Charset = "ISO-8859-1"
		s.Value = strings.ReplaceAll(body, "''", "'")
	default: // _charset
		s.Charset = strings.ToUpper(prefix[1:])
		s.Value = strings.ReplaceAll(body, "''", "'")
	}
	return s
}

// unicodeEscapes decodes \0041 in U&'…'. Escapes are UTF-16, so that two of them may
// make one character.
func (p *parser) unicodeEscapes(t Token, body string, escape byte) string {
	if strings.IndexByte(body, escape) < 0 {
		return body
	}
	var b strings.Builder
	var units []uint16
	flush := func() {
		b.WriteString(string(utf16.Decode(units)))
		units = units[:0]
	}
	for i := 0; i < len(body); {
		switch {
		case body[i] != escape:
			flush()
			b.WriteByte(body[i])
			i++
		case i+1 < len(body) && body[i+1] == escape:
			flush()
			b.WriteByte(escape)
			i += 2
		default:
			n, err := strconv.ParseUint(strings.TrimPrefix(body[i+1:min(i+5, len(body))], "+"), 16, 16)
			if err != nil || i+5 > len(body) {
				p.fail(diag.Errorf(CodeLiteral, t.Pos, "%s in a U& string is not followed by four hexadecimal digits", describe(string(escape))))
			}
			units = append(units, uint16(n))
			i += 5
		}
	}
	flush()
	return b.String()
}

// unescape decodes E'…': \n \t \b \f \r, \xHH, \uHHHH, octal \123, any other
// character for itself.
func (p *parser) unescape(t Token, body string) string {
	var b strings.Builder
	for i := 0; i < len(body); i++ {
		c := body[i]
		if c == '\'' {
			i++ // doubled
		}
		if c != '\\' || i+1 == len(body) {
			b.WriteByte(c)
			continue
		}
		i++
		digits := 0
		switch c = body[i]; c {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'r':
			b.WriteByte('\r')
		case 'x', 'u':
			limit := map[byte]int{'x': 2, 'u': 4}[c]
			for i+1+digits < len(body) && digits < limit && isHex(body[i+1+digits]) {
				digits++
			}
			n, err := strconv.ParseUint(body[i+1:i+1+digits], 16, 32)
			if err != nil || c == 'u' && digits != 4 {
				p.fail(diag.Errorf(CodeLiteral, t.Pos, `\%c in an E string needs hexadecimal digits`, c))
			}
			b.WriteRune(rune(n))
			i += digits
		case '0', '1', '2', '3', '4', '5', '6', '7':
			for i+digits < len(body) && digits < 3 && '0' <= body[i+digits] && body[i+digits] <= '7' {
				digits++
			}
			n, _ := strconv.ParseUint(body[i:i+digits], 8, 32)
			b.WriteRune(rune(n))
			i += digits - 1
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// binaryLit reads X'AB'; strings behind it go on with it.
func (p *parser) binaryLit() Expr {
	start := p.start()
	hex := ""
	for first := true; first || p.tok().Kind == TokenString; first = false {
		t := p.next()
		body := p.text(t)
		body = body[strings.IndexByte(body, '\'')+1 : len(body)-1]
		for i := range len(body) {
			if !isHex(body[i]) {
				at := t.Pos.End - 1 - len(body) + i
				p.fail(diag.Errorf(CodeLiteral, diag.Span{Start: at, End: at + 1},
					"binary string has a character that is no hexadecimal digit"))
			}
		}
		hex += strings.ToUpper(body)
	}
	if len(hex)%2 == 1 {
		p.report(diag.Errorf(CodeNowhere, p.base(start).Pos, "binary string has an odd number of hexadecimal digits"))
		hex += "0"
	}
	return &BinaryLit{p.base(start), hex}
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// datetime reads DATE '…', TIME '…', TIMESTAMP '…' and TIMESTAMP WITH LOCAL TIME ZONE
// '…', or the functions DATE(x), TIME(x) and TIMESTAMP(x).
func (p *parser) datetime(start int, t Token) Expr {
	n := p.peek(1)
	switch {
	case t.Word == "TIMESTAMP_LTZ" && n.Kind == TokenString:
		p.fail(diag.Errorf(CodeUnsupported, t.Pos, "Flink SQL has no TIMESTAMP_LTZ literal").
			WithHint("write TIMESTAMP WITH LOCAL TIME ZONE '…' or TO_TIMESTAMP_LTZ(…)"))
	case t.Word == "DATETIME" && n.Kind == TokenString:
		p.fail(diag.Errorf(CodeNowhere, t.Pos, "Flink SQL has no DATETIME literal").WithHint("write TIMESTAMP '…'"))
	case n.Kind == TokenString:
		p.next()
		kind := map[string]DatetimeKind{"DATE": DatetimeDate, "TIME": DatetimeTime, "TIMESTAMP": DatetimeTimestamp}[t.Word]
		s := p.stringLit("a date or time")
		return &DatetimeLit{p.base(start), kind, s.Value}
	case n.Kind == TokenDoubleQuote:
		p.next()
		p.wantString(t.Word + " literal")
	case t.Word == "TIMESTAMP" && p.is("TIMESTAMP", "WITH") && (p.peek(2).Word == "LOCAL" || p.peek(2).Word == "TIME"):
		p.next()
		p.expect("WITH", "LOCAL", "TIME", "ZONE")
		s := p.stringLit("a timestamp")
		return &DatetimeLit{p.base(start), DatetimeTimestampLTZ, s.Value}
	case n.Word == "(" && t.Word != "TIMESTAMP_LTZ":
		p.next()
		return p.callArgs(start, wordName(t))
	}
	return nil
}

// wordName is a keyword as the name of a function.
func wordName(t Token) QualifiedName {
	return QualifiedName{At(t.Pos), []Ident{{At(t.Pos), t.Word, false}}}
}

// odbcLiteral reads {d '…'}, {t '…'} and {ts '…'}.
func (p *parser) odbcLiteral(start int) Expr {
	open := p.next()
	t := p.tok()
	for word, kind := range map[string]DatetimeKind{"d": DatetimeDate, "t": DatetimeTime, "ts": DatetimeTimestamp} {
		if equalFold(p.text(t), word) && p.peek(1).Kind == TokenString {
			p.next()
			s := p.stringLit("a date or time")
			p.close(open, "}")
			return &DatetimeLit{p.base(start), kind, s.Value}
		}
	}
	if equalFold(p.text(t), "fn") && p.peek(2).Word == "(" {
		p.next()
		if n := p.text(p.tok()); isOneOfWords(n, "ucase", "lcase", "length", "concat", "convert") {
			p.fail(diag.Errorf(CodeNowhere, open.Pos, "weir has no {fn %s(…)}", n).WithHint("write the function without braces"))
		}
		x := p.expr()
		p.close(open, "}")
		return x
	}
	p.fail(diag.Errorf(CodeUnsupported, open.Pos, "Flink SQL has no { } expressions").
		WithHint("write the function without braces"))
	return nil
}

// meantAsInterval reports whether INTERVAL begins an interval here.
func (p *parser) meantAsInterval() bool {
	n := p.peek(1)
	return n.Kind == TokenString || n.Kind == TokenNumber || n.isName() || n.Word == "-" || n.Word == "+" || n.Word == "(" ||
		n.Kind == TokenDoubleQuote
}

// interval reads an interval literal.
func (p *parser) interval(what string) Expr {
	if !p.is("INTERVAL") {
		p.fail(diag.Errorf(CodeUnexpected, p.tok().Pos, "expected %s, found %s", what, p.quoted(p.tok())).
			WithHint("write INTERVAL '1' HOUR, for instance"))
	}
	x := p.intervalExpr(p.start())
	if _, ok := x.(*IntervalLit); !ok {
		p.fail(diag.Errorf(CodeLiteral, x.Span(), "%s must be a literal", what).
			WithHint("write INTERVAL '1' HOUR, for instance"))
	}
	return x
}

// intervalExpr reads INTERVAL '…' qualifier, or INTERVAL value unit.
func (p *parser) intervalExpr(start int) Expr {
	p.expect("INTERVAL")
	signAt, sign := p.start(), p.tok().Word
	if sign == "-" || sign == "+" {
		p.next()
	}
	if t := p.tok(); t.Kind == TokenString {
		s := p.stringToken()
		q := p.intervalQualifier()
		return &IntervalLit{p.base(start), sign == "-", s.Value, q}
	} else if t.Kind == TokenDoubleQuote {
		p.wantString("INTERVAL literal")
	}
	var x Expr
	switch t := p.tok(); {
	case t.Kind == TokenNumber:
		p.next()
		x = numberOf(t, p.text(t))
	case t.Word == "(":
		if p.peek(1).Word == "SELECT" {
			x = p.paren(p.start())
			break
		}
		open := p.next() // not paren, which would take the unit for that of (a - b) DAY
		x = p.expr()
		p.close(open, ")")
	case t.Kind == TokenVariable:
		x = p.variable()
	default:
		n := p.name("a value of the interval")
		x = &ColumnRef{n.Base, n.Parts}
	}
	if sign == "-" {
		x = &Unary{p.base(signAt), Neg, x}
	}
	q := p.intervalQualifier()
	if q.To != NoUnit {
		p.fail(diag.Errorf(CodeLiteral, q.Pos, "an interval from %s to %s needs a string", q.From, q.To).
			WithHint("write INTERVAL '…' %s TO %s", q.From, q.To))
	}
	return &IntervalExpr{p.base(start), x, q}
}

// intervalRanges are the units that a leading unit may go down to.
var intervalRanges = map[TimeUnit][]TimeUnit{
	Year: {Month}, Day: {Hour, Minute, Second}, Hour: {Minute, Second}, Minute: {Second},
}

// intervalQualifier reads e.g. DAY(3) TO SECOND(6).
func (p *parser) intervalQualifier() IntervalQualifier {
	start := p.start()
	q := IntervalQualifier{Precision: -1, Fraction: -1}
	q.From = p.intervalUnit()
	if open := p.tok(); open.Word == "(" {
		p.next()
		q.Precision = p.integer("a precision")
		if q.From == Second && p.got(",") {
			q.Fraction = p.integer("a precision of seconds")
		}
		p.close(open, ")")
	}
	if to := p.tok(); len(intervalRanges[q.From]) > 0 && p.got("TO") {
		at := p.tok()
		q.To = p.intervalUnit()
		ok := false
		for _, u := range intervalRanges[q.From] {
			ok = ok || u == q.To
		}
		if !ok {
			p.fail(diag.Errorf(CodeLiteral, to.Pos.Join(at.Pos), "interval cannot go from %s to %s", q.From, q.To))
		}
		if open := p.tok(); q.To == Second && open.Word == "(" {
			p.next()
			q.Fraction = p.integer("a precision of seconds")
			p.close(open, ")")
		}
	}
	q.Base = p.base(start)
	return q
}

// intervalUnits are the units of intervals, by the words that name them.
var intervalUnits = map[string]TimeUnit{
	"SECOND": Second, "SECONDS": Second, "MINUTE": Minute, "MINUTES": Minute, "HOUR": Hour, "HOURS": Hour,
	"DAY": Day, "DAYS": Day, "WEEK": Week, "WEEKS": Week, "MONTH": Month, "MONTHS": Month,
	"QUARTER": Quarter, "QUARTERS": Quarter, "YEAR": Year, "YEARS": Year,
}

func (p *parser) intervalUnit() TimeUnit {
	t := p.tok()
	u, ok := intervalUnits[t.Word]
	if !ok {
		p.notAUnit("interval", t, []string{"SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"})
	}
	p.next()
	return u
}

// notAUnit gives up at something that should be a time unit.
func (p *parser) notAUnit(what string, t Token, units []string) {
	d := diag.Errorf(CodeLiteral, t.Pos, "expected the unit of the %s, found %s", what, p.quoted(t))
	if strings.HasSuffix(what, " call") && t.isName() {
		d.Code = CodeNowhere // a name could be a unit of a calendar of one's own
	}
	if near := diag.Nearest(p.text(t), units); near != "" {
		d.WithHint("did you mean %s?", near)
	} else if strings.EqualFold(p.text(t), "millisecond") {
		d.WithHint("write INTERVAL '0.001' SECOND for a millisecond")
	} else {
		d.WithHint("units are %s", strings.Join(units, ", "))
	}
	p.fail(d)
}

// timeUnits are the units of EXTRACT, FLOOR, TIMESTAMPADD and the like.
var timeUnits = map[string]TimeUnit{
	"NANOSECOND": Nanosecond, "MICROSECOND": Microsecond, "MILLISECOND": Millisecond, "SECOND": Second,
	"MINUTE": Minute, "HOUR": Hour, "DAY": Day, "WEEK": Week, "MONTH": Month, "QUARTER": Quarter, "YEAR": Year,
	"DECADE": Decade, "CENTURY": Century, "MILLENNIUM": Millennium, "DOW": DayOfWeek, "DOY": DayOfYear,
	"ISODOW": ISODayOfWeek, "ISOYEAR": ISOYear, "EPOCH": Epoch,
	"SQL_TSI_MICROSECOND": Microsecond, "SQL_TSI_FRAC_SECOND": Microsecond, "FRAC_SECOND": Microsecond,
	"SQL_TSI_SECOND": Second, "SQL_TSI_MINUTE": Minute, "SQL_TSI_HOUR": Hour, "SQL_TSI_DAY": Day,
	"SQL_TSI_WEEK": Week, "SQL_TSI_MONTH": Month, "SQL_TSI_QUARTER": Quarter, "SQL_TSI_YEAR": Year,
}

var timeUnitNames = [...]string{"", "NANOSECOND", "MICROSECOND", "MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK",
	"MONTH", "QUARTER", "YEAR", "DECADE", "CENTURY", "MILLENNIUM", "DOW", "DOY", "ISODOW", "ISOYEAR", "EPOCH"}

func (u TimeUnit) String() string { return timeUnitNames[u] }

// unitArg reads a time unit in the place of an argument.
func (p *parser) unitArg(function string) Expr {
	t := p.tok()
	u, ok := timeUnits[t.Word]
	if !ok {
		p.notAUnit(function+" call", t, timeUnitNames[1:])
	}
	p.next()
	return &UnitArg{At(t.Pos), u}
}
