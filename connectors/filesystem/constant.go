package filesystem

import (
	"path"
	"slices"

	"github.com/weir-sql/weir/connectors/format/text"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// constant is a column that has one value in all rows of a file: a partition column
// or metadata of the file. Batches share one vector as long as the longest of them.
type constant struct {
	value any // boxed as vec.Builder.Append takes it
	typ   types.Type
	vec   *vec.Vec
}

// take gives n rows.
func (c *constant) take(n int) *vec.Vec {
	if c.vec == nil || c.vec.Len < n {
		b := vec.NewBuilder(c.typ, n)
		for range n {
			b.Append(c.value)
		}
		c.vec = b.Finish()
	}
	return c.vec.Slice(0, n)
}

// constantOf gives the constant a wanted column has in a file, ok = false if the
// column is inside the file.
func (s *Source) constantOf(c physical.ReadColumn, f *file) (*constant, bool, error) {
	if c.Metadata != "" {
		v, ok := fileMetadata(s.loc, c.Metadata, f)
		return &constant{value: v, typ: c.Type}, ok, nil
	}
	key := slices.Index(s.table.PartitionKey, c.Path[0])
	if key < 0 {
		return nil, false, nil
	}
	v, err := s.partitionValue(key, f)
	return &constant{value: v, typ: c.Type}, true, err
}

// fileMetadata gives a metadata value of a file.
func fileMetadata(loc *location, key string, f *file) (any, bool) {
	switch key {
	case metaPath:
		return loc.absolute(f.Rel), true
	case metaName:
		return path.Base(f.Rel), true
	case metaSize:
		return f.Size, true
	case metaModified:
		return f.Modified.UnixMilli(), true
	}
	return nil, false
}

// partitionValue reads the value of a partition column from a file's path.
func (s *Source) partitionValue(key int, f *file) (any, error) {
	name := s.table.PartitionKey[key]
	t := s.table.Columns[s.table.Column(name)].Type
	if f.Partition[key] == s.defaultName {
		return nil, nil
	}
	v, ok := parsePartition(f.Partition[key], t)
	if !ok {
		return nil, diag.Errorf("W0513", diag.Span{}, "partition \"%s=%s\" is no %s", name, f.Partition[key], t.Null()).
			WithDetail("The file is %s.", s.loc.show(f.Rel))
	}
	return v, nil
}

// parsePartition reads a value from a directory name.
func parsePartition(value string, t types.Type) (any, bool) {
	s := []byte(value)
	switch t.Kind {
	case types.Boolean:
		return text.Bool(s), true
	case types.TinyInt:
		return text.Int(s, 8)
	case types.SmallInt:
		return text.Int(s, 16)
	case types.Integer:
		return text.Int(s, 32)
	case types.BigInt:
		return text.Int(s, 64)
	case types.Float:
		x, ok := text.Float32(s)
		return float64(x), ok
	case types.Double:
		return text.Float64(s)
	case types.Char, types.VarChar:
		return value, true
	case types.Date:
		x, ok := text.Date(s)
		return int64(x), ok
	case types.Time:
		x, ok := text.Time(s, text.ISO8601)
		return int64(x), ok
	case types.Timestamp, types.TimestampLTZ:
		std := text.SQL
		if len(s) > 10 && s[10] == 'T' {
			std = text.ISO8601
		}
		return text.Timestamp(s, std, t.Precision)
	case types.Decimal:
		d, fits, ok := text.Decimal(s, t.Precision, t.Scale)
		if vec.PhysOf(t) == vec.PhysDec {
			return d, fits && ok
		}
		return int64(d.LowBits()), fits && ok
	default:
		return nil, false
	}
}

// partitionText gives the directory name of row i of a partition column.
func partitionText(v *vec.Vec, i int, defaultName string) string {
	if v.IsNull(i) {
		return defaultName
	}
	var s string
	switch v.Type.Kind {
	case types.Boolean:
		s = "false"
		if v.Bools()[i] {
			s = "true"
		}
	case types.TimestampLTZ, types.Timestamp:
		s = string(vec.AppendText(nil, v, i, nil))
	default:
		s = vec.FormatValue(v, i)
	}
	if s == "" {
		return defaultName
	}
	return s
}
