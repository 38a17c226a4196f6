/*
 * lane.h - a bounded ring of records, which one thread puts in and one asynchronous sink takes out, without a lock.
 *
 * Positions count the bytes that were ever put. A record lies in one piece: behind the ring there is room for one that
 * begins at its end. Where a lane has been emptied, the ring is begun anew now and then, so that a thread that logs
 * little uses little of the memory, and finds it in its caches.
 */
#ifndef CLEAT_SINKS_LANE_H
#define CLEAT_SINKS_LANE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#define CLEAT__CACHE_LINE 64

/* So much a lane may hold on to for the records in it; see struct cleat__deferred_class. */
#define CLEAT__LANE_KEEPS 8

struct cleat__record;

/* A kind of records that become lines on the sink's own thread. */
struct cleat__deferred_class {
    /* Appends the line, newline included. buffer->failed: there is none, for want of memory. */
    void (*render)(const struct cleat__record *record, struct cleat__buffer *line);
    /* Lets go of what the lane had kept for the records before this one. Called when they are done with. */
    void (*release)(const void *payload);
    /* Sets what the lane keeps to NULL, and lets go of it. Called when the lane is empty. */
    void (*release_kept)(void *kept[CLEAT__LANE_KEEPS]);
};

/* Stands before each record's bytes. */
struct cleat__record {
    uint32_t size;                                /* in the ring, this head included; a multiple of 8 */
    uint32_t length;                              /* of the line */
    uint64_t stamp;                               /* when it was logged: the order among lanes */
    const struct cleat__deferred_class *deferred; /* NULL: what follows is the line */
    int32_t level;
    bool is_answer; /* see cleat__sink_is_answer() */
    bool releases;  /* deferred->release is to be called when the record is done with */
};

/* What a kind of records found out about what the lane keeps, and need not find out again. */
#define CLEAT__LANE_MEMO_SITES 16
struct cleat__lane_memo {
    const void *kept[3];                    /* it is about these */
    uint32_t sites[CLEAT__LANE_MEMO_SITES]; /* and these call sites, by their numbers; 0: none */
};

enum cleat__lane_state {
    CLEAT__LANE_TAKEN, /* a thread puts into it */
    CLEAT__LANE_LEFT,  /* its thread has ended: the next new one may have it */
    CLEAT__LANE_DEAD   /* the sink has ended: the thread frees it */
};

struct cleat__lane {
    /* The thread's own. */
    char *ring;
    size_t mask;  /* the ring's size, a power of two, less one */
    size_t limit; /* of the bytes that wait, and are being written */
    _Atomic uint64_t tail;
    uint64_t room_end;     /* up to here there was room at the last look */
    uint64_t look_at;      /* where to look again at the latest */
    uint64_t warm_up_to;   /* see cleat__lane_warm_up() */
    _Atomic uint64_t base; /* the position that lies at the ring's beginning; changes only while the lane is empty */
    void *kept[CLEAT__LANE_KEEPS];
    struct cleat__lane_memo memo;
    const struct cleat__deferred_class *keeper; /* whose they are; NULL: nothing was kept yet */
    uint64_t sink;                              /* its number */
    const void *thread;                         /* a mark of it */
    struct cleat__lane *next_here;              /* of the thread's lanes */
    _Atomic int state;
    char apart[CLEAT__CACHE_LINE]; /* what the two sides write lies in different lines of the cache */
    /* The sink's, under its lock. */
    _Atomic uint64_t head;
    _Atomic size_t in_batch; /* bytes taken out, but not written yet */
    uint64_t first_tail;     /* of the batch in the making; see lanes.c */
    uint64_t last_tail;
    size_t wanted;   /* room that its thread waits for; 0: it does not wait */
    uint64_t target; /* up to here for those who wait until all is written */
    struct cleat__lane *next;
};

/* An empty one for at least `limit` bytes, or NULL. */
struct cleat__lane *cleat__lane_new(size_t limit);

/* Bytes that a record with so many behind its head takes. */
static inline size_t cleat__record_size(size_t length)
{
    return (sizeof(struct cleat__record) + length + 7) & ~(size_t)7;
}

static inline struct cleat__record *cleat__lane_at(const struct cleat__lane *lane, uint64_t position)
{
    uint64_t base = atomic_load_explicit(&lane->base, memory_order_relaxed);
    return (struct cleat__record *)(void *)(lane->ring + ((size_t)(position - base) & lane->mask));
}

/* -- for the thread -- */

/* Finds out how much room there is now. Whether more than half of it is in use. */
bool cleat__lane_look(struct cleat__lane *lane);

/* Room at the last look. */
static inline size_t cleat__lane_room(const struct cleat__lane *lane)
{
    return (size_t)(lane->room_end - atomic_load_explicit(&lane->tail, memory_order_relaxed));
}

static inline bool cleat__lane_should_look(const struct cleat__lane *lane)
{
    return atomic_load_explicit(&lane->tail, memory_order_relaxed) >= lane->look_at;
}

/* Where the next record goes. */
static inline struct cleat__record *cleat__lane_place(const struct cleat__lane *lane)
{
    return cleat__lane_at(lane, atomic_load_explicit(&lane->tail, memory_order_relaxed));
}

static inline void cleat__lane_forget(struct cleat__lane *lane)
{
    lane->memo = (struct cleat__lane_memo){{NULL}, {0}};
}

/* So far ahead of the tail: some three records. */
#define CLEAT__LANE_WARM ((size_t)512)

static inline void cleat__prefetch_for_writing(const char *place)
{
#if defined(__x86_64__)
    __asm__ volatile("prefetchw %0" : : "m"(*place)); /* the builtin would not say that it is for writing */
#else
    __builtin_prefetch(place, 1);
#endif
}

/*
 * Has the ring's next bytes brought into this core's caches, for writing: the sink's thread has read them since, and a
 * burst of lines would wait for each.
 */
static inline void cleat__lane_warm_up(struct cleat__lane *lane)
{
    uint64_t end = atomic_load_explicit(&lane->tail, memory_order_relaxed) + CLEAT__LANE_WARM;
    for (; lane->warm_up_to < end; lane->warm_up_to += CLEAT__CACHE_LINE)
        cleat__prefetch_for_writing((const char *)cleat__lane_at(lane, lane->warm_up_to));
}

/* The record at that place is complete. */
static inline void cleat__lane_put(struct cleat__lane *lane, size_t size)
{
    uint64_t tail = atomic_load_explicit(&lane->tail, memory_order_relaxed);
    atomic_store_explicit(&lane->tail, tail + size, memory_order_release);
}

/* -- for whoever has the sink's lock -- */

static inline uint64_t cleat__lane_head(const struct cleat__lane *lane)
{
    return atomic_load_explicit(&lane->head, memory_order_relaxed);
}

static inline uint64_t cleat__lane_tail(const struct cleat__lane *lane)
{
    return atomic_load_explicit(&lane->tail, memory_order_acquire);
}

static inline bool cleat__lane_is_empty(const struct cleat__lane *lane)
{
    return cleat__lane_head(lane) == cleat__lane_tail(lane);
}

/* The records before this position are out of the ring. */
static inline void cleat__lane_take(struct cleat__lane *lane, uint64_t position)
{
    atomic_store_explicit(&lane->head, position, memory_order_release);
}

#endif
