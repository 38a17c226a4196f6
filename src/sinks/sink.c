#include "sinks/sink.h"

#include <errno.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "sinks/registry.h"

static _Atomic unsigned reopen_generation;

void *cleat__sink_new(size_t size, const struct cleat__sink_class *cls)
{
    cleat_sink *sink = cleat__alloc_zero(size);
    if (sink == NULL)
        return cleat__fail_null(ENOMEM, "no memory for a %s sink", cls->name);
    sink->cls = cls;
    atomic_init(&sink->owners, 1);
    pthread_mutex_init(&sink->lock, NULL);
    return sink;
}

void cleat__sink_destroy(cleat_sink *sink)
{
    cleat__registry_remove(sink);
    if (sink->cls->destroy != NULL)
        sink->cls->destroy(sink);
    pthread_mutex_destroy(&sink->lock);
    cleat__free(sink);
}

cleat_sink *cleat_sink_ref(cleat_sink *sink)
{
    if (sink != NULL)
        atomic_fetch_add_explicit(&sink->owners, 1, memory_order_relaxed);
    return sink;
}

void cleat_sink_unref(cleat_sink *sink)
{
    if (sink == NULL || atomic_fetch_sub_explicit(&sink->owners, 1, memory_order_acq_rel) != 1)
        return;
    if (sink->cls->postpone_destroy == NULL || !sink->cls->postpone_destroy(sink))
        cleat__sink_destroy(sink);
}

bool cleat__sink_is_terminal(cleat_sink *sink)
{
    return sink->cls->is_terminal != NULL && sink->cls->is_terminal(sink);
}

/* The registry's lock guards these, because losses are rare and it is free when a line is on its way. */
void cleat__sink_set_loss_line(cleat_sink *sink, cleat__loss_line loss_line, void *arg)
{
    cleat__registry_lock();
    sink->loss_line = loss_line;
    sink->loss_arg = arg;
    cleat__registry_unlock();
}

void cleat__sink_forget_loss_line(cleat_sink *sink, const void *arg)
{
    cleat__registry_lock();
    if (sink->loss_arg == arg)
        sink->loss_line = NULL;
    cleat__registry_unlock();
}

void cleat__sink_make_loss_line(cleat_sink *sink, uint64_t count, struct cleat__buffer *line)
{
    cleat__registry_lock();
    if (sink->loss_line != NULL)
        sink->loss_line(sink->loss_arg, count, line);
    cleat__registry_unlock();
}

void cleat_reopen_sinks(void)
{
    atomic_fetch_add_explicit(&reopen_generation, 1, memory_order_release);
}

unsigned cleat__sink_reopen_generation(void)
{
    return atomic_load_explicit(&reopen_generation, memory_order_relaxed);
}

static int64_t deadline_in(int timeout_ms)
{
    return timeout_ms < 0 ? INT64_MAX : cleat__clock_monotonic() + timeout_ms * INT64_C(1000000);
}

static int flush(cleat_sink *sink, int64_t deadline)
{
    int result = sink->cls->flush != NULL ? sink->cls->flush(sink, deadline) : 0;
    if (result == -ETIMEDOUT)
        return cleat__fail(ETIMEDOUT, "the %s sink has not written all within the time given", sink->cls->name);
    return result < 0 ? cleat__fail(-result, "the %s sink cannot write what it has", sink->cls->name) : 0;
}

/* Whoever is inside a sink has its lock, and the sink to be flushed may wait for that. */
static int refuse_inside(void)
{
    return cleat__fail(EDEADLK, "a sink cannot be flushed from inside a sink's callback");
}

int cleat_sink_flush(cleat_sink *sink, int timeout_ms)
{
    if (sink == NULL)
        return cleat__fail(EINVAL, "the sink to be flushed is NULL");
    if (cleat__sink_is_inside())
        return refuse_inside();
    return flush(sink, deadline_in(timeout_ms));
}

bool cleat__sink_settle(cleat_sink *sink, int timeout_ms)
{
    if (cleat__sink_is_inside())
        return false;
    while (sink->cls->inner != NULL)
        sink = sink->cls->inner(sink);
    return sink->cls->settle == NULL || sink->cls->settle(sink, deadline_in(timeout_ms));
}

int cleat_flush(int timeout_ms)
{
    if (cleat__sink_is_inside())
        return refuse_inside();
    int64_t deadline = deadline_in(timeout_ms);
    int first_error = 0;
    for (cleat_sink *sink = cleat__sink_next(NULL); sink != NULL; sink = cleat__sink_next(sink)) {
        int error = flush(sink, deadline);
        first_error = first_error == 0 ? error : first_error;
    }
    return first_error;
}
