package function

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// args are the argument vectors of a call, with readers for row functions. The
// reader must be the one of the argument's layout, which Infer has settled.
type args []*vec.Vec

func (a args) str(k, i int) string      { return a[k].StringAt(i) }
func (a args) bytes(k, i int) []byte    { return a[k].BytesAt(i) }
func (a args) bool(k, i int) bool       { return a[k].Bools()[i] }
func (a args) int(k, i int) int         { return int(a[k].Int32s()[i]) }
func (a args) i32(k, i int) int32       { return a[k].Int32s()[i] }
func (a args) i64(k, i int) int64       { return a[k].Int64s()[i] }
func (a args) f64(k, i int) float64     { return a[k].Float64s()[i] }
func (a args) null(k, i int) bool       { return a[k].IsNull(i) }
func (a args) has(k int) bool           { return k < len(a) }
func (a args) list(k, i int) (int, int) { return int(a[k].Off[i]), int(a[k].Off[i+1]) }

// maker makes the kernel of a call.
type maker = func(call *rex.Call) (Kernel, error)

// valid gives the rows in which no argument is NULL; nil if that is every row.
func valid(as []*vec.Vec, n int) vec.Bitmap {
	var v vec.Bitmap
	for _, a := range as {
		v = vec.And(v, a.Valid, n)
	}
	return v
}

// fixedOf makes a kernel with a fixed-width result from a row function. The row
// function is called for rows without NULL only; its second result is false for
// NULL.
func fixedOf[R vec.Fixed](row func(f *Frame, a args, i int) (R, bool)) maker {
	return fixedErr(func(f *Frame, _ *rex.Call, a args, i int) (R, bool, error) {
		r, ok := row(f, a, i)
		return r, ok, nil
	})
}

// fixedErr is fixedOf for row functions that can fail.
func fixedErr[R vec.Fixed](row func(f *Frame, call *rex.Call, a args, i int) (R, bool, error)) maker {
	return func(call *rex.Call) (Kernel, error) {
		return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
			out := f.New(call.T, n)
			out.Valid = valid(as, n)
			return out, fillFixed(f, call, out, as, out.Valid, row)
		}}, nil
	}
}

// fixedNulls is fixedErr for row functions that look at NULL themselves: they are
// called for every row.
func fixedNulls[R vec.Fixed](row func(f *Frame, call *rex.Call, a args, i int) (R, bool, error)) maker {
	return func(call *rex.Call) (Kernel, error) {
		return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
			out := f.New(call.T, n)
			return out, fillFixed(f, call, out, as, nil, row)
		}}, nil
	}
}

func fillFixed[R vec.Fixed](f *Frame, call *rex.Call, out *vec.Vec, as []*vec.Vec, valid vec.Bitmap,
	row func(f *Frame, call *rex.Call, a args, i int) (R, bool, error)) error {
	dst := vec.Slice[R](out)
	shared := out.Valid != nil
	for i := range dst {
		if valid != nil && !valid.Get(i) {
			continue
		}
		r, ok, err := row(f, call, as, i)
		if err != nil {
			return err
		}
		dst[i] = r
		if !ok {
			if shared { // the bitmap may be an argument's
				out.Valid, shared = out.Valid.Slice(0, out.Len), false
			}
			out.SetNull(i)
		}
	}
	return nil
}

// map1 makes a kernel from a plain function of one fixed-width argument that neither
// fails nor gives NULL.
func map1[A, R vec.Fixed](fn func(A) R) maker {
	return func(call *rex.Call) (Kernel, error) {
		return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
			out := f.New(call.T, n)
			out.Valid = as[0].Valid
			dst, src := vec.Slice[R](out), vec.Slice[A](as[0])[:n]
			for i, x := range src {
				dst[i] = fn(x)
			}
			return out, nil
		}}, nil
	}
}

// map2 is map1 for two arguments.
func map2[A, B, R vec.Fixed](fn func(A, B) R) maker {
	return func(call *rex.Call) (Kernel, error) {
		return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
			out := f.New(call.T, n)
			out.Valid = valid(as, n)
			dst, a, b := vec.Slice[R](out), vec.Slice[A](as[0])[:n], vec.Slice[B](as[1])[:n]
			for i, x := range a {
				dst[i] = fn(x, b[i])
			}
			return out, nil
		}}, nil
	}
}

// textOf makes a kernel with a text or binary result from a row function that
// appends the result to dst. The row function is called for rows without NULL
// only; its second result is false for NULL.
func textOf(row func(f *Frame, dst []byte, a args, i int) ([]byte, bool)) maker {
	return textErr(func(f *Frame, _ *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
		dst, ok := row(f, dst, a, i)
		return dst, ok, nil
	})
}

type textRow = func(f *Frame, call *rex.Call, dst []byte, a args, i int) ([]byte, bool, error)

// textErr is textOf for row functions that can fail.
func textErr(row textRow) maker {
	return func(call *rex.Call) (Kernel, error) {
		return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
			return fillText(f, call, as, valid(as, n), n, row)
		}}, nil
	}
}

// textNulls is textErr for row functions that look at NULL themselves.
func textNulls(row textRow) maker {
	return func(call *rex.Call) (Kernel, error) {
		return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
			return fillText(f, call, as, nil, n, row)
		}}, nil
	}
}

func fillText(f *Frame, call *rex.Call, as []*vec.Vec, valid vec.Bitmap, n int, row textRow) (*vec.Vec, error) {
	off, data := f.text(n)
	out := &vec.Vec{Type: call.T, Len: n, Valid: valid, Off: off}
	shared := valid != nil
	off[0] = 0
	for i := 0; i < n; i++ {
		if valid == nil || valid.Get(i) {
			at := len(data)
			var ok bool
			var err error
			if data, ok, err = row(f, call, data, as, i); err != nil {
				return nil, err
			}
			if !ok {
				data = data[:at]
				if shared {
					out.Valid, shared = out.Valid.Slice(0, n), false
				}
				out.SetNull(i)
			}
		}
		off[i+1] = int32(len(data))
	}
	out.Data = data
	if f.Scratch != nil {
		f.Scratch.data = data
	}
	return out, nil
}

// builtRow appends one row to the builder.
type builtRow = func(f *Frame, call *rex.Call, b *vec.Builder, a args, i int) error

// builtOf makes a kernel whose result is built row by row, for nested results. The
// row function is called for rows without NULL only.
func builtOf(row builtRow) maker { return built(row, false) }

// builtNulls is builtOf for row functions that look at NULL themselves.
func builtNulls(row builtRow) maker { return built(row, true) }

func built(row builtRow, nulls bool) maker {
	return func(call *rex.Call) (Kernel, error) {
		b := vec.NewBuilder(call.T, 0)
		return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
			b.Reset(n)
			var v vec.Bitmap
			if !nulls {
				v = valid(as, n)
			}
			for i := 0; i < n; i++ {
				if v != nil && !v.Get(i) {
					b.Null()
					continue
				}
				if err := row(f, call, b, as, i); err != nil {
					return nil, err
				}
			}
			return b.Finish(), nil
		}}, nil
	}
}

// perBatch makes a kernel of no arguments whose value is one per batch.
func perBatch[R vec.Fixed](value func(c *Ctx, t types.Type) R) maker {
	return func(call *rex.Call) (Kernel, error) {
		return Kernel{Owned: true, Eval: func(f *Frame, _ []*vec.Vec, n int) (*vec.Vec, error) {
			out := f.New(call.T, n)
			dst := vec.Slice[R](out)
			x := value(f.Ctx, call.T)
			for i := range dst {
				dst[i] = x
			}
			return out, nil
		}}, nil
	}
}

// constant is the literal value of argument k, nil if the argument is no literal.
func constant(call *rex.Call, k int) *rex.Lit {
	if k >= len(call.Args) {
		return nil
	}
	l, _ := call.Args[k].(*rex.Lit)
	return l
}

// constText is the text of a literal argument; false if it is none or NULL.
func constText(call *rex.Call, k int) (string, bool) {
	if l := constant(call, k); l != nil {
		s, ok := l.Value.(string)
		return s, ok
	}
	return "", false
}
