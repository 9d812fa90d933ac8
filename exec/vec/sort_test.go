package vec

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-sql/weir/planner/types"
)

// TestSortIndices checks order and stability against the comparer.
func TestSortIndices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts := genTypes(1, 1, 3).Draw(t, "types")
		keys := genSortKeys(t, len(ts))
		b := genBatch(t, ts, rapid.SampledFrom([]int{3, 12, 150}).Draw(t, "max"))
		want := make([]int32, b.Len)
		for i := range want {
			want[i] = int32(i)
		}
		cmp := NewComparer(b.Cols, b.Cols, keys)
		slices.SortStableFunc(want, func(i, j int32) int { return cmp.Compare(int(i), int(j)) })
		if got := SortIndices(b, keys); !slices.Equal(got, want) {
			t.Fatalf("order %v, want %v of\n%s", got, want, batchText(b))
		}
	})
}

// TestMergerIsAStableSort cuts a batch into runs, sorts and merges them.
func TestMergerIsAStableSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts := genTypes(1, 1, 3).Draw(t, "types")
		keys := genSortKeys(t, len(ts))
		b := genBatch(t, ts, 60)
		var runs []func() (*Batch, error)
		for at := 0; at < b.Len; {
			n := rapid.IntRange(1, b.Len-at).Draw(t, "run")
			run := b.Slice(at, n)
			run = run.Take(SortIndices(run, keys))
			at += n
			pieces := []*Batch{NewBatch(0, run.Slice(0, 0).Cols...)}
			for p := 0; p < n; {
				k := rapid.IntRange(1, n-p).Draw(t, "piece")
				pieces = append(pieces, run.Slice(p, k))
				p += k
			}
			runs = append(runs, func() (*Batch, error) {
				if len(pieces) == 0 {
					return nil, nil
				}
				p := pieces[0]
				pieces = pieces[1:]
				return p, nil
			})
		}
		m := NewMerger(ts, keys, runs)
		got := ""
		for {
			part, err := m.Next()
			if err != nil {
				t.Fatal(err)
			}
			if part == nil {
				break
			}
			got += batchText(part)
		}
		if want := batchText(b.Take(SortIndices(b, keys))); got != want {
			t.Fatalf("merged\n%s, want\n%s", got, want)
		}
	})
}

// TestMergerPassesErrors stops at a run that fails.
func TestMergerPassesErrors(t *testing.T) {
	fails := fmt.Errorf("run fails")
	calls := 0
	m := NewMerger([]types.Type{types.Int64}, Ascending(1), []func() (*Batch, error){func() (*Batch, error) {
		if calls++; calls == 1 {
			return NewBatch(1, FromValues(types.Int64, 1)), nil
		}
		return nil, fails
	}})
	if _, err := m.Next(); err != fails {
		t.Fatalf("error %v", err)
	}
}

// TestTakeSliceConcat states the laws that bind the ways of moving rows.
func TestTakeSliceConcat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts := genTypes(2, 1, 3).Draw(t, "types")
		b := genBatch(t, ts, 40)
		want := make([]string, b.Len)
		for i := range want {
			want[i] = batchText(b.Slice(i, 1))
		}
		text := func(rows ...int32) (s string) {
			for _, i := range rows {
				s += want[i]
			}
			return s
		}
		all := make([]int32, b.Len)
		for i := range all {
			all[i] = int32(i)
		}
		cut := rapid.IntRange(0, b.Len).Draw(t, "cut")
		left, right := b.Slice(0, cut), b.Slice(cut, b.Len-cut)
		if got := batchText(Concat(ts, []*Batch{left, NewBatch(0, b.Slice(0, 0).Cols...), right})); got != text(all...) {
			t.Fatalf("the pieces put together are\n%s", got)
		}
		if b.Len == 0 {
			return
		}
		sel := rapid.SliceOfN(rapid.Int32Range(0, int32(b.Len-1)), 0, 30).Draw(t, "sel")
		if got := batchText(b.Take(sel)); got != text(sel...) {
			t.Fatalf("Take(%v) is\n%s", sel, got)
		}
		// Taking from the pieces is taking from the whole.
		src, rows := make([]int32, len(sel)), make([]int32, len(sel))
		for j, i := range sel {
			if rows[j] = i; int(i) >= cut {
				src[j], rows[j] = 1, i-int32(cut)
			}
		}
		for c, typ := range ts {
			got := TakeFrom(typ, []*Vec{left.Cols[c], right.Cols[c]}, src, rows)
			for j, i := range sel {
				if rowText([]*Vec{got}, j) != rowText(b.Cols[c:c+1], int(i)) {
					t.Fatalf("column %d row %d: %s", c, j, rowText([]*Vec{got}, j))
				}
			}
			if nulls := TakeFrom(typ, []*Vec{left.Cols[c], right.Cols[c]}, []int32{0}, []int32{-1}); !nulls.IsNull(0) {
				t.Fatal("a negative row is not NULL")
			}
		}
		// A selection of a selection is a selection.
		if len(sel) > 0 {
			again := rapid.SliceOfN(rapid.Int32Range(0, int32(len(sel)-1)), 0, 10).Draw(t, "again")
			both := make([]int32, len(again))
			for j, k := range again {
				both[j] = sel[k]
			}
			if got := batchText(b.Take(sel).Take(again)); got != text(both...) {
				t.Fatalf("Take of Take is\n%s", got)
			}
		}
	})
}

// TestBlock checks that a batch comes back from its block, and that no cut block
// is taken for one.
func TestBlock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts := genTypes(2, 1, 4).Draw(t, "types")
		b := genBatch(t, ts, 20)
		if b.Len > 2 {
			b = b.Slice(1, b.Len-2)
		}
		block := AppendBlock(nil, b)
		aligned := AlignedBytes(len(block))
		copy(aligned, block)
		got, err := DecodeBlock(aligned, ts)
		if err != nil {
			t.Fatal(err)
		}
		if batchText(got) != batchText(b) {
			t.Fatalf("decoded\n%s, want\n%s", batchText(got), batchText(b))
		}
		if _, err := DecodeBlock(aligned[:rapid.IntRange(0, len(block)/8-1).Draw(t, "cut")*8], ts); err == nil {
			t.Fatal("a cut block is decoded")
		}
	})
}

func BenchmarkSortIndices(b *testing.B) {
	batch, _ := benchBatch()
	for _, c := range []struct {
		name string
		keys []SortKey
	}{
		{"bigint", []SortKey{{Col: 0}}}, {"double", []SortKey{{Col: 3, Desc: true}}}, {"string", []SortKey{{Col: 2}}},
		{"string_bigint", []SortKey{{Col: 2}, {Col: 0}}}, {"bigint_bigint", []SortKey{{Col: 1}, {Col: 0}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				SortIndices(batch, c.keys)
			}
			b.ReportMetric(float64(b.N)*BatchSize/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}

// BenchmarkMerge merges 16 sorted runs of (BIGINT, BIGINT, STRING, DOUBLE).
func BenchmarkMerge(b *testing.B) {
	batch, ts := benchBatch()
	keys := []SortKey{{Col: 0}}
	const pieces = 4
	var sorted []*Batch
	for i := range 16 {
		part := batch.Slice(i*256, 256)
		sorted = append(sorted, part.Take(SortIndices(part, keys)))
	}
	b.ReportAllocs()
	for range b.N {
		var runs []func() (*Batch, error)
		for _, s := range sorted {
			at := 0
			runs = append(runs, func() (*Batch, error) {
				if at == s.Len {
					return nil, nil
				}
				at += s.Len / pieces
				return s.Slice(at-s.Len/pieces, s.Len/pieces), nil
			})
		}
		for m := NewMerger(ts, keys, runs); ; {
			out, err := m.Next()
			if err != nil {
				b.Fatal(err)
			}
			if out == nil {
				break
			}
		}
	}
	b.ReportMetric(float64(b.N)*BatchSize/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
