package vec

import (
	"fmt"
	"math"
	"testing"

	"github.com/weir-sql/weir/planner/types"
)

// TestHashIsFixed pins hashes: they decide key groups, so savepoints depend on them.
func TestHashIsFixed(t *testing.T) {
	hash := func(cols ...*Vec) uint64 {
		out := make([]uint64, 1)
		HashColumns(cols, out)
		return out[0]
	}
	for i, c := range []struct {
		cols []*Vec
		want uint64
	}{
		{[]*Vec{FromValues(types.Int64, 42)}, hash(FromValues(types.Int32, 42))},
		{[]*Vec{FromValues(types.Int64, 0)}, 0xc9d874ca57d9e055},
		{[]*Vec{FromValues(types.Int64, -1)}, 0xddb40cd57dd1866},
		{[]*Vec{FromValues(types.Int64, nil)}, 0x9ad96c06a1c89e0},
		{[]*Vec{FromValues(types.String, "")}, 0x8c7a5dd4c4eae61e},
		{[]*Vec{FromValues(types.String, "abc")}, 0xa9e97351de00794e},
		{[]*Vec{FromValues(types.String, "abcdefgh")}, 0x47c74f0d4ff4a3da},
		{[]*Vec{FromValues(types.String, "a string of more than thirty-two bytes")}, 0xf378e1232ad3f55d},
		{[]*Vec{FromValues(types.Int64, 7), FromValues(types.String, "seven")}, 0x3c2d5cfcc7b64d91},
		{[]*Vec{FromValues(types.Float64, 1.5)}, 0xba58d51047e900b8},
		{[]*Vec{FromValues(types.Float32, 1.5)}, 0xcb216964737a9f05},
		{[]*Vec{FromValues(types.Bool, true)}, 0x2a00ed70d40265a3},
		{[]*Vec{FromValues(types.NewDecimal(38, 2), NewDecimal(-3, 9))}, 0x2c384ce8d105080c},
		{[]*Vec{FromValues(types.NewArray(types.Int32), []any{1, nil})}, 0x86914193bd36bd12},
		{[]*Vec{FromValues(types.NewRow(types.Field{Name: "a", Type: types.Int32}), []any{1})}, 0x6ec375d7dc19029c},
	} {
		if got := hash(c.cols...); got != c.want {
			t.Errorf("case %d: %#x, want %#x", i, got, c.want)
		}
	}
}

// TestHashSpreads checks that both halves of the hash spread keys evenly, whatever
// pattern they have: a skewed key group or slot would cost more than it can save.
func TestHashSpreads(t *testing.T) {
	const n, buckets = 1 << 16, 128
	for name, key := range map[string]func(i int) any{
		"consecutive": func(i int) any { return int64(i) }, "thousands": func(i int) any { return int64(i) * 1000 },
		"shifted": func(i int) any { return int64(i) << 40 }, "negative": func(i int) any { return -int64(i) * 3 },
		"doubles": func(i int) any { return float64(i) }, "halves": func(i int) any { return float64(i) / 8 },
		"texts": func(i int) any { return fmt.Sprintf("user-%d", i) }, "padded": func(i int) any { return fmt.Sprintf("%032d", i) },
	} {
		typ := types.Int64
		switch key(0).(type) {
		case float64:
			typ = types.Float64
		case string:
			typ = types.String
		}
		b := NewBuilder(typ, n)
		for i := range n {
			b.Append(key(i))
		}
		hashes := make([]uint64, n)
		HashColumns([]*Vec{b.Finish()}, hashes)
		for half, bucket := range map[string]func(h uint64) uint64{
			"lower": func(h uint64) uint64 { return uint64(uint32(h)) * buckets >> 32 },
			"upper": func(h uint64) uint64 { return h >> 57 },
			// The slots of the keys of one key group.
			"upper within": func(h uint64) uint64 {
				if uint64(uint32(h))*8>>32 != 3 {
					return buckets
				}
				return h >> 57
			},
		} {
			counts := make([]int, buckets+1)
			for _, h := range hashes {
				counts[bucket(h)]++
			}
			total := 0
			for _, c := range counts[:buckets] {
				total += c
			}
			mean := float64(total) / buckets
			for k, c := range counts[:buckets] {
				if math.Abs(float64(c)-mean) > 6*math.Sqrt(mean)+2 {
					t.Errorf("%s, %s half: bucket %d has %d keys, mean %.0f", name, half, k, c, mean)
					break
				}
			}
		}
		seen := map[uint64]bool{}
		for _, h := range hashes {
			seen[h] = true
		}
		if len(seen) != n {
			t.Errorf("%s: %d hashes of %d keys", name, len(seen), n)
		}
	}
}
