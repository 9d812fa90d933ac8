package expr_test

import (
	"bufio"
	"os"
	"strings"
	"testing"

	"github.com/weir-sql/weir/planner/types"
)

// lenient explains expressions, or whole templates, that we take although the
// reference refuses them.
func lenient(template, column string) bool {
	switch template {
	case "IF(bo, {0}, {0})":
		return true // any type will do
	case "{0} IN ('a', 'b')", "ARRAY[{0}, NULL]":
		return true
	case "ARRAY_SLICE(ai, {0})":
		return column == "i8"
	}
	return false
}

// strict explains expressions that we refuse although the reference takes them when it
// checks types: most of them it cannot run.
func strict(template, column string) bool {
	interval := column == "im" || column == "dy"
	if strings.HasPrefix(template, "RAND") {
		return column != "i4" && column != "i2" && column != "i1" // no call is generated for it
	}
	switch template {
	case "SUBSTRING(ns, {0})", "SUBSTRING(s, 1, {0})", "REPEAT(s, {0})", "LPAD(s, {0}, s)", "SPLIT_INDEX(s, {0}, 0)", "SPLIT_INDEX(s, ',', {0})",
		"ROUND(d, {0})":
		return column == "i8" // the generated call takes no long
	case "ai[{0}]":
		return column == "i1" || column == "i2" || column == "i8" // the generated call takes an int only
	case "TO_TIMESTAMP_LTZ({0})", "TO_TIMESTAMP_LTZ({0}, 3)", "ARRAY_APPEND(ai, {0})", "ARRAY_CONTAINS(ai, {0})", "ARRAY_POSITION(ai, {0})",
		"ARRAY_REMOVE(na, {0})", "ARRAY_PREPEND(na, {0})", "ARRAY_SLICE(ai, {0})", "{0} / 3", "ABS({0})":
		return interval
	case "YEAR({0})", "QUARTER({0})", "MONTH({0})", "WEEK({0})", "DAYOFYEAR({0})", "DAYOFMONTH({0})", "DAYOFWEEK({0})", "EXTRACT(YEAR FROM {0})",
		"EXTRACT(EPOCH FROM {0})":
		return column == "ti" || column == "dy" // refused when the plan is made
	case "JSON_STRING({0})":
		return interval
	case "JSON_OBJECT('k' VALUE {0})", "JSON_ARRAY({0})":
		return interval || column == "da" || column == "ti" // refused when the plan is made
	case "TIMESTAMPDIFF(DAY, {0}, {0})", "TIMESTAMPDIFF(MONTH, {0}, nt)":
		return column == "ti" || column == "z3" // refused when the plan is made
	case "OVERLAY({0} PLACING 'x' FROM 1)":
		return column == "bi" || column == "vb"
	case "{0} BETWEEN {0} AND {0}":
		return true // nested values have no order
	case "{0} = 1", "{0} = 'a'", "{0} < 1.5":
		return true // texts are not compared with numbers
	case "JSON_VALUE({0}, '$.a')", "JSON_QUERY({0}, '$.a')", "JSON_EXISTS({0}, '$.a')":
		return true // arrays, maps and rows are no JSON texts
	}
	return false
}

// The types that functions and operators take and give, for every column of a table
// of all types.
func TestSignaturesAgainstRecording(t *testing.T) {
	f, err := os.Open("testdata/signatures.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	var columns []string
	view := ""
	checked := 0
	for sc.Scan() {
		line := sc.Text()
		cells := strings.Split(line, "\t")
		switch {
		case strings.HasPrefix(line, "# columns: "):
			view = strings.TrimPrefix(line, "# columns: ")
			continue
		case strings.HasPrefix(line, "#"):
			continue
		case columns == nil:
			columns = cells
			continue
		}
		for c := 1; c < len(cells); c++ {
			sql := strings.ReplaceAll(cells[0], "{0}", columns[c])
			got := "-"
			e, err := boundIn(sql, view, "UTC")
			if err == nil {
				got = e.Type().WithAttr(types.NoTimeAttr).String()
			}
			want := cells[c]
			if want != "-" {
				want = parseType(t, want).String()
			}
			checked++
			switch {
			case got == want:
			case want == "-" && lenient(cells[0], columns[c]), got == "-" && strict(cells[0], columns[c]):
			default:
				t.Errorf("%s is %s, recorded %s (%v)", sql, got, want, err)
			}
		}
	}
	if checked < 6000 {
		t.Errorf("only %d signatures checked", checked)
	}
}
