package filesystem

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/planner/diag"
)

// location is a table's path, reached through an os.Root: no symlink and no ".."
// leads out of it.
type location struct {
	root  *os.Root
	rel   string // slash-separated, below root; "." for root itself
	shown string // as a person wrote it, for messages
	owned bool   // root was opened for this location
}

// locate finds the path of a table: inside the project, or outside where the
// environment allows it.
func locate(env *connector.Env, text string, at diag.Span) (*location, error) {
	name, err := localPath(text, at)
	if err != nil {
		return nil, err
	}
	abs := name
	if !filepath.IsAbs(abs) {
		abs = filepath.Join(env.Dir, name)
	}
	abs = filepath.Clean(abs)
	if rel, err := filepath.Rel(env.Dir, abs); err == nil && filepath.IsLocal(rel) {
		loc := &location{root: env.Root, rel: filepath.ToSlash(rel), shown: filepath.ToSlash(rel)}
		if env.Root == nil {
			if loc.root, err = os.OpenRoot(env.Dir); err != nil {
				return nil, ioError(err, env.Dir)
			}
			loc.owned = true
		}
		return loc, nil
	}
	if env.AllowPath == nil || !env.AllowPath(abs) {
		return nil, diag.Errorf("W0334", at, "path %q lies outside the project", text).
			WithHint("allow it with --allow-path %s, or move the data into %s", abs, env.Dir)
	}
	return locateOutside(abs)
}

// locateOutside opens the deepest directory of an absolute path that exists.
func locateOutside(abs string) (*location, error) {
	dir, rest := abs, ""
	for {
		if st, err := os.Stat(dir); err == nil && st.IsDir() && (rest != "" || dir == filepath.Dir(dir)) {
			break
		}
		rest = path.Join(filepath.Base(dir), rest)
		dir = filepath.Dir(dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, ioError(err, abs)
	}
	if rest == "" {
		rest = "."
	}
	return &location{root: root, rel: rest, shown: filepath.ToSlash(abs), owned: true}, nil
}

// localPath resolves file: URIs and refuses other schemes.
func localPath(text string, at diag.Span) (string, error) {
	scheme, rest, ok := strings.Cut(text, ":")
	if !ok || len(scheme) < 2 || strings.ContainsAny(scheme, "/.*?[") {
		return filepath.FromSlash(text), nil
	}
	if !strings.EqualFold(scheme, "file") {
		return "", diag.Errorf("W0334", at, "path %q has scheme %q, which weir does not read", text, scheme).
			WithHint("use a local path or a file:// URI")
	}
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		rest = after
		if i := strings.IndexByte(rest, '/'); i > 0 {
			rest = strings.TrimPrefix(rest, "localhost")
		}
	}
	return filepath.FromSlash(rest), nil
}

// show gives the path of a file below root as messages print it.
func (l *location) show(rel string) string {
	if rest, ok := strings.CutPrefix(rel, l.rel); ok && l.rel != "." {
		return l.shown + rest
	}
	if l.shown == "." || l.shown == "" {
		return rel
	}
	return path.Join(l.shown, rel)
}

// absolute gives the path of a file below root as the metadata column file.path has it.
func (l *location) absolute(rel string) string {
	return filepath.ToSlash(filepath.Join(l.root.Name(), filepath.FromSlash(rel)))
}

// Close releases a root that was opened for the location.
func (l *location) Close() error {
	if l.owned {
		return l.root.Close()
	}
	return nil
}

// missing tells that nothing is at the path, with the nearest name that is there.
func (l *location) missing(rel string, at diag.Span) error {
	d := diag.Errorf("W0510", at, "path %q does not exist", l.show(rel))
	dir := path.Dir(rel)
	entries, err := fs.ReadDir(l.root.FS(), dir)
	if err != nil {
		return d
	}
	var names []string
	for _, e := range entries {
		if !hidden(e.Name()) {
			names = append(names, e.Name())
		}
	}
	if near := diag.Nearest(path.Base(rel), names); near != "" {
		return d.WithHint("did you mean %q?", path.Join(path.Dir(l.show(rel)), near))
	}
	if len(names) > 0 {
		where := path.Dir(l.show(rel))
		if where == "." {
			where = "its folder"
		}
		return d.WithHint("in %s there is %s", where, strings.Join(names[:min(len(names), 5)], ", "))
	}
	return d
}

// ioError turns an error of the operating system into a diagnostic about a file.
func ioError(err error, shown string) error {
	var known *diag.Diagnostic
	if err == nil || errors.As(err, &known) {
		return err
	}
	cause := err
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	switch {
	case errors.As(err, &pathErr):
		cause = pathErr.Err
	case errors.As(err, &linkErr):
		cause = linkErr.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return diag.Errorf("W0510", diag.Span{}, "path %q does not exist", shown)
	case errors.Is(err, fs.ErrPermission):
		return diag.Errorf("W0511", diag.Span{}, "no permission for %q", shown).
			WithHint("check owner and mode with ls -ld %s", shown)
	case strings.Contains(cause.Error(), "escapes from parent"):
		return diag.Errorf("W0334", diag.Span{}, "path %q leads outside the project through a link", shown)
	default:
		return diag.Errorf("W0512", diag.Span{}, "file %q: %s", shown, cause)
	}
}
