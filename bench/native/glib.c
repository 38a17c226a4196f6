/*
 * glib.c - GLib's structured logging. Its fields are strings and bytes, and it leaves to a writer function how they are
 * shown; the one that makes JSON of them is here.
 */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define SECOND_LENGTH 20 /* "2026-01-31T23:59:59." */

static int fd = -1; /* -1: lines are discarded */
static _Atomic uint64_t discarded;

/* -- the writer -- */

static void append_escaped(GString *line, unsigned char byte)
{
    if (byte == '"' || byte == '\\') {
        g_string_append_c(line, '\\');
        g_string_append_c(line, (char)byte);
    } else {
        g_string_append_printf(line, "\\u%04x", byte);
    }
}

static void append_text(GString *line, const char *text, size_t length)
{
    const char *end = text + length;
    g_string_append_c(line, '"');
    for (const char *from = text; text <= end; text++) {
        unsigned char byte = text < end ? (unsigned char)*text : 0;
        if (text < end && byte >= ' ' && byte != '"' && byte != '\\')
            continue;
        g_string_append_len(line, from, text - from);
        from = text + 1;
        if (text < end)
            append_escaped(line, byte);
    }
    g_string_append_c(line, '"');
}

/* The text of a second is made once in each second and thread. */
static void append_time(GString *line)
{
    static _Thread_local time_t second = -1;
    static _Thread_local char text[32];
    gint64 now = g_get_real_time();
    if (now / G_USEC_PER_SEC != second) {
        struct tm parts;
        second = now / G_USEC_PER_SEC;
        gmtime_r(&second, &parts);
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.", &parts);
    }
    char digits[7] = "000000";
    for (gint64 rest = now % G_USEC_PER_SEC, at = 5; rest > 0; rest /= 10, at--)
        digits[at] = (char)('0' + rest % 10);
    g_string_append_len(line, text, SECOND_LENGTH);
    g_string_append_len(line, digits, 6);
}

static void append_fields(GString *line, const GLogField *fields, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        bool is_message = strcmp(fields[i].key, "MESSAGE") == 0;
        g_string_append_len(line, ",\"", 2);
        g_string_append(line, is_message ? "message" : fields[i].key);
        g_string_append_len(line, "\":", 2);
        append_text(line, fields[i].value, fields[i].length < 0 ? strlen(fields[i].value) : (size_t)fields[i].length);
    }
}

static GLogWriterOutput deliver(const GString *line)
{
    if (fd < 0)
        atomic_fetch_add_explicit(&discarded, line->len, memory_order_relaxed);
    else if (write(fd, line->str, line->len) != (ssize_t)line->len)
        return G_LOG_WRITER_UNHANDLED;
    return G_LOG_WRITER_HANDLED;
}

static void free_line(gpointer line)
{
    g_string_free(line, TRUE);
}

/* Each thread has one, which it uses for all its lines. */
static GString *empty_line(void)
{
    static GPrivate lines = G_PRIVATE_INIT(free_line);
    GString *line = g_private_get(&lines);
    if (line == NULL) {
        line = g_string_sized_new(1024);
        g_private_set(&lines, line);
    }
    return g_string_truncate(line, 0);
}

static GLogWriterOutput write_json(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer data)
{
    (void)data;
    GString *line = empty_line();
    g_string_append(line, "{\"timestamp\":\"");
    append_time(line);
    g_string_append(line, level == G_LOG_LEVEL_INFO ? "Z\",\"level\":\"info\"" : "Z\",\"level\":\"other\"");
    append_fields(line, fields, count);
    g_string_append_len(line, "}\n", 2);
    return deliver(line);
}

/* -- lines -- */

#define MESSAGE                                                                                                        \
    {                                                                                                                  \
        .key = "MESSAGE", .value = "request received", .length = 16                                                    \
    }

static void make_plain(size_t count)
{
    const GLogField fields[] = {MESSAGE};
    for (size_t i = 0; i < count; i++)
        g_log_structured_array(G_LOG_LEVEL_INFO, fields, G_N_ELEMENTS(fields));
}

static void make_line_with_ten(GLogLevelFlags level)
{
    const struct bench_ten *ten = &bench_work.ten;
    char user_id[24];
    char attempt[24];
    char ratio[G_ASCII_DTOSTR_BUF_SIZE];
    g_snprintf(user_id, sizeof(user_id), "%" G_GINT64_FORMAT, ten->user_id);
    g_snprintf(attempt, sizeof(attempt), "%" G_GINT64_FORMAT, ten->attempt);
    const GLogField fields[] = {
        MESSAGE,
        {"request_id", ten->request_id, -1},
        {"method", ten->method, -1},
        {"path", ten->path, -1},
        {"client", ten->client, -1},
        {"user_id", user_id, -1},
        {"tenant", ten->tenant, -1},
        {"attempt", attempt, -1},
        {"cached", ten->cached ? "true" : "false", -1},
        {"ratio", g_ascii_formatd(ratio, sizeof(ratio), "%.17g", ten->ratio), -1},
        {"region", ten->region, -1},
    };
    g_log_structured_array(level, fields, G_N_ELEMENTS(fields));
}

static void make_with_ten(size_t count)
{
    for (size_t i = 0; i < count; i++)
        make_line_with_ten(G_LOG_LEVEL_INFO);
}

/* What GLib's manual says to ask before costly values are made. */
static void make_disabled(size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!g_log_writer_default_would_drop(G_LOG_LEVEL_DEBUG, NULL))
            make_line_with_ten(G_LOG_LEVEL_DEBUG);
}

static void make_with_payload(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const GLogField fields[] = {
            MESSAGE,
            {"payload", bench_work.payload, (gssize)bench_work.payload_length},
        };
        g_log_structured_array(G_LOG_LEVEL_INFO, fields, G_N_ELEMENTS(fields));
    }
}

/* -- the contestant -- */

static bench_lines *lines_of(enum bench_kind kind)
{
    switch (kind) {
    case BENCH_C:
        return make_with_ten;
    case BENCH_I:
        return make_disabled;
    case BENCH_LENGTH:
        return make_with_payload;
    default:
        return make_plain;
    }
}

/* GLib takes a writer once. */
static void set_writer(void)
{
    static bool is_set;
    if (!is_set)
        g_log_set_writer_func(write_json, NULL, NULL);
    is_set = true;
}

static bench_lines *begin(const struct bench_job *job)
{
    set_writer();
    discarded = 0;
    if (job->sink != BENCH_DISCARD) {
        fd = open(job->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0) {
            bench_fail("%s: %s", job->path, g_strerror(errno));
            return NULL;
        }
    }
    return lines_of(job->kind);
}

static void end(void)
{
    if (fd >= 0)
        close(fd);
    fd = -1;
}

static uint64_t bytes(void)
{
    return discarded;
}

static const char *version(void)
{
    static char text[32];
    g_snprintf(text, sizeof(text), "%u.%u.%u", glib_major_version, glib_minor_version, glib_micro_version);
    return text;
}

#define NO_BOUND_FIELDS "no bound fields"
#define NO_CONTEXT "no context variables"

const struct bench_contestant bench_contestant = {
    .name = "GLib",
    .language = "C",
    .version = version,
    .notes = (const char *const[]){"strings only", "JSON by a writer function of the benchmark's: GLib has none", NULL},
    .cannot =
        (const struct bench_cannot[]){
            {"b", NO_BOUND_FIELDS},
            {"d", NO_BOUND_FIELDS},
            {"e", NO_CONTEXT},
            {"f", NO_CONTEXT},
            {"g", NO_BOUND_FIELDS},
            {"h", "no lists and no objects"},
            {"j", NO_BOUND_FIELDS},
            {"k", NO_CONTEXT},
            {"l", NO_CONTEXT},
            {"bound-N", NO_BOUND_FIELDS},
            {"context-N", NO_CONTEXT},
            {"async", "no asynchronous writer"},
            {NULL, NULL},
        },
    .begin = begin,
    .end = end,
    .bytes = bytes,
};
