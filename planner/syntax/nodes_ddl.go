package syntax

// CreateTable is CREATE TABLE in all its forms.
//
//	CREATE [OR REPLACE] [TEMPORARY] TABLE [IF NOT EXISTS] name (elements)
//	[COMMENT 'c'] [DISTRIBUTED …] [PARTITIONED BY (…)] [WITH (…)] [LIKE …] [AS query]
type CreateTable struct {
	Base
	Temporary   bool
	OrReplace   bool // CREATE OR REPLACE
	Replace     bool // REPLACE TABLE … AS: like OR REPLACE, but the table must exist
	IfNotExists bool
	Name        QualifiedName
	// Columns, Watermarks and Constraints may stand in any order in the text; their
	// spans tell. A Constraint written behind a column is in its ColumnDef.
	Columns       []*ColumnDef
	Watermarks    []*Watermark
	Constraints   []*Constraint
	Comment       *StringLit    // nil if absent
	Distribution  *Distribution // nil if absent
	PartitionedBy []Ident
	Options       []*Option
	Like          *TableLike // nil if absent
	Query         Query      // AS query; nil if absent
}

// ColumnDef is a column of a table or a model.
//
// A physical column has only Type, a metadata column Type and Metadata, a computed
// column Computed. In CREATE TABLE (a, b) AS SELECT a column has only a name.
type ColumnDef struct {
	Base
	Name       Ident
	Type       TypeExpr    // nil for computed columns and bare names
	Metadata   *Metadata   // nil unless METADATA
	Computed   Expr        // nil unless AS expr
	Constraint *Constraint // PRIMARY KEY or UNIQUE behind the type; nil if absent
	Comment    *StringLit  // nil if absent
}

// Metadata is METADATA [FROM 'key'] [VIRTUAL].
type Metadata struct {
	Base
	From    *StringLit // nil if absent: the key is the column's name
	Virtual bool
}

// Watermark is WATERMARK FOR column AS strategy.
type Watermark struct {
	Base
	Column   QualifiedName // may be a nested field
	Strategy Expr
}

// Constraint is [CONSTRAINT name] PRIMARY KEY|UNIQUE [(columns)] [[NOT] ENFORCED].
type Constraint struct {
	Base
	Name        *Ident // nil if absent
	Kind        ConstraintKind
	Columns     []Ident // empty when written behind a column
	Enforcement Enforcement
}

// ConstraintKind tells constraints apart.
type ConstraintKind uint8

// The constraints.
const (
	PrimaryKey ConstraintKind = iota
	UniqueKey
)

// Enforcement is the [NOT] ENFORCED suffix of a constraint.
type Enforcement uint8

// The suffixes. Flink accepts only NOT ENFORCED; the binder says so.
const (
	EnforcementUnspecified Enforcement = iota
	Enforced
	NotEnforced
)

// Distribution is DISTRIBUTED BY [HASH|RANGE] (columns) [INTO n BUCKETS], or
// DISTRIBUTED INTO n BUCKETS.
type Distribution struct {
	Base
	Kind    DistributionKind
	Columns []Ident
	Buckets *NumberLit // nil if absent
}

// DistributionKind is the algorithm of a Distribution.
type DistributionKind uint8

// The algorithms; unspecified leaves it to the connector.
const (
	DistributionUnspecified DistributionKind = iota
	DistributionHash
	DistributionRange
)

// Option is 'key' = 'value' in WITH, SET, INPUT and the like.
type Option struct {
	Base
	Key, Value *StringLit
}

// TableLike is LIKE source [(options)].
type TableLike struct {
	Base
	Source  QualifiedName
	Options []*LikeOption
}

// LikeOption is e.g. EXCLUDING CONSTRAINTS.
type LikeOption struct {
	Base
	Mode    LikeMode
	Feature LikeFeature
}

// LikeMode is how LIKE merges a feature.
type LikeMode uint8

// The merge modes.
const (
	LikeIncluding LikeMode = iota
	LikeExcluding
	LikeOverwriting
)

// LikeFeature is a part of a table that LIKE can take over.
type LikeFeature uint8

// The features.
const (
	LikeAll LikeFeature = iota
	LikeConstraints
	LikeDistribution
	LikeGenerated
	LikeMetadata
	LikeOptions
	LikePartitions
	LikeWatermarks
)

// CreateMaterializedTable is CREATE MATERIALIZED TABLE name [(constraint)]
// [COMMENT 'c'] [DISTRIBUTED …] [PARTITIONED BY (…)] [WITH (…)]
// [FRESHNESS = interval] [REFRESH_MODE = mode] AS query.
type CreateMaterializedTable struct {
	Base
	Name          QualifiedName
	Constraints   []*Constraint
	Comment       *StringLit
	Distribution  *Distribution
	PartitionedBy []Ident
	Options       []*Option
	Freshness     Expr        // an interval; nil if absent
	RefreshMode   RefreshMode // unspecified if absent
	Query         Query
}

// RefreshMode is REFRESH_MODE = FULL|CONTINUOUS.
type RefreshMode uint8

// The refresh modes.
const (
	RefreshUnspecified RefreshMode = iota
	RefreshFull
	RefreshContinuous
)

// CreateView is CREATE [OR REPLACE] [TEMPORARY] VIEW [IF NOT EXISTS] name [(columns)] [COMMENT 'c'] AS query.
type CreateView struct {
	Base
	OrReplace   bool
	Temporary   bool
	IfNotExists bool
	Name        QualifiedName
	Columns     []Ident
	Comment     *StringLit
	Query       Query
}

// CreateCatalog is CREATE CATALOG [IF NOT EXISTS] name [COMMENT 'c'] WITH (…).
type CreateCatalog struct {
	Base
	IfNotExists bool
	Name        QualifiedName
	Comment     *StringLit
	Options     []*Option
}

// CreateDatabase is CREATE DATABASE [IF NOT EXISTS] name [COMMENT 'c'] [WITH (…)].
type CreateDatabase struct {
	Base
	IfNotExists bool
	Name        QualifiedName
	Comment     *StringLit
	Options     []*Option
}

// CreateModel is CREATE [TEMPORARY] MODEL [IF NOT EXISTS] name
// [INPUT (…)] [OUTPUT (…)] [COMMENT 'c'] [WITH (…)] [AS query].
type CreateModel struct {
	Base
	OrReplace   bool
	Temporary   bool
	IfNotExists bool
	Name        QualifiedName
	Input       []*ColumnDef
	Output      []*ColumnDef
	Comment     *StringLit
	Options     []*Option
	Query       Query // nil if absent
}

// ObjectKind is a kind of catalog object.
type ObjectKind uint8

// The kinds of objects.
const (
	ObjectTable ObjectKind = iota
	ObjectView
	ObjectFunction
	ObjectCatalog
	ObjectDatabase
	ObjectModel
	ObjectMaterializedTable
)

// Drop is DROP of any kind of object.
type Drop struct {
	Base
	Kind      ObjectKind
	Temporary bool
	System    bool // DROP TEMPORARY SYSTEM FUNCTION
	IfExists  bool
	Name      QualifiedName
	Behavior  DropBehavior
}

// DropBehavior is RESTRICT or CASCADE of DROP DATABASE.
type DropBehavior uint8

// The behaviors; unspecified means RESTRICT.
const (
	DropUnspecified DropBehavior = iota
	DropRestrict
	DropCascade
)

// Alter is ALTER of any kind of object but functions.
type Alter struct {
	Base
	Kind     ObjectKind
	IfExists bool
	Name     QualifiedName
	Action   AlterAction
}

// AlterAction is what Alter does to its object.
type AlterAction interface {
	Node
	alterAction()
}

// RenameTo is RENAME TO name.
type RenameTo struct {
	Base
	Name QualifiedName
}

// RenameColumn is RENAME from TO to. Both may be nested fields.
type RenameColumn struct {
	Base
	From, To QualifiedName
}

// SetOptions is SET (…).
type SetOptions struct {
	Base
	Options []*Option
}

// ResetOptions is RESET ('key', …).
type ResetOptions struct {
	Base
	Keys []*StringLit
}

// SetComment is COMMENT 'c' on a catalog.
type SetComment struct {
	Base
	Comment *StringLit
}

// AlterElements is ADD (…) or MODIFY (…) of columns, watermark, constraint and distribution.
type AlterElements struct {
	Base
	Modify       bool // MODIFY, else ADD
	Columns      []*ColumnChange
	Watermarks   []*Watermark
	Constraints  []*Constraint
	Distribution *Distribution
}

// ColumnChange is a column of AlterElements with its place among the others.
type ColumnChange struct {
	Base
	// Name is the column's name, which may be a nested field; its last part is also
	// Column.Name.
	Name   QualifiedName
	Column *ColumnDef
	First  bool
	After  *QualifiedName // nil if absent
}

// DropColumns is DROP column or DROP (column, …).
type DropColumns struct {
	Base
	Columns []QualifiedName
}

// DropConstraint is DROP CONSTRAINT name, or DROP PRIMARY KEY when Name is nil.
type DropConstraint struct {
	Base
	Name *Ident
}

// DropWatermark is DROP WATERMARK.
type DropWatermark struct{ Base }

// DropDistribution is DROP DISTRIBUTION.
type DropDistribution struct{ Base }

// AddPartitions is ADD [IF NOT EXISTS] PARTITION (…) [WITH (…)] ….
type AddPartitions struct {
	Base
	IfNotExists bool
	Partitions  []*PartitionDef
}

// PartitionDef is one partition of AddPartitions.
type PartitionDef struct {
	Base
	Spec    []*PartitionEntry
	Options []*Option
}

// DropPartitions is DROP [IF EXISTS] PARTITION (…), PARTITION (…).
type DropPartitions struct {
	Base
	IfExists bool
	Specs    []*PartitionDef
}

// PartitionEntry is `key = value` or `key` of PARTITION (…).
type PartitionEntry struct {
	Base
	Key   Ident
	Value Expr // a literal; nil if absent
}

// SetQuery is AS query, of a view or a materialized table.
type SetQuery struct {
	Base
	Query Query
}

// Suspend is SUSPEND of a materialized table.
type Suspend struct{ Base }

// Resume is RESUME [WITH (…)] of a materialized table.
type Resume struct {
	Base
	Options []*Option
}

// Refresh is REFRESH [PARTITION (…)] of a materialized table.
type Refresh struct {
	Base
	Partition []*PartitionEntry
}

// SetFreshness is SET FRESHNESS = interval of a materialized table.
type SetFreshness struct {
	Base
	Freshness Expr
}

// SetRefreshMode is SET REFRESH_MODE = FULL|CONTINUOUS of a materialized table.
type SetRefreshMode struct {
	Base
	Mode RefreshMode
}

func (*CreateTable) stmt()             {}
func (*CreateMaterializedTable) stmt() {}
func (*CreateView) stmt()              {}
func (*CreateFunction) stmt()          {}
func (*CreateCatalog) stmt()           {}
func (*CreateDatabase) stmt()          {}
func (*CreateModel) stmt()             {}
func (*Drop) stmt()                    {}
func (*Alter) stmt()                   {}
func (*AlterFunction) stmt()           {}

func (*RenameTo) alterAction()         {}
func (*RenameColumn) alterAction()     {}
func (*SetOptions) alterAction()       {}
func (*ResetOptions) alterAction()     {}
func (*SetComment) alterAction()       {}
func (*AlterElements) alterAction()    {}
func (*DropColumns) alterAction()      {}
func (*DropConstraint) alterAction()   {}
func (*DropWatermark) alterAction()    {}
func (*DropDistribution) alterAction() {}
func (*AddPartitions) alterAction()    {}
func (*DropPartitions) alterAction()   {}
func (*SetQuery) alterAction()         {}
func (*Suspend) alterAction()          {}
func (*Resume) alterAction()           {}
func (*Refresh) alterAction()          {}
func (*SetFreshness) alterAction()     {}
func (*SetRefreshMode) alterAction()   {}
