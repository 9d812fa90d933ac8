package format

import (
	"bytes"

	"github.com/weir-sql/weir/exec/vec"
)

// EachLine decodes a message a line: it is LineDecoder.DecodeLines for formats whose
// messages hold no line end. A line ends with LF or CR LF.
func EachLine(chunk []byte, last bool, max int, into *vec.BatchBuilder, d Decoder) (consumed, lines int, err error) {
	for consumed < len(chunk) && into.Len() < max {
		line, size := chunk[consumed:], 0
		if end := bytes.IndexByte(line, '\n'); end >= 0 {
			line, size = line[:end:end], end+1
		} else if last {
			size = len(line)
		} else {
			break
		}
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		if err := d.Decode(line, into); err != nil {
			return consumed, lines, err
		}
		consumed += size
		lines++
	}
	return consumed, lines, nil
}
