package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
)

func (a *app) checkCommand() *cobra.Command {
	var mode string
	cmd := &cobra.Command{
		Use:   "check FILE...",
		Short: "Report every problem of scripts, at its place, without running anything",
		Long: `check parses, binds and plans scripts and prints every problem with its place and,
where there is one, its fix. It opens no connection and reads no data.

Without --mode a script is checked in the mode its project declares; with --mode both in both. Tables that the project
declares for one mode are checked in that mode. A script over mix tables is always checked in both modes.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			modes, err := session.ParseModes(mode)
			if err != nil {
				return usageError{err}
			}
			var lists []diag.List
			failed := false
			for _, path := range args {
				list, err := a.check(path, modes)
				if err != nil {
					return err
				}
				lists = append(lists, list)
				failed = failed || list.HasErrors()
			}
			fmt.Fprintln(a.err, summary(lists))
			if failed {
				return exitError{exitUsage}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&mode, "mode", "", "stream, batch or both")
	return cmd
}

// check prints the problems of one script in some modes, each problem once.
func (a *app) check(path string, modes []session.Mode) (diag.List, error) {
	s, err := a.open(path)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	src, err := s.ReadScript(path, a.in)
	if err != nil {
		return nil, err
	}
	if len(modes) == 0 {
		modes = []session.Mode{s.DefaultMode()}
	}
	modes = s.ModesOf(path, modes)
	all := s.Check(src, modes)
	a.diagnostics(src, all)
	return all, nil
}
