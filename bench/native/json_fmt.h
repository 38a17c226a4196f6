/*
 * json_fmt.h - JSON in the format strings of fmt, for the loggers whose calls have these: json(value) for a value (but
 * integers, doubles and booleans are JSON as fmt writes them), and the messages of the scenarios: the event and the
 * fields at the call, as the middle of an object, and the fields' values.
 */
#ifndef BENCH_JSON_FMT_H
#define BENCH_JSON_FMT_H

#include "json_text.h"

#include <fmt/compile.h>
#include <fmt/format.h>

template <class Value>
struct as_json {
    const Value &value;
};

template <class Value>
as_json<Value> json(const Value &value)
{
    return {value};
}

/* What json_text.h writes to, before an output iterator of fmt. */
template <class Iterator>
struct json_output {
    Iterator at;

    void push_back(char byte)
    {
        *at++ = byte;
    }

    void append(const char *begin, const char *end)
    {
        at = fmt::format_to(at, FMT_COMPILE("{}"), fmt::string_view(begin, static_cast<size_t>(end - begin)));
    }
};

template <class Value>
struct fmt::formatter<as_json<Value>> {
    constexpr auto parse(format_parse_context &context)
    {
        return context.begin();
    }

    template <class Context>
    auto format(const as_json<Value> &json, Context &context) const
    {
        json_output<decltype(context.out())> out{context.out()};
        json_text::value(out, json.value);
        return out.at;
    }
};

#define MESSAGE_PLAIN R"("event":"request received")"

#define MESSAGE_TEN(ten)                                                                                               \
    MESSAGE_PLAIN R"(,"request_id":{},"method":{},"path":{},"client":{},"user_id":{},"tenant":{},"attempt":{},)"       \
                  R"("cached":{},"ratio":{},"region":{})",                                                             \
        json(ten.request_id), json(ten.method), json(ten.path), json(ten.client), ten.user_id, json(ten.tenant),       \
        ten.attempt, ten.cached, ten.ratio, json(ten.region)

#define MESSAGE_THREE(three)                                                                                           \
    MESSAGE_PLAIN R"(,"status":{},"bytes":{},"duration_ms":{})", three.status, three.bytes, three.duration_ms

#define MESSAGE_MIXED(mixed)                                                                                           \
    MESSAGE_PLAIN R"(,"int":{},"ints":{},"string":{},"strings":{},"time":{},"times":{},"user1":{},"user2":{},)"        \
                  R"("users":{},"error":{})",                                                                          \
        mixed.number, json(mixed.numbers), json(mixed.string), json(mixed.strings), json(mixed.time),                  \
        json(mixed.times), json(mixed.user1), json(mixed.user2), json(mixed.users), json(mixed.error)

#define MESSAGE_LONG(payload) MESSAGE_PLAIN R"(,"payload":{})", json(payload)

#endif
