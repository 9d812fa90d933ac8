//go:build !linux

package starlark

func limitAddresses(int64) {}
