package main

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	mostFields  = 100
	mostPayload = 16 << 20
)

// scenario is one of bench/README.md: kind is "a" to "l", "bound", "context" or "length".
type scenario struct {
	kind string
	n    int // of bound-N, context-N, length-N
}

func parseScenario(text string) (scenario, error) {
	if len(text) == 1 && strings.Contains("abcdefghijkl", text) {
		return scenario{kind: text}, nil
	}
	kind, number, _ := strings.Cut(text, "-")
	most, known := map[string]int{"bound": mostFields, "context": mostFields, "length": mostPayload}[kind]
	n, err := strconv.Atoi(number)
	if !known || err != nil || n < 0 || n > most {
		return scenario{}, fmt.Errorf("there is no scenario %q; there are a to l, bound-N and context-N (N at most %d), "+
			"length-N (at most %d)", text, mostFields, mostPayload)
	}
	return scenario{kind, n}, nil
}

// family is what a contestant that cannot do it calls it.
func (s scenario) family() string {
	if len(s.kind) == 1 {
		return s.kind
	}
	return s.kind + "-N"
}

func (s scenario) makesLines() bool {
	return s.kind != "i" && s.kind != "j"
}

// payload is the string of length-N.
func (s scenario) payload() string {
	return strings.Repeat("x", s.n)
}
