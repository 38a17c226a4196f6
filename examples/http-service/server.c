#include "server.h"

#include <signal.h>

#include <cleat.h>

#include "connection.h"

enum {
    MAX_CONNECTIONS = 1000,
    BACKLOG = 511,
    SWEEP_MS = 1000,
};

struct server {
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_signal_t on_term;
    uv_signal_t on_int;
    uv_signal_t on_hup;
    uv_timer_t sweep;
    struct connection *first;
    unsigned connections;
    bool stopping;
};

uv_loop_t *server_loop(struct server *server)
{
    return &server->loop;
}

uv_stream_t *server_listener(struct server *server)
{
    return (uv_stream_t *)&server->listener;
}

unsigned server_connections(const struct server *server)
{
    return server->connections;
}

bool server_is_full(const struct server *server)
{
    return server->connections > MAX_CONNECTIONS;
}

bool server_is_stopping(const struct server *server)
{
    return server->stopping;
}

void server_remember(struct server *server, struct connection *connection)
{
    connection->previous = NULL;
    connection->next = server->first;
    if (server->first != NULL)
        server->first->previous = connection;
    server->first = connection;
    server->connections++;
}

void server_forget(struct server *server, struct connection *connection)
{
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        server->first = connection->next;
    server->connections--;
}

static void on_connection(uv_stream_t *listener, int status)
{
    if (status < 0)
        cleat_warning(NULL, "cannot accept", "error", cleat_errno(-status));
    else
        connection_accept(listener->data);
}

static void on_sweep(uv_timer_t *timer)
{
    struct server *server = timer->data;
    for (struct connection *c = server->first; c != NULL; c = c->next)
        connection_close_if_quiet(c);
}

/* Takes no more connections; the loop ends by itself when the last answer is out. */
static void stop(struct server *server)
{
    server->stopping = true;
    uv_close((uv_handle_t *)&server->listener, NULL);
    uv_close((uv_handle_t *)&server->on_term, NULL);
    uv_close((uv_handle_t *)&server->on_int, NULL);
    uv_close((uv_handle_t *)&server->on_hup, NULL);
    for (struct connection *c = server->first; c != NULL; c = c->next)
        connection_finish(c);
}

static void on_stop_signal(uv_signal_t *handle, int number)
{
    struct server *server = handle->data;
    cleat_info(NULL, "stopping", "signal", number, "connections", server->connections);
    stop(server);
}

/* logrotate has moved the log away. */
static void on_reopen_signal(uv_signal_t *handle, int number)
{
    (void)handle;
    (void)number;
    cleat_reopen_sinks();
}

static void watch_signal(struct server *server, uv_signal_t *handle, uv_signal_cb callback, int number)
{
    uv_signal_init(&server->loop, handle);
    handle->data = server;
    uv_signal_start(handle, callback, number);
}

static int start_listening(struct server *server, const char *host, int port)
{
    struct sockaddr_in address;
    int result = uv_ip4_addr(host, port, &address);
    if (result == 0)
        result = uv_tcp_bind(&server->listener, (struct sockaddr *)&address, 0);
    if (result == 0)
        result = uv_listen(server_listener(server), BACKLOG, on_connection);
    return result;
}

static int bound_port(const struct server *server)
{
    struct sockaddr_in address = {0};
    int length = sizeof(address);
    uv_tcp_getsockname(&server->listener, (struct sockaddr *)&address, &length);
    return ntohs(address.sin_port);
}

static void start_watching(struct server *server)
{
    watch_signal(server, &server->on_term, on_stop_signal, SIGTERM);
    watch_signal(server, &server->on_int, on_stop_signal, SIGINT);
    watch_signal(server, &server->on_hup, on_reopen_signal, SIGHUP);
    uv_timer_init(&server->loop, &server->sweep);
    server->sweep.data = server;
    uv_timer_start(&server->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
    uv_unref((uv_handle_t *)&server->sweep);
}

int server_run(const char *host, int port, void (*on_ready)(const char *host, int port))
{
    struct server server = {0};
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&server.loop);
    uv_tcp_init(&server.loop, &server.listener);
    server.listener.data = &server;

    int result = start_listening(&server, host, port);
    if (result < 0) {
        cleat_error(NULL, "cannot listen", "host", host, "port", port, "error", cleat_errno(-result));
        uv_close((uv_handle_t *)&server.listener, NULL);
    } else {
        start_watching(&server);
        cleat_info(NULL, "listening", "host", host, "port", bound_port(&server));
        on_ready(host, bound_port(&server));
    }
    uv_run(&server.loop, UV_RUN_DEFAULT);

    if (result == 0) {
        uv_close((uv_handle_t *)&server.sweep, NULL);
        uv_run(&server.loop, UV_RUN_DEFAULT);
        cleat_info(NULL, "stopped");
    }
    uv_loop_close(&server.loop);
    return result;
}
