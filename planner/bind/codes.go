package bind

import "github.com/weir-sql/weir/planner/diag"

// The diagnostics of the binder.
const (
	codeRefused     diag.Code = "W0100" // parses, but does not run here
	codeNoTable     diag.Code = "W0101" // table or view not found
	codeExists      diag.Code = "W0102" // object exists already
	codeNoNamespace diag.Code = "W0103" // catalog or database not found
	codeDuplicate   diag.Code = "W0104" // name declared twice
	codeAmbiguous   diag.Code = "W0105" // name fits several columns
	codeNoField     diag.Code = "W0106" // ROW has no such field
	codeNoColumn    diag.Code = "W0107" // column not found
	codeNoFunction  diag.Code = "W0108" // function not found
	codeArguments   diag.Code = "W0109" // arguments do not fit the function
	codeOperands    diag.Code = "W0110" // operands do not fit the operator
	codeCast        diag.Code = "W0111" // cast between these types does not exist
	codeLiteral     diag.Code = "W0112" // malformed or out-of-range literal
	codeCondition   diag.Code = "W0113" // not BOOLEAN where a condition is wanted
	codeNotGrouped  diag.Code = "W0114" // column outside of GROUP BY
	codeAggregate   diag.Code = "W0115" // aggregate where none may stand
	codeOver        diag.Code = "W0116" // OVER window that does not hold together
	codeTime        diag.Code = "W0117" // time attribute wanted
	codeSetOp       diag.Code = "W0118" // sides of UNION … or rows of VALUES do not fit
	codeSubquery    diag.Code = "W0119" // subquery of the wrong shape
	codeArity       diag.Code = "W0120" // number of columns does not match
	codeSinkType    diag.Code = "W0121" // value does not fit a sink column
	codeSink        diag.Code = "W0122" // table cannot be written like that
	codeWatermark   diag.Code = "W0123" // watermark declaration
	codeKey         diag.Code = "W0124" // primary key declaration
	codeColumn      diag.Code = "W0125" // column declaration
	codeLike        diag.Code = "W0126" // LIKE clause
	codeView        diag.Code = "W0127" // view definition
	codeHint        diag.Code = "W0128" // hint
	codeConfig      diag.Code = "W0129" // configuration key
	codeAlter       diag.Code = "W0130" // ALTER that does not fit the object
	codeStar        diag.Code = "W0131" // * where it cannot stand
	codeJoin        diag.Code = "W0132" // join condition or kind
	codeWindow      diag.Code = "W0133" // window parameters
	codeType        diag.Code = "W0134" // type that does not exist or is out of range
	codeLimit       diag.Code = "W0135" // LIMIT, OFFSET
	codeSort        diag.Code = "W0136" // ORDER BY in a stream
	codeUnnest      diag.Code = "W0137" // UNNEST of something else
	codeUnbounded   diag.Code = "W0138" // unbounded table in batch mode
	codeMatch       diag.Code = "W0140" // MATCH_RECOGNIZE that does not hold together
	codeFunctionUse diag.Code = "W0139" // function of one kind where another is wanted
	codeFunction    diag.Code = "W0141" // declaration or use of a user function

	codeMapping diag.Code = "W0142" // field mapping of a mix or hybrid table
	codeMapped  diag.Code = "W0143" // mix or hybrid table that cannot be used like that

	codeNoConnector   diag.Code = "W0301" // connector not found or not given
	codeNoOption      diag.Code = "W0302" // option not declared
	codeMissingOption diag.Code = "W0303" // required option missing
	codeOptionValue   diag.Code = "W0304" // option's text does not read as its type
	codeNoFormat      diag.Code = "W0305" // format not found or not given
	codeCannotRead    diag.Code = "W0306" // connector does not read
	codeCannotWrite   diag.Code = "W0307" // connector does not write
)
