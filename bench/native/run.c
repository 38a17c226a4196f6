/* run.c - the threads of a run: they begin together, and the clock runs from the first one's start to the last end. */
#include "internal.h"

#include <pthread.h>
#include <stdlib.h>

#define BATCH 1000
#define BATCHES 2 /* one is filled while the other is used */

/* Scenario l: what a worker captures goes to its partner in batches. */
struct exchange {
    pthread_mutex_t lock;
    pthread_cond_t change;
    size_t filled; /* batches so far */
    size_t used;
    size_t lengths[BATCHES];
    void *captured[BATCHES][BATCH];
};

/* All threads and the main one meet four times. Between the first two and between the last two the main thread reads
   counters, while nobody else does anything. */
struct crew {
    pthread_barrier_t meeting;
    bench_lines *lines;
    size_t count;
};

struct worker {
    struct crew *crew;
    struct exchange *exchange; /* of it and its partner; NULL: it makes the lines itself */
    bool is_partner;
    pthread_t thread;
    int64_t start;
    int64_t end;
};

int64_t bench_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static size_t next_batch(size_t done, size_t count)
{
    return count - done < BATCH ? count - done : BATCH;
}

/* Waits for room for a batch, or for a batch. */
static void wait_for(struct exchange *exchange, bool for_room)
{
    pthread_mutex_lock(&exchange->lock);
    while (for_room ? exchange->filled - exchange->used == BATCHES : exchange->filled == exchange->used)
        pthread_cond_wait(&exchange->change, &exchange->lock);
    pthread_mutex_unlock(&exchange->lock);
}

static void advance(struct exchange *exchange, size_t *which)
{
    pthread_mutex_lock(&exchange->lock);
    (*which)++;
    pthread_cond_signal(&exchange->change);
    pthread_mutex_unlock(&exchange->lock);
}

static void capture_all(struct exchange *exchange, size_t count)
{
    for (size_t done = 0; done < count;) {
        wait_for(exchange, true);
        size_t at = exchange->filled % BATCHES;
        exchange->lengths[at] = next_batch(done, count);
        bench_contestant.capture(exchange->captured[at], exchange->lengths[at]);
        done += exchange->lengths[at];
        advance(exchange, &exchange->filled);
    }
}

static void use_all(struct exchange *exchange, size_t count)
{
    for (size_t done = 0; done < count;) {
        wait_for(exchange, false);
        size_t at = exchange->used % BATCHES;
        bench_contestant.use(exchange->captured[at], exchange->lengths[at]);
        done += exchange->lengths[at];
        advance(exchange, &exchange->used);
    }
}

static void do_work(struct worker *self)
{
    if (self->exchange == NULL)
        self->crew->lines(self->crew->count);
    else if (self->is_partner)
        use_all(self->exchange, self->crew->count);
    else
        capture_all(self->exchange, self->crew->count);
}

static void *run_worker(void *arg)
{
    struct worker *self = arg;
    bool has_context = !self->is_partner;
    if (has_context && bench_contestant.enter != NULL)
        bench_contestant.enter();
    pthread_barrier_wait(&self->crew->meeting);
    pthread_barrier_wait(&self->crew->meeting);
    self->start = bench_now();
    do_work(self);
    self->end = bench_now();
    pthread_barrier_wait(&self->crew->meeting);
    pthread_barrier_wait(&self->crew->meeting);
    if (has_context && bench_contestant.leave != NULL)
        bench_contestant.leave();
    return NULL;
}

static uint64_t all_allocations(void)
{
    return bench_allocations() + (bench_contestant.allocations != NULL ? bench_contestant.allocations() : 0);
}

static int64_t duration(const struct worker *workers, size_t count)
{
    int64_t start = workers[0].start;
    int64_t end = workers[0].end;
    for (size_t i = 1; i < count; i++) {
        start = workers[i].start < start ? workers[i].start : start;
        end = workers[i].end > end ? workers[i].end : end;
    }
    return end - start;
}

static bool is_asynchronous(const struct bench_job *job)
{
    return job->sink == BENCH_ASYNC || job->sink == BENCH_OVERLOAD;
}

/* The main thread's part. */
static void lead(struct crew *crew, const struct bench_job *job, struct worker *workers, size_t count,
                 struct bench_result *result)
{
    pthread_barrier_wait(&crew->meeting);
    uint64_t allocations = all_allocations();
    pthread_barrier_wait(&crew->meeting);
    pthread_barrier_wait(&crew->meeting);
    if (is_asynchronous(job) && bench_contestant.flush != NULL) {
        bench_contestant.flush();
        workers[0].end = bench_now();
    }
    result->ns = duration(workers, count);
    result->allocations = all_allocations() - allocations;
    pthread_barrier_wait(&crew->meeting);
}

/* Without all of its threads the crew would stand at the meeting for ever: better the process ends. */
static void start(struct worker *worker)
{
    if (pthread_create(&worker->thread, NULL, run_worker, worker) != 0)
        abort();
}

static struct exchange *make_exchanges(size_t count)
{
    struct exchange *exchanges = calloc(count, sizeof(*exchanges));
    for (size_t i = 0; exchanges != NULL && i < count; i++) {
        pthread_mutex_init(&exchanges[i].lock, NULL);
        pthread_cond_init(&exchanges[i].change, NULL);
    }
    return exchanges;
}

static void run_crew(struct crew *crew, const struct bench_job *job, struct worker *workers, size_t count,
                     struct bench_result *result)
{
    pthread_barrier_init(&crew->meeting, NULL, (unsigned)count + 1);
    for (size_t i = 0; i < count; i++)
        start(&workers[i]);
    lead(crew, job, workers, count, result);
    for (size_t i = 0; i < count; i++)
        pthread_join(workers[i].thread, NULL);
    pthread_barrier_destroy(&crew->meeting);
}

bool bench_run(bench_lines *lines, const struct bench_job *job, size_t count, struct bench_result *result)
{
    bool in_pairs = job->kind == BENCH_L;
    size_t n_workers = in_pairs ? 2 * (size_t)job->threads : job->threads;
    struct worker *workers = calloc(n_workers, sizeof(*workers));
    struct exchange *exchanges = make_exchanges(job->threads);
    struct crew crew = {.lines = lines, .count = count};
    bool has_memory = workers != NULL && exchanges != NULL;
    for (size_t i = 0; has_memory && i < n_workers; i++) {
        workers[i].crew = &crew;
        workers[i].exchange = in_pairs ? &exchanges[i / 2] : NULL;
        workers[i].is_partner = in_pairs && i % 2 == 1;
    }
    if (has_memory)
        run_crew(&crew, job, workers, n_workers, result);
    else
        bench_fail("no memory for %u threads", job->threads);
    free(workers);
    free(exchanges);
    return has_memory;
}
