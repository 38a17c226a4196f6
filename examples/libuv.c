/*
 * libuv.c - an event loop: many pieces of work take turns on one thread, and each has a context of its own.
 *
 * A callback of the loop does not know whose it is. So each piece of work keeps its context beside its handle, and
 * each callback goes back into it. uv_queue_work() takes a copy along to another thread.
 */
#include <stdio.h>

#include <uv.h>

#include <cleat.h>

#include "expect.h"

enum {
    VISITS = 3
};

struct visit {
    cleat_context *context;
    uv_timer_t timer;
    uv_work_t work;
    cleat_context *work_context;
};

/* Called by several visits in turn; nobody tells it which. */
static void log_step(const char *step)
{
    cleat_info(NULL, step);
}

static void on_worker(uv_work_t *work)
{
    struct visit *visit = work->data;
    CLEAT_IN_CONTEXT(visit->work_context) {
        cleat_bind_contextvars("on", "worker");
        log_step("image scaled");
    }
}

static void on_worker_done(uv_work_t *work, int status)
{
    (void)status;
    struct visit *visit = work->data;
    cleat_context_unref(visit->work_context);
    CLEAT_IN_CONTEXT(visit->context) {
        log_step("image sent");
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct visit *visit = timer->data;
    CLEAT_IN_CONTEXT(visit->context) {
        log_step("image wanted");
        visit->work_context = cleat_copy_context();
        uv_queue_work(timer->loop, &visit->work, on_worker, on_worker_done);
    }
    uv_close((uv_handle_t *)timer, NULL);
}

static void begin_visit(uv_loop_t *loop, struct visit *visit, int number)
{
    visit->context = cleat_new_context();
    visit->work.data = visit->timer.data = visit;
    CLEAT_IN_CONTEXT(visit->context) {
        cleat_bind_contextvars("visit", number);
        log_step("visit begins");
    }
    uv_timer_init(loop, &visit->timer);
    uv_timer_start(&visit->timer, on_timer, 5, 0); /* All at once: their steps mix. */
}

int main(void)
{
    static struct visit visits[VISITS];
    uv_loop_t loop;
    watch_lines();
    uv_loop_init(&loop);
    for (int i = 0; i < VISITS; i++)
        begin_visit(&loop, &visits[i], i);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    for (int i = 0; i < VISITS; i++)
        cleat_context_unref(visits[i].context);
    log_step("loop ended");

    for (int i = 0; i < VISITS; i++) {
        char piece[32];
        snprintf(piece, sizeof(piece), "\"visit\":%d,", i);
        expect_lines(1, "visit begins", piece);
        expect_lines(1, "image wanted", piece);
        expect_lines(1, "image scaled", piece);
        expect_lines(1, "image sent", piece);
    }
    expect_lines(VISITS, "image scaled", "\"on\":\"worker\"");
    expect_lines(0, "image sent", "\"on\":\"worker\"");
    expect_lines(0, "loop ended", "\"visit\"");
    return expected_all();
}
