package line_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"confab/internal/line"
	"confab/internal/twiml"
)

func TestOpenRooms_samples(t *testing.T) {
	ctx, dir := context.Background(), filepath.Join(t.TempDir(), "not", "there yet?#%")
	rooms := openRooms(t, dir)
	got, err := rooms.List(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := []line.Room{
		{Name: "conference 1", Code: "123", Language: "en-US"},
		{Name: "conference 2", Code: "456", Language: "en-US"},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(line.Room{}, "Created", "ID")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if age := time.Since(got[0].Created); age < 0 || age > time.Hour {
		t.Errorf("created %v ago", age)
	}
	// An operator who removes them has removed them.
	for _, r := range got {
		if err := rooms.Remove(ctx, r.Name); err != nil {
			t.Fatal(err)
		}
	}
	again := openRooms(t, dir)
	if got, err := again.List(ctx); err != nil || len(got) != 0 {
		t.Errorf("after removal: %v, %v", got, err)
	}
}

// The codes are nobody else's to read.
func TestOpenRooms_mode(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "line.db"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	openRooms(t, dir)
	files, err := filepath.Glob(filepath.Join(dir, "line.db*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("files: %v, %v", files, err)
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v", f, info.Mode())
		}
	}
}

func TestOpenRooms_errors(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := line.OpenRooms(context.Background(), filepath.Join(dir, "file")); err == nil {
		t.Error("a file for a directory: no error")
	}
	if err := os.WriteFile(filepath.Join(dir, "line.db"), []byte(strings.Repeat("not a database", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if _, err := line.OpenRooms(ctx, dir); err == nil || !strings.Contains(err.Error(), "line.db") {
		t.Errorf("not a database: got %v", err)
	}
}

// Several processes that start at once on a new directory all find it whole.
func TestOpenRooms_atOnce(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			rooms, err := line.OpenRooms(context.Background(), dir)
			if err != nil {
				t.Error(err)
				return
			}
			if list, err := rooms.List(context.Background()); err != nil || len(list) != 2 {
				t.Errorf("got %v, %v", list, err)
			}
			if err := rooms.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// What one process writes counts for the other at once.
func TestRooms_twoHandles(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	server, operator := openRooms(t, dir), openRooms(t, dir)
	opens := func(code, want string) {
		t.Helper()
		entry, ok, err := server.ByCode(ctx, code)
		if err != nil || entry.Room.Name != want || ok != (want != "") {
			t.Errorf("%s opens %q, %v, %v; want %q", code, entry.Room.Name, ok, err, want)
		}
	}
	opens("2468", "")
	if _, err := operator.Add(ctx, line.Room{Name: "tea", Code: "2468"}); err != nil {
		t.Fatal(err)
	}
	opens("2468", "tea")
	if err := operator.SetClosed(ctx, "tea", true); err != nil {
		t.Fatal(err)
	}
	opens("2468", "")
	if err := operator.SetClosed(ctx, "tea", false); err != nil {
		t.Fatal(err)
	}
	opens("2468", "tea")
	if err := operator.Remove(ctx, "tea"); err != nil {
		t.Fatal(err)
	}
	opens("2468", "")
	opens("123", "conference 1")
}

// Readers do not fail while another process writes.
func TestRooms_busy(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	server, operator := openRooms(t, dir), openRooms(t, dir)
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 50 {
			if _, err := operator.Add(ctx, line.Room{Name: "tea"}); err != nil {
				t.Error(err)
			}
			if err := operator.Remove(ctx, "tea"); err != nil {
				t.Error(err)
			}
		}
	})
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if _, ok, err := server.ByCode(ctx, "456"); !ok || err != nil {
					t.Errorf("got %v, %v", ok, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestRooms_Add(t *testing.T) {
	ctx, rooms := context.Background(), openRooms(t, t.TempDir())
	tests := []struct {
		name string
		room line.Room
		want string // in the error; "" is none
	}{
		{"plain", line.Room{Name: "a", Code: "111"}, ""},
		{"16 digits and a language", line.Room{Name: "b", Code: "0123456789012345", Language: "DE-de"}, ""},
		{"128 characters", line.Room{Name: strings.Repeat("é", 128), Code: "222"}, ""},
		{"no name", line.Room{Name: " \t", Code: "333"}, "no name"},
		{"129 characters", line.Room{Name: strings.Repeat("é", 129), Code: "333"}, "too long: 129 characters of 128"},
		{"name with a line break", line.Room{Name: "a\nb", Code: "333"}, "cannot be written"},
		{"name that is not UTF-8", line.Room{Name: "a\xff", Code: "333"}, "cannot be written"},
		{"name like a SID", line.Room{Name: "CF0123456789abcdef0123456789abcdef", Code: "333"}, "SID of a conference"},
		{"two digits", line.Room{Name: "c", Code: "12"}, "has 2 digits, not 3 to 16"},
		{"17 digits", line.Room{Name: "c", Code: "01234567890123456"}, "has 17 digits, not 3 to 16"},
		{"letters", line.Room{Name: "c", Code: "12a"}, "not made of the digits"},
		{"a key that ends the code", line.Room{Name: "c", Code: "12#"}, "not made of the digits"},
		{"other digits", line.Room{Name: "c", Code: "١٢٣"}, "not made of the digits"},
		{"unknown language", line.Room{Name: "c", Code: "333", Language: "tlh"}, `"tlh"`},
		{"endless greeting", line.Room{Name: "c", Code: "333", Greeting: strings.Repeat("x", 4097)}, "too long: 4097 characters of 4096"},
		{"greeting with a bell", line.Room{Name: "c", Code: "333", Greeting: "x\ay"}, "cannot be spoken"},
		{"name taken", line.Room{Name: "conference 1", Code: "333"}, `a room of this name exists: "conference 1"`},
		{"name taken, but for space", line.Room{Name: " conference 1 ", Code: "333"}, "a room of this name exists"},
		{"code taken", line.Room{Name: "c", Code: "456"}, `these digits open another room: "conference 2"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := rooms.Add(ctx, test.room)
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Fatalf("got %v, want an error with %q", err, test.want)
				}
				if test.room.Code != "" && strings.Contains(err.Error(), `"`+test.room.Code) {
					t.Errorf("code in %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			shown, err := rooms.Show(ctx, test.room.Name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, shown); diff != "" {
				t.Errorf("added (-) and shown (+) differ:\n%s", diff)
			}
			if found, ok, err := rooms.ByCode(ctx, test.room.Code); err != nil || !ok || found.Room.Name != test.room.Name || found.Moderator {
				t.Errorf("by code: %v, %v, %v", found.Room.Name, ok, err)
			}
		})
	}
	if room, _ := rooms.Show(ctx, "b"); room.Language != "de-DE" {
		t.Errorf("language %q, want de-DE", room.Language)
	}
	if _, err := rooms.Add(ctx, line.Room{Name: "conference 1", Code: "999"}); !errors.Is(err, line.ErrNameTaken) {
		t.Errorf("got %v, want ErrNameTaken", err)
	}
	if _, err := rooms.Add(ctx, line.Room{Name: "x", Code: "123"}); !errors.Is(err, line.ErrCodeTaken) {
		t.Errorf("got %v, want ErrCodeTaken", err)
	}
}

func TestRooms_notThere(t *testing.T) {
	ctx, rooms := context.Background(), openRooms(t, t.TempDir())
	_, err := rooms.Show(ctx, "nowhere")
	for what, err := range map[string]error{
		"show": err, "remove": rooms.Remove(ctx, "nowhere"), "close": rooms.SetClosed(ctx, "nowhere", true),
	} {
		if !errors.Is(err, line.ErrNoRoom) || !strings.Contains(err.Error(), `"nowhere"`) {
			t.Errorf("%s: got %v", what, err)
		}
	}
}

// Codes that are made: 8 digits, no 0 first, no digit twice in a row, each digit
// anywhere it may stand.
func TestRooms_makesCodes(t *testing.T) {
	ctx, rooms := context.Background(), openRooms(t, t.TempDir())
	var seen [8][10]int
	const many = 300
	for i := range many {
		room, err := rooms.Add(ctx, line.Room{Name: strings.Repeat("x", 1+i%120) + string(rune('a'+i/120))})
		if err != nil {
			t.Fatal(err)
		}
		if len(room.Code) != 8 || room.Code[0] == '0' {
			t.Fatalf("code %s", room.Code)
		}
		for j := range room.Code {
			if j > 0 && room.Code[j] == room.Code[j-1] {
				t.Fatalf("code %s", room.Code)
			}
			seen[j][room.Code[j]-'0']++
		}
	}
	for j, digits := range seen {
		for d, n := range digits {
			if j == 0 && d == 0 {
				continue
			}
			// About a tenth each: none may be missing or rule.
			if n < many/50 || n > many/4 {
				t.Errorf("digit %d stands %d times of %d at place %d", d, n, many, j)
			}
		}
	}
}

// A room's words and language are those after the code.
func TestLine_roomPrompts(t *testing.T) {
	ctx, rooms := context.Background(), openRooms(t, t.TempDir())
	tests := []struct {
		room            line.Room
		words, language string
	}{
		{line.Room{Name: "en", Code: "1001", Language: "en-GB"}, "You are now entering the conference.", "en-GB"},
		{line.Room{Name: "de", Code: "1002", Language: "de-DE"}, "Sie betreten jetzt die Konferenz.", "de-DE"},
		{line.Room{Name: "ja", Code: "1003", Language: "ja-JP"}, "You are now entering the conference.", ""},
		{line.Room{Name: "ja too", Code: "1004", Language: "ja-JP", Greeting: "会議に入ります。"}, "会議に入ります。", "ja-JP"},
		{line.Room{Name: "<b> & \"co\"", Code: "1005", Greeting: "Tea & cake"}, "Tea & cake", ""},
	}
	c := newCaller(t, rooms)
	for _, test := range tests {
		t.Run(test.room.Name, func(t *testing.T) {
			if _, err := rooms.Add(ctx, test.room); err != nil {
				t.Fatal(err)
			}
			want := entering(test.room.Name, test.words, test.language)
			if diff := cmp.Diff(want, c.post("/join", test.room.Code)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The moderator keys another number than the others, who wait until then; the
// conference ends when the moderator leaves, if the room says so.
func TestLine_moderator(t *testing.T) {
	rooms := openRooms(t, t.TempDir())
	if _, err := rooms.Add(t.Context(), line.Room{Name: "board", Code: "2001", ModeratorPIN: "9002", EndsWithModerator: true}); err != nil {
		t.Fatal(err)
	}
	c := newCaller(t, rooms)
	joined := func(digits string) *twiml.Conference {
		t.Helper()
		verbs := c.post("/join", digits)
		dial, ok := verbs[len(verbs)-1].(*twiml.Dial)
		if !ok {
			t.Fatalf("%s does not lead to a conference: %+v", digits, verbs)
		}
		return dial.Conference
	}
	if got := joined("2001"); got.StartOnEnter || got.EndOnExit || got.Name != "board" {
		t.Errorf("by the code: starts %v, ends %v, %q", got.StartOnEnter, got.EndOnExit, got.Name)
	}
	if got := joined("9002"); !got.StartOnEnter || !got.EndOnExit || got.Name != "board" {
		t.Errorf("by the PIN: starts %v, ends %v, %q", got.StartOnEnter, got.EndOnExit, got.Name)
	}
	if got := joined("123"); !got.StartOnEnter || got.EndOnExit {
		t.Errorf("a room with no PIN: starts %v, ends %v", got.StartOnEnter, got.EndOnExit)
	}
	// No digits open no room that has no PIN.
	if diff := cmp.Diff([]twiml.Verb{incorrect, redirect("gather?wrong=1")}, c.post("/join", "")); diff != "" {
		t.Errorf("no digits (-want +got):\n%s", diff)
	}
}

// One too many hears so; whoever was in a room of limits hears nothing after it.
func TestLine_limits(t *testing.T) {
	rooms := openRooms(t, t.TempDir())
	if _, err := rooms.Add(t.Context(), line.Room{Name: "small", Code: "2001", Language: "de-DE", MaxParticipants: 3, MaxMinutes: 45}); err != nil {
		t.Fatal(err)
	}
	c := newCaller(t, rooms)
	verbs := c.post("/join", "2001")
	if len(verbs) != 4 {
		t.Fatalf("%d verbs: %+v", len(verbs), verbs)
	}
	dial, full := verbs[1].(*twiml.Dial), verbs[2].(*twiml.Say)
	if dial.TimeLimit != 45*time.Minute || dial.Conference.MaxParticipants != 3 || dial.Action != "left" {
		t.Errorf("%v, %d participants, action %q", dial.TimeLimit, dial.Conference.MaxParticipants, dial.Action)
	}
	if full.Text != "Die Konferenz ist voll." || full.Language != "de-DE" {
		t.Errorf("one too many hears %q in %q", full.Text, full.Language)
	}
	if diff := cmp.Diff([]twiml.Verb{hangup}, c.post("/left", "")); diff != "" {
		t.Errorf("who was in hears (-want +got):\n%s", diff)
	}
}
