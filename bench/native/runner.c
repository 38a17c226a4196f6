/* runner.c - main() of each contestant in C and C++: reads commands, answers in JSON (bench/README.md). */
#include "internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_THREADS 64
#define MOST_PAYLOAD (16U << 20)
#define MOST_BURSTS 10000000
#define MOST_LINES ((size_t)100000000000)
#define SHOWN_LINES 3
#define OVERLOAD_QUEUE ((size_t)256 << 10)

static const char *const sink_names[] = {"discard", "null", "file", "async"};
static const char *const sized_names[] = {"bound", "context", "length"};
static char failure[512];

void bench_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure, sizeof(failure), format, arguments);
    va_end(arguments);
}

/* -- answers -- */

static void print_text(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else if ((unsigned char)*text < ' ')
            printf("\\u%04x", (unsigned)*text);
        else
            putchar(*text);
    }
    putchar('"');
}

static void answer(const char *key, const char *text)
{
    printf("{\"%s\": ", key);
    print_text(text);
    printf("}\n");
}

/* -- what was asked for -- */

static const char *why_not(const char *what)
{
    for (const struct bench_cannot *cannot = bench_contestant.cannot; cannot->what != NULL; cannot++)
        if (strcmp(cannot->what, what) == 0)
            return cannot->why;
    return NULL;
}

/* "a" to "l" */
static bool parse_letter(const char *text, struct bench_job *job)
{
    if (text[0] < 'a' || text[0] > 'l' || text[1] != '\0')
        return false;
    job->kind = (enum bench_kind)(BENCH_A + (text[0] - 'a'));
    return true;
}

/* "bound-20" */
static bool parse_sized(const char *text, struct bench_job *job)
{
    for (int i = 0; i < 3; i++) {
        size_t length = strlen(sized_names[i]);
        char *end = NULL;
        if (strncmp(text, sized_names[i], length) != 0 || text[length] != '-')
            continue;
        job->kind = (enum bench_kind)(BENCH_BOUND + i);
        job->n = (unsigned)strtoul(text + length + 1, &end, 10);
        return end != text + length + 1 && *end == '\0' &&
               job->n <= (job->kind == BENCH_LENGTH ? MOST_PAYLOAD : BENCH_MOST_FIELDS);
    }
    return false;
}

static bool parse_scenario(const char *text, struct bench_job *job)
{
    if (parse_letter(text, job) || parse_sized(text, job))
        return true;
    bench_fail("no scenario '%s'; there are a to l, bound-N and context-N (N at most %d), length-N (at most %u)", text,
               BENCH_MOST_FIELDS, MOST_PAYLOAD);
    return false;
}

static bool parse_sink(const char *text, struct bench_job *job)
{
    for (size_t i = 0; i < sizeof(sink_names) / sizeof(sink_names[0]); i++) {
        job->sink = (enum bench_sink)(BENCH_DISCARD + i);
        if (strcmp(text, sink_names[i]) == 0)
            return true;
    }
    bench_fail("no sink '%s'; there are discard, null, file, async", text);
    return false;
}

/* The reason why the contestant cannot do this job, or NULL. */
static const char *why_not_job(const char *scenario, const struct bench_job *job)
{
    char sized[32];
    if (job->kind >= BENCH_BOUND) {
        snprintf(sized, sizeof(sized), "%s-N", sized_names[job->kind - BENCH_BOUND]);
        scenario = sized;
    }
    const char *why = why_not(scenario);
    if (why == NULL)
        why = why_not(job->sink == BENCH_OVERLOAD ? "overload" : sink_names[job->sink]);
    if (why == NULL && job->sink == BENCH_OVERLOAD)
        why = why_not("async");
    if (why == NULL && job->threads > 1)
        why = why_not("threads");
    return why;
}

/* -- runs -- */

static bench_lines *begin(const struct bench_job *job)
{
    if (!bench_prepare_work(job->kind == BENCH_LENGTH ? job->n : 0)) {
        bench_fail("no memory for a payload of %u bytes", job->n);
        return NULL;
    }
    return bench_contestant.begin(job);
}

static uint64_t file_size(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

static bool makes_lines(const struct bench_job *job)
{
    return job->kind != BENCH_I && job->kind != BENCH_J;
}

/* One line is as long as another: they differ in the digits of their time. */
static bool measure_line(struct bench_job job, uint64_t *length)
{
    char path[] = "/tmp/bench-line-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0) {
        bench_fail("cannot make a file in /tmp");
        return false;
    }
    close(fd);
    job.sink = BENCH_FILE;
    job.path = path;
    job.threads = 1;
    struct bench_result ignored;
    bench_lines *lines = begin(&job);
    bool done = lines != NULL && bench_run(lines, &job, 1, &ignored);
    if (lines != NULL)
        bench_contestant.end();
    *length = file_size(path);
    unlink(path);
    return done;
}

/* What the run wrote, or gave to the discarding sink. False: bench_fail() was called. */
static bool count_bytes(const struct bench_job *job, size_t lines, uint64_t counted, uint64_t *bytes)
{
    *bytes = counted;
    if (!makes_lines(job) || job->sink >= BENCH_FILE)
        return true;
    if (job->sink == BENCH_DISCARD && bench_contestant.bytes != NULL)
        return true;
    if (!measure_line(*job, bytes))
        return false;
    *bytes *= lines;
    return true;
}

/* Sets up, runs, and undoes; bytes is what the sink itself tells. */
static bool run_job(const struct bench_job *job, size_t count, struct bench_result *result, uint64_t *bytes)
{
    bool in_file = job->sink >= BENCH_FILE;
    uint64_t before = in_file ? file_size(job->path) : 0;
    bench_lines *lines = begin(job);
    if (lines == NULL)
        return false;
    bool done = bench_run(lines, job, count, result);
    *bytes = job->sink == BENCH_DISCARD && bench_contestant.bytes != NULL ? bench_contestant.bytes() : 0;
    bench_contestant.end();
    if (in_file)
        *bytes = file_size(job->path) - before;
    return done;
}

/* -- commands: each gets what stands behind its name. False: bench_fail() was called, and nothing answered yet. -- */

/* Answers if not. */
static bool is_possible(const char *scenario, const struct bench_job *job)
{
    const char *why = why_not_job(scenario, job);
    if (why != NULL)
        answer("cannot", why);
    return why == NULL;
}

static void print_cannots(void)
{
    for (const struct bench_cannot *cannot = bench_contestant.cannot; cannot->what != NULL; cannot++) {
        printf("%s", cannot == bench_contestant.cannot ? "" : ", ");
        print_text(cannot->what);
        printf(": ");
        print_text(cannot->why);
    }
}

static void print_list(const char *const *texts)
{
    for (const char *const *text = texts; *text != NULL; text++) {
        printf("%s", text == texts ? "" : ", ");
        print_text(*text);
    }
}

static void print_sinks(void)
{
    const char *possible[BENCH_SINKS] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < sizeof(sink_names) / sizeof(sink_names[0]); i++)
        if (why_not(sink_names[i]) == NULL)
            possible[count++] = sink_names[i];
    print_list(possible);
}

static bool hello(const char *rest)
{
    (void)rest;
    printf("{\"name\": ");
    print_text(bench_contestant.name);
    printf(", \"version\": ");
    print_text(bench_contestant.version());
    printf(", \"language\": ");
    print_text(bench_contestant.language);
    printf(", \"cannot\": {");
    print_cannots();
    printf("}, \"notes\": [");
    print_list(bench_contestant.notes);
    printf("], \"sinks\": [");
    print_sinks();
    printf("]}\n");
    return true;
}

static bool measure_run(const struct bench_job *job, size_t count)
{
    struct bench_result result;
    uint64_t bytes = 0;
    size_t lines = count * job->threads;
    if (!run_job(job, count, &result, &bytes) || !count_bytes(job, lines, bytes, &bytes))
        return false;
    printf("{\"ns\": %" PRId64 ", \"lines\": %zu, \"bytes\": %" PRIu64 ", \"allocations\": %" PRIu64 "}\n", result.ns,
           lines, bytes, result.allocations);
    return true;
}

static bool run(const char *rest)
{
    char scenario[32];
    char sink[16];
    size_t count = 0;
    int path_at = 0;
    struct bench_job job = {0};
    int found = sscanf(rest, "%31s %15s %u %zu %n", scenario, sink, &job.threads, &count, &path_at);
    if (found != 4 || rest[path_at] == '\0') {
        bench_fail("run wants: run SCENARIO SINK THREADS COUNT PATH");
        return false;
    }
    if (job.threads < 1 || job.threads > MOST_THREADS || count > MOST_LINES) {
        bench_fail("run wants 1 to %d threads, and at most %zu lines of each", MOST_THREADS, MOST_LINES);
        return false;
    }
    if (!parse_scenario(scenario, &job) || !parse_sink(sink, &job))
        return false;
    job.path = job.sink == BENCH_NULL ? "/dev/null" : rest + path_at;
    return !is_possible(scenario, &job) || measure_run(&job, count);
}

static bool show_lines(const struct bench_job *job)
{
    struct bench_result ignored;
    uint64_t bytes = 0;
    if (!run_job(job, SHOWN_LINES, &ignored, &bytes))
        return false;
    printf("{}\n");
    return true;
}

static bool show(const char *rest)
{
    char scenario[32];
    int path_at = 0;
    struct bench_job job = {.sink = BENCH_FILE, .threads = 1};
    if (sscanf(rest, "%31s %n", scenario, &path_at) != 1 || rest[path_at] == '\0') {
        bench_fail("show wants: show SCENARIO PATH");
        return false;
    }
    job.path = rest + path_at;
    return parse_scenario(scenario, &job) && (!is_possible(scenario, &job) || show_lines(&job));
}

static bool measure_latency(const struct bench_job *job, size_t bursts)
{
    struct bench_latencies latencies;
    bench_lines *lines = begin(job);
    if (lines == NULL)
        return false;
    bool done = bench_measure_latency(lines, bursts, &latencies);
    bench_contestant.end();
    if (done)
        printf("{\"samples\": %zu, \"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f}\n", latencies.samples, latencies.p50,
               latencies.p99, latencies.p999);
    return done;
}

static bool latency(const char *rest)
{
    char scenario[32];
    char path[4096];
    size_t bursts = 0;
    struct bench_job job = {.sink = BENCH_ASYNC, .threads = 1, .path = path};
    if (sscanf(rest, "%31s %4095s %zu", scenario, path, &bursts) != 3 || bursts < 1 || bursts > MOST_BURSTS) {
        bench_fail("latency wants: latency SCENARIO PATH BURSTS, BURSTS of 1 to %d", MOST_BURSTS);
        return false;
    }
    if (!parse_scenario(scenario, &job))
        return false;
    const char *why = why_not("latency");
    if (why == NULL && job.kind == BENCH_L)
        why = "a line of scenario l is the work of two threads";
    if (why != NULL) {
        answer("cannot", why);
        return true;
    }
    return !is_possible(scenario, &job) || measure_latency(&job, bursts);
}

static bool measure_overload(const struct bench_job *job, size_t count)
{
    struct bench_result result;
    bench_lines *lines = begin(job);
    if (lines == NULL)
        return false;
    bool done = bench_run(lines, job, count, &result);
    uint64_t dropped = bench_contestant.dropped != NULL ? bench_contestant.dropped() : 0;
    bench_contestant.end();
    if (done && bench_contestant.dropped != NULL)
        printf("{\"lines\": %zu, \"ns\": %" PRId64 ", \"told\": %" PRIu64 "}\n", count, result.ns, dropped);
    else if (done)
        printf("{\"lines\": %zu, \"ns\": %" PRId64 ", \"told\": null}\n", count, result.ns);
    return done;
}

static bool overload(const char *rest)
{
    size_t count = 0;
    int path_at = 0;
    struct bench_job job = {.kind = BENCH_D, .sink = BENCH_OVERLOAD, .threads = 1, .queue_bytes = OVERLOAD_QUEUE};
    if (sscanf(rest, "%zu %n", &count, &path_at) != 1 || rest[path_at] == '\0' || count > MOST_LINES) {
        bench_fail("overload wants: overload COUNT PATH, COUNT of at most %zu", MOST_LINES);
        return false;
    }
    job.path = rest + path_at;
    return !is_possible("d", &job) || measure_overload(&job, count);
}

static const struct {
    const char *name;
    bool (*carry_out)(const char *rest);
} commands[] = {
    {"hello", hello}, {"run", run}, {"show", show}, {"latency", latency}, {"overload", overload},
};

static bool carry_out(const char *line)
{
    size_t length = strcspn(line, " ");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strlen(commands[i].name) == length && strncmp(line, commands[i].name, length) == 0)
            return commands[i].carry_out(line + length + strspn(line + length, " "));
    bench_fail("no command '%s'; there are hello, run, show, latency, overload, quit", line);
    return false;
}

int main(void)
{
    char line[8192];
    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "quit") == 0)
            return 0;
        if (!carry_out(line))
            answer("error", failure);
        fflush(stdout);
    }
    return 0;
}
