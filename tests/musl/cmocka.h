/*
 * cmocka.h - a stand-in for cmocka, as much of it as the tests here use, in plain C11. Debian's cmocka is built for
 * glibc; with this one the same tests run on musl. Taken with meson setup -Dcmocka_stand_in=true.
 */
#ifndef TESTS_MUSL_CMOCKA_H
#define TESTS_MUSL_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*test_func)(void **state);
    int (*setup_func)(void **state);
    int (*teardown_func)(void **state);
    void *initial_state;
};

static jmp_buf cmocka__out;
static bool cmocka__skipped;

__attribute__((unused, noreturn, format(printf, 3, 4))) static void cmocka__fail(const char *file, int line,
                                                                                 const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "[  ERROR   ] --- %s:%d: ", file, line);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    longjmp(cmocka__out, 1);
}

__attribute__((unused, noreturn)) static void cmocka__skip(void)
{
    cmocka__skipped = true;
    longjmp(cmocka__out, 1);
}

__attribute__((unused)) static void cmocka__integers(uintmax_t left, uintmax_t right, bool equal, const char *file,
                                                     int line)
{
    if ((left == right) != equal)
        cmocka__fail(file, line, "%#jx %s %#jx", left, equal ? "!=" : "==", right);
}

__attribute__((unused)) static void cmocka__strings(const char *left, const char *right, bool equal, const char *file,
                                                    int line)
{
    if ((strcmp(left, right) == 0) != equal)
        cmocka__fail(file, line, "\"%s\" %s \"%s\"", left, equal ? "!=" : "==", right);
}

__attribute__((unused)) static void cmocka__memory(const void *left, const void *right, size_t size, bool equal,
                                                   const char *file, int line)
{
    if ((memcmp(left, right, size) == 0) != equal)
        cmocka__fail(file, line, "%zu bytes that %s", size, equal ? "differ" : "are the same");
}

__attribute__((unused)) static void cmocka__range(uintmax_t value, uintmax_t low, uintmax_t high, bool inside,
                                                  const char *file, int line)
{
    if ((value >= low && value <= high) != inside)
        cmocka__fail(file, line, "%ju is %s %ju to %ju", value, inside ? "not in" : "in", low, high);
}

#define fail() cmocka__fail(__FILE__, __LINE__, "fail()")
#define fail_msg(...) cmocka__fail(__FILE__, __LINE__, __VA_ARGS__)
#define skip() cmocka__skip()
#define assert_true(x) ((x) ? (void)0 : cmocka__fail(__FILE__, __LINE__, "not true: %s", #x))
#define assert_false(x) ((x) ? cmocka__fail(__FILE__, __LINE__, "true: %s", #x) : (void)0)
#define assert_null(x) ((x) == NULL ? (void)0 : cmocka__fail(__FILE__, __LINE__, "not null: %s", #x))
#define assert_non_null(x) ((x) != NULL ? (void)0 : cmocka__fail(__FILE__, __LINE__, "null: %s", #x))
#define assert_ptr_equal(a, b) cmocka__integers((uintptr_t)(a), (uintptr_t)(b), true, __FILE__, __LINE__)
#define assert_ptr_not_equal(a, b) cmocka__integers((uintptr_t)(a), (uintptr_t)(b), false, __FILE__, __LINE__)
#define assert_int_equal(a, b) cmocka__integers((uintmax_t)(a), (uintmax_t)(b), true, __FILE__, __LINE__)
#define assert_int_not_equal(a, b) cmocka__integers((uintmax_t)(a), (uintmax_t)(b), false, __FILE__, __LINE__)
#define assert_string_equal(a, b) cmocka__strings((a), (b), true, __FILE__, __LINE__)
#define assert_string_not_equal(a, b) cmocka__strings((a), (b), false, __FILE__, __LINE__)
#define assert_memory_equal(a, b, size) cmocka__memory((a), (b), (size), true, __FILE__, __LINE__)
#define assert_memory_not_equal(a, b, size) cmocka__memory((a), (b), (size), false, __FILE__, __LINE__)
#define assert_in_range(value, low, high)                                                                              \
    cmocka__range((uintmax_t)(value), (uintmax_t)(low), (uintmax_t)(high), true, __FILE__, __LINE__)
#define assert_not_in_range(value, low, high)                                                                          \
    cmocka__range((uintmax_t)(value), (uintmax_t)(low), (uintmax_t)(high), false, __FILE__, __LINE__)
#define assert_return_code(result, error)                                                                              \
    ((result) >= 0 ? (void)0 : cmocka__fail(__FILE__, __LINE__, "%s: errno %d", #result, (int)(error)))

#define cmocka_unit_test(f)                                                                                            \
    {                                                                                                                  \
#f, f, NULL, NULL, NULL                                                                                        \
    }
#define cmocka_unit_test_setup(f, setup)                                                                               \
    {                                                                                                                  \
#f, f, setup, NULL, NULL                                                                                       \
    }
#define cmocka_unit_test_teardown(f, teardown)                                                                         \
    {                                                                                                                  \
#f, f, NULL, teardown, NULL                                                                                    \
    }
#define cmocka_unit_test_setup_teardown(f, setup, teardown)                                                            \
    {                                                                                                                  \
#f, f, setup, teardown, NULL                                                                                   \
    }
#define cmocka_unit_test_prestate(f, state)                                                                            \
    {                                                                                                                  \
#f, f, NULL, NULL, state                                                                                       \
    }
#define cmocka_unit_test_prestate_setup_teardown(f, setup, teardown, state)                                            \
    {                                                                                                                  \
#f, f, setup, teardown, state                                                                                  \
    }

#define print_message(...) printf(__VA_ARGS__)
#define print_error(...) fprintf(stderr, __VA_ARGS__)

enum cmocka__result {
    CMOCKA__PASSED,
    CMOCKA__FAILED,
    CMOCKA__SKIPPED
};

__attribute__((unused)) static enum cmocka__result cmocka__run_one(const struct CMUnitTest *test, void *group_state)
{
    void *volatile state = test->initial_state != NULL ? test->initial_state : group_state;
    volatile bool good = false;
    cmocka__skipped = false;
    if (setjmp(cmocka__out) == 0) {
        void *local = state;
        if (test->setup_func == NULL || test->setup_func(&local) == 0) {
            state = local;
            test->test_func(&local);
            state = local;
            good = true;
        }
    }
    if (test->teardown_func != NULL && setjmp(cmocka__out) == 0) {
        void *local = state;
        good = test->teardown_func(&local) == 0 && good;
    }
    if (cmocka__skipped)
        return CMOCKA__SKIPPED;
    return good ? CMOCKA__PASSED : CMOCKA__FAILED;
}

__attribute__((unused)) static int cmocka__run_all(const struct CMUnitTest *tests, size_t count,
                                                   int (*setup)(void **state), int (*teardown)(void **state))
{
    static const char *const words[] = {"[       OK ]", "[  FAILED  ]", "[  SKIPPED ]"};
    int counts[3] = {0, 0, 0};
    void *state = NULL;
    if (setup != NULL && setup(&state) != 0) {
        fprintf(stderr, "[  ERROR   ] the group's setup failed\n");
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        printf("[ RUN      ] %s\n", tests[i].name);
        fflush(stdout);
        enum cmocka__result result = cmocka__run_one(&tests[i], state);
        counts[result]++;
        printf("%s %s\n", words[result], tests[i].name);
        fflush(stdout);
    }
    if (teardown != NULL && teardown(&state) != 0)
        counts[CMOCKA__FAILED]++;
    printf("[  PASSED  ] %d test(s).\n", counts[CMOCKA__PASSED]);
    if (counts[CMOCKA__SKIPPED] > 0)
        printf("[  SKIPPED ] %d test(s).\n", counts[CMOCKA__SKIPPED]);
    if (counts[CMOCKA__FAILED] > 0)
        printf("[  FAILED  ] %d test(s).\n", counts[CMOCKA__FAILED]);
    fflush(stdout);
    return counts[CMOCKA__FAILED];
}

#define cmocka_run_group_tests(tests, setup, teardown)                                                                 \
    cmocka__run_all(tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown) cmocka_run_group_tests(tests, setup, teardown)

#endif
