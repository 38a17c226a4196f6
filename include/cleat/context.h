/*
 * context.h - execution contexts: what a task, coroutine or thread runs in (PEP 567), and how one is handed over.
 */
#ifndef CLEAT_CONTEXT_H
#define CLEAT_CONTEXT_H

#include <pthread.h>

#include <cleat/contextvars.h>

CLEAT_BEGIN_DECLS

/* An execution context. It holds context variables; what is bound while it is current stays in it. */
typedef struct cleat_context cleat_context;

/*
 * A context that starts with the fields of the current one, and goes its own way from there (K6). Costs the
 * same however many fields there are.
 *
 * Owns:    the caller; cleat_context_unref().
 * Safe:    threads, fork.
 * Errors:  NULL: no memory.
 * Example: job->context = cleat_copy_context();
 */
CLEAT_API cleat_context *cleat_copy_context(void);

/*
 * One that starts empty.
 *
 * Owns:    the caller; cleat_context_unref().
 * Safe:    threads, fork.
 * Errors:  NULL: no memory.
 * Example: cleat_context *fresh = cleat_new_context();
 */
CLEAT_API cleat_context *cleat_new_context(void);

/*
 * One more owner of context; gives context back. NULL is returned as it is.
 *
 * Owns:    the caller has one reference more to release.
 * Safe:    threads, fork.
 * Example: timer->context = cleat_context_ref(context);
 */
CLEAT_API cleat_context *cleat_context_ref(cleat_context *context);

/*
 * One owner of context less; never the last one while it is current somewhere. NULL is allowed.
 *
 * Safe:    threads, fork.
 * Example: cleat_context_unref(job->context);
 */
CLEAT_API void cleat_context_unref(cleat_context *context);

/*
 * Calls fn(arg) with context as the current one, then puts back the one before.
 *
 * context: NULL: fn is called in the context of now.
 * Safe:    threads (a context is current on one thread at a time), fork.
 * Errors:  -EBUSY: context is current already, here or on another thread; fn was not called.
 * Example: cleat_context_run(job->context, job->work, job);
 */
CLEAT_API int cleat_context_run(cleat_context *context, void (*fn)(void *arg), void *arg);

/*
 * Makes a context the current one of this thread, for schedulers of coroutines and event loops; returns the one
 * before, NULL standing for the thread's own. Swap back what you were given.
 *
 * context: borrowed while it is current: its owner keeps it alive. NULL: the thread's own.
 * Owns:    what is returned is borrowed too; its owner is who it was.
 * Safe:    threads (a context is current on one thread at a time: the scheduler sees to that), fork.
 * Example: cleat_context *outer = cleat_context_swap(coroutine->context);
 *          resume(coroutine);
 *          cleat_context_swap(outer);
 */
CLEAT_API cleat_context *cleat_context_swap(cleat_context *context);

/*
 * pthread_create() whose thread starts with a copy of the caller's context.
 *
 * thread, attributes, start, arg: as for pthread_create(3).
 * Safe:    threads, fork.
 * Errors:  as pthread_create(3), but negative; -ENOMEM.
 * Example: cleat_thread_create(&thread, NULL, worker, arg);
 */
CLEAT_API int cleat_thread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *arg),
                                  void *arg);

/*
 * The block that follows runs in a context; the one before is put back on every way out.
 *
 * context: as for cleat_context_swap().
 * Safe:    threads (a context is current on one thread at a time), fork.
 * Example: CLEAT_IN_CONTEXT(connection->context) { on_readable(connection); }
 */
#define CLEAT_IN_CONTEXT(context)                                                                                      \
    for (struct cleat__in_context CLEAT__CAT(cleat__in_, __LINE__)                                                     \
             __attribute__((cleanup(cleat__context_leave))) = {cleat_context_swap(context), false};                    \
         !CLEAT__CAT(cleat__in_, __LINE__).done; CLEAT__CAT(cleat__in_, __LINE__).done = true)
struct cleat__in_context {
    cleat_context *outer;
    bool done;
};
CLEAT_API void cleat__context_leave(struct cleat__in_context *in);

CLEAT_END_DECLS

#endif
