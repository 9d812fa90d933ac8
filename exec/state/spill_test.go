package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

var spillTypes = []types.Type{types.Int64, types.String, types.NewArray(types.Int32)}

func spillBatch(n, from int) *vec.Batch {
	b := vec.NewBatchBuilder(spillTypes, n)
	for i := from; i < from+n; i++ {
		b.Cols[0].Int64(int64(i))
		b.Cols[1].String(strings.Repeat("x", i%7))
		b.Cols[2].Append([]any{i, nil})
		b.EndRow(vec.RowKind(i % 4))
	}
	return b.Finish()
}

func TestSpill(t *testing.T) {
	parent := t.TempDir()
	s := NewSpill(parent)
	if files, _ := os.ReadDir(parent); len(files) != 0 {
		t.Fatal("a directory before the first run")
	}
	r, err := s.NewRun(spillTypes)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if err := r.Write(spillBatch(100, i*100)); err != nil {
			t.Fatal(err)
		}
	}
	r.Write(nil)
	r.Finish()
	if r.Rows() != 500 || r.Bytes() != s.Bytes() || r.Bytes() < 500*12 {
		t.Errorf("%d rows in %d bytes, %d in all", r.Rows(), r.Bytes(), s.Bytes())
	}
	for _, path := range []string{s.dir, r.path} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v (%v)", path, info.Mode(), err)
		}
	}
	first, second := r.Reader(), r.Reader()
	for i := range 6 {
		for _, next := range []func() (*vec.Batch, error){first, second} {
			b, err := next()
			if err != nil {
				t.Fatal(err)
			}
			if i == 5 {
				if b != nil {
					t.Fatal("a sixth batch")
				}
				continue
			}
			want := spillBatch(100, i*100)
			for row := range 100 {
				if b.Kind(row) != want.Kind(row) || !vec.Equal(b.Cols, row, want.Cols, row) {
					t.Fatalf("batch %d row %d is %s", i, row, vec.FormatValue(b.Cols[0], row))
				}
			}
		}
	}
	other, _ := s.NewRun(spillTypes)
	if err := r.Close(); err != nil || r.Close() != nil {
		t.Error(err)
	}
	if files, _ := os.ReadDir(s.dir); len(files) != 1 || filepath.Base(other.path) != files[0].Name() {
		t.Errorf("after closing a run there are %v", files)
	}
	if err := s.Close(); err != nil || s.Close() != nil {
		t.Error(err)
	}
	if files, _ := os.ReadDir(parent); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
}

// TestSpillFindsDamage flips bits all over a spill file: reading fails or gives the
// rows that were written.
func TestSpillFindsDamage(t *testing.T) {
	s := NewSpill(t.TempDir())
	defer s.Close()
	r, err := s.NewRun(spillTypes)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Write(spillBatch(20, 0)); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		bad := append([]byte{}, whole...)
		bad[at] ^= 1 << (at % 8)
		if err := os.WriteFile(r.path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		var d *diag.Diagnostic
		if _, err := r.Reader()(); !errors.As(err, &d) || d.File != s.dir {
			t.Fatalf("byte %d of %d damaged: %v", at, len(whole), err)
		}
	}
	os.WriteFile(r.path, whole[:len(whole)/2], 0o600)
	if _, err := r.Reader()(); err == nil {
		t.Fatal("half a file is read")
	}
}

// fullDisk fails writing as a full disk does.
type fullDisk struct{ spillFile }

func (fullDisk) WriteAt([]byte, int64) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "run", Err: syscall.ENOSPC}
}

func TestSpillErrors(t *testing.T) {
	s := NewSpill(t.TempDir())
	defer s.Close()
	open := s.create
	s.create = func(path string) (spillFile, error) {
		f, err := open(path)
		return fullDisk{f}, err
	}
	r, err := s.NewRun(spillTypes)
	if err != nil {
		t.Fatal(err)
	}
	var d *diag.Diagnostic
	if err := r.Write(spillBatch(10, 0)); !errors.As(err, &d) || d.Primary != "writing a spill file failed: the disk is full" || d.Hint == "" {
		t.Errorf("full disk: %v", err)
	}
	if r.Rows() != 0 {
		t.Errorf("%d rows after a failed write", r.Rows())
	}
	if _, err := NewSpill(filepath.Join(t.TempDir(), "none")).NewRun(nil); !errors.As(err, &d) {
		t.Errorf("no directory: %v", err)
	}
}

// TestBudget reserves from many goroutines: never more than the limit, and all back
// at the end.
func TestBudget(t *testing.T) {
	b := NewBudget(100)
	var wg sync.WaitGroup
	errs := make(chan error, 8)
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 1000 {
				if n := int64(i % 60); b.Reserve(n) {
					if used := b.Used(); used > 100+8*60 {
						errs <- fmt.Errorf("%d of 100 used", used)
						return
					}
					b.Release(n)
				}
			}
		}()
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	if b.Used() != 0 || b.Reserve(101) || !b.Reserve(100) || b.Reserve(1) || b.Limit() != 100 {
		t.Errorf("budget of 100 with %d used", b.Used())
	}
	b.Force(50)
	if b.Used() != 150 {
		t.Errorf("%d used", b.Used())
	}
	if free := NewBudget(0); !free.Reserve(1<<60) || free.Limit() != 0 {
		t.Error("a budget without limit refuses")
	}
}

func BenchmarkSpill(b *testing.B) {
	s := NewSpill(b.TempDir())
	defer s.Close()
	batch := spillBatch(vec.BatchSize, 0)
	r, err := s.NewRun(spillTypes)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if r.Bytes() > 64<<20 {
				r.Close()
				r, _ = s.NewRun(spillTypes)
			}
			if err := r.Write(batch); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)*vec.BatchSize/b.Elapsed().Seconds()/1e6, "Mrows/s")
	})
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		next := r.Reader()
		for range b.N {
			got, err := next()
			if err != nil {
				b.Fatal(err)
			}
			if got == nil {
				next = r.Reader()
			}
		}
		b.ReportMetric(float64(b.N)*vec.BatchSize/b.Elapsed().Seconds()/1e6, "Mrows/s")
	})
}

// BenchmarkSnapshot writes and reads snapshots of 100,000 small entries.
func BenchmarkSnapshot(b *testing.B) {
	const n = 100_000
	fill := func(w Writer) {
		for i := range n {
			key := fmt.Appendf(nil, "key-%08d", i)
			if err := w.Put("uid/groups", i%128, key, key); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("memory", func(b *testing.B) {
		for range b.N {
			m := NewMemory()
			fill(m)
			m.Each("uid/groups", All(128), func(int, []byte, []byte) error { return nil })
		}
		b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds()/1e6, "Mentries/s")
	})
	b.Run("encode", func(b *testing.B) {
		for range b.N {
			var sink discard
			e := NewEncoder(&sink)
			fill(e)
			e.Close()
		}
		b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds()/1e6, "Mentries/s")
	})
	b.Run("pebble", func(b *testing.B) {
		for range b.N {
			p, err := OpenPebble(PebbleConfig{Dir: b.TempDir(), NoLog: true})
			if err != nil {
				b.Fatal(err)
			}
			fill(p)
			if err := p.Close(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds()/1e6, "Mentries/s")
	})
}

type discard struct{}

func (*discard) Write(p []byte) (int, error) { return len(p), nil }
