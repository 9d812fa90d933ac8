package function

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// structured holds the functions of STRUCTURED types: rows whose type has the name of a class.
var structured = family("value construction", []entry{
	{
		Name: "OBJECT_OF", Sigs: "OBJECT_OF(class, field, value, …)", Doc: "a value of the type STRUCTURED<class, …> with these fields; class and fields are literals",
		Ex: "OBJECT_OF('shop.User', 'name', 'Ann', 'age', 42) → (name=Ann, age=42)\nOBJECT_OF('shop.User', 'name', 'Ann').name → Ann", Infer: inferObjectOf, New: newObjectOf,
	},
	{
		Name: "OBJECT_UPDATE", Sigs: "OBJECT_UPDATE(object, field, value, …)", Doc: "the object with other values, perhaps of other types, in these fields",
		Ex: "OBJECT_UPDATE(OBJECT_OF('shop.User', 'name', 'Ann', 'age', 42), 'age', 43) → (name=Ann, age=43)", Infer: inferObjectUpdate, New: newObjectUpdate,
	},
})

// className is what Java takes for the name of a class.
var className = regexp.MustCompile(`^[\pL\p{Nl}_$][\pL\p{Nl}\p{Nd}_$]*(\.[\pL\p{Nl}_$][\pL\p{Nl}\p{Nd}_$]*)*$`)

func inferObjectOf(c catalog.Call) (catalog.Resolved, error) {
	if len(c.Args)%2 == 0 {
		return catalog.Resolved{}, errors.New("OBJECT_OF takes a class and pairs of field and value")
	}
	class, ok := textLiteral(c, 0)
	if !ok {
		return catalog.Resolved{}, errors.New("the first argument of OBJECT_OF must be a text literal, the name of a class")
	}
	if !className.MatchString(class) {
		return catalog.Resolved{}, fmt.Errorf("%q cannot be the name of a class in OBJECT_OF", class)
	}
	pairs, args, err := objectPairs("OBJECT_OF", c)
	return catalog.Resolved{Args: args, Result: types.NewStructured(class, pairs...)}, err
}

func inferObjectUpdate(c catalog.Call) (catalog.Resolved, error) {
	if len(c.Args)%2 == 0 {
		return catalog.Resolved{}, errors.New("OBJECT_UPDATE takes an object and pairs of field and value")
	}
	t := c.Args[0]
	if !t.IsStructured() {
		return catalog.Resolved{}, fmt.Errorf("the first argument of OBJECT_UPDATE must be of a STRUCTURED type, got %s", plain(t))
	}
	pairs, args, err := objectPairs("OBJECT_UPDATE", c)
	if err != nil {
		return catalog.Resolved{}, err
	}
	fields := slices.Clone(t.Fields)
	for _, p := range pairs {
		k := slices.IndexFunc(fields, func(f types.Field) bool { return f.Name == p.Name })
		if k < 0 {
			return catalog.Resolved{}, fmt.Errorf("OBJECT_UPDATE: field %q not found in %s", p.Name, plain(t))
		}
		fields[k].Type = p.Type
	}
	return catalog.Resolved{Args: args, Result: types.NewStructured(t.Class, fields...).WithNull(t.Nullable)}, nil
}

// objectPairs gives the fields that stand behind the first argument.
func objectPairs(name string, c catalog.Call) ([]types.Field, []types.Type, error) {
	var fields []types.Field
	args := make([]types.Type, len(c.Args))
	args[0] = c.Args[0]
	for i := 1; i < len(c.Args); i += 2 {
		field, ok := textLiteral(c, i)
		if !ok {
			return nil, nil, fmt.Errorf("argument %d of %s must be a text literal, the name of a field", i+1, name)
		}
		if slices.ContainsFunc(fields, func(f types.Field) bool { return f.Name == field }) {
			return nil, nil, fmt.Errorf("field %q stands twice in %s", field, name)
		}
		t := c.Args[i+1].WithAttr(types.NoTimeAttr)
		if t.Kind == types.Null {
			return nil, nil, fmt.Errorf("NULL has no type in %s: write CAST(NULL AS …)", name)
		}
		args[i], args[i+1] = c.Args[i], t
		fields = append(fields, types.Field{Name: field, Type: t})
	}
	return fields, args, nil
}

func textLiteral(c catalog.Call, i int) (string, bool) {
	if i >= len(c.Lits) || c.Lits[i] == nil || !c.Args[i].IsCharacter() {
		return "", false
	}
	text, ok := c.Lits[i].Value.(string)
	return text, ok
}

// newObjectOf makes rows whose fields are the argument vectors themselves.
func newObjectOf(call *rex.Call) (Kernel, error) {
	return Kernel{Eval: func(_ *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
		out := &vec.Vec{Type: call.T, Len: n}
		for k, f := range call.T.Fields {
			out.Kids = append(out.Kids, as[2*k+2].As(f.Type))
		}
		return out, nil
	}}, nil
}

// newObjectUpdate takes the other fields over as they are.
func newObjectUpdate(call *rex.Call) (Kernel, error) {
	from := map[int]int{} // field → argument
	for i := 1; i < len(call.Args); i += 2 {
		name, _ := constText(call, i)
		from[slices.IndexFunc(call.T.Fields, func(f types.Field) bool { return f.Name == name })] = i + 1
	}
	return Kernel{Eval: func(_ *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
		out := &vec.Vec{Type: call.T, Len: n, Valid: as[0].Valid}
		for k, f := range call.T.Fields {
			kid := as[0].Kids[k]
			if i, ok := from[k]; ok {
				kid = as[i]
			}
			out.Kids = append(out.Kids, kid.As(f.Type))
		}
		return out, nil
	}}, nil
}
