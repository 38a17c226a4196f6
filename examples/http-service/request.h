/*
 * request.h - one request from its arrival to its answer, and the execution context it runs in.
 */
#ifndef HTTP_SERVICE_REQUEST_H
#define HTTP_SERVICE_REQUEST_H

#include <stdint.h>

#include <uv.h>

#include <cleat.h>

#include "http.h"

struct connection;

struct request {
    struct connection *connection;
    const struct http_request *http;
    cleat_context *context; /* carries request_id, method, path and client; whatever the request causes runs in it */
    char id[HTTP_MAX_REQUEST_ID + 1];
    char path[HTTP_MAX_TARGET + 1]; /* the target without its query */
    const char *query;              /* what follows the question mark, or "" */
    const char *rest;               /* what follows the route's prefix: "7" of /orders/7 */
    uint64_t started;               /* uv_hrtime() */
};

/*
 * Makes the request's context and calls its handler in it.
 *
 * connection_context: what it starts from; it carries `client`.
 * Returns: 0, or -ENOMEM: nothing was done.
 */
int request_begin(struct request *request, cleat_context *connection_context);

/* Answers, and logs that it did. Call it once, in the request's context. */
void request_respond(struct request *request, int status, const char *json, size_t length);

/* Answers what could not be parsed: no handler sees it, but it is logged and gets an id all the same. */
int request_refuse(struct request *request, cleat_context *connection_context, int status, const char *reason);

/* Lets the context go, once the answer is on its way. */
void request_end(struct request *request);

#endif
