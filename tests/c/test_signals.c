/*
 * Storms of signals whose handlers log, while the code they interrupt does everything else: no deadlock, no line torn,
 * doubled or lost, but for those that are counted. Builds with the system's malloc() cannot do that, and skip.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cleat.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "sinks/sink.h"
#include "support.h"

#ifdef CLEAT_SYSTEM_MALLOC
#define SKIP_WITH_SYSTEM_MALLOC() skip()
#else
#define SKIP_WITH_SYSTEM_MALLOC() (void)0
#endif

#define MOST_LINES 2000000

static int fd = -1;
static cleat_logger *in_handler;
static _Atomic int from_handlers;
static unsigned char times_found[2][MOST_LINES]; /* by the main code, by handlers */

/* ---- a test that hangs is ended ---- */

static pthread_t watchdog;
static _Atomic bool done;

static void *watch(void *arg)
{
    for (int i = 0; i < 12000 && !atomic_load(&done); i++)
        pause_for(10000);
    if (!atomic_load(&done)) {
        static const char message[] = "the test hangs: deadlock\n";
        (void)!write(STDOUT_FILENO, message, sizeof(message) - 1);
        _exit(1);
    }
    return arg;
}

static void block_signals(int how)
{
    sigset_t storm;
    sigemptyset(&storm);
    sigaddset(&storm, SIGALRM);
    sigaddset(&storm, SIGUSR1);
    pthread_sigmask(how, &storm, NULL);
}

static int begin(void **state)
{
    (void)state;
    fd = open_file(O_APPEND);
    memset(times_found, 0, sizeof(times_found));
    atomic_store(&from_handlers, 0);
    atomic_store(&done, false);
    block_signals(SIG_BLOCK);
    int error = pthread_create(&watchdog, NULL, watch, NULL);
    block_signals(SIG_UNBLOCK);
    return error;
}

static int end(void **state)
{
    (void)state;
    atomic_store(&done, true);
    pthread_join(watchdog, NULL);
    cleat_unref(in_handler);
    in_handler = NULL;
    cleat_clear_contextvars();
    cleat_reset_defaults();
    close(fd);
    return 0;
}

/* ---- storms ---- */

static void log_in_handler(int signal)
{
    (void)signal;
    errno = 4711;
    int n = atomic_fetch_add(&from_handlers, 1);
    cleat_warning(in_handler, "signal", "n", n, "list", cleat_list(1, "two"));
    if (errno != 4711)
        _exit(2);
}

static void handle(int signal, void (*handler)(int signal))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    assert_int_equal(sigaction(signal, &action, NULL), 0);
}

static void storm(long microseconds)
{
    const struct itimerval timer = {{0, microseconds}, {0, microseconds}};
    assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static int configure(bool asynchronous)
{
    cleat_sink *sink = cleat_fd_sink(fd, false);
    return cleat_configure(&(cleat_config){
        CLEAT_PROCESSORS(cleat_merge_contextvars(), cleat_add_log_level(), cleat_add_callsite(CLEAT_CALLSITE_LINENO),
                         cleat_timestamper(&(cleat_timestamper_options){.local = true}),
                         cleat_redact((const char *[]){"no*"}, 1, NULL)),
        CLEAT_HANDLERS({.name = "file", .sink = asynchronous ? cleat_async_sink(sink, NULL) : sink}),
    });
}

/* ---- what is in the file ---- */

struct found {
    int torn;
    int lost_their_fields;
    int of_other_context;
};

static void find_line(struct found *found, const char *line)
{
    size_t length = strlen(line);
    bool is_handler = strstr(line, "\"event\":\"signal\"") != NULL;
    bool is_main = strstr(line, "\"event\":\"work\"") != NULL;
    int n = number_behind(line, "\"n\":");
    if (line[0] != '{' || strcmp(line + length - 2, "}\n") != 0 || strstr(line + 1, "{") != NULL ||
        is_handler == is_main) {
        found->torn++;
    } else if (n < 0 || n >= MOST_LINES) {
        found->lost_their_fields++;
    } else {
        times_found[is_handler][n]++;
        if (is_main && number_behind(line, "\"context\":") != n)
            found->of_other_context++;
    }
}

static void check_lines(int from_main, const cleat_stats *before)
{
    struct found found = {0};
    char line[2048];
    FILE *file = fdopen(dup(fd), "r");
    rewind(file);
    while (fgets(line, sizeof(line), file) != NULL)
        find_line(&found, line);
    fclose(file);
    int missing = 0;
    const int wanted[2] = {from_main, atomic_load(&from_handlers)};
    for (int who = 0; who < 2; who++) {
        for (int n = 0; n < wanted[who]; n++) {
            assert_true(times_found[who][n] <= 1);
            missing += times_found[who][n] == 0;
        }
    }
    cleat_stats after = stats_now();
    assert_int_equal(found.torn, 0);
    assert_true((uint64_t)found.lost_their_fields <= after.lost_fields - before->lost_fields);
    assert_true((uint64_t)found.of_other_context <= after.lost_fields - before->lost_fields);
    assert_int_equal(missing - found.lost_their_fields, after.lost_lines - before->lost_lines);
    assert_true(wanted[1] > 10);
}

/* ---- the tests ---- */

static void work_once(int i, cleat_context *other)
{
    void *block = malloc((size_t)(i % 3000) + 1);
    cleat_tokens tokens;
    cleat_logger *log = cleat_bind(NULL, "n", i, "more", cleat_object_n(NULL, 0));
    cleat_logger *less = cleat_try_unbind(log, "more");
    cleat_bind_contextvars(&tokens, "context", i, "tenant", "acme");
    cleat_info(less, "work");
    cleat_context *outer = cleat_context_swap(other);
    cleat_bind_contextvars("elsewhere", i);
    cleat_unbind_contextvars("elsewhere");
    cleat_context_swap(outer);
    cleat_reset_contextvars(&tokens);
    cleat_unref(less);
    cleat_unref(log);
    free(block);
}

static void change_the_configuration(int i, bool asynchronous)
{
    char name[16];
    snprintf(name, sizeof(name), "name %d", i % 40);
    cleat_logger *chatty = cleat_with_level(cleat_get_named_logger(name), CLEAT_ERROR);
    cleat_unref(chatty);
    assert_int_equal(cleat_add_handler(&(cleat_handler){.name = "null", .sink = cleat_null_sink()}), 0);
    assert_int_equal(cleat_remove_handler("null"), 0);
    if (i % 50 == 0)
        assert_int_equal(configure(asynchronous), 0);
}

static void K17_storm_while_everything_is_done(bool asynchronous)
{
    const int lines = is_heavy() ? 300000 : 6000;
    assert_int_equal(configure(asynchronous), 0);
    in_handler = cleat_bind(NULL, "bound", 1, "by", "handler");
    handle(SIGALRM, log_in_handler);
    cleat_context *other = cleat_new_context();
    cleat_stats before = stats_now();
    storm(50);
    for (int i = 0; i < lines; i++) {
        work_once(i, other);
        if (i % 10 == 0)
            change_the_configuration(i, asynchronous);
    }
    storm(0);
    assert_int_equal(cleat_flush(30000), 0);
    cleat_context_unref(other);
    check_lines(lines, &before);
}

static void K17_storm_with_a_synchronous_sink(void **state)
{
    (void)state;
    SKIP_WITH_SYSTEM_MALLOC();
    K17_storm_while_everything_is_done(false);
}

static void K17_storm_with_an_asynchronous_sink(void **state)
{
    (void)state;
    SKIP_WITH_SYSTEM_MALLOC();
    K17_storm_while_everything_is_done(true);
}

/* -- signals to several threads -- */

#define THREADS 3
static _Atomic int next_line;
static _Atomic bool stop;

static void *work(void *arg)
{
    while (!atomic_load(&stop)) {
        int n = atomic_fetch_add(&next_line, 1);
        CLEAT_BOUND_CONTEXTVARS("context", n) {
            cleat_info(NULL, "work", "n", n);
        }
        if (n % 64 == 0)
            pause_for(100);
    }
    return arg;
}

static void K17_signals_to_all_threads(void **state)
{
    (void)state;
    SKIP_WITH_SYSTEM_MALLOC();
    pthread_t threads[THREADS];
    assert_int_equal(configure(true), 0);
    in_handler = cleat_bind(NULL, "bound", 1);
    handle(SIGUSR1, log_in_handler);
    atomic_store(&next_line, 0);
    atomic_store(&stop, false);
    cleat_stats before = stats_now();
    for (int t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, work, NULL), 0);
    for (int i = 0; i < (is_heavy() ? 100000 : 3000) && atomic_load(&next_line) < MOST_LINES - 1000; i++) {
        pthread_kill(threads[i % THREADS], SIGUSR1);
        pause_for(10);
    }
    atomic_store(&stop, true);
    for (int t = 0; t < THREADS; t++)
        pthread_join(threads[t], NULL);
    assert_int_equal(cleat_flush(30000), 0);
    check_lines(atomic_load(&next_line), &before);
}

/* -- first lines -- */

static _Atomic int threads_waiting;

static void *wait_for_signal(void *arg)
{
    atomic_fetch_add(&threads_waiting, 1);
    while (!atomic_load(&stop))
        sched_yield();
    return arg;
}

static void the_first_line_of_a_thread_may_be_in_a_handler(void **state)
{
    (void)state;
    SKIP_WITH_SYSTEM_MALLOC();
    pthread_t threads[20];
    assert_int_equal(configure(false), 0);
    in_handler = cleat_bind(NULL, "bound", 1);
    handle(SIGUSR1, log_in_handler);
    cleat_stats before = stats_now();
    atomic_store(&stop, false);
    atomic_store(&threads_waiting, 0);
    for (int t = 0; t < 20; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, wait_for_signal, NULL), 0);
    while (atomic_load(&threads_waiting) < 20)
        pause_for(1000);
    for (int t = 0; t < 20; t++)
        assert_int_equal(pthread_kill(threads[t], SIGUSR1), 0);
    while (atomic_load(&from_handlers) < 20)
        pause_for(1000);
    atomic_store(&stop, true);
    for (int t = 0; t < 20; t++)
        pthread_join(threads[t], NULL);
    check_lines(0, &before);
    assert_int_equal(stats_now().lost_lines, before.lost_lines);
}

/*
 * The first line of a process makes the default configuration, for which there are locks to take: the handler may have
 * interrupted their holder.
 */
static void log_first_line(int signal)
{
    (void)signal;
    cleat_warning(NULL, "first");
    atomic_fetch_add(&from_handlers, 1);
}

static void use_the_locks(int i)
{
    char name[16];
    snprintf(name, sizeof(name), "first %d", i % 100);
    cleat_sink_unref(cleat_null_sink());
    cleat_sink_unref(cleat_stderr_sink());
    cleat_set_level(cleat_get_named_logger(name), CLEAT_INFO);
    cleat_unref(cleat_wrap_logger(NULL, &(cleat_config){CLEAT_HANDLERS({.sink = cleat_null_sink()})}));
    cleat_unref(cleat_with_level(NULL, CLEAT_INFO));
}

static void be_a_process_that_has_not_logged(int trial)
{
    const struct itimerval once = {{0, 0}, {0, 30 + trial * 7 % 400}};
    handle(SIGALRM, log_first_line);
    setitimer(ITIMER_REAL, &once, NULL);
    for (int i = 0; atomic_load(&from_handlers) == 0; i++)
        use_the_locks(i);
    uint64_t lost = stats_now().lost_lines;
    cleat_info(NULL, "second");
    _exit(lost <= 1 ? 0 : 1);
}

static void the_first_line_of_a_process_may_be_in_a_handler(void **state)
{
    (void)state;
    SKIP_WITH_SYSTEM_MALLOC();
    for (int trial = 0; trial < (is_heavy() ? 5000 : 150); trial++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            dup2(fd, STDERR_FILENO);
            be_a_process_that_has_not_logged(trial);
        }
        int status;
        for (int i = 0; waitpid(child, &status, WNOHANG) == 0; i++) {
            if (i == 20000)
                kill(child, SIGKILL); /* it hangs */
            pause_for(500);
        }
        assert_int_equal(status, 0);
    }
}

/* -- signals in the middle of an allocation -- */

#ifndef CLEAT_SYSTEM_MALLOC
static _Atomic int in_allocation;

static void log_in_allocation(int signal)
{
    (void)signal;
    if (!cleat__alloc_is_interrupted())
        return;
    cleat_info(NULL, "signal");
    atomic_fetch_add(&in_allocation, 1);
}

static void *allocate_until_interrupted(void *arg)
{
    (void)arg;
    cleat_info(in_handler, "so that this thread has memory for lines");
    block_signals(SIG_UNBLOCK);
    while (atomic_load(&in_allocation) == 0)
        cleat__free(cleat__alloc(2000)); /* of a size that threads do not keep */
    return NULL;
}

/* Lines cannot get on without this thread, which has the sink. */
static void interrupt_an_allocation(cleat_sink *sink)
{
    pthread_t thread;
    atomic_store(&in_allocation, 0);
    block_signals(SIG_BLOCK);
    cleat__sink_lock(sink);
    assert_int_equal(pthread_create(&thread, NULL, allocate_until_interrupted, NULL), 0);
    storm(200);
    for (int i = 0; i < 60000 && atomic_load(&in_allocation) == 0; i++)
        pause_for(1000);
    bool got_done = atomic_load(&in_allocation) > 0;
    storm(0);
    cleat__sink_unlock(sink);
    pthread_join(thread, NULL);
    block_signals(SIG_UNBLOCK);
    assert_true(got_done);
}
#endif

/*
 * Its holder may need memory before it gives the sink back, which nobody gets as long as such a handler runs. So that
 * waits for no sink: its line is lost, and counted.
 */
static void K17_a_handler_in_an_allocation_does_not_wait_for_a_sink(void **state)
{
    (void)state;
    SKIP_WITH_SYSTEM_MALLOC();
#ifndef CLEAT_SYSTEM_MALLOC
    in_handler = cleat_wrap_logger(NULL, &(cleat_config){CLEAT_HANDLERS({.sink = cleat_null_sink()})});
    handle(SIGALRM, log_in_allocation);
    for (int asynchronous = 0; asynchronous < 2; asynchronous++) {
        cleat_sink *sink = cleat_fd_sink(fd, false);
        if (asynchronous)
            sink = cleat_async_sink(sink, NULL);
        assert_int_equal(cleat_configure(&(cleat_config){CLEAT_HANDLERS({.sink = cleat_sink_ref(sink)})}), 0);
        uint64_t before = stats_now().lost_lines;
        interrupt_an_allocation(sink);
        assert_true(stats_now().lost_lines > before);
        cleat_sink_unref(sink);
    }
#endif
}

/* -- what is kept from line to line -- */

#define TIMES 7
static char expected_times[TIMES][CLEAT__TIME_SIZE];
static _Atomic int wrong_times;

static void check_a_time(unsigned i)
{
    char text[CLEAT__TIME_SIZE] = {0};
    int64_t second = 1700000000 + (int64_t)(i % TIMES) * 86399;
    *cleat__write_time(text, second * 1000000000) = '\0';
    if (strcmp(text, expected_times[i % TIMES]) != 0)
        atomic_fetch_add(&wrong_times, 1);
    int offset = cleat__utc_offset(second + (int64_t)(i % 1000) * 900);
    if (offset != 20700)
        atomic_fetch_add(&wrong_times, 1);
}

static void check_times_in_handler(int signal)
{
    (void)signal;
    for (unsigned i = 0; i < 5; i++)
        check_a_time(i * 31 + (unsigned)atomic_load(&from_handlers));
    atomic_fetch_add(&from_handlers, 1);
}

static void K17_times_are_whole_in_a_storm(void **state)
{
    (void)state;
    char zone[64] = "";
    if (getenv("TZ") != NULL)
        snprintf(zone, sizeof(zone), "%s", getenv("TZ"));
    setenv("TZ", "NPT-5:45", 1);
    tzset();
    for (unsigned i = 0; i < TIMES; i++) {
        time_t second = 1700000000 + (time_t)i * 86399;
        struct tm utc;
        strftime(expected_times[i], sizeof(expected_times[i]), "%Y-%m-%dT%H:%M:%S.000000Z", gmtime_r(&second, &utc));
    }
    atomic_store(&wrong_times, 0);
    cleat__utc_offset(0);
    handle(SIGALRM, check_times_in_handler);
    storm(20);
    for (unsigned i = 0; i < (is_heavy() ? 20000000U : 400000U); i++)
        check_a_time(i);
    storm(0);
    if (zone[0] != '\0')
        setenv("TZ", zone, 1);
    else
        unsetenv("TZ");
    tzset();
    assert_int_equal(atomic_load(&wrong_times), 0);
    assert_true(atomic_load(&from_handlers) > 10);
}

int main(void)
{
    if (is_under_valgrind())
        return 77; /* Meson counts it as left out */
    const struct CMUnitTest tests[] = {
        /* First: nothing has been configured yet. */
        cmocka_unit_test_setup_teardown(the_first_line_of_a_process_may_be_in_a_handler, begin, end),
        cmocka_unit_test_setup_teardown(the_first_line_of_a_thread_may_be_in_a_handler, begin, end),
        cmocka_unit_test_setup_teardown(K17_a_handler_in_an_allocation_does_not_wait_for_a_sink, begin, end),
        cmocka_unit_test_setup_teardown(K17_storm_with_a_synchronous_sink, begin, end),
        cmocka_unit_test_setup_teardown(K17_storm_with_an_asynchronous_sink, begin, end),
        cmocka_unit_test_setup_teardown(K17_signals_to_all_threads, begin, end),
        cmocka_unit_test_setup_teardown(K17_times_are_whole_in_a_storm, begin, end),
    };
    return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
