package syntax

// The names of enumerated values, as the keywords they stand for; what has no
// keyword is in brackets.

func pick(names []string, i uint8) string {
	if int(i) < len(names) {
		return names[i]
	}
	return "?"
}

var (
	setOpNames     = []string{"UNION", "INTERSECT", "EXCEPT"}
	groupingNames  = []string{"GROUPING SETS", "ROLLUP", "CUBE"}
	nullOrderNames = []string{"", "NULLS FIRST", "NULLS LAST"}
	joinNames      = []string{"INNER", "LEFT", "RIGHT", "FULL", "CROSS"}
	boundNames     = []string{"UNBOUNDED PRECEDING", "PRECEDING", "CURRENT ROW", "FOLLOWING", "UNBOUNDED FOLLOWING"}
	rowsPerNames   = []string{"", "ONE ROW PER MATCH", "ALL ROWS PER MATCH"}
	afterNames     = []string{"PAST LAST ROW", "TO NEXT ROW", "TO FIRST", "TO LAST"}
	numberNames    = []string{"INTEGER", "DECIMAL", "APPROXIMATE"}
	truthNames     = []string{"TRUE", "FALSE", "UNKNOWN"}
	datetimeNames  = []string{"DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH LOCAL TIME ZONE"}
	callFormNames  = []string{"[plain]", "[bare]", "[keywords]"}
	nullTreatNames = []string{"", "RESPECT NULLS", "IGNORE NULLS"}
	trimNames      = []string{"", "BOTH", "LEADING", "TRAILING"}
	unaryNames     = []string{"-", "+", "NOT", "RUNNING", "FINAL"}
	binaryNames    = []string{"OR", "AND", "=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM",
		"+", "-", "*", "/", "%", "||", "OVERLAPS", "CONTAINS", "EQUALS", "PRECEDES", "SUCCEEDS", "IMMEDIATELY PRECEDES",
		"IMMEDIATELY SUCCEEDS", "MEMBER OF", "SUBMULTISET OF", "NOT SUBMULTISET OF", "MULTISET UNION",
		"MULTISET UNION DISTINCT", "MULTISET INTERSECT", "MULTISET INTERSECT DISTINCT", "MULTISET EXCEPT",
		"MULTISET EXCEPT DISTINCT"}
	likeNames         = []string{"LIKE", "ILIKE", "RLIKE", "SIMILAR TO"}
	isNames           = []string{"NULL", "TRUE", "FALSE", "UNKNOWN", "JSON", "JSON OBJECT", "JSON ARRAY", "JSON SCALAR", "A SET", "EMPTY"}
	behaviorNames     = []string{"NULL", "ERROR", "DEFAULT", "EMPTY ARRAY", "EMPTY OBJECT", "TRUE", "FALSE", "UNKNOWN"}
	wrapperNames      = []string{"", "WITHOUT WRAPPER", "WITH CONDITIONAL WRAPPER", "WITH UNCONDITIONAL WRAPPER"}
	onNullNames       = []string{"", "NULL ON NULL", "ABSENT ON NULL"}
	nullabilityNames  = []string{"", "NOT NULL", "NULL"}
	constraintNames   = []string{"PRIMARY KEY", "UNIQUE"}
	enforcementNames  = []string{"", "ENFORCED", "NOT ENFORCED"}
	distributionNames = []string{"", "HASH", "RANGE"}
	likeModeNames     = []string{"INCLUDING", "EXCLUDING", "OVERWRITING"}
	likeFeatureNames  = []string{"ALL", "CONSTRAINTS", "DISTRIBUTION", "GENERATED", "METADATA", "OPTIONS", "PARTITIONS", "WATERMARKS"}
	refreshNames      = []string{"", "FULL", "CONTINUOUS"}
	behaviorDropNames = []string{"", "RESTRICT", "CASCADE"}
)

func (k SetOpKind) String() string        { return pick(setOpNames, uint8(k)) }
func (k GroupingKind) String() string     { return pick(groupingNames, uint8(k)) }
func (o NullOrder) String() string        { return pick(nullOrderNames, uint8(o)) }
func (k JoinKind) String() string         { return pick(joinNames, uint8(k)) }
func (k FrameBoundKind) String() string   { return pick(boundNames, uint8(k)) }
func (r RowsPerMatch) String() string     { return pick(rowsPerNames, uint8(r)) }
func (k AfterMatchKind) String() string   { return pick(afterNames, uint8(k)) }
func (k NumberKind) String() string       { return pick(numberNames, uint8(k)) }
func (t Truth) String() string            { return pick(truthNames, uint8(t)) }
func (k DatetimeKind) String() string     { return pick(datetimeNames, uint8(k)) }
func (f CallForm) String() string         { return pick(callFormNames, uint8(f)) }
func (n NullTreatment) String() string    { return pick(nullTreatNames, uint8(n)) }
func (s TrimSpec) String() string         { return pick(trimNames, uint8(s)) }
func (o UnaryOp) String() string          { return pick(unaryNames, uint8(o)) }
func (o BinaryOp) String() string         { return pick(binaryNames, uint8(o)) }
func (k LikeKind) String() string         { return pick(likeNames, uint8(k)) }
func (t IsTest) String() string           { return pick(isNames, uint8(t)) }
func (k JSONBehaviorKind) String() string { return pick(behaviorNames, uint8(k)) }
func (w JSONWrapper) String() string      { return pick(wrapperNames, uint8(w)) }
func (n JSONOnNull) String() string       { return pick(onNullNames, uint8(n)) }
func (n Nullability) String() string      { return pick(nullabilityNames, uint8(n)) }
func (k ConstraintKind) String() string   { return pick(constraintNames, uint8(k)) }
func (e Enforcement) String() string      { return pick(enforcementNames, uint8(e)) }
func (k DistributionKind) String() string { return pick(distributionNames, uint8(k)) }
func (m LikeMode) String() string         { return pick(likeModeNames, uint8(m)) }
func (f LikeFeature) String() string      { return pick(likeFeatureNames, uint8(f)) }
func (m RefreshMode) String() string      { return pick(refreshNames, uint8(m)) }
func (b DropBehavior) String() string     { return pick(behaviorDropNames, uint8(b)) }
