/*
 * logging.h - how this program logs. It is the one file that knows; all others just log.
 */
#ifndef HTTP_SERVICE_LOGGING_H
#define HTTP_SERVICE_LOGGING_H

#include <stdbool.h>

struct logging_options {
    const char *path;   /* NULL: standard error; "-": standard output; else a file, which is appended to */
    const char *format; /* "json" or "console"; NULL: console on a terminal, else JSON */
    bool off;           /* nothing at all */
    bool async;         /* lines are written by a thread of their own */
};

/* Returns 0, or a negative errno value, with cleat_error_message(). */
int logging_start(const struct logging_options *options);

/* Waits until all lines are out, and lets the log go. */
void logging_end(void);

#endif
