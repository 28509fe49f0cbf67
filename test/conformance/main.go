// Command conformance gathers what the code says of the standards that it
// obeys into docs/conformance.md: for each clause that is cited ("RFC 3261
// §17.2.1", "Twilio <Gather> numDigits"), where in the code and by which test.
// Run it at the root of the project; with -check it only says whether the page
// is up to date.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"os"
)

const page = "docs/conformance.md"

func main() {
	log.SetFlags(0)
	log.SetPrefix("conformance: ")
	check := flag.Bool("check", false, "fail if "+page+" is not up to date; write nothing")
	flag.Parse()

	citations, err := gather(os.DirFS("."), "internal", "cmd", "test")
	if err != nil {
		log.Fatal(err)
	}
	var text bytes.Buffer
	write(&text, citations)
	if !*check {
		if err := os.WriteFile(page, text.Bytes(), 0o644); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %d citations\n", page, len(citations))
		return
	}
	if old, err := os.ReadFile(page); err != nil || !bytes.Equal(old, text.Bytes()) {
		log.Fatalf("%s is not up to date: run `make conformance`", page)
	}
}
