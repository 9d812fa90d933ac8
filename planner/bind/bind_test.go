package bind_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/weir-sql/weir/planner/bind"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/syntax"
)

// TestBind runs testdata/*.test. Commands:
//
//	ddl                 declarations that the file's later cases see; prints diagnostics
//	bind [batch]        a script: prints what it means, or its diagnostics as a person sees them
//	types [batch]       a script: prints only the columns of each output
func TestBind(t *testing.T) {
	datadriven.Walk(t, "testdata/bind", func(t *testing.T, path string) {
		env := newEnv()
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			run := *env
			run.Batch = d.HasArg("batch")
			if d.Cmd != "ddl" {
				run.Catalog = env.Catalog.Clone()
				run.Config = map[string]string{}
				for k, v := range env.Config {
					run.Config[k] = v
				}
			}
			src := diag.Source{Name: "q.sql", Text: d.Input}
			script, list := syntax.Parse(d.Input)
			if list.HasErrors() {
				return printed(src, list)
			}
			bound, list := bind.Script(&run, src, script)
			if d.Cmd == "ddl" {
				env.Catalog.Unplace()
			}
			if list.HasErrors() {
				return printed(src, list)
			}
			checkBound(t, bound)
			if d.Cmd == "types" {
				return printed(src, list) + columnsOf(bound)
			}
			return printed(src, list) + meaning(bound)
		})
	})
}

func newEnv() *bind.Env {
	return &bind.Env{Catalog: catalog.New(), Functions: testFunctions, Connectors: testConnectors{}, Formats: testConnectors{}, Config: map[string]string{}}
}

func printed(src diag.Source, list diag.List) string {
	var b strings.Builder
	for _, d := range list {
		b.WriteString(diag.Print(src, d))
	}
	return b.String()
}

// meaning prints the trees and commands of a script.
func meaning(b *bind.Bound) string {
	var s strings.Builder
	command := 0
	commandsUpTo := func(sinks int) {
		for ; command < len(b.Commands) && b.Commands[command].After <= sinks; command++ {
			s.WriteString(commandText(b.Commands[command]))
		}
	}
	for i, sink := range b.Sinks {
		commandsUpTo(i)
		s.WriteString(sinkText(sink))
	}
	commandsUpTo(len(b.Sinks))
	return s.String()
}

func sinkText(sink *logical.Sink) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s", logical.Format(sink))
	for _, f := range sink.Fields {
		fmt.Fprintf(&s, "  %s %s\n", syntax.Quote(f.Name), f.Type)
	}
	return s.String()
}

func columnsOf(b *bind.Bound) string {
	var s strings.Builder
	for _, sink := range b.Sinks {
		cols := make([]string, len(sink.Fields))
		for i, f := range sink.Fields {
			cols[i] = f.Name + " " + f.Type.String()
		}
		s.WriteString(strings.Join(cols, ", ") + "\n")
	}
	return s.String()
}

func commandText(c bind.Command) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s %s\n", c.Kind, strings.Join(c.Args, " "))
	if len(c.Columns) > 0 {
		s.WriteString("  " + strings.Join(c.Columns, " | ") + "\n")
	}
	for _, r := range c.Rows {
		s.WriteString("  " + strings.ReplaceAll(strings.Join(r, " | "), "\n", "\n  ") + "\n")
	}
	for _, sink := range c.Sinks {
		s.WriteString(sinkText(sink))
	}
	return s.String()
}
