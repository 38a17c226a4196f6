/* test_configuration.c - configurations: what is taken, what is refused, who releases what, and changes while lines go
 * on. */
#include "lines.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

/* -- parts that count their releases -- */

static _Atomic int released;

static void count_release(void *arg)
{
    (void)arg;
    released++;
}

static int keep(cleat_event *event, void *arg)
{
    (void)event;
    (void)arg;
    return CLEAT_KEEP;
}

static int render_name(cleat_event *event, cleat_line *line, void *arg)
{
    (void)event;
    return cleat_line_append(line, arg, strlen(arg));
}

static int take_line(const char *line, size_t length, int level, void *arg)
{
    (void)line;
    (void)length;
    (void)level;
    (void)arg;
    return 0;
}

static char own_name[] = "own";

static cleat_processor *counted_processor(void)
{
    return cleat_make_processor("counted", keep, own_name, count_release);
}

static cleat_handler counted_handler(const char *name)
{
    return (cleat_handler){.name = name,
                           .renderer = cleat_make_renderer("counted", render_name, own_name, count_release),
                           .sink = cleat_callback_sink(take_line, own_name, count_release)};
}

/* -- the default -- */

static void without_a_configuration_json_lines_go_to_stderr(void **state)
{
    (void)state;
    cleat_reset_defaults();
    int ends[2], saved = dup(2);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], 2);
    cleat_reset_defaults(); /* stderr is no terminal now */
    cleat_bind_contextvars("context", 1);
    cleat_warning(NULL, "hi", "call", 2);
    dup2(saved, 2);
    close(saved);
    close(ends[1]);
    char text[500];
    ssize_t length = read(ends[0], text, sizeof(text) - 1);
    close(ends[0]);
    assert_true(length > 0);
    text[length] = '\0';
    static const char before[] = "{\"call\":2,\"event\":\"hi\",\"context\":1,\"level\":\"warning\",\"timestamp\":\"";
    assert_memory_equal(text, before, sizeof(before) - 1);
    static const char form[] = "dddd-dd-ddTdd:dd:dd.ddddddZ\"}\n";
    const char *rest = text + sizeof(before) - 1;
    assert_int_equal(strlen(rest), sizeof(form) - 1);
    for (size_t i = 0; form[i] != '\0'; i++)
        assert_true(form[i] == 'd' ? rest[i] >= '0' && rest[i] <= '9' : rest[i] == form[i]);
}

static void one_is_configured_from_a_configure_to_a_reset(void **state)
{
    (void)state;
    assert_int_equal(cleat_reset_defaults(), 0);
    assert_false(cleat_is_configured());
    use_chain(NULL, 0);
    assert_true(cleat_is_configured());
    assert_int_equal(cleat_reset_defaults(), 0);
    assert_false(cleat_is_configured());
    cleat_handler handler = {.name = "null", .sink = cleat_null_sink()};
    assert_int_equal(cleat_add_handler(&handler), 0); /* counts */
    assert_true(cleat_is_configured());
    assert_int_equal(cleat_reset_defaults(), 0);
    assert_int_equal(cleat_remove_handler("default"), 0);
    assert_true(cleat_is_configured());
    assert_int_equal(cleat_reset_defaults(), 0);
    assert_int_equal(cleat_configure(NULL), 0);
    assert_true(cleat_is_configured());
}

static void configure_once_is_for_the_first(void **state)
{
    (void)state;
    cleat_reset_defaults();
    cleat_handler first = counted_handler("first"), second = counted_handler("second");
    assert_int_equal(cleat_configure_once(&(cleat_config){.handlers = &first, .n_handlers = 1}), 0);
    assert_true(cleat_is_configured());
    released = 0;
    assert_int_equal(cleat_configure_once(&(cleat_config){.handlers = &second, .n_handlers = 1}), -EALREADY);
    assert_true(strlen(cleat_error_message()) > 0);
    assert_int_equal(released, 2); /* the parts of the second, which were taken over */
    assert_int_equal(cleat_set_handler_level("first", CLEAT_INFO), 0);
    assert_int_equal(cleat_set_handler_level("second", CLEAT_INFO), -ENOENT);
}

static void a_configuration_holds_for_loggers_that_exist_already(void **state)
{
    (void)state;
    cleat_logger *log = cleat_bind(cleat_get_named_logger("early"), "a", 1);
    use_chain(NULL, 0);
    cleat_info(log, "hi");
    assert_line("a=1 event='hi'");
    USE_CHAIN(cleat_add_log_level());
    cleat_info(log, "hi");
    assert_line("a=1 event='hi' level='info'");
    cleat_unref(log);
}

static void the_caller_may_change_its_arrays_afterwards(void **state)
{
    (void)state;
    char name[] = "mine";
    cleat_processor *processors[] = {cleat_add_log_level()};
    lines = cleat_memory_sink(0);
    cleat_handler handlers[] = {
        {.name = name, .renderer = cleat_keyvalue_renderer(NULL), .sink = cleat_sink_ref(lines)}};
    cleat_config config = {.processors = processors, .n_processors = 1, .handlers = handlers, .n_handlers = 1};
    assert_int_equal(cleat_configure(&config), 0);
    memset(name, 'x', 4);
    memset(processors, 0, sizeof(processors));
    memset(handlers, 0, sizeof(handlers));
    cleat_info(NULL, "hi");
    assert_line("event='hi' level='info'");
    assert_int_equal(cleat_set_handler_level("mine", CLEAT_INFO), 0);
}

/* -- refusals -- */

/* Refused whole: nothing of it is in force, all of it is released, and the sentence names the part. */
static void assert_refused(const cleat_config *config, int error, int parts, const char *named)
{
    cleat_memory_clear(lines);
    released = 0;
    assert_int_equal(cleat_configure(config), error);
    if (strstr(cleat_error_message(), named) == NULL)
        fail_msg("\"%s\" does not name %s", cleat_error_message(), named);
    assert_int_equal(released, parts);
    cleat_info(NULL, "hi");
    assert_line("event='hi'");
}

static void a_wrong_part_is_named_and_nothing_changes(void **state)
{
    (void)state;
    use_chain(NULL, 0);
    cleat_processor *hole[] = {counted_processor(), NULL, counted_processor()};
    cleat_handler handlers[] = {counted_handler(NULL), counted_handler(NULL)};
    assert_refused(&(cleat_config){.processors = hole, .n_processors = 3, .handlers = handlers, .n_handlers = 2},
                   -EINVAL, 6, "processors[1]");

    cleat_processor *failed[] = {cleat_sample(0, CLEAT_OFF)};
    assert_refused(&(cleat_config){.processors = failed, .n_processors = 1}, -EINVAL, 0, "one_in");

    cleat_handler no_sink[] = {counted_handler("a"), counted_handler("b"), counted_handler("c")};
    cleat_sink_unref(no_sink[1].sink);
    no_sink[1].sink = NULL;
    assert_refused(&(cleat_config){.handlers = no_sink, .n_handlers = 3}, -EINVAL, 5, "handlers[1]");

    cleat_handler same_name[] = {counted_handler("a"), counted_handler("a")};
    assert_refused(&(cleat_config){.handlers = same_name, .n_handlers = 2}, -EEXIST, 4, "\"a\"");

    cleat_handler none[1];
    assert_refused(&(cleat_config){.handlers = none, .n_handlers = 0}, -EINVAL, 0, "handlers");
    assert_refused(&(cleat_config){.n_handlers = 2}, -EINVAL, 0, "n_handlers");
    assert_refused(&(cleat_config){.n_processors = 2}, -EINVAL, 0, "n_processors");

    cleat_handler one[] = {counted_handler("a")};
    assert_refused(&(cleat_config){.handlers = one, .n_handlers = 1, .max_line_bytes = 1023}, -EINVAL, 2,
                   "max_line_bytes");
    one[0] = counted_handler("a");
    assert_refused(&(cleat_config){.handlers = one, .n_handlers = 1, .max_depth = 101}, -EINVAL, 2, "max_depth");
    cleat_processor *all[] = {counted_processor()};
    one[0] = counted_handler("a");
    assert_refused(&(cleat_config){.processors = all,
                                   .n_processors = 1,
                                   .handlers = one,
                                   .n_handlers = 1,
                                   .max_depth = 101,
                                   .context_class = cleat_wrap_threadlocal()},
                   -EINVAL, 3, "max_depth");
}

static void the_least_limits_are_taken(void **state)
{
    (void)state;
    cleat_handler handler = counted_handler("a");
    assert_int_equal(
        cleat_configure(&(cleat_config){
            .handlers = &handler, .n_handlers = 1, .max_line_bytes = 1024, .max_depth = 100, .max_value_bytes = 1}),
        0);
}

static void without_memory_a_configuration_is_refused_and_released(void **state)
{
    (void)state;
    use_chain(NULL, 0);
    for (int i = 0; i < 40; i++) {
        cleat_processor *processors[] = {counted_processor(), counted_processor()};
        cleat_handler handlers[] = {counted_handler("a"), counted_handler(NULL)};
        released = 0;
        fail_allocations_after(i);
        int result = cleat_configure(
            &(cleat_config){.processors = processors, .n_processors = 2, .handlers = handlers, .n_handlers = 2});
        allow_allocations();
        if (result == 0) {
            assert_true(i > 3);
            assert_int_equal(released, 0);
            return;
        }
        assert_int_equal(result, -ENOMEM);
        assert_int_equal(released, 6);
        cleat_info(NULL, "hi");
        assert_line("event='hi'");
    }
    fail_msg("a configuration takes more than 40 allocations");
}

static void without_memory_handlers_stay_as_they_are(void **state)
{
    (void)state;
    use_chain(NULL, 0);
    int added = -ENOMEM, removed = -ENOMEM;
    for (int i = 0; i < 40 && added != 0; i++) {
        cleat_handler handler = counted_handler("more");
        released = 0;
        fail_allocations_after(i);
        added = cleat_add_handler(&handler);
        allow_allocations();
        assert_int_equal(released, added == 0 ? 0 : 2);
        assert_true(added == 0 || added == -ENOMEM);
    }
    for (int i = 0; i < 40 && removed != 0; i++) {
        fail_allocations_after(i);
        removed = cleat_remove_handler("more");
        allow_allocations();
        assert_true(removed == 0 || removed == -ENOMEM);
        assert_int_equal(released, removed == 0 ? 2 : 0);
    }
    for (int i = 0; i < 3; i++) {
        fail_allocations_after(i);
        assert_int_equal(cleat_reset_defaults(), -ENOMEM);
        allow_allocations();
    }
    cleat_info(NULL, "hi");
    assert_line("event='hi'");
}

/* -- who releases what -- */

static void parts_are_released_when_nobody_uses_them(void **state)
{
    (void)state;
    cleat_processor *processors[] = {counted_processor(), counted_processor()};
    cleat_processor *mine = cleat_processor_ref(processors[1]);
    cleat_handler handlers[] = {counted_handler("a"), counted_handler("b")};
    released = 0;
    assert_int_equal(cleat_configure(&(cleat_config){
                         .processors = processors, .n_processors = 2, .handlers = handlers, .n_handlers = 2}),
                     0);
    cleat_info(NULL, "hi");
    assert_int_equal(cleat_remove_handler("a"), 0);
    assert_int_equal(released, 2);
    use_chain(NULL, 0);
    assert_int_equal(released, 5);
    cleat_processor_unref(mine);
    assert_int_equal(released, 6);
    cleat_handler handler = counted_handler("own");
    cleat_logger *log = cleat_wrap_logger(NULL, &(cleat_config){.handlers = &handler, .n_handlers = 1});
    cleat_info(log, "hi");
    cleat_unref(log);
    assert_int_equal(released, 8);
}

static void one_part_may_serve_several_handlers(void **state)
{
    (void)state;
    lines = cleat_memory_sink(0);
    cleat_renderer *renderer = cleat_keyvalue_renderer(NULL);
    cleat_processor *const none[] = {NULL};
    cleat_config config = {.processors = none,
                           CLEAT_HANDLERS({.renderer = cleat_renderer_ref(renderer), .sink = cleat_sink_ref(lines)},
                                          {.renderer = renderer, .sink = cleat_sink_ref(lines)})};
    assert_int_equal(cleat_configure(&config), 0);
    cleat_info(NULL, "hi");
    assert_int_equal(cleat_memory_count(lines), 2);
}

/* -- handlers -- */

static bool takes_even(const cleat_event *event, void *arg)
{
    ++*(int *)arg;
    const cleat_value *n = cleat_event_get(event, "n");
    return n != NULL && n->as.integer % 2 == 0 && cleat_event_get(event, "level") != NULL;
}

static void a_filter_sees_the_event_as_the_processors_left_it(void **state)
{
    (void)state;
    int calls = 0;
    lines = cleat_memory_sink(0);
    cleat_config config = {CLEAT_PROCESSORS(cleat_add_log_level()),
                           CLEAT_HANDLERS({.level = CLEAT_INFO,
                                           .filter = takes_even,
                                           .filter_arg = &calls,
                                           .renderer = cleat_keyvalue_renderer(NULL),
                                           .sink = cleat_sink_ref(lines)},
                                          {.sink = cleat_null_sink()})};
    assert_int_equal(cleat_configure(&config), 0);
    cleat_info(NULL, "hi", "n", 1);
    assert_no_line();
    cleat_info(NULL, "hi", "n", 2);
    assert_line("n=2 event='hi' level='info'");
    cleat_debug(NULL, "hi", "n", 2); /* below the handler's level: not asked */
    assert_int_equal(calls, 2);
}

static void handlers_without_a_name_are_numbered(void **state)
{
    (void)state;
    cleat_config config = {CLEAT_HANDLERS({.sink = cleat_null_sink()}, {.name = "named", .sink = cleat_null_sink()},
                                          {.sink = cleat_null_sink()})};
    assert_int_equal(cleat_configure(&config), 0);
    assert_int_equal(cleat_remove_handler("handler 2"), 0);
    assert_int_equal(cleat_remove_handler("handler 2"), -ENOENT);
    assert_non_null(strstr(cleat_error_message(), "handler 2"));
    assert_int_equal(cleat_remove_handler("handler 0"), 0);
    assert_int_equal(cleat_remove_handler("named"), 0);
    assert_int_equal(cleat_remove_handler(NULL), -EINVAL);
    assert_int_equal(cleat_set_handler_level(NULL, 1), -EINVAL);
    assert_false(cleat_is_enabled(NULL, CLEAT_CRITICAL)); /* nobody is left to take a line */
    cleat_info(NULL, "hi");
    cleat_config taken = {
        CLEAT_HANDLERS({.name = "handler 1", .sink = cleat_null_sink()}, {.sink = cleat_null_sink()})};
    assert_int_equal(cleat_configure(&taken), 0); /* a number whose name is taken is passed over */
    assert_int_equal(cleat_remove_handler("handler 1"), 0);
    assert_int_equal(cleat_remove_handler("handler 1"), -ENOENT);
    assert_int_equal(cleat_remove_handler("handler 2"), 0);
}

static void a_handler_is_added_and_removed_while_running(void **state)
{
    (void)state;
    cleat_sink *more = cleat_memory_sink(0);
    use_chain(NULL, 0);
    cleat_handler handler = {
        .name = "more", .level = CLEAT_WARNING, .renderer = cleat_logfmt_renderer(NULL), .sink = cleat_sink_ref(more)};
    assert_int_equal(cleat_add_handler(&handler), 0);
    cleat_info(NULL, "info");
    assert_line("event='info'");
    assert_int_equal(cleat_memory_count(more), 0);
    cleat_error(NULL, "error");
    assert_line("event='error'");
    assert_line_of(more, "event=error");
    cleat_handler twice = counted_handler("more");
    released = 0;
    assert_int_equal(cleat_add_handler(&twice), -EEXIST);
    assert_int_equal(released, 2);
    cleat_handler no_sink = counted_handler("no sink");
    cleat_sink_unref(no_sink.sink);
    no_sink.sink = NULL;
    assert_int_equal(cleat_add_handler(&no_sink), -EINVAL);
    assert_int_equal(released, 4);
    assert_int_equal(cleat_add_handler(NULL), -EINVAL);
    cleat_handler unnamed = {.sink = cleat_sink_ref(more)}; /* without a renderer: JSON */
    assert_int_equal(cleat_add_handler(&unnamed), 0);
    assert_int_equal(cleat_remove_handler("more"), 0);
    cleat_error(NULL, "error");
    assert_line_of(more, "{\"event\":\"error\"}");
    cleat_sink_unref(more);
}

static void a_handler_that_is_added_keeps_the_levels_of_the_others(void **state)
{
    (void)state;
    use_chain(NULL, 0);
    assert_int_equal(cleat_set_handler_level("lines", CLEAT_ERROR), 0);
    cleat_handler handler = {.name = "more", .sink = cleat_null_sink()};
    assert_int_equal(cleat_add_handler(&handler), 0);
    cleat_info(NULL, "hi");
    assert_no_line();
    assert_int_equal(cleat_remove_handler("more"), 0);
    cleat_info(NULL, "hi");
    assert_no_line();
    cleat_error(NULL, "hi");
    assert_line("event='hi'");
}

/* -- a change inside another one, as a signal handler may want it -- */

static int inner_results[4];
static bool is_inside;

static int change_inside(size_t size)
{
    (void)size;
    if (is_inside)
        return 1;
    is_inside = true;
    cleat_handler handler = counted_handler("inner");
    inner_results[0] = cleat_configure(NULL);
    inner_results[1] = cleat_add_handler(&handler);
    inner_results[2] = cleat_remove_handler("lines");
    inner_results[3] = cleat_reset_defaults();
    return 1;
}

static void a_change_that_interrupts_another_is_refused(void **state)
{
    (void)state;
    use_chain(NULL, 0);
    cleat_handler handler = {.name = "more", .sink = cleat_null_sink()};
    released = 0;
    is_inside = false;
    cleat__alloc_permission = change_inside;
    int result = cleat_add_handler(&handler);
    allow_allocations();
    assert_int_equal(result, 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(inner_results[i], -EDEADLK);
    assert_int_equal(released, 2);
    cleat_info(NULL, "hi");
    assert_line("event='hi'");
}

/* -- changes from inside a line -- */

static int changes;

/* Whatever it does, the line it is called for goes on as it began. */
static void change_everything(void)
{
    cleat_handler handler = {.name = "from inside", .sink = cleat_null_sink()};
    changes += cleat_add_handler(&handler) == 0;
    changes += cleat_set_handler_level("from inside", CLEAT_ERROR) == 0;
    changes += cleat_remove_handler("from inside") == 0;
    changes += cleat_reset_defaults() == 0;
    changes += cleat_configure_once(&(cleat_config){CLEAT_HANDLERS({.name = "last", .sink = cleat_null_sink()})}) == 0;
}

static int change_from_processor(cleat_event *event, void *arg)
{
    (void)event;
    (void)arg;
    change_everything();
    return CLEAT_KEEP;
}

static int change_from_sink(const char *line, size_t length, int level, void *arg)
{
    (void)line;
    (void)length;
    (void)level;
    (void)arg;
    change_everything();
    return 0;
}

static void K17_a_processor_may_change_the_configuration(void **state)
{
    (void)state;
    changes = 0;
    USE_CHAIN(cleat_make_processor("change", change_from_processor, NULL, NULL), cleat_add_log_level());
    cleat_info(NULL, "hi");
    assert_line("event='hi' level='info'"); /* ends as it began */
    assert_int_equal(changes, 5);
    cleat_info(NULL, "hi");
    assert_no_line();
}

static void K17_a_sink_may_change_the_configuration(void **state)
{
    (void)state;
    changes = 0;
    lines = cleat_memory_sink(0);
    released = 0;
    cleat_processor *const none[] = {NULL};
    cleat_config config = {
        .processors = none,
        CLEAT_HANDLERS({.name = "change", .sink = cleat_callback_sink(change_from_sink, NULL, count_release)},
                       {.renderer = cleat_keyvalue_renderer(NULL), .sink = cleat_sink_ref(lines)}),
    };
    assert_int_equal(cleat_configure(&config), 0);
    cleat_info(NULL, "hi");
    assert_line("event='hi'");
    assert_int_equal(changes, 5);
    use_chain(NULL, 0); /* by now at the latest nobody uses it */
    assert_int_equal(released, 1);
}

static void K17_a_sink_may_remove_its_own_handler(void **state)
{
    (void)state;
    use_chain(NULL, 0);
    changes = 0;
    cleat_handler handler = {.name = "from inside", .sink = cleat_callback_sink(change_from_sink, NULL, NULL)};
    assert_int_equal(cleat_add_handler(&handler), 0);
    cleat_info(NULL, "hi"); /* its own name is taken when it adds; then it removes itself */
    assert_int_equal(changes, 4);
    assert_line("event='hi'");
}

/* -- processors and renderers that fail -- */

static int fail_step(cleat_event *event, void *arg)
{
    (void)event;
    return (int)(intptr_t)arg;
}

static void K17_a_failing_processor_is_told_of_on_the_line(void **state)
{
    (void)state;
    cleat_stats before, after;
    cleat_get_stats(&before);
    USE_CHAIN(cleat_make_processor("broken", fail_step, (void *)(intptr_t)-EACCES, NULL), cleat_add_log_level());
    cleat_info(NULL, "hi");
    assert_line("event='hi' cleat_error='processor broken failed: Permission denied' level='info'");
    cleat_get_stats(&after);
    assert_int_equal(after.processor_errors - before.processor_errors, 1);
}

static void a_processor_that_drops_ends_the_line(void **state)
{
    (void)state;
    int calls = 0;
    USE_CHAIN(cleat_make_processor("drop", fail_step, (void *)(intptr_t)CLEAT_DROP, NULL),
              cleat_make_processor("behind", change_from_processor, NULL, NULL));
    changes = 0;
    cleat_info(NULL, "hi");
    assert_no_line();
    assert_int_equal(changes + calls, 0); /* the rest of the chain does not run */
}

static int render_and_fail(cleat_event *event, cleat_line *line, void *arg)
{
    (void)event;
    (void)arg;
    cleat_line_append(line, "half a li", 9);
    return -EIO;
}

static void K17_a_failing_renderer_gives_json_that_tells_of_it(void **state)
{
    (void)state;
    cleat_processor *const none[] = {NULL};
    lines = cleat_memory_sink(0);
    cleat_config config = {.processors = none,
                           CLEAT_HANDLERS({.renderer = cleat_make_renderer("broken", render_and_fail, NULL, NULL),
                                           .sink = cleat_sink_ref(lines)})};
    assert_int_equal(cleat_configure(&config), 0);
    cleat_info(NULL, "hi", "a", 1);
    char *line = cleat_memory_line(lines, 0);
    assert_memory_equal(line, "{\"a\":1,\"event\":\"hi\",\"cleat_error\":\"", 35);
    assert_non_null(strstr(line, "broken"));
    assert_null(strstr(line, "half"));
    free(line);
}

static void a_renderer_of_the_users_own_writes_the_line(void **state)
{
    (void)state;
    cleat_processor *const none[] = {NULL};
    lines = cleat_memory_sink(0);
    cleat_config config = {.processors = none,
                           CLEAT_HANDLERS({.renderer = cleat_make_renderer("name", render_name, own_name, NULL),
                                           .sink = cleat_sink_ref(lines)})};
    assert_int_equal(cleat_configure(&config), 0);
    cleat_info(NULL, "hi", "a", 1);
    assert_line("own");
}

static int render_changed(cleat_event *event, cleat_line *line, void *arg)
{
    (void)arg;
    const cleat_value *level = cleat_event_get(event, "level");
    bool right = level != NULL && cleat_event_set(event, "level", cleat_string("changed")) == 0 &&
                 cleat_event_set(event, "bound", cleat_int(9)) == 0 &&
                 cleat_event_set(event, "new", cleat_int(1)) == 0 && cleat_event_delete(event, "call") &&
                 !cleat_event_delete(event, "absent") && cleat_event_count(event) == 5 &&
                 strcmp(cleat_event_at(event, 0).key, "bound") == 0 && cleat_event_get(event, "bound")->as.integer == 9;
    return cleat_line_append(line, right ? "right" : "wrong", 5);
}

/* However short the way on which the engine filled the event. */
static void a_renderer_may_change_its_event(void **state)
{
    (void)state;
    lines = cleat_memory_sink(0);
    cleat_config config = {CLEAT_PROCESSORS(cleat_merge_contextvars(), cleat_add_log_level()),
                           CLEAT_HANDLERS({.renderer = cleat_make_renderer("changed", render_changed, NULL, NULL),
                                           .sink = cleat_sink_ref(lines)})};
    assert_int_equal(cleat_configure(&config), 0);
    cleat_bind_contextvars("context", 1);
    cleat_logger *log = cleat_bind(NULL, "bound", 1);
    for (int i = 0; i < 3; i++) {
        cleat_info(log, "hi", "call", 1);
        assert_line("right");
    }
    cleat_unref(log);
}

/* -- changes while other threads log -- */

static _Atomic bool is_over;
static _Atomic long logged;

static void *log_until_over(void *arg)
{
    cleat_logger *log = cleat_get_named_logger(arg);
    while (!atomic_load(&is_over)) {
        cleat_logger *bound = cleat_bind(log, "a", 1, "text", "bound");
        cleat_bind_contextvars("context", 2);
        cleat_info(bound, "hi", "call", 3);
        cleat_unref(bound);
        logged++;
    }
    return NULL;
}

/* Each line reaches just one configuration, and all of them write to one sink. */
static void K17_the_configuration_changes_while_four_threads_log(void **state)
{
    (void)state;
    static char names[4][24];
    pthread_t threads[4];
    is_over = false;
    logged = 0;
    released = 0;
    lines = cleat_memory_sink(0);
    long rounds = scale(100, 2000);
    int made = 0;
    for (long i = -1; i < rounds; i++) {
        cleat_config config = {
            CLEAT_PROCESSORS(cleat_merge_contextvars(), counted_processor()),
            CLEAT_HANDLERS({.name = "lines", .renderer = cleat_keyvalue_renderer(NULL), .sink = cleat_sink_ref(lines)}),
        };
        made++;
        assert_int_equal(cleat_configure(&config), 0);
        cleat_handler handler = counted_handler("more");
        made += 2;
        assert_int_equal(cleat_add_handler(&handler), 0);
        assert_int_equal(cleat_set_handler_level("more", i % 2 == 0 ? CLEAT_ERROR : CLEAT_NOTSET), 0);
        cleat_set_level(cleat_get_named_logger("logs 0"), i % 2 == 0 ? CLEAT_DEBUG : CLEAT_NOTSET);
        assert_int_equal(cleat_remove_handler("more"), 0);
        for (int t = 0; t < 4 && i == -1; t++) {
            snprintf(names[t], sizeof(names[t]), "logs %d", t);
            pthread_create(&threads[t], NULL, log_until_over, names[t]);
        }
    }
    is_over = true;
    for (int t = 0; t < 4; t++)
        pthread_join(threads[t], NULL);
    assert_int_equal(cleat_memory_count(lines), logged);
    char *line = cleat_memory_line(lines, logged > 0 ? (size_t)logged - 1 : 0);
    if (line != NULL)
        assert_string_equal(line, "a=1 text='bound' call=3 event='hi' context=2");
    free(line);
    use_chain(NULL, 0);
    assert_int_equal(released, made);
}

/* A handler that is added makes a copy of the others: a level that was set meanwhile must not be lost with the old. */
static _Atomic long changes_made;

static void *add_and_remove(void *arg)
{
    (void)arg;
    while (!atomic_load(&is_over)) {
        cleat_handler handler = {.name = "more", .level = CLEAT_OFF, .sink = cleat_null_sink()};
        cleat_add_handler(&handler);
        changes_made++;
        cleat_remove_handler("more");
        changes_made++;
    }
    return NULL;
}

static void a_level_set_while_a_handler_is_added_is_not_lost(void **state)
{
    (void)state;
    pthread_t thread;
    long rounds = scale(100, 20000), lost = 0;
    is_over = false;
    use_chain(NULL, 0);
    pthread_create(&thread, NULL, add_and_remove, NULL);
    for (long i = 0; i < rounds; i++) {
        int level = 100 + (int)(i % 100);
        cleat_set_handler_level("lines", level);
        long now = changes_made;
        while (changes_made < now + 2)
            sched_yield();
        lost += cleat_is_enabled(NULL, level - 1) || !cleat_is_enabled(NULL, level);
    }
    is_over = true;
    pthread_join(thread, NULL);
    assert_int_equal(lost, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_configuration_json_lines_go_to_stderr),
        TEST(one_is_configured_from_a_configure_to_a_reset),
        TEST(configure_once_is_for_the_first),
        TEST(a_configuration_holds_for_loggers_that_exist_already),
        TEST(the_caller_may_change_its_arrays_afterwards),
        TEST(a_wrong_part_is_named_and_nothing_changes),
        TEST(the_least_limits_are_taken),
        TEST(without_memory_a_configuration_is_refused_and_released),
        TEST(without_memory_handlers_stay_as_they_are),
        TEST(parts_are_released_when_nobody_uses_them),
        TEST(one_part_may_serve_several_handlers),
        TEST(a_filter_sees_the_event_as_the_processors_left_it),
        TEST(handlers_without_a_name_are_numbered),
        TEST(a_handler_is_added_and_removed_while_running),
        TEST(a_handler_that_is_added_keeps_the_levels_of_the_others),
        TEST(a_change_that_interrupts_another_is_refused),
        TEST(K17_a_processor_may_change_the_configuration),
        TEST(K17_a_sink_may_change_the_configuration),
        TEST(K17_a_sink_may_remove_its_own_handler),
        TEST(K17_a_failing_processor_is_told_of_on_the_line),
        TEST(a_processor_that_drops_ends_the_line),
        TEST(K17_a_failing_renderer_gives_json_that_tells_of_it),
        TEST(a_renderer_of_the_users_own_writes_the_line),
        TEST(a_renderer_may_change_its_event),
        TEST(K17_the_configuration_changes_while_four_threads_log),
        TEST(a_level_set_while_a_handler_is_added_is_not_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
