package parquet

import (
	"github.com/apache/arrow-go/v18/parquet/metadata"

	pq "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/weir-sql/weir/connectors/format/prune"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// stats gives what a row group's statistics tell of a column's values.
func (c *column) stats(group *metadata.RowGroupMetaData) (r prune.Range) {
	if c.kind == absentColumn {
		return prune.Range{AllNull: true}
	}
	if c.kind != leafColumn || c.leaf.maxRep > 0 {
		return r
	}
	chunk, err := group.ColumnChunk(c.leaf.index)
	if err != nil {
		return r
	}
	if set, err := chunk.StatsSet(); err != nil || !set {
		return r
	}
	s, err := chunk.Statistics()
	if err != nil || s == nil {
		return r
	}
	if s.HasNullCount() {
		r.NoNulls = s.NullCount() == 0
		r.AllNull = s.NullCount() == group.NumRows()
	}
	if c.leaf.maxDef == 0 {
		r.NoNulls = true
	}
	if !s.HasMinMax() {
		return r
	}
	r.Min, r.Max = c.bounds(s)
	r.Bounded = r.Min != nil && r.Max != nil
	return r
}

// bounds boxes the least and greatest value as literals of the type are boxed; nil
// if they say nothing about values of the type.
func (c *column) bounds(s metadata.TypedStatistics) (low, high any) {
	switch s := s.(type) {
	case *metadata.BooleanStatistics:
		return s.Min(), s.Max()
	case *metadata.Int32Statistics:
		return c.integerBounds(int64(s.Min()), int64(s.Max()))
	case *metadata.Int64Statistics:
		return c.integerBounds(s.Min(), s.Max())
	case *metadata.Float32Statistics:
		return float64(s.Min()), float64(s.Max())
	case *metadata.Float64Statistics:
		return s.Min(), s.Max()
	case *metadata.ByteArrayStatistics:
		if c.typ.Kind == types.VarChar {
			return string(s.Min()), string(s.Max())
		}
	case *metadata.FixedLenByteArrayStatistics:
		if c.typ.Kind == types.Decimal {
			return c.decimalBounds(bigEndian(s.Min()), bigEndian(s.Max()))
		}
	}
	return nil, nil
}

func (c *column) integerBounds(low, high int64) (any, any) {
	node := c.leaf.desc.SchemaNode().(*schema.PrimitiveNode)
	switch l := node.LogicalType().(type) {
	case schema.TimestampLogicalType:
		from, to := unitNanos(l.TimeUnit()), int64(vec.UnitOf(c.typ.Precision))
		return changeUnit(low, from, to), changeUnit(high, from, to)
	case schema.TimeLogicalType:
		if node.PhysicalType() != pq.Types.Int32 {
			return nil, nil
		}
	case schema.IntLogicalType:
		if !l.IsSigned() {
			return nil, nil
		}
	}
	if c.typ.Kind == types.Decimal {
		return c.decimalBounds(vec.DecimalOf(low), vec.DecimalOf(high))
	}
	return low, high
}

// decimalBounds boxes unscaled numbers, if the file has the type's scale.
func (c *column) decimalBounds(low, high vec.Decimal) (any, any) {
	l, ok := c.leaf.desc.LogicalType().(schema.DecimalLogicalType)
	if ok && int(l.Scale()) != c.typ.Scale || !ok && c.typ.Scale != 0 {
		return nil, nil
	}
	if vec.PhysOf(c.typ) == vec.PhysDec {
		return low, high
	}
	return int64(low.LowBits()), int64(high.LowBits())
}
