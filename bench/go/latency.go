package main

import (
	"slices"
	"time"
)

const (
	burst = 20
	pause = time.Millisecond
)

type latencies struct{ samples, p50, p99, p999 float64 }

// measureLatency times each call of bursts of lines.
func measureLatency(c *contestant, j job, bursts int) (latencies, error) {
	j.sink, j.threads, j.count = "async", 1, bursts*burst
	out, err := openOutputs(c, j)
	if err != nil {
		return latencies{}, err
	}
	makeLines := bind(c, j, out)[0]
	samples := make([]int64, 0, j.count)
	for range bursts {
		time.Sleep(pause)
		for range burst {
			samples = append(samples, timeOf(makeLines))
		}
	}
	if err := out.flush(); err != nil {
		return latencies{}, err
	}
	reading := costOfReading()
	slices.Sort(samples)
	at := func(part float64) float64 {
		return float64(max(0, samples[int(float64(len(samples)-1)*part)]-reading))
	}
	return latencies{float64(len(samples)), at(0.5), at(0.99), at(0.999)}, nil
}

func timeOf(makeLines func(count int)) int64 {
	start := time.Now()
	makeLines(1)
	return time.Since(start).Nanoseconds()
}

// costOfReading the clock twice is what each sample has too much.
func costOfReading() int64 {
	samples := make([]int64, 10001)
	for i := range samples {
		samples[i] = timeOf(func(int) {})
	}
	slices.Sort(samples)
	return samples[len(samples)/2]
}
