package main

import (
	"os"
	"runtime"
	"sync"
	"time"
)

// job is what is to be run.
type job struct {
	scenario scenario
	sink     string
	threads  int
	count    int // of each thread
	path     string
	drops    bool // see asyncQueue
}

type result struct {
	nanoseconds int64
	lines       int
	bytes       uint64
	allocations uint64
	dropped     uint64
}

// span is when a thread worked.
type span struct{ start, end time.Time }

func run(c *contestant, j job) (result, error) {
	sizeBefore := fileSize(j.path)
	out, err := openOutputs(c, j)
	if err != nil {
		return result{}, err
	}
	defer out.close()
	made, err := measure(bind(c, j, out), j.count, out)
	if err != nil {
		return result{}, err
	}
	made.bytes = out.bytes()
	if j.scenario.makesLines() {
		made.lines = j.count * j.threads
	}
	if out.async != nil {
		made.bytes = fileSize(j.path) - sizeBefore
		made.dropped = out.async.dropped()
	}
	return made, nil
}

// bind gives what each thread is to do.
func bind(c *contestant, j job, out *outputs) []func(count int) {
	work := make([]func(count int), j.threads)
	for thread := range work {
		work[thread] = c.newLogger(out.of(thread)).lines(j.scenario)
	}
	return work
}

// measure lets the threads work at the same time.
func measure(work []func(count int), count int, out *outputs) (result, error) {
	runtime.GC() // a run does not pay for the garbage of the one before
	spans := make([]span, len(work))
	started, finished := make(chan struct{}), sync.WaitGroup{}
	for thread, makeLines := range work {
		finished.Go(func() {
			<-started
			spans[thread].start = time.Now()
			makeLines(count)
			spans[thread].end = time.Now()
		})
	}
	allocations := allocationsSoFar()
	close(started)
	finished.Wait()
	if out.async != nil {
		if err := out.flush(); err != nil {
			return result{}, err
		}
		spans[0].end = time.Now()
	}
	allocations = allocationsSoFar() - allocations
	return result{nanoseconds: duration(spans).Nanoseconds(), allocations: allocations}, nil
}

func duration(spans []span) time.Duration {
	first, last := spans[0].start, spans[0].end
	for _, one := range spans[1:] {
		if one.start.Before(first) {
			first = one.start
		}
		if one.end.After(last) {
			last = one.end
		}
	}
	return last.Sub(first)
}

func allocationsSoFar() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.Mallocs
}

func fileSize(path string) uint64 {
	status, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return uint64(status.Size())
}
