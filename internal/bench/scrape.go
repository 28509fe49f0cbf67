package bench

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// counts are the switch's metrics, by name and labels as they are written.
type counts map[string]float64

// scrape reads the switch's metrics (Prometheus text format).
func scrape(ctx context.Context, base string) (counts, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("read the switch's metrics: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("read the switch's metrics: status %d", resp.StatusCode)
	}
	c := make(counts)
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		line := lines.Text()
		at := strings.LastIndexByte(line, ' ')
		if at < 0 || strings.HasPrefix(line, "#") {
			continue
		}
		if v, err := strconv.ParseFloat(line[at+1:], 64); err == nil {
			c[line[:at]] = v
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the switch's metrics: %w", err)
	}
	return c, nil
}

// sum adds up all series of a metric that have all of labels ("why=\"x\"").
func (c counts) sum(name string, labels ...string) float64 {
	var total float64
series:
	for series, v := range c {
		if series != name && !strings.HasPrefix(series, name+"{") {
			continue
		}
		for _, l := range labels {
			if !strings.Contains(series, l) {
				continue series
			}
		}
		total += v
	}
	return total
}

// since returns what has been counted since before.
func (c counts) since(before counts) counts {
	did := make(counts, len(c))
	for series, v := range c {
		did[series] = v - before[series]
	}
	return did
}

// add counts what other has counted as well.
func (c counts) add(other counts) {
	for series, v := range other {
		c[series] += v
	}
}

// over returns how many of what a histogram has counted were above a bound, which must
// be one of its own.
func (c counts) over(name, bound string) float64 {
	return c.sum(name+"_count") - c.sum(name+"_bucket", `le="`+bound+`"`)
}

// quantile returns the upper bound of the bucket that holds quantile q of what a
// histogram has counted; of the last bucket, which has none, the bound below it.
func (c counts) quantile(name string, q float64) float64 {
	bounds := make(map[float64]float64)
	for series, v := range c {
		_, le, ok := strings.Cut(series, `le="`)
		if !ok || !strings.HasPrefix(series, name+"_bucket{") {
			continue
		}
		le, _, _ = strings.Cut(le, `"`)
		if bound, err := strconv.ParseFloat(le, 64); err == nil {
			bounds[bound] += v
		}
	}
	// Counts are cumulative, so the last holds all: "+Inf".
	known := slices.Sorted(maps.Keys(bounds))
	if len(known) == 0 {
		return 0
	}
	all := bounds[known[len(known)-1]]
	if math.IsInf(known[len(known)-1], 1) {
		known = known[:len(known)-1] // no bound at all: the highest that there is must do
	}
	for _, bound := range known {
		if bounds[bound] >= q*all {
			return bound
		}
	}
	if len(known) == 0 {
		return 0
	}
	return known[len(known)-1]
}
