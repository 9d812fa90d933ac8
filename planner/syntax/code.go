package syntax

import (
	"slices"

	"github.com/weir-sql/weir/planner/diag"
)

// The diagnostics of scanner and parser.
const (
	// CodeUnexpected: something else stands where the grammar wants a certain part.
	CodeUnexpected diag.Code = "W0001"
	// CodeReserved: a reserved word is used as a name without backticks.
	CodeReserved diag.Code = "W0002"
	// CodeUnterminated: a string, quoted name, comment or hint has no end.
	CodeUnterminated diag.Code = "W0003"
	// CodeCharacter: a character that begins nothing in SQL.
	CodeCharacter diag.Code = "W0004"
	// CodeUnclosed: a parenthesis or bracket is not closed, or one is too many.
	CodeUnclosed diag.Code = "W0005"
	// CodeComma: a comma is missing or too many.
	CodeComma diag.Code = "W0006"
	// CodeQuotes: double quotes, which Flink SQL does not have.
	CodeQuotes diag.Code = "W0007"
	// CodeStatement: no statement begins with this word.
	CodeStatement diag.Code = "W0008"
	// CodeUnsupported: SQL that other systems have and Flink SQL has not.
	CodeUnsupported diag.Code = "W0009"
	// CodeTooDeep: nesting or a chain of operators beyond the parser's limits, or more
	// errors than it reports.
	CodeTooDeep diag.Code = "W0010"
	// CodeClause: a clause out of its place or given twice.
	CodeClause diag.Code = "W0011"
	// CodeLiteral: a literal whose text does not fit its form.
	CodeLiteral diag.Code = "W0012"
	// CodeIncomplete: a part that the rest needs is missing, such as ON of a JOIN.
	CodeIncomplete diag.Code = "W0013"
	// CodeMisspelt: a word that is no keyword stands where a similar keyword fits.
	CodeMisspelt diag.Code = "W0014"
	// CodeVariable: ${…} that is not written as a variable, or in a place where its value cannot stand.
	CodeVariable diag.Code = "W0015"
	// CodeNowhere: what Flink's grammar takes and nothing of Flink runs. The statement parses, and is refused.
	CodeNowhere diag.Code = "W0016"
)

// Ungrammatical gives the errors of a list that Flink's parser has too: without what its grammar takes and nothing runs.
func Ungrammatical(list diag.List) diag.List {
	return slices.DeleteFunc(slices.Clone(list), func(d *diag.Diagnostic) bool { return d.Code == CodeNowhere })
}
