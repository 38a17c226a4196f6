#include "ambient/context.h"

#include "ambient/ambient.h"
#include "ambient/host.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/owners.h"
#include "base/tls.h"

CLEAT__THREAD_LOCAL cleat_context own_context;
CLEAT__THREAD_LOCAL cleat_context *volatile swapped_in; /* NULL: own_context is current */

cleat_context *cleat__current_context(void)
{
    return swapped_in != NULL ? swapped_in : &own_context;
}

uint64_t cleat__context_id(cleat_context *context)
{
    static _Atomic uint64_t last_id;
    if (context->id == 0)
        context->id = atomic_fetch_add(&last_id, 1) + 1;
    return context->id;
}

/* -- a host language -- */

static _Atomic(const struct cleat__host *) host;
CLEAT__THREAD_LOCAL cleat_fields *volatile made_by_host; /* for the newest line of this thread */

void cleat__set_host(const struct cleat__host *new_host)
{
    atomic_store_explicit(&host, new_host, memory_order_release);
}

const struct cleat__host *cleat__host_here(void)
{
    const struct cleat__host *there = atomic_load_explicit(&host, memory_order_acquire);
    return there != NULL && swapped_in == NULL && there->is_here() ? there : NULL;
}

void cleat__drop_host_tokens(const cleat_tokens *tokens)
{
    const struct cleat__host *there = atomic_load_explicit(&host, memory_order_acquire);
    if (there != NULL)
        there->drop(tokens);
}

static void keep_made(cleat_fields *made)
{
    cleat_fields *old = made_by_host;
    made_by_host = made;
    cleat__release_fields(old);
    cleat__release_at_thread_exit();
}

static const cleat_fields *fields_of_host(const struct cleat__host *there)
{
    cleat_fields *made = NULL;
    const cleat_fields *fields = there->current(&made);
    if (made != NULL)
        keep_made(made);
    return fields; // cppcheck-suppress returnDanglingLifetime ; what was made is told of in made, and kept
}

__attribute__((hot)) const cleat_fields *cleat__current_contextvars(void)
{
    const struct cleat__host *there = cleat__host_here();
    return __builtin_expect(there != NULL, 0) ? fields_of_host(there) : cleat__current_context()->fields;
}

void cleat__release_thread_context(void)
{
    cleat_fields *fields = own_context.fields;
    own_context.fields = NULL;
    cleat__release_fields(fields);
    fields = made_by_host;
    made_by_host = NULL;
    cleat__release_fields(fields);
}

/* -- contexts -- */

cleat_context *cleat_new_context(void)
{
    cleat_context *context = cleat__alloc_zero(sizeof(*context));
    if (context == NULL)
        return cleat__fail_null(ENOMEM, "no memory for an execution context");
    context->owners = 1;
    return context;
}

cleat_context *cleat_copy_context(void)
{
    cleat_context *context = cleat_new_context();
    if (context != NULL)
        context->fields = cleat_get_contextvars();
    return context;
}

cleat_context *cleat_context_ref(cleat_context *context)
{
    if (context != NULL)
        cleat__add_owner(&context->owners);
    return context;
}

void cleat_context_unref(cleat_context *context)
{
    if (context == NULL || !cleat__was_last_owner(&context->owners))
        return;
    cleat__release_fields(context->fields);
    cleat__free(context);
}

cleat_context *cleat_context_swap(cleat_context *context)
{
    cleat_context *outer = swapped_in;
    if (outer != NULL)
        atomic_store_explicit(&outer->current, false, memory_order_release);
    if (context != NULL)
        atomic_store_explicit(&context->current, true, memory_order_relaxed);
    swapped_in = context;
    return outer;
}

struct visit {
    cleat_context *context;
    cleat_context *outer;
};

static void end_visit(void *arg)
{
    struct visit *visit = arg;
    cleat_context_swap(visit->outer);
    atomic_store(&visit->context->running, false);
}

int cleat_context_run(cleat_context *context, void (*fn)(void *arg), void *arg)
{
    if (context == NULL) {
        fn(arg);
        return 0;
    }
    if (atomic_load(&context->current) || atomic_exchange(&context->running, true))
        return cleat__fail(EBUSY, "the context is current already; run a copy of it instead (cleat_copy_context)");
    struct visit visit = {context, cleat_context_swap(context)};
    pthread_cleanup_push(end_visit, &visit); /* for pthread_exit() and cancellation too */
    fn(arg);
    pthread_cleanup_pop(1);
    return 0;
}

void cleat__context_leave(struct cleat__in_context *in)
{
    cleat_context_swap(in->outer);
}

/* -- a thread that inherits -- */

struct beginning {
    cleat_context *context;
    void *(*start)(void *arg);
    void *arg;
};

static void leave_thread(void *arg)
{
    struct beginning *beginning = arg;
    cleat_context_swap(NULL);
    cleat_context_unref(beginning->context);
    cleat__free(beginning);
}

static void *run_thread(void *arg)
{
    struct beginning *beginning = arg;
    void *result;
    pthread_cleanup_push(leave_thread, beginning); /* for pthread_exit() and cancellation too */
    cleat_context_swap(beginning->context);
    result = beginning->start(beginning->arg);
    pthread_cleanup_pop(1);
    return result;
}

int cleat_thread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *arg), void *arg)
{
    struct beginning *beginning = cleat__alloc(sizeof(*beginning));
    cleat_context *context = cleat_copy_context();
    if (beginning == NULL || context == NULL) {
        cleat__free(beginning);
        cleat_context_unref(context);
        return cleat__fail(ENOMEM, "no memory for a thread's context");
    }
    *beginning = (struct beginning){context, start, arg};
    int error = pthread_create(thread, attributes, run_thread, beginning);
    if (error == 0)
        return 0;
    cleat__free(beginning);
    cleat_context_unref(context);
    return cleat__fail(error, "the thread could not be started (error %d)", error);
}
