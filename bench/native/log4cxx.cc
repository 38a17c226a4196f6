/*
 * log4cxx.cc - Apache log4cxx, with a pattern that makes JSON: its JSONLayout puts the MDC into an object of its own,
 * and writes the time of the place with milliseconds. Loggers have no fields: bound ones are in the MDC, as context
 * variables are. What the MDC holds is JSON text already, so that values keep their types. Fields at the call are text
 * of the message.
 */
#define FMT_HEADER_ONLY
#include "fields.h"
#include "json_fmt.h"

#include <cstdlib>
#include <exception>
#include <log4cxx/appenderskeleton.h>
#include <log4cxx/asyncappender.h>
#include <log4cxx/fileappender.h>
#include <log4cxx/helpers/pool.h>
#include <log4cxx/level.h>
#include <log4cxx/logger.h>
#include <log4cxx/mdc.h>
#include <log4cxx/patternlayout.h>
#include <log4cxx/spi/filter.h>
#include <log4cxx/spi/loggingevent.h>
#include <memory>
#include <string>

namespace log4cxx
{

class counting_appender : public AppenderSkeleton
{
  public:
    DECLARE_LOG4CXX_OBJECT(counting_appender)
    BEGIN_LOG4CXX_CAST_MAP()
    LOG4CXX_CAST_ENTRY(counting_appender)
    LOG4CXX_CAST_ENTRY_CHAIN(AppenderSkeleton)
    END_LOG4CXX_CAST_MAP()

    uint64_t bytes = 0;

    void append(const spi::LoggingEventPtr &event, helpers::Pool &pool) override
    {
        LogString line;
        getLayout()->format(line, event, pool);
        bytes += line.size();
    }

    void close() override
    {
    }

    bool requiresLayout() const override
    {
        return true;
    }
};

/* Where the asynchronous appender drops events it logs how many it were: this takes these messages out, and adds up. */
class dropped_filter : public spi::Filter
{
  public:
    DECLARE_LOG4CXX_OBJECT(dropped_filter)
    BEGIN_LOG4CXX_CAST_MAP()
    LOG4CXX_CAST_ENTRY(dropped_filter)
    LOG4CXX_CAST_ENTRY_CHAIN(spi::Filter)
    END_LOG4CXX_CAST_MAP()

    mutable uint64_t dropped = 0;

    FilterDecision decide(const spi::LoggingEventPtr &event) const override
    {
        static const LogString start = LOG4CXX_STR("Discarded ");
        const LogString &message = event->getMessage();
        if (message.compare(0, start.size(), start) != 0)
            return NEUTRAL;
        dropped += std::strtoull(message.c_str() + start.size(), nullptr, 10);
        return DENY;
    }
};

} // namespace log4cxx

using namespace log4cxx;

IMPLEMENT_LOG4CXX_OBJECT(counting_appender)
IMPLEMENT_LOG4CXX_OBJECT(dropped_filter)

namespace
{

/* log4cxx's own size is 128. A queued event with the fields of d takes about 2 KiB. */
constexpr int queue_events = 8192;
constexpr int overload_events = 128;

bench_job job_now;
LoggerPtr logger;
std::shared_ptr<counting_appender> counter;
std::shared_ptr<dropped_filter> filter;
std::shared_ptr<AsyncAppender> queue;

/* -- fields -- */

template <class Value>
std::string json_of(const Value &value)
{
    std::string text;
    json_text::value(text, value);
    return text;
}

void put(const char *key, std::string_view value)
{
    MDC::put(key, json_of(value));
}

template <class Value>
void put(const char *key, const Value &value)
{
    MDC::put(key, json_of(value));
}

/* All that the pattern names must be there. */
void enter()
{
    auto put_field = [](const char *key, const auto &value) { put(key, value); };
    fields::bound(job_now, put_field);
    fields::context(job_now, put_field);
}

void leave()
{
    MDC::clear();
}

/* -- lines -- */

/* LOG4CXX_INFO_FMT(), less its conversion of the message's bytes one by one into a LogString, which is a std::string.
 */
#define LOG(level, ...)                                                                                                \
    do {                                                                                                               \
        if (Logger::is##level##EnabledFor(logger))                                                                     \
            logger->forcedLogLS(Level::get##level(), fmt::format(__VA_ARGS__), LOG4CXX_LOCATION);                      \
    } while (0)

void make_plain(size_t count)
{
    for (size_t i = 0; i < count; i++)
        LOG(Info, MESSAGE_PLAIN);
}

void make_with_ten(size_t count)
{
    const bench_ten &ten = bench_work.ten;
    for (size_t i = 0; i < count; i++)
        LOG(Info, MESSAGE_TEN(ten));
}

void make_disabled(size_t count)
{
    const bench_ten &ten = bench_work.ten;
    for (size_t i = 0; i < count; i++)
        LOG(Debug, MESSAGE_TEN(ten));
}

void make_with_three(size_t count)
{
    const bench_three &three = bench_work.three;
    for (size_t i = 0; i < count; i++)
        LOG(Info, MESSAGE_THREE(three));
}

void make_overriding(size_t count)
{
    const bench_three &three = bench_work.three;
    const int64_t first = bench_work.ten.attempt;
    for (size_t i = 0; i < count; i++) {
        put("attempt", bench_work.second_attempt);
        LOG(Info, MESSAGE_THREE(three));
        put("attempt", first);
    }
}

void make_mixed(size_t count)
{
    const bench_mixed &mixed = bench_work.mixed;
    for (size_t i = 0; i < count; i++)
        LOG(Info, MESSAGE_MIXED(mixed));
}

void make_long(size_t count)
{
    const std::string_view payload(bench_work.payload, bench_work.payload_length);
    for (size_t i = 0; i < count; i++)
        LOG(Info, MESSAGE_LONG(payload));
}

void make_scoped(size_t count)
{
    const bench_context5 &context = bench_work.context5;
    for (size_t i = 0; i < count; i++) {
        MDC trace_id("trace_id", json_of(context.trace_id));
        MDC span_id("span_id", json_of(context.span_id));
        MDC session("session", json_of(context.session));
        MDC locale("locale", json_of(context.locale));
        MDC shard("shard", json_of(context.shard));
        LOG(Info, MESSAGE_PLAIN);
    }
}

struct captured_context {
    std::string trace_id;
    std::string span_id;
    std::string session;
    std::string locale;
    std::string shard;
};

void capture(void **captured, size_t count)
{
    for (size_t i = 0; i < count; i++)
        captured[i] = new captured_context{MDC::get("trace_id"), MDC::get("span_id"), MDC::get("session"),
                                           MDC::get("locale"), MDC::get("shard")};
}

void use(void **captured, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        std::unique_ptr<captured_context> context(static_cast<captured_context *>(captured[i]));
        MDC trace_id("trace_id", context->trace_id);
        MDC span_id("span_id", context->span_id);
        MDC session("session", context->session);
        MDC locale("locale", context->locale);
        MDC shard("shard", context->shard);
        LOG(Info, MESSAGE_PLAIN);
    }
}

bench_lines *lines_of(bench_kind kind)
{
    switch (kind) {
    case BENCH_C:
        return make_with_ten;
    case BENCH_D:
    case BENCH_E:
    case BENCH_F:
        return make_with_three;
    case BENCH_G:
        return make_overriding;
    case BENCH_H:
        return make_mixed;
    case BENCH_I:
        return make_disabled;
    case BENCH_K:
        return make_scoped;
    case BENCH_LENGTH:
        return make_long;
    default:
        return make_plain;
    }
}

/* -- set-up -- */

std::string pattern_of(const bench_job &job)
{
    std::string pattern = R"({"timestamp":"%d{yyyy-MM-ddTHH:mm:ss.SSSSSSZ}{GMT}","level":"%p",)";
    auto name_field = [&pattern](std::string_view key, const auto &) {
        json_text::value(pattern, key);
        pattern.append(":%X{").append(key).append("},");
    };
    fields::bound(job, name_field);
    fields::context(job, name_field);
    if (job.kind == BENCH_K)
        fields::context5(name_field);
    return pattern + "%m}%n";
}

LayoutPtr make_layout(const bench_job &job)
{
    return std::make_shared<PatternLayout>(pattern_of(job));
}

AppenderPtr make_counter(const bench_job &job)
{
    counter = std::make_shared<counting_appender>();
    counter->setLayout(make_layout(job));
    return counter;
}

std::shared_ptr<FileAppender> make_file(const bench_job &job, bool is_buffered)
{
    helpers::Pool pool;
    auto file = std::make_shared<FileAppender>();
    file->setLayout(make_layout(job));
    file->setFile(job.path);
    file->setAppend(true);
    file->setImmediateFlush(!is_buffered);
    file->setBufferedIO(is_buffered);
    file->activateOptions(pool);
    return file;
}

AppenderPtr make_queue(const bench_job &job)
{
    helpers::Pool pool;
    auto file = make_file(job, true);
    filter = std::make_shared<dropped_filter>();
    if (job.sink == BENCH_OVERLOAD)
        file->addFilter(filter);
    queue = std::make_shared<AsyncAppender>();
    queue->setBufferSize(job.sink == BENCH_OVERLOAD ? overload_events : queue_events);
    queue->setBlocking(job.sink == BENCH_ASYNC);
    queue->addAppender(file);
    queue->activateOptions(pool);
    return queue;
}

AppenderPtr make_appender(const bench_job &job)
{
    if (job.sink == BENCH_DISCARD)
        return make_counter(job);
    if (job.sink == BENCH_ASYNC || job.sink == BENCH_OVERLOAD)
        return make_queue(job);
    return make_file(job, false);
}

bench_lines *begin(const bench_job *job)
{
    try {
        job_now = *job;
        logger = Logger::getRootLogger();
        logger->setLevel(Level::getInfo());
        logger->addAppender(make_appender(*job));
        return lines_of(job->kind);
    } catch (const std::exception &error) {
        bench_fail("%s", error.what());
        return nullptr;
    }
}

/* Nothing may be left for the destructors of this file: they come after those of log4cxx's pools. */
void end()
{
    logger->removeAllAppenders();
    logger.reset();
    counter.reset();
    filter.reset();
    queue.reset();
}

/* Done when its thread has ended, and the file is closed. */
void flush()
{
    queue->close();
}

uint64_t bytes()
{
    return counter->bytes;
}

uint64_t dropped()
{
    return filter->dropped;
}

/* Its libraryVersion() is declared, but not in every build of the library. */
const char *version()
{
    static const std::string text =
        fmt::format("{}.{}.{}", LOG4CXX_VERSION_MAJOR, LOG4CXX_VERSION_MINOR, LOG4CXX_VERSION_PATCH);
    return text.c_str();
}

const char *const notes[] = {
    "bound fields are in the MDC: loggers have none",
    "JSON by pattern: keys and escaping are the program's",
    "no list of what is in the MDC: keys are known to the pattern, and to what captures it",
    "an overridden field is put into the MDC, and then put back",
    "appenders lock, also for one thread",
    nullptr,
};

const bench_cannot cannot[] = {
    {"j", "loggers have no fields"},
    {nullptr, nullptr},
};

} // namespace

extern "C" const struct bench_contestant bench_contestant = {
    "log4cxx", "C++", version, notes, cannot, begin, end, enter, leave, flush, capture, use, bytes, dropped, nullptr,
};
