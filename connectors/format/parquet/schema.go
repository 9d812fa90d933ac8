package parquet

import (
	pq "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// writeOptions are what the schema needs to know of the options.
type writeOptions struct {
	int96 bool
	unit  schema.TimeUnitType
}

// schemaOf is the schema Flink writes for columns: NOT NULL ones are required, lists
// and maps have three levels.
func schemaOf(fields []types.Field, o writeOptions) (*schema.GroupNode, error) {
	nodes, err := nodesOf(fields, o)
	if err != nil {
		return nil, err
	}
	return schema.NewGroupNode("flink_schema", pq.Repetitions.Required, nodes, -1)
}

func nodesOf(fields []types.Field, o writeOptions) (schema.FieldList, error) {
	var out schema.FieldList
	for _, f := range fields {
		n, err := nodeOf(f.Name, f.Type, repetition(f.Type), o)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func repetition(t types.Type) pq.Repetition {
	if t.Nullable {
		return pq.Repetitions.Optional
	}
	return pq.Repetitions.Required
}

func nodeOf(name string, t types.Type, rep pq.Repetition, o writeOptions) (schema.Node, error) {
	primitive := func(l schema.LogicalType, p pq.Type, size int) (schema.Node, error) {
		return schema.NewPrimitiveNodeLogical(name, rep, l, p, size, -1)
	}
	none := schema.NoLogicalType{}
	switch t.Kind {
	case types.Boolean:
		return primitive(none, pq.Types.Boolean, 0)
	case types.TinyInt:
		return primitive(schema.NewIntLogicalType(8, true), pq.Types.Int32, 0)
	case types.SmallInt:
		return primitive(schema.NewIntLogicalType(16, true), pq.Types.Int32, 0)
	case types.Integer:
		return primitive(none, pq.Types.Int32, 0)
	case types.BigInt, types.IntervalDayTime, types.IntervalYearMonth:
		return primitive(none, pq.Types.Int64, 0)
	case types.Float:
		return primitive(none, pq.Types.Float, 0)
	case types.Double:
		return primitive(none, pq.Types.Double, 0)
	case types.Char, types.VarChar:
		return primitive(schema.StringLogicalType{}, pq.Types.ByteArray, 0)
	case types.Binary, types.VarBinary:
		return primitive(none, pq.Types.ByteArray, 0)
	case types.Date:
		return primitive(schema.DateLogicalType{}, pq.Types.Int32, 0)
	case types.Time:
		return primitive(schema.NewTimeLogicalType(true, schema.TimeUnitMillis), pq.Types.Int32, 0)
	case types.Timestamp, types.TimestampLTZ:
		if o.int96 {
			return primitive(none, pq.Types.Int96, 0)
		}
		return primitive(schema.NewTimestampLogicalType(t.Kind == types.TimestampLTZ, o.unit), pq.Types.Int64, 0)
	case types.Decimal:
		l := schema.NewDecimalLogicalType(int32(t.Precision), int32(t.Scale))
		switch {
		case t.Precision <= 9:
			return primitive(l, pq.Types.Int32, 0)
		case t.Precision <= 18:
			return primitive(l, pq.Types.Int64, 0)
		default:
			return primitive(l, pq.Types.FixedLenByteArray, decimalBytes(t.Precision))
		}
	case types.Array:
		elem, err := nodeOf("element", *t.Elem, repetition(*t.Elem), o)
		if err != nil {
			return nil, err
		}
		list, err := schema.NewGroupNode("list", pq.Repetitions.Repeated, schema.FieldList{elem}, -1)
		if err != nil {
			return nil, err
		}
		return schema.NewGroupNodeLogical(name, rep, schema.FieldList{list}, schema.NewListLogicalType(), -1)
	case types.Map, types.Multiset:
		return mapNode(name, t, rep, o)
	case types.Row:
		fields, err := nodesOf(t.Fields, o)
		if err != nil {
			return nil, err
		}
		return schema.NewGroupNode(name, rep, fields, -1)
	default:
		return nil, diag.Errorf("W0333", diag.Span{}, "the parquet format does not support type %s", t)
	}
}

func mapNode(name string, t types.Type, rep pq.Repetition, o writeOptions) (schema.Node, error) {
	kt, et := *t.Elem, types.Int32.NotNull() // MULTISET
	if t.Kind == types.Map {
		kt, et = *t.Key, *t.Elem
	}
	key, err := nodeOf("key", kt, pq.Repetitions.Required, o)
	if err != nil {
		return nil, err
	}
	value, err := nodeOf("value", et, repetition(et), o)
	if err != nil {
		return nil, err
	}
	entry, err := schema.NewGroupNode("key_value", pq.Repetitions.Repeated, schema.FieldList{key, value}, -1)
	if err != nil {
		return nil, err
	}
	return schema.NewGroupNodeLogical(name, rep, schema.FieldList{entry}, schema.MapLogicalType{}, -1)
}

// decimalBytes is the least number of bytes for a precision.
func decimalBytes(precision int) int {
	n, limit := 1, 2.0
	for limit *= 64; limit < pow10(precision); n++ {
		limit *= 256
	}
	return n
}

func pow10(n int) float64 {
	x := 1.0
	for range n {
		x *= 10
	}
	return x
}
