/*
 * own-sink.c - a renderer and a sink of your own: lines as syslog has them (RFC 5424), given to a function.
 *
 * A renderer turns an event into bytes and knows no destination; a sink takes bytes and knows no field. Either may
 * be combined with those of Cleat. Here the sink keeps the lines in an array; yours may send them somewhere.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <cleat.h>

struct outbox {
    char lines[8][256];
    int levels[8];
    size_t count;
};

/* Called by one thread at a time. A negative result counts the line as lost, and the program goes on. */
static int put_into_outbox(const char *line, size_t length, int level, void *arg)
{
    struct outbox *outbox = arg;
    if (outbox->count == 8 || length > sizeof(outbox->lines[0]))
        return -ENOSPC;
    snprintf(outbox->lines[outbox->count], sizeof(outbox->lines[0]), "%.*s", (int)length - 1, line);
    outbox->levels[outbox->count++] = level;
    return 0;
}

static int severity(int level)
{
    return level >= CLEAT_CRITICAL ? 2 : level >= CLEAT_ERROR ? 3 : level >= CLEAT_WARNING ? 4 : 6;
}

/* "<14>1 request_id=7 paid" - what is a string in the event is the renderer's to escape; these are our own. */
static int render_syslog(cleat_event *event, cleat_line *line, void *arg)
{
    char head[64];
    const int *facility = arg;
    const cleat_value *what = cleat_event_get(event, "event");
    const cleat_value *id = cleat_event_get(event, "request_id");
    if (what == NULL || what->kind != CLEAT_STRING)
        return -EINVAL; /* The line is then rendered as JSON, with a field that says why. */
    int length = snprintf(head, sizeof(head), "<%d>1 ", *facility * 8 + severity(cleat_event_level(event)));
    if (id != NULL && id->kind == CLEAT_INT)
        length += snprintf(head + length, sizeof(head) - (size_t)length, "request_id=%" PRId64 " ", id->as.integer);
    cleat_line_append(line, head, (size_t)length);
    return cleat_line_append(line, what->as.text, what->with.length);
}

static int is(const struct outbox *outbox, size_t index, const char *line, int level)
{
    puts(outbox->lines[index]);
    return strcmp(outbox->lines[index], line) == 0 && outbox->levels[index] == level;
}

int main(void)
{
    static int facility = 1;
    static struct outbox outbox;
    int result = cleat_configure(&(cleat_config){
        CLEAT_PROCESSORS(cleat_merge_contextvars()),
        CLEAT_HANDLERS({.renderer = cleat_make_renderer("syslog", render_syslog, &facility, NULL),
                        .sink = cleat_callback_sink(put_into_outbox, &outbox, NULL)}),
    });
    if (result < 0) {
        fprintf(stderr, "%s\n", cleat_error_message());
        return 1;
    }
    cleat_info(NULL, "started");
    CLEAT_BOUND_CONTEXTVARS("request_id", 7) {
        cleat_error(NULL, "card refused");
    }
    bool right = outbox.count == 2 && is(&outbox, 0, "<14>1 started", CLEAT_INFO) &&
                 is(&outbox, 1, "<11>1 request_id=7 card refused", CLEAT_ERROR);
    cleat_reset_defaults();
    return right ? 0 : 1;
}
