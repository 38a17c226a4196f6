/* rotation.h - when a file gives way to a new one, and how it gets its new name. */
#ifndef CLEAT_SINKS_ROTATION_H
#define CLEAT_SINKS_ROTATION_H

#include "sinks/log_file.h"

/* The length of 2026-01-31T23-59-59.123456Z, which is what stands behind PATH and a dot. */
#define CLEAT__ROTATED_TIME_LENGTH 27

/* Writes a time so that it may stand in a file's name; returns the end, no NUL. Names in order are times in order. */
char *cleat__write_rotated_time(char *to, int64_t nanoseconds);

/* Whether a text begins with such a time. */
bool cleat__is_rotated_time(const char *text);

/* When the period that a time belongs to ends; INT64_MAX: never. */
int64_t cleat__period_end(const cleat_file_options *options, int64_t nanoseconds);

/* Whether a file has to give way before so many bytes more, at a time. */
bool cleat__rotation_is_due(const struct cleat__log_file *file, const cleat_file_options *options, int64_t period_end,
                            size_t length);

/*
 * Gives the file that a path names its rotated name. name has room for the path and CLEAT__ROTATED_NAME_EXTRA bytes.
 * 0, also when another process has done it meanwhile; -EAGAIN when another one is at it; or another negative errno
 * value, and nothing has changed.
 */
#define CLEAT__ROTATED_NAME_EXTRA 40
int cleat__rotate(struct cleat__log_file *file, const char *path, char *name);

#endif
