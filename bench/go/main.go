// The contestants of the benchmark that are written in Go: bench-go LOGGER answers the commands of bench/README.md.
package main

import (
	"fmt"
	"os"
	"runtime"
)

// processors is how many threads run Go code at once, on whatever machine.
const processors = 2

var contestants = map[string]contestant{
	"zerolog": zerologContestant,
	"zap":     zapContestant,
	"slog":    slogContestant,
	"phuslu":  phusluContestant,
}

func main() {
	runtime.GOMAXPROCS(processors)
	if len(os.Args) != 2 {
		fail("usage: bench-go zerolog|zap|slog|phuslu")
	}
	chosen, known := contestants[os.Args[1]]
	if !known {
		fail(fmt.Sprintf("there is no logger %q; there are zerolog, zap, slog, phuslu", os.Args[1]))
	}
	if err := serve(&chosen, os.Stdin, os.Stdout); err != nil {
		fail(err.Error())
	}
}

func fail(reason string) {
	fmt.Fprintln(os.Stderr, "bench-go:", reason)
	os.Exit(2)
}
