package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-sql/weir/connectors"
	"github.com/weir-sql/weir/connectors/conformance"
	"github.com/weir-sql/weir/connectors/kafka"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
)

// The tests run against the embedded broker, and against a real Kafka where
// WEIR_TEST_KAFKA names one (make test-kafka): the same tests, so that what holds in
// the demo holds in production.

// rig is a cluster with a topic prefix of its own.
type rig struct {
	t      *testing.T
	addr   string
	prefix string
	reg    *connectors.Registry
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, addr: os.Getenv("WEIR_TEST_KAFKA"), prefix: fmt.Sprintf("t%d-", time.Now().UnixNano())}
	if r.addr == "" {
		b := kafka.NewBroker(t.TempDir())
		t.Cleanup(func() { _ = b.Close() })
		addr, err := b.Addr(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.addr = addr
	}
	r.reg = connectors.NewRegistry(&connectors.Env{}, connectors.All()...)
	return r
}

func (r *rig) table(schema, topic string, key []int, options map[string]string) *catalog.Table {
	o := map[string]string{"connector": "kafka", "topic": r.prefix + topic, "properties.bootstrap.servers": r.addr,
		"scan.startup.mode": "earliest-offset", "scan.bounded.mode": "latest-offset", "format": "json"}
	for k, v := range options {
		o[k] = v
		if v == "" {
			delete(o, k)
		}
	}
	meta := map[string]string{"m_topic": "topic", "m_partition": "partition", "m_offset": "offset", "m_ts": "timestamp", "m_headers": "headers", "m_type": "timestamp-type"}
	t := conformance.Table(schema, nil, o, meta)
	t.PrimaryKey = key
	return t
}

func (r *rig) create(topic string, partitions int32) {
	r.t.Helper()
	adm := kadm.NewClient(r.client())
	defer adm.Close()
	if _, err := adm.CreateTopic(r.t.Context(), partitions, 1, nil, r.prefix+topic); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) client() *kgo.Client {
	r.t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(r.addr), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		r.t.Fatal(err)
	}
	return cl
}

// produce writes records "partition:key=value"; a missing value is a tombstone.
func (r *rig) produce(topic string, at int64, records ...string) {
	r.t.Helper()
	cl := r.client()
	defer cl.Close()
	for i, text := range records {
		part, kv, _ := strings.Cut(text, ":")
		key, value, ok := strings.Cut(kv, "=")
		rec := &kgo.Record{Topic: r.prefix + topic, Key: []byte(key), Timestamp: time.UnixMilli(at + int64(i)*1000)}
		fmt.Sscan(part, &rec.Partition)
		if ok {
			rec.Value = []byte(value)
		}
		if err := cl.ProduceSync(r.t.Context(), rec).FirstErr(); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *rig) write(t *catalog.Table, commit bool, batches ...*vec.Batch) {
	r.t.Helper()
	ctx := r.t.Context()
	sink, err := r.reg.Sink(ctx, conformance.Sink(t))
	if err != nil {
		r.t.Fatal(err)
	}
	w, err := sink.Writer(ctx, 0, 1)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, b := range batches {
		if err := w.Write(ctx, b); err != nil {
			r.t.Fatal(err)
		}
	}
	token, err := w.Prepare(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	if commit {
		err = sink.Commit(ctx, [][]byte{token})
	} else {
		err = sink.Abort(ctx)
	}
	if err := errors.Join(err, w.Close(), sink.Close()); err != nil {
		r.t.Fatal(err)
	}
}

// read gives "kind value value …" of all rows, sorted.
func (r *rig) read(t *catalog.Table, columns ...string) []string {
	r.t.Helper()
	rows, err := r.tryRead(t, columns...)
	if err != nil {
		r.t.Fatal(err)
	}
	sort.Strings(rows)
	return rows
}

func (r *rig) tryRead(t *catalog.Table, columns ...string) ([]string, error) {
	ctx, cancel := context.WithTimeout(r.t.Context(), 30*time.Second)
	defer cancel()
	src, err := r.reg.Source(ctx, &physical.Source{Scan: conformance.Scan(t, columns)})
	if err != nil {
		return nil, err
	}
	defer src.Close()
	splits, err := src.Splits(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, sp := range splits {
		rd, err := src.Open(ctx, sp, nil)
		if err != nil {
			return nil, err
		}
		rows, err := drain(ctx, rd)
		out = append(out, rows...)
		if err := errors.Join(err, rd.Close()); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func drain(ctx context.Context, rd exec.Reader) ([]string, error) {
	var out []string
	for {
		b, err := rd.Read(ctx)
		if b != nil {
			for i := range b.Len {
				line := b.Kind(i).String()
				for _, c := range b.Cols {
					text := "NULL"
					if !c.IsNull(i) {
						text = vec.FormatValue(c, i)
					}
					line += " " + text
				}
				out = append(out, line)
			}
		}
		if err != nil {
			if err.Error() == "EOF" {
				err = nil
			}
			return out, err
		}
	}
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	sort.Strings(want)
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func batch(schema string, rows ...[]any) *vec.Batch {
	b := vec.NewBatchBuilder(conformance.Types(schema), len(rows))
	for _, r := range rows {
		kind := vec.Insert
		if k, ok := r[0].(vec.RowKind); ok {
			kind, r = k, r[1:]
		}
		for i, v := range r {
			b.Cols[i].Append(v)
		}
		b.EndRow(kind)
	}
	return b.Finish()
}

func TestKafkaRoundTrip(t *testing.T) {
	r := newRig(t)
	r.create("orders", 3)
	schema := "id BIGINT, city STRING, amount DOUBLE"
	tab := r.table(schema, "orders", nil, map[string]string{"key.format": "json", "key.fields": "id"})
	r.write(tab, true, batch(schema, []any{1, "Berlin", 2.5}, []any{2, nil, 0.25}, []any{3, "São Paulo", nil}))
	same(t, r.read(tab), []string{"+I 1 Berlin 2.5", "+I 2 NULL 0.25", "+I 3 São Paulo NULL"})
	same(t, r.read(tab, "amount", "id"), []string{"+I 2.5 1", "+I 0.25 2", "+I NULL 3"})
}

func TestKafkaKeysOutsideOfTheValue(t *testing.T) {
	r := newRig(t)
	r.create("keys", 2)
	schema := "k_id BIGINT, city STRING"
	tab := r.table(schema, "keys", nil, map[string]string{"key.format": "json", "key.fields": "k_id", "key.fields-prefix": "k_", "value.fields-include": "EXCEPT_KEY"})
	r.write(tab, true, batch(schema, []any{7, "Osaka"}))
	same(t, r.read(tab), []string{"+I 7 Osaka"})
	raw := r.table("city STRING", "keys", nil, map[string]string{"format": "raw"})
	same(t, r.read(raw), []string{`+I {"city":"Osaka"}`})
}

func TestKafkaMetadata(t *testing.T) {
	r := newRig(t)
	r.create("meta", 1)
	r.produce("meta", 1_700_000_000_000, `0:a={"id":1}`, `0:b={"id":2}`)
	tab := r.table("id BIGINT, m_partition INT, m_offset BIGINT, m_ts TIMESTAMP_LTZ(3), m_type STRING", "meta", nil, nil)
	same(t, r.read(tab), []string{"+I 1 0 0 2023-11-14 22:13:20.000 CreateTime", "+I 2 0 1 2023-11-14 22:13:21.000 CreateTime"})
}

// A row may set its record's timestamp to any time, years ago too.
func TestKafkaWritesOldTimestamps(t *testing.T) {
	r := newRig(t)
	r.create("old", 1)
	schema := "id BIGINT, m_ts TIMESTAMP_LTZ(3)"
	tab := r.table(schema, "old", nil, nil)
	r.write(tab, true, batch(schema, []any{1, int64(1_000_000_000_000)}, []any{2, int64(1_700_000_000_000)}))
	same(t, r.read(tab), []string{"+I 1 2001-09-09 01:46:40.000", "+I 2 2023-11-14 22:13:20.000"})
}

func TestKafkaHeaders(t *testing.T) {
	r := newRig(t)
	r.create("headers", 1)
	cl := r.client()
	rec := &kgo.Record{Topic: r.prefix + "headers", Value: []byte(`{"id":1}`), Headers: []kgo.RecordHeader{{Key: "trace", Value: []byte("a1")}, {Key: "none"}}}
	if err := cl.ProduceSync(t.Context(), rec).FirstErr(); err != nil {
		t.Fatal(err)
	}
	cl.Close()
	tab := r.table("id BIGINT, m_headers MAP<STRING, BYTES>, m_topic STRING", "headers", nil, nil)
	got := r.read(tab)
	if len(got) != 1 || !strings.Contains(got[0], "trace=") || !strings.HasSuffix(got[0], r.prefix+"headers") {
		t.Fatalf("got %v", got)
	}
}

// Every way to say where reading begins and ends.
func TestKafkaStartupAndBoundedModes(t *testing.T) {
	r := newRig(t)
	r.create("modes", 2)
	const t0 = 1_700_000_000_000
	r.produce("modes", t0, `0:={"id":1}`, `1:={"id":2}`, `0:={"id":3}`, `1:={"id":4}`, `0:={"id":5}`)
	adm := kadm.NewClient(r.client())
	defer adm.Close()
	group := r.prefix + "group"
	var at kadm.Offsets
	at.AddOffset(r.prefix+"modes", 0, 1, -1)
	at.AddOffset(r.prefix+"modes", 1, 1, -1)
	if _, err := adm.CommitOffsets(t.Context(), group, at); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		options map[string]string
		want    []string
	}{
		{"earliest", nil, []string{"1", "2", "3", "4", "5"}},
		{"latest", map[string]string{"scan.startup.mode": "latest-offset"}, nil},
		{"timestamp", map[string]string{"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": fmt.Sprint(t0 + 2000)}, []string{"3", "4", "5"}},
		{"timestamp after the end", map[string]string{"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": fmt.Sprint(t0 + 60000)}, nil},
		{"specific", map[string]string{"scan.startup.mode": "specific-offsets", "scan.startup.specific-offsets": "partition:0,offset:2;partition:1,offset:0"}, []string{"2", "4", "5"}},
		{"group", map[string]string{"scan.startup.mode": "group-offsets", "properties.group.id": group}, []string{"3", "4", "5"}},
		{"a group that never committed", map[string]string{"scan.startup.mode": "", "properties.group.id": group + "-new"}, []string{"1", "2", "3", "4", "5"}},
		{"no group, no mode", map[string]string{"scan.startup.mode": ""}, []string{"1", "2", "3", "4", "5"}},
		{"until a timestamp", map[string]string{"scan.bounded.mode": "timestamp", "scan.bounded.timestamp-millis": fmt.Sprint(t0 + 3000)}, []string{"1", "2", "3"}},
		{"until offsets", map[string]string{"scan.bounded.mode": "specific-offsets", "scan.bounded.specific-offsets": "partition:0,offset:1;partition:1,offset:2"}, []string{"1", "2", "4"}},
		{"until the group's offsets", map[string]string{"scan.bounded.mode": "group-offsets", "properties.group.id": group}, []string{"1", "2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var want []string
			for _, id := range c.want {
				want = append(want, "+I "+id)
			}
			same(t, r.read(r.table("id BIGINT", "modes", nil, c.options)), want)
		})
	}
}

// A restored reader goes on with the next record.
func TestKafkaPosition(t *testing.T) {
	r := newRig(t)
	r.create("position", 1)
	r.produce("position", 1_700_000_000_000, `0:={"id":1}`, `0:={"id":2}`)
	tab := r.table("id BIGINT", "position", nil, nil)
	ctx := t.Context()
	src, err := r.reg.Source(ctx, &physical.Source{Scan: conformance.Scan(tab, nil)})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	splits, err := src.Splits(ctx)
	if err != nil || len(splits) != 1 {
		t.Fatalf("%d splits, %v", len(splits), err)
	}
	rd, err := src.Open(ctx, splits[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := drain(ctx, rd)
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v, %v", rows, err)
	}
	at := rd.Position()
	_ = rd.Close()
	again, err := src.Open(ctx, splits[0], at)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if rows, err := drain(ctx, again); err != nil || len(rows) != 0 {
		t.Fatalf("a restored reader gave %v, %v again", rows, err)
	}
}

// upsert-kafka: the latest row a key; a record without a value deletes.
func TestUpsertKafka(t *testing.T) {
	r := newRig(t)
	r.create("upsert", 1)
	schema := "city STRING, n BIGINT"
	opts := map[string]string{"connector": "upsert-kafka", "format": "", "scan.startup.mode": "", "key.format": "json", "value.format": "json"}
	tab := r.table(schema, "upsert", []int{0}, opts)
	r.write(tab, true, batch(schema, []any{"Lima", 1}, []any{vec.UpdateAfter, "Lima", 2}, []any{"Oslo", 1}, []any{vec.Delete, "Oslo", 1}))
	same(t, r.read(tab), []string{"+U Lima 1", "+U Lima 2", "+U Oslo 1", "-D Oslo NULL"})
}

func TestUpsertKafkaFoldsBeforeItWrites(t *testing.T) {
	r := newRig(t)
	r.create("fold", 1)
	schema := "city STRING, n BIGINT"
	tab := r.table(schema, "fold", []int{0}, map[string]string{"connector": "upsert-kafka", "format": "", "scan.startup.mode": "", "key.format": "json",
		"value.format": "json", "sink.buffer-flush.max-rows": "100", "sink.buffer-flush.interval": "1 h"})
	first := batch(schema, []any{"Lima", 1})
	rest := batch(schema, []any{vec.UpdateAfter, "Lima", 2}, []any{vec.UpdateAfter, "Lima", 3})
	r.write(tab, true, first, rest)
	got := r.read(tab)
	if len(got) > 2 || got[len(got)-1] != "+U Lima 3" {
		t.Fatalf("got %v", got)
	}
}

// Rows of an aborted transaction are never seen by readers of committed records.
func TestKafkaExactlyOnce(t *testing.T) {
	r := newRig(t)
	r.create("txn", 1)
	schema := "id BIGINT"
	opts := map[string]string{"sink.delivery-guarantee": "exactly-once", "sink.transactional-id-prefix": r.prefix + "txn", "properties.isolation.level": "read_committed"}
	tab := r.table(schema, "txn", nil, opts)
	r.write(tab, true, batch(schema, []any{1}))
	r.write(tab, false, batch(schema, []any{2}))
	r.write(tab, true, batch(schema, []any{3}))
	same(t, r.read(tab), []string{"+I 1", "+I 3"})
}

func TestKafkaSplitsArePartitions(t *testing.T) {
	r := newRig(t)
	r.create("conform", 2)
	r.produce("conform", 1_700_000_000_000, `0:={"id":1,"city":"Rome"}`, `1:={"id":2,"city":"Kyoto"}`, `0:={"id":3,"city":null}`)
	tab := r.table("id BIGINT, city STRING", "conform", nil, nil)
	src, err := r.reg.Source(t.Context(), &physical.Source{Scan: conformance.Scan(tab, nil)})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	splits, err := src.Splits(t.Context())
	if err != nil || len(splits) != 2 {
		t.Fatalf("%d splits, %v", len(splits), err)
	}
}

// What goes wrong is said with its place and, where there is one, the nearest name.
func TestKafkaErrors(t *testing.T) {
	r := newRig(t)
	r.create("orders", 1)
	r.produce("orders", 1_700_000_000_000, `0:={"id":1}`, `0:={"id":oops}`)
	for _, c := range []struct {
		name, topic string
		options     map[string]string
		want        []string
	}{
		{"record that does not decode", "orders", nil, []string{"topic " + r.prefix + "orders, partition 0, offset 1", "W0501"}},
		{"missing topic", "order", nil, []string{"does not exist", r.prefix + "orders"}},
		{"broker down", "orders", map[string]string{"properties.bootstrap.servers": "127.0.0.1:1"}, []string{"no Kafka broker answers at 127.0.0.1:1", "W0540"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := r.tryRead(r.table("id BIGINT", c.topic, nil, c.options))
			var d *diag.Diagnostic
			if !errors.As(err, &d) {
				t.Fatalf("got %v", err)
			}
			text := diag.Print(diag.Source{}, d)
			for _, w := range c.want {
				if !strings.Contains(text, w) {
					t.Errorf("%q is not in\n%s", w, text)
				}
			}
		})
	}
}

// A second process on one project's broker is refused; its topics survive a restart.
func TestEmbeddedBroker(t *testing.T) {
	dir := t.TempDir()
	a, b := kafka.NewBroker(dir), kafka.NewBroker(dir)
	addr, err := a.Addr(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := a.Addr(t.Context()); again != addr {
		t.Errorf("second call gave %s, first %s", again, addr)
	}
	if _, err := b.Addr(t.Context()); err == nil || !strings.Contains(err.Error(), "another weir") {
		t.Errorf("a second broker on the folder: %v", err)
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.AllowAutoTopicCreation())
	if err != nil {
		t.Fatal(err)
	}
	if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: "kept", Value: []byte("x")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	cl.Close()
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	addr, err = b.Addr(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	cl, err = kgo.NewClient(kgo.SeedBrokers(addr))
	if err != nil {
		t.Fatal(err)
	}
	adm := kadm.NewClient(cl)
	defer adm.Close()
	topics, err := adm.ListTopics(t.Context())
	if err != nil || !topics.Has("kept") {
		t.Fatalf("topics after a restart: %v, %v", topics.Names(), err)
	}
}
