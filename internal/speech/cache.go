package speech

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"confab/internal/audio"
)

const (
	cacheSuffix  = ".wav"
	cachePartial = ".part" // a file that is still being written, or was when we died
)

// cache keeps what was spoken, one WAV file for each text, named by its key. The
// longest unheard go first when it grows past its bound.
type cache struct {
	dir string
	max int64 // bytes

	mu      sync.Mutex
	entries map[string]cached
	size    int64 // of all entries, bytes
}

// cached is one file.
type cached struct {
	size int64
	used time.Time
}

// openCache opens the directory, or makes it, and takes stock.
func openCache(dir string, maxBytes int64) (*cache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open speech cache: %w", err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open speech cache: %w", err)
	}
	// Whether it can be written is better known now than at the first Say.
	probe, err := os.CreateTemp(dir, "*"+cachePartial)
	if err != nil {
		return nil, fmt.Errorf("open speech cache: %w", err)
	}
	probe.Close()
	os.Remove(probe.Name())

	c := &cache{dir: dir, max: maxBytes, entries: map[string]cached{}}
	for _, f := range files {
		key, ok := strings.CutSuffix(f.Name(), cacheSuffix)
		info, err := f.Info()
		switch {
		case strings.HasSuffix(f.Name(), cachePartial):
			os.Remove(filepath.Join(dir, f.Name()))
		case ok && err == nil && info.Mode().IsRegular():
			c.entries[key] = cached{info.Size(), info.ModTime()}
			c.size += info.Size()
		}
	}
	c.remove(c.evictions())
	return c, nil
}

// get returns the samples kept under key, or none if there are none at rate. A
// file that is damaged is forgotten.
func (c *cache) get(key string, rate int) ([]int16, bool) {
	path := c.path(key)
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, false // another process may have taken it
	}
	samples, err := decodeWhole(file, rate)
	if err != nil {
		os.Remove(path)
		c.forget(key)
		return nil, false
	}
	now := time.Now()
	os.Chtimes(path, time.Time{}, now) // so that the next start knows as well
	c.mu.Lock()
	defer c.mu.Unlock()
	c.noteLocked(key, cached{int64(len(file)), now})
	return samples, true
}

// put keeps samples under key. Other readers see all of them, or nothing.
func (c *cache) put(key string, rate int, samples []int16) error {
	var file bytes.Buffer
	if err := audio.WriteWAV(&file, rate, samples); err != nil {
		return fmt.Errorf("keep speech: %w", err)
	}
	size := int64(file.Len())
	if size > c.max {
		return nil // it would push out everything else
	}
	part, err := os.CreateTemp(c.dir, "*"+cachePartial)
	if err != nil {
		return fmt.Errorf("keep speech: %w", err)
	}
	_, err = part.Write(file.Bytes())
	err = errors.Join(err, part.Close())
	if err == nil {
		err = os.Rename(part.Name(), c.path(key))
	}
	if err != nil {
		os.Remove(part.Name())
		return fmt.Errorf("keep speech: %w", err)
	}
	c.mu.Lock()
	c.noteLocked(key, cached{size, time.Now()})
	c.mu.Unlock()
	c.remove(c.evictions())
	return nil
}

func (c *cache) path(key string) string { return filepath.Join(c.dir, key+cacheSuffix) }

func (c *cache) noteLocked(key string, e cached) {
	c.size += e.size - c.entries[key].size
	c.entries[key] = e
}

func (c *cache) forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.size -= c.entries[key].size
	delete(c.entries, key)
}

// evictions takes the longest unheard out of the books, to nine tenths of the
// bound, once it is passed; the caller removes their files.
func (c *cache) evictions() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.size <= c.max {
		return nil
	}
	keys := make([]string, 0, len(c.entries))
	for k := range c.entries {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return c.entries[a].used.Compare(c.entries[b].used) })
	var gone []string
	for _, k := range keys {
		if c.size <= c.max/10*9 {
			break
		}
		c.size -= c.entries[k].size
		delete(c.entries, k)
		gone = append(gone, k)
	}
	return gone
}

func (c *cache) remove(keys []string) {
	for _, k := range keys {
		os.Remove(c.path(k))
	}
}

// decodeWhole returns the samples of a WAV file as WriteWAV writes it, of that
// length exactly: a crash may have cut it off.
func decodeWhole(file []byte, rate int) ([]int16, error) {
	src, err := audio.NewWAVReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	samples, err := audio.Samples(src)
	if err != nil {
		return nil, err
	}
	stated := binary.LittleEndian.Uint32(file[4:]) // of RIFF: all that follows
	if src.Rate() != rate || int64(stated)+8 != int64(len(file)) {
		return nil, fmt.Errorf("%d bytes at %d Hz, not %d at %d", len(file), src.Rate(), stated+8, rate)
	}
	return samples, nil
}
