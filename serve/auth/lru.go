package auth

import (
	"container/list"
	"time"
)

// recent is a map of fixed size whose entries end: when full, it drops the
// one least lately put. Not safe for several goroutines; the owners lock.
type recent[K comparable, V any] struct {
	max   int
	order *list.List // of entry[K, V]; front is the newest
	at    map[K]*list.Element
}

type entry[K comparable, V any] struct {
	key   K
	value V
	ends  time.Time
}

func newRecent[K comparable, V any](max int) *recent[K, V] {
	return &recent[K, V]{max: max, order: list.New(), at: make(map[K]*list.Element)}
}

// get gives the entry's value, or the zero value where it is absent or ended.
func (r *recent[K, V]) get(k K, now time.Time) (v V, ok bool) {
	el, ok := r.at[k]
	if !ok {
		return v, false
	}
	e := el.Value.(entry[K, V])
	if !now.Before(e.ends) {
		r.drop(k)
		return v, false
	}
	return e.value, true
}

func (r *recent[K, V]) put(k K, v V, ends time.Time) {
	r.drop(k)
	for len(r.at) >= r.max {
		r.drop(r.order.Back().Value.(entry[K, V]).key)
	}
	r.at[k] = r.order.PushFront(entry[K, V]{k, v, ends})
}

func (r *recent[K, V]) drop(k K) {
	if el, ok := r.at[k]; ok {
		r.order.Remove(el)
		delete(r.at, k)
	}
}

// each gives all entries, those that have ended too. They may be dropped meanwhile.
func (r *recent[K, V]) each(f func(K, V)) {
	for k, el := range r.at {
		f(k, el.Value.(entry[K, V]).value)
	}
}
