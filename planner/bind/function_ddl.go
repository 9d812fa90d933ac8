package bind

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// functionOptions are the options of WITH by language.
var functionOptions = map[string][]string{
	"SQL":      nil,
	"STARLARK": {"deadline", "memory"},
	"WASM":     {"deadline", "memory"},
	"PYTHON":   {"deadline", "memory", "vectorized"},
}

func (b *binder) createFunction(s *syntax.CreateFunction) {
	f, ok := b.newFunction(s)
	if f == nil {
		return
	}
	if old := b.functionAt(f); old != nil {
		if !s.IfNotExists {
			b.errorf(codeExists, b.at(s.Name), "function %q exists already", f.Path.Name).WithHint("drop it first, or add IF NOT EXISTS").
				d.Related = relatedTo(old.Span, "it is created here")
		}
		return
	}
	b.declareFunction(f, ok)
}

// declareFunction puts a function into the catalog. One that does not hold together is
// known as well: its use is not reported again.
func (b *binder) declareFunction(f *catalog.UserFunction, ok bool) {
	b.cat.PutFunction(f)
	b.broken[f] = !ok || f.Language == "SQL" && !b.checkBody(f)
}

func relatedTo(at diag.Span, message string) []diag.Related {
	if at.IsZero() {
		return nil
	}
	return []diag.Related{{Span: at, Message: message}}
}

// functionAt finds the function that stands where f would be put.
func (b *binder) functionAt(f *catalog.UserFunction) *catalog.UserFunction {
	if f.System {
		return b.cat.SystemFunction(f.Path.Name)
	}
	return b.cat.FunctionOf(f.Path, f.Temporary)
}

// newFunction reads CREATE FUNCTION. The function is nil if it has no place; ok is false
// after a report.
func (b *binder) newFunction(s *syntax.CreateFunction) (f *catalog.UserFunction, ok bool) {
	f = &catalog.UserFunction{System: s.System, Temporary: s.Temporary || s.System, Language: s.Language, Span: b.at(s.Name),
		NonDeterministic: s.Determinism == syntax.NotDeterministic}
	if s.System {
		f.Path.Name = strings.ToLower(s.Name.Last().Name)
	} else {
		if _, ok := b.newPath(s.Name); !ok {
			return nil, false
		}
		f.Path = b.cat.FunctionPath(s.Name.Strings()...)
	}
	if f.Language == "" {
		f.Language = "JAVA"
		if s.Return != nil {
			f.Language = "SQL"
		}
	}
	f.Options, _ = b.options(s.Options)
	if s.Body != nil {
		f.Class = s.Body.Value
	}
	if s.Signature == nil {
		return f, b.untyped(f, s)
	}
	return f, b.signature(f, s) && b.code(f, s)
}

// untyped is Flink's form: a class of Java or Python, whose types only it knows. It can be
// listed and dropped; a call says why it cannot be made.
func (b *binder) untyped(f *catalog.UserFunction, s *syntax.CreateFunction) bool {
	switch {
	case s.Aggregate, f.Language != "JAVA" && f.Language != "SCALA" && f.Language != "PYTHON", s.Body == nil:
		b.errorf(codeFunction, b.at(s.Name), "function %q says neither what it takes nor what it gives", f.Path.Name).
			WithHint("write the types: CREATE FUNCTION %s(a INT) RETURNS INT …", f.Path.Name)
		return false
	case f.Language == "PYTHON":
		b.warnf(codeFunction, b.at(s.Name), "function %q has no types and cannot be called: weir does not run code to find them", f.Path.Name).
			WithHint("write the types: CREATE FUNCTION %s(a INT) RETURNS INT AS %s LANGUAGE PYTHON", f.Path.Name, syntax.QuoteString(f.Class))
	default:
		b.warnf(codeFunction, b.at(s.Name), "function %q is %s and cannot be called: weir has no Java virtual machine", f.Path.Name, f.Language)
	}
	return true
}

// signature reads parameters and result.
func (b *binder) signature(f *catalog.UserFunction, s *syntax.CreateFunction) bool {
	sig := s.Signature
	var ok bool
	f.Typed = true
	f.Params, ok = b.functionFields(sig.Params, "parameter")
	switch {
	case sig.Table != nil && s.Aggregate:
		b.errorf(codeFunction, b.at(s.Name), "an aggregate gives a value, not a table")
		return false
	case sig.Table != nil:
		cols, fine := b.functionFields(sig.Table, "column")
		f.Kind, f.Result, ok = catalog.TableFunction, types.NewRow(cols...).NotNull(), ok && fine
	case sig.Returns != nil:
		t, fine := b.typeOf(sig.Returns)
		f.Result, ok = t, ok && fine
	default:
		b.errorf(codeFunction, b.at(s.Name), "function %q does not say what it gives", f.Path.Name).WithHint("write RETURNS INT, or RETURNS TABLE (x INT)")
		return false
	}
	if s.Aggregate {
		f.Kind = catalog.AggregateFunction
	}
	return ok
}

func (b *binder) functionFields(list []*syntax.RowField, what string) ([]types.Field, bool) {
	out, ok := make([]types.Field, 0, len(list)), true
	seen := map[string]bool{}
	for _, p := range list {
		t, fine := b.typeOf(p.Type)
		if fine && t.In(types.Null, types.Raw) {
			b.errorf(codeType, b.at(p.Type), "a %s cannot be of type %s", what, t)
			fine = false
		}
		if seen[p.Name.Name] {
			b.errorf(codeDuplicate, b.at(p.Name), "%s %q stands twice", what, p.Name.Name)
			fine = false
		}
		seen[p.Name.Name] = true
		out, ok = append(out, types.Field{Name: p.Name.Name, Type: t}), ok && fine
	}
	return out, ok
}

// dotted is Flink's way of naming a function of Python: module.function.
var dotted = regexp.MustCompile(`^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$`)

// code finds where the code of a function is and what is called in it.
func (b *binder) code(f *catalog.UserFunction, s *syntax.CreateFunction) bool {
	at := b.at(s.Name)
	known, runs := functionOptions[f.Language]
	if !runs {
		b.errorf(codeFunction, at, "function %q is %s: weir has no Java virtual machine", f.Path.Name, f.Language).
			WithHint("write it in SQL, STARLARK, WASM or PYTHON")
		return false
	}
	for _, o := range s.Options {
		if !slices.Contains(known, o.Key.Value) {
			hintName(b.errorf(codeFunction, b.at(o.Key), "a function in %s has no option %q", f.Language, o.Key.Value), o.Key.Value, known)
			return false
		}
		if !b.functionOption(o) {
			return false
		}
	}
	f.NullOnNull = s.NullInput == syntax.NullForNull || s.NullInput == syntax.NullInputUnspecified && f.Language == "WASM"
	for _, r := range s.Resources {
		if !r.File || len(s.Resources) > 1 {
			b.errorf(codeFunction, b.at(r), "a function in %s has one FILE", f.Language).WithHint("write USING FILE 'path'")
			return false
		}
		f.File = r.URI.Value
	}
	f.Entry = f.Path.Name
	if !s.System || len(s.Name.Parts) == 1 {
		f.Entry = s.Name.Last().Name
	}
	switch {
	case f.Language == "SQL" && (f.File != "" || s.Return != nil && s.Body != nil || s.Return == nil && s.Body == nil):
		b.errorf(codeFunction, at, "a function in SQL has one expression").WithHint("write RETURN a + 1, or AS 'a + 1'")
		return false
	case f.Language == "SQL" && s.Return != nil:
		f.Body = b.text(s.Return.Span())
		if b.fixed == nil {
			b.bodies[f] = s.Return
		}
	case s.Return != nil:
		b.errorf(codeFunction, b.at(s.Return), "RETURN takes an expression of SQL, but the function is in %s", f.Language)
		return false
	case f.Language == "SQL":
		f.Body = s.Body.Value
	case f.File != "":
		if s.Body != nil {
			f.Entry = s.Body.Value
		}
	case f.Language == "WASM":
		b.errorf(codeFunction, at, "a function in WASM names the file of its module").WithHint("write USING FILE 'f.wasm'")
		return false
	case f.Language == "PYTHON" && dotted.MatchString(s.Body.Value):
		module, entry := s.Body.Value, ""
		dot := strings.LastIndexByte(module, '.')
		module, entry = module[:dot], module[dot+1:]
		f.File, f.Entry = strings.ReplaceAll(module, ".", "/")+".py", entry
	default:
		f.Body = s.Body.Value
	}
	return true
}

// functionOption checks the value of an option.
func (b *binder) functionOption(o *syntax.Option) bool {
	v, ok, want := o.Value.Value, false, ""
	switch o.Key.Value {
	case "deadline":
		d, fine := catalog.ParseDuration(v)
		ok, want = fine && d > 0, "a time such as 5 s"
	case "memory":
		n, fine := catalog.ParseMemory(v)
		ok, want = fine && n > 0, "a size such as 64 mb"
	case "vectorized":
		ok, want = v == "true" || v == "false", "true or false"
	}
	if !ok {
		b.errorf(codeOptionValue, b.at(o.Value), "option %q is %s, not %q", o.Key.Value, want, v)
	}
	return ok
}

// alterFunction gives a function another body; its types stay.
func (b *binder) alterFunction(s *syntax.AlterFunction) {
	f := b.statedFunction(s.Name, s.Temporary, s.System, s.IfExists)
	if f == nil {
		return
	}
	if s.Temporary || s.System {
		b.errorf(codeAlter, b.at(s.Name), "a temporary function is not altered").WithHint("drop it and create it again")
		return
	}
	g := *f
	g.Class, g.Body, g.File = s.Body.Value, "", ""
	if s.Language != "" {
		g.Language = s.Language
	}
	if g.Typed {
		switch {
		case functionOptions[g.Language] == nil && g.Language != "SQL":
			b.errorf(codeFunction, b.at(s), "function %q is %s: weir has no Java virtual machine", f.Path.Name, g.Language)
			return
		case f.File != "":
			g.File, g.Entry = f.File, s.Body.Value
		default:
			g.Body = s.Body.Value
		}
	}
	g.Span = b.at(s.Name)
	b.declareFunction(&g, true)
}

// statedFunction finds the function that DROP or ALTER names; nil after a report, or
// silently with IF EXISTS.
func (b *binder) statedFunction(name syntax.QualifiedName, temporary, system, ifExists bool) *catalog.UserFunction {
	var f *catalog.UserFunction
	what := "function"
	switch p := b.cat.FunctionPath(name.Strings()...); {
	case system:
		f, what = b.cat.SystemFunction(p.Name), "temporary system function"
	case temporary:
		f, what = b.cat.FunctionOf(p, true), "temporary function"
	default:
		if f = b.cat.FunctionOf(p, false); f == nil && b.cat.FunctionOf(p, true) != nil {
			b.errorf(codeNoFunction, b.at(name), "function %q is temporary", p.Name).WithHint("write TEMPORARY FUNCTION")
			return nil
		}
	}
	if f == nil && !ifExists {
		d := b.errorf(codeNoFunction, b.at(name), "%s %q not found", what, strings.ToLower(name.Last().Name))
		if b.env.Functions.Function(name.Last().Name) != nil {
			d.WithHint("a built-in function cannot be changed")
			return nil
		}
		var cands []string
		for _, u := range b.cat.UserFunctions(b.cat.CurrentCatalog, b.cat.CurrentDatabase) {
			cands = append(cands, u.Path.Name)
		}
		hintName(d, strings.ToLower(name.Last().Name), cands)
	}
	return f
}

func (b *binder) dropFunction(s *syntax.Drop) {
	if f := b.statedFunction(s.Name, s.Temporary, s.System, s.IfExists); f != nil {
		b.cat.DropFunction(f)
	}
}

// showFunctions lists built-in functions and those of the script.
func (b *binder) showFunctions(s *syntax.Show) ([]string, bool) {
	in, db, ok := b.showScope(s)
	if !ok {
		return nil, false
	}
	var names []string
	if !s.User {
		names = slices.Clone(b.env.Functions.Names())
		for n := range windowFunctions {
			names = append(names, n)
		}
		names = slices.DeleteFunc(names, func(n string) bool { return !wordLike.MatchString(n) })
	}
	for _, f := range b.cat.UserFunctions(in, db) {
		names = append(names, f.Path.Name)
	}
	slices.Sort(names)
	return slices.Compact(names), true
}

// wordLike are the names a person can call: operators are functions too.
var wordLike = regexp.MustCompile(`^[A-Za-z_]\w*$`)

func (b *binder) showCreateFunction(s *syntax.Show) {
	f := b.user(*s.Name)
	if f == nil {
		if b.env.Functions.Function(s.Name.Last().Name) != nil {
			b.errorf(codeNoFunction, b.at(*s.Name), "%s is built in; no statement creates it", strings.ToUpper(s.Name.Last().Name)).
				WithHint("DESCRIBE FUNCTION %s", strings.ToUpper(s.Name.Last().Name))
		} else {
			b.noFunction(*s.Name)
		}
		return
	}
	b.command(Command{Kind: "SHOW CREATE FUNCTION", Args: s.Name.Strings(), Columns: []string{"result"},
		Rows: [][]string{{createFunctionText(f)}}, Span: b.at(s)})
}

// createFunctionText is the statement that creates a function.
func createFunctionText(f *catalog.UserFunction) string {
	var s strings.Builder
	s.WriteString("CREATE ")
	if f.Temporary {
		s.WriteString("TEMPORARY ")
	}
	if f.System {
		s.WriteString("SYSTEM ")
	}
	if f.Kind == catalog.AggregateFunction {
		s.WriteString("AGGREGATE ")
	}
	s.WriteString("FUNCTION ")
	if f.System {
		s.WriteString(backticks(f.Path.Name))
	} else {
		s.WriteString(backticks(f.Path.Catalog) + "." + backticks(f.Path.Database) + "." + backticks(f.Path.Name))
	}
	if f.Typed {
		s.WriteString(" (" + fieldTexts(f.Params) + ")\nRETURNS ")
		if f.Kind == catalog.TableFunction {
			s.WriteString("TABLE (" + fieldTexts(f.Result.Fields) + ")")
		} else {
			s.WriteString(f.Result.String())
		}
	}
	body := f.Class
	if body == "" {
		body = f.Body
	}
	if body != "" {
		quoted := syntax.QuoteString(body)
		if strings.Contains(body, "\n") && !strings.Contains(body, "$$") {
			quoted = "$$" + body + "$$"
		}
		s.WriteString("\nAS " + quoted)
	}
	s.WriteString("\nLANGUAGE " + f.Language)
	if f.NonDeterministic {
		s.WriteString("\nNOT DETERMINISTIC")
	}
	if f.Typed && f.NullOnNull && f.Language != "WASM" {
		s.WriteString("\nRETURNS NULL ON NULL INPUT")
	}
	if f.Typed && !f.NullOnNull && f.Language == "WASM" {
		s.WriteString("\nCALLED ON NULL INPUT")
	}
	if f.File != "" && f.Class != "" && !dotted.MatchString(f.Class) || f.File != "" && f.Class == "" {
		s.WriteString("\nUSING FILE " + syntax.QuoteString(f.File))
	}
	if len(f.Options) > 0 {
		s.WriteString("\nWITH (\n  " + strings.Join(optionText(f.Options, func(string) bool { return false }), ",\n  ") + "\n)")
	}
	return s.String()
}

func fieldTexts(fs []types.Field) string {
	parts := make([]string, len(fs))
	for i, f := range fs {
		parts[i] = backticks(f.Name) + " " + f.Type.String()
	}
	return strings.Join(parts, ", ")
}

// describeFunction tells what a function is, the examples too with EXTENDED.
func (b *binder) describeFunction(s *syntax.Describe) {
	var rows [][]string
	row := func(name, value string) { rows = append(rows, []string{name, value}) }
	if u := b.user(s.Name); u != nil {
		kind := map[catalog.FunctionKind]string{catalog.ScalarFunction: "SCALAR", catalog.AggregateFunction: "AGGREGATE", catalog.TableFunction: "TABLE"}[u.Kind]
		row("name", u.Shown())
		row("kind", kind)
		row("signatures", u.Signature())
		row("language", u.Language)
		row("system function", fmt.Sprint(u.System))
		row("temporary", fmt.Sprint(u.Temporary))
		row("deterministic", fmt.Sprint(!u.NonDeterministic))
		if s.Extended {
			row("definition", createFunctionText(u))
		}
		b.command(Command{Kind: "DESCRIBE FUNCTION", Args: s.Name.Strings(), Columns: []string{"info name", "info value"}, Rows: rows, Span: b.at(s)})
		return
	}
	f := b.function(s.Name)
	if f == nil {
		return
	}
	row("name", f.Name)
	row("category", f.Category)
	row("summary", f.Summary)
	row("signatures", strings.Join(f.Signatures, "; "))
	row("deterministic", fmt.Sprint(!f.NonDeterministic))
	if s.Extended {
		if len(f.Aliases) > 0 {
			row("aliases", strings.Join(f.Aliases, ", "))
		}
		for _, e := range f.Examples {
			row("example", e.SQL+" → "+e.Result)
		}
	}
	b.command(Command{Kind: "DESCRIBE FUNCTION", Args: []string{f.Name}, Columns: []string{"info name", "info value"}, Rows: rows, Span: b.at(s)})
}
