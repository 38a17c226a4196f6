/*
 * Each allocation fails, one after the other, across a scenario that uses everything: no crash, nothing lost that was
 * there before, nothing kept that was to be released. Run it with LeakSanitizer too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cleat.h>

#include "base/alloc.h"
#include "support.h"

/* ---- allocations that fail ---- */

static _Atomic long asked;
static _Atomic long failing_from; /* 0: none */
static _Atomic long failing_to;

static int permit(size_t size)
{
    (void)size;
    long number = atomic_fetch_add(&asked, 1) + 1;
    long from = atomic_load(&failing_from);
    return from == 0 || number < from || number > atomic_load(&failing_to);
}

static void fail_allocations(long from, long to)
{
    atomic_store(&asked, 0);
    atomic_store(&failing_to, to);
    atomic_store(&failing_from, from);
}

/* ---- things that are held and released ---- */

static _Atomic int held;
static _Atomic int args_alive;

static void hold(void *object)
{
    (void)object;
    atomic_fetch_add(&held, 1);
}

static void drop(void *object)
{
    (void)object;
    atomic_fetch_sub(&held, 1);
}

static int show(const void *object, cleat_writer *writer)
{
    return cleat_write_value(writer, cleat_string(object));
}

static const cleat_foreign_class foreign_class = {"thing", hold, drop, show};

static void *new_arg(void)
{
    atomic_fetch_add(&args_alive, 1);
    return &args_alive;
}

static void release_arg(void *arg)
{
    atomic_fetch_sub((_Atomic int *)arg, 1);
}

/* ---- callbacks ---- */

static cleat_value make_lazily(void *arg, cleat_scratch *scratch)
{
    return cleat_scratch_printf(scratch, "made of %s", (const char *)arg);
}

static int change_event(cleat_event *event, void *arg)
{
    (void)arg;
    cleat_fields *snapshot = cleat_event_snapshot(event);
    cleat_event_set(event, "set", cleat_list(1, 2));
    cleat_event_set_default(event, "default", cleat_string("yes"));
    cleat_event_rename(event, "short", "renamed");
    cleat_event_delete(event, "deleted");
    cleat_fields_unref(snapshot);
    return cleat_event_get(event, "drop me") != NULL ? CLEAT_DROP : CLEAT_KEEP;
}

static int fail_always(cleat_event *event, void *arg)
{
    (void)event;
    (void)arg;
    return -EIO;
}

static int render_by_hand(cleat_event *event, cleat_line *line, void *arg)
{
    (void)arg;
    return cleat_event_count(event) % 2 == 0 ? cleat_line_append(line, "even", 4) : -EPROTO;
}

static int swallow(const char *line, size_t length, int level, void *arg)
{
    (void)level;
    (void)arg;
    assert_true(length > 0 && line[length - 1] == '\n');
    return 0;
}

static void count_up(void *arg)
{
    cleat_bind_contextvars("inside", 1);
    ++*(int *)arg;
}

static void *log_in_thread(void *arg)
{
    cleat_bind_threadlocal("thread", 1);
    cleat_warning(arg, "thread", "k", 1);
    return NULL;
}

/* ---- the scenario ---- */

static cleat_processor *made(const char *name, cleat_processor_fn run)
{
    return cleat_make_processor(name, run, new_arg(), release_arg);
}

static int configure_everything(void)
{
    const char *path = in_folder("app.log");
    const char *const patterns[] = {"*secret*"};
    const char *const keys[] = {"dropped"};
    const cleat_file_options rotating = {.rotate_bytes = 2000, .keep_files = 2};
    const cleat_text_options ordered = {.sort_keys = true, .key_order = keys, .n_key_order = 1};
    return cleat_configure(&(cleat_config){
        CLEAT_PROCESSORS(
            cleat_merge_contextvars(), cleat_merge_threadlocal(), cleat_add_log_level(), cleat_add_logger_name(),
            cleat_timestamper(NULL), cleat_timestamper(&(cleat_timestamper_options){.format = "%Y %f", .key = "year"}),
            cleat_add_callsite(CLEAT_CALLSITE_ALL), cleat_format_errors(), cleat_add_backtrace(CLEAT_ERROR),
            cleat_redact(patterns, 1, NULL), cleat_sample(1, CLEAT_OFF), cleat_rate_limit(1e9, 1000000),
            cleat_drop_keys(keys, 1), made("change", change_event), made("fail", fail_always),
            cleat_event_renamer("message", "replacement"), cleat_sort_keys(), cleat_filter_by_level(1)),
        CLEAT_HANDLERS(
            {.name = "json", .sink = cleat_memory_sink(3)},
            {.renderer = cleat_json_renderer(&(cleat_json_options){.sort_keys = true}),
             .sink = cleat_file_sink(path, &rotating)},
            {.renderer = cleat_logfmt_renderer(&ordered), .sink = cleat_fd_sink(open("/dev/null", O_WRONLY), true)},
            {.renderer = cleat_keyvalue_renderer(&ordered), .sink = cleat_null_sink()},
            {.renderer = cleat_console_renderer(&(cleat_console_options){.icons = true, .sort_keys = true}),
             .sink = cleat_async_sink(cleat_memory_sink(2), &(cleat_async_options){.queue_bytes = 4096})},
            {.renderer = cleat_make_renderer("hand", render_by_hand, new_arg(), release_arg),
             .sink = cleat_callback_sink(swallow, new_arg(), release_arg)}),
    });
}

static void log_all_kinds(cleat_logger *log)
{
    cleat_field many[90];
    char keys[90][8];
    char text[20000];
    memset(text, 'x', sizeof(text));
    for (int i = 0; i < 90; i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%d", i % 80);
        many[i] = (cleat_field){keys[i], cleat_int(i)};
    }
    errno = ENOENT;
    cleat_exception(log, "all kinds", "short", "s", "deleted", 1, "dropped", 2, "a secret", "pw", "lazy",
                    cleat_lazy(make_lazily, (void *)"arg"), "list", cleat_list(1, cleat_object("x", cleat_null())),
                    "time", cleat_time(5), "bytes", cleat_bytes("abc", 3), "foreign",
                    cleat_foreign(&foreign_class, (void *)"f"), "short", "again");
    cleat_log_fields(log, CLEAT_INFO, NULL, cleat_string("many"), many, 90);
    cleat_info(log, "long", "text", cleat_string_n(text, sizeof(text)), "nested",
               cleat_list(cleat_list(cleat_list(1), "\n"), cleat_object("secret", 1)));
    cleat_info(log, "dropped", "drop me", 1);
}

static void use_loggers(int run)
{
    char name[32];
    snprintf(name, sizeof(name), "run %d", run);
    cleat_logger *named = cleat_get_named_logger(name);
    cleat_logger *bound = cleat_bind(named, "a", 1, "thing", cleat_foreign(&foreign_class, (void *)"b"), "list",
                                     cleat_list("x", cleat_object("y", 2)));
    assert_non_null(bound);
    cleat_logger *more = cleat_bind(bound, "a", 2, "lazy", cleat_lazy(make_lazily, (void *)"bound"));
    assert_non_null(more);
    cleat_logger *less = cleat_try_unbind(more, "a", "absent");
    assert_non_null(less);
    cleat_logger *patched = cleat_patch(less, change_event, NULL);
    assert_non_null(patched);
    cleat_logger *chatty = cleat_with_level(patched, CLEAT_TRACE);
    assert_non_null(chatty);
    cleat_logger *fresh = cleat_new(chatty, "only", "this");
    assert_non_null(fresh);
    cleat_logger *refused = cleat_unbind(fresh, "absent");
    assert_null(refused);
    log_all_kinds(chatty);
    cleat_fields *context = cleat_get_context(more);
    cleat_fields_unref(context);
    cleat_unref(fresh);
    cleat_unref(chatty);
    cleat_unref(patched);
    cleat_unref(less);
    cleat_unref(more);
    cleat_unref(bound);
}

static void use_contexts(void)
{
    cleat_tokens outer;
    cleat_tokens inner;
    int bound = cleat_bind_contextvars(&outer, "request", "r-1", "thing", cleat_foreign(&foreign_class, (void *)"c"));
    assert_true(bound == 0 || bound == -ENOMEM);
    cleat_bind_contextvars(&inner, "request", "r-2", "a", "context");
    CLEAT_BOUND_CONTEXTVARS("scope", 1) {
        cleat_info(NULL, "in scope");
        cleat_unbind_contextvars("a");
    }
    cleat_context *copy = cleat_copy_context();
    int calls = 0;
    assert_int_equal(cleat_context_run(copy, count_up, &calls), 0);
    assert_int_equal(calls, 1);
    CLEAT_IN_CONTEXT(copy) {
        cleat_bind_contextvars("there", 1);
        cleat_info(NULL, "there");
    }
    cleat_context_unref(copy);
    cleat_fields *merged = cleat_get_merged_contextvars(NULL);
    cleat_fields_unref(merged);
    cleat_reset_contextvars(&inner);
    cleat_drop_tokens(&outer);
    cleat_clear_contextvars();
    pthread_t thread;
    if (cleat_thread_create(&thread, NULL, log_in_thread, NULL) == 0)
        pthread_join(thread, NULL);
}

static void use_threadlocal(void)
{
    cleat_bind_threadlocal("t", 1, "thing", cleat_foreign(&foreign_class, (void *)"t"));
    CLEAT_BOUND_THREADLOCAL("u", 2) {
        cleat_info(NULL, "thread-local");
    }
    cleat_fields *merged = cleat_get_merged_threadlocal(NULL);
    cleat_fields_unref(merged);
    cleat_unbind_threadlocal("t");
    cleat_clear_threadlocal();
    cleat_threadlocal_class *cls = cleat_wrap_threadlocal();
    if (cls == NULL)
        return;
    cleat_logger *wrapped =
        cleat_wrap_logger("wrapped", &(cleat_config){.context_class = cleat_threadlocal_class_ref(cls),
                                                     CLEAT_HANDLERS({.sink = cleat_memory_sink(0)})});
    cleat_logger *bound = cleat_bind(wrapped, "w", 1);
    CLEAT_TMP_BIND(tmp, bound, "tmp", cleat_foreign(&foreign_class, (void *)"tmp")) {
        cleat_info(tmp, "tmp");
    }
    cleat_logger *immutable = cleat_as_immutable(bound);
    cleat_info(immutable, "immutable");
    cleat_unref(immutable);
    cleat_unref(bound);
    cleat_unref(wrapped);
    cleat_field field = {"d", cleat_int(1)};
    cleat_threadlocal_dict *dict = cleat_threadlocal_dict_new(cls, &field, 1);
    if (dict != NULL) {
        cleat_threadlocal_dict_set(dict, "e", cleat_foreign(&foreign_class, (void *)"d"));
        cleat_threadlocal_dict_delete(dict, "d");
        cleat_threadlocal_dict_delete(dict, "e");
        cleat_threadlocal_dict_delete(dict, "w");
        cleat_threadlocal_dict_free(dict);
    }
    cleat_threadlocal_class_unref(cls);
}

static void use_propagation(void)
{
    cleat_tokens tokens;
    char traceparent[CLEAT_TRACEPARENT_SIZE];
    char baggage[CLEAT_BAGGAGE_SIZE];
    const char *const keys[] = {"user", "tenant"};
    char *const empty[] = {NULL};
    if (cleat_extract_traceparent(&tokens, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01") == 0)
        cleat_drop_tokens(&tokens);
    if (cleat_begin_span(&tokens) == 0)
        cleat_drop_tokens(&tokens);
    cleat_extract_baggage(NULL, "user=anna,tenant=a%20b", keys, 2);
    cleat_inject_traceparent(traceparent);
    cleat_inject_baggage(baggage, sizeof(baggage), keys, 2);
    cleat_free_environment(cleat_make_environment(empty, keys, 2));
    cleat_adopt_environment();
    cleat_clear_contextvars();
}

static void capture(void)
{
    cleat_processor *logs = cleat_capture_logs();
    cleat_logger *log = cleat_wrap_logger("captured", &(cleat_config){CLEAT_PROCESSORS(cleat_processor_ref(logs)),
                                                                      CLEAT_HANDLERS({.sink = cleat_null_sink()})});
    if (log != NULL)
        cleat_info(log, "caught", "thing", cleat_foreign(&foreign_class, (void *)"caught"));
    cleat_fields *entry = cleat_captured_entry(logs, 0);
    cleat_fields_unref(entry);
    cleat_captured_clear(logs);
    cleat_unref(log);
    cleat_processor_unref(logs);
}

static void *do_everything_here(void *arg)
{
    int run = *(int *)arg;
    int error = configure_everything();
    assert_true(error == 0 || error == -ENOMEM || error == -EINVAL);
    int added = cleat_add_handler(&(cleat_handler){.name = "added", .sink = cleat_memory_sink(0)});
    use_loggers(run);
    use_contexts();
    use_threadlocal();
    use_propagation();
    capture();
    int removed = cleat_remove_handler("added");
    assert_true(added == 0 ? removed == 0 || removed == -ENOMEM : removed < 0);
    cleat_flush(10000);
    return NULL;
}

/* On a thread of its own: what it could not unbind goes when it ends. */
static void do_everything(int run)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, do_everything_here, &run), 0);
    pthread_join(thread, NULL);
}

/* ---- after each failure ---- */

/* Whether the library still does what it did, with nothing left of what failed. */
static void check_that_it_works(void)
{
    cleat_sink *memory = cleat_memory_sink(0);
    assert_non_null(memory);
    assert_int_equal(cleat_configure(&(cleat_config){
                         CLEAT_PROCESSORS(cleat_merge_contextvars(), cleat_add_log_level()),
                         CLEAT_HANDLERS({.sink = cleat_sink_ref(memory)}),
                     }),
                     0);
    CLEAT_BOUND_CONTEXTVARS("request", 7) {
        cleat_logger *log = cleat_bind(NULL, "a", 1);
        cleat_info(log, "still here", "b", 2);
        cleat_unref(log);
    }
    char *line = cleat_memory_line(memory, 0);
    assert_string_equal(line, "{\"a\":1,\"b\":2,\"event\":\"still here\",\"request\":7,\"level\":\"info\"}");
    free(line);
    cleat_sink_unref(memory);
    assert_int_equal(atomic_load(&held), 0);
    assert_int_equal(atomic_load(&args_alive), 0);
}

static int begin(void **state)
{
    (void)state;
    cleat__alloc_permission = permit;
    fail_allocations(0, 0);
    return make_folder();
}

static int end(void **state)
{
    (void)state;
    cleat__alloc_permission = NULL;
    cleat_reset_defaults();
    return remove_folder();
}

/* Fails allocation 1, 2, 3 ... until there is none of that number; `count` of them together. */
static void fail_each(void (*scenario)(int run), long count)
{
    static int run;
    for (long number = 1;; number++) {
        fail_allocations(number, count < LONG_MAX ? number + count - 1 : LONG_MAX);
        scenario(run++);
        long last = atomic_load(&asked);
        fail_allocations(0, 0);
        check_that_it_works();
        if (last < number)
            break;
    }
}

static void each_allocation_fails_once(void **state)
{
    (void)state;
    do_everything(-1);
    check_that_it_works();
    fail_each(do_everything, 1);
}

static void memory_runs_out_for_good_at_each_point(void **state)
{
    (void)state;
    fail_each(do_everything, LONG_MAX);
}

static void a_few_in_a_row_fail(void **state)
{
    (void)state;
    fail_each(do_everything, 3);
}

/* ---- one line ---- */

static _Atomic int lines_received;
static char last_line[4096];

static int receive(const char *line, size_t length, int level, void *arg)
{
    (void)level;
    (void)arg;
    atomic_fetch_add(&lines_received, 1);
    snprintf(last_line, sizeof(last_line), "%.*s", (int)length, line);
    return 0;
}

static void *log_one_line(void *arg)
{
    cleat_logger *log = arg;
    CLEAT_BOUND_CONTEXTVARS("c", 1) {
        cleat_info(log, "line", "x", 1, "y", 2);
    }
    return NULL;
}

/* It comes with all fields, or with those that there was room for, or it is counted as lost. */
static void check_the_line(const cleat_stats *before)
{
    cleat_stats after;
    cleat_get_stats(&after);
    int received = atomic_load(&lines_received);
    assert_int_equal((uint64_t)received + (after.lost_lines - before->lost_lines), 1);
    if (received == 0)
        return;
    const char *const fields[] = {"\"a\":1",           "\"b\":2", "\"x\":1", "\"y\":2", "\"event\":\"line\"",
                                  "\"level\":\"info\""};
    uint64_t missing = 0;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        missing += strstr(last_line, fields[i]) == NULL;
    assert_int_equal(missing, after.lost_fields - before->lost_fields);
    assert_true(last_line[0] == '{' && strcmp(last_line + strlen(last_line) - 2, "}\n") == 0);
}

static void a_line_without_memory_comes_with_what_there_is_room_for(void **state)
{
    (void)state;
    assert_int_equal(cleat_configure(&(cleat_config){
                         CLEAT_PROCESSORS(cleat_merge_contextvars(), cleat_add_log_level()),
                         CLEAT_HANDLERS({.sink = cleat_callback_sink(receive, NULL, NULL)}),
                     }),
                     0);
    for (int for_good = 0; for_good < 2; for_good++) {
        for (long number = 1;; number++) {
            /* Nothing is kept from before: a thread and lists of its own. */
            cleat_logger *first = cleat_bind(NULL, "a", 1);
            cleat_logger *log = cleat_bind(first, "b", 2);
            cleat_stats before;
            cleat_get_stats(&before);
            atomic_store(&lines_received, 0);
            fail_allocations(number, for_good ? LONG_MAX : number);
            pthread_t thread;
            assert_int_equal(pthread_create(&thread, NULL, log_one_line, log), 0);
            pthread_join(thread, NULL);
            long last = atomic_load(&asked);
            fail_allocations(0, 0);
            check_the_line(&before);
            cleat_unref(log);
            cleat_unref(first);
            if (last < number)
                break;
        }
    }
}

static void bind_without_memory_gives_its_logger(void **state)
{
    (void)state;
    cleat_logger *log = cleat_bind(NULL, "a", 1);
    fail_allocations(1, LONG_MAX);
    cleat_logger *same[] = {cleat_bind(log, "b", 2),
                            cleat_new(log, "b", 2),
                            cleat_try_unbind(log, "a"),
                            cleat_unbind(log, "a"),
                            cleat_patch(log, fail_always, NULL),
                            cleat_with_level(log, CLEAT_OFF),
                            cleat_as_immutable(log)};
    fail_allocations(0, 0);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_ptr_equal(same[i], log);
        cleat_unref(same[i]);
    }
    cleat_fields *context = cleat_get_context(log);
    assert_int_equal(cleat_fields_count(context), 1);
    cleat_fields_unref(context);
    cleat_unref(log);
}

static void contexts_without_memory_keep_what_they_have(void **state)
{
    (void)state;
    cleat_bind_contextvars("kept", 1);
    cleat_fields *before = cleat_get_contextvars();
    cleat_tokens tokens;
    fail_allocations(1, LONG_MAX);
    assert_int_equal(cleat_bind_contextvars(&tokens, "new", 1), -ENOMEM);
    assert_int_equal(cleat_reset_contextvars(&tokens), 0);
    assert_null(cleat_copy_context());
    fail_allocations(0, 0);
    cleat_fields *after = cleat_get_contextvars();
    assert_true(cleat_fields_equal(before, after));
    cleat_fields_unref(before);
    cleat_fields_unref(after);
    cleat_clear_contextvars();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bind_without_memory_gives_its_logger, begin, end),
        cmocka_unit_test_setup_teardown(contexts_without_memory_keep_what_they_have, begin, end),
        cmocka_unit_test_setup_teardown(a_line_without_memory_comes_with_what_there_is_room_for, begin, end),
        cmocka_unit_test_setup_teardown(each_allocation_fails_once, begin, end),
        cmocka_unit_test_setup_teardown(memory_runs_out_for_good_at_each_point, begin, end),
        cmocka_unit_test_setup_teardown(a_few_in_a_row_fail, begin, end),
    };
    return cmocka_run_group_tests_name("allocation", tests, NULL, NULL);
}
