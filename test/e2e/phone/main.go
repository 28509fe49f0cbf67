// Command phone is a phone for tests: a process with a tone for a voice, that
// presses keys and hangs up when it is told to on its standard input, a command
// a line: "press 123#", "hangup".
//
// It is a process of its own so that it runs at the speed of one, whatever
// detectors the tests run under.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"confab/internal/audio"
	"confab/internal/leg"
	"confab/internal/phone"
)

func main() {
	to := flag.String("to", "", "URI to call")
	from := flag.String("from", "", "who calls")
	tone := flag.Float64("tone", 440, "pitch of the voice, Hz")
	level := flag.Float64("level", -20, "loudness of the voice, dBov")
	record := flag.String("record", "", "WAV file of what is heard")
	flag.Parse()
	if err := run(*to, *from, *record, audio.NewTone(8000, *tone, *level, 0)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(to, from, record string, voice audio.Source) (err error) {
	heard, err := os.Create(record)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, heard.Close()) }()
	set, err := phone.New(phone.Config{})
	if err != nil {
		return err
	}
	var saying sync.WaitGroup
	defer saying.Wait()
	defer func() { err = errors.Join(err, set.Close()) }()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	call, err := set.Call(ctx, phone.Options{Target: leg.Target{URI: to, From: from}, Record: heard})
	if err != nil {
		return err
	}
	fmt.Println("answered")
	saying.Go(func() { _ = call.Play(context.Background(), voice) }) // until the call ends
	if err := obey(call); err != nil {
		return err
	}
	<-call.Done()
	return call.Err()
}

// obey does what it is told until it has hung up.
func obey(call *phone.Call) error {
	for told := bufio.NewScanner(os.Stdin); told.Scan(); {
		command, keys, _ := strings.Cut(told.Text(), " ")
		switch command {
		case "press":
			if err := call.Press(context.Background(), keys); err != nil {
				return fmt.Errorf("press %s: %w", keys, err)
			}
			fmt.Println("pressed", keys)
		case "hangup":
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			if err := call.Hangup(ctx); err != nil {
				return err
			}
			fmt.Println("hung up")
			return nil
		default:
			return fmt.Errorf("%q is no command", command)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return call.Hangup(ctx)
}
