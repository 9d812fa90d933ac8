package filesystem

// SetSplitSize makes ranges of another length, until the returned function is called.
func SetSplitSize(n int64) (restore func()) {
	old := splitSize
	splitSize = n
	return func() { splitSize = old }
}
