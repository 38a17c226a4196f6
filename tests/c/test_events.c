/* test_events.c - the event as processors see it, keys and their order on the line (K1, K2, K3), and the levels. */
#include "lines.h"

#include <unistd.h>

#define MAKE(function) cleat_make_processor(#function, function, NULL, NULL)

/* What a processor found wrong: cmocka's asserts must not jump out of a line. */
static const char *wrong;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            wrong = #condition;                                                                                        \
    } while (0)

static void run_in_chain(cleat_processor_fn step, const char *expected)
{
    wrong = NULL;
    USE_CHAIN(cleat_make_processor("step", step, NULL, NULL));
    cleat_logger *log = cleat_bind(NULL, "bound", 1, "both", 2);
    cleat_info(log, "hi", "call", 3, "both", 4, "text", "x");
    cleat_unref(log);
    if (wrong != NULL)
        fail_msg("%s", wrong);
    assert_line(expected);
}

/* -- reading and changing -- */

static int read_fields(cleat_event *event, void *arg)
{
    (void)arg;
    CHECK(cleat_event_count(event) == 5);
    CHECK(cleat_event_get(event, "bound")->as.integer == 1);
    CHECK(cleat_event_get(event, "both")->as.integer == 4);
    CHECK(cleat_event_get(event, "text")->kind == CLEAT_STRING);
    CHECK(cleat_event_get(event, "absent") == NULL);
    static const char *const order[] = {"bound", "both", "call", "text", "event"};
    for (size_t i = 0; i < 5; i++)
        CHECK(strcmp(cleat_event_at(event, i).key, order[i]) == 0);
    CHECK(cleat_event_at(event, 3).value.with.length == 1);
    CHECK(cleat_event_at(event, 5).key == NULL);
    CHECK(cleat_event_at(event, 500).key == NULL);
    return CLEAT_KEEP;
}

static void K2_an_event_has_the_bound_fields_then_the_calls_then_the_event(void **state)
{
    (void)state;
    run_in_chain(read_fields, "bound=1 both=4 call=3 text='x' event='hi'");
}

static int set_fields(cleat_event *event, void *arg)
{
    (void)arg;
    char key[] = "new", text[] = "value", inner[] = "inner";
    cleat_field fields[] = {{inner, cleat_string(text)}};
    CHECK(cleat_event_set(event, key, cleat_string(text)) == 0);
    CHECK(cleat_event_set(event, "object", cleat_object_n(fields, 1)) == 0);
    memset(key, 'x', 3);
    memset(text, 'x', 5);
    memset(inner, 'x', 5);
    fields[0] = (cleat_field){NULL, cleat_null()};
    CHECK(cleat_event_set(event, "bound", cleat_int(10)) == 0);
    CHECK(cleat_event_set(event, "event", cleat_string("changed")) == 0);
    CHECK(cleat_event_set_default(event, "call", cleat_int(-1)) == 0);
    CHECK(cleat_event_set_default(event, "default", cleat_int(5)) == 0);
    CHECK(cleat_event_count(event) == 8);
    return CLEAT_KEEP;
}

static void K2_a_key_that_is_set_keeps_its_place_and_a_new_one_goes_to_the_end(void **state)
{
    (void)state;
    run_in_chain(set_fields, "bound=10 both=4 call=3 text='x' event='changed' new='value' object={'inner': 'value'} "
                             "default=5");
}

static int delete_fields(cleat_event *event, void *arg)
{
    (void)arg;
    CHECK(cleat_event_delete(event, "both"));
    CHECK(!cleat_event_delete(event, "both"));
    CHECK(cleat_event_delete(event, "bound"));
    CHECK(cleat_event_delete(event, "text"));
    CHECK(!cleat_event_delete(event, "absent"));
    CHECK(cleat_event_get(event, "both") == NULL);
    CHECK(cleat_event_count(event) == 2);
    cleat_event_set(event, "both", cleat_int(9));
    return CLEAT_KEEP;
}

static void a_deleted_key_is_gone_and_comes_back_at_the_end(void **state)
{
    (void)state;
    run_in_chain(delete_fields, "call=3 event='hi' both=9");
}

static int delete_all_fields(cleat_event *event, void *arg)
{
    (void)arg;
    while (cleat_event_count(event) > 0)
        CHECK(cleat_event_delete(event, cleat_event_at(event, cleat_event_count(event) / 2).key));
    CHECK(cleat_event_at(event, 0).key == NULL);
    CHECK(cleat_event_snapshot(event) == NULL);
    return CLEAT_KEEP;
}

static void an_event_may_lose_all_its_fields(void **state)
{
    (void)state;
    run_in_chain(delete_all_fields, "");
}

static int rename_fields(cleat_event *event, void *arg)
{
    (void)arg;
    char key[] = "message";
    CHECK(cleat_event_rename(event, "event", key) == 0);
    memset(key, 'x', 7);
    CHECK(cleat_event_rename(event, "bound", "call") == 0);
    CHECK(cleat_event_rename(event, "absent", "x") == -ENOENT);
    CHECK(cleat_event_rename(event, "both", "both") == 0);
    return CLEAT_KEEP;
}

static void a_renamed_field_goes_to_the_end_or_overrides_in_place(void **state)
{
    (void)state;
    run_in_chain(rename_fields, "call=1 text='x' message='hi' both=4");
}

static int set_many_fields(cleat_event *event, void *arg)
{
    (void)arg;
    char key[16];
    for (int i = 0; i < 500; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        CHECK(cleat_event_set(event, key, cleat_int(i)) == 0);
    }
    for (int i = 0; i < 500; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        if (i % 100 != 7)
            CHECK(cleat_event_delete(event, key));
    }
    CHECK(cleat_event_count(event) == 10);
    return CLEAT_KEEP;
}

static void an_event_may_grow_and_shrink(void **state)
{
    (void)state;
    run_in_chain(set_many_fields, "bound=1 both=4 call=3 text='x' event='hi' k7=7 k107=107 k207=207 k307=307 k407=407");
}

static cleat_fields *kept;

static int keep_snapshot(cleat_event *event, void *arg)
{
    (void)arg;
    kept = cleat_event_snapshot(event);
    cleat_event_set(event, "later", cleat_int(1));
    return CLEAT_KEEP;
}

static void a_snapshot_outlives_its_event(void **state)
{
    (void)state;
    run_in_chain(keep_snapshot, "bound=1 both=4 call=3 text='x' event='hi' later=1");
    assert_string_equal(text_of(kept), "bound=1 both=4 call=3 text='x' event='hi'");
}

static int read_facts(cleat_event *event, void *arg)
{
    (void)arg;
    const cleat_site *site = cleat_event_site(event);
    int64_t now = cleat_event_time(event);
    struct timespec pause = {0, 2000000};
    nanosleep(&pause, NULL);
    CHECK(cleat_event_time(event) == now);
    CHECK(now > INT64_C(1700000000) * 1000000000);
    if (cleat_event_level(event) == CLEAT_WARNING) {
        CHECK(strcmp(cleat_event_logger_name(event), "db") == 0);
        CHECK(site != NULL && strcmp(site->function, "the_facts_of_an_event") == 0 && site->line > 0);
        CHECK(site != NULL && strstr(site->file, "test_events.c") != NULL);
    } else {
        CHECK(cleat_event_level(event) == 33);
        CHECK(cleat_event_logger_name(event) == NULL);
        CHECK(site == NULL);
    }
    char *memory = cleat_scratch_alloc(cleat_event_scratch(event), 100000);
    CHECK(memory != NULL && (uintptr_t)memory % _Alignof(max_align_t) == 0);
    CHECK((uintptr_t)cleat_scratch_alloc(cleat_event_scratch(event), 1) % _Alignof(max_align_t) == 0);
    CHECK((uintptr_t)cleat_scratch_alloc(cleat_event_scratch(event), 1) % _Alignof(max_align_t) == 0);
    memset(memory, 'x', 100000);
    cleat_event_set(event, "step", cleat_scratch_printf(cleat_event_scratch(event), "%d/%s", 1, "2"));
    return CLEAT_KEEP;
}

static void the_facts_of_an_event(void **state)
{
    (void)state;
    wrong = NULL;
    USE_CHAIN(MAKE(read_facts));
    cleat_warning(cleat_get_named_logger("db"), "hi");
    assert_line("event='hi' step='1/2'");
    cleat_log_fields(NULL, 33, NULL, cleat_string("hi"), NULL, 0);
    assert_line("event='hi' step='1/2'");
    if (wrong != NULL)
        fail_msg("%s", wrong);
}

static int set_without_memory(cleat_event *event, void *arg)
{
    (void)arg;
    static char large[200000];
    memset(large, 'x', sizeof(large));
    fail_allocations_after(0);
    CHECK(cleat_event_set(event, "large", cleat_string_n(large, sizeof(large))) == -ENOMEM);
    CHECK(cleat_event_set_default(event, "large", cleat_string_n(large, sizeof(large))) == -ENOMEM);
    CHECK(cleat_scratch_alloc(cleat_event_scratch(event), sizeof(large)) == NULL);
    allow_allocations();
    CHECK(cleat_event_get(event, "large") == NULL);
    return CLEAT_KEEP;
}

static void a_field_without_memory_is_left_off_and_counted(void **state)
{
    (void)state;
    cleat_stats before, after;
    cleat_get_stats(&before);
    run_in_chain(set_without_memory, "bound=1 both=4 call=3 text='x' event='hi'");
    cleat_get_stats(&after);
    assert_int_equal(after.lost_fields - before.lost_fields, 2);
}

/* -- K1, K2: whatever sets a key, it is on the line once, in every renderer -- */

static int override_some(cleat_event *event, void *arg)
{
    (void)arg;
    cleat_event_set(event, "a", cleat_string("processor"));
    cleat_event_set(event, "level", cleat_string("processor"));
    return CLEAT_KEEP;
}

static int patch_some(cleat_event *event, void *arg)
{
    (void)arg;
    cleat_event_set(event, "context", cleat_string("patcher"));
    cleat_event_set(event, "a", cleat_string("patcher"));
    return CLEAT_KEEP;
}

static void K1_each_key_is_on_the_line_once_in_every_renderer(void **state)
{
    (void)state;
    enum {
        RENDERERS = 7
    };
    cleat_sink *sinks[RENDERERS];
    cleat_renderer *renderers[RENDERERS] = {
        cleat_json_renderer(NULL),
        cleat_json_renderer(&(cleat_json_options){.sort_keys = true}),
        cleat_logfmt_renderer(NULL),
        cleat_logfmt_renderer(
            &(cleat_text_options){.key_order = (const char *const[]){"a", "event", "a"}, .n_key_order = 3}),
        cleat_keyvalue_renderer(NULL),
        cleat_keyvalue_renderer(&(cleat_text_options){.sort_keys = true}),
        cleat_console_renderer(&(cleat_console_options){.colours = CLEAT_COLOURS_NEVER, .event_width = -1}),
    };
    static const char *const expected[RENDERERS] = {
        "{\"thread\":1,\"a\":\"processor\",\"context\":\"patcher\",\"call\":2,\"event\":\"hi\",\"level\":\"info\"}",
        "{\"a\":\"processor\",\"call\":2,\"context\":\"patcher\",\"event\":\"hi\",\"level\":\"info\",\"thread\":1}",
        "thread=1 a=processor context=patcher call=2 event=hi level=info",
        "a=processor event=hi thread=1 context=patcher call=2 level=info",
        "thread=1 a='processor' context='patcher' call=2 event='hi' level='info'",
        "a='processor' call=2 context='patcher' event='hi' level='info' thread=1",
        NULL,
    };
    cleat_handler handlers[RENDERERS] = {{0}};
    for (int i = 0; i < RENDERERS; i++) {
        sinks[i] = cleat_memory_sink(0);
        handlers[i].renderer = renderers[i];
        handlers[i].sink = cleat_sink_ref(sinks[i]);
    }
    cleat_config config = {
        CLEAT_PROCESSORS(cleat_merge_contextvars(), cleat_merge_threadlocal(), MAKE(override_some),
                         cleat_add_log_level()),
        .handlers = handlers,
        .n_handlers = RENDERERS,
    };
    assert_int_equal(cleat_configure(&config), 0);
    cleat_bind_contextvars("a", "context", "context", "context", "event", "context");
    cleat_bind_threadlocal("thread", 1, "a", "thread", "context", "thread");
    cleat_logger *log = cleat_bind(NULL, "a", "logger");
    cleat_logger *patched = cleat_patch(log, patch_some, NULL);
    for (int round = 0; round < 3; round++) {
        cleat_info(patched, "hi", "a", "call", "call", 1, "call", 2);
        for (int i = 0; i < RENDERERS; i++)
            if (expected[i] != NULL)
                assert_line_of(sinks[i], expected[i]);
        char *line = cleat_memory_line(sinks[RENDERERS - 1], 0);
        assert_non_null(strstr(line, "a=processor"));
        static const char *const once[] = {"processor", "patcher", "info", "hi", "call="};
        for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
            assert_null(strstr(strstr(line, once[i]) + 1, once[i]));
        free(line);
        cleat_memory_clear(sinks[RENDERERS - 1]);
    }
    cleat_unref(log);
    cleat_unref(patched);
    for (int i = 0; i < RENDERERS; i++)
        cleat_sink_unref(sinks[i]);
}

static void K1_a_repeated_key_of_a_call_has_its_first_place_and_last_value(void **state)
{
    (void)state;
    use_chain(NULL, 0);
    cleat_info(NULL, "hi", "a", 1, "b", 2, "a", 3);
    assert_line("a=3 b=2 event='hi'");
    char key[] = "a";
    cleat_info(NULL, "hi", key, 1, "b", 2, "a", 3, key, 4);
    assert_line("a=4 b=2 event='hi'");
    cleat_info(NULL, "hi", "event", 1, "b", 2);
    assert_line("event='hi' b=2");
}

/* -- K3: lazy values -- */

static int made;

static cleat_value make_counted(void *arg, cleat_scratch *scratch)
{
    made++;
    return arg != NULL ? cleat_string(arg) : cleat_scratch_printf(scratch, "made %d", made);
}

static bool take_none(const cleat_event *event, void *arg)
{
    (void)event;
    (void)arg;
    return false;
}

static int drop_event(cleat_event *event, void *arg)
{
    (void)event;
    (void)arg;
    return CLEAT_DROP;
}

static void K3_a_lazy_value_is_made_once_whatever_the_handlers(void **state)
{
    (void)state;
    cleat_sink *sinks[2] = {cleat_memory_sink(0), cleat_memory_sink(0)};
    cleat_config config = {
        CLEAT_PROCESSORS(cleat_add_log_level()),
        CLEAT_HANDLERS({.renderer = cleat_keyvalue_renderer(NULL), .sink = cleat_sink_ref(sinks[0])},
                       {.renderer = cleat_logfmt_renderer(NULL), .sink = cleat_sink_ref(sinks[1])},
                       {.filter = take_none, .sink = cleat_null_sink()}),
    };
    assert_int_equal(cleat_configure(&config), 0);
    made = 0;
    cleat_info(NULL, "hi", "lazy", cleat_lazy(make_counted, NULL));
    assert_line_of(sinks[0], "lazy='made 1' event='hi' level='info'");
    assert_line_of(sinks[1], "lazy=\"made 1\" event=hi level=info");
    cleat_logger *log = cleat_bind(NULL, "list", cleat_list(1, cleat_object("x", cleat_lazy(make_counted, NULL))));
    for (int i = 2; i < 5; i++) { /* bound: once for each line */
        char expected[80];
        snprintf(expected, sizeof(expected), "list=[1, {'x': 'made %d'}] event='hi' level='info'", i);
        cleat_info(log, "hi");
        assert_line_of(sinks[0], expected);
        cleat_memory_clear(sinks[1]);
    }
    cleat_unref(log);
    cleat_sink_unref(sinks[0]);
    cleat_sink_unref(sinks[1]);
}

static void K3_a_lazy_value_is_not_made_for_a_line_that_is_not_emitted(void **state)
{
    (void)state;
    made = 0;
    cleat_config config = {CLEAT_PROCESSORS(cleat_add_log_level()),
                           CLEAT_HANDLERS({.filter = take_none, .sink = cleat_null_sink()},
                                          {.level = CLEAT_ERROR, .sink = cleat_null_sink()})};
    assert_int_equal(cleat_configure(&config), 0);
    cleat_info(NULL, "hi", "lazy", cleat_lazy(make_counted, NULL)); /* no handler takes it */
    USE_CHAIN(MAKE(drop_event));
    cleat_info(NULL, "hi", "lazy", cleat_lazy(make_counted, NULL)); /* dropped */
    use_chain(NULL, 0);
    cleat_set_level(NULL, CLEAT_WARNING);
    cleat_info(NULL, "hi", "lazy", cleat_lazy(make_counted, NULL)); /* below the level */
    cleat_log_fields(NULL, CLEAT_INFO, NULL, cleat_lazy(make_counted, NULL), NULL, 0);
    assert_int_equal(made, 0);
    char text[] = "from its argument";
    cleat_log_fields(NULL, CLEAT_ERROR, NULL, cleat_lazy(make_counted, text), NULL, 0);
    assert_int_equal(made, 1);
    assert_line("event='from its argument'");
}

static int delete_lazy(cleat_event *event, void *arg)
{
    (void)arg;
    cleat_event_delete(event, "lazy");
    return CLEAT_KEEP;
}

static void K3_a_lazy_value_that_is_deleted_is_not_made(void **state)
{
    (void)state;
    made = 0;
    USE_CHAIN(MAKE(delete_lazy));
    cleat_info(NULL, "hi", "lazy", cleat_lazy(make_counted, NULL));
    assert_line("event='hi'");
    assert_int_equal(made, 0);
}

static void K3_a_snapshot_makes_lazy_values_for_the_line_too(void **state)
{
    (void)state;
    made = 0;
    USE_CHAIN(MAKE(keep_snapshot));
    cleat_info(NULL, "hi", "lazy", cleat_lazy(make_counted, NULL));
    assert_line("lazy='made 1' event='hi' later=1");
    assert_string_equal(text_of(kept), "lazy='made 1' event='hi'");
    assert_int_equal(made, 1);
}

static cleat_value make_itself(void *arg, cleat_scratch *scratch)
{
    (void)scratch;
    ++*(int *)arg;
    return cleat_lazy(make_itself, arg);
}

static cleat_value make_with_a_line(void *arg, cleat_scratch *scratch)
{
    (void)arg;
    (void)scratch;
    cleat_info(NULL, "inside");
    return cleat_int(1);
}

static void K3_a_lazy_value_may_make_lazy_values_but_not_for_ever(void **state)
{
    (void)state;
    int calls = 0;
    use_chain(NULL, 0);
    cleat_info(NULL, "hi", "lazy", cleat_lazy(make_itself, &calls));
    assert_int_equal(cleat_memory_count(lines), 1);
    assert_in_range(calls, 2, 1000);
    cleat_memory_clear(lines);
    cleat_info(NULL, "outside", "lazy", cleat_lazy(make_with_a_line, NULL));
    assert_int_equal(cleat_memory_count(lines), 2);
}

/* -- levels -- */

static void levels_have_names_and_numbers(void **state)
{
    (void)state;
    static const struct {
        int number;
        const char *name;
    } levels[] = {{0, "notset"},    {4, "notset"},     {5, "trace"},       {9, "trace"},    {10, "debug"},
                  {20, "info"},     {24, "info"},      {25, "success"},    {30, "warning"}, {40, "error"},
                  {50, "critical"}, {999, "critical"}, {5000, "critical"}, {-1, "notset"}};
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        assert_string_equal(cleat_level_name(levels[i].number), levels[i].name);
    assert_int_equal(cleat_level_number("info"), CLEAT_INFO);
    assert_int_equal(cleat_level_number("INFO"), CLEAT_INFO);
    assert_int_equal(cleat_level_number("Warn"), CLEAT_WARNING);
    assert_int_equal(cleat_level_number("fatal"), CLEAT_CRITICAL);
    assert_int_equal(cleat_level_number("exception"), CLEAT_ERROR);
    assert_int_equal(cleat_level_number("notset"), CLEAT_NOTSET);
    assert_int_equal(cleat_level_number("loud"), -EINVAL);
    assert_int_equal(cleat_level_number(""), -EINVAL);
    assert_int_equal(cleat_level_number(NULL), -EINVAL);
}

static void a_level_of_the_users_own_has_its_name_on_lines(void **state)
{
    (void)state;
    char name[] = "audit";
    assert_int_equal(cleat_add_level(&(cleat_level){name, 35, "A", "bold magenta"}), 0);
    memset(name, 'x', 5);
    assert_string_equal(cleat_level_name(35), "audit");
    assert_string_equal(cleat_level_name(39), "audit");
    assert_string_equal(cleat_level_name(40), "error");
    assert_string_equal(cleat_level_name(34), "warning");
    assert_int_equal(cleat_level_number("AUDIT"), 35);
    USE_CHAIN(cleat_add_log_level());
    cleat_log(NULL, 35, "key rotated");
    assert_line("event='key rotated' level='audit'");
    const char *before = cleat_level_name(35);
    assert_int_equal(cleat_add_level(&(cleat_level){"review", 35, NULL, NULL}), 0);
    assert_string_equal(cleat_level_name(37), "review");
    assert_string_equal(before, "audit"); /* what was got stays readable */
    assert_int_equal(cleat_level_number("audit"), -EINVAL);
}

static void a_wrong_level_is_refused_with_a_sentence(void **state)
{
    (void)state;
    const cleat_level wrong_levels[] = {
        {"x", 0, NULL, NULL},        {"x", -5, NULL, NULL},
        {"x", 1000, NULL, NULL},     {NULL, 35, NULL, NULL},
        {"", 35, NULL, NULL},        {"a b", 35, NULL, NULL},
        {"a\n", 35, NULL, NULL},     {"a\"", 35, NULL, NULL},
        {"\xff", 35, NULL, NULL},    {"x", 35, NULL, "no colour"},
        {"x", 35, NULL, "bold,red"}, {"a_name_of_more_than_32_characters", 35, NULL, NULL},
    };
    const char *before = cleat_level_name(35);
    for (size_t i = 0; i < sizeof(wrong_levels) / sizeof(wrong_levels[0]); i++) {
        assert_int_equal(cleat_add_level(&wrong_levels[i]), -EINVAL);
        assert_true(strlen(cleat_error_message()) > 0);
    }
    assert_int_equal(cleat_add_level(NULL), -EINVAL);
    for (int i = 0; i < 4; i++) {
        fail_allocations_after(i);
        assert_int_equal(cleat_add_level(&(cleat_level){"x", 35, "X", "red"}), -ENOMEM);
        allow_allocations();
    }
    assert_ptr_equal(cleat_level_name(35), before);
}

/* Levels stay for the life of the process, so this is one of its own. */
static void levels_beyond_the_64th_are_refused(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        int result = 0, added = 0;
        while (result == 0 && added < 100)
            result = cleat_add_level(&(cleat_level){"many", 100 + added++, NULL, NULL});
        _exit(result == -ENOSPC && added <= 65 ? 0 : 1);
    }
    wait_for_child(child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(K2_an_event_has_the_bound_fields_then_the_calls_then_the_event),
        TEST(K2_a_key_that_is_set_keeps_its_place_and_a_new_one_goes_to_the_end),
        TEST(a_deleted_key_is_gone_and_comes_back_at_the_end),
        TEST(an_event_may_lose_all_its_fields),
        TEST(a_renamed_field_goes_to_the_end_or_overrides_in_place),
        TEST(an_event_may_grow_and_shrink),
        TEST(a_snapshot_outlives_its_event),
        TEST(the_facts_of_an_event),
        TEST(a_field_without_memory_is_left_off_and_counted),
        TEST(K1_each_key_is_on_the_line_once_in_every_renderer),
        TEST(K1_a_repeated_key_of_a_call_has_its_first_place_and_last_value),
        TEST(K3_a_lazy_value_is_made_once_whatever_the_handlers),
        TEST(K3_a_lazy_value_is_not_made_for_a_line_that_is_not_emitted),
        TEST(K3_a_lazy_value_that_is_deleted_is_not_made),
        TEST(K3_a_snapshot_makes_lazy_values_for_the_line_too),
        TEST(K3_a_lazy_value_may_make_lazy_values_but_not_for_ever),
        TEST(levels_have_names_and_numbers),
        TEST(a_level_of_the_users_own_has_its_name_on_lines),
        TEST(a_wrong_level_is_refused_with_a_sentence),
        TEST(levels_beyond_the_64th_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
