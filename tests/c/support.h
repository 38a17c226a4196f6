/*
 * support.h - what test programs of all topics share: the sanitizer they run under, the scale they run at, random
 * numbers, allocations that fail, files and folders that go with the test, children, and a line into a sink.
 */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cleat/common.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "sinks/sink.h"

#define UNUSED __attribute__((unused))

/* -- what the library was built with -- */

#ifdef CLEAT_HAVE_ZLIB
#define SKIP_WITHOUT_ZLIB() (void)0
#else
#define SKIP_WITHOUT_ZLIB() skip()
#endif

/* -- valgrind -- */

/* It runs one thread at a time, many times slower: storms of signals starve what they interrupt. */
UNUSED static bool is_under_valgrind(void)
{
    return getenv("CLEAT_VALGRIND") != NULL;
}

/* -- sanitizers -- */

/* A child of several threads may start threads of its own: ThreadSanitizer has to be told. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "die_after_fork=0";
}

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
UNUSED static const bool is_under_thread_sanitizer = true;
#else
UNUSED static const bool is_under_thread_sanitizer = false;
#endif

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
UNUSED static const bool is_under_address_sanitizer = true;
#else
UNUSED static const bool is_under_address_sanitizer = false;
#endif

/* -- scale, time, random numbers -- */

/* A quick run does a part of the work; CLEAT_HEAVY=1 does all of it. */
UNUSED static bool is_heavy(void)
{
    const char *wanted = getenv("CLEAT_HEAVY");
    return wanted != NULL && strcmp(wanted, "1") == 0;
}

UNUSED static void pause_for(long microseconds)
{
    nanosleep(&(struct timespec){microseconds / 1000000, microseconds % 1000000 * 1000}, NULL);
}

UNUSED static uint64_t random_state = UINT64_C(88172645463325252);

/* xorshift64*: the same numbers in each run. */
UNUSED static uint64_t random_number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * UINT64_C(0x2545F4914F6CDD1D);
}

/* -- failing allocations -- */

static _Atomic int permitted_allocations;

UNUSED static int permit_some(size_t size)
{
    (void)size;
    return atomic_fetch_sub(&permitted_allocations, 1) > 0;
}

/* After n allocations, all fail. */
UNUSED static void fail_allocations_after(int n)
{
    atomic_store(&permitted_allocations, n);
    cleat__alloc_permission = permit_some;
}

UNUSED static void allow_allocations(void)
{
    cleat__alloc_permission = NULL;
}

/* -- files -- */

/* An unnamed file, opened as a log file is. */
UNUSED static int open_file(int flags)
{
    char name[] = "/tmp/cleat-test-XXXXXX";
    int made = mkstemp(name);
    assert_true(made >= 0);
    int fd = open(name, O_RDWR | O_CLOEXEC | flags);
    assert_true(fd >= 0);
    close(made);
    unlink(name);
    return fd;
}

/* The caller frees it. */
UNUSED static char *file_content(int fd)
{
    struct stat status;
    assert_int_equal(fstat(fd, &status), 0);
    char *text = malloc((size_t)status.st_size + 1);
    assert_non_null(text);
    assert_int_equal(pread(fd, text, (size_t)status.st_size, 0), status.st_size);
    text[status.st_size] = '\0';
    return text;
}

UNUSED static void assert_content(int fd, const char *expected)
{
    char *text = file_content(fd);
    assert_string_equal(text, expected);
    free(text);
}

/* How often a whole line, with its newline, is in a text. */
UNUSED static size_t count_lines_in(const char *text, const char *line)
{
    size_t count = 0;
    size_t length = strlen(line);
    const char *end = text + strlen(text);
    for (const char *newline; (newline = memchr(text, '\n', (size_t)(end - text))) != NULL; text = newline + 1)
        count += (size_t)(newline + 1 - text) == length && memcmp(text, line, length) == 0;
    return count;
}

/* The number that stands behind a key in a line, or -1. */
UNUSED static int number_behind(const char *line, const char *key)
{
    const char *at = strstr(line, key);
    return at != NULL ? atoi(at + strlen(key)) : -1;
}

/* -- a temporary folder: make_folder() before a test, remove_folder() after it -- */

static char folder[64];

UNUSED static int make_folder(void)
{
    strcpy(folder, "/tmp/cleat-test-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

UNUSED static int remove_entry(const char *name, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(name);
}

UNUSED static int remove_folder(void)
{
    return nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of a file of the folder. The last eight of them are valid. */
UNUSED static const char *in_folder(const char *name)
{
    static char names[8][256];
    static unsigned next;
    char *to = names[next++ % 8];
    snprintf(to, sizeof(names[0]), "%s/%s", folder, name);
    return to;
}

UNUSED static int open_in_folder(const char *name)
{
    return open(in_folder(name), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* -- children -- */

/* How a child ended. One that hangs is ended, and is a failure. */
UNUSED static int status_of_child(pid_t child)
{
    int status = -1;
    assert_true(child > 0);
    for (int64_t end = cleat__clock_monotonic() + 60 * CLEAT__SECOND;;) {
        pid_t done = waitpid(child, &status, WNOHANG);
        if (done == child)
            return status;
        assert_int_equal(done, 0);
        if (cleat__clock_monotonic() > end) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            fail_msg("a child hung");
        }
        pause_for(200);
    }
}

/* All was well in the child: it exited with 0. */
UNUSED static void wait_for_child(pid_t child)
{
    int status = status_of_child(child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* -- sinks -- */

UNUSED static void put(cleat_sink *sink, const char *line)
{
    cleat__sink_write(sink, line, strlen(line), 20);
}

UNUSED static cleat_stats stats_now(void)
{
    cleat_stats stats;
    cleat_get_stats(&stats);
    return stats;
}

#endif
