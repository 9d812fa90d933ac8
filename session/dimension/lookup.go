// Package dimension measures how rows get to the tasks of a dimension join, and of a
// slow sink: whole scripts over the simulated connector, planned and run as any other.
package dimension

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/topology"
)

// Lookups is an experiment: a stream of Rows is joined to a dimension of Keys rows in a
// store RoundTrip away, by Workers tasks with a cache of Cache keys each.
type Lookups struct {
	Name       string        `json:"-"` // of a variant
	Rows       int64         `json:"rows"`
	Keys       int64         `json:"keys"`
	Cache      int64         `json:"cache_keys"`
	RoundTrip  time.Duration `json:"round_trip_nanos"`
	Partitions int           `json:"partitions"` // of the stream: tasks that read it
	Workers    int           `json:"workers"`    // tasks of the join, unless it is forward
	BatchSize  int           `json:"batch_size"` // keys a request
	InFlight   int           `json:"in_flight"`  // requests a task
	Ordered    bool          `json:"ordered"`
}

// Strategy is how rows get to the tasks of the join.
type Strategy struct {
	Name        string
	Partitioner topology.Partitioner // forward, rebalance or hash
	SplitHot    bool                 // hash only
	Skewed      bool                 // keys follow Zipf's law with exponent 1, else they are uniform
}

// Lookup is what a run of an experiment gave.
type Lookup struct {
	Strategy  string  `json:"strategy"`
	Keys      string  `json:"keys"` // uniform or zipf
	Rows      int64   `json:"rows"`
	Tasks     int     `json:"tasks"`
	BatchSize int     `json:"batch_size"`
	Cache     int64   `json:"cache_keys"`
	Wall      float64 `json:"wall_seconds"`
	PerSecond float64 `json:"rows_per_second"`
	HitRatio  float64 `json:"hit_ratio"`
	Requests  int64   `json:"remote_calls"`
	CoreTime  float64 `json:"core_seconds,omitempty"` // of the process, if the caller measures it
}

// PerCore is rows a core-second.
func (m *Lookup) PerCore() float64 { return float64(m.Rows) / max(m.CoreTime, 1e-9) }

const stream = `
CREATE TABLE facts (k BIGINT, u DOUBLE, v BIGINT, pt AS PROCTIME()) WITH ('connector' = 'datagen', 'number-of-rows' = '%d', 'rows-per-second' = '0',
  'scan.parallelism' = '%d', 'fields.k.min' = '0', 'fields.k.max' = '%d', 'fields.u.min' = '0', 'fields.u.max' = '1', 'fields.v.min' = '0', 'fields.v.max' = '1000');
CREATE TABLE dim (k BIGINT, name STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'simulated', 'rows' = '%d', 'round-trip' = '%d us',
  'lookup.cache' = 'PARTIAL', 'lookup.partial-cache.max-rows' = '%d', 'lookup.async' = 'true', 'lookup.async.batch.size' = '%d',
  'lookup.hash.enable' = '%t', 'lookup.hash.split-hot-keys' = '%t');
CREATE TABLE joined (k BIGINT, v BIGINT, name STRING) WITH ('connector' = 'blackhole', 'sink.parallelism' = '%d');
INSERT INTO joined SELECT f.k, f.v, d.name FROM (SELECT %s AS k, v, pt FROM facts) AS f LEFT JOIN dim FOR SYSTEM_TIME AS OF f.pt AS d ON f.k = d.k;
`

// Script is the SQL of a run.
func (x Lookups) Script(s Strategy) string {
	key := "k"
	if s.Skewed { // the inverse of the distribution function of Zipf's law with exponent 1, ln(k+1) / ln(keys+1)
		key = fmt.Sprintf("CAST(FLOOR(EXP(u * LN(%d))) AS BIGINT) - 1", x.Keys+1)
	}
	return strings.TrimSpace(fmt.Sprintf(stream, x.Rows, x.Partitions, x.Keys-1, x.Keys, x.RoundTrip.Microseconds(), x.Cache, max(1, x.BatchSize),
		s.Partitioner == topology.Hash, s.SplitHot, x.tasks(s), key))
}

// tasks: forward needs as many as read the stream.
func (x Lookups) tasks(s Strategy) int {
	if s.Partitioner == topology.Forward {
		return x.Partitions
	}
	return x.Workers
}

// Run runs the experiment with one strategy.
func (x Lookups) Run(ctx context.Context, s Strategy) (*Lookup, error) {
	mode := "ALLOW_UNORDERED"
	if x.Ordered {
		mode = "ORDERED"
	}
	config := map[string]string{"parallelism.default": fmt.Sprint(x.tasks(s)), "table.exec.async-lookup.output-mode": mode,
		"table.exec.async-lookup.buffer-capacity": fmt.Sprint(max(1, x.InFlight))}
	out := &Lookup{Strategy: s.Name, Keys: "uniform", Rows: x.Rows, Tasks: x.tasks(s), BatchSize: max(1, x.BatchSize), Cache: x.Cache}
	if s.Skewed {
		out.Keys = "zipf"
	}
	err := run(ctx, config, x.Script(s), func(n *topology.Node) *topology.Edit {
		if n.Kind != topology.KindLookupJoin {
			return nil
		}
		e := topology.NodeEdit{Parallelism: x.tasks(s)}
		if s.Partitioner != topology.Hash { // which the table asks for itself
			e.Inputs = []topology.EdgeEdit{{Partitioner: s.Partitioner}}
		}
		return &topology.Edit{Node: n.ID, NodeEdit: e}
	}, func(r *session.Run) error {
		for _, n := range r.Job().Graph().Nodes {
			if _, ok := n.Spec.(*physical.LookupJoin); !ok {
				continue
			}
			t := r.Job().Total(n.ID)
			if t.RowsOut != x.Rows {
				return fmt.Errorf("the join gave %d rows, not %d", t.RowsOut, x.Rows)
			}
			out.HitRatio, out.Requests = float64(t.Hits)/float64(max(1, t.Hits+t.Misses)), t.Requests
		}
		out.Wall = r.Progress().Elapsed.Seconds()
		out.PerSecond = float64(x.Rows) / out.Wall
		return nil
	})
	return out, err
}

// run plans a script, edits its graph and runs it to its end.
func run(ctx context.Context, config map[string]string, sql string, edit func(*topology.Node) *topology.Edit, then func(*session.Run) error) error {
	dir, err := os.MkdirTemp("", "weir-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := session.Open(session.Options{Dir: dir, Config: config, NoOverlay: true})
	if err != nil {
		return err
	}
	defer s.Close()
	p, list := s.Plan(diag.Source{Name: "bench", Text: sql}, session.Stream)
	if err := list.Err(); err != nil {
		return err
	}
	var edits []topology.Edit
	for _, n := range p.Graph.Nodes {
		if e := edit(n); e != nil {
			edits = append(edits, *e)
		}
	}
	edited, list := session.ApplyEdits(p.Graph, edits)
	if err := list.Err(); err != nil {
		return err
	}
	p.Graph = edited.Graph
	r, err := s.Run(ctx, p, session.RunOptions{Limit: -1})
	if err != nil {
		return err
	}
	if err := r.Wait(); err != nil {
		return err
	}
	return then(r)
}
