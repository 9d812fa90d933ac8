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
// TIMESTAMP_LTZ, VARIANT, REAL, ANY. Synonyms are folded: INTEGER to INT, NUMERIC and
// DEC to DECIMAL, DOUBLE PRECISION to DOUBLE, CHARACTER to CHAR, CHARACTER VARYING and
// CHAR VARYING to VARCHAR, BINARY VARYING to VARBINARY, TIMESTAMP WITH LOCAL TIME ZONE
// to TIMESTAMP_LTZ; WITHOUT TIME ZONE is left out. Names that are no keywords, such as
// UUID, come as UserType.
type NamedType struct {
	TypeBase
	Name   string
	Params []int // length, or precision and scale; at most two
}

// UserType is a type by the name it has in a catalog.
type UserType struct {
	TypeBase
	Name QualifiedName
}

// IntervalType is INTERVAL qualifier. Flink has it in CAST only.
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

// RowType is ROW<field, …> or ROW(field, …).
type RowType struct {
	TypeBase
	Fields []*RowField
}

// RowField is one field of a RowType or a StructuredType: name type ['comment'].
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

// StructuredType is STRUCTURED<'class', field, …>.
type StructuredType struct {
	TypeBase
	Class  *StringLit
	Fields []*RowField
}
