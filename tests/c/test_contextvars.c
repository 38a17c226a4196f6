/* test_contextvars.c - context variables: binding, tokens, scopes, and what they leave behind (K5, K7, K8, K9). */
#include "lines.h"

#include <pthread.h>
#include <unistd.h>

#define NOW text_of(cleat_get_contextvars())

/* -- K5: merging -- */

static void K5_context_variables_are_filled_in_behind_the_fields_of_the_call(void **state)
{
    (void)state;
    USE_CHAIN(cleat_merge_contextvars());
    cleat_bind_contextvars("b", 1);
    cleat_bind_contextvars("a", 2, "c", 3);
    cleat_info(NULL, "hi", "z", 0);
    assert_line("z=0 event='hi' b=1 a=2 c=3");
}

static void K5_a_key_of_the_call_or_of_the_logger_wins(void **state)
{
    (void)state;
    USE_CHAIN(cleat_merge_contextvars());
    cleat_bind_contextvars("call", "context", "logger", "context", "event", "context", "own", "context");
    cleat_logger *log = cleat_bind(NULL, "logger", "logger");
    cleat_info(log, "hi", "call", "call");
    assert_line("logger='logger' call='call' event='hi' own='context'");
    cleat_unref(log);
}

static void K5_context_variables_are_on_no_line_without_the_processor(void **state)
{
    (void)state;
    use_chain(NULL, 0);
    cleat_bind_contextvars("a", 1);
    cleat_info(NULL, "hi");
    assert_line("event='hi'");
}

static void K2_rebinding_keeps_the_place_and_unbinding_gives_it_up(void **state)
{
    (void)state;
    cleat_bind_contextvars("a", 1, "b", 2, "c", 3);
    cleat_bind_contextvars("a", 4);
    assert_string_equal(NOW, "a=4 b=2 c=3");
    cleat_unbind_contextvars("a");
    cleat_bind_contextvars("a", 5);
    assert_string_equal(NOW, "b=2 c=3 a=5");
}

static void merged_fields_are_the_context_with_the_logger_over_it(void **state)
{
    (void)state;
    assert_null(cleat_get_merged_contextvars(NULL));
    cleat_logger *log = cleat_bind(NULL, "b", "logger", "d", "logger");
    assert_string_equal(text_of(cleat_get_merged_contextvars(log)), "b='logger' d='logger'");
    cleat_bind_contextvars("a", "context", "b", "context", "c", "context");
    assert_string_equal(text_of(cleat_get_merged_contextvars(log)), "a='context' b='logger' c='context' d='logger'");
    assert_string_equal(text_of(cleat_get_merged_contextvars(NULL)), "a='context' b='context' c='context'");
    cleat_unref(log);
}

static void what_was_got_stays_as_it_was(void **state)
{
    (void)state;
    cleat_bind_contextvars("a", 1);
    cleat_fields *before = cleat_get_contextvars();
    cleat_bind_contextvars("a", 2, "b", 3);
    cleat_clear_contextvars();
    assert_string_equal(text_of(before), "a=1");
}

static void fields_and_keys_may_come_in_arrays(void **state)
{
    (void)state;
    cleat_field fields[] = {{"a", cleat_int(1)}, {"b", cleat_int(2)}, {"a", cleat_int(3)}};
    assert_int_equal(cleat_bind_contextvars_fields(NULL, fields, 3), 0);
    assert_string_equal(NOW, "a=3 b=2");
    cleat_tokens tokens;
    assert_int_equal(cleat_bind_contextvars_fields(&tokens, NULL, 0), 0);
    assert_int_equal(cleat_reset_contextvars(&tokens), 0);
    cleat_unbind_contextvars_keys(NULL, 0);
    cleat_unbind_contextvars_keys((const char *const[]){"b", "absent", "b"}, 3);
    assert_string_equal(NOW, "a=3");
}

/* -- K7: tokens -- */

static void K7_a_token_gives_back_what_was_there_absent_included(void **state)
{
    (void)state;
    cleat_tokens tokens;
    cleat_bind_contextvars("a", 1);
    cleat_bind_contextvars(&tokens, "a", 2, "b", 3);
    assert_string_equal(NOW, "a=2 b=3");
    assert_int_equal(cleat_reset_contextvars(&tokens), 0);
    assert_string_equal(NOW, "a=1");
}

static void K7_tokens_may_be_used_last_one_first(void **state)
{
    (void)state;
    cleat_tokens one, two, three;
    cleat_bind_contextvars(&one, "a", 1);
    cleat_bind_contextvars(&two, "a", 2);
    cleat_bind_contextvars(&three, "a", 3);
    cleat_reset_contextvars(&three);
    assert_string_equal(NOW, "a=2");
    cleat_reset_contextvars(&two);
    assert_string_equal(NOW, "a=1");
    cleat_reset_contextvars(&one);
    assert_null(cleat_get_contextvars());
}

static void K7_tokens_may_be_used_in_any_order(void **state)
{
    (void)state;
    cleat_tokens one, two;
    cleat_bind_contextvars("a", 0);
    cleat_bind_contextvars(&one, "a", 1);
    cleat_bind_contextvars(&two, "a", 2);
    cleat_reset_contextvars(&one);
    assert_string_equal(NOW, "a=0");
    cleat_reset_contextvars(&two);
    assert_string_equal(NOW, "a=1"); /* as it was before that bind */
}

static void K7_sibling_keys_keep_what_they_have_since_been_given(void **state)
{
    (void)state;
    cleat_tokens tokens;
    cleat_bind_contextvars("kept", 1, "gone", 1);
    cleat_bind_contextvars(&tokens, "attempt", 1);
    cleat_bind_contextvars("kept", 2, "fresh", 3);
    cleat_unbind_contextvars("gone");
    cleat_reset_contextvars(&tokens);
    assert_string_equal(NOW, "kept=2 fresh=3");
}

static void K7_a_key_unbound_since_comes_back(void **state)
{
    (void)state;
    cleat_tokens tokens;
    cleat_bind_contextvars("a", 1);
    cleat_bind_contextvars(&tokens, "a", 2);
    cleat_clear_contextvars();
    cleat_reset_contextvars(&tokens);
    assert_string_equal(NOW, "a=1");
}

static void K7_a_token_is_used_once(void **state)
{
    (void)state;
    cleat_tokens tokens;
    cleat_bind_contextvars(&tokens, "a", 1);
    assert_int_equal(cleat_reset_contextvars(&tokens), 0);
    cleat_bind_contextvars("a", 2);
    assert_int_equal(cleat_reset_contextvars(&tokens), -EALREADY);
    assert_non_null(strstr(cleat_error_message(), "used before"));
    assert_string_equal(NOW, "a=2");
}

static void K7_a_dropped_token_changes_nothing_and_is_used_up(void **state)
{
    (void)state;
    cleat_tokens tokens;
    cleat_bind_contextvars(&tokens, "a", 1);
    cleat_drop_tokens(&tokens);
    assert_string_equal(NOW, "a=1");
    assert_int_equal(cleat_reset_contextvars(&tokens), -EALREADY);
    assert_string_equal(NOW, "a=1");
}

static void K7_a_token_is_used_in_the_context_that_made_it(void **state)
{
    (void)state;
    cleat_tokens tokens;
    cleat_bind_contextvars(&tokens, "a", 1);
    cleat_context *other = cleat_copy_context();
    CLEAT_IN_CONTEXT(other) {
        assert_int_equal(cleat_reset_contextvars(&tokens), -EINVAL);
        assert_non_null(strstr(cleat_error_message(), "context"));
        assert_string_equal(NOW, "a=1");
    }
    assert_int_equal(cleat_reset_contextvars(&tokens), -EALREADY); /* used up, on failure too */
    assert_string_equal(NOW, "a=1");
    cleat_context_unref(other);
}

static void *reset_elsewhere(void *arg)
{
    return (void *)(intptr_t)cleat_reset_contextvars(arg);
}

static void K7_a_token_is_not_for_another_thread(void **state)
{
    (void)state;
    cleat_tokens tokens;
    pthread_t thread;
    void *result;
    cleat_bind_contextvars(&tokens, "a", 1);
    pthread_create(&thread, NULL, reset_elsewhere, &tokens);
    pthread_join(thread, &result);
    assert_int_equal((intptr_t)result, -EINVAL);
    assert_string_equal(NOW, "a=1");
}

static void K7_a_bind_that_found_no_memory_gives_tokens_that_reset_nothing(void **state)
{
    (void)state;
    cleat_bind_contextvars("a", 1);
    cleat_tokens tokens;
    fail_allocations_after(0);
    assert_int_equal(cleat_bind_contextvars(&tokens, "a", 2), -ENOMEM);
    assert_true(strlen(cleat_error_message()) > 0);
    allow_allocations();
    assert_string_equal(NOW, "a=1");
    cleat_bind_contextvars("a", 3);
    assert_int_equal(cleat_reset_contextvars(&tokens), 0);
    assert_string_equal(NOW, "a=3");
}

static void K7_a_reset_that_finds_no_memory_changes_nothing(void **state)
{
    (void)state;
    cleat_tokens tokens;
    cleat_bind_contextvars(&tokens, "a", 1);
    cleat_bind_contextvars("b", 2);
    fail_allocations_after(0);
    assert_int_equal(cleat_reset_contextvars(&tokens), -ENOMEM);
    allow_allocations();
    assert_string_equal(NOW, "a=1 b=2");
    assert_int_equal(cleat_reset_contextvars(&tokens), -EALREADY);
}

/* The expression before the pairs may be anything that points to tokens. */
static void K7_tokens_are_evaluated_once(void **state)
{
    (void)state;
    cleat_tokens tokens[2];
    int n = 0;
    cleat_bind_contextvars(&tokens[n++], "a", 1);
    assert_int_equal(n, 1);
    cleat_reset_contextvars(&tokens[0]);
}

/* -- K8: scopes -- */

static void K8_a_scope_ends_at_its_end(void **state)
{
    (void)state;
    cleat_bind_contextvars("a", 0);
    CLEAT_BOUND_CONTEXTVARS("a", 1, "b", 2) {
        assert_string_equal(NOW, "a=1 b=2");
    }
    assert_string_equal(NOW, "a=0");
}

static void K8_contextualize_is_the_same(void **state)
{
    (void)state;
    CLEAT_CONTEXTUALIZE("a", 1)
        assert_string_equal(NOW, "a=1");
    assert_null(cleat_get_contextvars());
}

static const char *return_out(void)
{
    CLEAT_BOUND_CONTEXTVARS("a", 1) {
        CLEAT_BOUND_CONTEXTVARS("b", 2) {
            return "returned";
        }
    }
    return "not returned";
}

static void K8_a_scope_ends_at_return(void **state)
{
    (void)state;
    assert_string_equal(return_out(), "returned");
    assert_null(cleat_get_contextvars());
}

static void K8_a_scope_ends_at_break_which_leaves_it_alone(void **state)
{
    (void)state;
    int rounds = 0, behind = 0;
    for (int i = 0; i < 3; i++) {
        CLEAT_BOUND_CONTEXTVARS("i", i) {
            rounds++;
            if (i == 1)
                break;
            behind++;
        }
        assert_null(cleat_get_contextvars());
    }
    assert_int_equal(rounds, 3);
    assert_int_equal(behind, 2);
}

static void K8_a_scope_ends_at_continue(void **state)
{
    (void)state;
    int rounds = 0;
    CLEAT_BOUND_CONTEXTVARS("a", 1) {
        rounds++;
        if (rounds > 0)
            continue;
        rounds = 100;
    }
    assert_int_equal(rounds, 1);
    assert_null(cleat_get_contextvars());
}

static void K8_a_scope_ends_at_goto(void **state)
{
    (void)state;
    int rounds = 0;
again:
    CLEAT_BOUND_CONTEXTVARS("a", rounds) {
        CLEAT_BOUND_CONTEXTVARS("b", rounds) {
            if (++rounds < 3)
                goto again;
            goto out;
        }
    }
out:
    assert_int_equal(rounds, 3);
    assert_null(cleat_get_contextvars());
}

static void K8_scopes_nest(void **state)
{
    (void)state;
    CLEAT_BOUND_CONTEXTVARS("a", 1) {
        CLEAT_BOUND_CONTEXTVARS("a", 2) {
            CLEAT_BOUND_CONTEXTVARS("b", 3, "a", 4)
                assert_string_equal(NOW, "a=4 b=3");
            assert_string_equal(NOW, "a=2");
        }
        assert_string_equal(NOW, "a=1");
    }
    assert_null(cleat_get_contextvars());
}

static void K8_a_binding_made_inside_for_another_key_survives(void **state)
{
    (void)state;
    CLEAT_BOUND_CONTEXTVARS("a", 1) {
        cleat_bind_contextvars("other", 2, "a", 3);
    }
    assert_string_equal(NOW, "other=2");
}

static void K8_a_scope_restores_after_unbind_and_clear_inside(void **state)
{
    (void)state;
    cleat_bind_contextvars("a", 0, "b", 0);
    CLEAT_BOUND_CONTEXTVARS("a", 1) {
        cleat_unbind_contextvars("a");
        assert_string_equal(NOW, "b=0");
    }
    assert_string_equal(NOW, "b=0 a=0");
    CLEAT_BOUND_CONTEXTVARS("a", 1)
        cleat_clear_contextvars();
    assert_string_equal(NOW, "a=0");
}

static void K8_a_scope_without_memory_runs_its_block(void **state)
{
    (void)state;
    bool run = false;
    cleat_bind_contextvars("a", 0);
    fail_allocations_after(0);
    CLEAT_BOUND_CONTEXTVARS("a", 1)
        run = true;
    allow_allocations();
    assert_true(run);
    assert_string_equal(NOW, "a=0");
}

/* -- K9: nothing is left -- */

static void K9_unbind_ignores_what_is_not_there(void **state)
{
    (void)state;
    cleat_unbind_contextvars("a");
    assert_null(cleat_get_contextvars());
    cleat_bind_contextvars("b", 1);
    cleat_unbind_contextvars("a", "c");
    assert_string_equal(NOW, "b=1");
    cleat_unbind_contextvars("a", "b");
    assert_null(cleat_get_contextvars());
}

static void K9_clear_empties(void **state)
{
    (void)state;
    cleat_bind_contextvars("a", 1, "b", 2);
    cleat_clear_contextvars();
    assert_null(cleat_get_contextvars());
    cleat_clear_contextvars();
    assert_null(cleat_get_contextvars());
}

static uint64_t allocations(void)
{
    cleat_stats stats;
    cleat_get_stats(&stats);
    return stats.allocations;
}

static void K9_neither_unbind_nor_clear_leaves_a_cost(void **state)
{
    (void)state;
    cleat_config config = {CLEAT_PROCESSORS(cleat_merge_contextvars(), cleat_add_log_level()),
                           CLEAT_HANDLERS({.sink = cleat_null_sink()})};
    assert_int_equal(cleat_configure(&config), 0);
    for (int i = 0; i < 1000; i++) {
        char key[16];
        snprintf(key, sizeof(key), "key%d", i);
        cleat_bind_contextvars(key, i);
        cleat_info(NULL, "hi");
        if (i % 2 == 0)
            cleat_unbind_contextvars(key);
    }
    cleat_clear_contextvars();
    cleat_info(NULL, "hi", "a", 0);
    uint64_t before = allocations();
    for (int i = 0; i < 100; i++)
        cleat_info(NULL, "hi", "a", 1);
    assert_int_equal(allocations(), before);
}

static void K9_a_line_with_bound_fields_takes_no_memory(void **state)
{
    (void)state;
    cleat_config config = {CLEAT_PROCESSORS(cleat_merge_contextvars(), cleat_add_log_level(), cleat_timestamper(NULL)),
                           CLEAT_HANDLERS({.sink = cleat_null_sink()})};
    assert_int_equal(cleat_configure(&config), 0);
    cleat_bind_contextvars("a", 1, "b", "two", "c", cleat_list(1, 2));
    for (int i = 0; i < 10; i++)
        cleat_info(NULL, "hi", "d", 1);
    uint64_t before = allocations();
    for (int i = 0; i < 100; i++)
        cleat_info(NULL, "hi", "d", 1);
    assert_int_equal(allocations(), before);
}

/* Pages that the process has in memory. */
static long resident_pages(void)
{
    long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%ld %ld", &size, &resident) != 2)
        resident = -1;
    if (file != NULL)
        fclose(file);
    return resident;
}

static void K9_rebinding_for_ever_does_not_grow(void **state)
{
    (void)state;
    long rounds = scale(200000, 1000000);
    cleat_bind_contextvars("fixed", 1, "other", "text");
    long before = 0;
    for (long i = 0; i < rounds; i++) {
        if (i == rounds / 10)
            before = resident_pages();
        cleat_bind_contextvars("n", i, "text", "a text that takes some room");
        if (i % 1000 == 0)
            cleat_fields_unref(cleat_get_contextvars());
    }
    long after = resident_pages();
    assert_string_equal(NOW, rounds == 1000000 ? "fixed=1 other='text' n=999999 text='a text that takes some room'"
                                               : "fixed=1 other='text' n=199999 text='a text that takes some room'");
#ifndef CLEAT_SYSTEM_MALLOC                        /* sanitizers keep what is freed */
    assert_in_range(after - before + 256, 0, 512); /* a megabyte either way, where growth would be a hundred */
#else
    (void)before;
    (void)after;
#endif
}

static void K9_tokens_kept_for_a_while_do_not_pile_up(void **state)
{
    (void)state;
    long rounds = scale(100000, 1000000);
    long before = 0;
    for (long i = 0; i < rounds; i++) {
        cleat_tokens tokens;
        if (i == rounds / 10)
            before = resident_pages();
        cleat_bind_contextvars(&tokens, "n", i);
        cleat_bind_contextvars("m", i);
        assert_int_equal(cleat_reset_contextvars(&tokens), 0);
    }
    long after = resident_pages();
    cleat_fields *now = cleat_get_contextvars();
    assert_int_equal(cleat_fields_count(now), 1);
    cleat_fields_unref(now);
#ifndef CLEAT_SYSTEM_MALLOC
    assert_in_range(after - before + 256, 0, 512);
#else
    (void)before;
    (void)after;
#endif
}

/* -- changes from inside a line -- */

static int bind_more(cleat_event *event, void *arg)
{
    (void)arg;
    cleat_bind_contextvars("from_processor", 1, "a", 2);
    cleat_clear_contextvars();
    cleat_bind_contextvars("b", 1);
    cleat_event_set(event, "seen", cleat_bool(true));
    return CLEAT_KEEP;
}

static void a_processor_may_change_the_context_that_the_line_has_merged(void **state)
{
    (void)state;
    USE_CHAIN(cleat_merge_contextvars(), cleat_make_processor("bind_more", bind_more, NULL, NULL));
    cleat_bind_contextvars("a", "a text that the line reads");
    cleat_info(NULL, "hi");
    assert_line("event='hi' a='a text that the line reads' seen=True");
    assert_string_equal(NOW, "b=1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(K5_context_variables_are_filled_in_behind_the_fields_of_the_call),
        TEST(K5_a_key_of_the_call_or_of_the_logger_wins),
        TEST(K5_context_variables_are_on_no_line_without_the_processor),
        TEST(K2_rebinding_keeps_the_place_and_unbinding_gives_it_up),
        TEST(merged_fields_are_the_context_with_the_logger_over_it),
        TEST(what_was_got_stays_as_it_was),
        TEST(fields_and_keys_may_come_in_arrays),
        TEST(K7_a_token_gives_back_what_was_there_absent_included),
        TEST(K7_tokens_may_be_used_last_one_first),
        TEST(K7_tokens_may_be_used_in_any_order),
        TEST(K7_sibling_keys_keep_what_they_have_since_been_given),
        TEST(K7_a_key_unbound_since_comes_back),
        TEST(K7_a_token_is_used_once),
        TEST(K7_a_dropped_token_changes_nothing_and_is_used_up),
        TEST(K7_a_token_is_used_in_the_context_that_made_it),
        TEST(K7_a_token_is_not_for_another_thread),
        TEST(K7_a_bind_that_found_no_memory_gives_tokens_that_reset_nothing),
        TEST(K7_a_reset_that_finds_no_memory_changes_nothing),
        TEST(K7_tokens_are_evaluated_once),
        TEST(K8_a_scope_ends_at_its_end),
        TEST(K8_contextualize_is_the_same),
        TEST(K8_a_scope_ends_at_return),
        TEST(K8_a_scope_ends_at_break_which_leaves_it_alone),
        TEST(K8_a_scope_ends_at_continue),
        TEST(K8_a_scope_ends_at_goto),
        TEST(K8_scopes_nest),
        TEST(K8_a_binding_made_inside_for_another_key_survives),
        TEST(K8_a_scope_restores_after_unbind_and_clear_inside),
        TEST(K8_a_scope_without_memory_runs_its_block),
        TEST(K9_unbind_ignores_what_is_not_there),
        TEST(K9_clear_empties),
        TEST(K9_neither_unbind_nor_clear_leaves_a_cost),
        TEST(K9_a_line_with_bound_fields_takes_no_memory),
        TEST(K9_rebinding_for_ever_does_not_grow),
        TEST(K9_tokens_kept_for_a_while_do_not_pile_up),
        TEST(a_processor_may_change_the_context_that_the_line_has_merged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
