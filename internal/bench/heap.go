package bench

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// liveHeap returns how many bytes live on the switch's heap: its profile of the
// heap is asked for, which collects garbage first. What was pooled lives through
// one collection, so it is asked for twice.
func (t *target) liveHeap(ctx context.Context) (float64, error) {
	if _, err := t.collect(ctx); err != nil {
		return 0, err
	}
	return t.collect(ctx)
}

func (t *target) collect(ctx context.Context) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+t.debug+"/debug/pprof/heap?gc=1&debug=1", nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("read the switch's heap: %w", err)
	}
	defer resp.Body.Close()
	found := -1.0
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "# HeapAlloc = "); ok {
			if found, err = strconv.ParseFloat(text, 64); err != nil {
				return 0, fmt.Errorf("read the switch's heap: %w", err)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return 0, fmt.Errorf("read the switch's heap: %w", err)
	}
	if found < 0 {
		return 0, fmt.Errorf("read the switch's heap: status %d, and no HeapAlloc in what it says", resp.StatusCode)
	}
	return found, nil
}
