/*
 * workspace.h - what a thread needs to make a line, kept from line to line so that none allocates.
 */
#ifndef CLEAT_LOGGER_WORKSPACE_H
#define CLEAT_LOGGER_WORKSPACE_H

#include <stdatomic.h>

#include "base/buffer.h"
#include "base/scratch.h"
#include "model/event.h"

struct cleat__pipeline;

/* Lines may be made inside the making of lines (a processor logs, a signal handler logs): so deep, and no deeper. */
#define CLEAT__DEEPEST_LINE 4

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

/* Whether a line of any thread, or of this one, says that it runs through a pipeline. */
bool cleat__pipeline_is_in_use(const struct cleat__pipeline *pipeline);
bool cleat__pipeline_is_in_use_here(const struct cleat__pipeline *pipeline);

/* In the child of a fork: the other threads' lines are no more. */
void cleat__forget_other_threads(void);

#endif
