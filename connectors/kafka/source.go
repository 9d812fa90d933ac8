package kafka

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/physical"
)

// pollWait is how long a read waits for records before it says that nothing came.
const pollWait = 100 * time.Millisecond

// source reads the partitions of one table.
type source struct {
	env        *connector.Env
	spec       *physical.Source
	cluster    *cluster
	admin      *kadm.Client
	layout     *layout
	start, end rule
	discover   time.Duration
	last       time.Time // of the last discovery
}

var (
	_ exec.Source      = (*source)(nil)
	_ exec.Interleaved = (*source)(nil)
	_ exec.Discoverer  = (*source)(nil)
)

// newSource connects to the cluster of a table.
func newSource(ctx context.Context, env *connector.Env, spec *physical.Source, upsert bool) (exec.Source, error) {
	s := &source{env: env, spec: spec, last: time.Now()}
	var err error
	if s.layout, err = newLayout(env, spec.Table, spec.Options, spec.Read, upsert); err != nil {
		return nil, err
	}
	fallback := modeGroup
	if upsert {
		fallback = modeEarliest
	}
	if s.start, err = readRule(spec.Options, "scan.startup", fallback); err != nil {
		return nil, err
	}
	if s.end, err = readRule(spec.Options, "scan.bounded", modeUnbounded); err != nil {
		return nil, err
	}
	for name, r := range map[string]*rule{"scan.startup.snapshot": &s.start, "scan.bounded.snapshot": &s.end} {
		if r.mode != modeSnapshot {
			continue
		}
		if r.snapshot, err = readSnapshot(env, spec, name); err != nil {
			return nil, err
		}
	}
	s.discover = 5 * time.Minute
	if text := spec.Options["scan.topic-partition-discovery.interval"]; text != "" {
		s.discover, _ = catalog.ParseDuration(text) // its text was checked against the declaration
	}
	if s.cluster, err = connect(ctx, env, spec.Options); err != nil {
		return nil, err
	}
	if s.admin, err = s.cluster.admin(); err != nil {
		return nil, err
	}
	return s, nil
}

// Interleaved says that partitions are read side by side.
func (s *source) Interleaved() bool { return true }

// Splits lists the partitions with their beginnings and ends as of now.
func (s *source) Splits(ctx context.Context) ([]exec.Split, error) {
	return s.list(ctx, s.start)
}

func (s *source) list(ctx context.Context, start rule) ([]exec.Split, error) {
	create := s.cluster.embedded && s.end.mode == modeUnbounded
	topics, err := resolveTopics(ctx, s.admin, s.spec.Options, create)
	if err != nil {
		return nil, explain(s.cluster.brokers, err)
	}
	parts, err := spans(ctx, s.admin, topics, start, s.end)
	if err != nil {
		return nil, explain(s.cluster.brokers, err)
	}
	out := make([]exec.Split, len(parts))
	for i, p := range parts {
		out[i] = p.split()
	}
	return out, nil
}

// Discover looks for partitions that were added; they are read from their first
// record, because none of it has been seen.
func (s *source) Discover(ctx context.Context) ([]exec.Split, error) {
	if s.discover <= 0 || time.Since(s.last) < s.discover {
		return nil, nil
	}
	s.last = time.Now()
	return s.list(ctx, rule{mode: modeEarliest})
}

// Endless tells whether more splits may come.
func (s *source) Endless() bool { return s.end.mode == modeUnbounded }

// Close ends the administrative client.
func (s *source) Close() error {
	s.admin.Close()
	return nil
}

// Open starts reading a partition. A position is the next offset and the end.
func (s *source) Open(_ context.Context, split exec.Split, position []byte) (exec.Reader, error) {
	var p span
	if err := json.Unmarshal(split.Spec, &p); err != nil {
		return nil, fmt.Errorf("reading split %s: %w", split.ID, err)
	}
	if len(position) == 16 {
		p.Start = int64(binary.BigEndian.Uint64(position))
		p.End = int64(binary.BigEndian.Uint64(position[8:]))
	}
	rows, err := s.layout.assembler(vec.BatchSize)
	if err != nil {
		return nil, err
	}
	r := &reader{span: p, rows: rows, next: p.Start, committed: strings.EqualFold(s.cluster.props["isolation.level"], "read_committed")}
	if r.ended() {
		return r, nil
	}
	isolation := kgo.ReadUncommitted()
	if r.committed {
		isolation = kgo.ReadCommitted()
	}
	r.client, err = s.cluster.client(
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{p.Topic: {p.Partition: kgo.NewOffset().At(p.Start)}}),
		kgo.FetchIsolationLevel(isolation), kgo.KeepControlRecords(), kgo.FetchMaxWait(250*time.Millisecond),
		kgo.FetchMaxPartitionBytes(8<<20))
	if err != nil {
		return nil, err
	}
	r.brokers = s.cluster.brokers
	return r, nil
}

// reader reads one partition.
type reader struct {
	span
	brokers   []string
	client    *kgo.Client // nil if there is nothing to read
	committed bool        // records of open and aborted transactions are not given
	rows      *assembler
	next      int64 // offset after the last record given
	high      int64 // high watermark as of the last fetch
}

var _ exec.Lagger = (*reader)(nil)

func (r *reader) ended() bool { return r.End >= 0 && r.next >= r.End }

// Read gives the rows of the next records.
func (r *reader) Read(ctx context.Context) (*vec.Batch, error) {
	if r.ended() {
		return nil, io.EOF
	}
	wait, cancel := context.WithTimeout(ctx, pollWait)
	fetches := r.client.PollRecords(wait, vec.BatchSize)
	cancel()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err := r.failure(fetches); err != nil {
		return nil, err
	}
	var bad error
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		r.high = max(r.high, p.HighWatermark)
		for _, rec := range p.Records {
			if bad != nil || rec.Offset < r.next || r.End >= 0 && rec.Offset >= r.End {
				continue
			}
			if !rec.Attrs.IsControl() {
				if bad = r.rows.add(rec); bad != nil {
					continue
				}
			}
			r.next = rec.Offset + 1
		}
		if r.End >= 0 && len(p.Records) > 0 && p.Records[len(p.Records)-1].Offset >= r.End-1 {
			r.next = max(r.next, r.End)
		}
	})
	if bad != nil {
		return nil, bad
	}
	b := r.rows.finish()
	if b == nil && r.End >= 0 && fetches.NumRecords() == 0 {
		r.skipTail(ctx)
	}
	if b == nil && r.ended() {
		return nil, io.EOF
	}
	return b, nil
}

// failure gives the first error of a poll that does not pass by itself.
func (r *reader) failure(fetches kgo.Fetches) error {
	var first error
	fetches.EachError(func(topic string, partition int32, err error) {
		if first == nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
			first = fmt.Errorf("reading partition %d of topic %s: %w", partition, topic, explain(r.brokers, err))
		}
	})
	return first
}

// Position is the next offset and the end.
func (r *reader) Position() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(r.next)), uint64(r.End))
}

// Lag is the number of records between here and the end of the partition.
func (r *reader) Lag() int64 { return max(0, r.high-r.next) }

// Close ends the client.
func (r *reader) Close() error {
	if r.client != nil {
		r.client.Close()
	}
	return nil
}
