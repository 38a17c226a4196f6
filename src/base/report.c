#include "base/report.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/signals.h"

#define QUIET_NANOSECONDS (5 * INT64_C(1000000000))

static _Atomic uint64_t counters[CLEAT__COUNTERS];
static _Atomic int64_t last_notice[CLEAT__COUNTERS];

void cleat__count(enum cleat__counter counter, uint64_t by)
{
    atomic_fetch_add_explicit(&counters[counter], by, memory_order_relaxed);
}

static bool may_speak(enum cleat__counter counter)
{
    int64_t now = cleat__clock_monotonic();
    int64_t last = atomic_load(&last_notice[counter]);
    if (last != 0 && now - last < QUIET_NANOSECONDS)
        return false;
    return atomic_compare_exchange_strong(&last_notice[counter], &last, now);
}

/* Control characters would let data forge a notice. */
static void make_one_line(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            *text = '?';
}

static bool takes_a_notice(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
    return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & (POLLOUT | POLLERR | POLLHUP)) == POLLOUT;
}

/* Best effort, as there is nowhere to report that reporting failed. It waits for nobody, and raises no signal. */
static void write_notice(const char *text, size_t length)
{
    if (!takes_a_notice(STDERR_FILENO))
        return;
    struct cleat__signals signals;
    cleat__signals_block(&signals);
    bool failed = write(STDERR_FILENO, text, length) < 0;
    cleat__signals_restore(&signals, failed);
}

void cleat__report(enum cleat__counter counter, const char *format, ...)
{
    cleat__count(counter, 1);
    if (!may_speak(counter))
        return;
    int saved = errno;
    char text[320] = "cleat: ";
    size_t prefix = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text + prefix, sizeof(text) - prefix - 1, format, arguments);
    va_end(arguments);
    if (length > 0) {
        make_one_line(text);
        size_t end = strlen(text);
        text[end] = '\n';
        write_notice(text, end + 1);
    }
    errno = saved;
}

void cleat_get_stats(cleat_stats *stats)
{
    *stats = (cleat_stats){
        .lost_lines = atomic_load(&counters[CLEAT__LOST_LINE]),
        .dropped_lines = atomic_load(&counters[CLEAT__DROPPED_LINE]),
        .lost_fields = atomic_load(&counters[CLEAT__LOST_FIELD]),
        .processor_errors = atomic_load(&counters[CLEAT__PROCESSOR_ERROR]),
        .sink_errors = atomic_load(&counters[CLEAT__SINK_ERROR]),
        .allocation_errors = atomic_load(&counters[CLEAT__ALLOCATION_ERROR]),
        .allocations = cleat__allocations(),
    };
}
