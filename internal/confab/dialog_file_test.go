package confab

import (
	"bytes"
	"cmp"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"confab/internal/sip"

	"pgregory.net/rapid"
)

// Whatever began, changed and ended, and wherever the file was opened anew in
// between, those are left that live, as they were last.
func TestDialogFile_knowsWhoLives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "dialogs")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		path := filepath.Join(dir, "dialogs.jsonl")
		want := map[dialogKey]sip.DialogState{}
		file := openedDialogFile(t, path, want)
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			key := dialogKey{fmt.Sprint("call ", rapid.IntRange(0, 5).Draw(t, "call")), rapid.SampledFrom([]string{"a", "b"}).Draw(t, "tag")}
			switch rapid.SampledFrom([]string{"note", "end", "open", "tear"}).Draw(t, "step") {
			case "note":
				state := sip.DialogState{CallID: key.CallID, LocalTag: key.LocalTag, LocalSeq: uint32(rapid.IntRange(0, 9).Draw(t, "seq"))}
				want[key] = state
				if err := file.append([]dialogLine{{State: &state}}); err != nil {
					t.Fatal(err)
				}
			case "end":
				delete(want, key)
				if err := file.append([]dialogLine{{Ended: &key}}); err != nil {
					t.Fatal(err)
				}
			case "tear": // a crash in the middle of a line
				if _, err := file.file.WriteString(`{"State":{"CallID":"torn`); err != nil {
					t.Fatal(err)
				}
				fallthrough
			case "open":
				if err := file.close(); err != nil {
					t.Fatal(err)
				}
				file = openedDialogFile(t, path, want)
			}
		}
		file.close()
		openedDialogFile(t, path, want).close()
	})
}

func openedDialogFile(t *rapid.T, path string, want map[dialogKey]sip.DialogState) *dialogFile {
	file, left, err := openDialogFile(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var all []sip.DialogState
	for _, state := range want {
		all = append(all, state)
	}
	order := func(a, b sip.DialogState) int {
		return cmp.Or(cmp.Compare(a.CallID, b.CallID), cmp.Compare(a.LocalTag, b.LocalTag))
	}
	slices.SortFunc(all, order)
	slices.SortFunc(left, order)
	if fmt.Sprint(left) != fmt.Sprint(all) {
		t.Fatalf("left: %v, want %v", left, all)
	}
	return file
}

// However many calls come and go, the file stays small.
func TestDialogFile_staysSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dialogs.jsonl")
	file, _, err := openDialogFile(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer file.close()
	for i := range 5 * spareLines {
		state := sip.DialogState{CallID: fmt.Sprint(i), LocalTag: "us"}
		if err := file.append([]dialogLine{{State: &state}, {Ended: &dialogKey{state.CallID, state.LocalTag}}}); err != nil {
			t.Fatal(err)
		}
		if i%spareLines == 0 {
			text, err := os.ReadFile(path)
			if n := bytes.Count(text, []byte("\n")); err != nil || n > spareLines+2 {
				t.Fatalf("%d lines after %d calls, %v", n, i, err)
			}
		}
	}
}

// What cannot be written now is written when it can be.
func TestDialogFile_goesOnAfterAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dialogs.jsonl")
	file, _, err := openDialogFile(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	file.file.Close() // a disk that fails
	first, second := sip.DialogState{CallID: "1"}, sip.DialogState{CallID: "2"}
	if err := file.append([]dialogLine{{State: &first}}); err == nil {
		t.Error("nothing wrong with a file that is closed")
	}
	if err := file.append([]dialogLine{{State: &second}}); err != nil {
		t.Fatal(err)
	}
	file.close()
	_, left, err := openDialogFile(path, slog.New(slog.DiscardHandler))
	if err != nil || len(left) != 2 {
		t.Errorf("left: %v, %v; want both", left, err)
	}
}
