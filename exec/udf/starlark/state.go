package starlark

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"

	"go.starlark.net/starlark"
)

// A state is an accumulator as bytes: a tag, then what it holds; lengths as unsigned
// varints. Functions and what modules define cannot be in one.

var errState = errors.New("the state of an accumulator is cut off or not one")

func encode(dst []byte, x starlark.Value) ([]byte, error) {
	text := func(tag byte, s string) []byte {
		dst = binary.AppendUvarint(append(dst, tag), uint64(len(s)))
		return append(dst, s...)
	}
	all := func(tag byte, n int, at func(int) starlark.Value) (out []byte, err error) {
		dst = binary.AppendUvarint(append(dst, tag), uint64(n))
		for i := range n {
			if dst, err = encode(dst, at(i)); err != nil {
				return nil, err
			}
		}
		return dst, nil
	}
	switch v := x.(type) {
	case starlark.NoneType:
		return append(dst, 'n'), nil
	case starlark.Bool:
		if v {
			return append(dst, 't'), nil
		}
		return append(dst, 'f'), nil
	case starlark.Int:
		if n, ok := v.Int64(); ok {
			return binary.AppendVarint(append(dst, 'i'), n), nil
		}
		return text('I', v.String()), nil
	case starlark.Float:
		return binary.LittleEndian.AppendUint64(append(dst, 'd'), math.Float64bits(float64(v))), nil
	case starlark.String:
		return text('s', string(v)), nil
	case starlark.Bytes:
		return text('b', string(v)), nil
	case starlark.Tuple:
		return all('(', v.Len(), v.Index)
	case *starlark.List:
		return all('[', v.Len(), v.Index)
	case *starlark.Dict:
		items := v.Items()
		return all('{', 2*len(items), func(i int) starlark.Value { return items[i/2][i%2] })
	case *starlark.Set:
		var elems []starlark.Value
		for e := range v.Elements() {
			elems = append(elems, e)
		}
		return all('<', len(elems), func(i int) starlark.Value { return elems[i] })
	}
	return nil, fmt.Errorf("an accumulator cannot hold a %s", x.Type())
}

// decode reads one value and gives what is behind it.
func decode(b []byte) (starlark.Value, []byte, error) {
	if len(b) == 0 {
		return nil, nil, errState
	}
	tag, b := b[0], b[1:]
	switch tag {
	case 'n':
		return starlark.None, b, nil
	case 't', 'f':
		return starlark.Bool(tag == 't'), b, nil
	case 'i':
		n, k := binary.Varint(b)
		if k <= 0 {
			return nil, nil, errState
		}
		return starlark.MakeInt64(n), b[k:], nil
	case 'd':
		if len(b) < 8 {
			return nil, nil, errState
		}
		return starlark.Float(math.Float64frombits(binary.LittleEndian.Uint64(b))), b[8:], nil
	}
	n, k := binary.Uvarint(b)
	if k <= 0 || n > uint64(len(b)-k) {
		return nil, nil, errState
	}
	b = b[k:]
	switch tag {
	case 's':
		return starlark.String(b[:n]), b[n:], nil
	case 'b':
		return starlark.Bytes(b[:n]), b[n:], nil
	case 'I':
		v, ok := new(big.Int).SetString(string(b[:n]), 10)
		if !ok {
			return nil, nil, errState
		}
		return starlark.MakeBigInt(v), b[n:], nil
	}
	elems := make([]starlark.Value, n)
	for i := range elems {
		var err error
		if elems[i], b, err = decode(b); err != nil {
			return nil, nil, err
		}
	}
	switch tag {
	case '(':
		return starlark.Tuple(elems), b, nil
	case '[':
		return starlark.NewList(elems), b, nil
	case '{':
		d := starlark.NewDict(len(elems) / 2)
		for i := 0; i+1 < len(elems); i += 2 {
			if err := d.SetKey(elems[i], elems[i+1]); err != nil {
				return nil, nil, err
			}
		}
		return d, b, nil
	case '<':
		s := starlark.NewSet(len(elems))
		for _, e := range elems {
			if err := s.Insert(e); err != nil {
				return nil, nil, err
			}
		}
		return s, b, nil
	}
	return nil, nil, errState
}
