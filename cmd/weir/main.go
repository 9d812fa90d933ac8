// Command weir is a terminal-first workbench for unified stream and batch SQL.
package main

import (
	"os"

	"github.com/weir-sql/weir/session"
)

// version is set by the linker.
var version = "dev"

func main() {
	session.TuneGC()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
