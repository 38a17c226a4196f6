/*
 * log_file.h - a file that is open for appending: opened under its lock, and written in whole lines even where the
 * disk is full or a process was killed in the middle of a line. How the locks are used: see rotation.c.
 */
#ifndef CLEAT_SINKS_LOG_FILE_H
#define CLEAT_SINKS_LOG_FILE_H

#include <sys/types.h>

#include "sinks/sink.h"

struct cleat__log_file {
    int fd;               /* -1: none */
    bool regular;         /* a file proper; a device or a pipe is written to through `output` */
    bool locked;          /* the shared lock is held; some file systems have no locks */
    bool inherited;       /* the parent of a fork writes through the same open file, so locks do not keep it away */
    bool limited;         /* a write may raise SIGXFSZ, because the process has a limit for the size of its files */
    dev_t device;         /* which file it is: */
    ino_t inode;          /* the path may come to name another one */
    int64_t end;          /* the size after our last line, others' lines before it included */
    int64_t whole_until;  /* up to here it is known to consist of whole lines; -1: nothing is known */
    int64_t looked_at;    /* when the end was found out, rather than counted */
    int64_t shared_until; /* until then others are taken to write too, so that it is found out after each line */
    int64_t modified;     /* when it was last written to before it was opened: nanoseconds since 1970 */
    struct cleat__output output;
};

/*
 * Opens a path for appending; makes the file and its parent folders where missing. 0, or a negative errno value with
 * file->fd == -1: -EBUSY when another process has it locked, -EISDIR for a folder.
 */
int cleat__log_file_open(struct cleat__log_file *file, const char *path, mode_t mode);

/* Has the end found out after each line for a while, as it is once others were seen to write. */
void cleat__log_file_expect_others(struct cleat__log_file *file, int64_t now);

/* Closes it, which releases its locks. */
void cleat__log_file_close(struct cleat__log_file *file);

/* Whether a path names this file, rather than another one or none. */
bool cleat__log_file_is_at(const struct cleat__log_file *file, const char *path);

/* Whether the descriptor is still this file. A program may close a descriptor that is not its own. */
bool cleat__log_file_is_open(const struct cleat__log_file *file);

/* Finds out how large others have made it, or cut it. */
void cleat__log_file_look_at_size(struct cleat__log_file *file);

/*
 * Appends whole lines. What goes out only in part is taken back. *written says, also on failure, how many bytes of
 * whole lines at the beginning were appended. now: of a coarse clock. 0 or a negative errno value.
 */
int cleat__log_file_append(struct cleat__log_file *file, const char *lines, size_t length, size_t *written,
                           int64_t now);

/* Takes the lock that only one process at a time has while it renames the file. False when another one has it. */
bool cleat__log_file_begin_rotation(struct cleat__log_file *file);
void cleat__log_file_end_rotation(struct cleat__log_file *file);

/*
 * Opens a rotated file that nobody appends to any more, and keeps it locked for the caller until it is closed.
 * A descriptor, -EAGAIN when it is in use, or another negative errno value.
 */
int cleat__log_file_claim(const char *path);

#endif
