// Package types is Flink SQL's type system as plain values: kinds, nullability,
// precision and scale, nested types, time attributes; the rules that derive one
// type from others (common type, arithmetic results, implicit and explicit
// casts); and the mapping to Arrow.
package types

import (
	"fmt"
	"strings"
)

// Kind is a type's root, Flink's LogicalTypeRoot.
type Kind uint8

// The kinds. Order within the numeric kinds is the order of implicit widening.
const (
	Invalid Kind = iota
	Null         // the type of a bare NULL literal
	Boolean
	TinyInt
	SmallInt
	Integer
	BigInt
	Decimal
	Float
	Double
	Char
	VarChar // STRING is VARCHAR(MaxLength)
	Binary
	VarBinary // BYTES is VARBINARY(MaxLength)
	Date
	Time
	Timestamp    // without time zone
	TimestampLTZ // with local time zone: an instant
	IntervalYearMonth
	IntervalDayTime
	Array
	Map
	Multiset
	Row
	Raw
	Descriptor // DESCRIPTOR(col), an argument of table functions only
	Symbol     // an option word such as a time unit, an argument only
	Variant    // a JSON value whose type is its own
)

// MaxLength is the length of STRING and BYTES.
const MaxLength = 2147483647

// Limits and defaults of precision, as Flink's.
const (
	MaxDecimalPrecision       = 38
	DefaultTimestampPrecision = 6
	MaxTimestampPrecision     = 9
)

// TimeAttr marks a column that carries time: event time with watermarks, or
// processing time.
type TimeAttr uint8

// The time attributes.
const (
	NoTimeAttr TimeAttr = iota
	Rowtime
	Proctime
)

// Field is one field of a ROW type, also one column of a schema.
type Field struct {
	Name    string
	Type    Type
	Comment string
}

// Type is an SQL type. It is a value: copy it freely, never change what Elem,
// Key or Fields point to.
type Type struct {
	Kind     Kind
	Nullable bool
	// Precision is the length of CHAR, VARCHAR, BINARY and VARBINARY, the precision
	// of DECIMAL, TIME, TIMESTAMP and TIMESTAMP_LTZ, and the leading precision of intervals.
	Precision int
	// Scale is the scale of DECIMAL and the fractional precision of day-time intervals.
	Scale  int
	Unit   IntervalUnit // qualifier of an interval
	Elem   *Type        // element of ARRAY and MULTISET, value of MAP
	Key    *Type        // key of MAP
	Fields []Field      // fields of ROW
	Attr   TimeAttr
	Class  string // class of RAW; of a ROW that is a structured type, STRUCTURED<'class', …>
}

// IntervalUnit is the qualifier of an interval type.
type IntervalUnit uint8

// The interval qualifiers.
const (
	NoUnit IntervalUnit = iota
	Year
	YearToMonth
	Month
	Day
	DayToHour
	DayToMinute
	DayToSecond
	Hour
	HourToMinute
	HourToSecond
	Minute
	MinuteToSecond
	Second
)

var unitText = [...]string{"", "YEAR", "YEAR TO MONTH", "MONTH", "DAY", "DAY TO HOUR", "DAY TO MINUTE",
	"DAY TO SECOND", "HOUR", "HOUR TO MINUTE", "HOUR TO SECOND", "MINUTE", "MINUTE TO SECOND", "SECOND"}

func (u IntervalUnit) String() string { return unitText[u] }

// Constructors: all give the nullable type; NotNull makes the other.
func of(k Kind) Type { return Type{Kind: k, Nullable: true} }

// Common types without parameters, nullable.
var (
	NullType = of(Null)
	Bool     = of(Boolean)
	Int8     = of(TinyInt)
	Int16    = of(SmallInt)
	Int32    = of(Integer)
	Int64    = of(BigInt)
	Float32  = of(Float)
	Float64  = of(Double)
	String   = Type{Kind: VarChar, Nullable: true, Precision: MaxLength}
	Bytes    = Type{Kind: VarBinary, Nullable: true, Precision: MaxLength}
	DateType = of(Date)
	AnyJSON  = of(Variant)
)

// NewDecimal is DECIMAL(p, s).
func NewDecimal(p, s int) Type { return Type{Kind: Decimal, Nullable: true, Precision: p, Scale: s} }

// NewChar is CHAR(n).
func NewChar(n int) Type { return Type{Kind: Char, Nullable: true, Precision: n} }

// NewVarChar is VARCHAR(n).
func NewVarChar(n int) Type { return Type{Kind: VarChar, Nullable: true, Precision: n} }

// NewBinary is BINARY(n).
func NewBinary(n int) Type { return Type{Kind: Binary, Nullable: true, Precision: n} }

// NewVarBinary is VARBINARY(n).
func NewVarBinary(n int) Type { return Type{Kind: VarBinary, Nullable: true, Precision: n} }

// NewTime is TIME(p).
func NewTime(p int) Type { return Type{Kind: Time, Nullable: true, Precision: p} }

// NewTimestamp is TIMESTAMP(p).
func NewTimestamp(p int) Type { return Type{Kind: Timestamp, Nullable: true, Precision: p} }

// NewTimestampLTZ is TIMESTAMP_LTZ(p).
func NewTimestampLTZ(p int) Type { return Type{Kind: TimestampLTZ, Nullable: true, Precision: p} }

// NewArray is ARRAY<elem>.
func NewArray(elem Type) Type { return Type{Kind: Array, Nullable: true, Elem: &elem} }

// NewMultiset is MULTISET<elem>.
func NewMultiset(elem Type) Type { return Type{Kind: Multiset, Nullable: true, Elem: &elem} }

// NewMap is MAP<key, value>.
func NewMap(key, value Type) Type { return Type{Kind: Map, Nullable: true, Key: &key, Elem: &value} }

// NewRow is ROW<fields>.
func NewRow(fields ...Field) Type { return Type{Kind: Row, Nullable: true, Fields: fields} }

// NewStructured is STRUCTURED<'class', fields>: a ROW whose type has a name.
func NewStructured(class string, fields ...Field) Type {
	return Type{Kind: Row, Nullable: true, Class: class, Fields: fields}
}

// NewInterval is an interval type; precision of the leading field and of the
// fraction as Flink prints them (0 means the default).
func NewInterval(u IntervalUnit, leading, fraction int) Type {
	k := IntervalDayTime
	if u == Year || u == YearToMonth || u == Month {
		k = IntervalYearMonth
	}
	return Type{Kind: k, Nullable: true, Unit: u, Precision: leading, Scale: fraction}
}

// NotNull returns the type without NULL.
func (t Type) NotNull() Type { t.Nullable = false; return t }

// Null returns the type with NULL.
func (t Type) Null() Type { t.Nullable = true; return t }

// WithNull returns the type with the given nullability.
func (t Type) WithNull(nullable bool) Type { t.Nullable = nullable; return t }

// WithAttr returns the type with a time attribute.
func (t Type) WithAttr(a TimeAttr) Type { t.Attr = a; return t }

// IsTimeAttr reports whether the type carries event or processing time.
func (t Type) IsTimeAttr() bool { return t.Attr != NoTimeAttr }

// In reports whether the type's kind is one of kinds.
func (t Type) In(kinds ...Kind) bool {
	for _, k := range kinds {
		if t.Kind == k {
			return true
		}
	}
	return false
}

// IsNumeric reports the exact and approximate numbers.
func (t Type) IsNumeric() bool { return t.Kind >= TinyInt && t.Kind <= Double }

// IsInteger reports TINYINT to BIGINT.
func (t Type) IsInteger() bool { return t.Kind >= TinyInt && t.Kind <= BigInt }

// IsCharacter reports CHAR and VARCHAR.
func (t Type) IsCharacter() bool { return t.Kind == Char || t.Kind == VarChar }

// IsBinary reports BINARY and VARBINARY.
func (t Type) IsBinary() bool { return t.Kind == Binary || t.Kind == VarBinary }

// IsTimestamp reports TIMESTAMP and TIMESTAMP_LTZ.
func (t Type) IsTimestamp() bool { return t.Kind == Timestamp || t.Kind == TimestampLTZ }

// IsStructured reports a ROW whose type has the name of a class.
func (t Type) IsStructured() bool { return t.Kind == Row && t.Class != "" }

// IsInterval reports both interval kinds.
func (t Type) IsInterval() bool { return t.Kind == IntervalYearMonth || t.Kind == IntervalDayTime }

// Equal compares two types, nullability and time attributes included.
func (t Type) Equal(o Type) bool { return t.Nullable == o.Nullable && t.Attr == o.Attr && t.Same(o) }

// Same compares two types but for the outermost nullability and time attribute.
func (t Type) Same(o Type) bool {
	if t.Kind != o.Kind || t.Precision != o.Precision || t.Scale != o.Scale || t.Unit != o.Unit ||
		t.Class != o.Class || len(t.Fields) != len(o.Fields) {
		return false
	}
	if (t.Elem == nil) != (o.Elem == nil) || t.Elem != nil && !t.Elem.Equal(*o.Elem) {
		return false
	}
	if (t.Key == nil) != (o.Key == nil) || t.Key != nil && !t.Key.Equal(*o.Key) {
		return false
	}
	for i, f := range t.Fields {
		if f.Name != o.Fields[i].Name || !f.Type.Equal(o.Fields[i].Type) {
			return false
		}
	}
	return true
}

// String prints the type as Flink does, e.g. "DECIMAL(10, 2) NOT NULL".
func (t Type) String() string {
	s := t.base()
	switch t.Attr {
	case Rowtime:
		s += " *ROWTIME*"
	case Proctime:
		s += " *PROCTIME*"
	}
	if !t.Nullable {
		s += " NOT NULL"
	}
	return s
}

func (t Type) base() string {
	switch t.Kind {
	case Null:
		return "NULL"
	case Boolean:
		return "BOOLEAN"
	case TinyInt:
		return "TINYINT"
	case SmallInt:
		return "SMALLINT"
	case Integer:
		return "INT"
	case BigInt:
		return "BIGINT"
	case Float:
		return "FLOAT"
	case Double:
		return "DOUBLE"
	case Decimal:
		return fmt.Sprintf("DECIMAL(%d, %d)", t.Precision, t.Scale)
	case Char:
		return fmt.Sprintf("CHAR(%d)", t.Precision)
	case VarChar:
		if t.Precision == MaxLength {
			return "STRING"
		}
		return fmt.Sprintf("VARCHAR(%d)", t.Precision)
	case Binary:
		return fmt.Sprintf("BINARY(%d)", t.Precision)
	case VarBinary:
		if t.Precision == MaxLength {
			return "BYTES"
		}
		return fmt.Sprintf("VARBINARY(%d)", t.Precision)
	case Date:
		return "DATE"
	case Time:
		return fmt.Sprintf("TIME(%d)", t.Precision)
	case Timestamp:
		return fmt.Sprintf("TIMESTAMP(%d)", t.Precision)
	case TimestampLTZ:
		return fmt.Sprintf("TIMESTAMP_LTZ(%d)", t.Precision)
	case IntervalYearMonth, IntervalDayTime:
		return "INTERVAL " + t.intervalQualifier()
	case Array:
		return "ARRAY<" + t.Elem.String() + ">"
	case Multiset:
		return "MULTISET<" + t.Elem.String() + ">"
	case Map:
		return "MAP<" + t.Key.String() + ", " + t.Elem.String() + ">"
	case Row:
		var b strings.Builder
		b.WriteString(t.rowHead())
		for i, f := range t.Fields {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString("`" + strings.ReplaceAll(f.Name, "`", "``") + "` " + f.Type.String())
		}
		return b.String() + ">"
	case Raw:
		return "RAW('" + t.Class + "')"
	case Variant:
		return "VARIANT"
	case Descriptor:
		return "DESCRIPTOR"
	case Symbol:
		return "SYMBOL"
	default:
		return "INVALID"
	}
}

// rowHead is what stands before the fields of a ROW or a structured type.
func (t Type) rowHead() string {
	if t.IsStructured() {
		return "STRUCTURED<'" + strings.ReplaceAll(t.Class, "'", "''") + "', "
	}
	return "ROW<"
}

// intervalQualifier prints the qualifier with its precisions, as Flink does.
func (t Type) intervalQualifier() string {
	lead := ""
	if t.Precision > 0 {
		lead = fmt.Sprintf("(%d)", t.Precision)
	}
	first, rest, to := strings.Cut(t.Unit.String(), " TO ")
	switch {
	case t.Unit == Second:
		return fmt.Sprintf("SECOND(%d)", t.Scale)
	case to && strings.HasSuffix(rest, "SECOND"):
		return fmt.Sprintf("%s%s TO SECOND(%d)", first, lead, t.Scale)
	case to:
		return first + lead + " TO " + rest
	default:
		return first + lead
	}
}

var kindText = [...]string{"INVALID", "NULL", "BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "DECIMAL", "FLOAT", "DOUBLE",
	"CHAR", "VARCHAR", "BINARY", "VARBINARY", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ", "INTERVAL YEAR TO MONTH",
	"INTERVAL DAY TO SECOND", "ARRAY", "MAP", "MULTISET", "ROW", "RAW", "DESCRIPTOR", "SYMBOL", "VARIANT"}

// String is the kind's name in SQL.
func (k Kind) String() string { return kindText[k] }
