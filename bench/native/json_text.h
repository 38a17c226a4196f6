/*
 * json_text.h - values as JSON text, for the loggers that leave this to their user.
 *
 * Out is what has push_back(char) and append(begin, end): std::string, fmt::memory_buffer.
 */
#ifndef BENCH_JSON_TEXT_H
#define BENCH_JSON_TEXT_H

#include "work.h"

#include <charconv>
#include <iterator>
#include <string_view>
#include <vector>

namespace json_text
{

template <class Out>
void raw(Out &out, std::string_view text)
{
    out.append(text.data(), text.data() + text.size());
}

/* Of the bytes that JSON does not take as they are. */
template <class Out>
void escape(Out &out, char byte)
{
    static const char digits[] = "0123456789abcdef";
    const auto value = static_cast<unsigned char>(byte);
    if (byte == '"' || byte == '\\') {
        const char escaped[] = {'\\', byte};
        raw(out, {escaped, sizeof(escaped)});
    } else {
        const char escaped[] = {'\\', 'u', '0', '0', digits[value >> 4], digits[value & 15]};
        raw(out, {escaped, sizeof(escaped)});
    }
}

inline bool is_plain(char byte)
{
    return (static_cast<unsigned char>(byte) >= ' ') & (byte != '"') & (byte != '\\');
}

/* In blocks, which a compiler makes into vector instructions. */
inline const char *skip_plain(const char *at, const char *end)
{
    constexpr int block = 16;
    for (; end - at >= block; at += block) {
        unsigned char special = 0;
        for (int i = 0; i < block; i++)
            special |= static_cast<unsigned char>(is_plain(at[i]) ? 0 : 1);
        if (special != 0)
            break;
    }
    while (at != end && is_plain(*at))
        at++;
    return at;
}

template <class Out>
void value(Out &out, std::string_view text)
{
    const char *at = text.data();
    const char *end = text.data() + text.size();
    out.push_back('"');
    for (;;) {
        const char *plain = at;
        at = skip_plain(at, end);
        out.append(plain, at);
        if (at == end)
            break;
        escape(out, *at++);
    }
    out.push_back('"');
}

template <class Out>
void value(Out &out, const char *text)
{
    value(out, std::string_view(text));
}

template <class Out, class Number>
void number(Out &out, Number value)
{
    char digits[32];
    const char *end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
    out.append(static_cast<const char *>(digits), end);
}

template <class Out>
void value(Out &out, int64_t integer)
{
    number(out, integer);
}

template <class Out>
void value(Out &out, double real)
{
    number(out, real);
}

template <class Out>
void value(Out &out, bool truth)
{
    raw(out, truth ? "true" : "false");
}

/* Of width digits, with leading zeros, and what stands behind it. */
inline char *digits(char *at, long value, int width, char behind)
{
    for (int i = width - 1; i >= 0; i--, value /= 10)
        at[i] = static_cast<char>('0' + value % 10);
    at[width] = behind;
    return at + width + 1;
}

/* Like the timestamp: 1980-01-01T12:00:00.000000Z */
template <class Out>
void value(Out &out, const timespec &time)
{
    char text[32];
    tm parts;
    gmtime_r(&time.tv_sec, &parts);
    char *at = digits(text, parts.tm_year + 1900L, 4, '-');
    at = digits(at, parts.tm_mon + 1L, 2, '-');
    at = digits(at, parts.tm_mday, 2, 'T');
    at = digits(at, parts.tm_hour, 2, ':');
    at = digits(at, parts.tm_min, 2, ':');
    at = digits(at, parts.tm_sec, 2, '.');
    at = digits(at, time.tv_nsec / 1000, 6, 'Z');
    out.push_back('"');
    out.append(static_cast<const char *>(text), static_cast<const char *>(at));
    out.push_back('"');
}

template <class Out>
void value(Out &out, const bench_user &user)
{
    raw(out, "{\"name\":");
    value(out, user.name);
    raw(out, ",\"email\":");
    value(out, user.email);
    raw(out, ",\"created_at\":");
    value(out, user.created_at);
    out.push_back('}');
}

template <class Out, class List>
void list(Out &out, const List &list)
{
    out.push_back('[');
    for (const auto &element : list) {
        if (&element != std::data(list))
            out.push_back(',');
        value(out, element);
    }
    out.push_back(']');
}

template <class Out, class Element, size_t N>
void value(Out &out, const Element (&elements)[N])
{
    list(out, elements);
}

template <class Out, class Element>
void value(Out &out, const std::vector<Element> &elements)
{
    list(out, elements);
}

/* "key":value */
template <class Out, class Value>
void member(Out &out, std::string_view key, const Value &of)
{
    value(out, key);
    out.push_back(':');
    value(out, of);
}

} // namespace json_text

#endif
