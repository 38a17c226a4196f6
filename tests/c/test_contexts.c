/* test_contexts.c - execution contexts: copies, runs, swaps, threads that inherit, asynchronous lines (K6, K10, K11).
 */
#include "lines.h"

#include <pthread.h>
#include <semaphore.h>

#define NOW text_of(cleat_get_contextvars())

/* -- K6: copies -- */

static void bind_child(void *arg)
{
    (void)arg;
    cleat_bind_contextvars("child", 1, "shared", "child");
}

static void K6_a_copy_starts_with_the_fields_of_now_and_goes_its_own_way(void **state)
{
    (void)state;
    cleat_bind_contextvars("shared", "parent");
    cleat_context *copy = cleat_copy_context();
    cleat_bind_contextvars("later", 1);
    assert_int_equal(cleat_context_run(copy, bind_child, NULL), 0);
    assert_string_equal(NOW, "shared='parent' later=1");
    CLEAT_IN_CONTEXT(copy)
        assert_string_equal(NOW, "shared='child' child=1");
    cleat_context_unref(copy);
}

static void K6_siblings_never_see_each_others_fields(void **state)
{
    (void)state;
    USE_CHAIN(cleat_merge_contextvars());
    cleat_bind_contextvars("parent", 1);
    cleat_context *one = cleat_copy_context(), *two = cleat_copy_context();
    CLEAT_IN_CONTEXT(one)
        cleat_bind_contextvars("one", 1);
    CLEAT_IN_CONTEXT(two)
        cleat_bind_contextvars("two", 2);
    CLEAT_IN_CONTEXT(one)
        cleat_info(NULL, "hi");
    assert_line("event='hi' parent=1 one=1");
    CLEAT_IN_CONTEXT(two)
        cleat_info(NULL, "hi");
    assert_line("event='hi' parent=1 two=2");
    cleat_info(NULL, "hi");
    assert_line("event='hi' parent=1");
    cleat_context_unref(one);
    cleat_context_unref(two);
}

static void K6_a_copy_of_a_copy_starts_with_the_fields_of_the_copy(void **state)
{
    (void)state;
    cleat_context *one = cleat_copy_context(), *two = NULL;
    CLEAT_IN_CONTEXT(one) {
        cleat_bind_contextvars("one", 1);
        two = cleat_copy_context();
    }
    cleat_context_unref(one);
    CLEAT_IN_CONTEXT(two)
        assert_string_equal(NOW, "one=1");
    cleat_context_unref(two);
}

static void a_new_context_is_empty(void **state)
{
    (void)state;
    cleat_bind_contextvars("a", 1);
    cleat_context *fresh = cleat_new_context();
    CLEAT_IN_CONTEXT(fresh)
        assert_null(cleat_get_contextvars());
    assert_string_equal(NOW, "a=1");
    cleat_context_unref(fresh);
}

static void *keep_context(void *arg)
{
    *(cleat_fields **)arg = cleat_get_contextvars();
    cleat_bind_contextvars("thread", 1);
    return NULL;
}

static void K6_a_thread_starts_empty_and_stays_by_itself(void **state)
{
    (void)state;
    cleat_fields *seen = NULL;
    pthread_t thread;
    cleat_bind_contextvars("a", 1);
    pthread_create(&thread, NULL, keep_context, &seen);
    pthread_join(thread, NULL);
    assert_null(seen);
    assert_string_equal(NOW, "a=1");
}

static void K6_a_thread_of_cleat_thread_create_inherits_a_copy(void **state)
{
    (void)state;
    cleat_fields *seen = NULL;
    pthread_t thread;
    cleat_bind_contextvars("a", 1);
    assert_int_equal(cleat_thread_create(&thread, NULL, keep_context, &seen), 0);
    cleat_bind_contextvars("later", 2);
    pthread_join(thread, NULL);
    assert_string_equal(text_of(seen), "a=1");
    assert_string_equal(NOW, "a=1 later=2");
}

static void K6_a_thread_inherits_from_the_context_that_is_swapped_in(void **state)
{
    (void)state;
    cleat_fields *seen = NULL;
    pthread_t thread;
    cleat_context *context = cleat_new_context();
    CLEAT_IN_CONTEXT(context) {
        cleat_bind_contextvars("task", 1);
        assert_int_equal(cleat_thread_create(&thread, NULL, keep_context, &seen), 0);
    }
    cleat_context_unref(context);
    pthread_join(thread, NULL);
    assert_string_equal(text_of(seen), "task=1");
}

static void *return_argument(void *arg)
{
    return arg;
}

static void *exit_with_argument(void *arg)
{
    cleat_bind_contextvars("a", 1);
    pthread_exit(arg);
}

static void *wait_for_cancellation(void *arg)
{
    cleat_bind_contextvars("a", 1);
    sem_post(arg);
    for (;;) {
        struct timespec pause = {0, 1000000};
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static void K6_a_thread_that_inherits_ends_in_every_way(void **state)
{
    (void)state;
    pthread_t thread;
    void *result;
    int mark;
    assert_int_equal(cleat_thread_create(&thread, NULL, return_argument, &mark), 0);
    pthread_join(thread, &result);
    assert_ptr_equal(result, &mark);
    assert_int_equal(cleat_thread_create(&thread, NULL, exit_with_argument, &mark), 0);
    pthread_join(thread, &result);
    assert_ptr_equal(result, &mark);
    sem_t started;
    sem_init(&started, 0, 0);
    assert_int_equal(cleat_thread_create(&thread, NULL, wait_for_cancellation, &started), 0);
    sem_wait(&started);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    assert_ptr_equal(result, PTHREAD_CANCELED);
    sem_destroy(&started);
}

static void a_thread_that_finds_no_memory_does_not_start(void **state)
{
    (void)state;
    pthread_t thread;
    for (int i = 0; i < 2; i++) {
        fail_allocations_after(i);
        assert_int_equal(cleat_thread_create(&thread, NULL, return_argument, NULL), -ENOMEM);
        allow_allocations();
    }
}

static void contexts_without_memory_are_null(void **state)
{
    (void)state;
    fail_allocations_after(0);
    assert_null(cleat_copy_context());
    assert_null(cleat_new_context());
    allow_allocations();
    assert_null(cleat_context_ref(NULL));
    cleat_context_unref(NULL);
}

static void a_context_lives_as_long_as_its_last_owner(void **state)
{
    (void)state;
    struct counted object = {0, 1};
    cleat_bind_contextvars("object", cleat_foreign(&counted_class, &object));
    cleat_context *context = cleat_copy_context();
    cleat_clear_contextvars();
    assert_ptr_equal(cleat_context_ref(context), context);
    cleat_context_unref(context);
    assert_int_equal(object.owners, 1);
    cleat_context_unref(context);
    assert_int_equal(object.owners, 0);
}

/* -- K10: run and swap -- */

static void count_run(void *arg)
{
    ++*(int *)arg;
}

struct nested_run {
    cleat_context *context;
    int result;
    int runs;
};

static void run_again(void *arg)
{
    struct nested_run *nested = arg;
    nested->result = cleat_context_run(nested->context, count_run, &nested->runs);
}

static void K10_a_context_is_not_run_inside_itself(void **state)
{
    (void)state;
    struct nested_run nested = {cleat_new_context(), 0, 0};
    assert_int_equal(cleat_context_run(nested.context, run_again, &nested), 0);
    assert_int_equal(nested.result, -EBUSY);
    assert_true(strlen(cleat_error_message()) > 0);
    assert_int_equal(nested.runs, 0);
    assert_int_equal(cleat_context_run(nested.context, count_run, &nested.runs), 0); /* but after it again */
    assert_int_equal(nested.runs, 1);
    cleat_context_unref(nested.context);
}

static void K10_a_context_that_is_swapped_in_is_not_run(void **state)
{
    (void)state;
    int runs = 0;
    cleat_context *context = cleat_new_context();
    cleat_context *outer = cleat_context_swap(context);
    assert_int_equal(cleat_context_run(context, count_run, &runs), -EBUSY);
    cleat_context_swap(outer);
    assert_int_equal(cleat_context_run(context, count_run, &runs), 0);
    assert_int_equal(runs, 1);
    cleat_context_unref(context);
}

static void *run_on_thread(void *arg)
{
    run_again(arg);
    return NULL;
}

static void run_a_thread_inside(void *arg)
{
    pthread_t thread;
    pthread_create(&thread, NULL, run_on_thread, arg);
    pthread_join(thread, NULL);
}

static void K10_a_context_is_not_run_on_two_threads_at_once(void **state)
{
    (void)state;
    struct nested_run nested = {cleat_new_context(), 0, 0};
    assert_int_equal(cleat_context_run(nested.context, run_a_thread_inside, &nested), 0);
    assert_int_equal(nested.result, -EBUSY);
    assert_int_equal(nested.runs, 0);
    run_a_thread_inside(&nested);
    assert_int_equal(nested.result, 0);
    assert_int_equal(nested.runs, 1);
    cleat_context_unref(nested.context);
}

static void *race_to_run(void *arg)
{
    struct nested_run *nested = arg;
    for (int i = 0; i < 2000; i++)
        nested->result += cleat_context_run(nested->context, bind_child, NULL) == 0;
    return NULL;
}

static void K10_threads_may_race_to_run_a_context(void **state)
{
    (void)state;
    struct nested_run nested[4];
    pthread_t threads[4];
    cleat_context *context = cleat_new_context();
    for (int i = 0; i < 4; i++) {
        nested[i] = (struct nested_run){context, 0, 0};
        pthread_create(&threads[i], NULL, race_to_run, &nested[i]);
    }
    int runs = 0;
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        runs += nested[i].result;
    }
    assert_true(runs > 0);
    cleat_context_unref(context);
}

static void K10_contexts_run_one_inside_the_other(void **state)
{
    (void)state;
    struct nested_run nested = {cleat_new_context(), 0, 0};
    cleat_context *outer = cleat_new_context();
    assert_int_equal(cleat_context_run(outer, run_again, &nested), 0);
    assert_int_equal(nested.result, 0);
    assert_int_equal(nested.runs, 1);
    cleat_context_unref(outer);
    cleat_context_unref(nested.context);
}

static void K10_to_run_no_context_is_to_call_the_function(void **state)
{
    (void)state;
    assert_int_equal(cleat_context_run(NULL, bind_child, NULL), 0);
    assert_string_equal(NOW, "child=1 shared='child'");
}

static void K10_swap_gives_back_the_context_before(void **state)
{
    (void)state;
    cleat_bind_contextvars("own", 1);
    cleat_context *one = cleat_new_context(), *two = cleat_new_context();
    assert_null(cleat_context_swap(one));
    cleat_bind_contextvars("one", 1);
    assert_ptr_equal(cleat_context_swap(two), one);
    assert_null(cleat_get_contextvars());
    cleat_bind_contextvars("two", 2);
    assert_ptr_equal(cleat_context_swap(one), two);
    assert_string_equal(NOW, "one=1");
    assert_ptr_equal(cleat_context_swap(NULL), one);
    assert_string_equal(NOW, "own=1");
    cleat_context_unref(one);
    cleat_context_unref(two);
}

struct handed_over {
    cleat_context *context;
    int round;
};

static void *bind_round(void *arg)
{
    struct handed_over *work = arg;
    CLEAT_IN_CONTEXT(work->context)
        cleat_bind_contextvars("round", work->round);
    return NULL;
}

static void K10_a_context_goes_from_thread_to_thread(void **state)
{
    (void)state;
    struct handed_over work = {cleat_new_context(), 0};
    for (; work.round < 10; work.round++) {
        pthread_t thread;
        pthread_create(&thread, NULL, bind_round, &work);
        pthread_join(thread, NULL);
    }
    CLEAT_IN_CONTEXT(work.context)
        assert_string_equal(NOW, "round=9");
    cleat_context_unref(work.context);
}

static int return_from_context(cleat_context *context)
{
    CLEAT_IN_CONTEXT(context) {
        cleat_bind_contextvars("returned", 1);
        return 1;
    }
    return 0;
}

static void K10_in_context_puts_back_on_every_way_out(void **state)
{
    (void)state;
    cleat_context *context = cleat_new_context();
    cleat_bind_contextvars("own", 1);
    assert_int_equal(return_from_context(context), 1);
    assert_string_equal(NOW, "own=1");
    CLEAT_IN_CONTEXT(context) {
        cleat_bind_contextvars("broken", 1);
        if (context != NULL)
            break;
        fail();
    }
    assert_string_equal(NOW, "own=1");
    for (int i = 0; i < 2; i++) {
        CLEAT_IN_CONTEXT(context) {
            cleat_bind_contextvars("i", i);
            if (i == 0)
                continue;
            goto out;
        }
    }
out:
    assert_string_equal(NOW, "own=1");
    CLEAT_IN_CONTEXT(context) {
        assert_string_equal(NOW, "returned=1 broken=1 i=1");
        CLEAT_IN_CONTEXT(NULL)
            assert_string_equal(NOW, "own=1");
        assert_string_equal(NOW, "returned=1 broken=1 i=1");
    }
    cleat_context_unref(context);
}

/* -- K11: asynchronous lines -- */

static void K11_an_asynchronous_line_has_the_context_of_its_call(void **state)
{
    (void)state;
    cleat_sink *memory = cleat_memory_sink(0);
    cleat_config config = {
        CLEAT_PROCESSORS(cleat_merge_contextvars()),
        CLEAT_HANDLERS(
            {.renderer = cleat_keyvalue_renderer(NULL), .sink = cleat_async_sink(cleat_sink_ref(memory), NULL)}),
    };
    assert_int_equal(cleat_configure(&config), 0);
    for (int i = 0; i < 1000; i++) {
        char text[] = "text";
        cleat_bind_contextvars("i", i, "text", text);
        cleat_info(NULL, "hi");
        text[0] = 'X';
        cleat_clear_contextvars();
        cleat_bind_contextvars("i", -1);
    }
    assert_int_equal(cleat_flush(10000), 0);
    assert_int_equal(cleat_memory_count(memory), 1000);
    for (int i = 0; i < 1000; i += 111) {
        char expected[64];
        snprintf(expected, sizeof(expected), "event='hi' i=%d text='text'", i);
        char *line = cleat_memory_line(memory, (size_t)i);
        assert_string_equal(line, expected);
        free(line);
    }
    cleat_sink_unref(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(K6_a_copy_starts_with_the_fields_of_now_and_goes_its_own_way),
        TEST(K6_siblings_never_see_each_others_fields),
        TEST(K6_a_copy_of_a_copy_starts_with_the_fields_of_the_copy),
        TEST(a_new_context_is_empty),
        TEST(K6_a_thread_starts_empty_and_stays_by_itself),
        TEST(K6_a_thread_of_cleat_thread_create_inherits_a_copy),
        TEST(K6_a_thread_inherits_from_the_context_that_is_swapped_in),
        TEST(K6_a_thread_that_inherits_ends_in_every_way),
        TEST(a_thread_that_finds_no_memory_does_not_start),
        TEST(contexts_without_memory_are_null),
        TEST(a_context_lives_as_long_as_its_last_owner),
        TEST(K10_a_context_is_not_run_inside_itself),
        TEST(K10_a_context_that_is_swapped_in_is_not_run),
        TEST(K10_a_context_is_not_run_on_two_threads_at_once),
        TEST(K10_threads_may_race_to_run_a_context),
        TEST(K10_contexts_run_one_inside_the_other),
        TEST(K10_to_run_no_context_is_to_call_the_function),
        TEST(K10_swap_gives_back_the_context_before),
        TEST(K10_a_context_goes_from_thread_to_thread),
        TEST(K10_in_context_puts_back_on_every_way_out),
        TEST(K11_an_asynchronous_line_has_the_context_of_its_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
