#include "cleat_lines.h"

static cleat_logger *logger;
static enum bench_kind kind;
static unsigned n_fields;

#define THREE_AT_CALL(three) "status", (three)->status, "bytes", (three)->bytes, "duration_ms", (three)->duration_ms
#define FIVE(ten)                                                                                                      \
    "request_id", (ten)->request_id, "method", (ten)->method, "path", (ten)->path, "client", (ten)->client, "user_id", \
        (ten)->user_id
#define TEN(ten)                                                                                                       \
    FIVE(ten), "tenant", (ten)->tenant, "attempt", (ten)->attempt, "cached", (ten)->cached, "ratio", (ten)->ratio,     \
        "region", (ten)->region
#define CONTEXT5(context)                                                                                              \
    "trace_id", (context)->trace_id, "span_id", (context)->span_id, "session", (context)->session, "locale",           \
        (context)->locale, "shard", (context)->shard

/* -- lines -- */

static void make_plain(size_t count)
{
    for (size_t i = 0; i < count; i++)
        cleat_info(logger, "request received");
}

static void make_with_ten(size_t count)
{
    const struct bench_ten *ten = &bench_work.ten;
    for (size_t i = 0; i < count; i++)
        cleat_info(logger, "request received", TEN(ten));
}

static void make_with_three(size_t count)
{
    const struct bench_three *three = &bench_work.three;
    for (size_t i = 0; i < count; i++)
        cleat_info(logger, "request received", THREE_AT_CALL(three));
}

static void make_with_override(size_t count)
{
    const struct bench_three *three = &bench_work.three;
    for (size_t i = 0; i < count; i++)
        cleat_info(logger, "request received", THREE_AT_CALL(three), "attempt", bench_work.second_attempt);
}

static void make_with_payload(size_t count)
{
    for (size_t i = 0; i < count; i++)
        cleat_info(logger, "request received", "payload",
                   cleat_string_n(bench_work.payload, bench_work.payload_length));
}

#define USER(user) cleat_object("name", (user)->name, "email", (user)->email, "created_at", (user)->created_at)

static void make_mixed_line(const struct bench_mixed *mixed)
{
    cleat_value numbers[10];
    cleat_value strings[10];
    cleat_value times[10];
    cleat_value users[10];
    cleat_field parts[10][3];
    for (size_t i = 0; i < 10; i++) {
        const struct bench_user *user = &mixed->users[i];
        numbers[i] = cleat_int(mixed->numbers[i]);
        strings[i] = cleat_string(mixed->strings[i]);
        times[i] = cleat_timespec(mixed->times[i]);
        parts[i][0] = (cleat_field){"name", cleat_string(user->name)};
        parts[i][1] = (cleat_field){"email", cleat_string(user->email)};
        parts[i][2] = (cleat_field){"created_at", cleat_timespec(user->created_at)};
        users[i] = cleat_object_n(parts[i], 3);
    }
    cleat_info(logger, "request received", "int", mixed->number, "ints", cleat_list_n(numbers, 10), "string",
               mixed->string, "strings", cleat_list_n(strings, 10), "time", mixed->time, "times",
               cleat_list_n(times, 10), "user1", USER(&mixed->user1), "user2", USER(&mixed->user2), "users",
               cleat_list_n(users, 10), "error", mixed->error);
}

static void make_mixed(size_t count)
{
    for (size_t i = 0; i < count; i++)
        make_mixed_line(&bench_work.mixed);
}

static void make_disabled(size_t count)
{
    const struct bench_ten *ten = &bench_work.ten;
    for (size_t i = 0; i < count; i++)
        cleat_debug(logger, "request received", TEN(ten));
}

static void bind_and_let_go(size_t count)
{
    const struct bench_ten *ten = &bench_work.ten;
    for (size_t i = 0; i < count; i++)
        cleat_unref(cleat_bind(logger, FIVE(ten)));
}

static void make_in_scope(size_t count)
{
    const struct bench_context5 *context = &bench_work.context5;
    for (size_t i = 0; i < count; i++)
        CLEAT_BOUND_CONTEXTVARS(CONTEXT5(context)) {
            cleat_info(logger, "request received");
        }
}

static bench_lines *const lines_of[BENCH_KINDS] = {
    [BENCH_A] = make_plain,         [BENCH_B] = make_plain,       [BENCH_C] = make_with_ten,
    [BENCH_D] = make_with_three,    [BENCH_E] = make_with_three,  [BENCH_F] = make_with_three,
    [BENCH_G] = make_with_override, [BENCH_H] = make_mixed,       [BENCH_I] = make_disabled,
    [BENCH_J] = bind_and_let_go,    [BENCH_K] = make_in_scope,    [BENCH_L] = make_plain,
    [BENCH_BOUND] = make_plain,     [BENCH_CONTEXT] = make_plain, [BENCH_LENGTH] = make_with_payload,
};

/* -- contexts handed over -- */

void capture_cleat_contexts(void **captured, size_t count)
{
    for (size_t i = 0; i < count; i++)
        captured[i] = cleat_copy_context();
}

void use_cleat_contexts(void **captured, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CLEAT_IN_CONTEXT(captured[i]) {
            cleat_info(logger, "request received");
        }
        cleat_context_unref(captured[i]);
    }
}

/* -- what is bound before -- */

static void fill_in(cleat_field *fields, const struct bench_numbered *numbered, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fields[i].key = numbered[i].key;
        fields[i].value = numbered[i].text != NULL ? cleat_string(numbered[i].text) : cleat_int(numbered[i].number);
    }
}

static cleat_logger *bind_numbered(void)
{
    cleat_field fields[BENCH_MOST_FIELDS];
    fill_in(fields, bench_work.numbered, n_fields);
    return cleat_bind_fields(NULL, fields, n_fields);
}

static void bind_numbered_context(const struct bench_numbered *numbered, size_t count)
{
    cleat_field fields[BENCH_MOST_FIELDS];
    fill_in(fields, numbered, count);
    cleat_bind_contextvars_fields(NULL, fields, count);
}

static cleat_logger *make_logger(void)
{
    const struct bench_ten *ten = &bench_work.ten;
    switch (kind) {
    case BENCH_B:
    case BENCH_D:
    case BENCH_G:
        return cleat_bind(NULL, TEN(ten));
    case BENCH_E:
    case BENCH_F:
        return cleat_bind(NULL, FIVE(ten));
    case BENCH_BOUND:
        return bind_numbered();
    default:
        return cleat_get_logger();
    }
}

void bind_cleat_context(void)
{
    const struct bench_context5 *context = &bench_work.context5;
    if (kind == BENCH_E || kind == BENCH_F || kind == BENCH_L)
        cleat_bind_contextvars(CONTEXT5(context));
    if (kind == BENCH_F)
        bind_numbered_context(bench_work.context_more, 15);
    if (kind == BENCH_CONTEXT)
        bind_numbered_context(bench_work.numbered, n_fields);
}

void clear_cleat_context(void)
{
    cleat_clear_contextvars();
}

bench_lines *begin_cleat_lines(const struct bench_job *job, cleat_sink *sink)
{
    if (sink == NULL || cleat_configure(&(cleat_config){CLEAT_HANDLERS({.sink = sink}), .level = CLEAT_INFO}) < 0) {
        bench_fail("%s", cleat_error_message());
        return NULL;
    }
    kind = job->kind;
    n_fields = job->n;
    logger = make_logger();
    return lines_of[kind];
}

void end_cleat_lines(void)
{
    cleat_unref(logger);
    cleat_reset_defaults();
}
