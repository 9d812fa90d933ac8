package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// Calc is WHERE and the SELECT list: it drops the rows for which the condition is not
// TRUE and computes the output columns of the others. Row kinds pass; an update of
// which the filter drops one half is left as it is, as in Flink. Watermarks pass;
// CURRENT_WATERMARK gives the last one. Stateless. A column that is only passed on
// is shared with the input batch.
type Calc struct {
	outTypes []types.Type
	filter   *expr.Filter // nil = all rows
	project  *expr.Projection
	ctx      *expr.Ctx
	mark     int64
	buf      []int32
}

// NewCalc compiles the expressions.
func NewCalc(spec *physical.Calc, reg expr.Registry) (*Calc, error) {
	c := &Calc{outTypes: outTypes(spec), mark: exec.MinWatermark}
	var err error
	c.filter, c.project, err = expr.CompileCalc(spec.Filter, spec.Exprs, spec.In, reg)
	return c, err
}

// Open takes what expressions may know of the world.
func (c *Calc) Open(ctx *exec.Context) error {
	c.ctx = exprContext(ctx)
	c.ctx.Watermark = func() (int64, bool) { return c.mark, c.mark != exec.MinWatermark }
	return nil
}

// OnWatermark notes the watermark for CURRENT_WATERMARK.
func (c *Calc) OnWatermark(wm int64, _ exec.Out) error {
	c.mark = wm
	return nil
}

// Process filters and projects a batch.
func (c *Calc) Process(_ int, b *vec.Batch, out exec.Out) error {
	var sel []int32 // nil = all rows
	if c.filter != nil {
		var err error
		if sel, err = c.filter.Select(c.ctx, b, c.buf[:0]); err != nil {
			return err
		}
		if sel != nil {
			if c.buf = sel; len(sel) == 0 {
				return nil
			}
		}
	}
	res, err := c.project.Selected(c.ctx, b, sel)
	if err != nil {
		return err
	}
	retype(res.Cols, c.outTypes)
	return out.Emit(res)
}

// exprContext gives expressions the operator's clock and zone.
func exprContext(ctx *exec.Context) *expr.Ctx {
	return &expr.Ctx{Now: ctx.Now, QueryStart: ctx.QueryStart.UnixMilli(), Batch: ctx.Batch, Zone: ctx.Zone}
}
