package api

import (
	"cmp"
	"slices"
	"strings"

	"confab/internal/store"
)

// list is one page of a list.
type list struct {
	key      string // the list's name in JSON: calls
	kind     string // an item's element in XML: Call
	items    []object
	envelope object // where the page is, and where others are
}

// paged makes a page of l, a part of the list at uri. describe leaves out what
// is no longer in the list.
func paged[T any](g page, uri, key, kind string, l store.List[T], describe func(store.Item[T]) (object, bool)) list {
	answer := list{key: key, kind: kind, items: []object{}}
	for _, item := range l.Items {
		if o, ok := describe(item); ok {
			answer.items = append(answer.items, o)
		}
	}
	var next, previous any // URIs or null
	if n := len(l.Items); n > 0 {
		if l.More {
			next = g.uri(uri, g.number+1, token("PA", l.Items[n-1].Key))
		}
		if l.Earlier || g.After != (store.Key{}) || g.Skip > 0 {
			previous = g.uri(uri, max(g.number-1, 0), token("PB", l.Items[0].Key))
		}
	}
	start := g.number * g.Size
	answer.envelope = object{
		{"page", g.number},
		{"page_size", g.Size},
		{"start", start},
		{"end", start + max(len(answer.items)-1, 0)},
		{"uri", g.uri(uri, g.number, g.query.Get("PageToken"))},
		{"first_page_uri", g.uri(uri, 0, "")},
		{"next_page_uri", next},
		{"previous_page_uri", previous},
	}
	return answer
}

// part takes the part that p asks for out of a whole list.
func part[T any](items []store.Item[T], p store.Page) (l store.List[T]) {
	newestFirst := func(a, b store.Key) int {
		return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(b.Tie, a.Tie))
	}
	slices.SortFunc(items, func(a, b store.Item[T]) int { return newestFirst(a.Key, b.Key) })
	from, to := min(p.Skip, len(items)), len(items)
	// at is the place in items of the first that does not come before key.
	at := func(key store.Key) (int, bool) {
		return slices.BinarySearchFunc(items, key, func(item store.Item[T], key store.Key) int { return newestFirst(item.Key, key) })
	}
	switch {
	case p.Before != store.Key{}:
		to, _ = at(p.Before)
		from = max(to-p.Size, 0)
	case p.After != store.Key{}:
		i, there := at(p.After)
		if there {
			i++
		}
		from = i
	}
	to = min(to, from+p.Size)
	return store.List[T]{Items: items[from:to], Earlier: from > 0, More: to < len(items)}
}

func (l list) appendJSON(b []byte) []byte {
	b = append(appendString(append(b, '{'), l.key), ":["...)
	for i, item := range l.items {
		if i > 0 {
			b = append(b, ',')
		}
		b = item.appendJSON(b)
	}
	rest := l.envelope.appendJSON(nil)
	return append(append(b, "],"...), rest[1:]...)
}

// appendXML writes the envelope as attributes: page_size is pagesize.
func (l list) appendXML(b []byte) []byte {
	name := elementName(l.key)
	b = append(append(b, '<'), name...)
	for _, p := range l.envelope {
		b = appendAttribute(b, strings.ReplaceAll(p.name, "_", ""), p.value)
	}
	b = append(b, '>')
	for _, item := range l.items {
		b = appendElement(b, l.kind, item)
	}
	return append(append(append(b, "</"...), name...), '>')
}
