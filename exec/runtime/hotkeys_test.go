package runtime

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// zipf draws from n keys with exponent 1, which rand.Zipf cannot.
type zipf struct {
	sums []float64
	rnd  *rand.Rand
}

func newZipf(n int, rnd *rand.Rand) *zipf {
	z := &zipf{rnd: rnd}
	total := 0.0
	for k := range n {
		total += 1 / float64(k+1)
		z.sums = append(z.sums, total)
	}
	return z
}

func (z *zipf) draw() int64 {
	x := z.rnd.Float64() * z.sums[len(z.sums)-1]
	lo, hi := 0, len(z.sums)-1
	for lo < hi {
		if mid := (lo + hi) / 2; z.sums[mid] < x {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return int64(lo)
}

// Under Zipf 1.0 a plain hash gives one receiver far more than its share; with hot keys
// split all get about the same, and rare keys still go to one receiver only. Without
// skew nothing is split.
func TestHotKeysAreSplit(t *testing.T) {
	const receivers, keyGroups = 8, 128
	for _, skewed := range []bool{true, false} {
		rnd := rand.New(rand.NewPCG(1, 2))
		z := newZipf(10_000, rnd)
		hot := newHotKeys(receivers)
		var plain, split [receivers]int
		at := map[int64]map[int32]bool{}
		total := 0
		for batch := range 300 {
			keys := make([]int64, vec.BatchSize)
			for i := range keys {
				if keys[i] = rnd.Int64N(10_000); skewed {
					keys[i] = z.draw()
				}
			}
			hashes, part := make([]uint64, len(keys)), make([]int32, len(keys))
			vec.HashColumns([]*vec.Vec{vec.FromSlice(types.Int64, keys, nil)}, hashes)
			state.Subtasks(hashes, keyGroups, receivers, part)
			was := append([]int32(nil), part...)
			hot.spread(hashes, part)
			if batch < 20 {
				continue // it does not know yet what is frequent
			}
			for i, k := range keys {
				plain[was[i]]++
				split[part[i]]++
				total++
				if at[k] == nil {
					at[k] = map[int32]bool{}
				}
				at[k][part[i]] = true
			}
		}
		most := func(n [receivers]int) float64 {
			top := 0
			for _, x := range n {
				top = max(top, x)
			}
			return float64(top) * receivers / float64(total)
		}
		several := 0
		for k, parts := range at {
			if len(parts) > 1 {
				several++
				if share := 1 / (float64(k+1) * z.sums[len(z.sums)-1]); skewed && share < 1.0/(32*receivers) {
					t.Errorf("key %d, %.2f %% of the rows, is split", k, 100*share)
				}
			}
		}
		t.Logf("skewed %v: the busiest receiver gets %.2f of its share with a plain hash, %.2f with hot keys split; %d keys are split", skewed, most(plain), most(split), several)
		switch {
		case skewed && (most(plain) < 1.4 || most(split) > 1.2 || several == 0):
			t.Error("hot keys are not split well")
		case !skewed && (several > 0 || math.Abs(most(plain)-most(split)) > 1e-9):
			t.Errorf("%d keys are split although all are equally frequent", several)
		}
	}
}
