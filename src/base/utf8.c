#include "base/utf8.h"

#include <stdbool.h>

static unsigned char byte_at(const char *text, size_t index)
{
    return (unsigned char)text[index];
}

static unsigned is_continuation(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

unsigned cleat__utf8_read(const char *text, size_t length, uint32_t *code)
{
    unsigned char first = byte_at(text, 0);
    *code = first;
    if (first < 0x80)
        return 1;
    unsigned size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (first >= 0xC2 && first <= 0xF4 && size <= length) {
        uint32_t read = first & (0x7FU >> size);
        unsigned i = 1;
        while (i < size && is_continuation(byte_at(text, i)))
            read = read << 6 | (byte_at(text, i++) & 0x3FU);
        if (i == size && read >= smallest[size] && read <= 0x10FFFF && (read < 0xD800 || read > 0xDFFF)) {
            *code = read;
            return size;
        }
    }
    *code = CLEAT__REPLACEMENT;
    return 1;
}

char *cleat__utf8_write(char *to, uint32_t code)
{
    if (code < 0x80) {
        *to++ = (char)code;
        return to;
    }
    unsigned size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (unsigned i = size - 1; i > 0; i--, code >>= 6)
        to[i] = (char)(0x80U | (code & 0x3F));
    to[0] = (char)((0xF00U >> size & 0xFFU) | code);
    return to + size;
}

size_t cleat__utf8_cut(const char *text, size_t limit)
{
    size_t cut = limit;
    while (cut > 0 && limit - cut < 3 && is_continuation(byte_at(text, cut)))
        cut--;
    uint32_t code;
    bool ends_before = cut < limit && cleat__utf8_read(text + cut, limit - cut, &code) > 1;
    return ends_before || byte_at(text, cut) < 0xC0 ? limit : cut;
}

/* Ranges from Unicode 15's EastAsianWidth (W, F) and general categories Mn and Me, joined where that is harmless. */
struct range {
    uint32_t first;
    uint32_t last;
};

static const struct range combining[] = {
    {0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},   {0x610, 0x61A},     {0x64B, 0x65F},
    {0x6D6, 0x6DC},   {0x93C, 0x93C},   {0x941, 0x948},   {0xE31, 0xE31},     {0xE34, 0xE3A},
    {0x1AB0, 0x1ACE}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x20D0, 0x20F0},   {0x302A, 0x302D},
    {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF},
};

static const struct range wide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x25FD, 0x25FE},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},   {0x2705, 0x2705},
    {0x270A, 0x270B},   {0x2728, 0x2728},   {0x274C, 0x274C},   {0x2753, 0x2755},   {0x2795, 0x2797},
    {0x2B1B, 0x2B1C},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},
    {0xA000, 0xA4C6},   {0xA960, 0xA97C},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE10, 0xFE19},
    {0xFE30, 0xFE6B},   {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},   {0x16FE0, 0x18CD5}, {0x1B000, 0x1B2FB},
    {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF}, {0x1F18E, 0x1F19A}, {0x1F200, 0x1F320}, {0x1F32D, 0x1F64F},
    {0x1F680, 0x1F6FC}, {0x1F7E0, 0x1F7EB}, {0x1F90C, 0x1F9FF}, {0x1FA70, 0x1FAF8}, {0x20000, 0x3FFFD},
};

static unsigned in_ranges(const struct range *ranges, unsigned count, uint32_t code)
{
    unsigned low = 0;
    while (low < count) {
        unsigned middle = low + (count - low) / 2;
        if (code > ranges[middle].last) {
            low = middle + 1;
        } else if (code < ranges[middle].first) {
            count = middle;
        } else {
            return 1;
        }
    }
    return 0;
}

unsigned cleat__utf8_width(uint32_t code)
{
    if (code < 0x300)
        return 1;
    if (in_ranges(combining, sizeof(combining) / sizeof(combining[0]), code))
        return 0;
    return in_ranges(wide, sizeof(wide) / sizeof(wide[0]), code) ? 2 : 1;
}
