package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/term"
	workbench "github.com/weir-sql/weir/tui/app"
	"github.com/weir-sql/weir/tui/config"
	"github.com/weir-sql/weir/tui/styles"
)

// workbenchFlags are what can be asked of the workbench.
type workbenchFlags struct {
	theme, keys string
	ascii       bool
	plain       bool
	noMouse     bool
	mode        string
	atScript    bool // begin in the editor
}

func (w *workbenchFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&w.theme, "theme", "", "how the workbench looks: auto, dark, light, 16, mono")
	f.StringVar(&w.keys, "keys", "", "key set of the workbench: default, vim, emacs")
	f.BoolVar(&w.ascii, "ascii", false, "draw the workbench with ASCII alone")
	f.BoolVar(&w.plain, "plain", false, "no screen: lines of plain text, for screen readers")
	f.BoolVar(&w.noMouse, "no-mouse", false, "leave the mouse to the terminal")
	f.StringVar(&w.mode, "mode", "", "stream or batch")
}

// scriptsOrCommand takes scripts and folders as arguments, and tells a command that was
// misspelt from a file that is not there.
func (a *app) scriptsOrCommand(cmd *cobra.Command, args []string) error {
	for _, arg := range args {
		if _, err := os.Stat(arg); err == nil || filepath.Ext(arg) == ".sql" {
			continue
		}
		return cobra.NoArgs(cmd, args)
	}
	return nil
}

// asked are the flags as settings.
func (w *workbenchFlags) asked(cmd *cobra.Command) config.Asked {
	a := config.Asked{Theme: w.theme, Keys: w.keys}
	for name, at := range map[string]**bool{"ascii": &a.ASCII, "plain": &a.Plain} {
		if cmd.Flags().Changed(name) {
			v := map[string]bool{"ascii": w.ascii, "plain": w.plain}[name]
			*at = &v
		}
	}
	if w.noMouse {
		off := false
		a.Mouse = &off
	}
	return a
}

// workbench opens the terminal workbench on a project, or on the project of some scripts.
// Without a terminal it prints help.
func (a *app) workbench(cmd *cobra.Command, w *workbenchFlags, args []string) error {
	in, isFile := a.in.(*os.File)
	if !w.plain && (!a.out.TTY() || !isFile || !term.IsTerminal(in) || os.Getenv("TERM") == "dumb") {
		if len(args) > 0 {
			return usageError{fmt.Errorf("the workbench needs a terminal; weir run %s runs the script, --plain opens it as lines of text", args[0])}
		}
		return cmd.Help()
	}
	dir, files, err := a.place(args)
	if err != nil {
		return err
	}
	a.dir = dir
	project, err := session.FindProject(dir)
	if err != nil {
		return err
	}
	if project.Dir, err = filepath.Abs(project.Dir); err != nil {
		return err
	}
	settings, err := config.Load(os.Getenv, project, w.asked(cmd))
	if err != nil {
		return usageError{err}
	}
	if !project.Declared && len(files) == 0 && isEmpty(project.Dir) {
		made, err := a.offerDemo(project.Dir, settings.Plain)
		if err != nil || made == "" {
			return err
		}
		a.dir = made
		if project, err = session.FindProject(made); err != nil {
			return err
		}
	}
	return a.openWorkbench(cmd, project, settings, w, files)
}

// place gives the folder to open, and the scripts that were named, from there.
func (a *app) place(args []string) (dir string, files []string, err error) {
	dir = a.dir
	if dir == "" {
		dir = "."
	}
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err == nil && info.IsDir() {
			if len(args) > 1 {
				return "", nil, usageError{errors.New("give one folder, or scripts")}
			}
			return arg, nil, nil
		}
		if a.dir == "" && len(files) == 0 {
			dir = filepath.Dir(arg)
		}
		abs, err := filepath.Abs(arg)
		if err != nil {
			return "", nil, err
		}
		files = append(files, abs)
	}
	return dir, files, nil
}

func isEmpty(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err == nil && len(entries) == 0
}

// offerDemo asks whether to make the demo project in an empty folder; "" = no.
func (a *app) offerDemo(dir string, plain bool) (string, error) {
	fmt.Fprintf(a.out, "This folder is empty. Make the demo project here and open it? [Y/n] ")
	var answer string
	_, _ = fmt.Fscanln(a.in, &answer) // an empty line is yes
	if answer != "" && answer[0] != 'y' && answer[0] != 'Y' {
		fmt.Fprintln(a.out, "Nothing was made. A project is a folder with a weir.yaml; weir demo DIR makes one to look at.")
		return "", nil
	}
	d, err := session.WriteDemo(dir)
	if err != nil {
		return "", err
	}
	return d.Dir, nil
}

// openWorkbench runs the workbench until it is left.
func (a *app) openWorkbench(cmd *cobra.Command, project *session.Project, settings *config.Settings, w *workbenchFlags, files []string) error {
	// Scripts and what lies beside them are named from the project's folder.
	if err := os.Chdir(project.Dir); err != nil {
		return err
	}
	for i, f := range files {
		if rel, err := filepath.Rel(project.Dir, f); err == nil && filepath.IsLocal(rel) {
			files[i] = filepath.ToSlash(rel)
		}
	}
	a.dir = project.Dir
	mode, err := session.ParseModes(w.mode)
	if err != nil {
		return usageError{err}
	}
	o := workbench.Options{
		Project: project, Settings: settings, Files: files, Env: os.Getenv, Version: version, Mode: session.Stream,
		Open: a.openQuiet, AtScript: w.atScript,
		Look:   styles.Detect(os.Stdout, os.Getenv, settings.Theme, settings.ASCII),
		Detect: func(theme string, ascii bool) styles.Look { return styles.Detect(os.Stdout, os.Getenv, theme, ascii) },
	}
	if project.Config.Mode == string(session.Batch) {
		o.Mode = session.Batch
	}
	if len(mode) == 1 {
		o.Mode = mode[0]
	}
	if settings.Plain {
		return workbench.RunPlain(cmd.Context(), o, a.in, a.out)
	}
	return workbench.Run(cmd.Context(), o, os.Stdin, os.Stdout)
}

// openQuiet opens a session whose print connector writes nowhere: the screen is not its.
func (a *app) openQuiet() (*session.Session, error) {
	quiet := *a
	quiet.out, quiet.err = term.NewTestWriter(io.Discard), term.NewTestWriter(io.Discard)
	return quiet.open("")
}
