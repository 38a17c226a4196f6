/*
 * No line lost, torn or doubled: several processes with several threads each write to one path, in the way of the file
 * sink. CLEAT_HEAVY=1 runs a million lines, otherwise it is some ten thousand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
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
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cleat.h>

#include "sinks/sink.h"
#include "support.h"

#define PROCESSES 4
#define THREADS 8
#define SLOW_PROCESS 3
#define MAX_LINES 40000 /* of one thread */

/* What the processes and the test share. */
struct shared {
    _Atomic int ready;
    _Atomic bool go;
    int victim;                                       /* the process that is killed while it writes; -1: none */
    _Atomic int refused;                              /* lines that had to be tried again */
    _Atomic bool told[PROCESSES][THREADS][MAX_LINES]; /* the call has returned success */
};

static struct shared *shared;
static char path[128];
static int lines_each;

/* What was found in the files. */
static unsigned char found[PROCESSES][THREADS][MAX_LINES];
static int torn_lines;
static int blank_lines;

static int begin(void **state)
{
    (void)state;
    lines_each = (is_heavy() ? 1000000 : 40000) / (PROCESSES * THREADS);
    if (make_folder() != 0)
        return -1;
    snprintf(path, sizeof(path), "%s/app.log", folder);
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return -1;
    shared->victim = -1;
    memset(found, 0, sizeof(found));
    torn_lines = 0;
    blank_lines = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    munmap(shared, sizeof(*shared));
    umount2(folder, MNT_DETACH); /* of the test with a full disk */
    return remove_folder();
}

/* A line says whose it is, and has a length and a filling that follow from that. */
static size_t make_line(char *line, int process, int thread, int number)
{
    int length = sprintf(line, "{\"process\":%d,\"thread\":%d,\"number\":%d,\"filling\":\"", process, thread, number);
    int filling = (process * 131 + thread * 37 + number * 11) % 300;
    memset(line + length, 'a' + (process * THREADS + thread) % 26, (size_t)filling);
    strcpy(line + length + filling, "\"}\n");
    return (size_t)(length + filling + 3);
}

struct writer {
    cleat_sink *sink;
    int process;
    int thread;
    int lines;
};

/* As cleat__sink_write(), but it says whether the line was written. */
static int deliver(cleat_sink *sink, const char *line, size_t length)
{
    cleat__sink_lock(sink);
    int result = sink->cls->write(sink, line, length, 20);
    cleat__sink_unlock(sink);
    return result;
}

/* One process stands still now and then: its open file is rotated away under it meanwhile, and may not be compressed.
 */
static void stand_still(const struct writer *writer, int number)
{
    if (writer->process != SLOW_PROCESS || writer->thread != 0 || number % 400 != 399)
        return;
    cleat__sink_lock(writer->sink);
    pause_for(80000);
    cleat__sink_unlock(writer->sink);
}

/* A line that is refused is written again: if it was there all the same, it will be found twice. */
static void *write_lines(void *arg)
{
    const struct writer *writer = arg;
    char line[512];
    while (!atomic_load(&shared->go))
        sched_yield();
    for (int number = 0; number < writer->lines; number++) {
        size_t length = make_line(line, writer->process, writer->thread, number);
        while (deliver(writer->sink, line, length) != 0) {
            atomic_fetch_add(&shared->refused, 1);
            pause_for(500);
        }
        atomic_store(&shared->told[writer->process][writer->thread][number], true);
        if (writer->process == shared->victim && writer->thread == 0 && number == writer->lines / 3)
            kill(getpid(), SIGKILL); /* its other threads are anywhere in their calls */
        stand_still(writer, number);
    }
    return NULL;
}

static void be_process(int process, const cleat_file_options *options, int lines)
{
    pthread_t threads[THREADS];
    struct writer writers[THREADS];
    cleat_sink *sink = cleat_file_sink(path, options);
    if (sink == NULL) {
        fprintf(stderr, "%s\n", cleat_error_message());
        _exit(1);
    }
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){sink, process, i, lines};
        pthread_create(&threads[i], NULL, write_lines, &writers[i]);
    }
    atomic_fetch_add(&shared->ready, 1);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    cleat_sink_unref(sink);
    _exit(0);
}

static void start(pid_t *children, const cleat_file_options *options, int lines)
{
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            be_process(i, options, lines);
    }
    while (atomic_load(&shared->ready) < PROCESSES)
        sched_yield();
    atomic_store(&shared->go, true);
}

static void finish(const pid_t *children, int killed)
{
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        if (i == killed)
            assert_true(WIFSIGNALED(status));
        else
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

/* ---- reading what was written ----------------------------------------------------------------------------------- */

static void note_line(const char *line, size_t length)
{
    int process;
    int thread;
    int number;
    char expected[512];
    if (strspn(line, " ") + 1 == length) {
        blank_lines++;
        return;
    }
    if (sscanf(line, "{\"process\":%d,\"thread\":%d,\"number\":%d,", &process, &thread, &number) != 3 || process < 0 ||
        process >= PROCESSES || thread < 0 || thread >= THREADS || number < 0 || number >= MAX_LINES ||
        make_line(expected, process, thread, number) != length || memcmp(line, expected, length) != 0) {
        torn_lines++;
        if (torn_lines < 5)
            print_message("torn: %s", line);
        return;
    }
    found[process][thread][number]++;
}

static void read_lines(const char *name)
{
    char command[400];
    size_t length = strlen(name);
    bool compressed = strcmp(name + length - 3, ".gz") == 0;
    snprintf(command, sizeof(command), compressed ? "gzip -dc '%s'" : "cat '%s'", name);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    char *line = NULL;
    size_t size = 0;
    for (ssize_t count; (count = getline(&line, &size, pipe)) > 0;)
        note_line(line, (size_t)count);
    free(line);
    assert_int_equal(pclose(pipe), 0);
}

/* Reads all files of the folder; returns how many rotated ones there are. */
static int read_files(int *compressed)
{
    int count = 0;
    *compressed = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        char name[400];
        if (strncmp(entry->d_name, "app.log", 7) != 0)
            continue;
        snprintf(name, sizeof(name), "%s/%s", folder, entry->d_name);
        read_lines(name);
        count++;
        *compressed += strcmp(name + strlen(name) - 3, ".gz") == 0;
    }
    closedir(entries);
    return count - 1;
}

/* What was told to be written is there once, and nothing else; of `killed`, the line in flight may be there. */
static void assert_as_told(int killed)
{
    int lost = 0;
    int doubled = 0;
    int unexpected = 0;
    for (int process = 0; process < PROCESSES; process++)
        for (int thread = 0; thread < THREADS; thread++)
            for (int number = 0; number < lines_each; number++) {
                bool told = shared->told[process][thread][number];
                int times = found[process][thread][number];
                lost += told && times == 0;
                doubled += times > 1;
                unexpected += !told && times > 0 && process != killed;
            }
    assert_int_equal(lost, 0);
    assert_int_equal(doubled, 0);
    assert_int_equal(unexpected, 0);
    assert_true(torn_lines <= (killed >= 0 ? 1 : 0)); /* a process that is killed may leave a part of its last line */
}

static int count_told(int process)
{
    int count = 0;
    for (int thread = 0; thread < THREADS; thread++)
        for (int number = 0; number < lines_each; number++)
            count += shared->told[process][thread][number];
    return count;
}

static void assert_all_told(int killed)
{
    for (int process = 0; process < PROCESSES; process++)
        if (process != killed)
            assert_int_equal(count_told(process), lines_each * THREADS);
}

/* ---- the tests -------------------------------------------------------------------------------------------------- */

static const cleat_file_options plain;

static void K14_lines_of_many_threads_and_processes_stay_whole(void **state)
{
    (void)state;
    pid_t children[PROCESSES];
    int compressed;
    start(children, &plain, lines_each);
    finish(children, -1);
    assert_int_equal(read_files(&compressed), 0);
    assert_as_told(-1);
    assert_all_told(-1);
    assert_int_equal(blank_lines, 0);
}

static void K16_a_killed_process_loses_no_line_whose_call_had_returned(void **state)
{
    (void)state;
    pid_t children[PROCESSES];
    int compressed;
    shared->victim = 2;
    start(children, &plain, lines_each);
    finish(children, 2);
    assert_int_equal(read_files(&compressed), 0);
    assert_as_told(2);
    assert_all_told(2);
}

static cleat_file_options rotating(void)
{
    return (cleat_file_options){.rotate_bytes = is_heavy() ? 1 << 20 : 1 << 18, .compress = true};
}

static void rotation_and_compression_by_many_processes_keep_each_line_once(void **state)
{
    (void)state;
    SKIP_WITHOUT_ZLIB();
    pid_t children[PROCESSES];
    int compressed;
    cleat_file_options options = rotating();
    start(children, &options, lines_each);
    finish(children, -1);
    cleat_sink_unref(
        cleat_file_sink(path, &options)); /* what the last ones could not compress, as others had it open */
    int rotated = read_files(&compressed);
    assert_true(rotated > 10);
    assert_int_equal(compressed, rotated);
    assert_as_told(-1);
    assert_all_told(-1);
    assert_int_equal(blank_lines, 0);
}

static void a_process_killed_while_files_rotate_loses_no_line(void **state)
{
    (void)state;
    SKIP_WITHOUT_ZLIB();
    pid_t children[PROCESSES];
    int compressed;
    cleat_file_options options = rotating();
    shared->victim = 1;
    start(children, &options, lines_each);
    finish(children, 1);
    cleat_sink_unref(cleat_file_sink(path, &options));
    int rotated = read_files(&compressed);
    assert_true(rotated > 10);
    assert_int_equal(compressed, rotated);
    assert_as_told(1);
    assert_all_told(1);
}

static void retention_takes_the_oldest_lines_and_no_others(void **state)
{
    (void)state;
    SKIP_WITHOUT_ZLIB();
    pid_t children[PROCESSES];
    int compressed;
    cleat_file_options options = rotating();
    options.keep_files = 5;
    start(children, &options, lines_each);
    finish(children, -1);
    cleat_sink_unref(cleat_file_sink(path, &options));
    assert_int_equal(read_files(&compressed), 5);
    assert_int_equal(compressed, 5);
    assert_int_equal(torn_lines, 0);
    int kept = 0;
    for (int process = 0; process < PROCESSES; process++)
        for (int thread = 0; thread < THREADS; thread++)
            for (int number = 0; number < lines_each; number++) {
                int times = found[process][thread][number];
                assert_in_range(times, 0, 1);
                kept += times;
                /* Once a line of a thread is there, all that follow are. */
                if (number > 0 && found[process][thread][number - 1] == 1)
                    assert_int_equal(times, 1);
            }
    assert_true(kept > 0);
}

/* By writing: under valgrind posix_fallocate() takes none. */
static void take_room(int filler, off_t size)
{
    static const char nothing[1 << 15];
    for (off_t taken = 0; taken < size; taken += (off_t)sizeof(nothing))
        assert_int_equal(write(filler, nothing, sizeof(nothing)), sizeof(nothing));
}

/* Gives the disk's room away piece by piece, so that it is full again and again until all is written. It begins when
   somebody has found the disk full, which under valgrind takes its time. */
static void make_room_slowly(int filler, off_t size, off_t step)
{
    for (int i = 0; shared->refused == 0 && i < 30000; i++)
        pause_for(1000);
    for (; size > 0 && waitid(P_ALL, 0, &(siginfo_t){0}, WEXITED | WNOHANG | WNOWAIT) == 0; pause_for(1000)) {
        size = size > step ? size - step : 0;
        assert_int_equal(ftruncate(filler, size), 0);
    }
}

static void a_full_disk_loses_nothing_that_was_confirmed(void **state)
{
    (void)state;
    if (is_under_valgrind())
        skip(); /* too slow there to fill it */
    SKIP_WITHOUT_ZLIB();
    pid_t children[PROCESSES];
    char name[128];
    char options_text[32];
    int compressed;
    cleat_file_options options = rotating();
    options.compress = false;
    off_t size = (off_t)lines_each * THREADS * PROCESSES * 300;
    snprintf(options_text, sizeof(options_text), "size=%ld", (long)size + (1 << 17));
    if (mount("none", folder, "tmpfs", 0, options_text) != 0)
        skip(); /* needs privileges */
    snprintf(name, sizeof(name), "%s/filler", folder);
    int filler = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    take_room(filler, size);
    start(children, &options, lines_each);
    make_room_slowly(filler, size, 1 << 15);
    finish(children, -1);
    close(filler);
    read_files(&compressed);
    assert_as_told(-1);
    assert_all_told(-1);
    print_message("%d times a line was refused; parts of %d lines had to be blanked\n", shared->refused, blank_lines);
    assert_true(shared->refused > 0);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(K14_lines_of_many_threads_and_processes_stay_whole),
        IN_A_FOLDER(K16_a_killed_process_loses_no_line_whose_call_had_returned),
        IN_A_FOLDER(rotation_and_compression_by_many_processes_keep_each_line_once),
        IN_A_FOLDER(a_process_killed_while_files_rotate_loses_no_line),
        IN_A_FOLDER(retention_takes_the_oldest_lines_and_no_others),
        IN_A_FOLDER(a_full_disk_loses_nothing_that_was_confirmed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
