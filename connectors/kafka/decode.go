package kafka

import (
	"errors"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// layout says which column of a table comes from where.
type layout struct {
	types  []types.Type
	value  part
	key    part // no format: the key is not read
	meta   []metaColumn
	upsert bool
}

// part is one of key and value.
type part struct {
	format *format.Format
	config format.DecoderConfig
}

// metaColumn fills builder at from a record.
type metaColumn struct {
	at   int
	fill func(*vec.Builder, *kgo.Record)
}

// newLayout sorts the wanted columns by where they come from.
func newLayout(env *connector.Env, t *catalog.Table, options map[string]string, read []physical.ReadColumn, upsert bool) (*layout, error) {
	l := &layout{upsert: upsert}
	var err error
	name, prefix := valueFormat(options)
	if l.value.format, err = decodable(env.Formats, name); err != nil {
		return nil, err
	}
	l.value.config = format.DecoderConfig{Options: format.Options(options, prefix, name), Zone: env.Location(), At: []int{}}
	inKey := map[string]bool{}
	for _, f := range keyFields(t) {
		inKey[f] = true
	}
	keyPrefix := options["key.fields-prefix"]
	exceptKey := strings.EqualFold(options["value.fields-include"], "EXCEPT_KEY")
	if kf := options["key.format"]; kf != "" && len(inKey) > 0 {
		if l.key.format, err = decodable(env.Formats, kf); err != nil {
			return nil, err
		}
		l.key.config = format.DecoderConfig{Options: format.Options(options, "key.", kf), Zone: env.Location(), At: []int{}}
	}
	for _, c := range t.Columns {
		if c.Kind != catalog.Physical {
			continue
		}
		if inKey[c.Name] && l.key.format != nil {
			l.key.config.Fields = append(l.key.config.Fields, types.Field{Name: strings.TrimPrefix(c.Name, keyPrefix), Type: c.Type})
		}
		if !inKey[c.Name] || !exceptKey {
			l.value.config.Fields = append(l.value.config.Fields, types.Field{Name: c.Name, Type: c.Type})
		}
	}
	for i, c := range read {
		l.types = append(l.types, c.Type)
		switch {
		case strings.HasPrefix(c.Metadata, "value."):
			c.Metadata = strings.TrimPrefix(c.Metadata, "value.")
			l.value.want(i, c)
		case c.Metadata != "":
			fill := fillers[c.Metadata]
			if fill == nil {
				return nil, diag.Errorf("W0349", diag.Span{}, "kafka has no metadata %q", c.Metadata)
			}
			l.meta = append(l.meta, metaColumn{i, fill})
		case inKey[c.Path[0]] && exceptKey:
			c.Path = append([]string{strings.TrimPrefix(c.Path[0], keyPrefix)}, c.Path[1:]...)
			l.key.want(i, c)
		default:
			l.value.want(i, c)
		}
	}
	return l, nil
}

func (p *part) want(at int, c physical.ReadColumn) {
	p.config.Columns = append(p.config.Columns, c)
	p.config.At = append(p.config.At, at)
}

func decodable(formats *format.Registry, name string) (*format.Format, error) {
	f := formats.Get(name)
	if f == nil || f.NewDecoder == nil {
		d := diag.Errorf("W0341", diag.Span{}, "format %q cannot read Kafka records", name)
		if near := diag.Nearest(name, formats.FormatNames()); near != "" && near != name {
			d = d.WithHint("did you mean %q?", near)
		}
		return nil, d
	}
	return f, nil
}

// fillers append metadata of a record, by its key.
var fillers = map[string]func(*vec.Builder, *kgo.Record){
	"topic":        func(b *vec.Builder, r *kgo.Record) { b.String(r.Topic) },
	"partition":    func(b *vec.Builder, r *kgo.Record) { b.Int32(r.Partition) },
	"offset":       func(b *vec.Builder, r *kgo.Record) { b.Int64(r.Offset) },
	"timestamp":    func(b *vec.Builder, r *kgo.Record) { b.Int64(r.Timestamp.UnixMilli()) },
	"leader-epoch": func(b *vec.Builder, r *kgo.Record) { b.Int32(r.LeaderEpoch) },
	"headers": func(b *vec.Builder, r *kgo.Record) {
		for _, h := range r.Headers {
			b.Kid(0).String(h.Key)
			b.Kid(1).Bytes(h.Value)
		}
		b.EndMap()
	},
	"timestamp-type": func(b *vec.Builder, r *kgo.Record) {
		switch r.Attrs.TimestampType() {
		case 0:
			b.String("CreateTime")
		case 1:
			b.String("LogAppendTime")
		default:
			b.String("NoTimestampType")
		}
	},
}

// assembler turns records into batches. Key and value decoders append to builders of
// one batch: keys follows rows, which the value decoder has ended.
type assembler struct {
	*layout
	rows  *vec.BatchBuilder
	keys  vec.BatchBuilder
	value format.Decoder
	key   format.Decoder // nil: no column comes from the key
	// tombstones read key columns from the key although they are in the value too
	tombKey format.Decoder
	tombAt  []int
}

func (l *layout) assembler(capacity int) (*assembler, error) {
	a := &assembler{layout: l, rows: vec.NewBatchBuilder(l.types, capacity)}
	var err error
	if a.value, err = l.value.format.NewDecoder(l.value.config); err != nil {
		return nil, err
	}
	if len(l.key.config.Columns) > 0 {
		if a.key, err = l.key.format.NewDecoder(l.key.config); err != nil {
			return nil, err
		}
	}
	if l.upsert {
		if err := a.forTombstones(); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// forTombstones makes the decoder that reads every wanted key column from the key: a
// record without a value has its key columns there only.
func (a *assembler) forTombstones() error {
	cfg := a.layout.key.config
	cfg.Columns, cfg.At = append([]physical.ReadColumn(nil), cfg.Columns...), append([]int(nil), cfg.At...)
	for i, c := range a.layout.value.config.Columns {
		if c.Metadata != "" {
			continue
		}
		for _, f := range cfg.Fields {
			if f.Name == c.Path[0] {
				cfg.Columns, cfg.At = append(cfg.Columns, c), append(cfg.At, a.layout.value.config.At[i])
			}
		}
	}
	a.tombAt = cfg.At
	var err error
	a.tombKey, err = a.layout.key.format.NewDecoder(cfg)
	return err
}

// add appends the rows of one record.
func (a *assembler) add(r *kgo.Record) error {
	before := a.rows.Len()
	if err := a.decode(r); err != nil {
		a.rows.Truncate(before)
		return placed(err, r)
	}
	for n := before; n < a.rows.Len(); n++ {
		for _, m := range a.meta {
			m.fill(a.rows.Cols[m.at], r)
		}
	}
	return nil
}

func (a *assembler) decode(r *kgo.Record) error {
	if r.Value == nil {
		if !a.upsert {
			return nil // a record without a value is no row, as in Flink
		}
		return a.tombstone(r)
	}
	before := a.rows.Len()
	if err := a.value.Decode(r.Value, a.rows); err != nil {
		return err
	}
	if a.upsert {
		a.rows.Rekind(before, vec.UpdateAfter)
	}
	if a.key == nil {
		return nil
	}
	for n := before; n < a.rows.Len(); n++ {
		if err := a.decodeKey(n, a.key, a.layout.key.config.At, r.Key); err != nil {
			return err
		}
	}
	return nil
}

// decodeKey appends the key columns of row n; a key that is missing or was skipped by
// the format's options gives NULLs.
func (a *assembler) decodeKey(n int, d format.Decoder, at []int, key []byte) error {
	a.keys.Follow(a.rows, n)
	if key != nil {
		if err := d.Decode(key, &a.keys); err != nil {
			return fmt.Errorf("key: %w", err)
		}
	}
	if a.keys.Len() == n {
		for _, i := range at {
			a.rows.Cols[i].Null()
		}
	}
	return nil
}

// tombstone appends a deletion: key columns from the key, all others NULL.
func (a *assembler) tombstone(r *kgo.Record) error {
	filled := make([]bool, len(a.types))
	for _, m := range a.meta {
		filled[m.at] = true // appended by add
	}
	for _, at := range a.tombAt {
		filled[at] = true
	}
	if err := a.decodeKey(a.rows.Len(), a.tombKey, a.tombAt, r.Key); err != nil {
		return err
	}
	for i, done := range filled {
		if !done {
			a.rows.Cols[i].Null()
		}
	}
	a.rows.EndRow(vec.Delete)
	return nil
}

// finish gives the batch so far, nil if it is empty.
func (a *assembler) finish() *vec.Batch { return a.rows.Finish() }

// placed adds where a record stands to what is wrong with it.
func placed(err error, r *kgo.Record) error {
	var d *diag.Diagnostic
	if !errors.As(err, &d) {
		d = diag.Errorf("W0501", diag.Span{}, "%s", err)
	}
	c := *d
	c.File = fmt.Sprintf("topic %s, partition %d, offset %d", r.Topic, r.Partition, r.Offset)
	return &c
}
