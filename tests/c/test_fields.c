/* test_fields.c - values and immutable lists of fields (K1, K2, K3), and how loggers and contexts make them. */
#include "lines.h"

#include <float.h>
#include <limits.h>
#include <pthread.h>

#define LIST(...) cleat_fields_new(CLEAT__FIELDS(__VA_ARGS__))

/* -- values -- */

static void K3_expressions_become_values_by_their_type(void **state)
{
    (void)state;
    char text[] = "text";
    const struct {
        cleat_value value;
        cleat_kind kind;
    } cases[] = {
        {CLEAT_VALUE(true), CLEAT_BOOL},
        {CLEAT_VALUE((signed char)-1), CLEAT_INT},
        {CLEAT_VALUE((short)-1), CLEAT_INT},
        {CLEAT_VALUE(-1), CLEAT_INT},
        {CLEAT_VALUE(-1L), CLEAT_INT},
        {CLEAT_VALUE(-1LL), CLEAT_INT},
        {CLEAT_VALUE((unsigned char)1), CLEAT_UINT},
        {CLEAT_VALUE((unsigned short)1), CLEAT_UINT},
        {CLEAT_VALUE(1U), CLEAT_UINT},
        {CLEAT_VALUE(1UL), CLEAT_UINT},
        {CLEAT_VALUE(1ULL), CLEAT_UINT},
        {CLEAT_VALUE(1.5F), CLEAT_DOUBLE},
        {CLEAT_VALUE(1.5), CLEAT_DOUBLE},
        {CLEAT_VALUE(1.5L), CLEAT_DOUBLE},
        {CLEAT_VALUE(text), CLEAT_STRING},
        {CLEAT_VALUE("literal"), CLEAT_STRING},
        {CLEAT_VALUE(((struct timespec){1, 2})), CLEAT_TIME},
        {CLEAT_VALUE(cleat_errno(ENOENT)), CLEAT_ERRNO},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(cases[i].value.kind, cases[i].kind);
    assert_true(CLEAT_VALUE(LLONG_MIN).as.integer == INT64_MIN);
    assert_true(CLEAT_VALUE(ULLONG_MAX).as.natural == UINT64_MAX);
    assert_true(CLEAT_VALUE(((struct timespec){1, 2})).as.integer == 1000000002);
}

static void K3_an_expression_is_evaluated_once(void **state)
{
    (void)state;
    int n = 0;
    cleat_value value = CLEAT_VALUE(++n);
    assert_int_equal(n, 1);
    assert_int_equal(value.as.integer, 1);
}

static cleat_value make_nothing(void *arg, cleat_scratch *scratch)
{
    (void)arg;
    (void)scratch;
    return cleat_null();
}

static const cleat_foreign_class other_class = {"other", NULL, NULL, NULL};

static void K3_values_are_equal_to_themselves_and_to_no_other(void **state)
{
    (void)state;
    int one, two;
    cleat_value values[] = {
        cleat_null(),
        cleat_bool(true),
        cleat_bool(false),
        cleat_int(-1),
        cleat_int(0),
        cleat_uint(UINT64_MAX),
        cleat_double(0.5),
        cleat_string_n("a", 1),
        cleat_string_n("b", 1),
        cleat_string_n("a\0b", 3),
        cleat_string_n("", 0),
        cleat_string_n(NULL, 0),
        cleat_bytes("a", 1),
        cleat_time(1),
        cleat_duration(1),
        cleat_errno(1),
        cleat_list(1, 2),
        cleat_list(2, 1),
        cleat_list_n(NULL, 0),
        cleat_object("a", 1),
        cleat_object("a", 2),
        cleat_object("b", 1),
        cleat_object_n(NULL, 0),
        cleat_lazy(make_nothing, &one),
        cleat_lazy(make_nothing, &two),
        cleat_foreign(&counted_class, &one),
        cleat_foreign(&counted_class, &two),
        cleat_foreign(&other_class, &one),
    };
    size_t count = sizeof(values) / sizeof(values[0]);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            if (cleat_value_equal(values[i], values[j]) != (i == j))
                fail_msg("values %zu and %zu", i, j);
}

static void K3_equality_looks_at_numbers_and_parts(void **state)
{
    (void)state;
    assert_true(cleat_value_equal(cleat_int(1), cleat_uint(1)));
    assert_false(cleat_value_equal(cleat_int(-1), cleat_uint(UINT64_MAX)));
    assert_true(cleat_value_equal(cleat_list(1, "a"), cleat_list(1U, "a")));
    assert_true(cleat_value_equal(cleat_string("abc"), cleat_string_n("abcd", 3)));
    assert_true(cleat_value_equal(cleat_object("a", 1, "b", 2), cleat_object("b", 2, "a", 1)));
    assert_true(cleat_value_equal(cleat_object("a", 0, "b", 2, "a", 1), cleat_object("b", 2, "a", 1)));
    assert_false(cleat_value_equal(cleat_object("a", 1, "b", 2), cleat_object("a", 1)));
    assert_false(cleat_value_equal(cleat_object("a", 1), cleat_object("a", 1, "b", 2)));
}

/* -- what reaches the line -- */

static void use_json(cleat_sink **sink)
{
    *sink = cleat_memory_sink(0);
    cleat_processor *const none[] = {NULL};
    cleat_config config = {.processors = none,
                           CLEAT_HANDLERS({.renderer = cleat_json_renderer(NULL), .sink = cleat_sink_ref(*sink)})};
    assert_int_equal(cleat_configure(&config), 0);
}

#define ALL_KINDS                                                                                                      \
    "null", cleat_null(), "bool", true, "int", INT64_MIN, "uint", UINT64_MAX, "double", 0.25, "string", "x\n",         \
        "counted", cleat_string_n("a\0b", 3), "none", cleat_string(NULL), "bytes", cleat_bytes("\0\xff", 2), "time",   \
        cleat_time(1500000000123456789), "duration", cleat_duration(1500000000), "errno", cleat_errno(ENOENT), "list", \
        cleat_list(1, "two", cleat_list(3.5)), "object", cleat_object("x", 1, "y", cleat_object("z", false)),          \
        "no_items", cleat_list_n(NULL, 0), "no_fields", cleat_object_n(NULL, 0)

#define ALL_KINDS_AS_JSON                                                                                              \
    "\"null\":null,\"bool\":true,\"int\":-9223372036854775808,\"uint\":18446744073709551615,\"double\":0.25,"          \
    "\"string\":\"x\\n\",\"counted\":\"a\\u0000b\",\"none\":null,\"bytes\":\"AP8=\","                                  \
    "\"time\":\"2017-07-14T02:40:00.123456789Z\",\"duration\":1.5,"                                                    \
    "\"errno\":{\"errno\":2,\"name\":\"ENOENT\",\"message\":\"No such file or directory\"},"                           \
    "\"list\":[1,\"two\",[3.5]],\"object\":{\"x\":1,\"y\":{\"z\":false}},\"no_items\":[],\"no_fields\":{}"

static void K3_every_kind_reaches_the_line_from_a_call(void **state)
{
    (void)state;
    cleat_sink *sink;
    use_json(&sink);
    cleat_info(NULL, "e", ALL_KINDS);
    assert_line_of(sink, "{" ALL_KINDS_AS_JSON ",\"event\":\"e\"}");
    cleat_log_fields(NULL, CLEAT_INFO, NULL, cleat_int(7), CLEAT__FIELDS(ALL_KINDS));
    assert_line_of(sink, "{" ALL_KINDS_AS_JSON ",\"event\":7}");
    cleat_sink_unref(sink);
}

static void K3_every_kind_reaches_the_line_from_a_bind(void **state)
{
    (void)state;
    cleat_sink *sink;
    use_json(&sink);
    cleat_logger *log = cleat_bind(NULL, ALL_KINDS);
    for (int i = 0; i < 3; i++) { /* the first line may keep bytes, which those that follow then copy */
        cleat_info(log, "e");
        assert_line_of(sink, "{" ALL_KINDS_AS_JSON ",\"event\":\"e\"}");
    }
    cleat_unref(log);
    cleat_sink_unref(sink);
}

static void K3_what_a_bind_was_given_may_change_afterwards(void **state)
{
    (void)state;
    char key[] = "key", text[] = "text", inner_key[] = "inner", data[] = "data";
    cleat_value items[] = {cleat_string(text), cleat_int(1)};
    cleat_field inner[] = {{inner_key, cleat_list_n(items, 2)}};
    cleat_field fields[] = {
        {key, cleat_string(text)}, {"object", cleat_object_n(inner, 1)}, {"bytes", cleat_bytes(data, 4)}};
    cleat_fields *list = cleat_fields_new(fields, 3);
    memset(key, 'x', 3);
    memset(text, 'x', 4);
    memset(inner_key, 'x', 5);
    memset(data, 'x', 4);
    items[0] = items[1] = cleat_null();
    inner[0].key = NULL;
    fields[0].key = NULL;
    cleat_fields *expected =
        LIST("key", "text", "object", cleat_object("inner", cleat_list("text", 1)), "bytes", cleat_bytes("data", 4));
    assert_true(cleat_fields_equal(list, expected));
    cleat_fields_unref(list);
    cleat_fields_unref(expected);
}

static void K3_a_value_that_contains_itself_is_cut(void **state)
{
    (void)state;
    cleat_value items[2] = {cleat_int(1), cleat_int(2)};
    items[1] = cleat_list_n(items, 2);
    cleat_fields *list = LIST("loop", items[1]);
    assert_int_equal(cleat_fields_count(list), 1);
    cleat_fields_unref(list);
    cleat_value wide[10];
    for (int i = 0; i < 10; i++)
        wide[i] = cleat_list_n(wide, 10); /* without a limit, 10 to the power of the depth */
    list = LIST("wide", wide[0]);
    assert_int_equal(cleat_fields_count(list), 1);
    cleat_fields_unref(list);
}

/* Where a value is cut is found out twice: when it is measured, and when it is copied. */
static void K3_a_value_of_too_many_parts_is_cut_in_one_place(void **state)
{
    (void)state;
    enum {
        BEFORE = 10,
        NUMBERS = 99985,
        LISTS = 10
    };
    static cleat_value items[NUMBERS + LISTS];
    static char text[201];
    cleat_value seven = cleat_int(7);
    cleat_field fields[BEFORE + 2];
    memset(text, 'x', sizeof(text) - 1);
    for (size_t i = 0; i < NUMBERS + LISTS; i++)
        items[i] = i < NUMBERS ? seven : cleat_list_n(&seven, 1);
    for (size_t i = 0; i < BEFORE; i++)
        fields[i] = (cleat_field){(const char *[]){"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}[i], seven};
    fields[BEFORE] = (cleat_field){"list", cleat_list_n(items, NUMBERS + LISTS)};
    fields[BEFORE + 1] = (cleat_field){"text", cleat_string(text)};
    cleat_fields *list = cleat_fields_new(fields, BEFORE + 2);
    const cleat_value *copy = cleat_fields_get(list, "list");
    for (size_t i = NUMBERS; i < NUMBERS + LISTS; i++) {
        const cleat_value *item = &copy->as.items[i];
        assert_true(item->kind == CLEAT_STRING || cleat_value_equal(item->as.items[0], seven));
    }
    assert_string_equal(cleat_fields_get(list, "text")->as.text, text);
    cleat_fields_unref(list);
}

/* -- foreign values -- */

static void K3_a_foreign_object_is_dropped_as_often_as_it_is_held(void **state)
{
    (void)state;
    struct counted object = {0, 7};
    cleat_value foreign = cleat_foreign(&counted_class, &object);
    cleat_fields *list = LIST("a", foreign, "b", cleat_list(1, foreign), "c", cleat_object("d", foreign), "a", foreign);
    assert_int_equal(object.owners, 4);
    cleat_fields *more = cleat_fields_ref(list);
    cleat_fields_unref(list);
    assert_int_equal(object.owners, 4);
    cleat_fields_unref(more);
    assert_int_equal(object.owners, 0);
}

static void K3_a_foreign_object_is_held_while_a_logger_or_context_has_it(void **state)
{
    (void)state;
    struct counted object = {0, 7};
    cleat_value foreign = cleat_foreign(&counted_class, &object);
    cleat_logger *log = cleat_bind(NULL, "object", foreign);
    cleat_logger *longer = cleat_bind(log, "more", 1);
    cleat_unref(log);
    assert_true(object.owners > 0);
    use_chain(NULL, 0);
    cleat_info(longer, "e", "call", foreign);
    assert_line("object=7 more=1 call=7 event='e'");
    cleat_logger *without = cleat_unbind(longer, "object");
    cleat_unref(longer);
    cleat_unref(without);
    assert_int_equal(object.owners, 0);

    cleat_tokens tokens;
    cleat_bind_contextvars(&tokens, "object", foreign);
    cleat_reset_contextvars(&tokens);
    assert_int_equal(object.owners, 0);
    for (int i = 0; i < 1000; i++)
        cleat_bind_contextvars("object", foreign, "n", i);
    assert_in_range(object.owners, 1, 200); /* rebinding does not pile them up */
    cleat_clear_contextvars();
    assert_int_equal(object.owners, 0);
}

static int write_twice(const void *object, cleat_writer *writer)
{
    int *second = (int *)(uintptr_t)object;
    cleat_write_value(writer, cleat_list(1, 2));
    *second = cleat_write_value(writer, cleat_int(3));
    return 0;
}

static int write_nothing(const void *object, cleat_writer *writer)
{
    (void)object;
    (void)writer;
    return 0;
}

static int fail_to_write(const void *object, cleat_writer *writer)
{
    (void)object;
    (void)writer;
    return -EIO;
}

static void K3_a_foreign_object_shows_itself_as_one_value(void **state)
{
    (void)state;
    static const cleat_foreign_class twice = {"twice", NULL, NULL, write_twice};
    static const cleat_foreign_class nothing = {"nothing", NULL, NULL, write_nothing};
    static const cleat_foreign_class failing = {"failing", NULL, NULL, fail_to_write};
    int second = 0;
    cleat_sink *sink;
    use_json(&sink);
    cleat_info(NULL, "e", "x", cleat_foreign(&twice, &second));
    assert_line_of(sink, "{\"x\":[1,2],\"event\":\"e\"}");
    assert_int_equal(second, -EINVAL);
    cleat_info(NULL, "e", "x", cleat_foreign(&nothing, NULL));
    cleat_info(NULL, "e", "x", cleat_foreign(&failing, NULL));
    char *line = cleat_memory_line(sink, 0);
    assert_non_null(strstr(line, "nothing"));
    free(line);
    line = cleat_memory_line(sink, 1);
    assert_non_null(strstr(line, "failing"));
    free(line);
    cleat_sink_unref(sink);
}

/* -- lists -- */

static void K1_a_repeated_key_keeps_its_place_and_takes_the_last_value(void **state)
{
    (void)state;
    assert_string_equal(text_of(LIST("a", 1, "b", 2, "a", 3, "c", 4, "b", 5)), "a=3 b=5 c=4");
}

static void K2_a_list_is_in_the_order_of_its_fields(void **state)
{
    (void)state;
    assert_string_equal(text_of(LIST("z", 1, "y", 2, "a", 3, "", 4, "b", 5)), "z=1 y=2 a=3 =4 b=5");
}

static void fields_are_found_by_place_and_by_key(void **state)
{
    (void)state;
    cleat_fields *list = LIST("a", 1, "b", 2);
    assert_int_equal(cleat_fields_count(list), 2);
    assert_string_equal(cleat_fields_at(list, 1).key, "b");
    assert_null(cleat_fields_at(list, 2).key);
    assert_int_equal(cleat_fields_get(list, "a")->as.integer, 1);
    assert_null(cleat_fields_get(list, "c"));
    assert_null(cleat_fields_get(list, ""));
    cleat_fields_unref(list);
}

static void the_empty_list_is_null(void **state)
{
    (void)state;
    assert_null(cleat_fields_new(NULL, 0));
    assert_null(cleat_fields_ref(NULL));
    cleat_fields_unref(NULL);
    assert_int_equal(cleat_fields_count(NULL), 0);
    assert_null(cleat_fields_at(NULL, 0).key);
    assert_null(cleat_fields_get(NULL, "a"));
    assert_true(cleat_fields_equal(NULL, NULL));
}

static void lists_are_equal_whatever_their_order(void **state)
{
    (void)state;
    cleat_fields *one = LIST("a", 1, "b", "x"), *same = LIST("b", "x", "a", 1U), *other = LIST("a", 1, "b", "y"),
                 *longer = LIST("a", 1, "b", "x", "c", 1), *renamed = LIST("a", 1, "c", "x");
    assert_true(cleat_fields_equal(one, one));
    assert_true(cleat_fields_equal(one, same));
    assert_false(cleat_fields_equal(one, other));
    assert_false(cleat_fields_equal(one, longer));
    assert_false(cleat_fields_equal(longer, one));
    assert_false(cleat_fields_equal(one, renamed));
    assert_false(cleat_fields_equal(one, NULL));
    assert_false(cleat_fields_equal(NULL, one));
    cleat_fields *lists[] = {one, same, other, longer, renamed};
    for (int i = 0; i < 5; i++)
        cleat_fields_unref(lists[i]);
}

static void K1_lists_of_any_length_have_each_key_once(void **state)
{
    (void)state;
    enum {
        MOST = 20000
    }; /* beyond what has a table of its keys */
    static cleat_field fields[MOST];
    static char keys[MOST][8];
    static const size_t sizes[] = {8, 9, 10, 31, 32, 33, 63, 64, 65, 200, 4095, 4096, 16383, 16384, MOST};
    for (size_t i = 0; i < MOST; i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%zu", i / 2);
        fields[i] = (cleat_field){keys[i], cleat_int((int64_t)i)};
    }
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        if (sizes[s] > 5000 && sizes[s] != 16384 && scale(0, 1) == 0)
            continue;
        cleat_fields *list = cleat_fields_new(fields, sizes[s]);
        assert_int_equal(cleat_fields_count(list), (sizes[s] + 1) / 2);
        for (size_t i = 0; i < sizes[s]; i += 2) {
            size_t last = i + 1 < sizes[s] ? i + 1 : i;
            assert_string_equal(cleat_fields_at(list, i / 2).key, keys[i]);
            assert_int_equal(cleat_fields_at(list, i / 2).value.as.integer, last);
        }
        cleat_fields_unref(list);
    }
}

/* Fewer fields than have a table of their keys, after more operations than do. */
static void K1_a_long_list_may_be_bound_over_and_over(void **state)
{
    (void)state;
    enum {
        MANY = 6000
    };
    static cleat_field fields[MANY];
    static char keys[MANY][24];
    for (size_t i = 0; i < MANY; i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
        fields[i] = (cleat_field){keys[i], cleat_int(0)};
    }
    cleat_bind_contextvars_fields(NULL, fields, MANY);
    for (int round = 1; round < 4; round++) {
        for (size_t i = 0; i < MANY; i++)
            fields[i].value = cleat_int(round);
        cleat_bind_contextvars_fields(NULL, fields, MANY - 100);
        cleat_fields *now = cleat_get_contextvars();
        assert_int_equal(cleat_fields_count(now), MANY);
        assert_int_equal(cleat_fields_at(now, 0).value.as.integer, round);
        assert_int_equal(cleat_fields_at(now, MANY - 1).value.as.integer, 0);
        cleat_fields_unref(now);
    }
}

static void a_list_that_has_no_memory_is_null_and_holds_nothing(void **state)
{
    (void)state;
    struct counted object = {0, 1};
    fail_allocations_after(0);
    cleat_fields *list = LIST("a", cleat_foreign(&counted_class, &object));
    allow_allocations();
    assert_null(list);
    assert_int_equal(object.owners, 0);
}

/* -- sharing -- */

static cleat_logger *shared;
static cleat_fields *shared_list;

static void *read_shared(void *arg)
{
    long *wrong = arg;
    for (int i = 0; i < 200; i++) {
        cleat_logger *mine = cleat_bind(shared, "mine", i);
        cleat_fields *context = cleat_get_context(mine);
        *wrong += cleat_fields_count(context) != 4 || cleat_fields_get(context, "mine")->as.integer != i;
        *wrong += cleat_fields_count(shared_list) != 3 || cleat_fields_at(shared_list, 0).value.as.integer != 9;
        cleat_info(mine, "e");
        cleat_fields_unref(cleat_fields_ref(shared_list));
        cleat_fields_unref(context);
        cleat_unref(mine);
    }
    return NULL;
}

static void K4_lists_and_loggers_are_shared_by_threads(void **state)
{
    (void)state;
    use_chain(NULL, 0);
    for (int round = 0; round < 10; round++) { /* each has lists that nobody has looked into yet */
        cleat_logger *first = cleat_bind(NULL, "a", 1, "b", 2);
        shared = cleat_bind(first, "c", 3, "a", 9);
        shared_list = cleat_get_context(shared);
        cleat_unref(first);
        pthread_t threads[4];
        long wrong[4] = {0};
        for (int i = 0; i < 4; i++)
            pthread_create(&threads[i], NULL, read_shared, &wrong[i]);
        for (int i = 0; i < 4; i++) {
            pthread_join(threads[i], NULL);
            assert_int_equal(wrong[i], 0);
        }
        cleat_fields_unref(shared_list);
        cleat_unref(shared);
    }
    assert_int_equal(cleat_memory_count(lines), 10 * 4 * 200);
    char *line = cleat_memory_line(lines, 0);
    assert_non_null(strstr(line, "a=9 b=2 c=3 mine="));
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(K3_expressions_become_values_by_their_type),
        TEST(K3_an_expression_is_evaluated_once),
        TEST(K3_values_are_equal_to_themselves_and_to_no_other),
        TEST(K3_equality_looks_at_numbers_and_parts),
        TEST(K3_every_kind_reaches_the_line_from_a_call),
        TEST(K3_every_kind_reaches_the_line_from_a_bind),
        TEST(K3_what_a_bind_was_given_may_change_afterwards),
        TEST(K3_a_value_that_contains_itself_is_cut),
        TEST(K3_a_value_of_too_many_parts_is_cut_in_one_place),
        TEST(K3_a_foreign_object_is_dropped_as_often_as_it_is_held),
        TEST(K3_a_foreign_object_is_held_while_a_logger_or_context_has_it),
        TEST(K3_a_foreign_object_shows_itself_as_one_value),
        TEST(K1_a_repeated_key_keeps_its_place_and_takes_the_last_value),
        TEST(K2_a_list_is_in_the_order_of_its_fields),
        TEST(fields_are_found_by_place_and_by_key),
        TEST(the_empty_list_is_null),
        TEST(lists_are_equal_whatever_their_order),
        TEST(K1_lists_of_any_length_have_each_key_once),
        TEST(K1_a_long_list_may_be_bound_over_and_over),
        TEST(a_list_that_has_no_memory_is_null_and_holds_nothing),
        TEST(K4_lists_and_loggers_are_shared_by_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
