package filesystem

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"sort"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/diag"
)

// file is one file to read.
type file struct {
	Rel       string // below the location's root
	Size      int64
	Modified  time.Time
	Partition []string // values of the partition columns as in the path
}

// hidden reports whether a name is not data: markers, files being written.
func hidden(name string) bool { return name[0] == '_' || name[0] == '.' }

// listing finds the files of a table.
type listing struct {
	loc  *location
	keys []string       // partition columns
	only *regexp.Regexp // source.path.regex-pattern over the whole path; nil = all
	at   diag.Span      // of the path option
	// keep reports whether a partition is wanted: others are not walked. nil = all are.
	keep func(values []string) (bool, error)
}

// files lists all files in order of their paths.
func (l *listing) files(ctx context.Context) ([]file, error) {
	root := l.loc.rel
	st, err := l.loc.root.Stat(root)
	var out []file
	switch {
	case err == nil && st.IsDir():
		err = l.walk(ctx, root, root, &out)
	case err == nil:
		err = l.add(root, root, st, &out)
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(root, "*?["):
		if out, err = l.glob(ctx, root); err == nil && len(out) == 0 {
			return nil, diag.Errorf("W0510", l.at, "no file matches %q", l.loc.shown)
		}
	case errors.Is(err, fs.ErrNotExist):
		return nil, l.loc.missing(root, l.at)
	}
	if err != nil {
		return nil, ioError(err, l.loc.show(root))
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Rel < out[j].Rel })
	return out, nil
}

// walk adds the files below a directory. base is where partition directories begin.
func (l *listing) walk(ctx context.Context, base, dir string, out *[]file) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := fs.ReadDir(l.loc.root.FS(), dir)
	if err != nil {
		return ioError(err, l.loc.show(dir))
	}
	for _, e := range entries {
		if hidden(e.Name()) {
			continue
		}
		rel := path.Join(dir, e.Name())
		if e.IsDir() {
			if keep, err := l.enter(base, rel); err != nil {
				return err
			} else if !keep {
				continue
			}
			if err := l.walk(ctx, base, rel, out); err != nil {
				return err
			}
			continue
		}
		st, err := l.loc.root.Stat(rel) // a link counts as what it points to
		if errors.Is(err, fs.ErrNotExist) {
			continue // gone since the directory was read
		}
		if err != nil {
			return ioError(err, l.loc.show(rel))
		}
		if st.Mode().IsRegular() {
			if err := l.add(base, rel, st, out); err != nil {
				return err
			}
		}
	}
	return nil
}

// enter reports whether a directory may hold files that are wanted, which is known where all partition columns have values.
func (l *listing) enter(base, dir string) (bool, error) {
	if l.keep == nil || len(l.keys) == 0 || !strings.Contains(path.Base(dir), "=") {
		return true, nil
	}
	values, missing := partitionOf(strings.TrimPrefix(dir, base)+"/.", l.keys)
	if missing != "" {
		return true, nil
	}
	return l.keep(values)
}

// add adds a file with the partition values in its path.
func (l *listing) add(base, rel string, st fs.FileInfo, out *[]file) error {
	if l.only != nil && !l.only.MatchString(l.loc.absolute(rel)) {
		return nil
	}
	f := file{Rel: rel, Size: st.Size(), Modified: st.ModTime()}
	if len(l.keys) > 0 {
		values, missing := partitionOf(strings.TrimPrefix(rel, base), l.keys)
		if missing != "" {
			return diag.Errorf("W0513", diag.Span{}, "file %q is in no partition: no directory of its path begins with \"%s=\"", l.loc.show(rel), missing).
				WithHint("a table PARTITIONED BY (%s) keeps its files below %s=…", strings.Join(l.keys, ", "), strings.Join(l.keys, "=…/"))
		}
		f.Partition = values
	}
	*out = append(*out, f)
	return nil
}

// partitionOf reads the values of keys from directories named key=value.
func partitionOf(rel string, keys []string) (values []string, missing string) {
	values = make([]string, len(keys))
	found := make([]bool, len(keys))
	for _, dir := range strings.Split(path.Dir(rel), "/") {
		name, value, ok := strings.Cut(dir, "=")
		for i, k := range keys {
			if ok && unescapePath(name) == k {
				values[i], found[i] = unescapePath(value), true
			}
		}
	}
	for i, k := range keys {
		if !found[i] {
			return nil, k
		}
	}
	return values, ""
}

// unescapePath undoes the %XX of Hive's partition names.
func unescapePath(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// glob lists the files that match a pattern: * ? and [...] within a path segment,
// ** for any number of segments. Directories that match are read with all below.
func (l *listing) glob(ctx context.Context, pattern string) ([]file, error) {
	segments := strings.Split(pattern, "/")
	fixed := 0
	for fixed < len(segments) && !strings.ContainsAny(segments[fixed], "*?[") {
		fixed++
	}
	for _, s := range segments[fixed:] {
		if _, err := path.Match(s, ""); err != nil {
			return nil, diag.Errorf("W0334", l.at, "path pattern %q is malformed", pattern)
		}
	}
	start := path.Join(append([]string{"."}, segments[:fixed]...)...)
	var out []file
	seen := map[string]bool{}
	err := l.match(ctx, start, segments[fixed:], seen, &out)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, l.loc.missing(start, l.at)
	}
	return out, err
}

func (l *listing) match(ctx context.Context, dir string, segments []string, seen map[string]bool, out *[]file) error {
	entries, err := fs.ReadDir(l.loc.root.FS(), dir)
	if err != nil {
		return err
	}
	if segments[0] == "**" {
		if len(segments) == 1 {
			return l.walk(ctx, dir, dir, out)
		}
		if err := l.match(ctx, dir, segments[1:], seen, out); err != nil {
			return err
		}
	}
	for _, e := range entries {
		if hidden(e.Name()) && !hidden(segments[0]) {
			continue
		}
		rel := path.Join(dir, e.Name())
		if segments[0] == "**" {
			if e.IsDir() {
				if err := l.match(ctx, rel, segments, seen, out); err != nil {
					return err
				}
			}
			continue
		}
		if ok, _ := path.Match(segments[0], e.Name()); !ok {
			continue
		}
		st, err := l.loc.root.Stat(rel)
		switch {
		case err != nil:
			return err
		case len(segments) > 1 && st.IsDir():
			err = l.match(ctx, rel, segments[1:], seen, out)
		case len(segments) > 1 || seen[rel]:
		case st.IsDir():
			seen[rel] = true
			err = l.walk(ctx, path.Dir(rel), rel, out)
		default:
			seen[rel] = true
			err = l.add(path.Dir(rel), rel, st, out)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
