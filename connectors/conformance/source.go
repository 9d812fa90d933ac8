// Package conformance holds the tests that every connector must pass, whatever it
// reads or writes: connectors call them from their own tests.
package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sort"
	"testing"
	"time"

	"github.com/weir-sql/weir/connectors/format/formattest"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// SourceTest is a bounded source with known content.
type SourceTest struct {
	// Open makes the source anew, reading the named columns ("a", "r.x"; nil = all).
	Open func(t *testing.T, columns []string) exec.Source
	// Schema are the columns in order as in CREATE TABLE.
	Schema string
	// Rows are all rows, kind and values, in any order.
	Rows [][]any
	// Some is a proper subset of the columns, in another order.
	Some []string
	// Broken makes a source whose data do not fit its schema; nil = cannot happen.
	Broken func(t *testing.T) exec.Source
}

// Run runs the source tests.
func (s SourceTest) Run(t *testing.T) {
	t.Run("bounded read", s.boundedRead)
	t.Run("resume from every position", s.resume)
	t.Run("projection", s.projection)
	t.Run("stable splits", s.stableSplits)
	t.Run("cancel", s.cancel)
	t.Run("close twice", s.closeTwice)
	if s.Broken != nil {
		t.Run("schema mismatch", s.mismatch)
	}
}

// ReadAll reads all splits to their end, checking that batches have the given types.
func ReadAll(ctx context.Context, src exec.Source, ts []types.Type) ([][]any, error) {
	splits, err := src.Splits(ctx)
	if err != nil {
		return nil, err
	}
	var rows [][]any
	for _, sp := range splits {
		r, err := src.Open(ctx, sp, nil)
		if err != nil {
			return nil, err
		}
		got, err := drain(ctx, r, ts)
		rows = append(rows, got...)
		if err := errors.Join(err, r.Close()); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// drain reads a reader to its end.
func drain(ctx context.Context, r exec.Reader, ts []types.Type) ([][]any, error) {
	var rows [][]any
	for {
		b, err := r.Read(ctx)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		if b == nil {
			continue
		}
		if err := shape(b, ts); err != nil {
			return rows, err
		}
		for i := range b.Len {
			rows = append(rows, formattest.Row(b, i))
		}
	}
}

// shape checks a batch against the types asked for.
func shape(b *vec.Batch, ts []types.Type) error {
	if b.Len == 0 || len(b.Cols) != len(ts) || b.Kinds != nil && len(b.Kinds) != b.Len {
		return fmt.Errorf("batch of %d rows, %d columns, %d kinds, want %d columns", b.Len, len(b.Cols), len(b.Kinds), len(ts))
	}
	for i, c := range b.Cols {
		if c.Len != b.Len || !c.Type.Equal(ts[i]) {
			return fmt.Errorf("column %d has %d rows of type %s, want %d of %s", i, c.Len, c.Type, b.Len, ts[i])
		}
		if c.Valid != nil && len(c.Valid) < (c.Len+7)/8 {
			return fmt.Errorf("column %d has validity for %d rows, want %d", i, len(c.Valid)*8, c.Len)
		}
	}
	return nil
}

// Sorted puts rows into an order that does not depend on how they were read.
func Sorted(rows [][]any) [][]any {
	type keyed struct {
		key string
		row []any
	}
	all := make([]keyed, len(rows))
	for i, r := range rows {
		all[i] = keyed{fmt.Sprint(r...), r}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].key < all[j].key })
	out := make([][]any, len(rows))
	for i, k := range all {
		out[i] = k.row
	}
	return out
}

// Same fails the test unless both have the same rows in any order.
func Same(t *testing.T, got, want [][]any) {
	t.Helper()
	got, want = Sorted(got), Sorted(want)
	if len(got) != len(want) {
		t.Fatalf("read %d rows, want %d", len(got), len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("row %d is %v, want %v", i, got[i], want[i])
		}
	}
}

func (s SourceTest) types(columns []string) []types.Type {
	var ts []types.Type
	for _, c := range formattest.Columns(formattest.Schema(s.Schema), columns) {
		ts = append(ts, c.Type)
	}
	return ts
}

func (s SourceTest) boundedRead(t *testing.T) {
	src := s.Open(t, nil)
	defer src.Close()
	rows, err := ReadAll(t.Context(), src, s.types(nil))
	if err != nil {
		t.Fatal(err)
	}
	Same(t, rows, s.Rows)
}

// resume reads each split up to every batch boundary and goes on with a new source.
func (s SourceTest) resume(t *testing.T) {
	src := s.Open(t, nil)
	defer src.Close()
	splits, err := src.Splits(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ts := s.types(nil)
	for _, sp := range splits {
		r, err := src.Open(t.Context(), sp, nil)
		if err != nil {
			t.Fatal(err)
		}
		positions, counts := [][]byte{r.Position()}, []int{0}
		var all [][]any
		for {
			b, err := r.Read(t.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if b == nil {
				continue
			}
			for i := range b.Len {
				all = append(all, formattest.Row(b, i))
			}
			positions, counts = append(positions, r.Position()), append(counts, len(all))
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		for i, p := range positions {
			again := s.Open(t, nil)
			r, err := again.Open(t.Context(), sp, p)
			if err != nil {
				t.Fatalf("split %s at position %d: %v", sp.ID, i, err)
			}
			rest, err := drain(t.Context(), r, ts)
			if err := errors.Join(err, r.Close(), again.Close()); err != nil {
				t.Fatalf("split %s at position %d: %v", sp.ID, i, err)
			}
			if want := all[counts[i]:]; len(rest)+len(want) > 0 && !reflect.DeepEqual(rest, want) {
				t.Fatalf("split %s resumed after %d rows gave %d rows, want %d (first %v, want %v)", sp.ID, counts[i], len(rest), len(want), first(rest), first(want))
			}
		}
	}
}

func first(rows [][]any) any {
	if len(rows) == 0 {
		return nil
	}
	return rows[0]
}

// projection reads fewer columns in another order and compares with the same
// columns of a full read.
func (s SourceTest) projection(t *testing.T) {
	src := s.Open(t, s.Some)
	defer src.Close()
	rows, err := ReadAll(t.Context(), src, s.types(s.Some))
	if err != nil {
		t.Fatal(err)
	}
	fields := formattest.Schema(s.Schema)
	var want [][]any
	for _, r := range s.Rows {
		row := []any{r[0]}
		for _, name := range s.Some {
			for i, f := range fields {
				if f.Name == name {
					row = append(row, r[i+1])
				}
			}
		}
		want = append(want, row)
	}
	Same(t, rows, want)
}

func (s SourceTest) stableSplits(t *testing.T) {
	var ids [2][]string
	for i := range ids {
		src := s.Open(t, nil)
		splits, err := src.Splits(t.Context())
		if err := errors.Join(err, src.Close()); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, sp := range splits {
			if seen[sp.ID] {
				t.Fatalf("two splits are called %q", sp.ID)
			}
			seen[sp.ID] = true
			ids[i] = append(ids[i], sp.ID)
		}
	}
	if !reflect.DeepEqual(ids[0], ids[1]) {
		t.Fatalf("splits were %v, then %v", ids[0], ids[1])
	}
}

// cancel checks that a reader gives up soon and can be closed when its context ends.
func (s SourceTest) cancel(t *testing.T) {
	src := s.Open(t, nil)
	defer src.Close()
	splits, err := src.Splits(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(splits) == 0 {
		t.Fatal("no splits")
	}
	ctx, cancel := context.WithCancel(t.Context())
	r, err := src.Open(ctx, splits[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	done := make(chan error, 1)
	go func() {
		_, err := r.Read(ctx)
		done <- err
	}()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("a cancelled read gave %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("a cancelled read did not return")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

func (s SourceTest) closeTwice(t *testing.T) {
	src := s.Open(t, nil)
	splits, err := src.Splits(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := src.Open(t.Context(), splits[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := src.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
