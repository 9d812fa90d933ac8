package kafka_test

import (
	"errors"
	"testing"

	"github.com/weir-sql/weir/connectors/conformance"
	"github.com/weir-sql/weir/exec"
)

// A checkpoint is committed by the process that took it or by another one that goes on
// from it, again if need be; what nobody prepared is never seen.
func TestKafkaCommitsAfterARestart(t *testing.T) {
	r := newRig(t)
	r.create("restart", 1)
	schema := "id BIGINT"
	tab := r.table(schema, "restart", nil, map[string]string{"sink.delivery-guarantee": "exactly-once",
		"sink.transactional-id-prefix": r.prefix + "restart", "properties.isolation.level": "read_committed"})
	open := func() (exec.Sink, func() exec.Writer) {
		sink, err := r.reg.Sink(t.Context(), conformance.Sink(tab))
		if err != nil {
			t.Fatal(err)
		}
		return sink, func() exec.Writer {
			w, err := sink.Writer(t.Context(), 0, 1)
			if err != nil {
				t.Fatal(err)
			}
			return w
		}
	}
	prepare := func(w exec.Writer, id int) []byte {
		if err := w.Write(t.Context(), batch(schema, []any{id})); err != nil {
			t.Fatal(err)
		}
		token, err := w.Prepare(t.Context())
		if err != nil || token == nil {
			t.Fatal(token, err)
		}
		return token
	}
	commit := func(s exec.Sink, tokens ...[]byte) {
		t.Helper()
		if err := s.Commit(t.Context(), tokens); err != nil {
			t.Fatal(err)
		}
	}

	first, writer := open()
	w := writer()
	commit(first, prepare(w, 1))
	two := prepare(w, 2)                                                  // in a checkpoint that was kept
	if err := w.Write(t.Context(), batch(schema, []any{3})); err != nil { // in none
		t.Fatal(err)
	}
	if err := first.Close(); err != nil { // as a killed process: nothing is ended
		t.Fatal(err)
	}

	second, writer := open()
	commit(second, two)
	commit(second, two) // dies, and goes on from the same checkpoint
	w = writer()        // aborts what is left of the first
	if token, err := w.Prepare(t.Context()); token != nil || err != nil {
		t.Fatalf("nothing was written, and prepared is %s (%v)", token, err)
	}
	commit(second, prepare(w, 5))
	same(t, r.read(tab), []string{"+I 1", "+I 2", "+I 5"})

	gone := prepare(w, 6)
	if err := errors.Join(second.Abort(t.Context()), second.Close()); err != nil {
		t.Fatal(err)
	}
	third, writer := open()
	writer()
	if err := third.Commit(t.Context(), [][]byte{gone}); !errors.Is(err, exec.ErrCommitLost) {
		t.Errorf("an aborted transaction: %v", err)
	}
	if err := third.Close(); err != nil {
		t.Fatal(err)
	}
	same(t, r.read(tab), []string{"+I 1", "+I 2", "+I 5"})
}
