/* latency.c - how long a caller waits for each line of an asynchronous logger, in bursts with pauses between them. */
#include "internal.h"

#include <pthread.h>
#include <stdlib.h>
#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

#define BURST 20
#define TRIALS 1001
#define PAUSE_NS 1000000

struct measurement {
    bench_lines *lines;
    size_t bursts;
    bool use_tsc;
    uint64_t *samples; /* in ticks */
    double ns_per_tick;
    uint64_t cost_of_reading;
};

/* Where the processor's counter goes at one rate whatever the processor does, it is the clock that costs least. */
static bool has_invariant_tsc(void)
{
#if defined(__x86_64__)
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    return __get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) != 0 && (edx & (1U << 8)) != 0;
#else
    return false;
#endif
}

/* The fences keep the call between its two reads. */
static inline uint64_t read_ticks(bool use_tsc)
{
#if defined(__x86_64__)
    if (use_tsc) {
        _mm_lfence();
        uint64_t ticks = __rdtsc();
        _mm_lfence();
        return ticks;
    }
#endif
    (void)use_tsc;
    return (uint64_t)bench_now();
}

static int by_size(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static uint64_t cost_of_reading(bool use_tsc)
{
    uint64_t trials[TRIALS];
    for (size_t i = 0; i < TRIALS; i++) {
        uint64_t before = read_ticks(use_tsc);
        trials[i] = read_ticks(use_tsc) - before;
    }
    qsort(trials, TRIALS, sizeof(trials[0]), by_size);
    return trials[TRIALS / 2];
}

static void make_burst(const struct measurement *self, uint64_t *samples)
{
    for (size_t i = 0; i < BURST; i++) {
        uint64_t before = read_ticks(self->use_tsc);
        self->lines(1);
        samples[i] = read_ticks(self->use_tsc) - before;
    }
}

/* The whole of it tells how long a tick is. */
static void make_bursts(struct measurement *self)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    int64_t start = bench_now();
    uint64_t first_tick = read_ticks(self->use_tsc);
    for (size_t i = 0; i < self->bursts; i++) {
        nanosleep(&pause, NULL);
        make_burst(self, self->samples + i * BURST);
    }
    uint64_t ticks = read_ticks(self->use_tsc) - first_tick;
    self->ns_per_tick = (double)(bench_now() - start) / (double)ticks;
}

static void *measure(void *arg)
{
    struct measurement *self = arg;
    if (bench_contestant.enter != NULL)
        bench_contestant.enter();
    self->cost_of_reading = cost_of_reading(self->use_tsc);
    make_bursts(self);
    if (bench_contestant.leave != NULL)
        bench_contestant.leave();
    return NULL;
}

static double percentile(const struct measurement *self, double part)
{
    size_t count = self->bursts * BURST;
    uint64_t ticks = self->samples[(size_t)((double)(count - 1) * part)];
    ticks = ticks > self->cost_of_reading ? ticks - self->cost_of_reading : 0;
    return (double)ticks * self->ns_per_tick;
}

bool bench_measure_latency(bench_lines *lines, size_t bursts, struct bench_latencies *latencies)
{
    struct measurement self = {.lines = lines, .bursts = bursts, .use_tsc = has_invariant_tsc()};
    self.samples = calloc(bursts, BURST * sizeof(*self.samples));
    pthread_t thread;
    if (self.samples == NULL || pthread_create(&thread, NULL, measure, &self) != 0) {
        free(self.samples);
        bench_fail("no memory for %zu bursts, or no thread", bursts);
        return false;
    }
    pthread_join(thread, NULL);
    qsort(self.samples, bursts * BURST, sizeof(*self.samples), by_size);
    latencies->samples = bursts * BURST;
    latencies->p50 = percentile(&self, 0.5);
    latencies->p99 = percentile(&self, 0.99);
    latencies->p999 = percentile(&self, 0.999);
    free(self.samples);
    return true;
}
