/*
 * deferred_call.h - calls of which an asynchronous sink's thread makes not only the line, but the event too.
 *
 * Where a chain goes straight (straight.h), an event is a matter of the call's values, of two lists, and of fields that
 * the chain makes of level and time. So a record has the values, references to the lists, and the pipeline's recipe.
 */
#ifndef CLEAT_LOGGER_DEFERRED_CALL_H
#define CLEAT_LOGGER_DEFERRED_CALL_H

#include "logger/call.h"
#include "logger/logger_record.h"

/* Gives a call to the sink, if that is all that is to be done with it. False: nothing has happened. Leaves errno as it
   was. */
bool cleat__defer_call(const cleat_logger *log, const struct cleat__call *call);

#endif
