// Package variable holds the variables of scripts, ${…}: what a project declares, what a person gives, what a reference in
// a script comes to.
package variable

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Declaration is one entry of `variables:` in weir.yaml: a mapping with type, default and about, or just the default.
type Declaration struct {
	Type    Type
	Default *string // nil: it must be given
	About   string
	Line    int
	problem error // what is wrong with the entry as written
}

var nameForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// UnmarshalYAML reads an entry. What is wrong with it is told by Check, which knows the name.
func (d *Declaration) UnmarshalYAML(n ast.Node) error {
	d.Type = Type{Name: "STRING"}
	d.Line = n.GetToken().Position.Line
	var entries []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		entries = n.Values
		if len(entries) > 0 {
			d.Line = entries[0].Key.GetToken().Position.Line
		}
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{n}
		d.Line = n.Key.GetToken().Position.Line
	case *ast.IntegerNode:
		d.Type = Type{Name: "INT"}
		text := scalar(n)
		if _, err := d.Type.read(text, time.UTC); err != nil {
			d.Type.Name = "BIGINT"
		}
		d.Default = &text
	case *ast.BoolNode:
		d.Type = Type{Name: "BOOLEAN"}
		text := scalar(n)
		d.Default = &text
	case *ast.StringNode, *ast.LiteralNode:
		text := scalar(n)
		d.Default = &text
	case *ast.FloatNode:
		d.problem = fmt.Errorf("its type is not clear: write {type: \"DECIMAL(10, 2)\", default: %s}, or DOUBLE", scalar(n))
	default:
		d.problem = fmt.Errorf("it must be a default, or a mapping such as {type: DATE, default: 2026-11-20}")
	}
	for _, kv := range entries {
		key, text := scalar(kv.Key), scalar(kv.Value)
		switch key {
		case "type":
			if d.Type, d.problem = ParseType(text); d.problem != nil && strings.Count(text, "(") > strings.Count(text, ")") {
				d.problem = fmt.Errorf("%w: a type with a comma stands in quotes here, type: \"DECIMAL(10, 2)\"", d.problem)
			}
		case "default":
			if _, null := kv.Value.(*ast.NullNode); !null {
				d.Default = &text
			}
		case "about":
			d.About = text
		default:
			d.problem = fmt.Errorf("%q is not one of type, default and about", key)
		}
		if d.problem != nil {
			return nil
		}
	}
	return nil
}

// scalar is the text of a value.
func scalar(n ast.Node) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	case *ast.NullNode:
		return ""
	}
	return strings.TrimSpace(n.GetToken().Value)
}

// Check says what is wrong with a declaration.
func (d *Declaration) Check(name string) error {
	switch {
	case !nameForm.MatchString(name):
		return fmt.Errorf("%q is no name: letters, digits and _ make one, and no digit begins it", name)
	case d.problem != nil:
		return d.problem
	case builtins[name] != "" && d.Type.Name != builtins[name]:
		return fmt.Errorf("%s is a %s everywhere", name, builtins[name])
	case d.Default == nil || strings.Contains(*d.Default, "${"):
		return nil // what a default refers to is known when it is used
	}
	_, err := d.Type.read(*d.Default, time.UTC)
	if err != nil {
		return fmt.Errorf("its default does not fit: %w", err)
	}
	return nil
}
