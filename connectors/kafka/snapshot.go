package kafka

import (
	"context"
	"encoding/binary"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
)

// snapshot is how far the sources of another run were read when it wrote a savepoint.
type snapshot struct {
	dir     string
	at      diag.Span // of the option that names it
	sources []connector.Progress
}

func readSnapshot(env *connector.Env, spec *physical.Source, option string) (*snapshot, error) {
	s := &snapshot{dir: spec.Options[option], at: spec.Table.OptionSpans[option].Value}
	if env.Snapshot == nil {
		return nil, diag.Errorf("W0344", s.at, "there are no savepoints here")
	}
	var err error
	s.sources, err = env.Snapshot(s.dir)
	return s, err
}

// offsets gives the first offset of each partition that the run had not read. A partition that it did
// not know begins at its start.
func (s *snapshot) offsets(ctx context.Context, adm *kadm.Client, topics []string) (kadm.ListedOffsets, error) {
	out, err := adm.ListStartOffsets(ctx, topics...)
	if err != nil {
		return out, err
	}
	for topic, parts := range out {
		known := false
		for p, o := range parts {
			at, read, err := s.offset(span{Topic: topic, Partition: p}.split().ID)
			if err != nil {
				return nil, err
			}
			if read {
				known = true
				o.Offset = at
				parts[p] = o
			}
		}
		if !known {
			return nil, diag.Errorf("W0344", s.at, "the run of snapshot %q did not read topic %q", s.dir, topic).
				WithHint("name a savepoint of a stream that reads it; `weir savepoint` tells what one holds")
		}
	}
	return out, nil
}

// offset is where the run stood in one partition; read is false if it did not know it.
func (s *snapshot) offset(split string) (at int64, read bool, err error) {
	for _, source := range s.sources {
		if slices.Contains(source.Done, split) {
			return 0, false, diag.Errorf("W0344", s.at, "snapshot %q is of a run that read partition %s to an end of its own, which it does not tell", s.dir, split).
				WithHint("name a savepoint of a stream that reads the topic without an end")
		}
		position, ok := source.Splits[split]
		if !ok || len(position) != 16 {
			continue
		}
		next := int64(binary.BigEndian.Uint64(position))
		if read && next != at {
			return 0, false, diag.Errorf("W0344", s.at, "the run of snapshot %q read partition %s twice, and was at offset %d and at offset %d", s.dir, split, at, next).
				WithHint("name a savepoint of a run that reads the topic once")
		}
		at, read = next, true
	}
	return at, read, nil
}
