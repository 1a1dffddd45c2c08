package lru

import (
	"container/list"
	"sync"
)

// Cache is a map that forgets. Its zero value is empty and ready.
type Cache[K comparable, V any] struct {
	mu     sync.Mutex // guards the fields below
	order  list.List  // of *entry[K, V], the one used last in front
	at     map[K]*list.Element
	weight int64 // of all
}

type entry[K comparable, V any] struct {
	key    K
	value  V
	weight int64
}

// Get gives what is remembered under a key, and counts as its use.
func (c *Cache[K, V]) Get(k K) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	el := c.at[k]
	if el == nil {
		return v, false
	}
	c.order.MoveToFront(el)
	return el.Value.(*entry[K, V]).value, true
}

// Put remembers a value in place of what is there under its key, unless stays,
// where it is not nil, says of that that it shall stay. Then it lets go of others
// until all together weigh most at most. What is heavier alone is not remembered,
// and costs the others nothing.
func (c *Cache[K, V]) Put(k K, v V, weight, most int64, stays func(old V) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if el := c.at[k]; el != nil {
		if stays != nil && stays(el.Value.(*entry[K, V]).value) {
			return
		}
		c.drop(el)
	}
	if weight > most {
		return
	}
	if c.at == nil {
		c.at = make(map[K]*list.Element)
	}
	c.at[k] = c.order.PushFront(&entry[K, V]{k, v, weight})
	c.weight += weight
	for c.weight > most {
		c.drop(c.order.Back())
	}
}

// Take gives what is remembered under a key, and forgets it.
func (c *Cache[K, V]) Take(k K) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	el := c.at[k]
	if el == nil {
		return v, false
	}
	return c.drop(el).value, true
}

// Forget lets go of all whose keys it is told to.
func (c *Cache[K, V]) Forget(which func(K) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, el := range c.at {
		if which(k) {
			c.drop(el)
		}
	}
}

func (c *Cache[K, V]) drop(el *list.Element) *entry[K, V] {
	e := c.order.Remove(el).(*entry[K, V])
	delete(c.at, e.key)
	c.weight -= e.weight
	return e
}
