package sip

import "slices"

// table holds the transactions of one dialog: seldom more than one at a time, so
// it is looked through, and takes no memory while there are none. The zero value
// is empty.
type table[K comparable, V any] []row[K, V]

type row[K comparable, V any] struct {
	key   K
	value V
}

// get returns the transaction of that key.
func (t table[K, V]) get(key K) (value V, ok bool) {
	for i := range t {
		if t[i].key == key {
			return t[i].value, true
		}
	}
	return value, false
}

// put takes a transaction, in place of one that had its key.
func (t *table[K, V]) put(key K, value V) {
	for i := range *t {
		if (*t)[i].key == key {
			(*t)[i].value = value
			return
		}
	}
	*t = append(*t, row[K, V]{key, value})
}

// remove forgets the transaction of that key.
func (t *table[K, V]) remove(key K) {
	*t = slices.DeleteFunc(*t, func(x row[K, V]) bool { return x.key == key })
	if len(*t) == 0 {
		*t = nil
	}
}
