package conformance

import (
	"errors"
	"testing"

	"github.com/weir-sql/weir/connectors/format/formattest"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
)

// SinkTest is a sink whose content can be read back.
type SinkTest struct {
	// Open makes the sink anew, over the same table.
	Open func(t *testing.T) exec.Sink
	// Read reads all that is visible in the table.
	Read func(t *testing.T) [][]any
	// Schema are the columns in order as in CREATE TABLE; Rows are rows to write.
	Schema string
	Rows   [][]any
	// Empty fails the test if the table's place holds anything, visible or not; nil =
	// cannot be told.
	Empty func(t *testing.T)
}

// Run runs the sink tests. They add to one table.
func (s SinkTest) Run(t *testing.T) {
	t.Run("abort leaves nothing", s.abort)
	t.Run("write, commit, read back", s.commit)
	t.Run("close twice", s.closeTwice)
}

func (s SinkTest) batch(rows [][]any) *vec.Batch {
	return formattest.Batch(formattest.Schema(s.Schema), rows)
}

// write writes the rows with two writers and prepares them.
func (s SinkTest) write(t *testing.T, sink exec.Sink) [][]byte {
	t.Helper()
	var commits [][]byte
	half := len(s.Rows) / 2
	for i, rows := range [][][]any{s.Rows[:half], s.Rows[half:]} {
		w, err := sink.Writer(t.Context(), i, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, cut := range [][][]any{rows[:len(rows)/3], rows[len(rows)/3:]} {
			if len(cut) > 0 {
				if err := w.Write(t.Context(), s.batch(cut)); err != nil {
					t.Fatal(err)
				}
			}
		}
		c, err := w.Prepare(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if c != nil {
			commits = append(commits, c)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return commits
}

func (s SinkTest) abort(t *testing.T) {
	sink := s.Open(t)
	s.write(t, sink)
	if rows := s.Read(t); len(rows) > 0 {
		t.Fatalf("%d rows are visible before a commit", len(rows))
	}
	if err := errors.Join(sink.Abort(t.Context()), sink.Close()); err != nil {
		t.Fatal(err)
	}
	if rows := s.Read(t); len(rows) > 0 {
		t.Fatalf("%d rows are visible after an abort", len(rows))
	}
	if s.Empty != nil {
		s.Empty(t)
	}
}

// commit also repeats the commit, with the same sink and after a restart.
func (s SinkTest) commit(t *testing.T) {
	sink := s.Open(t)
	commits := s.write(t, sink)
	for range 2 {
		if err := sink.Commit(t.Context(), commits); err != nil {
			t.Fatal(err)
		}
		Same(t, s.Read(t), s.Rows)
	}
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
	again := s.Open(t)
	if err := errors.Join(again.Commit(t.Context(), commits), again.Abort(t.Context()), again.Close()); err != nil {
		t.Fatal(err)
	}
	Same(t, s.Read(t), s.Rows)
}

func (s SinkTest) closeTwice(t *testing.T) {
	sink := s.Open(t)
	w, err := sink.Writer(t.Context(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := sink.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
