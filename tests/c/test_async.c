/* The asynchronous sink: order, overflow, flush, the ends of sinks, threads and processes, forks, signals. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <cleat/level.h>
#include <cleat/sink.h>

#include "base/clock.h"
#include "sinks/async.h"
#include "sinks/lane.h"
#include "sinks/sink.h"
#include "support.h"

/* ---- tools ---- */

static void tell_loss(void *arg, uint64_t count, struct cleat__buffer *line)
{
    char text[64];
    (void)arg;
    snprintf(text, sizeof(text), "dropped %d\n", (int)count);
    cleat__buffer_add(line, text, strlen(text));
}

/* What a number and the first line take in a lane. */
#define NUMBER cleat__record_size(8)
#define FIRST cleat__record_size(6)

/* An inner sink whose gate is closed until it is opened: what a stuck disk does. */
struct gate {
    atomic_bool is_open;
    atomic_int calls;
    atomic_int released;
    int passed;
    char lines[1200][16]; /* what came through, its beginning */
    cleat_sink *answer_to;
    cleat_sink *let_go; /* a reference that the callback gives back */
};

static int pass_gate(const char *line, size_t length, int level, void *arg)
{
    struct gate *gate = arg;
    (void)level;
    atomic_fetch_add(&gate->calls, 1);
    while (!atomic_load(&gate->is_open))
        pause_for(200);
    if (gate->passed < 1200)
        snprintf(gate->lines[gate->passed], sizeof(gate->lines[0]), "%.*s", (int)length - 1, line);
    gate->passed++;
    if (gate->answer_to != NULL)
        put(gate->answer_to, "answer\n");
    cleat_sink_unref(gate->let_go);
    gate->let_go = NULL;
    return 0;
}

static void release_gate(void *arg)
{
    atomic_fetch_add(&((struct gate *)arg)->released, 1);
}

static cleat_sink *gated(struct gate *gate, size_t queue_bytes, cleat_overflow overflow)
{
    cleat_sink *inner = cleat_callback_sink(pass_gate, gate, release_gate);
    cleat_sink *sink = cleat_async_sink(inner, &(cleat_async_options){queue_bytes, overflow});
    assert_non_null(sink);
    cleat__sink_set_loss_line(sink, tell_loss, NULL);
    return sink;
}

/* Makes the backend take a first line, and stop at the gate with it. */
static void occupy(struct gate *gate, cleat_sink *sink)
{
    put(sink, "first\n");
    while (atomic_load(&gate->calls) == 0)
        pause_for(200);
}

static void assert_line(const struct gate *gate, int index, const char *expected)
{
    assert_true(index < gate->passed);
    assert_string_equal(gate->lines[index], expected);
}

static void put_numbers(cleat_sink *sink, int from, int to)
{
    for (int i = from; i < to; i++) {
        char line[16];
        snprintf(line, sizeof(line), "%07d\n", i); /* 8 bytes: NUMBER in a lane */
        put(sink, line);
    }
}

/* ---- the everyday case ---- */

static void lines_come_in_order(void **state)
{
    (void)state;
    int fd = open_file(O_APPEND);
    cleat_sink *sink = cleat_async_sink(cleat_fd_sink(fd, false), NULL);
    put_numbers(sink, 0, 50000);
    assert_int_equal(cleat_sink_flush(sink, -1), 0);
    char *text = file_content(fd);
    assert_int_equal(strlen(text), 50000 * 8);
    for (int i = 0; i < 50000; i++)
        assert_int_equal(atoi(text + (ptrdiff_t)i * 8), i);
    free(text);
    put(sink, "after a pause\n");
    pause_for(30000); /* it sleeps now */
    put(sink, "and another\n");
    assert_int_equal(cleat_flush(5000), 0);
    text = file_content(fd);
    assert_string_equal(text + 50000 * 8, "after a pause\nand another\n");
    free(text);
    assert_int_equal(cleat_async_dropped(sink), 0);
    cleat_sink_unref(sink);
    close(fd);
}

/* What a host language asks before it gives its own lock away. */
static void a_line_is_taken_at_once_where_there_is_room(void **state)
{
    (void)state;
    struct gate gate = {0};
    cleat_sink *sink = gated(&gate, 4 * NUMBER, CLEAT_BLOCK);
    assert_false(cleat__sink_offer(sink, "early\n", 6, CLEAT_INFO)); /* this thread has no queue yet */
    occupy(&gate, sink);
    int taken = 0;
    char line[16];
    while (taken < 100 && snprintf(line, sizeof(line), "%07d\n", taken) > 0 &&
           cleat__sink_offer(sink, line, 8, CLEAT_INFO))
        taken++;
    assert_in_range(taken, 1, 4);
    atomic_store(&gate.is_open, true);
    assert_int_equal(cleat_sink_flush(sink, -1), 0);
    assert_int_equal(gate.passed, 1 + taken);
    for (int i = 0; i < taken; i++)
        assert_int_equal(atoi(gate.lines[1 + i]), i);
    assert_true(cleat__sink_offer(sink, "last\n", 5, CLEAT_INFO));
    cleat_sink_unref(sink);
    assert_line(&gate, 1 + taken, "last");
}

static void other_sinks_take_no_line_at_once(void **state)
{
    (void)state;
    cleat_sink *memory = cleat_memory_sink(0);
    assert_false(cleat__sink_offer(memory, "line\n", 5, CLEAT_INFO));
    assert_int_equal(cleat_memory_count(memory), 0);
    cleat_sink_unref(memory);
}

static void last_owner_flushes(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        int fd = open_file(O_APPEND);
        cleat_sink *sink = cleat_async_sink(cleat_fd_sink(fd, false), NULL);
        for (int i = 0; i < round % 3; i++)
            put(sink, "line\n");
        cleat_sink_unref(sink);
        assert_content(fd, &"line\nline\n"[(2 - round % 3) * 5]);
        close(fd);
    }
}

static void wrong_arguments_are_refused(void **state)
{
    (void)state;
    struct gate gate = {0};
    assert_null(cleat_async_sink(NULL, NULL));
    cleat_sink *inner = cleat_callback_sink(pass_gate, &gate, release_gate);
    assert_null(cleat_async_sink(inner, &(cleat_async_options){0, (cleat_overflow)7}));
    assert_int_equal(gate.released, 1);
    inner = cleat_callback_sink(pass_gate, &gate, release_gate);
    assert_null(cleat_async_sink(inner, &(cleat_async_options){SIZE_MAX, CLEAT_BLOCK}));
    assert_int_equal(gate.released, 2);
    assert_non_null(strstr(cleat_error_message(), "queue_bytes"));
}

static void two_in_a_row(void **state)
{
    (void)state;
    int fd = open_file(O_APPEND);
    cleat_sink *inner = cleat_async_sink(cleat_fd_sink(fd, false), &(cleat_async_options){64, CLEAT_BLOCK});
    cleat_sink *sink = cleat_async_sink(inner, NULL);
    put_numbers(sink, 0, 2000);
    assert_int_equal(cleat_sink_flush(sink, 5000), 0);
    char *text = file_content(fd);
    assert_int_equal(strlen(text), 16000);
    free(text);
    cleat_sink_unref(sink);
    close(fd);
}

static void failing_inner_sink_is_counted(void **state)
{
    (void)state;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    cleat_sink *sink = cleat_async_sink(cleat_fd_sink(fd, true), NULL);
    cleat_stats before = stats_now();
    put_numbers(sink, 0, 10);
    cleat_sink_flush(sink, -1);
    assert_int_equal(stats_now().lost_lines - before.lost_lines, 10);
    cleat_sink_unref(sink);
}

/* ---- overflow ---- */

static void *open_later(void *arg)
{
    pause_for(50000);
    atomic_store(&((struct gate *)arg)->is_open, true);
    return NULL;
}

static void block_waits_for_room(void **state)
{
    (void)state;
    struct gate gate = {0};
    cleat_sink *sink = gated(&gate, 256, CLEAT_BLOCK);
    occupy(&gate, sink);
    pthread_t opener;
    assert_int_equal(pthread_create(&opener, NULL, open_later, &gate), 0);
    int64_t start = cleat__clock_monotonic();
    put_numbers(sink, 0, 1000);
    assert_true(cleat__clock_monotonic() - start > CLEAT__SECOND / 50);
    assert_int_equal(cleat_sink_flush(sink, 5000), 0);
    pthread_join(opener, NULL);
    assert_int_equal(cleat_async_dropped(sink), 0);
    assert_int_equal(gate.passed, 1001);
    assert_line(&gate, 1000, "0000999");
    cleat_sink_unref(sink);
}

static void drop_newest_keeps_the_oldest(void **state)
{
    (void)state;
    struct gate gate = {0};
    cleat_sink *sink = gated(&gate, FIRST + 10 * NUMBER, CLEAT_DROP_NEWEST);
    cleat_stats before = stats_now();
    occupy(&gate, sink);
    put_numbers(sink, 0, 25);
    assert_int_equal(cleat_async_dropped(sink), 15);
    assert_int_equal(stats_now().dropped_lines - before.dropped_lines, 15);
    assert_int_equal(cleat_sink_flush(sink, 20), -ETIMEDOUT);
    atomic_store(&gate.is_open, true);
    assert_int_equal(cleat_sink_flush(sink, 5000), 0);
    assert_int_equal(gate.passed, 12);
    assert_line(&gate, 0, "first");
    assert_line(&gate, 1, "0000000");
    assert_line(&gate, 10, "0000009");
    assert_line(&gate, 11, "dropped 15");
    assert_int_equal(stats_now().lost_lines, before.lost_lines);
    cleat_sink_unref(sink);
}

static void drop_oldest_keeps_the_newest(void **state)
{
    (void)state;
    struct gate gate = {0};
    cleat_sink *sink = gated(&gate, FIRST + 10 * NUMBER, CLEAT_DROP_OLDEST);
    occupy(&gate, sink);
    put_numbers(sink, 0, 25);
    assert_int_equal(cleat_async_dropped(sink), 15);
    atomic_store(&gate.is_open, true);
    assert_int_equal(cleat_sink_flush(sink, 5000), 0);
    assert_int_equal(gate.passed, 12);
    assert_line(&gate, 0, "first");
    assert_line(&gate, 1, "dropped 15");
    assert_line(&gate, 2, "0000015");
    assert_line(&gate, 11, "0000024");
    cleat_sink_unref(sink);
}

static void loss_is_told_at_the_end(void **state)
{
    (void)state;
    struct gate gate = {0};
    cleat_sink *sink = gated(&gate, FIRST + NUMBER, CLEAT_DROP_NEWEST);
    occupy(&gate, sink);
    put_numbers(sink, 0, 3);
    atomic_store(&gate.is_open, true);
    cleat_sink_unref(sink);
    assert_int_equal(gate.passed, 3);
    assert_line(&gate, 2, "dropped 2");
    assert_int_equal(gate.released, 1);
}

static void line_longer_than_the_queue(void **state)
{
    (void)state;
    char line[500];
    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 1] = '\n';
    for (cleat_overflow overflow = CLEAT_BLOCK; overflow <= CLEAT_DROP_OLDEST; overflow++) {
        struct gate gate = {.is_open = true};
        cleat_sink *sink = gated(&gate, 100, overflow);
        put(sink, "before\n");
        cleat__sink_write(sink, line, sizeof(line), 20);
        put(sink, "after\n");
        assert_int_equal(cleat_sink_flush(sink, 5000), 0);
        assert_int_equal(cleat_async_dropped(sink), overflow != CLEAT_BLOCK);
        assert_int_equal(gate.passed, 3);
        if (overflow == CLEAT_BLOCK)
            assert_line(&gate, 2, "after");
        cleat_sink_unref(sink);
    }
}

struct writer {
    cleat_sink *sink;
    int from;
    int to;
    atomic_bool *stop;
    size_t count;
};

static void *write_numbers(void *arg)
{
    struct writer *writer = arg;
    put_numbers(writer->sink, writer->from, writer->to);
    return NULL;
}

/* Whatever is kept: each line once, those of a thread in order, and kept plus dropped is all. */
static void every_policy_with_many_threads(void **state)
{
    (void)state;
    int each = is_heavy() ? 250000 : 10000;
    for (cleat_overflow overflow = CLEAT_BLOCK; overflow <= CLEAT_DROP_OLDEST; overflow++) {
        int fd = open_file(O_APPEND);
        cleat_sink *sink = cleat_async_sink(cleat_fd_sink(fd, false), &(cleat_async_options){4096, overflow});
        pthread_t threads[4];
        struct writer writers[4];
        for (int i = 0; i < 4; i++) {
            writers[i] = (struct writer){.sink = sink, .from = i * each, .to = (i + 1) * each};
            assert_int_equal(pthread_create(&threads[i], NULL, write_numbers, &writers[i]), 0);
        }
        for (int i = 0; i < 4; i++)
            pthread_join(threads[i], NULL);
        assert_int_equal(cleat_sink_flush(sink, 10000), 0);
        char *text = file_content(fd);
        size_t kept = strlen(text) / 8;
        assert_int_equal(strlen(text) % 8, 0);
        assert_int_equal(kept + cleat_async_dropped(sink), 4 * each);
        assert_true(overflow != CLEAT_BLOCK || kept == (size_t)(4 * each));
        int last[4] = {-1, -1, -1, -1};
        for (size_t i = 0; i < kept; i++) {
            int number = atoi(text + i * 8);
            assert_true(number > last[number / each]);
            last[number / each] = number;
        }
        free(text);
        cleat_sink_unref(sink);
        close(fd);
    }
}

/* ---- K17: re-entry ---- */

static void K17_backend_callback_that_logs_to_its_own_sink(void **state)
{
    (void)state;
    struct gate gate = {.is_open = true};
    cleat_sink *sink = gated(&gate, 0, CLEAT_BLOCK);
    gate.answer_to = sink;
    put(sink, "question\n");
    assert_int_equal(cleat_sink_flush(sink, 5000), 0);
    pause_for(20000);
    assert_int_equal(cleat_sink_flush(sink, 5000), 0);
    pause_for(20000);
    /* The question is answered once. What the callback logged about the answer was let go. */
    assert_int_equal(gate.passed, 2);
    cleat_sink_unref(sink);
}

static void K17_backends_that_log_to_each_other(void **state)
{
    (void)state;
    struct gate gates[2] = {{.is_open = true}, {.is_open = true}};
    cleat_sink *sinks[2];
    for (int i = 0; i < 2; i++)
        sinks[i] = gated(&gates[i], 64, CLEAT_BLOCK);
    gates[0].answer_to = sinks[1];
    gates[1].answer_to = sinks[0];
    pthread_t threads[2];
    struct writer writers[2];
    for (int i = 0; i < 2; i++) {
        writers[i] = (struct writer){.sink = sinks[i], .from = 0, .to = 2000};
        assert_int_equal(pthread_create(&threads[i], NULL, write_numbers, &writers[i]), 0);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 2; i++)
        assert_int_equal(cleat_sink_flush(sinks[i], 10000), 0);
    assert_true(atomic_load(&gates[0].calls) >= 2000);
    assert_true(atomic_load(&gates[1].calls) >= 2000);
    for (int i = 0; i < 2; i++)
        cleat_sink_unref(sinks[i]);
}

static void K17_backend_may_be_the_last_owner(void **state)
{
    (void)state;
    struct gate gate = {0};
    cleat_sink *sink = gated(&gate, 0, CLEAT_BLOCK);
    gate.answer_to = sink;
    gate.let_go = sink;
    occupy(&gate, sink);
    /* The callback has the last reference, and when it has given it back, the answer that is held has it. */
    atomic_store(&gate.is_open, true);
    for (int i = 0; i < 5000 && atomic_load(&gate.released) == 0; i++)
        pause_for(1000);
    assert_int_equal(gate.released, 1);
    assert_int_equal(gate.passed, 2);
    assert_line(&gate, 1, "answer");
}

#ifndef CLEAT_SYSTEM_MALLOC
static cleat_sink *storm_sink;
static atomic_uint storm_lines;

static void log_in_handler(int number)
{
    (void)number;
    put(storm_sink, "handler\n");
    atomic_fetch_add(&storm_lines, 1);
}
#endif

static void *write_until(void *arg)
{
    struct writer *writer = arg;
    for (writer->count = 0; !atomic_load(writer->stop); writer->count++)
        put(writer->sink, "threads\n");
    return NULL;
}

static void K17_signal_handlers_may_log(void **state)
{
    (void)state;
#ifdef CLEAT_SYSTEM_MALLOC
    skip(); /* malloc() is not for signal handlers */
#else
    struct sigaction handler = {.sa_handler = log_in_handler, .sa_flags = SA_RESTART};
    struct sigaction before_action;
    sigaction(SIGUSR1, &handler, &before_action);
    int fd = open_file(O_APPEND);
    storm_sink = cleat_async_sink(cleat_fd_sink(fd, false), &(cleat_async_options){1024, CLEAT_BLOCK});
    atomic_store(&storm_lines, 0);
    atomic_bool stop = false;
    cleat_stats before = stats_now();
    struct writer writers[2] = {{.sink = storm_sink, .stop = &stop}, {.sink = storm_sink, .stop = &stop}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_until, &writers[i]), 0);
    int storms = is_heavy() ? 200000 : 5000;
    for (int i = 0; i < storms; i++) {
        pthread_kill(threads[i % 2], SIGUSR1);
        pause_for(1);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    cleat_sink_unref(storm_sink);
    char *text = file_content(fd);
    size_t from_threads = count_lines_in(text, "threads\n");
    size_t from_handlers = count_lines_in(text, "handler\n");
    assert_int_equal(from_threads, writers[0].count + writers[1].count);
    assert_int_equal(from_handlers + stats_now().lost_lines - before.lost_lines, atomic_load(&storm_lines));
    assert_true(from_handlers > 0);
    assert_int_equal(strlen(text), 8 * (from_threads + from_handlers));
    free(text);
    close(fd);
    sigaction(SIGUSR1, &before_action, NULL);
#endif
}

/* ---- fork and exit ---- */

static void K17_fork_at_any_moment(void **state)
{
    (void)state;
    if (is_under_thread_sanitizer)
        skip(); /* it cannot bear a thread that is started in the child of a process with threads */
    int fd = open_file(O_APPEND);
    cleat_sink *sink = cleat_async_sink(cleat_fd_sink(fd, false), &(cleat_async_options){8192, CLEAT_BLOCK});
    atomic_bool stop = false;
    struct writer writers[2] = {{.sink = sink, .stop = &stop}, {.sink = sink, .stop = &stop}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_until, &writers[i]), 0);
    int forks = is_heavy() ? 5000 : 100;
    for (int i = 0; i < forks; i++) {
        put(sink, "forking\n"); /* in the queue while it forks, as a rule; only the parent's */
        pid_t child = fork();
        if (child == 0) {
            put(sink, "a child\n");
            if (cleat_flush(5000) != 0)
                _exit(1);
            put(sink, "its end\n");
            cleat_sink_unref(sink); /* and its thread ends */
            _exit(0);
        }
        assert_true(child > 0);
        wait_for_child(child);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    cleat_sink_unref(sink);
    char *text = file_content(fd);
    assert_int_equal(count_lines_in(text, "a child\n"), forks);
    assert_int_equal(count_lines_in(text, "its end\n"), forks);
    assert_int_equal(count_lines_in(text, "forking\n"), forks);
    assert_int_equal(strlen(text), 8 * (writers[0].count + writers[1].count + 3 * (size_t)forks));
    free(text);
    close(fd);
}

static cleat_sink *exit_sink;

static void log_at_exit(void)
{
    put(exit_sink, "in an exit handler\n");
}

static void K17_exit_flushes_and_exit_handlers_may_log(void **state)
{
    (void)state;
    int fd = open_file(O_APPEND);
    pid_t child = fork();
    if (child == 0) {
        /* This handler runs after the library's, which the first asynchronous sink of the process has set. */
        exit_sink = cleat_async_sink(cleat_fd_sink(fd, false), NULL);
        atexit(log_at_exit);
        put_numbers(exit_sink, 0, 1000);
        exit(0);
    }
    wait_for_child(child);
    char *text = file_content(fd);
    assert_int_equal(strlen(text), 8019);
    assert_string_equal(text + 8000, "in an exit handler\n");
    free(text);
    close(fd);
}

static void K17_exit_handler_registered_before_the_library(void **state)
{
    (void)state;
    int fd = open_file(O_APPEND);
    pid_t child = fork();
    if (child == 0) {
        char number[16];
        char self[4096] = ""; /* its name: valgrind, which runs it, does not pass the link itself on to exec */
        snprintf(number, sizeof(number), "%d", fd);
        fcntl(fd, F_SETFD, 0);
        if (readlink("/proc/self/exe", self, sizeof(self) - 1) > 0)
            execl(self, "test_async", "exit", number, (char *)NULL);
        _exit(2);
    }
    wait_for_child(child);
    assert_content(fd, "before exit\nin an exit handler\n");
    close(fd);
}

/* What the test above runs, in a process that has made no asynchronous sink yet. */
static int exit_with_handler(int fd)
{
    atexit(log_at_exit);
    exit_sink = cleat_async_sink(cleat_fd_sink(fd, false), NULL);
    put(exit_sink, "before exit\n");
    return 0;
}

/* ---- what cannot be had ---- */

static void without_memory(void **state)
{
    (void)state;
    bool succeeded = false;
    for (int allowed = 0; allowed < 8; allowed++) {
        struct gate gate = {.is_open = true};
        cleat_sink *inner = cleat_callback_sink(pass_gate, &gate, release_gate);
        fail_allocations_after(allowed);
        cleat_sink *sink = cleat_async_sink(inner, NULL);
        allow_allocations();
        assert_int_equal(gate.released, sink == NULL);
        if (sink == NULL) {
            assert_non_null(strstr(cleat_error_message(), "memory"));
        } else {
            succeeded = true;
            put(sink, "x\n");
        }
        cleat_sink_unref(sink);
        assert_int_equal(gate.passed, sink != NULL);
    }
    assert_true(succeeded);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "exit") == 0)
        return exit_with_handler(atoi(argv[2]));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_in_order),
        cmocka_unit_test(a_line_is_taken_at_once_where_there_is_room),
        cmocka_unit_test(other_sinks_take_no_line_at_once),
        cmocka_unit_test(last_owner_flushes),
        cmocka_unit_test(wrong_arguments_are_refused),
        cmocka_unit_test(two_in_a_row),
        cmocka_unit_test(failing_inner_sink_is_counted),
        cmocka_unit_test(block_waits_for_room),
        cmocka_unit_test(drop_newest_keeps_the_oldest),
        cmocka_unit_test(drop_oldest_keeps_the_newest),
        cmocka_unit_test(loss_is_told_at_the_end),
        cmocka_unit_test(line_longer_than_the_queue),
        cmocka_unit_test(every_policy_with_many_threads),
        cmocka_unit_test(K17_backend_callback_that_logs_to_its_own_sink),
        cmocka_unit_test(K17_backends_that_log_to_each_other),
        cmocka_unit_test(K17_backend_may_be_the_last_owner),
        cmocka_unit_test(K17_signal_handlers_may_log),
        cmocka_unit_test(K17_fork_at_any_moment),
        cmocka_unit_test(K17_exit_flushes_and_exit_handlers_may_log),
        cmocka_unit_test(K17_exit_handler_registered_before_the_library),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
