package main

import (
	"io"
	"runtime"
	"runtime/debug"
	"strings"
)

// contestant is what a logger's file says of it, and how its loggers are made.
type contestant struct {
	name   string
	module string            // whose version it has; empty: the toolchain's
	cannot map[string]string // scenarios and sinks that are out of its reach, and why
	notes  []string

	// newLogger makes a logger that writes to out. Each thread gets its own, so that nothing needs a lock.
	newLogger func(out io.Writer) logger

	// newAsync opens the file at path in the logger's asynchronous way. nil: it has none.
	newAsync func(path string, queue asyncQueue) (asyncOutput, error)
}

type logger interface {
	// lines binds what the scenario wants bound, and gives the function that makes count lines, or operations.
	lines(wanted scenario) func(count int)
}

// asyncQueue says what an asynchronous sink is wanted for.
type asyncQueue struct {
	calls int  // log calls that are going to be made
	drops bool // the queue is to be short, and full again and again; a logger that can drop lines is to do so
}

// overloadLines of scenario d, of some 300 bytes each, are the 256 KiB that the queue holds at overload.
const overloadLines = 850

type asyncOutput interface {
	io.Writer
	Close() error    // when all is in the file
	dropped() uint64 // lines, as the logger says; known after Close
}

// version is that of the library that is in this program.
func (c *contestant) version() string {
	if c.module == "" {
		return strings.TrimPrefix(runtime.Version(), "go")
	}
	build, _ := debug.ReadBuildInfo()
	for _, dependency := range build.Deps {
		if dependency.Path == c.module {
			return strings.TrimPrefix(dependency.Version, "v")
		}
	}
	return "unknown"
}

// sinks are all but those that it cannot do.
func (c *contestant) sinks() []string {
	able := []string{}
	for _, name := range sinkNames {
		if _, not := c.cannot[name]; !not {
			able = append(able, name)
		}
	}
	return able
}

// whyNot is the reason why it cannot do a scenario or use a sink; empty if it can.
func (c *contestant) whyNot(whats ...string) string {
	for _, what := range whats {
		if reason, not := c.cannot[what]; not {
			return reason
		}
	}
	return ""
}
