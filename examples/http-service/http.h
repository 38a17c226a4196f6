/*
 * http.h - HTTP/1.1 on the wire: requests in, through llhttp, and responses out. Knows no socket and no route.
 */
#ifndef HTTP_SERVICE_HTTP_H
#define HTTP_SERVICE_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include <llhttp.h>

/* Limits, in bytes unless named otherwise. What goes beyond is refused with the status of the same matter. */
enum {
    HTTP_MAX_TARGET = 2048,      /* 414 */
    HTTP_MAX_HEADERS = 16 << 10, /* 431: names and values of one request together */
    HTTP_MAX_BODY = 16 << 10,    /* 413 */
    HTTP_MAX_RESPONSE = 4 << 10,
    HTTP_MAX_REQUEST_ID = 64,
};

/* One request, as the client sent it. */
struct http_request {
    const char *method;                       /* static: "GET" */
    char target[HTTP_MAX_TARGET + 1];         /* "/orders/7?pretty=1" */
    char request_id[HTTP_MAX_REQUEST_ID + 1]; /* X-Request-Id when it is fit to be used, else "" */
    char traceparent[HTTP_MAX_REQUEST_ID + 1];
    char body[HTTP_MAX_BODY + 1];
    size_t target_length;
    size_t body_length;
    bool expects_continue;
    bool keep_alive;
};

/* The parser of one connection, and the request it is at. */
struct http_parser {
    llhttp_t llhttp;
    struct http_request request;
    char name[32]; /* the header being read; a longer name is none that we look for */
    char value[128];
    size_t name_length;
    size_t value_length;
    size_t header_bytes;
    int refusal_status; /* 0 while all is well */
    const char *refusal_reason;
};

enum http_progress {
    HTTP_WANTS_MORE, /* all was used, the request is not whole yet */
    HTTP_WANTS_GO,   /* all was used; the client waits for "100 Continue" before it sends the body */
    HTTP_COMPLETE,   /* request is whole; what was not used belongs to the next one */
    HTTP_REFUSED     /* refusal_status and refusal_reason say why; the connection is of no more use */
};

void http_parser_init(struct http_parser *parser);

/* Reads on. used: how many of the bytes belonged to this request. */
enum http_progress http_parse(struct http_parser *parser, const char *data, size_t length, size_t *used);

/* Goes on to the next request of the connection, once HTTP_COMPLETE has been dealt with. */
void http_parser_next(struct http_parser *parser);

struct http_response {
    int status;
    const char *request_id;
    const char *body; /* JSON */
    size_t body_length;
    bool keep_alive;
    bool head_only;
};

/* Writes the response into buffer, of HTTP_MAX_RESPONSE bytes; returns its length. */
size_t http_format(const struct http_response *response, char *buffer);

#endif
