package op_test

import (
	"syscall"
	"time"
)

// threadTime is the processor time that the calling thread has had: what others take of a busy machine does not count.
func threadTime() time.Duration {
	const ofThread = 1 // RUSAGE_THREAD
	var u syscall.Rusage
	if err := syscall.Getrusage(ofThread, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
