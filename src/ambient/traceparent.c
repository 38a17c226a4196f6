#include "ambient/traceparent.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include <cleat/propagation.h>

#include "base/error.h"
#include "model/value.h"

/* W3C Trace Context, https://www.w3.org/TR/trace-context/, section 3.2: version "-" trace-id "-" parent-id "-" flags.
 */
#define TRACE_ID_SIZE 32
#define SPAN_ID_SIZE 16
#define TRACE_ID_AT 3
#define SPAN_ID_AT (TRACE_ID_AT + TRACE_ID_SIZE + 1)
#define FLAGS_AT (SPAN_ID_AT + SPAN_ID_SIZE + 1)
#define HEADER_SIZE (FLAGS_AT + 2)

/* What version 00 defines: sampled (level 1 of the standard) and random (level 2). All else has to be sent as zero. */
#define SAMPLED_FLAG 0x01U
#define KNOWN_FLAGS 0x03U

#define TRACE_ID_KEY "trace_id"
#define SPAN_ID_KEY "span_id"
#define TRACE_FLAGS_KEY "trace_flags"
#define PARENT_SPAN_ID_KEY "parent_span_id"

static const char digits[] = "0123456789abcdef";

struct trace {
    char trace_id[TRACE_ID_SIZE];
    char span_id[SPAN_ID_SIZE];
    unsigned flags;
};

bool cleat__is_trace_key(const char *key)
{
    return strcmp(key, TRACE_ID_KEY) == 0 || strcmp(key, SPAN_ID_KEY) == 0 || strcmp(key, TRACE_FLAGS_KEY) == 0 ||
           strcmp(key, PARENT_SPAN_ID_KEY) == 0;
}

/* The value of a digit; upper case is not allowed. -1: no digit. */
static int hex_digit(char character)
{
    const char *found = character != '\0' ? strchr(digits, character) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

/* Two digits. -1: not two digits. */
static int hex_byte(const char *text)
{
    int high = hex_digit(text[0]);
    int low = hex_digit(text[1]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Digits of which not all are zero. */
static bool is_id(const char *text, size_t length)
{
    bool all_zeros = true;
    for (size_t i = 0; i < length; i++) {
        if (hex_digit(text[i]) < 0)
            return false;
        all_zeros = all_zeros && text[i] == '0';
    }
    return !all_zeros;
}

static bool is_space(char character)
{
    return character == ' ' || character == '\t';
}

/* NULL, or the sentence that says what is wrong. */
static const char *parse(const char *text, size_t length, struct trace *trace)
{
    if (length < HEADER_SIZE)
        return "traceparent is too short: it has 55 characters, as 00-<32 hex digits>-<16 hex digits>-<2 hex digits>";
    int version = hex_byte(text);
    if (version < 0 || version == 0xFF)
        return "traceparent begins with its version, two lower-case hex digits but ff";
    if (text[TRACE_ID_AT - 1] != '-' || text[SPAN_ID_AT - 1] != '-' || text[FLAGS_AT - 1] != '-')
        return "the parts of a traceparent, of 2, 32, 16 and 2 characters, are joined by a hyphen";
    /* A later version may append parts of its own, behind a hyphen. */
    if (length > HEADER_SIZE && (version == 0 || text[HEADER_SIZE] != '-'))
        return "traceparent is too long: version 00 has 55 characters";
    if (!is_id(text + TRACE_ID_AT, TRACE_ID_SIZE))
        return "the trace id of a traceparent is 32 lower-case hex digits, not all zeros";
    if (!is_id(text + SPAN_ID_AT, SPAN_ID_SIZE))
        return "the parent id of a traceparent is 16 lower-case hex digits, not all zeros";
    int flags = hex_byte(text + FLAGS_AT);
    if (flags < 0)
        return "the flags of a traceparent are two lower-case hex digits";
    memcpy(trace->trace_id, text + TRACE_ID_AT, TRACE_ID_SIZE);
    memcpy(trace->span_id, text + SPAN_ID_AT, SPAN_ID_SIZE);
    trace->flags = (unsigned)flags & (version == 0 ? KNOWN_FLAGS : SAMPLED_FLAG);
    return NULL;
}

int cleat_extract_traceparent(cleat_tokens *tokens, const char *header)
{
    if (tokens != NULL)
        *tokens = (cleat_tokens){0};
    if (header == NULL)
        return cleat__fail(EINVAL, "traceparent is NULL: it is to be a string");
    while (is_space(*header))
        header++;
    size_t length = strlen(header);
    while (length > 0 && is_space(header[length - 1]))
        length--;
    struct trace trace;
    const char *wrong = parse(header, length, &trace);
    if (wrong != NULL)
        return cleat__fail(EINVAL, "%s", wrong);
    const cleat_field fields[] = {
        {TRACE_ID_KEY, cleat_string_n(trace.trace_id, TRACE_ID_SIZE)},
        {SPAN_ID_KEY, cleat_string_n(trace.span_id, SPAN_ID_SIZE)},
        {TRACE_FLAGS_KEY, cleat_int((int64_t)trace.flags)},
    };
    return cleat_bind_contextvars_fields(tokens, fields, sizeof(fields) / sizeof(fields[0]));
}

/* Copies an id from the context; whether it is there, and has the right form. */
static bool get_id(const cleat_fields *context, const char *key, char *id, size_t length)
{
    const cleat_value *value = cleat_fields_get(context, key);
    if (value == NULL || value->kind != CLEAT_STRING || value->as.text == NULL || value->with.length != length ||
        !is_id(value->as.text, length))
        return false;
    memcpy(id, value->as.text, length);
    return true;
}

static bool get_flags(const cleat_fields *context, unsigned *flags)
{
    const cleat_value *value = cleat_fields_get(context, TRACE_FLAGS_KEY);
    if (value == NULL || (value->kind != CLEAT_INT && value->kind != CLEAT_UINT) || value->as.natural > 0xFF)
        return false;
    *flags = (unsigned)value->as.natural & KNOWN_FLAGS;
    return true;
}

static void render(char buffer[CLEAT_TRACEPARENT_SIZE], const struct trace *trace)
{
    memcpy(buffer, "00-", TRACE_ID_AT);
    memcpy(buffer + TRACE_ID_AT, trace->trace_id, TRACE_ID_SIZE);
    buffer[SPAN_ID_AT - 1] = '-';
    memcpy(buffer + SPAN_ID_AT, trace->span_id, SPAN_ID_SIZE);
    buffer[FLAGS_AT - 1] = '-';
    buffer[FLAGS_AT] = digits[trace->flags / 16];
    buffer[FLAGS_AT + 1] = digits[trace->flags % 16];
    buffer[HEADER_SIZE] = '\0';
}

static int inject_from(const cleat_fields *context, char buffer[CLEAT_TRACEPARENT_SIZE])
{
    struct trace trace;
    if (cleat_fields_get(context, TRACE_ID_KEY) == NULL)
        return cleat__fail(ENOENT, "there is no trace in the context: nothing has bound trace_id");
    if (!get_id(context, TRACE_ID_KEY, trace.trace_id, TRACE_ID_SIZE))
        return cleat__fail(EINVAL, "trace_id is to be a string of 32 lower-case hex digits, not all zeros");
    if (!get_id(context, SPAN_ID_KEY, trace.span_id, SPAN_ID_SIZE))
        return cleat__fail(EINVAL, "span_id is to be a string of 16 lower-case hex digits, not all zeros");
    if (!get_flags(context, &trace.flags))
        return cleat__fail(EINVAL, "trace_flags is to be an integer from 0 to 255");
    render(buffer, &trace);
    return 0;
}

int cleat_inject_traceparent(char buffer[CLEAT_TRACEPARENT_SIZE])
{
    buffer[0] = '\0';
    cleat_fields *context = cleat_get_contextvars();
    int result = inject_from(context, buffer);
    cleat_fields_unref(context);
    return result;
}

/* 0 or a negative errno value. */
static int fill_with_random_bytes(unsigned char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t got = getrandom(bytes, count, 0);
        if (got < 0 && errno != EINTR)
            return cleat__fail(errno, "no random bytes for an id: getrandom(2) failed");
        if (got > 0) {
            bytes += got;
            count -= (size_t)got;
        }
    }
    return 0;
}

/* Digits at random, not all of them zero. */
static int make_id(char *id, size_t length)
{
    unsigned char bytes[TRACE_ID_SIZE / 2];
    do {
        int result = fill_with_random_bytes(bytes, length / 2);
        if (result < 0)
            return result;
        for (size_t i = 0; i < length; i++)
            id[i] = digits[i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 0x0F];
    } while (!is_id(id, length));
    return 0;
}

/* What a new span binds, given what is there. It leaves a context with a whole trace. */
struct span {
    struct trace trace;
    char parent_id[SPAN_ID_SIZE];
    cleat_field fields[4];
    size_t count;
};

static void add_field(struct span *span, const char *key, cleat_value value)
{
    span->fields[span->count++] = (cleat_field){key, value};
}

static int prepare_span(struct span *span, const cleat_fields *context)
{
    bool goes_on = get_id(context, TRACE_ID_KEY, span->trace.trace_id, TRACE_ID_SIZE);
    int result = goes_on ? 0 : make_id(span->trace.trace_id, TRACE_ID_SIZE);
    if (result == 0)
        result = make_id(span->trace.span_id, SPAN_ID_SIZE);
    if (result < 0)
        return result;
    if (!goes_on)
        add_field(span, TRACE_ID_KEY, cleat_string_n(span->trace.trace_id, TRACE_ID_SIZE));
    add_field(span, SPAN_ID_KEY, cleat_string_n(span->trace.span_id, SPAN_ID_SIZE));
    if (!goes_on || !get_flags(context, &span->trace.flags))
        add_field(span, TRACE_FLAGS_KEY, cleat_int(SAMPLED_FLAG));
    if (goes_on && get_id(context, SPAN_ID_KEY, span->parent_id, SPAN_ID_SIZE))
        add_field(span, PARENT_SPAN_ID_KEY, cleat_string_n(span->parent_id, SPAN_ID_SIZE));
    return 0;
}

int cleat_begin_span(cleat_tokens *tokens)
{
    if (tokens != NULL)
        *tokens = (cleat_tokens){0};
    struct span span = {.count = 0};
    cleat_fields *context = cleat_get_contextvars();
    int result = prepare_span(&span, context);
    cleat_fields_unref(context);
    return result < 0 ? result : cleat_bind_contextvars_fields(tokens, span.fields, span.count);
}
