/* report.h - what goes wrong inside the library: counted, and said on stderr once in a while (K17). */
#ifndef CLEAT_BASE_REPORT_H
#define CLEAT_BASE_REPORT_H

#include <cleat/common.h>

/* The counters of cleat_stats. */
enum cleat__counter {
    CLEAT__LOST_LINE,
    CLEAT__DROPPED_LINE,
    CLEAT__LOST_FIELD,
    CLEAT__PROCESSOR_ERROR,
    CLEAT__SINK_ERROR,
    CLEAT__ALLOCATION_ERROR,
    CLEAT__COUNTERS
};

/* Counts. Safe in a signal handler. */
void cleat__count(enum cleat__counter counter, uint64_t by);

/* Counts one, and writes "cleat: ..." to stderr, unless that was done for this counter in the last five seconds. */
void cleat__report(enum cleat__counter counter, const char *format, ...) CLEAT_PRINTF(2, 3);

#endif
