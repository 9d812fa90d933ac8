//go:build !linux

package op_test

import "time"

var started = time.Now()

// threadTime is the time that went by: there is no clock of a thread's own here.
func threadTime() time.Duration { return time.Since(started) }
