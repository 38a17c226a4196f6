#include "time_pattern.h"

#include "local_time.h"
#include "logger/host.h"

enum directive {
    LITERAL,
    YEAR,
    YEAR_OF_CENTURY,
    QUARTER,
    MONTH_NAME,
    MONTH_SHORT_NAME,
    MONTH_2,
    MONTH,
    DAY_OF_YEAR_3,
    DAY_OF_YEAR,
    DAY_2,
    DAY,
    WEEKDAY_NAME,
    WEEKDAY_SHORT_NAME,
    WEEKDAY_FROM_0,
    WEEKDAY_FROM_1,
    HOUR_2,
    HOUR,
    HOUR_OF_12_2,
    HOUR_OF_12,
    MINUTE_2,
    MINUTE,
    SECOND_2,
    SECOND,
    FRACTION_1,
    FRACTION_2,
    FRACTION_3,
    FRACTION_4,
    FRACTION_5,
    FRACTION_6,
    HALF_OF_DAY,
    OFFSET_WITH_COLON,
    OFFSET,
    ZONE_NAME,
    UNIX_SECONDS,
    UNIX_MICROSECONDS,
    N_DIRECTIVES
};

/* What users write, and how many digits it has at least where it is a number that stays for a second. */
static const struct {
    const char *name;
    unsigned digits;
} directives[N_DIRECTIVES] = {
    [YEAR] = {"YYYY", 4},
    [YEAR_OF_CENTURY] = {"YY", 2},
    [QUARTER] = {"Q", 1},
    [MONTH_NAME] = {"MMMM", 0},
    [MONTH_SHORT_NAME] = {"MMM", 0},
    [MONTH_2] = {"MM", 2},
    [MONTH] = {"M", 1},
    [DAY_OF_YEAR_3] = {"DDDD", 3},
    [DAY_OF_YEAR] = {"DDD", 1},
    [DAY_2] = {"DD", 2},
    [DAY] = {"D", 1},
    [WEEKDAY_NAME] = {"dddd", 0},
    [WEEKDAY_SHORT_NAME] = {"ddd", 0},
    [WEEKDAY_FROM_0] = {"d", 1},
    [WEEKDAY_FROM_1] = {"E", 1},
    [HOUR_2] = {"HH", 2},
    [HOUR] = {"H", 1},
    [HOUR_OF_12_2] = {"hh", 2},
    [HOUR_OF_12] = {"h", 1},
    [MINUTE_2] = {"mm", 2},
    [MINUTE] = {"m", 1},
    [SECOND_2] = {"ss", 2},
    [SECOND] = {"s", 1},
    [FRACTION_1] = {"S", 0},
    [FRACTION_2] = {"SS", 0},
    [FRACTION_3] = {"SSS", 0},
    [FRACTION_4] = {"SSSS", 0},
    [FRACTION_5] = {"SSSSS", 0},
    [FRACTION_6] = {"SSSSSS", 0},
    [HALF_OF_DAY] = {"A", 0},
    [OFFSET_WITH_COLON] = {"Z", 0},
    [OFFSET] = {"ZZ", 0},
    [ZONE_NAME] = {"zz", 0},
    [UNIX_SECONDS] = {"X", 0},
    [UNIX_MICROSECONDS] = {"x", 0},
};

#define FRACTION_DIGITS 6

struct piece {
    enum directive directive;
    char *literal; /* its own; of LITERAL alone */
    size_t length;
};

/* Where digits of the microseconds stand in the text of a second. */
struct hole {
    size_t place;
    unsigned digits;
};

struct cleatpy_time_pattern {
    bool is_utc;
    bool is_written; /* what follows is that of a second */
    int64_t second;
    struct cleatpy_zone_mark zone;
    struct cleatpy_text text;
    struct hole *holes;
    size_t n_holes;
    size_t n_pieces;
    struct piece pieces[];
};

/* -- construction -- */

void cleatpy_time_pattern_free(struct cleatpy_time_pattern *pattern)
{
    if (pattern == NULL)
        return;
    for (size_t i = 0; i < pattern->n_pieces; i++)
        PyMem_Free(pattern->pieces[i].literal);
    cleatpy_text_end(&pattern->text);
    PyMem_Free(pattern->holes);
    PyMem_Free(pattern);
}

static int set_literal(struct piece *piece, const char *literal)
{
    piece->length = strlen(literal);
    piece->literal = PyMem_Malloc(piece->length + 1);
    if (piece->literal == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(piece->literal, literal, piece->length + 1);
    return 0;
}

static int set_piece(struct piece *piece, const char *part)
{
    if (part[0] == '=')
        return set_literal(piece, part + 1);
    for (unsigned i = LITERAL + 1; i < N_DIRECTIVES; i++)
        if (strcmp(part, directives[i].name) == 0) {
            piece->directive = (enum directive)i;
            return 0;
        }
    PyErr_Format(PyExc_ValueError, "a time has no part '%s'", part);
    return -1;
}

struct cleatpy_time_pattern *cleatpy_time_pattern_of(const char *const *parts, size_t count)
{
    struct cleatpy_time_pattern *pattern = PyMem_Calloc(1, sizeof(*pattern) + count * sizeof(struct piece));
    if (pattern == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    cleatpy_text_begin(&pattern->text);
    pattern->is_utc = count > 0 && strcmp(parts[0], "!UTC") == 0;
    int result = 0;
    for (size_t i = pattern->is_utc; i < count && result == 0; i++)
        result = set_piece(&pattern->pieces[pattern->n_pieces++], parts[i]);
    pattern->holes = PyMem_Malloc((count + 1) * sizeof(*pattern->holes));
    if (result == 0 && pattern->holes == NULL) {
        PyErr_NoMemory();
        result = -1;
    }
    if (result == 0)
        return pattern;
    cleatpy_time_pattern_free(pattern);
    return NULL;
}

struct cleatpy_time_pattern *cleatpy_time_pattern_new(PyObject *parts)
{
    if (!PyTuple_Check(parts)) {
        PyErr_SetString(PyExc_TypeError, "the parts of a time are a tuple");
        return NULL;
    }
    size_t count = (size_t)PyTuple_GET_SIZE(parts);
    const char **texts = PyMem_Malloc((count + 1) * sizeof(*texts));
    if (texts == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    struct cleatpy_time_pattern *pattern = NULL;
    size_t i = 0;
    while (i < count && (texts[i] = PyUnicode_AsUTF8(PyTuple_GET_ITEM(parts, (Py_ssize_t)i))) != NULL)
        i++;
    if (i == count)
        pattern = cleatpy_time_pattern_of(texts, count);
    PyMem_Free(texts);
    return pattern;
}

/* -- a second -- */

static void add_digits(struct cleatpy_text *text, int number, unsigned digits)
{
    char *to = cleatpy_text_reserve(text, digits);
    if (to != NULL)
        text->length = (size_t)(cleat__write_digits(to, (uint32_t)number, digits) - text->data);
}

/* +01:00, or +01:00:30 as some had it long ago. */
static void add_offset(struct cleatpy_text *text, long offset, bool has_colon)
{
    int size = (int)(offset < 0 ? -offset : offset);
    cleatpy_text_add_char(text, offset < 0 ? '-' : '+');
    add_digits(text, size / 3600, 2);
    if (has_colon)
        cleatpy_text_add_char(text, ':');
    add_digits(text, size / 60 % 60, 2);
    if (size % 60 == 0)
        return;
    if (has_colon)
        cleatpy_text_add_char(text, ':');
    add_digits(text, size % 60, 2);
}

/* Text in the encoding of the locale. */
static int add_local_text(struct cleatpy_text *text, const char *local)
{
    PyObject *str = PyUnicode_DecodeLocale(local, "surrogateescape");
    int result = str != NULL ? cleatpy_text_add_safe(text, str) : -1;
    Py_XDECREF(str);
    return result;
}

static int add_name(struct cleatpy_text *text, const char *format, const struct tm *parts)
{
    char name[128];
    name[strftime(name, sizeof(name), format, parts)] = '\0';
    return add_local_text(text, name);
}

static void add_hole(struct cleatpy_time_pattern *pattern, unsigned digits)
{
    pattern->holes[pattern->n_holes++] = (struct hole){pattern->text.length, digits};
    add_digits(&pattern->text, 0, digits);
}

/* Returns whether it stays for the second: before 1970 the seconds of a whole number are none of its digits. */
static bool add_unix_microseconds(struct cleatpy_time_pattern *pattern, int64_t second, uint32_t microseconds)
{
    if (second > 0) {
        cleatpy_text_add_number(&pattern->text, second);
        add_hole(pattern, FRACTION_DIGITS);
        return true;
    }
    cleatpy_text_add_number(&pattern->text, second * 1000000 + microseconds);
    return false;
}

static int add_text_of(struct cleatpy_text *text, const struct piece *piece, const struct tm *parts)
{
    switch (piece->directive) {
    case MONTH_NAME:
        return add_name(text, "%B", parts);
    case MONTH_SHORT_NAME:
        return add_name(text, "%b", parts);
    case WEEKDAY_NAME:
        return add_name(text, "%A", parts);
    case WEEKDAY_SHORT_NAME:
        return add_name(text, "%a", parts);
    case ZONE_NAME:
        return add_local_text(text, parts->tm_zone != NULL ? parts->tm_zone : "");
    case OFFSET:
    case OFFSET_WITH_COLON:
        add_offset(text, parts->tm_gmtoff, piece->directive == OFFSET_WITH_COLON);
        return 0;
    case HALF_OF_DAY:
        cleatpy_text_add(text, parts->tm_hour < 12 ? "AM" : "PM", 2);
        return 0;
    default:
        cleatpy_text_add(text, piece->literal, piece->length);
        return 0;
    }
}

static int hour_of_12(const struct tm *parts)
{
    return (parts->tm_hour + 11) % 12 + 1;
}

static int number_of(enum directive directive, const struct tm *parts)
{
    switch (directive) {
    case YEAR:
        return parts->tm_year + 1900;
    case YEAR_OF_CENTURY:
        return (parts->tm_year + 1900) % 100;
    case QUARTER:
        return parts->tm_mon / 3 + 1;
    case MONTH:
    case MONTH_2:
        return parts->tm_mon + 1;
    case DAY_OF_YEAR:
    case DAY_OF_YEAR_3:
        return parts->tm_yday + 1;
    case DAY:
    case DAY_2:
        return parts->tm_mday;
    case WEEKDAY_FROM_0:
        return (parts->tm_wday + 6) % 7;
    case WEEKDAY_FROM_1:
        return (parts->tm_wday + 6) % 7 + 1;
    case HOUR:
    case HOUR_2:
        return parts->tm_hour;
    case HOUR_OF_12:
    case HOUR_OF_12_2:
        return hour_of_12(parts);
    case MINUTE:
    case MINUTE_2:
        return parts->tm_min;
    default:
        return parts->tm_sec;
    }
}

static void add_number(struct cleatpy_text *text, enum directive directive, const struct tm *parts)
{
    int number = number_of(directive, parts);
    if (directives[directive].digits > 1)
        add_digits(text, number, directives[directive].digits);
    else
        cleatpy_text_add_number(text, number);
}

static int add_piece(struct cleatpy_time_pattern *pattern, const struct piece *piece, const struct tm *parts)
{
    if (directives[piece->directive].digits > 0) {
        add_number(&pattern->text, piece->directive, parts);
        return 0;
    }
    if (piece->directive >= FRACTION_1 && piece->directive <= FRACTION_6) {
        add_hole(pattern, (unsigned)(piece->directive - FRACTION_1 + 1));
        return 0;
    }
    return add_text_of(&pattern->text, piece, parts);
}

static int find_parts(const struct cleatpy_time_pattern *pattern, int64_t second, bool is_frozen, struct tm *parts)
{
    if (!pattern->is_utc)
        return cleatpy_local_time(second, is_frozen, parts);
    time_t moment = (time_t)second;
    if (gmtime_r(&moment, parts) != NULL) {
        parts->tm_zone = "UTC";
        return 0;
    }
    PyErr_SetString(PyExc_ValueError, "the time is out of range");
    return -1;
}

/* Writes all of a second but its microseconds. */
static int write_second(struct cleatpy_time_pattern *pattern, int64_t second, uint32_t microseconds, bool is_frozen)
{
    struct tm parts;
    bool stays = !is_frozen;
    pattern->is_written = false;
    /* Where time is frozen this runs Python code, and nothing is half written yet. */
    if (find_parts(pattern, second, is_frozen, &parts) < 0)
        return -1;
    pattern->second = second;
    pattern->text.length = 0;
    pattern->text.has_failed = false;
    pattern->n_holes = 0;
    cleatpy_mark_zone(&pattern->zone);
    for (size_t i = 0; i < pattern->n_pieces; i++) {
        const struct piece *piece = &pattern->pieces[i];
        if (piece->directive == UNIX_SECONDS)
            cleatpy_text_add_number(&pattern->text, second);
        else if (piece->directive == UNIX_MICROSECONDS)
            stays = add_unix_microseconds(pattern, second, microseconds) && stays;
        else if (add_piece(pattern, piece, &parts) < 0)
            return -1;
    }
    if (pattern->text.has_failed) {
        PyErr_NoMemory();
        return -1;
    }
    pattern->is_written = stays;
    return 0;
}

static bool is_written(const struct cleatpy_time_pattern *pattern, int64_t second)
{
    return pattern->is_written && pattern->second == second &&
           (pattern->is_utc || cleatpy_zone_is_as_marked(&pattern->zone));
}

int cleatpy_time_pattern_add(struct cleatpy_time_pattern *pattern, int64_t nanoseconds, bool is_frozen,
                             struct cleatpy_text *text)
{
    uint32_t microseconds;
    int64_t second = cleatpy_second_of(nanoseconds, &microseconds);
    if ((is_frozen || !is_written(pattern, second)) && write_second(pattern, second, microseconds, is_frozen) < 0)
        return -1;
    size_t start = text->length;
    cleatpy_text_add(text, pattern->text.data, pattern->text.length);
    if (text->length == start)
        return 0;
    char digits[FRACTION_DIGITS];
    cleat__write_six_digits(digits, microseconds);
    for (size_t i = 0; i < pattern->n_holes; i++)
        memcpy(text->data + start + pattern->holes[i].place, digits, pattern->holes[i].digits);
    return 0;
}
