package function

import (
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// meta holds the functions that speak of types.
var meta = family("type conversion", []entry{{
	Name: "TYPEOF", NullFrom: 1, Sigs: "TYPEOF(value [, precise])", Doc: "the type of the value as text", Ex: "TYPEOF(1.5) → DECIMAL(2, 1) NOT NULL",
	Takes: []string{"ANY [, BOOLEAN]"}, Gives: nullable(types.String),
	New: func(call *rex.Call) (Kernel, error) {
		name := call.Args[0].Type().WithAttr(types.NoTimeAttr).String()
		return textNulls(func(_ *Frame, _ *rex.Call, dst []byte, _ args, _ int) ([]byte, bool, error) {
			return append(dst, name...), true, nil
		})(call)
	},
}})
