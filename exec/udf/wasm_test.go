package udf_test

import (
	"testing"

	"github.com/weir-sql/weir/planner/types"
)

func TestWasm(t *testing.T) {
	checkScalars(t, []scalarCase{
		{declared("WASM", "f", "", types.Int32, "a", types.Int32, "b", types.Int32), [][]any{{1, 2, 3, nil, 5}, {10, 20, 30, 40, nil}}, "13 26 39 NULL NULL"},
		{declared("WASM", "half", "", types.Int64, "a", types.Int64), [][]any{{4, 7, nil, 10}}, "2 NULL NULL 5"},
		{declared("WASM", "shout", "", types.String, "s", types.String), [][]any{{"a", "", nil, "zü!"}}, "A  NULL Zü!"},
		{tableOf(declared("WASM", "series", "", types.Type{}, "n", types.Int32), types.Field{Name: "i", Type: types.Int32}), [][]any{{2, 0, nil, 1}}, "[(1), (2)] [] NULL [(1)]"},
	})
}

func TestWasmAggregate(t *testing.T) {
	checkMean(t, aggregateOf(declared("WASM", "mean", "", types.Float64, "x", types.Int64)))
}

func TestWasmHostile(t *testing.T) {
	checkHostile(t, "WASM", []hostile{
		{name: "a loop without end", file: "spin", code: "W0561", says: "no answer"},
		{name: "a trap", file: "trap", code: "W0562", says: "unreachable"},
		{name: "recursion", file: "recurse", says: ""},
		{name: "a division by zero", file: "divide", code: "W0562", says: "divide by zero"},
		{name: "a read outside", file: "outside", code: "W0562", says: "out of bounds"},
		{name: "all memory and endless tables", file: "hoard", says: ""},
		{name: "a result outside", file: "lie", code: "W0563", says: "outside of its memory"},
		{name: "an error outside", file: "nonsense", code: "W0563", says: "no place of an error"},
		{name: "another signature", file: "odd", code: "W0560", says: "batch ABI"},
		{name: "no such function", file: "sping", code: "W0560", says: "exports no function sping"},
	})
}
