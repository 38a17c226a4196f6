package main

import "context"

const (
	batchLength = 1000
	batches     = 2 // one is filled while the other is used
)

// handOver is scenario l: the calling goroutine captures contexts, a partner that waits for them uses them. It gives
// the function that does so once, and starts the partner.
func handOver(capture, use func(batch []context.Context)) func(count int) {
	filled, empty := make(chan []context.Context, batches), make(chan []context.Context, batches)
	done := make(chan struct{})
	for range batches {
		empty <- make([]context.Context, batchLength)
	}
	go func() {
		for batch := range filled {
			use(batch)
			empty <- batch[:batchLength]
		}
		close(done)
	}()
	return func(count int) {
		for ; count > 0; count -= batchLength {
			batch := <-empty
			batch = batch[:min(count, batchLength)]
			capture(batch)
			filled <- batch
		}
		close(filled)
		<-done
	}
}
