// Package session is where the rooms meet: it opens a project, plans scripts, runs
// them and hands out what they give. cmd and tui see the engine through it alone.
package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/weir-sql/weir/connectors"
	"github.com/weir-sql/weir/connectors/kafka"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/session/variable"
	"github.com/weir-sql/weir/topology"
)

// Mode is how a script is run.
type Mode = topology.Mode

// The modes.
const (
	Stream = topology.Stream
	Batch  = topology.Batch
)

// Options open a session.
type Options struct {
	Dir            string                    // of the project, or below it
	Config         map[string]string         // what SET would set; wins over the project's
	Variables      map[string]variable.Given // values of ${…}; win over those of fixtures and of the project
	AllowPaths     []string
	Start          map[string]string // by table, where a run begins to read it: earliest, latest, group, or a time
	Sinks          map[string]string // by table of the script, which table its INSERTs write; "none" leaves them out
	Overlay        string            // the overlay of the script, from the project's folder; "" = the one beside it
	NoOverlay      bool              // plan as the SQL alone says, without X.topology.yaml
	Clock          exec.Clock        // nil = the clock on the wall
	Given          map[string]*Given // rows that stand for what the connectors of tables would read, by name
	Stdout, Stderr io.Writer         // of the print connector
}

// Session is one project opened. It is used by one goroutine at a time; its runs go
// on by themselves.
type Session struct {
	Project   *Project
	opts      Options
	functions *function.Registry
	root      *os.Root
	files     files
	memory    int64 // bytes that operators of a run may use; 0 = no limit
	broker    *kafka.Broker
	// pretend changes what the planner sees of connectors; nil = nothing. Sessions over
	// fixtures have it.
	pretend    func(catalog.Connectors) catalog.Connectors
	openedFile func(path string)         // is told of every data file that a run opens; nil = nobody counts
	now        time.Time                 // what ${now} is: one moment for all that the session plans
	assumed    map[string]variable.Given // values that a fixture gives to variables
	// without are rows that fixtures lack here, by table; nil = they are whole.
	without map[string][]bool
	// parsed keeps the tables of fixtures; nil = they are parsed for every run.
	parsed *parsedTables
}

// Open opens the project of a folder.
func Open(o Options) (*Session, error) {
	p, err := FindProject(o.Dir)
	if err != nil {
		return nil, err
	}
	if !p.Declared && o.Dir != "" {
		// Without a project, relative paths in a script mean what they mean in the shell.
		if p.Dir, err = os.Getwd(); err != nil {
			return nil, err
		}
	}
	root, err := os.OpenRoot(p.Dir)
	if err != nil {
		return nil, fmt.Errorf("opening the project folder: %w", err)
	}
	s := &Session{Project: p, opts: o, functions: functions(), root: root, files: disk{}, now: time.Now()}
	if o.Clock != nil {
		s.now = o.Clock.Now()
	}
	s.broker = newBroker(p)
	return s, nil
}

// Close ends what the session started: the embedded broker and open files.
func (s *Session) Close() error {
	return errors.Join(s.broker.Close(), s.root.Close())
}

// Beside gives a session on the same project whose print connector writes elsewhere. It has
// the broker and the files of this one, which closes them, and may be used beside it.
func (s *Session) Beside(stdout, stderr io.Writer) *Session {
	b := *s
	b.opts.Stdout, b.opts.Stderr = stdout, stderr
	b.opts.Config = map[string]string{}
	maps.Copy(b.opts.Config, s.opts.Config)
	return &b
}

// DefaultMode is the project's mode, else stream.
func (s *Session) DefaultMode() Mode {
	if s.Project.Config.Mode == string(Batch) {
		return Batch
	}
	return Stream
}

// ModeOf reads a mode a person typed; "" is the default.
func (s *Session) ModeOf(text string) (Mode, error) {
	switch strings.ToLower(text) {
	case "":
		return s.DefaultMode(), nil
	case "stream", "streaming":
		return Stream, nil
	case "batch":
		return Batch, nil
	}
	return "", fmt.Errorf("mode is stream or batch, not %q", text)
}

// ModeFor is ModeOf, but SET 'execution.runtime-mode' in the script comes before
// the project's default.
func (s *Session) ModeFor(text string, src diag.Source) (Mode, error) {
	if text != "" {
		return s.ModeOf(text)
	}
	script, _ := syntax.Parse(src.Text) // its problems are reported when it is planned
	for _, stmt := range script.Stmts {
		if set, ok := stmt.(*syntax.Set); ok && set.Key != nil && set.Key.Value == "execution.runtime-mode" {
			if m, err := s.ModeOf(set.Value.Value); err == nil {
				return m, nil
			}
		}
	}
	return s.DefaultMode(), nil
}

// ParseModes reads stream, batch or both; "" gives none.
func ParseModes(text string) ([]Mode, error) {
	switch strings.ToLower(text) {
	case "":
		return nil, nil
	case "both":
		return []Mode{Stream, Batch}, nil
	case "stream", "streaming":
		return []Mode{Stream}, nil
	case "batch":
		return []Mode{Batch}, nil
	}
	return nil, fmt.Errorf("mode is stream, batch or both, not %q", text)
}

// Tune sets the default parallelism (0 = leave it) and the memory limit ("" = none).
func (s *Session) Tune(parallelism int, memory string) error {
	if parallelism < 0 || parallelism > 4096 {
		return fmt.Errorf("parallelism is between 1 and 4096, not %d", parallelism)
	}
	if parallelism > 0 {
		s.opts.Config["parallelism.default"] = fmt.Sprint(parallelism)
	}
	if memory == "" {
		return nil
	}
	n, ok := catalog.ParseMemory(memory)
	if !ok || n <= 0 {
		return fmt.Errorf("memory is a size such as 512mb, not %q", memory)
	}
	s.memory = n
	return nil
}

// zone is the session time zone.
func zone(config map[string]string) (*time.Location, error) {
	name := config["table.local-time-zone"]
	if name == "" || strings.EqualFold(name, "default") {
		return time.UTC, nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, diag.Errorf("W0603", diag.Span{}, "time zone %q is not known", name).
			WithHint("use a name such as 'Europe/Berlin' or an offset such as 'UTC'")
	}
	return loc, nil
}

// ReadScript reads a script for this session; "-" is standard input.
func (s *Session) ReadScript(path string, stdin io.Reader) (diag.Source, error) {
	return ReadFile(path, stdin)
}

// maxScript is the size of the largest script that is read.
const maxScript = 16 << 20

// ReadFile reads a script; "-" is standard input.
func ReadFile(path string, stdin io.Reader) (diag.Source, error) {
	name, from := path, stdin
	if path == "-" {
		name = "stdin"
	} else {
		f, err := os.Open(path)
		if err != nil {
			return diag.Source{}, scriptError(path, err)
		}
		defer f.Close()
		from = f
	}
	text, err := io.ReadAll(io.LimitReader(from, maxScript+1))
	if err != nil {
		return diag.Source{}, scriptError(path, err)
	}
	if len(text) > maxScript {
		return diag.Source{}, &diag.Diagnostic{Severity: diag.Error, Code: "W0605", File: path, Primary: "the script is larger than 16 MiB"}
	}
	return diag.Source{Name: name, Text: strings.TrimPrefix(string(text), "\ufeff")}, nil
}

// scriptError says why a script cannot be read, with the nearest file name.
func scriptError(path string, err error) error {
	d := &diag.Diagnostic{Severity: diag.Error, Code: "W0604", File: path}
	var pe *os.PathError
	switch {
	case errors.Is(err, os.ErrNotExist):
		d.Primary = "there is no such script"
		if entries, rerr := os.ReadDir(filepath.Dir(path)); rerr == nil {
			var names []string
			for _, e := range entries {
				names = append(names, e.Name())
			}
			if near := diag.Nearest(filepath.Base(path), names); near != "" {
				d.Hint = fmt.Sprintf("did you mean %s?", filepath.Join(filepath.Dir(path), near))
			}
		}
	case errors.Is(err, os.ErrPermission):
		d.Primary = "the script may not be read: permission denied"
	case errors.As(err, &pe):
		d.Primary = "the script cannot be read: " + pe.Err.Error()
	default:
		d.Primary = "the script cannot be read: " + err.Error()
	}
	return d
}

// Format prints a script in the one layout.
func Format(src diag.Source) (string, diag.List) {
	script, list := syntax.Parse(src.Text)
	if list.HasErrors() {
		return "", list
	}
	return syntax.Format(script, syntax.FormatOptions{}), list
}

// ReplaceFile writes a file anew, keeping its mode, whole or not at all. A link stays one,
// and a file that may not be written is not, although its folder would let it be renamed over.
func ReplaceFile(path, text string) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return WriteFile(path, text, info.Mode().Perm())
}

// WriteFile writes a file beside and renames it into place, so that at any moment either
// the old one or the new one is there, whole.
func WriteFile(path, text string, mode os.FileMode) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".weir-*")
	if err != nil {
		return err
	}
	_, err = tmp.WriteString(text)
	err = errors.Join(err, tmp.Chmod(mode), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name()) // the first error is the one to report
	}
	return err
}

// registry makes the connectors of one run.
func (s *Session) registry(o registryOptions) *connectors.Registry {
	return connectors.NewRegistry(&connectors.Env{
		Dir: s.Project.Dir, Root: s.root,
		AllowPath: func(path string) bool { return s.Project.allows(path, s.opts.AllowPaths) },
		Stdout:    s.opts.Stdout, Stderr: s.opts.Stderr, Clock: s.opts.Clock, Zone: o.zone,
		EmbeddedBroker: s.broker.Addr, Batch: o.batch, Parallelism: o.parallelism, Filters: o.filters, Opened: s.openedFile,
		Snapshot: s.progressIn,
	}, connectors.All()...)
}

type registryOptions struct {
	zone        *time.Location
	batch       bool
	parallelism int
	filters     *exec.KeyFilters
}

// newBroker gives the embedded Kafka of a project, which keeps its topics under .weir
// and starts when something asks for it.
func newBroker(p *Project) *kafka.Broker {
	return kafka.NewBroker(filepath.Join(p.Dir, ".weir", "kafka"))
}

// Broker starts the embedded Kafka and gives its address.
func (s *Session) Broker(ctx context.Context) (string, error) { return s.broker.Addr(ctx) }
