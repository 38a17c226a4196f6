/* segment_render.c - what segments show of a record. */
#include "logger/host.h"
#include "markup.h"
#include "object_text.h"
#include "segment.h"

/* -- what is needed -- */

static unsigned needs_of_token(enum cleatpy_token token)
{
    switch (token) {
    case CLEATPY_TOKEN_LEVEL:
    case CLEATPY_TOKEN_LEVEL_NO:
    case CLEATPY_TOKEN_LEVEL_ICON:
        return 0;
    case CLEATPY_TOKEN_ELAPSED:
    case CLEATPY_TOKEN_ELAPSED_DELTA:
        return CLEATPY_NEEDS_TIME;
    case CLEATPY_TOKEN_THREAD:
    case CLEATPY_TOKEN_THREAD_NAME:
    case CLEATPY_TOKEN_THREAD_ID:
        return CLEATPY_NEEDS_THREAD;
    case CLEATPY_TOKEN_PROCESS:
    case CLEATPY_TOKEN_PROCESS_NAME:
    case CLEATPY_TOKEN_PROCESS_ID:
        return CLEATPY_NEEDS_PROCESS;
    default:
        return CLEATPY_NEEDS_CALLER;
    }
}

unsigned cleatpy_segment_needs(const struct cleatpy_segment *segment)
{
    switch (segment->kind) {
    case CLEATPY_SEGMENT_TOKEN:
        return needs_of_token(segment->token);
    case CLEATPY_SEGMENT_TIME:
        return CLEATPY_NEEDS_TIME;
    case CLEATPY_SEGMENT_EXTRA:
    case CLEATPY_SEGMENT_ALL_EXTRA:
        return CLEATPY_NEEDS_EXTRA;
    default:
        return 0;
    }
}

/* -- tokens -- */

static void add_two_digits(struct cleatpy_text *text, uint64_t number)
{
    if (number < 10)
        cleatpy_text_add_char(text, '0');
    cleatpy_text_add_number(text, (long long)number);
}

static void add_clock(struct cleatpy_text *text, uint64_t seconds)
{
    add_two_digits(text, seconds / 60 % 60);
    cleatpy_text_add_char(text, ':');
    add_two_digits(text, seconds % 60);
}

static void add_fraction(struct cleatpy_text *text, uint64_t number, unsigned digits)
{
    cleatpy_text_add_char(text, '.');
    char *to = cleatpy_text_reserve(text, digits);
    if (to != NULL)
        text->length = (size_t)(cleat__write_digits(to, (uint32_t)number, digits) - text->data);
}

/* 00:00:01.234. A clock that was set back shows no time before the beginning. */
static void add_elapsed(struct cleatpy_text *text, int64_t nanoseconds)
{
    uint64_t milliseconds = nanoseconds > 0 ? (uint64_t)nanoseconds / 1000000 : 0;
    add_two_digits(text, milliseconds / 3600000);
    cleatpy_text_add_char(text, ':');
    add_clock(text, milliseconds / 1000);
    add_fraction(text, milliseconds % 1000, 3);
}

/* As str() shows a timedelta: 0:00:01.234567; 1 day, 2:00:00. */
static void add_elapsed_delta(struct cleatpy_text *text, int64_t nanoseconds)
{
    uint64_t microseconds = nanoseconds > 0 ? (uint64_t)nanoseconds / 1000 : 0;
    uint64_t seconds = microseconds / 1000000;
    uint64_t days = seconds / 86400;
    if (days > 0) {
        cleatpy_text_add_number(text, (long long)days);
        cleatpy_text_add(text, " days", days == 1 ? 4 : 5);
        cleatpy_text_add(text, ", ", 2);
    }
    cleatpy_text_add_number(text, (long long)(seconds % 86400 / 3600));
    cleatpy_text_add_char(text, ':');
    add_clock(text, seconds);
    if (microseconds % 1000000 != 0)
        add_fraction(text, microseconds % 1000000, 6);
}

static int add_str(const struct cleatpy_segment *segment, PyObject *str, enum cleatpy_safety safety,
                   struct cleatpy_text *text)
{
    return str != NULL ? cleatpy_text_add_formatted(text, &segment->spec, str, safety) : 0;
}

/* name:id */
static int add_pair(const struct cleatpy_segment *segment, PyObject *name, unsigned long long id,
                    enum cleatpy_safety safety, struct cleatpy_text *text)
{
    size_t start = text->length;
    if (name != NULL && cleatpy_text_add_shown(text, name, safety) < 0)
        return -1;
    cleatpy_text_add_char(text, ':');
    cleatpy_text_add_natural(text, id);
    return cleatpy_text_format_tail(text, &segment->spec, start);
}

static int add_time_since(const struct cleatpy_segment *segment, int64_t elapsed, struct cleatpy_text *text)
{
    size_t start = text->length;
    if (segment->token == CLEATPY_TOKEN_ELAPSED)
        add_elapsed(text, elapsed);
    else
        add_elapsed_delta(text, elapsed);
    return cleatpy_text_format_tail(text, &segment->spec, start);
}

static int render_token(const struct cleatpy_segment *segment, const struct cleatpy_record *record,
                        enum cleatpy_safety safety, struct cleatpy_text *text)
{
    switch (segment->token) {
    case CLEATPY_TOKEN_LEVEL:
        return add_str(segment, record->level->name, safety, text);
    case CLEATPY_TOKEN_LEVEL_NO:
        return cleatpy_text_add_formatted_number(text, &segment->spec, record->level->no);
    case CLEATPY_TOKEN_LEVEL_ICON:
        return add_str(segment, record->level->icon, safety, text);
    case CLEATPY_TOKEN_NAME:
        return add_str(segment, record->name, safety, text);
    case CLEATPY_TOKEN_MODULE:
        return add_str(segment, record->module, safety, text);
    case CLEATPY_TOKEN_FUNCTION:
        return add_str(segment, record->function, safety, text);
    case CLEATPY_TOKEN_LINE:
        return cleatpy_text_add_formatted_number(text, &segment->spec, record->line);
    case CLEATPY_TOKEN_FILE:
        return add_str(segment, record->file, safety, text);
    case CLEATPY_TOKEN_PATH:
        return add_str(segment, record->path, safety, text);
    case CLEATPY_TOKEN_ELAPSED:
    case CLEATPY_TOKEN_ELAPSED_DELTA:
        return add_time_since(segment, record->elapsed, text);
    case CLEATPY_TOKEN_THREAD:
        return add_pair(segment, record->thread_name, record->thread_id, safety, text);
    case CLEATPY_TOKEN_THREAD_NAME:
        return add_str(segment, record->thread_name, safety, text);
    case CLEATPY_TOKEN_THREAD_ID:
        return cleatpy_text_add_formatted_number(text, &segment->spec, (long long)record->thread_id);
    case CLEATPY_TOKEN_PROCESS:
        return add_pair(segment, record->process_name, (unsigned long long)record->process_id, safety, text);
    case CLEATPY_TOKEN_PROCESS_NAME:
        return add_str(segment, record->process_name, safety, text);
    default:
        return cleatpy_text_add_formatted_number(text, &segment->spec, record->process_id);
    }
}

/* -- messages -- */

static int add_base(const struct cleatpy_segment *segment, const struct cleatpy_record *record,
                    struct cleatpy_text *base)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(segment->object); i++) {
        PyObject *style = PyTuple_GET_ITEM(segment->object, i);
        if (cleatpy_text_add_str(base, style != Py_None ? style : record->level->style) < 0)
            return -1;
    }
    return 0;
}

/* The message with its markup followed, or taken out. */
static int add_with_markup(const struct cleatpy_segment *segment, const struct cleatpy_record *record,
                           enum cleatpy_safety safety, bool has_colour, struct cleatpy_text *text)
{
    size_t start = text->length;
    if (cleatpy_text_add_shown(text, record->message, safety) < 0)
        return -1;
    if (memchr(text->data + start, '<', text->length - start) == NULL)
        return 0;
    struct cleatpy_text base;
    cleatpy_text_begin(&base);
    int result = has_colour ? add_base(segment, record, &base) : 0;
    if (result == 0)
        cleatpy_text_apply_markup(text, start, has_colour, base.data, base.length);
    cleatpy_text_end(&base);
    return result;
}

/* Puts a coloured message in the place that the bare one has in what its specification makes of it: colours take no
   columns. One that is cut goes without. */
static void add_in_place(struct cleatpy_text *text, const struct cleatpy_text *coloured,
                         const struct cleatpy_text *bare, const struct cleatpy_text *placed)
{
    const char *found = memmem(placed->data, placed->length, bare->data, bare->length);
    size_t before = found != NULL ? (size_t)(found - placed->data) : placed->length;
    cleatpy_text_add(text, placed->data, before);
    if (found == NULL)
        return;
    cleatpy_text_add(text, coloured->data, coloured->length);
    cleatpy_text_add(text, found + bare->length, placed->length - before - bare->length);
}

static int add_coloured_in_place(const struct cleatpy_segment *segment, const struct cleatpy_record *record,
                                 enum cleatpy_safety safety, struct cleatpy_text *text)
{
    struct cleatpy_text coloured;
    struct cleatpy_text bare;
    struct cleatpy_text placed;
    cleatpy_text_begin(&coloured);
    cleatpy_text_begin(&bare);
    cleatpy_text_begin(&placed);
    int result = -1;
    if (add_with_markup(segment, record, safety, true, &coloured) == 0 &&
        add_with_markup(segment, record, safety, false, &bare) == 0) {
        cleatpy_text_add(&placed, bare.data, bare.length);
        result = cleatpy_text_format_tail(&placed, &segment->spec, 0);
    }
    if (result == 0)
        add_in_place(text, &coloured, &bare, &placed);
    text->has_failed |= coloured.has_failed || bare.has_failed || placed.has_failed;
    cleatpy_text_end(&coloured);
    cleatpy_text_end(&bare);
    cleatpy_text_end(&placed);
    return result;
}

static int render_message(const struct cleatpy_segment *segment, const struct cleatpy_record *record,
                          enum cleatpy_safety safety, struct cleatpy_text *text)
{
    size_t start = text->length;
    bool has_colour = segment->markup == CLEATPY_MARKUP_COLOUR;
    if (segment->markup == CLEATPY_MARKUP_PLAIN)
        return cleatpy_text_add_formatted(text, &segment->spec, record->message, safety);
    if (has_colour && segment->spec.text != NULL)
        return add_coloured_in_place(segment, record, safety, text);
    int result = add_with_markup(segment, record, safety, has_colour, text);
    return result == 0 ? cleatpy_text_format_tail(text, &segment->spec, start) : result;
}

/* -- the others -- */

static int render_time(const struct cleatpy_segment *segment, const struct cleatpy_record *record,
                       struct cleatpy_text *text)
{
    size_t start = text->length;
    if (cleatpy_time_pattern_add(segment->time, record->time, record->is_frozen, text) < 0)
        return -1;
    return cleatpy_text_format_tail(text, &segment->spec, start);
}

static int render_extra(const struct cleatpy_segment *segment, const struct cleatpy_record *record,
                        enum cleatpy_safety safety, struct cleatpy_text *text)
{
    PyObject *value = record->extra != NULL ? PyDict_GetItemWithError(record->extra, segment->object) : NULL;
    if (value == NULL) {
        if (segment->is_required && PyErr_Occurred() == NULL)
            PyErr_SetObject(PyExc_KeyError, segment->object);
        return PyErr_Occurred() == NULL ? cleatpy_text_format_tail(text, &segment->spec, text->length) : -1;
    }
    Py_INCREF(value);
    int result = cleatpy_text_add_formatted(text, &segment->spec, value, safety);
    Py_DECREF(value);
    return result;
}

static int render_all_extra(const struct cleatpy_segment *segment, const struct cleatpy_record *record,
                            enum cleatpy_safety safety, struct cleatpy_text *text)
{
    PyObject *str = record->extra != NULL ? cleatpy_object_text(record->extra) : PyUnicode_FromString("{}");
    int result = str != NULL ? cleatpy_text_add_formatted(text, &segment->spec, str, safety) : -1;
    Py_XDECREF(str);
    return result;
}

static void add_bytes(struct cleatpy_text *text, PyObject *bytes)
{
    cleatpy_text_add(text, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
}

static int render_exception(const struct cleatpy_segment *segment, const struct cleatpy_record *record,
                            enum cleatpy_safety safety, struct cleatpy_text *text)
{
    if (record->exception == NULL || record->exception == Py_None)
        return 0;
    PyObject *str = cleatpy_object_text(record->exception);
    if (str == NULL)
        return -1;
    add_bytes(text, segment->object);
    if (segment->is_as_it_is)
        safety = CLEATPY_AS_IT_IS;
    int result = cleatpy_text_add_shown(text, str, safety == CLEATPY_SAFE ? CLEATPY_SAFE_LINES : safety);
    Py_DECREF(str);
    return result;
}

static inline int render(const struct cleatpy_segment *segment, const struct cleatpy_record *record,
                         enum cleatpy_safety safety, struct cleatpy_text *text)
{
    switch (segment->kind) {
    case CLEATPY_SEGMENT_TEXT:
        add_bytes(text, segment->object);
        return 0;
    case CLEATPY_SEGMENT_LEVEL_STYLE:
        return cleatpy_text_add_str(text, record->level->style);
    case CLEATPY_SEGMENT_TOKEN:
        return render_token(segment, record, safety, text);
    case CLEATPY_SEGMENT_TIME:
        return render_time(segment, record, text);
    case CLEATPY_SEGMENT_MESSAGE:
        return render_message(segment, record, safety, text);
    case CLEATPY_SEGMENT_EXTRA:
        return render_extra(segment, record, safety, text);
    case CLEATPY_SEGMENT_ALL_EXTRA:
        return render_all_extra(segment, record, safety, text);
    default:
        return render_exception(segment, record, safety, text);
    }
}

int cleatpy_segments_render(const struct cleatpy_segment *segments, size_t count, const struct cleatpy_record *record,
                            enum cleatpy_safety safety, struct cleatpy_text *text)
{
    for (const struct cleatpy_segment *segment = segments; segment < segments + count; segment++)
        if (render(segment, record, safety, text) < 0)
            return -1;
    return 0;
}
