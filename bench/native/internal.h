/* internal.h - what the runner's own files share. Contestants do not see it. */
#ifndef BENCH_INTERNAL_H
#define BENCH_INTERNAL_H

#include "runner.h"

struct bench_result {
    int64_t ns;
    uint64_t allocations;
};

struct bench_latencies {
    size_t samples;
    double p50;
    double p99;
    double p999;
};

int64_t bench_now(void); /* nanoseconds of the monotonic clock */

/* Makes count lines on each of the job's threads. False: bench_fail() was called. */
bool bench_run(bench_lines *lines, const struct bench_job *job, size_t count, struct bench_result *result);

/* bursts bursts on a thread of its own. False: bench_fail() was called. */
bool bench_measure_latency(bench_lines *lines, size_t bursts, struct bench_latencies *latencies);

/* Calls of malloc() and its like since the process began, on all threads. */
uint64_t bench_allocations(void);

#endif
