/*
 * random_fields.h - fields with values of every kind, made from bytes: those of a fuzzer, or a row of random numbers.
 */
#ifndef TESTS_RANDOM_FIELDS_H
#define TESTS_RANDOM_FIELDS_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include <cleat.h>

#define RANDOM_UNUSED __attribute__((unused))

enum {
    MOST_PARTS = 256,
    DEEPEST_PART = 120
};

/* The bytes, taken one after the other, zeros when they have run out; and what is made from them. */
struct source {
    const uint8_t *at;
    const uint8_t *end;
    char *next; /* where the next text is put */
    size_t n_values;
    size_t n_fields;
    cleat_value values[MOST_PARTS]; /* parts of lists, and what foreign objects stand for */
    cleat_field fields[MOST_PARTS]; /* parts of objects */
    char room[8192];
};

RANDOM_UNUSED static void begin_source(struct source *source, const uint8_t *data, size_t size)
{
    source->at = data;
    source->end = data + size;
    source->next = source->room;
    source->n_values = 0;
    source->n_fields = 0;
    source->values[0] = cleat_null();
}

static uint64_t take_bytes(struct source *source, unsigned count)
{
    uint64_t number = 0;
    for (; count > 0 && source->at < source->end; count--)
        number = number << 8 | *source->at++;
    return number;
}

/* A number below a limit. */
static unsigned take_below(struct source *source, unsigned limit)
{
    return (unsigned)take_bytes(source, 1) % limit;
}

/* -- text -- */

/* Room for so many bytes and a NUL behind them; *length becomes what is left if that is less. */
static char *take_room(struct source *source, size_t *length)
{
    char *text = source->next;
    size_t left = (size_t)(source->room + sizeof(source->room) - text) - 1;
    if (*length > left)
        *length = left;
    source->next += *length < left ? *length + 1 : left;
    text[*length] = '\0';
    return text;
}

static const char *take_text(struct source *source, size_t *length)
{
    size_t wanted = (size_t)take_bytes(source, 1);
    size_t left = (size_t)(source->end - source->at);
    *length = wanted < left ? wanted : left;
    char *text = take_room(source, length);
    memcpy(text, source->at, *length);
    source->at += *length;
    return text;
}

/* One character over and over, and another one somewhere: what looks at many bytes at once finds it, or does not. */
static const char *take_even_text(struct source *source, size_t *length)
{
    static const char others[] = "xxxxxxxx\"\\\n\x1f\x7f\x80\xc3 =";
    *length = (size_t)take_bytes(source, 1);
    char *text = take_room(source, length);
    memset(text, ' ' + 1 + (int)take_below(source, '~' - ' '), *length);
    size_t place = (size_t)take_bytes(source, 1);
    char other = others[take_below(source, sizeof(others) - 1)];
    if (place < *length)
        text[place] = other;
    return text;
}

/* Keys that the engine sets itself, that look alike or are of lengths at which something ends, and all kinds. */
static const char *take_key(struct source *source)
{
    static const char *const known[] = {
        "event",
        "level",
        "timestamp",
        "logger",
        "error",
        "exception",
        "stack",
        "a",
        "b",
        "cleat_cut",
        "",
        "caf\xc3\xa9",
        "quo\"te",
        "a\xff",
        "a\xfe",
        "a\376b",
        "new\nline",
        "with space",
        "a-plain.key/of_28_characters",
        "a-plain.key/of_29_characters_",
        "a-plain.key/of_31_characters___",
        "a-plain.key/of_32_characters____",
        "a-plain.key/of_40_characters____________",
        "request_id",
    };
    enum {
        N_KNOWN = sizeof(known) / sizeof(known[0])
    };
    uint64_t choice = take_bytes(source, 1);
    size_t length;
    if (choice >= 192 && choice < 224) /* more often */
        choice %= N_KNOWN;
    return choice < N_KNOWN ? known[choice] : take_text(source, &length);
}

/* -- values that are made late -- */

RANDOM_UNUSED static cleat_value make_random_lazy(void *arg, cleat_scratch *scratch)
{
    return cleat_scratch_printf(scratch, "lazy %s", (const char *)arg);
}

RANDOM_UNUSED static int render_random_foreign(const void *object, cleat_writer *writer)
{
    const cleat_value *value = object;
    return value->kind == CLEAT_NULL ? -EIO : cleat_write_value(writer, *value);
}

static const cleat_foreign_class random_foreign_class = {"fuzzed", NULL, NULL, render_random_foreign};

/* -- values -- */

static cleat_value take_value(struct source *source, unsigned depth);

static cleat_value take_list(struct source *source, unsigned depth)
{
    size_t count = take_below(source, 5);
    if (depth > DEEPEST_PART || source->n_values + count > MOST_PARTS)
        return cleat_list_n(NULL, 0);
    cleat_value *items = source->values + source->n_values;
    source->n_values += count;
    for (size_t i = 0; i < count; i++)
        items[i] = take_value(source, depth + 1);
    return cleat_list_n(items, count);
}

static cleat_value take_object(struct source *source, unsigned depth)
{
    size_t count = take_below(source, 5);
    if (depth > DEEPEST_PART || source->n_fields + count > MOST_PARTS)
        return cleat_object_n(NULL, 0);
    cleat_field *parts = source->fields + source->n_fields;
    source->n_fields += count;
    for (size_t i = 0; i < count; i++) {
        parts[i].key = take_key(source);
        parts[i].value = take_value(source, depth + 1);
    }
    return cleat_object_n(parts, count);
}

static cleat_value take_foreign(struct source *source, unsigned depth)
{
    if (depth > DEEPEST_PART || source->n_values == MOST_PARTS)
        return cleat_foreign(&random_foreign_class, source->values);
    cleat_value *value = source->values + source->n_values++;
    *value = take_value(source, depth + 1);
    return cleat_foreign(&random_foreign_class, value);
}

static cleat_value take_double(struct source *source)
{
    uint64_t bits = take_bytes(source, 8);
    double number;
    memcpy(&number, &bits, sizeof(number));
    return cleat_double(number);
}

static cleat_value take_known_double(struct source *source)
{
    static const double known[] = {0.0,  -0.0, 1.0,   0.1,    -1.5,  1e15,     1e16,     1e17,   123456789.0,
                                   1e21, 1e22, 1e-4,  1e-5,   1e-7,  DBL_MIN,  DBL_MAX,  5e-324, 9007199254740993.0,
                                   NAN,  -NAN, 1e300, 1e-300, 100.0, HUGE_VAL, -HUGE_VAL};
    return cleat_double(known[take_below(source, sizeof(known) / sizeof(known[0]))]);
}

/* Numbers at which something ends: a digit more, a sign, a year, a unit. */
static int64_t take_known_number(struct source *source)
{
    static const int64_t known[] = {0,
                                    1,
                                    -1,
                                    9,
                                    10,
                                    99,
                                    100,
                                    9999,
                                    10000,
                                    99999999,
                                    100000000,
                                    999999999,
                                    1000000000,
                                    -999999999,
                                    -1000000000,
                                    1500000000,
                                    INT64_C(1769904000123456789),
                                    INT64_C(999999999999999999),
                                    INT64_C(-62135596800000000),
                                    INT64_MAX,
                                    INT64_MIN,
                                    INT64_MIN + 1,
                                    INT32_MAX,
                                    INT32_MIN};
    return known[take_below(source, sizeof(known) / sizeof(known[0]))];
}

static cleat_value take_string(struct source *source)
{
    size_t length;
    const char *text = take_text(source, &length);
    return cleat_string_n(text, length);
}

static cleat_value take_binary(struct source *source)
{
    size_t length;
    const char *data = take_text(source, &length);
    return cleat_bytes(data, length);
}

static cleat_value take_even_string(struct source *source)
{
    size_t length;
    const char *text = take_even_text(source, &length);
    return cleat_string_n(text, length);
}

static cleat_value take_lazy(struct source *source)
{
    size_t length;
    const char *text = take_text(source, &length);
    return cleat_lazy(make_random_lazy, (void *)(uintptr_t)text);
}

/* Of the kinds behind those of the library. */
static cleat_value take_special_value(struct source *source, unsigned kind)
{
    size_t length;
    switch (kind) {
    case 14:
        return cleat_string(take_text(source, &length));
    case 15:
        return cleat_string(NULL);
    case 22:
        return take_even_string(source);
    case 23:
        return take_known_double(source);
    case 24:
        return cleat_int(take_known_number(source));
    case 25:
        return cleat_time(take_known_number(source));
    case 26:
        return cleat_duration(take_known_number(source));
    case 27:
        return cleat_bytes(NULL, take_below(source, 3));
    default:
        return cleat_null();
    }
}

static cleat_value take_value(struct source *source, unsigned depth)
{
    unsigned kind = take_below(source, 32);
    if (kind >= 16 && (kind < 22 || kind > 27))
        kind -= 16;
    switch (kind) {
    case CLEAT_BOOL:
        return cleat_bool(take_below(source, 2) == 1);
    case CLEAT_INT:
        return cleat_int((int64_t)take_bytes(source, 8));
    case CLEAT_UINT:
        return cleat_uint(take_bytes(source, 8));
    case CLEAT_DOUBLE:
        return take_double(source);
    case CLEAT_STRING:
        return take_string(source);
    case CLEAT_BYTES:
        return take_binary(source);
    case CLEAT_TIME:
        return cleat_time((int64_t)take_bytes(source, 8));
    case CLEAT_DURATION:
        return cleat_duration((int64_t)take_bytes(source, 8));
    case CLEAT_ERRNO:
        return cleat_errno((int)take_bytes(source, 4));
    case CLEAT_LIST:
        return take_list(source, depth);
    case CLEAT_OBJECT:
        return take_object(source, depth);
    case CLEAT_LAZY:
        return take_lazy(source);
    case CLEAT_FOREIGN:
        return take_foreign(source, depth);
    default:
        return take_special_value(source, kind);
    }
}

RANDOM_UNUSED static cleat_field take_field(struct source *source)
{
    cleat_field field;
    field.key = take_key(source);
    field.value = take_value(source, 0);
    return field;
}

#endif
