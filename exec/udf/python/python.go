// Package python runs user functions in Python: a child process for each, which needs
// pyarrow. The runner in it is part of weir and closes a sandbox around the function.
package python

import (
	"context"
	_ "embed"
	"os"
	"os/exec"

	"github.com/weir-sql/weir/exec/udf/child"
	"github.com/weir-sql/weir/exec/udf/guest"
)

//go:embed runner.py
var runner string

// Interpreter is the environment variable that names the interpreter; without it python3
// is looked for in PATH.
const Interpreter = "WEIR_PYTHON"

// Language is LANGUAGE PYTHON.
type Language struct{}

// Name is the name behind LANGUAGE.
func (Language) Name() string { return "PYTHON" }

// Scalar starts a child for a scalar or table function.
func (Language) Scalar(ctx context.Context, c *guest.Code) (guest.Scalar, error) { return open(ctx, c) }

// Aggregate starts a child for an aggregate function.
func (Language) Aggregate(ctx context.Context, c *guest.Code) (guest.Aggregate, error) {
	return open(ctx, c)
}

func open(ctx context.Context, c *guest.Code) (*child.Function, error) {
	name := os.Getenv(Interpreter)
	if name == "" {
		name = "python3"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, c.Errorf(guest.CodeMissing, "there is no Python: %v", err).
			WithHint("install Python 3.9 or later with pyarrow, or name an interpreter: %s=/path/to/python3", Interpreter)
	}
	// "" in sys.path is the working directory, from which nothing shall be imported.
	cmd := exec.Command(path, "-s", "-u", "-c", "import sys; sys.path[:1] = []; exec(compile(sys.argv[1], '<weir>', 'exec'))", runner)
	// The environment of weir, which may hold secrets, is not the function's.
	cmd.Env = []string{"LANG=C.UTF-8", "PYTHONHASHSEED=0", "ARROW_DEFAULT_MEMORY_POOL=system", "OMP_NUM_THREADS=1"}
	cmd.Dir = os.TempDir()
	return child.Open(ctx, c, cmd)
}
