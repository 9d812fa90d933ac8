package starlark

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// limitAddresses caps the address space at what is in use and twice most, which leaves the
// collector room to copy; it also takes the right to write files away.
func limitAddresses(most int64) {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return
	}
	pages, err := strconv.ParseInt(string(bytes.Fields(statm)[0]), 10, 64)
	if err != nil {
		return
	}
	top := uint64(pages*int64(os.Getpagesize()) + 2*most + 64<<20)
	_ = syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: top, Max: top}) // the watch remains
	_ = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{})
}
