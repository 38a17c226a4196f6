#include "text.h"

#include "logger/host.h"

bool cleatpy_text_grow(struct cleatpy_text *text, size_t more)
{
    size_t room = text->room * 2;
    if (room - text->length < more)
        room = text->length + more;
    bool is_first = text->data == text->first;
    char *data = PyMem_Realloc(is_first ? NULL : text->data, room);
    if (data == NULL) {
        text->has_failed = true;
        return false;
    }
    if (is_first)
        memcpy(data, text->first, text->length);
    text->data = data;
    text->room = room;
    return true;
}

void cleatpy_text_add_number(struct cleatpy_text *text, long long number)
{
    char *to = cleatpy_text_reserve(text, CLEAT__NUMBER_SIZE);
    if (to != NULL)
        text->length = (size_t)(cleat__write_signed(to, number) - text->data);
}

void cleatpy_text_add_natural(struct cleatpy_text *text, unsigned long long number)
{
    char *to = cleatpy_text_reserve(text, CLEAT__NUMBER_SIZE);
    if (to != NULL)
        text->length = (size_t)(cleat__write_unsigned(to, number) - text->data);
}

/* -- what shows as it is -- */

static bool shows_all(uint32_t code)
{
    (void)code;
    return true;
}

static bool shows_lines_and_harmless(uint32_t code)
{
    return code == '\n' || code == '\t' || cleat__is_harmless(code);
}

static char *write_hexadecimal(char *to, uint32_t number, unsigned digits)
{
    for (unsigned i = digits; i-- > 0; number >>= 4)
        to[i] = "0123456789abcdef"[number & 15];
    return to + digits;
}

static char *write_escape(char *to, uint32_t code)
{
    *to++ = '\\';
    switch (code) {
    case '\n':
        *to++ = 'n';
        return to;
    case '\r':
        *to++ = 'r';
        return to;
    case '\t':
        *to++ = 't';
        return to;
    default:
        break;
    }
    if (code < 0x100) {
        *to++ = 'x';
        return write_hexadecimal(to, code, 2);
    }
    return cleatpy_write_unicode_escape(to - 1, code);
}

char *cleatpy_write_unicode_escape(char *to, uint32_t code)
{
    *to++ = '\\';
    *to++ = 'u';
    return write_hexadecimal(to, code, 4);
}

static const struct cleatpy_notation notations[] = {
    [CLEATPY_AS_IT_IS] = {shows_all, write_escape},
    [CLEATPY_SAFE_LINES] = {shows_lines_and_harmless, write_escape},
    [CLEATPY_SAFE] = {cleat__is_harmless, write_escape},
};

/* -- strs -- */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The high bits of ASCII bytes that are control characters, DEL included. */
static inline uint64_t find_controls(uint64_t bytes)
{
    uint64_t are_del = bytes + EACH(1);
    uint64_t are_not_below_space = (bytes | EACH(0x80)) - EACH(0x20);
    return (are_del | ~are_not_below_space) & EACH(0x80);
}

/*
 * Copies ASCII text, and says whether that was right: false when there is a control character in it. Bytes at the end
 * overlap those before.
 */
static inline bool copy_harmless(char *to, const char *from, size_t length)
{
    uint64_t bytes = 0;
    if (length >= 8) {
        uint64_t last;
        memcpy(&last, from + length - 8, 8);
        uint64_t found = find_controls(last);
        for (size_t i = 0; i + 8 < length; i += 8) {
            memcpy(&bytes, from + i, 8);
            found |= find_controls(bytes);
            memcpy(to + i, &bytes, 8);
        }
        memcpy(to + length - 8, &last, 8);
        return found == 0;
    }
    if (length >= 4) {
        uint32_t low;
        uint32_t high;
        memcpy(&low, from, 4);
        memcpy(&high, from + length - 4, 4);
        memcpy(to, &low, 4);
        memcpy(to + length - 4, &high, 4);
        return find_controls(low | (uint64_t)high << 32) == 0;
    }
    for (size_t i = 0; i < length; i++) {
        to[i] = from[i];
        bytes = bytes << 8 | (unsigned char)from[i];
    }
    return find_controls(bytes | EACH(' ') << length * 8) == 0;
}

#define LONGEST_CHARACTER 12

static char *write_utf8(char *to, uint32_t code)
{
    if (code < 0x80) {
        *to++ = (char)code;
        return to;
    }
    if (code < 0x800) {
        *to++ = (char)(0xC0 | code >> 6);
    } else {
        if (code < 0x10000) {
            *to++ = (char)(0xE0 | code >> 12);
        } else {
            *to++ = (char)(0xF0 | code >> 18);
            *to++ = (char)(0x80 | (code >> 12 & 0x3F));
        }
        *to++ = (char)(0x80 | (code >> 6 & 0x3F));
    }
    *to++ = (char)(0x80 | (code & 0x3F));
    return to;
}

void cleatpy_text_add_character(struct cleatpy_text *text, uint32_t code)
{
    char *to = cleatpy_text_reserve(text, LONGEST_CHARACTER);
    if (to != NULL)
        text->length =
            (size_t)(write_utf8(to, Py_UNICODE_IS_SURROGATE(code) ? CLEATPY_REPLACEMENT : code) - text->data);
}

/* Whether any notation escapes it: nearly all characters need not be asked about. */
static inline bool may_be_escaped(uint32_t code)
{
    if (code < 0xA0)
        return code < 0x20 || code >= 0x7F || code == '"' || code == '\\';
    return code == 0x61C || (code >= 0x2000 && code < 0x2070);
}

/* Compiled once for each kind of str, with a loop that knows it. */
static inline __attribute__((always_inline)) void add_characters(struct cleatpy_text *text, int kind, const void *data,
                                                                 Py_ssize_t length,
                                                                 const struct cleatpy_notation *notation)
{
    char *to = text->data + text->length;
    for (Py_ssize_t i = 0; i < length; i++) {
        if (text->data + text->room - to < LONGEST_CHARACTER) {
            text->length = (size_t)(to - text->data);
            to = cleatpy_text_reserve(text, LONGEST_CHARACTER);
            if (to == NULL)
                return; /* has_failed says so */
        }
        uint32_t code = PyUnicode_READ(kind, data, i);
        if (may_be_escaped(code) && !notation->shows(code))
            to = notation->write_escape(to, code);
        else if (code < 0x80)
            *to++ = (char)code;
        else
            to = write_utf8(to, Py_UNICODE_IS_SURROGATE(code) ? CLEATPY_REPLACEMENT : code);
    }
    text->length = (size_t)(to - text->data);
}

/* Not by way of Python's UTF-8 form of a str, which would stay with it, and which one with surrogates has not. */
int cleatpy_text_add_in(struct cleatpy_text *text, PyObject *str, const struct cleatpy_notation *notation)
{
#if PY_VERSION_HEX < 0x030C0000
    if (PyUnicode_READY(str) < 0)
        return -1;
#endif
    const void *data = PyUnicode_DATA(str);
    Py_ssize_t length = PyUnicode_GET_LENGTH(str);
    if (PyUnicode_KIND(str) == PyUnicode_1BYTE_KIND)
        add_characters(text, PyUnicode_1BYTE_KIND, data, length, notation);
    else if (PyUnicode_KIND(str) == PyUnicode_2BYTE_KIND)
        add_characters(text, PyUnicode_2BYTE_KIND, data, length, notation);
    else
        add_characters(text, PyUnicode_4BYTE_KIND, data, length, notation);
    return 0;
}

int cleatpy_text_add_shown(struct cleatpy_text *text, PyObject *str, enum cleatpy_safety safety)
{
    if (!PyUnicode_IS_COMPACT_ASCII(str))
        return cleatpy_text_add_in(text, str, &notations[safety]);
    const char *bytes = PyUnicode_DATA(str);
    size_t length = (size_t)PyUnicode_GET_LENGTH(str);
    char *to = cleatpy_text_reserve(text, length);
    if (to == NULL)
        return 0; /* has_failed says so */
    if (safety == CLEATPY_AS_IT_IS)
        cleatpy_copy_bytes(to, bytes, length);
    else if (!copy_harmless(to, bytes, length))
        return cleatpy_text_add_in(text, str, &notations[safety]);
    text->length += length;
    return 0;
}
