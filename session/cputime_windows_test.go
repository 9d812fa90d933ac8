package session_test

import "time"

var processStart = time.Now()

// cpuTime is wall time where the system does not tell better.
func cpuTime() time.Duration { return time.Since(processStart) }
