package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/diag"
)

// Revision is the tree of one commit of a git repository. Files are read from the
// repository's objects; nothing is checked out, no hook or filter runs, nothing is
// fetched.
type Revision struct {
	Name   string // as it was asked for
	Commit string // its hash
	top    string // absolute path of the work tree, without symbolic links
	blobs  map[string]string
}

// gitTimeout bounds one call of git, which reads local objects only.
const gitTimeout = time.Minute

// OpenRevision resolves a commit of the repository that a folder lies in.
func OpenRevision(ctx context.Context, dir, name string) (*Revision, error) {
	top, err := git(ctx, dir, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, &diag.Diagnostic{Severity: diag.Error, Code: "W0607", Primary: fmt.Sprintf("%s is in no git repository", dir), Detail: err.Error()}
	}
	r := &Revision{Name: name, blobs: map[string]string{}}
	if r.top, err = filepath.EvalSymlinks(strings.TrimSpace(string(top))); err != nil {
		return nil, err
	}
	commit, err := git(ctx, r.top, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
	if err != nil || len(commit) == 0 {
		return nil, &diag.Diagnostic{Severity: diag.Error, Code: "W0607", Primary: fmt.Sprintf("revision %q is not in the repository", name),
			Hint: "name a branch, tag or commit; in CI the base may have to be fetched: git fetch origin main"}
	}
	r.Commit = strings.TrimSpace(string(commit))
	list, err := git(ctx, r.top, "ls-tree", "-r", "-z", "--full-tree", r.Commit)
	if err != nil {
		return nil, err
	}
	for entry := range strings.SplitSeq(string(list), "\x00") {
		head, name, ok := strings.Cut(entry, "\t")
		if f := strings.Fields(head); ok && len(f) == 3 && f[1] == "blob" && strings.HasPrefix(f[0], "100") { // no symbolic links
			r.blobs[name] = f[2]
		}
	}
	return r, nil
}

// git runs a plumbing command.
func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, gitTimeout)
	defer cancel()
	args = append([]string{"--no-replace-objects", "-c", "core.fsmonitor=false"}, args...)
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return nil, errors.New("git is not installed")
		}
		if text := strings.TrimSpace(errOut.String()); text != "" {
			return nil, errors.New(text)
		}
		return nil, fmt.Errorf("git %s: %w", args[3], err)
	}
	return out.Bytes(), nil
}

// inside gives the path of a file as the repository knows it.
func (r *Revision) inside(name string) (string, bool) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", false
	}
	// The folder may be reached through links, or be gone from the work tree.
	dir, rest := abs, ""
	for {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			abs = filepath.Join(real, rest)
			break
		}
		if filepath.Dir(dir) == dir {
			break
		}
		dir, rest = filepath.Dir(dir), filepath.Join(filepath.Base(dir), rest)
	}
	rel, err := filepath.Rel(r.top, abs)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

func (r *Revision) exists(name string) bool {
	at, ok := r.inside(name)
	return ok && r.blobs[at] != ""
}

func (r *Revision) script(name string) (diag.Source, error) {
	at, ok := r.inside(name)
	if !ok || r.blobs[at] == "" {
		return diag.Source{}, &diag.Diagnostic{Severity: diag.Error, Code: "W0604", File: name, Primary: "there is no such script in " + r.Name}
	}
	text, err := git(context.Background(), r.top, "cat-file", "blob", r.blobs[at])
	if err != nil {
		return diag.Source{}, &diag.Diagnostic{Severity: diag.Error, Code: "W0604", File: name, Primary: "the script cannot be read from " + r.Name, Detail: err.Error()}
	}
	if len(text) > maxScript {
		return diag.Source{}, &diag.Diagnostic{Severity: diag.Error, Code: "W0605", File: name, Primary: "the script is larger than 16 MiB"}
	}
	return diag.Source{Name: name, Text: strings.TrimPrefix(string(text), "\ufeff")}, nil
}

// list names the files below a folder of the work tree, relative to it.
func (r *Revision) list(dir string) (names []string) {
	at, ok := r.inside(dir)
	if !ok {
		return nil
	}
	for name := range r.blobs {
		if at == "." {
			names = append(names, filepath.FromSlash(name))
		} else if rest, ok := strings.CutPrefix(name, at+"/"); ok {
			names = append(names, filepath.FromSlash(rest))
		}
	}
	return names
}

// project finds the project of a folder as it was in the revision.
func (r *Revision) project(dir string) (*Project, error) {
	at, ok := r.inside(dir)
	if !ok {
		return nil, fmt.Errorf("%s is not in the repository at %s", dir, r.top)
	}
	for d := at; ; d = path.Dir(d) {
		file := path.Join(d, ProjectFile)
		if r.blobs[file] != "" {
			src, err := r.script(filepath.Join(r.top, filepath.FromSlash(file)))
			if err != nil {
				return nil, err
			}
			return readProject(filepath.Join(r.top, filepath.FromSlash(d)), []byte(src.Text))
		}
		if d == "." {
			abs, err := filepath.Abs(dir)
			return &Project{Dir: abs}, err
		}
	}
}

// At gives a session for the same folder as it was in a revision. It plans and does
// not run.
func (s *Session) At(r *Revision, dir string) (*Session, error) {
	p, err := r.project(dir)
	if err != nil {
		return nil, err
	}
	at := *s
	at.Project, at.files = p, r
	if !p.Declared {
		at.Project.Dir = s.Project.Dir
	}
	return &at, nil
}

// ForkPoint gives the commit at which head ("" for what is checked out) left the first
// of some branches that exists; the branch itself if the history is too short to tell.
func ForkPoint(ctx context.Context, dir string, bases []string, head string) (*Revision, error) {
	if head == "" {
		head = "HEAD"
	}
	var first error
	for _, base := range bases {
		r, err := OpenRevision(ctx, dir, base)
		if err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		fork, err := git(ctx, dir, "merge-base", "--end-of-options", r.Commit, head)
		if hash := strings.TrimSpace(string(fork)); err == nil && hash != "" && hash != r.Commit {
			at, err := OpenRevision(ctx, dir, hash)
			if err != nil {
				return nil, err
			}
			at.Name = base
			return at, nil
		}
		return r, nil
	}
	return nil, first
}
