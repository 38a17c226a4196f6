#include "connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

enum {
    QUIET_MS = 30000, /* how long a client may keep a connection without a word */
    ENDING_MS = 2000, /* and how long when it has had its last answer */
};

static void read_requests(struct connection *connection);
static void on_room_wanted(uv_handle_t *handle, size_t suggested, uv_buf_t *room);
static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *bytes);

static void on_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    request_end(&connection->request);
    cleat_context_unref(connection->context);
    server_forget(connection->server, connection);
    free(connection);
}

static void close_now(struct connection *connection)
{
    uv_handle_t *handle = (uv_handle_t *)&connection->tcp;
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

void connection_finish(struct connection *connection)
{
    if (connection->state == CONNECTION_READING || connection->state == CONNECTION_ENDING)
        close_now(connection);
    else
        connection->last = true;
}

void connection_close_if_quiet(struct connection *connection)
{
    uint64_t quiet = uv_now(connection->tcp.loop) - connection->quiet_since;
    /* A connection that works waits for us, not for its client. */
    if (connection->state != CONNECTION_WORKING &&
        quiet > (connection->state == CONNECTION_ENDING ? ENDING_MS : QUIET_MS))
        close_now(connection);
}

/* To close with input unread would reset the connection, and might take the answer away from under the client. */
static void end_connection(struct connection *connection)
{
    uv_stream_t *stream = (uv_stream_t *)&connection->tcp;
    connection->state = CONNECTION_ENDING;
    if (uv_shutdown(&connection->shutdown, stream, NULL) < 0 || uv_read_start(stream, on_room_wanted, on_read) < 0)
        close_now(connection);
}

static void on_sent(uv_write_t *write, int status)
{
    struct connection *connection = write->data;
    request_end(&connection->request);
    connection->quiet_since = uv_now(connection->tcp.loop);
    if (status < 0) {
        close_now(connection);
    } else if (connection->last) {
        end_connection(connection);
    } else {
        connection->state = CONNECTION_READING;
        http_parser_next(&connection->parser);
        read_requests(connection);
    }
}

void connection_send(struct connection *connection, const struct http_response *response)
{
    struct http_response answer = *response;
    if (!answer.keep_alive || server_is_stopping(connection->server))
        connection->last = true;
    answer.keep_alive = !connection->last;
    uv_buf_t bytes = uv_buf_init(connection->output, (unsigned)http_format(&answer, connection->output));
    connection->state = CONNECTION_SENDING;
    connection->quiet_since = uv_now(connection->tcp.loop);
    connection->write.data = connection;
    if (uv_write(&connection->write, (uv_stream_t *)&connection->tcp, &bytes, 1, on_sent) < 0)
        close_now(connection);
}

static void send_continue(struct connection *connection)
{
    static char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    uv_buf_t bytes = uv_buf_init(text, sizeof(text) - 1);
    uv_try_write((uv_stream_t *)&connection->tcp, &bytes, 1); /* A client that misses it sends after a while. */
}

static void on_room_wanted(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    (void)suggested;
    struct connection *connection = handle->data;
    *room = uv_buf_init(connection->input, sizeof(connection->input));
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *bytes)
{
    (void)bytes;
    struct connection *connection = stream->data;
    if (count < 0) {
        close_now(connection);
        return;
    }
    if (connection->state == CONNECTION_ENDING)
        return;
    connection->quiet_since = uv_now(stream->loop);
    connection->input_start = 0;
    connection->input_end = (size_t)count;
    read_requests(connection);
}

/* Reading stops while a request is under way, which is also what holds a client back that sends without end. */
static void begin_request(struct connection *connection, enum http_progress progress)
{
    struct http_parser *parser = &connection->parser;
    uv_read_stop((uv_stream_t *)&connection->tcp);
    connection->state = CONNECTION_WORKING;
    connection->last = connection->last || progress == HTTP_REFUSED;
    connection->request.connection = connection;
    connection->request.http = &parser->request;

    int result = progress == HTTP_COMPLETE ? request_begin(&connection->request, connection->context)
                                           : request_refuse(&connection->request, connection->context,
                                                            parser->refusal_status, parser->refusal_reason);
    if (result < 0)
        close_now(connection);
}

/* Takes the next request from what has been read already, or reads more. */
static void read_requests(struct connection *connection)
{
    size_t used = 0;
    enum http_progress progress = http_parse(&connection->parser, connection->input + connection->input_start,
                                             connection->input_end - connection->input_start, &used);
    connection->input_start += used;
    if (progress == HTTP_COMPLETE || progress == HTTP_REFUSED) {
        begin_request(connection, progress);
        return;
    }
    if (progress == HTTP_WANTS_GO)
        send_continue(connection);
    int result = uv_read_start((uv_stream_t *)&connection->tcp, on_room_wanted, on_read);
    if (result < 0 && result != UV_EALREADY)
        close_now(connection);
}

/* "127.0.0.1:53122" or "[::1]:53122" */
static void name_client(const uv_tcp_t *tcp, char *name, size_t size)
{
    struct sockaddr_storage address;
    int length = sizeof(address);
    char host[INET6_ADDRSTRLEN] = "?";
    int port = 0;
    if (uv_tcp_getpeername(tcp, (struct sockaddr *)&address, &length) == 0) {
        bool is_v6 = address.ss_family == AF_INET6;
        port = ntohs(is_v6 ? ((struct sockaddr_in6 *)&address)->sin6_port : ((struct sockaddr_in *)&address)->sin_port);
        uv_ip_name((struct sockaddr *)&address, host, sizeof(host));
    }
    snprintf(name, size, strchr(host, ':') != NULL ? "[%s]:%d" : "%s:%d", host, port);
}

/* What is bound here is on the lines of all requests of the connection. */
static int make_context(struct connection *connection)
{
    char client[INET6_ADDRSTRLEN + 16];
    name_client(&connection->tcp, client, sizeof(client));
    connection->context = cleat_new_context();
    if (connection->context == NULL)
        return -ENOMEM;
    CLEAT_IN_CONTEXT(connection->context) {
        cleat_bind_contextvars("client", client);
    }
    return 0;
}

void connection_accept(struct server *server)
{
    struct connection *connection = calloc(1, sizeof(*connection));
    if (connection == NULL) {
        cleat_error(NULL, "cannot accept", "error", cleat_errno(ENOMEM));
        return;
    }
    connection->server = server;
    uv_tcp_init(server_loop(server), &connection->tcp);
    connection->tcp.data = connection;
    connection->quiet_since = uv_now(server_loop(server));
    server_remember(server, connection);
    http_parser_init(&connection->parser);

    if (uv_accept(server_listener(server), (uv_stream_t *)&connection->tcp) < 0 || make_context(connection) < 0 ||
        server_is_full(server)) {
        cleat_warning(NULL, "connection refused", "connections", server_connections(server));
        close_now(connection);
        return;
    }
    uv_tcp_nodelay(&connection->tcp, 1);
    read_requests(connection);
}
