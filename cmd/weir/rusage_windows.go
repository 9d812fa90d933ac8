package main

import "os"

// peakRSS is 0: Windows does not tell it of a process that has ended.
func peakRSS(*os.ProcessState) int64 { return 0 }
