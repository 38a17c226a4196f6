/*
 * runner.h - what a contestant in C or C++ is: a table of functions. runner.c has main(), the protocol of
 * bench/README.md, the threads and the clocks.
 *
 * A run goes: begin() on the main thread; on each worker thread (also when there is one only) enter(), then lines()
 * with the clock running, or in scenario l capture() on it and use() on a partner thread, then leave(); flush(), if the
 * sink is asynchronous, with the clock still running; end(). All but lines(), capture(), use() and flush() is not
 * timed. Exceptions must not leave these functions.
 */
#ifndef BENCH_RUNNER_H
#define BENCH_RUNNER_H

#include "work.h"

#ifdef __cplusplus
extern "C" {
#endif

enum bench_sink {
    BENCH_DISCARD,
    BENCH_NULL, /* path is "/dev/null" */
    BENCH_FILE,
    BENCH_ASYNC,
    BENCH_OVERLOAD, /* asynchronous, with a queue of queue_bytes and a policy that drops, where there is one */
    BENCH_SINKS
};

/* What is to be run. */
struct bench_job {
    enum bench_kind kind;
    unsigned n; /* of bound-N, context-N and length-N; bench_work.payload is of that length */
    enum bench_sink sink;
    const char *path; /* the file to append to */
    unsigned threads; /* 1: what needs no lock for it may go without */
    size_t queue_bytes;
};

/* Makes count lines, or operations, on the calling thread. */
typedef void bench_lines(size_t count);

/* What is out of a contestant's reach. */
struct bench_cannot {
    const char *what; /* a scenario: "a" to "l", "bound-N", "context-N", "length-N"; a sink: "discard", "null",
                         "file", "async"; or "latency", "overload", "threads". Without async, the first two of these
                         need not be named. */
    const char *why;
};

struct bench_contestant {
    const char *name;
    const char *language;              /* "C" or "C++" */
    const char *(*version)(void);      /* asked of the library, not of its headers, where that can be */
    const char *const *notes;          /* ended by NULL */
    const struct bench_cannot *cannot; /* ended by {NULL, NULL} */

    /* Makes loggers, binds fields, opens sinks; gives the function that makes the lines. (In scenario l that is not
       called, but must not be NULL.) On failure NULL, after bench_fail(). */
    bench_lines *(*begin)(const struct bench_job *job);
    void (*end)(void); /* undoes it: closes files, joins the logger's threads. Not called when begin() failed. */

    /* All that follows may be NULL. */

    /* On each worker thread: binds its context variables (scenarios e, f, l, context-N), and unbinds them. */
    void (*enter)(void);
    void (*leave)(void);

    /* Asynchronous sinks: returns when all lines are in the file. */
    void (*flush)(void);

    /* Scenario l. capture() puts the calling thread's context, count times anew, into captured[0] and up; use(), on
       another thread, enters each, logs one line without fields, leaves it, and releases what was captured. */
    void (*capture)(void **captured, size_t count);
    void (*use)(void **captured, size_t count);

    /* Bytes that the discarding sink was given since begin(), by all threads. NULL: it does not count; then it is the
       length of a shown line times the number of lines. */
    uint64_t (*bytes)(void);

    /* Overload: lines dropped since begin(), as the logger itself says. NULL: it does not say. */
    uint64_t (*dropped)(void);

    /* Allocations so far that did not come from malloc() or operator new, such as those of a pool. */
    uint64_t (*allocations)(void);
};

/* Each contestant's source defines this one. In C++: extern "C" const struct bench_contestant bench_contestant = {...};
 */
extern const struct bench_contestant bench_contestant;

/* Why begin() failed, as for printf(). */
void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#ifdef __cplusplus
}
#endif

#endif
