package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"confab/internal/contract"
	"confab/internal/store"
)

// The bounds of a page (Twilio REST API, paging).
const (
	defaultPageSize = 50
	maxPageSize     = 1000
	maxPage         = 1 << 30
)

// page is the part of a list that a request asks for. Its token names a place in
// the list, not a number of a page, so that it stays where it is while others
// join in front of it.
type page struct {
	store.Page
	number int
	query  url.Values // the request's
}

// page reads PageSize, Page and PageToken.
func (p *params) page() (page, error) {
	g := page{query: p.values, number: p.number("Page", 0, 0, maxPage)}
	if g.Size = p.number("PageSize", defaultPageSize, 1, maxPage); g.Size > maxPageSize {
		p.fail(&problem{status: http.StatusBadRequest, code: contract.CodePageSizeREST,
			message: fmt.Sprintf("PageSize is too large: %d is the most", maxPageSize)})
	}
	token := p.text("PageToken")
	if token == "" {
		g.Skip = g.number * g.Size
	} else if ok := g.readToken(token); !ok {
		p.fail(badRequest("PageToken %q is not one of this list", token))
	}
	return g, p.err
}

// number reads a number between two bounds.
func (p *params) number(name string, unset, least, most int) int {
	text := p.text(name)
	if text == "" {
		return unset
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		p.fail(badRequest("%s must be a number from %d to %d", name, least, most))
	}
	return n
}

// A token is PA and the place behind which a page begins, or PB and the place
// that it ends before.
func token(kind string, k store.Key) string { return fmt.Sprintf("%s%016x%s", kind, k.At, k.Tie) }

func (g *page) readToken(token string) bool {
	if len(token) < 18 || len(token) > 64 {
		return false
	}
	at, err := strconv.ParseInt(token[2:18], 16, 64)
	key := store.Key{At: at, Tie: token[18:]}
	switch {
	case err != nil || key.Tie == "":
		return false
	case strings.HasPrefix(token, "PA"):
		g.After = key
	case strings.HasPrefix(token, "PB"):
		g.Before = key
	default:
		return false
	}
	return true
}

// uri returns the address of a page of the same list.
func (g page) uri(list string, number int, token string) string {
	uri := list + "?"
	kept := url.Values{}
	for name, values := range g.query {
		if name != "PageSize" && name != "Page" && name != "PageToken" {
			kept[name] = values
		}
	}
	if len(kept) > 0 {
		uri += kept.Encode() + "&"
	}
	uri += fmt.Sprintf("PageSize=%d&Page=%d", g.Size, number)
	if token != "" {
		uri += "&PageToken=" + token
	}
	return uri
}
