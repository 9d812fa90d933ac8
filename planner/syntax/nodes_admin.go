package syntax

// Show is SHOW in all its forms. Which fields can be set depends on What.
type Show struct {
	Base
	What ShowKind
	User bool // SHOW USER FUNCTIONS
	Full bool // SHOW FULL MODULES
	// Name is the object of SHOW CREATE … and of SHOW PARTITIONS; nil otherwise.
	Name      *QualifiedName
	Partition []*PartitionEntry // of SHOW PARTITIONS
	// Scope is what FROM or IN names; nil if absent.
	Scope *QualifiedName
	In    bool // Scope is spelled with IN
	// Pattern is the string of [NOT] LIKE or ILIKE; nil if absent.
	Pattern    *StringLit
	NotLike    bool
	IgnoreCase bool // ILIKE
}

// ShowKind is what Show lists.
type ShowKind uint8

// The things SHOW can list.
const (
	ShowCatalogs ShowKind = iota
	ShowCurrentCatalog
	ShowDatabases
	ShowCurrentDatabase
	ShowTables
	ShowMaterializedTables
	ShowViews
	ShowColumns
	ShowPartitions
	ShowFunctions
	ShowProcedures
	ShowModels
	ShowModules
	ShowJars
	ShowJobs
	ShowCreateTable
	ShowCreateMaterializedTable
	ShowCreateView
	ShowCreateCatalog
	ShowCreateModel
	ShowCreateFunction
)

// Describe is DESCRIBE|DESC [kind] [EXTENDED] name.
type Describe struct {
	Base
	// Kind is ObjectCatalog, ObjectDatabase, ObjectFunction or ObjectModel, and
	// ObjectTable for tables and views, which take no keyword.
	Kind     ObjectKind
	Extended bool
	Name     QualifiedName
}

// DescribeJob is DESCRIBE JOB 'id'.
type DescribeJob struct {
	Base
	ID *StringLit
}

// Explain is EXPLAIN [details | PLAN FOR] statement.
type Explain struct {
	Base
	Details []ExplainDetail
	PlanFor bool // EXPLAIN PLAN FOR
	Stmt    Stmt
}

// ExplainDetail is an extra part of the output of EXPLAIN.
type ExplainDetail uint8

// The details.
const (
	EstimatedCost ExplainDetail = iota
	ChangelogMode
	JSONExecutionPlan
	PlanAdvice
)

// Use is USE CATALOG name or USE [catalog.]database.
type Use struct {
	Base
	Catalog bool
	Name    QualifiedName
}

// UseModules is USE MODULES name, ….
type UseModules struct {
	Base
	Names []Ident
}

// LoadModule is LOAD MODULE name [WITH (…)].
type LoadModule struct {
	Base
	Name    Ident
	Options []*Option
}

// UnloadModule is UNLOAD MODULE name.
type UnloadModule struct {
	Base
	Name Ident
}

// Set is SET 'key' = 'value', or SET alone, which lists the options; then Key is
// nil. The SQL client's SET key = value comes to the same tree.
type Set struct {
	Base
	Key, Value *StringLit
}

// Reset is RESET 'key' or the SQL client's RESET key, or RESET alone, for which Key
// is nil.
type Reset struct {
	Base
	Key *StringLit
}

// Jar is ADD JAR 'path' or REMOVE JAR 'path'.
type Jar struct {
	Base
	Remove bool
	Path   *StringLit
}

// CompilePlan is COMPILE PLAN 'path' [IF NOT EXISTS] FOR statement, or COMPILE AND
// EXECUTE PLAN 'path' FOR statement.
type CompilePlan struct {
	Base
	Path        *StringLit
	IfNotExists bool
	Execute     bool
	Stmt        Stmt // *Insert or *StatementSet
}

// ExecutePlan is EXECUTE PLAN 'path'.
type ExecutePlan struct {
	Base
	Path *StringLit
}

// Analyze is ANALYZE TABLE name [PARTITION (…)] COMPUTE STATISTICS [FOR COLUMNS … | FOR ALL COLUMNS].
type Analyze struct {
	Base
	Name       QualifiedName
	Partition  []*PartitionEntry
	AllColumns bool
	Columns    []Ident
}

// StopJob is STOP JOB 'id' [WITH SAVEPOINT] [WITH DRAIN].
type StopJob struct {
	Base
	ID        *StringLit
	Savepoint bool
	Drain     bool
}

// ClientCommand is HELP, QUIT (also EXIT) or CLEAR.
type ClientCommand struct {
	Base
	Command string // HELP, QUIT or CLEAR
}

func (*Show) stmt()          {}
func (*Describe) stmt()      {}
func (*DescribeJob) stmt()   {}
func (*Explain) stmt()       {}
func (*Use) stmt()           {}
func (*UseModules) stmt()    {}
func (*LoadModule) stmt()    {}
func (*UnloadModule) stmt()  {}
func (*Set) stmt()           {}
func (*Reset) stmt()         {}
func (*Jar) stmt()           {}
func (*CompilePlan) stmt()   {}
func (*ExecutePlan) stmt()   {}
func (*Analyze) stmt()       {}
func (*StopJob) stmt()       {}
func (*ClientCommand) stmt() {}
