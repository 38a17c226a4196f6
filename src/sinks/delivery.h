/* delivery.h - the way of a line into a sink, for the other files of this room. */
#ifndef CLEAT_SINKS_DELIVERY_H
#define CLEAT_SINKS_DELIVERY_H

#include "sinks/sink.h"

/*
 * Marks that this thread is inside a sink, or holds another lock of this room. Called before the lock is taken, so
 * that a signal handler that logs at any moment finds the mark. May be nested.
 */
void cleat__inside_enter(void);

/* Takes the mark back; the outermost delivers the lines that are held. */
void cleat__inside_leave(void);

/* In the child of a fork: the parent has the same held lines, and delivers them. */
void cleat__drop_held_lines(void);

/* Whether this thread has a sink's lock. */
bool cleat__sink_is_mine(cleat_sink *sink);

#endif
