package main

import (
	"io"
	"os"
)

var sinkNames = []string{"discard", "null", "file", "async"}

// counter adds up the bytes that a thread's logger gives it, and passes them on, if there is a file.
type counter struct {
	bytes uint64
	file  *os.File
	_     [112]byte // no two counters in one cache line, nor in two that the processor fetches as a pair
}

func (c *counter) Write(line []byte) (int, error) {
	c.bytes += uint64(len(line))
	if c.file == nil {
		return len(line), nil
	}
	return c.file.Write(line)
}

func openToAppend(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
}

// outputs are where the lines of a run go.
type outputs struct {
	perThread []*counter
	file      *os.File
	async     asyncOutput
}

func openOutputs(c *contestant, j job) (*outputs, error) {
	o := &outputs{}
	var err error
	switch j.sink {
	case "async":
		o.async, err = c.newAsync(j.path, asyncQueue{calls: j.count * j.threads, drops: j.drops})
	case "null":
		o.file, err = openToAppend(os.DevNull)
	case "file":
		o.file, err = openToAppend(j.path)
	}
	for range j.threads {
		o.perThread = append(o.perThread, &counter{file: o.file})
	}
	return o, err
}

// of is where the thread's logger is to write.
func (o *outputs) of(thread int) io.Writer {
	if o.async != nil {
		return o.async
	}
	return o.perThread[thread]
}

// flush returns when all lines are in the file.
func (o *outputs) flush() error {
	if o.async != nil {
		return o.async.Close()
	}
	return nil
}

func (o *outputs) close() {
	if o.file != nil {
		o.file.Close()
	}
}

// bytes are those of all lines that did not go through an asynchronous sink.
func (o *outputs) bytes() uint64 {
	sum := uint64(0)
	for _, one := range o.perThread {
		sum += one.bytes
	}
	return sum
}
