// Package raw is the raw format: a message is the value of the table's one column,
// as text or as the bytes of a number.
package raw

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/option"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

var options = []catalog.Option{
	{Name: "charset", Type: catalog.StringOption, Default: "UTF-8", Doc: "How text is encoded: UTF-8, US-ASCII, ISO-8859-1, UTF-16BE or UTF-16LE."},
	{Name: "endianness", Type: catalog.EnumOption, Default: "big-endian", Enum: []string{"big-endian", "little-endian"}, Doc: "The order of the bytes of numbers."},
}

// Format is the raw format.
func Format() format.Format {
	return format.Format{
		Format: catalog.Format{
			Name:      "raw",
			Summary:   "one column, its bytes as they are",
			Options:   options,
			Changelog: topology.InsertOnly,
		},
		NewDecoder: newDecoder,
		NewEncoder: newEncoder,
	}
}

// codec is the layout both directions share.
type codec struct {
	typ     types.Type
	charset string
	order   binary.ByteOrder
}

func newCodec(fields []types.Field, given map[string]string) (codec, error) {
	r := option.Read(options, given).Named("raw.")
	c := codec{charset: strings.ToUpper(r.String("charset")), order: binary.BigEndian}
	if r.Enum("endianness") == "little-endian" {
		c.order = binary.LittleEndian
	}
	if err := r.Err(); err != nil {
		return c, err
	}
	if len(fields) != 1 {
		return c, diag.Errorf("W0333", diag.Span{}, "the raw format is for tables with a single column, this one has %d", len(fields))
	}
	switch c.charset {
	case "UTF-8", "US-ASCII", "ISO-8859-1", "UTF-16BE", "UTF-16LE":
	default:
		return c, diag.Errorf("W0333", diag.Span{}, "'raw.charset' %q is not supported", c.charset).
			WithHint("use UTF-8, US-ASCII, ISO-8859-1, UTF-16BE or UTF-16LE")
	}
	c.typ = fields[0].Type
	if p := vec.PhysOf(c.typ); p != vec.PhysBytes && width(c.typ) == 0 {
		return c, diag.Errorf("W0333", diag.Span{}, "the raw format does not support type %s", c.typ)
	}
	return c, nil
}

// width is the bytes of a number, 0 for other types.
func width(t types.Type) int {
	switch t.Kind {
	case types.Boolean, types.TinyInt, types.SmallInt, types.Integer, types.BigInt, types.Float, types.Double:
		return vec.PhysOf(t).Width()
	}
	return 0
}

type decoder struct {
	codec
	at []int // builders of the column; none if it is not wanted
}

var (
	_ format.LineDecoder = (*decoder)(nil)
	_ format.Splittable  = (*decoder)(nil)
)

func newDecoder(cfg format.DecoderConfig) (format.Decoder, error) {
	c, err := newCodec(cfg.Fields, cfg.Options)
	if err != nil {
		return nil, err
	}
	d := &decoder{codec: c}
	for i := range cfg.Columns {
		d.at = append(d.at, cfg.Target(i))
	}
	return d, nil
}

// Splittable is true: a line is a message.
func (d *decoder) Splittable() bool { return true }

// Skipped is 0: no option ignores errors.
func (d *decoder) Skipped() int64 { return 0 }

// DecodeLines reads a message a line.
func (d *decoder) DecodeLines(chunk []byte, last bool, max int, into *vec.BatchBuilder) (int, int, error) {
	return format.EachLine(chunk, last, max, into, d)
}

// Decode reads a value; a nil message is NULL.
func (d *decoder) Decode(msg []byte, into *vec.BatchBuilder) error {
	if w := width(d.typ); msg != nil && w > 0 && len(msg) != w {
		return diag.Errorf("W0501", diag.Span{}, "%d bytes are no raw %s, which has %d", len(msg), d.typ.Null(), w)
	}
	for _, at := range d.at {
		b := into.Cols[at]
		if msg == nil {
			b.Null()
		} else {
			d.value(msg, b)
		}
	}
	into.EndRow(vec.Insert)
	return nil
}

func (d *decoder) value(msg []byte, b *vec.Builder) {
	switch d.typ.Kind {
	case types.Boolean:
		b.Bool(msg[0] != 0)
	case types.TinyInt:
		b.Int8(int8(msg[0]))
	case types.SmallInt:
		b.Int16(int16(d.order.Uint16(msg)))
	case types.Integer:
		b.Int32(int32(d.order.Uint32(msg)))
	case types.BigInt:
		b.Int64(int64(d.order.Uint64(msg)))
	case types.Float:
		b.Float32(math.Float32frombits(d.order.Uint32(msg)))
	case types.Double:
		b.Float64(math.Float64frombits(d.order.Uint64(msg)))
	case types.Char, types.VarChar:
		b.EndBytes(d.appendText(b.BytesBuf(), msg))
	default:
		b.Bytes(msg)
	}
}

// appendText turns bytes of the charset into UTF-8.
func (c *codec) appendText(dst, msg []byte) []byte {
	switch c.charset {
	case "ISO-8859-1":
		for _, x := range msg {
			dst = utf8.AppendRune(dst, rune(x))
		}
	case "US-ASCII":
		for _, x := range msg {
			if x >= utf8.RuneSelf {
				dst = append(dst, "\ufffd"...)
			} else {
				dst = append(dst, x)
			}
		}
	case "UTF-16BE", "UTF-16LE":
		units := make([]uint16, len(msg)/2)
		for i := range units {
			units[i] = c.units().Uint16(msg[2*i:])
		}
		for _, r := range utf16.Decode(units) {
			dst = utf8.AppendRune(dst, r)
		}
	default:
		if utf8.Valid(msg) {
			return append(dst, msg...)
		}
		dst = append(dst, bytes.ToValidUTF8(msg, []byte("\ufffd"))...)
	}
	return dst
}

func (c *codec) units() binary.ByteOrder {
	if c.charset == "UTF-16LE" {
		return binary.LittleEndian
	}
	return binary.BigEndian
}

type encoder struct {
	codec
	col        int
	terminator string
}

var _ format.Nuller = (*encoder)(nil)

func newEncoder(cfg format.EncoderConfig) (format.Encoder, error) {
	c, err := newCodec(cfg.Fields, cfg.Options)
	if err != nil {
		return nil, err
	}
	return &encoder{c, cfg.Source(0), cfg.Terminator}, nil
}

// IsNull reports that a row has no message.
func (e *encoder) IsNull(b *vec.Batch, row int) bool { return b.Cols[e.col].IsNull(row) }

// Encode appends the bytes of each value.
func (e *encoder) Encode(b *vec.Batch, out *vec.Rows) error {
	if len(out.Off) == 0 {
		out.Off = append(out.Off, 0)
	}
	v := b.Cols[e.col]
	for i := range b.Len {
		if !v.IsNull(i) {
			out.Data = e.value(out.Data, v, i)
		}
		out.Data = append(out.Data, e.terminator...)
		out.Off = append(out.Off, len(out.Data))
	}
	return nil
}

func (e *encoder) value(dst []byte, v *vec.Vec, i int) []byte {
	order := e.order.(binary.AppendByteOrder)
	switch e.typ.Kind {
	case types.Boolean:
		if v.Bools()[i] {
			return append(dst, 1)
		}
		return append(dst, 0)
	case types.TinyInt:
		return append(dst, byte(v.Int8s()[i]))
	case types.SmallInt:
		return order.AppendUint16(dst, uint16(v.Int16s()[i]))
	case types.Integer:
		return order.AppendUint32(dst, uint32(v.Int32s()[i]))
	case types.BigInt:
		return order.AppendUint64(dst, uint64(v.Int64s()[i]))
	case types.Float:
		return order.AppendUint32(dst, math.Float32bits(v.Float32s()[i]))
	case types.Double:
		return order.AppendUint64(dst, math.Float64bits(v.Float64s()[i]))
	case types.Char, types.VarChar:
		return e.appendBytes(dst, v.StringAt(i))
	default:
		return append(dst, v.BytesAt(i)...)
	}
}

// appendBytes turns UTF-8 into bytes of the charset; what it lacks becomes a question mark.
func (e *encoder) appendBytes(dst []byte, s string) []byte {
	limit := rune(0xff)
	switch e.charset {
	case "UTF-8":
		return append(dst, s...)
	case "UTF-16BE", "UTF-16LE":
		for _, u := range utf16.Encode([]rune(s)) {
			dst = e.units().(binary.AppendByteOrder).AppendUint16(dst, u)
		}
		return dst
	case "US-ASCII":
		limit = 0x7f
	}
	for _, r := range s {
		if r > limit {
			r = '?'
		}
		dst = append(dst, byte(r))
	}
	return dst
}
