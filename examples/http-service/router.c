#include "router.h"

#include <string.h>

#include "charges.h"
#include "health.h"
#include "orders.h"
#include "reply.h"
#include "slow.h"

struct route {
    const char *method;
    const char *path; /* with a slash at its end: all that begins with it */
    void (*handle)(struct request *request);
};

static const struct route routes[] = {
    {"GET", "/healthz", health_show},
    {"GET", "/orders/", orders_show},
    {"POST", "/charge", charges_create},
    {"GET", "/slow", slow_show},
};

/* What follows the route's path, or NULL when it is another path. */
static const char *match_path(const struct route *route, const char *path)
{
    size_t length = strlen(route->path);
    bool is_prefix = route->path[length - 1] == '/';
    if (strncmp(path, route->path, length) != 0 || (!is_prefix && path[length] != '\0'))
        return NULL;
    return path + length;
}

static bool match_method(const struct route *route, const char *method)
{
    return strcmp(route->method, method) == 0 || (strcmp(route->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

void router_dispatch(struct request *request)
{
    bool path_exists = false;
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        request->rest = match_path(&routes[i], request->path);
        if (request->rest == NULL)
            continue;
        path_exists = true;
        if (match_method(&routes[i], request->http->method)) {
            routes[i].handle(request);
            return;
        }
    }
    if (path_exists)
        reply_error(request, 405, "method not allowed");
    else
        reply_error(request, 404, "no such page");
}
