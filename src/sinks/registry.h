/* registry.h - the list of all sinks of the process, for the other files of this room. */
#ifndef CLEAT_SINKS_REGISTRY_H
#define CLEAT_SINKS_REGISTRY_H

#include "sinks/sink.h"

/* The lock of the list. Whoever has it is inside a sink, as far as signal handlers that log are concerned. */
void cleat__registry_lock(void);
void cleat__registry_unlock(void);

/* Whether this thread has that lock: then a signal handler must not make a sink. */
bool cleat__registry_is_mine(void);

/* Takes a sink out; one that was never entered is allowed. */
void cleat__registry_remove(cleat_sink *sink);

#endif
