package kafka

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// sink writes one table.
type sink struct {
	env     *connector.Env
	spec    *physical.Sink
	cluster *cluster
	upsert  bool
	txn     bool
	topic   string
	run     string // names this run apart from others
	shape   recordShape

	mu      sync.Mutex
	writers []*writer
}

// recordShape says how rows become records.
type recordShape struct {
	value, key      *format.Format
	valueConf       format.EncoderConfig
	keyConf         format.EncoderConfig
	timestamp       int // column of the writable metadata, -1 = none
	headers, topics int
}

// newSink connects to the cluster of a table.
func newSink(ctx context.Context, env *connector.Env, spec *physical.Sink, upsert bool) (exec.Sink, error) {
	s := &sink{env: env, spec: spec, upsert: upsert, topic: spec.Options["topic"], run: rand.Text(),
		txn: strings.EqualFold(spec.Options["sink.delivery-guarantee"], "exactly-once")}
	if strings.Contains(s.topic, ";") || s.topic == "" {
		return nil, diag.Errorf("W0343", spec.Table.Span, "table %q cannot be written: it names no single topic", spec.Table.Path.Name)
	}
	var err error
	if s.shape, err = newShape(env, spec); err != nil {
		return nil, err
	}
	if s.cluster, err = connect(ctx, env, spec.Options); err != nil {
		return nil, err
	}
	if s.cluster.embedded {
		return s, s.cluster.create(ctx, s.topic)
	}
	return s, nil
}

// newShape sorts the written columns into key, value and metadata.
func newShape(env *connector.Env, spec *physical.Sink) (recordShape, error) {
	o := spec.Options
	sh := recordShape{timestamp: -1, headers: -1, topics: -1}
	var err error
	name, prefix := valueFormat(o)
	if sh.value, err = encodable(env.Formats, name); err != nil {
		return sh, err
	}
	sh.valueConf = format.EncoderConfig{Options: format.Options(o, prefix, name), Columns: []int{}, Zone: env.Location()}
	inKey := map[string]bool{}
	for _, f := range keyFields(spec.Table) {
		inKey[f] = true
	}
	if kf := o["key.format"]; kf != "" && len(inKey) > 0 {
		if sh.key, err = encodable(env.Formats, kf); err != nil {
			return sh, err
		}
		sh.keyConf = format.EncoderConfig{Options: format.Options(o, "key.", kf), Columns: []int{}, Zone: env.Location()}
	}
	exceptKey := strings.EqualFold(o["value.fields-include"], "EXCEPT_KEY")
	for i, c := range spec.Columns {
		switch c.Metadata {
		case "":
			if inKey[c.Name] && sh.key != nil {
				sh.keyConf.Fields = append(sh.keyConf.Fields, types.Field{Name: strings.TrimPrefix(c.Name, o["key.fields-prefix"]), Type: c.Type})
				sh.keyConf.Columns = append(sh.keyConf.Columns, i)
			}
			if !inKey[c.Name] || !exceptKey {
				sh.valueConf.Fields = append(sh.valueConf.Fields, types.Field{Name: c.Name, Type: c.Type})
				sh.valueConf.Columns = append(sh.valueConf.Columns, i)
			}
		case "timestamp":
			sh.timestamp = i
		case "headers":
			sh.headers = i
		case "topic":
			sh.topics = i
		}
	}
	return sh, nil
}

func encodable(formats *format.Registry, name string) (*format.Format, error) {
	f := formats.Get(name)
	if f == nil || f.NewEncoder == nil {
		d := diag.Errorf("W0341", diag.Span{}, "format %q cannot write Kafka records", name)
		if near := diag.Nearest(name, formats.FormatNames()); near != "" && near != name {
			d = d.WithHint("did you mean %q?", near)
		}
		return nil, d
	}
	return f, nil
}

// Writer makes the producer of one subtask.
func (s *sink) Writer(ctx context.Context, subtask, _ int) (exec.Writer, error) {
	w := &writer{sink: s, subtask: subtask}
	var err error
	if w.value, err = s.shape.value.NewEncoder(s.shape.valueConf); err != nil {
		return nil, err
	}
	if s.shape.key != nil {
		if w.key, err = s.shape.key.NewEncoder(s.shape.keyConf); err != nil {
			return nil, err
		}
	}
	if s.upsert {
		rows, _ := strconv.Atoi(s.spec.Options["sink.buffer-flush.max-rows"]) // 0 if not given; its text was checked
		every, _ := catalog.ParseDuration(s.spec.Options["sink.buffer-flush.interval"])
		w.fold = newFold(rows, every)
	}
	if s.txn {
		w.txn, err = openTransactions(ctx, s, subtask)
	} else {
		w.client, err = s.cluster.client(s.producer(subtask)...)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writers = append(s.writers, w)
	return w, nil
}

// deliveryTries is how often a record is sent before its run fails: with the client's pauses, about two minutes. A limit
// in time would count from the record's timestamp, which a row may set to years ago.
const deliveryTries = 60

// producer gives the client options of one subtask.
func (s *sink) producer(subtask int) []kgo.Opt {
	opts := []kgo.Opt{kgo.DefaultProduceTopic(s.topic), kgo.AllowAutoTopicCreation(), kgo.ProducerLinger(5 * time.Millisecond),
		kgo.MaxBufferedRecords(1 << 16), kgo.RecordRetries(deliveryTries), kgo.UnknownTopicRetries(3)}
	switch s.spec.Options["sink.partitioner"] {
	case "fixed":
		opts = append(opts, kgo.RecordPartitioner(kgo.BasicConsistentPartitioner(func(string) func(*kgo.Record, int) int {
			return func(_ *kgo.Record, n int) int { return subtask % n }
		})))
	case "round-robin":
		opts = append(opts, kgo.RecordPartitioner(kgo.RoundRobinPartitioner()))
	default:
		opts = append(opts, kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)))
	}
	switch s.cluster.props["acks"] {
	case "0":
		opts = append(opts, kgo.RequiredAcks(kgo.NoAck()), kgo.DisableIdempotentWrite())
	case "1":
		opts = append(opts, kgo.RequiredAcks(kgo.LeaderAck()), kgo.DisableIdempotentWrite())
	}
	if c, ok := codecs[strings.ToLower(s.cluster.props["compression.type"])]; ok {
		opts = append(opts, kgo.ProducerBatchCompression(c))
	}
	return opts
}

var codecs = map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}

// Close ends the producers. Records that were not flushed are dropped: the run failed.
func (s *sink) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.writers {
		if w.txn != nil {
			w.txn.close()
		} else {
			w.client.Close()
		}
	}
	return nil
}

// writer produces the rows of one subtask.
type writer struct {
	sink       *sink
	subtask    int
	client     *kgo.Client   // nil with transactions
	txn        *transactions // nil without
	value, key format.Encoder
	fold       *fold // upsert: folds changes a key before they are written; nil = not

	mu     sync.Mutex
	failed error // the first record that could not be delivered
}

// Write produces a batch.
func (w *writer) Write(ctx context.Context, b *vec.Batch) error {
	if err := w.failure(); err != nil {
		return err
	}
	values, keys := &vec.Rows{}, &vec.Rows{} // kept by records until they are sent
	if err := w.value.Encode(b, values); err != nil {
		return err
	}
	if w.key != nil {
		if err := w.key.Encode(b, keys); err != nil {
			return err
		}
	}
	records := make([]kgo.Record, b.Len)
	for i := range records {
		r := &records[i]
		r.Value = values.Row(i)
		if w.key != nil {
			r.Key = keys.Row(i)
		}
		if w.sink.upsert && !b.Kind(i).Adds() {
			r.Value = nil
		}
		w.metadata(r, b, i)
		if w.fold != nil {
			w.fold.add(r)
		} else {
			w.produce(ctx, r)
		}
	}
	if w.fold != nil && w.fold.due(w.sink.env.Now()) {
		w.release(ctx)
	}
	return nil
}

// metadata sets what the row says of its record.
func (w *writer) metadata(r *kgo.Record, b *vec.Batch, i int) {
	sh := w.sink.shape
	if sh.timestamp >= 0 && !b.Cols[sh.timestamp].IsNull(i) {
		r.Timestamp = time.UnixMilli(b.Cols[sh.timestamp].Int64s()[i])
	}
	if sh.topics >= 0 && !b.Cols[sh.topics].IsNull(i) {
		r.Topic = string(b.Cols[sh.topics].BytesAt(i))
	}
	if sh.headers >= 0 && !b.Cols[sh.headers].IsNull(i) {
		m := b.Cols[sh.headers]
		for k := int(m.Off[i]); k < int(m.Off[i+1]); k++ {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: string(m.Kids[0].BytesAt(k)), Value: m.Kids[1].BytesAt(k)})
		}
	}
}

func (w *writer) produce(ctx context.Context, r *kgo.Record) {
	w.producing().Produce(ctx, r, func(_ *kgo.Record, err error) {
		if err != nil {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.failed == nil {
				w.failed = err
			}
		}
	})
}

// producing is the client that takes records.
func (w *writer) producing() *kgo.Client {
	if w.txn == nil {
		return w.client
	}
	w.txn.records = true
	return w.txn.open.client
}

// release produces what the fold holds.
func (w *writer) release(ctx context.Context) {
	for _, r := range w.fold.take(w.sink.env.Now()) {
		w.produce(ctx, r)
	}
}

func (w *writer) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed == nil {
		return nil
	}
	return fmt.Errorf("writing topic %s: %w", w.sink.topic, explain(w.sink.cluster.brokers, w.failed))
}

// Prepare waits until every record is delivered; with transactions, readers see them
// after the commit only.
func (w *writer) Prepare(ctx context.Context) ([]byte, error) {
	if w.fold != nil {
		w.release(ctx)
	}
	client := w.client
	if w.txn != nil {
		client = w.txn.open.client
	}
	if err := client.Flush(ctx); err != nil {
		return nil, fmt.Errorf("flushing topic %s: %w", w.sink.topic, err)
	}
	if err := w.failure(); err != nil {
		return nil, err
	}
	if w.txn == nil {
		return nil, nil
	}
	return w.txn.prepare(ctx)
}

// Close does nothing: the sink ends the producers, after their transactions.
func (w *writer) Close() error { return nil }

// fold keeps the last change of each key until enough have come or time has passed
// ('sink.buffer-flush.*'). Changes of different keys may change places, as in Flink.
type fold struct {
	max   int
	every time.Duration
	last  time.Time
	at    map[string]int
	order []*kgo.Record
}

// newFold gives nil if nothing is to be folded: both options must be set, as in Flink.
func newFold(rows int, every time.Duration) *fold {
	if rows <= 0 || every <= 0 {
		return nil
	}
	return &fold{max: rows, every: every, at: map[string]int{}}
}

func (f *fold) add(r *kgo.Record) {
	if i, ok := f.at[string(r.Key)]; ok {
		f.order[i] = r
		return
	}
	f.at[string(r.Key)] = len(f.order)
	f.order = append(f.order, r)
}

func (f *fold) due(now time.Time) bool {
	return len(f.order) >= f.max || now.Sub(f.last) >= f.every
}

func (f *fold) take(now time.Time) []*kgo.Record {
	out := f.order
	f.order, f.last = nil, now
	clear(f.at)
	return out
}
