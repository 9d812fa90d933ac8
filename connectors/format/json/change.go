package json

import (
	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
)

// ChangeOptions are the options that formats of changes share with json.
var ChangeOptions = pick("ignore-parse-errors", "timestamp-format.standard", "map-null-key.mode", "map-null-key.literal",
	"encode.decimal-as-plain-number", "encode.ignore-null-fields")

func pick(names ...string) (out []catalog.Option) {
	for _, o := range Options {
		for _, n := range names {
			if o.Name == n {
				out = append(out, o)
			}
		}
	}
	return out
}

// RowOptions leaves those of a format's options that are json's.
func RowOptions(given map[string]string) map[string]string {
	out := map[string]string{}
	for _, o := range ChangeOptions {
		if v, ok := given[o.Name]; ok {
			out[o.Name] = v
		}
	}
	return out
}

// Wrapping is what a message of a change has before and after the row's object: when
// the row is added (+I, +U) and when it is taken back (-U, -D).
type Wrapping struct{ Adds, Takes [2]string }

// ChangeEncoder writes rows of any kind, one message each.
type ChangeEncoder struct {
	row  *Encoder
	wrap Wrapping
}

// NewChangeEncoder compiles an encoder of messages with the given wrapping.
func NewChangeEncoder(cfg format.EncoderConfig, wrap Wrapping) (*ChangeEncoder, error) {
	cfg.Options = RowOptions(cfg.Options)
	row, err := NewEncoder(cfg)
	return &ChangeEncoder{row, wrap}, err
}

// Encode appends one message a row.
func (e *ChangeEncoder) Encode(b *vec.Batch, out *vec.Rows) error {
	if len(out.Off) == 0 {
		out.Off = append(out.Off, 0)
	}
	for i := range b.Len {
		w := &e.wrap.Takes
		if b.Kind(i).Adds() {
			w = &e.wrap.Adds
		}
		out.Data = append(out.Data, w[0]...)
		out.Data = e.row.Append(out.Data, b, i)
		out.Data = append(append(out.Data, w[1]...), e.row.terminator...)
		out.Off = append(out.Off, len(out.Data))
	}
	return e.row.Err()
}
