/* context.h - the current execution context, for contextvars.c. */
#ifndef CLEAT_AMBIENT_CONTEXT_H
#define CLEAT_AMBIENT_CONTEXT_H

#include <stdatomic.h>

#include <cleat/context.h>

struct cleat_context {
    cleat_fields *volatile fields; /* the context variables; NULL when there are none. A signal handler reads it */
    uint64_t id;                   /* never used twice; 0: not given yet */
    _Atomic unsigned owners;
    _Atomic bool current; /* on some thread */
    _Atomic bool running; /* inside cleat_context_run() */
};

/* The current context of this thread. Never NULL. */
cleat_context *cleat__current_context(void);

/* Its id. */
uint64_t cleat__context_id(cleat_context *context);

#endif
