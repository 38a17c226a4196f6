#include "sinks/sink.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/report.h"
#include "base/signals.h"

int64_t cleat__write_patience = 5 * CLEAT__SECOND;

/*
 * Finds out what the descriptor is now: a program may dup2() something else over it, or set RLIMIT_FSIZE, at any
 * time. Asking the kernel before each line would cost half as much as the write, so it is asked once in each tick
 * of the coarse clock (a few milliseconds).
 */
static void look(struct cleat__output *output)
{
    int64_t now = cleat__clock_coarse();
    if (now == output->looked_at)
        return;
    output->looked_at = now;
    struct stat status;
    bool known = fstat(output->fd, &status) == 0;
    struct rlimit limit = {.rlim_cur = RLIM_INFINITY};
    output->is_regular = known && S_ISREG(status.st_mode);
    if (output->is_regular && getrlimit(RLIMIT_FSIZE, &limit) == 0)
        output->raises = limit.rlim_cur != RLIM_INFINITY;
    else
        output->raises = !known || !(S_ISREG(status.st_mode) || S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode));
}

/* Waits until the descriptor takes bytes again. False when the deadline has come. */
static bool wait_for_room(struct cleat__output *output, int64_t deadline)
{
    while (!output->stuck) {
        int64_t left = deadline - cleat__clock_monotonic();
        if (left <= 0) {
            output->stuck = true;
            break;
        }
        int64_t milliseconds = left / 1000000 + 1;
        struct pollfd poll_fd = {.fd = output->fd, .events = POLLOUT};
        if (poll(&poll_fd, 1, milliseconds < INT_MAX ? (int)milliseconds : INT_MAX) > 0)
            return true;
    }
    return false;
}

/* Writes until all is out or it fails. Returns how many bytes went out; *error is 0 or a negative errno value. */
static size_t write_out(struct cleat__output *output, const char *bytes, size_t length, int64_t deadline, int *error)
{
    size_t done = 0;
    *error = 0;
    while (done < length) {
        ssize_t count = write(output->fd, bytes + done, length - done);
        if (count > 0) {
            done += (size_t)count;
            output->stuck = false;
            continue;
        }
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno == EAGAIN) {
            /* The clock is read only when there is something to wait for. */
            if (deadline == 0)
                deadline = cleat__clock_monotonic() + cleat__write_patience;
            if (wait_for_room(output, deadline))
                continue;
            *error = -EAGAIN;
        } else {
            *error = count == 0 ? -EIO : -errno;
        }
        break;
    }
    return done;
}

/* Brings the output to the beginning of a line. */
static int finish_former_line(struct cleat__output *output, int64_t deadline)
{
    struct cleat__buffer *remainder = &output->remainder;
    int error = 0;
    if (remainder->length > 0) {
        size_t done = write_out(output, remainder->data, remainder->length, deadline, &error);
        remainder->length -= done;
        memmove(remainder->data, remainder->data + done, remainder->length);
        if (error != 0 && error != -EAGAIN) {
            /* Whoever read the beginning of it is gone: what reads on must not begin with its end. */
            remainder->length = 0;
            output->torn = true;
            cleat__count(CLEAT__LOST_LINE, 1);
        }
    }
    if (error == 0 && output->torn) {
        write_out(output, "\n", 1, deadline, &error);
        output->torn = error != 0;
    }
    return error;
}

/*
 * Cuts a part of a line off the end of a file, if it still is the end. Another process may append between the look
 * and the cut, but hardly when the disk is full, and that is when a part of a line is written.
 */
static bool cut_off(struct cleat__output *output, size_t part)
{
    struct stat status;
    off_t end = lseek(output->fd, 0, SEEK_CUR);
    if (end < (off_t)part || fstat(output->fd, &status) != 0 || status.st_size != end)
        return false;
    off_t start = end - (off_t)part;
    return ftruncate(output->fd, start) == 0 && lseek(output->fd, start, SEEK_SET) == start;
}

/* Of a line `part` bytes went out and `rest` did not. Returns whether the line will be whole nonetheless. */
static bool save_torn_line(struct cleat__output *output, const char *rest, size_t rest_length, size_t part, int error)
{
    if (output->is_regular) {
        output->torn = !cut_off(output, part);
        return false;
    }
    if (error == -EAGAIN)
        cleat__buffer_add(&output->remainder, rest, rest_length);
    output->torn = output->remainder.length == 0;
    output->remainder.failed = false;
    return !output->torn;
}

static int write_line(struct cleat__output *output, const char *line, size_t length)
{
    int error;
    size_t done = write_out(output, line, length, 0, &error);
    if (done == 0 || done == length)
        return error;
    return save_torn_line(output, line + done, length - done, done, error) ? 0 : error;
}

/* The length of the lines that end within the first `limit` bytes. */
static size_t whole_lines(const char *lines, size_t limit)
{
    while (limit > 0 && lines[limit - 1] != '\n')
        limit--;
    return limit;
}

static size_t line_length(const char *line, size_t limit)
{
    const char *newline = memchr(line, '\n', limit);
    return newline != NULL ? (size_t)(newline - line) + 1 : limit;
}

/* Writes several lines with one write, and keeps those that went out whole. */
static int write_together(struct cleat__output *output, const char *lines, size_t length, size_t *written)
{
    int error;
    size_t done = write_out(output, lines, length, 0, &error);
    size_t whole = done == length ? length : whole_lines(lines, done);
    *written += whole;
    if (whole == done)
        return error;
    size_t torn = line_length(lines + whole, length - whole);
    if (save_torn_line(output, lines + done, whole + torn - done, done - whole, error))
        *written += torn;
    return error;
}

/*
 * One write of several lines to a file is as atomic as one of a single line: the kernel locks the file. To a pipe
 * only PIPE_BUF bytes are, so there the lines go in portions of that size.
 */
static size_t portion(const struct cleat__output *output, const char *lines, size_t length)
{
    if (output->is_regular || length <= PIPE_BUF)
        return length;
    size_t whole = whole_lines(lines, PIPE_BUF);
    return whole > 0 ? whole : line_length(lines, length);
}

static int write_portions(struct cleat__output *output, const char *lines, size_t length, size_t *written)
{
    int error = 0;
    for (size_t at = 0; at < length && error == 0;) {
        size_t size = portion(output, lines + at, length - at);
        error = write_together(output, lines + at, size, written);
        at += size;
    }
    /* The rest of the last line is kept for later: nothing is lost. */
    return *written == length ? 0 : error;
}

void cleat__output_begin(struct cleat__output *output, int fd)
{
    output->fd = fd;
    output->stuck = false;
    output->torn = false;
    output->looked_at = 0;
}

void cleat__output_end(struct cleat__output *output)
{
    if (cleat__output_flush(output, cleat__clock_monotonic()) == -EAGAIN)
        cleat__count(CLEAT__LOST_LINE, 1);
    cleat__buffer_free(&output->remainder);
}

void cleat__output_forget(struct cleat__output *output)
{
    output->remainder.length = 0;
    output->torn = false;
}

int cleat__write_whole(struct cleat__output *output, const char *line, size_t length)
{
    struct cleat__signals signals;
    look(output);
    if (output->raises)
        cleat__signals_block(&signals);
    int error = finish_former_line(output, 0);
    if (error == 0)
        error = write_line(output, line, length);
    if (output->raises)
        cleat__signals_restore(&signals, error != 0);
    return error;
}

int cleat__write_lines(struct cleat__output *output, const char *lines, size_t length, size_t *written)
{
    struct cleat__signals signals;
    *written = 0;
    look(output);
    if (output->raises)
        cleat__signals_block(&signals);
    int error = finish_former_line(output, 0);
    if (error == 0)
        error = write_portions(output, lines, length, written);
    if (output->raises)
        cleat__signals_restore(&signals, error != 0);
    return error;
}

int cleat__output_flush(struct cleat__output *output, int64_t deadline)
{
    if (output->remainder.length == 0)
        return 0;
    struct cleat__signals signals;
    look(output);
    output->stuck = false;
    if (output->raises)
        cleat__signals_block(&signals);
    int error = finish_former_line(output, deadline);
    if (output->raises)
        cleat__signals_restore(&signals, error != 0);
    return error;
}
