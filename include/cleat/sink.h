/*
 * sink.h - where the bytes of lines go. A sink never sees a field.
 *
 * Each function makes a sink for a handler. A configuration takes over the reference it is given; keep one with
 * cleat_sink_ref(). A sink may serve several handlers and configurations. When its last owner lets go it
 * is flushed and closed.
 *
 * What all sinks keep: one line is one write() (K14); an interrupted or short write is finished; a failed one is
 * counted, reported and tried anew with the next line; SIGPIPE and SIGXFSZ are never raised by a log call.
 *
 * Safe, for all that make a sink: threads, fork.
 * Owns, for all that make a sink: the caller, until it is given to a handler; cleat_sink_unref().
 * Errors, for all that make a sink: NULL, with cleat_error_message() (for a file, the path and why).
 */
#ifndef CLEAT_SINK_H
#define CLEAT_SINK_H

#include <cleat/common.h>

CLEAT_BEGIN_DECLS

typedef struct cleat_sink cleat_sink;

/*
 * Standard output and standard error, by file descriptor (1, 2). stdio's buffers are not involved.
 *
 * Example: CLEAT_HANDLERS({.sink = cleat_stdout_sink()})
 */
CLEAT_API cleat_sink *cleat_stdout_sink(void);
CLEAT_API cleat_sink *cleat_stderr_sink(void);

/*
 * A file descriptor.
 *
 * fd:      must stay open while the sink is in use.
 * close_it: whether the sink closes it at its end.
 * Example: cleat_fd_sink(open("app.log", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644), true)
 */
CLEAT_API cleat_sink *cleat_fd_sink(int fd, bool close_it);

/*
 * Takes each line and does nothing with it.
 *
 * Example: CLEAT_HANDLERS({.sink = cleat_null_sink()})
 */
CLEAT_API cleat_sink *cleat_null_sink(void);

/* A file, and what becomes of it when it has grown. All zero: it grows for ever. */
typedef struct cleat_file_options {
    unsigned mode;                  /* permission bits; 0: 0644 */
    uint64_t rotate_bytes;          /* start a new file before this one outgrows so many bytes; 0: not by size */
    uint64_t rotate_seconds;        /* start a new file each so many seconds, counted from 1970-01-01T00:00:00: 86400 is
                                       from midnight to midnight; 0: not by time */
    uint64_t rotate_offset_seconds; /* the periods begin so much later: 86400 and 3600 is at one in the morning, 604800
                                       and 345600 on Mondays; less than rotate_seconds */
    bool rotate_local_time; /* midnight in local time instead of UTC; a day then has 23 or 25 hours now and then */
    unsigned keep_files;    /* rotated files to keep; 0: no limit */
    uint64_t keep_seconds;  /* how long after its rotation a rotated file goes; 0: no limit */
    bool compress;          /* rotated files become .gz, in the background; needs zlib at run time */
} cleat_file_options;

/*
 * A file that is appended to, created with its parent folders where missing. Any number of threads, sinks and
 * processes may write to one file, rotation included: whoever is first rotates, the others follow.
 *
 * Size:    a process that writes alone never lets a file outgrow rotate_bytes, but for a single line that is longer.
 *          With several, a file may outgrow it by what others wrote since a process's last line.
 * Periods: of any length, in UTC or local time, and all counted from 1970-01-01, a Thursday, and rotate_offset_seconds.
 *          A file belongs to the period in which it was last written to, and an empty one is not rotated.
 * Names:   a rotated file is called PATH.2026-01-31T23-59-59.123456Z, and .gz behind that once it is compressed. The
 *          time is that of its rotation, in UTC, and keep_seconds counts from it. No file is ever overwritten.
 * Outside: a file that was moved or removed by others (logrotate) is opened anew within a second; at once after
 *          cleat_reopen_sinks(). A failing rotation or compression leaves logging in the file that is open. Rotated
 *          files that another process still writes to are neither compressed nor removed until it is done.
 *
 * path:    copied; a relative one is taken from the folder of now. Where the sink rotates, a symbolic link is resolved
 *          now, and what is rotated is the file that it leads to.
 * options: copied; NULL: all zero.
 * Errors:  NULL. EINVAL: keep_files, keep_seconds or compress without rotation, an offset that is no part of a period,
 *          or rotation of what is no regular file;
 *          ENXIO: a FIFO that nobody reads from; EISDIR: a folder; ENAMETOOLONG: no room for the time in the names of
 *          rotated files; ENOTSUP: compress without zlib; EBUSY: another process keeps the file locked; or what
 *          open() says.
 * Example: cleat_file_sink("app.log", &(cleat_file_options){.rotate_bytes = 64 << 20, .keep_files = 8})
 */
CLEAT_API cleat_sink *cleat_file_sink(const char *path, const cleat_file_options *options);

/*
 * Lines kept in memory, for tests.
 *
 * max_lines: the oldest go first beyond it; 0: no limit.
 * Example: cleat_sink *memory = cleat_memory_sink(0);
 */
CLEAT_API cleat_sink *cleat_memory_sink(size_t max_lines);

/*
 * How many lines a memory sink holds; 0 for another sink.
 *
 * Safe:    threads, fork.
 * Example: assert(cleat_memory_count(memory) == 2);
 */
CLEAT_API size_t cleat_memory_count(cleat_sink *memory);

/*
 * One of the lines, oldest first, without its newline.
 *
 * index:   from 0.
 * Owns:    a copy that the caller releases with free(). NULL past the end, or without memory.
 * Safe:    threads, fork.
 * Example: char *line = cleat_memory_line(memory, 0); assert(strstr(line, "started")); free(line);
 */
CLEAT_API char *cleat_memory_line(cleat_sink *memory, size_t index);

/*
 * Forgets the lines of a memory sink.
 *
 * Safe:    threads, fork.
 * Example: cleat_memory_clear(memory);
 */
CLEAT_API void cleat_memory_clear(cleat_sink *memory);

/* Receives a line with its newline; level is that of the call. 0, or a negative errno value: the line is counted as
   lost. */
typedef int (*cleat_sink_fn)(const char *line, size_t length, int level, void *arg);

/*
 * A sink from a function. It is called by one thread at a time. It may log: such lines are delivered when it has
 * returned; but what it logs while receiving those is let go and counted.
 *
 * arg:     given to write; release is called with it at the end (or NULL). On failure arg has been released.
 * Example: cleat_callback_sink(to_syslog, NULL, NULL)
 */
CLEAT_API cleat_sink *cleat_callback_sink(cleat_sink_fn write, void *arg, void (*release)(void *arg));

/* What an asynchronous sink does when a thread's queue is full. */
typedef enum cleat_overflow {
    CLEAT_BLOCK = 0,       /* the caller waits for room */
    CLEAT_DROP_NEWEST = 1, /* the caller's line is let go */
    CLEAT_DROP_OLDEST = 2  /* the oldest waiting lines make room */
} cleat_overflow;

typedef struct cleat_async_options {
    size_t queue_bytes; /* room for the waiting lines of each thread that logs to the sink: at most this much of them is
                           lost if the process is killed; 0: 1 MiB */
    cleat_overflow overflow;
} cleat_async_options;

/*
 * Hands lines to another sink on a thread of its own, so that the caller does not wait for the disk. Lines of a thread
 * keep their order; those of several come in the order of time. With the renderers that look at fields alone (JSON,
 * logfmt, key-value) a line is made on the sink's thread too, unless lists, objects or foreign values are among its own
 * fields; it is the line that it would have been at the call, with the context of then.
 *
 * Each thread that logs to the sink has a queue of its own, and takes no lock. The queue takes memory as it is used: 64
 * KiB at first, up to queue_bytes where lines come faster than they are written. When the thread ends, the next new one
 * takes it over; it is given back when the sink ends.
 *
 * What was dropped is counted, and a line that says how many is written once there is room. Flushed at process exit.
 * In a child of fork() it goes on with a thread of the child's; the lines waiting in the parent stay with it.
 *
 * sink:    taken over (on failure too).
 * options: copied; NULL: all zero.
 * Example: cleat_async_sink(cleat_file_sink("app.log", NULL), NULL)
 */
CLEAT_API cleat_sink *cleat_async_sink(cleat_sink *sink, const cleat_async_options *options);

/*
 * How many lines an asynchronous sink has dropped so far; 0 for another sink.
 *
 * Safe:    threads, fork, signals.
 * Example: if (cleat_async_dropped(sink) > 0) alert();
 */
CLEAT_API uint64_t cleat_async_dropped(const cleat_sink *sink);

/*
 * Waits until what was logged before has been written.
 *
 * timeout_ms: milliseconds; negative: for ever.
 * Safe:    threads, fork.
 * Errors:  -ETIMEDOUT; -EDEADLK from inside a sink's callback.
 * Example: cleat_sink_flush(sink, 1000);
 */
CLEAT_API int cleat_sink_flush(cleat_sink *sink, int timeout_ms);

/*
 * The same for every sink of the process.
 *
 * timeout_ms: milliseconds for all of them together; negative: for ever.
 * Safe:    threads, fork.
 * Errors:  as cleat_sink_flush().
 * Example: cleat_flush(5000);
 */
CLEAT_API int cleat_flush(int timeout_ms);

/*
 * Asks every file sink to open its path anew before its next line: for the SIGHUP of logrotate.
 *
 * Safe:    threads, fork, signals.
 * Example: static void on_hup(int signal) { (void)signal; cleat_reopen_sinks(); }
 */
CLEAT_API void cleat_reopen_sinks(void);

/*
 * One more owner of sink; gives sink back. NULL is returned as it is.
 *
 * Owns:    the caller has one reference more to give away or release.
 * Safe:    threads, fork.
 * Example: CLEAT_HANDLERS({.sink = cleat_sink_ref(memory)})   // memory stays mine to look into
 */
CLEAT_API cleat_sink *cleat_sink_ref(cleat_sink *sink);

/*
 * One owner of sink less; the last one flushes and closes. NULL is allowed.
 *
 * Safe:    threads, fork.
 * Example: cleat_sink_unref(memory);
 */
CLEAT_API void cleat_sink_unref(cleat_sink *sink);

CLEAT_END_DECLS

#endif
