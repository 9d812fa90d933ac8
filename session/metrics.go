package session

import (
	"slices"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/topology"
)

// Metrics are the figures of a run at one moment, by operator and subtask. They are
// counted once a batch, so that taking them often costs the run nothing.
type Metrics struct {
	Elapsed   time.Duration
	Operators []OperatorMetrics // in the order of the graph
	// Latencies are how long rows that came lately were under way from a source to a sink,
	// ascending; nil unless RunOptions.Latency asked for them.
	Latencies []time.Duration
}

// OperatorMetrics are those of one operator.
type OperatorMetrics struct {
	UID, Name string
	Kind      topology.Kind
	Chain     int // index of the task that the operator shares with others
	Subtasks  []SubtaskMetrics
}

// SubtaskMetrics are those of one operator in one subtask. Busy and Blocked are the time
// that the task spent at work and waiting for room behind it, with all operators of its
// chain; they are told of the first of them and 0 for the others.
type SubtaskMetrics struct {
	RowsIn, RowsOut int64
	Busy, Blocked   time.Duration
	Watermark       int64 // milliseconds; exec.MinWatermark = none
	Lag             int64 // records a source is behind
	Late, Bad       int64 // rows dropped as late, records skipped
	Spilled         int64 // bytes
	Hits, Misses    int64 // of a look-up's cache
}

// Skew is the share of the busiest subtask: its rows over the mean of all, 1 if they are
// spread evenly or there is one.
func (o *OperatorMetrics) Skew() float64 {
	most, sum := int64(0), int64(0)
	for _, s := range o.Subtasks {
		most, sum = max(most, s.RowsIn), sum+s.RowsIn
	}
	if sum == 0 {
		return 1
	}
	return float64(most) * float64(len(o.Subtasks)) / float64(sum)
}

// Metrics gives the figures of the job that runs, or ran last.
func (r *Run) Metrics() Metrics {
	job := r.Job()
	m := Metrics{Elapsed: r.Progress().Elapsed, Latencies: job.Latencies()}
	slices.Sort(m.Latencies)
	plan := job.Plan()
	for _, n := range job.Graph().Nodes {
		o := OperatorMetrics{UID: n.UID, Name: n.Name, Kind: n.Kind, Chain: plan.OfNode[n.ID]}
		for s := range n.Parallelism {
			o.Subtasks = append(o.Subtasks, subtaskMetrics(job, n.ID, s))
		}
		m.Operators = append(m.Operators, o)
	}
	return m
}

func subtaskMetrics(job *runtime.Job, id topology.NodeID, subtask int) SubtaskMetrics {
	c := job.Counters(id, subtask)
	if c == nil {
		return SubtaskMetrics{}
	}
	return SubtaskMetrics{RowsIn: c.RowsIn.Load(), RowsOut: c.RowsOut.Load(), Busy: time.Duration(c.BusyNanos.Load()), Blocked: time.Duration(c.BlockedNanos.Load()),
		Watermark: c.Watermark.Load(), Lag: c.Lag.Load(), Late: c.LateRows.Load(), Bad: c.BadRecords.Load(), Spilled: c.SpilledBytes.Load(),
		Hits: c.LookupHits.Load(), Misses: c.LookupMisses.Load()}
}

// IsTime reports whether a watermark is a time, and not that there is none yet or that
// the input has ended.
func IsTime(watermark int64) bool {
	return watermark != exec.MinWatermark && watermark != exec.MaxWatermark
}

// Hits gives the look-ups that caches answered, and all of them.
func (m *Metrics) Hits() (hits, all int64) {
	for _, o := range m.Operators {
		for _, s := range o.Subtasks {
			hits, all = hits+s.Hits, all+s.Hits+s.Misses
		}
	}
	return hits, all
}

// Quantile gives the latency that a share of rows stayed below, 0 if none was measured.
func (m *Metrics) Quantile(q float64) time.Duration {
	if len(m.Latencies) == 0 {
		return 0
	}
	return m.Latencies[min(int(q*float64(len(m.Latencies))), len(m.Latencies)-1)]
}
