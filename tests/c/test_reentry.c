/*
 * The user's own code inside the library (processors, patchers, lazy values, foreign objects, filters, renderers,
 * sinks, releases) that logs, binds, unbinds, configures, forks, and ends its thread or the process: no deadlock, no
 * crash.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cleat.h>

#include "support.h"

#define LONGEST 60 /* seconds: what takes longer hangs, and is ended by SIGALRM */

static cleat_sink *memory;
typedef void (*action)(void);
static _Atomic(action) inside; /* what the user's code does, wherever it is called */
static pthread_t main_thread;
static _Atomic int depth[2]; /* of the main thread, and of all others */
static _Atomic int calls;

/* Not in lines that are logged by it. */
static void act(void)
{
    action what = atomic_load(&inside);
    bool other = pthread_equal(pthread_self(), main_thread) == 0;
    if (what == NULL)
        return;
    if (atomic_fetch_add(&depth[other], 1) == 0) {
        atomic_fetch_add(&calls, other ? 0 : 1);
        what();
    }
    atomic_fetch_sub(&depth[other], 1);
}

/* ---- the places ---- */

static int act_in_processor(cleat_event *event, void *arg)
{
    (void)event;
    (void)arg;
    act();
    return CLEAT_KEEP;
}

static cleat_value act_in_lazy(void *arg, cleat_scratch *scratch)
{
    (void)scratch;
    act();
    return cleat_string(arg);
}

static int act_in_render(const void *object, cleat_writer *writer)
{
    act();
    return cleat_write_value(writer, cleat_string(object));
}

static void act_with_object(void *object)
{
    (void)object;
    act();
}

static const cleat_foreign_class acting_class = {"acting", act_with_object, act_with_object, act_in_render};

static bool act_in_filter(const cleat_event *event, void *arg)
{
    (void)event;
    (void)arg;
    act();
    return true;
}

static int act_in_renderer(cleat_event *event, cleat_line *line, void *arg)
{
    (void)arg;
    act();
    const cleat_value *text = cleat_event_get(event, "event");
    return cleat_line_append(line, text->as.text, strlen(text->as.text));
}

static int act_in_sink(const char *line, size_t length, int level, void *arg)
{
    (void)line;
    (void)length;
    (void)level;
    (void)arg;
    act();
    return 0;
}

static void act_in_release(void *arg)
{
    (void)arg;
    act();
}

static int configure(void)
{
    return cleat_configure(&(cleat_config){
        CLEAT_PROCESSORS(cleat_merge_contextvars(),
                         cleat_make_processor("act", act_in_processor, NULL, act_in_release)),
        CLEAT_HANDLERS({.name = "memory", .sink = cleat_sink_ref(memory)},
                       {.filter = act_in_filter,
                        .renderer = cleat_make_renderer("act", act_in_renderer, NULL, act_in_release),
                        .sink = cleat_callback_sink(act_in_sink, NULL, act_in_release)},
                       {.sink = cleat_async_sink(cleat_callback_sink(act_in_sink, NULL, act_in_release), NULL)}),
    });
}

static void log_through_all_places(const char *event)
{
    CLEAT_BOUND_CONTEXTVARS("context", cleat_foreign(&acting_class, (void *)"c")) {
        cleat_logger *bound = cleat_bind(NULL, "bound", cleat_foreign(&acting_class, (void *)"b"), "lazy",
                                         cleat_lazy(act_in_lazy, (void *)"l"));
        cleat_logger *patched = cleat_patch(bound, act_in_processor, NULL);
        cleat_info(patched, event, "own", cleat_foreign(&acting_class, (void *)"o"), "made",
                   cleat_lazy(act_in_lazy, (void *)"m"));
        cleat_unref(patched);
        cleat_unref(bound);
    }
}

static int begin(void **state)
{
    (void)state;
    alarm(LONGEST);
    atomic_store(&inside, (void (*)(void))NULL);
    atomic_store(&depth[0], 0);
    atomic_store(&depth[1], 0);
    atomic_store(&calls, 0);
    memory = cleat_memory_sink(0);
    return memory == NULL ? -1 : configure();
}

static int end(void **state)
{
    (void)state;
    atomic_store(&inside, (void (*)(void))NULL);
    cleat_clear_contextvars();
    cleat_reset_defaults();
    cleat_sink_unref(memory);
    alarm(0);
    return 0;
}

static unsigned count_lines_with(const char *text)
{
    unsigned found = 0;
    for (size_t i = 0; i < cleat_memory_count(memory); i++) {
        char *line = cleat_memory_line(memory, i);
        found += strstr(line, text) != NULL;
        free(line);
    }
    return found;
}

/* Each of some lines is there once, whatever is done inside them, and each is whole. */
static void check_with(void (*what)(void))
{
    inside = what;
    for (int i = 0; i < 20; i++)
        log_through_all_places("outer");
    assert_int_equal(cleat_flush(20000), 0);
    atomic_store(&inside, (void (*)(void))NULL);
    assert_true(atomic_load(&calls) > 20 * 8);
    assert_int_equal(count_lines_with("\"event\":\"outer\""), 20);
    assert_int_equal(
        count_lines_with(
            "\"bound\":\"b\",\"lazy\":\"l\",\"own\":\"o\",\"made\":\"m\",\"event\":\"outer\",\"context\":\"c\"}"),
        20);
}

/* ---- what is done there ---- */

static void log_a_line(void)
{
    cleat_info(NULL, "inner", "k", cleat_list(1, "two"));
}

static void bind_and_unbind(void)
{
    cleat_tokens tokens;
    cleat_bind_contextvars(&tokens, "context", "other", "more", 1);
    cleat_logger *log = cleat_bind(NULL, "a", 1);
    cleat_logger *less = cleat_unbind(log, "a");
    cleat_info(less, "inner");
    cleat_unref(less);
    cleat_unref(log);
    cleat_reset_contextvars(&tokens);
}

static void clear_contexts(void)
{
    cleat_bind_threadlocal("t", 1);
    cleat_clear_contextvars();
    cleat_clear_threadlocal();
}

static void swap_contexts(void)
{
    cleat_context *fresh = cleat_new_context();
    CLEAT_IN_CONTEXT(fresh) {
        cleat_bind_contextvars("fresh", 1);
        cleat_info(NULL, "inner");
    }
    cleat_context_unref(fresh);
}

static void configure_anew(void)
{
    int error = configure();
    assert_true(error == 0 || error == -EDEADLK);
}

static void change_handlers(void)
{
    int error = cleat_add_handler(&(cleat_handler){.name = "inner", .sink = cleat_null_sink()});
    assert_true(error == 0 || error == -EDEADLK || error == -EEXIST);
    error = cleat_remove_handler("inner");
    assert_true(error == 0 || error == -EDEADLK || error == -ENOENT);
    cleat_set_handler_level("memory", CLEAT_TRACE);
    cleat_set_level(cleat_get_named_logger("inner"), CLEAT_INFO);
}

static void wrap_a_logger(void)
{
    cleat_logger *log = cleat_wrap_logger("inner", &(cleat_config){CLEAT_HANDLERS({.sink = cleat_null_sink()})});
    cleat_info(log, "inner");
    cleat_unref(log);
}

static void flush(void)
{
    int error = cleat_flush(100);
    assert_true(error == 0 || error == -EDEADLK || error == -ETIMEDOUT);
}

static void *log_in_thread(void *arg)
{
    cleat_info(NULL, "inner");
    return arg;
}

static void start_a_thread(void)
{
    pthread_t thread;
    if (cleat_thread_create(&thread, NULL, log_in_thread, NULL) == 0)
        pthread_detach(thread);
}

static void fork_a_child(void)
{
    pid_t child = fork();
    if (child == 0) {
        alarm(LONGEST);
        cleat_info(NULL, "inner");
        _exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    if (status != 0)
        abort();
}

#define K17_TEST(what)                                                                                                 \
    static void K17_inside_##what(void **state)                                                                        \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        check_with(what);                                                                                              \
    }

K17_TEST(log_a_line)
K17_TEST(bind_and_unbind)
K17_TEST(swap_contexts)
K17_TEST(configure_anew)
K17_TEST(change_handlers)
K17_TEST(wrap_a_logger)
K17_TEST(flush)
K17_TEST(start_a_thread)
K17_TEST(fork_a_child)

/* The context of the line may be gone before it is merged; what is merged stays for the line. */
static void K17_inside_clear_contexts(void **state)
{
    (void)state;
    inside = clear_contexts;
    for (int i = 0; i < 100; i++)
        log_through_all_places("outer");
    cleat_flush(20000);
    assert_int_equal(
        count_lines_with("\"bound\":\"b\",\"lazy\":\"l\",\"own\":\"o\",\"made\":\"m\",\"event\":\"outer\""), 100);
}

/* Lines inside lines end at some depth, and what is deeper is counted. */
static int log_for_ever(cleat_event *event, void *arg)
{
    (void)event;
    (void)arg;
    cleat_info(NULL, "deeper");
    return CLEAT_KEEP;
}

static void a_processor_that_logs_for_ever_is_stopped(void **state)
{
    (void)state;
    cleat_stats before;
    cleat_stats after;
    cleat_configure(&(cleat_config){
        CLEAT_PROCESSORS(cleat_make_processor("for ever", log_for_ever, NULL, NULL)),
        CLEAT_HANDLERS({.sink = cleat_sink_ref(memory)}),
    });
    cleat_get_stats(&before);
    cleat_info(NULL, "outer");
    cleat_get_stats(&after);
    assert_int_equal(cleat_memory_count(memory), 4);
    assert_int_equal(after.lost_lines - before.lost_lines, 1);
}

/* ---- the end of a thread ---- */

static void exit_thread(void)
{
    pthread_exit(NULL);
}

static int exit_in_processor(cleat_event *event, void *arg)
{
    (void)arg;
    cleat_bind_contextvars("bound", "in the middle of a line");
    cleat_scratch_alloc(cleat_event_scratch(event), 100000);
    exit_thread();
    return CLEAT_KEEP;
}

static void *log_and_end(void *arg)
{
    cleat_bind_contextvars("a", 1);
    cleat_info(arg, "the end");
    return NULL;
}

static void count_release(void *arg)
{
    atomic_fetch_add((_Atomic int *)arg, 1);
}

static void a_thread_may_end_in_the_middle_of_a_line(void **state)
{
    (void)state;
    static _Atomic int released;
    atomic_store(&released, 0);
    cleat_add_handler(&(cleat_handler){.sink = cleat_callback_sink(act_in_sink, &released, count_release)});
    cleat_logger *log = cleat_patch(NULL, exit_in_processor, NULL);
    for (int i = 0; i < 50; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, log_and_end, log), 0);
        pthread_join(thread, NULL);
    }
    cleat_unref(log);
    /* Nothing that the threads left behind keeps a configuration: its sinks end at once. */
    configure();
    assert_int_equal(atomic_load(&released), 1);
    cleat_info(NULL, "after");
    assert_int_equal(count_lines_with("after"), 1);
}

static void *log_and_end_in_sink(void *arg)
{
    cleat_info(NULL, "ends in a sink");
    return arg;
}

static int end_thread(const char *line, size_t length, int level, void *arg)
{
    (void)level;
    (void)arg;
    if (memmem(line, length, "ends in a sink", 14) != NULL)
        exit_thread();
    atomic_fetch_add(&calls, 1);
    return 0;
}

static void K17_a_thread_may_end_in_a_sink(void **state)
{
    (void)state;
    pthread_t thread;
    cleat_configure(&(cleat_config){CLEAT_HANDLERS({.sink = cleat_callback_sink(end_thread, NULL, NULL)})});
    assert_int_equal(pthread_create(&thread, NULL, log_and_end_in_sink, NULL), 0);
    pthread_join(thread, NULL);
    cleat_info(NULL, "others log on");
    assert_int_equal(atomic_load(&calls), 1);
}

static pthread_key_t key;

static void log_in_destructor(void *arg)
{
    int round = (int)(intptr_t)arg;
    CLEAT_BOUND_CONTEXTVARS("round", round) {
        cleat_info(NULL, "destructor");
    }
    cleat_bind_contextvars("left", "behind");
    if (round < 3)
        pthread_setspecific(key, (void *)(intptr_t)(round + 1));
}

static void *set_key(void *arg)
{
    pthread_setspecific(key, (void *)(intptr_t)1);
    cleat_bind_contextvars("early", 1);
    cleat_info(NULL, "thread");
    return arg;
}

static void destructors_of_thread_specific_data_may_log(void **state)
{
    (void)state;
    if (is_under_thread_sanitizer)
        skip(); /* it has ended its own part of the thread before the last destructors run */
    assert_int_equal(pthread_key_create(&key, log_in_destructor), 0);
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, set_key, NULL), 0);
        pthread_join(thread, NULL);
    }
    pthread_key_delete(key);
    assert_int_equal(count_lines_with("\"event\":\"thread\""), 20);
    assert_int_equal(count_lines_with("\"event\":\"destructor\""), 60);
}

/* ---- the end of the process ---- */

static int log_fd;

static void log_at_exit(void)
{
    cleat_info(NULL, "at exit");
}

static void exit_now(void)
{
    exit(7);
}

static void configure_files(void)
{
    cleat_configure(&(cleat_config){
        CLEAT_PROCESSORS(cleat_make_processor("act", act_in_processor, NULL, NULL)),
        CLEAT_HANDLERS({.sink = cleat_async_sink(cleat_fd_sink(log_fd, false), NULL)},
                       {.filter = act_in_filter, .sink = cleat_callback_sink(act_in_sink, NULL, NULL)}),
    });
}

/* What the process has written by its end. */
static void run_to_the_end(void (*run)(void), const char *expected)
{
    log_fd = open_file(0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(LONGEST);
        atexit(log_at_exit);
        configure_files();
        run();
        _exit(1);
    }
    assert_int_equal(status_of_child(child), 7 << 8);
    assert_content(log_fd, expected);
    close(log_fd);
}

static void exit_after_a_line(void)
{
    cleat_info(NULL, "one");
    exit(7);
}

static void exit_in_a_processor(void)
{
    cleat_info(NULL, "one");
    inside = exit_now;
    cleat_info(NULL, "two");
}

static void *log_two(void *arg)
{
    inside = exit_now;
    cleat_info(NULL, "two");
    return arg;
}

static void exit_in_a_processor_of_a_thread(void)
{
    cleat_info(NULL, "one");
    pthread_t thread;
    pthread_create(&thread, NULL, log_two, NULL);
    pthread_join(thread, NULL);
}

static int exit_in_write(const char *line, size_t length, int level, void *arg)
{
    (void)line;
    (void)length;
    (void)level;
    (void)arg;
    exit(7);
}

static void exit_in_a_sink(void)
{
    cleat_add_handler(&(cleat_handler){.sink = cleat_callback_sink(exit_in_write, NULL, NULL)});
    cleat_info(NULL, "one");
}

static void exit_in_a_backend(void)
{
    cleat_add_handler(&(cleat_handler){.sink = cleat_async_sink(cleat_callback_sink(exit_in_write, NULL, NULL), NULL)});
    cleat_info(NULL, "one");
    for (;;)
        pause();
}

#define AT_EXIT "{\"event\":\"at exit\"}\n"

static void K17_a_process_may_end_anywhere(void **state)
{
    (void)state;
    run_to_the_end(exit_after_a_line, "{\"event\":\"one\"}\n" AT_EXIT);
    run_to_the_end(exit_in_a_processor, "{\"event\":\"one\"}\n" AT_EXIT);
    run_to_the_end(exit_in_a_processor_of_a_thread, "{\"event\":\"one\"}\n" AT_EXIT);
}

/* Exit handlers that log while this thread is inside a sink: their lines are held, and the thread never leaves. */
static void K17_a_process_may_end_in_a_sink(void **state)
{
    (void)state;
    run_to_the_end(exit_in_a_sink, "{\"event\":\"one\"}\n");
    run_to_the_end(exit_in_a_backend, "{\"event\":\"one\"}\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    main_thread = pthread_self();
    const struct CMUnitTest tests[] = {
        TEST(K17_inside_log_a_line),
        TEST(K17_inside_bind_and_unbind),
        TEST(K17_inside_swap_contexts),
        TEST(K17_inside_configure_anew),
        TEST(K17_inside_change_handlers),
        TEST(K17_inside_wrap_a_logger),
        TEST(K17_inside_flush),
        TEST(K17_inside_start_a_thread),
        TEST(K17_inside_fork_a_child),
        TEST(K17_inside_clear_contexts),
        TEST(a_processor_that_logs_for_ever_is_stopped),
        TEST(a_thread_may_end_in_the_middle_of_a_line),
        TEST(K17_a_thread_may_end_in_a_sink),
        TEST(destructors_of_thread_specific_data_may_log),
        TEST(K17_a_process_may_end_anywhere),
        TEST(K17_a_process_may_end_in_a_sink),
    };
    return cmocka_run_group_tests_name("reentry", tests, NULL, NULL);
}
