package text

import (
	"strconv"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// AppendBigDecimal appends a decimal without trailing zeros as Java's BigDecimal
// prints it: plain, or as 1.2E-7 and 1E+2 where Java turns to exponents.
func AppendBigDecimal(dst []byte, d vec.Decimal, scale int) []byte {
	var buf [48]byte
	digits := vec.AppendDecimal(buf[:0], d, 0)
	if digits[0] == '-' {
		dst = append(dst, '-')
		digits = digits[1:]
	}
	for len(digits) > 1 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
		scale--
	}
	if digits[0] == '0' {
		return append(dst, '0')
	}
	exp := len(digits) - 1 - scale
	if scale < 0 || exp < -6 {
		dst = append(dst, digits[0])
		if len(digits) > 1 {
			dst = append(append(dst, '.'), digits[1:]...)
		}
		dst = append(dst, 'E')
		if exp > 0 {
			dst = append(dst, '+')
		}
		return strconv.AppendInt(dst, int64(exp), 10)
	}
	if point := len(digits) - scale; point > 0 {
		dst = append(dst, digits[:point]...)
		if scale > 0 {
			dst = append(append(dst, '.'), digits[point:]...)
		}
		return dst
	}
	dst = append(dst, "0."...)
	for range scale - len(digits) {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

// DecimalAt gives row i of a DECIMAL column of either layout.
func DecimalAt(v *vec.Vec, i int) vec.Decimal {
	if v.Phys() == vec.PhysDec {
		return v.Decimals()[i]
	}
	return vec.DecimalOf(v.Int64s()[i])
}

// AppendTimestamp appends row i of a timestamp column: always with seconds, the
// fraction without trailing zeros, TIMESTAMP_LTZ in UTC with a Z.
func AppendTimestamp(dst []byte, v *vec.Vec, i int, std Standard) []byte {
	at := len(dst)
	dst = vec.AppendTimestamp(dst, v.Int64s()[i], v.Type.Precision, nil)
	if v.Type.Precision > 0 {
		for dst[len(dst)-1] == '0' {
			dst = dst[:len(dst)-1]
		}
		if dst[len(dst)-1] == '.' {
			dst = dst[:len(dst)-1]
		}
	}
	if std == ISO8601 {
		for k := at; k < len(dst); k++ {
			if dst[k] == ' ' {
				dst[k] = 'T'
			}
		}
	}
	if v.Type.Kind == types.TimestampLTZ {
		dst = append(dst, 'Z')
	}
	return dst
}
