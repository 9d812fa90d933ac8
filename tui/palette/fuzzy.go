package palette

import (
	"sort"
	"strings"
	"unicode"
)

// Score tells how well what was typed finds a text: 0 is not at all, more is better. All
// words must be found; the letters of a word in order, best in one piece at the
// beginning of a word of the text.
func Score(typed, text string) int {
	low := strings.ToLower(text)
	total := 1
	for _, word := range strings.Fields(strings.ToLower(typed)) {
		s := scoreWord(word, low)
		if s == 0 {
			return 0
		}
		total += s
	}
	return total
}

func scoreWord(word, text string) int {
	if i := strings.Index(text, word); i >= 0 {
		s := 1000 - min(i, 200) - min(len(text), 300)/4
		if i == 0 || !letter(rune(text[i-1])) {
			s += 500
		}
		return s
	}
	// The letters in order, each as near to the last as can be.
	at, gaps, starts := 0, 0, 0
	runes := []rune(text)
	for _, w := range word {
		from := at
		for at < len(runes) && runes[at] != w {
			at++
		}
		if at == len(runes) {
			return 0
		}
		if at == 0 || !letter(runes[at-1]) {
			starts++
		}
		gaps += at - from
		at++
	}
	if gaps > 3*len(word)+8 {
		return 0
	}
	return max(1, 200+40*starts-10*gaps)
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// rankItems gives the items that are found, best first; all in their order if nothing was typed.
func rankItems(items []Item, typed string) []int {
	out := make([]int, 0, len(items))
	typed = strings.TrimSpace(typed)
	if typed == "" {
		for i := range items {
			out = append(out, i)
		}
		return out
	}
	inverse := strings.HasPrefix(typed, "!") && len(typed) > 1
	typed = strings.TrimPrefix(typed, "!")
	score := make(map[int]int, len(items))
	for i, it := range items {
		s := max(Score(typed, it.Text)*2, Score(typed, it.Kind+" "+it.Text+" "+it.Note+" "+it.Key))
		if (s > 0) != inverse {
			score[i] = s
			out = append(out, i)
		}
	}
	if !inverse {
		sort.SliceStable(out, func(a, b int) bool { return score[out[a]] > score[out[b]] })
	}
	return out
}
