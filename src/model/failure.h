/* failure.h - how a line says that a step of its own making failed. */
#ifndef CLEAT_MODEL_FAILURE_H
#define CLEAT_MODEL_FAILURE_H

#include "model/event.h"

/*
 * Counts and reports that a part ("processor", "renderer", ...) of a name failed, and says so in the event's field
 * `cleat_error`, behind what failed before. error: a negative errno value.
 */
void cleat__tell_failure(cleat_event *event, const char *part, const char *name, int error);

#endif
