/*
 * workspace.h - what a thread needs to make a line, kept from line to line so that none allocates.
 */
#ifndef CLEAT_LOGGER_WORKSPACE_H
#define CLEAT_LOGGER_WORKSPACE_H

#include <stdatomic.h>

#include "base/buffer.h"
#include "base/scratch.h"
#include "base/tls.h"
#include "model/event.h"

struct cleat__pipeline;

/* Lines may be made inside the making of lines (a processor logs, a signal handler logs): so deep, and no deeper. */
#define CLEAT__DEEPEST_LINE 4

/*
 * What a thread keeps. Workspaces are in a list that only grows: when a thread ends, its workspace waits there for
 * the next one. So the list can be read at any time without a lock.
 */
struct cleat__workspace {
    struct cleat__workspace *next;
    _Atomic bool taken;
    volatile unsigned depth;
    _Atomic(struct cleat__pipeline *) pipelines[CLEAT__DEEPEST_LINE];
    struct cleat__line *volatile lines[CLEAT__DEEPEST_LINE];
};

/* This thread's; NULL: it has made no line yet. */
extern _Thread_local struct cleat__workspace *volatile cleat__workspace CLEAT__TLS_MODEL;

/* For the making of one line. */
struct cleat__line {
    struct cleat__workspace *workspace;
    _Atomic(struct cleat__pipeline *) *pipeline; /* where the thread says which pipeline the line runs through */
    struct cleat__buffer buffer;
    cleat_event event;
    struct cleat__event_memory memory;
    cleat_scratch scratch;
};

/* A place of this thread for a line, or NULL: too deep, or no memory. */
struct cleat__line *cleat__line_open(void);

/* Gives it back. */
void cleat__line_close(struct cleat__line *line);

/*
 * For a line that needs nothing else: where the thread says which pipeline it runs through; NULL: a place as above has
 * to be opened. Given back by cleat__mark_give().
 */
static inline _Atomic(struct cleat__pipeline *) *cleat__mark_take(void)
{
    struct cleat__workspace *workspace = cleat__workspace;
    if (__builtin_expect(workspace == NULL || workspace->depth == CLEAT__DEEPEST_LINE, 0))
        return NULL;
    unsigned depth = workspace->depth;
    workspace->depth = depth + 1;
    atomic_signal_fence(memory_order_seq_cst);
    return &workspace->pipelines[depth];
}

static inline void cleat__mark_give(void)
{
    struct cleat__workspace *workspace = cleat__workspace;
    atomic_signal_fence(memory_order_seq_cst);
    workspace->depth--;
}

/* Whether a line of any thread, or of this one, says that it runs through a pipeline. */
bool cleat__pipeline_is_in_use(const struct cleat__pipeline *pipeline);
bool cleat__pipeline_is_in_use_here(const struct cleat__pipeline *pipeline);

/* In the child of a fork: the other threads' lines are no more. */
void cleat__forget_other_threads(void);

#endif
