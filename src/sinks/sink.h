/*
 * sink.h - what all sinks share: the class, the lock, the registry, and the way of a line into a sink.
 */
#ifndef CLEAT_SINKS_SINK_H
#define CLEAT_SINKS_SINK_H

#include <pthread.h>
#include <stdatomic.h>

#include <cleat/sink.h>

#include "base/buffer.h"

/* What a kind of sink does. All but write may be NULL. Called with the sink's lock held, but for `lockless` ones. */
struct cleat__sink_class {
    const char *name;
    bool lockless;     /* write needs no lock and cannot fail */
    bool locks_itself; /* write takes the lock when it needs it */
    bool calls_user;   /* write calls code of the user's, which may log */
    bool quick;        /* write reaches no cancellation point of pthreads */

    /* Writes one line, newline included. 0, or a negative errno value: the line is counted as lost and reported. */
    int (*write)(cleat_sink *sink, const char *line, size_t length, int level);

    /*
     * Writes `length` bytes of whole lines at once, as write() would one by one; an asynchronous sink uses it for its
     * batches. *written says, on failure too, how many bytes of whole lines at the beginning were not lost.
     */
    int (*write_lines)(cleat_sink *sink, const char *lines, size_t length, size_t *written);

    /* Waits until all is written; deadline in cleat__clock_monotonic() time. Called WITHOUT the lock. */
    int (*flush)(cleat_sink *sink, int64_t deadline);

    /* Waits until what it does behind the lines is done: whether it is, by the deadline. Called WITHOUT the lock. */
    bool (*settle)(cleat_sink *sink, int64_t deadline);

    /* In the child of a fork, after the lock has been made anew: drops what belongs to the parent. */
    void (*after_fork)(cleat_sink *sink);

    /* Whether it ends at a terminal. */
    bool (*is_terminal)(cleat_sink *sink);

    /* The sink that it hands lines to. */
    cleat_sink *(*inner)(const cleat_sink *sink);

    /* Asked when the last owner has gone: true when the sink calls cleat__sink_destroy() itself later. */
    bool (*postpone_destroy)(cleat_sink *sink);

    /* Flushes, closes, frees what it owns besides itself. Called without the lock, by the last owner. */
    void (*destroy)(cleat_sink *sink);
};

/* How a sink that drops lines says so: makes the line (newline included) that tells of `count` dropped lines. */
typedef void (*cleat__loss_line)(void *arg, uint64_t count, struct cleat__buffer *line);

/* The beginning of every sink. */
struct cleat_sink {
    const struct cleat__sink_class *cls;
    _Atomic unsigned owners;
    pthread_mutex_t lock;
    _Atomic(const void *) holder; /* a mark of the thread that has the lock */
    cleat_sink *next;             /* in the registry */
    cleat_sink **link;
    bool locked_for_fork;
    _Atomic uint64_t lost;      /* lines that it could not write */
    cleat__loss_line loss_line; /* set by the handler that the sink is given to; NULL: none */
    void *loss_arg;
};

/* Allocates one of the given size (its whole struct), zeroed, with one owner. NULL, with a message. */
void *cleat__sink_new(size_t size, const struct cleat__sink_class *cls);

/* The last step of making a sink: from here on cleat_flush() and forks find it. Returns it. */
cleat_sink *cleat__sink_enter(void *sink);

/* All sinks that have owners, one by one: each is given with a reference, which the next call takes back. */
cleat_sink *cleat__sink_next(cleat_sink *sink);

/* The end of a sink without owners: calls its class's destroy and frees it. */
void cleat__sink_destroy(cleat_sink *sink);

/*
 * Delivers a line, newline included: takes the lock, writes, counts and reports a failure. When this thread is
 * inside a sink already (a callback that logs, a signal handler), the line is held, and delivered when the
 * thread has left that sink; so no thread ever waits for one sink while it holds another.
 */
void cleat__sink_write(cleat_sink *sink, const char *line, size_t length, int level);

/* How many lines it could not write so far, nor a sink that it hands lines to. Those that were dropped are none. */
uint64_t cleat__sink_lost(const cleat_sink *sink);

/*
 * Waits until the rotated files that there are now, of this sink and of a sink that it hands lines to, are compressed
 * and removed as far as other processes have let go of them. Whether they are, by the deadline. Not from inside a sink.
 */
bool cleat__sink_settle(cleat_sink *sink, int timeout_ms);

/* Whether this thread is inside a sink. */
bool cleat__sink_is_inside(void);

/* Whether a sink ends at a terminal. */
bool cleat__sink_is_terminal(cleat_sink *sink);

/* Sets how losses are told; the arg must outlive the sink's use. Waits while the former one is in use. */
void cleat__sink_set_loss_line(cleat_sink *sink, cleat__loss_line loss_line, void *arg);

/* Ends that, if losses are told with this arg. */
void cleat__sink_forget_loss_line(cleat_sink *sink, const void *arg);

/* Goes up with each cleat_reopen_sinks(): a file sink compares it before each line. One relaxed atomic load. */
unsigned cleat__sink_reopen_generation(void);

/*
 * For sinks themselves. Takes and gives back a sink's lock outside of write: what a signal handler logs meanwhile
 * is held. False when this thread has the lock already; then it is not to be given back.
 */
bool cleat__sink_lock(cleat_sink *sink);
void cleat__sink_unlock(cleat_sink *sink);

/* The same on the way of a line, for a lock that this thread does not have. False: it is not to be had, see
   cleat__lock_unless_in_allocation(). */
bool cleat__sink_lock_for_line(cleat_sink *sink);

/* Waits on a condition (of CLOCK_MONOTONIC) with the lock; deadline INT64_MAX: for ever. 0 or ETIMEDOUT. */
int cleat__sink_wait(cleat_sink *sink, pthread_cond_t *condition, int64_t deadline);

/*
 * Whether what is being written was logged inside a sink. Such an answer is delivered, but what it makes callbacks
 * log in turn is let go, or they would go on for ever.
 */
bool cleat__sink_is_answer(void);

/* Writes to a sink that the calling sink wraps, at once even when inside; counts and reports failures. */
void cleat__sink_pass(cleat_sink *sink, const char *line, size_t length, int level, bool answer);

/* The same with several whole lines, for a class that has write_lines. */
void cleat__sink_pass_lines(cleat_sink *sink, const char *lines, size_t length);

/* Makes the line that tells of count losses, if a handler has said how. */
void cleat__sink_make_loss_line(cleat_sink *sink, uint64_t count, struct cleat__buffer *line);

/* A descriptor that lines are written to. */
struct cleat__output {
    int fd;
    bool stuck;                     /* waiting for room was in vain: no more of it until something goes out */
    bool torn;                      /* the output ends with a part of a lost line: a newline goes before the next */
    bool is_regular;                /* a file proper: a part of a line can be cut off again */
    bool raises;                    /* a write may raise SIGPIPE or SIGXFSZ */
    int64_t looked_at;              /* when the last two were found out */
    struct cleat__buffer remainder; /* of a line that went out in part: goes before the next one */
};

/* Begins with a descriptor, which stays the caller's. */
void cleat__output_begin(struct cleat__output *output, int fd);

/* Tries to write a remainder, and frees it. Does not close the descriptor. */
void cleat__output_end(struct cleat__output *output);

/*
 * Writes a line whole: interrupted and short writes finished, EAGAIN waited out (at most five seconds), SIGPIPE and
 * SIGXFSZ kept away. A line that fails in its middle tears no other: on a regular file what went out of it is cut
 * off again, elsewhere its rest is kept and goes out before the next line (the line counts as written).
 * 0 or a negative errno value: then the line is lost.
 */
int cleat__write_whole(struct cleat__output *output, const char *line, size_t length);

/* The same for several lines; *written says how many bytes of whole lines are not lost, also on failure. */
int cleat__write_lines(struct cleat__output *output, const char *lines, size_t length, size_t *written);

/* How long EAGAIN is waited out, in nanoseconds; tests shorten it. */
extern int64_t cleat__write_patience;

/* Tries until the deadline (cleat__clock_monotonic()) to write a remainder. 0 when there is none left. */
int cleat__output_flush(struct cleat__output *output, int64_t deadline);

/* For the child of a fork: a remainder is the parent's to write. */
void cleat__output_forget(struct cleat__output *output);

#endif
