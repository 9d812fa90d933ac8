package parquet

import (
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// leaf is one stored column that is read. After load it holds the levels and the
// values of one run of rows.
type leaf struct {
	index          int // in the file
	desc           *schema.Column
	maxDef, maxRep int16
	read           valueReader
	chunk          file.ColumnChunkReader

	defs, reps []int16 // nil if all entries have the same level
	n          int     // entries
	values     *vec.Vec
	count      int // values, packed at the start of values
}

// valueReader reads up to max entries: their levels into l.defs and l.reps, their
// values packed into a vector with room for max. It gives entries and values.
type valueReader func(l *leaf, max int) (entries, count int, values *vec.Vec, err error)

func (l *leaf) describe(s *schema.Schema) {
	l.desc = s.Column(l.index)
	l.maxDef, l.maxRep = l.desc.MaxDefinitionLevel(), l.desc.MaxRepetitionLevel()
}

// newLeaf makes the leaf of a primitive node.
func (b *builder) newLeaf(name string, t types.Type, node schema.Node) (*leaf, error) {
	l := &leaf{index: b.file.ColumnIndexByNode(node)}
	l.describe(b.file)
	var err error
	if l.read, err = b.valueReader(name, t, node.(*schema.PrimitiveNode)); err != nil {
		return nil, err
	}
	b.leaves = append(b.leaves, l)
	return l, nil
}

// load reads up to max entries.
func (l *leaf) load(max int) error {
	l.defs, l.reps = nil, nil
	if l.maxDef > 0 {
		l.defs = make([]int16, max)
	}
	if l.maxRep > 0 {
		l.reps = make([]int16, max)
	}
	var err error
	l.n, l.count, l.values, err = l.read(l, max)
	if err == nil {
		err = l.chunk.Err()
	}
	return err
}

// skip passes over rows of a column without lists.
func (l *leaf) skip(rows int64) error {
	if rows == 0 {
		return nil
	}
	_, err := l.chunk.(interface{ Skip(int64) (int64, error) }).Skip(rows)
	return err
}

// def gives the definition level of entry i.
func (l *leaf) def(i int) int16 {
	if l.defs == nil {
		return 0
	}
	return l.defs[i]
}

// slot reports whether entry i begins a slot of a context.
func (l *leaf) slot(i int, rep, def int16) bool {
	return (l.reps == nil || l.reps[i] <= rep) && l.def(i) >= def
}

// valid gives the slots of a context whose definition level reaches level; nil if all do.
func (l *leaf) valid(rep, def, level int16, slots int) vec.Bitmap {
	out := vec.NewBitmap(slots)
	at, all := 0, true
	for i := range l.n {
		if !l.slot(i, rep, def) {
			continue
		}
		if l.def(i) >= level {
			out.Set(at)
		} else {
			all = false
		}
		at++
	}
	if all {
		return nil
	}
	return out
}

// offsets gives for the slots of a context where their elements begin; elements are
// the slots of the context (elemRep, elemDef).
func (l *leaf) offsets(rep, def, elemRep, elemDef int16, slots int) (off []int32, elements int) {
	off = make([]int32, 0, slots+1)
	for i := range l.n {
		if l.slot(i, rep, def) {
			off = append(off, int32(elements))
		}
		if l.slot(i, elemRep, elemDef) {
			elements++
		}
	}
	return append(off, int32(elements)), elements
}

// build spreads the packed values over the slots of the leaf's own context, those
// entries whose definition level is at least def.
func (l *leaf) build(def int16, t types.Type) *vec.Vec {
	slots := l.n
	if def > 0 {
		slots = 0
		for i := range l.n {
			if l.defs[i] >= def {
				slots++
			}
		}
	}
	v := l.values
	if l.count == slots {
		return v.Slice(0, slots)
	}
	valid := vec.NewBitmap(slots)
	at := 0
	for i := range l.n {
		if l.defs[i] >= def {
			if l.defs[i] == l.maxDef {
				valid.Set(at)
			}
			at++
		}
	}
	if v.Phys() == vec.PhysBytes {
		return spreadBytes(v, valid, slots)
	}
	switch v.Phys().Width() {
	case 1:
		spread[int8](v, valid, slots, l.count)
	case 2:
		spread[int16](v, valid, slots, l.count)
	case 4:
		spread[int32](v, valid, slots, l.count)
	case 8:
		spread[int64](v, valid, slots, l.count)
	default:
		spread[vec.Decimal](v, valid, slots, l.count)
	}
	out := v.Slice(0, slots)
	out.Valid = valid
	return out
}

// spread moves packed values to their slots, from the last on so that none is
// overwritten before it is moved.
func spread[T vec.Fixed](v *vec.Vec, valid vec.Bitmap, slots, count int) {
	s := vec.Slice[T](v)
	from := count
	for i := slots - 1; i >= 0 && from > 0; i-- {
		if valid.Get(i) {
			from--
			s[i] = s[from]
		}
	}
}

// spreadBytes gives empty values to the slots without one.
func spreadBytes(v *vec.Vec, valid vec.Bitmap, slots int) *vec.Vec {
	off := make([]int32, slots+1)
	next := 0
	for i := range slots {
		off[i] = v.Off[next]
		if valid.Get(i) {
			next++
		}
	}
	off[slots] = v.Off[next]
	return &vec.Vec{Type: v.Type, Len: slots, Valid: valid, Off: off, Data: v.Data}
}
