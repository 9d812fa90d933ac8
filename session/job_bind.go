package session

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/session/variable"
)

// noSink leaves a sink out of a job.
const noSink = "none"

// rebind lets the INSERTs of a script write the tables that the job names, or leaves them out.
func (s *Session) rebind(script *syntax.Script) (list diag.List) {
	if len(s.opts.Sinks) == 0 {
		return nil
	}
	found := map[string]bool{}
	keep := func(in *syntax.Insert) bool {
		name := in.Target.Last().Name
		to, ok := s.opts.Sinks[name]
		if !ok {
			found[name] = true
			return true
		}
		found[name] = true
		if to == noSink {
			return false
		}
		in.Target.Parts = slices.Clone(in.Target.Parts)
		in.Target.Parts[len(in.Target.Parts)-1].Name = to
		return true
	}
	var statement func(st syntax.Stmt) bool
	statement = func(st syntax.Stmt) bool {
		switch st := st.(type) {
		case *syntax.Insert:
			return keep(st)
		case *syntax.StatementSet:
			st.Inserts = slices.DeleteFunc(st.Inserts, func(in *syntax.Insert) bool { return !keep(in) })
			return len(st.Inserts) > 0
		case *syntax.Execute:
			return statement(st.Stmt)
		}
		return true
	}
	script.Stmts = slices.DeleteFunc(script.Stmts, func(st syntax.Stmt) bool { return !statement(st) })
	for _, name := range slices.Sorted(maps.Keys(s.opts.Sinks)) {
		if found[name] {
			continue
		}
		d := diag.Errorf("W0671", diag.Span{}, "the job binds sink %q, and no INSERT of the script writes it", name)
		if near := diag.Nearest(name, slices.Collect(maps.Keys(found))); near != "" {
			d.WithHint("did you mean %q?", near)
		}
		list.Add(d)
	}
	return list
}

// startAt sets where the tables that a script declares are read from.
func (s *Session) startAt(script *syntax.Script, vars *variable.Set) (list diag.List) {
	if len(s.opts.Start) == 0 {
		return nil
	}
	for _, st := range script.Stmts {
		create, ok := st.(*syntax.CreateTable)
		if !ok || s.opts.Start[create.Name.Last().Name] == "" {
			continue
		}
		name := create.Name.Last().Name
		options, err := startOptions(name, s.opts.Start[name], create, vars)
		if err != nil {
			list.Add(asDiagnostic(err))
			continue
		}
		create.Options = slices.DeleteFunc(slices.Clone(create.Options), func(o *syntax.Option) bool { return strings.HasPrefix(o.Key.Value, "scan.startup.") })
		for _, key := range slices.Sorted(maps.Keys(options)) {
			create.Options = append(create.Options, &syntax.Option{Base: create.Base,
				Key: &syntax.StringLit{Base: create.Base, Value: key}, Value: &syntax.StringLit{Base: create.Base, Value: options[key]}})
		}
	}
	return list
}

// startOptions are the options by which a Kafka table begins at a place.
func startOptions(name, start string, create *syntax.CreateTable, vars *variable.Set) (map[string]string, error) {
	const mode = "scan.startup.mode"
	at := create.Name.Span()
	connector := ""
	for _, o := range create.Options {
		if o.Key.Value == "connector" && o.Value != nil {
			connector = o.Value.Value
		}
	}
	if connector != "kafka" {
		return nil, diag.Errorf("W0672", at, "the job says where table %q begins, which is a table of connector %q: only kafka has a start", name, connector).
			WithHint("leave start.%s out; files are chosen by a predicate on their partitions", name)
	}
	switch start {
	case "earliest", "latest":
		return map[string]string{mode: start + "-offset"}, nil
	case "group":
		return map[string]string{mode: "group-offsets"}, nil
	}
	text, err := vars.Expand(start)
	if err != nil {
		return nil, err
	}
	for _, form := range []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02", time.RFC3339} {
		if t, err := time.ParseInLocation(form, text, vars.Zone); err == nil {
			return map[string]string{mode: "timestamp", "scan.startup.timestamp-millis": fmt.Sprint(t.UnixMilli())}, nil
		}
	}
	return nil, diag.Errorf("W0672", at, "table %q cannot start at %q", name, start).WithHint("write earliest, latest, group, or a time such as 2026-11-20 10:00:00 or ${bizdate}")
}
