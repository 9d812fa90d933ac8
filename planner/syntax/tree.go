package syntax

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
)

// Walk visits a node and all nodes below it, parents first, in order of the fields,
// which is the order of the text for most nodes. It leaves out what is below a node
// for which visit returns false. Names are visited as *Ident and *QualifiedName.
func Walk(n Node, visit func(Node) bool) {
	if n != nil {
		walkValue(reflect.ValueOf(n), visit)
	}
}

var (
	baseType   = reflect.TypeFor[Base]()
	scriptType = reflect.TypeFor[Script]()
	identType  = reflect.TypeFor[Ident]()
)

func walkValue(v reflect.Value, visit func(Node) bool) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			walkValue(v.Elem(), visit)
		}
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if n, ok := v.Interface().(Node); ok && !visit(n) {
			return
		}
		for i := range v.Elem().NumField() {
			walkField(v.Elem().Field(i), visit)
		}
	}
}

func walkField(f reflect.Value, visit func(Node) bool) {
	switch f.Kind() {
	case reflect.Interface, reflect.Pointer:
		walkValue(f, visit)
	case reflect.Struct:
		if f.Type() != baseType && f.CanAddr() {
			walkValue(f.Addr(), visit)
		}
	case reflect.Slice:
		for i := range f.Len() {
			walkField(f.Index(i), visit)
		}
	}
}

// Equal reports whether two trees say the same: they differ at most in places,
// comments, and whether a name that needs no backticks has them.
func Equal(a, b Node) bool {
	return equalValues(reflect.ValueOf(a), reflect.ValueOf(b))
}

func equalValues(a, b reflect.Value) bool {
	if a.IsValid() != b.IsValid() {
		return false
	}
	if !a.IsValid() {
		return true
	}
	if a.Type() != b.Type() {
		return false
	}
	switch a.Kind() {
	case reflect.Interface, reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return equalValues(a.Elem(), b.Elem())
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !equalValues(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Struct:
		switch a.Type() {
		case baseType:
			return true
		case identType:
			return a.Interface().(Ident).Name == b.Interface().(Ident).Name
		case scriptType:
			return equalValues(a.FieldByName("Stmts"), b.FieldByName("Stmts"))
		}
		for i := range a.NumField() {
			if !equalValues(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	default:
		return a.Equal(b)
	}
}

// Dump is a tree as a compact s-expression for tests: the type of a node and its
// fields that say something, names and literals as SQL.
//
//	(Select items:[(SelectItem expr:a alias:b)] from:[(TableRef name:t)])
func Dump(n Node) string {
	var b strings.Builder
	dumpValue(&b, reflect.ValueOf(n))
	return b.String()
}

func dumpValue(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		dumpValue(b, v.Elem())
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(' ')
			}
			dumpValue(b, v.Index(i))
		}
		b.WriteByte(']')
	case reflect.Struct:
		dumpStruct(b, v)
	default:
		if s, ok := v.Interface().(fmt.Stringer); ok {
			fmt.Fprintf(b, "%q", s.String())
		} else if v.Kind() == reflect.String {
			fmt.Fprintf(b, "%q", v.String())
		} else {
			fmt.Fprint(b, v.Interface())
		}
	}
}

func dumpStruct(b *strings.Builder, v reflect.Value) {
	switch x := v.Interface().(type) {
	case Ident:
		b.WriteString(Quote(x.Name))
		return
	case QualifiedName:
		b.WriteString(x.String())
		return
	case ColumnRef:
		b.WriteString(QualifiedName{Parts: x.Parts}.String())
		return
	case NumberLit:
		if k := numberOf(Token{}, x.Text).Kind; k == x.Kind {
			b.WriteString(x.Text)
			return
		}
	case StringLit:
		if x.Charset == "" && !x.Unicode {
			b.WriteString(QuoteString(x.Value))
			return
		}
	}
	b.WriteByte('(')
	b.WriteString(v.Type().Name())
	dumpFields(b, v)
	b.WriteByte(')')
}

func dumpFields(b *strings.Builder, v reflect.Value) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		x := v.Field(i)
		switch {
		case f.Type == baseType || v.Type() == scriptType && f.Name != "Stmts":
			continue
		case f.Anonymous:
			dumpFields(b, x)
			continue
		case x.Kind() == reflect.Slice && x.Len() == 0, x.Kind() != reflect.Slice && x.IsZero() && !alwaysDumped(f):
			continue
		}
		b.WriteByte(' ')
		if x.Kind() == reflect.Bool {
			b.WriteString(lowerFirst(f.Name))
			continue
		}
		b.WriteString(lowerFirst(f.Name))
		b.WriteByte(':')
		dumpValue(b, x)
	}
}

// alwaysDumped tells the fields whose zero value says something: operators and kinds
// that have a name.
func alwaysDumped(f reflect.StructField) bool {
	if f.Type.Kind() != reflect.Uint8 {
		return false
	}
	s, ok := reflect.Zero(f.Type).Interface().(fmt.Stringer)
	return ok && s.String() != "" && s.String()[0] != '['
}

func lowerFirst(s string) string {
	r := []rune(s)
	if strings.ToUpper(s) == strings.TrimSuffix(s, "s")+"S" {
		return strings.ToLower(s) // CTEs
	}
	for i := range r {
		if i > 0 && i+1 < len(r) && unicode.IsLower(r[i+1]) {
			break
		}
		r[i] = unicode.ToLower(r[i])
	}
	return string(r)
}
