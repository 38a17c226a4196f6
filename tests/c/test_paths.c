/*
 * test_paths.c - K1 to K15 hold on every way that a line can take: random lines are the same on all of them, byte for
 * byte. fuzz/fuzz_paths.c looks for such lines as are not.
 *
 * The run is the same each time. CLEAT_SEED=<number> begins with another line; CLEAT_HEAVY=1 makes 20,000 of them.
 */
#include "paths.h"
#include "support.h"

enum {
    MOST_BYTES = 600
};

/* Small numbers more often: the known keys, short texts. */
static uint8_t random_byte(void)
{
    uint64_t number = random_number();
    return (uint8_t)(number >> 16) >> (number % 2 == 0 ? 3 : 0);
}

static bool is_line_same_on_all_ways(uint64_t seed)
{
    static struct random_line line;
    uint8_t bytes[MOST_BYTES];
    random_state = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = random_byte();
    take_line(&line, bytes, random_number() % sizeof(bytes));
    return all_ways_are_same(&line);
}

static void every_way_leads_to_the_same_line(void **state)
{
    (void)state;
    const char *wanted = getenv("CLEAT_SEED");
    uint64_t first = wanted != NULL ? strtoull(wanted, NULL, 10) : 1;
    uint64_t count = is_heavy() ? 20000 : 2000;
    for (uint64_t seed = first; seed < first + count; seed++)
        if (!is_line_same_on_all_ways(seed))
            fail_msg("CLEAT_SEED=%llu", (unsigned long long)seed);
}

/* The bytes of such a list are more than a line takes, but those of its first fields are not. */
static void many_fields_on_a_short_line_are_the_same(void **state)
{
    (void)state;
    static struct random_line line;
    static cleat_value items[60];
    take_line(&line, (const uint8_t *)"", 0);
    line.max_line_bytes = 1024;
    line.bound.count = MOST_FIELDS;
    for (unsigned i = 0; i < MOST_FIELDS; i++)
        line.bound.fields[i] = (cleat_field){numbered_key(i), cleat_null()};
    for (unsigned i = 0; i < 60; i++)
        items[i] = cleat_uint(i);
    line.bound.fields[75].value = cleat_list_n(items, 60);
    line.n_call = 1;
    line.literal[1] = true;
    line.call[1] = (cleat_field){numbered_key(76), cleat_string("another value")};
    assert_true(all_ways_are_same(&line));
}

/* Wherever the memory of a line or of kept bytes ends: a sanitizer sees a byte written behind it. */
static void null_strings_have_room_at_each_place(void **state)
{
    (void)state;
    static struct random_line line;
    static char text[800];
    static cleat_value nulls[40];
    memset(text, 'x', sizeof(text));
    for (unsigned i = 0; i < 40; i++)
        nulls[i] = cleat_string(NULL);
    take_line(&line, (const uint8_t *)"", 0);
    line.bound.count = 2;
    line.bound.fields[1] = (cleat_field){"list", cleat_list_n(nulls, 40)};
    for (size_t length = 700; length < 800; length++) {
        line.bound.fields[0] = (cleat_field){"text", cleat_string_n(text, length)};
        assert_true(all_ways_are_same(&line));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_fields_on_a_short_line_are_the_same),
        cmocka_unit_test(null_strings_have_room_at_each_place),
        cmocka_unit_test(every_way_leads_to_the_same_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
