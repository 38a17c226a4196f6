/* async_sink.h - the asynchronous sink, for the two files that it is made of: async.c (callers), async_backend.c. */
#ifndef CLEAT_SINKS_ASYNC_SINK_H
#define CLEAT_SINKS_ASYNC_SINK_H

#include "base/clock.h"
#include "sinks/lanes.h"
#include "sinks/sink.h"

#define CLEAT__WAKE_AT_LEAST (CLEAT__SECOND / 100) /* who waits takes no signals meanwhile: not for longer */

/*
 * To wake the backend thread costs the caller more than all the rest, so it is seldom done: when the backend has
 * run out of lines it naps, and looks again by itself; only when it has found nothing for many naps does it sleep
 * until it is woken.
 */
enum cleat__backend_state {
    CLEAT__BACKEND_ABSENT,
    CLEAT__BACKEND_IMPOSSIBLE,
    CLEAT__BACKEND_AWAKE,
    CLEAT__BACKEND_NAPPING,
    CLEAT__BACKEND_SLEEPING
};

/* A record that made room before it was due: what it lets go of may be in use until the batch is written. */
struct cleat__dropped_record {
    struct cleat__dropped_record *next;
    struct cleat__record record;
};

/* The lock of the sink guards all that changes here; the lanes are filled without it. */
struct cleat__async_sink {
    struct cleat_sink sink;
    cleat_sink *inner;
    enum cleat_overflow overflow;
    struct cleat__lanes lanes;
    struct cleat__dropped_record *to_release;

    char *batch;               /* the records that the backend is writing */
    size_t batch_length;       /* 0: it is writing nothing */
    size_t batch_released;     /* up to here they have let go of what they release */
    struct cleat__buffer text; /* their lines */

    _Atomic uint64_t dropped;
    uint64_t untold; /* dropped, but the log does not say so yet */
    uint64_t tellings;
    int64_t last_telling;

    pthread_t thread;
    _Atomic int backend;      /* enum cleat__backend_state; changed with the lock */
    bool stopping;            /* the backend ends when the lanes are empty */
    bool abandoned;           /* and then frees the sink, for nobody waits for it */
    bool must_join;           /* whoever destroys the sink waits for the end of the backend */
    uint64_t flushes_asked;   /* numbered one by one: the wish that all that is in the lanes be written */
    uint64_t flushes_begun;   /* up to this number it is known what that is */
    uint64_t flushes_done;    /* and up to this one it has been written */
    unsigned in_need_of_news; /* threads that wait for a batch to be written */
    pthread_cond_t work;      /* for the backend: there is something to do */
    pthread_cond_t room;      /* for those who wait for room */
    pthread_cond_t news;      /* for those who flush: a batch is written */
};

/* From the exit of the process on, lines are written at once. */
extern _Atomic bool cleat__exiting;

/* The sink that this thread is the backend of; NULL on all other threads. */
extern _Thread_local struct cleat__async_sink *cleat__backend_of CLEAT__TLS_MODEL;

static inline int cleat__backend_state(const struct cleat__async_sink *self)
{
    return atomic_load_explicit(&self->backend, memory_order_relaxed);
}

static inline bool cleat__has_backend(const struct cleat__async_sink *self)
{
    return cleat__backend_state(self) >= CLEAT__BACKEND_AWAKE;
}

/* -- with the lock -- */

/* Starts it; without a thread the sink writes at once, from then on. */
void cleat__start_backend(struct cleat__async_sink *self);
void cleat__wake_backend(struct cleat__async_sink *self);

/* In the child of a fork: the batch and the thread are the parent's. */
void cleat__forget_backend(struct cleat__async_sink *self);

#endif
