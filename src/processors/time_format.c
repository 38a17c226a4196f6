#include "processors/time_format.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/number.h"
#include "base/tls.h"
#include "model/event.h"

#define ZONE_SIZE 32
#define FRACTION_DIGITS 6

/* Ends each piece, and is taken off again: so that 0 from strftime() always means "too long", never "empty". */
#define END_MARK '|'

size_t cleat__time_format_size(const char *format)
{
    /* Two characters of a format become at most three: mark, NUL and letter. */
    return sizeof(struct cleat__time_format) + 2 * strlen(format) + 3;
}

/* The length of the conversion specification at format[0], which is '%': flags, width and modifier included. 0 when
   it is unfinished. */
static size_t specification_length(const char *format)
{
    size_t length = 1 + strspn(format + 1, "_-0^#+123456789");
    if (format[length] == 'E' || format[length] == 'O')
        length++;
    return format[length] != '\0' ? length + 1 : 0;
}

/* Takes a format apart. Returns how many %f it has, or -1 when its last specification is unfinished. */
static int split(struct cleat__time_format *to, const char *format)
{
    int fractions = 0;
    char *letter = to->pieces;
    char *end = letter + 1;
    while (*format != '\0') {
        size_t length = *format == '%' ? specification_length(format) : 1;
        if (length == 0)
            return -1;
        if (length == 2 && strchr("fsZ", format[1]) != NULL) {
            *letter = format[1];
            fractions += *letter == 'f';
            to->names_zone |= *letter == 'Z';
            *end++ = END_MARK;
            *end++ = '\0';
            letter = end++;
        } else {
            memcpy(end, format, length);
            end += length;
        }
        format += length;
    }
    *letter = '.';
    *end++ = END_MARK;
    *end = '\0';
    return fractions;
}

static unsigned read_digits(const char *text, unsigned digits)
{
    unsigned number = 0;
    while (digits-- > 0)
        number = number * 10 + (unsigned)(*text++ - '0');
    return number;
}

/* gmtime_r() would do, but for the lock it takes in glibc, which a signal handler or the child of a fork may find
   taken. cleat__write_time() knows the calendar. */
static void civil_time(int64_t seconds, struct tm *tm)
{
    static const short days_before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    char text[CLEAT__TIME_SIZE];
    cleat__write_time(text, seconds * CLEAT__SECOND);
    unsigned year = read_digits(text, 4);
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    int64_t days = seconds / 86400 - (seconds % 86400 < 0 ? 1 : 0);
    memset(tm, 0, sizeof(*tm));
    tm->tm_year = (int)year - 1900;
    tm->tm_mon = (int)read_digits(text + 5, 2) - 1;
    tm->tm_mday = (int)read_digits(text + 8, 2);
    tm->tm_hour = (int)read_digits(text + 11, 2);
    tm->tm_min = (int)read_digits(text + 14, 2);
    tm->tm_sec = (int)read_digits(text + 17, 2);
    tm->tm_wday = (int)(((days + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    tm->tm_yday = days_before[tm->tm_mon] + (leap && tm->tm_mon > 1 ? 1 : 0) + tm->tm_mday - 1;
}

/* The abbreviation of the zone, which the C library alone knows. A signal handler may have to do without. */
static void zone_name(int64_t seconds, char name[ZONE_SIZE])
{
    struct tm tm;
    name[0] = '\0';
    if (cleat__local_time(seconds, &tm) && tm.tm_zone != NULL)
        strncat(name, tm.tm_zone, ZONE_SIZE - 1);
}

static bool needs_no_quotes(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-_.:/+", c) != NULL;
}

static bool needs_no_escape(char c)
{
    return c >= ' ' && c <= '~' && strchr("\"'\\", c) == NULL;
}

static uint8_t flags_of(const char *text, size_t length)
{
    bool clean = length > 0;
    for (size_t i = 0; i < length; i++) {
        if (!needs_no_escape(text[i]))
            return 0;
        clean = clean && needs_no_quotes(text[i]);
    }
    return clean ? CLEAT__CLEAN | CLEAT__PRINTABLE : CLEAT__PRINTABLE;
}

/* What strftime() cannot know. */
struct moment {
    struct tm tm;
    int64_t seconds;
    char zone[ZONE_SIZE];
};

static void look_up(const struct cleat__time_format *format, int64_t seconds, struct moment *moment)
{
    /* A day from the ends of time that nanoseconds in 64 bits can tell, local time would be beyond. */
    bool far = seconds > INT64_MAX / CLEAT__SECOND - 86400 || seconds < INT64_MIN / CLEAT__SECOND + 86400;
    int offset = format->local && !far ? cleat__utc_offset(seconds) : 0;
    moment->seconds = seconds;
    civil_time(seconds + offset, &moment->tm);
    strcpy(moment->zone, "UTC");
    if (format->local && format->names_zone)
        zone_name(seconds, moment->zone);
    moment->tm.tm_gmtoff = offset;
    moment->tm.tm_zone = moment->zone;
}

static bool add(struct cleat__time_text *to, const char *text, size_t length)
{
    if (length > sizeof(to->text) - to->length)
        return false;
    memcpy(to->text + to->length, text, length);
    to->length = (uint16_t)(to->length + length);
    return true;
}

static bool add_piece(struct cleat__time_text *to, const char *piece, const struct tm *tm)
{
    char text[CLEAT__TIME_TEXT_SIZE + 2];
    size_t length = strftime(text, sizeof(text), piece, tm);
    return length > 0 && add(to, text, length - 1);
}

static bool add_what_follows(struct cleat__time_text *to, char letter, const struct moment *moment)
{
    char number[CLEAT__NUMBER_SIZE];
    switch (letter) {
    case 'f':
        to->fractions[to->n_fractions++] = (uint8_t)to->length;
        return add(to, "000000", FRACTION_DIGITS);
    case 's':
        return add(to, number, (size_t)(cleat__write_signed(number, moment->seconds) - number));
    case 'Z':
        return add(to, moment->zone, strlen(moment->zone));
    default:
        return true;
    }
}

static int write_anew(const struct cleat__time_format *format, int64_t seconds, struct cleat__time_text *to)
{
    struct moment moment;
    look_up(format, seconds, &moment);
    to->length = 0;
    to->n_fractions = 0;
    char letter;
    const char *piece = format->pieces;
    do {
        letter = *piece++;
        if (!add_piece(to, piece, &moment.tm) || !add_what_follows(to, letter, &moment))
            return -E2BIG;
        piece += strlen(piece) + 1;
    } while (letter != '.');
    to->flags = flags_of(to->text, to->length);
    return 0;
}

/*
 * The second that was written last. A change makes the version odd until it is whole. A signal handler that finds it
 * odd has interrupted the change, and leaves the place alone; a reader whom one interrupted, and that finds another
 * version afterwards, may have copied a mixture, and does not use it.
 */
struct kept {
    volatile uint32_t version;
    volatile uint64_t id;
    volatile int64_t seconds;
    struct cleat__time_text text;
};
CLEAT__THREAD_LOCAL struct kept kept;

static bool read_kept(uint64_t id, int64_t seconds, struct cleat__time_text *to)
{
    uint32_t version = kept.version;
    if (version % 2 != 0 || kept.id != id || kept.seconds != seconds)
        return false;
    atomic_signal_fence(memory_order_seq_cst);
    *to = kept.text;
    atomic_signal_fence(memory_order_seq_cst);
    return kept.version == version;
}

static void keep(uint64_t id, int64_t seconds, const struct cleat__time_text *text)
{
    if (kept.version % 2 != 0)
        return;
    kept.version++;
    atomic_signal_fence(memory_order_seq_cst);
    kept.id = id;
    kept.seconds = seconds;
    kept.text = *text;
    atomic_signal_fence(memory_order_seq_cst);
    kept.version++;
}

int cleat__time_format_write(const struct cleat__time_format *format, int64_t seconds, struct cleat__time_text *to)
{
    if (read_kept(format->id, seconds, to))
        return 0;
    int result = write_anew(format, seconds, to);
    if (result == 0)
        keep(format->id, seconds, to);
    return result;
}

/* Names of months and days differ in length: a year has each month with each day of the week. */
static bool fits_all_year(const struct cleat__time_format *format)
{
    struct cleat__time_text text;
    for (int64_t day = 0; day < 366; day++)
        if (write_anew(format, day * 86400 + 86399, &text) < 0)
            return false;
    return true;
}

int cleat__time_format_prepare(struct cleat__time_format *to, const char *format, bool local)
{
    static _Atomic uint64_t ids;
    to->id = atomic_fetch_add(&ids, 1) + 1;
    to->local = local;
    to->names_zone = false;
    int fractions = split(to, format);
    if (fractions < 0)
        return cleat__fail(EINVAL, "timestamper: the format \"%.100s\" ends in an unfinished %%; write %%%% for one",
                           format);
    if (fractions > CLEAT__TIME_FRACTIONS)
        return cleat__fail(EINVAL, "timestamper: the format has %%f %d times; %d times is the most", fractions,
                           CLEAT__TIME_FRACTIONS);
    if (!fits_all_year(to))
        return cleat__fail(EINVAL,
                           "timestamper: what the format \"%.100s\" comes to is longer than %d bytes, or not known to "
                           "strftime()",
                           format, CLEAT__TIME_TEXT_SIZE);
    return 0;
}
