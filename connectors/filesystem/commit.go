package filesystem

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Commit makes the listed parts visible. A part that is there under its final name
// has been committed before. If one cannot be renamed, those renamed by this call are
// renamed back.
func (s *Sink) Commit(ctx context.Context, commits [][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []prepared
	for _, c := range commits {
		var p prepared
		if err := json.Unmarshal(c, &p); err != nil {
			return fmt.Errorf("commit of table %q: %w", s.table.Path.Name, err)
		}
		all = append(all, p)
	}
	var renamed []donePart
	dirs := map[string]bool{}
	for _, p := range all {
		for _, d := range p.Parts {
			moved, err := s.reveal(d)
			if err != nil {
				for _, r := range renamed {
					_ = s.loc.root.Rename(r.To, r.Tmp) // best effort: the error is reported anyway
				}
				return err
			}
			if moved {
				renamed = append(renamed, d)
			}
			dirs[path.Dir(d.To)] = true
		}
	}
	for _, p := range all {
		if err := s.replace(p); err != nil {
			return err
		}
	}
	for dir := range dirs {
		if err := s.sync(dir); err != nil {
			return err
		}
	}
	for _, r := range renamed {
		delete(s.tmp, r.Tmp)
	}
	if s.commits != nil {
		return s.commits.commit(ctx, all)
	}
	return nil
}

// reveal renames a part to its final name; false if that was done before.
func (s *Sink) reveal(d donePart) (bool, error) {
	err := s.loc.root.Rename(d.Tmp, d.To)
	if err == nil {
		return true, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		if _, statErr := s.loc.root.Stat(d.To); statErr == nil {
			return false, nil
		}
	}
	return false, ioError(err, s.loc.show(d.To))
}

// replace removes what an INSERT OVERWRITE replaces: the files of other runs in the
// directories written to. It comes after the new files are visible, so that a crash in
// between loses nothing; the repeated commit removes the rest.
func (s *Sink) replace(p prepared) error {
	if !p.Overwrite {
		return nil
	}
	dirs := map[string]bool{}
	for _, d := range p.Parts {
		dirs[path.Dir(d.To)] = true
	}
	if p.Static != "" {
		dirs[path.Join(s.loc.rel, p.Static)] = true
	}
	for dir := range dirs {
		entries, err := fs.ReadDir(s.loc.root.FS(), dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return ioError(err, s.loc.show(dir))
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), "part-"+p.Run+"-") || e.Name()[0] == '.' {
				continue
			}
			if e.IsDir() && len(s.table.PartitionKey) > 0 {
				continue // a partition of its own
			}
			if err := s.loc.root.RemoveAll(path.Join(dir, e.Name())); err != nil {
				return ioError(err, s.loc.show(path.Join(dir, e.Name())))
			}
		}
	}
	return nil
}

// sync makes the names in a directory durable.
func (s *Sink) sync(dir string) error {
	f, err := s.loc.root.Open(dir)
	if err != nil {
		return ioError(err, s.loc.show(dir))
	}
	err = f.Sync()
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil && !errors.Is(err, errors.ErrUnsupported) && !isInvalid(err) {
		return ioError(err, s.loc.show(dir))
	}
	return nil
}

// isInvalid reports systems on which directories cannot be synced.
func isInvalid(err error) bool {
	return errors.Is(err, fs.ErrInvalid) || errors.Is(err, fs.ErrPermission)
}
