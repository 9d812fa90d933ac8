package function

import (
	"encoding/base64"
	"strconv"

	"github.com/weir-sql/weir/exec/expr/bitmap"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// bitmaps holds the functions of Roaring bitmaps, by the names that Flink 2.3 has for them.
// A bitmap is BYTES here.
var bitmaps = family("bitmap", []entry{
	{
		Name: "BITMAP_BUILD", Sigs: "BITMAP_BUILD(array of INT)", Doc: "the bitmap of the numbers in an array; NULL elements are not in it",
		Ex:    "BITMAP_TO_STRING(BITMAP_BUILD(ARRAY[3, 1, 3])) → {1,3}",
		Infer: inferBitmapBuild, New: textOf(buildBitmap),
	},
	{
		Name: "BITMAP_FROM_BYTES", Sigs: "BITMAP_FROM_BYTES(bytes)", Doc: "the bitmap that bytes in the portable Roaring format hold; an error for others",
		Ex:    "BITMAP_CARDINALITY(BITMAP_FROM_BYTES(BITMAP_TO_BYTES(BITMAP_BUILD(ARRAY[1, 2])))) → 2",
		Takes: []string{"BINARY"}, Gives: of(types.Bytes), Fallible: true, New: bitmapOf(func(s *bitmap.Set) *bitmap.Set { return s.Clone() }),
	},
	{
		Name: "BITMAP_TO_BYTES", Sigs: "BITMAP_TO_BYTES(bitmap)", Doc: "the bitmap in the portable Roaring format",
		Ex:    "BITMAP_TO_BYTES(BITMAP_BUILD(ARRAY[1])) → x'3a3000000100000000000000100000000100'",
		Takes: []string{"BINARY"}, Gives: of(types.Bytes), Fallible: true, New: bitmapOf(func(s *bitmap.Set) *bitmap.Set { return s.Clone() }),
	},
	{
		Name: "BITMAP_FROM_BASE64", Sigs: "BITMAP_FROM_BASE64(text)", Doc: "the bitmap whose bytes a text has in Base64",
		Ex:    "BITMAP_TO_STRING(BITMAP_FROM_BASE64('OjAAAAEAAAAAAAAAEAAAAAEA')) → {1}",
		Takes: []string{"STRING"}, Gives: of(types.Bytes), Fallible: true, New: textErr(bitmapFromBase64),
	},
	{
		Name: "BITMAP_TO_BASE64", Sigs: "BITMAP_TO_BASE64(bitmap)", Doc: "the bytes of the bitmap in Base64",
		Ex:    "BITMAP_TO_BASE64(BITMAP_BUILD(ARRAY[1])) → OjAAAAEAAAAAAAAAEAAAAAEA",
		Takes: []string{"BINARY"}, Gives: of(types.String), Fallible: true,
		New: ofBitmap(func(dst []byte, s *bitmap.Set) []byte {
			return base64.StdEncoding.AppendEncode(dst, bitmap.Append(nil, s.Clone()))
		}),
	},
	{
		Name: "BITMAP_TO_ARRAY", Sigs: "BITMAP_TO_ARRAY(bitmap)", Doc: "the numbers of the bitmap, ascending as unsigned numbers",
		Ex:    "BITMAP_TO_ARRAY(BITMAP_BUILD(ARRAY[3, 1])) → [1, 3]",
		Takes: []string{"BINARY"}, Gives: of(types.NewArray(types.Int32)), Fallible: true,
		New: builtOf(func(_ *Frame, call *rex.Call, b *vec.Builder, a args, i int) error {
			s, err := readBitmap(call, a, 0, i)
			if err != nil {
				return err
			}
			for it := s.Iterator(); it.HasNext(); {
				b.Kid(0).Int32(int32(it.Next()))
			}
			b.EndList()
			return nil
		}),
	},
	{
		Name: "BITMAP_TO_STRING", Sigs: "BITMAP_TO_STRING(bitmap)", Doc: "the numbers of the bitmap as a text, as unsigned numbers",
		Ex:    "BITMAP_TO_STRING(BITMAP_BUILD(ARRAY[3, 1])) → {1,3}",
		Takes: []string{"BINARY"}, Gives: of(types.String), Fallible: true, New: ofBitmap(bitmapText),
	},
	{
		Name: "BITMAP_CARDINALITY", Sigs: "BITMAP_CARDINALITY(bitmap)", Doc: "how many numbers are in the bitmap",
		Ex:    "BITMAP_CARDINALITY(BITMAP_BUILD(ARRAY[3, 1, 3])) → 2",
		Takes: []string{"BINARY"}, Gives: of(types.Int64), Fallible: true,
		New: fixedErr(func(_ *Frame, call *rex.Call, a args, i int) (int64, bool, error) {
			s, err := readBitmap(call, a, 0, i)
			if err != nil {
				return 0, false, err
			}
			return int64(s.GetCardinality()), true, nil
		}),
	},
	{
		Name: "BITMAP_CONTAINS", Sigs: "BITMAP_CONTAINS(bitmap, number)", Doc: "whether a number is in the bitmap",
		Ex:    "BITMAP_CONTAINS(BITMAP_BUILD(ARRAY[3, 1]), 3) → TRUE",
		Takes: []string{"BINARY, LONG"}, Gives: of(types.Bool), Fallible: true,
		New: fixedErr(func(_ *Frame, call *rex.Call, a args, i int) (bool, bool, error) {
			s, err := readBitmap(call, a, 0, i)
			if err != nil {
				return false, false, err
			}
			return s.Contains(uint32(a.i32(1, i))), true, nil
		}),
	},
	bitmapOperation("BITMAP_AND", "the numbers that are in both bitmaps", "{2}", (*bitmap.Set).And),
	bitmapOperation("BITMAP_OR", "the numbers that are in one of the bitmaps", "{1,2,3}", (*bitmap.Set).Or),
	bitmapOperation("BITMAP_XOR", "the numbers that are in just one of the bitmaps", "{1,3}", (*bitmap.Set).Xor),
	bitmapOperation("BITMAP_ANDNOT", "the numbers of the first bitmap that are not in the second", "{1}", (*bitmap.Set).AndNot),
})

// bitmapOperation is a function of two bitmaps; change changes the first.
func bitmapOperation(name, doc, example string, change func(a, b *bitmap.Set)) entry {
	return entry{
		Name: name, Sigs: name + "(bitmap, bitmap)", Doc: doc,
		Ex:    "BITMAP_TO_STRING(" + name + "(BITMAP_BUILD(ARRAY[1, 2]), BITMAP_BUILD(ARRAY[2, 3]))) → " + example,
		Takes: []string{"BINARY, BINARY"}, Gives: of(types.Bytes), Fallible: true,
		New: textErr(func(_ *Frame, call *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
			x, err := readBitmap(call, a, 0, i)
			if err != nil {
				return dst, false, err
			}
			y, err := readBitmap(call, a, 1, i)
			if err != nil {
				return dst, false, err
			}
			out := x.Clone()
			change(out, y)
			return bitmap.Append(dst, out), true, nil
		}),
	}
}

func readBitmap(call *rex.Call, a args, k, i int) (*bitmap.Set, error) {
	s, err := bitmap.Read(a.bytes(k, i))
	if err != nil {
		return nil, fail(call, CodeArgument, "%s: %v (%s)", call.Fn, err, quote(a[k], i))
	}
	return s, nil
}

// ofBitmap is a function of one bitmap that gives a text or bytes.
func ofBitmap(row func(dst []byte, s *bitmap.Set) []byte) maker {
	return textErr(func(_ *Frame, call *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
		s, err := readBitmap(call, a, 0, i)
		if err != nil {
			return dst, false, err
		}
		return row(dst, s), true, nil
	})
}

// bitmapOf is a function of one bitmap that gives another.
func bitmapOf(make func(*bitmap.Set) *bitmap.Set) maker {
	return ofBitmap(func(dst []byte, s *bitmap.Set) []byte { return bitmap.Append(dst, make(s)) })
}

func buildBitmap(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
	s := bitmap.New()
	elems := a[0].Kids[0]
	lo, hi := a.list(0, i)
	for k := lo; k < hi; k++ {
		if !elems.IsNull(k) {
			s.Add(uint32(elems.Int32s()[k]))
		}
	}
	return bitmap.Append(dst, s), true
}

func bitmapFromBase64(_ *Frame, call *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
	raw, err := base64.StdEncoding.DecodeString(a.str(0, i))
	if err != nil {
		return dst, false, fail(call, CodeArgument, "%s: %s is no Base64", call.Fn, quote(a[0], i))
	}
	s, err := bitmap.Read(raw)
	if err != nil {
		return dst, false, fail(call, CodeArgument, "%s: %v (%s)", call.Fn, err, quote(a[0], i))
	}
	return bitmap.Append(dst, s.Clone()), true, nil
}

func bitmapText(dst []byte, s *bitmap.Set) []byte {
	dst = append(dst, '{')
	for it, first := s.Iterator(), true; it.HasNext(); first = false {
		if !first {
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(dst, uint64(it.Next()), 10)
	}
	return append(dst, '}')
}

// inferBitmapBuild takes an array of whole numbers up to INT.
func inferBitmapBuild(c catalog.Call) (catalog.Resolved, error) {
	if len(c.Args) != 1 || c.Args[0].Kind != types.Array && c.Args[0].Kind != types.Null {
		return catalog.Resolved{}, wrongArgs("BITMAP_BUILD", []string{"ARRAY<INT>"}, c.Args)
	}
	ints, t := types.NewArray(types.Int32), c.Args[0]
	if t.Kind == types.Array {
		if !t.Elem.In(types.TinyInt, types.SmallInt, types.Integer, types.Null) {
			return catalog.Resolved{}, wrongArgs("BITMAP_BUILD", []string{"ARRAY<INT>"}, c.Args)
		}
		ints = types.NewArray(types.Int32.WithNull(t.Elem.Nullable || t.Elem.Kind == types.Null))
	}
	ints = ints.WithNull(t.Nullable || t.Kind == types.Null)
	return catalog.Resolved{Args: []types.Type{ints}, Result: types.Bytes.WithNull(ints.Nullable)}, nil
}
