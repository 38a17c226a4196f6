/* time_pattern.h - how a time is written, taken apart. What does not change within a second is written once in it. */
#ifndef CLEATPY_TIME_PATTERN_H
#define CLEATPY_TIME_PATTERN_H

#include <stdint.h>

#include "text.h"

struct cleatpy_time_pattern;

/*
 * A pattern of parts: "=text", which stands for itself, or a directive of loguru's time formats (YYYY, MM, SSS, ZZ,
 * ...);
 * "!UTC" as the first one: the time is that of UTC, else local. NULL: Python error (ValueError: no such directive).
 */
struct cleatpy_time_pattern *cleatpy_time_pattern_new(PyObject *parts);
struct cleatpy_time_pattern *cleatpy_time_pattern_of(const char *const *parts, size_t count);
void cleatpy_time_pattern_free(struct cleatpy_time_pattern *pattern);

/* Appends a time, given in nanoseconds since 1970, and whether a test has frozen it. 0, or -1: Python error. */
int cleatpy_time_pattern_add(struct cleatpy_time_pattern *pattern, int64_t nanoseconds, bool is_frozen,
                             struct cleatpy_text *text);

#endif
