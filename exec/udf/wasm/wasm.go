// Package wasm runs user functions in WebAssembly, in this process: a module computes whole
// batches in its own memory, can reach nothing else, and is stopped at its deadline.
//
// # The batch ABI
//
// A module exports its memory as "memory" and
//
//	weir_alloc(size i32) i32                          memory for the host to write to; it is kept
//	NAME(args i32, out i32, n i32) i32                a scalar or table function over n rows
//
// args points to a descriptor of 16 bytes for each argument, out to that of the result:
//
//	+0  i32  values: n values, little endian and dense; of texts and BYTES their bytes
//	+4  i32  offsets: n+1 × i32, where each text begins and the last one ends; else 0
//	+8  i32  validity: a bit a row, least significant first, 0 where the value is NULL;
//	         the place 0 means that no row is NULL
//	+12 i32  0
//
// BOOLEAN is a byte; TINYINT to BIGINT have 1, 2, 4 and 8 bytes; DATE and TIME 4 (days,
// milliseconds); timestamps, intervals and DECIMAL up to 18 digits 8; wider DECIMAL 16. A
// function that is not CALLED ON NULL INPUT sees no row with NULL.
//
// For a result of fixed width the host has made room for values and set all bits of
// validity: NULL is a bit cleared. For texts it has made room for offsets and validity; the
// function sets the place of the bytes. A table function gets a descriptor with offsets
// only, n+1 of them, saying which of the produced rows belong to which input row; behind it
// are the descriptors of the columns, all of which the function sets.
//
// The answer is 0, or the place of an error: i32 length, then a text in UTF-8.
//
// An aggregate function has accumulators of a fixed size, which the host keeps in the
// module's memory and saves as bytes:
//
//	NAME_size() i32                                   bytes of an accumulator
//	NAME_init(accs i32, ids i32, n i32)               makes accumulators ids[0..n) new
//	NAME_accumulate(accs i32, ids i32, args i32, n i32) i32
//	NAME_retract(accs i32, ids i32, args i32, n i32) i32          if rows can be taken back
//	NAME_merge(accs i32, ids i32, others i32, n i32) i32          if accumulators can be merged
//	NAME_value(accs i32, ids i32, out i32, n i32) i32
//
// ids are i32 each; accumulator k lies at accs + k × size. An accumulator must not hold places in memory.
package wasm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"

	"github.com/weir-sql/weir/exec/udf/guest"
	"github.com/weir-sql/weir/planner/diag"
)

// Language is LANGUAGE WASM.
type Language struct{}

// Name is the name behind LANGUAGE.
func (Language) Name() string { return "WASM" }

// maxModule is the size of the largest module that is compiled.
const maxModule = 32 << 20

// compiled keeps machine code for all runs of this process: a module is compiled once.
var compiled = sync.OnceValue(wazero.NewCompilationCache)

// module is an instance.
type module struct {
	code    *guest.Code
	ctx     context.Context
	runtime wazero.Runtime
	mod     api.Module
	alloc   api.Function
	arena   region // arguments and results, used again for every call
	failed  error
}

// region is memory of the module that belongs to the host.
type region struct{ at, size uint32 }

// open compiles and instantiates the module.
func open(ctx context.Context, c *guest.Code) (*module, error) {
	if len(c.Source) > maxModule {
		return nil, c.Errorf(guest.CodeFunction, "its module has %d MB; %d is the most", len(c.Source)>>20, maxModule>>20)
	}
	source, err := capTables(c.Source)
	if err != nil {
		return nil, c.Errorf(guest.CodeFunction, "%s is no WebAssembly module: %v", c.File, err)
	}
	config := wazero.NewRuntimeConfig().WithCompilationCache(compiled()).WithCloseOnContextDone(true).
		WithMemoryLimitPages(uint32(min(max(c.Memory>>16, 1), 1<<16)))
	m := &module{code: c, ctx: ctx, runtime: wazero.NewRuntimeWithConfig(ctx, config)}
	if err := m.instantiate(source); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

func (m *module) instantiate(source []byte) error {
	c := m.code
	code, err := m.runtime.CompileModule(m.ctx, source)
	if err != nil {
		text := err.Error()
		if strings.Contains(text, "memory") && strings.Contains(text, "limit") {
			return c.Exhausted()
		}
		return c.Errorf(guest.CodeFunction, "its module does not compile: %s", guest.Lines(text))
	}
	wasi := false
	for _, f := range code.ImportedFunctions() {
		from, name, _ := f.Import()
		if from != wasi_snapshot_preview1.ModuleName {
			return c.Errorf(guest.CodeFunction, "its module imports %s.%s, which weir does not give", from, name).
				WithHint("a function computes from its arguments only")
		}
		wasi = true
	}
	if wasi { // without files, arguments, environment, clocks that go, or output that anyone sees
		if _, err := wasi_snapshot_preview1.Instantiate(m.ctx, m.runtime); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(m.ctx, c.Deadline)
	defer cancel()
	config := wazero.NewModuleConfig().WithStartFunctions("_initialize").WithName("")
	if m.mod, err = m.runtime.InstantiateModule(ctx, code, config); err != nil {
		return m.trapped(err)
	}
	if m.mod.Memory() == nil {
		return c.Errorf(guest.CodeFunction, "its module exports no memory")
	}
	m.alloc, err = m.export("weir_alloc", 1, 1)
	return err
}

// export finds a function of the given numbers of i32 parameters and results.
func (m *module) export(name string, params, results int) (api.Function, error) {
	f := m.mod.ExportedFunction(name)
	if f == nil {
		defs := m.mod.ExportedFunctionDefinitions()
		names := make([]string, 0, len(defs))
		for n := range defs {
			names = append(names, n)
		}
		slices.Sort(names)
		d := m.code.Errorf(guest.CodeFunction, "its module exports no function %s", name)
		if near := diag.Nearest(name, names); near != "" {
			return nil, d.WithHint("did you mean %s?", near)
		}
		return nil, d.WithHint("it exports %s", strings.Join(names, ", "))
	}
	def := f.Definition()
	plain := func(ts []api.ValueType, n int) bool {
		return len(ts) == n && !slices.ContainsFunc(ts, func(t api.ValueType) bool { return t != api.ValueTypeI32 })
	}
	if !plain(def.ParamTypes(), params) || !plain(def.ResultTypes(), results) {
		return nil, m.code.Errorf(guest.CodeFunction, "%s of its module takes %d and gives %d i32 in the batch ABI", name, params, results)
	}
	return f, nil
}

// call calls a function before the deadline. After an error the module is not called again.
func (m *module) call(f api.Function, args ...uint64) (uint32, error) {
	if m.failed != nil {
		return 0, m.failed
	}
	ctx, cancel := context.WithTimeout(m.ctx, m.code.Deadline)
	defer cancel()
	var stack [4]uint64
	copy(stack[:], args)
	if err := f.CallWithStack(ctx, stack[:]); err != nil {
		m.failed = m.trapped(err)
		return 0, m.failed
	}
	return uint32(stack[0]), nil
}

// answered turns the answer of a function into an error.
func (m *module) answered(place uint32, err error) error {
	if err != nil || place == 0 {
		return err
	}
	n, ok := m.mod.Memory().ReadUint32Le(place)
	text, in := m.mod.Memory().Read(place+4, min(n, 4096))
	if !ok || !in {
		return m.code.Errorf(guest.CodeAnswer, "it answered %d, which is no place of an error in its memory", place)
	}
	return m.code.Errorf(guest.CodeFunction, "%s", guest.Lines(string(text)))
}

// trapped says why a call did not come back.
func (m *module) trapped(err error) error {
	if exit := new(sys.ExitError); errors.As(err, &exit) {
		switch {
		case m.ctx.Err() != nil:
			return context.Cause(m.ctx)
		case exit.ExitCode() == sys.ExitCodeDeadlineExceeded || exit.ExitCode() == sys.ExitCodeContextCanceled:
			return m.code.Late()
		}
		return m.code.Errorf(guest.CodeCrash, "it ended itself with code %d", exit.ExitCode())
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return m.code.Late()
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return m.code.Errorf(guest.CodeCrash, "it trapped: %s", strings.TrimPrefix(first, "wasm error: "))
}

// room makes the region at least size bytes large.
func (m *module) room(r *region, size uint32) error {
	if r.size >= size && r.at != 0 {
		return nil
	}
	size = max(size, 2*r.size, 1<<12)
	at, err := m.call(m.alloc, uint64(size))
	if err != nil {
		return err
	}
	if _, ok := m.mod.Memory().Read(at, size); !ok || at == 0 {
		return m.code.Exhausted()
	}
	*r = region{at, size}
	return nil
}

// bytes gives memory of the module; valid until it is called.
func (m *module) bytes(at, n uint32) ([]byte, error) {
	b, ok := m.mod.Memory().Read(at, n)
	if !ok {
		return nil, m.code.Errorf(guest.CodeAnswer, "its result lies outside of its memory (%d bytes at %d)", n, at)
	}
	return b, nil
}

// Close lets go of the memory.
func (m *module) Close() error {
	if err := m.runtime.Close(context.WithoutCancel(m.ctx)); err != nil {
		return fmt.Errorf("closing a module: %w", err)
	}
	return nil
}
