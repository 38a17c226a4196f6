/* file.c - the file sink: opens a path, appends to it, and goes over to a new file when it is time. */
#include "sinks/sink.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/errname.h"
#include "base/error.h"
#include "base/report.h"
#include "sinks/housekeeping.h"
#include "sinks/log_file.h"
#include "sinks/rotation.h"

#define DEFAULT_MODE 0644

/* How often the path is looked at unasked, and how soon something that failed is tried again. */
#define INTERVAL CLEAT__SECOND

/* How old a file's time of writing may be though it was written just now: file systems use the kernel's coarse clock.
 */
#define COARSENESS (CLEAT__SECOND / 50)

/* More than one file in a row may have to give way, when others fill them as quickly. */
#define ROTATION_ATTEMPTS 3

struct file_sink {
    cleat_sink base;
    char *path;    /* absolute */
    char *rotated; /* room for a rotated file's name */
    cleat_file_options options;
    struct cleat__log_file file;
    int64_t period_end;   /* when the file's period is over: nanoseconds since 1970, INT64_MAX: never */
    int64_t look_at;      /* when the path is to be looked at, on the coarse clock */
    int64_t rotate_again; /* no rotation before this, on the coarse clock: the last one failed */
    unsigned generation;  /* of the last cleat_reopen_sinks() that was heeded */
    struct cleat__housekeeping house;
};

static void report_failure(const struct file_sink *sink, const char *what, int error)
{
    char message[128];
    cleat__report(CLEAT__SINK_ERROR, "cannot %s %s: %s; logging goes on in the file that is open", what, sink->path,
                  cleat__errno_message(-error, message, sizeof(message)));
}

/* A file that was there belongs to the period in which it was last written to. */
static void begin_period(struct file_sink *sink)
{
    int64_t now = cleat__clock_kernel();
    int64_t since = now - sink->file.modified < COARSENESS || sink->file.end == 0 ? now : sink->file.modified;
    sink->period_end = cleat__period_end(&sink->options, since);
}

/* Opens the path, and only then lets go of the file that was open. */
static int open_anew(struct file_sink *sink)
{
    struct cleat__log_file file;
    /* A descriptor that is not this file any more was closed by the program, and may be something else by now. */
    bool open = cleat__log_file_is_open(&sink->file);
    int result = cleat__log_file_open(&file, sink->path, sink->options.mode);
    if (result < 0)
        return result;
    if (open)
        cleat__log_file_close(&sink->file);
    file.shared_until = sink->file.shared_until; /* whoever wrote to that one will write to this one */
    sink->file = file;
    begin_period(sink);
    cleat__housekeeping_wake(&sink->house);
    return 0;
}

static void look_at_path(struct file_sink *sink, int64_t now)
{
    sink->look_at = now + INTERVAL;
    if (!sink->file.inherited && cleat__log_file_is_open(&sink->file) && cleat__log_file_is_at(&sink->file, sink->path))
        return;
    int result = open_anew(sink);
    if (result < 0)
        report_failure(sink, "open", result);
}

static void look_at_path_unasked(cleat_sink *base)
{
    look_at_path((struct file_sink *)base, cleat__clock_coarse());
}

static void look_at_path_if_due(struct file_sink *sink, int64_t now)
{
    unsigned generation = cleat__sink_reopen_generation();
    if (generation == sink->generation && now < sink->look_at)
        return;
    sink->generation = generation;
    look_at_path(sink, now);
}

static bool rotation_is_due(const struct file_sink *sink, size_t length, int64_t now)
{
    return now >= sink->rotate_again && cleat__rotation_is_due(&sink->file, &sink->options, sink->period_end, length);
}

/* Goes over to a new file, if there is one or one can be made. */
static int go_over(struct file_sink *sink)
{
    int result = 0;
    if (cleat__log_file_is_at(&sink->file, sink->path))
        result = cleat__rotate(&sink->file, sink->path, sink->rotated);
    return result < 0 ? result : open_anew(sink);
}

/* Makes the file one that may take so many bytes more, if that can be. */
static void make_room(struct file_sink *sink, size_t length, int64_t now)
{
    for (int attempt = 0; attempt < ROTATION_ATTEMPTS && rotation_is_due(sink, length, now); attempt++) {
        cleat__log_file_look_at_size(&sink->file);
        if (!rotation_is_due(sink, length, now))
            return;
        int result = go_over(sink);
        if (result == -EAGAIN)
            return; /* another process is just doing it */
        if (result < 0) {
            report_failure(sink, "rotate", result);
            sink->rotate_again = now + INTERVAL;
        }
    }
}

static size_t first_line(const char *lines, size_t length)
{
    const char *end = memchr(lines, '\n', length);
    return end == NULL ? length : (size_t)(end - lines) + 1;
}

/* How many bytes of whole lines the file may take; one line at least. */
static size_t portion(const struct file_sink *sink, const char *lines, size_t length)
{
    uint64_t limit = sink->options.rotate_bytes;
    uint64_t end = (uint64_t)sink->file.end;
    if (limit == 0 || !sink->file.regular || end + length <= limit)
        return length;
    const char *last = end < limit ? memrchr(lines, '\n', (size_t)(limit - end)) : NULL;
    return last != NULL ? (size_t)(last - lines) + 1 : first_line(lines, length);
}

static int write_lines(cleat_sink *base, const char *lines, size_t length, size_t *written)
{
    struct file_sink *sink = (struct file_sink *)base;
    int64_t now = cleat__clock_coarse();
    int result = 0;
    *written = 0;
    look_at_path_if_due(sink, now);
    while (result == 0 && *written < length) {
        const char *rest = lines + *written;
        size_t done;
        if (rotation_is_due(sink, length - *written, now))
            make_room(sink, first_line(rest, length - *written), now);
        if (sink->file.end == 0)
            begin_period(sink); /* an empty file belongs to the period of its first line */
        result = cleat__log_file_append(&sink->file, rest, portion(sink, rest, length - *written), &done, now);
        *written += done;
    }
    if (result == -EBADF)
        sink->look_at = now; /* the program has closed it */
    return result;
}

static int write_line(cleat_sink *base, const char *line, size_t length, int level)
{
    size_t written;
    (void)level;
    return write_lines(base, line, length, &written);
}

/* The child must not share the parent's open file: see rotation.c. */
static void after_fork(cleat_sink *base)
{
    struct file_sink *sink = (struct file_sink *)base;
    bool locked = cleat__sink_lock(base);
    cleat__housekeeping_after_fork(&sink->house);
    if (sink->file.regular) {
        sink->file.inherited = true;
        cleat__log_file_expect_others(&sink->file, cleat__clock_coarse());
        look_at_path(sink, cleat__clock_coarse());
    } else {
        cleat__output_forget(&sink->file.output);
    }
    if (locked)
        cleat__sink_unlock(base);
}

static bool is_terminal(cleat_sink *base)
{
    const struct file_sink *sink = (const struct file_sink *)base;
    return !sink->file.regular && isatty(sink->file.fd) == 1;
}

static int flush(cleat_sink *base, int64_t deadline)
{
    struct file_sink *sink = (struct file_sink *)base;
    bool locked = cleat__sink_lock(base);
    int result = sink->file.regular ? 0 : cleat__output_flush(&sink->file.output, deadline);
    if (locked)
        cleat__sink_unlock(base);
    return result;
}

static bool settle(cleat_sink *base, int64_t deadline)
{
    return cleat__housekeeping_settle(&((struct file_sink *)base)->house, deadline);
}

static void destroy(cleat_sink *base)
{
    struct file_sink *sink = (struct file_sink *)base;
    cleat__housekeeping_stop(&sink->house);
    if (cleat__log_file_is_open(&sink->file))
        cleat__log_file_close(&sink->file);
    cleat__free(sink->rotated);
    cleat__free(sink->path);
}

static const struct cleat__sink_class file_class = {
    .name = "file",
    .write = write_line,
    .write_lines = write_lines,
    .flush = flush,
    .settle = settle,
    .after_fork = after_fork,
    .is_terminal = is_terminal,
    .destroy = destroy,
};

static bool rotates(const cleat_file_options *options)
{
    return options->rotate_bytes != 0 || options->rotate_seconds != 0;
}

static bool keeps_house(const cleat_file_options *options)
{
    return options->keep_files != 0 || options->keep_seconds != 0 || options->compress;
}

static int check(const char *path, const cleat_file_options *options)
{
    if (path == NULL || *path == '\0')
        return cleat__fail(EINVAL, "a file sink needs a path; this one is %s", path == NULL ? "NULL" : "empty");
    const char *base = strrchr(path, '/');
    base = base == NULL ? path : base + 1;
    if (*base == '\0')
        return cleat__fail(EISDIR, "%s names a folder; a file sink needs the name of a file in it", path);
    if ((options->mode & ~07777U) != 0)
        return cleat__fail(EINVAL, "mode 0%o is more than permission bits, which are at most 07777", options->mode);
    if (keeps_house(options) && !rotates(options))
        return cleat__fail(EINVAL, "keep_files, keep_seconds and compress are about rotated files: set rotate_bytes or "
                                   "rotate_seconds too");
    if (options->rotate_offset_seconds != 0 && options->rotate_offset_seconds >= options->rotate_seconds)
        return cleat__fail(EINVAL,
                           "rotate_offset_seconds is %" PRIu64 ", and must be less than rotate_seconds, %" PRIu64,
                           options->rotate_offset_seconds, options->rotate_seconds);
    if (rotates(options) && strlen(base) + CLEAT__ROTATED_NAME_EXTRA > NAME_MAX)
        return cleat__fail(ENAMETOOLONG,
                           "the file name of %.80s... leaves no room for the time in the names of rotated "
                           "files",
                           path);
    return 0;
}

/* NULL, with a message. */
static char *make_absolute(const char *path)
{
    char folder[PATH_MAX];
    if (*path == '/')
        *folder = '\0';
    else if (getcwd(folder, sizeof(folder) - 1) == NULL)
        return cleat__fail_null(errno, "%s is relative, and the current folder is not known", path);
    else
        strcat(folder, "/");
    size_t length = strlen(folder);
    char *absolute = cleat__alloc(length + strlen(path) + 1);
    if (absolute == NULL)
        return cleat__fail_null(ENOMEM, "no memory for the path %s", path);
    memcpy(absolute, folder, length);
    strcpy(absolute + length, path);
    return absolute;
}

/* Renaming a symbolic link would leave the file where it is: what is rotated is the file it leads to. */
static int follow_link(struct file_sink *sink)
{
    struct stat status;
    char target[PATH_MAX];
    if (lstat(sink->path, &status) < 0 || !S_ISLNK(status.st_mode))
        return 0;
    if (realpath(sink->path, target) == NULL)
        return cleat__fail(errno, "%s is a link that leads nowhere", sink->path);
    char *path = cleat__copy_text(target, strlen(target));
    if (path == NULL)
        return cleat__fail(ENOMEM, "no memory for the path %s", target);
    cleat__free(sink->path);
    sink->path = path;
    return 0;
}

static int open_first(struct file_sink *sink)
{
    char message[128];
    int result = cleat__log_file_open(&sink->file, sink->path, sink->options.mode);
    if (result == -ENXIO)
        return cleat__fail(ENXIO, "cannot open %s: nobody reads from it", sink->path);
    if (result == -EBUSY)
        return cleat__fail(EBUSY, "cannot open %s: another process has locked it", sink->path);
    if (result < 0)
        return cleat__fail(-result, "cannot open %s: %s", sink->path,
                           cleat__errno_message(-result, message, sizeof(message)));
    if (rotates(&sink->options) && !sink->file.regular)
        return cleat__fail(EINVAL, "%s is no regular file, so it cannot be rotated", sink->path);
    begin_period(sink);
    sink->generation = cleat__sink_reopen_generation();
    sink->look_at = cleat__clock_coarse() + INTERVAL;
    cleat__log_file_expect_others(&sink->file, cleat__clock_coarse());
    return 0;
}

static int prepare_rotation(struct file_sink *sink)
{
    int result = follow_link(sink);
    if (result < 0)
        return result;
    sink->rotated = cleat__alloc(strlen(sink->path) + CLEAT__ROTATED_NAME_EXTRA);
    if (sink->rotated == NULL)
        return cleat__fail(ENOMEM, "no memory for the names of rotated files");
    if (!keeps_house(&sink->options))
        return 0;
    sink->house.sink = &sink->base;
    sink->house.path = sink->path;
    sink->house.options = &sink->options;
    sink->house.look_at_path = look_at_path_unasked;
    return cleat__housekeeping_start(&sink->house);
}

cleat_sink *cleat_file_sink(const char *path, const cleat_file_options *options)
{
    static const cleat_file_options none;
    if (options == NULL)
        options = &none;
    if (check(path, options) < 0)
        return NULL;
    struct file_sink *sink = cleat__sink_new(sizeof(*sink), &file_class);
    if (sink == NULL)
        return NULL;
    sink->options = *options;
    if (sink->options.mode == 0)
        sink->options.mode = DEFAULT_MODE;
    sink->file.fd = -1;
    sink->path = make_absolute(path);
    if (sink->path == NULL || open_first(sink) < 0 || (rotates(options) && prepare_rotation(sink) < 0)) {
        cleat_sink_unref(&sink->base);
        return NULL;
    }
    return cleat__sink_enter(sink);
}
