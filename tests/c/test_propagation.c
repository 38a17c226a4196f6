/*
 * test_propagation.c - the context in and out of the process (K10): traceparent, baggage, environment.
 * The examples are those of the W3C Trace Context and W3C Baggage recommendations where they have any.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <cleat.h>

#include "support.h"

#define TRACE_ID "0af7651916cd43dd8448eb211c80319c"
#define SPAN_ID "b7ad6b7169203331"
#define EXAMPLE "00-" TRACE_ID "-" SPAN_ID "-01"

/*
 * Helpers.
 */

/* The text of a string field of the context, or NULL. It lies in a buffer that the next call overwrites. */
static const char *bound_text(const char *key)
{
    static char text[10000];
    const char *found = NULL;
    cleat_fields *context = cleat_get_contextvars();
    const cleat_value *value = cleat_fields_get(context, key);
    if (value != NULL && value->kind == CLEAT_STRING && value->with.length < sizeof(text)) {
        memcpy(text, value->as.text, value->with.length);
        text[value->with.length] = '\0';
        found = text;
    }
    cleat_fields_unref(context);
    return found;
}

static int64_t bound_integer(const char *key)
{
    cleat_fields *context = cleat_get_contextvars();
    const cleat_value *value = cleat_fields_get(context, key);
    int64_t integer = value != NULL && value->kind == CLEAT_INT ? value->as.integer : -1;
    cleat_fields_unref(context);
    return integer;
}

static size_t count_bound(void)
{
    cleat_fields *context = cleat_get_contextvars();
    size_t count = cleat_fields_count(context);
    cleat_fields_unref(context);
    return count;
}

#define assert_bound(key, expected)                                                                                    \
    do {                                                                                                               \
        const char *assert_text = bound_text(key);                                                                     \
        assert_non_null(assert_text);                                                                                  \
        assert_string_equal(assert_text, expected);                                                                    \
    } while (0)

static void assert_injected(const char *expected)
{
    char header[CLEAT_TRACEPARENT_SIZE];
    assert_int_equal(cleat_inject_traceparent(header), 0);
    assert_string_equal(header, expected);
}

static void assert_baggage(int members, const char *expected)
{
    char header[CLEAT_BAGGAGE_SIZE];
    assert_int_equal(cleat_inject_baggage(header, sizeof(header), NULL, 0), members);
    assert_string_equal(header, expected);
}

static int start_empty(void **state)
{
    (void)state;
    cleat_clear_contextvars();
    return 0;
}

static int leave_empty(void **state)
{
    (void)state;
    allow_allocations();
    cleat_clear_contextvars();
    unsetenv("TRACEPARENT");
    unsetenv("BAGGAGE");
    return 0;
}

/*
 * traceparent.
 */

static void a_traceparent_is_bound_and_sent_on(void **state)
{
    (void)state;
    assert_int_equal(cleat_extract_traceparent(NULL, EXAMPLE), 0);
    assert_bound("trace_id", TRACE_ID);
    assert_bound("span_id", SPAN_ID);
    assert_int_equal(bound_integer("trace_flags"), 1);
    assert_int_equal(count_bound(), 3);
    assert_injected(EXAMPLE);
}

static void a_traceparent_that_is_not_sampled_stays_so(void **state)
{
    (void)state;
    assert_int_equal(cleat_extract_traceparent(NULL, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"), 0);
    assert_int_equal(bound_integer("trace_flags"), 0);
    assert_injected("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
}

static void spaces_around_a_traceparent_do_not_matter(void **state)
{
    (void)state;
    assert_int_equal(cleat_extract_traceparent(NULL, " \t " EXAMPLE "\t  "), 0);
    assert_injected(EXAMPLE);
}

static void an_invalid_traceparent_binds_nothing(void **state)
{
    (void)state;
    static const char *const invalid[] = {
        "",
        "   ",
        "00",
        EXAMPLE "0",
        EXAMPLE "-",
        EXAMPLE "-what-the-future-will-be-like",
        EXAMPLE " x",
        EXAMPLE "\n",
        "\n" EXAMPLE,
        "00-" TRACE_ID "-" SPAN_ID "-0",
        "00-" TRACE_ID "-" SPAN_ID "-",
        "00-" TRACE_ID "-" SPAN_ID,
        "ff-" TRACE_ID "-" SPAN_ID "-01",
        "ff-" TRACE_ID "-" SPAN_ID "-01-x",
        "FF-" TRACE_ID "-" SPAN_ID "-01",
        "0-" TRACE_ID "-" SPAN_ID "-001",
        "0g-" TRACE_ID "-" SPAN_ID "-01",
        "0A-" TRACE_ID "-" SPAN_ID "-01",
        "00-0AF7651916CD43DD8448EB211C80319C-" SPAN_ID "-01",
        "00-" TRACE_ID "-B7AD6B7169203331-01",
        "00-" TRACE_ID "-" SPAN_ID "-0A",
        "00-" TRACE_ID "-" SPAN_ID "-0x",
        "00-" TRACE_ID "-" SPAN_ID "- 1",
        "00-00000000000000000000000000000000-" SPAN_ID "-01",
        "00-" TRACE_ID "-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319g-" SPAN_ID "-01",
        "00-" TRACE_ID "-b7ad6b716920333.-01",
        "00_" TRACE_ID "-" SPAN_ID "-01",
        "00-" TRACE_ID "_" SPAN_ID "-01",
        "00-" TRACE_ID "-" SPAN_ID "_01",
        "00-" TRACE_ID "--" SPAN_ID "-1",
        "cc-" TRACE_ID "-" SPAN_ID "-01.what-the-future-will-not-be-like",
        "cc-" TRACE_ID "-" SPAN_ID "-012",
        "cc-" TRACE_ID "-" SPAN_ID "-0",
    };
    cleat_bind_contextvars("other", 1);
    for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
        cleat_tokens tokens;
        if (cleat_extract_traceparent(&tokens, invalid[i]) != -EINVAL)
            fail_msg("accepted: \"%s\"", invalid[i]);
        assert_true(strstr(cleat_error_message(), "traceparent") != NULL);
        assert_int_equal(count_bound(), 1);
        assert_int_equal(cleat_reset_contextvars(&tokens), 0);
    }
    assert_int_equal(cleat_extract_traceparent(NULL, NULL), -EINVAL);
}

static void versions_to_come_are_read_as_far_as_they_are_known(void **state)
{
    (void)state;
    static const char *const future[] = {
        "01-" TRACE_ID "-" SPAN_ID "-01",
        "cc-" TRACE_ID "-" SPAN_ID "-01-what-the-future-will-be-like",
        "fe-" TRACE_ID "-" SPAN_ID "-01-",
        "01-" TRACE_ID "-" SPAN_ID "-ff",
    };
    for (size_t i = 0; i < sizeof(future) / sizeof(future[0]); i++) {
        cleat_clear_contextvars();
        assert_int_equal(cleat_extract_traceparent(NULL, future[i]), 0);
        assert_int_equal(bound_integer("trace_flags"), 1);
        assert_injected(EXAMPLE);
    }
}

static void flags_without_a_meaning_are_not_sent_on(void **state)
{
    (void)state;
    assert_int_equal(cleat_extract_traceparent(NULL, "00-" TRACE_ID "-" SPAN_ID "-fe"), 0);
    assert_int_equal(bound_integer("trace_flags"), 2);
    assert_injected("00-" TRACE_ID "-" SPAN_ID "-02"); /* level 2 of the recommendation: a random trace id */
    cleat_bind_contextvars("trace_flags", 0xF5);
    assert_injected(EXAMPLE);
}

static void tokens_give_back_the_trace_before(void **state)
{
    (void)state;
    assert_int_equal(cleat_extract_traceparent(NULL, EXAMPLE), 0);
    cleat_tokens tokens;
    assert_int_equal(cleat_extract_traceparent(&tokens, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"), 0);
    assert_bound("span_id", "00f067aa0ba902b7");
    assert_int_equal(cleat_reset_contextvars(&tokens), 0);
    assert_injected(EXAMPLE);
}

static void assert_not_injected(int error)
{
    char header[CLEAT_TRACEPARENT_SIZE] = "untouched";
    assert_int_equal(cleat_inject_traceparent(header), -error);
    assert_string_equal(header, "");
    assert_true(strlen(cleat_error_message()) > 0);
}

static void a_trace_that_is_not_whole_is_not_sent(void **state)
{
    (void)state;
    assert_not_injected(ENOENT);
    cleat_bind_contextvars("span_id", SPAN_ID, "trace_flags", 1);
    assert_not_injected(ENOENT);

    const cleat_value bad_ids[] = {cleat_string("short"),
                                   cleat_string("0AF7651916CD43DD8448EB211C80319C"),
                                   cleat_string("00000000000000000000000000000000"),
                                   cleat_int(7),
                                   cleat_null(),
                                   cleat_string(NULL),
                                   cleat_bytes(TRACE_ID, 32),
                                   cleat_string(TRACE_ID "0")};
    for (size_t i = 0; i < sizeof(bad_ids) / sizeof(bad_ids[0]); i++) {
        cleat_bind_contextvars("trace_id", bad_ids[i]);
        assert_not_injected(EINVAL);
    }
    cleat_bind_contextvars("trace_id", TRACE_ID);
    assert_injected(EXAMPLE);

    const cleat_value bad_flags[] = {cleat_string("01"), cleat_int(256), cleat_int(-1), cleat_double(1),
                                     cleat_bool(true)};
    for (size_t i = 0; i < sizeof(bad_flags) / sizeof(bad_flags[0]); i++) {
        cleat_bind_contextvars("trace_flags", bad_flags[i]);
        assert_not_injected(EINVAL);
    }
    cleat_bind_contextvars("trace_flags", 1u, "span_id", "b7ad6b716920333");
    assert_not_injected(EINVAL);
    cleat_unbind_contextvars("span_id");
    assert_not_injected(EINVAL);
}

/*
 * Spans.
 */

static void a_first_span_begins_a_trace(void **state)
{
    (void)state;
    char first[CLEAT_TRACEPARENT_SIZE];
    char second[CLEAT_TRACEPARENT_SIZE];
    cleat_tokens tokens;
    assert_int_equal(cleat_begin_span(&tokens), 0);
    assert_int_equal(count_bound(), 3);
    assert_int_equal(bound_integer("trace_flags"), 1);
    assert_int_equal(cleat_inject_traceparent(first), 0);
    assert_int_equal(cleat_reset_contextvars(&tokens), 0);
    assert_int_equal(count_bound(), 0);

    assert_int_equal(cleat_begin_span(NULL), 0);
    assert_int_equal(cleat_inject_traceparent(second), 0);
    assert_string_not_equal(first, second);
    cleat_clear_contextvars();
    assert_int_equal(cleat_extract_traceparent(NULL, first), 0);
    assert_injected(first);
}

static void a_span_within_a_trace_knows_its_parent(void **state)
{
    (void)state;
    assert_int_equal(cleat_extract_traceparent(NULL, "00-" TRACE_ID "-" SPAN_ID "-00"), 0);
    cleat_tokens outer;
    assert_int_equal(cleat_begin_span(&outer), 0);
    assert_bound("trace_id", TRACE_ID);
    assert_bound("parent_span_id", SPAN_ID);
    assert_int_equal(bound_integer("trace_flags"), 0);
    char outer_span[17];
    snprintf(outer_span, sizeof(outer_span), "%s", bound_text("span_id"));
    assert_string_not_equal(outer_span, SPAN_ID);

    cleat_tokens inner;
    assert_int_equal(cleat_begin_span(&inner), 0);
    assert_bound("parent_span_id", outer_span);
    assert_int_equal(cleat_reset_contextvars(&inner), 0);
    assert_bound("span_id", outer_span);
    assert_int_equal(cleat_reset_contextvars(&outer), 0);
    assert_injected("00-" TRACE_ID "-" SPAN_ID "-00");
    assert_null(bound_text("parent_span_id"));
}

static void a_span_makes_a_broken_trace_whole(void **state)
{
    (void)state;
    char header[CLEAT_TRACEPARENT_SIZE];
    cleat_bind_contextvars("trace_id", "not an id", "span_id", 5);
    assert_int_equal(cleat_begin_span(NULL), 0);
    assert_int_equal(cleat_inject_traceparent(header), 0);
    assert_null(bound_text("parent_span_id"));

    cleat_clear_contextvars();
    cleat_bind_contextvars("trace_id", TRACE_ID);
    assert_int_equal(cleat_begin_span(NULL), 0);
    assert_bound("trace_id", TRACE_ID);
    assert_int_equal(cleat_inject_traceparent(header), 0);
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(left, right);
}

static void span_ids_are_random(void **state)
{
    (void)state;
    enum {
        SPANS = 5000
    };
    static char ids[SPANS][17];
    unsigned seen[16] = {0};
    for (int i = 0; i < SPANS; i++) {
        assert_int_equal(cleat_begin_span(NULL), 0);
        snprintf(ids[i], sizeof(ids[i]), "%s", bound_text("span_id"));
        for (int j = 0; j < 16; j++)
            seen[ids[i][j] <= '9' ? ids[i][j] - '0' : ids[i][j] - 'a' + 10]++;
    }
    for (int i = 0; i < 16; i++)
        assert_in_range(seen[i], SPANS * 9 / 10, SPANS * 11 / 10);
    qsort(ids, SPANS, sizeof(ids[0]), compare_texts);
    for (int i = 1; i < SPANS; i++)
        assert_string_not_equal(ids[i - 1], ids[i]);
}

/*
 * Baggage: reading.
 */

static void baggage_members_become_fields(void **state)
{
    (void)state;
    assert_int_equal(cleat_extract_baggage(NULL,
                                           "key1=value1;property1;property2, key2 = value2, "
                                           "key3=value3; propertyKey=propertyValue",
                                           NULL, 0),
                     0);
    assert_int_equal(count_bound(), 3);
    assert_bound("key1", "value1");
    assert_bound("key2", "value2");
    assert_bound("key3", "value3");
}

static void the_recommendations_examples_are_read(void **state)
{
    (void)state;
    assert_int_equal(cleat_extract_baggage(NULL, "userId=alice,serverNode=DF%2028,isProduction=false", NULL, 0), 0);
    assert_bound("userId", "alice");
    assert_bound("serverNode", "DF 28");
    assert_bound("isProduction", "false");

    cleat_clear_contextvars();
    assert_int_equal(cleat_extract_baggage(NULL, "userId=Am%C3%A9lie,serverNode=DF%2028,isProduction=false", NULL, 0),
                     0);
    assert_bound("userId", "Am\xC3\xA9lie");
    assert_baggage(3, "userId=Am%C3%A9lie,serverNode=DF%2028,isProduction=false");

    cleat_clear_contextvars();
    assert_int_equal(cleat_extract_baggage(NULL, "SomeKey\t \t = \t SomeValue \t ; \t SomeProp=1\t,a=b=c=", NULL, 0),
                     0);
    assert_bound("SomeKey", "SomeValue");
    assert_bound("a", "b=c=");

    cleat_clear_contextvars();
    assert_int_equal(
        cleat_extract_baggage(NULL, "SomeKey=%09%20%22%27%3B%3D%61%73%64%66%21%40%23%24%25%5E%26%2A", NULL, 0), 0);
    assert_bound("SomeKey", "\t \"';=asdf!@#$%^&*");
}

static void values_may_be_empty_and_hold_any_byte(void **state)
{
    (void)state;
    assert_int_equal(cleat_extract_baggage(NULL, "a=,b=x%00y,c=+", NULL, 0), 0);
    assert_bound("a", "");
    assert_bound("c", "+");
    cleat_fields *context = cleat_get_contextvars();
    const cleat_value *value = cleat_fields_get(context, "b");
    assert_int_equal(value->with.length, 3);
    assert_memory_equal(value->as.text, "x\0y", 3);
    cleat_fields_unref(context);
    assert_baggage(3, "a=,b=x%00y,c=%2B");
}

static void what_is_not_utf8_becomes_replacement_characters(void **state)
{
    (void)state;
    assert_int_equal(cleat_extract_baggage(NULL, "a=%FFx%C3,b=%ED%A0%80,c=%f0%9f%98%80,d=%C3z", NULL, 0), 0);
    assert_bound("a", "\xEF\xBF\xBDx\xEF\xBF\xBD");
    assert_bound("b", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_bound("c", "\xF0\x9F\x98\x80");
    assert_bound("d", "\xEF\xBF\xBDz");
}

static void of_a_member_that_comes_twice_the_last_counts(void **state)
{
    (void)state;
    assert_int_equal(cleat_extract_baggage(NULL, "a=1,b=2,a=3", NULL, 0), 0);
    assert_int_equal(count_bound(), 2);
    assert_bound("a", "3");
    assert_baggage(2, "a=3,b=2");
}

static void no_members_are_no_fields(void **state)
{
    (void)state;
    cleat_tokens tokens;
    assert_int_equal(cleat_extract_baggage(&tokens, "", NULL, 0), 0);
    assert_int_equal(cleat_reset_contextvars(&tokens), 0);
    assert_int_equal(cleat_extract_baggage(NULL, " \t", NULL, 0), 0);
    assert_int_equal(count_bound(), 0);
    assert_baggage(0, "");
}

static void invalid_baggage_binds_nothing(void **state)
{
    (void)state;
    static const char *const invalid[] = {
        "a",          "=b",        ",",          "a=1,",       ",a=1",         "a=1,,b=2",      "a=1;",
        "a=1;;b",     "a=1;=x",    "a b=1",      "a=b c",      "a=\"quoted\"", "a=back\\slash", "a=1\n",
        "a=1\r\nb=2", "a(=1",      "\xC3\xA9=1", "a=\xC3\xA9", "a=%",          "a=%4",          "a=%4g",
        "a=%g4",      "a=%%",      "a=1,b=%2",   "a=1;p=\"",   "a=\x7F",       "a=\x01",        "good=1,bad",
        "a:b=1",      "a=1;p=b c", "a=1 b=2",    "a/b=1",      "{a}=1",        "a@b=1",
    };
    cleat_bind_contextvars("other", 1);
    for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
        cleat_tokens tokens;
        if (cleat_extract_baggage(&tokens, invalid[i], NULL, 0) != -EINVAL)
            fail_msg("accepted: \"%s\"", invalid[i]);
        assert_true(strstr(cleat_error_message(), "baggage") != NULL);
        assert_int_equal(count_bound(), 1);
        assert_int_equal(cleat_reset_contextvars(&tokens), 0);
    }
    assert_int_equal(cleat_extract_baggage(NULL, NULL, NULL, 0), -EINVAL);
}

static void only_the_members_asked_for_are_taken(void **state)
{
    (void)state;
    const char *const keys[] = {"tenant", "region"};
    assert_int_equal(cleat_extract_baggage(NULL, "level=critical,tenant=acme,event=forged", keys, 2), 0);
    assert_int_equal(count_bound(), 1);
    assert_bound("tenant", "acme");
    cleat_tokens tokens;
    assert_int_equal(cleat_extract_baggage(&tokens, "level=critical,event=forged", keys, 2), 0);
    assert_int_equal(cleat_reset_contextvars(&tokens), 0);
    assert_int_equal(cleat_extract_baggage(NULL, "region=x", keys, 0), 0);
    assert_int_equal(count_bound(), 1);
    /* What is not wanted is to be valid all the same. */
    assert_int_equal(cleat_extract_baggage(NULL, "tenant=other,level=%", keys, 2), -EINVAL);
    assert_bound("tenant", "acme");
}

static void baggage_does_not_touch_the_trace(void **state)
{
    (void)state;
    const char *const keys[] = {"trace_id", "a"};
    cleat_extract_traceparent(NULL, EXAMPLE);
    assert_int_equal(cleat_extract_baggage(NULL, "trace_id=x,span_id=y,trace_flags=z,parent_span_id=p,a=1", NULL, 0),
                     0);
    assert_int_equal(cleat_extract_baggage(NULL, "trace_id=x", keys, 2), 0);
    assert_injected(EXAMPLE);
    assert_int_equal(count_bound(), 4);
    assert_baggage(1, "a=1");
    char header[100];
    assert_int_equal(cleat_inject_baggage(header, sizeof(header), keys, 2), 1);
    assert_string_equal(header, "a=1");
}

static void the_limits_of_baggage_are_64_members_and_8192_bytes(void **state)
{
    (void)state;
    char header[CLEAT_BAGGAGE_SIZE + 1];
    char *end = header;
    for (int i = 0; i < 64; i++)
        end += sprintf(end, "%sk%d=%d", i > 0 ? "," : "", i, i);
    assert_int_equal(cleat_extract_baggage(NULL, header, NULL, 0), 0);
    assert_int_equal(count_bound(), 64);
    assert_bound("k63", "63");
    strcpy(end, ",k64=64");
    assert_int_equal(cleat_extract_baggage(NULL, header, NULL, 0), -EINVAL);
    const char *const one = "k64";
    assert_int_equal(cleat_extract_baggage(NULL, header, &one, 1), -EINVAL);
    assert_null(bound_text("k64"));

    cleat_clear_contextvars();
    memset(header, 'x', sizeof(header));
    memcpy(header, "a=", 2);
    header[8192] = '\0';
    assert_int_equal(cleat_extract_baggage(NULL, header, NULL, 0), 0);
    assert_int_equal(strlen(bound_text("a")), 8190);
    assert_baggage(1, header);
    header[8192] = 'x';
    header[8193] = '\0';
    assert_int_equal(cleat_extract_baggage(NULL, header, NULL, 0), -EINVAL);
}

/*
 * Baggage: writing.
 */

static void plain_kinds_travel_and_others_stay(void **state)
{
    (void)state;
    cleat_value items[] = {cleat_int(1)};
    cleat_field fields[] = {{"x", cleat_int(1)}};
    cleat_bind_contextvars("string", "a b", "null", cleat_null(), "yes", cleat_bool(true), "no", cleat_bool(false),
                           "int", -5, "uint", UINT64_MAX, "double", 0.1, "large", 1e22, "time",
                           cleat_time(1500000000123456000), "none", (char *)NULL);
    cleat_bind_contextvars("list", cleat_list_n(items, 1), "object", cleat_object_n(fields, 1), "bytes",
                           cleat_bytes("x", 1), "error", cleat_errno(ENOENT), "duration", cleat_duration(1));
    cleat_bind_contextvars("not a token", 1, "", 2, "k\xC3\xA9y", 3, "a,b", 4, "!#$%&'*+-.^_`|~09azAZ", 5);
    assert_baggage(11, "string=a%20b,null=null,yes=true,no=false,int=-5,uint=18446744073709551615,double=0.1,"
                       "large=1e%2B22,time=2017-07-14T02:40:00.123456Z,none=null,!#$%&'*+-.^_`|~09azAZ=5");
}

static void every_string_comes_back_as_it_was(void **state)
{
    (void)state;
    char text[256];
    for (int i = 1; i < 128; i++)
        text[i - 1] = (char)i;
    strcpy(text + 127, "\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
    char header[CLEAT_BAGGAGE_SIZE];
    cleat_bind_contextvars("text", text, "bad", "\xFF\xC3");
    assert_int_equal(cleat_inject_baggage(header, sizeof(header), NULL, 0), 2);
    for (const char *at = header; *at != '\0'; at++)
        assert_in_range(*at, 0x21, 0x7E);
    cleat_clear_contextvars();
    assert_int_equal(cleat_extract_baggage(NULL, header, NULL, 0), 0);
    assert_bound("text", text);
    assert_bound("bad", "\xEF\xBF\xBD\xEF\xBF\xBD");
}

static void only_the_fields_asked_for_are_sent(void **state)
{
    (void)state;
    const char *const keys[] = {"tenant", "absent"};
    char header[CLEAT_BAGGAGE_SIZE];
    cleat_bind_contextvars("password", "secret", "tenant", "acme");
    assert_int_equal(cleat_inject_baggage(header, sizeof(header), keys, 2), 1);
    assert_string_equal(header, "tenant=acme");
    assert_int_equal(cleat_inject_baggage(header, sizeof(header), keys, 0), 0);
    assert_string_equal(header, "");
}

static void what_does_not_fit_is_left_out_whole(void **state)
{
    (void)state;
    cleat_bind_contextvars("a", "1", "long", "%%%%%%", "b", 2, "c", 3);
    const char *const expected[] = {"",    "",        "",        "a=1",     "a=1",     "a=1",
                                    "a=1", "a=1,b=2", "a=1,b=2", "a=1,b=2", "a=1,b=2", "a=1,b=2,c=3"};
    const char *const whole = "a=1,long=%25%25%25%25%25%25,b=2,c=3";
    for (size_t size = 1; size < 60; size++) {
        char header[64];
        memset(header, '#', sizeof(header));
        int members = cleat_inject_baggage(header, size, NULL, 0);
        assert_true(strlen(header) < size);
        assert_int_equal(header[size], '#');
        int commas = 0;
        for (const char *at = header; *at != '\0'; at++)
            commas += *at == ',';
        assert_int_equal(members, *header == '\0' ? 0 : commas + 1);
        if (size <= 12)
            assert_string_equal(header, expected[size - 1]);
        if (size > strlen(whole))
            assert_string_equal(header, whole);
    }
    char nothing = '#';
    assert_int_equal(cleat_inject_baggage(&nothing, 0, NULL, 0), -EINVAL);
    assert_int_equal(nothing, '#');
}

static void what_is_sent_is_never_more_than_what_is_read(void **state)
{
    (void)state;
    char key[16];
    char value[301];
    memset(value, ' ', 300);
    value[300] = '\0';
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        const cleat_field field = {key, i < 50 ? cleat_string(value) : cleat_int(i)};
        cleat_bind_contextvars_fields(NULL, &field, 1);
    }
    static char header[20000];
    int members = cleat_inject_baggage(header, sizeof(header), NULL, 0);
    assert_in_range(strlen(header), 7000, 8192);
    assert_int_equal(members, 9 + 8); /* as many values of 900 bytes as fit, then as many short ones */
    cleat_clear_contextvars();
    assert_int_equal(cleat_extract_baggage(NULL, header, NULL, 0), 0);
    assert_int_equal(count_bound(), members);

    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        const cleat_field field = {key, cleat_int(i)};
        cleat_bind_contextvars_fields(NULL, &field, 1);
    }
    assert_int_equal(cleat_inject_baggage(header, sizeof(header), NULL, 0), 64);
}

/*
 * The environment.
 */

static const char *find_variable(char *const *environment, const char *name)
{
    const char *found = NULL;
    for (; *environment != NULL; environment++) {
        size_t length = strlen(name);
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=') {
            assert_null(found); /* once only */
            found = *environment + length + 1;
        }
    }
    return found;
}

static void an_environment_carries_the_context(void **state)
{
    (void)state;
    char entries[][20] = {"PATH=/bin", "TRACEPARENT=old", "BAGGAGEX=kept", "BAGGAGE=old", "X", "TRACEPARENT=twice"};
    char *base[7] = {NULL};
    for (size_t i = 0; i < 6; i++)
        base[i] = entries[i];
    cleat_extract_traceparent(NULL, EXAMPLE);
    cleat_bind_contextvars("tenant", "acme", "secret", "s");
    const char *const keys[] = {"tenant"};
    char **environment = cleat_make_environment(base, keys, 1);
    assert_non_null(environment);
    assert_string_equal(find_variable(environment, "TRACEPARENT"), EXAMPLE);
    assert_string_equal(find_variable(environment, "BAGGAGE"), "tenant=acme");
    assert_ptr_equal(environment[0], base[0]);
    assert_ptr_equal(environment[1], base[2]);
    assert_ptr_equal(environment[2], base[4]);
    assert_null(environment[5]);
    cleat_free_environment(environment);

    cleat_clear_contextvars();
    environment = cleat_make_environment(base, NULL, 0);
    assert_null(find_variable(environment, "TRACEPARENT"));
    assert_null(find_variable(environment, "BAGGAGE"));
    assert_null(environment[3]);
    cleat_free_environment(environment);
    cleat_free_environment(NULL);
}

static void the_largest_baggage_fits_an_environment(void **state)
{
    (void)state;
    char value[8300];
    memset(value, 'x', sizeof(value));
    value[8190] = '\0';
    cleat_bind_contextvars("a", value);
    char **environment = cleat_make_environment(NULL, NULL, 0);
    assert_int_equal(strlen(find_variable(environment, "BAGGAGE")), 8192);
    cleat_free_environment(environment);
}

static void adopting_takes_each_that_is_valid(void **state)
{
    (void)state;
    assert_int_equal(cleat_adopt_environment(), 0);
    assert_int_equal(count_bound(), 0);

    setenv("TRACEPARENT", EXAMPLE, 1);
    setenv("BAGGAGE", "tenant=acme", 1);
    assert_int_equal(cleat_adopt_environment(), 0);
    assert_injected(EXAMPLE);
    assert_bound("tenant", "acme");

    cleat_clear_contextvars();
    setenv("TRACEPARENT", "nonsense", 1);
    assert_int_equal(cleat_adopt_environment(), -EINVAL);
    assert_true(strstr(cleat_error_message(), "traceparent") != NULL);
    assert_int_equal(count_bound(), 1);

    cleat_clear_contextvars();
    setenv("TRACEPARENT", EXAMPLE, 1);
    setenv("BAGGAGE", "nonsense", 1);
    assert_int_equal(cleat_adopt_environment(), -EINVAL);
    assert_int_equal(count_bound(), 3);

    cleat_clear_contextvars();
    setenv("TRACEPARENT", "", 1);
    setenv("BAGGAGE", "", 1);
    assert_int_equal(cleat_adopt_environment(), 0);
    assert_int_equal(count_bound(), 0);
}

#define CHILD_ARGUMENT "child-of-the-test"

/* In the child: its exit status says whether the context is that of its parent. */
static int check_what_was_adopted(void)
{
    char header[CLEAT_TRACEPARENT_SIZE];
    if (cleat_adopt_environment() != 0 || cleat_inject_traceparent(header) != 0 || strcmp(header, EXAMPLE) != 0)
        return 1;
    const char *tenant = bound_text("tenant");
    if (tenant == NULL || strcmp(tenant, "acm\xC3\xA9, \"quoted\"; =\n") != 0)
        return 2;
    return count_bound() == 4 ? 0 : 3;
}

static void K10_a_spawned_child_goes_on_with_the_context(void **state)
{
    (void)state;
    cleat_extract_traceparent(NULL, EXAMPLE);
    cleat_bind_contextvars("tenant", "acm\xC3\xA9, \"quoted\"; =\n");
    char **environment = cleat_make_environment(NULL, NULL, 0);
    assert_non_null(environment);
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    assert_in_range(length, 1, sizeof(self) - 1);
    self[length] = '\0';
    char argument[] = CHILD_ARGUMENT;
    char *arguments[] = {self, argument, NULL};
    pid_t child;
    assert_int_equal(posix_spawn(&child, self, NULL, NULL, arguments, environment), 0);
    cleat_free_environment(environment);
    wait_for_child(child);
}

/*
 * Without memory.
 */

static int extract_example(void)
{
    return cleat_extract_traceparent(NULL, EXAMPLE);
}

static int extract_members(void)
{
    return cleat_extract_baggage(NULL, "a=1,b=2", NULL, 0);
}

static int begin_span(void)
{
    return cleat_begin_span(NULL);
}

static int adopt(void)
{
    return cleat_adopt_environment();
}

/* Lets the first 0, 1, 2 ... allocations succeed, until that is enough. */
static void fails_without_harm(int (*function)(void), size_t binds)
{
    for (int permitted = 0; permitted < 50; permitted++) {
        cleat_clear_contextvars();
        cleat_bind_contextvars("before", 1);
        fail_allocations_after(permitted);
        int result = function();
        allow_allocations();
        size_t count = count_bound();
        if (result == 0) {
            assert_int_equal(count, 1 + binds);
            return;
        }
        assert_int_equal(result, -ENOMEM);
        assert_int_equal(bound_integer("before"), 1);
        if (function != adopt)
            assert_int_equal(count, 1);
    }
    fail_msg("never enough memory");
}

static void without_memory_nothing_is_bound(void **state)
{
    (void)state;
    setenv("TRACEPARENT", EXAMPLE, 1);
    setenv("BAGGAGE", "a=1,b=2", 1);
    fails_without_harm(extract_example, 3);
    fails_without_harm(extract_members, 2);
    fails_without_harm(begin_span, 3);
    fails_without_harm(adopt, 5);
}

static void without_memory_what_can_be_sent_is_sent(void **state)
{
    (void)state;
    cleat_extract_traceparent(NULL, EXAMPLE);
    cleat_bind_contextvars("a", 1);
    char **environment = NULL;
    for (int permitted = 0; permitted < 50 && environment == NULL; permitted++) {
        char header[CLEAT_TRACEPARENT_SIZE];
        char baggage[100];
        fail_allocations_after(permitted);
        assert_int_equal(cleat_inject_traceparent(header), 0);
        assert_in_range(cleat_inject_baggage(baggage, sizeof(baggage), NULL, 0), 0, 1);
        fail_allocations_after(permitted);
        environment = cleat_make_environment(NULL, NULL, 0);
        allow_allocations();
        if (environment == NULL)
            assert_true(strstr(cleat_error_message(), "memory") != NULL);
    }
    assert_non_null(environment);
    assert_string_equal(find_variable(environment, "TRACEPARENT"), EXAMPLE);
    cleat_free_environment(environment);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start_empty, leave_empty)

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], CHILD_ARGUMENT) == 0)
        return check_what_was_adopted();
    const struct CMUnitTest tests[] = {
        TEST(a_traceparent_is_bound_and_sent_on),
        TEST(a_traceparent_that_is_not_sampled_stays_so),
        TEST(spaces_around_a_traceparent_do_not_matter),
        TEST(an_invalid_traceparent_binds_nothing),
        TEST(versions_to_come_are_read_as_far_as_they_are_known),
        TEST(flags_without_a_meaning_are_not_sent_on),
        TEST(tokens_give_back_the_trace_before),
        TEST(a_trace_that_is_not_whole_is_not_sent),
        TEST(a_first_span_begins_a_trace),
        TEST(a_span_within_a_trace_knows_its_parent),
        TEST(a_span_makes_a_broken_trace_whole),
        TEST(span_ids_are_random),
        TEST(baggage_members_become_fields),
        TEST(the_recommendations_examples_are_read),
        TEST(values_may_be_empty_and_hold_any_byte),
        TEST(what_is_not_utf8_becomes_replacement_characters),
        TEST(of_a_member_that_comes_twice_the_last_counts),
        TEST(no_members_are_no_fields),
        TEST(invalid_baggage_binds_nothing),
        TEST(only_the_members_asked_for_are_taken),
        TEST(baggage_does_not_touch_the_trace),
        TEST(the_limits_of_baggage_are_64_members_and_8192_bytes),
        TEST(plain_kinds_travel_and_others_stay),
        TEST(every_string_comes_back_as_it_was),
        TEST(only_the_fields_asked_for_are_sent),
        TEST(what_does_not_fit_is_left_out_whole),
        TEST(what_is_sent_is_never_more_than_what_is_read),
        TEST(an_environment_carries_the_context),
        TEST(the_largest_baggage_fits_an_environment),
        TEST(adopting_takes_each_that_is_valid),
        TEST(K10_a_spawned_child_goes_on_with_the_context),
        TEST(without_memory_nothing_is_bound),
        TEST(without_memory_what_can_be_sent_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
