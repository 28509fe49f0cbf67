package api

import (
	"context"
	"slices"
	"strings"

	"confab/internal/contract"
	"confab/internal/store"
)

// country is a country that blocks are in.
type country struct {
	code  string
	types []contract.NumberType
}

// countriesOf returns the countries of the blocks, by their codes.
func countriesOf(blocks []block) (list []country) {
	for _, b := range blocks {
		i := slices.IndexFunc(list, func(c country) bool { return c.code == b.Country })
		if i < 0 {
			i, list = len(list), append(list, country{code: b.Country})
		}
		if !slices.Contains(list[i].types, b.Type) {
			list[i].types = append(list[i].types, b.Type)
		}
	}
	slices.SortFunc(list, func(a, b country) int { return strings.Compare(a.code, b.code) })
	return list
}

// describeCountry describes the AvailablePhoneNumberCountry resource (Twilio
// AvailablePhoneNumberCountry resource, properties).
func (q *request) describeCountry(c country) object {
	below := object{}
	for _, t := range []struct{ key, step string }{{"local", "Local"}, {"mobile", "Mobile"}, {"toll_free", "TollFree"}} {
		if slices.Contains(c.types, numberTypes[t.step]) {
			below = append(below, property{t.key, q.uri("AvailablePhoneNumbers", c.code, t.step)})
		}
	}
	return object{
		{"country_code", c.code},
		{"country", countries[c.code]},
		{"uri", q.uri("AvailablePhoneNumbers", c.code)},
		{"beta", false},
		{"subresource_uris", below},
	}
}

// listCountries lists the countries that there are blocks in, all of them: the
// contract has no pages of these (Twilio AvailablePhoneNumberCountry resource,
// read multiple).
func (a *API) listCountries(q *request) (answer, error) {
	l := list{key: "countries", kind: "Country", envelope: object{{"uri", q.uri("AvailablePhoneNumbers")}}}
	for _, c := range countriesOf(a.blocks) {
		l.items = append(l.items, q.describeCountry(c))
	}
	return l, nil
}

// findCountry finds the country that a path names.
func (a *API) findCountry(q *request) (country, error) {
	list := countriesOf(a.blocks)
	i := slices.IndexFunc(list, func(c country) bool { return c.code == q.names[0] })
	if i < 0 {
		return country{}, errNotFound
	}
	return list[i], nil
}

func (a *API) fetchCountry(q *request) (answer, error) {
	c, err := a.findCountry(q)
	if err != nil {
		return nil, err
	}
	return resource{"Country", q.describeCountry(c)}, nil
}

// offer is a number that can be bought.
type offer struct {
	number, country string
}

// describeOffer describes the AvailablePhoneNumber resource (Twilio
// AvailablePhoneNumber Local resource, properties). A block says nothing of
// places.
func describeOffer(o offer) object {
	return object{
		{"friendly_name", formatted(o.number)},
		{"phone_number", o.number},
		{"lata", nil},
		{"locality", nil},
		{"rate_center", nil},
		{"latitude", nil},
		{"longitude", nil},
		{"region", nil},
		{"postal_code", nil},
		{"iso_country", o.country},
		{"address_requirements", "none"},
		{"beta", false},
		{"capabilities", capabilities()},
	}
}

// listAvailable lists the numbers of a country and a type that can be bought
// (Twilio AvailablePhoneNumber Local resource, read multiple). A country
// without a block of the type has no such list.
func (a *API) listAvailable(q *request) (answer, error) {
	c, err := a.findCountry(q)
	if err != nil {
		return nil, err
	}
	kind := q.numberType()
	if !slices.Contains(c.types, kind) {
		return nil, errNotFound
	}
	p, err := q.query()
	if err != nil {
		return nil, err
	}
	w, able := p.availability(c.code, kind)
	g, err := p.page()
	if err != nil {
		return nil, err
	}
	var l store.List[offer]
	if able {
		if l, err = a.offered(q.Context(), w, g.Page); err != nil {
			return nil, err
		}
	}
	return paged(g, q.uri(q.place.steps[2:]...), "available_phone_numbers", "AvailablePhoneNumber", l,
		func(item store.Item[offer]) (object, bool) { return describeOffer(item.Info), true }), nil
}

// offered returns a part of the list of numbers that can be bought, the lowest
// first. Lists begin with what is highest, so a place in this one is the negative
// of a number.
func (a *API) offered(ctx context.Context, w wish, p store.Page) (l store.List[offer], err error) {
	take := func(from int64, down bool, skip, most int) (items []store.Item[offer], err error) {
		err = a.offers(ctx, w, from, down, func(n int64, b block) bool {
			if skip > 0 {
				skip--
				return true
			}
			items = append(items, store.Item[offer]{Info: offer{e164(n), b.Country}, Key: store.Key{At: -n, Tie: "n"}})
			return len(items) < most
		})
		return items, err
	}
	if p.Before == (store.Key{}) {
		l.Items, err = take(1-p.After.At, false, p.Skip, p.Size+1) // that of no key is 0: from the first on
		l.More = len(l.Items) > p.Size
		l.Items = l.Items[:min(len(l.Items), p.Size)]
		return l, err
	}
	if l.Items, err = take(-p.Before.At-1, true, 0, p.Size+1); err != nil {
		return l, err
	}
	l.Earlier = len(l.Items) > p.Size
	l.Items = l.Items[:min(len(l.Items), p.Size)]
	slices.Reverse(l.Items)
	next, err := take(-p.Before.At, false, 0, 1)
	l.More = len(next) > 0
	return l, err
}

// availability reads which numbers are looked for; able is false when none of
// ours can what is asked for. None is new to the platform or needs an address,
// so that Beta and Exclude…AddressRequired change nothing.
func (p *params) availability(country string, kind contract.NumberType) (w wish, able bool) {
	w = wish{country: country, kind: kind, area: p.text("AreaCode")}
	if w.area != "" {
		if !inNANP(country) {
			p.fail(badRequest("AreaCode is for numbers of US and CA"))
		}
		if !isAreaCode(w.area) {
			p.fail(errAreaCode(w.area))
		}
	}
	var err error
	if w.pattern, err = pattern(p.text("Contains")); err != nil {
		p.fail(badRequest("Contains: %v", err))
	}
	for _, name := range []string{"NearNumber", "NearLatLong", "Distance", "InPostalCode", "InRegion", "InRateCenter", "InLata", "InLocality"} {
		if p.text(name) != "" {
			p.fail(notServed("%s is not served by this version of Confab: of its numbers it does not know the places", name))
		}
	}
	able = true
	for _, can := range capabilities() {
		name := map[string]string{"voice": "Voice", "sms": "Sms", "mms": "Mms", "fax": "Fax"}[can.name] + "Enabled"
		if wanted := p.flag(name); wanted != nil && *wanted != can.value {
			able = false
		}
	}
	return w, able
}
