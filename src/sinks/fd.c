#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "sinks/sink.h"

struct fd_sink {
    struct cleat_sink sink;
    struct cleat__output output;
    bool close_it;
    bool is_standard; /* shared by all who ask for this standard stream */
};

static int fd_write(cleat_sink *sink, const char *line, size_t length, int level)
{
    (void)level;
    return cleat__write_whole(&((struct fd_sink *)sink)->output, line, length);
}

static int fd_write_lines(cleat_sink *sink, const char *lines, size_t length, size_t *written)
{
    return cleat__write_lines(&((struct fd_sink *)sink)->output, lines, length, written);
}

static int fd_flush(cleat_sink *sink, int64_t deadline)
{
    bool locked = cleat__sink_lock(sink);
    int error = cleat__output_flush(&((struct fd_sink *)sink)->output, deadline);
    if (locked)
        cleat__sink_unlock(sink);
    return error == -EAGAIN ? -ETIMEDOUT : error;
}

static void fd_after_fork(cleat_sink *sink)
{
    cleat__output_forget(&((struct fd_sink *)sink)->output);
}

static bool fd_is_terminal(cleat_sink *sink)
{
    int saved = errno;
    bool is_terminal = isatty(((struct fd_sink *)sink)->output.fd) == 1;
    errno = saved;
    return is_terminal;
}

static void fd_destroy(cleat_sink *sink)
{
    struct fd_sink *self = (struct fd_sink *)sink;
    cleat__output_end(&self->output);
    if (self->close_it)
        close(self->output.fd);
}

static const struct cleat__sink_class fd_class = {
    .name = "fd",
    .write = fd_write,
    .write_lines = fd_write_lines,
    .flush = fd_flush,
    .after_fork = fd_after_fork,
    .is_terminal = fd_is_terminal,
    .destroy = fd_destroy,
};

static cleat_sink *make(int fd, bool close_it, bool is_standard)
{
    struct fd_sink *self = cleat__sink_new(sizeof(*self), &fd_class);
    if (self == NULL)
        return NULL;
    cleat__output_begin(&self->output, fd);
    self->close_it = close_it;
    self->is_standard = is_standard;
    return cleat__sink_enter(self);
}

cleat_sink *cleat_fd_sink(int fd, bool close_it)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0)
        return cleat__fail_null(EBADF, "%d is not an open file descriptor", fd);
    if ((flags & O_ACCMODE) == O_RDONLY)
        return cleat__fail_null(EBADF, "file descriptor %d is open for reading only", fd);
    return make(fd, close_it, false);
}

/* The oldest sink of a standard stream, with a reference. */
static cleat_sink *find_standard(int fd)
{
    cleat_sink *oldest = NULL;
    for (cleat_sink *sink = cleat__sink_next(NULL); sink != NULL; sink = cleat__sink_next(sink)) {
        struct fd_sink *self = (struct fd_sink *)sink;
        if (sink->cls != &fd_class || !self->is_standard || self->output.fd != fd)
            continue;
        cleat_sink_unref(oldest);
        oldest = cleat_sink_ref(sink);
    }
    return oldest;
}

/*
 * All who ask for a stream share one sink, so that its lock keeps their lines apart. Two threads may both make one;
 * then both use the older. The stream may be closed: lines are counted as lost until it is open.
 */
static cleat_sink *standard_sink(int fd)
{
    cleat_sink *sink = find_standard(fd);
    if (sink != NULL)
        return sink;
    cleat_sink *mine = make(fd, false, true);
    if (mine == NULL)
        return NULL;
    sink = find_standard(fd);
    cleat_sink_unref(mine);
    return sink;
}

cleat_sink *cleat_stdout_sink(void)
{
    return standard_sink(STDOUT_FILENO);
}

cleat_sink *cleat_stderr_sink(void)
{
    return standard_sink(STDERR_FILENO);
}
