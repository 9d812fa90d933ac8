package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	gort "runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weir-sql/weir/planner/diag"
)

// TestTapSeesTheEdge: rows with kind, event time, subtask and watermark, those of the
// condition only, and no more than asked for.
func TestTapSeesTheEdge(t *testing.T) {
	s, src := stepperProject(t, "")
	set, err := s.Fixture("f")
	if err != nil {
		t.Fatal(err)
	}
	see := func(o TapOptions) (out []string) {
		o.Fixture = set
		missed, list, err := s.Tap(context.Background(), src, o, func(tap Tapped) error {
			if tap.Rows == nil {
				return nil
			}
			for i := range tap.Rows.Len {
				at := ""
				if tap.Time >= 0 {
					at = MarkText(tap.EventTime(i))
				}
				out = append(out, fmt.Sprintf("%s/%d %s %s %s %s", tap.Node.Name, tap.Subtask, tap.Rows.Kind(i), at, MarkText(tap.Watermark), RowText(tap.Schema, tap.Rows, i)))
			}
			return nil
		})
		if err != nil || list.HasErrors() || missed != 0 {
			t.Fatal(err, list, missed)
		}
		return out
	}
	all := see(TapOptions{Edge: "orders", Limit: -1})
	if len(all) != 120 || !strings.HasPrefix(all[0], "orders/0 +I 2026-01-01 10:0") || !strings.Contains(all[0], " none {") {
		t.Errorf("%d rows, first %s", len(all), all[0])
	}
	some := see(TapOptions{Edge: "orders", Where: "MOD(uid, 2) = 0 AND amount > 10", Limit: -1})
	for _, row := range some {
		if !strings.Contains(row, `"uid":0`) && !strings.Contains(row, `"uid":2`) && !strings.Contains(row, `"uid":4`) && !strings.Contains(row, `"uid":6`) {
			t.Errorf("the condition does not hold for %s", row)
		}
	}
	if len(some) == 0 || len(some) >= len(all) {
		t.Errorf("%d of %d rows", len(some), len(all))
	}
	if few := see(TapOptions{Edge: "orders", Limit: 7}); len(few) != 7 || few[6] != all[6] {
		t.Errorf("%d rows with a limit of 7", len(few))
	}
	if none := see(TapOptions{Edge: "orders", Where: "1 = 2", Limit: -1}); len(none) != 0 {
		t.Errorf("%d rows of a condition that never holds", len(none))
	}
}

// TestTapOfALiveRun: taps are opened and closed while a job runs, see what passes meanwhile, with
// subtask and watermark, and leave the run as it was.
func TestTapOfALiveRun(t *testing.T) {
	s := project(t, map[string]string{})
	src := diag.Source{Name: "q", Text: `
CREATE TABLE e (k INT, t TIMESTAMP(3), WATERMARK FOR t AS t - INTERVAL '1' SECOND) WITH ('connector' = 'datagen', 'rows-per-second' = '5000', 'fields.k.min' = '0', 'fields.k.max' = '9');
CREATE TABLE b (k INT, n BIGINT, t TIMESTAMP(3)) WITH ('connector' = 'blackhole');
INSERT INTO b SELECT k, COUNT(*), MAX(t) FROM e GROUP BY k;`}
	plan, list := s.Plan(src, Stream)
	if list.HasErrors() {
		t.Fatal(list)
	}
	before := plan.Graph.Clone()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	run, err := s.Run(ctx, plan, RunOptions{Limit: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		run.Stop(nil)
		_ = run.Wait() // it was stopped
	}()
	for round := range 3 {
		// As many as asked for, and only those of the condition; a second tap beside it.
		var rows, others atomic.Int64
		beside, err := run.Tap(TapOptions{Edge: "e", Limit: -1, Marks: true}, func(tap Tapped) error {
			others.Add(1)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		tap, err := run.Tap(TapOptions{Edge: "e", Where: "k = 3", Limit: 20}, func(tap Tapped) error {
			for i := range tap.Rows.Len {
				if text := RowText(tap.Schema, tap.Rows, i); !strings.HasPrefix(text, `{"k":3,`) {
					t.Errorf("the condition does not hold for %s", text)
				}
				if tap.Node.Name != "e" || tap.Subtask != 0 || !IsTime(tap.EventTime(i)) {
					t.Errorf("%s/%d at %d", tap.Node.Name, tap.Subtask, tap.EventTime(i))
				}
			}
			if round > 0 && !IsTime(tap.Watermark) {
				t.Error("a tap that is opened later does not know the watermark")
			}
			rows.Add(int64(tap.Rows.Len))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-tap.Done():
		case <-run.Done():
			t.Fatal(run.Wait())
		}
		if missed, err := tap.Close(); err != nil || missed != 0 || rows.Load() != 20 {
			t.Errorf("%d rows, %d left out, %v", rows.Load(), missed, err)
		}
		if _, err := beside.Close(); err != nil || others.Load() == 0 {
			t.Error(others.Load(), err)
		}
		was := others.Load()
		passed := run.Job().Total(before.Nodes[0].ID).RowsOut
		for run.Job().Total(before.Nodes[0].ID).RowsOut < passed+1000 {
			time.Sleep(time.Millisecond)
		}
		if others.Load() != was {
			t.Error("a closed tap saw rows")
		}
	}
	if len(run.taps) != 0 {
		t.Errorf("%d taps are left", len(run.taps))
	}
	if !reflect.DeepEqual(before.Nodes, plan.Graph.Nodes) || !reflect.DeepEqual(before.Edges, plan.Graph.Edges) {
		t.Error("the plan is another than before the taps")
	}
	// An error of whoever looks ends the tap, not the run.
	broken := errors.New("broken")
	tap, err := run.Tap(TapOptions{Edge: "e", Limit: -1}, func(Tapped) error { return broken })
	if err != nil {
		t.Fatal(err)
	}
	<-tap.Done()
	if _, err := tap.Close(); !errors.Is(err, broken) {
		t.Error(err)
	}
	select {
	case <-run.Done():
		t.Error("the run ended", run.Wait())
	default:
	}
	if _, err := run.Tap(TapOptions{Edge: "nothing"}, nil); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Error(err)
	}
	if _, err := run.Tap(TapOptions{Edge: "e", Where: "m > 1"}, nil); err == nil {
		t.Error("a condition on a column that is not there")
	}
}

// BenchmarkTap measures what a tap costs a run: core-seconds of a run that nobody watches, of one
// on which a tap was opened and closed at once, and of one whose widest edge is shown as text all
// the time, in turns; medians and their ratios.
func BenchmarkTap(b *testing.B) {
	TuneGC()
	s := project(b, map[string]string{})
	ctx := context.Background()
	for _, q := range []struct{ name, sql string }{
		{"group", "INSERT INTO b SELECT k, COUNT(*), SUM(v) FROM g GROUP BY k"},
		{"project", "INSERT INTO b SELECT k, v + 1, v * 2 + k FROM g WHERE v > 500"},
	} {
		const rows = 40_000_000
		src := diag.Source{Name: "q", Text: fmt.Sprintf(`
CREATE TABLE g (k INT, v BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '%d', 'rows-per-second' = '1000000000000',
  'fields.k.min' = '1', 'fields.k.max' = '1000', 'fields.v.min' = '0', 'fields.v.max' = '1000');
CREATE TABLE b (k INT, n BIGINT, v BIGINT) WITH ('connector' = 'blackhole');
%s;`, rows, q.sql)}
		b.Run(q.name, func(b *testing.B) {
			var figures [3][]float64
			var shown, missed int64
			turn := 0
			for b.Loop() {
				turn++
				for i := range figures {
					how := (i + turn) % len(figures)
					plan, list := s.Plan(src, Stream)
					if list.HasErrors() {
						b.Fatal(list)
					}
					gort.GC()
					began := CPUTime()
					run, err := s.Run(ctx, plan, RunOptions{Limit: -1})
					if err != nil {
						b.Fatal(err)
					}
					if how > 0 {
						shown = 0
						tap, err := run.Tap(TapOptions{Edge: "g", Limit: -1, Marks: true}, func(t Tapped) error {
							if t.Rows == nil {
								return nil
							}
							for i := range t.Rows.Len {
								shown++
								fmt.Fprintf(io.Discard, "%s/%d  %s  watermark %s  %s\n", t.Node.Name, t.Subtask, t.Rows.Kind(i), MarkText(t.Watermark), RowText(t.Schema, t.Rows, i))
							}
							return nil
						})
						if err != nil {
							b.Fatal(err)
						}
						if how == 2 {
							<-run.Done()
						}
						if missed, err = tap.Close(); err != nil {
							b.Fatal(err)
						}
					}
					if err := run.Wait(); err != nil {
						b.Fatal(err)
					}
					figures[how] = append(figures[how], (CPUTime() - began).Seconds())
				}
			}
			none, closed, open := medianOf(figures[0]), medianOf(figures[1]), medianOf(figures[2])
			b.ReportMetric(none, "core-s/untapped")
			b.ReportMetric(100*(closed/none-1), "%/closed")
			b.ReportMetric(100*(open/none-1), "%/open")
			b.ReportMetric(float64(shown), "rows-shown")
			b.ReportMetric(float64(missed), "rows-left-out")
		})
	}
}

func medianOf(xs []float64) float64 {
	slices.Sort(xs)
	return xs[len(xs)/2]
}
