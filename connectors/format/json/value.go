package json

import (
	"encoding/base64"
	"fmt"
	"math"
	"slices"

	"github.com/weir-sql/weir/connectors/format/text"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// reader appends the value at pos, which is not null, to a builder. When it fails
// the builder may have got part of a value; the caller truncates it.
type reader func(d *Decoder, b *vec.Builder) bool

// readerOf compiles the reader of a type.
func (d *Decoder) readerOf(t types.Type) (reader, error) {
	switch t.Kind {
	case types.Boolean:
		return (*Decoder).boolean, nil
	case types.TinyInt:
		return (*Decoder).tinyint, nil
	case types.SmallInt:
		return (*Decoder).smallint, nil
	case types.Integer:
		return (*Decoder).integer, nil
	case types.BigInt, types.IntervalYearMonth, types.IntervalDayTime:
		return (*Decoder).bigint, nil
	case types.Float:
		return (*Decoder).float, nil
	case types.Double:
		return (*Decoder).double, nil
	case types.Char, types.VarChar:
		return (*Decoder).varchar, nil
	case types.Binary, types.VarBinary:
		return (*Decoder).binary, nil
	case types.Decimal:
		return decimalReader(t), nil
	case types.Date:
		return (*Decoder).date, nil
	case types.Time:
		return (*Decoder).time, nil
	case types.Timestamp, types.TimestampLTZ:
		return timestampReader(t), nil
	case types.Array:
		return d.arrayReader(t)
	case types.Map, types.Multiset:
		return d.mapReader(t)
	case types.Row:
		return d.rowReader(t)
	default:
		return nil, diag.Errorf("W0333", diag.Span{}, "the json format does not support type %s", t)
	}
}

// scalar gives the text of a string, number, true or false.
func (d *Decoder) scalar() ([]byte, bool) {
	switch c := d.peek(); c {
	case '"':
		return d.str()
	case 't', 'f', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		start := d.pos
		ok := d.skip()
		return d.buf[start:d.pos], ok
	case '{':
		return nil, d.fail("an object where a single value is expected")
	case '[':
		return nil, d.fail("an array where a single value is expected")
	default:
		return nil, d.unexpected("a value")
	}
}

// noValue fails because the text is no value of a type.
func (d *Decoder) noValue(s []byte, t string) bool {
	if d.why != "" {
		return false
	}
	if len(s) > 40 {
		s = append(slices.Clone(s[:40]), "…"...)
	}
	return d.fail(fmt.Sprintf("%q is no %s", s, t))
}

func (d *Decoder) boolean(b *vec.Builder) bool {
	s, ok := d.scalar()
	if ok {
		b.Bool(text.Bool(text.Trim(s)))
	}
	return ok
}

// small reads TINYINT and SMALLINT, which take only whole numbers.
func (d *Decoder) small(bits int, name string) (int64, bool) {
	s, ok := d.scalar()
	if !ok {
		return 0, false
	}
	x, ok := text.Int(text.Trim(s), bits)
	return x, ok || d.noValue(s, name)
}

func (d *Decoder) tinyint(b *vec.Builder) bool {
	x, ok := d.small(8, "TINYINT")
	if ok {
		b.Int8(int8(x))
	}
	return ok
}

func (d *Decoder) smallint(b *vec.Builder) bool {
	x, ok := d.small(16, "SMALLINT")
	if ok {
		b.Int16(int16(x))
	}
	return ok
}

func (d *Decoder) integer(b *vec.Builder) bool {
	x, ok := d.whole(32, "INT")
	if ok {
		b.Int32(int32(x))
	}
	return ok
}

func (d *Decoder) bigint(b *vec.Builder) bool {
	x, ok := d.whole(64, "BIGINT")
	if ok {
		b.Int64(x)
	}
	return ok
}

// whole reads INT and BIGINT. Numbers with a fraction are cut off.
func (d *Decoder) whole(bits int, name string) (int64, bool) {
	buf, i := d.buf, d.pos
	neg := i < len(buf) && buf[i] == '-'
	if neg {
		i++
	}
	first, x := i, int64(0)
	for i < len(buf) && buf[i]-'0' <= 9 {
		x = x*10 + int64(buf[i]-'0')
		i++
	}
	if n := i - first; n == 0 || n > 18 || n > 1 && buf[first] == '0' || i < len(buf) && (buf[i] == '.' || buf[i]|0x20 == 'e') {
		return d.wholeSlow(bits, name)
	}
	if neg {
		x = -x
	}
	if bits == 32 && x != int64(int32(x)) {
		return 0, d.noValue(buf[d.pos:i], name)
	}
	d.pos = i
	return x, true
}

func (d *Decoder) wholeSlow(bits int, name string) (int64, bool) {
	if d.peek() == '"' {
		return d.small(bits, name)
	}
	s, ok := d.scalar()
	if !ok {
		return 0, false
	}
	if x, ok := text.Int(s, bits); ok {
		return x, true
	}
	f, ok := text.Float64(s)
	limit := math.Ldexp(1, bits-1)
	if !ok || !slices.ContainsFunc(s, func(c byte) bool { return c == '.' || c|0x20 == 'e' }) || f >= limit || f < -limit {
		return 0, d.noValue(s, name)
	}
	return int64(f), true
}

func (d *Decoder) double(b *vec.Builder) bool {
	s, ok := d.scalar()
	if !ok {
		return false
	}
	x, ok := text.Float64(text.Trim(s))
	if !ok {
		return d.noValue(s, "DOUBLE")
	}
	b.Float64(x)
	return true
}

func (d *Decoder) float(b *vec.Builder) bool {
	s, ok := d.scalar()
	if !ok {
		return false
	}
	x, ok := text.Float32(text.Trim(s))
	if !ok {
		return d.noValue(s, "FLOAT")
	}
	b.Float32(x)
	return true
}

// varchar reads text; numbers as written, objects and arrays as compact JSON.
func (d *Decoder) varchar(b *vec.Builder) bool {
	switch d.peek() {
	case '"':
		s, ok := d.str()
		if ok {
			b.Bytes(s)
		}
		return ok
	case '{', '[':
		buf, ok := d.compact(b.BytesBuf())
		if ok {
			b.EndBytes(buf)
		}
		return ok
	default:
		s, ok := d.scalar()
		if ok {
			b.Bytes(s)
		}
		return ok
	}
}

func (d *Decoder) binary(b *vec.Builder) bool {
	if d.peek() != '"' {
		return d.fail("a value that is no string, where base64 is expected")
	}
	s, ok := d.str()
	if !ok {
		return false
	}
	buf := b.BytesBuf()
	at := len(buf)
	buf = slices.Grow(buf, base64.StdEncoding.DecodedLen(len(s)))
	n, err := base64.StdEncoding.Decode(buf[at:cap(buf)], s)
	if err != nil {
		return d.noValue(s, "base64 text")
	}
	b.EndBytes(buf[:at+n])
	return true
}

func decimalReader(t types.Type) reader {
	wide := vec.PhysOf(t) == vec.PhysDec
	return func(d *Decoder, b *vec.Builder) bool {
		s, ok := d.scalar()
		if !ok {
			return false
		}
		x, fits, ok := text.Decimal(text.Trim(s), t.Precision, t.Scale)
		switch {
		case !ok:
			return d.noValue(s, t.Null().String())
		case !fits:
			b.Null() // as Flink: a number that needs more digits is NULL
		case wide:
			b.Decimal(x)
		default:
			b.Int64(int64(x.LowBits()))
		}
		return true
	}
}

func (d *Decoder) date(b *vec.Builder) bool {
	s, ok := d.scalar()
	if !ok {
		return false
	}
	x, ok := text.Date(s)
	if !ok {
		return d.noValue(s, "DATE (yyyy-MM-dd)")
	}
	b.Int32(x)
	return true
}

func (d *Decoder) time(b *vec.Builder) bool {
	s, ok := d.scalar()
	if !ok {
		return false
	}
	x, ok := text.Time(s, text.SQL)
	if !ok {
		return d.noValue(s, "TIME (HH:mm:ss)")
	}
	b.Int32(x)
	return true
}

func timestampReader(t types.Type) reader {
	parse, example := text.Timestamp, "yyyy-MM-dd HH:mm:ss"
	if t.Kind == types.TimestampLTZ {
		parse, example = text.TimestampLTZ, "yyyy-MM-dd HH:mm:ssZ"
	}
	return func(d *Decoder, b *vec.Builder) bool {
		s, ok := d.scalar()
		if !ok {
			return false
		}
		x, ok := parse(s, d.standard, t.Precision)
		if ok {
			b.Int64(x)
			return true
		}
		if d.standard == text.ISO8601 {
			example = example[:10] + "T" + example[11:]
		}
		return d.noValue(s, t.Null().String()+" ("+example+")")
	}
}
