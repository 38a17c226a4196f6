/*
 * Lines that an asynchronous sink's thread makes: their order, what they keep alive and for how long, overflow, forks,
 * the ends of threads, new configurations. That they are the same lines is in test_vectors.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cleat.h>

#include "sinks/async_sink.h"
#include "support.h"

#define LINES 2000

/* -- an inner sink that is stuck until it is opened, and keeps the lines -- */

static atomic_bool is_open;
static atomic_int arrived;
static char *lines[LINES + 64];
static int n_lines;

static int pass_gate(const char *line, size_t length, int level, void *arg)
{
    (void)level;
    (void)arg;
    atomic_fetch_add(&arrived, 1);
    while (!atomic_load(&is_open))
        pause_for(100);
    assert_true(n_lines < LINES + 64);
    lines[n_lines++] = strndup(line, length - 1);
    return 0;
}

static cleat_sink *sink;

static const struct cleat__lanes *lanes(void)
{
    return &((struct cleat__async_sink *)sink)->lanes;
}

static void configure(size_t queue_bytes, cleat_overflow overflow, cleat_renderer *renderer)
{
    sink = cleat_async_sink(cleat_callback_sink(pass_gate, NULL, NULL), &(cleat_async_options){queue_bytes, overflow});
    assert_non_null(sink);
    assert_int_equal(cleat_configure(&(cleat_config){
                         CLEAT_PROCESSORS(cleat_merge_contextvars()),
                         CLEAT_HANDLERS({.sink = cleat_sink_ref(sink), .renderer = renderer}),
                     }),
                     0);
}

/* The sink's thread takes a first line, and is stuck with it. */
static void occupy(void)
{
    cleat_info(NULL, "first");
    while (atomic_load(&arrived) == 0)
        pause_for(100);
}

static void open_gate(void)
{
    atomic_store(&is_open, true);
    assert_int_equal(cleat_sink_flush(sink, 20000), 0);
}

static void assert_line(int index, const char *expected)
{
    assert_true(index < n_lines);
    assert_string_equal(lines[index], expected);
}

static int begin(void **state)
{
    (void)state;
    atomic_store(&is_open, false);
    atomic_store(&arrived, 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cleat_reset_defaults();
    cleat_clear_contextvars();
    cleat_sink_unref(sink);
    sink = NULL;
    while (n_lines > 0)
        free(lines[--n_lines]);
    return 0;
}

static int number_in(const char *line)
{
    const char *found = strstr(line, "\"n\":");
    return found != NULL ? atoi(found + 4) : -1;
}

/* -- order -- */

static atomic_int turn;

static void *take_turns(void *arg)
{
    int parity = (int)(intptr_t)arg;
    for (int n = parity; n < LINES; n += 2) {
        while (atomic_load(&turn) != n)
            sched_yield();
        cleat_info(NULL, "turn", "n", n);
        atomic_store(&turn, n + 1);
    }
    return NULL;
}

/* A line that was logged because another one had been never comes before it. */
static void lines_of_several_threads_come_in_the_order_of_time(void **state)
{
    (void)state;
    pthread_t threads[2];
    configure(0, CLEAT_BLOCK, NULL);
    atomic_store(&is_open, true);
    atomic_store(&turn, 0);
    for (intptr_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_turns, (void *)i), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    open_gate();
    assert_int_equal(n_lines, LINES);
    for (int i = 0; i < LINES; i++)
        assert_int_equal(number_in(lines[i]), i);
}

/* -- what lines keep alive -- */

static void K11_contexts_may_go_while_their_lines_wait(void **state)
{
    (void)state;
    configure(0, CLEAT_BLOCK, NULL);
    occupy();
    for (int i = 0; i < 300; i++) {
        char text[16];
        snprintf(text, sizeof(text), "value %d", i);
        cleat_logger *log = cleat_bind(NULL, "bound", text);
        cleat_bind_contextvars("request", text);
        cleat_info(log, "waits", "n", i, "copied", text);
        if (i % 3 == 0) {
            cleat_logger *more = cleat_bind(log, "bound", "overridden", "more", i);
            cleat_info(more, "waits", "n", i);
            cleat_unref(more);
        }
        cleat_unref(log);
        cleat_clear_contextvars();
        memset(text, '#', sizeof(text));
    }
    open_gate();
    assert_int_equal(n_lines, 401);
    assert_line(1,
                "{\"bound\":\"value 0\",\"n\":0,\"copied\":\"value 0\",\"event\":\"waits\",\"request\":\"value 0\"}");
    assert_line(2, "{\"bound\":\"overridden\",\"more\":0,\"n\":0,\"event\":\"waits\",\"request\":\"value 0\"}");
    assert_line(400, "{\"bound\":\"value 299\",\"n\":299,\"copied\":\"value 299\",\"event\":\"waits\","
                     "\"request\":\"value 299\"}");
}

static void a_renderer_may_go_while_its_lines_wait(void **state)
{
    (void)state;
    configure(0, CLEAT_BLOCK, cleat_logfmt_renderer(NULL));
    occupy();
    cleat_info(NULL, "before", "n", 1);
    assert_int_equal(cleat_configure(&(cleat_config){
                         CLEAT_PROCESSORS(cleat_merge_contextvars()),
                         CLEAT_HANDLERS({.sink = cleat_sink_ref(sink), .renderer = cleat_keyvalue_renderer(NULL)},
                                        {.sink = cleat_sink_ref(sink)}),
                     }),
                     0);
    cleat_info(NULL, "behind", "n", 2);
    open_gate();
    assert_int_equal(n_lines, 4);
    assert_line(1, "n=1 event=before");
    assert_line(2, "n=2 event='behind'");
    assert_line(3, "{\"n\":2,\"event\":\"behind\"}");
}

/* -- what is known of a call site -- */

/* A list among the fields: such a line is rendered at the call. */
static void log_from_one_site(cleat_logger *log, int i, bool with_list)
{
    cleat_value part = cleat_int(i);
    cleat_info(log, "asked", "n", i, "more", with_list ? cleat_list_n(&part, 1) : cleat_int(i));
}

/* What was found out with one context does not hold with the next. */
static void K1_keys_of_a_call_meet_each_context_anew(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "{\"m\":1,\"n\":%d,\"more\":%s,\"event\":\"asked\"}",
        "{\"n\":%d,\"more\":%s,\"event\":\"asked\"}",
        "{\"n\":%d,\"more\":%s,\"event\":\"asked\",\"o\":1}",
        "{\"n\":%d,\"more\":%s,\"event\":\"asked\"}",
    };
    configure(0, CLEAT_BLOCK, NULL);
    occupy();
    for (int i = 0; i < 240; i++) {
        static const char *const keys[] = {"m", "n", "o", "n"};
        bool in_context = i % 4 >= 2;
        cleat_field field = {keys[i % 4], cleat_int(1)};
        cleat_logger *log = cleat_bind_fields(NULL, &field, in_context ? 0 : 1);
        cleat_bind_contextvars_fields(NULL, &field, in_context ? 1 : 0);
        log_from_one_site(log, i, i / 4 % 3 == 2);
        log_from_one_site(log, i, false);
        cleat_unref(log);
        cleat_clear_contextvars();
    }
    open_gate();
    assert_int_equal(n_lines, 481);
    for (int i = 0; i < 480; i++) {
        char more[16];
        char line[128];
        int n = i / 2;
        snprintf(more, sizeof(more), i % 2 == 0 && n / 4 % 3 == 2 ? "[%d]" : "%d", n);
        snprintf(line, sizeof(line), expected[n % 4], n, more);
        assert_line(i + 1, line);
    }
}

static void log_with_bound(const cleat_field *fields, size_t count, int i)
{
    cleat_logger *log = cleat_bind_fields(NULL, fields, count);
    log_from_one_site(log, i, false);
    cleat_unref(log);
}

/* Not even if the next one comes to lie where the former one did. */
static void K1_what_is_known_of_a_context_ends_with_it(void **state)
{
    (void)state;
    enum {
        TURNS = 50
    };
    const cleat_field m = {"m", cleat_int(0)};
    const cleat_field o_and_n[] = {{"o", cleat_int(0)}, {"n", cleat_int(0)}};
    configure(0, CLEAT_BLOCK, NULL);
    atomic_store(&is_open, true);
    for (int i = 0; i < TURNS; i++) {
        log_with_bound(&m, 1, i);      /* shares no key with the call: that is found out */
        log_with_bound(o_and_n, 2, i); /* shares one: it goes another way, and the list before is let go of */
        assert_int_equal(cleat_sink_flush(sink, 20000), 0);
        log_with_bound(&o_and_n[1], 1, i);
        assert_int_equal(cleat_sink_flush(sink, 20000), 0);
    }
    assert_int_equal(n_lines, 3 * TURNS);
    for (int i = 0; i < 3 * TURNS; i++) {
        char line[128];
        static const char *const before[] = {"\"m\":0,", "\"o\":0,", ""};
        snprintf(line, sizeof(line), "{%s\"n\":%d,\"more\":%d,\"event\":\"asked\"}", before[i % 3], i / 3, i / 3);
        assert_line(i, line);
    }
}

/* -- the time of a line -- */

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t time_in(const char *line)
{
    double seconds = 0;
    sscanf(strstr(line, "\"timestamp\":"), "\"timestamp\":%lf", &seconds);
    return (int64_t)(seconds * 1e9);
}

/* It is worked out when the line is made, but it is that of the call. */
static void the_time_of_a_line_is_that_of_its_call(void **state)
{
    (void)state;
    enum {
        CALLS = 300
    };
    const int64_t little = 1000000;
    int64_t before[CALLS];
    int64_t after[CALLS];
    configure(0, CLEAT_BLOCK, NULL);
    assert_int_equal(cleat_configure(&(cleat_config){
                         CLEAT_PROCESSORS(cleat_timestamper(&(cleat_timestamper_options){.format = "unix"})),
                         CLEAT_HANDLERS({.sink = cleat_sink_ref(sink)}),
                     }),
                     0);
    occupy();
    for (int i = 0; i < CALLS; i++) {
        before[i] = now();
        cleat_info(NULL, "waits", "n", i);
        after[i] = now();
        pause_for(i % 10 == 0 ? 2000 : 1);
    }
    open_gate();
    assert_int_equal(n_lines, CALLS + 1);
    for (int i = 0; i < CALLS; i++) {
        int64_t time = time_in(lines[i + 1]);
        assert_true(time >= before[i] - little && time <= after[i] + little);
        assert_true(time >= time_in(lines[i]));
    }
}

/* -- memory -- */

/* A thread that logs little at a time stays in the part of its ring that was touched when it was made. */
static void bursts_stay_in_a_small_part_of_the_ring(void **state)
{
    (void)state;
    uint64_t farthest = 0;
    configure(0, CLEAT_BLOCK, NULL);
    atomic_store(&is_open, true);
    cleat_info(NULL, "first");
    const struct cleat__lane *lane = lanes()->first;
    for (int i = 0; i < LINES; i++) {
        cleat_info(NULL, "in a burst", "n", i, "text", "so that records are longer and the ring is gone through often");
        uint64_t in_ring = lane->tail - lane->base;
        farthest = in_ring > farthest ? in_ring : farthest;
        if (i % 20 == 19)
            assert_int_equal(cleat_sink_flush(sink, 20000), 0);
    }
    assert_true(lane->base > 0);
    assert_true(farthest <= 64 * 1024);
}

/* -- overflow -- */

static void log_with_new_contexts(int count)
{
    for (int i = 0; i < count; i++) {
        cleat_logger *log = cleat_bind(NULL, "context", i);
        cleat_info(log, "overflows", "n", i);
        cleat_unref(log);
    }
}

static void *open_later(void *arg)
{
    (void)arg;
    pause_for(30000);
    atomic_store(&is_open, true);
    return NULL;
}

static void overflow_drops_what_it_is_told_to(void **state)
{
    for (cleat_overflow overflow = CLEAT_BLOCK; overflow <= CLEAT_DROP_OLDEST; overflow++) {
        pthread_t opener;
        begin(state);
        configure(8192, overflow, NULL);
        occupy();
        assert_int_equal(pthread_create(&opener, NULL, open_later, NULL), 0);
        log_with_new_contexts(overflow == CLEAT_BLOCK ? 500 : 1000);
        open_gate();
        pthread_join(opener, NULL);
        int kept = 0;
        int last = -1;
        for (int i = 0; i < n_lines; i++) {
            int n = number_in(lines[i]);
            if (n < 0)
                continue; /* the first, and those that tell of losses */
            assert_true(n > last);
            last = n;
            kept++;
        }
        assert_int_equal(kept + (int)cleat_async_dropped(sink), overflow == CLEAT_BLOCK ? 500 : 1000);
        assert_true((overflow == CLEAT_BLOCK) == (cleat_async_dropped(sink) == 0));
        assert_true(overflow != CLEAT_DROP_OLDEST || last == 999);
        end(state);
    }
}

/* -- threads that end -- */

static void *log_and_end(void *arg)
{
    int number = (int)(intptr_t)arg;
    cleat_bind_contextvars("thread", number);
    cleat_info(NULL, "waits", "n", number);
    return NULL;
}

static void threads_may_end_while_their_lines_wait(void **state)
{
    (void)state;
    configure(0, CLEAT_BLOCK, NULL);
    occupy();
    for (intptr_t i = 0; i < 100; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, log_and_end, (void *)i), 0);
        pthread_join(thread, NULL);
    }
    open_gate();
    assert_int_equal(n_lines, 101);
    for (int i = 0; i < 100; i++)
        assert_int_equal(number_in(lines[i + 1]), i);
    int n_lanes = 0;
    for (const struct cleat__lane *lane = lanes()->first; lane != NULL; lane = lane->next)
        n_lanes++;
    assert_int_equal(n_lanes, 2); /* that of this thread, and one that went from thread to thread */
}

static bool is_held_by_a_left_lane(void)
{
    bool held = false;
    cleat__sink_lock(sink);
    for (const struct cleat__lane *lane = lanes()->first; lane != NULL; lane = lane->next)
        held |= !cleat__lane_is_mine(lane) && lane->keeper != NULL;
    cleat__sink_unlock(sink);
    return held;
}

static void what_an_ended_thread_logged_last_is_let_go(void **state)
{
    (void)state;
    pthread_t thread;
    configure(0, CLEAT_BLOCK, NULL);
    atomic_store(&is_open, true);
    assert_int_equal(pthread_create(&thread, NULL, log_and_end, NULL), 0);
    pthread_join(thread, NULL);
    for (int i = 0; i < 2000 && is_held_by_a_left_lane(); i++)
        pause_for(1000);
    assert_false(is_held_by_a_left_lane());
}

static void a_thread_keeps_nothing_of_sinks_that_have_ended(void **state)
{
    for (int i = 0; i < 20; i++) {
        configure(1024, CLEAT_BLOCK, NULL);
        atomic_store(&is_open, true);
        cleat_info(NULL, "short-lived", "n", i);
        end(state);
    }
}

/* -- forks -- */

static void K17_fork_while_lines_wait(void **state)
{
    (void)state;
    if (is_under_thread_sanitizer)
        skip(); /* it cannot bear a thread that is started in the child of a process with threads */
    configure(0, CLEAT_BLOCK, NULL);
    occupy();
    cleat_logger *log = cleat_bind(NULL, "who", "parent");
    for (int i = 0; i < 50; i++) {
        cleat_bind_contextvars("turn", i);
        cleat_info(log, "waits", "n", i);
    }
    pid_t child = fork();
    if (child == 0) {
        alarm(30);
        atomic_store(&is_open, true);
        log_with_new_contexts(20);
        cleat_unref(log);
        cleat_clear_contextvars();
        int flushed = cleat_sink_flush(sink, 20000);
        bool right = n_lines == 20 && number_in(lines[0]) == 0 && number_in(lines[19]) == 19;
        _exit(flushed != 0 ? 1 : right ? 0 : 2);
    }
    wait_for_child(child);
    cleat_unref(log);
    open_gate();
    assert_int_equal(n_lines, 51);
    assert_line(50, "{\"who\":\"parent\",\"n\":49,\"event\":\"waits\",\"turn\":49}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_of_several_threads_come_in_the_order_of_time, begin, end),
        cmocka_unit_test_setup_teardown(K11_contexts_may_go_while_their_lines_wait, begin, end),
        cmocka_unit_test_setup_teardown(a_renderer_may_go_while_its_lines_wait, begin, end),
        cmocka_unit_test_setup_teardown(K1_keys_of_a_call_meet_each_context_anew, begin, end),
        cmocka_unit_test_setup_teardown(K1_what_is_known_of_a_context_ends_with_it, begin, end),
        cmocka_unit_test_setup_teardown(the_time_of_a_line_is_that_of_its_call, begin, end),
        cmocka_unit_test_setup_teardown(bursts_stay_in_a_small_part_of_the_ring, begin, end),
        cmocka_unit_test(overflow_drops_what_it_is_told_to),
        cmocka_unit_test_setup_teardown(threads_may_end_while_their_lines_wait, begin, end),
        cmocka_unit_test_setup_teardown(what_an_ended_thread_logged_last_is_let_go, begin, end),
        cmocka_unit_test(a_thread_keeps_nothing_of_sinks_that_have_ended),
        cmocka_unit_test_setup_teardown(K17_fork_while_lines_wait, begin, end),
    };
    return cmocka_run_group_tests_name("deferred", tests, NULL, NULL);
}
