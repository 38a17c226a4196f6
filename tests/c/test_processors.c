/* test_processors.c - each processor on events made by hand, and in a chain behind a logger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fnmatch.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cleat.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "model/event.h"
#include "processors/glob.h"
#include "processors/processor.h"
#include "support.h"

/* -- events by hand -- */

struct line {
    cleat_scratch scratch;
    cleat_event event;
    struct cleat__event_memory memory;
    cleat_processor *used[8]; /* by run_once() */
    unsigned n_used;
};

static const struct cleat__limits limits = {.max_value_bytes = 1 << 18, .max_line_bytes = 1 << 20, .max_depth = 32};

static cleat_event *begin(struct line *line, int level)
{
    memset(&line->event, 0, sizeof(line->event));
    line->n_used = 0;
    cleat__scratch_init(&line->scratch);
    cleat__event_begin(&line->event, &line->scratch, &line->memory);
    line->event.level = level;
    line->event.level_record = cleat__level_of(level);
    line->event.limits = &limits;
    return &line->event;
}

static cleat_event *begin_with(struct line *line, const cleat_field *fields, size_t count)
{
    begin(line, CLEAT_INFO);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(cleat_event_set(&line->event, fields[i].key, fields[i].value), 0);
    return &line->event;
}

#define BEGIN(line, ...) begin_with((line), CLEAT__FIELDS(__VA_ARGS__))

static void end(struct line *line)
{
    cleat__scratch_reset(&line->scratch);
    while (line->n_used > 0)
        cleat_processor_unref(line->used[--line->n_used]);
}

static int run(cleat_processor *processor, cleat_event *event)
{
    assert_non_null(processor);
    return processor->run(event, processor);
}

/* Runs a processor on a line, which lets go of it at its end. */
static int run_once(cleat_processor *processor, struct line *line)
{
    assert_true(line->n_used < sizeof(line->used) / sizeof(line->used[0]));
    line->used[line->n_used++] = processor;
    return run(processor, &line->event);
}

/* The fields as "key=value key=value", for a look at all of them and their order. */
struct text {
    char bytes[4096];
    size_t length;
};

static void add(struct text *text, const char *format, ...) CLEAT_PRINTF(2, 3);

static void add(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text->bytes + text->length, sizeof(text->bytes) - text->length, format, arguments);
    va_end(arguments);
    assert_true(length >= 0 && (size_t)length < sizeof(text->bytes) - text->length);
    text->length += (size_t)length;
}

static void show_value(struct text *text, const cleat_value *value);

static void show_parts(struct text *text, const cleat_value *value)
{
    bool object = value->kind == CLEAT_OBJECT;
    add(text, object ? "{" : "[");
    for (size_t i = 0; i < value->with.length; i++) {
        if (i > 0)
            add(text, ",");
        if (object)
            add(text, "%s:", value->as.fields[i].key);
        show_value(text, object ? &value->as.fields[i].value : &value->as.items[i]);
    }
    add(text, object ? "}" : "]");
}

static void show_string(struct text *text, const cleat_value *value)
{
    if (value->as.text == NULL)
        add(text, "(null)");
    else
        add(text, "%.*s", (int)value->with.length, value->as.text);
}

static void show_value(struct text *text, const cleat_value *value)
{
    switch (value->kind) {
    case CLEAT_NULL:
        add(text, "null");
        break;
    case CLEAT_INT:
        add(text, "%lld", (long long)value->as.integer);
        break;
    case CLEAT_UINT:
        add(text, "%llu", (unsigned long long)value->as.natural);
        break;
    case CLEAT_DOUBLE:
        add(text, "%.17g", value->as.real);
        break;
    case CLEAT_STRING:
        show_string(text, value);
        break;
    case CLEAT_ERRNO:
        add(text, "errno%lld", (long long)value->as.integer);
        break;
    case CLEAT_TIME: {
        char time[CLEAT__TIME_SIZE];
        add(text, "%.*s", (int)(cleat__write_time(time, value->as.integer) - time), time);
        break;
    }
    case CLEAT_LIST:
    case CLEAT_OBJECT:
        show_parts(text, value);
        break;
    default:
        add(text, "kind%d", value->kind);
    }
}

static struct text shown;

static const char *show(const cleat_event *event)
{
    shown.length = 0;
    shown.bytes[0] = '\0';
    for (size_t i = 0; i < cleat_event_count(event); i++) {
        cleat_field field = cleat_event_at(event, i);
        add(&shown, "%s%s=", i > 0 ? " " : "", field.key);
        show_value(&shown, &field.value);
    }
    return shown.bytes;
}

static const char *string_of(const cleat_event *event, const char *key)
{
    const cleat_value *value = cleat_event_get(event, key);
    assert_non_null(value);
    assert_int_equal(value->kind, CLEAT_STRING);
    shown.length = 0;
    show_string(&shown, value);
    return shown.bytes;
}

/* Ends a child of fork(). Sanitizers would have _exit() look for the threads that only the parent has. */
static void leave(bool good)
{
    syscall(SYS_exit_group, good ? 0 : 1);
}

/* -- processors in general -- */

static int releases;

static void count_release(void *arg)
{
    assert_ptr_equal(arg, &releases);
    releases++;
}

static int mark(cleat_event *event, void *arg)
{
    assert_ptr_equal(arg, &releases);
    return cleat_event_set(event, "marked", cleat_bool(true)) == 0 ? CLEAT_DROP : CLEAT_KEEP;
}

static void a_made_processor_is_released_once_by_its_last_owner(void **state)
{
    (void)state;
    struct line line;
    releases = 0;
    char name[] = "mark";
    cleat_processor *processor = cleat_make_processor(name, mark, &releases, count_release);
    assert_non_null(processor);
    name[0] = 'x';
    assert_string_equal(processor->name, "mark");
    assert_int_equal(run(processor, begin(&line, CLEAT_INFO)), CLEAT_DROP);
    assert_non_null(cleat_event_get(&line.event, "marked"));
    assert_ptr_equal(cleat_processor_ref(processor), processor);
    cleat_processor_unref(processor);
    assert_int_equal(releases, 0);
    cleat_processor_unref(processor);
    assert_int_equal(releases, 1);
    assert_null(cleat_processor_ref(NULL));
    cleat_processor_unref(NULL);
    end(&line);
}

static void a_processor_that_cannot_be_made_releases_its_argument_and_says_why(void **state)
{
    (void)state;
    releases = 0;
    assert_null(cleat_make_processor("nothing", NULL, &releases, count_release));
    assert_non_null(strstr(cleat_error_message(), "nothing"));
    assert_null(cleat_make_processor(NULL, mark, &releases, count_release));
    assert_non_null(strstr(cleat_error_message(), "name"));
    assert_int_equal(releases, 2);
}

static void wrong_arguments_are_refused_with_a_message(void **state)
{
    (void)state;
    const char *const holes[] = {"a", NULL};
#define REFUSED(call, words)                                                                                           \
    do {                                                                                                               \
        assert_null(call);                                                                                             \
        assert_non_null(strstr(cleat_error_message(), words));                                                         \
    } while (0)
    REFUSED(cleat_sample(0, CLEAT_OFF), "one_in");
    REFUSED(cleat_rate_limit(0, 1), "per_second");
    REFUSED(cleat_rate_limit(-1, 1), "per_second");
    REFUSED(cleat_rate_limit(0.0 / 0.0, 1), "per_second");
    REFUSED(cleat_rate_limit(1.0 / 0.0, 1), "per_second");
    REFUSED(cleat_rate_limit(1, 0), "burst");
    REFUSED(cleat_add_callsite(0), "CLEAT_CALLSITE");
    REFUSED(cleat_add_callsite(256), "CLEAT_CALLSITE");
    REFUSED(cleat_event_renamer(NULL, NULL), "event_renamer");
    REFUSED(cleat_redact(holes, 2, NULL), "pattern 1");
    REFUSED(cleat_redact(NULL, 1, NULL), "redact");
    REFUSED(cleat_drop_keys(holes, 2), "key 1");
    REFUSED(cleat_drop_keys(NULL, 1), "drop_keys");
    REFUSED(cleat_timestamper(&(cleat_timestamper_options){.format = "%Y %"}), "unfinished");
    REFUSED(cleat_timestamper(&(cleat_timestamper_options){.format = "%f%f%f%f%f%f%f%f%f"}), "%f 9 times");
    char wide[301];
    memset(wide, 'x', sizeof(wide) - 1);
    wide[sizeof(wide) - 1] = '\0';
    REFUSED(cleat_timestamper(&(cleat_timestamper_options){.format = wide}), "longer than 256");
#undef REFUSED
}

/* Fails the first allocation, then the second, ... until making succeeds; the message tells each time. */
static void fail_each_allocation_of(cleat_processor *(*make)(void))
{
    cleat_processor *processor = NULL;
    for (unsigned n = 0; processor == NULL; n++) {
        assert_in_range(n, 0, 10);
        fail_allocations_after((int)n);
        processor = make();
        allow_allocations();
        if (processor == NULL)
            assert_non_null(strstr(cleat_error_message(), "no memory"));
    }
    cleat_processor_unref(processor);
}

static cleat_processor *make_timestamper(void)
{
    return cleat_timestamper(&(cleat_timestamper_options){.format = "%H:%M:%S.%f", .key = "t"});
}

static cleat_processor *make_callsite(void)
{
    return cleat_add_callsite(CLEAT_CALLSITE_ALL);
}

static cleat_processor *make_renamer(void)
{
    return cleat_event_renamer("message", "also");
}

static cleat_processor *make_backtrace(void)
{
    return cleat_add_backtrace(CLEAT_ERROR);
}

static cleat_processor *make_redact(void)
{
    return cleat_redact((const char *[]){"*password*", "*token*"}, 2, NULL);
}

static cleat_processor *make_sample(void)
{
    return cleat_sample(10, CLEAT_OFF);
}

static cleat_processor *make_rate_limit(void)
{
    return cleat_rate_limit(10, 5);
}

static cleat_processor *make_drop_keys(void)
{
    return cleat_drop_keys((const char *[]){"a", "b"}, 2);
}

static cleat_processor *make_filter(void)
{
    return cleat_filter_by_level(CLEAT_WARNING);
}

static cleat_processor *make_marker(void)
{
    return cleat_make_processor("mark", mark, &releases, count_release);
}

static void no_memory_while_making_one_is_a_clear_error(void **state)
{
    (void)state;
    cleat_processor *(*const all[])(void) = {
        cleat_merge_contextvars,
        cleat_merge_threadlocal,
        cleat_add_log_level,
        cleat_add_logger_name,
        cleat_format_errors,
        cleat_sort_keys,
        cleat_capture_logs,
        make_timestamper,
        make_callsite,
        make_renamer,
        make_backtrace,
        make_redact,
        make_sample,
        make_rate_limit,
        make_drop_keys,
        make_filter,
        make_marker,
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        fail_each_allocation_of(all[i]);
}

/* -- merging -- */

static void K5_merge_contextvars_fills_in_and_a_key_of_the_call_wins(void **state)
{
    (void)state;
    struct line line;
    cleat_clear_contextvars();
    cleat_bind_contextvars("request_id", "r1", "a", 1, "path", "/ctx");
    BEGIN(&line, "event", "hi", "a", 2);
    assert_int_equal(run_once(cleat_merge_contextvars(), &line), CLEAT_KEEP);
    assert_string_equal(show(&line.event), "event=hi a=2 request_id=r1 path=/ctx");
    end(&line);
    cleat_clear_contextvars();
    BEGIN(&line, "event", "hi");
    run_once(cleat_merge_contextvars(), &line);
    assert_string_equal(show(&line.event), "event=hi");
    end(&line);
}

static void K13_each_merge_sees_its_own_store_alone(void **state)
{
    (void)state;
    struct line line;
    cleat_bind_contextvars("from", "contextvars");
    BEGIN(&line, "event", "hi");
    run_once(cleat_merge_threadlocal(), &line);
    assert_string_equal(show(&line.event), "event=hi");
    end(&line);
    cleat_clear_contextvars();
    cleat_bind_threadlocal("from", "threadlocal", "b", 1);
    BEGIN(&line, "event", "hi", "b", 2);
    run_once(cleat_merge_contextvars(), &line);
    assert_string_equal(show(&line.event), "event=hi b=2");
    run_once(cleat_merge_threadlocal(), &line);
    assert_string_equal(show(&line.event), "from=threadlocal b=2 event=hi");
    cleat_clear_threadlocal();
    end(&line);
}

/* -- level and name -- */

static void K2_add_log_level_overrides_in_place(void **state)
{
    (void)state;
    struct line line;
    BEGIN(&line, "event", "hi");
    run_once(cleat_add_log_level(), &line);
    assert_string_equal(show(&line.event), "event=hi level=info");
    end(&line);
    BEGIN(&line, "level", "mine", "event", "hi");
    run_once(cleat_add_log_level(), &line);
    assert_string_equal(show(&line.event), "level=info event=hi");
    end(&line);
}

static void add_logger_name_adds_nothing_for_the_default_logger(void **state)
{
    (void)state;
    struct line line;
    cleat_fields *field = cleat_fields_new(CLEAT__FIELDS("logger", "db"));
    cleat_processor *processor = cleat_add_logger_name();
    BEGIN(&line, "event", "hi");
    run(processor, &line.event);
    assert_string_equal(show(&line.event), "event=hi");
    line.event.logger_name = "db";
    run(processor, &line.event);
    assert_string_equal(show(&line.event), "event=hi logger=db");
    cleat_event_set(&line.event, "logger", cleat_string("x"));
    line.event.logger_name_field = field;
    run(processor, &line.event);
    assert_string_equal(show(&line.event), "event=hi logger=db");
    end(&line);
    cleat_processor_unref(processor);
    cleat_fields_unref(field);
}

static void filter_by_level_drops_what_is_below(void **state)
{
    (void)state;
    struct line line;
    cleat_processor *processor = cleat_filter_by_level(CLEAT_WARNING);
    assert_int_equal(run(processor, begin(&line, CLEAT_SUCCESS)), CLEAT_DROP);
    assert_int_equal(run(processor, begin(&line, CLEAT_WARNING)), CLEAT_KEEP);
    assert_int_equal(run(processor, begin(&line, CLEAT_CRITICAL)), CLEAT_KEEP);
    cleat_processor_unref(processor);
}

/* -- time -- */

/* 2026-01-31T23:59:59.123456Z */
#define SOME_TIME (INT64_C(1769903999) * CLEAT__SECOND + 123456000)

/* Making one tries the format on each day of a year: they are kept. */
static cleat_processor *timestamper_of(const char *format, bool local)
{
    static struct {
        cleat_processor *processor;
        const char *format;
        bool local;
    } kept[32];
    unsigned i = 0;
    while (kept[i].processor != NULL && (kept[i].local != local || strcmp(kept[i].format, format) != 0))
        i++;
    assert_in_range(i, 0, 31);
    kept[i].format = format;
    kept[i].local = local;
    if (kept[i].processor == NULL)
        kept[i].processor = cleat_timestamper(&(cleat_timestamper_options){.format = format, .local = local});
    return kept[i].processor;
}

static const char *stamp(const char *format, bool local, int64_t time)
{
    struct line line;
    begin(&line, CLEAT_INFO);
    line.event.time = time;
    assert_int_equal(run(timestamper_of(format, local), &line.event), CLEAT_KEEP);
    const char *text = string_of(&line.event, "timestamp");
    end(&line);
    return text;
}

static void timestamper_writes_iso_by_default_and_overrides_in_place(void **state)
{
    (void)state;
    struct line line;
    BEGIN(&line, "timestamp", "earlier", "event", "hi");
    line.event.time = SOME_TIME;
    run_once(cleat_timestamper(NULL), &line);
    assert_string_equal(show(&line.event), "timestamp=2026-01-31T23:59:59.123456Z event=hi");
    assert_int_equal(cleat_event_get(&line.event, "timestamp")->kind, CLEAT_TIME);
    char key[] = "when";
    cleat_processor *named = cleat_timestamper(&(cleat_timestamper_options){.format = "iso", .key = key});
    key[0] = 'X';
    cleat_event_delete(&line.event, "timestamp");
    run_once(named, &line);
    assert_string_equal(show(&line.event), "event=hi when=2026-01-31T23:59:59.123456Z");
    end(&line);
}

static void timestamper_reads_the_clock_once_for_a_line(void **state)
{
    (void)state;
    struct line line;
    int64_t before = cleat__clock_kernel();
    begin(&line, CLEAT_INFO);
    run_once(cleat_timestamper(NULL), &line);
    int64_t read = line.event.time;
    assert_true(read >= before && read <= cleat__clock_kernel());
    run_once(cleat_timestamper(&(cleat_timestamper_options){.format = "unix", .key = "unix"}), &line);
    assert_true(line.event.time == read);
    assert_true(cleat_event_get(&line.event, "unix")->as.real == (double)read / 1e9);
    end(&line);
}

static void timestamper_replaces_each_percent_f_alone(void **state)
{
    (void)state;
    assert_string_equal(stamp("%H:%M:%S.%f", false, SOME_TIME), "23:59:59.123456");
    assert_string_equal(stamp("%f", false, SOME_TIME), "123456");
    assert_string_equal(stamp("%f %f%f", false, SOME_TIME), "123456 123456123456");
    assert_string_equal(stamp("%%f %%%f %%%%f", false, SOME_TIME), "%f %123456 %%f");
    assert_string_equal(stamp("f %d/%m", false, SOME_TIME), "f 31/01");
    assert_string_equal(stamp("", false, SOME_TIME), "");
    assert_string_equal(stamp("%s %z %Z|", false, SOME_TIME), "1769903999 +0000 UTC|");
    assert_string_equal(stamp("%f", false, SOME_TIME + 999), "123456");
    assert_string_equal(stamp("%S.%f", false, -1), "59.999999");
}

static void timestamper_says_what_needs_no_escaping(void **state)
{
    (void)state;
    const struct {
        const char *format;
        int flags;
    } cases[] = {
        {"%Y-%m-%dT%H:%M:%S.%f%z", CLEAT__CLEAN | CLEAT__PRINTABLE},
        {"%H %M", CLEAT__PRINTABLE},
        {"a=%H", CLEAT__PRINTABLE},
        {"", CLEAT__PRINTABLE},
        {"\"%H", 0},
        {"\\%H", 0},
        {"\xc3\xa9%H", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct line line;
        begin(&line, CLEAT_INFO);
        run_once(cleat_timestamper(&(cleat_timestamper_options){.format = cases[i].format}), &line);
        assert_int_equal(cleat_event_get(&line.event, "timestamp")->flags, cases[i].flags);
        end(&line);
    }
}

static void two_timestampers_never_take_the_others_second(void **state)
{
    (void)state;
    struct line line;
    cleat_processor *day = cleat_timestamper(&(cleat_timestamper_options){.format = "%d", .key = "day"});
    cleat_processor *hour = cleat_timestamper(&(cleat_timestamper_options){.format = "%H.%f", .key = "hour"});
    for (int i = 0; i < 3; i++) {
        begin(&line, CLEAT_INFO);
        line.event.time = SOME_TIME + i * CLEAT__SECOND / 2;
        run(day, &line.event);
        run(hour, &line.event);
        const char *const expected[] = {"day=31 hour=23.123456", "day=31 hour=23.623456", "day=01 hour=00.123456"};
        assert_string_equal(show(&line.event), expected[i]);
        end(&line);
    }
    cleat_processor_unref(day);
    cleat_processor_unref(hour);
}

static const char *const zones[] = {"UTC",
                                    "Europe/Berlin",
                                    "America/New_York",
                                    "Asia/Kolkata",
                                    "Asia/Kathmandu",
                                    "Australia/Lord_Howe",
                                    "America/St_Johns",
                                    "Pacific/Kiritimati"};
#define ZONES (sizeof(zones) / sizeof(zones[0]))

static void use_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

/* From 1975 to 2100: before it, offsets of less than a quarter of an hour were in use. */
static int64_t random_time(void)
{
    uint64_t first = 157766400;
    uint64_t last = 4102444800;
    return (int64_t)(first + random_number() % (last - first)) * CLEAT__SECOND +
           (int64_t)(random_number() % 1000000) * 1000;
}

#define MANY_CONVERSIONS "%Y-%m-%d %H:%M:%S %j %U %w %a %A %b %B %y %I %p %e %G %V %u %C %D %T %z %Z"

static void times_are_those_of_strftime_in_every_zone(void **state)
{
    (void)state;
    for (size_t z = 0; z < ZONES; z++) {
        use_zone(zones[z]);
        for (int i = 0; i < 2000; i++) {
            int64_t time = random_time();
            time_t seconds = time / CLEAT__SECOND;
            struct tm tm;
            char expected[256];
            strftime(expected, sizeof(expected), MANY_CONVERSIONS, localtime_r(&seconds, &tm));
            assert_string_equal(stamp(MANY_CONVERSIONS, true, time), expected);
        }
    }
    use_zone("UTC");
    for (int i = 0; i < 2000; i++) {
        int64_t time = random_time() - INT64_C(2000000000) * CLEAT__SECOND;
        time_t seconds = cleat__whole_seconds(time);
        struct tm tm;
        char expected[256];
        strftime(expected, sizeof(expected), "%F %T %j %U %a %G-%V %y", gmtime_r(&seconds, &tm));
        assert_string_equal(stamp("%F %T %j %U %a %G-%V %y", false, time), expected);
    }
    unsetenv("TZ");
    tzset();
}

static const char oracle[] =
    "import datetime, sys, zoneinfo\n"
    "n = 0\n"
    "for line in sys.stdin:\n"
    "    zone, ns, unix, iso, text = line.rstrip('\\n').split('\\t')\n"
    "    ns = int(ns)\n"
    "    t = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)\n"
    "    t = (t + datetime.timedelta(microseconds=ns // 1000)).astimezone(zoneinfo.ZoneInfo(zone))\n"
    "    assert iso == t.isoformat(timespec='microseconds'), (line, t)\n"
    "    assert text == t.strftime('%Y/%m/%d %H:%M:%S.%f %a %b %j %z %Z %%f'), (line, t)\n"
    "    assert float(unix) == ns / 1e9, line\n"
    "    n += 1\n"
    "sys.exit(0 if n == 4000 else 3)\n";

static double unix_stamp(int64_t time)
{
    struct line line;
    begin(&line, CLEAT_INFO);
    line.event.time = time;
    run(timestamper_of("unix", false), &line.event);
    return cleat_event_get(&line.event, "timestamp")->as.real;
}

static void times_are_those_of_python(void **state)
{
    (void)state;
    if (system("python3 -c 'import zoneinfo; zoneinfo.ZoneInfo(\"Asia/Kolkata\")' 2>/dev/null") != 0)
        skip();
    char command[2048];
    snprintf(command, sizeof(command), "python3 -c \"%s\"", oracle);
    FILE *python = popen(command, "w");
    assert_non_null(python);
    for (size_t z = 0; z < ZONES; z++) {
        use_zone(zones[z]);
        for (int i = 0; i < 500; i++) {
            int64_t time = random_time();
            fprintf(python, "%s\t%lld\t%.17g\t", zones[z], (long long)time, unix_stamp(time));
            fprintf(python, "%s\t", stamp("iso", true, time));
            fprintf(python, "%s\n", stamp("%Y/%m/%d %H:%M:%S.%f %a %b %j %z %Z %%f", true, time));
        }
    }
    unsetenv("TZ");
    tzset();
    assert_int_equal(pclose(python), 0);
}

/* -- call site -- */

static cleat_site site = {.file = "src/web/server.c", .function = "serve", .line = 42};

static void callsite_adds_what_is_asked_for_in_order(void **state)
{
    (void)state;
    struct line line;
    begin(&line, CLEAT_INFO);
    line.event.site = &site;
    run_once(cleat_add_callsite(CLEAT_CALLSITE_FILENAME | CLEAT_CALLSITE_LINENO), &line);
    assert_string_equal(show(&line.event), "filename=server.c lineno=42");
    end(&line);
    begin(&line, CLEAT_INFO);
    line.event.site = &site;
    run_once(cleat_add_callsite(CLEAT_CALLSITE_ALL), &line);
    char thread_name[16];
    assert_int_equal(prctl(PR_GET_NAME, thread_name), 0);
    char expected[512];
    snprintf(expected, sizeof(expected),
             "filename=server.c pathname=src/web/server.c lineno=42 func_name=serve thread=%ld thread_name=%s "
             "process=%d process_name=%s",
             syscall(SYS_gettid), thread_name, (int)getpid(), program_invocation_short_name);
    assert_string_equal(show(&line.event), expected);
    end(&line);
}

static void callsite_leaves_out_what_is_not_known(void **state)
{
    (void)state;
    struct line line;
    cleat_site unknown = {.file = NULL, .function = NULL, .line = 7};
    unsigned where =
        CLEAT_CALLSITE_FILENAME | CLEAT_CALLSITE_PATHNAME | CLEAT_CALLSITE_FUNC_NAME | CLEAT_CALLSITE_LINENO;
    begin(&line, CLEAT_INFO);
    run_once(cleat_add_callsite(where), &line);
    assert_string_equal(show(&line.event), "");
    line.event.site = &unknown;
    run_once(cleat_add_callsite(where), &line);
    assert_string_equal(show(&line.event), "lineno=7");
    end(&line);
}

static bool ids_are_those_of_now(cleat_processor *processor)
{
    struct line line;
    run(processor, begin(&line, CLEAT_INFO));
    bool right = cleat_event_get(&line.event, "thread")->as.integer == syscall(SYS_gettid) &&
                 cleat_event_get(&line.event, "process")->as.integer == getpid();
    end(&line);
    return right;
}

static void *check_ids(void *processor)
{
    return ids_are_those_of_now(processor) ? processor : NULL;
}

static void *check_ids_in_a_child(void *processor)
{
    if (!ids_are_those_of_now(processor))
        return NULL;
    pid_t child = fork();
    if (child == 0)
        leave(ids_are_those_of_now(processor));
    int status;
    return waitpid(child, &status, 0) == child && status == 0 ? processor : NULL;
}

static void *in_a_thread(void *(*function)(void *), void *arg)
{
    pthread_t thread;
    void *result;
    assert_int_equal(pthread_create(&thread, NULL, function, arg), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    return result;
}

static void callsite_ids_are_right_in_threads_and_after_fork(void **state)
{
    (void)state;
    cleat_processor *processor = cleat_add_callsite(CLEAT_CALLSITE_THREAD | CLEAT_CALLSITE_PROCESS);
    assert_true(ids_are_those_of_now(processor));
    assert_non_null(in_a_thread(check_ids, processor));
    assert_non_null(check_ids_in_a_child(processor));
    assert_non_null(in_a_thread(check_ids_in_a_child, processor));
    assert_true(ids_are_those_of_now(processor));
    cleat_processor_unref(processor);
}

/* -- renaming, sorting, dropping -- */

static void event_renamer_moves_the_event_and_may_replace_it(void **state)
{
    (void)state;
    struct line line;
    cleat_processor *plain = cleat_event_renamer("message", NULL);
    cleat_processor *replacing = cleat_event_renamer("message", "_event");
    BEGIN(&line, "event", "hi", "a", 1);
    run(plain, &line.event);
    assert_string_equal(show(&line.event), "a=1 message=hi");
    end(&line);
    BEGIN(&line, "message", "old", "event", "hi", "a", 1);
    run(plain, &line.event);
    assert_string_equal(show(&line.event), "message=hi a=1");
    end(&line);
    BEGIN(&line, "event", "hi", "_event", "other", "a", 1);
    run(replacing, &line.event);
    assert_string_equal(show(&line.event), "a=1 message=hi event=other");
    end(&line);
    BEGIN(&line, "event", "hi", "_event", cleat_null());
    run(replacing, &line.event);
    assert_string_equal(show(&line.event), "message=hi");
    end(&line);
    BEGIN(&line, "event", "hi");
    run(replacing, &line.event);
    assert_string_equal(show(&line.event), "message=hi");
    end(&line);
    BEGIN(&line, "a", 1);
    run(plain, &line.event);
    assert_string_equal(show(&line.event), "a=1");
    end(&line);
    cleat_processor_unref(plain);
    cleat_processor_unref(replacing);
}

static int compare_keys(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void sort_keys_sorts_bytewise(void **state)
{
    (void)state;
    struct line line;
    BEGIN(&line, "b", 1, "a", 2, "B", 3, "\xc3\xa9", 4, "aa", 5, "", 6);
    run_once(cleat_sort_keys(), &line);
    assert_string_equal(show(&line.event), "=6 B=3 a=2 aa=5 b=1 \xc3\xa9=4");
    assert_int_equal(cleat_event_set(&line.event, "a", cleat_int(7)), 0);
    assert_int_equal(cleat_event_set(&line.event, "0", cleat_int(8)), 0);
    assert_string_equal(show(&line.event), "=6 B=3 a=7 aa=5 b=1 \xc3\xa9=4 0=8");
    end(&line);
    begin(&line, CLEAT_INFO);
    assert_int_equal(run_once(cleat_sort_keys(), &line), CLEAT_KEEP);
    assert_int_equal(cleat_event_count(&line.event), 0);
    end(&line);
}

static void sort_keys_sorts_as_qsort_does(void **state)
{
    (void)state;
    struct line line;
    cleat_processor *processor = cleat_sort_keys();
    for (unsigned count = 1; count < 200; count += 7) {
        static char keys[200][24];
        char *sorted[200];
        begin(&line, CLEAT_INFO);
        for (unsigned i = 0; i < count; i++) {
            snprintf(keys[i], sizeof(keys[i]), "%llx%u", (unsigned long long)random_number() >> (random_number() % 60),
                     i);
            sorted[i] = keys[i];
            cleat_event_set(&line.event, keys[i], cleat_uint(i));
        }
        run(processor, &line.event);
        qsort(sorted, count, sizeof(sorted[0]), compare_keys);
        assert_int_equal(cleat_event_count(&line.event), count);
        for (unsigned i = 0; i < count; i++) {
            cleat_field field = cleat_event_at(&line.event, i);
            assert_string_equal(field.key, sorted[i]);
            assert_string_equal(keys[field.value.as.natural], sorted[i]);
        }
        end(&line);
    }
    cleat_processor_unref(processor);
}

static void drop_keys_drops_exact_keys(void **state)
{
    (void)state;
    struct line line;
    char key[] = "secret";
    cleat_processor *processor = cleat_drop_keys((const char *[]){key, "b"}, 2);
    key[0] = 'X';
    BEGIN(&line, "secret", 1, "a", 2, "b", 3, "Secret", 4, "secrets", 5);
    run(processor, &line.event);
    assert_string_equal(show(&line.event), "a=2 Secret=4 secrets=5");
    end(&line);
    cleat_processor_unref(processor);
    cleat_processor_unref(cleat_drop_keys(NULL, 0));
}

/* -- errors -- */

static cleat_value make_error(void *arg, cleat_scratch *scratch)
{
    (void)scratch;
    (*(int *)arg)++;
    return cleat_errno(EACCES);
}

static void format_errors_makes_strings_of_errors_nested_ones_too(void **state)
{
    (void)state;
    struct line line;
    BEGIN(&line, "event", "hi", "error", cleat_errno(ENOENT), "list",
          cleat_list(1, cleat_errno(EPERM), cleat_object("deep", cleat_errno(EACCES), "x", 1)), "n", 2);
    run_once(cleat_format_errors(), &line);
    assert_string_equal(show(&line.event),
                        "event=hi error=ENOENT: No such file or directory list=[1,EPERM: Operation not "
                        "permitted,{deep:EACCES: Permission denied,x:1}] n=2");
    end(&line);
}

static void format_errors_leaves_what_was_given_unchanged(void **state)
{
    (void)state;
    struct line line;
    cleat_value items[] = {cleat_errno(EPERM), cleat_int(1)};
    static const cleat_key key = {.text = "list", .length = 4, .hash = 0, .plain = true};
    begin(&line, CLEAT_INFO);
    cleat__event_set(&line.event, &key, cleat_list_n(items, 2));
    run_once(cleat_format_errors(), &line);
    assert_string_equal(show(&line.event), "list=[EPERM: Operation not permitted,1]");
    assert_int_equal(items[0].kind, CLEAT_ERRNO);
    end(&line);
}

static void lazy_values_are_not_made_before_the_line_is_certain(void **state)
{
    (void)state;
    struct line line;
    int made = 0;
    BEGIN(&line, "a", cleat_lazy(make_error, &made), "b", cleat_list(cleat_lazy(make_error, &made)));
    run_once(cleat_format_errors(), &line);
    assert_int_equal(made, 0);
    cleat__event_resolve(&line.event);
    assert_int_equal(made, 2);
    assert_string_equal(show(&line.event), "a=EACCES: Permission denied b=[EACCES: Permission denied]");
    end(&line);
}

static cleat_value nested(cleat_value *lists, unsigned depth)
{
    lists[0] = cleat_errno(EPERM);
    for (unsigned i = 1; i <= depth; i++)
        lists[i] = cleat_list_n(&lists[i - 1], 1);
    return lists[depth];
}

static void a_value_that_contains_itself_ends(void **state)
{
    (void)state;
    struct line line;
    static const cleat_key key = {.text = "loop", .length = 4, .hash = 0, .plain = true};
    cleat_value loop[2] = {cleat_null(), cleat_null()};
    loop[0] = loop[1] = cleat_list_n(loop, 2);
    cleat_processor *redact = make_redact();
    begin(&line, CLEAT_INFO);
    cleat__event_set(&line.event, &key, loop[0]);
    run_once(cleat_format_errors(), &line);
    assert_int_equal(cleat_event_count(&line.event), 1);
    run(redact, &line.event);
    assert_int_equal(cleat_event_count(&line.event), 0);
    cleat_value lists[100];
    cleat__event_set(&line.event, &key, nested(lists, 50));
    run_once(cleat_format_errors(), &line);
    assert_non_null(strstr(show(&line.event), "[[[EPERM: Operation not permitted]]]"));
    cleat_processor_unref(redact);
    end(&line);
}

/* -- backtrace -- */

static void backtrace_lists_the_callers_of_lines_of_its_level(void **state)
{
    (void)state;
    struct line line;
    cleat_processor *processor = cleat_add_backtrace(CLEAT_ERROR);
    run(processor, begin(&line, CLEAT_WARNING));
    assert_null(cleat_event_get(&line.event, "stack"));
    run(processor, begin(&line, CLEAT_ERROR));
    const cleat_value *stack = cleat_event_get(&line.event, "stack");
#ifdef __GLIBC__
    assert_non_null(stack);
    assert_int_equal(stack->kind, CLEAT_LIST);
    assert_in_range(stack->with.length, 2, 64);
    bool names_program = false;
    char module[128];
    snprintf(module, sizeof(module), "(%s)", program_invocation_short_name);
    for (size_t i = 0; i < stack->with.length; i++) {
        struct text text = {{0}, 0};
        show_value(&text, &stack->as.items[i]);
        assert_non_null(strstr(text.bytes, "0x"));
        names_program = names_program || strstr(text.bytes, module) != NULL;
    }
    assert_true(names_program);
#else
    assert_null(stack);
#endif
    cleat_processor_unref(processor);
    end(&line);
}

/* -- redact -- */

static void redact_replaces_by_pattern_at_every_depth(void **state)
{
    (void)state;
    struct line line;
    cleat_processor *processor = make_redact();
    BEGIN(&line, "event", "hi", "user_Password", "p", "to", cleat_object("TOKEN", 1, "n", 2), "list",
          cleat_list(1, cleat_object("in", cleat_list(cleat_object("my_token_x", "t"))), "s"), "pass", "ok");
    for (int i = 0; i < 2; i++) {
        run(processor, &line.event);
        assert_string_equal(show(&line.event), "event=hi user_Password=[redacted] to={TOKEN:[redacted],n:2} "
                                               "list=[1,{in:[{my_token_x:[redacted]}]},s] pass=ok");
    }
    end(&line);
    cleat_processor_unref(processor);
    BEGIN(&line, "a", 1, "b", cleat_list(1, 2));
    run_once(cleat_redact((const char *[]){"?"}, 1, "***"), &line);
    assert_string_equal(show(&line.event), "a=*** b=***");
    run_once(cleat_redact(NULL, 0, NULL), &line);
    assert_string_equal(show(&line.event), "a=*** b=***");
    end(&line);
}

static cleat_value make_secret(void *arg, cleat_scratch *scratch)
{
    (*(int *)arg)++;
    cleat_field *fields = cleat_scratch_alloc(scratch, sizeof(*fields));
    *fields = (cleat_field){"password", cleat_string("hunter2")};
    return cleat_object_n(fields, 1);
}

static void redact_sees_into_lazy_values_and_never_makes_a_secret_one(void **state)
{
    (void)state;
    struct line line;
    int made = 0;
    BEGIN(&line, "password", cleat_lazy(make_secret, &made), "user", cleat_lazy(make_secret, &made));
    run_once(make_redact(), &line);
    assert_int_equal(made, 0);
    cleat_processor *processor = make_redact();
    run(processor, &line.event);
    cleat__event_resolve(&line.event);
    assert_int_equal(made, 1);
    assert_string_equal(show(&line.event), "password=[redacted] user={password:[redacted]}");
    cleat_processor_unref(processor);
    end(&line);
}

static void redact_lets_no_secret_through_for_want_of_memory(void **state)
{
    (void)state;
    cleat_processor *processor = make_redact();
    cleat_fields *bound = cleat_fields_new(CLEAT__FIELDS("a", 1, "password", "hunter2", "b", 2, "token", "hunter2"));
    assert_non_null(cleat__fields_flat(bound));
    for (unsigned room = 0; room < 40; room++) {
        struct line line;
        cleat_value inner[] = {cleat_object("password", "hunter2"), cleat_object("token", "hunter2")};
        int made = 0;
        static const cleat_key list = {.text = "list", .length = 4, .hash = 1, .plain = true};
        static const cleat_key lazy = {.text = "lazy", .length = 4, .hash = 2, .plain = true};
        begin(&line, CLEAT_INFO);
        cleat__event_set_list(&line.event, bound);
        cleat__event_set(&line.event, &list, cleat_list_n(inner, 2));
        cleat__event_set(&line.event, &lazy, cleat_lazy(make_secret, &made));
        while (line.scratch.size - line.scratch.used > room * 16)
            cleat__scratch_alloc(&line.scratch, 16);
        line.event.own_count = line.event.own_capacity - room / 8;
        fail_allocations_after(0);
        run(processor, &line.event);
        allow_allocations();
        cleat__event_resolve(&line.event);
        assert_null(strstr(show(&line.event), "hunter2"));
        end(&line);
    }
    cleat_fields_unref(bound);
    cleat_processor_unref(processor);
}

static void redact_remembers_keys_without_mixing_them_up(void **state)
{
    (void)state;
    struct line line;
    cleat_processor *processor = cleat_redact((const char *[]){"*7*", "*long-?-key"}, 2, NULL);
    for (int i = 0; i < 20000; i++) {
        char key[64];
        snprintf(key, sizeof(key), i % 5 == 0 ? "a-key-that-is-quite-long-%d-key" : "key%d", i % 3000);
        BEGIN(&line, key, "v");
        run(processor, &line.event);
        bool expected = strchr(key, '7') != NULL || (strstr(key, "long") != NULL && i % 3000 < 10);
        assert_string_equal(string_of(&line.event, key), expected ? "[redacted]" : "v");
        end(&line);
    }
    cleat_processor_unref(processor);
}

static void random_text(char *to, unsigned longest, const char *alphabet)
{
    size_t letters = strlen(alphabet);
    for (unsigned length = (unsigned)(random_number() % (longest + 1)); length > 0; length--)
        *to++ = alphabet[random_number() % letters];
    *to = '\0';
}

static void patterns_match_as_with_fnmatch(void **state)
{
    (void)state;
    unsigned matched = 0;
    for (int i = 0; i < 300000; i++) {
        char pattern[16];
        char text[16];
        random_text(pattern, 8, "aAbB*?[]!^\\");
        random_text(text, 8, "aAbBc[]!");
        /* What POSIX leaves open, or the two are meant to differ in. */
        size_t length = strlen(pattern);
        if (strchr(pattern, '[') != NULL && (strchr(pattern, '\\') != NULL || strchr(pattern, '^') != NULL))
            continue;
        if (length > 0 && pattern[length - 1] == '\\')
            continue;
        bool expected = fnmatch(pattern, text, FNM_CASEFOLD) == 0;
        if (cleat__glob_match(pattern, text, strlen(text)) != expected)
            fail_msg("pattern %s, text %s: fnmatch says %d", pattern, text, expected);
        matched += expected;
    }
    assert_true(matched > 10000);
}

static void patterns_know_sets_escapes_and_utf8(void **state)
{
    (void)state;
    const struct {
        const char *pattern;
        const char *text;
        bool matches;
    } cases[] = {
        {"[a-c]x", "Bx", true},
        {"[!a-c]x", "Bx", false},
        {"[^a-c]x", "dX", true},
        {"[]]", "]", true},
        {"[a", "[A", true},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"[\\]]", "]", true},
        {"?", "\xc3\xa9", true},
        {"??", "\xc3\xa9", false},
        {"[\xc3\xa0-\xc3\xbf]", "\xc3\xa9", true},
        {"a\\", "a\\", true},
        {"[a-]", "-", true},
        {"*a*b*c*", "xxaxxbxxcxx", true},
        {"*a*b*c", "abcabcab", false},
        {"", "", true},
        {"*", "", true},
        {"?", "", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (cleat__glob_match(cases[i].pattern, cases[i].text, strlen(cases[i].text)) != cases[i].matches)
            fail_msg("pattern %s, text %s", cases[i].pattern, cases[i].text);
}

/* -- sampling and rate limiting -- */

static uint64_t natural_of(const cleat_event *event, const char *key)
{
    const cleat_value *value = cleat_event_get(event, key);
    return value != NULL ? value->as.natural : 0;
}

static void sample_keeps_the_first_of_each_and_says_what_it_dropped(void **state)
{
    (void)state;
    struct line line;
    cleat_processor *processor = cleat_sample(10, CLEAT_WARNING);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(run(processor, begin(&line, CLEAT_INFO)), i % 10 == 0 ? CLEAT_KEEP : CLEAT_DROP);
        if (i % 10 == 0)
            assert_int_equal(natural_of(&line.event, "sampled_out"), i == 0 ? 0 : 9);
    }
    assert_int_equal(run(processor, begin(&line, CLEAT_WARNING)), CLEAT_KEEP);
    assert_string_equal(show(&line.event), "sampled_out=9");
    assert_int_equal(run(processor, begin(&line, CLEAT_INFO)), CLEAT_KEEP);
    assert_string_equal(show(&line.event), "");
    cleat_processor_unref(processor);
    processor = cleat_sample(1, CLEAT_OFF);
    for (int i = 0; i < 10; i++)
        assert_int_equal(run(processor, begin(&line, CLEAT_CRITICAL)), CLEAT_KEEP);
    cleat_processor_unref(processor);
    processor = cleat_sample(2, CLEAT_OFF);
    for (int i = 0; i < 10; i++)
        assert_int_equal(run(processor, begin(&line, CLEAT_CRITICAL)), i % 2 == 0 ? CLEAT_KEEP : CLEAT_DROP);
    cleat_processor_unref(processor);
}

#define THREADS 4

static unsigned lines_per_thread(void)
{
    return is_heavy() ? 2500000 : 100000;
}

/* What the threads saw, together. */
struct tally {
    cleat_processor *processor;
    const char *key;
    int64_t time; /* of the first event; 0: the clock's */
    _Atomic uint64_t kept;
    _Atomic uint64_t dropped;
    _Atomic uint64_t told;
};

static void *log_lines(void *arg)
{
    struct tally *tally = arg;
    static struct line lines[THREADS];
    static _Atomic unsigned threads;
    struct line *line = &lines[threads++ % THREADS];
    unsigned count = lines_per_thread();
    for (unsigned i = 0; i < count; i++) {
        begin(line, CLEAT_INFO);
        line->event.site = &site;
        line->event.time = tally->time != 0 ? tally->time + i % 1000 : 0;
        if (tally->processor->run(&line->event, tally->processor) == CLEAT_KEEP) {
            tally->kept++;
            tally->told += natural_of(&line->event, tally->key);
        } else {
            tally->dropped++;
        }
    }
    return NULL;
}

static void log_lines_in_threads(struct tally *tally)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_lines, tally), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void sample_counts_exactly_in_threads(void **state)
{
    (void)state;
    struct tally tally = {.processor = cleat_sample(2, CLEAT_WARNING), .key = "sampled_out"};
    log_lines_in_threads(&tally);
    uint64_t all = (uint64_t)THREADS * lines_per_thread();
    assert_int_equal(tally.kept, all / 2);
    assert_int_equal(tally.dropped, all - tally.kept);
    struct line line;
    begin(&line, CLEAT_ERROR);
    assert_int_equal(run_once(tally.processor, &line), CLEAT_KEEP);
    assert_int_equal(tally.told + natural_of(&line.event, "sampled_out"), tally.dropped);
    end(&line);
}

static int limit_at(cleat_processor *processor, struct line *line, const cleat_site *from, int64_t time)
{
    begin(line, CLEAT_INFO);
    line->event.site = from;
    line->event.time = time;
    return run(processor, &line->event);
}

static void rate_limit_is_a_token_bucket(void **state)
{
    (void)state;
    struct line line;
    cleat_processor *processor = cleat_rate_limit(10, 5);
    int64_t now = SOME_TIME;
    for (int i = 0; i < 20; i++)
        assert_int_equal(limit_at(processor, &line, &site, now), i < 5 ? CLEAT_KEEP : CLEAT_DROP);
    assert_int_equal(limit_at(processor, &line, &site, now + 99999999), CLEAT_DROP);
    assert_int_equal(limit_at(processor, &line, &site, now + 100000000), CLEAT_KEEP);
    assert_string_equal(show(&line.event), "rate_limited=16");
    assert_int_equal(limit_at(processor, &line, &site, now + 100000000), CLEAT_DROP);
    now += 60 * CLEAT__SECOND;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(limit_at(processor, &line, &site, now), i < 5 ? CLEAT_KEEP : CLEAT_DROP);
        assert_int_equal(natural_of(&line.event, "rate_limited"), i == 0 ? 1 : 0);
    }
    cleat_processor_unref(processor);
}

static void rate_limit_holds_in_the_long_run(void **state)
{
    (void)state;
    struct line line;
    cleat_processor *processor = cleat_rate_limit(3, 4);
    unsigned kept = 0;
    uint64_t told = 0;
    unsigned count = 100000;
    int64_t now = SOME_TIME;
    for (unsigned i = 0; i < count; i++) {
        now += (int64_t)(random_number() % 2000000);
        if (limit_at(processor, &line, &site, now) == CLEAT_KEEP)
            kept++;
        told += kept > 0 ? natural_of(&line.event, "rate_limited") : 0;
    }
    double allowed_events = (double)(now - SOME_TIME) / 1e9 * 3 + 4;
    assert_true(kept <= allowed_events);
    assert_true(kept >= allowed_events - 2);
    limit_at(processor, &line, &site, now + CLEAT__SECOND);
    assert_int_equal(told + natural_of(&line.event, "rate_limited"), count - kept);
    cleat_processor_unref(processor);
}

static void rate_limit_has_a_bucket_for_each_call_site(void **state)
{
    (void)state;
    struct line line;
    static cleat_site sites[1000];
    cleat_processor *processor = cleat_rate_limit(1, 1);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++)
            assert_int_equal(limit_at(processor, &line, &sites[i], SOME_TIME), round == 0 ? CLEAT_KEEP : CLEAT_DROP);
        assert_int_equal(limit_at(processor, &line, NULL, SOME_TIME), round == 0 ? CLEAT_KEEP : CLEAT_DROP);
    }
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(limit_at(processor, &line, &sites[i], SOME_TIME + CLEAT__SECOND), CLEAT_KEEP);
        assert_int_equal(natural_of(&line.event, "rate_limited"), 2);
    }
    cleat_processor_unref(processor);
}

static void rate_limit_bears_more_call_sites_than_it_has_buckets(void **state)
{
    (void)state;
    struct line line;
    static cleat_site sites[5000];
    cleat_processor *processor = cleat_rate_limit(1, 1);
    uint64_t kept = 0;
    uint64_t told = 0;
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 5000; i++) {
            if (limit_at(processor, &line, &sites[i], SOME_TIME + round / 2 * 2 * CLEAT__SECOND) != CLEAT_KEEP)
                continue;
            kept++;
            told += natural_of(&line.event, "rate_limited");
        }
    }
    assert_in_range(kept, 2000, 10000);
    assert_int_equal(limit_at(processor, &line, NULL, SOME_TIME + 2 * CLEAT__SECOND), CLEAT_KEEP);
    assert_true(told > 0);
    cleat_processor_unref(processor);
}

static void rate_limit_starts_anew_when_the_clock_is_set_back(void **state)
{
    (void)state;
    struct line line;
    cleat_processor *processor = cleat_rate_limit(10, 2);
    for (int i = 0; i < 3; i++)
        assert_int_equal(limit_at(processor, &line, &site, SOME_TIME), i < 2 ? CLEAT_KEEP : CLEAT_DROP);
    int64_t earlier = SOME_TIME - 3600 * CLEAT__SECOND;
    for (int i = 0; i < 3; i++)
        assert_int_equal(limit_at(processor, &line, &site, earlier), i < 2 ? CLEAT_KEEP : CLEAT_DROP);
    cleat_processor_unref(processor);
}

static void rate_limit_bears_the_extremes(void **state)
{
    (void)state;
    struct line line;
    cleat_processor *slow = cleat_rate_limit(1e-300, 4000000000U);
    cleat_processor *fast = cleat_rate_limit(1e9, 1);
    assert_int_equal(limit_at(slow, &line, &site, SOME_TIME), CLEAT_KEEP);
    for (int i = 0; i < 100; i++)
        assert_int_equal(limit_at(fast, &line, &site, SOME_TIME + i), CLEAT_KEEP);
    cleat_processor_unref(slow);
    cleat_processor_unref(fast);
}

static void rate_limit_counts_exactly_in_threads(void **state)
{
    (void)state;
    struct tally tally = {.processor = cleat_rate_limit(1, 1000), .key = "rate_limited", .time = SOME_TIME};
    log_lines_in_threads(&tally);
    assert_int_equal(tally.kept, 1000);
    assert_int_equal(tally.kept + tally.dropped, (uint64_t)THREADS * lines_per_thread());
    struct line line;
    assert_int_equal(limit_at(tally.processor, &line, &site, SOME_TIME + 5 * CLEAT__SECOND), CLEAT_KEEP);
    assert_int_equal(tally.told + natural_of(&line.event, "rate_limited"), tally.dropped);
    cleat_processor_unref(tally.processor);
}

/* -- capture -- */

static void capture_logs_keeps_each_event_and_drops_it(void **state)
{
    (void)state;
    struct line line;
    cleat_processor *logs = cleat_capture_logs();
    for (int i = 0; i < 40; i++) {
        BEGIN(&line, "event", "hi", "i", i);
        assert_int_equal(run(logs, &line.event), CLEAT_DROP);
        end(&line);
    }
    assert_int_equal(cleat_captured_count(logs), 40);
    for (int i = 0; i < 40; i++) {
        cleat_fields *entry = cleat_captured_entry(logs, (size_t)i);
        cleat_fields *expected = cleat_fields_new(CLEAT__FIELDS("event", "hi", "i", i, "log_level", "info"));
        assert_true(cleat_fields_equal(entry, expected));
        assert_string_equal(cleat_fields_at(entry, 2).key, "log_level");
        cleat_fields_unref(entry);
        cleat_fields_unref(expected);
    }
    cleat_fields *first = cleat_captured_entry(logs, 0);
    cleat_captured_clear(logs);
    assert_int_equal(cleat_captured_count(logs), 0);
    assert_null(cleat_captured_entry(logs, 0));
    assert_int_equal(cleat_fields_get(first, "i")->as.integer, 0);
    cleat_fields_unref(first);
    cleat_processor_unref(logs);
}

static void captured_functions_bear_other_processors(void **state)
{
    (void)state;
    cleat_processor *other = cleat_sort_keys();
    assert_int_equal(cleat_captured_count(other), 0);
    assert_int_equal(cleat_captured_count(NULL), 0);
    assert_null(cleat_captured_entry(other, 0));
    assert_null(cleat_captured_entry(NULL, 0));
    cleat_captured_clear(other);
    cleat_captured_clear(NULL);
    cleat_processor_unref(other);
}

static void capture_logs_counts_what_it_has_no_memory_for(void **state)
{
    (void)state;
    struct line line;
    cleat_stats before;
    cleat_stats after;
    cleat_get_stats(&before);
    cleat_processor *logs = cleat_capture_logs();
    unsigned tries = 0;
    while (cleat_captured_count(logs) == 0) {
        BEGIN(&line, "event", "hi");
        int permitted = (int)tries++;
        fail_allocations_after(permitted);
        int result = run(logs, &line.event);
        allow_allocations();
        assert_int_equal(result, CLEAT_DROP);
        assert_in_range(tries, 1, 20);
        end(&line);
    }
    cleat_get_stats(&after);
    assert_int_equal(after.lost_lines - before.lost_lines, tries - 1);
    assert_true(tries > 1);
    cleat_processor_unref(logs);
}

#define CAPTURED_PER_THREAD 5000
static _Atomic bool stop_capturing;

/* Captures so many, and keeps the lock busy until told to stop. */
static void *capture_many(void *logs)
{
    struct line line;
    for (int i = 0; i < CAPTURED_PER_THREAD || !stop_capturing; i++) {
        cleat_fields_unref(cleat_captured_entry(logs, (size_t)i));
        if (i >= CAPTURED_PER_THREAD)
            continue;
        BEGIN(&line, "event", "hi", "i", i);
        run(logs, &line.event);
        end(&line);
    }
    return NULL;
}

static void capture_logs_is_safe_in_threads_and_across_fork(void **state)
{
    (void)state;
    cleat_processor *logs = cleat_capture_logs();
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, capture_many, logs), 0);
    for (int i = 0; i < 100; i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(10);
            struct line line;
            size_t count = cleat_captured_count(logs);
            run(logs, begin(&line, CLEAT_INFO));
            leave(cleat_captured_count(logs) == count + 1);
        }
        wait_for_child(child);
    }
    stop_capturing = true;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(cleat_captured_count(logs), THREADS * CAPTURED_PER_THREAD);
    cleat_processor_unref(logs);
}

/* -- a signal in the middle -- */

static cleat_processor *interrupted;
static _Atomic unsigned wrong_in_handler;
static _Atomic unsigned handled;

static bool stamp_is_right(int64_t time)
{
    struct line line;
    begin(&line, CLEAT_INFO);
    line.event.time = time;
    interrupted->run(&line.event, interrupted);
    const cleat_value *value = cleat_event_get(&line.event, "timestamp");
    char expected[32];
    int second = (int)(time / CLEAT__SECOND % 60);
    memcpy(expected, "00.000007 00", 13);
    expected[0] = expected[10] = (char)('0' + second / 10);
    expected[1] = expected[11] = (char)('0' + second % 10);
    return value->with.length == 12 && memcmp(value->as.text, expected, 12) == 0;
}

static void on_signal(int number)
{
    (void)number;
    handled++;
    if (!stamp_is_right((1000 + handled % 60) * CLEAT__SECOND + 7000))
        wrong_in_handler++;
}

static void K17_a_signal_handler_never_mixes_up_a_kept_second(void **state)
{
    (void)state;
    if (is_under_valgrind())
        skip();
    interrupted = cleat_timestamper(&(cleat_timestamper_options){.format = "%S.%f %S"});
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction old;
    sigaction(SIGUSR1, &action, &old);
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    struct itimerspec often = {{0, 20000}, {0, 20000}};
    timer_settime(timer, 0, &often, NULL);
    int64_t end_time = cleat__clock_monotonic() + CLEAT__SECOND / 4;
    unsigned wrong = 0;
    for (int64_t i = 0; cleat__clock_monotonic() < end_time; i++)
        wrong += !stamp_is_right((2000 + i / 3) * CLEAT__SECOND + 7000);
    timer_delete(timer);
    sigaction(SIGUSR1, &old, NULL);
    assert_int_equal(wrong, 0);
    assert_int_equal(wrong_in_handler, 0);
    assert_true(handled > 50);
    cleat_processor_unref(interrupted);
}

/* -- in a chain behind a logger -- */

static cleat_sink *memory;

#define LOGGER(...)                                                                                                    \
    cleat_wrap_logger("db", &(cleat_config){CLEAT_PROCESSORS(__VA_ARGS__),                                             \
                                            CLEAT_HANDLERS({.sink = cleat_sink_ref(memory = cleat_memory_sink(0))})})

/* The lines so far, each with its newline; logger and sink are done with. */
static const char *lines_of(cleat_logger *log)
{
    assert_non_null(log);
    cleat_unref(log);
    shown.length = 0;
    shown.bytes[0] = '\0';
    for (size_t i = 0; i < cleat_memory_count(memory); i++) {
        char *line = cleat_memory_line(memory, i);
        add(&shown, "%s\n", line);
        free(line);
    }
    cleat_sink_unref(memory);
    return shown.bytes;
}

static void K2_a_chain_adds_in_its_order_behind_the_call(void **state)
{
    (void)state;
    cleat_logger *log = LOGGER(cleat_merge_contextvars(), cleat_add_log_level(), cleat_add_logger_name(),
                               cleat_format_errors(), cleat_redact((const char *[]){"*token*"}, 1, NULL));
    CLEAT_BOUND_CONTEXTVARS("request_id", "r1", "user", "ctx", "csrf_token", "abc") {
        cleat_logger *bound = cleat_bind(log, "user", "u1", "api_token", "xyz");
        cleat_warning(bound, "slow", "took", 3, "error", cleat_errno(EACCES), "level", "?");
        cleat_unref(bound);
    }
    cleat_info(log, "done");
    assert_string_equal(
        lines_of(log),
        "{\"user\":\"u1\",\"api_token\":\"[redacted]\",\"took\":3,\"error\":\"EACCES: Permission denied\","
        "\"level\":\"warning\",\"event\":\"slow\",\"request_id\":\"r1\",\"csrf_token\":\"[redacted]\","
        "\"logger\":\"db\"}\n"
        "{\"event\":\"done\",\"level\":\"info\",\"logger\":\"db\"}\n");
}

static void a_chain_sorts_renames_and_drops(void **state)
{
    (void)state;
    cleat_logger *log =
        LOGGER(cleat_filter_by_level(CLEAT_INFO), cleat_sample(2, CLEAT_ERROR), cleat_event_renamer("message", NULL),
               cleat_drop_keys((const char *[]){"x"}, 1), cleat_sort_keys());
    for (int i = 0; i < 4; i++)
        cleat_info(log, "hi", "z", i, "x", i, "a", i);
    cleat_debug(log, "low");
    cleat_error(log, "bad");
    assert_string_equal(lines_of(log), "{\"a\":0,\"message\":\"hi\",\"z\":0}\n"
                                       "{\"a\":2,\"message\":\"hi\",\"sampled_out\":1,\"z\":2}\n"
                                       "{\"message\":\"bad\",\"sampled_out\":1}\n");
}

static void a_chain_tells_where_the_call_stands(void **state)
{
    (void)state;
    cleat_logger *log =
        LOGGER(cleat_add_callsite(CLEAT_CALLSITE_FILENAME | CLEAT_CALLSITE_LINENO | CLEAT_CALLSITE_FUNC_NAME));
    cleat_info(log, "hi");
    unsigned line = __LINE__ - 1;
    cleat_log_fields(log, CLEAT_INFO, NULL, cleat_string("siteless"), NULL, 0);
    char expected[256];
    snprintf(expected, sizeof(expected),
             "{\"event\":\"hi\",\"filename\":\"test_processors.c\",\"lineno\":%u,\"func_name\":\"%s\"}\n"
             "{\"event\":\"siteless\"}\n",
             line, __func__);
    assert_string_equal(lines_of(log), expected);
}

static void a_chain_limits_each_call_site_by_itself(void **state)
{
    (void)state;
    cleat_logger *log = LOGGER(cleat_rate_limit(0.001, 2));
    for (int i = 0; i < 5; i++) {
        cleat_info(log, "one");
        cleat_info(log, "two");
    }
    assert_string_equal(lines_of(log),
                        "{\"event\":\"one\"}\n{\"event\":\"two\"}\n{\"event\":\"one\"}\n{\"event\":\"two\"}\n");
}

static void a_chain_that_captures_emits_nothing(void **state)
{
    (void)state;
    cleat_processor *logs = cleat_capture_logs();
    cleat_logger *log = LOGGER(cleat_add_log_level(), cleat_processor_ref(logs));
    int made = 0;
    cleat_error(log, "bad", "why", cleat_lazy(make_error, &made));
    cleat_fields *entry = cleat_captured_entry(logs, 0);
    assert_string_equal(lines_of(log), "");
    cleat_fields *expected = cleat_fields_new(
        CLEAT__FIELDS("event", "bad", "why", cleat_errno(EACCES), "level", "error", "log_level", "error"));
    assert_true(cleat_fields_equal(entry, expected));
    assert_int_equal(made, 1);
    cleat_fields_unref(expected);
    cleat_fields_unref(entry);
    cleat_processor_unref(logs);
}

static void a_backtrace_is_part_of_a_line(void **state)
{
    (void)state;
    cleat_logger *log = LOGGER(cleat_add_backtrace(CLEAT_ERROR));
    cleat_warning(log, "mild");
    cleat_error(log, "bad");
    const char *lines = lines_of(log);
    assert_true(strncmp(lines, "{\"event\":\"mild\"}\n", 17) == 0);
#ifdef __GLIBC__
    assert_non_null(strstr(lines, "\"stack\":[\""));
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_made_processor_is_released_once_by_its_last_owner),
        cmocka_unit_test(a_processor_that_cannot_be_made_releases_its_argument_and_says_why),
        cmocka_unit_test(wrong_arguments_are_refused_with_a_message),
        cmocka_unit_test(no_memory_while_making_one_is_a_clear_error),
        cmocka_unit_test(K5_merge_contextvars_fills_in_and_a_key_of_the_call_wins),
        cmocka_unit_test(K13_each_merge_sees_its_own_store_alone),
        cmocka_unit_test(K2_add_log_level_overrides_in_place),
        cmocka_unit_test(add_logger_name_adds_nothing_for_the_default_logger),
        cmocka_unit_test(filter_by_level_drops_what_is_below),
        cmocka_unit_test(timestamper_writes_iso_by_default_and_overrides_in_place),
        cmocka_unit_test(timestamper_reads_the_clock_once_for_a_line),
        cmocka_unit_test(timestamper_replaces_each_percent_f_alone),
        cmocka_unit_test(timestamper_says_what_needs_no_escaping),
        cmocka_unit_test(two_timestampers_never_take_the_others_second),
        cmocka_unit_test(times_are_those_of_strftime_in_every_zone),
        cmocka_unit_test(times_are_those_of_python),
        cmocka_unit_test(callsite_adds_what_is_asked_for_in_order),
        cmocka_unit_test(callsite_leaves_out_what_is_not_known),
        cmocka_unit_test(callsite_ids_are_right_in_threads_and_after_fork),
        cmocka_unit_test(event_renamer_moves_the_event_and_may_replace_it),
        cmocka_unit_test(sort_keys_sorts_bytewise),
        cmocka_unit_test(sort_keys_sorts_as_qsort_does),
        cmocka_unit_test(drop_keys_drops_exact_keys),
        cmocka_unit_test(format_errors_makes_strings_of_errors_nested_ones_too),
        cmocka_unit_test(format_errors_leaves_what_was_given_unchanged),
        cmocka_unit_test(lazy_values_are_not_made_before_the_line_is_certain),
        cmocka_unit_test(a_value_that_contains_itself_ends),
        cmocka_unit_test(backtrace_lists_the_callers_of_lines_of_its_level),
        cmocka_unit_test(redact_replaces_by_pattern_at_every_depth),
        cmocka_unit_test(redact_sees_into_lazy_values_and_never_makes_a_secret_one),
        cmocka_unit_test(redact_lets_no_secret_through_for_want_of_memory),
        cmocka_unit_test(redact_remembers_keys_without_mixing_them_up),
        cmocka_unit_test(patterns_match_as_with_fnmatch),
        cmocka_unit_test(patterns_know_sets_escapes_and_utf8),
        cmocka_unit_test(sample_keeps_the_first_of_each_and_says_what_it_dropped),
        cmocka_unit_test(sample_counts_exactly_in_threads),
        cmocka_unit_test(rate_limit_is_a_token_bucket),
        cmocka_unit_test(rate_limit_holds_in_the_long_run),
        cmocka_unit_test(rate_limit_has_a_bucket_for_each_call_site),
        cmocka_unit_test(rate_limit_bears_more_call_sites_than_it_has_buckets),
        cmocka_unit_test(rate_limit_starts_anew_when_the_clock_is_set_back),
        cmocka_unit_test(rate_limit_bears_the_extremes),
        cmocka_unit_test(rate_limit_counts_exactly_in_threads),
        cmocka_unit_test(capture_logs_keeps_each_event_and_drops_it),
        cmocka_unit_test(captured_functions_bear_other_processors),
        cmocka_unit_test(capture_logs_counts_what_it_has_no_memory_for),
        cmocka_unit_test(capture_logs_is_safe_in_threads_and_across_fork),
        cmocka_unit_test(K17_a_signal_handler_never_mixes_up_a_kept_second),
        cmocka_unit_test(K2_a_chain_adds_in_its_order_behind_the_call),
        cmocka_unit_test(a_chain_sorts_renames_and_drops),
        cmocka_unit_test(a_chain_tells_where_the_call_stands),
        cmocka_unit_test(a_chain_limits_each_call_site_by_itself),
        cmocka_unit_test(a_chain_that_captures_emits_nothing),
        cmocka_unit_test(a_backtrace_is_part_of_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
