/*
 * connection.h - one client's TCP connection: bytes in, requests one after the other, answers out.
 */
#ifndef HTTP_SERVICE_CONNECTION_H
#define HTTP_SERVICE_CONNECTION_H

#include <uv.h>

#include "http.h"
#include "request.h"

struct server;

enum connection_state {
    CONNECTION_READING, /* waits for a whole request */
    CONNECTION_WORKING, /* a handler, a timer or a worker is at the request */
    CONNECTION_SENDING, /* its answer is under way */
    CONNECTION_ENDING   /* the last answer is out; what the client still sends is thrown away */
};

struct connection {
    uv_tcp_t tcp;
    uv_write_t write;
    uv_shutdown_t shutdown;
    struct server *server;
    struct connection *next;
    struct connection *previous;
    cleat_context *context; /* carries `client`; each request starts from a copy */
    struct http_parser parser;
    struct request request; /* one at a time, so that pipelined answers come in order */
    enum connection_state state;
    bool last;            /* close when the answer is out */
    uint64_t quiet_since; /* uv_now() when the client last sent or took something */
    size_t input_start;   /* of what has been read but belongs to the next request */
    size_t input_end;
    char input[16 << 10];
    char output[HTTP_MAX_RESPONSE];
};

/* Accepts the connection that waits at the server's listener. */
void connection_accept(struct server *server);

/* Sends the answer to the request under way, then goes on to the next. */
void connection_send(struct connection *connection, const struct http_response *response);

/* Closes as soon as the request under way, if any, has been answered. */
void connection_finish(struct connection *connection);

/* Closes when the client has kept the server waiting for too long. */
void connection_close_if_quiet(struct connection *connection);

#endif
