package datagen

import (
	"strconv"
	"time"

	"github.com/weir-sql/weir/connectors/format/text"
	"github.com/weir-sql/weir/connectors/option"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// plan is how a table's rows are generated.
type plan struct {
	rows    int64 // -1 = endless
	columns map[string]generator
}

// planner reads the options of fields and collects what is wrong with them.
type planner struct {
	table *catalog.Table
	given map[string]string
	seed  uint64
	rows  int64
	errs  diag.List
}

// newPlan makes the generators of a table's physical columns.
func newPlan(t *catalog.Table, given map[string]string) (plan, diag.List) {
	r := option.Read(options, given)
	p := &planner{table: t, given: given, seed: uint64(r.Int("seed")), rows: -1, errs: unknownOptions(t, given)}
	if r.Has("number-of-rows") {
		p.rows = max(r.Int("number-of-rows"), 0)
	}
	out := plan{columns: map[string]generator{}}
	for _, c := range t.Columns {
		if c.Kind == catalog.Physical {
			out.columns[c.Name] = p.field(c.Name, c.Type)
		}
	}
	out.rows = p.rows
	return out, p.errs
}

// get gives an option of a field.
func (p *planner) get(field, name string) (string, bool) {
	v, ok := p.given["fields."+field+"."+name]
	return v, ok
}

func (p *planner) bad(field, name, want string) {
	key := "fields." + field + "." + name
	p.errs.Add(diag.Errorf("W0332", p.table.OptionSpans[key].Value, "option '%s' is %q, want %s", key, p.given[key], want))
}

// stream gives a seed of its own to every field.
func (p *planner) stream(field string) stream {
	h := p.seed*0x9E3779B97F4A7C15 + 0x1F83D9ABFB41BD6B
	for _, c := range []byte(field) {
		h = (h ^ uint64(c)) * 0x100000001B3
	}
	return stream(mix(h))
}

// field makes the generator of a field, with its NULLs.
func (p *planner) field(name string, t types.Type) generator {
	kind, ok := p.get(name, "kind")
	var g generator
	switch {
	case ok && kind == "sequence":
		g = p.sequence(name, t)
	case ok && kind != "random":
		p.bad(name, "kind", "random or sequence")
		return nothing{t}
	default:
		g = p.random(name, t)
	}
	if text, ok := p.get(name, "null-rate"); ok {
		rate, err := strconv.ParseFloat(text, 64)
		if err != nil || rate < 0 || rate > 1 {
			p.bad(name, "null-rate", "a number from 0 to 1")
		} else if rate > 0 {
			return &nullable{g, p.stream(name + " null"), uint64(rate * (1 << 53))}
		}
	}
	return g
}

// sequence makes a sequence; the table ends with it.
func (p *planner) sequence(name string, t types.Type) generator {
	start, okStart := p.whole(name, "start")
	end, okEnd := p.whole(name, "end")
	if !okStart || !okEnd {
		for _, opt := range []string{"start", "end"} {
			if _, given := p.get(name, opt); !given {
				p.errs.Add(diag.Errorf("W0332", p.table.OptionSpans["fields."+name+".kind"].Key, "a sequence needs 'fields.%s.%s'", name, opt))
			}
		}
		return nothing{t}
	}
	if end < start {
		p.bad(name, "end", "a number from start on")
		return nothing{t}
	}
	if n := end - start + 1; p.rows < 0 || n < p.rows {
		p.rows = n
	}
	if !t.IsNumeric() && !t.IsCharacter() {
		p.errs.Add(diag.Errorf("W0333", p.table.OptionSpans["fields."+name+".kind"].Value, "a sequence cannot be of type %s", t.Null()))
		return nothing{t}
	}
	return &sequence{t, start}
}

// whole reads a whole number.
func (p *planner) whole(name, opt string) (int64, bool) {
	s, ok := p.get(name, opt)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		p.bad(name, opt, "a whole number")
		return 0, false
	}
	return n, true
}

// length reads a length or gives a default.
func (p *planner) length(name string, standard int64) int64 {
	if n, ok := p.whole(name, "length"); ok {
		const most = 1 << 20
		if n < 0 || n > most {
			p.bad(name, "length", "a length up to 1048576")
			return standard
		}
		return n
	}
	return standard
}

// random makes the generator of random values of a type.
func (p *planner) random(name string, t types.Type) generator {
	s := p.stream(name)
	switch t.Kind {
	case types.Boolean:
		return &booleans{s}
	case types.TinyInt:
		return p.integers(name, t, s, 8)
	case types.SmallInt:
		return p.integers(name, t, s, 16)
	case types.Integer:
		return p.integers(name, t, s, 32)
	case types.BigInt, types.IntervalDayTime:
		return p.integers(name, t, s, 64)
	case types.IntervalYearMonth:
		return p.between(name, t, s, 0, 120000)
	case types.Float:
		return p.floats(name, t, s, 3.4028234663852886e38)
	case types.Double:
		return p.floats(name, t, s, 1.7976931348623157e308)
	case types.Decimal:
		return p.decimals(name, t, s)
	case types.Char, types.Binary:
		return &texts{t: t, s: s, length: p.length(name, int64(t.Precision))}
	case types.VarChar, types.VarBinary:
		limit := int64(t.Precision)
		n := min(p.length(name, 100), limit)
		if v, ok := p.get(name, "var-len"); ok && v == "true" {
			return &texts{t: t, s: s, length: n, varied: true}
		}
		return &texts{t: t, s: s, length: n}
	case types.Date, types.Time:
		return &today{t}
	case types.Timestamp, types.TimestampLTZ:
		return &past{t, s, p.maxPast(name)}
	case types.Array:
		return &lists{t: t, length: int(p.length(name, 3)), elem: p.field(name+".element", *t.Elem)}
	case types.Multiset:
		return &maps{t: t, length: int(p.length(name, 3)), key: p.field(name+".element", *t.Elem),
			value: &integers{t: types.Int32.NotNull(), s: s, low: 1, span: 10}}
	case types.Map:
		return &maps{t: t, length: int(p.length(name, 3)), key: p.field(name+".key", *t.Key), value: p.field(name+".value", *t.Elem)}
	case types.Row:
		g := &rows{t: t}
		for _, f := range t.Fields {
			g.fields = append(g.fields, p.field(name+"."+f.Name, f.Type))
		}
		return g
	default:
		p.errs.Add(diag.Errorf("W0333", p.table.Span, "the datagen connector cannot generate field %q of type %s", name, t))
		return nothing{t}
	}
}

// integers are uniform between min and max, by default over the whole type.
func (p *planner) integers(name string, t types.Type, s stream, bits int) generator {
	low, high := int64(-1)<<(bits-1), int64(1)<<(bits-1)-1
	if bits == 64 && t.Kind == types.IntervalDayTime {
		low = 0
	}
	return p.between(name, t, s, low, high)
}

func (p *planner) between(name string, t types.Type, s stream, low, high int64) generator {
	least, most := low, high
	if n, ok := p.whole(name, "min"); ok {
		low = n
	}
	if n, ok := p.whole(name, "max"); ok {
		high = n
	}
	if low < least || low > most {
		p.bad(name, "min", "a value of "+t.Null().String())
		low = least
	}
	if high > most || high < low {
		p.bad(name, "max", "a value of "+t.Null().String()+" that is not less than min")
		high = max(low, most)
	}
	return &integers{t, s, low, uint64(high-low) + 1}
}

func (p *planner) number(name, opt string, standard float64) float64 {
	s, ok := p.get(name, opt)
	if !ok {
		return standard
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || x != x {
		p.bad(name, opt, "a number")
		return standard
	}
	return x
}

func (p *planner) floats(name string, t types.Type, s stream, limit float64) generator {
	low, high := p.number(name, "min", 0), p.number(name, "max", limit)
	if high < low {
		p.bad(name, "max", "a number that is not less than min")
	}
	return &floats{t, s, low, high - low}
}

// decimals are uniform over the unscaled values between min and max.
func (p *planner) decimals(name string, t types.Type, s stream) generator {
	bound := func(opt string, standard int64) int64 {
		v, ok := p.get(name, opt)
		if !ok {
			return standard
		}
		d, fits, isNumber := text.Decimal([]byte(v), t.Precision, t.Scale)
		if !isNumber || !fits || !fits64(d) {
			p.bad(name, opt, "a number of "+t.Null().String())
			return standard
		}
		return int64(d.LowBits())
	}
	most := int64(1)
	for range min(t.Precision, 18) {
		most *= 10
	}
	low, high := bound("min", 0), bound("max", most-1)
	if high < low {
		p.bad(name, "max", "a number that is not less than min")
		high = low
	}
	return &integers{t, s, low, uint64(high-low) + 1}
}

func fits64(d vec.Decimal) bool { return d == vec.DecimalOf(int64(d.LowBits())) }

func (p *planner) maxPast(name string) time.Duration {
	s, ok := p.get(name, "max-past")
	if !ok {
		return 0
	}
	d, ok := catalog.ParseDuration(s)
	if !ok {
		p.bad(name, "max-past", "a duration such as '10 s'")
	}
	return d
}
