package filesystem

import (
	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
)

// seen is what the run of a savepoint had read of files.
type seen struct {
	dir   string
	at    diag.Span // of the option that names it
	done  map[string]bool
	begun map[string][]byte
}

// readSnapshots reads the savepoints that the table's options name.
func (s *Source) readSnapshots(env *connector.Env) (err error) {
	if s.since, err = readSnapshot(env, s.spec, "scan.startup.snapshot"); err != nil {
		return err
	}
	s.until, err = readSnapshot(env, s.spec, "scan.bounded.snapshot")
	return err
}

// readSnapshot gives nil if the option is not set.
func readSnapshot(env *connector.Env, scan physical.Scan, option string) (*seen, error) {
	dir := scan.Options[option]
	if dir == "" {
		return nil, nil
	}
	s := &seen{dir: dir, at: scan.Table.OptionSpans[option].Value, done: map[string]bool{}, begun: map[string][]byte{}}
	if env.Snapshot == nil {
		return nil, diag.Errorf("W0333", s.at, "there are no savepoints here")
	}
	sources, err := env.Snapshot(dir)
	for _, source := range sources {
		for _, id := range source.Done {
			s.done[id] = true
		}
		for id, position := range source.Splits {
			s.begun[id] = position
		}
	}
	return s, err
}

// between reports whether a split is read, as far as snapshots decide.
func (s *Source) between(id string) (bool, error) {
	if s.since != nil && s.since.done[id] {
		return false, nil
	}
	if s.until == nil || s.until.done[id] {
		return true, nil
	}
	if _, begun := s.until.begun[id]; begun {
		return false, diag.Errorf("W0333", s.until.at, "the run of snapshot %q was in the middle of file %q", s.until.dir, id).
			WithHint("name a savepoint that was taken when the file had been read")
	}
	return false, nil
}

// position is where a split that the run had begun goes on; nil = at its beginning.
func (s *seen) position(id string) []byte {
	if s == nil {
		return nil
	}
	return s.begun[id]
}
