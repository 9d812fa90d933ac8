package vec

import (
	"slices"
	"strings"
	"testing"

	"github.com/weir-sql/weir/planner/types"
)

// The orders are those of maps in answers of Flink 2.2.
func TestHashOrder(t *testing.T) {
	for _, c := range []struct {
		keys, want string
	}{
		{"zebra apple mango kiwi fig x", "zebra x apple kiwi mango fig"},
		{"a b c d e f g h i j k l m n", "j m n d h l k b a i e f c g"},
		{"y x", "x y"},
		{"", ""},
	} {
		keys := strings.Fields(c.keys)
		var got []string
		for _, i := range HashOrder(len(keys), 16, func(i int) int32 { return TextHash([]byte(keys[i])) }) {
			got = append(got, keys[i])
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s come as %s, want %s", c.keys, text, c.want)
		}
	}
	words := strings.Fields("mango fig x zebra apple")
	got := HashOrder(len(words), len(words), func(i int) int32 { return JavaHash(words[i]) })
	if want := []int{2, 3, 4, 1, 0}; !slices.Equal(got, want) {
		t.Errorf("texts of Java come as %v, want %v", got, want)
	}
	for _, c := range []struct {
		t    types.Type
		in   []any
		want []int
	}{
		{types.Int32, []any{30, 17, 1, 2, 100, -5}, []int{1, 2, 3, 4, 5, 0}},
		{types.NewDecimal(5, 2), []any{350, 125, 100, 250, 10050, -550}, []int{0, 4, 1, 5, 3, 2}},
	} {
		v := FromValues(c.t, c.in...)
		if got := HashOrder(v.Len, 16, func(i int) int32 { return HashCode(v, i) }); !slices.Equal(got, c.want) {
			t.Errorf("%s come as %v, want %v", c.t, got, c.want)
		}
	}
	if JavaHash("𝄞") != 55348*31+56606 {
		t.Error("a character outside of the first plane counts as two")
	}
}
