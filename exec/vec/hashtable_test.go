package vec

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-sql/weir/planner/types"
)

// TestGroupTableIsAMap drives a table and a Go map with the same finds, inserts
// and deletions.
func TestGroupTableIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts := rapid.OneOf(
			rapid.SliceOfN(genFlat(), 1, 1), rapid.SliceOfN(genFlat(), 2, 2),
			rapid.Just([]types.Type{types.Int64}), rapid.Just([]types.Type{types.Int64, types.Int32}),
			rapid.Just([]types.Type{types.String}), rapid.Just([]types.Type{}), genKeyTypes(),
		).Draw(t, "types")
		table := NewGroupTable(ts)
		model := map[string]int32{}
		var order []int32
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			b := genBatch(t, ts, 40)
			insert := rapid.IntRange(0, 3).Draw(t, "insert") > 0
			var hashes []uint64
			if rapid.Bool().Draw(t, "hashed") {
				hashes = make([]uint64, b.Len)
				HashColumns(b.Cols, hashes)
			}
			ids := make([]int32, b.Len)
			table.Find(b.Cols, hashes, ids, insert)
			used := map[int32]bool{}
			for _, id := range model {
				used[id] = true
			}
			for i, id := range ids {
				key := rowText(b.Cols, i)
				want, ok := model[key]
				switch {
				case ok:
				case insert:
					if used[id] || int(id) >= table.Cap() || id < 0 {
						t.Fatalf("row %s: new group %d is taken or beyond Cap %d", key, id, table.Cap())
					}
					used[id] = true
					model[key], want = id, id
					order = append(order, id)
				default:
					want = -1
				}
				if id != want {
					t.Fatalf("row %s: group %d, want %d", key, id, want)
				}
			}
			for key, id := range model {
				if rapid.IntRange(0, 2).Draw(t, "delete") == 0 {
					table.Delete(id)
					delete(model, key)
					order = slices.DeleteFunc(order, func(o int32) bool { return o == id })
				}
			}
			live := table.AppendIDs(nil)
			if !slices.Equal(live, order) || table.Len() != len(model) {
				t.Fatalf("live groups %v (Len %d), want %v", live, table.Len(), order)
			}
			keys := table.Keys(live)
			hashes = make([]uint64, len(live))
			HashColumns(keys, hashes)
			for j, id := range live {
				if model[rowText(keys, j)] != id {
					t.Fatalf("group %d has key %s", id, rowText(keys, j))
				}
				if len(ts) > 0 && table.Hash(id) != hashes[j] {
					t.Fatalf("group %d: hash %x, want %x", id, table.Hash(id), hashes[j])
				}
			}
		}
	})
}

// genKeyTypes draws nested key types without maps, whose equality rowText does not know.
func genKeyTypes() *rapid.Generator[[]types.Type] {
	return rapid.SliceOfN(rapid.OneOf(genFlat(),
		rapid.Just(types.NewArray(types.Int32)),
		rapid.Just(types.NewRow(types.Field{Name: "a", Type: types.String}, types.Field{Name: "b", Type: types.Int8}))), 1, 4)
}

// TestGroupTableGrows passes the sizes at which slots double and arenas compact.
func TestGroupTableGrows(t *testing.T) {
	for _, ts := range [][]types.Type{{types.Int64}, {types.Int32, types.Int64}, {types.String}, {types.String, types.Int64}} {
		table := NewGroupTable(ts)
		const n = 30000
		ids := make([]int32, n)
		cols := benchKeys(ts, n, n)
		table.Find(cols, nil, ids, true)
		for i, id := range ids {
			if int(id) != i {
				t.Fatalf("%v: row %d in group %d", ts, i, id)
			}
		}
		for i := 0; i < n; i += 3 {
			table.Delete(int32(i))
			table.Delete(int32(i + 1))
		}
		table.Find(cols, nil, ids, false)
		for i, id := range ids {
			if want := int32(i); i%3 == 2 && id != want || i%3 != 2 && id != -1 {
				t.Fatalf("%v: after deletions row %d in group %d", ts, i, id)
			}
		}
		if got := table.Keys([]int32{5})[0].Value(0); fmt.Sprint(got) != fmt.Sprint(cols[0].Value(5)) {
			t.Fatalf("%v: key %v", ts, got)
		}
	}
}

// benchKeys makes n rows of keys with the given number of distinct values.
func benchKeys(ts []types.Type, n, distinct int) []*Vec {
	cols := make([]*Vec, len(ts))
	for c, typ := range ts {
		b := NewBuilder(typ, n)
		x := uint32(12345)
		for i := 0; i < n; i++ {
			k := i
			if distinct < n {
				x = x*1664525 + 1013904223
				k = int(uint64(x) * uint64(distinct) >> 32)
			}
			if c > 0 && PhysOf(typ) != PhysBytes {
				k = k * 7 % 1000
			}
			switch b.phys {
			case PhysI32:
				b.Int32(int32(k))
			case PhysI64:
				b.Int64(int64(k))
			default:
				b.String(fmt.Sprintf("key-%08d", k))
			}
		}
		cols[c] = b.Finish()
	}
	return cols
}

func BenchmarkGroupTable(b *testing.B) {
	for _, c := range []struct {
		name string
		ts   []types.Type
	}{
		{"bigint", []types.Type{types.Int64}}, {"int", []types.Type{types.Int32}},
		{"bigint_bigint", []types.Type{types.Int64, types.Int64}},
		{"string", []types.Type{types.String}}, {"bigint_string", []types.Type{types.Int64, types.String}},
	} {
		for _, groups := range []int{1000, 100_000, 1_000_000} {
			b.Run(fmt.Sprintf("%s/groups=%d", c.name, groups), func(b *testing.B) {
				const rows = 1 << 21
				cols := benchKeys(c.ts, rows, groups)
				batch := NewBatch(rows, cols...)
				var parts []*Batch
				for at := 0; at < rows; at += BatchSize {
					parts = append(parts, batch.Slice(at, BatchSize))
				}
				table := NewGroupTable(c.ts)
				ids, hashes := make([]int32, BatchSize), make([]uint64, BatchSize)
				for _, p := range parts {
					table.Find(p.Cols, nil, ids, true)
				}
				b.ReportAllocs()
				b.ResetTimer()
				done := 0
				for i := 0; i < b.N; i++ {
					p := parts[i%len(parts)]
					HashColumns(p.Cols, hashes)
					table.Find(p.Cols, hashes, ids, true)
					done += p.Len
				}
				b.ReportMetric(float64(done)/b.Elapsed().Seconds()/1e6, "Mrows/s")
				b.ReportMetric(float64(table.Bytes())/float64(table.Len()), "B/group")
			})
		}
	}
}

// BenchmarkGroupTableBuild counts filling a table from nothing, growth included.
func BenchmarkGroupTableBuild(b *testing.B) {
	const rows = 1 << 20
	cols := benchKeys([]types.Type{types.Int64}, rows, rows)
	batch := NewBatch(rows, cols...)
	ids := make([]int32, BatchSize)
	for i := 0; i < b.N; i++ {
		table := NewGroupTable([]types.Type{types.Int64})
		for at := 0; at < rows; at += BatchSize {
			table.Find(batch.Slice(at, BatchSize).Cols, nil, ids, true)
		}
	}
	b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
