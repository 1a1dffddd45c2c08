package lru_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"restante/index/lru"
)

// item is an entry of the model, whose order is that of last use.
type item struct {
	key, value int
	weight     int64
}

// model is a cache that is a list, the one used last behind.
type model []item

func (m *model) take(k int) (item, bool) {
	i := slices.IndexFunc(*m, func(x item) bool { return x.key == k })
	if i < 0 {
		return item{}, false
	}
	x := (*m)[i]
	*m = slices.Delete(*m, i, i+1)
	return x, true
}

func (m *model) put(x item, most int64) {
	if x.weight > most {
		return
	}
	*m = append(*m, x)
	weight := int64(0)
	for _, x := range *m {
		weight += x.weight
	}
	for ; weight > most; *m = (*m)[1:] {
		weight -= (*m)[0].weight
	}
}

func TestCache_MatchesAModel(t *testing.T) {
	const most = 20
	rapid.Check(t, func(t *rapid.T) {
		var c lru.Cache[int, int]
		var m model
		key := func() int { return rapid.IntRange(0, 9).Draw(t, "key") }
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				x := item{key(), rapid.IntRange(0, 99).Draw(t, "value"), rapid.Int64Range(0, most+2).Draw(t, "weight")}
				newer := rapid.Bool().Draw(t, "only a greater value")
				var stays func(int) bool
				if newer {
					stays = func(old int) bool { return old > x.value }
				}
				c.Put(x.key, x.value, x.weight, most, stays)
				if i := slices.IndexFunc(m, func(y item) bool { return y.key == x.key }); i >= 0 && newer && m[i].value > x.value {
					return // it stays, where it is
				}
				m.take(x.key)
				m.put(x, most)
			},
			"get": func(t *rapid.T) {
				k := key()
				v, ok := c.Get(k)
				x, want := m.take(k)
				if want {
					m = append(m, x)
				}
				if ok != want || v != x.value {
					t.Fatalf("Get(%d) = %d, %v; want %d, %v", k, v, ok, x.value, want)
				}
			},
			"take": func(t *rapid.T) {
				k := key()
				v, ok := c.Take(k)
				if x, want := m.take(k); ok != want || v != x.value {
					t.Fatalf("Take(%d) = %d, %v; want %d, %v", k, v, ok, x.value, want)
				}
			},
			"forget": func(t *rapid.T) {
				third := rapid.IntRange(0, 2).Draw(t, "third")
				which := func(k int) bool { return k%3 == third }
				c.Forget(which)
				m = slices.DeleteFunc(m, func(x item) bool { return which(x.key) })
			},
		})
	})
}
