/* The sinks: the way of a line, streams and descriptors, memory, callbacks, faults, signals and forks. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <cleat/sink.h>

#include "base/clock.h"
#include "sinks/sink.h"
#include "support.h"

/* ---- tools ---- */

static uint64_t lost_since(cleat_stats before)
{
    return stats_now().lost_lines - before.lost_lines;
}

static void assert_memory_line(cleat_sink *memory, size_t index, const char *expected)
{
    char *line = cleat_memory_line(memory, index);
    assert_non_null(line);
    assert_string_equal(line, expected);
    free(line);
}

static void make_pipe(int ends[2], int flags)
{
    assert_int_equal(pipe2(ends, O_CLOEXEC | flags), 0);
}

/* A line of a given length: its letter, and a newline. */
static char *long_line(char letter, size_t length)
{
    char *line = malloc(length + 1);
    assert_non_null(line);
    memset(line, letter, length);
    line[length - 1] = '\n';
    line[length] = '\0';
    return line;
}

static size_t read_available(int fd, char *to, size_t size)
{
    size_t length = 0;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (length < size && poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0) {
        ssize_t count = read(fd, to + length, size - length);
        if (count <= 0)
            break;
        length += (size_t)count;
    }
    return length;
}

/* ---- memory, null, callback ---- */

static void memory_keeps_lines_whole(void **state)
{
    (void)state;
    cleat_sink *memory = cleat_memory_sink(0);
    assert_int_equal(cleat_memory_count(memory), 0);
    for (int i = 0; i < 100; i++) {
        char line[32];
        snprintf(line, sizeof(line), "line %d\n", i);
        put(memory, line);
    }
    assert_int_equal(cleat_memory_count(memory), 100);
    assert_memory_line(memory, 0, "line 0");
    assert_memory_line(memory, 99, "line 99");
    assert_null(cleat_memory_line(memory, 100));
    cleat_memory_clear(memory);
    assert_int_equal(cleat_memory_count(memory), 0);
    put(memory, "again\n");
    assert_memory_line(memory, 0, "again");
    cleat_sink_unref(memory);
}

static void memory_forgets_the_oldest(void **state)
{
    (void)state;
    cleat_sink *memory = cleat_memory_sink(20);
    for (int i = 0; i < 105; i++) {
        char line[32];
        snprintf(line, sizeof(line), "%d\n", i);
        put(memory, line);
    }
    assert_int_equal(cleat_memory_count(memory), 20);
    assert_memory_line(memory, 0, "85");
    assert_memory_line(memory, 19, "104");
    cleat_sink_unref(memory);
}

static void null_takes_all(void **state)
{
    (void)state;
    cleat_sink *sink = cleat_null_sink();
    cleat_stats before = stats_now();
    put(sink, "nowhere\n");
    assert_int_equal(lost_since(before), 0);
    assert_int_equal(cleat_memory_count(sink), 0);
    assert_null(cleat_memory_line(sink, 0));
    assert_int_equal(cleat_async_dropped(sink), 0);
    assert_false(cleat__sink_is_terminal(sink));
    cleat_sink_unref(sink);
    cleat_sink_unref(NULL);
    assert_null(cleat_sink_ref(NULL));
}

struct seen {
    cleat_sink *answer_to[2]; /* sinks that the callback logs to */
    const char *answer;
    int calls;
    int released;
    int result;
    int level;
    int flushed;
};

static int see(const char *line, size_t length, int level, void *arg)
{
    struct seen *seen = arg;
    assert_int_equal(line[length - 1], '\n');
    seen->calls++;
    seen->level = level;
    for (int i = 0; i < 2; i++)
        if (seen->answer_to[i] != NULL) {
            put(seen->answer_to[i], seen->answer);
            seen->flushed = cleat_sink_flush(seen->answer_to[i], -1);
        }
    return seen->result;
}

static void see_release(void *arg)
{
    ((struct seen *)arg)->released++;
}

static void callback_is_called_and_released(void **state)
{
    (void)state;
    struct seen seen = {0};
    cleat_sink *sink = cleat_callback_sink(see, &seen, see_release);
    cleat__sink_write(sink, "x\n", 2, 30);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.level, 30);
    cleat_sink_ref(sink);
    cleat_sink_unref(sink);
    assert_int_equal(seen.released, 0);
    cleat_sink_unref(sink);
    assert_int_equal(seen.released, 1);
    assert_null(cleat_callback_sink(NULL, &seen, see_release));
    assert_int_equal(seen.released, 2);
    assert_non_null(strstr(cleat_error_message(), "callback"));
}

static void failing_callback_is_counted(void **state)
{
    (void)state;
    struct seen seen = {.result = -EIO};
    cleat_sink *sink = cleat_callback_sink(see, &seen, NULL);
    cleat_stats before = stats_now();
    errno = 77;
    put(sink, "x\n");
    assert_int_equal(errno, 77);
    put(sink, "y\n");
    assert_int_equal(lost_since(before), 2);
    assert_int_equal(stats_now().sink_errors - before.sink_errors, 2);
    assert_int_equal(seen.calls, 2);
    cleat_sink_unref(sink);
}

/* ---- K17: re-entry ---- */

static void K17_callback_that_logs_to_itself_hears_one_answer(void **state)
{
    (void)state;
    struct seen seen = {.answer = "answer\n"};
    cleat_sink *sink = cleat_callback_sink(see, &seen, NULL);
    seen.answer_to[0] = sink;
    cleat_stats before = stats_now();
    put(sink, "question\n");
    assert_int_equal(seen.calls, 2);
    assert_int_equal(lost_since(before), 1);
    assert_int_equal(seen.flushed, -EDEADLK);
    assert_false(cleat__sink_is_inside());
    put(sink, "question\n");
    assert_int_equal(seen.calls, 4);
    cleat_sink_unref(sink);
}

static void K17_callback_logs_to_another_sink(void **state)
{
    (void)state;
    cleat_sink *memory = cleat_memory_sink(0);
    struct seen seen = {.answer = "seen\n", .answer_to = {memory, memory}};
    cleat_sink *sink = cleat_callback_sink(see, &seen, NULL);
    put(sink, "x\n");
    assert_int_equal(cleat_memory_count(memory), 2);
    assert_memory_line(memory, 1, "seen");
    cleat_sink_unref(sink);
    cleat_sink_unref(memory);
}

struct other_thread {
    cleat_sink *sink;
    int count;
    atomic_bool *stop;
};

static void *write_many(void *arg)
{
    struct other_thread *thread = arg;
    for (int i = 0; i < thread->count; i++)
        put(thread->sink, "from a thread\n");
    return NULL;
}

static void K17_two_callbacks_that_log_to_each_other(void **state)
{
    (void)state;
    struct seen seen[2] = {{.answer = "a\n"}, {.answer = "b\n"}};
    cleat_sink *sinks[2];
    for (int i = 0; i < 2; i++)
        sinks[i] = cleat_callback_sink(see, &seen[i], NULL);
    seen[0].answer_to[0] = sinks[1];
    seen[1].answer_to[0] = sinks[0];
    int count = is_heavy() ? 1000000 : 50000;
    cleat_stats before = stats_now();
    pthread_t threads[2];
    struct other_thread args[2] = {{.sink = sinks[0], .count = count}, {.sink = sinks[1], .count = count}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &args[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    /* Each sink got its own lines and the answers of the other; the answers to answers were let go. */
    assert_int_equal(seen[0].calls, 2 * count);
    assert_int_equal(seen[1].calls, 2 * count);
    assert_int_equal(lost_since(before), 2 * count);
    cleat_sink_unref(sinks[0]);
    cleat_sink_unref(sinks[1]);
}

static int last_reference(const char *line, size_t length, int level, void *arg)
{
    (void)line;
    (void)length;
    (void)level;
    cleat_sink **sink = arg;
    if (*sink != NULL) {
        put(*sink, "held\n");
        cleat_sink_unref(*sink);
        *sink = NULL;
    }
    return 0;
}

static void K17_held_line_keeps_its_sink(void **state)
{
    (void)state;
    struct seen seen = {0};
    cleat_sink *other = cleat_callback_sink(see, &seen, see_release);
    cleat_sink *sink = cleat_callback_sink(last_reference, &other, NULL);
    put(sink, "x\n");
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.released, 1);
    cleat_sink_unref(sink);
}

/* ---- streams and descriptors ---- */

static void K14_one_line_one_write(void **state)
{
    (void)state;
    int fd = open_file(O_APPEND);
    cleat_sink *sink = cleat_fd_sink(fd, true);
    put(sink, "one\n");
    put(sink, "two\n");
    assert_content(fd, "one\ntwo\n");
    assert_false(cleat__sink_is_terminal(sink));
    int kept = dup(fd);
    cleat_sink_unref(sink);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    sink = cleat_fd_sink(kept, false);
    cleat_sink_unref(sink);
    assert_int_equal(close(kept), 0);
}

static void K14_datagrams_show_one_write_per_line(void **state)
{
    (void)state;
    /* In packet mode each read gives what one write gave. */
    int ends[2];
    make_pipe(ends, O_DIRECT);
    cleat_sink *sink = cleat_fd_sink(ends[1], true);
    put(sink, "one\n");
    put(sink, "two words\n");
    char text[64];
    assert_int_equal(read(ends[0], text, sizeof(text)), 4);
    assert_int_equal(read(ends[0], text, sizeof(text)), 10);
    cleat_sink_unref(sink);
    close(ends[0]);
}

static void wrong_descriptors_are_refused(void **state)
{
    (void)state;
    assert_null(cleat_fd_sink(-1, false));
    assert_null(cleat_fd_sink(9999, false));
    assert_non_null(strstr(cleat_error_message(), "9999"));
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_null(cleat_fd_sink(fd, false));
    close(fd);
}

static void standard_streams_share_one_lock(void **state)
{
    (void)state;
    cleat_sink *one = cleat_stderr_sink();
    cleat_sink *two = cleat_stderr_sink();
    cleat_sink *out = cleat_stdout_sink();
    assert_ptr_equal(one, two);
    assert_ptr_not_equal(one, out);
    cleat_sink_unref(one);
    cleat_sink_unref(two);
    cleat_sink_unref(out);
}

/* ---- faults ---- */

static void full_disk_is_counted(void **state)
{
    (void)state;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    cleat_sink *sink = cleat_fd_sink(fd, true);
    cleat_stats before = stats_now();
    put(sink, "lost\n");
    put(sink, "lost\n");
    assert_int_equal(lost_since(before), 2);
    /* The next line tries anew. */
    int good = open_file(O_APPEND);
    dup2(good, fd);
    put(sink, "kept\n");
    assert_content(good, "kept\n");
    assert_int_equal(lost_since(before), 2);
    cleat_sink_unref(sink);
    close(good);
}

static void closed_descriptor_is_counted(void **state)
{
    (void)state;
    int fd = open_file(O_APPEND);
    cleat_sink *sink = cleat_fd_sink(fd, false);
    close(fd);
    cleat_stats before = stats_now();
    put(sink, "lost\n");
    assert_int_equal(lost_since(before), 1);
    cleat_sink_unref(sink);
}

static volatile sig_atomic_t signals_seen;

static void count_signal(int number)
{
    (void)number;
    signals_seen = signals_seen + 1;
}

static void broken_pipe_raises_no_signal(void **state)
{
    (void)state;
    struct sigaction count = {.sa_handler = count_signal};
    struct sigaction before_action;
    sigaction(SIGPIPE, &count, &before_action);
    signals_seen = 0;
    int ends[2];
    make_pipe(ends, 0);
    cleat_sink *sink = cleat_fd_sink(ends[1], true);
    close(ends[0]);
    cleat_stats before = stats_now();
    put(sink, "lost\n");
    assert_int_equal(lost_since(before), 1);
    assert_int_equal(signals_seen, 0);

    /* A pending one of the program's own stays. */
    sigset_t only_pipe;
    sigset_t mask;
    sigset_t pending;
    sigemptyset(&only_pipe);
    sigaddset(&only_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &only_pipe, &mask);
    raise(SIGPIPE);
    put(sink, "lost\n");
    sigpending(&pending);
    assert_int_equal(sigismember(&pending, SIGPIPE), 1);
    assert_int_equal(signals_seen, 0);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    assert_int_equal(signals_seen, 1);

    /* One that was blocked, and not pending, is so afterwards. */
    pthread_sigmask(SIG_BLOCK, &only_pipe, &mask);
    put(sink, "lost\n");
    sigpending(&pending);
    assert_int_equal(sigismember(&pending, SIGPIPE), 0);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    assert_int_equal(lost_since(before), 3);
    cleat_sink_unref(sink);
    sigaction(SIGPIPE, &before_action, NULL);
}

static void write_past_the_limit(void)
{
    struct rlimit limit = {.rlim_cur = 10, .rlim_max = RLIM_INFINITY};
    int fd = open_file(O_APPEND);
    cleat_sink *sink = cleat_fd_sink(fd, false);
    setrlimit(RLIMIT_FSIZE, &limit);
    pause_for(20000);
    cleat_stats before = stats_now();
    put(sink, "12345\n");
    put(sink, "678901234\n"); /* four bytes of it go out */
    put(sink, "678\n");
    put(sink, "x\n");
    bool good = lost_since(before) == 2;
    char *text = file_content(fd);
    good = good && strcmp(text, "12345\n678\n") == 0;
    _exit(good ? 0 : 1);
}

static void part_of_a_line_is_cut_off_a_file(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0)
        write_past_the_limit();
    wait_for_child(child);
}

static void fill(int fd)
{
    char letters[4096];
    memset(letters, '.', sizeof(letters));
    while (write(fd, letters, sizeof(letters)) > 0)
        continue;
}

static void full_pipe_keeps_the_rest_of_a_line(void **state)
{
    (void)state;
    int ends[2];
    make_pipe(ends, O_NONBLOCK);
    cleat_sink *sink = cleat_fd_sink(ends[1], true);
    char *big = long_line('a', 200000);
    cleat_stats before = stats_now();
    cleat__write_patience = CLEAT__SECOND / 2;
    int64_t start = cleat__clock_monotonic();
    put(sink, big); /* fills the pipe, and waits in vain */
    int64_t waited = cleat__clock_monotonic() - start;
    assert_in_range(waited, CLEAT__SECOND / 2, 2 * CLEAT__SECOND);
    start = cleat__clock_monotonic();
    put(sink, "does not fit\n");
    assert_true(cleat__clock_monotonic() - start < CLEAT__SECOND / 2);
    assert_int_equal(lost_since(before), 1);
    assert_int_equal(cleat_sink_flush(sink, 10), -ETIMEDOUT);

    char *text = malloc(300000);
    size_t length = read_available(ends[0], text, 300000);
    while (cleat_sink_flush(sink, 0) != 0)
        length += read_available(ends[0], text + length, 300000 - length);
    put(sink, "next\n");
    length += read_available(ends[0], text + length, 300000 - length);
    assert_int_equal(length, 200005);
    assert_memory_equal(text, big, 200000);
    assert_memory_equal(text + 200000, "next\n", 5);
    assert_int_equal(lost_since(before), 1);
    free(big);
    free(text);
    cleat_sink_unref(sink);
    close(ends[0]);
}

static void rest_of_a_line_without_memory_is_fenced_off(void **state)
{
    (void)state;
    int ends[2];
    make_pipe(ends, O_NONBLOCK);
    struct cleat__output output = {0};
    cleat__output_begin(&output, ends[1]);
    char *big = long_line('a', 200000);
    fill(ends[1]);
    char *text = malloc(300000);
    assert_true(read(ends[0], text, 8192) > 0);
    fail_allocations_after(0);
    cleat__write_patience = CLEAT__SECOND / 2;
    assert_int_equal(cleat__write_whole(&output, big, 200000), -EAGAIN);
    allow_allocations();
    while (read_available(ends[0], text, 300000) > 0)
        continue;
    assert_int_equal(cleat__write_whole(&output, "next\n", 5), 0);
    assert_int_equal(read_available(ends[0], text, 300000), 6);
    assert_memory_equal(text, "\nnext\n", 6);
    cleat__output_end(&output);
    free(big);
    free(text);
    close(ends[0]);
    close(ends[1]);
}

static void several_lines_to_a_pipe_go_in_portions(void **state)
{
    (void)state;
    int ends[2];
    make_pipe(ends, O_DIRECT);
    struct cleat__output output = {0};
    cleat__output_begin(&output, ends[1]);
    char lines[12000] = "";
    for (int i = 0; i < 12; i++) {
        memset(lines + i * 1000, 'a' + i, 999);
        lines[i * 1000 + 999] = '\n';
    }
    size_t written;
    assert_int_equal(cleat__write_lines(&output, lines, sizeof(lines), &written), 0);
    assert_int_equal(written, sizeof(lines));
    char text[8192];
    for (int i = 0; i < 3; i++)
        assert_int_equal(read(ends[0], text, sizeof(text)), 4000);
    cleat__output_end(&output);
    close(ends[0]);
    close(ends[1]);
}

static void *read_slowly(void *arg)
{
    int fd = *(int *)arg;
    char *text = malloc(300000);
    size_t length = 0;
    for (ssize_t count; length < 300000 && (count = read(fd, text + length, 5000)) > 0; length += (size_t)count)
        pause_for(1000);
    text[length < 300000 ? length : 299999] = '\0';
    return text;
}

static void interrupted_and_short_writes_are_finished(void **state)
{
    (void)state;
    struct sigaction interrupt = {.sa_handler = count_signal}; /* no SA_RESTART */
    struct sigaction before_action;
    sigaction(SIGALRM, &interrupt, &before_action);
    int ends[2];
    make_pipe(ends, 0);
    cleat_sink *sink = cleat_fd_sink(ends[1], true);
    pthread_t reader;
    sigset_t alarms;
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarms, NULL);
    assert_int_equal(pthread_create(&reader, NULL, read_slowly, &ends[0]), 0);
    pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
    signals_seen = 0;
    struct itimerval often = {{0, 500}, {0, 500}};
    setitimer(ITIMER_REAL, &often, NULL);
    char *big = long_line('b', 200000);
    cleat_stats before = stats_now();
    put(sink, big);
    put(sink, "next\n");
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
    assert_true(signals_seen > 0);
    assert_int_equal(lost_since(before), 0);
    cleat_sink_unref(sink);
    void *text;
    pthread_join(reader, &text);
    assert_int_equal(strlen(text), 200005);
    assert_memory_equal(text, big, 200000);
    assert_string_equal((char *)text + 200000, "next\n");
    free(text);
    free(big);
    close(ends[0]);
    sigaction(SIGALRM, &before_action, NULL);
}

/* ---- signal handlers that log ---- */

static cleat_sink *storm_sink;
static atomic_uint storm_lines;

static void log_in_handler(int number)
{
    (void)number;
    put(storm_sink, "from a handler\n");
    atomic_fetch_add(&storm_lines, 1);
}

static void *write_until(void *arg)
{
    struct other_thread *thread = arg;
    for (thread->count = 0; !atomic_load(thread->stop); thread->count++)
        put(thread->sink, "from a thread\n");
    return NULL;
}

static void K17_signal_handlers_may_log(void **state)
{
    (void)state;
#ifdef CLEAT_SYSTEM_MALLOC
    skip(); /* malloc() is not for signal handlers */
#endif
    struct sigaction handler = {.sa_handler = log_in_handler, .sa_flags = SA_RESTART};
    struct sigaction before_action;
    sigaction(SIGUSR1, &handler, &before_action);
    int fd = open_file(O_APPEND);
    storm_sink = cleat_fd_sink(fd, false);
    atomic_store(&storm_lines, 0);
    atomic_bool stop = false;
    cleat_stats before = stats_now();
    struct other_thread args[2] = {{.sink = storm_sink, .stop = &stop}, {.sink = storm_sink, .stop = &stop}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_until, &args[i]), 0);
    int storms = is_heavy() ? 200000 : 5000;
    for (int i = 0; i < storms; i++) {
        pthread_kill(threads[i % 2], SIGUSR1);
        pause_for(1);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    char *text = file_content(fd);
    size_t from_threads = count_lines_in(text, "from a thread\n");
    size_t from_handlers = count_lines_in(text, "from a handler\n");
    assert_int_equal(from_threads, args[0].count + args[1].count);
    assert_int_equal(from_handlers + lost_since(before), atomic_load(&storm_lines));
    assert_true(from_handlers > 0);
    assert_int_equal(strlen(text), from_threads * 14 + from_handlers * 15);
    free(text);
    cleat_sink_unref(storm_sink);
    close(fd);
    sigaction(SIGUSR1, &before_action, NULL);
}

/* ---- fork ---- */

static void K17_fork_at_any_moment(void **state)
{
    (void)state;
    int fd = open_file(O_APPEND);
    cleat_sink *sink = cleat_fd_sink(fd, false);
    cleat_sink *memory = cleat_memory_sink(50);
    atomic_bool stop = false;
    struct other_thread args[3] = {
        {.sink = sink, .stop = &stop}, {.sink = sink, .stop = &stop}, {.sink = memory, .stop = &stop}};
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_until, &args[i]), 0);
    int forks = is_heavy() ? 5000 : 100;
    for (int i = 0; i < forks; i++) {
        pid_t child = fork();
        if (child == 0) {
            put(sink, "from a child\n");
            put(memory, "from a child\n");
            cleat_sink *mine = cleat_memory_sink(0);
            put(mine, "x\n");
            cleat_sink_unref(mine);
            _exit(cleat_flush(1000) == 0 ? 0 : 1);
        }
        assert_true(child > 0);
        wait_for_child(child);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    char *text = file_content(fd);
    assert_int_equal(count_lines_in(text, "from a child\n"), forks);
    assert_int_equal(strlen(text), 14 * (args[0].count + args[1].count) + 13 * forks);
    free(text);
    cleat_sink_unref(memory);
    cleat_sink_unref(sink);
    close(fd);
}

static int fork_inside(const char *line, size_t length, int level, void *arg)
{
    (void)length;
    (void)level;
    cleat_sink **sinks = arg;
    if (strcmp(line, "fork\n") != 0)
        return 0;
    put(sinks[0], "held\n");
    pid_t child = fork();
    if (child == 0)
        return 0; /* goes on as the parent does */
    int status;
    return waitpid(child, &status, 0) == child && status == 0 ? 0 : -EIO;
}

static void K17_fork_inside_a_callback(void **state)
{
    (void)state;
    int fd = open_file(O_APPEND);
    cleat_sink *sinks[2] = {cleat_fd_sink(fd, false), NULL};
    sinks[1] = cleat_callback_sink(fork_inside, sinks, NULL);
    pid_t parent = getpid();
    cleat_stats before = stats_now();
    put(sinks[1], "fork\n");
    if (getpid() != parent) {
        put(sinks[1], "the lock is free\n");
        put(sinks[0], "child\n");
        _exit(0);
    }
    assert_int_equal(lost_since(before), 0);
    assert_content(fd, "child\nheld\n"); /* the held line once, and by the parent */
    cleat_sink_unref(sinks[0]);
    cleat_sink_unref(sinks[1]);
    close(fd);
}

static void *write_one(void *arg)
{
    struct other_thread *thread = arg;
    char *big = long_line('c', 100000);
    cleat__sink_write(thread->sink, big, 100000, 20);
    free(big);
    return NULL;
}

static void K17_fork_while_a_sink_is_stuck(void **state)
{
    (void)state;
    int ends[2];
    make_pipe(ends, 0);
    cleat_sink *sink = cleat_fd_sink(ends[1], true);
    struct other_thread arg = {.sink = sink};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_one, &arg), 0);
    pause_for(50000);
    int64_t start = cleat__clock_monotonic();
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    assert_true(cleat__clock_monotonic() - start < 2 * CLEAT__SECOND);
    wait_for_child(child);
    char *text = malloc(200000);
    for (size_t length = 0; length < 100000;)
        length += read_available(ends[0], text, 200000);
    pthread_join(thread, NULL);
    free(text);
    cleat_sink_unref(sink);
    close(ends[0]);
}

/* ---- threads that end ---- */

static void *write_until_cancelled(void *arg)
{
    struct other_thread *thread = arg;
    for (;;) {
        put(thread->sink, "from a thread\n");
        pthread_testcancel();
    }
    return NULL;
}

static void K17_cancelled_thread_leaves_no_lock(void **state)
{
    (void)state;
    int fd = open_file(O_APPEND);
    cleat_sink *sink = cleat_fd_sink(fd, false);
    struct other_thread arg = {.sink = sink};
    for (int i = 0; i < 50; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, write_until_cancelled, &arg), 0);
        pause_for(200);
        pthread_cancel(thread);
        pthread_join(thread, NULL);
        put(sink, "from a thread\n"); /* hangs if the thread ended inside */
    }
    char *text = file_content(fd);
    assert_int_equal(strlen(text) % 14, 0);
    free(text);
    cleat_sink_unref(sink);
    close(fd);
}

/* ---- the registry ---- */

static void flush_asks_every_sink(void **state)
{
    (void)state;
    assert_int_equal(cleat_sink_flush(NULL, 0), -EINVAL);
    cleat_sink *sinks[3] = {cleat_null_sink(), cleat_memory_sink(0), cleat_null_sink()};
    assert_int_equal(cleat_flush(1000), 0);
    size_t count = 0;
    for (cleat_sink *sink = cleat__sink_next(NULL); sink != NULL; sink = cleat__sink_next(sink))
        count += sink == sinks[0] || sink == sinks[1] || sink == sinks[2];
    assert_int_equal(count, 3);
    cleat_sink_unref(sinks[1]);
    cleat_sink_unref(sinks[0]);
    assert_int_equal(cleat_sink_flush(sinks[2], 0), 0);
    cleat_sink_unref(sinks[2]);
    assert_null(cleat__sink_next(NULL));
}

static void reopening_counts_up(void **state)
{
    (void)state;
    unsigned before = cleat__sink_reopen_generation();
    cleat_reopen_sinks();
    assert_int_equal(cleat__sink_reopen_generation(), before + 1);
}

static void loss_line(void *arg, uint64_t count, struct cleat__buffer *line)
{
    char text[64];
    snprintf(text, sizeof(text), "%s %d\n", (const char *)arg, (int)count);
    cleat__buffer_add(line, text, strlen(text));
}

static void loss_line_is_made(void **state)
{
    (void)state;
    cleat_sink *sink = cleat_null_sink();
    struct cleat__buffer line = {0};
    cleat__sink_make_loss_line(sink, 3, &line);
    assert_int_equal(line.length, 0);
    static char word[] = "dropped";
    cleat__sink_set_loss_line(sink, loss_line, word);
    cleat__sink_make_loss_line(sink, 3, &line);
    assert_int_equal(line.length, 10);
    assert_memory_equal(line.data, "dropped 3\n", 10);
    cleat__buffer_free(&line);
    cleat_sink_unref(sink);
}

/* ---- memory that runs out ---- */

static void sinks_without_memory(void **state)
{
    (void)state;
    int released = 0;
    for (int allowed = 0; allowed < 12; allowed++) {
        struct seen seen = {.answer = "answer\n"};
        cleat_stats before = stats_now();
        fail_allocations_after(allowed);
        cleat_sink *memory = cleat_memory_sink(0);
        cleat_sink *callback = cleat_callback_sink(see, &seen, see_release);
        cleat_sink *fd = cleat_fd_sink(STDERR_FILENO, false);
        seen.answer_to[0] = memory;
        size_t written = 0;
        for (; written < 3 && memory != NULL; written++)
            put(memory, "kept\n");
        if (callback != NULL)
            put(callback, "question\n");
        allow_allocations();
        size_t answers = memory != NULL ? (size_t)seen.calls : 0;
        assert_int_equal(cleat_memory_count(memory) + lost_since(before), written + answers);
        cleat_sink_unref(memory);
        cleat_sink_unref(callback);
        cleat_sink_unref(fd);
        released += seen.released;
    }
    assert_int_equal(released, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_keeps_lines_whole),
        cmocka_unit_test(memory_forgets_the_oldest),
        cmocka_unit_test(null_takes_all),
        cmocka_unit_test(callback_is_called_and_released),
        cmocka_unit_test(failing_callback_is_counted),
        cmocka_unit_test(K17_callback_that_logs_to_itself_hears_one_answer),
        cmocka_unit_test(K17_callback_logs_to_another_sink),
        cmocka_unit_test(K17_two_callbacks_that_log_to_each_other),
        cmocka_unit_test(K17_held_line_keeps_its_sink),
        cmocka_unit_test(K14_one_line_one_write),
        cmocka_unit_test(K14_datagrams_show_one_write_per_line),
        cmocka_unit_test(wrong_descriptors_are_refused),
        cmocka_unit_test(standard_streams_share_one_lock),
        cmocka_unit_test(full_disk_is_counted),
        cmocka_unit_test(closed_descriptor_is_counted),
        cmocka_unit_test(broken_pipe_raises_no_signal),
        cmocka_unit_test(part_of_a_line_is_cut_off_a_file),
        cmocka_unit_test(full_pipe_keeps_the_rest_of_a_line),
        cmocka_unit_test(rest_of_a_line_without_memory_is_fenced_off),
        cmocka_unit_test(several_lines_to_a_pipe_go_in_portions),
        cmocka_unit_test(interrupted_and_short_writes_are_finished),
        cmocka_unit_test(K17_signal_handlers_may_log),
        cmocka_unit_test(K17_fork_at_any_moment),
        cmocka_unit_test(K17_fork_inside_a_callback),
        cmocka_unit_test(K17_fork_while_a_sink_is_stuck),
        cmocka_unit_test(K17_cancelled_thread_leaves_no_lock),
        cmocka_unit_test(flush_asks_every_sink),
        cmocka_unit_test(reopening_counts_up),
        cmocka_unit_test(loss_line_is_made),
        cmocka_unit_test(sinks_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
