#include "logger/workspace.h"

#include <pthread.h>

#include "ambient/ambient.h"
#include "base/alloc.h"
#include "base/tls.h"

/* A buffer that one long line has made larger than this does not stay so. */
#define KEPT_BUFFER ((size_t)256 * 1024)

static _Atomic(struct cleat__workspace *) workspaces;
_Thread_local struct cleat__workspace *volatile cleat__workspace CLEAT__TLS_MODEL;

/* -- the end of a thread -- */

static pthread_key_t exit_key;
static bool has_exit_key; /* without one, a thread that ends leaves its workspace behind */

static void free_lines(struct cleat__workspace *workspace)
{
    for (unsigned i = 0; i < CLEAT__DEEPEST_LINE; i++) {
        struct cleat__line *line = workspace->lines[i];
        workspace->lines[i] = NULL;
        atomic_store(&workspace->pipelines[i], NULL); /* a thread may end in the middle of a line */
        if (line == NULL)
            continue;
        cleat__buffer_free(&line->buffer);
        cleat__scratch_free_blocks(&line->scratch);
        cleat__free(line);
    }
}

static void leave_workspace(void *workspace)
{
    cleat__workspace = NULL;
    free_lines(workspace);
    atomic_store(&((struct cleat__workspace *)workspace)->taken, false);
}

/* Before main(), so that no line has to wait for it, not even one in a signal handler. */
__attribute__((constructor(103))) static void make_exit_key(void)
{
    has_exit_key = pthread_key_create(&exit_key, leave_workspace) == 0;
}

/* -- a thread's workspace -- */

static struct cleat__workspace *take_left_one(void)
{
    struct cleat__workspace *workspace = atomic_load(&workspaces);
    while (workspace != NULL && atomic_exchange(&workspace->taken, true))
        workspace = workspace->next;
    return workspace;
}

static struct cleat__workspace *add_workspace(void)
{
    struct cleat__workspace *workspace = cleat__alloc_zero(sizeof(*workspace));
    if (workspace == NULL)
        return NULL;
    workspace->taken = true;
    workspace->next = atomic_load(&workspaces);
    while (!atomic_compare_exchange_weak(&workspaces, &workspace->next, workspace))
        continue;
    return workspace;
}

static struct cleat__workspace *enter_workspace(void)
{
    struct cleat__workspace *workspace = take_left_one();
    if (workspace == NULL)
        workspace = add_workspace();
    if (workspace == NULL)
        return NULL;
    workspace->depth = 0;
    if (cleat__workspace != NULL) {
        /* A signal handler has been here meanwhile. */
        atomic_store(&workspace->taken, false);
        return cleat__workspace;
    }
    cleat__workspace = workspace;
    if (has_exit_key)
        pthread_setspecific(exit_key, workspace);
    return workspace;
}

static struct cleat__line *add_line(struct cleat__workspace *workspace, unsigned depth)
{
    struct cleat__line *line = cleat__alloc(sizeof(*line));
    if (line == NULL)
        return NULL;
    line->workspace = workspace;
    line->pipeline = &workspace->pipelines[depth];
    line->buffer = (struct cleat__buffer){0};
    cleat__scratch_init(&line->scratch);
    workspace->lines[depth] = line;
    return line;
}

struct cleat__line *cleat__line_open(void)
{
    struct cleat__workspace *workspace = cleat__workspace;
    if (__builtin_expect(workspace == NULL, 0))
        workspace = enter_workspace();
    if (workspace == NULL || workspace->depth == CLEAT__DEEPEST_LINE)
        return NULL;
    unsigned depth = workspace->depth++;
    atomic_signal_fence(memory_order_seq_cst);
    struct cleat__line *line = workspace->lines[depth];
    if (__builtin_expect(line == NULL, 0))
        line = add_line(workspace, depth);
    if (line == NULL) {
        workspace->depth--;
        return NULL;
    }
    cleat__line_begins();
    return line;
}

void cleat__line_close(struct cleat__line *line)
{
    struct cleat__workspace *workspace = line->workspace;
    cleat__line_ends();
    line->buffer.length = 0;
    line->buffer.failed = false;
    if (__builtin_expect(line->buffer.capacity > KEPT_BUFFER, 0))
        cleat__buffer_free(&line->buffer);
    cleat__scratch_reset(&line->scratch);
    atomic_signal_fence(memory_order_seq_cst);
    workspace->depth--;
}

static bool names(const struct cleat__workspace *workspace, const struct cleat__pipeline *pipeline)
{
    for (unsigned i = 0; i < CLEAT__DEEPEST_LINE; i++)
        if (atomic_load(&workspace->pipelines[i]) == pipeline)
            return true;
    return false;
}

bool cleat__pipeline_is_in_use(const struct cleat__pipeline *pipeline)
{
    for (struct cleat__workspace *w = atomic_load(&workspaces); w != NULL; w = w->next)
        if (names(w, pipeline))
            return true;
    return false;
}

bool cleat__pipeline_is_in_use_here(const struct cleat__pipeline *pipeline)
{
    return cleat__workspace != NULL && names(cleat__workspace, pipeline);
}

void cleat__forget_other_threads(void)
{
    for (struct cleat__workspace *w = atomic_load(&workspaces); w != NULL; w = w->next) {
        if (w == cleat__workspace)
            continue;
        for (unsigned i = 0; i < CLEAT__DEEPEST_LINE; i++) {
            w->lines[i] = NULL; /* not freed: its thread may have been anywhere in changing it */
            atomic_store(&w->pipelines[i], NULL);
        }
        atomic_store(&w->taken, false);
    }
}
