package filesystem

import (
	"bufio"
	"compress/bzip2"
	"compress/gzip"
	"compress/zlib"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// maxZstdWindow bounds the memory a hostile zstd file can ask for.
const maxZstdWindow = 128 << 20

// compressed reports whether a file's extension says that it is compressed.
func compressed(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".gz", ".gzip", ".zst", ".zstd", ".bz2", ".deflate":
		return true
	}
	return false
}

// decompress gives the text of a compressed file.
func decompress(name string, r io.Reader) (io.ReadCloser, error) {
	switch strings.ToLower(path.Ext(name)) {
	case ".gz", ".gzip":
		return gzip.NewReader(bufio.NewReaderSize(r, 64<<10))
	case ".zst", ".zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	case ".bz2":
		return io.NopCloser(bzip2.NewReader(bufio.NewReader(r))), nil
	default:
		return zlib.NewReader(bufio.NewReader(r))
	}
}
