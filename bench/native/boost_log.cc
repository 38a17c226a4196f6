/*
 * boost_log.cc - Boost.Log. Bound fields are attributes of the logger, context variables are attributes of the thread,
 * fields at the call are values added to the record; a formatter writes all that it finds in a record as JSON.
 */
#include "fields.h"
#include "json_text.h"

#include <boost/date_time/posix_time/posix_time_types.hpp>
#include <boost/log/attributes/clock.hpp>
#include <boost/log/attributes/constant.hpp>
#include <boost/log/attributes/scoped_attribute.hpp>
#include <boost/log/core.hpp>
#include <boost/log/expressions.hpp>
#include <boost/log/sinks/async_frontend.hpp>
#include <boost/log/sinks/basic_sink_backend.hpp>
#include <boost/log/sinks/block_on_overflow.hpp>
#include <boost/log/sinks/bounded_fifo_queue.hpp>
#include <boost/log/sinks/drop_on_overflow.hpp>
#include <boost/log/sinks/sync_frontend.hpp>
#include <boost/log/sinks/text_ostream_backend.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/sources/severity_logger.hpp>
#include <boost/log/support/date_time.hpp>
#include <boost/log/utility/manipulators/add_value.hpp>
#include <boost/make_shared.hpp>
#include <boost/mpl/vector.hpp>
#include <boost/version.hpp>
#include <exception>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace logging = boost::log;
namespace attributes = boost::log::attributes;
namespace expressions = boost::log::expressions;
namespace sinks = boost::log::sinks;
namespace sources = boost::log::sources;

namespace
{

enum class severity {
    debug,
    info,
};

using logger_type = sources::severity_logger<severity>;

template <class Character, class Traits>
std::basic_ostream<Character, Traits> &operator<<(std::basic_ostream<Character, Traits> &out, severity level)
{
    return out << (level == severity::debug ? "debug" : "info");
}

/* Looking a name up takes time: each is looked up once. */
namespace names
{
#define NAME(name) const logging::attribute_name name(#name)
NAME(Message);
NAME(Severity);
NAME(TimeStamp);
NAME(request_id);
NAME(method);
NAME(path);
NAME(client);
NAME(user_id);
NAME(tenant);
NAME(attempt);
NAME(cached);
NAME(ratio);
NAME(region);
NAME(status);
NAME(bytes);
NAME(duration_ms);
NAME(trace_id);
NAME(span_id);
NAME(session);
NAME(locale);
NAME(shard);
NAME(ints);
NAME(string);
NAME(strings);
NAME(time);
NAME(times);
NAME(user1);
NAME(user2);
NAME(users);
NAME(error);
NAME(payload);
const logging::attribute_name integer("int");
} // namespace names

/* -- JSON -- */

using value_types = boost::mpl::vector<std::string, int64_t, bool, double, timespec, bench_user, std::vector<int64_t>,
                                       std::vector<std::string>, std::vector<timespec>, std::vector<bench_user>>;

bool is_field(const logging::attribute_name &name)
{
    return name != names::Message && name != names::Severity && name != names::TimeStamp;
}

/* ,"key": of a name. Boost takes a lock to tell a name's text, so that this keeps what it has told. */
const std::string &key_text(const logging::attribute_name &name)
{
    thread_local std::vector<std::string> texts;
    if (name.id() >= texts.size())
        texts.resize(name.id() + 1);
    std::string &text = texts[name.id()];
    if (text.empty()) {
        text = ",";
        json_text::value(text, std::string_view(name.string()));
        text += ':';
    }
    return text;
}

void write_fields(const logging::record_view &record, logging::formatting_ostream &stream)
{
    stream.flush();
    std::string &out = *stream.rdbuf()->storage();
    for (const auto &[name, value] : record.attribute_values()) {
        if (!is_field(name))
            continue;
        out += key_text(name);
        logging::visit<value_types>(value, [&out](const auto &of) { json_text::value(out, of); });
    }
}

logging::formatter json_line()
{
    return expressions::stream << R"({"timestamp":")"
                               << expressions::format_date_time<boost::posix_time::ptime>(names::TimeStamp,
                                                                                          "%Y-%m-%dT%H:%M:%S.%fZ")
                               << R"(","level":")" << expressions::attr<severity>(names::Severity) << R"(","event":")"
                               << expressions::smessage << '"' << expressions::wrap_formatter(&write_fields) << "}\n";
}

/* -- sinks -- */

class counting_backend : public sinks::basic_formatted_sink_backend<char>
{
  public:
    uint64_t bytes = 0;

    void consume(const logging::record_view &, const std::string &line)
    {
        bytes += line.size();
    }
};

/* Boost has no size of its own for a bounded queue. A record with the fields of d takes about a KiB. */
constexpr size_t queue_records = 8192;
constexpr size_t overload_records = 256;

using blocking_queue = sinks::bounded_fifo_queue<queue_records, sinks::block_on_overflow>;
using dropping_queue = sinks::bounded_fifo_queue<overload_records, sinks::drop_on_overflow>;

boost::shared_ptr<counting_backend> counter;
void (*stop_sink)();
void (*flush_sink)();

template <class Sink>
boost::shared_ptr<Sink> sink;

template <class Sink, class Backend>
void add_sink(const boost::shared_ptr<Backend> &backend)
{
    sink<Sink> = boost::make_shared<Sink>(backend);
    sink<Sink>->set_formatter(json_line());
    logging::core::get()->add_sink(sink<Sink>);
    flush_sink = [] { sink<Sink>->flush(); };
    stop_sink = [] { sink<Sink>.reset(); };
}

template <class Sink, class Backend>
void add_async_sink(const boost::shared_ptr<Backend> &backend)
{
    add_sink<Sink>(backend);
    stop_sink = [] {
        sink<Sink>->stop();
        sink<Sink>.reset();
    };
}

void add_discarding_sink()
{
    counter = boost::make_shared<counting_backend>();
    add_sink<sinks::synchronous_sink<counting_backend>>(counter);
}

void add_file_sink(const bench_job &job)
{
    auto file = boost::make_shared<std::ofstream>(job.path, std::ios::app);
    if (!*file)
        throw std::runtime_error(std::string(job.path) + " cannot be opened");
    using file_backend = sinks::text_ostream_backend;
    auto backend = boost::make_shared<file_backend>();
    backend->add_stream(file);
    backend->set_auto_newline_mode(sinks::disabled_auto_newline);
    if (job.sink == BENCH_ASYNC) {
        add_async_sink<sinks::asynchronous_sink<file_backend, blocking_queue>>(backend);
    } else if (job.sink == BENCH_OVERLOAD) {
        add_async_sink<sinks::asynchronous_sink<file_backend, dropping_queue>>(backend);
    } else {
        backend->auto_flush(true);
        add_sink<sinks::synchronous_sink<file_backend>>(backend);
    }
}

/* -- fields -- */

template <class Value>
logging::attribute constant(const Value &value)
{
    return attributes::make_constant(value);
}

logging::attribute constant(std::string_view value)
{
    return attributes::make_constant(std::string(value));
}

bench_job job_now;
thread_local std::unique_ptr<logger_type> own_logger; /* loggers without locks: each thread has its own */

void bind_context()
{
    fields::context(job_now, [](const char *key, const auto &value) {
        logging::core::get()->add_thread_attribute(key, constant(value));
    });
}

void enter()
{
    own_logger = std::make_unique<logger_type>();
    fields::bound(job_now, [](const char *key, const auto &value) { own_logger->add_attribute(key, constant(value)); });
    bind_context();
}

void leave()
{
    own_logger.reset();
    logging::core::get()->set_thread_attributes(logging::attribute_set());
}

/* -- lines -- */

#define EVENT "request received"

void make_plain(size_t count)
{
    logger_type &logger = *own_logger;
    for (size_t i = 0; i < count; i++)
        BOOST_LOG_SEV(logger, severity::info) << EVENT;
}

/* The same for both levels: what stands behind a level that is off is not carried out. */
template <severity level>
void make_with_ten(size_t count)
{
    const bench_ten &ten = bench_work.ten;
    logger_type &logger = *own_logger;
    for (size_t i = 0; i < count; i++)
        BOOST_LOG_SEV(logger, level) << logging::add_value(names::request_id, std::string(ten.request_id))
                                     << logging::add_value(names::method, std::string(ten.method))
                                     << logging::add_value(names::path, std::string(ten.path))
                                     << logging::add_value(names::client, std::string(ten.client))
                                     << logging::add_value(names::user_id, ten.user_id)
                                     << logging::add_value(names::tenant, std::string(ten.tenant))
                                     << logging::add_value(names::attempt, ten.attempt)
                                     << logging::add_value(names::cached, ten.cached)
                                     << logging::add_value(names::ratio, ten.ratio)
                                     << logging::add_value(names::region, std::string(ten.region)) << EVENT;
}

void make_with_three(size_t count)
{
    const bench_three &three = bench_work.three;
    logger_type &logger = *own_logger;
    for (size_t i = 0; i < count; i++)
        BOOST_LOG_SEV(logger, severity::info)
            << logging::add_value(names::status, three.status) << logging::add_value(names::bytes, three.bytes)
            << logging::add_value(names::duration_ms, three.duration_ms) << EVENT;
}

template <class Element, size_t N>
std::vector<Element> copy(const Element (&elements)[N])
{
    return {std::begin(elements), std::end(elements)};
}

void make_mixed(size_t count)
{
    const bench_mixed &mixed = bench_work.mixed;
    logger_type &logger = *own_logger;
    for (size_t i = 0; i < count; i++)
        BOOST_LOG_SEV(logger, severity::info)
            << logging::add_value(names::integer, mixed.number) << logging::add_value(names::ints, copy(mixed.numbers))
            << logging::add_value(names::string, std::string(mixed.string))
            << logging::add_value(names::strings,
                                  std::vector<std::string>(std::begin(mixed.strings), std::end(mixed.strings)))
            << logging::add_value(names::time, mixed.time) << logging::add_value(names::times, copy(mixed.times))
            << logging::add_value(names::user1, mixed.user1) << logging::add_value(names::user2, mixed.user2)
            << logging::add_value(names::users, copy(mixed.users))
            << logging::add_value(names::error, std::string(mixed.error)) << EVENT;
}

void make_long(size_t count)
{
    logger_type &logger = *own_logger;
    for (size_t i = 0; i < count; i++)
        BOOST_LOG_SEV(logger, severity::info)
            << logging::add_value(names::payload, std::string(bench_work.payload, bench_work.payload_length)) << EVENT;
}

void make_bound(size_t count)
{
    const bench_ten &ten = bench_work.ten;
    for (size_t i = 0; i < count; i++) {
        logger_type logger(*own_logger);
        logger.add_attribute(names::request_id, constant(std::string_view(ten.request_id)));
        logger.add_attribute(names::method, constant(std::string_view(ten.method)));
        logger.add_attribute(names::path, constant(std::string_view(ten.path)));
        logger.add_attribute(names::client, constant(std::string_view(ten.client)));
        logger.add_attribute(names::user_id, constant(ten.user_id));
    }
}

void make_scoped(size_t count)
{
    const bench_context5 &context = bench_work.context5;
    logger_type &logger = *own_logger;
    for (size_t i = 0; i < count; i++) {
        auto trace_id =
            logging::add_scoped_thread_attribute(names::trace_id, constant(std::string_view(context.trace_id)));
        auto span_id =
            logging::add_scoped_thread_attribute(names::span_id, constant(std::string_view(context.span_id)));
        auto session =
            logging::add_scoped_thread_attribute(names::session, constant(std::string_view(context.session)));
        auto locale = logging::add_scoped_thread_attribute(names::locale, constant(std::string_view(context.locale)));
        auto shard = logging::add_scoped_thread_attribute(names::shard, constant(context.shard));
        BOOST_LOG_SEV(logger, severity::info) << EVENT;
    }
}

void capture(void **captured, size_t count)
{
    for (size_t i = 0; i < count; i++)
        captured[i] = new logging::attribute_set(logging::core::get()->get_thread_attributes());
}

void use(void **captured, size_t count)
{
    logger_type logger;
    for (size_t i = 0; i < count; i++) {
        std::unique_ptr<logging::attribute_set> context(static_cast<logging::attribute_set *>(captured[i]));
        logging::core::get()->set_thread_attributes(*context);
        BOOST_LOG_SEV(logger, severity::info) << EVENT;
        logging::core::get()->set_thread_attributes(logging::attribute_set());
    }
}

bench_lines *lines_of(bench_kind kind)
{
    switch (kind) {
    case BENCH_C:
        return make_with_ten<severity::info>;
    case BENCH_D:
    case BENCH_E:
    case BENCH_F:
        return make_with_three;
    case BENCH_H:
        return make_mixed;
    case BENCH_I:
        return make_with_ten<severity::debug>;
    case BENCH_J:
        return make_bound;
    case BENCH_K:
        return make_scoped;
    case BENCH_LENGTH:
        return make_long;
    default:
        return make_plain;
    }
}

/* -- set-up -- */

bench_lines *begin(const bench_job *job)
{
    try {
        job_now = *job;
        if (job->sink == BENCH_DISCARD)
            add_discarding_sink();
        else
            add_file_sink(*job);
        logging::core::get()->add_global_attribute(names::TimeStamp, attributes::utc_clock());
        logging::core::get()->set_filter(expressions::attr<severity>(names::Severity) >= severity::info);
        return lines_of(job->kind);
    } catch (const std::exception &error) {
        bench_fail("%s", error.what());
        return nullptr;
    }
}

void end()
{
    logging::core::get()->remove_all_sinks();
    stop_sink();
}

void flush()
{
    flush_sink();
}

uint64_t bytes()
{
    return counter->bytes;
}

/* A header is all that knows it. */
const char *version()
{
    static const std::string text = std::to_string(BOOST_VERSION / 100000) + "." +
                                    std::to_string(BOOST_VERSION / 100 % 1000) + "." +
                                    std::to_string(BOOST_VERSION % 100);
    return text.c_str();
}

const char *const notes[] = {
    "JSON by a formatter of the program's",
    "sinks lock, also for one thread",
    nullptr,
};

const bench_cannot cannot[] = {
    {"g", "a value at the call does not replace an attribute of the logger"},
    {nullptr, nullptr},
};

} // namespace

extern "C" const struct bench_contestant bench_contestant = {
    "Boost.Log", "C++", version, notes, cannot, begin, end, enter, leave, flush, capture, use, bytes, nullptr, nullptr,
};
