#include "request.h"

#include <stdio.h>
#include <string.h>

#include "connection.h"
#include "router.h"

/* An id for a request that came without one: a number of this process's own, then a count. */
static void make_id(char *id, size_t size)
{
    static uint64_t process_number;
    static uint64_t count;
    if (count++ == 0)
        uv_random(NULL, NULL, &process_number, sizeof(process_number), 0, NULL);
    snprintf(id, size, "%016llx-%llu", (unsigned long long)process_number, (unsigned long long)count);
}

static void split_target(struct request *request)
{
    const char *target = request->http->target;
    size_t length = strcspn(target, "?#");
    memcpy(request->path, target, length);
    request->path[length] = '\0';
    request->query = target[length] == '?' ? target + length + 1 : "";
}

static int open_request(struct request *request, cleat_context *connection_context)
{
    request->started = uv_hrtime();
    if (request->http->request_id[0] != '\0')
        strcpy(request->id, request->http->request_id);
    else
        make_id(request->id, sizeof(request->id));

    CLEAT_IN_CONTEXT(connection_context) {
        request->context = cleat_copy_context();
    }
    return request->context == NULL ? -ENOMEM : 0;
}

/* The request is part of somebody's trace: carry it on, with a span of our own in it. */
static void join_trace(const char *traceparent)
{
    if (cleat_extract_traceparent(NULL, traceparent) == 0)
        cleat_begin_span(NULL);
    else
        cleat_warning(NULL, "traceparent ignored", "reason", cleat_error_message());
}

int request_begin(struct request *request, cleat_context *connection_context)
{
    int result = open_request(request, connection_context);
    if (result < 0)
        return result;
    split_target(request);

    /* The edge: bound here, and on every line from here on, in whatever file, callback or worker thread. */
    CLEAT_IN_CONTEXT(request->context) {
        cleat_bind_contextvars("request_id", request->id, "method", request->http->method, "path", request->path);
        if (request->http->traceparent[0] != '\0')
            join_trace(request->http->traceparent);
        cleat_info(NULL, "request received", "target", request->http->target, "bytes", request->http->body_length);
        router_dispatch(request);
    }
    return 0;
}

void request_respond(struct request *request, int status, const char *json, size_t length)
{
    cleat_info(NULL, "request completed", "target", request->http->target, "status", status, "duration",
               cleat_duration((int64_t)(uv_hrtime() - request->started)));
    connection_send(request->connection, &(struct http_response){
                                             .status = status,
                                             .request_id = request->id,
                                             .body = json,
                                             .body_length = length,
                                             .keep_alive = request->http->keep_alive,
                                             .head_only = strcmp(request->http->method, "HEAD") == 0,
                                         });
}

int request_refuse(struct request *request, cleat_context *connection_context, int status, const char *reason)
{
    int result = open_request(request, connection_context);
    if (result < 0)
        return result;
    CLEAT_IN_CONTEXT(request->context) {
        cleat_bind_contextvars("request_id", request->id);
        cleat_warning(NULL, "request refused", "status", status, "reason", reason);
    }

    char body[256];
    int length = snprintf(body, sizeof(body), "{\"error\":\"%s\"}\n", status == 400 ? "bad request" : reason);
    connection_send(request->connection, &(struct http_response){
                                             .status = status,
                                             .request_id = request->id,
                                             .body = body,
                                             .body_length = (size_t)length,
                                         });
    return 0;
}

void request_end(struct request *request)
{
    cleat_context_unref(request->context);
    request->context = NULL;
}
