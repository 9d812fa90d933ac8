package redis

import (
	"context"
	"errors"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// sink writes rows by their key. It has no transactions: what is written is visible, and
// writing it again after a restart changes nothing.
type sink struct {
	*table
	env    *connector.Env
	client *goredis.Client
	max    int // rows a pipeline
	ttl    time.Duration
	keyAt  []int // batch columns of the key
	value  []int // batch columns of the value
	names  []string
	encode func() (format.Encoder, error) // nil: values are texts
}

func newSink(_ context.Context, env *connector.Env, spec *physical.Sink) (exec.Sink, error) {
	x := newTable(spec.Table, spec.Options)
	s := &sink{table: x, env: env, max: int(max(1, x.options.Int("sink.buffer-flush.max-rows"))), ttl: x.options.Duration("sink.ttl")}
	at := func(column int) int {
		for i, c := range spec.Columns {
			if c.Metadata == "" && c.Name == x.Columns[column].Name {
				return i
			}
		}
		return -1
	}
	for _, k := range x.keys {
		s.keyAt = append(s.keyAt, at(k))
	}
	cfg := format.EncoderConfig{Options: format.Options(spec.Options, "", x.format), Columns: []int{}, Zone: env.Location()}
	for _, v := range x.values {
		c := x.Columns[v]
		s.value, s.names = append(s.value, at(v)), append(s.names, c.Name)
		cfg.Fields, cfg.Columns = append(cfg.Fields, types.Field{Name: c.Name, Type: c.Type}), append(cfg.Columns, at(v))
	}
	if x.format != "" {
		f := env.Formats.Get(x.format)
		if f == nil || f.NewEncoder == nil {
			return nil, diag.Errorf("W0341", diag.Span{}, "format %q cannot write values of Redis", x.format)
		}
		s.encode = func() (format.Encoder, error) { return f.NewEncoder(cfg) }
	}
	var err error
	s.client, err = x.open()
	return s, err
}

// Writer makes the writer of one subtask.
func (s *sink) Writer(context.Context, int, int) (exec.Writer, error) {
	w := &writer{sink: s, pipe: s.client.Pipeline()}
	var err error
	if s.encode != nil {
		w.encoder, err = s.encode()
	}
	return w, err
}

// Commit has nothing to do: rows are visible once they are written.
func (s *sink) Commit(context.Context, [][]byte) error { return nil }

// Abort leaves what was written: the next run writes it again.
func (s *sink) Abort(context.Context) error { return nil }

// Close ends the connections.
func (s *sink) Close() error {
	if err := s.client.Close(); err != nil && !errors.Is(err, goredis.ErrClosed) {
		return err
	}
	return nil
}

// writer puts commands into a pipeline, which keeps their order.
type writer struct {
	*sink
	pipe    goredis.Pipeliner
	rows    int
	encoder format.Encoder
	values  vec.Rows
	text    []byte
}

// Write adds the commands of a batch.
func (w *writer) Write(ctx context.Context, b *vec.Batch) error {
	cols := make([]*vec.Vec, len(w.keyAt))
	for k, at := range w.keyAt {
		cols[k] = b.Cols[at]
	}
	keys, err := w.table.names(cols, b.Len, func(row int, why string) error {
		return diag.Errorf("W0521", diag.Span{}, "a row cannot be written to table %q: %s", w.Path.Name, why)
	})
	if err != nil {
		return err
	}
	if w.encoder != nil {
		w.values.Reset()
		if err := w.encoder.Encode(b, &w.values); err != nil {
			return err
		}
	}
	for i, key := range keys {
		if err := w.row(ctx, b, i, key); err != nil {
			return err
		}
		if w.rows++; w.rows >= w.max {
			if err := w.flush(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// row adds the commands of one row.
func (w *writer) row(ctx context.Context, b *vec.Batch, i int, key string) error {
	kind := b.Kind(i)
	if w.dataType == setType {
		member, err := w.valueOf(b, i, key)
		if err != nil {
			return err
		}
		if !kind.Adds() {
			w.pipe.SRem(ctx, key, member)
			return nil
		}
		w.pipe.SAdd(ctx, key, member)
		return w.expire(ctx, key)
	}
	switch {
	case kind == vec.UpdateBefore: // the +U that follows replaces the row
		return nil
	case kind == vec.Delete:
		w.pipe.Del(ctx, key)
		return nil
	case w.dataType == stringType:
		value, err := w.valueOf(b, i, key)
		if err == nil {
			w.pipe.Set(ctx, key, value, w.ttl)
		}
		return err
	}
	var set []any
	var gone []string
	for f, at := range w.value {
		if c := b.Cols[at]; c.IsNull(i) {
			gone = append(gone, w.names[f])
		} else {
			set = append(set, w.names[f], string(appendText(nil, c, i)))
		}
	}
	if set == nil {
		return diag.Errorf("W0521", diag.Span{}, "a row cannot be written to table %q: all its fields are NULL, and Redis keeps no empty hash (key %s)", w.Path.Name, key).
			WithHint("'value.fields-include' = 'ALL' writes the key columns, too")
	}
	w.pipe.HSet(ctx, key, set...)
	if gone != nil {
		w.pipe.HDel(ctx, key, gone...)
	}
	return w.expire(ctx, key)
}

func (w *writer) expire(ctx context.Context, key string) error {
	if w.ttl > 0 {
		w.pipe.PExpire(ctx, key, w.ttl)
	}
	return nil
}

// valueOf gives a string or a member.
func (w *writer) valueOf(b *vec.Batch, i int, key string) (string, error) {
	if w.encoder == nil {
		c := b.Cols[w.value[0]]
		if c.IsNull(i) {
			return "", diag.Errorf("W0521", diag.Span{}, "a row cannot be written to table %q: column %q is NULL, which a text without format cannot say (key %s)", w.Path.Name, w.names[0], key).
				WithHint("'format' = 'json'")
		}
		w.text = appendText(w.text[:0], c, i)
		return string(w.text), nil
	}
	return string(w.values.Row(i)), nil
}

// flush sends the commands and waits until they are done.
func (w *writer) flush(ctx context.Context) error {
	if w.rows == 0 {
		return nil
	}
	w.rows = 0
	_, err := w.pipe.Exec(ctx)
	return w.explain(err)
}

// Prepare sends what is left.
func (w *writer) Prepare(ctx context.Context) ([]byte, error) { return nil, w.flush(ctx) }

// Close drops what was not sent: the run failed.
func (w *writer) Close() error {
	w.pipe.Discard()
	return nil
}
