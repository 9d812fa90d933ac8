package parquet

import (
	"strings"

	pq "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// column is a wanted column or a part of one, matched to the file's schema.
//
// Levels. A leaf's entries carry a definition level, how many of the optional and
// repeated nodes on its path are there, and a repetition level, which list on its
// path the entry goes on (0 = a new row). In a context (rep, def) the entries with
// repetition <= rep and definition >= def begin one slot each: (0, 0) has a slot a
// row, the context of a list's elements a slot an element. Every vector is built
// over the slots of a context.
type column struct {
	typ    types.Type
	kind   columnKind
	def    int16 // definition level from which on the value is not NULL
	always bool  // it is never NULL where its context has a slot
	rep    int16 // list, map: repetition level of the elements
	kids   []*column
	leaf   *leaf // of a leaf
	first  *leaf // any leaf below: its levels tell NULLs and lengths
}

type columnKind uint8

const (
	leafColumn columnKind = iota
	rowColumn
	listColumn // also maps, which have two kids
	absentColumn
)

// builder matches SQL types with schema nodes and collects the leaves to read.
type builder struct {
	file   *schema.Schema
	opts   readOptions
	leaves []*leaf
}

// find walks a path of names from the root; nil if it is not there.
func (b *builder) find(path []string) (node schema.Node, def, rep int16) {
	node = b.file.Root()
	for _, name := range path {
		g, ok := node.(*schema.GroupNode)
		if !ok {
			return nil, 0, 0
		}
		i := g.FieldIndexByName(name)
		if i < 0 {
			return nil, 0, 0
		}
		node = g.Field(i)
		if node.RepetitionType() != pq.Repetitions.Required {
			def++
		}
		if node.RepetitionType() == pq.Repetitions.Repeated {
			rep++
		}
	}
	return node, def, rep
}

// column matches a type with a node whose own levels are def and rep.
func (b *builder) column(name string, t types.Type, node schema.Node, def, rep int16) (*column, error) {
	c := &column{typ: t, def: def, always: node.RepetitionType() == pq.Repetitions.Required}
	group, isGroup := node.(*schema.GroupNode)
	switch {
	case t.Kind == types.Array:
		return c, b.list(c, name, t, node, def, rep)
	case t.Kind == types.Map || t.Kind == types.Multiset:
		if !isGroup {
			return nil, b.mismatch(name, t, node)
		}
		return c, b.mapColumn(c, name, t, group, def, rep)
	case t.Kind == types.Row:
		if !isGroup {
			return nil, b.mismatch(name, t, node)
		}
		return c, b.row(c, name, t, group, def, rep)
	case isGroup || node.RepetitionType() == pq.Repetitions.Repeated:
		return nil, b.mismatch(name, t, node)
	}
	l, err := b.newLeaf(name, t, node)
	c.kind, c.leaf, c.first = leafColumn, l, l
	return c, err
}

// row matches the fields of a ROW by name; fields the file does not have are NULL.
func (b *builder) row(c *column, name string, t types.Type, group *schema.GroupNode, def, rep int16) error {
	c.kind = rowColumn
	for _, f := range t.Fields {
		i := group.FieldIndexByName(f.Name)
		if i < 0 {
			c.kids = append(c.kids, &column{typ: f.Type, kind: absentColumn})
			continue
		}
		kid, err := b.child(name+"."+f.Name, f.Type, group.Field(i), def, rep)
		if err != nil {
			return err
		}
		c.kids = append(c.kids, kid)
		if c.first == nil {
			c.first = kid.first
		}
	}
	if c.first == nil {
		return b.witness(c, group)
	}
	return nil
}

// witness reads the levels of some leaf of a group of which no field is wanted.
func (b *builder) witness(c *column, node schema.Node) error {
	for {
		g, ok := node.(*schema.GroupNode)
		if !ok {
			break
		}
		node = g.Field(0)
	}
	l := &leaf{index: b.file.ColumnIndexByNode(node), read: readNothing}
	l.describe(b.file)
	b.leaves = append(b.leaves, l)
	c.first = l
	return nil
}

// child matches a field of a group with levels def and rep.
func (b *builder) child(name string, t types.Type, node schema.Node, def, rep int16) (*column, error) {
	if node.RepetitionType() != pq.Repetitions.Required {
		def++
	}
	if node.RepetitionType() == pq.Repetitions.Repeated {
		rep++
	}
	return b.column(name, t, node, def, rep)
}

// list matches an ARRAY: a LIST group of three levels, one of two levels as older
// writers made, or a bare repeated field.
func (b *builder) list(c *column, name string, t types.Type, node schema.Node, def, rep int16) error {
	c.kind = listColumn
	if node.RepetitionType() == pq.Repetitions.Repeated {
		// A bare repeated field is a list that is never NULL; its node is the element.
		c.def, c.always, c.rep = def-1, true, rep
		elem, err := b.element(name, *t.Elem, node, def, rep)
		if err != nil {
			return err
		}
		c.kids, c.first = []*column{elem}, elem.first
		return nil
	}
	group, ok := node.(*schema.GroupNode)
	if !ok || group.NumFields() != 1 || group.Field(0).RepetitionType() != pq.Repetitions.Repeated {
		return b.mismatch(name, t, node)
	}
	repeated := group.Field(0)
	def, rep = def+1, rep+1
	c.rep = rep
	var elem *column
	var err error
	if inner, ok := repeated.(*schema.GroupNode); ok && inner.NumFields() == 1 && inner.Name() != "array" && inner.Name() != node.Name()+"_tuple" {
		elem, err = b.child(name+".element", *t.Elem, inner.Field(0), def, rep)
	} else {
		elem, err = b.element(name, *t.Elem, repeated, def, rep)
	}
	if err != nil {
		return err
	}
	c.kids, c.first = []*column{elem}, elem.first
	return nil
}

// element matches an element that is the repeated node itself.
func (b *builder) element(name string, t types.Type, node schema.Node, def, rep int16) (*column, error) {
	c := &column{typ: t, def: def, always: true}
	if g, ok := node.(*schema.GroupNode); ok {
		if t.Kind != types.Row {
			return nil, b.mismatch(name, t, node)
		}
		return c, b.row(c, name, t, g, def, rep)
	}
	l, err := b.newLeaf(name, t, node)
	c.kind, c.leaf, c.first = leafColumn, l, l
	return c, err
}

// mapColumn matches a MAP or MULTISET: a group with a repeated group of key and value.
func (b *builder) mapColumn(c *column, name string, t types.Type, group *schema.GroupNode, def, rep int16) error {
	c.kind = listColumn
	if group.NumFields() != 1 || group.Field(0).RepetitionType() != pq.Repetitions.Repeated {
		return b.mismatch(name, t, group)
	}
	entry, ok := group.Field(0).(*schema.GroupNode)
	if !ok || entry.NumFields() != 2 {
		return b.mismatch(name, t, group)
	}
	c.rep = rep + 1
	kt, et := vec.MapTypes(t)
	for i, kid := range []types.Type{kt, et} {
		k, err := b.child(name+"."+entry.Field(i).Name(), kid, entry.Field(i), def+1, rep+1)
		if err != nil {
			return err
		}
		c.kids = append(c.kids, k)
	}
	c.first = c.kids[0].first
	return nil
}

func (b *builder) mismatch(name string, t types.Type, node schema.Node) error {
	return diag.Errorf("W0515", diag.Span{}, "column %q is %s in the Parquet file, %s in the table", name, describe(node), t.Null()).
		WithHint("declare the column with the type of the file")
}

// describe prints a node's type for people.
func describe(node schema.Node) string {
	g, ok := node.(*schema.GroupNode)
	if !ok {
		s := strings.ToUpper(node.(*schema.PrimitiveNode).PhysicalType().String())
		if l := node.LogicalType(); l != nil && !l.IsNone() {
			s += " (" + l.String() + ")"
		}
		if node.RepetitionType() == pq.Repetitions.Repeated {
			return "a list of " + s
		}
		return s
	}
	if l := node.LogicalType(); l != nil && l.IsNested() {
		return "a " + l.String()
	}
	var names []string
	for i := range g.NumFields() {
		names = append(names, g.Field(i).Name())
	}
	return "a group of " + strings.Join(names, ", ")
}

// build makes the vector of a column over the slots of a context.
func (c *column) build(rep, def int16, slots int) *vec.Vec {
	switch c.kind {
	case leafColumn:
		return c.leaf.build(def, c.typ)
	case absentColumn:
		return nulls(c.typ, slots)
	case rowColumn:
		v := &vec.Vec{Type: c.typ, Len: slots}
		if !c.always {
			v.Valid = c.first.valid(rep, def, c.def, slots)
		}
		for _, k := range c.kids {
			v.Kids = append(v.Kids, k.build(rep, def, slots))
		}
		return v
	default:
		v := &vec.Vec{Type: c.typ, Len: slots}
		if !c.always {
			v.Valid = c.first.valid(rep, def, c.def, slots)
		}
		var elements int
		v.Off, elements = c.first.offsets(rep, def, c.rep, c.def+1, slots)
		for _, k := range c.kids {
			v.Kids = append(v.Kids, k.build(c.rep, c.def+1, elements))
		}
		return v
	}
}

// nulls is a vector of n NULLs.
func nulls(t types.Type, n int) *vec.Vec {
	b := vec.NewBuilder(t, n)
	for range n {
		b.Null()
	}
	return b.Finish()
}
