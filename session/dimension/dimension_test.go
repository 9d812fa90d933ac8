package dimension_test

import (
	"math"
	"testing"
	"time"

	"github.com/weir-sql/weir/session/dimension"
	"github.com/weir-sql/weir/topology"
)

var (
	forward   = dimension.Strategy{Name: "forward", Partitioner: topology.Forward}
	rebalance = dimension.Strategy{Name: "rebalance", Partitioner: topology.Rebalance}
	hash      = dimension.Strategy{Name: "hash", Partitioner: topology.Hash, SplitHot: true}
)

func skewed(s dimension.Strategy) dimension.Strategy { s.Skewed = true; return s }

// small is the experiment of `weir bench lookup`, with fewer rows.
func small() dimension.Lookups {
	return dimension.Lookups{Rows: 600_000, Keys: 10_000, Cache: 1_000, RoundTrip: time.Millisecond, Partitions: 2, Workers: 8, BatchSize: 32, InFlight: 4}
}

func measure(t *testing.T, x dimension.Lookups, s dimension.Strategy) *dimension.Lookup {
	t.Helper()
	r, err := x.Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%-9s %-7s %8.0f rows/s, hit ratio %.4f, %d remote calls", r.Strategy, r.Keys, r.PerSecond, r.HitRatio, r.Requests)
	return r
}

// faster checks that one run gave times as many rows a second as another. Others may have
// had the machine in one of them: then the first, which is x with s, is run again.
func faster(t *testing.T, times float64, a, b *dimension.Lookup, x dimension.Lookups, s dimension.Strategy) {
	t.Helper()
	if testing.Short() {
		return // the race detector slows one more than the other
	}
	for tries := 0; a.PerSecond < times*b.PerSecond; tries++ {
		if tries == 3 {
			t.Errorf("%s gives %.0f rows/s, %s %.0f, want %.1f times as many", a.Strategy, a.PerSecond, b.Strategy, b.PerSecond, times)
			return
		}
		a = measure(t, x, s)
	}
}

// Uniform keys hit a cache of C of K keys in C/K of all cases; by hash each of n tasks
// sees a share of K/n keys, and the ratio is n times that. hit = min(1, nC/K).
func TestHitRatioLaw(t *testing.T) {
	x := small()
	f, r, h := measure(t, x, forward), measure(t, x, rebalance), measure(t, x, hash)
	for _, got := range []*dimension.Lookup{f, r} {
		if want := 0.1; math.Abs(got.HitRatio/want-1) > 0.08 { // the caches are empty at first
			t.Errorf("%s hits in %.4f of the cases, want %.2f", got.Strategy, got.HitRatio, want)
		}
	}
	if ratio := h.HitRatio / f.HitRatio / float64(x.Workers); math.Abs(ratio-1) > 0.05 {
		t.Errorf("hash hits %.4f, forward %.4f: %.3f × parallelism, want 1 ± 0.05", h.HitRatio, f.HitRatio, ratio)
	}
	if h.Requests*3 > r.Requests {
		t.Errorf("hash makes %d remote calls, rebalance %d: not a third", h.Requests, r.Requests)
	}
	faster(t, 1.5, r, f, x, rebalance)
	faster(t, 1, h, r, x, hash)
}

// Keys in batches, in order or not; under skew hash is not slower than rebalance.
func TestOrderings(t *testing.T) {
	x := small()
	x.Rows = 120_000
	many := measure(t, x, rebalance)
	one := x
	one.BatchSize = 1
	faster(t, 1.5, many, measure(t, one, rebalance), x, rebalance)
	r, h := measure(t, x, skewed(rebalance)), measure(t, x, skewed(hash))
	faster(t, 1, h, r, x, skewed(hash))
	if h.HitRatio < r.HitRatio {
		t.Errorf("under skew hash hits in %.2f of the cases, rebalance in %.2f", h.HitRatio, r.HitRatio)
	}
	x.Ordered = true
	faster(t, 1, measure(t, x, hash), measure(t, x, rebalance), x, hash)
}

// A task that is four times as slow as three others gets few rows by backlog.
func TestDynamicAgainstRebalance(t *testing.T) {
	x := dimension.Uneven{Rows: 600_000, Workers: 4, PerRow: 4 * time.Microsecond, Factor: 4}
	even, err := x.Run(t.Context(), topology.Rebalance)
	if err != nil {
		t.Fatal(err)
	}
	dynamic, err := x.Run(t.Context(), topology.Dynamic)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("rebalance %.0f rows/s, slow task %.2f of them; dynamic %.0f rows/s, %.2f", even.PerSecond, even.Slow, dynamic.PerSecond, dynamic.Slow)
	if !testing.Short() && dynamic.PerSecond < 1.8*even.PerSecond || dynamic.Slow > 0.15 { // 2.5 and more in a longer run: the last batches weigh here
		t.Errorf("dynamic is %.2f times as fast as rebalance", dynamic.PerSecond/even.PerSecond)
	}
}
