package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"confab/internal/contract"
)

// maxBlock is how many numbers one block may have: a list looks at each, if few
// fit what it asks for.
const maxBlock = 100_000

// block is a run of numbers that can be had.
type block struct {
	contract.NumberBlock
	first, last int64 // without the plus sign
}

// CheckBlocks says what is wrong with blocks of numbers, if anything is: it
// begins with "[n]: ", of the block that it is about.
func CheckBlocks(blocks []contract.NumberBlock) error {
	_, err := newBlocks(blocks)
	return err
}

func newBlocks(given []contract.NumberBlock) (blocks []block, err error) {
	for i, n := range given {
		b, err := newBlock(n)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		for j, other := range blocks {
			if b.first <= other.last && other.first <= b.last {
				return nil, fmt.Errorf("[%d]: %s to %s has numbers of block [%d] in it", i, n.First, n.Last, j)
			}
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

func newBlock(n contract.NumberBlock) (b block, err error) {
	b.NumberBlock = n
	for _, end := range []struct {
		key, number string
		to          *int64
	}{{"first", n.First, &b.first}, {"last", n.Last, &b.last}} {
		if !isE164(end.number) {
			return b, fmt.Errorf("%s: %q is not E.164: a + and 7 to 15 digits, such as +15550200", end.key, end.number)
		}
		if *end.to, err = strconv.ParseInt(end.number[1:], 10, 64); err != nil {
			return b, fmt.Errorf("%s: %w", end.key, err)
		}
	}
	switch {
	case len(n.First) != len(n.Last):
		return b, fmt.Errorf("%s and %s have not the same number of digits", n.First, n.Last)
	case b.last < b.first:
		return b, fmt.Errorf("last: %s comes before %s", n.Last, n.First)
	case b.last-b.first >= maxBlock:
		return b, fmt.Errorf("%s to %s has %d numbers: %d is the most", n.First, n.Last, b.last-b.first+1, maxBlock)
	case countries[n.Country] == "":
		return b, fmt.Errorf("country: %q is no ISO 3166-1 code of two capital letters, such as US", n.Country)
	case n.Type != contract.NumberLocal && n.Type != contract.NumberMobile && n.Type != contract.NumberTollFree:
		return b, fmt.Errorf("type: %q is none of %s, %s, %s", n.Type, contract.NumberLocal, contract.NumberMobile, contract.NumberTollFree)
	}
	return b, nil
}

// isE164: ITU-T E.164 §6.1; fewer than seven digits are an extension.
func isE164(number string) bool {
	digits, ok := strings.CutPrefix(number, "+")
	return ok && len(digits) >= 7 && len(digits) <= 15 && digits[0] != '0' && strings.Trim(digits, "0123456789") == ""
}

// wish says which numbers are wanted; zero fields are not asked about.
type wish struct {
	country string
	kind    contract.NumberType
	area    string // area code, of countries that have such
	number  string // this one
	pattern string // see matches
}

// wants reports whether a block may have what is wished for.
func (w wish) wants(b block) bool {
	return (w.country == "" || w.country == b.Country) && (w.kind == "" || w.kind == b.Type) && (w.area == "" || inNANP(b.Country))
}

// inNANP reports whether a country's numbers have area codes that can be asked
// for (Twilio AvailablePhoneNumber resource, AreaCode: of the US and Canada).
func inNANP(country string) bool { return country == "US" || country == "CA" }

// look is how many numbers are looked at before it is asked which of them are
// taken.
const look = 256

// spans returns the parts of the blocks that may have what is wished for, by
// their numbers.
func (a *API) spans(w wish) (spans []block) {
	for _, b := range a.blocks {
		if !w.wants(b) {
			continue
		}
		if w.area != "" { // of a number of the North American plan: 1, area code, 7 digits
			area, err := strconv.ParseInt("1"+w.area, 10, 64)
			if err != nil {
				continue
			}
			b.first, b.last = max(b.first, area*1e7), min(b.last, area*1e7+1e7-1)
		}
		if w.number != "" {
			n, err := strconv.ParseInt(w.number[1:], 10, 64)
			if err != nil {
				continue
			}
			b.first, b.last = max(b.first, n), min(b.last, n)
		}
		if b.first <= b.last {
			spans = append(spans, b)
		}
	}
	slices.SortFunc(spans, func(a, b block) int { return cmp.Compare(a.first, b.first) })
	return spans
}

// offers gives yield the numbers that are wished for and that nobody has, until
// it returns false: from a number upwards, or, if down, downwards. What is looked
// at is little more than what is given, but for a pattern that few numbers fit.
func (a *API) offers(ctx context.Context, w wish, from int64, down bool, yield func(int64, block) bool) error {
	spans := a.spans(w)
	if down {
		slices.Reverse(spans)
	}
	for _, s := range spans {
		if down {
			s.last = min(s.last, from)
		} else {
			s.first = max(s.first, from)
		}
		for s.first <= s.last {
			low, high := s.first, min(s.last, s.first+look-1)
			if down {
				low, high = max(s.first, s.last-look+1), s.last
				s.last = low - 1
			} else {
				s.first = high + 1
			}
			taken, err := a.cfg.Store.Taken(ctx, e164(low), e164(high))
			if err != nil {
				return err
			}
			for i := range high - low + 1 {
				n := low + i
				if down {
					n = high - i
				}
				if number := e164(n); !taken[number] && matches(w.pattern, number) && !yield(n, s) {
					return nil
				}
			}
		}
	}
	return nil
}

func e164(n int64) string { return "+" + strconv.FormatInt(n, 10) }

// errPattern: a pattern has a character that numbers do not have.
var errPattern = errors.New("pattern has other characters than digits, letters, + and *")

// pattern reads a pattern of numbers. Separators do not count.
func pattern(text string) (string, error) {
	p := strings.Map(func(c rune) rune {
		if strings.ContainsRune(" -.()", c) {
			return -1
		}
		return c
	}, text)
	for _, c := range p {
		if !strings.ContainsRune("+*0123456789", c) && (c|0x20 < 'a' || c|0x20 > 'z') {
			return "", errPattern
		}
	}
	return p, nil
}

// keypad has the digit of each letter, from A on (ITU-T E.161).
const keypad = "22233344455566677778889999"

// matches reports whether a pattern is in a number: * stands for any digit and
// a letter also for its digit on the keypad (Twilio AvailablePhoneNumber
// resource, Contains; IncomingPhoneNumber resource, PhoneNumber).
func matches(pattern, number string) bool {
	for from := 0; from+len(pattern) <= len(number); from++ {
		if fits(pattern, number[from:]) {
			return true
		}
	}
	return false
}

func fits(pattern, number string) bool {
	for i, p := range []byte(pattern) {
		c := number[i]
		letter := p | 0x20
		if p != c && (p != '*' || c < '0' || c > '9') && (letter < 'a' || letter > 'z' || c != keypad[letter-'a']) {
			return false
		}
	}
	return true
}
