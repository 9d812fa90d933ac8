package wasm

import (
	"context"

	"github.com/tetratelabs/wazero/api"

	"github.com/weir-sql/weir/exec/udf/guest"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/types"
)

// scalar is a scalar or table function.
type scalar struct {
	*module
	f api.Function
}

// Scalar makes a scalar or table function ready.
func (Language) Scalar(ctx context.Context, c *guest.Code) (guest.Scalar, error) {
	out := []types.Type{c.Result}
	if c.Kind == catalog.TableFunction {
		out = fieldTypes(c.Result.Fields)
	}
	if d := crosses(c, append(fieldTypes(c.Params), out...)...); d != nil {
		return nil, d
	}
	m, err := open(ctx, c)
	if err != nil {
		return nil, err
	}
	f, err := m.export(c.Entry, 3, 1)
	if err != nil {
		_ = m.Close() // the first error is the one to report
		return nil, err
	}
	return &scalar{m, f}, nil
}

func fieldTypes(fs []types.Field) []types.Type {
	out := make([]types.Type, len(fs))
	for i, f := range fs {
		out[i] = f.Type
	}
	return out
}

// Call is guest.Scalar's.
func (s *scalar) Call(args []*vec.Vec, n int) (*vec.Vec, error) {
	table := s.code.Kind == catalog.TableFunction
	size := descriptorSize
	for _, v := range args {
		size += space(v)
	}
	if table {
		size += descriptorSize*(len(s.code.Result.Fields)+1) + align(4*(n+1))
	} else {
		size += resultSpace(s.code.Result, n)
	}
	if err := s.room(&s.arena, uint32(size+64)); err != nil {
		return nil, err
	}
	l := &layout{s.module, uint32(align(int(s.arena.at)))}
	in := l.write(args)
	var out uint32
	if table {
		out = l.rows(len(s.code.Result.Fields), n)
	} else {
		out = l.result(s.code.Result, n)
	}
	if err := s.answered(s.call(s.f, uint64(in), uint64(out), uint64(n))); err != nil {
		return nil, err
	}
	if table {
		return s.readRows(out, n)
	}
	b, err := s.bytes(out, descriptorSize)
	if err != nil {
		return nil, err
	}
	return s.readColumn(readDescriptor(b), s.code.Result.Null(), n)
}

// rows makes room for the result of a table function: its offsets, and descriptors that
// the function fills.
func (l *layout) rows(columns, n int) uint32 {
	at := l.take(descriptorSize * (columns + 1))
	b, _ := l.m.mod.Memory().Read(at, uint32(descriptorSize*(columns+1)))
	clear(b)
	descriptor{offsets: l.take(4 * (n + 1))}.put(b)
	return at
}

// readRows reads the result of a table function as arrays of rows.
func (s *scalar) readRows(at uint32, n int) (*vec.Vec, error) {
	cols := s.code.Result.Fields
	b, err := s.bytes(at, uint32(descriptorSize*(len(cols)+1)))
	if err != nil {
		return nil, err
	}
	ds := make([]descriptor, len(cols)+1)
	for i := range ds {
		ds[i] = readDescriptor(b[descriptorSize*i:])
	}
	out := vec.New(s.code.CallType().Null(), n)
	if err := s.readOffsets(out.Off, ds[0].offsets); err != nil {
		return nil, err
	}
	total := int(out.Off[n])
	row := vec.New(s.code.Result.NotNull(), 0)
	row.Len = total
	for i, c := range cols {
		if row.Kids[i], err = s.readColumn(ds[i+1], c.Type, total); err != nil {
			return nil, err
		}
	}
	out.Kids = []*vec.Vec{row}
	return out, nil
}
