/*
 * work.h - the values of the scenarios (bench/README.md), for the contestants in C and C++.
 *
 * They are variables, and those of work.c: a compiler that sees only a contestant has to load them, as a program has to
 * load what it knows only at run time. Keys and the message are literals in the contestants, as they are in programs.
 */
#ifndef BENCH_WORK_H
#define BENCH_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BENCH_MOST_FIELDS 100

enum bench_kind {
    BENCH_A,
    BENCH_B,
    BENCH_C,
    BENCH_D,
    BENCH_E,
    BENCH_F,
    BENCH_G,
    BENCH_H,
    BENCH_I,
    BENCH_J,
    BENCH_K,
    BENCH_L,
    BENCH_BOUND,
    BENCH_CONTEXT,
    BENCH_LENGTH,
    BENCH_KINDS
};

struct bench_ten {
    const char *request_id;
    const char *method;
    const char *path;
    const char *client;
    int64_t user_id;
    const char *tenant;
    int64_t attempt;
    bool cached;
    double ratio;
    const char *region;
};

struct bench_three {
    int64_t status;
    int64_t bytes;
    double duration_ms;
};

struct bench_context5 {
    const char *trace_id;
    const char *span_id;
    const char *session;
    const char *locale;
    int64_t shard;
};

struct bench_user {
    const char *name;
    const char *email;
    struct timespec created_at;
};

/* Scenario h. Its keys are int, ints, string, strings, time, times, user1, user2, users, error. */
struct bench_mixed {
    int64_t number;
    int64_t numbers[10];
    const char *string;
    const char *strings[10];
    struct timespec time;
    struct timespec times[10];
    struct bench_user user1;
    struct bench_user user2;
    struct bench_user users[10];
    const char *error;
};

/* A field whose key is made by number: those of bound-N and context-N, and context_05 to context_19. */
struct bench_numbered {
    char key[16];
    const char *text; /* NULL: an integer */
    int64_t number;
};

struct bench_work {
    struct bench_ten ten; /* five: the first five */
    struct bench_three three;
    int64_t second_attempt; /* scenario g */
    struct bench_context5 context5;
    struct bench_numbered context_more[15]; /* context20: context5 and these */
    struct bench_mixed mixed;
    struct bench_numbered numbered[BENCH_MOST_FIELDS]; /* bound-N, context-N: the first N */
    const char *payload;                               /* length-N: of N bytes */
    size_t payload_length;
};

extern struct bench_work bench_work;

/* Makes the values whose text is made at run time; payload of that length. False: no memory. */
bool bench_prepare_work(size_t payload_length);

#ifdef __cplusplus
}
#endif

#endif
