package session

import (
	"slices"

	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// source is what the doctor knows of one scan.
type source struct {
	node   *topology.Node
	spec   *physical.Source
	table  *fixtureTable
	splits []runtime.SplitInfo
	times  [][]int64 // event times by split, in order of arrival; exec.MinWatermark = NULL
	all    []int64   // those that are not NULL, in order of arrival
	order  []int     // the row of each in the file
	mark   int64
}

// source gathers what came through one scan so far.
func (x *examination) source(n *topology.Node, spec *physical.Source) *source {
	s := &source{node: n, spec: spec, table: x.st.player.conns.tables[spec.Table.Path.Name], splits: x.st.player.job.Splits(n.ID), mark: minMark}
	if t := x.st.watch.of(n.ID); t != nil {
		s.mark = t.mark()
	}
	s.times = make([][]int64, max(1, len(s.splits)))
	if spec.Watermark == nil || s.table.mark < 0 {
		return s
	}
	times := eventTimes(s.table.rows.Cols[s.table.mark])
	for _, m := range x.st.moments[:x.st.at] {
		if m.Kind != fixtures.StepRows || m.Table != s.table.name {
			continue
		}
		for i := m.From; i < m.To; i++ {
			if m.Split < len(s.times) {
				s.times[m.Split] = append(s.times[m.Split], times[i])
			}
			if times[i] != minMark {
				s.all, s.order = append(s.all, times[i]), append(s.order, i)
			}
		}
	}
	return s
}

func (s *source) rows() (n int64) {
	for _, sp := range s.splits {
		n += sp.Rows
	}
	return n
}

// column is the name of the event time.
func (s *source) column() string {
	if s.spec.Watermark == nil {
		return ""
	}
	return s.spec.Fields[s.spec.Watermark.Column].Name
}

func (s *source) describe() DoctorInput {
	in := DoctorInput{Table: s.table.name, Column: s.column(), Declared: s.spec.Watermark.Text, Watermark: MarkText(s.mark), Rows: s.rows()}
	if len(s.all) > 0 {
		in.Latest = stampOf(slices.Max(s.all))
	}
	holder := s.holder()
	for i, sp := range s.splits {
		ds := DoctorSplit{Split: i, Watermark: MarkText(sp.Watermark), Rows: sp.Rows, Idle: sp.Idle, Holds: i == holder}
		if late := latestOf(s.times[i]); late != minMark {
			ds.Latest = stampOf(late)
		}
		in.Splits = append(in.Splits, ds)
	}
	return in
}

// holder is the split whose watermark is the least of those that count; -1 = none.
func (s *source) holder() int {
	at := -1
	for i, sp := range s.splits {
		if !sp.Idle && !sp.Ended && (at < 0 || sp.Watermark < s.splits[at].Watermark) {
			at = i
		}
	}
	return at
}

func latestOf(times []int64) int64 {
	latest := int64(minMark)
	for _, t := range times {
		latest = max(latest, t)
	}
	return latest
}

// delay is how far an input's watermark stays behind its latest row.
func (s *source) delay() int64 {
	if len(s.all) == 0 || s.holder() < 0 {
		return 0
	}
	h := s.splits[s.holder()]
	latest := latestOf(s.times[s.holder()])
	if h.Watermark == minMark || latest == minMark {
		return 0
	}
	return max(0, latest-h.Watermark)
}

// otherColumn names a column of time that moves.
func (s *source) otherColumn() string {
	for i, f := range s.table.fields {
		if i == s.table.mark || !f.Type.In(types.Timestamp, types.TimestampLTZ) {
			continue
		}
		times := slices.DeleteFunc(eventTimes(s.table.rows.Cols[i]), func(t int64) bool { return t == minMark })
		if len(times) > 1 && slices.Min(times) < slices.Max(times) {
			return ", such as " + f.Name
		}
	}
	return ""
}

// behind finds a split that was idle while others went on, and whose rows then came late.
func (s *source) behind() int {
	for i, times := range s.times {
		for j, sp := range s.splits {
			if i != j && len(times) > 0 && len(s.splits) > 1 && sp.Watermark != minMark && latestOf(times) < sp.Watermark && s.splits[i].Watermark < sp.Watermark && s.mark >= sp.Watermark {
				return i
			}
		}
	}
	return -1
}

// disorder is how far a row comes behind a later one of its split.
func (s *source) disorder() int64 {
	most := int64(0)
	for _, times := range s.times {
		latest := int64(minMark)
		for _, t := range times {
			if t == minMark {
				continue
			}
			if latest != minMark {
				most = max(most, latest-t)
			}
			latest = max(latest, t)
		}
	}
	return most
}
