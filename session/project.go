package session

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session/variable"
)

// ProjectFile is the name of the file that makes a folder a project.
const ProjectFile = "weir.yaml"

// Project is a folder with a weir.yaml, or any folder in which a script is run.
type Project struct {
	Dir      string // absolute
	Declared bool   // has a weir.yaml; its scripts are then confined to Dir
	Config   ProjectConfig
}

// ProjectConfig is weir.yaml.
type ProjectConfig struct {
	Name        string            `yaml:"name"`
	Mode        string            `yaml:"mode"`        // stream or batch: what `weir run` does without --mode
	Parallelism int               `yaml:"parallelism"` // default of every operator
	Config      map[string]string `yaml:"config"`      // what SET would set
	AllowPaths  []string          `yaml:"allow-paths"` // folders outside of the project that scripts may use
	Tables      ProjectTables     `yaml:"tables"`
	// Variables are what scripts may refer to as ${name}.
	Variables map[string]*variable.Declaration `yaml:"variables"`
	Workbench Workbench                        `yaml:"workbench"` // how the terminal workbench looks and what its keys do
}

// Workbench is what is set about the terminal workbench, in weir.yaml or in a user's own file;
// zero fields set nothing. What the values mean is the workbench's.
type Workbench struct {
	Theme string              `yaml:"theme"`
	Keys  string              `yaml:"keys"`
	Mouse *bool               `yaml:"mouse"`
	ASCII *bool               `yaml:"ascii"`
	Plain *bool               `yaml:"plain"`
	Bind  map[string][]string `yaml:"bind"` // keys of a binding, by its name
}

// ProjectTables names scripts with the DDL that every script of the project sees: in
// both modes, and in one of them. One name may stand for a topic in a stream run
// and for files in a batch run.
type ProjectTables struct {
	Both   []string `yaml:"both"`
	Stream []string `yaml:"stream"`
	Batch  []string `yaml:"batch"`
}

// of lists the scripts of a mode.
func (t ProjectTables) of(m Mode) []string {
	side := t.Stream
	if m == Batch {
		side = t.Batch
	}
	return append(append([]string(nil), t.Both...), side...)
}

// FindProject looks for weir.yaml in dir and above it. Without one, dir itself is an
// undeclared project.
func FindProject(dir string) (*Project, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	for at := abs; ; at = filepath.Dir(at) {
		text, err := os.ReadFile(filepath.Join(at, ProjectFile))
		if err == nil {
			return readProject(at, text)
		}
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) && !isNotDir(err) {
			return nil, fmt.Errorf("reading %s: %w", filepath.Join(at, ProjectFile), err)
		}
		if filepath.Dir(at) == at {
			return &Project{Dir: abs}, nil
		}
	}
}

// isNotDir tells that dir was a file.
func isNotDir(err error) bool {
	var pe *fs.PathError
	return errors.As(err, &pe) && strings.Contains(pe.Err.Error(), "not a directory")
}

func readProject(dir string, text []byte) (*Project, error) {
	p := &Project{Dir: dir, Declared: true}
	if err := yaml.UnmarshalWithOptions(text, &p.Config, yaml.Strict()); err != nil {
		return nil, &diag.Diagnostic{Severity: diag.Error, Code: "W0601", File: filepath.Join(dir, ProjectFile),
			Primary: "the project file does not parse", Detail: strings.TrimSpace(yaml.FormatError(err, false, true))}
	}
	switch p.Config.Mode {
	case "", "stream", "batch":
	default:
		return nil, &diag.Diagnostic{Severity: diag.Error, Code: "W0602", File: filepath.Join(dir, ProjectFile),
			Primary: fmt.Sprintf("mode %q is neither stream nor batch", p.Config.Mode)}
	}
	var list diag.List
	for _, name := range slices.Sorted(maps.Keys(p.Config.Variables)) {
		d := p.Config.Variables[name]
		if d == nil { // nothing behind the colon: a text that must be given
			d = &variable.Declaration{Type: variable.Type{Name: "STRING"}}
			p.Config.Variables[name] = d
		}
		if err := d.Check(name); err != nil {
			list.Add(&diag.Diagnostic{Severity: diag.Error, Code: "W0660", File: filepath.Join(dir, ProjectFile), Line: d.Line,
				Primary: fmt.Sprintf("variable %q: %v", name, err)})
		}
	}
	if len(list) > 0 {
		return nil, list
	}
	return p, nil
}

// StateDir is where weir keeps what belongs to the project but not to its history
// (broker data, runs): .weir, readable by its owner only.
func (p *Project) StateDir() (string, error) {
	dir := filepath.Join(p.Dir, ".weir")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return dir, nil
}

// allows reports whether scripts may use an absolute path outside of the project: any
// if there is no weir.yaml, because then a person runs a script of theirs; else
// only what weir.yaml or --allow-path names.
func (p *Project) allows(path string, more []string) bool {
	if !p.Declared {
		return true
	}
	for _, dir := range append(append([]string(nil), p.Config.AllowPaths...), more...) {
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(p.Dir, dir)
		}
		if rel, err := filepath.Rel(dir, path); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

// maxWalk is how many entries of a project's folder are looked at for scripts.
const maxWalk = 20_000

// Scripts lists the scripts of the project, as paths from its folder: what lies in hidden
// folders and in fixtures/ is left out.
func (s *Session) Scripts() ([]string, error) {
	var out []string
	seen := 0
	err := filepath.WalkDir(s.Project.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // a folder that may not be read has none for us
		}
		if seen++; seen > maxWalk {
			return filepath.SkipAll
		}
		rel, err := filepath.Rel(s.Project.Dir, path)
		switch {
		case err != nil:
			return err
		case d.IsDir() && rel != "." && (rel == "fixtures" || strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case !d.IsDir() && filepath.Ext(path) == ".sql":
			out = append(out, filepath.ToSlash(rel))
		}
		return nil
	})
	return out, err
}
