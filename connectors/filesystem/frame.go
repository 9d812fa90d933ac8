package filesystem

import "github.com/weir-sql/weir/exec/vec"

// frame puts the columns read from a file and those that are the same in all its
// rows together, in the order asked for.
type frame struct {
	same   []*constant // per column of the result; nil = the next one read
	remain int64       // rows still wanted, -1 = all
}

// frame makes the frame of a file.
func (s *Source) frame(f *file) (*frame, error) {
	fr := &frame{same: make([]*constant, len(s.spec.Read)), remain: -1}
	if s.spec.Limit > 0 {
		fr.remain = s.spec.Limit
	}
	for i, c := range s.spec.Read {
		con, same, err := s.constantOf(c, f)
		if err != nil {
			return nil, err
		}
		if same {
			fr.same[i] = con
		}
	}
	return fr, nil
}

// done reports whether enough rows were read.
func (f *frame) done() bool { return f.remain == 0 }

// want bounds a batch by the rows still wanted.
func (f *frame) want() int {
	if f.remain >= 0 && f.remain < vec.BatchSize {
		return int(f.remain)
	}
	return vec.BatchSize
}

// complete adds the columns that were not read.
func (f *frame) complete(b *vec.Batch) *vec.Batch {
	if f.remain >= 0 {
		f.remain = max(f.remain-int64(b.Len), 0)
	}
	out := &vec.Batch{Len: b.Len, Cols: make([]*vec.Vec, len(f.same)), Kinds: b.Kinds}
	next := 0
	for i, c := range f.same {
		if c != nil {
			out.Cols[i] = c.take(b.Len)
			continue
		}
		out.Cols[i] = b.Cols[next]
		next++
	}
	return out
}
