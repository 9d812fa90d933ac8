package session_test

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/session"
)

var kafkaSplits = flag.Int("splits", 200, "random splits of TestHybridKafka")
var firstSplit = flag.Int("first-split", 0, "number of the first split, to see one again")

// kafkaDDL has the tables of a split: files of JSON lines, and a topic of which the position
// of a record is known as Kafka tells it.
const kafkaDDL = `
CREATE TABLE history (vid BIGINT NOT NULL, p BIGINT, o BIGINT, ts TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = '%[1]s', 'format' = 'json');
CREATE TABLE live (id BIGINT NOT NULL, p INT NOT NULL METADATA FROM 'partition' VIRTUAL, o BIGINT NOT NULL METADATA FROM 'offset' VIRTUAL, ts TIMESTAMP(3)) WITH (
  'connector' = 'kafka', 'topic' = '%[1]s', 'format' = 'json', 'properties.bootstrap.servers' = 'embedded', 'scan.startup.mode' = 'earliest-offset'%[2]s);
CREATE TABLE visits (id BIGINT NOT NULL, p BIGINT, o BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '20' SECOND) WITH ('connector' = 'hybrid',
  'sides' = 'history, live', 'history.kind' = '0', 'history.fieldMappings' = 'id = vid', 'live.kind' = '1', %[3]s);
%[4]s;`

// kafkaSplit is a split whose files are on disk and whose log is a topic of the embedded broker. A tail of
// each partition is written only while the run reads the topic.
type kafkaSplit struct {
	*splitWorld
	inner exec.Connectors // of the run
	topic string
	kafka *kgo.Client

	tailMu sync.Mutex
	tail   [][]*kgo.Record // by partition: what has not been written yet
}

// Source gives the real source, held where the run is to be killed.
func (k *kafkaSplit) Source(ctx context.Context, spec *physical.Source) (exec.Source, error) {
	src, err := k.inner.Source(ctx, spec)
	return &heldSource{Source: src, k: k, log: spec.Table.Path.Name == "live"}, err
}

type heldSource struct {
	exec.Source
	k   *kafkaSplit
	log bool
}

func (s *heldSource) Interleaved() bool { return s.log }
func (s *heldSource) Open(ctx context.Context, sp exec.Split, position []byte) (exec.Reader, error) {
	r, err := s.Source.Open(ctx, sp, position)
	if err != nil || !s.log {
		return &heldReader{Reader: r, s: s}, err
	}
	var p int
	if _, err := fmt.Sscanf(sp.ID[strings.LastIndex(sp.ID, "-"):], "-%d", &p); err != nil {
		return nil, err
	}
	return &heldReader{Reader: r, s: s, partition: p}, nil
}

type heldReader struct {
	exec.Reader
	s         *heldSource
	partition int
}

// Read reads on, unless the run is to be killed here. A topic that nobody ends is read until all of the split is.
func (r *heldReader) Read(ctx context.Context) (*vec.Batch, error) {
	k := r.s.k
	if err := k.pass(ctx, r.s.log); err != nil || !r.s.log {
		if err != nil {
			return nil, err
		}
		return r.Reader.Read(ctx)
	}
	if position := r.Position(); binary.BigEndian.Uint64(position) >= uint64(len(k.log[r.partition])) {
		return nil, io.EOF
	}
	if err := k.write(context.WithoutCancel(ctx), r.partition); err != nil { // whoever writes to a topic goes on when a reader is killed
		return nil, err
	}
	return r.Reader.Read(ctx)
}

// write writes the next few records of a partition's tail.
func (k *kafkaSplit) write(ctx context.Context, p int) error {
	k.tailMu.Lock()
	defer k.tailMu.Unlock()
	n := min(3, len(k.tail[p]))
	if n == 0 {
		return nil
	}
	next := k.tail[p][:n]
	k.tail[p] = k.tail[p][n:]
	return k.kafka.ProduceSync(ctx, next...).FirstErr()
}

// record is a row as a record of the topic.
func (k *kafkaSplit) record(row hybridRow, p int) *kgo.Record {
	return &kgo.Record{Topic: k.topic, Partition: int32(p), Value: fmt.Appendf(nil, `{"id":%d,"ts":%q}`, row.id, timeText(row.ts))}
}

func timeText(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05.000") }

// fill writes the files, and of the topic all but what is to come while it is read.
func (k *kafkaSplit) fill(ctx context.Context, r *rand.Rand, dir string, growing bool) error {
	place := map[int64][2]int64{}
	var now []*kgo.Record
	k.tail = make([][]*kgo.Record, len(k.log))
	for p, rows := range k.log {
		written := len(rows)
		if growing {
			written = r.IntN(len(rows) + 1)
		}
		for o, row := range rows {
			place[row.id] = [2]int64{int64(p), int64(o)}
			if o < written {
				now = append(now, k.record(row, p))
			} else {
				k.tail[p] = append(k.tail[p], k.record(row, p))
			}
		}
	}
	if err := k.kafka.ProduceSync(ctx, now...).FirstErr(); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(dir, k.topic), 0o700); err != nil {
		return err
	}
	for i, rows := range k.files {
		var text []byte
		for _, row := range rows {
			at, both := place[row.id]
			if !both { // it has left the log
				at = [2]int64{0, -1 - row.id}
			}
			text = fmt.Appendf(text, `{"vid":%d,"p":%d,"o":%d,"ts":%q}`+"\n", row.id, at[0], at[1], timeText(row.ts))
		}
		if err := os.WriteFile(filepath.Join(dir, k.topic, fmt.Sprintf("%d.json", i)), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// TestHybridKafka: as TestHybridSplits, with the connectors of a real run: files of JSON lines, and topics of the
// embedded broker, half of which grow while they are read and never end by themselves. A run that was killed may
// go on at another parallelism. -splits=10000 is make test-hybrid.
func TestHybridKafka(t *testing.T) {
	n := *kafkaSplits
	if testing.Short() {
		n = min(n, 40)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "weir.yaml"), []byte("name: splits\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var sessions []*session.Session // by parallelism; the first one has the broker
	for _, parallelism := range []string{"1", "2", "3"} {
		s, err := session.Open(session.Options{Dir: dir, Config: map[string]string{"parallelism.default": parallelism}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		sessions = append(sessions, s)
	}
	broker, err := sessions[0].Broker(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	rig := &kafkaRig{dir: dir, broker: broker, client: client, admin: kadm.NewClient(client), sessions: sessions}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range 6 { // a run waits for the broker most of the time
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(n) && !t.Failed(); i = next.Add(1) - 1 {
				if err := rig.one(t.Context(), *firstSplit+int(i)); err != nil {
					t.Errorf("%v\nagain: go test ./session -run TestHybridKafka -args -first-split %d -splits 1", err, *firstSplit+int(i))
				}
			}
		})
	}
	workers.Wait()
	t.Logf("%d splits: %d overlapping, %d growing while they are read, %d in batch, %d killed and restored, %d of them at the switch",
		n, rig.overlapping.Load(), rig.growing.Load(), rig.batch.Load(), rig.killed.Load(), rig.atSwitch.Load())
	if n >= 40 && min(rig.overlapping.Load(), rig.growing.Load(), rig.batch.Load(), rig.killed.Load(), rig.atSwitch.Load()) == 0 {
		t.Error("the splits say little")
	}
}

// kafkaRig is what the splits share.
type kafkaRig struct {
	dir, broker string
	client      *kgo.Client
	admin       *kadm.Client
	sessions    []*session.Session

	overlapping, growing, batch, killed, atSwitch atomic.Int64
}

// one runs the split of a number.
func (g *kafkaRig) one(ctx context.Context, number int) error {
	r := rand.New(rand.NewPCG(uint64(number), 11))
	rules := []string{"column", "key", "position"}
	rule, query, mode, growing := rules[r.IntN(3)], []string{"rows", "windows"}[r.IntN(2)], session.Stream, r.IntN(2) == 0
	k := &kafkaSplit{splitWorld: newSplitWorld(randomSplit(r, rule)), topic: fmt.Sprintf("s%d", number), kafka: g.client}
	first, second := g.sessions[r.IntN(3)], g.sessions[1+r.IntN(2)]
	if first == g.sessions[0] { // one task aggregates in one step: another plan, with other state
		second = first
	}
	if r.IntN(5) == 0 { // a batch run ends, is not killed, and knows no checkpoints
		mode, growing, k.armed, query = session.Batch, false, false, "rows"
	}
	if len(slices.Concat(slices.Concat(k.files...), slices.Concat(k.log...))) > len(k.all) {
		g.overlapping.Add(1)
	}
	for _, c := range []struct {
		is    bool
		count *atomic.Int64
	}{{growing, &g.growing}, {mode == session.Batch, &g.batch}, {k.armed, &g.killed}, {k.armed && k.kill < 0, &g.atSwitch}} {
		if c.is {
			c.count.Add(1)
		}
	}
	if _, err := g.admin.CreateTopic(ctx, int32(len(k.log)), 1, nil, k.topic); err != nil {
		return err
	}
	if err := k.fill(ctx, r, g.dir, growing); err != nil {
		return err
	}
	end := ", 'scan.bounded.mode' = 'latest-offset'"
	if growing {
		end = ""
	}
	sql := fmt.Sprintf(kafkaDDL, k.topic, end, hybridRules[rule], hybridQueries[query])
	sql = strings.ReplaceAll(sql, "'embedded'", "'"+g.broker+"'")
	plans := map[*session.Session]*session.Plan{}
	for _, s := range []*session.Session{first, second} {
		p, list := s.Plan(diag.Source{Name: "visits.sql", Text: sql}, mode)
		if p == nil {
			return fmt.Errorf("%v", list)
		}
		plans[s] = p
	}
	var runs []*session.Run
	got, err := runSplit(ctx, k.splitWorld, func(from *runtime.Snapshot) (*runtime.Job, error) {
		s := first
		if from != nil {
			s = second
		}
		run, err := s.Run(ctx, plans[s], session.RunOptions{Limit: -1, Restore: from, Connectors: func(inner exec.Connectors) exec.Connectors {
			k.inner = inner
			return k
		}})
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
		return run.Job(), nil
	})
	for _, run := range runs {
		_ = run.Wait() // runSplit has told how its job ended
	}
	where := fmt.Sprintf("split %d, %s, %s, %s, growing %t, killed %t at %d", number, rule, query, mode, growing, k.killed, k.kill)
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	if want := k.truth(query); !slices.Equal(got, want) {
		return fmt.Errorf("%s:\n got %v\nwant %v\nfiles %v\nlog %v", where, got, want, k.files, k.log)
	}
	_, err = g.admin.DeleteTopics(ctx, k.topic)
	return errors.Join(err, os.RemoveAll(filepath.Join(g.dir, k.topic)))
}
