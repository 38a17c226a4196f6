/* cleat.c - Cleat, with its default processors, as JSON. */
#include "cleat_lines.h"

#include <fcntl.h>

static cleat_sink *asynchronous; /* NULL: the sink is another */

static cleat_sink *make_asynchronous(const struct bench_job *job)
{
    cleat_async_options options = {
        .queue_bytes = job->queue_bytes,
        .overflow = job->sink == BENCH_OVERLOAD ? CLEAT_DROP_NEWEST : CLEAT_BLOCK,
    };
    cleat_sink *file = cleat_file_sink(job->path, NULL);
    return file != NULL ? cleat_async_sink(file, &options) : NULL;
}

static cleat_sink *make_sink(const struct bench_job *job)
{
    switch (job->sink) {
    case BENCH_DISCARD:
        return cleat_null_sink();
    case BENCH_NULL:
        return cleat_fd_sink(open(job->path, O_WRONLY | O_CLOEXEC), true);
    case BENCH_FILE:
        return cleat_file_sink(job->path, NULL);
    default:
        asynchronous = make_asynchronous(job);
        return cleat_sink_ref(asynchronous);
    }
}

static void let_go_of_sink(void)
{
    cleat_sink_unref(asynchronous);
    asynchronous = NULL;
}

static void end(void)
{
    end_cleat_lines();
    let_go_of_sink();
}

static bench_lines *begin(const struct bench_job *job)
{
    bench_lines *lines = begin_cleat_lines(job, make_sink(job));
    if (lines == NULL)
        let_go_of_sink();
    return lines;
}

static void flush(void)
{
    cleat_flush(-1);
}

static uint64_t dropped(void)
{
    return cleat_async_dropped(asynchronous);
}

/* Cleat has a pool of its own. */
static uint64_t allocations(void)
{
    cleat_stats stats;
    cleat_get_stats(&stats);
    return stats.allocations;
}

const struct bench_contestant bench_contestant = {
    .name = "Cleat",
    .language = "C",
    .version = cleat_version,
    .notes = (const char *const[]){"discards with cleat_null_sink(), which counts nothing", NULL},
    .cannot = (const struct bench_cannot[]){{NULL, NULL}},
    .begin = begin,
    .end = end,
    .enter = bind_cleat_context,
    .leave = clear_cleat_context,
    .flush = flush,
    .capture = capture_cleat_contexts,
    .use = use_cleat_contexts,
    .dropped = dropped,
    .allocations = allocations,
};
