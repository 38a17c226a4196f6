/* What outlives what: bytes kept with a list, pipelines shared by loggers, losses told for a sink that stays. */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include <cleat.h>

/* Before main(): the library has to be ready before a program's own constructors. */
static uint64_t lost_before_main;

__attribute__((constructor)) static void log_early(void)
{
    cleat_logger *log = cleat_wrap_logger("early", &(cleat_config){CLEAT_HANDLERS({.sink = cleat_null_sink()})});
    cleat_info(log, "early", "key", 1);
    cleat_unref(log);
    cleat_stats stats;
    cleat_get_stats(&stats);
    lost_before_main = stats.lost_lines;
}

static void a_programs_constructor_may_log(void **state)
{
    (void)state;
    assert_int_equal(lost_before_main, 0);
}

static cleat_logger *logger_to(cleat_sink *memory, size_t max_line_bytes)
{
    cleat_logger *log = cleat_wrap_logger(NULL, &(cleat_config){CLEAT_PROCESSORS(cleat_merge_contextvars()),
                                                                CLEAT_HANDLERS({.sink = cleat_sink_ref(memory)}),
                                                                .max_line_bytes = max_line_bytes});
    assert_non_null(log);
    return log;
}

static void a_list_that_a_small_limit_cuts_is_whole_under_a_large_one(void **state)
{
    (void)state;
    enum {
        ITEMS = 1000
    };
    static cleat_value items[ITEMS];
    for (int i = 0; i < ITEMS; i++)
        items[i] = cleat_int(100000 + i);
    cleat_sink *memory = cleat_memory_sink(0);
    cleat_logger *small = logger_to(memory, 1024);
    cleat_logger *large = logger_to(memory, 0);
    CLEAT_BOUND_CONTEXTVARS("list", cleat_list_n(items, ITEMS), "last", true) {
        cleat_info(small, "one");
        cleat_info(large, "two");
    }
    char *cut = cleat_memory_line(memory, 0);
    char *whole = cleat_memory_line(memory, 1);
    assert_string_equal(cut, "{\"event\":\"one\",\"last\":true,\"cleat_cut\":1}");
    assert_true(strlen(whole) > ITEMS * 7);
    assert_non_null(strstr(whole, ",100999],\"last\":true}"));
    free(cut);
    free(whole);
    cleat_unref(small);
    cleat_unref(large);
    cleat_sink_unref(memory);
}

static int write_slowly(const char *line, size_t length, int level, void *arg)
{
    (void)line;
    (void)length;
    (void)level;
    atomic_store((_Atomic bool *)arg, true);
    pause_for(300000);
    return 0;
}

static void *log_one(void *log)
{
    cleat_info(log, "slow");
    return NULL;
}

static void *drop_one(void *log)
{
    cleat_unref(log);
    return NULL;
}

/* With the pipeline twice in the list of the retired, the unrefs below never returned. */
static void K17_loggers_that_share_a_pipeline_go_while_a_line_is_on_its_way(void **state)
{
    (void)state;
    static _Atomic bool is_writing;
    cleat_sink *sink = cleat_callback_sink(write_slowly, (void *)&is_writing, NULL);
    cleat_logger *log = cleat_wrap_logger(NULL, &(cleat_config){CLEAT_HANDLERS({.sink = sink})});
    cleat_logger *verbose = cleat_with_level(log, CLEAT_DEBUG);
    cleat_logger *terse = cleat_with_level(log, CLEAT_INFO);
    pthread_t logging;
    pthread_t dropping;
    pthread_create(&logging, NULL, log_one, log);
    while (!atomic_load(&is_writing))
        pause_for(1000);
    alarm(30);
    pthread_create(&dropping, NULL, drop_one, verbose);
    cleat_unref(terse);
    pthread_join(dropping, NULL);
    pthread_join(logging, NULL);
    cleat_unref(log);
    alarm(0);
}

static _Atomic bool is_stuck;
static _Atomic unsigned n_told;

static int wait_or_look(const char *line, size_t length, int level, void *arg)
{
    (void)level;
    (void)arg;
    while (atomic_load(&is_stuck))
        pause_for(1000);
    if (memmem(line, length, "lines dropped", 13) != NULL)
        atomic_fetch_add(&n_told, 1);
    return 0;
}

static void K16_losses_are_told_after_another_handler_came_and_went(void **state)
{
    (void)state;
    atomic_store(&is_stuck, true);
    cleat_sink *slow = cleat_async_sink(cleat_callback_sink(wait_or_look, NULL, NULL),
                                        &(cleat_async_options){.queue_bytes = 4096, .overflow = CLEAT_DROP_NEWEST});
    assert_int_equal(cleat_configure(&(cleat_config){CLEAT_HANDLERS({.name = "slow", .sink = slow})}), 0);
    assert_int_equal(cleat_add_handler(&(cleat_handler){.name = "other", .sink = cleat_null_sink()}), 0);
    assert_int_equal(cleat_remove_handler("other"), 0);
    for (int i = 0; i < 1000; i++)
        cleat_info(NULL, "fill", "number", i);
    atomic_store(&is_stuck, false);
    assert_int_equal(cleat_flush(10000), 0);
    cleat_info(NULL, "after");
    assert_int_equal(cleat_flush(10000), 0);
    cleat_reset_defaults();
    assert_true(atomic_load(&n_told) >= 1);
}

/* It took twice as long with each level. */
static void equality_of_deep_objects_takes_no_time(void **state)
{
    (void)state;
    enum {
        DEPTH = 40
    };
    static cleat_field fields[DEPTH];
    cleat_value value = cleat_int(1);
    for (int i = 0; i < DEPTH; i++) {
        fields[i] = (cleat_field){"key", value};
        value = cleat_object_n(&fields[i], 1);
    }
    alarm(30);
    assert_true(cleat_value_equal(value, value));
    alarm(0);
}

static void a_value_that_contains_itself_twice_ends(void **state)
{
    (void)state;
    cleat_sink *memory = cleat_memory_sink(0);
    cleat_logger *log = logger_to(memory, 4096);
    cleat_value twice[2];
    twice[0] = cleat_list_n(twice, 2);
    twice[1] = twice[0];
    alarm(30);
    cleat_info(log, "itself", "value", twice[0]);
    cleat_logger *bound = cleat_bind(log, "value", twice[0]);
    cleat_info(bound, "itself");
    alarm(0);
    assert_int_equal(cleat_memory_count(memory), 2);
    cleat_unref(bound);
    cleat_unref(log);
    cleat_sink_unref(memory);
}

static void a_patcher_that_is_null_is_refused(void **state)
{
    (void)state;
    cleat_logger *log = cleat_patch(NULL, NULL, NULL);
    assert_ptr_equal(log, cleat_get_logger());
    assert_non_null(strstr(cleat_error_message(), "patcher"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_programs_constructor_may_log),
        cmocka_unit_test(a_list_that_a_small_limit_cuts_is_whole_under_a_large_one),
        cmocka_unit_test(K17_loggers_that_share_a_pipeline_go_while_a_line_is_on_its_way),
        cmocka_unit_test(K16_losses_are_told_after_another_handler_came_and_went),
        cmocka_unit_test(equality_of_deep_objects_takes_no_time),
        cmocka_unit_test(a_value_that_contains_itself_twice_ends),
        cmocka_unit_test(a_patcher_that_is_null_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
