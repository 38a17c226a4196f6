package main

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// The values of the scenarios (bench/README.md). They are variables, so that they are loaded for each line, as in a
// program that knows them only at run time. Keys and the message are literals in the contestants, as in programs.

const message = "request received"

// timeLayout is how timestamps and times are written: always six digits.
const timeLayout = "2006-01-02T15:04:05.000000Z07:00"

var ten = struct {
	requestID, method, path, client string
	userID                          int
	tenant                          string
	attempt                         int
	cached                          bool
	ratio                           float64
	region                          string
}{"5f1c9e1c-7d2e-4c1b", "GET", "/orders/7781", "127.0.0.1", 7781, "acme", 1, false, 0.25, "eu-west"}

var three = struct {
	status, bytes int
	durationMS    float64
}{200, 5120, 1.5}

var secondAttempt = 2

var context5 = struct {
	traceID, spanID, session, locale string
	shard                            int
}{"4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "s-20418", "en-GB", 7}

var aTime = time.Date(1980, 1, 1, 12, 0, 0, 0, time.UTC)

type user struct {
	name, email string
	createdAt   time.Time
}

var jane = user{"Jane Doe", "jane@example.com", aTime}

var mixed = struct {
	number       int
	numbers      []int
	text         string
	texts        []string
	time         time.Time
	times        []time.Time
	user1, user2 user
	users        []user
	err          error
}{
	number:  1,
	numbers: []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
	text:    "a",
	texts:   strings.Split("abcdefghij", ""),
	time:    aTime,
	times:   tenTimes(aTime),
	user1:   jane,
	user2:   jane,
	users:   tenTimes(jane),
	err:     errors.New("file does not exist"),
}

func tenTimes[T any](value T) []T {
	values := make([]T, 10)
	for i := range values {
		values[i] = value
	}
	return values
}

// numbered is a field whose key is made by number.
type numbered struct {
	key    string
	text   string
	number int
	isText bool
}

// numberedFields are those of bound-N and context-N.
func numberedFields(count int) []numbered {
	fields := make([]numbered, count)
	for i := range fields {
		fields[i] = numbered{fmt.Sprintf("field_%03d", i), fmt.Sprintf("value_%03d", i), i, i%2 == 0}
	}
	return fields
}

// contextMore is what context20 has besides context5.
func contextMore() []numbered {
	fields := []numbered{}
	for i := 5; i < 20; i++ {
		fields = append(fields, numbered{key: fmt.Sprintf("context_%02d", i), number: i})
	}
	return fields
}
