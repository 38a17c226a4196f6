/* cleat_lines.h - the scenarios with Cleat, whatever the sink: for the contestant, and for the limit, which needs to
   know the line that Cleat would write. */
#ifndef BENCH_CLEAT_LINES_H
#define BENCH_CLEAT_LINES_H

#include <cleat.h>

#include "runner.h"

/* Configures Cleat for JSON to that sink, which is taken over, and makes the logger. NULL: bench_fail() was called. */
bench_lines *begin_cleat_lines(const struct bench_job *job, cleat_sink *sink);
void end_cleat_lines(void);

/* The context variables of the scenario, on this thread. */
void bind_cleat_context(void);
void clear_cleat_context(void);

/* Scenario l, as in runner.h. */
void capture_cleat_contexts(void **captured, size_t count);
void use_cleat_contexts(void **captured, size_t count);

#endif
