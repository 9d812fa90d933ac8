package main

import (
	"fmt"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/term"
	"github.com/weir-sql/weir/topology"
)

func (a *app) planCommand() *cobra.Command {
	var mode, as, against, format string
	var width int
	var ascii bool
	cmd := &cobra.Command{
		Use:     "plan FILE",
		Aliases: []string{"explain"},
		Short:   "Show the StreamGraph of a script",
		Long: `plan shows what a script becomes: operators, parallelism, chains, partitioning,
changelog modes and keys. It opens no connection and reads no data.

  tree     a tree from every sink to its sources (default)
  dag      boxes and arrows
  json     the stable, documented form for tools
  dot, mermaid, svg   for pictures and reviews

With --against it shows what is different from another script, a plan kept as JSON, a git
revision or a savepoint, and what becomes of the state; see weir diff.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if against != "" {
				return a.against(cmd.Context(), args[0], against, reviewFlags{mode: mode, format: format, width: width})
			}
			s, err := a.open(args[0])
			if err != nil {
				return err
			}
			defer s.Close()
			src, err := s.ReadScript(args[0], a.in)
			if err != nil {
				return err
			}
			m, err := s.ModeOf(mode)
			if err != nil {
				return usageError{err}
			}
			p, list := s.Plan(src, m)
			if a.diagnostics(src, list) {
				return exitError{exitUsage}
			}
			if p.Graph == nil {
				return usageError{fmt.Errorf("%s has no query and no INSERT: there is nothing to plan", src.Name)}
			}
			if width == 0 {
				width = terminalWidth()
			}
			text, err := session.Render(p.Graph, as, topology.Options{Width: width, ASCII: ascii, Paint: a.paint()})
			if err != nil {
				return usageError{err}
			}
			if as == "tree" || as == "dag" {
				counts, err := s.Partitions(cmd.Context(), p)
				if err != nil {
					return err
				}
				text += partitionsText(counts) + variablesText(p)
			}
			return a.out.Styled(text)
		},
	}
	f := cmd.Flags()
	f.StringVar(&mode, "mode", "", "stream or batch (default: the project's, then stream)")
	f.StringVar(&as, "as", "tree", strings.Join(session.Renderings(), ", "))
	f.IntVar(&width, "width", 0, "columns to draw in (default: the terminal's, else 100)")
	f.BoolVar(&ascii, "ascii", false, "draw with ASCII only")
	f.StringVar(&against, "against", "", "compare with a git revision, a script, a plan kept with --as json, or a savepoint")
	f.StringVarP(&format, "format", "o", "text", "of --against: text, json or md")
	a.overlayFlag(cmd)
	completeWith(cmd, "as", session.Renderings())
	completeWith(cmd, "mode", []string{"stream", "batch"})
	return cmd
}

// partitionsText lists how many partitions of each partitioned table are read.
func partitionsText(counts []session.PartitionCount) string {
	if len(counts) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\npartitions\n")
	for _, c := range counts {
		fmt.Fprintf(&b, "  %s\n", term.Clean(c.String()))
	}
	return b.String()
}

// variablesText lists what the variables of a script came to.
func variablesText(p *session.Plan) string {
	if len(p.Variables) == 0 {
		return ""
	}
	width := 0
	for _, v := range p.Variables {
		width = max(width, runewidth.StringWidth(term.Clean(v.Ref)))
	}
	var b strings.Builder
	b.WriteString("\nvariables\n")
	for _, v := range p.Variables {
		ref := term.Clean(v.Ref)
		fmt.Fprintf(&b, "  %s%s  %s\n", ref, strings.Repeat(" ", width-runewidth.StringWidth(ref)), term.Clean(v.Value))
	}
	return b.String()
}

func (a *app) fmtCommand() *cobra.Command {
	var write, list bool
	cmd := &cobra.Command{
		Use:   "fmt FILE...",
		Short: "Print scripts in the one layout",
		Long: `fmt prints a script back in a stable layout; comments stay. The text means the same:
it parses to the same tree. Use - for standard input.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			failed := false
			for _, path := range args {
				src, err := session.ReadFile(path, a.in)
				if err != nil {
					return err
				}
				text, diags := session.Format(src)
				if a.diagnostics(src, diags) {
					failed = true
					continue
				}
				switch {
				case list:
					if text != src.Text {
						fmt.Fprintln(a.out, path)
						failed = true
					}
				case write && path != "-":
					if text != src.Text {
						if err := session.ReplaceFile(path, text); err != nil {
							return err
						}
					}
				default:
					fmt.Fprint(a.out, text)
				}
			}
			if failed {
				return exitError{exitUsage}
			}
			return nil
		},
	}
	cmd.Flags().BoolVarP(&write, "write", "w", false, "rewrite the files in place")
	cmd.Flags().BoolVarP(&list, "list", "l", false, "list files whose layout differs, exit 2 if there are any")
	return cmd
}

// completeWith offers fixed values for a flag.
func completeWith(cmd *cobra.Command, flag string, values []string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}
