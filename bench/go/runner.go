package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

const (
	mostThreads = 64
	mostBursts  = 10_000_000
	shownLines  = 3
)

// answer is a line of JSON.
type answer map[string]any

// errCannot is what a contestant cannot do.
type errCannot struct{ reason string }

func (e errCannot) Error() string { return e.reason }

// serve answers commands, a line each, until there are no more.
func serve(c *contestant, in io.Reader, out io.Writer) error {
	commands := bufio.NewScanner(in)
	answers := json.NewEncoder(out)
	answers.SetEscapeHTML(false)
	for commands.Scan() {
		line := strings.TrimSpace(commands.Text())
		if line == "quit" {
			return nil
		}
		if err := answers.Encode(answerTo(c, line)); err != nil {
			return err
		}
	}
	return commands.Err()
}

func answerTo(c *contestant, line string) answer {
	name, rest, _ := strings.Cut(line, " ")
	command, known := map[string]func(*contestant, string) (answer, error){
		"hello": hello, "run": doRun, "show": show, "latency": latency, "overload": overload,
	}[name]
	if !known {
		return answer{"error": fmt.Sprintf("there is no command %q; there are hello, run, show, latency, overload, quit",
			name)}
	}
	given, err := command(c, rest)
	var cannot errCannot
	if errors.As(err, &cannot) {
		return answer{"cannot": cannot.reason}
	}
	if err != nil {
		return answer{"error": err.Error()}
	}
	return given
}

func hello(c *contestant, _ string) (answer, error) {
	return answer{
		"name": c.name, "version": c.version(), "language": "Go", "cannot": c.cannot, "notes": c.notes, "sinks": c.sinks(),
	}, nil
}

func doRun(c *contestant, rest string) (answer, error) {
	words, err := split(rest, 5, "run SCENARIO SINK THREADS COUNT PATH")
	if err != nil {
		return nil, err
	}
	wanted, err := ask(c, words[0], words[1])
	if err != nil {
		return nil, err
	}
	threads, err := number("THREADS", words[2], 1, mostThreads)
	if err != nil {
		return nil, err
	}
	count, err := number("COUNT", words[3], 1, 1<<40)
	if err != nil {
		return nil, err
	}
	made, err := run(c, job{scenario: wanted, sink: words[1], threads: threads, count: count, path: words[4]})
	return answer{
		"ns": made.nanoseconds, "lines": made.lines, "bytes": made.bytes, "allocations": made.allocations,
	}, err
}

func show(c *contestant, rest string) (answer, error) {
	words, err := split(rest, 2, "show SCENARIO PATH")
	if err != nil {
		return nil, err
	}
	wanted, err := ask(c, words[0], "file")
	if err != nil {
		return nil, err
	}
	_, err = run(c, job{scenario: wanted, sink: "file", threads: 1, count: shownLines, path: words[1]})
	return answer{}, err
}

func latency(c *contestant, rest string) (answer, error) {
	words, err := split(rest, 3, "latency SCENARIO PATH BURSTS")
	if err != nil {
		return nil, err
	}
	wanted, err := ask(c, words[0], "async", "latency")
	if err != nil {
		return nil, err
	}
	if wanted.kind == "l" {
		return nil, errCannot{"a line of scenario l is made by two threads"}
	}
	bursts, err := number("BURSTS", words[2], 1, mostBursts)
	if err != nil {
		return nil, err
	}
	took, err := measureLatency(c, job{scenario: wanted, path: words[1]}, bursts)
	return answer{"samples": took.samples, "p50": took.p50, "p99": took.p99, "p999": took.p999}, err
}

func overload(c *contestant, rest string) (answer, error) {
	words, err := split(rest, 2, "overload COUNT PATH")
	if err != nil {
		return nil, err
	}
	wanted, err := ask(c, "d", "async", "overload")
	if err != nil {
		return nil, err
	}
	count, err := number("COUNT", words[0], 1, 1<<40)
	if err != nil {
		return nil, err
	}
	made, err := run(c, job{scenario: wanted, sink: "async", threads: 1, count: count, path: words[1], drops: true})
	return answer{"lines": made.lines, "ns": made.nanoseconds, "told": made.dropped}, err
}

// split gives the words of a command; the last may have spaces.
func split(text string, count int, usage string) ([]string, error) {
	words := strings.SplitN(text, " ", count)
	if len(words) != count {
		return nil, fmt.Errorf("it is: %s", usage)
	}
	return words, nil
}

func number(what, text string, least, most int) (int, error) {
	value, err := strconv.Atoi(text)
	if err != nil || value < least || value > most {
		return 0, fmt.Errorf("%s is a number from %d to %d, not %q", what, least, most, text)
	}
	return value, nil
}

// ask gives the scenario, or why the contestant cannot do it with that sink (or that command).
func ask(c *contestant, name string, uses ...string) (scenario, error) {
	wanted, err := parseScenario(name)
	if err != nil {
		return scenario{}, err
	}
	if !slices.Contains(sinkNames, uses[0]) {
		return scenario{}, fmt.Errorf("there is no sink %q; there are %s", uses[0], strings.Join(sinkNames, ", "))
	}
	if reason := c.whyNot(append(uses, wanted.family())...); reason != "" {
		return scenario{}, errCannot{reason}
	}
	return wanted, nil
}
