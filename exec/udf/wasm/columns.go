package wasm

import (
	"encoding/binary"
	"errors"
	"math"
	"unicode/utf8"

	"github.com/weir-sql/weir/exec/udf/guest"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// descriptor is a column in the module's memory.
type descriptor struct{ values, offsets, validity uint32 }

const descriptorSize = 16

func (d descriptor) put(b []byte) {
	binary.LittleEndian.PutUint32(b, d.values)
	binary.LittleEndian.PutUint32(b[4:], d.offsets)
	binary.LittleEndian.PutUint32(b[8:], d.validity)
	binary.LittleEndian.PutUint32(b[12:], 0)
}

func readDescriptor(b []byte) descriptor {
	return descriptor{binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])}
}

// crosses refuses types that have no layout in the ABI.
func crosses(c *guest.Code, ts ...types.Type) *diag.Diagnostic {
	for _, t := range ts {
		if p := vec.PhysOf(t); p.Width() == 0 && p != vec.PhysBytes {
			return c.Errorf(guest.CodeFunction, "a function in WASM takes and gives plain values, not %s", t.Null())
		}
	}
	return nil
}

// align rounds up to 16 bytes, so that every column can be read in its width.
func align(n int) int { return (n + 15) &^ 15 }

// space is the bytes that a column of n rows takes.
func space(v *vec.Vec) int {
	n := align(v.Len*v.Phys().Width()) + descriptorSize
	if v.Phys() == vec.PhysBytes {
		n += align(4*(v.Len+1)) + align(int(v.Off[v.Len]-v.Off[0]))
	}
	if v.Valid != nil {
		n += align((v.Len + 7) / 8)
	}
	return n
}

// layout lays things out in the arena, one after the other.
type layout struct {
	m    *module
	next uint32
}

func (l *layout) take(n int) uint32 {
	at := l.next
	l.next += uint32(align(n))
	return at
}

// write writes columns and their descriptors; the place of the first descriptor.
func (l *layout) write(cols []*vec.Vec) uint32 {
	memory := l.m.mod.Memory()
	table := l.take(descriptorSize * len(cols))
	for i, v := range cols {
		var d descriptor
		if v.Phys() == vec.PhysBytes {
			lo, hi := v.Off[0], v.Off[v.Len]
			d.values = l.take(int(hi - lo))
			memory.Write(d.values, v.Data[lo:hi])
			d.offsets = l.take(4 * (v.Len + 1))
			b, _ := memory.Read(d.offsets, uint32(4*(v.Len+1)))
			for k, o := range v.Off[:v.Len+1] {
				binary.LittleEndian.PutUint32(b[4*k:], uint32(o-lo))
			}
		} else {
			raw := v.Raw()
			d.values = l.take(len(raw))
			memory.Write(d.values, raw)
		}
		if v.Valid != nil {
			n := (v.Len + 7) / 8
			d.validity = l.take(n)
			memory.Write(d.validity, v.Valid[:n])
		}
		b, _ := memory.Read(table+uint32(descriptorSize*i), descriptorSize)
		d.put(b)
	}
	return table
}

// numbers writes group numbers.
func (l *layout) numbers(ids []int32) uint32 {
	at := l.take(4 * len(ids))
	b, _ := l.m.mod.Memory().Read(at, uint32(4*len(ids)))
	for k, id := range ids {
		binary.LittleEndian.PutUint32(b[4*k:], uint32(id))
	}
	return at
}

// resultSpace is the bytes of the room for a result.
func resultSpace(t types.Type, n int) int {
	return descriptorSize + align((n+7)/8) + max(align(n*vec.PhysOf(t).Width()), align(4*(n+1)))
}

// result makes room for n values; the place of the descriptor.
func (l *layout) result(t types.Type, n int) uint32 {
	memory := l.m.mod.Memory()
	at := l.take(descriptorSize)
	var d descriptor
	if w := vec.PhysOf(t).Width(); w > 0 {
		d.values = l.take(n * w)
	} else {
		d.offsets = l.take(4 * (n + 1))
	}
	d.validity = l.take((n + 7) / 8)
	bits, _ := memory.Read(d.validity, uint32((n+7)/8))
	for i := range bits {
		bits[i] = 0xff
	}
	b, _ := memory.Read(at, descriptorSize)
	d.put(b)
	return at
}

// readColumn copies a column out of the module's memory.
func (m *module) readColumn(d descriptor, t types.Type, n int) (*vec.Vec, error) {
	out := vec.New(t, n)
	if w := vec.PhysOf(t).Width(); w > 0 {
		b, err := m.bytes(d.values, uint32(n*w))
		if err != nil {
			return nil, err
		}
		copy(out.Raw(), b)
		if t.Kind == types.Boolean {
			raw := out.Raw()
			for i := range raw { // any byte but 0 is TRUE
				raw[i] = min(raw[i], 1)
			}
		}
	} else if err := m.readTexts(out, d, n); err != nil {
		return nil, err
	}
	if d.validity != 0 {
		bits, err := m.bytes(d.validity, uint32((n+7)/8))
		if err != nil {
			return nil, err
		}
		if v := vec.Bitmap(bits); v.Count(n) < n {
			out.Valid = vec.NewBitmap(n)
			copy(out.Valid, bits)
		}
	}
	return out, nil
}

func (m *module) readTexts(out *vec.Vec, d descriptor, n int) error {
	if err := m.readOffsets(out.Off, d.offsets); err != nil {
		return err
	}
	data, err := m.bytes(d.values, uint32(out.Off[n]))
	if err != nil {
		return err
	}
	out.Data = append([]byte(nil), data...)
	if out.Type.IsCharacter() && !utf8.Valid(out.Data) {
		return m.wrong(errors.New("a text is not UTF-8"))
	}
	return nil
}

// readOffsets reads len(off) offsets, which begin at 0 and do not go back.
func (m *module) readOffsets(off []int32, at uint32) error {
	b, err := m.bytes(at, uint32(4*len(off)))
	if err != nil {
		return err
	}
	last := uint32(0)
	for k := range off {
		o := binary.LittleEndian.Uint32(b[4*k:])
		if o < last || o > math.MaxInt32 || k == 0 && o != 0 {
			return m.wrong(errors.New("its offsets do not go up from 0"))
		}
		last, off[k] = o, int32(o)
	}
	return nil
}

func (m *module) wrong(err error) error {
	return m.code.Errorf(guest.CodeAnswer, "its result is not %s: %v", m.code.CallType().Null(), err)
}
