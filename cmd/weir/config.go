package main

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	workbench "github.com/weir-sql/weir/tui/app"
	"github.com/weir-sql/weir/tui/config"
	"github.com/weir-sql/weir/tui/keys"
)

func (a *app) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Settings of the workbench and of the project, and where each comes from",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		&cobra.Command{
			Use:   "list",
			Short: "Every setting with its value and where that comes from",
			Long: `list shows every setting: of the workbench, from defaults, your own file
($XDG_CONFIG_HOME/weir/config.yaml), the project's weir.yaml (under workbench:) and the
environment, the later winning; and what weir.yaml sets for runs. Secrets are covered.`,
			Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error { return a.listConfig() },
		},
		&cobra.Command{
			Use:   "set NAME VALUE",
			Short: "Write a setting of the workbench into your own file",
			Args:  cobra.ExactArgs(2),
			RunE: func(_ *cobra.Command, args []string) error {
				if config.Choices(args[0]) == nil {
					hint := ""
					if near := diag.Nearest(args[0], []string{"theme", "keys", "mouse", "ascii", "plain"}); near != "" {
						hint = "; did you mean " + near + "?"
					}
					return usageError{fmt.Errorf("there is no setting %q (theme, keys, mouse, ascii, plain)%s", args[0], hint)}
				}
				if err := config.Set(config.UserFile(os.Getenv), args[0], args[1]); err != nil {
					return usageError{err}
				}
				return nil
			},
		},
	)
	return cmd
}

func (a *app) listConfig() error {
	dir := a.dir
	if dir == "" {
		dir = "."
	}
	project, err := session.FindProject(dir)
	if err != nil {
		return err
	}
	s, err := config.Load(os.Getenv, project, config.Asked{})
	if err != nil {
		return usageError{err}
	}
	values := append(s.Values, projectValues(project)...)
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	for _, v := range values {
		if diag.IsSecretKey(v.Name) {
			v.Value = "********"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", v.Name, v.Value, v.Source)
	}
	return w.Flush()
}

// projectValues are the settings of runs that weir.yaml has.
func projectValues(p *session.Project) []config.Value {
	if !p.Declared {
		return nil
	}
	var out []config.Value
	add := func(name, value string) {
		if value != "" {
			out = append(out, config.Value{Name: name, Value: value, Source: session.ProjectFile})
		}
	}
	add("project.name", p.Config.Name)
	add("project.mode", p.Config.Mode)
	if n := p.Config.Parallelism; n > 0 {
		add("project.parallelism", strconv.Itoa(n))
	}
	var names []string
	for k := range p.Config.Config {
		names = append(names, k)
	}
	sort.Strings(names)
	for _, k := range names {
		add("config."+k, p.Config.Config[k])
	}
	return out
}

// keysCommand prints the key sets.
func (a *app) keysCommand() *cobra.Command {
	var set string
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "The workbench's keys: name, keys and what they do",
		Long: `keys lists every binding of the workbench by its name, with the keys it has in a key set.
The names are what bind: in config.yaml or weir.yaml takes:

  bind:
    edit.format: [ctrl+l]`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			m, err := keys.New(set, nil)
			if err != nil {
				return usageError{err}
			}
			w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
			for _, b := range workbench.Bindings(m) {
				fmt.Fprintf(w, "%s\t%s\t%s\n", b.Name, strings.Join(b.Keys, ", "), b.Help)
			}
			return w.Flush()
		},
	}
	cmd.Flags().StringVar(&set, "set", "default", "key set: default, vim, emacs")
	return cmd
}
