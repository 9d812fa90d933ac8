package lower

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
)

// pruneByJoins lets partitioned sources wait for the other side of a join by their partition columns: partitions that
// it has no row for are not opened. Batch only. A source that others read too, or whose rows come out without a match, cannot wait.
func (b *builder) pruneByJoins() {
	if !b.batch {
		return
	}
	for _, o := range b.ops {
		spec, ok := o.spec.(*physical.Join)
		if !ok || len(o.in) != 2 {
			continue
		}
		for _, side := range []int{0, 1} {
			if len(spec.Collect) == 0 && prunable(spec.Kind, side) {
				b.pruneSide(o, spec, side)
			}
		}
	}
}

// prunable reports whether rows of a side that match nothing leave no trace in the result.
func prunable(kind physical.JoinKind, side int) bool {
	switch kind {
	case physical.Inner, physical.Semi:
		return true
	case physical.LeftOuter, physical.Anti:
		return side == 1
	case physical.RightOuter:
		return side == 0
	}
	return false
}

func (b *builder) pruneSide(o *op, spec *physical.Join, side int) {
	keys := [2][]int{spec.LeftKeys, spec.RightKeys}
	f := &physical.KeyFilter{Side: 1 - side}
	var source *op
	for i, c := range keys[side] {
		src, column := partitionColumn(o.in[side].from, c)
		if src == nil || source != nil && src != source || slices.Contains(f.Partition, column) {
			continue
		}
		source = src
		f.Partition = append(f.Partition, column)
		f.Columns = append(f.Columns, keys[1-side][i])
		f.Nulls = append(f.Nulls, i < len(spec.NullEquals) && spec.NullEquals[i])
	}
	if source == nil || source.spec.(*physical.Source).Turn != nil { // one that waits its turn must not wait for a join, too
		return
	}
	// A side that is as large as the source gains nothing: it must not be partitioned in the same way, or read a part only.
	other := o.in[1-side].from
	if src, _ := partitionColumn(other, f.Columns[0]); src != nil && !narrowed(other) {
		return
	}
	f.By, _ = sourceOf(other)
	if f.By == "" {
		f.By = "the other side of the join"
	}
	src := source.spec.(*physical.Source)
	src.Await = append(src.Await, f)
	spec.Collect = append(spec.Collect, f)
	source.detail = append(source.detail, fmt.Sprintf("partitions (%s) that %s has", strings.Join(f.Partition, ", "), f.By))
}

// partitionColumn follows a column down to the source that reads it; the source is nil if the column is not a partition
// column as it is, or if somebody else reads what is on the way.
func partitionColumn(o *op, column int) (source *op, name string) {
	for {
		if len(o.readers) != 1 {
			return nil, ""
		}
		switch s := o.spec.(type) {
		case *physical.Calc:
			ref, ok := s.Exprs[column].(*rex.Ref)
			if !ok {
				return nil, ""
			}
			o, column = o.in[0].from, ref.Index
		case *physical.Source:
			if s.Project != nil {
				ref, ok := s.Project[column].(*rex.Ref)
				if !ok {
					return nil, ""
				}
				column = ref.Index
			}
			c := s.Read[column]
			if !s.Bounded || s.Limit >= 0 || len(c.Path) != 1 || !slices.Contains(s.Table.PartitionKey, c.Path[0]) {
				return nil, ""
			}
			return o, c.Path[0]
		default:
			return nil, ""
		}
	}
}

// narrowed reports whether a filter stands between a source and what it gives.
func narrowed(o *op) bool {
	for {
		switch s := o.spec.(type) {
		case *physical.Calc:
			if s.Filter != nil {
				return true
			}
			o = o.in[0].from
		case *physical.Source:
			return len(s.Filters) > 0
		default:
			return true
		}
	}
}
