#include "slow.h"

#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "form.h"
#include "reply.h"
#include "server.h"

struct wait {
    uv_timer_t timer;
    struct request *request;
    uint64_t milliseconds;
};

static void release(uv_handle_t *timer)
{
    free(timer->data);
}

static void on_time(uv_timer_t *timer)
{
    struct wait *wait = timer->data;
    CLEAT_IN_CONTEXT(wait->request->context) {
        cleat_info(NULL, "waited enough", "ms", wait->milliseconds);
        reply_json(wait->request, 200, "{\"waited_ms\":%llu}\n", (unsigned long long)wait->milliseconds);
    }
    uv_close((uv_handle_t *)timer, release);
}

void slow_show(struct request *request)
{
    int64_t milliseconds = 200;
    if (form_integer(request->query, "ms", 0, 5000, &milliseconds) == -EINVAL) {
        reply_error(request, 422, "ms is a number from 0 to 5000");
        return;
    }
    struct wait *wait = malloc(sizeof(*wait));
    if (wait == NULL) {
        reply_error(request, 503, "no memory");
        return;
    }
    *wait = (struct wait){.request = request, .milliseconds = (uint64_t)milliseconds};
    cleat_info(NULL, "waiting", "ms", milliseconds);
    uv_timer_init(server_loop(request->connection->server), &wait->timer);
    wait->timer.data = wait;
    uv_timer_start(&wait->timer, on_time, wait->milliseconds, 0);
}
