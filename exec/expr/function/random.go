package function

import (
	"encoding/hex"

	"github.com/weir-sql/weir/planner/rex"
)

// javaRandom is the generator of java.util.Random, so that RAND(seed) gives the
// sequence Flink gives.
type javaRandom struct{ state uint64 }

func newJavaRandom(seed int64) *javaRandom {
	return &javaRandom{(uint64(seed) ^ 0x5DEECE66D) & (1<<48 - 1)}
}

func (r *javaRandom) next(bits uint) int32 {
	r.state = (r.state*0x5DEECE66D + 0xB) & (1<<48 - 1)
	return int32(r.state >> (48 - bits))
}

func (r *javaRandom) float64() float64 {
	return float64(int64(r.next(26))<<27+int64(r.next(27))) / (1 << 53)
}

func (r *javaRandom) intn(n int32) int32 {
	if n&-n == n {
		return int32(int64(n) * int64(r.next(31)) >> 31)
	}
	for {
		bits := r.next(31)
		if val := bits % n; bits-val+(n-1) >= 0 {
			return val
		}
	}
}

// seeds keeps one generator per seed value of a call.
type seeds map[int32]*javaRandom

func (s seeds) of(seed int32) *javaRandom {
	r := s[seed]
	if r == nil {
		r = newJavaRandom(int64(seed))
		s[seed] = r
	}
	return r
}

func newRand(call *rex.Call) (Kernel, error) {
	gens := seeds{}
	return fixedOf(func(f *Frame, a args, i int) (float64, bool) {
		if a.has(0) {
			return gens.of(a.i32(0, i)).float64(), true
		}
		return float64(f.random()>>11) / (1 << 53), true
	})(call)
}

func newRandInteger(call *rex.Call) (Kernel, error) {
	gens := seeds{}
	return fixedErr(func(f *Frame, call *rex.Call, a args, i int) (int32, bool, error) {
		n := a.i32(len(a)-1, i)
		if n <= 0 {
			return 0, false, fail(call, CodeArgument, "RAND_INTEGER takes a bound above 0, got %d", n)
		}
		if a.has(1) {
			return gens.of(a.i32(0, i)).intn(n), true, nil
		}
		return int32(f.random() % uint64(n)), true, nil
	})(call)
}

func newUUID(call *rex.Call) (Kernel, error) {
	return textOf(func(f *Frame, dst []byte, _ args, _ int) ([]byte, bool) {
		var u [16]byte
		for k, x := 0, f.random(); k < 8; k++ {
			u[k] = byte(x >> (8 * k))
		}
		for k, x := 8, f.random(); k < 16; k++ {
			u[k] = byte(x >> (8 * (k - 8)))
		}
		u[6] = u[6]&0x0F | 0x40 // version 4
		u[8] = u[8]&0x3F | 0x80
		for k, part := range [][]byte{u[:4], u[4:6], u[6:8], u[8:10], u[10:]} {
			if k > 0 {
				dst = append(dst, '-')
			}
			dst = hex.AppendEncode(dst, part)
		}
		return dst, true
	})(call)
}
