#include "sinks/delivery.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/errname.h"
#include "base/lock.h"
#include "base/report.h"
#include "base/tls.h"

/*
 * A line logged by a thread that is inside a sink is copied to this stack of the thread's own. A signal handler
 * may push at any instruction, so it is atomic, though no other thread ever sees it.
 */
struct cleat__held_line {
    struct cleat__held_line *next;
    cleat_sink *sink;
    size_t length;
    int level;
    char line[];
};

_Thread_local volatile unsigned cleat__inside CLEAT__TLS_MODEL;
_Thread_local _Atomic(struct cleat__held_line *) cleat__held CLEAT__TLS_MODEL;
CLEAT__THREAD_LOCAL volatile bool answering;  /* what is being written was held */
CLEAT__THREAD_LOCAL volatile bool letting_go; /* and a callback has it now */
CLEAT__THREAD_LOCAL volatile unsigned drops;  /* how often what was held has been dropped */

static void hold(cleat_sink *sink, const char *line, size_t length, int level)
{
    struct cleat__held_line *copy = letting_go ? NULL : cleat__alloc(sizeof(*copy) + length);
    if (copy == NULL) {
        cleat__sink_lose(sink, 1);
        return;
    }
    copy->sink = cleat_sink_ref(sink);
    copy->length = length;
    copy->level = level;
    memcpy(copy->line, line, length);
    copy->next = atomic_load_explicit(&cleat__held, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&cleat__held, &copy->next, copy))
        continue;
}

/* All that is held, oldest first. */
static struct cleat__held_line *take_held(void)
{
    struct cleat__held_line *newest = atomic_exchange(&cleat__held, NULL);
    struct cleat__held_line *first = NULL;
    while (newest != NULL) {
        struct cleat__held_line *older = newest->next;
        newest->next = first;
        first = newest;
        newest = older;
    }
    return first;
}

static struct cleat__held_line *let_go(struct cleat__held_line *line)
{
    struct cleat__held_line *next = line->next;
    cleat_sink_unref(line->sink);
    cleat__free(line);
    return next;
}

static void note_holder(cleat_sink *sink)
{
    atomic_store_explicit(&sink->holder, (const void *)&cleat__inside, memory_order_relaxed);
}

static void lock(cleat_sink *sink)
{
    cleat__lock(&sink->lock);
    note_holder(sink);
}

static bool lock_for_line(cleat_sink *sink)
{
    bool locked = cleat__lock_unless_in_allocation(&sink->lock);
    if (locked)
        note_holder(sink);
    return locked;
}

static void unlock(cleat_sink *sink)
{
    atomic_store_explicit(&sink->holder, NULL, memory_order_relaxed);
    pthread_mutex_unlock(&sink->lock);
}

void cleat__sink_lose(cleat_sink *sink, uint64_t lines)
{
    cleat__count(CLEAT__LOST_LINE, lines);
    atomic_fetch_add_explicit(&sink->lost, lines, memory_order_relaxed);
}

uint64_t cleat__sink_lost(const cleat_sink *sink)
{
    uint64_t lost = atomic_load_explicit(&sink->lost, memory_order_relaxed);
    return sink->cls->inner != NULL ? lost + cleat__sink_lost(sink->cls->inner(sink)) : lost;
}

static void report_loss(cleat_sink *sink, int error, uint64_t lines)
{
    const char *name = cleat__errno_name(-error);
    cleat__sink_lose(sink, lines);
    if (name != NULL)
        cleat__report(CLEAT__SINK_ERROR, "a line was lost: the %s sink cannot write it: %s", sink->cls->name, name);
    else
        cleat__report(CLEAT__SINK_ERROR, "a line was lost: the %s sink failed with %d", sink->cls->name, error);
}

/* A cancelled thread must not end inside a sink, with its lock. */
static int keep_thread(const cleat_sink *sink)
{
    int state = PTHREAD_CANCEL_ENABLE;
    if (!sink->cls->quick)
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    return state;
}

static void free_thread(const cleat_sink *sink, int state)
{
    if (!sink->cls->quick && state == PTHREAD_CANCEL_ENABLE)
        pthread_setcancelstate(state, &(int){0});
}

/* A callback may end its thread. */
static void leave_for_ever(void *sink)
{
    unlock(sink);
    letting_go = false;
    cleat__inside = 1;
    cleat__inside_leave();
}

static int write_by_user(cleat_sink *sink, const char *line, size_t length, int level)
{
    int error;
    pthread_cleanup_push(leave_for_ever, sink);
    error = sink->cls->write(sink, line, length, level);
    pthread_cleanup_pop(0);
    return error;
}

static int write_line(cleat_sink *sink, const char *line, size_t length, int level)
{
    return sink->cls->calls_user ? write_by_user(sink, line, length, level)
                                 : sink->cls->write(sink, line, length, level);
}

static void write_with_lock(cleat_sink *sink, const char *line, size_t length, int level)
{
    if (!lock_for_line(sink)) {
        cleat__sink_lose(sink, 1);
        return;
    }
    int error = write_line(sink, line, length, level);
    unlock(sink);
    if (error < 0)
        report_loss(sink, error, 1);
}

static void deliver(cleat_sink *sink, const char *line, size_t length, int level, bool answer)
{
    bool was_answering = answering;
    bool was_letting_go = letting_go;
    answering = answer;
    letting_go = answer && sink->cls->calls_user;
    int state = keep_thread(sink);
    if (sink->cls->locks_itself)
        sink->cls->write(sink, line, length, level);
    else
        write_with_lock(sink, line, length, level);
    free_thread(sink, state);
    letting_go = was_letting_go;
    answering = was_answering;
}

static void deliver_held(void)
{
    unsigned before = drops;
    struct cleat__held_line *line = take_held();
    while (line != NULL) {
        if (drops == before) /* else this is the child of a signal handler's fork, and the rest is the parent's */
            deliver(line->sink, line->line, line->length, line->level, true);
        line = let_go(line);
    }
}

void cleat__inside_leave_held(void)
{
    while (cleat__inside == 1) {
        while (atomic_load_explicit(&cleat__held, memory_order_relaxed) != NULL)
            deliver_held();
        cleat__inside = 0;
        atomic_signal_fence(memory_order_seq_cst);
        if (atomic_load_explicit(&cleat__held, memory_order_relaxed) == NULL)
            return;
        cleat__inside = 1;
        atomic_signal_fence(memory_order_seq_cst);
    }
}

void cleat__drop_held_lines(void)
{
    struct cleat__held_line *line = take_held();
    drops++;
    while (line != NULL)
        line = let_go(line);
}

void cleat__sink_write(cleat_sink *sink, const char *line, size_t length, int level)
{
    if (sink->cls->lockless) {
        sink->cls->write(sink, line, length, level);
        return;
    }
    int saved = errno;
    if (cleat__inside != 0) {
        hold(sink, line, length, level);
    } else {
        cleat__inside_enter();
        deliver(sink, line, length, level, false);
        cleat__inside_leave();
    }
    errno = saved;
}

void cleat__sink_pass(cleat_sink *sink, const char *line, size_t length, int level, bool answer)
{
    if (sink->cls->lockless) {
        sink->cls->write(sink, line, length, level);
        return;
    }
    cleat__inside_enter();
    deliver(sink, line, length, level, answer);
    cleat__inside_leave();
}

static uint64_t count_lines(const char *lines, size_t length)
{
    uint64_t count = 0;
    for (const char *end = lines + length; (lines = memchr(lines, '\n', (size_t)(end - lines))) != NULL; lines++)
        count++;
    return count;
}

void cleat__sink_pass_lines(cleat_sink *sink, const char *lines, size_t length)
{
    size_t written = 0;
    cleat__inside_enter();
    int state = keep_thread(sink);
    lock(sink);
    int error = sink->cls->write_lines(sink, lines, length, &written);
    unlock(sink);
    if (error < 0)
        report_loss(sink, error, count_lines(lines + written, length - written));
    free_thread(sink, state);
    cleat__inside_leave();
}

bool cleat__sink_is_inside(void)
{
    return cleat__inside != 0;
}

bool cleat__sink_is_answer(void)
{
    return answering;
}

bool cleat__sink_is_mine(cleat_sink *sink)
{
    return atomic_load_explicit(&sink->holder, memory_order_relaxed) == (const void *)&cleat__inside;
}

bool cleat__sink_lock(cleat_sink *sink)
{
    if (cleat__sink_is_mine(sink))
        return false;
    cleat__inside_enter();
    lock(sink);
    return true;
}

bool cleat__sink_lock_for_line(cleat_sink *sink)
{
    cleat__inside_enter();
    bool locked = lock_for_line(sink);
    if (!locked)
        cleat__inside_leave();
    return locked;
}

void cleat__sink_unlock(cleat_sink *sink)
{
    unlock(sink);
    cleat__inside_leave();
}

static int wait_on(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t deadline)
{
    if (deadline == INT64_MAX)
        return pthread_cond_wait(condition, mutex);
    struct timespec until = {.tv_sec = (time_t)(deadline / CLEAT__SECOND), .tv_nsec = (long)(deadline % CLEAT__SECOND)};
    return pthread_cond_timedwait(condition, mutex, &until);
}

/*
 * Without signals meanwhile: a handler may fork, and in the child the wait would go on, on a condition that other
 * threads were just changing. They are taken behind it, without the lock, for which others must not wait as long as a
 * handler runs.
 */
int cleat__sink_wait(cleat_sink *sink, pthread_cond_t *condition, int64_t deadline)
{
    int state;
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    atomic_store_explicit(&sink->holder, NULL, memory_order_relaxed);
    int result = wait_on(condition, &sink->lock, deadline);
    pthread_mutex_unlock(&sink->lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    lock(sink);
    pthread_setcancelstate(state, &(int){0});
    return result;
}
