// Package udf runs the functions that a script creates. A Host belongs to one run: it makes
// functions ready when the first row needs them and ends them with the run. What runs a
// language is a package of its own below; see guest for what it gives.
package udf

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/weir-sql/weir/exec/udf/guest"
	"github.com/weir-sql/weir/exec/udf/python"
	"github.com/weir-sql/weir/exec/udf/starlark"
	"github.com/weir-sql/weir/exec/udf/wasm"
	"github.com/weir-sql/weir/planner/catalog"
)

// languages lists the languages; one in SQL is in the plan already.
var languages = []guest.Language{starlark.Language{}, wasm.Language{}, python.Language{}}

// What a function may take unless its options or the configuration say otherwise.
const (
	DefaultDeadline = 800 * time.Millisecond
	DefaultMemory   = 256 << 20
)

// DeadlineKey is the configuration key of the deadline of functions that give none.
const DeadlineKey = "weir.function.deadline"

// Host runs the functions of one run.
type Host struct {
	ctx    context.Context
	cancel context.CancelFunc
	config map[string]string
	read   func(path string) ([]byte, error)

	mu      sync.Mutex
	closers []interface{ Close() error }
	sources map[string][]byte
}

// NewHost makes a host; read reads a file of code by its path as the script gives it.
func NewHost(ctx context.Context, config map[string]string, read func(path string) ([]byte, error)) *Host {
	h := &Host{config: config, read: read, sources: map[string][]byte{}}
	h.ctx, h.cancel = context.WithCancel(ctx)
	return h
}

// Close ends all functions.
func (h *Host) Close() error {
	h.cancel()
	h.mu.Lock()
	defer h.mu.Unlock()
	var errs []error
	for _, c := range h.closers {
		errs = append(errs, c.Close())
	}
	h.closers = nil
	return errors.Join(errs...)
}

// keep makes the host end what was made ready; it is ended at once if the run is over.
func (h *Host) keep(c interface{ Close() error }) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := context.Cause(h.ctx); err != nil {
		return errors.Join(err, c.Close())
	}
	h.closers = append(h.closers, c)
	return nil
}

// code gives what a language needs to make a function ready.
func (h *Host) code(f *catalog.UserFunction) (*guest.Code, guest.Language, error) {
	c := &guest.Code{UserFunction: f, Source: []byte(f.Body), Deadline: DefaultDeadline, Memory: DefaultMemory}
	if d, ok := catalog.ParseDuration(h.config[DeadlineKey]); ok && d > 0 {
		c.Deadline = d
	}
	if d, ok := catalog.ParseDuration(f.Options["deadline"]); ok && d > 0 {
		c.Deadline = d
	}
	if n, ok := catalog.ParseMemory(f.Options["memory"]); ok && n > 0 {
		c.Memory = n
	}
	if f.File != "" {
		var err error
		if c.Source, err = h.source(f.File); err != nil {
			return nil, nil, c.Errorf(guest.CodeMissing, "its file cannot be read: %v", err)
		}
	}
	for _, l := range languages {
		if l.Name() == f.Language {
			return c, l, nil
		}
	}
	return nil, nil, c.Errorf(guest.CodeMissing, "weir does not run %s", f.Language)
}

// maxSource is the size of the largest file of code that is read.
const maxSource = 64 << 20

func (h *Host) source(path string) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if b, ok := h.sources[path]; ok {
		return b, nil
	}
	b, err := h.read(path)
	if err == nil && len(b) > maxSource {
		err = fmt.Errorf("%s has %d MB; %d is the most", path, len(b)>>20, maxSource>>20)
	}
	if err == nil {
		h.sources[path] = b
	}
	return b, err
}
