/* test_loggers.c - loggers: binding, levels, patchers, log calls, and lines inside lines (K4, K17). */
#include "lines.h"

#include <pthread.h>

#define CONTEXT(log) text_of(cleat_get_context(log))

static void unref_all(cleat_logger *const *loggers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cleat_unref(loggers[i]);
}

#define UNREF(...)                                                                                                     \
    unref_all((cleat_logger *const[]){__VA_ARGS__}, sizeof((cleat_logger *const[]){__VA_ARGS__}) / sizeof(void *))

/* -- getting -- */

static void the_default_logger_is_always_there(void **state)
{
    (void)state;
    cleat_logger *log = cleat_get_logger();
    assert_non_null(log);
    assert_ptr_equal(cleat_get_logger(), log);
    assert_ptr_equal(cleat_get_named_logger(NULL), log);
    assert_null(cleat_logger_name(log));
    assert_null(cleat_logger_name(NULL));
    assert_null(cleat_get_context(NULL));
    cleat_unref(log); /* does nothing to it */
    cleat_unref(log);
    use_chain(NULL, 0);
    cleat_info(cleat_ref(log), "hi");
    assert_line("event='hi'");
    cleat_info(NULL, "hi");
    assert_line("event='hi'");
}

static void a_named_logger_is_the_same_one_each_time(void **state)
{
    (void)state;
    char name[] = "named";
    cleat_logger *log = cleat_get_named_logger(name);
    name[0] = 'x';
    assert_string_equal(cleat_logger_name(log), "named");
    assert_ptr_equal(cleat_get_named_logger("named"), log);
    assert_ptr_not_equal(cleat_get_named_logger("other"), log);
    assert_ptr_not_equal(cleat_get_named_logger(""), cleat_get_logger());
    cleat_unref(log);
    cleat_logger *bound = cleat_bind(log, "a", 1);
    assert_string_equal(cleat_logger_name(bound), "named");
    USE_CHAIN(cleat_add_logger_name());
    cleat_info(bound, "hi");
    assert_line("a=1 event='hi' logger='named'");
    UNREF(bound);
}

static void a_named_logger_without_memory_is_the_default_one(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        char name[24];
        snprintf(name, sizeof(name), "poor %d", i);
        fail_allocations_after(i);
        cleat_logger *log = cleat_get_named_logger(name);
        allow_allocations();
        if (log != NULL)
            assert_true(i > 2);
        assert_string_equal(cleat_logger_name(cleat_get_named_logger(name)), name);
    }
}

static void *get_named(void *arg)
{
    (void)arg;
    return cleat_get_named_logger("raced for");
}

static void threads_get_the_same_named_logger(void **state)
{
    (void)state;
    pthread_t threads[4];
    void *logs[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, get_named, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], &logs[i]);
    for (int i = 1; i < 4; i++)
        assert_ptr_equal(logs[i], logs[0]);
}

static void a_wrapped_logger_keeps_its_own_configuration(void **state)
{
    (void)state;
    cleat_sink *memory = cleat_memory_sink(0);
    char name[] = "audit";
    cleat_config config = {CLEAT_PROCESSORS(cleat_add_logger_name()),
                           CLEAT_HANDLERS({.renderer = cleat_keyvalue_renderer(NULL), .sink = cleat_sink_ref(memory)})};
    cleat_logger *log = cleat_wrap_logger(name, &config);
    name[0] = 'x';
    cleat_logger *bound = cleat_bind(log, "a", 1);
    use_chain(NULL, 0);
    cleat_info(bound, "hi");
    assert_line_of(memory, "a=1 event='hi' logger='audit'");
    assert_no_line();
    UNREF(log);
    cleat_info(bound, "hi"); /* lives on in what was bound from it */
    assert_line_of(memory, "a=1 event='hi' logger='audit'");
    UNREF(bound);
    cleat_sink_unref(memory);
}

static void a_wrapped_logger_that_is_refused_is_null(void **state)
{
    (void)state;
    cleat_handler handler = {.renderer = cleat_json_renderer(NULL), .sink = NULL};
    cleat_config config = {.handlers = &handler, .n_handlers = 1};
    assert_null(cleat_wrap_logger("bad", &config));
    assert_non_null(strstr(cleat_error_message(), "handlers[0]"));
}

/* -- K4 -- */

static void K4_bind_leaves_its_logger_as_it_was(void **state)
{
    (void)state;
    cleat_logger *log = cleat_bind(NULL, "a", 1, "b", 2);
    cleat_logger *more = cleat_bind(log, "c", 3, "a", 4);
    assert_ptr_not_equal(more, log);
    assert_string_equal(CONTEXT(log), "a=1 b=2");
    assert_string_equal(CONTEXT(more), "a=4 b=2 c=3");
    assert_null(cleat_get_context(NULL));
    UNREF(log);
    assert_string_equal(CONTEXT(more), "a=4 b=2 c=3");
    UNREF(more);
}

static void K4_new_leaves_the_fields_behind(void **state)
{
    (void)state;
    cleat_logger *log = cleat_bind(NULL, "a", 1);
    cleat_logger *next = cleat_new(log, "b", 2);
    cleat_logger *empty = cleat_new_fields(log, NULL, 0);
    assert_string_equal(CONTEXT(next), "b=2");
    assert_null(cleat_get_context(empty));
    assert_string_equal(CONTEXT(log), "a=1");
    UNREF(log, next, empty);
}

static void K4_unbind_refuses_an_absent_key_and_try_unbind_does_not_mind(void **state)
{
    (void)state;
    cleat_logger *log = cleat_bind(NULL, "a", 1, "b", 2, "c", 3);
    cleat_logger *less = cleat_unbind(log, "b");
    assert_string_equal(CONTEXT(less), "a=1 c=3");
    assert_null(cleat_unbind(log, "a", "absent"));
    assert_non_null(strstr(cleat_error_message(), "absent"));
    cleat_logger *tried = cleat_try_unbind(log, "a", "absent");
    assert_string_equal(CONTEXT(tried), "b=2 c=3");
    cleat_logger *none = cleat_try_unbind(log, "a", "b", "c");
    assert_null(cleat_get_context(none));
    cleat_logger *same = cleat_unbind_keys(log, NULL, 0);
    assert_string_equal(CONTEXT(same), "a=1 b=2 c=3");
    cleat_logger *again = cleat_bind(less, "b", 4);
    assert_string_equal(CONTEXT(again), "a=1 c=3 b=4");
    assert_null(cleat_unbind(NULL, "a"));
    assert_string_equal(CONTEXT(log), "a=1 b=2 c=3");
    UNREF(log, less, tried, none, same, again);
}

/* One statement: what it knows of its keys is worked out once, but for those that are no literals. */
static cleat_logger *bind_here(const char *key, cleat_value value)
{
    return cleat_bind(NULL, "first", value, key, 2, "third \"quoted\"", "text");
}

static cleat_logger *bind_twice_here(int value)
{
    return cleat_bind(NULL, "a", value, "b", 2, "a", value + 1);
}

static void K1_a_bind_statement_may_have_any_keys_and_values(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        cleat_logger *log = bind_here("second", cleat_int(i));
        cleat_logger *again = bind_here("first", cleat_string("one"));
        cleat_logger *list = bind_here("x", cleat_list(1, 2));
        cleat_logger *null = bind_here("x", cleat_string(NULL));
        cleat_logger *twice = bind_twice_here(7);
        char expected[64];
        snprintf(expected, sizeof(expected), "first=%d second=2 third \"quoted\"='text'", i);
        assert_string_equal(CONTEXT(log), expected);
        assert_string_equal(CONTEXT(again), "first=2 third \"quoted\"='text'");
        assert_string_equal(CONTEXT(list), "first=<10> x=2 third \"quoted\"='text'");
        assert_string_equal(CONTEXT(null), "first='' x=2 third \"quoted\"='text'");
        assert_string_equal(CONTEXT(twice), "a=8 b=2");
        UNREF(log, again, list, null, twice);
    }
}

/* The fields' memory is the logger's too. */
static void K4_fields_outlive_the_logger_that_they_were_bound_for(void **state)
{
    (void)state;
    cleat_logger *log = cleat_bind(NULL, "a", 1, "text", "kept");
    cleat_fields *fields = cleat_get_context(log);
    cleat_logger *more = cleat_bind(log, "b", 2);
    cleat_unref(log);
    assert_string_equal(CONTEXT(more), "a=1 text='kept' b=2");
    cleat_unref(more);
    assert_string_equal(text_of(fields), "a=1 text='kept'");
}

static void K4_without_memory_a_logger_stands_for_what_was_wanted(void **state)
{
    (void)state;
    cleat_logger *log = cleat_bind(NULL, "a", 1);
    for (int i = 0; i < 2; i++) {
        fail_allocations_after(0); /* fields and logger are one block */
        cleat_logger *made[] = {cleat_bind(log, "b", 2), NULL, NULL, NULL, NULL, NULL};
        made[1] = cleat_new(log, "b", 2);
        fail_allocations_after(0);
        made[2] = cleat_unbind(log, "a");
        fail_allocations_after(i);
        made[3] = cleat_patch(log, NULL, NULL);
        fail_allocations_after(i);
        made[4] = cleat_with_level(log, CLEAT_ERROR);
        fail_allocations_after(0);
        made[5] = cleat_try_unbind(log, "a");
        allow_allocations();
        for (int j = 0; j < 6; j++)
            assert_ptr_equal(made[j], log);
        unref_all(made, 6);
    }
    assert_string_equal(CONTEXT(log), "a=1");
    UNREF(log);
}

static void K4_a_logger_lives_as_long_as_its_last_owner(void **state)
{
    (void)state;
    struct counted object = {0, 1};
    cleat_logger *log = cleat_bind(NULL, "object", cleat_foreign(&counted_class, &object));
    assert_ptr_equal(cleat_ref(log), log);
    cleat_unref(log);
    assert_int_equal(object.owners, 1);
    cleat_unref(log);
    assert_int_equal(object.owners, 0);
    assert_null(cleat_ref(NULL));
    cleat_unref(NULL);
}

/* -- levels -- */

static int evaluated;

static const char *evaluate(const char *text)
{
    evaluated++;
    return text;
}

static void arguments_are_evaluated_once_and_only_if_the_level_is_enabled(void **state)
{
    (void)state;
    use_chain(NULL, 0);
    cleat_logger *log = cleat_with_level(NULL, CLEAT_WARNING);
    evaluated = 0;
    cleat_info(log, evaluate("hi"), "a", evaluate("x"));
    assert_int_equal(evaluated, 0);
    assert_no_line();
    cleat_warning(log, evaluate("hi"), evaluate("a"), evaluate("x"));
    assert_int_equal(evaluated, 3);
    assert_line("a='x' event='hi'");
    UNREF(log);
}

static void each_level_has_its_call(void **state)
{
    (void)state;
    USE_CHAIN(cleat_add_log_level());
    cleat_trace(NULL, "e");
    assert_line("event='e' level='trace'");
    cleat_debug(NULL, "e");
    assert_line("event='e' level='debug'");
    cleat_info(NULL, "e");
    assert_line("event='e' level='info'");
    cleat_msg(NULL, "e");
    assert_line("event='e' level='info'");
    cleat_success(NULL, "e");
    assert_line("event='e' level='success'");
    cleat_warning(NULL, "e");
    assert_line("event='e' level='warning'");
    cleat_error(NULL, "e");
    assert_line("event='e' level='error'");
    cleat_critical(NULL, "e");
    assert_line("event='e' level='critical'");
    int level = CLEAT_INFO;
    cleat_log(NULL, level + 3, "e", "a", 1);
    assert_line("a=1 event='e' level='info'");
}

static void an_exception_has_the_errno_of_when_the_call_begins(void **state)
{
    (void)state;
    USE_CHAIN(cleat_format_errors(), cleat_add_log_level());
    errno = ENOENT;
    cleat_exception(NULL, "cannot open", "path", (errno = EIO, "/nowhere"));
    assert_line("path='/nowhere' error='ENOENT: No such file or directory' event='cannot open' level='error'");
}

static int change_errno(cleat_event *event, void *arg)
{
    (void)event;
    (void)arg;
    errno = EIO;
    return CLEAT_KEEP;
}

static void a_log_call_leaves_errno_as_it_was(void **state)
{
    (void)state;
    USE_CHAIN(cleat_make_processor("change_errno", change_errno, NULL, NULL));
    errno = ENOENT;
    cleat_info(NULL, "hi");
    assert_int_equal(errno, ENOENT);
    cleat_log_fields(NULL, CLEAT_INFO, NULL, cleat_string("hi"), NULL, 0);
    assert_int_equal(errno, ENOENT);
    for (int i = 0; i < 4; i++) {
        fail_allocations_after(i);
        cleat_info(NULL, "hi");
        allow_allocations();
        assert_int_equal(errno, ENOENT);
    }
}

static bool logs_at(cleat_logger *log, int level)
{
    size_t before = cleat_memory_count(lines);
    cleat_log(log, level, "hi");
    bool logged = cleat_memory_count(lines) > before;
    cleat_log_fields(log, level, NULL, cleat_string("hi"), NULL, 0);
    assert_int_equal(cleat_memory_count(lines) - before, logged ? 2 : 0);
    return logged;
}

static void the_highest_threshold_counts(void **state)
{
    (void)state;
    static const int levels[] = {CLEAT_NOTSET, CLEAT_DEBUG, CLEAT_INFO, 33, CLEAT_ERROR, CLEAT_OFF};
    enum {
        N = sizeof(levels) / sizeof(levels[0])
    };
    cleat_logger *named = cleat_get_named_logger("thresholds");
    cleat_processor *const none[] = {NULL};
    lines = cleat_memory_sink(0);
    for (int whole = 0; whole < N; whole++) {
        for (int handler = 0; handler < N; handler++) {
            cleat_config config = {
                .processors = none,
                .level = levels[whole],
                CLEAT_HANDLERS({.name = "h", .level = levels[handler], .sink = cleat_sink_ref(lines)})};
            assert_int_equal(cleat_configure(&config), 0);
            for (int own = 0; own < N; own++) {
                cleat_set_level(named, levels[own]);
                assert_int_equal(cleat_get_level(named), levels[own]);
                for (int level = 1; level < 1000; level += 7) {
                    bool expected = level >= levels[whole] && level >= levels[handler] && level >= levels[own];
                    assert_int_equal(logs_at(named, level), expected);
                    assert_int_equal(cleat_is_enabled(named, level), expected);
                }
            }
            cleat_memory_clear(lines);
        }
    }
    cleat_set_level(named, CLEAT_NOTSET);
}

static void each_handler_has_its_own_threshold(void **state)
{
    (void)state;
    cleat_processor *const none[] = {NULL};
    cleat_sink *errors = cleat_memory_sink(0);
    lines = cleat_memory_sink(0);
    cleat_config config = {.processors = none,
                           CLEAT_HANDLERS({.name = "errors", .level = CLEAT_ERROR, .sink = cleat_sink_ref(errors)},
                                          {.name = "all", .level = CLEAT_INFO, .sink = cleat_sink_ref(lines)})};
    assert_int_equal(cleat_configure(&config), 0);
    assert_false(cleat_is_enabled(NULL, CLEAT_DEBUG));
    cleat_debug(NULL, "hi");
    cleat_info(NULL, "hi");
    cleat_error(NULL, "hi");
    assert_int_equal(cleat_memory_count(errors), 1);
    assert_int_equal(cleat_memory_count(lines), 2);
    assert_int_equal(cleat_set_handler_level("all", CLEAT_CRITICAL), 0);
    assert_int_equal(cleat_set_handler_level("errors", CLEAT_DEBUG), 0);
    assert_true(cleat_is_enabled(NULL, CLEAT_DEBUG));
    cleat_debug(NULL, "hi");
    assert_int_equal(cleat_memory_count(errors), 2);
    assert_int_equal(cleat_memory_count(lines), 2);
    assert_int_equal(cleat_set_handler_level("absent", CLEAT_DEBUG), -ENOENT);
    assert_non_null(strstr(cleat_error_message(), "absent"));
    cleat_sink_unref(errors);
}

static void a_level_set_while_running_holds_for_what_is_bound_already(void **state)
{
    (void)state;
    use_chain(NULL, 0);
    cleat_logger *log = cleat_bind(NULL, "a", 1);
    assert_true(logs_at(log, CLEAT_DEBUG));
    cleat_set_level(NULL, CLEAT_ERROR);
    assert_false(logs_at(log, CLEAT_DEBUG));
    assert_true(logs_at(cleat_get_named_logger("not the default one"), CLEAT_DEBUG));
    cleat_set_level(log, CLEAT_NOTSET); /* a bound logger shares the level of the one it came from */
    assert_true(logs_at(NULL, CLEAT_DEBUG));
    cleat_set_level(NULL, CLEAT_ERROR);
    use_chain(NULL, 0);
    assert_false(logs_at(log, CLEAT_DEBUG)); /* loggers keep their levels through a configure */
    cleat_reset_defaults();
    assert_int_equal(cleat_get_level(log), CLEAT_ERROR);
    UNREF(log);
}

static void a_logger_with_a_level_has_it_from_there_on(void **state)
{
    (void)state;
    use_chain(NULL, 0);
    cleat_logger *log = cleat_bind(NULL, "a", 1);
    cleat_set_level(log, CLEAT_WARNING);
    cleat_logger *chatty = cleat_with_level(log, CLEAT_DEBUG);
    cleat_logger *bound = cleat_bind(chatty, "b", 2);
    assert_int_equal(cleat_get_level(bound), CLEAT_DEBUG);
    assert_true(logs_at(bound, CLEAT_DEBUG));
    assert_false(logs_at(log, CLEAT_INFO));
    cleat_set_level(bound, CLEAT_ERROR);
    assert_false(logs_at(chatty, CLEAT_WARNING));
    assert_int_equal(cleat_get_level(log), CLEAT_WARNING);
    cleat_set_level(bound, CLEAT_NOTSET);
    use_chain(NULL, 0); /* it follows the configuration as log does */
    cleat_debug(bound, "hi");
    assert_line("a=1 b=2 event='hi'");
    UNREF(log, chatty, bound);
}

static void a_wrapped_logger_with_a_level_keeps_its_configuration(void **state)
{
    (void)state;
    cleat_sink *memory = cleat_memory_sink(0);
    cleat_processor *const none[] = {NULL};
    cleat_config config = {.processors = none,
                           .level = CLEAT_INFO,
                           CLEAT_HANDLERS({.renderer = cleat_keyvalue_renderer(NULL), .sink = cleat_sink_ref(memory)})};
    cleat_logger *log = cleat_wrap_logger("wrapped", &config);
    cleat_logger *quiet = cleat_with_level(log, CLEAT_ERROR);
    use_chain(NULL, 0);
    UNREF(log);
    cleat_warning(quiet, "hi");
    assert_int_equal(cleat_memory_count(memory), 0);
    cleat_error(quiet, "hi");
    assert_line_of(memory, "event='hi'");
    assert_string_equal(cleat_logger_name(quiet), "wrapped");
    cleat_set_level(quiet, CLEAT_DEBUG); /* the configuration's level holds as well */
    assert_false(cleat_is_enabled(quiet, CLEAT_DEBUG));
    UNREF(quiet);
    cleat_sink_unref(memory);
}

/* -- patchers -- */

static int append_letter(cleat_event *event, void *arg)
{
    const cleat_value *before = cleat_event_get(event, "order");
    cleat_value after = cleat_scratch_printf(cleat_event_scratch(event), "%s%s", before != NULL ? before->as.text : "",
                                             (const char *)arg);
    return cleat_event_set(event, "order", after);
}

static int drop(cleat_event *event, void *arg)
{
    (void)event;
    (void)arg;
    return CLEAT_DROP;
}

static int fail_with_eacces(cleat_event *event, void *arg)
{
    (void)arg;
    cleat_event_set(event, "reached", cleat_int(1));
    return -EACCES;
}

static void patchers_are_chained_and_run_in_the_order_they_were_given(void **state)
{
    (void)state;
    static char a[] = "a", b[] = "b", c[] = "c", chain[] = "|";
    USE_CHAIN(cleat_make_processor("chain", append_letter, chain, NULL));
    cleat_logger *one = cleat_patch(NULL, append_letter, a);
    cleat_logger *two = cleat_patch(one, append_letter, b);
    cleat_logger *bound = cleat_bind(two, "x", 1);
    cleat_logger *three = cleat_patch(bound, append_letter, c);
    cleat_logger *renewed = cleat_new(three, "y", 2);
    cleat_info(renewed, "hi");
    assert_line("y=2 event='hi' order='abc|'");
    cleat_info(two, "hi");
    assert_line("event='hi' order='ab|'");
    cleat_info(one, "hi");
    assert_line("event='hi' order='a|'");
    cleat_info(NULL, "hi");
    assert_line("event='hi' order='|'");
    cleat_logger *level = cleat_with_level(three, CLEAT_INFO);
    cleat_info(level, "hi");
    assert_line("x=1 event='hi' order='abc|'");
    UNREF(one, two, bound, three, renewed, level);
}

static int see_bound_only(cleat_event *event, void *arg)
{
    (void)arg;
    bool right = cleat_event_count(event) == 3 && cleat_event_get(event, "bound") != NULL &&
                 cleat_event_get(event, "call") != NULL && cleat_event_get(event, "context") == NULL;
    cleat_event_set(event, "right", cleat_bool(right));
    return cleat_event_set(event, "context", cleat_string("patcher"));
}

static void what_a_patcher_sets_wins_over_context_variables(void **state)
{
    (void)state;
    USE_CHAIN(cleat_merge_contextvars());
    cleat_bind_contextvars("context", "variable", "more", 1);
    cleat_logger *log = cleat_bind(NULL, "bound", 1);
    cleat_logger *patched = cleat_patch(log, see_bound_only, NULL);
    cleat_info(patched, "hi", "call", 1);
    assert_line("bound=1 call=1 event='hi' right=True context='patcher' more=1");
    UNREF(log, patched);
}

static void a_patcher_may_drop_and_may_fail(void **state)
{
    (void)state;
    cleat_stats before, after;
    static char a[] = "a";
    USE_CHAIN(cleat_add_log_level());
    cleat_logger *dropping = cleat_patch(NULL, drop, NULL);
    cleat_info(dropping, "hi");
    assert_no_line();
    cleat_logger *failing = cleat_patch(NULL, fail_with_eacces, NULL);
    cleat_logger *more = cleat_patch(failing, append_letter, a);
    cleat_get_stats(&before);
    cleat_info(more, "hi");
    cleat_get_stats(&after);
    char *line = cleat_memory_line(lines, 0);
    assert_non_null(line);
    assert_non_null(strstr(line, "event='hi' reached=1 cleat_error='"));
    assert_non_null(strstr(line, "patcher"));
    assert_non_null(strstr(line, "Permission denied"));
    assert_non_null(strstr(line, "order='a' level='info'"));
    free(line);
    assert_int_equal(after.processor_errors - before.processor_errors, 1);
    UNREF(dropping, failing, more);
}

/* -- log calls through the function -- */

static void fields_of_a_call_may_come_in_an_array(void **state)
{
    (void)state;
    use_chain(NULL, 0);
    cleat_field fields[] = {{"a", cleat_int(1)}, {"b", cleat_string("x")}, {"a", cleat_int(2)}};
    cleat_log_fields(NULL, CLEAT_INFO, NULL, cleat_string_n("row and more", 3), fields, 3);
    assert_line("a=2 b='x' event='row'");
    assert_string_equal(fields[0].key, "a"); /* unchanged */
    assert_int_equal(fields[0].value.as.integer, 1);
    static cleat_field many[3000];
    static char keys[3000][8];
    for (int i = 0; i < 3000; i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%d", i % 1000);
        many[i] = (cleat_field){keys[i], cleat_int(i)};
    }
    cleat_log_fields(NULL, CLEAT_INFO, NULL, cleat_string("many"), many, 3000);
    char *line = cleat_memory_line(lines, 0);
    assert_non_null(strstr(line, "k0=2000 k1=2001 k2=2002 "));
    assert_non_null(strstr(line, " k998=2998 k999=2999 event='many'"));
    free(line);
}

static void a_call_takes_32_pairs(void **state)
{
    (void)state;
    use_chain(NULL, 0);
    cleat_info(NULL, "hi", "a", 1, "b", 2, "c", 3, "d", 4, "e", 5, "f", 6, "g", 7, "h", 8, "i", 9, "j", 10, "k", 11,
               "l", 12, "m", 13, "n", 14, "o", 15, "p", 16, "q", 17, "r", 18, "s", 19, "t", 20, "u", 21, "v", 22, "w",
               23, "x", 24, "y", 25, "z", 26, "A", 27, "B", 28, "C", 29, "D", 30, "E", 31, "F", 32);
    assert_line("a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8 i=9 j=10 k=11 l=12 m=13 n=14 o=15 p=16 q=17 r=18 s=19 t=20 u=21 v=22 "
                "w=23 x=24 y=25 z=26 A=27 B=28 C=29 D=30 E=31 F=32 event='hi'");
}

/* -- K17: lines inside lines -- */

static int log_inside(cleat_event *event, void *arg)
{
    (void)event;
    int *depth = arg;
    ++*depth;
    cleat_info(NULL, "inside", "depth", *depth);
    --*depth;
    return CLEAT_KEEP;
}

static void K17_a_processor_may_log_to_a_depth_of_three(void **state)
{
    (void)state;
    static int depth;
    cleat_stats before, after;
    depth = 0;
    USE_CHAIN(cleat_make_processor("log_inside", log_inside, &depth, NULL));
    cleat_get_stats(&before);
    cleat_info(NULL, "outside");
    cleat_get_stats(&after);
    static const char *const expected[] = {"depth=3 event='inside'", "depth=2 event='inside'", "depth=1 event='inside'",
                                           "event='outside'"};
    assert_int_equal(cleat_memory_count(lines), 4);
    for (size_t i = 0; i < 4; i++) {
        char *line = cleat_memory_line(lines, i);
        assert_string_equal(line, expected[i]);
        free(line);
    }
    assert_int_equal(after.lost_lines - before.lost_lines, 1);
    cleat_memory_clear(lines);
    cleat_info(NULL, "outside"); /* and the next line is not the worse for it */
    assert_int_equal(cleat_memory_count(lines), 4);
}

static cleat_value make_null(void *arg, cleat_scratch *scratch)
{
    (void)arg;
    (void)scratch;
    return cleat_null();
}

static void K17_a_line_without_memory_is_counted_or_comes_with_what_there_is_room_for(void **state)
{
    (void)state;
    USE_CHAIN(cleat_merge_contextvars());
    for (int i = 0; i < 30; i++) {
        cleat_stats before, after;
        cleat_logger *log = cleat_bind(NULL, "bound", 1, "list", cleat_list(1, 2));
        cleat_logger *more = cleat_bind(log, "bound", 2);
        cleat_clear_contextvars();
        cleat_bind_contextvars("context", i);
        char key[] = "key at run time";
        cleat_memory_clear(lines);
        cleat_get_stats(&before);
        fail_allocations_after(i);
        cleat_info(more, "hi", key, i, "call", cleat_lazy(make_null, NULL), "call", 1);
        allow_allocations();
        cleat_get_stats(&after);
        size_t count = cleat_memory_count(lines);
        assert_int_equal(count + (after.lost_lines - before.lost_lines), 1);
        UNREF(log, more);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_default_logger_is_always_there),
        TEST(a_named_logger_is_the_same_one_each_time),
        TEST(a_named_logger_without_memory_is_the_default_one),
        TEST(threads_get_the_same_named_logger),
        TEST(a_wrapped_logger_keeps_its_own_configuration),
        TEST(a_wrapped_logger_that_is_refused_is_null),
        TEST(K4_bind_leaves_its_logger_as_it_was),
        TEST(K4_new_leaves_the_fields_behind),
        TEST(K4_unbind_refuses_an_absent_key_and_try_unbind_does_not_mind),
        TEST(K1_a_bind_statement_may_have_any_keys_and_values),
        TEST(K4_fields_outlive_the_logger_that_they_were_bound_for),
        TEST(K4_without_memory_a_logger_stands_for_what_was_wanted),
        TEST(K4_a_logger_lives_as_long_as_its_last_owner),
        TEST(arguments_are_evaluated_once_and_only_if_the_level_is_enabled),
        TEST(each_level_has_its_call),
        TEST(an_exception_has_the_errno_of_when_the_call_begins),
        TEST(a_log_call_leaves_errno_as_it_was),
        TEST(the_highest_threshold_counts),
        TEST(each_handler_has_its_own_threshold),
        TEST(a_level_set_while_running_holds_for_what_is_bound_already),
        TEST(a_logger_with_a_level_has_it_from_there_on),
        TEST(a_wrapped_logger_with_a_level_keeps_its_configuration),
        TEST(patchers_are_chained_and_run_in_the_order_they_were_given),
        TEST(what_a_patcher_sets_wins_over_context_variables),
        TEST(a_patcher_may_drop_and_may_fail),
        TEST(fields_of_a_call_may_come_in_an_array),
        TEST(a_call_takes_32_pairs),
        TEST(K17_a_processor_may_log_to_a_depth_of_three),
        TEST(K17_a_line_without_memory_is_counted_or_comes_with_what_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
