/* traceparent.h - the fields of a trace in the context. */
#ifndef CLEAT_AMBIENT_TRACEPARENT_H
#define CLEAT_AMBIENT_TRACEPARENT_H

#include <stdbool.h>

/* Whether a key is one of those that hold the trace: it travels as traceparent, never as baggage. */
bool cleat__is_trace_key(const char *key);

#endif
