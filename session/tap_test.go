package session

import (
	"context"
	"fmt"
	"strings"
	"testing"

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

// BenchmarkTap compares a run without a tap to one whose widest edge is watched.
func BenchmarkTap(b *testing.B) {
	s := project(b, map[string]string{})
	src := diag.Source{Name: "q", Text: `
CREATE TABLE g (k INT, v BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '2000000', 'fields.k.min' = '1', 'fields.k.max' = '1000');
CREATE TABLE b (k INT, n BIGINT, v BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO b SELECT k, COUNT(*), SUM(v) FROM g GROUP BY k;`}
	ctx := context.Background()
	for _, tapped := range []bool{false, true} {
		b.Run(fmt.Sprintf("tapped=%t", tapped), func(b *testing.B) {
			for b.Loop() {
				if tapped {
					var rows int64
					missed, _, err := s.Tap(ctx, src, TapOptions{Edge: "g", Limit: -1, Mode: Stream}, func(t Tapped) error {
						if t.Rows != nil {
							rows += int64(t.Rows.Len)
						}
						return nil
					})
					if err != nil || rows+missed != 2_000_000 {
						b.Fatal(err, rows, missed)
					}
					continue
				}
				plan, list := s.Plan(src, Stream)
				if list.HasErrors() {
					b.Fatal(list)
				}
				if err := s.muted(ctx, plan, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
