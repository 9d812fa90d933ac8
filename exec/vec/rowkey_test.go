package vec

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-sql/weir/planner/types"
)

func sign3(x int) int { return min(max(x, -1), 1) }

func genSortKeys(t *rapid.T, cols int) []SortKey {
	var keys []SortKey
	for range rapid.IntRange(1, cols).Draw(t, "keys") {
		keys = append(keys, SortKey{rapid.IntRange(0, cols-1).Draw(t, "col"), rapid.Bool().Draw(t, "desc"), rapid.Bool().Draw(t, "nullsLast")})
	}
	return keys
}

// TestKeyOrder checks that the order of key bytes is the order of rows, that equal
// rows have equal keys, and that AppendRow and Encode agree.
func TestKeyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts := genTypes(2, 1, 3).Draw(t, "types")
		keys := genSortKeys(t, len(ts))
		b := genBatch(t, ts, 12)
		enc := NewKeyEncoder(ts, keys)
		var rows Rows
		rows.Append([]byte("first"))
		enc.Encode(b.Cols, b.Len, &rows)
		if rows.Len() != b.Len+1 || string(rows.Row(0)) != "first" {
			t.Fatalf("%d keys for %d rows", rows.Len(), b.Len)
		}
		cmp := NewComparer(b.Cols, b.Cols, keys)
		for i := range b.Len {
			if one := enc.AppendRow(nil, b.Cols, i); !bytes.Equal(one, rows.Row(i+1)) {
				t.Fatalf("row %d: key %x alone, %x in a batch", i, one, rows.Row(i+1))
			}
			for j := range b.Len {
				if got, want := sign3(bytes.Compare(rows.Row(i+1), rows.Row(j+1))), sign3(cmp.Compare(i, j)); got != want {
					t.Fatalf("rows %s and %s: keys compare %d, rows %d", rowText(b.Cols, i), rowText(b.Cols, j), got, want)
				}
			}
		}
	})
}

// TestKeyRoundTrip decodes keys, and refuses them when cut or changed in length.
func TestKeyRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts := genTypes(2, 1, 3).Draw(t, "types")
		keys := Ascending(len(ts))
		for i := range keys {
			keys[i].Desc, keys[i].NullsLast = rapid.Bool().Draw(t, "desc"), rapid.Bool().Draw(t, "last")
		}
		b := genBatch(t, ts, 6)
		enc := NewKeyEncoder(ts, keys)
		out := NewBatchBuilder(ts, 0)
		var rows Rows
		enc.Encode(b.Cols, b.Len, &rows)
		for i := range b.Len {
			if err := enc.Decode(rows.Row(i), out.Cols); err != nil {
				t.Fatal(err)
			}
		}
		out.EndRows(b.Len)
		if got := out.Finish(); b.Len > 0 {
			for i := range b.Len {
				// Maps come back sorted: compare by the order of values.
				if !Equal(got.Cols, i, b.Cols, i) {
					t.Fatalf("row %d: %s, want %s", i, rowText(got.Cols, i), rowText(b.Cols, i))
				}
			}
			key := rows.Row(0)
			if err := enc.Decode(key[:rapid.IntRange(0, len(key)-1).Draw(t, "cut")], NewBatchBuilder(ts, 0).Cols); err == nil {
				t.Fatal("a key cut short is decoded")
			}
			if err := enc.Decode(append(key, 1), NewBatchBuilder(ts, 0).Cols); err == nil {
				t.Fatal("a key with a byte too many is decoded")
			}
		}
	})
}

// TestRowCodec checks that rows come back as they were, through both ways in.
func TestRowCodec(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts := genTypes(2, 1, 10).Draw(t, "types")
		b := genBatch(t, ts, 10)
		c := NewRowCodec(ts)
		var sel []int32
		if rapid.Bool().Draw(t, "selected") {
			sel = []int32{}
			for i := range b.Len {
				if rapid.Bool().Draw(t, "row") {
					sel = append(sel, int32(i))
				}
			}
		}
		want := b
		if sel != nil {
			want = b.Take(sel)
		}
		var rows Rows
		c.Encode(b.Cols, sel, b.Len, &rows)
		for i := range want.Len {
			if one := c.AppendRow(nil, want.Cols, i); !bytes.Equal(one, rows.Row(i)) {
				t.Fatalf("row %d: bytes %x alone, %x in a batch", i, one, rows.Row(i))
			}
		}
		out := NewBatchBuilder(ts, 0)
		if err := c.DecodeAll(&rows, out.Cols); err != nil {
			t.Fatal(err)
		}
		out.EndRows(want.Len)
		if want.Len > 0 {
			got := out.Finish()
			for i := range want.Len {
				if rowText(got.Cols, i) != rowText(want.Cols, i) {
					t.Fatalf("row %d: %s, want %s", i, rowText(got.Cols, i), rowText(want.Cols, i))
				}
			}
		}
	})
}

// FuzzDecode feeds arbitrary bytes to every decoder: an error or a row, never a
// panic, and builders stay of one length when the row is dropped.
func FuzzDecode(f *testing.F) {
	ts := []types.Type{types.Int64, types.String, types.NewArray(types.NewMap(types.String, types.NewDecimal(30, 2))),
		types.NewRow(types.Field{Name: "a", Type: types.Bool}, types.Field{Name: "b", Type: types.NullType}), types.NewMultiset(types.Float64)}
	b := NewBatchBuilder(ts, 1)
	for _, c := range b.Cols {
		c.Null()
	}
	b.EndRow(Insert)
	b.Cols[0].Int64(1)
	b.Cols[1].String("a\x00b")
	b.Cols[2].Kid(0).Kid(0).String("k")
	b.Cols[2].Kid(0).Kid(1).Decimal(DecimalOf(12))
	b.Cols[2].Kid(0).EndMap()
	b.Cols[2].EndList()
	b.Cols[3].Kid(0).Bool(true)
	b.Cols[3].Kid(1).Null()
	b.Cols[3].EndRow()
	b.Cols[4].Kid(0).Float64(1)
	b.Cols[4].Kid(1).Int32(2)
	b.Cols[4].EndMap()
	b.EndRow(Delete)
	batch := b.Finish()
	enc, codec := NewKeyEncoder(ts, nil), NewRowCodec(ts)
	for i := range batch.Len {
		f.Add(enc.AppendRow(nil, batch.Cols, i))
		f.Add(codec.AppendRow(nil, batch.Cols, i))
	}
	f.Add(AppendBlock(nil, batch))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, decode := range []func([]byte, []*Builder) error{enc.Decode, codec.Decode} {
			out := NewBatchBuilder(ts, 0)
			if decode(data, out.Cols) != nil {
				out.Discard()
				for _, c := range out.Cols {
					c.Null()
				}
			}
			out.EndRow(Insert)
			for c, v := range out.Finish().Cols {
				if v.Len != 1 {
					t.Fatalf("column %d has %d rows", c, v.Len)
				}
				FormatValue(v, 0)
			}
		}
		aligned := AlignedBytes(len(data))
		copy(aligned, data)
		if got, err := DecodeBlock(aligned, ts); err == nil {
			for i := range min(got.Len, 100) {
				for _, c := range got.Cols {
					FormatValue(c, i)
				}
			}
		}
	})
}

func benchBatch() (*Batch, []types.Type) {
	ts := []types.Type{types.Int64.NotNull(), types.Int64, types.String, types.Float64}
	b := NewBatchBuilder(ts, BatchSize)
	x := uint32(1)
	for range BatchSize {
		x = x*1664525 + 1013904223
		b.Cols[0].Int64(int64(x >> 8))
		b.Cols[1].Int64(int64(x >> 20))
		b.Cols[2].String("channel-" + string(rune('a'+x>>28)))
		b.Cols[3].Float64(float64(x))
		b.EndRow(Insert)
	}
	return b.Finish(), ts
}

// BenchmarkRows encodes and decodes rows of (BIGINT, BIGINT, STRING, DOUBLE).
func BenchmarkRows(b *testing.B) {
	batch, ts := benchBatch()
	report := func(b *testing.B) {
		b.ReportMetric(float64(b.N)*BatchSize/b.Elapsed().Seconds()/1e6, "Mrows/s")
	}
	enc, codec := NewKeyEncoder(ts, nil), NewRowCodec(ts)
	var rows Rows
	b.Run("key_encode", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			rows.Reset()
			enc.Encode(batch.Cols, batch.Len, &rows)
		}
		report(b)
	})
	b.Run("key_decode", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			out := NewBatchBuilder(ts, BatchSize)
			for i := range rows.Len() {
				if err := enc.Decode(rows.Row(i), out.Cols); err != nil {
					b.Fatal(err)
				}
			}
		}
		report(b)
	})
	b.Run("row_encode", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			rows.Reset()
			codec.Encode(batch.Cols, nil, batch.Len, &rows)
		}
		report(b)
	})
	b.Run("row_decode", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			out := NewBatchBuilder(ts, BatchSize)
			if err := codec.DecodeAll(&rows, out.Cols); err != nil {
				b.Fatal(err)
			}
		}
		report(b)
	})
	b.Run("block_encode", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for range b.N {
			buf = AppendBlock(buf[:0], batch)
		}
		report(b)
	})
}

// BenchmarkHash hashes (BIGINT), (STRING) and both.
func BenchmarkHash(b *testing.B) {
	batch, _ := benchBatch()
	out := make([]uint64, batch.Len)
	for name, cols := range map[string][]*Vec{"bigint": batch.Cols[:1], "string": batch.Cols[2:3], "bigint_string": {batch.Cols[0], batch.Cols[2]}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				HashColumns(cols, out)
			}
			b.ReportMetric(float64(b.N)*BatchSize/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}
