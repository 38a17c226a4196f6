/*
 * cleat.h - structured logging with bound context. The one header a program includes.
 *
 *     #include <cleat.h>
 *
 *     cleat_info(NULL, "request received", "path", path, "bytes", n);
 *
 *     CLEAT_BOUND_CONTEXTVARS("request_id", id) {
 *         charge_account();                      // whatever logs in there carries request_id
 *     }
 *
 * Each concept has a header of its own below, and is documented there.
 */
#ifndef CLEAT_H
#define CLEAT_H

#include <cleat/common.h>      /* version, error messages, counters */
#include <cleat/value.h>       /* typed values */
#include <cleat/level.h>       /* severities */
#include <cleat/fields.h>      /* immutable lists of fields */
#include <cleat/event.h>       /* one line's fields, for processors */
#include <cleat/processor.h>   /* the steps before the renderer */
#include <cleat/renderer.h>    /* event to bytes */
#include <cleat/sink.h>        /* bytes to somewhere */
#include <cleat/config.h>      /* processors + handlers = configuration */
#include <cleat/logger.h>      /* loggers and log calls */
#include <cleat/contextvars.h> /* fields of the execution context */
#include <cleat/context.h>     /* execution contexts, threads */
#include <cleat/threadlocal.h> /* the older, per-thread store */
#include <cleat/propagation.h> /* traceparent, baggage, environment */

#endif
