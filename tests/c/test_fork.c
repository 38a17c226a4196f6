/*
 * Forks at random moments, while other threads log, bind, configure and make sinks: no deadlock, no line twice, child
 * and parent both log on. CLEAT_HEAVY=1 forks 10,000 times, otherwise it is 300.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cleat.h>

#include "support.h"

#define THREADS 3
#define LONGEST_CHILD 60 /* seconds: one that takes longer hangs, and is ended by SIGALRM */

static int sync_fd;
static int async_fd;
static _Atomic bool stop;
static int logged[THREADS];

static int begin(void **state)
{
    (void)state;
    if (make_folder() != 0)
        return -1;
    sync_fd = open_in_folder("sync.log");
    async_fd = open_in_folder("async.log");
    atomic_store(&stop, false);
    return sync_fd < 0 || async_fd < 0 ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    cleat_reset_defaults();
    cleat_clear_contextvars();
    close(sync_fd);
    close(async_fd);
    return remove_folder();
}

/* Each line goes to both files: at once to one, through a queue to the other. */
static int configure(void)
{
    return cleat_configure(&(cleat_config){
        CLEAT_PROCESSORS(cleat_merge_contextvars(), cleat_add_log_level(),
                         cleat_timestamper(&(cleat_timestamper_options){.local = true})),
        CLEAT_HANDLERS({.sink = cleat_fd_sink(sync_fd, false)},
                       {.sink = cleat_async_sink(cleat_fd_sink(async_fd, false), NULL)}),
    });
}

/* ---- the threads of the parent ---- */

static void *log_lines(void *arg)
{
    int number = (int)(intptr_t)arg;
    cleat_logger *log = cleat_bind(NULL, "who", number);
    CLEAT_BOUND_CONTEXTVARS("kind", "thread") {
        while (!atomic_load(&stop)) {
            for (int i = 0; i < 4; i++)
                cleat_info(log, "tick", "n", logged[number]++);
            pause_for(300);
        }
    }
    cleat_unref(log);
    return NULL;
}

/* Takes and gives back every lock that there is. */
static void *churn(void *arg)
{
    char name[16];
    for (unsigned turn = 0; !atomic_load(&stop); turn++) {
        cleat_sink *memory = cleat_memory_sink(4);
        cleat_add_handler(&(cleat_handler){.name = "churn", .sink = cleat_async_sink(cleat_sink_ref(memory), NULL)});
        snprintf(name, sizeof(name), "churn %u", turn % 50);
        cleat_logger *log = cleat_with_level(cleat_get_named_logger(name), CLEAT_ERROR);
        cleat_bind_contextvars("turn", turn);
        cleat_unbind_contextvars("turn");
        if (turn < 40)
            cleat_add_level(&(cleat_level){"churned", 100 + (int)turn, NULL, NULL});
        cleat_set_handler_level("churn", CLEAT_ERROR);
        cleat_unref(log);
        cleat_sink_unref(memory);
        cleat_remove_handler("churn");
        pause_for(200);
    }
    return arg;
}

/* ---- a child ---- */

static void *log_from_a_thread(void *log)
{
    cleat_info(log, "thread", "n", 2);
    return NULL;
}

static int start_a_thread(cleat_logger *log)
{
    pthread_t thread;
    if (cleat_thread_create(&thread, NULL, log_from_a_thread, log) < 0)
        return 11;
    pthread_join(thread, NULL);
    return 0;
}

static int rebind(cleat_logger *log)
{
    int result = 0;
    CLEAT_BOUND_CONTEXTVARS("more", 1) {
        cleat_logger *more = cleat_bind(log, "yet", "more");
        cleat_logger *less = cleat_unbind(more, "yet");
        result = less == NULL ? 12 : 0;
        cleat_info(less, "rebound", "n", 2);
        cleat_unref(less);
        cleat_unref(more);
    }
    return result;
}

static int reconfigure(cleat_logger *log)
{
    if (configure() < 0)
        return 13;
    cleat_info(log, "reconfigured", "n", 2);
    return 0;
}

static int change_handlers(cleat_logger *log)
{
    cleat_sink *memory = cleat_memory_sink(0);
    int added = cleat_add_handler(&(cleat_handler){.name = "child", .sink = cleat_sink_ref(memory)});
    cleat_info(log, "handled", "n", 2);
    size_t count = cleat_memory_count(memory);
    int removed = cleat_remove_handler("child");
    cleat_sink_unref(memory);
    return added == 0 && removed == 0 && count == 1 ? 0 : 14;
}

static int name_loggers(cleat_logger *log)
{
    cleat_logger *named = cleat_get_named_logger("of the child");
    if (named == NULL || named == cleat_get_logger())
        return 15;
    cleat_set_level(named, CLEAT_ERROR);
    cleat_info(log, "named", "n", 2);
    return 0;
}

/* Three lines; 0 when all went well. */
static int be_child(int number)
{
    static int (*const does[])(cleat_logger * log) = {rebind, reconfigure, change_handlers, name_loggers,
                                                      start_a_thread};
    alarm(LONGEST_CHILD);
    cleat_fields *context = cleat_get_contextvars();
    const cleat_value *kind = cleat_fields_get(context, "kind");
    if (kind == NULL || memcmp(kind->as.text, "child", 5) != 0)
        return 10;
    cleat_fields_unref(context);
    cleat_logger *log = cleat_bind(NULL, "who", number);
    cleat_info(log, "born", "n", 0);
    cleat_info(log, "alive", "n", 1);
    int result = does[number % 5](log);
    int flushed = cleat_flush(LONGEST_CHILD * 1000);
    return result != 0 ? result : flushed < 0 ? 16 : 0;
}

/* ---- what is in the files ---- */

struct found {
    unsigned char *thread[THREADS]; /* how often each line of a thread of the parent is there */
    unsigned char (*child)[3];
    int torn;
};

static void find_line(struct found *found, const char *line, int children)
{
    int who = number_behind(line, "\"who\":");
    int n = number_behind(line, "\"n\":");
    bool is_child = strstr(line, "\"kind\":\"child\"") != NULL;
    bool is_thread = strstr(line, "\"kind\":\"thread\"") != NULL;
    size_t length = strlen(line);
    bool whole = line[0] == '{' && length > 2 && strcmp(line + length - 2, "}\n") == 0 && strstr(line + 1, "{") == NULL;
    if (whole && is_child && who >= 0 && who < children && n >= 0 && n < 3)
        found->child[who][n]++;
    else if (whole && is_thread && who >= 0 && who < THREADS && n >= 0 && n < logged[who])
        found->thread[who][n]++;
    else
        found->torn++;
}

static void check_file(const char *name, int children)
{
    struct found found = {.child = calloc((size_t)children, sizeof(*found.child))};
    for (int t = 0; t < THREADS; t++)
        found.thread[t] = calloc((size_t)logged[t] + 1, 1);
    char line[1024];
    FILE *file = fopen(in_folder(name), "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL)
        find_line(&found, line, children);
    fclose(file);
    assert_int_equal(found.torn, 0);
    for (int t = 0; t < THREADS; t++) {
        for (int n = 0; n < logged[t]; n++)
            assert_int_equal(found.thread[t][n], 1);
        free(found.thread[t]);
    }
    for (int c = 0; c < children; c++)
        for (int n = 0; n < 3; n++)
            assert_int_equal(found.child[c][n], 1);
    free(found.child);
}

static void K17_forks_at_random_moments(void **state)
{
    (void)state;
    if (is_under_address_sanitizer)
        skip(); /* its allocator does not hold its locks across a fork, and the child may find them taken */
    const int children = is_heavy() ? 10000 : 300;
    pthread_t threads[THREADS + 1];
    memset(logged, 0, sizeof(logged));
    assert_int_equal(configure(), 0);
    for (int t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, log_lines, (void *)(intptr_t)t), 0);
    assert_int_equal(pthread_create(&threads[THREADS], NULL, churn, NULL), 0);
    alarm(1200);
    cleat_bind_contextvars("kind", "child");
    unsigned seed = 7;
    for (int c = 0; c < children; c++) {
        pause_for(rand_r(&seed) % 500);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            _exit(be_child(c));
        wait_for_child(child);
    }
    atomic_store(&stop, true);
    for (int t = 0; t <= THREADS; t++)
        pthread_join(threads[t], NULL);
    assert_int_equal(cleat_flush(60000), 0);
    alarm(0);
    check_file("sync.log", children);
    check_file("async.log", children);
}

/* ---- single moments ---- */

static size_t lines_in(const char *name)
{
    char line[1024];
    size_t count = 0;
    FILE *file = fopen(in_folder(name), "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL)
        count++;
    fclose(file);
    return count;
}

/* A processor, a callback sink and a child of a child. */
static _Atomic int forks_left;

static void fork_once(void)
{
    if (atomic_fetch_sub(&forks_left, 1) <= 0)
        return;
    pid_t child = fork();
    if (child > 0) {
        wait_for_child(child);
        return;
    }
    alarm(LONGEST_CHILD);
    cleat_info(NULL, "from the child, inside");
}

static int fork_in_processor(cleat_event *event, void *arg)
{
    (void)event;
    (void)arg;
    fork_once();
    return CLEAT_KEEP;
}

static int fork_in_callback(const char *line, size_t length, int level, void *arg)
{
    (void)level;
    (void)arg;
    fork_once();
    return write(sync_fd, line, length) == (ssize_t)length ? 0 : -EIO;
}

static void a_processor_and_a_sink_may_fork(void **state)
{
    (void)state;
    pid_t parent = getpid();
    assert_int_equal(cleat_configure(&(cleat_config){
                         CLEAT_PROCESSORS(cleat_make_processor("fork", fork_in_processor, NULL, NULL)),
                         CLEAT_HANDLERS({.sink = cleat_callback_sink(fork_in_callback, NULL, NULL)}),
                     }),
                     0);
    atomic_store(&forks_left, 1); /* in the processor: the child logs inside, and both end the line */
    cleat_info(NULL, "processor forks");
    if (getpid() != parent)
        _exit(0);
    assert_int_equal(lines_in("sync.log"), 3);
    assert_int_equal(cleat_configure(&(cleat_config){
                         CLEAT_HANDLERS({.sink = cleat_callback_sink(fork_in_callback, NULL, NULL)}),
                     }),
                     0);
    atomic_store(&forks_left, 1);
    cleat_info(NULL, "sink forks");
    if (getpid() != parent)
        _exit(0);
    assert_true(lines_in("sync.log") >= 5);
    pid_t child = fork();
    if (child == 0) {
        pid_t grandchild = fork();
        cleat_info(NULL, "generations");
        _exit(grandchild == 0 || status_of_child(grandchild) == 0 ? 0 : 1);
    }
    wait_for_child(child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(K17_forks_at_random_moments, begin, end),
        cmocka_unit_test_setup_teardown(a_processor_and_a_sink_may_fork, begin, end),
    };
    return cmocka_run_group_tests_name("fork", tests, NULL, NULL);
}
