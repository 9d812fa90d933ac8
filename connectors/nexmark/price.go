package nexmark

import "math"

// Prices are 100 * 10^(6u) for u uniform in [0, 1): as many from 1 to 10 dollars as from
// 100,000 to a million. A table holds the powers for the upper bits of u; the lower
// ones, a factor near 1, come from the first terms of the exponential series, which are
// exact to 1e-10 of the price.
const priceSteps = 1 << 11

var (
	pricePowers = powers()
	priceScale  = 6 * math.Ln10 / (1 << 53)
)

func powers() (t [priceSteps]float64) {
	for i := range t {
		t[i] = math.Pow(10, 6*float64(i)/priceSteps) * 100
	}
	return t
}

// price makes the price of a random number. The conversions keep multiplication and
// addition apart: some processors would round them together and give other prices.
func price(x uint64) int64 {
	u := x >> 11
	t := float64(u&(1<<42-1)) * priceScale
	tt := float64(t * t)
	f := 1 + t + float64(tt*0.5) + float64(float64(tt*t)*(1.0/6))
	return int64(float64(pricePowers[u>>42]*f) + 0.5)
}
