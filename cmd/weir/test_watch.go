package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/diag"
)

// watchEvery is how often a watched project is looked at.
const watchEvery = 300 * time.Millisecond

// watchTests runs the tests again whenever a file changes.
func (a *app) watchTests(ctx context.Context, paths []string, o testOptions) error {
	groups, err := a.testGroups(paths)
	if err != nil {
		return err
	}
	last := ""
	for {
		now := ""
		for _, g := range groups {
			now += stamps(g.dir)
		}
		if now != last {
			last = now
			err := a.test(ctx, paths, o)
			var coded exitError
			if err != nil && !errors.As(err, &coded) && ctx.Err() == nil {
				a.fail(ctx, diag.Source{}, err)
			}
			fmt.Fprintln(a.err, "watching for changes; ctrl+c ends")
		}
		select {
		case <-ctx.Done():
			return exitError{exitInterrupted}
		case <-time.After(watchEvery):
		}
	}
}

// watched are the endings of files on which a test may depend: scripts and overlays, rows and
// expectations, functions. What a run writes (a report) is not among them.
var watched = []string{".sql", ".yaml", ".yml", ".csv", ".jsonl", ".parquet", ".star", ".py", ".wasm"}

// stamps tells when the files of a project on which its tests depend were changed.
func stamps(dir string) string {
	var all strings.Builder
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return nil // it is gone; the next look tells
		}
		if d.IsDir() {
			if path != dir && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
			return nil
		}
		if slices.Contains(watched, filepath.Ext(path)) {
			if info, err := d.Info(); err == nil {
				fmt.Fprintln(&all, path, info.ModTime().UnixNano(), info.Size())
			}
		}
		return nil
	})
	return all.String()
}
