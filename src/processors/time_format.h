/* time_format.h - strftime formats with %f, worked out once a second. */
#ifndef CLEAT_PROCESSORS_TIME_FORMAT_H
#define CLEAT_PROCESSORS_TIME_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest text that a format may come to, in bytes, and how many times %f may stand in it. */
#define CLEAT__TIME_TEXT_SIZE 256
#define CLEAT__TIME_FRACTIONS 8

/* A format, taken apart where %f, %s and %Z stand: strftime() does not know the first, and the others for local
   time alone. */
struct cleat__time_format {
    uint64_t id; /* under which a thread keeps the second it wrote; never given to another format */
    bool local;
    bool names_zone;
    char pieces[]; /* each: the letter of what follows it ('.': nothing), a format that ends in a mark, NUL */
};

/* What a format comes to in one second. */
struct cleat__time_text {
    uint16_t length;
    uint8_t n_fractions;
    uint8_t flags;                            /* of a value: CLEAT__CLEAN, CLEAT__PRINTABLE */
    uint8_t fractions[CLEAT__TIME_FRACTIONS]; /* where the six digits of the microseconds go */
    char text[CLEAT__TIME_TEXT_SIZE];
};

/* The bytes that a prepared format needs. */
size_t cleat__time_format_size(const char *format);

/* Prepares one. -EINVAL, with a message, for a format that cannot be written or may come out too long. */
int cleat__time_format_prepare(struct cleat__time_format *to, const char *format, bool local);

/*
 * Writes a second, as this thread has kept it or anew. -E2BIG: it came out too long, the locale having changed.
 * Safe in a signal handler.
 */
int cleat__time_format_write(const struct cleat__time_format *format, int64_t seconds, struct cleat__time_text *to);

#endif
