package styles

import "math"

// Luminance is the relative luminance of a colour whose parts are between 0 and 1 (WCAG 2.2).
func Luminance(r, g, b float64) float64 {
	line := func(c float64) float64 {
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*line(r) + 0.7152*line(g) + 0.0722*line(b)
}

// Contrast is the contrast ratio of two luminances, from 1 to 21 (WCAG 2.2).
func Contrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }
