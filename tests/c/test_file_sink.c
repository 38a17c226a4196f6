/* The file sink: what include/cleat/sink.h promises of it, and the rows of the table of faults that concern files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cleat.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "sinks/log_file.h"
#include "sinks/retention.h"
#include "sinks/rotation.h"
#include "sinks/sink.h"
#include "support.h"

#define NAMES 64

static char path[128];

static int begin(void **state)
{
    (void)state;
    if (make_folder() != 0)
        return -1;
    snprintf(path, sizeof(path), "%s/app.log", folder);
    return 0;
}

static int end(void **state)
{
    (void)state;
    return remove_folder();
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* What a file holds, a compressed one unpacked by gzip. Valid until the next call. */
static const char *get(const char *name)
{
    static char text[1 << 20];
    char command[400];
    size_t length = strlen(name);
    bool compressed = length > 3 && strcmp(name + length - 3, ".gz") == 0;
    snprintf(command, sizeof(command), compressed ? "gzip -dc '%s'" : "cat '%s' 2>&1", name);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    length = fread(text, 1, sizeof(text) - 1, pipe);
    text[length] = '\0';
    if (pclose(pipe) != 0)
        return NULL;
    return text;
}

static bool exists(const char *name)
{
    struct stat status;
    return lstat(name, &status) == 0;
}

static int by_name(const void *one, const void *other)
{
    return strcmp(one, other);
}

/* The names of the rotated files, oldest first. */
static int rotated(char names[NAMES][256])
{
    int count = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL && count < NAMES;)
        if (strncmp(entry->d_name, "app.log.2", 9) == 0)
            snprintf(names[count++], 256, "%s/%.180s", folder, entry->d_name);
    closedir(entries);
    qsort(names, (size_t)count, sizeof(names[0]), by_name);
    return count;
}

/* All that was logged, the rotated files first. The caller frees it. */
static char *everything(void)
{
    char names[NAMES][256];
    int count = rotated(names);
    char *all = calloc(1, 1 << 22);
    for (int i = 0; i < count; i++)
        strcat(all, get(names[i]));
    strcat(all, get(path));
    return all;
}

static void log_number(cleat_sink *sink, int number)
{
    char line[64];
    snprintf(line, sizeof(line), "{\"number\":%06d,\"pad\":\"..............\"}\n", number); /* 41 bytes */
    put(sink, line);
}

#define NUMBER_LENGTH 41

/* Whether the text is the numbered lines from first to before end, in order. */
static void assert_numbers(const char *text, int first, int end)
{
    for (int i = first; i < end; i++) {
        char line[64];
        int length = snprintf(line, sizeof(line), "{\"number\":%06d,\"pad\":\"..............\"}\n", i);
        assert_int_equal(length, NUMBER_LENGTH);
        assert_memory_equal(text, line, (size_t)length);
        text += length;
    }
    assert_string_equal(text, "");
}

static cleat_sink *open_sink(const cleat_file_options *options)
{
    cleat_sink *sink = cleat_file_sink(path, options);
    if (sink == NULL)
        fail_msg("%s", cleat_error_message());
    return sink;
}

static bool wait_until(bool (*holds)(void), int seconds)
{
    for (int i = 0; i < seconds * 100; i++, pause_for(10000))
        if (holds())
            return true;
    return holds();
}

static void set_mtime(const char *name, time_t seconds)
{
    struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    assert_int_equal(utimensat(AT_FDCWD, name, times, 0), 0);
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static void appends_to_what_is_there(void **state)
{
    (void)state;
    write_file(path, "first\n");
    cleat_sink *sink = open_sink(NULL);
    put(sink, "second\n");
    assert_string_equal(get(path), "first\nsecond\n"); /* written when the call returns */
    put(sink, "third\n");
    cleat_sink_unref(sink);
    assert_string_equal(get(path), "first\nsecond\nthird\n");
}

static void makes_parent_folders_and_heeds_the_mode(void **state)
{
    (void)state;
    struct stat status;
    mode_t before = umask(0);
    snprintf(path, sizeof(path), "%s/a/b/app.log", folder);
    cleat_sink *sink = open_sink(&(cleat_file_options){.mode = 0600});
    cleat_sink_unref(sink);
    cleat_sink_unref(cleat_file_sink(in_folder("plain.log"), NULL));
    umask(before);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(stat(in_folder("a/b"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0755);
    assert_int_equal(stat(in_folder("plain.log"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0644);
}

static void takes_a_relative_path_from_the_folder_of_now(void **state)
{
    (void)state;
    char before[1024];
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(folder), 0);
    cleat_sink *sink = cleat_file_sink("sub/app.log", NULL);
    assert_int_equal(chdir(before), 0);
    assert_non_null(sink);
    assert_int_equal(rename(in_folder("sub/app.log"), in_folder("sub/old.log")), 0);
    cleat_reopen_sinks();
    put(sink, "line\n");
    cleat_sink_unref(sink);
    assert_string_equal(get(in_folder("sub/app.log")), "line\n");
}

static void assert_refused(const char *name, cleat_file_options options, const char *part)
{
    assert_null(cleat_file_sink(name, &options));
    if (strstr(cleat_error_message(), part) == NULL)
        fail_msg("'%s' does not contain '%s'", cleat_error_message(), part);
}

static void wrong_options_are_refused_with_a_sentence(void **state)
{
    (void)state;
    SKIP_WITHOUT_ZLIB();
    char longest[256] = {0};
    memset(longest, 'x', 250);
    assert_refused(NULL, (cleat_file_options){0}, "NULL");
    assert_refused("", (cleat_file_options){0}, "empty");
    assert_refused("/tmp/", (cleat_file_options){0}, "folder");
    assert_refused(folder, (cleat_file_options){0}, folder);
    assert_refused(path, (cleat_file_options){.mode = 0100644}, "07777");
    assert_refused(path, (cleat_file_options){.keep_files = 1}, "set rotate_bytes or rotate_seconds");
    assert_refused(path, (cleat_file_options){.keep_seconds = 1}, "set rotate_bytes or rotate_seconds");
    assert_refused(path, (cleat_file_options){.compress = true}, "set rotate_bytes or rotate_seconds");
    assert_refused(in_folder(longest), (cleat_file_options){.rotate_bytes = 1}, "leaves no room");
    assert_refused("/dev/null", (cleat_file_options){.rotate_bytes = 1}, "/dev/null");
    write_file(path, "");
    assert_refused(in_folder("app.log/x.log"), (cleat_file_options){0}, "Not a directory");
}

static void a_pipe_is_written_to_once_somebody_reads(void **state)
{
    (void)state;
    char text[16] = {0};
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(path, (cleat_file_options){0}, "nobody reads");
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    cleat_sink *sink = open_sink(NULL);
    put(sink, "line\n");
    assert_int_equal(read(reader, text, sizeof(text)), 5);
    close(reader);
    uint64_t lost = stats_now().lost_lines;
    put(sink, "no reader: no SIGPIPE\n");
    assert_int_equal(stats_now().lost_lines, lost + 1);
    reader = open(path, O_RDONLY | O_NONBLOCK);
    put(sink, "again\n");
    assert_true(read(reader, text, sizeof(text)) >= 6);
    close(reader);
    cleat_sink_unref(sink);
}

/* Both are installed for good, as threads of sinks that are still open ask them too. */
static _Atomic int allocations_left = INT32_MAX;
static _Atomic size_t largest_allocation = SIZE_MAX;

static int permit_allocation(size_t size)
{
    return size <= largest_allocation && (allocations_left == INT32_MAX || atomic_fetch_sub(&allocations_left, 1) > 0);
}

static void each_failing_allocation_is_an_error(void **state)
{
    (void)state;
    cleat_file_options options = {.rotate_bytes = 100, .keep_files = 1};
    cleat_sink *sink = NULL;
    int tries = 0;
    for (; sink == NULL && tries < 100; tries++) {
        allocations_left = tries;
        sink = cleat_file_sink(in_folder("new/app.log"), &options);
        allocations_left = INT32_MAX;
        if (sink == NULL)
            assert_string_not_equal(cleat_error_message(), "");
    }
    assert_true(tries > 3);
    put(sink, "line\n");
    cleat_sink_unref(sink);
    assert_string_equal(get(in_folder("new/app.log")), "line\n");
}

/* ---- rotation --------------------------------------------------------------------------------------------------- */

static void a_new_file_begins_before_this_one_outgrows_its_size(void **state)
{
    (void)state;
    char names[NAMES][256];
    cleat_sink *sink = open_sink(&(cleat_file_options){.rotate_bytes = 10 * NUMBER_LENGTH + 5});
    for (int i = 0; i < 55; i++)
        log_number(sink, i);
    cleat_sink_unref(sink);
    assert_int_equal(rotated(names), 5);
    for (int i = 0; i < 5; i++) {
        assert_numbers(get(names[i]), i * 10, i * 10 + 10);
        assert_true(cleat__is_rotated_time(names[i] + strlen(path) + 1));
        assert_int_equal(strlen(names[i]), strlen(path) + 1 + CLEAT__ROTATED_TIME_LENGTH);
    }
    assert_numbers(get(path), 50, 55);
}

static void a_line_beyond_the_limit_has_a_file_of_its_own(void **state)
{
    (void)state;
    char names[NAMES][256];
    cleat_sink *sink = open_sink(&(cleat_file_options){.rotate_bytes = 8});
    put(sink, "short\n");
    put(sink, "longer than that\n");
    put(sink, "short\n");
    cleat_sink_unref(sink);
    assert_int_equal(rotated(names), 2);
    assert_string_equal(get(names[0]), "short\n");
    assert_string_equal(get(names[1]), "longer than that\n");
    assert_string_equal(get(path), "short\n");
}

static void a_batch_is_parted_between_files(void **state)
{
    (void)state;
    char names[NAMES][256];
    char batch[55 * NUMBER_LENGTH + 1];
    size_t written;
    for (int i = 0; i < 55; i++)
        sprintf(batch + i * NUMBER_LENGTH, "{\"number\":%06d,\"pad\":\"..............\"}\n", i);
    cleat_sink *sink = open_sink(&(cleat_file_options){.rotate_bytes = 10 * NUMBER_LENGTH + 5});
    assert_true(cleat__sink_lock(sink));
    assert_int_equal(sink->cls->write_lines(sink, batch, sizeof(batch) - 1, &written), 0);
    cleat__sink_unlock(sink);
    assert_int_equal(written, sizeof(batch) - 1);
    cleat_sink_unref(sink);
    assert_int_equal(rotated(names), 5);
    for (int i = 0; i < 5; i++)
        assert_numbers(get(names[i]), i * 10, i * 10 + 10);
    assert_numbers(get(path), 50, 55);
}

static void a_file_that_is_full_at_the_beginning_gives_way(void **state)
{
    (void)state;
    char names[NAMES][256];
    write_file(path, "0123456789\n");
    cleat_sink *sink = open_sink(&(cleat_file_options){.rotate_bytes = 12});
    put(sink, "line\n");
    cleat_sink_unref(sink);
    assert_int_equal(rotated(names), 1);
    assert_string_equal(get(names[0]), "0123456789\n");
    assert_string_equal(get(path), "line\n");
}

static void a_file_of_another_period_gives_way_unless_it_is_empty(void **state)
{
    (void)state;
    char names[NAMES][256];
    cleat_file_options daily = {.rotate_seconds = 86400};
    write_file(path, "");
    set_mtime(path, time(NULL) - 90000);
    cleat_sink *sink = open_sink(&daily);
    put(sink, "today\n");
    assert_int_equal(rotated(names), 0);
    cleat_sink_unref(sink);
    set_mtime(path, time(NULL) - 90000);
    sink = open_sink(&daily);
    put(sink, "tomorrow\n");
    put(sink, "tomorrow\n");
    cleat_sink_unref(sink);
    assert_int_equal(rotated(names), 1);
    assert_string_equal(get(names[0]), "today\n");
    assert_string_equal(get(path), "tomorrow\ntomorrow\n");
}

static void rotates_by_time_while_it_is_open(void **state)
{
    (void)state;
    char names[NAMES][256];
    cleat_sink *sink = open_sink(&(cleat_file_options){.rotate_seconds = 1});
    cleat_sink *other = open_sink(&(cleat_file_options){.rotate_seconds = 1});
    time_t began = time(NULL);
    int lines = 0;
    while (time(NULL) < began + 3) {
        log_number(lines % 2 == 0 ? sink : other, lines);
        lines++;
        pause_for(7000);
    }
    cleat_sink_unref(sink);
    cleat_sink_unref(other);
    assert_in_range(rotated(names), 2, 3);
    char *all = everything();
    assert_numbers(all, 0, lines);
    free(all);
}

static void an_empty_file_belongs_to_the_period_of_its_first_line(void **state)
{
    (void)state;
    char names[NAMES][256];
    cleat_sink *sink = open_sink(&(cleat_file_options){.rotate_seconds = 1});
    pause_for((1100 - (long)(cleat__clock_kernel() % CLEAT__SECOND / 1000000) + 1000) * 1000);
    log_number(sink, 0);
    log_number(sink, 1);
    cleat_sink_unref(sink);
    assert_int_equal(rotated(names), 0);
    assert_numbers(get(path), 0, 2);
}

static int64_t at(int64_t seconds)
{
    return seconds * CLEAT__SECOND;
}

static void periods_are_counted_from_midnight(void **state)
{
    (void)state;
    const int64_t day = 86400;
    const int64_t today = 20484 * day; /* 2026-01-31 */
    cleat_file_options daily = {.rotate_seconds = 86400};
    cleat_file_options hourly = {.rotate_seconds = 3600};
    assert_int_equal(cleat__period_end(&daily, at(today)), at(today + day));
    assert_int_equal(cleat__period_end(&daily, at(today + day) - 1), at(today + day));
    assert_int_equal(cleat__period_end(&hourly, at(today + 3700)), at(today + 7200));
    assert_int_equal(cleat__period_end(&(cleat_file_options){0}, at(today)), INT64_MAX);
    assert_int_equal(cleat__period_end(&(cleat_file_options){.rotate_seconds = UINT64_MAX}, at(today)), INT64_MAX);
}

static void periods_may_begin_later(void **state)
{
    (void)state;
    const int64_t day = 86400;
    const int64_t monday = 20479 * day; /* 2026-01-26 */
    cleat_file_options at_one = {.rotate_seconds = 86400, .rotate_offset_seconds = 3600};
    cleat_file_options weekly = {.rotate_seconds = 7 * 86400, .rotate_offset_seconds = 4 * 86400};
    assert_int_equal(cleat__period_end(&at_one, at(monday)), at(monday + 3600));
    assert_int_equal(cleat__period_end(&at_one, at(monday + 3600) - 1), at(monday + 3600));
    assert_int_equal(cleat__period_end(&at_one, at(monday + 3600)), at(monday + day + 3600));
    assert_int_equal(cleat__period_end(&weekly, at(monday) - 1), at(monday));
    assert_int_equal(cleat__period_end(&weekly, at(monday)), at(monday + 7 * day));
}

static void an_offset_is_less_than_a_period(void **state)
{
    (void)state;
    assert_null(cleat_file_sink(path, &(cleat_file_options){.rotate_seconds = 60, .rotate_offset_seconds = 60}));
    assert_non_null(strstr(cleat_error_message(), "rotate_offset_seconds is 60"));
    assert_null(cleat_file_sink(path, &(cleat_file_options){.rotate_bytes = 60, .rotate_offset_seconds = 1}));
    assert_false(exists(path));
}

/* In a child, as the zone is the process's. */
static void local_midnight_may_end_a_day_of_23_or_25_hours(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
        tzset();
        cleat_file_options daily = {.rotate_seconds = 86400, .rotate_local_time = true};
        cleat_file_options hourly = {.rotate_seconds = 3600, .rotate_local_time = true};
        int wrong = 0;
        /* 2026-03-29 has 23 hours, 2026-10-25 has 25; in UTC they begin at 23:00 and 22:00 of the day before. */
        int64_t spring = 1774738800;
        int64_t autumn = 1792879200;
        wrong += cleat__period_end(&daily, at(spring)) != at(spring + 23 * 3600);
        wrong += cleat__period_end(&daily, at(spring + 23 * 3600 - 1)) != at(spring + 23 * 3600);
        wrong += cleat__period_end(&daily, at(autumn)) != at(autumn + 25 * 3600);
        wrong += cleat__period_end(&daily, at(autumn + 24 * 3600)) != at(autumn + 25 * 3600);
        cleat_file_options at_four = daily;
        at_four.rotate_offset_seconds = 4 * 3600;
        wrong += cleat__period_end(&at_four, at(spring)) != at(spring + 3 * 3600);
        wrong += cleat__period_end(&at_four, at(spring - 3600)) != at(spring + 3 * 3600);
        wrong += cleat__period_end(&at_four, at(autumn)) != at(autumn + 5 * 3600);
        for (int64_t t = spring; t < spring + 90000; t += 450)
            wrong += cleat__period_end(&hourly, at(t)) <= at(t);
        for (int64_t t = autumn; t < autumn + 90000; t += 450)
            wrong += cleat__period_end(&hourly, at(t)) <= at(t);
        _exit(wrong);
    }
    wait_for_child(child);
}

static void a_link_is_followed_and_its_target_rotated(void **state)
{
    (void)state;
    char names[NAMES][256];
    const char *link = in_folder("current");
    assert_int_equal(symlink("app.log", link), 0);
    cleat_sink *sink = cleat_file_sink(link, &(cleat_file_options){.rotate_bytes = 6});
    assert_non_null(sink);
    put(sink, "one..\n");
    put(sink, "two..\n");
    cleat_sink_unref(sink);
    assert_int_equal(rotated(names), 1);
    assert_string_equal(get(names[0]), "one..\n");
    assert_string_equal(get(link), "two..\n");
}

static void rotated_files_are_at_rest_once_it_has_settled(void **state)
{
    (void)state;
    SKIP_WITHOUT_ZLIB();
    char names[NAMES][256];
    const cleat_file_options options = {.rotate_bytes = 20, .keep_files = 3, .compress = true};
    cleat_sink *sink = cleat_async_sink(cleat_file_sink(path, &options), NULL);
    assert_non_null(sink);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 5; i++)
            put(sink, "a line of 20 bytes.\n");
        assert_int_equal(cleat_sink_flush(sink, -1), 0);
        assert_true(cleat__sink_settle(sink, -1));
        assert_int_equal(rotated(names), 3);
        for (int i = 0; i < 3; i++)
            assert_string_equal(strrchr(names[i], '.'), ".gz");
    }
    cleat_sink_unref(sink);
    sink = cleat_memory_sink(0);
    assert_true(cleat__sink_settle(sink, -1));
    cleat_sink_unref(sink);
}

/* ---- retention -------------------------------------------------------------------------------------------------- */

static void as_many_rotated_files_are_kept_as_asked(void **state)
{
    (void)state;
    char names[NAMES][256];
    cleat_sink *sink = open_sink(&(cleat_file_options){.rotate_bytes = 2 * NUMBER_LENGTH, .keep_files = 3});
    for (int i = 0; i < 20; i++)
        log_number(sink, i);
    cleat_sink_unref(sink);
    assert_int_equal(rotated(names), 3);
    char *all = everything();
    assert_numbers(all, 12, 20);
    free(all);
}

static void rotated_files_go_at_their_age(void **state)
{
    (void)state;
    char names[NAMES][256];
    char old[CLEAT__TIME_SIZE] = {0};
    char recent[CLEAT__TIME_SIZE] = {0};
    int64_t now = cleat__clock_kernel();
    cleat__write_rotated_time(old, now - at(3601));
    cleat__write_rotated_time(recent, now - at(3500));
    snprintf(names[0], sizeof(names[0]), "%s.%s.gz", path, old);
    snprintf(names[1], sizeof(names[1]), "%s.%s", path, recent);
    snprintf(names[2], sizeof(names[2]), "%s.%s", path, old);
    for (int i = 0; i < 3; i++)
        write_file(names[i], "line\n");
    cleat_sink_unref(open_sink(&(cleat_file_options){.rotate_bytes = 100, .keep_seconds = 3600}));
    assert_false(exists(names[0]));
    assert_true(exists(names[1]));
    assert_false(exists(names[2]));
}

static void retention_touches_nothing_with_another_name(void **state)
{
    (void)state;
    SKIP_WITHOUT_ZLIB();
    static const char *const others[] = {
        "app.log.1",
        "app.log.bak",
        "app.log.2020-01-01T00-00-00.000000Z.bak",
        "app.log.2020-01-01T00-00-00.000000",
        "app.log.2020-01-01T00:00:00.000000Z",
        "app.log.2020-01-01T00-00-00.000000Z.gz.old",
        "app.log2.2020-01-01T00-00-00.000000Z",
        "xapp.log.2020-01-01T00-00-00.000000Z",
        "app.log.2020-01-01",
        "app.log.",
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        write_file(in_folder(others[i]), "theirs\n");
    const char *mine = in_folder("app.log.2020-01-01T00-00-00.000000Z");
    write_file(mine, "ours\n");
    cleat_file_options options = {.rotate_bytes = 100, .keep_files = 1, .keep_seconds = 1, .compress = true};
    cleat_sink_unref(open_sink(&options));
    assert_false(exists(mine));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_string_equal(get(in_folder(others[i])), "theirs\n");
}

static void retention_leaves_a_file_in_use(void **state)
{
    (void)state;
    char names[NAMES][256];
    cleat_file_options options = {.rotate_bytes = 2 * NUMBER_LENGTH, .keep_files = 1};
    cleat_sink *idle = open_sink(&(cleat_file_options){0});
    cleat_sink *sink = open_sink(&options);
    for (int i = 0; i < 8; i++)
        log_number(sink, i);
    cleat_sink_unref(sink);
    assert_int_equal(rotated(names), 2); /* the oldest, which `idle` has open, and the newest */
    assert_numbers(get(names[0]), 0, 2);
    cleat_sink_unref(idle);
    cleat_sink_unref(open_sink(&options));
    assert_int_equal(rotated(names), 1);
    assert_numbers(get(names[0]), 4, 6);
}

/* ---- compression ------------------------------------------------------------------------------------------------ */

static const cleat_file_options compressing = {.rotate_bytes = 10 * NUMBER_LENGTH, .compress = true, .mode = 0640};

static bool all_compressed(void)
{
    char names[NAMES][256];
    int count = rotated(names);
    for (int i = 0; i < count; i++)
        if (strcmp(names[i] + strlen(names[i]) - 3, ".gz") != 0)
            return false;
    return count > 0;
}

static void rotated_files_are_compressed_in_the_background(void **state)
{
    (void)state;
    SKIP_WITHOUT_ZLIB();
    char names[NAMES][256];
    struct stat status;
    mode_t before = umask(0);
    cleat_sink *sink = open_sink(&compressing);
    for (int i = 0; i < 35; i++)
        log_number(sink, i);
    assert_true(wait_until(all_compressed, 10));
    umask(before);
    assert_int_equal(rotated(names), 3);
    for (int i = 0; i < 3; i++)
        assert_numbers(get(names[i]), i * 10, i * 10 + 10);
    assert_numbers(get(path), 30, 35);
    assert_int_equal(stat(names[0], &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    cleat_sink_unref(sink);
    assert_int_equal(rotated(names), 3);
}

static void what_is_left_to_compress_is_done_when_the_sink_ends(void **state)
{
    (void)state;
    SKIP_WITHOUT_ZLIB();
    cleat_sink *sink = open_sink(&compressing);
    for (int i = 0; i < 200; i++)
        log_number(sink, i);
    cleat_sink_unref(sink);
    assert_true(all_compressed());
    char *all = everything();
    assert_numbers(all, 0, 200);
    free(all);
}

static void a_file_in_use_is_not_compressed(void **state)
{
    (void)state;
    SKIP_WITHOUT_ZLIB();
    char names[NAMES][256];
    cleat_sink *slow = open_sink(NULL);
    cleat_sink *sink = open_sink(&compressing);
    for (int i = 0; i < 12; i++)
        log_number(sink, i);
    cleat_sink_unref(sink);
    assert_int_equal(rotated(names), 1);
    assert_numbers(get(names[0]), 0, 10); /* not yet .gz: `slow` may go on to write into it */
    assert_string_equal(names[0] + strlen(names[0]) - 1, "Z");
    cleat_reopen_sinks();
    log_number(slow, 12);
    cleat_sink_unref(open_sink(&compressing));
    assert_true(all_compressed());
    cleat_sink_unref(slow);
    char *all = everything();
    assert_numbers(all, 0, 13);
    free(all);
}

static void what_a_crash_leaves_is_put_right(void **state)
{
    (void)state;
    SKIP_WITHOUT_ZLIB();
    const char *begun = "app.log.2020-01-01T00-00-00.000000Z";
    const char *done = "app.log.2020-01-02T00-00-00.000000Z";
    const char *other = "app.log.2020-01-04T00-00-00.000000Z";
    char command[512];
    /* Killed while compressing; killed before removing; an unfinished one without its file; two different files. */
    write_file(in_folder(begun), "begun\n");
    write_file(in_folder("app.log.2020-01-01T00-00-00.000000Z.gz.tmp"), "rubbish");
    write_file(in_folder(done), "done\n");
    write_file(in_folder("app.log.2020-01-03T00-00-00.000000Z.gz.tmp"), "rubbish");
    write_file(in_folder(other), "other\n");
    snprintf(command, sizeof(command), "cd %s && gzip -k %s && gzip -k %s", folder, done, other);
    assert_int_equal(system(command), 0);
    set_mtime(in_folder(other), 1000);
    cleat_sink_unref(open_sink(&compressing));
    assert_false(exists(in_folder(begun)));
    assert_string_equal(get(in_folder("app.log.2020-01-01T00-00-00.000000Z.gz")), "begun\n");
    assert_false(exists(in_folder("app.log.2020-01-01T00-00-00.000000Z.gz.tmp")));
    assert_false(exists(in_folder(done)));
    assert_string_equal(get(in_folder("app.log.2020-01-02T00-00-00.000000Z.gz")), "done\n");
    assert_false(exists(in_folder("app.log.2020-01-03T00-00-00.000000Z.gz.tmp")));
    assert_string_equal(get(in_folder(other)), "other\n");
}

static void a_failing_compression_leaves_logging_alone(void **state)
{
    (void)state;
    SKIP_WITHOUT_ZLIB();
    char name[300];
    write_file(in_folder("app.log.2020-01-01T00-00-00.000000Z"), "line\n");
    snprintf(name, sizeof(name), "%s.gz.tmp", in_folder("app.log.2020-01-01T00-00-00.000000Z"));
    assert_int_equal(mkdir(name, 0755), 0);
    uint64_t errors = stats_now().sink_errors;
    uint64_t lost = stats_now().lost_lines;
    cleat_sink *sink = open_sink(&compressing);
    for (int i = 0; i < 25; i++)
        log_number(sink, i);
    cleat_sink_unref(sink);
    assert_true(stats_now().sink_errors > errors);
    assert_int_equal(stats_now().lost_lines, lost);
    assert_string_equal(get(in_folder("app.log.2020-01-01T00-00-00.000000Z")), "line\n");
    unlink(in_folder("app.log.2020-01-01T00-00-00.000000Z"));
    rmdir(name);
    char *all = everything();
    assert_numbers(all, 0, 25);
    free(all);
}

static void compression_without_memory_leaves_the_file(void **state)
{
    (void)state;
    SKIP_WITHOUT_ZLIB();
    char names[NAMES][256];
    cleat_sink *sink = open_sink(&compressing);
    largest_allocation = 60000;
    uint64_t errors = stats_now().sink_errors;
    for (int i = 0; i < 15; i++)
        log_number(sink, i);
    cleat_sink_unref(sink);
    largest_allocation = SIZE_MAX;
    assert_true(stats_now().sink_errors > errors);
    assert_int_equal(rotated(names), 1);
    assert_numbers(get(names[0]), 0, 10);
    cleat_sink_unref(open_sink(&compressing));
    assert_true(all_compressed());
}

/* ---- moved, removed, closed ------------------------------------------------------------------------------------- */

static void a_moved_file_is_followed_by_a_new_one_at_once_when_asked(void **state)
{
    (void)state;
    cleat_sink *sink = open_sink(NULL);
    log_number(sink, 0);
    assert_int_equal(rename(path, in_folder("moved")), 0);
    log_number(sink, 1);
    cleat_reopen_sinks();
    log_number(sink, 2);
    assert_numbers(get(in_folder("moved")), 0, 2);
    assert_numbers(get(path), 2, 3);
    cleat_sink_unref(sink);
}

static void a_moved_file_is_followed_by_a_new_one_within_a_second(void **state)
{
    (void)state;
    cleat_sink *sink = open_sink(NULL);
    log_number(sink, 0);
    assert_int_equal(rename(path, in_folder("moved")), 0);
    pause_for(1020000);
    log_number(sink, 1);
    assert_numbers(get(in_folder("moved")), 0, 1);
    assert_numbers(get(path), 1, 2);
    cleat_sink_unref(sink);
}

static void a_truncated_file_is_appended_to(void **state)
{
    (void)state;
    char names[NAMES][256];
    cleat_sink *sink = open_sink(&(cleat_file_options){.rotate_bytes = 10 * NUMBER_LENGTH});
    for (int i = 0; i < 9; i++)
        log_number(sink, i);
    assert_int_equal(truncate(path, 0), 0); /* logrotate's copytruncate */
    for (int i = 9; i < 18; i++)
        log_number(sink, i);
    assert_numbers(get(path), 9, 18);
    assert_int_equal(rotated(names), 0);
    cleat_sink_unref(sink);
}

static void a_removed_folder_is_made_anew(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "%s/sub/app.log", folder);
    cleat_sink *sink = open_sink(NULL);
    log_number(sink, 0);
    unlink(path);
    assert_int_equal(rmdir(in_folder("sub")), 0);
    cleat_reopen_sinks();
    log_number(sink, 1);
    assert_numbers(get(path), 1, 2);
    cleat_sink_unref(sink);
}

static void what_cannot_be_opened_anew_is_tried_again(void **state)
{
    (void)state;
    cleat_sink *sink = open_sink(NULL);
    assert_int_equal(rename(path, in_folder("moved")), 0);
    assert_int_equal(mkdir(path, 0755), 0);
    uint64_t errors = stats_now().sink_errors;
    uint64_t lost = stats_now().lost_lines;
    cleat_reopen_sinks();
    for (int i = 0; i < 10; i++)
        log_number(sink, i);
    assert_int_equal(stats_now().sink_errors, errors + 1); /* not for each line */
    assert_int_equal(stats_now().lost_lines, lost);
    assert_numbers(get(in_folder("moved")), 0, 10);
    assert_int_equal(rmdir(path), 0);
    pause_for(1020000);
    log_number(sink, 10);
    assert_numbers(get(path), 10, 11);
    cleat_sink_unref(sink);
}

/* The descriptor that this process has for a file. */
static int find_descriptor(const char *name)
{
    struct stat wanted;
    struct stat status;
    assert_int_equal(stat(name, &wanted), 0);
    for (int fd = 3; fd < 256; fd++)
        if (fstat(fd, &status) == 0 && status.st_ino == wanted.st_ino && status.st_dev == wanted.st_dev)
            return fd;
    return -1;
}

static void a_closed_descriptor_loses_one_line_and_no_other_file(void **state)
{
    (void)state;
    cleat_sink *sink = open_sink(NULL);
    log_number(sink, 0);
    assert_int_equal(close(find_descriptor(path)), 0);
    uint64_t lost = stats_now().lost_lines;
    put(sink, "lost\n");
    assert_int_equal(stats_now().lost_lines, lost + 1);
    log_number(sink, 1);
    assert_numbers(get(path), 0, 2);

    /* Taken by another file of the program: noticed within a second, and not closed. */
    int fd = find_descriptor(path);
    close(fd);
    int other = open(in_folder("other"), O_RDWR | O_CREAT, 0600);
    assert_int_equal(other, fd);
    pause_for(1020000);
    log_number(sink, 2);
    cleat_sink_unref(sink);
    assert_int_equal(write(other, "mine\n", 5), 5);
    close(other);
    assert_string_equal(get(in_folder("other")), "mine\n");
    assert_numbers(get(path), 0, 3);
}

/* ---- errors of the disk ----------------------------------------------------------------------------------------- */

static void a_full_device_is_counted_and_tried_again(void **state)
{
    (void)state;
    assert_int_equal(symlink("/dev/full", path), 0);
    cleat_sink *sink = open_sink(NULL);
    uint64_t lost = stats_now().lost_lines;
    uint64_t errors = stats_now().sink_errors;
    log_number(sink, 0);
    log_number(sink, 1);
    assert_int_equal(stats_now().lost_lines, lost + 2);
    assert_int_equal(stats_now().sink_errors, errors + 2);
    unlink(path);
    cleat_reopen_sinks();
    log_number(sink, 2);
    cleat_sink_unref(sink);
    assert_numbers(get(path), 2, 3);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
}

/* In a child: SIGXFSZ would end it. */
static void a_limit_on_size_cuts_no_line(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        limit_files(5 * NUMBER_LENGTH + 20);
        cleat_sink *sink = cleat_file_sink(path, NULL);
        uint64_t lost = stats_now().lost_lines;
        for (int i = 0; i < 10; i++)
            log_number(sink, i);
        int wrong = stats_now().lost_lines != lost + 5;
        limit_files(RLIM_INFINITY);
        log_number(sink, 5);
        cleat_sink_unref(sink);
        _exit(wrong);
    }
    wait_for_child(child);
    assert_numbers(get(path), 0, 6);
}

static void a_limit_on_size_stops_lines_but_leaves_those_of_others(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        limit_files(5 * NUMBER_LENGTH + 20);
        cleat_sink *other = cleat_file_sink(path, NULL); /* keeps the first from cutting the file */
        cleat_sink *sink = cleat_file_sink(path, NULL);
        uint64_t lost = stats_now().lost_lines;
        for (int i = 0; i < 7; i++)
            log_number(i % 2 == 0 ? sink : other, i);
        int wrong = stats_now().lost_lines != lost + 2;
        limit_files(RLIM_INFINITY);
        log_number(sink, 5);
        _exit(wrong);
    }
    wait_for_child(child);
    const char *text = get(path);
    char blank[21];
    memset(blank, ' ', 19);
    strcpy(blank + 19, "\n");
    assert_memory_equal(text + 5 * NUMBER_LENGTH, blank, 20);
    char *lines = strdup(text);
    memmove(lines + 5 * NUMBER_LENGTH, lines + 5 * NUMBER_LENGTH + 20, strlen(lines) - 5 * NUMBER_LENGTH - 19);
    assert_numbers(lines, 0, 6);
    free(lines);
}

static void a_batch_that_does_not_fit_keeps_its_whole_lines(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        char batch[10 * NUMBER_LENGTH + 1];
        size_t written;
        for (int i = 0; i < 10; i++)
            sprintf(batch + i * NUMBER_LENGTH, "{\"number\":%06d,\"pad\":\"..............\"}\n", i);
        limit_files(5 * NUMBER_LENGTH + 20);
        cleat_sink *sink = cleat_file_sink(path, NULL);
        cleat__sink_lock(sink);
        int result = sink->cls->write_lines(sink, batch, sizeof(batch) - 1, &written);
        cleat__sink_unlock(sink);
        _exit(result != -EFBIG || written != 5 * NUMBER_LENGTH);
    }
    wait_for_child(child);
    assert_numbers(get(path), 0, 5);
}

/* In a child without privileges: the folder may not be written to, but the file may. */
static void a_failing_rotation_leaves_logging_in_the_open_file(void **state)
{
    (void)state;
    write_file(path, "");
    chmod(path, 0666);
    chmod(folder, 0555);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(1);
        cleat_sink *sink = cleat_file_sink(path, &(cleat_file_options){.rotate_bytes = 2 * NUMBER_LENGTH});
        if (sink == NULL)
            _exit(2);
        cleat_stats before = stats_now();
        for (int i = 0; i < 10; i++)
            log_number(sink, i);
        cleat_stats after = stats_now();
        _exit(after.lost_lines != before.lost_lines || after.sink_errors != before.sink_errors + 1 ? 3 : 0);
    }
    wait_for_child(child);
    chmod(folder, 0755);
    assert_numbers(get(path), 0, 10);
}

static void what_a_killed_process_left_does_not_spoil_the_next_line(void **state)
{
    (void)state;
    write_file(path, "{\"number\":0,\"torn");
    cleat_sink *sink = open_sink(NULL);
    put(sink, "one\n");
    assert_string_equal(get(path), "{\"number\":0,\"tor\none\n");
    /* And while it is open. */
    int fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "{\"torn", 6), 6);
    close(fd);
    pause_for(20000); /* a process that was alone looks once in a few milliseconds */
    put(sink, "two\n");
    put(sink, "three\n");
    cleat_sink_unref(sink);
    assert_string_equal(get(path), "{\"number\":0,\"tor\none\n{\"tor\ntwo\nthree\n");
}

/* ---- several sinks and processes -------------------------------------------------------------------------------- */

/* How often each number was logged. */
static void count_numbers(const char *text, int *counts, int end)
{
    for (; *text != '\0'; text += NUMBER_LENGTH) {
        int number = -1;
        assert_int_equal(sscanf(text, "{\"number\":%6d,\"pad\":\"..............\"}\n", &number), 1);
        assert_in_range(number, 0, end - 1);
        counts[number]++;
    }
}

/* Each goes over to the new file when its own next line would be too much, so the lines are in order for each alone. */
static void two_sinks_rotate_one_file(void **state)
{
    (void)state;
    SKIP_WITHOUT_ZLIB();
    char names[NAMES][256];
    int counts[100] = {0};
    cleat_file_options options = {.rotate_bytes = 10 * NUMBER_LENGTH, .compress = true};
    cleat_sink *one = open_sink(&options);
    cleat_sink *other = open_sink(&options);
    for (int i = 0; i < 100; i++)
        log_number(i % 2 == 0 ? one : other, i);
    cleat_sink_unref(one);
    cleat_sink_unref(other);
    char *all = everything();
    count_numbers(all, counts, 100);
    free(all);
    for (int i = 0; i < 100; i++)
        assert_int_equal(counts[i], 1);
    assert_in_range(rotated(names), 7, 11);
    assert_true(all_compressed());
}

static void a_child_of_fork_has_an_open_file_of_its_own(void **state)
{
    (void)state;
    SKIP_WITHOUT_ZLIB();
    if (is_under_thread_sanitizer)
        skip(); /* it takes a thread that a forked child starts for one of the parent's, and gives up */
    cleat_sink *sink = open_sink(&compressing);
    log_number(sink, 0);
    pid_t child = fork();
    if (child == 0) {
        off_t end = lseek(find_descriptor(path), 0, SEEK_CUR); /* the parent's is at the end of its line */
        for (int i = 1; i < 25; i++)
            log_number(sink, i);
        cleat_sink_unref(sink);
        _exit(end != 0);
    }
    wait_for_child(child);
    for (int i = 25; i < 30; i++)
        log_number(sink, i);
    assert_true(wait_until(all_compressed, 15));
    cleat_sink_unref(sink);
    int counts[30] = {0};
    char *all = everything();
    count_numbers(all, counts, 30);
    free(all);
    for (int i = 0; i < 30; i++)
        assert_int_equal(counts[i], 1);
}

/* The child has no descriptor left for a file of its own, so it goes on with the parent's until it has. */
static void a_child_of_fork_that_cannot_open_the_file_writes_all_the_same(void **state)
{
    (void)state;
    struct rlimit before;
    cleat_sink *sink = open_sink(NULL);
    log_number(sink, 0);
    getrlimit(RLIMIT_NOFILE, &before);
    struct rlimit none = {.rlim_cur = 3, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    pid_t child = fork();
    setrlimit(RLIMIT_NOFILE, &before);
    if (child == 0) {
        int fd = find_descriptor(path);
        off_t shared_end = lseek(fd, 0, SEEK_CUR);
        log_number(sink, 1);
        int wrong = shared_end != NUMBER_LENGTH || lseek(fd, 0, SEEK_CUR) != 2 * NUMBER_LENGTH;
        pause_for(1020000);
        log_number(sink, 2);
        wrong += stats_now().sink_errors == 0 || lseek(fd, 0, SEEK_CUR) >= 0; /* it has one of its own now */
        _exit(wrong);
    }
    wait_for_child(child);
    log_number(sink, 3);
    cleat_sink_unref(sink);
    assert_numbers(get(path), 0, 4);
}

static void a_child_of_fork_compresses_after_its_parent(void **state)
{
    (void)state;
    SKIP_WITHOUT_ZLIB();
    if (is_under_thread_sanitizer)
        skip(); /* it takes a thread that a forked child starts for one of the parent's, and gives up */
    pid_t daemon = fork();
    if (daemon == 0) {
        cleat_sink *sink = cleat_file_sink(path, &compressing);
        log_number(sink, 0);
        if (fork() != 0)
            _exit(0);
        pause_for(50000);
        for (int i = 1; i < 25; i++)
            log_number(sink, i);
        cleat_sink_unref(sink);
        _exit(0);
    }
    wait_for_child(daemon);
    assert_true(wait_until(all_compressed, 10));
    pause_for(100000);
    char *all = everything();
    assert_numbers(all, 0, 25);
    free(all);
}

/* An idle process must not keep a rotated file from being compressed for ever. It looks every ten seconds. */
static void a_sink_that_does_not_log_lets_go_of_a_rotated_file(void **state)
{
    (void)state;
    SKIP_WITHOUT_ZLIB();
    if (!is_heavy())
        skip();
    cleat_sink *idle = open_sink(&compressing);
    cleat_sink *sink = open_sink(&compressing);
    for (int i = 0; i < 15; i++)
        log_number(sink, i);
    assert_true(wait_until(all_compressed, 25));
    cleat_sink_unref(idle);
    cleat_sink_unref(sink);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(appends_to_what_is_there),
        IN_A_FOLDER(makes_parent_folders_and_heeds_the_mode),
        IN_A_FOLDER(takes_a_relative_path_from_the_folder_of_now),
        IN_A_FOLDER(wrong_options_are_refused_with_a_sentence),
        IN_A_FOLDER(a_pipe_is_written_to_once_somebody_reads),
        IN_A_FOLDER(each_failing_allocation_is_an_error),
        IN_A_FOLDER(a_new_file_begins_before_this_one_outgrows_its_size),
        IN_A_FOLDER(a_line_beyond_the_limit_has_a_file_of_its_own),
        IN_A_FOLDER(a_batch_is_parted_between_files),
        IN_A_FOLDER(a_file_that_is_full_at_the_beginning_gives_way),
        IN_A_FOLDER(a_file_of_another_period_gives_way_unless_it_is_empty),
        IN_A_FOLDER(rotates_by_time_while_it_is_open),
        IN_A_FOLDER(an_empty_file_belongs_to_the_period_of_its_first_line),
        cmocka_unit_test(periods_are_counted_from_midnight),
        cmocka_unit_test(periods_may_begin_later),
        cmocka_unit_test(an_offset_is_less_than_a_period),
        cmocka_unit_test(local_midnight_may_end_a_day_of_23_or_25_hours),
        IN_A_FOLDER(a_link_is_followed_and_its_target_rotated),
        IN_A_FOLDER(rotated_files_are_at_rest_once_it_has_settled),
        IN_A_FOLDER(as_many_rotated_files_are_kept_as_asked),
        IN_A_FOLDER(rotated_files_go_at_their_age),
        IN_A_FOLDER(retention_touches_nothing_with_another_name),
        IN_A_FOLDER(retention_leaves_a_file_in_use),
        IN_A_FOLDER(rotated_files_are_compressed_in_the_background),
        IN_A_FOLDER(what_is_left_to_compress_is_done_when_the_sink_ends),
        IN_A_FOLDER(a_file_in_use_is_not_compressed),
        IN_A_FOLDER(what_a_crash_leaves_is_put_right),
        IN_A_FOLDER(a_failing_compression_leaves_logging_alone),
        IN_A_FOLDER(compression_without_memory_leaves_the_file),
        IN_A_FOLDER(a_moved_file_is_followed_by_a_new_one_at_once_when_asked),
        IN_A_FOLDER(a_moved_file_is_followed_by_a_new_one_within_a_second),
        IN_A_FOLDER(a_truncated_file_is_appended_to),
        IN_A_FOLDER(a_removed_folder_is_made_anew),
        IN_A_FOLDER(what_cannot_be_opened_anew_is_tried_again),
        IN_A_FOLDER(a_closed_descriptor_loses_one_line_and_no_other_file),
        IN_A_FOLDER(a_full_device_is_counted_and_tried_again),
        IN_A_FOLDER(a_limit_on_size_cuts_no_line),
        IN_A_FOLDER(a_limit_on_size_stops_lines_but_leaves_those_of_others),
        IN_A_FOLDER(a_batch_that_does_not_fit_keeps_its_whole_lines),
        IN_A_FOLDER(a_failing_rotation_leaves_logging_in_the_open_file),
        IN_A_FOLDER(what_a_killed_process_left_does_not_spoil_the_next_line),
        IN_A_FOLDER(two_sinks_rotate_one_file),
        IN_A_FOLDER(a_child_of_fork_has_an_open_file_of_its_own),
        IN_A_FOLDER(a_child_of_fork_that_cannot_open_the_file_writes_all_the_same),
        IN_A_FOLDER(a_child_of_fork_compresses_after_its_parent),
        IN_A_FOLDER(a_sink_that_does_not_log_lets_go_of_a_rotated_file),
    };
    cleat__alloc_permission = permit_allocation;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
