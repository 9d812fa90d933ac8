package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/session"
)

// connectorsCommand and functionsCommand print what the code declares; the reference
// pages under docs/ are made from the same text.
func (a *app) connectorsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "connectors [NAME]",
		Short: "List connectors and formats, or describe one",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.describe(session.ConnectorPages(), args, asJSON)
		},
		ValidArgsFunction: completePages(session.ConnectorPages),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	cmd.AddCommand(describeAlias(a, session.ConnectorPages))
	return cmd
}

func (a *app) functionsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "functions [NAME]",
		Short: "List functions with their signatures, or describe one",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.describe(session.FunctionPages(), args, asJSON)
		},
		ValidArgsFunction: completePages(session.FunctionPages),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	cmd.AddCommand(describeAlias(a, session.FunctionPages))
	return cmd
}

// describeAlias is `describe NAME`, for those who type it in full.
func describeAlias(a *app, pages func() []session.Page) *cobra.Command {
	return &cobra.Command{
		Use: "describe NAME", Short: "Describe one", Args: cobra.ExactArgs(1),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.describe(pages(), args, false) },
		ValidArgsFunction: completePages(pages),
	}
}

func completePages(pages func() []session.Page) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var names []string
		for _, p := range pages() {
			names = append(names, p.Name+"\t"+p.Summary)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

func (a *app) describe(pages []session.Page, args []string, asJSON bool) error {
	if len(args) == 1 {
		p, err := session.FindPage(pages, args[0])
		if err != nil {
			return usageError{err}
		}
		pages = []session.Page{p}
	}
	switch {
	case asJSON:
		enc := json.NewEncoder(a.out)
		enc.SetIndent("", "  ")
		return enc.Encode(pages)
	case len(args) == 1:
		_, err := fmt.Fprint(a.out, pages[0].Text)
		return err
	default:
		a.listPages(pages)
		return nil
	}
}

// listPages prints a line a page, under the heading of its group.
func (a *app) listPages(pages []session.Page) {
	group, width := "", 0
	for _, p := range pages {
		width = max(width, min(32, runewidth.StringWidth(p.Name)))
	}
	for _, p := range pages {
		if p.Group != group {
			if group != "" {
				fmt.Fprintln(a.out)
			}
			group = p.Group
			fmt.Fprintln(a.out, group)
		}
		line := func(name, summary string) {
			fmt.Fprintf(a.out, "  %s%s  %s\n", name, strings.Repeat(" ", max(0, width-runewidth.StringWidth(name))), summary)
		}
		line(p.Name, p.Summary)
		for _, name := range p.Aliases {
			line(name, "another name of "+p.Name)
		}
	}
}
