package op_test

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

func init() { specs["match"] = matchSpec }

// matchSpec reads match in=(str,ts,i64) by=(0) order=(1) vars=(A:lt:5,B+:up,C:any) skip=past within=5000.
// Conditions are over column 2: lt:n, gt:n, up (more than the row before it of the match), any.
// Measures: the first and the last value of column 2, then how many rows each variable has.
func matchSpec(a args, in [][]types.Type) (physical.Spec, error) {
	s := &physical.Match{In: in[0], Partition: a.ints("by"), Order: a.order("order"), Rowtime: a.has("rowtime")}
	p := &s.Pattern
	p.Within = a.num("within", 0)
	for _, text := range a.vals("vars") {
		parts := strings.Split(text, ":")
		v := physical.PatternVar{Name: parts[0][:1]}
		var err error
		if v.Min, v.Max, v.Greedy, err = quantifier(parts[0][1:]); err != nil {
			return nil, err
		}
		if parts[1] != "any" {
			v.Cond = matchCond(in[0], parts[1:])
		}
		p.Vars = append(p.Vars, v)
	}
	if a.has("skip") {
		skip := a.vals("skip")[0]
		if skip == "past" {
			p.After = physical.SkipPastLastRow
		} else {
			p.After = map[byte]physical.AfterMatch{'f': physical.SkipToFirstOfRows, 'l': physical.SkipToLastOfRows}[skip[0]]
			p.SkipTo, _ = strconv.Atoi(skip[1:])
		}
	}
	ts := pickT(in[0], s.Partition)
	m := &p.Measures
	add := func(v physical.RowValue) {
		m.Values = append(m.Values, v)
		m.Exprs = append(m.Exprs, &rex.Ref{Index: len(in[0]) + len(m.Values) - 1, T: v.T})
		ts = append(ts, v.T)
	}
	add(physical.RowValue{Var: -1, Kind: physical.FromFirst, Col: 2, T: in[0][2]})
	add(physical.RowValue{Var: -1, Kind: physical.FromLast, Col: 2, T: in[0][2]})
	for i := range p.Vars {
		call := rex.AggCall{Fn: "COUNT", Filter: -1, T: types.Int64.NotNull()}
		add(physical.RowValue{Var: i, Kind: physical.Aggregated, Call: call, T: call.T})
	}
	s.Out = fields(ts...)
	return s, nil
}

func quantifier(q string) (least, most int, greedy bool, err error) {
	q, reluctant := strings.CutSuffix(q, "?")
	greedy = !reluctant
	switch {
	case q == "" && reluctant:
		return 0, 1, false, nil
	case q == "":
		return 1, 1, false, nil
	case q == "+":
		return 1, -1, greedy, nil
	case q == "*":
		return 0, -1, greedy, nil
	}
	_, err = fmt.Sscanf(q, "{%d-%d}", &least, &most)
	return least, most, greedy && least != most, err
}

func matchCond(in []types.Type, text []string) physical.RowValues {
	out := physical.RowValues{}
	var l, r rex.Expr
	l = &rex.Ref{Index: 2, T: in[2]}
	fn := map[string]string{"lt": "<", "gt": ">", "up": ">"}[text[0]]
	if text[0] == "up" {
		out.Values = []physical.RowValue{{Var: -1, Kind: physical.FromLast, Col: 2, Offset: 1, T: in[2].Null()}}
		r = &rex.Ref{Index: len(in), T: in[2].Null()}
	} else {
		n, _ := strconv.ParseInt(text[1], 10, 64)
		r = &rex.Lit{Value: n, T: types.Int64.NotNull()}
	}
	out.Exprs = []rex.Expr{&rex.Call{Fn: fn, Args: []rex.Expr{l, r}, T: types.Bool}}
	return out
}
