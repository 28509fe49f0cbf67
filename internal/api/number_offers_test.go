package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"testing"

	"confab/internal/api"
	"confab/internal/contract"
)

// The numbers that can be bought are listed from the lowest on, whatever the
// order of the blocks, without those that somebody has, forwards and back.
func TestAvailable_pagesForwardAndBack(t *testing.T) {
	d := newDesk(t, func(c *api.Config) {
		c.Blocks = []contract.NumberBlock{
			{First: "+15551000", Last: "+15551999", Country: "US", Type: contract.NumberLocal},
			{First: "+14155550100", Last: "+14155550103", Country: "US", Type: contract.NumberLocal},
			{First: "+15550200", Last: "+15550209", Country: "US", Type: contract.NumberLocal},
		}
	})
	taken := map[string]bool{"+14155550100": true, "+15550209": true}
	for n := 15551000; n < 15551700; n++ { // more than are looked at at once
		taken[fmt.Sprintf("+%d", n)] = true
	}
	for number := range taken {
		if _, err := d.store.AddNumber(t.Context(), contract.NumberInfo{Number: number}); err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	for _, run := range [][2]int{{15550200, 15550209}, {15551000, 15551999}, {14155550100, 14155550103}} {
		for n := run[0]; n <= run[1]; n++ {
			if number := fmt.Sprintf("+%d", n); !taken[number] {
				want = append(want, number)
			}
		}
	}
	for _, size := range []int{3, 100, 1000} {
		var got []string
		var last string
		for next := any(fmt.Sprintf("%s/AvailablePhoneNumbers/US/Local.json?PageSize=%d", own, size)); next != nil; {
			page := d.get(t, next.(string))
			got = append(got, column(t, page, "available_phone_numbers", "phone_number")...)
			last, next = next.(string), page["next_page_uri"]
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: %d numbers, %v …, want %d", size, len(got), got[:min(20, len(got))], len(want))
		}
		var back [][]string
		for previous := any(last); previous != nil; {
			page := d.get(t, previous.(string))
			back = append(back, column(t, page, "available_phone_numbers", "phone_number"))
			previous = page["previous_page_uri"]
			if len(back) > len(want)+1 {
				t.Fatal("no end backwards")
			}
		}
		slices.Reverse(back)
		if got := slices.Concat(back...); !slices.Equal(got, want) {
			t.Errorf("pages of %d, backwards: %d numbers, want %d", size, len(got), len(want))
		}
	}
	skipped := d.get(t, own+"/AvailablePhoneNumbers/US/Local.json?PageSize=5&Page=2")
	if got := column(t, skipped, "available_phone_numbers", "phone_number"); !slices.Equal(got, want[10:15]) {
		t.Errorf("the third page of 5: %v, want %v", got, want[10:15])
	}
}

// What is asked for is found without a look at all the numbers of all blocks.
func TestAvailable_looksAtFew(t *testing.T) {
	d := newDesk(t, func(c *api.Config) {
		for area := range 8 {
			c.Blocks = append(c.Blocks, contract.NumberBlock{First: fmt.Sprintf("+1%d005500000", area+2), Last: fmt.Sprintf("+1%d005599999", area+2),
				Country: "US", Type: contract.NumberLocal})
		}
	})
	for what, ask := range map[string]func(){
		"list":       func() { d.get(t, own+"/AvailablePhoneNumbers/US/Local.json?PageSize=10") },
		"of an area": func() { d.get(t, own+"/AvailablePhoneNumbers/US/Local.json?PageSize=10&AreaCode=900") },
		"a later page": func() {
			d.get(t, own+"/AvailablePhoneNumbers/US/Local.json?PageSize=10&PageToken=PA"+place(-18005550000))
		},
		"the one before it": func() {
			d.get(t, own+"/AvailablePhoneNumbers/US/Local.json?PageSize=10&PageToken=PB"+place(-18005550000))
		},
		"buy any": func() {
			decode(t, d.ask(t, "POST", own+"/IncomingPhoneNumbers.json", url.Values{"AreaCode": {"700"}}), 201)
		},
		"buy one that is not there": func() {
			decode(t, d.ask(t, "POST", own+"/IncomingPhoneNumbers.json", url.Values{"PhoneNumber": {"+17005600000"}}), 400)
		},
	} {
		if n := testing.AllocsPerRun(3, ask); n > 10_000 { // each number that is looked at is one
			t.Errorf("%s: %.0f allocations, of 800,000 numbers", what, n)
		}
	}
}

// place is how a token names a place.
func place(at int64) string { return fmt.Sprintf("%016xn", at) }
