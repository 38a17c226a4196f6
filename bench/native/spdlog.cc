/*
 * spdlog.cc - spdlog, with JSON by pattern. Bound fields are text of the pattern, escaped when they are bound; fields
 * at the call stand in the format string. In scenario j a logger is made of another one, whose pattern has the loggers'
 * name where bound fields are: the name of the new one is the text of its fields.
 */
/* spdlog of headers alone, and less what the lines do not show: spdlog's own settings for speed. */
#define FMT_HEADER_ONLY
#define SPDLOG_FMT_EXTERNAL
#define SPDLOG_HEADER_ONLY
#define SPDLOG_NO_ATOMIC_LEVELS
#define SPDLOG_NO_THREAD_ID

#include "fields.h"
#include "json_fmt.h"
#include "runner.h"

#include <exception>
#include <memory>
#include <mutex>
#include <spdlog/async.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <string>

namespace
{

template <class Mutex>
class counting_sink : public spdlog::sinks::base_sink<Mutex>
{
  public:
    uint64_t bytes = 0;

  protected:
    void sink_it_(const spdlog::details::log_msg &message) override
    {
        spdlog::memory_buf_t line;
        this->formatter_->format(message, line);
        bytes += line.size();
    }

    void flush_() override
    {
    }
};

std::shared_ptr<spdlog::logger> logger;
std::shared_ptr<spdlog::details::thread_pool> pool;
const uint64_t *counted;
uint64_t overrun;

/* -- lines -- */

void make_plain(size_t count)
{
    for (size_t i = 0; i < count; i++)
        logger->info(MESSAGE_PLAIN);
}

void make_with_ten(size_t count)
{
    const bench_ten &ten = bench_work.ten;
    for (size_t i = 0; i < count; i++)
        logger->info(MESSAGE_TEN(ten));
}

void make_disabled(size_t count)
{
    const bench_ten &ten = bench_work.ten;
    for (size_t i = 0; i < count; i++)
        logger->debug(MESSAGE_TEN(ten));
}

void make_with_three(size_t count)
{
    const bench_three &three = bench_work.three;
    for (size_t i = 0; i < count; i++)
        logger->info(MESSAGE_THREE(three));
}

void make_overriding(size_t count)
{
    const bench_three &three = bench_work.three;
    for (size_t i = 0; i < count; i++)
        logger->info(MESSAGE_PLAIN R"(,"status":{},"bytes":{},"duration_ms":{},"attempt":{})", three.status,
                     three.bytes, three.duration_ms, bench_work.second_attempt);
}

void make_mixed(size_t count)
{
    const bench_mixed &mixed = bench_work.mixed;
    for (size_t i = 0; i < count; i++)
        logger->info(MESSAGE_MIXED(mixed));
}

void make_long(size_t count)
{
    const std::string_view payload(bench_work.payload, bench_work.payload_length);
    for (size_t i = 0; i < count; i++)
        logger->info(MESSAGE_LONG(payload));
}

/* As text of a pattern or of a name, a comma behind each. */
class bound_text
{
  public:
    std::string text;

    template <class Value>
    void operator()(std::string_view key, const Value &value)
    {
        json_text::member(text, key, value);
        text.push_back(',');
    }
};

void make_bound(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bound_text bound;
        fields::five(bound);
        logger->clone(std::move(bound.text));
    }
}

bench_lines *lines_of(bench_kind kind)
{
    switch (kind) {
    case BENCH_C:
        return make_with_ten;
    case BENCH_D:
        return make_with_three;
    case BENCH_G:
        return make_overriding;
    case BENCH_H:
        return make_mixed;
    case BENCH_I:
        return make_disabled;
    case BENCH_J:
        return make_bound;
    case BENCH_LENGTH:
        return make_long;
    default:
        return make_plain;
    }
}

/* -- set-up -- */

std::string as_pattern(const std::string &text)
{
    std::string pattern;
    for (char byte : text)
        pattern.append(byte == '%' ? 2 : 1, byte);
    return pattern;
}

std::string pattern_of(const bench_job &job)
{
    bound_text bound;
    fields::bound(job, bound);
    return R"({"timestamp":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",)" +
           (job.kind == BENCH_J ? "%n" : as_pattern(bound.text)) + "%v}";
}

template <class Mutex>
spdlog::sink_ptr make_sink(const bench_job &job)
{
    if (job.sink != BENCH_DISCARD)
        return std::make_shared<spdlog::sinks::basic_file_sink<Mutex>>(job.path);
    auto sink = std::make_shared<counting_sink<Mutex>>();
    counted = &sink->bytes;
    return sink;
}

/* The queue of spdlog's own default. */
size_t queue_items(const bench_job &job)
{
    return job.sink == BENCH_OVERLOAD ? job.queue_bytes / sizeof(spdlog::details::async_msg)
                                      : spdlog::details::default_async_q_size;
}

void make_async_logger(const bench_job &job)
{
    pool = std::make_shared<spdlog::details::thread_pool>(queue_items(job), 1);
    auto policy = job.sink == BENCH_OVERLOAD ? spdlog::async_overflow_policy::overrun_oldest
                                             : spdlog::async_overflow_policy::block;
    logger = std::make_shared<spdlog::async_logger>("", make_sink<spdlog::details::null_mutex>(job), pool, policy);
}

void make_logger(const bench_job &job)
{
    auto sink = job.threads == 1 ? make_sink<spdlog::details::null_mutex>(job) : make_sink<std::mutex>(job);
    logger = std::make_shared<spdlog::logger>("", sink);
    if (job.sink != BENCH_DISCARD)
        logger->flush_on(spdlog::level::info);
}

bench_lines *begin(const bench_job *job)
{
    try {
        if (job->sink == BENCH_ASYNC || job->sink == BENCH_OVERLOAD)
            make_async_logger(*job);
        else
            make_logger(*job);
        logger->set_formatter(
            std::make_unique<spdlog::pattern_formatter>(pattern_of(*job), spdlog::pattern_time_type::utc, "\n"));
        logger->set_level(spdlog::level::info);
        return lines_of(job->kind);
    } catch (const std::exception &error) {
        bench_fail("%s", error.what());
        return nullptr;
    }
}

void end()
{
    logger.reset();
    pool.reset();
}

/* The pool's destructor waits until its thread has done all. */
void flush()
{
    logger->flush();
    overrun = pool->overrun_counter();
    pool.reset();
}

uint64_t bytes()
{
    return *counted;
}

uint64_t dropped()
{
    return overrun;
}

/* A header is all that knows it. */
const char *version()
{
    static const std::string text = fmt::format("{}.{}.{}", SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH);
    return text.c_str();
}

const char *const notes[] = {
    "keys are not unique",
    "JSON by pattern: keys and escaping are the program's",
    "bound fields are text of the pattern",
    nullptr,
};

#define NO_CONTEXT "no context variables: this release has no MDC"

const bench_cannot cannot[] = {
    {"e", NO_CONTEXT}, {"f", NO_CONTEXT},         {"k", NO_CONTEXT},
    {"l", NO_CONTEXT}, {"context-N", NO_CONTEXT}, {nullptr, nullptr},
};

} // namespace

extern "C" const struct bench_contestant bench_contestant = {
    "spdlog", "C++", version, notes,   cannot, begin,   end,     nullptr,
    nullptr,  flush, nullptr, nullptr, bytes,  dropped, nullptr,
};
