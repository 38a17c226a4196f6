/*
 * quill.cc - Quill, with its JSON sinks. Loggers have no bound fields: all are given at the call. Context variables are
 * its MDC, whose text the pattern has; the sink appends the arguments' names and values.
 *
 * Quill has no synchronous mode: the caller queues the values, a thread of Quill's renders and writes. For the sinks
 * that others serve at the call, each run's lines end with a wait until that thread is through.
 */
#include "fields.h"

#include <atomic>
#include <cstdlib>
#include <exception>
#include <memory>
#include <quill/Backend.h>
#include <quill/Frontend.h>
#include <quill/LogMacros.h>
#include <quill/sinks/JsonSink.h>
#include <quill/sinks/StreamSink.h>
#include <string>
#include <utility>
#include <vector>

namespace
{

using named_arguments = std::vector<std::pair<std::string, std::string>>;

/* As Quill's documentation shows how to change the keys: the line's head is the pattern's. */
template <class Base>
class json_sink : public Base
{
  public:
    using Base::Base;

    void generate_json_message(const quill::MacroMetadata *, uint64_t, std::string_view, std::string_view,
                               const std::string &, std::string_view, quill::LogLevel, std::string_view,
                               std::string_view, const named_arguments *arguments, std::string_view,
                               std::string_view head, const char *message) override
    {
        auto &line = this->_json_message;
        const std::string_view event(message);
        line.append(head);
        line.append(std::string_view(R"(,"event":")"));
        this->_append_json_escaped(line, event.substr(0, event.find(" {")));
        line.push_back('"');
        if (arguments == nullptr)
            return;
        for (const auto &[key, value] : *arguments) {
            line.append(std::string_view(",\""));
            this->_append_json_escaped(line, key);
            line.append(std::string_view("\":\""));
            this->_append_json_escaped(line, value);
            line.push_back('"');
        }
    }
};

class counting_stream : public quill::StreamSink
{
  public:
    uint64_t bytes = 0;

    counting_stream() : quill::StreamSink("/dev/null")
    {
    }

    void write_log(const quill::MacroMetadata *, uint64_t, std::string_view, std::string_view, const std::string &,
                   std::string_view, quill::LogLevel, std::string_view, std::string_view, const named_arguments *,
                   std::string_view, std::string_view line) override
    {
        bytes += line.size();
    }
};

using counting_sink = json_sink<quill::detail::JsonSink<counting_stream>>;
using file_sink = json_sink<quill::JsonFileSink>;

/* A write() for each line. */
class unbuffered_file_sink : public file_sink
{
  public:
    using file_sink::file_sink;

    void write_log(const quill::MacroMetadata *metadata, uint64_t timestamp, std::string_view thread_id,
                   std::string_view thread_name, const std::string &process_id, std::string_view logger_name,
                   quill::LogLevel level, std::string_view level_name, std::string_view level_code,
                   const named_arguments *arguments, std::string_view message, std::string_view statement) override
    {
        file_sink::write_log(metadata, timestamp, thread_id, thread_name, process_id, logger_name, level, level_name,
                             level_code, arguments, message, statement);
        flush();
    }
};

/* The faster of the blocking queues here, at its default size. */
struct blocking_options : quill::FrontendOptions {
    static constexpr quill::QueueType queue_type = quill::QueueType::BoundedBlocking;
};

struct dropping_options : quill::FrontendOptions {
    static constexpr quill::QueueType queue_type = quill::QueueType::BoundedDropping;
    static constexpr size_t initial_queue_capacity = 256U * 1024U;
};

template <class Options>
quill::LoggerImpl<Options> *logger;

bench_job job_now;
std::shared_ptr<counting_sink> counter;
std::atomic<uint64_t> dropped_lines;
void (*remove_logger)();
void (*flush_logger)();

bool is_asynchronous()
{
    return job_now.sink == BENCH_ASYNC || job_now.sink == BENCH_OVERLOAD;
}

/* -- lines -- */

#define MESSAGE_PLAIN "request received"

#define MESSAGE_TEN(ten)                                                                                               \
    MESSAGE_PLAIN " {request_id} {method} {path} {client} {user_id} {tenant} {attempt} {cached} {ratio} {region}",     \
        ten.request_id, ten.method, ten.path, ten.client, ten.user_id, ten.tenant, ten.attempt, ten.cached, ten.ratio, \
        ten.region

#define MESSAGE_FIVE_THREE(ten, three)                                                                                 \
    MESSAGE_PLAIN " {request_id} {method} {path} {client} {user_id} {status} {bytes} {duration_ms}", ten.request_id,   \
        ten.method, ten.path, ten.client, ten.user_id, three.status, three.bytes, three.duration_ms

#define MESSAGE_TEN_THREE(ten, second_attempt, three)                                                                  \
    MESSAGE_PLAIN " {request_id} {method} {path} {client} {user_id} {tenant} {attempt} {cached} {ratio} {region} "     \
                  "{status} {bytes} {duration_ms}",                                                                    \
        ten.request_id, ten.method, ten.path, ten.client, ten.user_id, ten.tenant, second_attempt, ten.cached,         \
        ten.ratio, ten.region, three.status, three.bytes, three.duration_ms

template <class Options>
struct lines {
    static void plain(size_t count)
    {
        for (size_t i = 0; i < count; i++)
            LOG_INFO(logger<Options>, MESSAGE_PLAIN);
    }

    static void with_ten(size_t count)
    {
        const bench_ten &ten = bench_work.ten;
        for (size_t i = 0; i < count; i++)
            LOG_INFO(logger<Options>, MESSAGE_TEN(ten));
    }

    static void disabled(size_t count)
    {
        const bench_ten &ten = bench_work.ten;
        for (size_t i = 0; i < count; i++)
            LOG_DEBUG(logger<Options>, MESSAGE_TEN(ten));
    }

    static void with_thirteen(size_t count)
    {
        const bench_ten &ten = bench_work.ten;
        const bench_three &three = bench_work.three;
        for (size_t i = 0; i < count; i++)
            LOG_INFO(logger<Options>, MESSAGE_TEN_THREE(ten, ten.attempt, three));
    }

    static void overriding(size_t count)
    {
        const bench_ten &ten = bench_work.ten;
        const bench_three &three = bench_work.three;
        for (size_t i = 0; i < count; i++)
            LOG_INFO(logger<Options>, MESSAGE_TEN_THREE(ten, bench_work.second_attempt, three));
    }

    static void with_eight(size_t count)
    {
        const bench_ten &ten = bench_work.ten;
        const bench_three &three = bench_work.three;
        for (size_t i = 0; i < count; i++)
            LOG_INFO(logger<Options>, MESSAGE_FIVE_THREE(ten, three));
    }

    static void long_one(size_t count)
    {
        const std::string_view payload(bench_work.payload, bench_work.payload_length);
        for (size_t i = 0; i < count; i++)
            LOG_INFO(logger<Options>, MESSAGE_PLAIN " {payload}", payload);
    }

    static void scoped(size_t count)
    {
        const bench_context5 &context = bench_work.context5;
        for (size_t i = 0; i < count; i++) {
            logger<Options>->set_mdc("trace_id", context.trace_id, "span_id", context.span_id, "session",
                                     context.session, "locale", context.locale, "shard", context.shard);
            LOG_INFO(logger<Options>, MESSAGE_PLAIN);
            logger<Options>->erase_mdc("trace_id", "span_id", "session", "locale", "shard");
        }
    }
};

template <bench_lines *make>
void make_and_wait(size_t count)
{
    make(count);
    flush_logger();
}

template <bench_lines *make>
bench_lines *waiting_if_synchronous()
{
    return is_asynchronous() ? make : make_and_wait<make>;
}

template <class Options>
bench_lines *lines_of(bench_kind kind)
{
    switch (kind) {
    case BENCH_B:
    case BENCH_C:
        return waiting_if_synchronous<lines<Options>::with_ten>();
    case BENCH_D:
        return waiting_if_synchronous<lines<Options>::with_thirteen>();
    case BENCH_E:
    case BENCH_F:
        return waiting_if_synchronous<lines<Options>::with_eight>();
    case BENCH_G:
        return waiting_if_synchronous<lines<Options>::overriding>();
    case BENCH_I:
        return lines<Options>::disabled;
    case BENCH_K:
        return waiting_if_synchronous<lines<Options>::scoped>();
    case BENCH_LENGTH:
        return waiting_if_synchronous<lines<Options>::long_one>();
    default:
        return waiting_if_synchronous<lines<Options>::plain>();
    }
}

/* -- set-up -- */

/* "Dropped N events from thread T" */
void count_dropped(const std::string &notice)
{
    static const std::string start = "Dropped ";
    const size_t at = notice.find(start);
    if (at != std::string::npos)
        dropped_lines += std::strtoull(notice.c_str() + at + start.size(), nullptr, 10);
}

/* The thread spins, as in Quill's own benchmarks. Bytes that are not ASCII stay as they are: the sink escapes. */
void start_backend()
{
    quill::BackendOptions options;
    options.sleep_duration = std::chrono::nanoseconds(0);
    options.log_timestamp_ordering_grace_period = std::chrono::microseconds(1);
    options.check_printable_char = {};
    options.check_backend_singleton_instance = false;
    options.error_notifier = count_dropped;
    options.mdc_format_pattern = R"(,"{}":"{}","")";
    quill::Backend::start(options);
}

std::shared_ptr<quill::Sink> make_sink(const bench_job &job)
{
    if (job.sink == BENCH_DISCARD)
        return counter = std::make_shared<counting_sink>();
    quill::FileSinkConfig config;
    config.set_open_mode('a');
    if (is_asynchronous())
        return std::make_shared<file_sink>(job.path, config);
    return std::make_shared<unbuffered_file_sink>(job.path, config);
}

quill::PatternFormatterOptions head_of_line()
{
    return quill::PatternFormatterOptions("{\"timestamp\":\"%(time)\",\"level\":\"%(log_level)\"%(mdc)",
                                          "%Y-%m-%dT%H:%M:%S.%QusZ", quill::Timezone::GmtTime, false,
                                          quill::PatternFormatterOptions::NO_SUFFIX);
}

/* The first line makes Quill measure the clock: that one goes nowhere. */
template <class Options>
void measure_clock()
{
    using frontend = quill::FrontendImpl<Options>;
    auto *first = frontend::create_or_get_logger("clock", std::make_shared<counting_sink>(), head_of_line());
    LOG_INFO(first, MESSAGE_PLAIN);
    first->flush_log();
    frontend::remove_logger_blocking(first);
}

template <class Options>
bench_lines *make_logger(const bench_job &job)
{
    using frontend = quill::FrontendImpl<Options>;
    measure_clock<Options>();
    logger<Options> = frontend::create_or_get_logger("bench", make_sink(job), head_of_line());
    logger<Options>->set_log_level(quill::LogLevel::Info);
    flush_logger = [] { logger<Options>->flush_log(0); };
    remove_logger = [] { frontend::remove_logger_blocking(logger<Options>); };
    return lines_of<Options>(job.kind);
}

bench_lines *begin(const bench_job *job)
{
    job_now = *job;
    dropped_lines = 0;
    start_backend();
    try {
        return job->sink == BENCH_OVERLOAD ? make_logger<dropping_options>(*job) : make_logger<blocking_options>(*job);
    } catch (const std::exception &error) {
        quill::Backend::stop();
        bench_fail("%s", error.what());
        return nullptr;
    }
}

void end()
{
    remove_logger();
    quill::Backend::stop();
    counter.reset();
}

/* Each thread has a queue of its own, which is there before the first line. */
template <class Options>
void enter_with()
{
    quill::FrontendImpl<Options>::preallocate();
    fields::context(job_now, [](const char *key, const auto &value) { logger<Options>->set_mdc(key, value); });
    logger<Options>->flush_log(0);
}

void enter()
{
    if (job_now.sink == BENCH_OVERLOAD)
        enter_with<dropping_options>();
    else
        enter_with<blocking_options>();
}

void leave()
{
    if (job_now.sink != BENCH_OVERLOAD)
        logger<blocking_options>->clear_mdc();
}

void flush()
{
    flush_logger();
}

uint64_t bytes()
{
    return counter->bytes;
}

/* Quill tells of them when its thread has nothing else to do, at the latest when that thread ends. */
uint64_t dropped()
{
    quill::Backend::stop();
    start_backend();
    return dropped_lines;
}

const char *version()
{
    static const std::string text = std::to_string(quill::VersionMajor) + "." + std::to_string(quill::VersionMinor) +
                                    "." + std::to_string(quill::VersionPatch);
    return text.c_str();
}

const char *const notes[] = {
    "strings only",
    "no bound fields: all are given at the call",
    "no synchronous mode: a thread of its own renders and writes, and the time ends when it is through",
    "that thread spins, as in its own benchmarks",
    nullptr,
};

const bench_cannot cannot[] = {
    {"h", "lists and objects are written as strings"},
    {"j", "loggers have no fields"},
    {"l", "the MDC cannot be read"},
    {"bound-N", "no bound fields, and those of a call are fixed when it is compiled"},
    {nullptr, nullptr},
};

} // namespace

extern "C" const struct bench_contestant bench_contestant = {
    "Quill", "C++", version, notes, cannot, begin, end, enter, leave, flush, nullptr, nullptr, bytes, dropped, nullptr,
};
