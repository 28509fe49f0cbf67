package bench

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
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
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		line := lines.Text()
		at := strings.LastIndexByte(line, ' ')
		if at < 0 || strings.HasPrefix(line, "#") {
			continue
		}
		if v, err := strconv.ParseFloat(line[at+1:], 64); err == nil {
			c[line[:at]] = v
		}
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

// quantile returns the upper bound of the bucket that holds quantile q of what a
// histogram has counted since before.
func (c counts) quantile(before counts, name string, q float64) float64 {
	bounds := make(map[float64]float64)
	for series, v := range c {
		_, le, ok := strings.Cut(series, `le="`)
		if !ok || !strings.HasPrefix(series, name+"_bucket{") {
			continue
		}
		le, _, _ = strings.Cut(le, `"`)
		if bound, err := strconv.ParseFloat(le, 64); err == nil {
			bounds[bound] += v - before[series]
		}
	}
	var all, best float64
	for _, n := range bounds {
		all = max(all, n)
	}
	found := false
	for bound, n := range bounds {
		if n >= q*all && (!found || bound < best) {
			best, found = bound, true
		}
	}
	return best
}
