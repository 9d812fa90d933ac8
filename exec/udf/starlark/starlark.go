// Package starlark runs user functions in Starlark, a deterministic dialect of Python
// without input or output. The code runs in a child process, which is this program once
// more: only a process can be ended whatever it does, a loop that never ends, a number of a
// billion digits, or a list that takes all memory.
package starlark

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/weir-sql/weir/exec/udf/child"
	"github.com/weir-sql/weir/exec/udf/guest"
)

// Language is LANGUAGE STARLARK.
type Language struct{}

// Name is the name behind LANGUAGE.
func (Language) Name() string { return "STARLARK" }

// Scalar starts a child for a scalar or table function.
func (Language) Scalar(ctx context.Context, c *guest.Code) (guest.Scalar, error) { return open(ctx, c) }

// Aggregate starts a child for an aggregate function.
func (Language) Aggregate(ctx context.Context, c *guest.Code) (guest.Aggregate, error) {
	return open(ctx, c)
}

// marker is the environment variable that makes this program a child.
const marker = "WEIR_GUEST"

func open(ctx context.Context, c *guest.Code) (*child.Function, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, c.Errorf(guest.CodeMissing, "weir does not find its own program: %v", err)
	}
	if runtime.GOOS == "linux" {
		self = "/proc/self/exe" // also after weir was replaced by a newer one
	}
	cmd := exec.Command(self)
	cmd.Env = []string{marker + "=starlark", "GOMAXPROCS=2"}
	return child.Open(ctx, c, cmd)
}

// init turns a program that was started as a child into one, before anything else runs.
func init() {
	if os.Getenv(marker) != "starlark" {
		return
	}
	child.Serve(os.Stdin, os.Stdout, func(l child.Load) (child.Guest, error) {
		limitMemory(l.Memory)
		return newProgram(l)
	})
	os.Exit(0)
}

// limitMemory ends the process when its heap is larger than it may be. The system's own
// limit, where there is one, catches what grows faster than this looks.
func limitMemory(most int64) {
	debug.SetMemoryLimit(most)
	debug.SetMaxStack(64 << 20)
	limitAddresses(most)
	go func() {
		heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for {
			metrics.Read(heap)
			if heap[0].Value.Uint64() > uint64(most) {
				_, _ = os.Stderr.WriteString("out of memory\n")
				os.Exit(4)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
}
