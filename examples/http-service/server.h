/*
 * server.h - the listener, all connections, and the end: the service stops when it is asked to, not in mid-answer.
 */
#ifndef HTTP_SERVICE_SERVER_H
#define HTTP_SERVICE_SERVER_H

#include <stdbool.h>

#include <uv.h>

struct connection;
struct server;

/*
 * Listens, and serves until SIGTERM or SIGINT.
 *
 * port:     0: any that is free.
 * on_ready: called once connections are taken, with the port.
 * Returns:  0, or a negative errno value, logged already.
 */
int server_run(const char *host, int port, void (*on_ready)(const char *host, int port));

/* For the connections. */
uv_loop_t *server_loop(struct server *server);
uv_stream_t *server_listener(struct server *server);
void server_remember(struct server *server, struct connection *connection);
void server_forget(struct server *server, struct connection *connection);
unsigned server_connections(const struct server *server);
bool server_is_full(const struct server *server);
bool server_is_stopping(const struct server *server);

#endif
