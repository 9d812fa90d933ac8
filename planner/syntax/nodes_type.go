package syntax

// Nullability is the suffix of a type.
type Nullability uint8

// The suffixes. Without one a type is nullable.
const (
	NullUnspecified Nullability = iota
	NotNull
	Nullable // an explicit NULL
)

// TypeBase is the place and the nullability of a type.
type TypeBase struct {
	Base
	Nulls Nullability
}

// Null is the nullability suffix.
func (t TypeBase) Null() Nullability { return t.Nulls }

func (TypeBase) typeExpr() {}

// NamedType is a type that is a name with up to two numbers, e.g. DECIMAL(10, 2).
//
// Name is canonical: BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE, DECIMAL,
// CHAR, VARCHAR, STRING, BINARY, VARBINARY, BYTES, DATE, TIME, TIMESTAMP,
// TIMESTAMP_LTZ, TIMESTAMP_TZ, VARIANT, BITMAP, NULL, ANY, SYMBOL and so on. Synonyms are
// folded: INTEGER to INT, NUMERIC and DEC to DECIMAL, DOUBLE PRECISION to DOUBLE,
// CHARACTER VARYING to VARCHAR, TIMESTAMP WITH LOCAL TIME ZONE to TIMESTAMP_LTZ.
type NamedType struct {
	TypeBase
	Name   string
	Params []int // length, or precision and scale
}

// UserType is a type by the name it has in a catalog.
type UserType struct {
	TypeBase
	Name QualifiedName
}

// IntervalType is INTERVAL qualifier.
type IntervalType struct {
	TypeBase
	Qualifier IntervalQualifier
}

// ArrayType is ARRAY<elem> or elem ARRAY.
type ArrayType struct {
	TypeBase
	Elem TypeExpr
}

// MultisetType is MULTISET<elem> or elem MULTISET.
type MultisetType struct {
	TypeBase
	Elem TypeExpr
}

// MapType is MAP<key, value>.
type MapType struct {
	TypeBase
	Key, Value TypeExpr
}

// RowType is ROW<name type [comment], …> or ROW(…).
type RowType struct {
	TypeBase
	Fields []*RowField
}

// RowField is one field of a RowType or a StructuredType.
type RowField struct {
	Base
	Name    Ident
	Type    TypeExpr
	Comment *StringLit // nil if absent
}

// RawType is RAW('class', 'serializer snapshot').
type RawType struct {
	TypeBase
	Class, Snapshot *StringLit
}

// StructuredType is STRUCTURED<'class', name type [comment], …>.
type StructuredType struct {
	TypeBase
	Class  *StringLit
	Fields []*RowField
}
