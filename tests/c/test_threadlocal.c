/*
 * test_threadlocal.c - the older store (K12, K13). What begins with "seed" reproduces an example of structlog's
 * documents, line by line.
 */
#include "lines.h"

#include <pthread.h>

#define NOW text_of(cleat_get_threadlocal())

/* -- the functions -- */

static void K12_seed_merge_threadlocal(void **state)
{
    (void)state;
    USE_CHAIN(cleat_merge_threadlocal());
    cleat_clear_threadlocal();
    cleat_bind_threadlocal("a", 1);
    cleat_msg(NULL, "hi");
    assert_line("a=1 event='hi'");
    cleat_clear_threadlocal();
    cleat_msg(NULL, "hi there");
    assert_line("event='hi there'");
}

static void K12_fields_of_the_call_and_the_logger_win(void **state)
{
    (void)state;
    USE_CHAIN(cleat_merge_threadlocal());
    cleat_bind_threadlocal("call", "store", "logger", "store", "own", "store");
    cleat_logger *log = cleat_bind(NULL, "logger", "logger", "more", 1);
    cleat_info(log, "hi", "call", "call");
    assert_line("call='call' logger='logger' own='store' more=1 event='hi'");
    cleat_unref(log);
}

static void K12_bind_unbind_clear_and_get(void **state)
{
    (void)state;
    assert_null(cleat_get_threadlocal());
    assert_int_equal(cleat_bind_threadlocal("a", 1, "b", 2, "a", 3), 0);
    assert_int_equal(cleat_bind_threadlocal("c", 4), 0);
    assert_string_equal(NOW, "a=3 b=2 c=4");
    cleat_unbind_threadlocal("a", "absent");
    assert_string_equal(NOW, "b=2 c=4");
    cleat_unbind_threadlocal("b", "c");
    assert_null(cleat_get_threadlocal());
    cleat_bind_threadlocal("a", 1);
    cleat_clear_threadlocal();
    assert_null(cleat_get_threadlocal());
    assert_int_equal(cleat_bind_threadlocal_fields(NULL, 0), 0);
    cleat_unbind_threadlocal_keys((const char *const[]){"a"}, 1);
    assert_null(cleat_get_threadlocal());
}

static void K12_merged_is_the_store_with_the_logger_over_it(void **state)
{
    (void)state;
    assert_null(cleat_get_merged_threadlocal(NULL));
    cleat_logger *log = cleat_bind(NULL, "b", "logger", "c", "logger");
    cleat_bind_threadlocal("a", "store", "b", "store");
    assert_string_equal(text_of(cleat_get_merged_threadlocal(log)), "a='store' b='logger' c='logger'");
    assert_string_equal(text_of(cleat_get_merged_threadlocal(NULL)), "a='store' b='store'");
    cleat_unref(log);
}

static int leave_by_return(void)
{
    CLEAT_BOUND_THREADLOCAL("step", 1)
        return 1;
    return 0;
}

static void K12_bound_restores_its_keys_and_no_others_on_every_way_out(void **state)
{
    (void)state;
    cleat_bind_threadlocal("a", 1);
    CLEAT_BOUND_THREADLOCAL("a", 2, "b", 3) {
        assert_string_equal(NOW, "a=2 b=3");
        CLEAT_BOUND_THREADLOCAL("b", 4)
            assert_string_equal(NOW, "a=2 b=4");
        assert_string_equal(NOW, "a=2 b=3");
        cleat_bind_threadlocal("other", 5);
    }
    assert_string_equal(NOW, "a=1 other=5");
    assert_int_equal(leave_by_return(), 1);
    for (int i = 0; i < 3; i++) {
        CLEAT_BOUND_THREADLOCAL("i", i) {
            if (i == 0)
                continue;
            if (i == 1)
                break;
            goto out;
        }
    }
out:
    assert_string_equal(NOW, "a=1 other=5");
    CLEAT_BOUND_THREADLOCAL("a", 2)
        cleat_clear_threadlocal();
    assert_string_equal(NOW, "a=1");
}

static void K12_without_memory_nothing_changes(void **state)
{
    (void)state;
    bool run = false;
    cleat_bind_threadlocal("a", 1);
    fail_allocations_after(0);
    assert_int_equal(cleat_bind_threadlocal("a", 2), -ENOMEM);
    CLEAT_BOUND_THREADLOCAL("a", 2)
        run = true;
    assert_null(cleat_wrap_threadlocal());
    allow_allocations();
    assert_true(run);
    assert_string_equal(NOW, "a=1");
}

static void *look_at_store(void *arg)
{
    *(cleat_fields **)arg = cleat_get_threadlocal();
    cleat_bind_threadlocal("thread", 1);
    return NULL;
}

static void K12_each_thread_has_its_own_store(void **state)
{
    (void)state;
    cleat_fields *seen = NULL;
    pthread_t thread;
    cleat_bind_threadlocal("a", 1);
    pthread_create(&thread, NULL, look_at_store, &seen);
    pthread_join(thread, NULL);
    assert_null(seen);
    cleat_thread_create(&thread, NULL, look_at_store, &seen); /* hands over context variables only */
    pthread_join(thread, NULL);
    assert_null(seen);
    assert_string_equal(NOW, "a=1");
}

/* -- K13 -- */

static void K13_what_one_store_binds_the_other_does_not_merge(void **state)
{
    (void)state;
    cleat_bind_threadlocal("threadlocal", 1);
    cleat_bind_contextvars("contextvar", 2);
    USE_CHAIN(cleat_merge_contextvars());
    cleat_info(NULL, "hi");
    assert_line("event='hi' contextvar=2");
    USE_CHAIN(cleat_merge_threadlocal());
    cleat_info(NULL, "hi");
    assert_line("threadlocal=1 event='hi'");
    cleat_clear_contextvars();
    assert_string_equal(NOW, "threadlocal=1");
    cleat_bind_contextvars("contextvar", 2);
    cleat_clear_threadlocal();
    assert_string_equal(text_of(cleat_get_contextvars()), "contextvar=2");
}

static void K13_the_threads_store_does_not_follow_a_context(void **state)
{
    (void)state;
    cleat_bind_threadlocal("a", 1);
    cleat_context *context = cleat_new_context();
    CLEAT_IN_CONTEXT(context)
        assert_string_equal(NOW, "a=1");
    cleat_context_unref(context);
}

/* -- wrapped dictionaries -- */

static cleat_threadlocal_dict *make_dict(cleat_threadlocal_class *cls, const char *key, int value)
{
    cleat_field field = {key, cleat_int(value)};
    return cleat_threadlocal_dict_new(cls, &field, 1);
}

static void K12_seed_instances_of_a_class_share_one_dictionary(void **state)
{
    (void)state;
    cleat_threadlocal_class *wrapped = cleat_wrap_threadlocal();
    cleat_threadlocal_dict *d1 = make_dict(wrapped, "a", 1);
    cleat_threadlocal_dict *d2 = make_dict(wrapped, "b", 2);
    cleat_threadlocal_dict *d3 = cleat_threadlocal_dict_new(wrapped, NULL, 0);
    assert_int_equal(cleat_threadlocal_dict_set(d3, "c", cleat_int(3)), 0);
    assert_ptr_not_equal(d1, d3); /* d1 is d3: False */
    cleat_threadlocal_dict *fresh = cleat_threadlocal_dict_new(wrapped, NULL, 0);
    assert_true(cleat_threadlocal_dict_equal(d1, d2)); /* d1 == d2 == d3 == WrappedDictClass() */
    assert_true(cleat_threadlocal_dict_equal(d2, d3));
    assert_true(cleat_threadlocal_dict_equal(d3, fresh));
    assert_string_equal(text_of(cleat_threadlocal_dict_fields(d3)), "a=1 b=2 c=3");
    assert_string_equal(text_of(cleat_threadlocal_dict_fields(d1)), "a=1 b=2 c=3");
    cleat_threadlocal_dict *all[] = {d1, d2, d3, fresh};
    for (int i = 0; i < 4; i++)
        cleat_threadlocal_dict_free(all[i]);
    cleat_threadlocal_class_unref(wrapped);
}

static void K12_seed_each_class_is_completely_new(void **state)
{
    (void)state;
    cleat_threadlocal_class *one = cleat_wrap_threadlocal(), *other = cleat_wrap_threadlocal();
    cleat_threadlocal_dict *d1 = make_dict(one, "a", 1), *d2 = make_dict(other, "b", 2);
    assert_false(cleat_threadlocal_dict_equal(d1, d2)); /* WrappedDictClass() != AnotherWrappedDictClass() */
    assert_string_equal(text_of(cleat_threadlocal_dict_fields(d1)), "a=1");
    assert_string_equal(text_of(cleat_threadlocal_dict_fields(d2)), "b=2");
    cleat_threadlocal_dict_free(d1);
    cleat_threadlocal_dict_free(d2);
    cleat_threadlocal_class_unref(one);
    cleat_threadlocal_class_unref(other);
}

static void K12_a_dictionary_sets_deletes_and_outlives_its_instances(void **state)
{
    (void)state;
    cleat_threadlocal_class *cls = cleat_wrap_threadlocal();
    cleat_threadlocal_dict *dict = make_dict(cls, "a", 1);
    assert_int_equal(cleat_threadlocal_dict_set(dict, "b", cleat_string("x")), 0);
    assert_int_equal(cleat_threadlocal_dict_set(dict, "a", cleat_int(2)), 0);
    assert_true(cleat_threadlocal_dict_delete(dict, "b"));
    assert_false(cleat_threadlocal_dict_delete(dict, "b"));
    cleat_threadlocal_dict_free(dict);
    cleat_threadlocal_dict_free(NULL);
    dict = cleat_threadlocal_dict_new(cls, NULL, 0);
    assert_string_equal(text_of(cleat_threadlocal_dict_fields(dict)), "a=2");
    assert_true(cleat_threadlocal_dict_delete(dict, "a"));
    assert_null(cleat_threadlocal_dict_fields(dict));
    assert_ptr_equal(cleat_threadlocal_class_ref(cls), cls);
    cleat_threadlocal_class_unref(cls);
    cleat_threadlocal_class_unref(cls); /* the instance keeps its class */
    assert_int_equal(cleat_threadlocal_dict_set(dict, "z", cleat_int(1)), 0);
    assert_string_equal(text_of(cleat_threadlocal_dict_fields(dict)), "z=1");
    cleat_threadlocal_dict_free(dict);
    assert_null(cleat_threadlocal_class_ref(NULL));
    cleat_threadlocal_class_unref(NULL);
}

static void K12_a_dictionary_without_memory_stays_as_it_is(void **state)
{
    (void)state;
    cleat_threadlocal_class *cls = cleat_wrap_threadlocal();
    cleat_threadlocal_dict *dict = make_dict(cls, "a", 1);
    for (int i = 0; i < 2; i++) {
        fail_allocations_after(i);
        cleat_threadlocal_dict *second = make_dict(cls, "a", 2);
        allow_allocations();
        assert_null(second);
    }
    fail_allocations_after(0);
    assert_int_equal(cleat_threadlocal_dict_set(dict, "a", cleat_int(2)), -ENOMEM);
    allow_allocations();
    assert_string_equal(text_of(cleat_threadlocal_dict_fields(dict)), "a=1");
    cleat_threadlocal_dict_free(dict);
    cleat_threadlocal_class_unref(cls);
}

static void *look_at_dict(void *arg)
{
    cleat_threadlocal_dict *dict = arg;
    cleat_fields *seen = cleat_threadlocal_dict_fields(dict);
    cleat_threadlocal_dict_set(dict, "thread", cleat_int(1));
    return seen;
}

static void K12_each_thread_has_its_own_dictionary(void **state)
{
    (void)state;
    cleat_threadlocal_class *cls = cleat_wrap_threadlocal();
    cleat_threadlocal_dict *dict = make_dict(cls, "a", 1);
    pthread_t thread;
    void *seen;
    pthread_create(&thread, NULL, look_at_dict, dict);
    pthread_join(thread, &seen);
    assert_null(seen);
    assert_string_equal(text_of(cleat_threadlocal_dict_fields(dict)), "a=1");
    cleat_threadlocal_dict_free(dict);
    cleat_threadlocal_class_unref(cls);
}

/* -- loggers of a thread-local context class -- */

static cleat_logger *wrap_with_class(cleat_threadlocal_class *cls)
{
    cleat_processor *const none[] = {NULL};
    cleat_sink_unref(lines);
    lines = cleat_memory_sink(0);
    cleat_config config = {
        .processors = none,
        .context_class = cls,
        CLEAT_HANDLERS({.renderer = cleat_keyvalue_renderer(NULL), .sink = cleat_sink_ref(lines)}),
    };
    return cleat_wrap_logger(NULL, &config);
}

static void K12_seed_tmp_bind(void **state)
{
    (void)state;
    cleat_logger *log = wrap_with_class(cleat_wrap_threadlocal());
    cleat_unref(cleat_bind(log, "x", 42));
    cleat_msg(log, "event!");
    assert_line("x=42 event='event!'");
    CLEAT_TMP_BIND(tmp_log, log, "x", 23, "y", "foo") {
        cleat_msg(tmp_log, "another event!");
    }
    assert_line("x=23 y='foo' event='another event!'");
    cleat_msg(log, "one last event!");
    assert_line("x=42 event='one last event!'");
    cleat_unref(log);
}

static int leave_tmp_bind(cleat_logger *log)
{
    CLEAT_TMP_BIND(tmp_log, log, "x", 1) {
        cleat_info(tmp_log, "inside");
        return 1;
    }
    return 0;
}

static void K12_tmp_bind_restores_the_whole_dictionary_on_every_way_out(void **state)
{
    (void)state;
    cleat_logger *log = wrap_with_class(cleat_wrap_threadlocal());
    cleat_unref(cleat_bind(log, "x", 0));
    assert_int_equal(leave_tmp_bind(log), 1);
    assert_line("x=1 event='inside'");
    int rounds = 0;
    for (int i = 0; i < 4; i++) {
        CLEAT_TMP_BIND(tmp_log, log, "x", i) {
            cleat_unref(cleat_bind(tmp_log, "bound_inside", i));
            CLEAT_TMP_BIND(inner, tmp_log, "x", -1)
                assert_string_equal(text_of(cleat_get_context(inner)), i == 0   ? "x=-1 bound_inside=0"
                                                                       : i == 1 ? "x=-1 bound_inside=1"
                                                                       : i == 2 ? "x=-1 bound_inside=2"
                                                                                : "x=-1 bound_inside=3");
            rounds++;
            if (i == 1)
                continue;
            if (i == 2)
                break;
            if (i == 3)
                goto out;
        }
        assert_string_equal(text_of(cleat_get_context(log)), "x=0");
    }
out:
    assert_int_equal(rounds, 4);
    assert_string_equal(text_of(cleat_get_context(log)), "x=0");
    cleat_unref(log);
}

static void K12_tmp_bind_of_another_logger_is_a_bind(void **state)
{
    (void)state;
    use_chain(NULL, 0);
    cleat_logger *log = cleat_bind(NULL, "x", 1);
    CLEAT_TMP_BIND(tmp_log, log, "x", 2)
        cleat_info(tmp_log, "inside");
    assert_line("x=2 event='inside'");
    cleat_info(log, "outside");
    assert_line("x=1 event='outside'");
    cleat_unref(log);
    CLEAT_TMP_BIND(tmp_log, NULL, "x", 3)
        cleat_info(tmp_log, "inside");
    assert_line("x=3 event='inside'");
}

static void K12_bind_and_new_change_the_dictionary_for_all_loggers_of_the_class(void **state)
{
    (void)state;
    cleat_threadlocal_class *cls = cleat_wrap_threadlocal();
    cleat_threadlocal_dict *dict = make_dict(cls, "before", 1);
    cleat_logger *log = wrap_with_class(cleat_threadlocal_class_ref(cls));
    cleat_logger *bound = cleat_bind(log, "y", 23);
    cleat_info(log, "hi");
    assert_line("before=1 y=23 event='hi'");
    assert_string_equal(text_of(cleat_threadlocal_dict_fields(dict)), "before=1 y=23");
    cleat_logger *renewed = cleat_new(bound, "x", 42);
    cleat_info(log, "hi");
    assert_line("x=42 event='hi'");
    cleat_logger *unbound = cleat_unbind(renewed, "x");
    assert_non_null(unbound);
    assert_null(cleat_threadlocal_dict_fields(dict));
    assert_null(cleat_unbind(log, "x"));
    cleat_logger *tried = cleat_try_unbind(log, "x");
    cleat_logger *made[] = {log, bound, renewed, unbound, tried};
    for (int i = 0; i < 5; i++)
        cleat_unref(made[i]);
    cleat_threadlocal_dict_free(dict);
    cleat_threadlocal_class_unref(cls);
}

static void K12_as_immutable_detaches_a_logger(void **state)
{
    (void)state;
    cleat_logger *log = wrap_with_class(cleat_wrap_threadlocal());
    cleat_unref(cleat_bind(log, "x", 1));
    cleat_logger *mine = cleat_as_immutable(log);
    cleat_unref(cleat_bind(log, "x", 2, "y", 3));
    cleat_info(mine, "mine");
    assert_line("x=1 event='mine'");
    cleat_logger *more = cleat_bind(mine, "z", 4);
    cleat_info(more, "more");
    assert_line("x=1 z=4 event='more'");
    cleat_info(log, "shared");
    assert_line("x=2 y=3 event='shared'");
    assert_string_equal(text_of(cleat_get_context(mine)), "x=1");
    CLEAT_TMP_BIND(tmp_log, mine, "x", 9)
        cleat_info(tmp_log, "tmp");
    assert_line("x=9 event='tmp'");
    assert_string_equal(text_of(cleat_get_context(log)), "x=2 y=3");
    fail_allocations_after(0);
    cleat_logger *same = cleat_as_immutable(log);
    allow_allocations();
    assert_ptr_equal(same, log);
    cleat_unref(same);
    cleat_unref(mine);
    cleat_unref(more);
    cleat_unref(log);
}

static void K12_a_class_may_be_the_context_class_of_the_configuration(void **state)
{
    (void)state;
    use_chain(NULL, 0);
    cleat_logger *before = cleat_bind(NULL, "own", 1);
    cleat_processor *const none[] = {NULL};
    cleat_config config = {
        .processors = none,
        .context_class = cleat_wrap_threadlocal(),
        CLEAT_HANDLERS({.renderer = cleat_keyvalue_renderer(NULL), .sink = cleat_sink_ref(lines)}),
    };
    assert_int_equal(cleat_configure(&config), 0);
    cleat_unref(cleat_bind(NULL, "x", 1));
    cleat_info(cleat_get_named_logger("tl"), "hi");
    assert_line("x=1 event='hi'");
    use_chain(NULL, 0);
    cleat_info(before, "hi"); /* its own fields again */
    assert_line("own=1 event='hi'");
    cleat_unref(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(K12_seed_merge_threadlocal),
        TEST(K12_fields_of_the_call_and_the_logger_win),
        TEST(K12_bind_unbind_clear_and_get),
        TEST(K12_merged_is_the_store_with_the_logger_over_it),
        TEST(K12_bound_restores_its_keys_and_no_others_on_every_way_out),
        TEST(K12_without_memory_nothing_changes),
        TEST(K12_each_thread_has_its_own_store),
        TEST(K13_what_one_store_binds_the_other_does_not_merge),
        TEST(K13_the_threads_store_does_not_follow_a_context),
        TEST(K12_seed_instances_of_a_class_share_one_dictionary),
        TEST(K12_seed_each_class_is_completely_new),
        TEST(K12_a_dictionary_sets_deletes_and_outlives_its_instances),
        TEST(K12_a_dictionary_without_memory_stays_as_it_is),
        TEST(K12_each_thread_has_its_own_dictionary),
        TEST(K12_seed_tmp_bind),
        TEST(K12_tmp_bind_restores_the_whole_dictionary_on_every_way_out),
        TEST(K12_tmp_bind_of_another_logger_is_a_bind),
        TEST(K12_bind_and_new_change_the_dictionary_for_all_loggers_of_the_class),
        TEST(K12_as_immutable_detaches_a_logger),
        TEST(K12_a_class_may_be_the_context_class_of_the_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
