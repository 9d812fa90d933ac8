package wasm

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// maxTable is the number of entries that a table may have. A table takes memory of the
// host, which no limit of the runtime counts, so every table is given a maximum.
const maxTable = 1 << 20

var errModule = errors.New("it is cut off or malformed")

// capTables gives the module with a maximum for each of its tables.
func capTables(source []byte) ([]byte, error) {
	if len(source) < 8 || !bytes.Equal(source[:8], []byte("\x00asm\x01\x00\x00\x00")) {
		return nil, errors.New("it does not begin as one")
	}
	out := append(make([]byte, 0, len(source)+64), source[:8]...)
	for rest := source[8:]; len(rest) > 0; {
		id := rest[0]
		size, k := binary.Uvarint(rest[1:])
		if k <= 0 || size > uint64(len(rest)-1-k) {
			return nil, errModule
		}
		body := rest[1+k : 1+k+int(size)]
		rest = rest[1+k+int(size):]
		if id == 4 {
			var err error
			if body, err = capTableSection(body); err != nil {
				return nil, err
			}
		}
		out = binary.AppendUvarint(append(out, id), uint64(len(body)))
		out = append(out, body...)
	}
	return out, nil
}

func capTableSection(b []byte) ([]byte, error) {
	number := func() uint64 {
		n, k := binary.Uvarint(b)
		if k <= 0 {
			b = nil
			return 1 << 62
		}
		b = b[k:]
		return n
	}
	count := number()
	if count > 16 {
		return nil, errors.New("it has more than 16 tables")
	}
	out := binary.AppendUvarint(nil, count)
	for range count {
		if len(b) < 2 {
			return nil, errModule
		}
		kind, flags := b[0], b[1]
		b = b[2:]
		if flags > 1 {
			return nil, errModule
		}
		least, most := number(), uint64(maxTable)
		if flags == 1 {
			most = min(most, number())
		}
		if least > maxTable {
			return nil, errors.New("it has a table of more than a million entries")
		}
		out = binary.AppendUvarint(append(out, kind, 1), least)
		out = binary.AppendUvarint(out, max(least, most))
	}
	return out, nil
}
