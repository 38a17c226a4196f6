#include "orders.h"

#include <stdlib.h>

#include "form.h"
#include "pool.h"
#include "reply.h"

struct show {
    struct job job;
    struct order order;
};

/* Stands for a database. It knows orders, and nothing of requests; its line carries the request's fields. */
struct order orders_read(int64_t id)
{
    static const char *const items[] = {"teapot", "kettle", "cup", "saucer"};
    struct order order = {id, items[id % 4], 100 + id * 37 % 9900};
    cleat_info(NULL, "order read", "order_id", id, "item", order.item);
    return order;
}

static void run_show(struct job *job)
{
    struct show *show = (struct show *)job;
    show->order = orders_read(show->order.id);
}

static void finish_show(struct job *job)
{
    struct show *show = (struct show *)job;
    const struct order *order = &show->order;
    cleat_info(NULL, "order shown", "order_id", order->id, "cents", order->cents);
    reply_json(job->request, 200, "{\"order\":%lld,\"item\":\"%s\",\"cents\":%lld}\n", (long long)order->id,
               order->item, (long long)order->cents);
    free(show);
}

static void look_up(struct request *request, int64_t id)
{
    cleat_info(NULL, "order looked up", "order_id", id);
    struct show *show = calloc(1, sizeof(*show));
    if (show == NULL) {
        reply_error(request, 503, "no memory");
        return;
    }
    show->job = (struct job){.run = run_show, .done = finish_show, .request = request};
    show->order.id = id;
    if (pool_submit(&show->job) < 0) {
        free(show);
        reply_error(request, 503, "no worker");
    }
}

void orders_show(struct request *request)
{
    int64_t id;
    if (parse_integer(request->rest, 1, ORDERS_MAX_ID, &id) < 0)
        reply_error(request, 404, "no such order");
    else
        look_up(request, id);
}
