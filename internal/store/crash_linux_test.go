package store_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"confab/internal/contract"
	"confab/internal/store"
)

// The test binary is also the other process: TestMain turns it into one when
// these are in its environment.
const (
	roleVariable = "STORE_TEST_ROLE"
	dirVariable  = "STORE_TEST_DIR"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		if err := play(role, os.Getenv(dirVariable)); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// play is what the other process does.
func play(role, dir string) error {
	ctx := context.Background()
	switch role {
	case "append": // for ever; says what is committed
		s, err := store.Open(ctx, dir, nil)
		if err != nil {
			return err
		}
		sid := contract.NewCallSID()
		for n := int(s.Committed()); ; {
			var pos contract.Pos
			for range 1 + rand.IntN(30) {
				pos = s.Append(callEvent(sid, n, contract.CallInProgress))
				n++
			}
			if err := s.Wait(ctx, pos); err != nil {
				return err
			}
			fmt.Println(pos)
		}
	case "serve": // owns the directory until its standard input ends
		s, err := store.Open(ctx, dir, nil)
		if err != nil {
			return err
		}
		fmt.Println("serving")
		io.Copy(io.Discard, os.Stdin)
		return s.Close()
	case "number": // the tool of the command line
		r, err := store.OpenShared(ctx, dir, nil)
		if err != nil {
			return err
		}
		for n := range 20 {
			if _, err := r.AddNumber(ctx, contract.NumberInfo{Number: fmt.Sprintf("+1555020%04d", n), VoiceURL: "https://example.com/voice"}); err != nil {
				return err
			}
		}
		return r.Close()
	}
	return fmt.Errorf("unknown role %q", role)
}

// other prepares the other process.
func other(t *testing.T, role, dir string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), roleVariable+"="+role, dirVariable+"="+dir)
	cmd.Stderr = os.Stderr
	return cmd
}

// whatIsThere proves that the journal of dir is whole: every position from 1 on,
// each with the event that belongs there, the record as the last event says; and
// that nothing of what was called committed is missing.
func whatIsThere(t *testing.T, dir string, promised contract.Pos) {
	t.Helper()
	s, err := store.Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, check := range []string{"PRAGMA integrity_check", "PRAGMA foreign_key_check"} {
		var said string
		if err := raw(t, dir).QueryRow(check).Scan(&said); err != nil && !errors.Is(err, sql.ErrNoRows) || said != "" && said != "ok" {
			t.Errorf("%s: %q, %v", check, said, err)
		}
	}
	events := tailAll(t, s, 1000)
	for i, e := range events {
		if e.Pos != contract.Pos(i+1) || e.Sequence != i {
			t.Fatalf("event %d of the journal has position %d, sequence %d", i, e.Pos, e.Sequence)
		}
	}
	if contract.Pos(len(events)) < promised {
		t.Errorf("%d events survived, but %d were committed", len(events), promised)
	}
	if len(events) > 0 {
		last := events[len(events)-1]
		if c, ok, err := s.Call(t.Context(), last.Call.SID); err != nil || !ok || c.SID != last.Call.SID {
			t.Errorf("record of the call of event %d: %v, %v, %v", last.Pos, c, ok, err)
		}
	}
	if next := s.Append(callEvent(contract.NewCallSID(), len(events), contract.CallRinging)); next != contract.Pos(len(events)+1) {
		t.Errorf("next position = %d after %d events", next, len(events))
	}
}

// SIGKILL at random moments, again and again on one directory.
func TestKilledWriterLosesNothingCommitted(t *testing.T) {
	dir := t.TempDir()
	for range 4 {
		cmd := other(t, "append", dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		var promised contract.Pos
		for stopAt := rand.IntN(40); lines.Scan() && stopAt >= 0; stopAt-- {
			promised = position(t, lines.Text())
		}
		cmd.Process.Kill()
		for lines.Scan() { // what it said before it died
			if n, err := strconv.Atoi(lines.Text()); err == nil {
				promised = max(promised, contract.Pos(n))
			}
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("the other process ended by itself: %v", err)
		}
		if promised == 0 {
			t.Fatal("the other process committed nothing")
		}
		whatIsThere(t, dir, promised)
	}
}

func position(t *testing.T, line string) contract.Pos {
	t.Helper()
	n, err := strconv.Atoi(line)
	if err != nil {
		t.Fatalf("the other process says %q", line)
	}
	return contract.Pos(n)
}

// The files as they are at one instant (the writer is stopped while they are
// copied) hold a whole prefix of the journal, wherever in a commit or a
// checkpoint it stood.
func TestFilesAtAnyInstantHoldAPrefix(t *testing.T) {
	dir := t.TempDir()
	cmd := other(t, "append", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(out)
	for range 8 {
		var promised contract.Pos
		for range 1 + rand.IntN(10) {
			if !lines.Scan() {
				t.Fatal("the other process ended")
			}
			promised = position(t, lines.Text())
		}
		time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond) // into the middle of something
		if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		stopped(t, cmd.Process.Pid)
		instant := t.TempDir()
		for _, name := range []string{"confab.db", "confab.db-wal"} {
			body, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(instant, name), body, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		whatIsThere(t, instant, promised)
	}
}

// stopped waits until all threads of the process stand.
func stopped(t *testing.T, pid int) {
	t.Helper()
	until(t, func() bool {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		if err != nil || len(tasks) == 0 {
			t.Fatalf("no threads of %d: %v", pid, err)
		}
		for _, task := range tasks {
			stat, err := os.ReadFile(task)
			if err != nil {
				continue // a thread that has ended
			}
			if _, state, ok := strings.Cut(string(stat), ") "); !ok || state[0] != 'T' {
				return false
			}
		}
		return true
	})
}

func TestOneServerPerDirectory(t *testing.T) {
	dir := t.TempDir()
	cmd := other(t, "serve", dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "serving\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	_, err = store.Open(t.Context(), dir, nil)
	if !errors.Is(err, store.ErrInUse) || !strings.Contains(err.Error(), strconv.Itoa(cmd.Process.Pid)) || !strings.Contains(err.Error(), dir) {
		t.Errorf("Open of a directory in use = %v, want ErrInUse with the directory and the process", err)
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	open(t, dir) // it is free now
}

// The command line writes numbers while the server writes its journal without
// a pause, and the server reads them at once.
func TestNumbersFromAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	ctx, stop := context.WithCancel(t.Context())
	flood := make(chan struct{})
	go func() {
		defer close(flood)
		sid := contract.NewCallSID()
		for n := 0; ctx.Err() == nil; n++ {
			if pos := s.Append(callEvent(sid, n, contract.CallInProgress)); n%2000 == 1999 {
				s.Wait(ctx, pos-1000)
			}
		}
	}()
	defer func() { stop(); <-flood }()
	cmd := other(t, "number", dir)
	if out, err := cmd.Output(); err != nil {
		t.Fatalf("the other process: %v\n%s", err, out)
	}
	for n := range 20 {
		number := fmt.Sprintf("1555020%04d", n)
		if got, ok, err := s.Number(t.Context(), number); !ok || err != nil || got.Number != "+"+number || got.VoiceURL != "https://example.com/voice" {
			t.Errorf("Number(%s) = %+v, %v, %v", number, got, ok, err)
		}
	}
}
