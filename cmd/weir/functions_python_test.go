//go:build python

package main

import "testing"

// TestFunctionsDocInPython needs python3 with pyarrow: make test-python.
func TestFunctionsDocInPython(t *testing.T) { checkFunctionsDoc(t, true) }
