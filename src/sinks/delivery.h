/* delivery.h - the way of a line into a sink, for the other files of this room. */
#ifndef CLEAT_SINKS_DELIVERY_H
#define CLEAT_SINKS_DELIVERY_H

#include "base/tls.h"
#include "sinks/sink.h"

struct cleat__held_line;

/* How often this thread is inside a sink, and the lines that are held meanwhile. */
extern _Thread_local volatile unsigned cleat__inside CLEAT__TLS_MODEL;
extern _Thread_local _Atomic(struct cleat__held_line *) cleat__held CLEAT__TLS_MODEL;

/*
 * Marks that this thread is inside a sink, or holds another lock of this room. Called before the lock is taken, so
 * that a signal handler that logs at any moment finds the mark. May be nested.
 */
static inline void cleat__inside_enter(void)
{
    cleat__inside = cleat__inside + 1;
    atomic_signal_fence(memory_order_seq_cst);
}

/* Counts lines that do not get through. */
void cleat__sink_lose(cleat_sink *sink, uint64_t lines);

/* The way out when lines are held. */
void cleat__inside_leave_held(void);

/* Takes the mark back; the outermost delivers the lines that are held. */
static inline void cleat__inside_leave(void)
{
    atomic_signal_fence(memory_order_seq_cst);
    if (cleat__inside > 1) {
        cleat__inside = cleat__inside - 1;
        return;
    }
    if (__builtin_expect(atomic_load_explicit(&cleat__held, memory_order_relaxed) == NULL, 1)) {
        cleat__inside = 0;
        atomic_signal_fence(memory_order_seq_cst);
        /* A signal handler may have logged between the look and this: look again now that it finds the mark gone. */
        if (__builtin_expect(atomic_load_explicit(&cleat__held, memory_order_relaxed) == NULL, 1))
            return;
        cleat__inside = 1;
        atomic_signal_fence(memory_order_seq_cst);
    }
    cleat__inside_leave_held();
}

/* In the child of a fork: the parent has the same held lines, and delivers them. */
void cleat__drop_held_lines(void);

/* Whether this thread has a sink's lock. */
bool cleat__sink_is_mine(cleat_sink *sink);

#endif
