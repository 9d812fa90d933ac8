package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
)

// lineageFlags are the flags of `weir lineage`.
type lineageFlags struct{ of, uses, mode, format string }

func (a *app) lineageCommand() *cobra.Command {
	var f lineageFlags
	cmd := &cobra.Command{
		Use:   "lineage [FILE...]",
		Short: "Say of every column written from which columns it comes",
		Long: `lineage follows the columns that scripts write back to the columns of tables, from the plan, in both
modes; nothing is opened. Views are seen through, a mix table is what it stands for in each
mode, and a table that another script writes is followed into that script. What values are made
of (copied, computed, aggregated) is told apart from what decides which rows there are (filter,
join, group, window, order). Without FILE all scripts of the project are read.

  weir lineage                               every column of every script
  weir lineage sql/spend.sql -o mermaid
  weir lineage --of spend.total              where it comes from, through all scripts
  weir lineage --uses orders.amount          what would change with it`,
		RunE: func(_ *cobra.Command, args []string) error { return a.lineage(args, f) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.of, "of", "", "only what TABLE or TABLE.COLUMN comes from")
	fl.StringVar(&f.uses, "uses", "", "only what is made of TABLE or TABLE.COLUMN")
	fl.StringVar(&f.mode, "mode", "", "stream, batch or both (default: both)")
	fl.StringVarP(&f.format, "format", "o", "tree", "tree, json or mermaid")
	completeWith(cmd, "format", []string{"tree", "json", "mermaid"})
	completeWith(cmd, "mode", []string{"stream", "batch", "both"})
	return cmd
}

func (a *app) lineage(paths []string, f lineageFlags) error {
	if !slices.Contains([]string{"tree", "json", "mermaid"}, f.format) {
		return usageError{fmt.Errorf("-o takes tree, json or mermaid, not %q", f.format)}
	}
	if f.of != "" && f.uses != "" {
		return usageError{errors.New("--of and --uses look in opposite directions: take one")}
	}
	modes, err := session.ParseModes(f.mode)
	if err != nil {
		return usageError{err}
	}
	if len(modes) == 0 {
		modes = []session.Mode{session.Stream, session.Batch}
	}
	first := ""
	if len(paths) > 0 {
		first = paths[0]
	}
	s, err := a.open(first)
	if err != nil {
		return err
	}
	defer s.Close()
	scripts, err := a.lineageScripts(s, paths)
	if err != nil {
		return err
	}
	path := map[string]string{}
	var sources []diag.Source
	for _, in := range scripts {
		path[in.src.Name] = in.path
		sources = append(sources, in.src)
	}
	l, problems := s.Lineage(sources, func(src diag.Source) []session.Mode { return s.ModesOf(path[src.Name], modes) })
	failed := false
	for _, in := range scripts {
		list := problems[in.src.Name]
		var done []session.Mode
		for _, o := range l.Outputs {
			if o.Script == in.src.Name {
				done = o.Modes
			}
		}
		switch {
		case len(list) > 0 && done == nil:
			a.diagnostics(in.src, once(in.src, list))
			failed = true
		case list.HasErrors():
			for _, d := range list {
				if d.Severity == diag.Error {
					fmt.Fprintf(a.err, "%s only as %s: %s\n", in.src.Name, done[0], d.Primary)
					break
				}
			}
		}
	}
	if f.of+f.uses != "" {
		name, column, _ := strings.Cut(f.of+f.uses, ".")
		only, ok := l.Only(name, column, f.uses != "")
		if !ok && !failed {
			return unknownColumn(l, f.of+f.uses, f.uses != "")
		}
		l = only
	}
	switch f.format {
	case "json":
		text, err := json.MarshalIndent(l, "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintln(a.out, string(text))
	case "mermaid":
		fmt.Fprint(a.out, session.LineageMermaid(l))
	default:
		fmt.Fprint(a.out, session.LineageTree(l))
	}
	if failed {
		return exitError{exitUsage}
	}
	return nil
}

// once leaves out what both modes say.
func once(src diag.Source, list diag.List) (out diag.List) {
	seen := map[string]bool{}
	for _, d := range list {
		if text := diag.Print(src, d); !seen[text] {
			seen[text] = true
			out.Add(d)
		}
	}
	return out
}

// lineageScript is a script with its path.
type lineageScript struct {
	path string
	src  diag.Source
}

// lineageScripts reads the scripts that are named, or all of the project.
func (a *app) lineageScripts(s *session.Session, paths []string) ([]lineageScript, error) {
	own := len(paths) == 0
	if own {
		all, err := s.Scripts()
		if err != nil {
			return nil, err
		}
		t := s.Project.Config.Tables
		for _, p := range all {
			if slices.Contains(slices.Concat(t.Both, t.Stream, t.Batch), p) {
				continue // declarations, which every script sees
			}
			paths = append(paths, filepath.Join(s.Project.Dir, filepath.FromSlash(p)))
		}
	}
	var out []lineageScript
	for _, p := range paths {
		src, err := s.ReadScript(p, a.in)
		if err != nil {
			return nil, err
		}
		if rel, err := filepath.Rel(s.Project.Dir, p); own && err == nil {
			src.Name = filepath.ToSlash(rel)
		}
		out = append(out, lineageScript{p, src})
	}
	return out, nil
}

// unknownColumn says that nothing has a name, and what is near.
func unknownColumn(l *session.Lineage, name string, read bool) error {
	var names []string
	add := func(table, column string) { names = append(names, table, table+"."+column) }
	for _, o := range l.Outputs {
		for _, c := range o.Columns {
			if !read {
				add(o.Table, c.Column)
			}
			for _, from := range c.From {
				if read {
					add(from.Table, from.Column)
				}
			}
		}
	}
	what := "no script writes"
	if read {
		what = "no script reads"
	}
	d := diag.Errorf("W0679", diag.Span{}, "%s %q", what, name)
	if table, _, _ := strings.Cut(name, "."); len(l.Stands[table]) > 0 {
		return d.WithHint("in plans %q is %s: name a column of that", table, strings.Join(l.Stands[table], " or "))
	}
	if near := diag.Nearest(name, names); near != "" {
		return d.WithHint("did you mean %q?", near)
	}
	slices.Sort(names)
	tables := slices.DeleteFunc(slices.Compact(names), func(n string) bool { return strings.Contains(n, ".") })
	return d.WithHint("tables: %s", strings.Join(tables, ", "))
}
