package syntax

// QueryStmt is a query as a statement: its rows are shown.
type QueryStmt struct {
	Base
	Query Query
}

// Insert is INSERT INTO|OVERWRITE target [PARTITION (…)] [(columns)] query.
type Insert struct {
	Base
	Overwrite bool
	Target    QualifiedName
	Hints     []*Hint
	Partition []*PartitionEntry
	Columns   []QualifiedName // one part each, more for nested fields; nil if absent
	Query     Query
}

// StatementSet is a group of INSERT statements that become one job.
type StatementSet struct {
	Base
	// Begin tells the script form: BEGIN STATEMENT SET; … END; Otherwise it is
	// STATEMENT SET BEGIN … END inside an Execute, Explain or CompilePlan.
	Begin   bool
	Inserts []*Insert
}

// Execute is EXECUTE before a query, INSERT or StatementSet. It changes nothing.
type Execute struct {
	Base
	Stmt Stmt
}

// Update is UPDATE target [AS alias] SET column = value, … [WHERE …].
type Update struct {
	Base
	Target QualifiedName
	Hints  []*Hint
	Alias  *Ident // nil if absent
	Sets   []*Assignment
	Where  Expr
}

// Assignment is `column = value` of Update.
type Assignment struct {
	Base
	Column Ident
	Value  Expr
}

// Delete is DELETE FROM target [AS alias] [WHERE …].
type Delete struct {
	Base
	Target QualifiedName
	Hints  []*Hint
	Alias  *Ident
	Where  Expr
}

// Truncate is TRUNCATE TABLE name.
type Truncate struct {
	Base
	Name QualifiedName
}

// CallProcedure is CALL name(…).
type CallProcedure struct {
	Base
	Call *Call
}

func (*QueryStmt) stmt()     {}
func (*Insert) stmt()        {}
func (*StatementSet) stmt()  {}
func (*Execute) stmt()       {}
func (*Update) stmt()        {}
func (*Delete) stmt()        {}
func (*Truncate) stmt()      {}
func (*CallProcedure) stmt() {}
