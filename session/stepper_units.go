package session

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
)

// StepUnit is how far one step of a walk goes.
type StepUnit string

// The units.
const (
	ByMoment     StepUnit = "moment"     // whatever comes next
	ByRow        StepUnit = "row"        // until a row has come
	ByWatermark  StepUnit = "watermark"  // until the watermark of a source has risen
	ByTimer      StepUnit = "timer"      // until an operator gave rows because time went on
	ByCheckpoint StepUnit = "checkpoint" // until a snapshot was taken
)

// StepUnits lists them.
func StepUnits() []string {
	return []string{string(ByMoment), string(ByRow), string(ByWatermark), string(ByTimer), string(ByCheckpoint)}
}

// ParseStepUnit reads a unit; "" is ByMoment.
func ParseStepUnit(text string) (StepUnit, error) {
	if text == "" {
		return ByMoment, nil
	}
	if !slices.Contains(StepUnits(), text) {
		hint := ""
		if near := diag.Nearest(text, StepUnits()); near != "" {
			hint = fmt.Sprintf("; did you mean %q?", near)
		}
		return "", fmt.Errorf("a step goes by %s, not %q%s", strings.Join(StepUnits(), ", "), text, hint)
	}
	return StepUnit(text), nil
}

// Advance carries out moments until one is of the unit; false if the end came first.
func (st *Stepper) Advance(ctx context.Context, unit StepUnit) (bool, error) {
	for {
		ok, err := st.Next(ctx)
		if err != nil || !ok {
			return false, err
		}
		if st.reached(unit) {
			return true, nil
		}
	}
}

// reached tells whether the moment carried out last is of the unit.
func (st *Stepper) reached(unit StepUnit) bool {
	m := st.moments[st.at-1]
	switch unit {
	case ByRow:
		return m.Kind == fixtures.StepRows
	case ByCheckpoint:
		return m.Kind == fixtures.StepCheckpoint
	case ByWatermark:
		return slices.ContainsFunc(st.Effects(), func(e Effect) bool { return e.From != e.To && len(st.r.Plan.Graph.Inputs(e.Node.ID)) == 0 })
	case ByTimer:
		return slices.ContainsFunc(st.Effects(), func(e Effect) bool { return e.Fired })
	}
	return true
}

// Point is where a walk stands, as it is shown.
type Point struct {
	At      int           `json:"at"` // moments carried out
	Moment  string        `json:"moment"`
	Clock   string        `json:"clock"` // processing time, UTC
	Effects []PointEffect `json:"effects"`
	Hash    string        `json:"hash,omitempty"`
}

// PointEffect is what the last moment did to one operator.
type PointEffect struct {
	Operator  string     `json:"operator"`
	Watermark string     `json:"watermark,omitempty"` // that it has now, if it has risen
	Rows      []PointRow `json:"rows,omitempty"`
	Fired     bool       `json:"fired,omitempty"` // time brought the rows, no row did
}

// PointRow is one row of an edge.
type PointRow struct {
	Op   string          `json:"op"`
	Row  json.RawMessage `json:"row"`
	Text string          `json:"-"`
}

// Point tells where the walk stands.
func (st *Stepper) Point() Point {
	p := Point{At: st.at, Moment: "the beginning", Clock: stampOf(st.Clock().UnixMilli()), Effects: []PointEffect{}}
	if st.at == 0 {
		return p
	}
	p.Moment = st.moment(st.at - 1)
	for _, e := range st.Effects() {
		pe := PointEffect{Operator: e.Node.Name, Fired: e.Fired}
		if e.From != e.To {
			pe.Watermark = MarkText(e.To)
		}
		if e.Rows != nil {
			schema := specOf(e.Node).Schema()
			for i := range e.Rows.Len {
				row := RowText(schema, e.Rows, i)
				pe.Rows = append(pe.Rows, PointRow{Op: e.Rows.Kind(i).String(), Row: json.RawMessage(row), Text: row})
			}
		}
		p.Effects = append(p.Effects, pe)
	}
	return p
}

// moment prints a moment with its row.
func (st *Stepper) moment(i int) string {
	m := st.moments[i]
	if t := st.player.conns.tables[m.Table]; m.Kind == fixtures.StepRows && t != nil && m.To == m.From+1 {
		kind := ""
		if k := t.rows.Kind(m.From); k != vec.Insert {
			kind = k.String() + " "
		}
		return m.String() + "  " + kind + RowText(t.fields, t.rows, m.From)
	}
	return m.String()
}

// MarkText prints a watermark; the last one of a stream has no date.
func MarkText(mark int64) string {
	switch mark {
	case exec.MinWatermark:
		return "none"
	case exec.MaxWatermark:
		return "the end"
	}
	return stampOf(mark)
}
