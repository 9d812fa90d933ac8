package dimension

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/topology"
)

// Uneven is an experiment: a stream of Rows goes to Workers tasks that take PerRow for a
// row, the first of them Factor times as long.
type Uneven struct {
	Rows    int64
	Workers int
	PerRow  time.Duration
	Factor  float64
}

// Spread is what a run of it gave.
type Spread struct {
	Partitioner topology.Partitioner `json:"partitioner"`
	Rows        int64                `json:"rows"`
	Tasks       int                  `json:"tasks"`
	Wall        float64              `json:"wall_seconds"`
	PerSecond   float64              `json:"rows_per_second"`
	Slow        float64              `json:"slow_share"` // share of the rows that the slow task got
}

const uneven = `
CREATE TABLE facts (k BIGINT, v BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '%d', 'rows-per-second' = '0', 'scan.parallelism' = '1', 'fields.k.min' = '0', 'fields.v.min' = '0');
CREATE TABLE slow (k BIGINT, v BIGINT) WITH ('connector' = 'simulated', 'sink.time-per-row' = '%d us', 'sink.slow-subtask' = '0', 'sink.slow-factor' = '%g', 'sink.parallelism' = '%d');
INSERT INTO slow SELECT k, v FROM facts;
`

// Script is the SQL of a run.
func (x Uneven) Script() string {
	return strings.TrimSpace(fmt.Sprintf(uneven, x.Rows, x.PerRow.Microseconds(), x.Factor, x.Workers))
}

// Run runs the experiment with one partitioner.
func (x Uneven) Run(ctx context.Context, p topology.Partitioner) (*Spread, error) {
	out := &Spread{Partitioner: p, Rows: x.Rows, Tasks: x.Workers}
	err := run(ctx, map[string]string{"parallelism.default": "1"}, x.Script(), func(n *topology.Node) *topology.Edit {
		if n.Kind != topology.KindSink {
			return nil
		}
		return &topology.Edit{Node: n.ID, NodeEdit: topology.NodeEdit{Parallelism: x.Workers, Inputs: []topology.EdgeEdit{{Partitioner: p}}}}
	}, func(r *session.Run) error {
		for _, n := range r.Job().Graph().Nodes {
			if n.Kind == topology.KindSink {
				got := r.Job().Total(n.ID).RowsOut
				if got != x.Rows {
					return fmt.Errorf("%d rows came, not %d", got, x.Rows)
				}
				out.Slow = float64(r.Job().Counters(n.ID, 0).RowsOut.Load()) / float64(got)
			}
		}
		out.Wall = r.Progress().Elapsed.Seconds()
		out.PerSecond = float64(x.Rows) / out.Wall
		return nil
	})
	return out, err
}
