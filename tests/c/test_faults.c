/* The table "When things go wrong" of the design: a test for each row, with the result that the table says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cleat.h>

#include "sinks/sink.h"
#include "support.h"

/* ---- system calls that fail: these stand in the place of the C library's ---- */

ssize_t write(int fd, const void *bytes, size_t length);
int rename(const char *from, const char *to);

static int scripted_fd = -1;
static int write_error;     /* what each write to scripted_fd fails with; 0: none */
static unsigned interrupts; /* so many of them fail with EINTR, or go out in part, in turns */
static bool rename_fails;

ssize_t write(int fd, const void *bytes, size_t length)
{
    struct iovec whole = {(void *)(uintptr_t)bytes, length};
    if (fd != scripted_fd || fd < 0)
        return writev(fd, &whole, 1);
    if (write_error != 0) {
        errno = write_error;
        return -1;
    }
    if (interrupts > 0 && interrupts-- % 2 == 0) {
        errno = EINTR;
        return -1;
    }
    if (interrupts > 0 && length > 3)
        whole.iov_len = 3;
    return writev(fd, &whole, 1);
}

int rename(const char *from, const char *to)
{
    if (rename_fails) {
        errno = EACCES;
        return -1;
    }
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

/* ---- tools ---- */

static cleat_sink *memory;

/* Lines go into memory, with nothing added. */
static void configure_memory(const cleat_config *limits)
{
    cleat_config config = *limits;
    const cleat_handler handler = {.renderer = cleat_json_renderer(NULL), .sink = cleat_sink_ref(memory)};
    cleat_processor *const none[1] = {NULL};
    config.processors = none;
    config.n_processors = 0;
    config.handlers = &handler;
    config.n_handlers = 1;
    assert_int_equal(cleat_configure(&config), 0);
}

static int begin(void **state)
{
    (void)state;
    memory = cleat_memory_sink(0);
    configure_memory(&(cleat_config){0});
    return make_folder();
}

static int end(void **state)
{
    (void)state;
    scripted_fd = -1;
    write_error = 0;
    interrupts = 0;
    rename_fails = false;
    cleat_sink_unref(memory);
    cleat_reset_defaults();
    return remove_folder();
}

static void assert_line(const char *expected)
{
    char *line = cleat_memory_line(memory, cleat_memory_count(memory) - 1);
    assert_string_equal(line, expected);
    free(line);
}

static void configure_fd(int fd)
{
    scripted_fd = fd;
    assert_int_equal(cleat_configure(&(cleat_config){
                         CLEAT_PROCESSORS(cleat_add_log_level()),
                         CLEAT_HANDLERS({.sink = cleat_fd_sink(fd, false)}),
                     }),
                     0);
}

/* ---- bad data ---- */

static void a_string_that_is_not_utf8_has_replacement_characters(void **state)
{
    (void)state;
    cleat_info(NULL, "a\xFFz", "k", "\xC3", "over", "\xC0\xAF", "half", "\xED\xA0\x80", "k\xFE", 1, "good", "\xC3\xA9");
    assert_line("{\"k\":\"\xEF\xBF\xBD\",\"over\":\"\xEF\xBF\xBD\xEF\xBF\xBD\",\"half\":"
                "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\","
                "\"k\xEF\xBF\xBD\":1,\"good\":\"\xC3\xA9\",\"event\":\"a\xEF\xBF\xBDz\"}");
}

static void null_strings_are_null_and_a_null_logger_is_the_default_one(void **state)
{
    (void)state;
    const cleat_field in_object[] = {{"b", cleat_string(NULL)}};
    const cleat_value in_list[] = {cleat_string(NULL)};
    cleat_info(NULL, (const char *)NULL, "a", (char *)NULL, "n", cleat_string_n(NULL, 0), "bytes", cleat_bytes(NULL, 0),
               "o", cleat_object_n(in_object, 1), "l", cleat_list_n(in_list, 1));
    assert_line("{\"a\":null,\"n\":null,\"bytes\":null,\"o\":{\"b\":null},\"l\":[null],\"event\":null}");
    const cleat_field fields[] = {{NULL, cleat_int(1)}};
    cleat_log_fields(NULL, CLEAT_INFO, NULL, cleat_string("array"), fields, 1);
    assert_line("{\"\":1,\"event\":\"array\"}");
    cleat_logger *bound = cleat_bind(NULL, "x", (const char *)NULL);
    cleat_info(bound, "bound");
    assert_line("{\"x\":null,\"event\":\"bound\"}");
    cleat_unref(bound);
    cleat_unref(NULL);
    assert_ptr_equal(cleat_get_named_logger(NULL), cleat_get_logger());
}

static void null_keys_in_objects_are_empty_keys(void **state)
{
    (void)state;
    const cleat_field fields[] = {{NULL, cleat_int(1)}, {"a", cleat_int(2)}, {NULL, cleat_int(3)}};
    cleat_info(NULL, "keys", "o", cleat_object_n(fields, 3));
    assert_line("{\"o\":{\"\":3,\"a\":2},\"event\":\"keys\"}");
}

static void nan_and_infinities_are_null_in_json_and_spelled_out_in_text(void **state)
{
    (void)state;
    cleat_sink *text = cleat_memory_sink(0);
    cleat_add_handler(&(cleat_handler){.renderer = cleat_logfmt_renderer(NULL), .sink = cleat_sink_ref(text)});
    cleat_info(NULL, "numbers", "nan", (double)NAN, "inf", (double)INFINITY, "minus", (double)-INFINITY);
    assert_line("{\"nan\":null,\"inf\":null,\"minus\":null,\"event\":\"numbers\"}");
    char *line = cleat_memory_line(text, 0);
    assert_non_null(strstr(line, "nan="));
    assert_null(strstr(line, "null"));
    assert_non_null(strstr(strstr(line, "inf="), "inf"));
    assert_non_null(strstr(line, "-"));
    free(line);
    cleat_sink_unref(text);
}

static void what_contains_itself_or_nests_too_deep_is_cut_with_a_marker(void **state)
{
    (void)state;
    configure_memory(&(cleat_config){.max_depth = 3});
    cleat_value self[2];
    self[0] = cleat_int(1);
    self[1] = cleat_list_n(self, 2);
    cleat_info(NULL, "loop", "self", self[1]);
    assert_line("{\"self\":[1,[1,[1,\"[cut: nested too deep]\"]]],\"event\":\"loop\"}");
    cleat_field ring[1];
    ring[0] = (cleat_field){"ring", cleat_object_n(ring, 1)};
    cleat_info(NULL, "ring", "o", ring[0].value);
    assert_line("{\"o\":{\"ring\":{\"ring\":{\"ring\":\"[cut: nested too deep]\"}}},\"event\":\"ring\"}");
    cleat_logger *log = cleat_bind(NULL, "self", self[1]);
    cleat_info(log, "bound");
    assert_line("{\"self\":[1,[1,[1,\"[cut: nested too deep]\"]]],\"event\":\"bound\"}");
    cleat_unref(log);
}

static void a_long_value_is_cut_and_marked_and_so_is_a_long_line(void **state)
{
    (void)state;
    char text[3001];
    memset(text, 'x', 3000);
    text[3000] = '\0';
    configure_memory(&(cleat_config){.max_value_bytes = 10, .max_line_bytes = 1024});
    cleat_info(NULL, "value", "long", text);
    assert_line("{\"long\":\"xxxxxxxxxx...[cut 2990 bytes]\",\"event\":\"value\"}");
    configure_memory(&(cleat_config){.max_line_bytes = 1024});
    cleat_stats before = stats_now();
    cleat_info(NULL, "line", "a", 1, "long", text, "b", 2);
    assert_line("{\"a\":1,\"b\":2,\"event\":\"line\",\"cleat_cut\":1}");
    assert_int_equal(stats_now().lost_fields - before.lost_fields, 1);
    assert_int_equal(stats_now().lost_lines, before.lost_lines);
}

/* ---- no memory: test_allocation.c fails each allocation one by one ---- */

static void *log_without_memory(void *arg)
{
    cleat_info(arg, "from a new thread");
    return NULL;
}

static void without_memory_bind_returns_its_logger_and_a_lost_line_is_counted(void **state)
{
    (void)state;
    cleat_logger *log = cleat_bind(NULL, "a", 1);
    cleat_info(log, "before");
    cleat_stats before = stats_now();
    pthread_t thread;
    fail_allocations_after(0);
    cleat_logger *same = cleat_bind(log, "b", 2);
    int created = pthread_create(&thread, NULL, log_without_memory, NULL);
    pthread_join(thread, NULL);
    allow_allocations();
    assert_int_equal(created, 0);
    assert_ptr_equal(same, log);
    assert_int_equal(stats_now().lost_lines - before.lost_lines, 1);
    assert_true(stats_now().allocation_errors > before.allocation_errors);
    cleat_info(same, "after");
    assert_line("{\"a\":1,\"event\":\"after\"}");
    cleat_unref(same);
    cleat_unref(log);
}

/* ---- writes ---- */

static void eintr_and_short_writes_are_finished(void **state)
{
    (void)state;
    int fd = open_in_folder("log");
    configure_fd(fd);
    cleat_stats before = stats_now();
    interrupts = 20;
    cleat_info(NULL, "interrupted again and again");
    interrupts = 7;
    cleat_info(NULL, "and again");
    assert_content(fd, "{\"event\":\"interrupted again and again\",\"level\":\"info\"}\n"
                       "{\"event\":\"and again\",\"level\":\"info\"}\n");
    assert_int_equal(stats_now().lost_lines, before.lost_lines);
    close(fd);
}

struct slow_reader {
    int fd;
    size_t length;
    char text[400000];
};

static void *read_slowly(void *arg)
{
    struct slow_reader *reader = arg;
    ssize_t count;
    do {
        pause_for(2000);
        count = read(reader->fd, reader->text + reader->length, 16384);
        reader->length += count > 0 ? (size_t)count : 0;
    } while (count > 0 && reader->length < sizeof(reader->text) - 16384);
    return NULL;
}

static void eagain_is_finished(void **state)
{
    (void)state;
    static struct slow_reader reader;
    static char text[150000];
    int ends[2];
    pthread_t thread;
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    fcntl(ends[0], F_SETFL, 0);
    memset(text, 'y', sizeof(text) - 1);
    reader.fd = ends[0];
    assert_int_equal(pthread_create(&thread, NULL, read_slowly, &reader), 0);
    configure_fd(ends[1]);
    cleat_stats before = stats_now();
    cleat_info(NULL, "one", "text", text);
    cleat_info(NULL, "two", "text", text);
    assert_int_equal(stats_now().lost_lines, before.lost_lines);
    configure_memory(&(cleat_config){0});
    close(ends[1]);
    pthread_join(thread, NULL);
    close(ends[0]);
    const size_t line = strlen("{\"text\":\"\",\"event\":\"one\",\"level\":\"info\"}\n") + sizeof(text) - 1;
    assert_int_equal(reader.length, 2 * line);
    assert_memory_equal(reader.text + line - 2, "}\n{\"text\":\"y", 12);
    assert_memory_equal(reader.text + 2 * line - 2, "}\n", 2);
}

static void assert_counted_and_retried(int error)
{
    int fd = open_in_folder("log");
    assert_int_equal(ftruncate(fd, 0), 0);
    configure_fd(fd);
    cleat_stats before = stats_now();
    write_error = error;
    cleat_info(NULL, "lost");
    cleat_info(NULL, "lost too");
    assert_int_equal(stats_now().lost_lines - before.lost_lines, 2);
    assert_int_equal(stats_now().sink_errors - before.sink_errors, 2);
    write_error = 0;
    cleat_info(NULL, "written");
    assert_content(fd, "{\"event\":\"written\",\"level\":\"info\"}\n");
    assert_int_equal(stats_now().lost_lines - before.lost_lines, 2);
    close(fd);
}

static void a_write_that_fails_is_counted_and_retried_on_the_next_line(void **state)
{
    (void)state;
    const int errors[] = {ENOSPC, EPIPE, EIO, EBADF, EFBIG, EDQUOT};
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        assert_counted_and_retried(errors[i]);
}

static void a_write_that_fails_is_reported_on_stderr(void **state)
{
    (void)state;
    int notices = open_in_folder("notices");
    pid_t child = fork(); /* a notice comes once in five seconds: for another process it is the first */
    if (child == 0) {
        pause_for(5100000);
        dup2(notices, STDERR_FILENO);
        configure_fd(open_in_folder("log"));
        write_error = ENOSPC;
        cleat_info(NULL, "lost");
        cleat_info(NULL, "lost too");
        _exit(0);
    }
    wait_for_child(child);
    assert_content(notices, "cleat: a line was lost: the fd sink cannot write it: ENOSPC\n");
    close(notices);
}

static void a_closed_pipe_and_a_closed_descriptor_do_not_stop_the_program(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    configure_fd(ends[1]);
    close(ends[0]);
    cleat_stats before = stats_now();
    cleat_info(NULL, "nobody reads this"); /* and SIGPIPE is not raised */
    assert_int_equal(stats_now().lost_lines - before.lost_lines, 1);
    close(ends[1]);
    cleat_info(NULL, "closed");
    assert_int_equal(stats_now().lost_lines - before.lost_lines, 2);
    int again = open_in_folder("log");
    assert_int_equal(dup2(again, ends[1]), ends[1]);
    cleat_info(NULL, "open again");
    assert_content(again, "{\"event\":\"open again\",\"level\":\"info\"}\n");
    configure_memory(&(cleat_config){0});
    close(ends[1]);
    close(again);
}

/* ---- rotation and compression ---- */

static unsigned count_entries(const char *containing)
{
    unsigned count = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries))
        count += entry->d_name[0] != '.' && strstr(entry->d_name, containing) != NULL;
    closedir(entries);
    return count;
}

static void when_rotation_fails_logging_goes_on_into_the_open_file(void **state)
{
    (void)state;
    const char *path = in_folder("app.log");
    assert_int_equal(cleat_configure(&(cleat_config){
                         CLEAT_PROCESSORS(cleat_add_log_level()),
                         CLEAT_HANDLERS({.sink = cleat_file_sink(path, &(cleat_file_options){.rotate_bytes = 60})}),
                     }),
                     0);
    cleat_stats before = stats_now();
    cleat_info(NULL, "one");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    const struct rlimit none = {0, limit.rlim_max}; /* the next file cannot be opened */
    setrlimit(RLIMIT_NOFILE, &none);
    cleat_info(NULL, "two");
    cleat_info(NULL, "three");
    setrlimit(RLIMIT_NOFILE, &limit);
    assert_content(fd, "{\"event\":\"one\",\"level\":\"info\"}\n{\"event\":\"two\",\"level\":\"info\"}\n"
                       "{\"event\":\"three\",\"level\":\"info\"}\n");
    close(fd);
    assert_true(stats_now().sink_errors > before.sink_errors);
    assert_int_equal(stats_now().lost_lines, before.lost_lines);
}

static void when_compression_fails_the_rotated_file_stays(void **state)
{
    (void)state;
    const char *path = in_folder("app.log");
    cleat_sink *sink = cleat_file_sink(path, &(cleat_file_options){.rotate_bytes = 60, .compress = true});
    if (sink == NULL)
        skip(); /* there is no zlib */
    rename_fails = true;
    cleat_stats before = stats_now();
    assert_int_equal(
        cleat_configure(&(cleat_config){CLEAT_PROCESSORS(cleat_add_log_level()), CLEAT_HANDLERS({.sink = sink})}), 0);
    cleat_info(NULL, "one");
    cleat_info(NULL, "two");
    cleat_info(NULL, "three");
    configure_memory(&(cleat_config){0}); /* the end of the sink waits for the compression */
    assert_true(stats_now().sink_errors > before.sink_errors);
    assert_int_equal(stats_now().lost_lines, before.lost_lines);
    assert_int_equal(count_entries("app.log"), 3);
    assert_int_equal(count_entries(".gz"), 0);
}

/* ---- processors, renderers ---- */

static int always_fail(cleat_event *event, void *arg)
{
    (void)event;
    (void)arg;
    return -EPROTO;
}

static int fail_to_render(cleat_event *event, cleat_line *line, void *arg)
{
    (void)event;
    (void)arg;
    cleat_line_append(line, "half a li", 9);
    return -EPROTO;
}

static void a_processor_or_renderer_that_fails_is_on_the_line(void **state)
{
    (void)state;
    cleat_stats before = stats_now();
    assert_int_equal(cleat_configure(&(cleat_config){
                         CLEAT_PROCESSORS(cleat_make_processor("mine", always_fail, NULL, NULL), cleat_add_log_level()),
                         CLEAT_HANDLERS({.sink = cleat_sink_ref(memory)}),
                     }),
                     0);
    cleat_info(NULL, "processor");
    assert_line(
        "{\"event\":\"processor\",\"cleat_error\":\"processor mine failed: Protocol error\",\"level\":\"info\"}");
    assert_int_equal(cleat_configure(&(cleat_config){
                         CLEAT_PROCESSORS(cleat_add_log_level()),
                         CLEAT_HANDLERS({.renderer = cleat_make_renderer("mine", fail_to_render, NULL, NULL),
                                         .sink = cleat_sink_ref(memory)}),
                     }),
                     0);
    cleat_info(NULL, "renderer");
    assert_line("{\"event\":\"renderer\",\"level\":\"info\",\"cleat_error\":\"renderer mine failed: Protocol error\"}");
    assert_int_equal(stats_now().processor_errors - before.processor_errors, 2);
    assert_int_equal(stats_now().lost_lines, before.lost_lines);
}

/* ---- configuration ---- */

static int released;

static void release(void *arg)
{
    (void)arg;
    released++;
}

static void assert_refused(const cleat_config *config, const char *part)
{
    assert_int_equal(cleat_configure(config), -EINVAL);
    assert_non_null(strstr(cleat_error_message(), part));
    cleat_info(NULL, "the old one stays");
    assert_line("{\"event\":\"the old one stays\"}");
}

static void a_wrong_configuration_is_refused_whole_and_the_old_one_stays(void **state)
{
    (void)state;
    released = 0;
    assert_refused(&(cleat_config){CLEAT_PROCESSORS(cleat_make_processor("p", always_fail, NULL, release),
                                                    cleat_sample(0, CLEAT_OFF))},
                   "processors[1]");
    assert_int_equal(released, 1);
    assert_refused(&(cleat_config){CLEAT_HANDLERS({.sink = cleat_memory_sink(0)}, {.sink = cleat_fd_sink(-1, false)})},
                   "handlers[1]");
    assert_refused(&(cleat_config){CLEAT_HANDLERS({.sink = NULL})}, "handlers[0]");
    assert_refused(&(cleat_config){.max_depth = 101}, "max_depth");
    assert_refused(&(cleat_config){.max_line_bytes = 10}, "max_line_bytes");
    assert_refused(&(cleat_config){.n_handlers = 1}, "n_handlers");
    assert_refused(&(cleat_config){.n_processors = 1}, "n_processors");
    const cleat_handler twice[] = {{.name = "a", .sink = cleat_null_sink()}, {.name = "a", .sink = cleat_null_sink()}};
    assert_int_equal(cleat_configure(&(cleat_config){.handlers = twice, .n_handlers = 2}), -EEXIST);
    assert_non_null(strstr(cleat_error_message(), "handlers[1]"));
}

/* ---- fork: test_fork.c forks at random moments ---- */

static int keep_the_parent_writing(const char *line, size_t length, int level, void *arg)
{
    (void)level;
    const int *pipe_ends = arg;
    char go;
    if (memmem(line, length, "wait", 4) != NULL)
        (void)!read(pipe_ends[0], &go, 1);
    return write(pipe_ends[3], line, length) == (ssize_t)length ? 0 : -EIO;
}

static void a_child_keeps_its_context_and_repeats_no_line(void **state)
{
    (void)state;
    int ends[4];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    ends[3] = open_in_folder("log");
    cleat_sink *sink = cleat_async_sink(cleat_callback_sink(keep_the_parent_writing, ends, NULL), NULL);
    assert_int_equal(
        cleat_configure(&(cleat_config){CLEAT_PROCESSORS(cleat_merge_contextvars()), CLEAT_HANDLERS({.sink = sink})}),
        0);
    cleat_bind_contextvars("request", 1);
    cleat_info(NULL, "wait"); /* the backend has it, and waits with the sink's lock */
    cleat_info(NULL, "queued");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(30);
        cleat_info(NULL, "child");
        _exit(cleat_flush(20000) == 0 ? 0 : 1);
    }
    wait_for_child(child);
    assert_content(ends[3], "{\"event\":\"child\",\"request\":1}\n");
    assert_int_equal(write(ends[1], "!", 1), 1);
    assert_int_equal(cleat_flush(20000), 0);
    assert_content(ends[3], "{\"event\":\"child\",\"request\":1}\n{\"event\":\"wait\",\"request\":1}\n"
                            "{\"event\":\"queued\",\"request\":1}\n");
    cleat_clear_contextvars();
    configure_memory(&(cleat_config){0});
    close(ends[0]);
    close(ends[1]);
    close(ends[3]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_string_that_is_not_utf8_has_replacement_characters),
        TEST(null_strings_are_null_and_a_null_logger_is_the_default_one),
        TEST(null_keys_in_objects_are_empty_keys),
        TEST(nan_and_infinities_are_null_in_json_and_spelled_out_in_text),
        TEST(what_contains_itself_or_nests_too_deep_is_cut_with_a_marker),
        TEST(a_long_value_is_cut_and_marked_and_so_is_a_long_line),
        TEST(without_memory_bind_returns_its_logger_and_a_lost_line_is_counted),
        TEST(eintr_and_short_writes_are_finished),
        TEST(eagain_is_finished),
        TEST(a_write_that_fails_is_counted_and_retried_on_the_next_line),
        TEST(a_write_that_fails_is_reported_on_stderr),
        TEST(a_closed_pipe_and_a_closed_descriptor_do_not_stop_the_program),
        TEST(when_rotation_fails_logging_goes_on_into_the_open_file),
        TEST(when_compression_fails_the_rotated_file_stays),
        TEST(a_processor_or_renderer_that_fails_is_on_the_line),
        TEST(a_wrong_configuration_is_refused_whole_and_the_old_one_stays),
        TEST(a_child_keeps_its_context_and_repeats_no_line),
    };
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
