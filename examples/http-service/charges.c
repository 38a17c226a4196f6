#include "charges.h"

#include <inttypes.h>
#include <stdlib.h>

#include "form.h"
#include "orders.h"
#include "pool.h"
#include "reply.h"

struct charge {
    struct job job;
    int64_t order_id;
    int64_t cents;
    bool accepted;
};

/* Bound for the time it takes: what the bank's part logs carries the attempt, and no other line does. */
static void ask_bank(struct charge *charge)
{
    CLEAT_BOUND_CONTEXTVARS("attempt", 1) {
        charge->accepted = charge->cents < 1000000;
        cleat_info(NULL, "bank answered", "order_id", charge->order_id, "accepted", charge->accepted);
    }
}

static void run_charge(struct job *job)
{
    struct charge *charge = (struct charge *)job;
    orders_read(charge->order_id);
    ask_bank(charge);
}

static void finish_charge(struct job *job)
{
    struct charge *charge = (struct charge *)job;
    if (charge->accepted)
        reply_json(job->request, 201, "{\"order\":%" PRId64 ",\"charged\":%" PRId64 "}\n", charge->order_id,
                   charge->cents);
    else
        reply_error(job->request, 422, "the bank says no");
    free(charge);
}

static void submit(struct request *request, int64_t order_id, int64_t cents)
{
    cleat_info(NULL, "charge accepted", "order_id", order_id, "cents", cents);
    struct charge *charge = malloc(sizeof(*charge));
    if (charge == NULL) {
        reply_error(request, 503, "no memory");
        return;
    }
    *charge = (struct charge){
        .job = {.run = run_charge, .done = finish_charge, .request = request},
        .order_id = order_id,
        .cents = cents,
    };
    if (pool_submit(&charge->job) < 0) {
        free(charge);
        reply_error(request, 503, "no worker");
    }
}

void charges_create(struct request *request)
{
    int64_t order_id, cents;
    if (form_integer(request->http->body, "order", 1, ORDERS_MAX_ID, &order_id) < 0 ||
        form_integer(request->http->body, "cents", 1, INT64_C(100000000), &cents) < 0)
        reply_error(request, 422, "give order=<id>&cents=<amount>");
    else
        submit(request, order_id, cents);
}
