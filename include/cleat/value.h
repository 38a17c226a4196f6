/*
 * value.h - the typed value of a field, and the ways to make one.
 *
 * The log and bind macros turn plain C expressions into values by themselves (CLEAT_VALUE): bool, every
 * integer type, float, double, char strings, struct timespec (a time), and cleat_value itself. The
 * constructors below make the kinds that C has no type for. An expression of another type does not compile.
 *
 * Safe, for all constructors: threads, fork, signals.
 */
#ifndef CLEAT_VALUE_H
#define CLEAT_VALUE_H

#include <cleat/common.h>

/* Kinds of values (contract K3). The numbers are part of the ABI. */
typedef enum cleat_kind {
    CLEAT_NULL = 0,
    CLEAT_BOOL = 1,
    CLEAT_INT = 2,  /* int64_t */
    CLEAT_UINT = 3, /* uint64_t */
    CLEAT_DOUBLE = 4,
    CLEAT_STRING = 5,   /* bytes meant as UTF-8 */
    CLEAT_BYTES = 6,    /* rendered as base64 (RFC 4648, section 4) */
    CLEAT_TIME = 7,     /* nanoseconds since 1970-01-01T00:00:00Z */
    CLEAT_DURATION = 8, /* nanoseconds */
    CLEAT_ERRNO = 9,    /* an errno value */
    CLEAT_LIST = 10,
    CLEAT_OBJECT = 11,
    CLEAT_LAZY = 12,   /* made only if the line is emitted */
    CLEAT_FOREIGN = 13 /* an object of a host language */
} cleat_kind;

typedef struct cleat_value cleat_value;
typedef struct cleat_field cleat_field;
typedef struct cleat_scratch cleat_scratch;
typedef struct cleat_writer cleat_writer;

/*
 * Makes the value of a lazy field when its line is certain to be emitted, once per line.
 * What it returns may point to memory from cleat_scratch_alloc(), to static memory, or into arg.
 */
typedef cleat_value (*cleat_lazy_fn)(void *arg, cleat_scratch *scratch);

/* How the engine keeps and shows an object of a host language. All four may be called on any thread. */
typedef struct cleat_foreign_class {
    const char *name;
    void (*hold)(void *object);                              /* one more owner; NULL: nothing to do */
    void (*drop)(void *object);                              /* one owner less; NULL: nothing to do */
    int (*render)(const void *object, cleat_writer *writer); /* shows it; not 0: shown as a marker instead */
} cleat_foreign_class;

/* A value. Read its members, but make it with the constructors: they know what each kind needs. */
struct cleat_value {
    uint8_t kind;  /* cleat_kind */
    uint8_t flags; /* private */
    uint16_t none; /* private: always 0; fills the first word, so that it can be written and read in one go */
    uint32_t aux;  /* private */
    union {
        bool boolean;
        int64_t integer; /* CLEAT_INT, CLEAT_TIME, CLEAT_DURATION, CLEAT_ERRNO */
        uint64_t natural;
        double real;
        const char *text; /* CLEAT_STRING, CLEAT_BYTES; NULL renders as null */
        const cleat_value *items;
        const cleat_field *fields;
        cleat_lazy_fn lazy;
        const cleat_foreign_class *foreign_class;
    } as;
    union {
        size_t length; /* bytes of text, or number of items or fields */
        void *arg;     /* CLEAT_LAZY */
        void *object;  /* CLEAT_FOREIGN */
    } with;
};

/*
 * A key and its value. The key is a C string; arrays of these pass fields whose number is not fixed. Keys are compared
 * as they are shown: those that differ only in bytes that are not UTF-8 are one key, for each such byte is U+FFFD.
 */
struct cleat_field {
    const char *key;
    cleat_value value;
};

/* Sets the first word; the caller sets `as` and `with`, each once: a word that is written twice is slow to read. */
static inline cleat_value cleat__value_of(cleat_kind kind)
{
    cleat_value value;
    value.kind = (uint8_t)kind;
    value.flags = 0;
    value.none = 0;
    value.aux = 0;
    return value;
}

/*
 * Null.
 *
 * This holds for all constructors: none allocates, none fails, none copies what a pointer points to. Text, items,
 * fields and objects must live until the log or bind call returns. A bind copies them; a foreign object it holds.
 *
 * Example: cleat_info(log, "looked up", "owner", cleat_null());
 */
static inline cleat_value cleat_null(void)
{
    cleat_value value = cleat__value_of(CLEAT_NULL);
    value.as.natural = 0;
    value.with.length = 0;
    return value;
}

/*
 * True or false: boolean. A bool given to a log call becomes one by itself.
 *
 * Example: cleat_info(log, "checked", "ok", cleat_bool(n > 0));
 */
static inline cleat_value cleat_bool(bool boolean)
{
    cleat_value value = cleat__value_of(CLEAT_BOOL);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    value.as.natural = boolean;
#else
    value.as.natural = 0;
    value.as.boolean = boolean;
#endif
    value.with.length = 0;
    return value;
}

/*
 * A signed integer of 64 bits. Every signed integer type becomes one by itself.
 *
 * Example: cleat_event_set(event, "attempt", cleat_int(3));
 */
static inline cleat_value cleat_int(int64_t integer)
{
    cleat_value value = cleat__value_of(CLEAT_INT);
    value.as.integer = integer;
    value.with.length = 0;
    return value;
}

/*
 * An unsigned integer of 64 bits: natural. Every unsigned integer type becomes one by itself.
 *
 * Example: cleat_event_set(event, "bytes", cleat_uint(UINT64_MAX));
 */
static inline cleat_value cleat_uint(uint64_t natural)
{
    cleat_value value = cleat__value_of(CLEAT_UINT);
    value.as.natural = natural;
    value.with.length = 0;
    return value;
}

/*
 * A floating point number: real. NaN and infinities are null in JSON, spelled out in text.
 *
 * Example: cleat_event_set(event, "load", cleat_double(0.93));
 */
static inline cleat_value cleat_double(double real)
{
    cleat_value value = cleat__value_of(CLEAT_DOUBLE);
    value.as.real = real;
    value.with.length = 0;
    return value;
}

/*
 * A string: text ends at its NUL, and is measured here; NULL is rendered as null. Bytes that are not UTF-8 are replaced
 * by U+FFFD.
 *
 * Example: cleat_event_set(event, "path", cleat_string("/pay"));
 */
static inline cleat_value cleat_string(const char *text)
{
    cleat_value value = cleat__value_of(CLEAT_STRING);
    value.as.text = text;
    value.with.length = text != NULL ? strlen(text) : 0;
    return value;
}

/*
 * A string of length bytes from text, NUL bytes included: for text that has no NUL at its end.
 *
 * Example: cleat_info(log, "header", "name", cleat_string_n(start, (size_t)(colon - start)));
 */
static inline cleat_value cleat_string_n(const char *text, size_t length)
{
    cleat_value value = cleat__value_of(CLEAT_STRING);
    value.as.text = text;
    value.with.length = length;
    return value;
}

/*
 * Binary data of length bytes, shown as base64.
 *
 * Example: cleat_info(log, "received", "data", cleat_bytes(buffer, n));
 */
static inline cleat_value cleat_bytes(const void *data, size_t length)
{
    cleat_value value = cleat__value_of(CLEAT_BYTES);
    value.as.text = (const char *)data;
    value.with.length = length;
    return value;
}

/*
 * A point in time: nanoseconds since 1970-01-01T00:00:00Z, shown in ISO 8601, UTC.
 *
 * Example: cleat_info(log, "lease", "expires", cleat_time(expiry_ns));
 */
static inline cleat_value cleat_time(int64_t nanoseconds)
{
    cleat_value value = cleat__value_of(CLEAT_TIME);
    value.as.integer = nanoseconds;
    value.with.length = 0;
    return value;
}

/*
 * A point in time from clock_gettime(CLOCK_REALTIME) or stat(): time. A struct timespec becomes one by itself.
 *
 * Example: cleat_info(log, "file", "changed", cleat_timespec(status.st_mtim));
 */
static inline cleat_value cleat_timespec(struct timespec time)
{
    return cleat_time((int64_t)time.tv_sec * 1000000000 + time.tv_nsec);
}

/*
 * A length of time in nanoseconds, shown in seconds as a number (JSON) or with its unit (text).
 *
 * Example: cleat_info(log, "done", "took", cleat_duration(1500000));
 */
static inline cleat_value cleat_duration(int64_t nanoseconds)
{
    cleat_value value = cleat__value_of(CLEAT_DURATION);
    value.as.integer = nanoseconds;
    value.with.length = 0;
    return value;
}

/*
 * An errno value: number, shown with its name and its message.
 *
 * Example: cleat_warning(log, "will try again", "reason", cleat_errno(EAGAIN));
 */
static inline cleat_value cleat_errno(int number)
{
    cleat_value value = cleat__value_of(CLEAT_ERRNO);
    value.as.integer = number;
    value.with.length = 0;
    return value;
}

/*
 * A list of count values from the array items. cleat_list() makes one in place.
 *
 * Example: cleat_info(log, "sorted", "order", cleat_list_n(values, n));
 */
static inline cleat_value cleat_list_n(const cleat_value *items, size_t count)
{
    cleat_value value = cleat__value_of(CLEAT_LIST);
    value.as.items = items;
    value.with.length = count;
    return value;
}

/*
 * An object of count fields. A key that comes twice keeps its place and takes the later value (K1).
 * cleat_object() makes one in place.
 *
 * Example: cleat_info(log, "moved", "to", cleat_object_n(point, 2));
 */
static inline cleat_value cleat_object_n(const cleat_field *fields, size_t count)
{
    cleat_value value = cleat__value_of(CLEAT_OBJECT);
    value.as.fields = fields;
    value.with.length = count;
    return value;
}

/*
 * A value that make(arg, scratch) makes if, and only if, the line is emitted; once, whatever the handlers.
 *
 * Example: cleat_debug(log, "state", "dump", cleat_lazy(dump_state, machine));
 */
static inline cleat_value cleat_lazy(cleat_lazy_fn make, void *arg)
{
    cleat_value value = cleat__value_of(CLEAT_LAZY);
    value.as.lazy = make;
    value.with.arg = arg;
    return value;
}

/*
 * An object of a host language, with foreign_class, the static table of functions that keep and show it.
 *
 * Example: cleat_info(log, "called", "self", cleat_foreign(&python_object, self));
 */
static inline cleat_value cleat_foreign(const cleat_foreign_class *foreign_class, void *object)
{
    cleat_value value = cleat__value_of(CLEAT_FOREIGN);
    value.as.foreign_class = foreign_class;
    value.with.object = object;
    return value;
}

static inline cleat_value cleat__value_itself(cleat_value value)
{
    return value;
}

CLEAT_BEGIN_DECLS

/*
 * Memory that lives until the line that is being made has been written; for lazy values and processors.
 *
 * scratch: as given to the callback.
 * size:    bytes.
 * Owns:    the line does. Aligned for any type. NULL when there is no memory.
 * Safe:    only in the callback it was given to.
 * Example: char *text = cleat_scratch_alloc(scratch, 64);
 */
CLEAT_API void *cleat_scratch_alloc(cleat_scratch *scratch, size_t size);

/*
 * A formatted string in such memory, as a value; null when there is no memory.
 *
 * scratch: as given to the callback.
 * format:  as for printf(3), with its arguments behind it.
 * Safe:    only in the callback it was given to.
 * Example: return cleat_scratch_printf(scratch, "%d/%d", done, total);
 */
CLEAT_API cleat_value cleat_scratch_printf(cleat_scratch *scratch, const char *format, ...) CLEAT_PRINTF(2, 3);

/*
 * Shows one value at the place where a foreign object renders itself, in the way of the line's renderer.
 * Call it once: a foreign object is one value (make it a list or an object if it has parts).
 *
 * writer:  as given to render.
 * value:   what it points to must live until this returns.
 * Safe:    only in cleat_foreign_class.render.
 * Errors:  0, or -EINVAL when a value was written already.
 * Example: static int render(const void *o, cleat_writer *w) { return cleat_write_value(w, cleat_string(name_of(o))); }
 */
CLEAT_API int cleat_write_value(cleat_writer *writer, cleat_value value);

/*
 * Whether two values are the same: same kind, same content; lists and objects by their parts. Integers
 * compare by number across CLEAT_INT and CLEAT_UINT. Lazy and foreign values compare by identity.
 *
 * left, right: borrowed, what they point to included.
 * Safe:    threads, fork, signals.
 * Example: assert(cleat_value_equal(cleat_int(1), cleat_uint(1)));
 */
CLEAT_API bool cleat_value_equal(cleat_value left, cleat_value right);

CLEAT_END_DECLS

#ifdef __cplusplus

/*
 * Overloads in place of _Generic; what is deleted would otherwise turn into bool or int in silence.
 *
 * Example: cleat_value items[] = {CLEAT_VALUE(1), CLEAT_VALUE("two"), CLEAT_VALUE(3.0)};
 */
static inline cleat_value cleat__value(bool v)
{
    return cleat_bool(v);
}
static inline cleat_value cleat__value(signed char v)
{
    return cleat_int(v);
}
static inline cleat_value cleat__value(short v)
{
    return cleat_int(v);
}
static inline cleat_value cleat__value(int v)
{
    return cleat_int(v);
}
static inline cleat_value cleat__value(long v)
{
    return cleat_int(v);
}
static inline cleat_value cleat__value(long long v)
{
    return cleat_int(v);
}
static inline cleat_value cleat__value(unsigned char v)
{
    return cleat_uint(v);
}
static inline cleat_value cleat__value(unsigned short v)
{
    return cleat_uint(v);
}
static inline cleat_value cleat__value(unsigned int v)
{
    return cleat_uint(v);
}
static inline cleat_value cleat__value(unsigned long v)
{
    return cleat_uint(v);
}
static inline cleat_value cleat__value(unsigned long long v)
{
    return cleat_uint(v);
}
static inline cleat_value cleat__value(float v)
{
    return cleat_double(static_cast<double>(v));
}
static inline cleat_value cleat__value(double v)
{
    return cleat_double(v);
}
static inline cleat_value cleat__value(long double v)
{
    return cleat_double(static_cast<double>(v));
}
static inline cleat_value cleat__value(const char *v)
{
    return cleat_string(v);
}
static inline cleat_value cleat__value(char *v)
{
    return cleat_string(v);
}
static inline cleat_value cleat__value(struct timespec v)
{
    return cleat_timespec(v);
}
static inline cleat_value cleat__value(cleat_value v)
{
    return v;
}
cleat_value cleat__value(char) = delete;
template <typename T>
cleat_value cleat__value(T *) = delete;
#define CLEAT_VALUE(x) cleat__value(x)

#else

static inline cleat_value cleat__value_long_double(long double real)
{
    return cleat_double((double)real);
}

/*
 * The value of a C expression, by its type. Evaluates x once.
 * A compiler error here means: x has a type cleat does not know; use one of the constructors.
 *
 * Example: cleat_value items[] = {CLEAT_VALUE(1), CLEAT_VALUE("two"), CLEAT_VALUE(3.0)};
 */
#define CLEAT_VALUE(x)                                                                                                 \
    _Generic((x),                               \
        bool: cleat_bool,                       \
        signed char: cleat_int,                 \
        short: cleat_int,                       \
        int: cleat_int,                         \
        long: cleat_int,                        \
        long long: cleat_int,                   \
        unsigned char: cleat_uint,              \
        unsigned short: cleat_uint,             \
        unsigned int: cleat_uint,               \
        unsigned long: cleat_uint,              \
        unsigned long long: cleat_uint,         \
        float: cleat_double,                    \
        double: cleat_double,                   \
        long double: cleat__value_long_double,  \
        char *: cleat_string,                   \
        const char *: cleat_string,             \
        struct timespec: cleat_timespec,        \
        cleat_value: cleat__value_itself)(x)

#endif

#endif
