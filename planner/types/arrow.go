package types

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
)

// ArrowType is the Arrow type of a column: TIME is time32[ms], TIMESTAMP and
// TIMESTAMP_LTZ have the coarsest of ms, us and ns that holds their precision, the
// latter in zone UTC, intervals are month_interval and duration[ms], MULTISET is a
// map to int32. It fails for types no column can have (DESCRIPTOR, symbols).
func ArrowType(t Type) (arrow.DataType, error) {
	switch t.Kind {
	case Null:
		return arrow.Null, nil
	case Boolean:
		return arrow.FixedWidthTypes.Boolean, nil
	case TinyInt:
		return arrow.PrimitiveTypes.Int8, nil
	case SmallInt:
		return arrow.PrimitiveTypes.Int16, nil
	case Integer:
		return arrow.PrimitiveTypes.Int32, nil
	case BigInt:
		return arrow.PrimitiveTypes.Int64, nil
	case Float:
		return arrow.PrimitiveTypes.Float32, nil
	case Double:
		return arrow.PrimitiveTypes.Float64, nil
	case Decimal:
		return &arrow.Decimal128Type{Precision: int32(t.Precision), Scale: int32(t.Scale)}, nil
	case Char, VarChar:
		return arrow.BinaryTypes.String, nil
	case Binary, VarBinary, Raw, Variant:
		return arrow.BinaryTypes.Binary, nil
	case Date:
		return arrow.FixedWidthTypes.Date32, nil
	case Time:
		return arrow.FixedWidthTypes.Time32ms, nil
	case Timestamp:
		return &arrow.TimestampType{Unit: timeUnit(t.Precision)}, nil
	case TimestampLTZ:
		return &arrow.TimestampType{Unit: timeUnit(t.Precision), TimeZone: "UTC"}, nil
	case IntervalYearMonth:
		return arrow.FixedWidthTypes.MonthInterval, nil
	case IntervalDayTime:
		return arrow.FixedWidthTypes.Duration_ms, nil
	case Array, Map, Multiset, Row:
		return arrowNested(t)
	default:
		return nil, fmt.Errorf("type %s has no Arrow type", t)
	}
}

func timeUnit(precision int) arrow.TimeUnit {
	switch {
	case precision <= 3:
		return arrow.Millisecond
	case precision <= 6:
		return arrow.Microsecond
	default:
		return arrow.Nanosecond
	}
}

func arrowNested(t Type) (arrow.DataType, error) {
	if t.Kind == Row {
		fields, err := arrowFields(t.Fields)
		if err != nil {
			return nil, err
		}
		return arrow.StructOf(fields...), nil
	}
	if t.Kind == Multiset {
		t = NewMap(*t.Elem, Int32.NotNull())
	}
	elem, err := ArrowType(*t.Elem)
	if err != nil {
		return nil, err
	}
	if t.Kind == Array {
		return arrow.ListOfField(arrow.Field{Name: "element", Type: elem, Nullable: t.Elem.Nullable}), nil
	}
	key, err := ArrowType(*t.Key)
	if err != nil {
		return nil, err
	}
	m := arrow.MapOf(key, elem)
	m.SetItemNullable(t.Elem.Nullable)
	return m, nil
}

func arrowFields(fs []Field) ([]arrow.Field, error) {
	out := make([]arrow.Field, len(fs))
	for i, f := range fs {
		dt, err := ArrowType(f.Type)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
		out[i] = arrow.Field{Name: f.Name, Type: dt, Nullable: f.Type.Nullable}
	}
	return out, nil
}

// ArrowSchema is the Arrow schema of columns.
func ArrowSchema(fs []Field) (*arrow.Schema, error) {
	fields, err := arrowFields(fs)
	if err != nil {
		return nil, err
	}
	return arrow.NewSchema(fields, nil), nil
}

// FromArrow is the SQL type that reads an Arrow column, e.g. of a file whose
// columns were not declared. Unsigned integers become the next wider signed type
// (uint64 DECIMAL(20, 0)), timestamps with any zone TIMESTAMP_LTZ. It fails for Arrow
// types that have no SQL counterpart.
func FromArrow(dt arrow.DataType, nullable bool) (Type, error) {
	t, err := fromArrow(dt)
	if err != nil {
		return Type{}, err
	}
	return t.WithNull(nullable), nil
}

func fromArrow(dt arrow.DataType) (Type, error) {
	switch dt := dt.(type) {
	case *arrow.NullType:
		return NullType, nil
	case *arrow.BooleanType:
		return Bool, nil
	case *arrow.Int8Type:
		return Int8, nil
	case *arrow.Int16Type, *arrow.Uint8Type:
		return Int16, nil
	case *arrow.Int32Type, *arrow.Uint16Type:
		return Int32, nil
	case *arrow.Int64Type, *arrow.Uint32Type:
		return Int64, nil
	case *arrow.Uint64Type:
		return NewDecimal(20, 0), nil
	case *arrow.Float16Type, *arrow.Float32Type:
		return Float32, nil
	case *arrow.Float64Type:
		return Float64, nil
	case *arrow.Decimal128Type:
		if dt.Precision > MaxDecimalPrecision || dt.Scale < 0 || dt.Scale > dt.Precision {
			return Type{}, fmt.Errorf("Arrow type %s is outside of DECIMAL(38, s)", dt)
		}
		return NewDecimal(int(dt.Precision), int(dt.Scale)), nil
	case *arrow.StringType, *arrow.LargeStringType:
		return String, nil
	case *arrow.BinaryType, *arrow.LargeBinaryType:
		return Bytes, nil
	case *arrow.FixedSizeBinaryType:
		return NewBinary(dt.ByteWidth), nil
	case *arrow.Date32Type, *arrow.Date64Type:
		return DateType, nil
	case *arrow.Time32Type:
		if dt.Unit == arrow.Second {
			return NewTime(0), nil
		}
		return NewTime(3), nil
	case *arrow.Time64Type:
		return NewTime(3), nil // TIME holds milliseconds
	case *arrow.TimestampType:
		p := [...]int{arrow.Second: 0, arrow.Millisecond: 3, arrow.Microsecond: 6, arrow.Nanosecond: 9}[dt.Unit]
		if dt.TimeZone != "" {
			return NewTimestampLTZ(p), nil
		}
		return NewTimestamp(p), nil
	case *arrow.MonthIntervalType:
		return IntervalMonths, nil
	case *arrow.DurationType:
		return IntervalMillis, nil
	case *arrow.DictionaryType:
		return fromArrow(dt.ValueType)
	case *arrow.MapType:
		key, err := fromArrow(dt.KeyType())
		if err != nil {
			return Type{}, err
		}
		val, err := FromArrow(dt.ItemType(), dt.ItemField().Nullable)
		return NewMap(key.NotNull(), val), err
	case *arrow.ListType:
		elem, err := FromArrow(dt.Elem(), dt.ElemField().Nullable)
		return NewArray(elem), err
	case *arrow.LargeListType:
		elem, err := FromArrow(dt.Elem(), dt.ElemField().Nullable)
		return NewArray(elem), err
	case *arrow.FixedSizeListType:
		elem, err := FromArrow(dt.Elem(), dt.ElemField().Nullable)
		return NewArray(elem), err
	case *arrow.StructType:
		fields := make([]Field, len(dt.Fields()))
		for i, f := range dt.Fields() {
			t, err := FromArrow(f.Type, f.Nullable)
			if err != nil {
				return Type{}, fmt.Errorf("field %q: %w", f.Name, err)
			}
			fields[i] = Field{Name: f.Name, Type: t}
		}
		return NewRow(fields...), nil
	default:
		return Type{}, fmt.Errorf("Arrow type %s has no SQL type", dt)
	}
}
