/*
 * fields.h - the fields of the scenarios, one by one, for loggers that bind fields one by one.
 *
 * Each function calls take(key, value) for each field; a value is a std::string_view, an int64_t, a bool, or a double.
 */
#ifndef BENCH_FIELDS_H
#define BENCH_FIELDS_H

#include "runner.h"

#include <string_view>

namespace fields
{

template <class Take>
void five(Take &&take)
{
    const bench_ten &ten = bench_work.ten;
    take("request_id", std::string_view(ten.request_id));
    take("method", std::string_view(ten.method));
    take("path", std::string_view(ten.path));
    take("client", std::string_view(ten.client));
    take("user_id", ten.user_id);
}

template <class Take>
void ten(Take &&take)
{
    const bench_ten &ten = bench_work.ten;
    five(take);
    take("tenant", std::string_view(ten.tenant));
    take("attempt", ten.attempt);
    take("cached", ten.cached);
    take("ratio", ten.ratio);
    take("region", std::string_view(ten.region));
}

template <class Take>
void context5(Take &&take)
{
    const bench_context5 &context = bench_work.context5;
    take("trace_id", std::string_view(context.trace_id));
    take("span_id", std::string_view(context.span_id));
    take("session", std::string_view(context.session));
    take("locale", std::string_view(context.locale));
    take("shard", context.shard);
}

template <class Take>
void numbered(const bench_numbered *first, size_t count, Take &&take)
{
    for (const bench_numbered *field = first; field != first + count; field++) {
        if (field->text != nullptr)
            take(field->key, std::string_view(field->text));
        else
            take(field->key, field->number);
    }
}

template <class Take>
void context20(Take &&take)
{
    context5(take);
    numbered(bench_work.context_more, 15, take);
}

/* What the job's scenario binds before its lines are made. */
template <class Take>
void bound(const bench_job &job, Take &&take)
{
    switch (job.kind) {
    case BENCH_B:
    case BENCH_D:
    case BENCH_G:
        return ten(take);
    case BENCH_E:
    case BENCH_F:
        return five(take);
    case BENCH_BOUND:
        return numbered(bench_work.numbered, job.n, take);
    default:
        return;
    }
}

/* What is in the context variables for the whole of the job. */
template <class Take>
void context(const bench_job &job, Take &&take)
{
    switch (job.kind) {
    case BENCH_E:
    case BENCH_L:
        return context5(take);
    case BENCH_F:
        return context20(take);
    case BENCH_CONTEXT:
        return numbered(bench_work.numbered, job.n, take);
    default:
        return;
    }
}

} // namespace fields

#endif
