/*
 * thread-pool.c - a thread pool whose jobs keep the context of whoever submitted them.
 *
 * Two lines do it: submit() takes a copy of the current context, and the worker runs the job in it. The copy costs
 * the same however many fields are bound, and what a job binds does not reach the next job on the same thread.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <cleat.h>

#include "expect.h"

enum {
    WORKERS = 4,
    ORDERS = 8
};

struct job {
    void (*work)(void *arg);
    void *arg;
    cleat_context *context;
    struct job *next;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct job *first;
    bool closed;
    pthread_t workers[WORKERS];
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void submit(void (*work)(void *arg), void *arg)
{
    struct job *job = malloc(sizeof(*job));
    if (job == NULL)
        abort();
    *job = (struct job){.work = work, .arg = arg, .context = cleat_copy_context()}; /* here */
    pthread_mutex_lock(&pool.lock);
    job->next = pool.first;
    pool.first = job;
    pthread_cond_signal(&pool.changed);
    pthread_mutex_unlock(&pool.lock);
}

/* Waits for a job; NULL when there will be none any more. */
static struct job *take(void)
{
    pthread_mutex_lock(&pool.lock);
    while (pool.first == NULL && !pool.closed)
        pthread_cond_wait(&pool.changed, &pool.lock);
    struct job *job = pool.first;
    if (job != NULL)
        pool.first = job->next;
    pthread_mutex_unlock(&pool.lock);
    return job;
}

static void *work(void *unused)
{
    (void)unused;
    for (struct job *job; (job = take()) != NULL; free(job)) {
        cleat_context_run(job->context, job->work, job->arg); /* and here */
        cleat_context_unref(job->context);
    }
    cleat_info(NULL, "worker ends");
    return NULL;
}

static void start(void)
{
    for (int i = 0; i < WORKERS; i++)
        pthread_create(&pool.workers[i], NULL, work, NULL);
}

static void finish(void)
{
    pthread_mutex_lock(&pool.lock);
    pool.closed = true;
    pthread_cond_broadcast(&pool.changed);
    pthread_mutex_unlock(&pool.lock);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(pool.workers[i], NULL);
}

/* A job: it knows its argument, and nothing of the order that it was submitted for. */
static void pack(void *arg)
{
    const int *parcel = arg;
    cleat_bind_contextvars("parcel", *parcel);
    cleat_info(NULL, "packed");
}

int main(void)
{
    static int parcels[ORDERS];
    watch_lines();
    start();
    for (int order = 0; order < ORDERS; order++) {
        parcels[order] = order;
        CLEAT_BOUND_CONTEXTVARS("order", order) {
            submit(pack, &parcels[order]);
        }
    }
    finish();

    for (int order = 0; order < ORDERS; order++) {
        char piece[64];
        snprintf(piece, sizeof(piece), "\"order\":%d,\"parcel\":%d,", order, order);
        expect_lines(1, "packed", piece);
    }
    expect_lines(ORDERS, "packed", "");
    expect_lines(WORKERS, "worker ends", "");
    expect_lines(0, "worker ends", "\"order\"");
    expect_lines(0, "worker ends", "\"parcel\"");
    return expected_all();
}
