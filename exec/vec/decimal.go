package vec

import "github.com/apache/arrow/go/v15/arrow/decimal128"

// DecimalOf widens an unscaled 64-bit decimal.
func DecimalOf(x int64) Decimal { return decimal128.FromI64(x) }

// NewDecimal makes an unscaled decimal from its halves.
func NewDecimal(high int64, low uint64) Decimal { return decimal128.New(high, low) }
