/*
 * common.h - what every other header needs: version, visibility, results, error messages, counters.
 *
 * How to read the notes under each function of these headers:
 *
 *   Safe:     where it may be called. "threads" - from any number of threads at once; "fork" - in a child
 *             of fork() too; "signals" - in a signal handler. What is not named is not promised.
 *   Owns:     who releases what. "borrowed" is never released by the caller.
 *   Errors:   results. Functions that return int give 0, or a negative errno value (-EINVAL); the sentence
 *             that names what was wrong is in cleat_error_message().
 */
#ifndef CLEAT_COMMON_H
#define CLEAT_COMMON_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

/* In C11 true and false are plain integers. Here they have the type that they name, as in C23 (6.4.5.1), so that
   `"cached", true` logs a boolean. They still work in #if. */
#if !defined(__cplusplus) && __STDC_VERSION__ <= 201710L
#undef true
#undef false
#define true ((bool)+1)
#define false ((bool)+0)
#endif

#define CLEAT_VERSION_MAJOR 0
#define CLEAT_VERSION_MINOR 1
#define CLEAT_VERSION_PATCH 0
#define CLEAT_VERSION "0.1.0"

#ifdef __cplusplus
#define CLEAT_BEGIN_DECLS extern "C" {
#define CLEAT_END_DECLS }
#else
#define CLEAT_BEGIN_DECLS
#define CLEAT_END_DECLS
#endif

#if defined(__GNUC__) || defined(__clang__)
#define CLEAT_API __attribute__((visibility("default")))
#define CLEAT_PRINTF(position, first) __attribute__((format(printf, position, first)))
#define CLEAT_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#else
#error "cleat needs gcc or clang: scopes rest on __attribute__((cleanup))"
#endif

CLEAT_BEGIN_DECLS

/*
 * The version of the library that runs, as "0.1.0"; CLEAT_VERSION is the one that was compiled against.
 *
 * Owns:    the string is static.
 * Safe:    threads, fork, signals.
 * Example: assert(strcmp(cleat_version(), CLEAT_VERSION) == 0);
 */
CLEAT_API const char *cleat_version(void);

/*
 * The sentence that belongs to the last failure on this thread: what was wrong, and what would be right.
 * Empty when nothing failed yet. It stays until the next failure on the same thread.
 *
 * Owns:    borrowed; valid until the next failing call on this thread.
 * Safe:    threads, fork.
 * Example: if (cleat_configure(&config) < 0) fprintf(stderr, "%s\n", cleat_error_message());
 */
CLEAT_API const char *cleat_error_message(void);

/* What went wrong in the library since the process began, and what it took from the system. */
typedef struct cleat_stats {
    uint64_t lost_lines;        /* lines that no sink could take: write errors, no memory, too deep re-entry */
    uint64_t dropped_lines;     /* lines an asynchronous sink let go, as its policy says */
    uint64_t lost_fields;       /* fields left off a line, for want of memory or beyond a limit */
    uint64_t processor_errors;  /* processors and patchers that returned an error */
    uint64_t sink_errors;       /* failed writes, rotations, compressions, reopenings */
    uint64_t allocation_errors; /* allocations that failed */
    uint64_t allocations;       /* blocks of memory taken: in the steady state a line takes none */
} cleat_stats;

/*
 * Reads the counters. They are also what the "cleat: ..." notices on stderr are made from, which appear at
 * most once in five seconds per kind of failure.
 *
 * stats:   filled in.
 * Safe:    threads, fork, signals.
 * Example: cleat_stats s; cleat_get_stats(&s); if (s.lost_lines > 0) alert();
 */
CLEAT_API void cleat_get_stats(cleat_stats *stats);

CLEAT_END_DECLS

#endif
