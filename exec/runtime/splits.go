package runtime

import (
	"sort"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/topology"
)

// SplitInfo tells how far one split of a source is.
type SplitInfo struct {
	ID        string
	Subtask   int
	Rows      int64 // read so far
	Watermark int64 // of this split alone; exec.MinWatermark = none yet
	Idle      bool  // it holds no watermark back until its next row
	Ended     bool
	Since     time.Time // when rows came last, or when it was opened
}

// Splits tells how far the splits of a source node are, by id. It is as old as the last
// probe, or at most a tenth of a second.
func (j *Job) Splits(id topology.NodeID) []SplitInfo {
	var out []SplitInfo
	for _, t := range j.tasks {
		if t.source != nil && t.source.node.ID == id {
			if p := t.source.published.Load(); p != nil {
				out = append(out, *p...)
			}
		}
	}
	sort.Slice(out, func(a, b int) bool { return out[a].ID < out[b].ID })
	return out
}

// Partitions tells how many partitions of a source node's table have been opened, and how many
// there are; all is 0 if it has none.
func (j *Job) Partitions(id topology.NodeID) (read, all int) {
	if s := j.scans[id]; s != nil {
		if p, ok := s.src.(exec.Partitioned); ok {
			return p.Partitions()
		}
	}
	return 0, 0
}

// publish lets others see how far the splits are. Only the task itself calls it.
func (s *sourceTask) publish() {
	infos := make([]SplitInfo, len(s.splits))
	for i, sp := range s.splits {
		infos[i] = SplitInfo{ID: sp.id, Subtask: s.ctx.Subtask, Rows: sp.rows, Watermark: s.marks.mark[i],
			Idle: s.marks.idle[i], Ended: sp.ended, Since: sp.last}
	}
	s.published.Store(&infos)
}
