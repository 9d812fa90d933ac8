package session

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session/variable"
)

// Capsule is a run that can be repeated anywhere: what it was made of and what it gave.
type Capsule struct {
	Format  int               `json:"format"`
	Weir    string            `json:"weir"`   // the version that saved it
	Script  string            `json:"script"` // in the project's folder
	Fixture string            `json:"fixture"`
	Modes   []Mode            `json:"modes"`
	Config  map[string]string `json:"config,omitempty"`
	// Variables are the values that --var gave, as NAME or NAME:TYPE; those of the project and of the fixture are in their files.
	Variables map[string]string `json:"variables,omitempty"`
	// Outcomes are what the run gave, by mode.
	Outcomes map[Mode]Outcome `json:"outcomes"`
}

// Outcome is what a run over a fixture gave.
type Outcome struct {
	Hash  string         `json:"hash"` // of all rows with their kinds, late rows and the error
	Rows  map[string]int `json:"rows"` // by output
	Late  int64          `json:"late"`
	Error string         `json:"error,omitempty"` // in its first line
}

// The limits of a capsule, so that none fills a disk.
const (
	capsuleFormat = 1
	capsuleFiles  = 10_000
	capsuleBytes  = 256 << 20
)

// Outcome runs a script over a fixture. That the run fails is part of the outcome, not an error.
func (s *Session) Outcome(ctx context.Context, src diag.Source, set *fixtures.Set, mode Mode, config map[string]string) (Outcome, error) {
	out := Outcome{Rows: map[string]int{}}
	st, r, list, err := s.over(set, mode, config).begin(ctx, src, nil, false)
	if err == nil && st != nil {
		err = st.Finish(ctx)
	}
	if ctx.Err() != nil {
		return out, ctx.Err()
	}
	if err == nil && list.HasErrors() {
		err = list
	}
	h := sha256.New()
	if err != nil {
		out.Error = strings.SplitN(err.Error(), "\n", 2)[0]
		text(h, []byte(out.Error))
	} else if r != nil {
		out.Late = r.Late
		number(h, uint64(r.Late))
		for _, o := range r.Plan.Outputs {
			c := r.Captured[o.Name]
			out.Rows[o.Name] = c.Rows
			text(h, []byte(o.Name))
			for _, row := range c.encoded() {
				text(h, []byte(row))
			}
		}
	}
	out.Hash = hex.EncodeToString(h.Sum(nil))
	return out, nil
}

// encoded gives all rows with their kinds as bytes, in an order of their own: side by side
// tasks may write in any.
func (c *Captured) encoded() []string {
	b := c.Batch()
	codec := vec.NewRowCodec(typesOfFields(c.Output.Schema))
	out := make([]string, b.Len)
	for i := range b.Len {
		out[i] = string(codec.AppendRow([]byte{byte(b.Kind(i))}, b.Cols, i))
	}
	sort.Strings(out)
	return out
}

// SaveCapsule runs a script over a fixture and packs what it takes to do so again: the
// project's file and declarations, the script, its overlay, the fixture, the configuration
// and what came out. Secret options are covered; nothing else of the project is packed.
func (s *Session) SaveCapsule(ctx context.Context, w io.Writer, script string, set *fixtures.Set, modes []Mode, version string) (*Capsule, error) {
	src, err := s.ReadScript(script, nil)
	if err != nil {
		return nil, err
	}
	rel, err := s.inProject(script)
	if err != nil {
		return nil, err
	}
	dir, err := s.inProject(set.Dir)
	if err != nil {
		return nil, err
	}
	c := &Capsule{Format: capsuleFormat, Weir: version, Script: rel, Fixture: dir, Modes: modes, Config: s.opts.Config, Variables: variable.Kept(s.opts.Variables), Outcomes: map[Mode]Outcome{}}
	for _, m := range modes {
		if c.Outcomes[m], err = s.Outcome(ctx, src, set, m, nil); err != nil {
			return nil, err
		}
	}
	files := []string{rel}
	for _, name := range append(slices.Concat(s.Project.Config.Tables.Both, s.Project.Config.Tables.Stream, s.Project.Config.Tables.Batch), ProjectFile, OverlayPath(rel)) {
		if _, err := os.Stat(filepath.Join(s.Project.Dir, name)); err == nil && !slices.Contains(files, name) {
			files = append(files, name)
		}
	}
	err = filepath.WalkDir(set.Dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			var name string
			if name, err = s.inProject(path); err == nil {
				files = append(files, name)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	sort.Strings(files)
	return c, c.write(w, s.Project.Dir, files)
}

// inProject gives a path from the project's folder, with slashes.
func (s *Session) inProject(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(s.Project.Dir, abs)
	if err != nil || !filepath.IsLocal(rel) {
		return "", diag.Errorf("W0650", diag.Span{}, "%q is not in the project's folder, so it cannot go into a capsule", path)
	}
	return filepath.ToSlash(rel), nil
}

// write packs files. The bytes depend on them alone.
func (c *Capsule) write(w io.Writer, dir string, files []string) error {
	z := zip.NewWriter(w)
	manifest, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	if err := zipped(z, "capsule.json", append(manifest, '\n')); err != nil {
		return err
	}
	for _, name := range files {
		body, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		if strings.HasSuffix(name, ".sql") {
			body = []byte(diag.HideSecrets(string(body)))
		}
		if err := zipped(z, "project/"+name, body); err != nil {
			return err
		}
	}
	return z.Close()
}

func zipped(z *zip.Writer, name string, body []byte) error {
	f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	return err
}

// OpenCapsule unpacks a capsule into an empty folder and opens its project. What the file
// says is not trusted: a name may not leave the folder, and there are limits.
func OpenCapsule(file, dir string) (*Capsule, *Session, error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil, &diag.Diagnostic{Severity: diag.Error, Code: "W0651", File: file, Primary: "there is no such file"}
		}
		return nil, nil, &diag.Diagnostic{Severity: diag.Error, Code: "W0651", File: file, Primary: "this is not a capsule: " + err.Error(), Hint: "weir capsule save makes one"}
	}
	defer z.Close()
	bad := func(format string, args ...any) error {
		return &diag.Diagnostic{Severity: diag.Error, Code: "W0651", File: file, Primary: fmt.Sprintf(format, args...)}
	}
	if len(z.File) > capsuleFiles {
		return nil, nil, bad("the capsule has more than %d files", capsuleFiles)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	var c *Capsule
	left := int64(capsuleBytes)
	for _, f := range z.File {
		name := filepath.FromSlash(f.Name)
		if !filepath.IsLocal(name) || strings.Contains(f.Name, "\\") || !f.Mode().IsRegular() {
			return nil, nil, bad("the capsule names a file %q, which is not inside it", f.Name)
		}
		body, err := unzipped(f, left)
		if err != nil {
			return nil, nil, bad("%s: %v", f.Name, err)
		}
		left -= int64(len(body))
		if f.Name == "capsule.json" {
			c = &Capsule{}
			if err := json.Unmarshal(body, c); err != nil {
				return nil, nil, bad("capsule.json: %v", err)
			}
			continue
		}
		if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return nil, nil, err
		}
		if err := root.WriteFile(name, body, 0o600); err != nil {
			return nil, nil, err
		}
	}
	switch {
	case c == nil:
		return nil, nil, bad("this is not a capsule: it has no capsule.json")
	case c.Format != capsuleFormat:
		return nil, nil, bad("the capsule has format %d, this weir reads %d", c.Format, capsuleFormat)
	case !filepath.IsLocal(filepath.FromSlash(c.Script)) || !filepath.IsLocal(filepath.FromSlash(c.Fixture)):
		return nil, nil, bad("the capsule names files that are not inside it")
	}
	vars, err := variable.Restored(c.Variables)
	if err != nil {
		return nil, nil, bad("capsule.json: %v", err)
	}
	s, err := Open(Options{Dir: filepath.Join(dir, "project"), Config: c.Config, Variables: vars, Clock: nil})
	return c, s, err
}

// unzipped reads a file of at most limit bytes.
func unzipped(f *zip.File, limit int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(body)) > limit {
		err = fmt.Errorf("the capsule holds more than %d MB", capsuleBytes>>20)
	}
	return body, err
}

// Replay runs what a capsule holds once in each mode.
func (c *Capsule) Replay(ctx context.Context, s *Session) (map[Mode]Outcome, error) {
	src, err := s.ReadScript(filepath.Join(s.Project.Dir, filepath.FromSlash(c.Script)), nil)
	if err != nil {
		return nil, err
	}
	src.Name = c.Script
	dir := filepath.Join(s.Project.Dir, filepath.FromSlash(c.Fixture))
	set, err := fixtures.Load(dir, filepath.Base(dir))
	if err != nil {
		return nil, err
	}
	out := map[Mode]Outcome{}
	for _, m := range c.Modes {
		if out[m], err = s.Outcome(ctx, src, set, m, nil); err != nil {
			return nil, err
		}
	}
	return out, nil
}
