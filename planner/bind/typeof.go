package bind

import (
	"fmt"

	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// typeOf reads a type as written. Without a suffix it is nullable.
func (b *binder) typeOf(e syntax.TypeExpr) (types.Type, bool) {
	t, ok := b.bareType(e)
	return t.WithNull(e.Null() != syntax.NotNull), ok
}

func (b *binder) bareType(e syntax.TypeExpr) (types.Type, bool) {
	switch e := e.(type) {
	case *syntax.BadType:
		return types.Type{}, false
	case *syntax.NamedType:
		return b.namedType(e)
	case *syntax.IntervalType:
		return intervalType(e.Qualifier), true
	case *syntax.ArrayType:
		elem, ok := b.typeOf(e.Elem)
		return types.NewArray(elem), ok
	case *syntax.MultisetType:
		elem, ok := b.typeOf(e.Elem)
		return types.NewMultiset(elem), ok
	case *syntax.MapType:
		k, ok1 := b.typeOf(e.Key)
		v, ok2 := b.typeOf(e.Value)
		return types.NewMap(k, v), ok1 && ok2
	case *syntax.RowType:
		return b.rowType(e)
	case *syntax.RawType:
		b.refuse(b.at(e), "type RAW")
	case *syntax.StructuredType:
		return b.structuredType(e)
	case *syntax.UserType:
		d := b.errorf(codeType, b.at(e), "type %q not found", e.Name.String())
		hintName(d, e.Name.Last().Name, typeNames)
	default:
		b.refuse(b.at(e), fmt.Sprintf("this type (%T)", e))
	}
	return types.Type{}, false
}

func (b *binder) rowType(e *syntax.RowType) (types.Type, bool) {
	fields, ok := b.rowFields("ROW", e.Fields)
	return types.NewRow(fields...), ok
}

func (b *binder) structuredType(e *syntax.StructuredType) (types.Type, bool) {
	fields, ok := b.rowFields("STRUCTURED", e.Fields)
	return types.NewStructured(e.Class.Value, fields...), ok
}

func (b *binder) rowFields(kind string, list []*syntax.RowField) ([]types.Field, bool) {
	ok := true
	fields := make([]types.Field, len(list))
	seen := map[string]bool{}
	for i, f := range list {
		t, fine := b.typeOf(f.Type)
		ok = ok && fine
		fields[i] = types.Field{Name: f.Name.Name, Type: t}
		if f.Comment != nil {
			fields[i].Comment = f.Comment.Value
		}
		if seen[f.Name.Name] {
			b.errorf(codeDuplicate, b.at(f.Name), "field %q stands twice in %s", f.Name.Name, kind)
			ok = false
		}
		seen[f.Name.Name] = true
	}
	return fields, ok
}

var typeNames = []string{"BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL", "CHAR", "VARCHAR",
	"STRING", "BINARY", "VARBINARY", "BYTES", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ", "ARRAY", "MAP", "MULTISET", "ROW",
	"STRUCTURED", "VARIANT"}

var plainTypes = map[string]types.Type{
	"BOOLEAN": types.Bool, "TINYINT": types.Int8, "SMALLINT": types.Int16, "INT": types.Int32, "BIGINT": types.Int64,
	"FLOAT": types.Float32, "DOUBLE": types.Float64, "STRING": types.String, "BYTES": types.Bytes, "DATE": types.DateType,
	"VARIANT": types.AnyJSON,
}

// namedType reads a type that is a name with numbers behind it, and checks the numbers.
func (b *binder) namedType(e *syntax.NamedType) (types.Type, bool) {
	param := func(i, without int) int {
		if i < len(e.Params) {
			return e.Params[i]
		}
		return without
	}
	// capped takes the greatest number there is where more is asked for, as Flink does,
	// but says so.
	capped := func(v, most int) int {
		if v > most {
			b.warnf(codeType, b.at(e), "%s(%d) is more than there is; %d is taken", e.Name, v, most)
		}
		return min(v, most)
	}
	if t, ok := plainTypes[e.Name]; ok {
		if len(e.Params) > 0 {
			b.errorf(codeType, b.at(e), "type %s takes no length", e.Name)
			return t, false
		}
		return t, true
	}
	switch e.Name {
	case "DECIMAL":
		p := capped(param(0, 10), types.MaxDecimalPrecision)
		s := param(1, 0)
		if p < 1 || s > p {
			b.errorf(codeType, b.at(e), "DECIMAL(%d, %d) does not exist: precision is 1 to 38, scale up to the precision", p, s)
			return types.Type{}, false
		}
		return types.NewDecimal(p, s), true
	case "CHAR":
		return types.NewChar(param(0, 1)), true
	case "VARCHAR":
		return types.NewVarChar(param(0, types.MaxLength)), true
	case "BINARY":
		return types.NewBinary(param(0, 1)), true
	case "VARBINARY":
		return types.NewVarBinary(param(0, types.MaxLength)), true
	case "TIME":
		return types.NewTime(0), true // whatever precision is written
	case "TIMESTAMP":
		return types.NewTimestamp(capped(param(0, types.DefaultTimestampPrecision), types.MaxTimestampPrecision)), true
	case "TIMESTAMP_LTZ":
		return types.NewTimestampLTZ(capped(param(0, types.DefaultTimestampPrecision), types.MaxTimestampPrecision)), true
	}
	b.refuse(b.at(e), "type "+e.Name)
	return types.Type{}, false
}

// intervalType is what an interval type is to all that follows: months or milliseconds,
// whatever its qualifier.
func intervalType(q syntax.IntervalQualifier) types.Type {
	if _, months := unitMonths[q.From]; months {
		return types.IntervalMonths
	}
	return types.IntervalMillis
}
