package runtime_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

// summing is numbers → sum by key group → sink, over one place that several runs write to.
func summing(place *keep, splits [][2]int64, endless bool) *rig {
	r := newRig()
	r.sink = place
	src := r.from("numbers", &numbers{splits: splits, batch: 7, pause: 100 * time.Microsecond, endless: endless}, 2, nil)
	p := r.op("pass", 2, func() exec.Operator { return pass{} })
	sink := r.to(2)
	r.edge(src, p, 0, topology.Rebalance)
	r.edge(p, sink, 0, topology.Rebalance)
	return r
}

var errKilled = errors.New("killed")

// A run is killed again and again, before or after what its checkpoint prepared was
// committed, and each time the next one goes on from the last checkpoint that was kept:
// every row is visible once.
func TestKilledAndRestoredShowsEveryRowOnce(t *testing.T) {
	const rows = 4000
	place := &keep{}
	var last *runtime.Snapshot
	kills := 0
	for run := 0; ; run++ {
		r := summing(place, [][2]int64{{0, rows / 2}, {rows / 2, rows}}, false)
		j, err := runtime.Start(t.Context(), r.g, runtime.Config{Connectors: r, Restore: last, Build: build,
			Final: func(s *runtime.Snapshot) error {
				if !s.Finished {
					t.Error("the snapshot of the end is not marked so")
				}
				last = s
				return nil
			}})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(3+run) * time.Millisecond)
		err = j.Checkpoint(t.Context(), func(s *runtime.Snapshot) error {
			last = s
			if run%2 == 0 {
				return errKilled // kept, and the process dies before anything is committed
			}
			return nil
		})
		if run%2 == 1 && err != nil {
			t.Fatal(err)
		}
		if run < 6 {
			j.Stop(errKilled)
		}
		if err := j.Wait(); err == nil {
			break
		} else if !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		kills++
	}
	if kills < 4 {
		t.Errorf("killed %d times: the test says little", kills)
	}
	if got := place.sorted(); !reflect.DeepEqual(got, counting(rows)) {
		t.Fatalf("%d rows are visible, want %d", len(got), rows)
	}
}

// Positions of splits that were begun, and that nobody has opened again yet, outlast a
// second snapshot.
func TestPositionsOutlastTwoSnapshots(t *testing.T) {
	place := &keep{}
	splits := [][2]int64{{0, 500}, {500, 1000}, {1000, 1500}}
	var snap *runtime.Snapshot
	for _, parallelism := range []int{3, 1, 1, 1} {
		r := newRig()
		r.sink = place
		src := r.from("numbers", &numbers{splits: splits, batch: 5, pause: 200 * time.Microsecond}, parallelism, nil)
		r.edge(src, r.to(1), 0, topology.Global)
		j, err := runtime.Start(t.Context(), r.g, runtime.Config{Connectors: r, Restore: snap, Build: build, Hold: true})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(4 * time.Millisecond)
		if err := j.Suspend(t.Context(), func(s *runtime.Snapshot) error { snap = s; return nil }); err != nil {
			t.Fatal(err)
		}
		if err := j.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	r := newRig()
	r.sink = place
	src := r.from("numbers", &numbers{splits: splits, batch: 5}, 1, nil)
	r.edge(src, r.to(1), 0, topology.Global)
	if err := r.start(t, t.Context(), snap).Wait(); err != nil {
		t.Fatal(err)
	}
	if got := place.sorted(); !reflect.DeepEqual(got, counting(1500)) {
		t.Fatalf("%d rows, want each of 1500 once", len(got))
	}
}

// Suspend at the end of a held input leaves what would fire at the end for the run that
// goes on.
func TestSuspendedAtTheEndOfItsInputFiresNothing(t *testing.T) {
	place := &keep{}
	job := func(splits [][2]int64, from *runtime.Snapshot, hold bool) *runtime.Job {
		r := newRig()
		r.sink = place
		src := r.from("numbers", &numbers{splits: splits, batch: 10}, 1, nil)
		s := r.op("sum", 1, newSum) // gives its sum at the end
		r.edge(src, s, 0, topology.Global)
		r.edge(s, r.to(1), 0, topology.Forward)
		j, err := runtime.Start(t.Context(), r.g, runtime.Config{Connectors: r, Restore: from, Hold: hold, Build: build})
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	var snap *runtime.Snapshot
	j := job([][2]int64{{0, 100}}, nil, true)
	select {
	case <-j.Resting():
	case <-time.After(10 * time.Second):
		t.Fatal("the sources do not come to rest")
	}
	if err := j.Suspend(t.Context(), func(s *runtime.Snapshot) error { snap = s; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := j.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := place.sorted(); len(got) > 0 || snap.Finished {
		t.Fatalf("suspended, and shows %v (finished: %t)", got, snap.Finished)
	}
	if err := job([][2]int64{{0, 100}, {100, 200}}, snap, false).Wait(); err != nil {
		t.Fatal(err)
	}
	total := int64(0)
	for _, x := range place.sorted() {
		total += x
	}
	if total != 200*199/2 {
		t.Fatalf("the sum is %d, want %d", total, 200*199/2)
	}
}

// An endless job is suspended in its middle and goes on without a row lost or doubled.
func TestSuspendedEndlessJobGoesOn(t *testing.T) {
	place := &keep{}
	var snap *runtime.Snapshot
	for range 3 {
		r := summing(place, [][2]int64{{0, 1 << 40}}, true)
		j, err := runtime.Start(t.Context(), r.g, runtime.Config{Connectors: r, Restore: snap, Build: build})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
		if err := j.Suspend(t.Context(), func(s *runtime.Snapshot) error { snap = s; return nil }); err != nil {
			t.Fatal(err)
		}
		if err := j.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	got := place.sorted()
	if len(got) == 0 || !reflect.DeepEqual(got, counting(int64(len(got)))) {
		t.Fatalf("%d rows, not each of the first ones once", len(got))
	}
}

// A checkpoint that cannot be kept ends the job, and nothing of it becomes visible.
func TestCheckpointThatCannotBeKept(t *testing.T) {
	r := summing(&keep{}, [][2]int64{{0, 1 << 40}}, true)
	j := r.start(t, t.Context(), nil)
	full := errors.New("disk full")
	if err := j.Checkpoint(t.Context(), func(*runtime.Snapshot) error { return full }); !errors.Is(err, full) {
		t.Fatal(err)
	}
	if err := j.Wait(); !errors.Is(err, full) {
		t.Fatal(err)
	}
	if len(r.rows()) > 0 || !r.sink.aborted {
		t.Error("rows are visible that no checkpoint holds")
	}
}

func build(s physical.Spec) (exec.Operator, error) {
	if s, ok := s.(*opSpec); ok {
		return s.make(), nil
	}
	return nil, fmt.Errorf("unexpected spec %T", s)
}
