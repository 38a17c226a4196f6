/* ambient.h - what surrounds a call on this thread. */
#ifndef CLEAT_AMBIENT_AMBIENT_H
#define CLEAT_AMBIENT_AMBIENT_H

#include <stdatomic.h>

#include <cleat/context.h>

#include "base/tls.h"

/* The context variables of the current execution context; borrowed, NULL when there are none. Safe in a signal handler.
 */
const cleat_fields *cleat__current_contextvars(void);

/* The same of this thread's store. */
const cleat_fields *cleat__current_threadlocal(void);

/* The same of a class's dictionary on this thread. */
const cleat_fields *cleat__threadlocal_class_fields(const cleat_threadlocal_class *cls);

/* Sets that dictionary; takes over the reference. -ENOMEM: nothing changed, but the reference is gone. */
int cleat__threadlocal_class_set(const cleat_threadlocal_class *cls, cleat_fields *fields);

/* How many lines of this thread are being made, one inside another; and whether lists wait for their end. */
extern _Thread_local volatile unsigned cleat__lines_under_way CLEAT__TLS_MODEL;
extern _Thread_local volatile bool cleat__lists_are_parked CLEAT__TLS_MODEL;
void cleat__release_parked(void);

/*
 * Between these two a line of this thread is being made, and reads lists that it does not own: what is unbound
 * meanwhile (by a processor, a lazy value) is kept until the outermost line is done.
 */
static inline void cleat__line_begins(void)
{
    cleat__lines_under_way++;
    atomic_signal_fence(memory_order_seq_cst);
}

static inline void cleat__line_ends(void)
{
    atomic_signal_fence(memory_order_seq_cst);
    cleat__lines_under_way--;
    if (__builtin_expect(cleat__lists_are_parked, 0))
        cleat__release_parked();
}

/* Releases a list that a line of this thread may be reading. */
CLEAT_API void cleat__release_fields(cleat_fields *fields);

/* Has what this thread holds released when it ends. Call it when a thread first binds. */
void cleat__release_at_thread_exit(void);

/* The parts of that release. */
void cleat__release_thread_context(void);
void cleat__release_threadlocal(void);
void cleat__release_threadlocal_dicts(void);

#endif
