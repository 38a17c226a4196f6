#include "renderers/renderer.h"

#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/fork_locks.h"
#include "base/lock.h"
#include "base/number.h"
#include "base/owners.h"
#include "base/report.h"
#include "base/utf8.h"
#include "model/failure.h"
#include "renderers/json.h"

/* -- making renderers -- */

void *cleat__renderer_new(size_t size, const struct cleat__renderer_class *cls)
{
    cleat_renderer *renderer = cleat__alloc_zero(size);
    if (renderer == NULL)
        return cleat__fail_null(ENOMEM, "no memory for a %s renderer", cls->name);
    renderer->cls = cls;
    renderer->owners = 1;
    renderer->size = size;
    return renderer;
}

cleat_renderer *cleat_renderer_ref(cleat_renderer *renderer)
{
    if (renderer != NULL)
        cleat__add_owner(&renderer->owners);
    return renderer;
}

void cleat_renderer_unref(cleat_renderer *renderer)
{
    if (renderer == NULL || !cleat__was_last_owner(&renderer->owners))
        return;
    if (renderer->original != NULL)
        cleat_renderer_unref(renderer->original);
    else if (renderer->cls->destroy != NULL)
        renderer->cls->destroy(renderer);
    cleat__free(renderer);
}

/* What makes two renderers write a field alike. Numbers are given once and for all, so that bytes kept under one stay
   right whatever is configured later; there are no more of them than ways to write a field that a program uses. */
struct format {
    struct format *next;
    uint64_t number;
    const struct cleat__renderer_class *cls;
    uint64_t variant;
    size_t max_value_bytes;
    size_t max_line_bytes; /* a list that outgrows the line is broken off */
    unsigned max_depth;
};

static bool is_format(const struct format *format, const cleat_renderer *renderer)
{
    return format->cls == renderer->cls && format->variant == renderer->variant &&
           format->max_value_bytes == renderer->limits.max_value_bytes &&
           format->max_line_bytes == renderer->limits.max_line_bytes && format->max_depth == renderer->limits.max_depth;
}

static struct format *find_or_add_format(const cleat_renderer *renderer)
{
    static struct format *formats;
    struct format *format = formats;
    while (format != NULL && !is_format(format, renderer))
        format = format->next;
    if (format != NULL)
        return format;
    format = cleat__alloc(sizeof(*format));
    if (format == NULL)
        return NULL;
    *format = (struct format){formats,
                              formats != NULL ? formats->number + 1 : 1,
                              renderer->cls,
                              renderer->variant,
                              renderer->limits.max_value_bytes,
                              renderer->limits.max_line_bytes,
                              renderer->limits.max_depth};
    formats = format;
    return format;
}

static pthread_mutex_t formats_lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor(103))) static void watch_forks(void)
{
    cleat__hold_across_forks(&formats_lock, CLEAT__FORK_FORMATS);
}

static bool give_format(cleat_renderer *renderer)
{
    if (renderer->cls->write_value == NULL)
        return true; /* it keeps no bytes */
    cleat__lock(&formats_lock);
    struct format *format = find_or_add_format(renderer);
    pthread_mutex_unlock(&formats_lock);
    if (format != NULL)
        renderer->format = format->number;
    return format != NULL;
}

cleat_renderer *cleat__renderer_for_handler(cleat_renderer *renderer, const struct cleat__limits *limits, bool terminal)
{
    cleat_renderer *copy = cleat__alloc(renderer->size);
    if (copy == NULL)
        return cleat__fail_null(ENOMEM, "no memory for a %s renderer", renderer->cls->name);
    /* Not the head as a whole: other threads may be counting its owners. */
    *copy = (cleat_renderer){.cls = renderer->cls,
                             .owners = 1,
                             .size = renderer->size,
                             .variant = renderer->variant,
                             .original = cleat_renderer_ref(renderer),
                             .limits = *limits};
    memcpy(copy + 1, renderer + 1, renderer->size - sizeof(*renderer));
    if (copy->cls->adapt_to_terminal != NULL)
        copy->cls->adapt_to_terminal(copy, terminal);
    if (give_format(copy))
        return copy;
    cleat_renderer_unref(copy);
    return cleat__fail_null(ENOMEM, "no memory for a %s renderer", renderer->cls->name);
}

/* -- fields of a line -- */

/* Kept free of fields, for what stands behind them. */
#define RESERVE 64

static size_t limit_of(const cleat_renderer *renderer)
{
    return renderer->limits.max_line_bytes - RESERVE;
}

/* Appends a field, and takes it off again if it does not fit. Whether it stays. */
static bool render_if_it_fits(const cleat_renderer *renderer, const struct cleat__field *field,
                              struct cleat__buffer *line, cleat__render_field render_field)
{
    size_t mark = line->length;
    render_field(line, field, renderer);
    if (!line->failed && line->length <= limit_of(renderer))
        return true;
    line->length = mark;
    line->failed = false;
    cleat__count(CLEAT__LOST_FIELD, 1);
    return false;
}

static uint32_t render_one_by_one(const cleat_renderer *renderer, const struct cleat__span *span,
                                  struct cleat__buffer *line, cleat__render_field render_field)
{
    uint32_t lost = 0;
    for (uint32_t i = span->from; i < span->to; i++)
        lost += !render_if_it_fits(renderer, &span->fields[i], line, render_field);
    return lost;
}

static void render_row_of_one(struct cleat__buffer *line, const struct cleat__field *field, const void *renderer)
{
    ((const cleat_renderer *)renderer)->cls->render_row(line, field, 1, renderer);
}

/* The bytes that are kept of a span's list, or NULL. Those beyond a line's limit may have been broken off because of
   what was before them: fields that may be gone from the line, and the offsets. */
static const struct cleat__rendered *kept_bytes(const cleat_renderer *renderer, const struct cleat__span *span,
                                                cleat__render_field render_field)
{
    if (span->list == NULL || renderer->format == 0)
        return NULL;
    const struct cleat__rendered *kept = cleat__fields_rendered(
        span->list, renderer->format, renderer->cls->render_row != NULL ? render_row_of_one : render_field, renderer);
    if (kept == NULL)
        return NULL;
    const char *end = kept->bytes + kept->offsets[span->to];
    return (size_t)(end - (const char *)kept) <= 2 * renderer->limits.max_line_bytes ? kept : NULL;
}

static void render_span(const cleat_renderer *renderer, const struct cleat__span *span, struct cleat__buffer *line,
                        cleat__render_field render_field)
{
    const struct cleat__rendered *kept = kept_bytes(renderer, span, render_field);
    if (kept != NULL) {
        uint32_t from = kept->offsets[span->from];
        cleat__buffer_add(line, kept->bytes + from, kept->offsets[span->to] - from);
    } else if (renderer->cls->render_row != NULL) {
        renderer->cls->render_row(line, span->fields + span->from, span->to - span->from, renderer);
    } else {
        for (uint32_t i = span->from; i < span->to; i++)
            render_field(line, &span->fields[i], renderer);
    }
}

uint32_t cleat__render_spans(const cleat_renderer *renderer, cleat_event *event, struct cleat__buffer *line,
                             cleat__render_field render_field)
{
    uint32_t lost = 0;
    const struct cleat__span *end = event->spans + event->n_spans;
    for (const struct cleat__span *span = event->spans; span < end; span++) {
        size_t mark = line->length;
        if (span->from < span->to)
            render_span(renderer, span, line, render_field);
        if (__builtin_expect(!line->failed && line->length <= limit_of(renderer), 1))
            continue;
        line->length = mark;
        line->failed = false;
        lost += render_one_by_one(renderer, span, line, render_field);
    }
    return lost;
}

uint32_t cleat__render_fields(const cleat_renderer *renderer, const struct cleat__field *const *fields, uint32_t count,
                              struct cleat__buffer *line, cleat__render_field render_field)
{
    uint32_t lost = 0;
    for (uint32_t i = 0; i < count; i++)
        lost += !render_if_it_fits(renderer, fields[i], line, render_field);
    return lost;
}

void cleat__tell_left_off(cleat_event *event, uint32_t left_off, struct cleat__buffer *line,
                          cleat__render_field render_field, const void *renderer)
{
    static const char text[] = "cleat_cut";
    cleat_key key;
    cleat__key_prepare(&key, text, sizeof(text) - 1);
    if (left_off == 0 || cleat__event_get(event, &key) != NULL) /* a program's own field of that name has it (K1) */
        return;
    const struct cleat__field field = {&key, cleat_uint(left_off)};
    render_field(line, &field, renderer);
}

/* Heap sort: qsort() may allocate, and the way of a line must not. */
static void sift_down(const struct cleat__field **fields, uint32_t root, uint32_t count)
{
    for (;;) {
        uint32_t child = 2 * root + 1;
        if (child >= count)
            return;
        if (child + 1 < count && cleat__key_compare(fields[child]->key, fields[child + 1]->key) < 0)
            child++;
        if (cleat__key_compare(fields[root]->key, fields[child]->key) >= 0)
            return;
        const struct cleat__field *moved = fields[root];
        fields[root] = fields[child];
        fields[child] = moved;
        root = child;
    }
}

static void sort_fields(const struct cleat__field **fields, uint32_t count)
{
    for (uint32_t root = count / 2; root > 0; root--)
        sift_down(fields, root - 1, count);
    for (uint32_t end = count; end > 1; end--) {
        const struct cleat__field *largest = fields[0];
        fields[0] = fields[end - 1];
        fields[end - 1] = largest;
        sift_down(fields, 0, end - 1);
    }
}

const struct cleat__field **cleat__sorted_fields(cleat_event *event, uint32_t *count)
{
    *count = (uint32_t)cleat_event_count(event);
    const struct cleat__field **fields = cleat__scratch_alloc(event->scratch, (*count + 1) * sizeof(const void *));
    if (fields == NULL)
        return NULL;
    uint32_t n = 0;
    for (uint32_t s = 0; s < event->n_spans; s++)
        for (uint32_t i = event->spans[s].from; i < event->spans[s].to; i++)
            fields[n++] = &event->spans[s].fields[i];
    sort_fields(fields, n);
    return fields;
}

/* -- values -- */

const cleat_value *cleat__object_value(const cleat_value *object, size_t index)
{
    const cleat_field *fields = object->as.fields;
    const char *key = cleat__key_text(&fields[index]);
    for (size_t i = 0; i < index; i++)
        if (cleat__is_key(&fields[i], key))
            return NULL;
    const cleat_value *last = &fields[index].value;
    for (size_t i = index + 1; i < object->with.length; i++)
        if (cleat__is_key(&fields[i], key))
            last = &fields[i].value;
    return last;
}

size_t cleat__shown_length(const cleat_renderer *renderer, const char *text, size_t length)
{
    size_t limit = renderer->limits.max_value_bytes;
    return length <= limit ? length : cleat__utf8_cut(text, limit);
}

size_t cleat__cut_marker(char buffer[CLEAT__CUT_SIZE], size_t bytes)
{
    static const char before[] = "...[cut ";
    static const char behind[] = " bytes]";
    memcpy(buffer, before, sizeof(before) - 1);
    char *end = cleat__write_unsigned(buffer + sizeof(before) - 1, bytes);
    memcpy(end, behind, sizeof(behind) - 1);
    return (size_t)(end - buffer) + sizeof(behind) - 1;
}

int cleat_write_value(cleat_writer *writer, cleat_value value)
{
    if (writer->written)
        return -EINVAL;
    writer->written = true;
    if (value.kind == CLEAT_LAZY)
        value = cleat_null(); /* there is no scratch to make it in; a foreign object makes its value itself */
    writer->renderer->cls->write_value(writer->renderer, writer->line, &value, writer->depth + 1);
    return 0;
}

void cleat__render_foreign(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                           unsigned depth)
{
    size_t mark = line->length;
    struct cleat_writer writer = {renderer, line, depth, false};
    int error =
        depth > renderer->limits.max_depth ? -ELOOP : value->as.foreign_class->render(value->with.object, &writer);
    if (error == 0 && writer.written)
        return;
    line->length = mark;
    char marker[96] = "[";
    const char *name = value->as.foreign_class->name != NULL ? value->as.foreign_class->name : "foreign object";
    strncat(marker, name, 60);
    strcat(marker, " could not be shown]");
    cleat_value shown = cleat_string(marker);
    renderer->cls->write_value(renderer, line, &shown, depth);
}

/* -- whole lines -- */

void cleat__render_line(const cleat_renderer *renderer, cleat_event *event, struct cleat__buffer *line)
{
    if (cleat__buffer_reserve(line, RESERVE) == NULL)
        return; /* a line that begins in its middle would be torn: it is lost, and the buffer says so */
    size_t mark = line->length;
    int error = renderer->cls->render(renderer, event, line);
    if (error < 0) {
        line->length = mark;
        cleat__tell_failure(event, "renderer", renderer->cls->name, error);
        cleat__render_json(&renderer->limits, event, line);
    }
    cleat__buffer_add_char(line, '\n');
}

/* -- the user's own -- */

struct user_renderer {
    cleat_renderer head;
    struct cleat__renderer_class cls;
    cleat_renderer_fn render;
    void *arg;
    void (*release)(void *arg);
};

struct cleat_line {
    struct cleat__buffer *buffer;
    size_t limit;
};

int cleat_line_append(cleat_line *line, const char *text, size_t length)
{
    if (length > line->limit || line->buffer->length > line->limit - length)
        return -EMSGSIZE;
    cleat__buffer_add(line->buffer, text, length);
    return line->buffer->failed ? -ENOMEM : 0;
}

static int render_by_user(const cleat_renderer *renderer, cleat_event *event, struct cleat__buffer *buffer)
{
    const struct user_renderer *user = (const struct user_renderer *)renderer;
    cleat_line line = {buffer, buffer->length + limit_of(renderer)};
    int result = user->render(event, &line, user->arg);
    buffer->failed = false; /* what did not fit is cut; the renderer was told */
    return result;
}

static void destroy_user_renderer(cleat_renderer *renderer)
{
    struct user_renderer *user = (struct user_renderer *)renderer;
    if (user->release != NULL)
        user->release(user->arg);
    cleat__free((char *)user->cls.name);
}

cleat_renderer *cleat_make_renderer(const char *name, cleat_renderer_fn render, void *arg, void (*release)(void *arg))
{
    static const struct cleat__renderer_class as_user = {.name = "user"};
    if (name == NULL || render == NULL) {
        if (release != NULL)
            release(arg);
        return cleat__fail_null(EINVAL, "a renderer needs a name and a function; %s is NULL",
                                name == NULL ? "the name" : "the function");
    }
    struct user_renderer *user = cleat__renderer_new(sizeof(*user), &as_user);
    char *copy = user != NULL ? cleat__copy_text(name, strlen(name)) : NULL;
    if (copy == NULL) {
        cleat__free(user);
        if (release != NULL)
            release(arg);
        return cleat__fail_null(ENOMEM, "no memory for renderer %s", name);
    }
    user->cls =
        (struct cleat__renderer_class){.name = copy, .render = render_by_user, .destroy = destroy_user_renderer};
    user->head.cls = &user->cls;
    user->render = render;
    user->arg = arg;
    user->release = release;
    return &user->head;
}
