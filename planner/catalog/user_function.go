package catalog

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// UserFunction is a function that a script created, as data: nothing of it has run.
type UserFunction struct {
	// Path is where it is found; a system function has a Name only. Names of functions
	// are held in lower case: they mean the same in any case.
	Path              Path
	System, Temporary bool
	// ID is its name in expressions and plans, unique among the functions of a script even
	// where a name is dropped and created again.
	ID       string
	Kind     FunctionKind // ScalarFunction, AggregateFunction or TableFunction
	Language string       // SQL, STARLARK, WASM, PYTHON, JAVA, SCALA
	// Typed is false for Flink's form without parameters: such a function can be listed
	// and dropped, not called.
	Typed  bool
	Params []types.Field
	// Result is the type of a value; of a table function the ROW of its columns.
	Result types.Type
	// Body is the text between quotes behind AS, or of the expression behind RETURN; Entry
	// is what is called in it or in File, the place of the code relative to the project.
	Body, Entry, File string
	NonDeterministic  bool
	// NullOnNull: a row with a NULL argument gives NULL (of tables: no row) without a call.
	NullOnNull bool
	Options    map[string]string // of WITH
	Class      string            // the text of AS as written, for listings
	Span       diag.Span         // of the name in CREATE FUNCTION
}

// Shown is the name as a person would write it.
func (f *UserFunction) Shown() string {
	if f.System {
		return f.Path.Name
	}
	return f.Path.String()
}

// Signature is how the function is called and what it gives: "f(a INT) RETURNS INT".
func (f *UserFunction) Signature() string {
	if !f.Typed {
		return f.Path.Name
	}
	s := f.Path.Name + "(" + fieldList(f.Params) + ")"
	if f.Kind == TableFunction {
		return s + " RETURNS TABLE (" + fieldList(f.Result.Fields) + ")"
	}
	return s + " RETURNS " + f.Result.String()
}

func fieldList(fs []types.Field) string {
	parts := make([]string, len(fs))
	for i, p := range fs {
		parts[i] = p.Name + " " + p.Type.String()
	}
	return strings.Join(parts, ", ")
}

// CallType is the type of the value of a call: of a table function the ARRAY of its rows.
func (f *UserFunction) CallType() types.Type {
	if f.Kind == TableFunction {
		return types.NewArray(f.Result.NotNull())
	}
	return f.Result
}

// Function describes the function to the binder and the rules.
func (f *UserFunction) Function() *Function {
	return &Function{Name: f.ID, NullFrom: 1, Kind: f.Kind, Category: "user", Signatures: []string{f.Signature()}, Infer: f.infer,
		NonDeterministic: f.NonDeterministic, Fallible: true}
}

// infer checks a call: arguments are cast as an assignment would cast them implicitly.
func (f *UserFunction) infer(c Call) (Resolved, error) {
	if len(c.Args) != len(f.Params) {
		return Resolved{}, fmt.Errorf("%s takes %d arguments, not %d", f.Path.Name, len(f.Params), len(c.Args))
	}
	res := Resolved{Args: make([]types.Type, len(c.Args)), Result: f.CallType()}
	null := false
	for i, a := range c.Args {
		p := f.Params[i].Type
		switch {
		case !types.CanCastImplicitly(a.WithAttr(types.NoTimeAttr), p):
			return Resolved{}, fmt.Errorf("parameter %s of %s is %s, not %s", f.Params[i].Name, f.Path.Name, p, a.Null().WithAttr(types.NoTimeAttr))
		case !p.Nullable && a.Nullable:
			return Resolved{}, fmt.Errorf("parameter %s of %s is NOT NULL, but the argument may be NULL", f.Params[i].Name, f.Path.Name)
		}
		res.Args[i] = p.WithNull(a.Nullable || a.Kind == types.Null)
		null = null || res.Args[i].Nullable
	}
	if f.NullOnNull && null && f.Kind != AggregateFunction {
		res.Result = res.Result.Null()
	}
	if f.Kind == AggregateFunction {
		res.Result = res.Result.WithNull(f.Result.Nullable)
	}
	return res, nil
}

// functions are the user functions of a catalog.
type functions struct {
	system    map[string]*UserFunction
	temporary map[Path]*UserFunction
	permanent map[Path]*UserFunction
	made      map[string]int // definitions by name, for IDs
}

func newFunctions() functions {
	return functions{map[string]*UserFunction{}, map[Path]*UserFunction{}, map[Path]*UserFunction{}, map[string]int{}}
}

func (fs functions) clone() functions {
	out := newFunctions()
	for k, f := range fs.system {
		out.system[k] = f
	}
	for k, f := range fs.temporary {
		out.temporary[k] = f
	}
	for k, f := range fs.permanent {
		out.permanent[k] = f
	}
	for k, n := range fs.made {
		out.made[k] = n
	}
	return out
}

// FunctionPath completes the name of a function: lower case, the current catalog and database.
func (c *Catalog) FunctionPath(parts ...string) Path {
	p := c.Resolve(parts...)
	p.Name = strings.ToLower(p.Name)
	return p
}

// PutFunction adds or replaces a user function and gives it its ID.
func (c *Catalog) PutFunction(f *UserFunction) {
	name := f.Path.Name
	if strings.ToUpper(name) == name { // must not read as a built-in's
		name = "user:" + name
	}
	c.functions.made[name]++
	f.ID = name
	if n := c.functions.made[name]; n > 1 {
		f.ID = fmt.Sprintf("%s#%d", name, n)
	}
	switch {
	case f.System:
		c.functions.system[f.Path.Name] = f
	case f.Temporary:
		c.functions.temporary[f.Path] = f
	default:
		c.functions.permanent[f.Path] = f
	}
}

// SystemFunction finds a temporary system function by its name in any case.
func (c *Catalog) SystemFunction(name string) *UserFunction {
	return c.functions.system[strings.ToLower(name)]
}

// UserFunction finds the temporary or, behind it, the catalog's function at a path.
func (c *Catalog) UserFunction(p Path) *UserFunction {
	if f := c.functions.temporary[p]; f != nil {
		return f
	}
	return c.functions.permanent[p]
}

// FunctionOf finds the function of one kind, temporary or not, at a path.
func (c *Catalog) FunctionOf(p Path, temporary bool) *UserFunction {
	if temporary {
		return c.functions.temporary[p]
	}
	return c.functions.permanent[p]
}

// DropFunction removes a function.
func (c *Catalog) DropFunction(f *UserFunction) {
	switch {
	case f.System:
		delete(c.functions.system, f.Path.Name)
	case f.Temporary:
		delete(c.functions.temporary, f.Path)
	default:
		delete(c.functions.permanent, f.Path)
	}
}

// UserFunctions lists the functions that a name without a qualifier finds in a database,
// by name.
func (c *Catalog) UserFunctions(catalog, database string) []*UserFunction {
	byName := map[string]*UserFunction{}
	for _, m := range []map[Path]*UserFunction{c.functions.permanent, c.functions.temporary} {
		for p, f := range m {
			if p.Catalog == catalog && p.Database == database {
				byName[p.Name] = f
			}
		}
	}
	for n, f := range c.functions.system {
		byName[n] = f
	}
	out := make([]*UserFunction, 0, len(byName))
	for _, f := range byName {
		out = append(out, f)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Path.Name < out[j].Path.Name })
	return out
}

// dropFunctions removes the functions of which gone holds.
func (c *Catalog) dropFunctions(gone func(Path) bool) {
	for _, m := range []map[Path]*UserFunction{c.functions.permanent, c.functions.temporary} {
		for p := range m {
			if gone(p) {
				delete(m, p)
			}
		}
	}
}

// WithUser gives functions that know those of a script too, by their IDs.
func WithUser(base Functions, user []*UserFunction) Functions {
	if len(user) == 0 {
		return base
	}
	out := &withUser{Functions: base, user: map[string]*Function{}}
	for _, f := range user {
		out.user[f.ID] = f.Function()
	}
	return out
}

type withUser struct {
	Functions
	user map[string]*Function
}

func (w *withUser) Function(name string) *Function {
	if f := w.user[name]; f != nil {
		return f
	}
	return w.Functions.Function(name)
}

func (w *withUser) Names() []string {
	out := slices.Clone(w.Functions.Names())
	for n := range w.user {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}
