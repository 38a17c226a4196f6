/*
 * limit.c - what no logger can go below: one look at the clock and one copy of the line's bytes, and the write() where
 * there is one. The line is the one that Cleat would write, made once.
 */
#include "cleat_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static int fd = -1; /* -1: the line is discarded */
static char *line;
static size_t line_length;
static _Thread_local char *copy;
static _Atomic uint64_t discarded;

static inline void look_and_copy(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    memcpy(copy, line, line_length);
    __asm__ volatile("" : : "r"(copy), "r"(&time) : "memory");
}

static void make_discarded(size_t count)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        look_and_copy();
        bytes += line_length;
    }
    atomic_fetch_add(&discarded, bytes);
}

static void make_written(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        look_and_copy();
        if (write(fd, copy, line_length) != (ssize_t)line_length)
            abort();
    }
}

static uint64_t bytes(void)
{
    return discarded;
}

/* The line with its newline, in the place of its NUL. */
static bool take_line(bench_lines *lines, cleat_sink *memory)
{
    bind_cleat_context();
    lines(1);
    clear_cleat_context();
    line = cleat_memory_line(memory, 0);
    if (line == NULL)
        return false;
    line_length = strlen(line) + 1;
    line[line_length - 1] = '\n';
    return true;
}

static bool render_line(const struct bench_job *job)
{
    cleat_sink *memory = cleat_memory_sink(1);
    bench_lines *lines = begin_cleat_lines(job, cleat_sink_ref(memory));
    bool done = lines != NULL && take_line(lines, memory);
    if (lines != NULL)
        end_cleat_lines();
    cleat_sink_unref(memory);
    return done;
}

static bool open_file(const char *path)
{
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        bench_fail("%s: %s", path, strerror(errno));
    return fd >= 0;
}

static void end(void)
{
    if (fd >= 0)
        close(fd);
    fd = -1;
    free(line);
    line = NULL;
}

static bench_lines *begin(const struct bench_job *job)
{
    bool to_file = job->sink != BENCH_DISCARD;
    discarded = 0;
    if (!render_line(job) || (to_file && !open_file(job->path))) {
        end();
        return NULL;
    }
    return to_file ? make_written : make_discarded;
}

static void enter(void)
{
    copy = malloc(line_length);
    if (copy == NULL)
        abort();
}

static void leave(void)
{
    free(copy);
}

static const char *version(void)
{
    return "";
}

const struct bench_contestant bench_contestant = {
    .name = "limit",
    .language = "C",
    .version = version,
    .notes = (const char *const[]){"clock_gettime(), memcpy() of Cleat's line, write() where there is one", NULL},
    .cannot =
        (const struct bench_cannot[]){
            {"i", "makes lines only"},
            {"j", "makes lines only"},
            {"k", "has no context"},
            {"l", "has no context"},
            {"async", "has no queue"},
            {NULL, NULL},
        },
    .begin = begin,
    .end = end,
    .enter = enter,
    .leave = leave,
    .bytes = bytes,
};
