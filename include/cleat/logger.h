/*
 * logger.h - loggers: get, bind, log.
 *
 * A logger is immutable, but for its level, and may be shared by any number of threads without a lock (K4).
 * Wherever a logger is wanted, NULL is the default logger.
 */
#ifndef CLEAT_LOGGER_H
#define CLEAT_LOGGER_H

#include <cleat/config.h>

CLEAT_BEGIN_DECLS

typedef struct cleat_logger cleat_logger;

/*
 * The default logger: no name, no fields.
 *
 * Owns:    borrowed; it lives for ever, and unref does nothing to it.
 * Safe:    threads, fork, signals.
 * Example: cleat_info(cleat_get_logger(), "started");
 */
CLEAT_API cleat_logger *cleat_get_logger(void);

/*
 * The logger of a name, the same one each time. Its level is its own.
 *
 * name:    copied.
 * Owns:    borrowed; it lives for ever.
 * Safe:    threads, fork.
 * Errors:  NULL when there is no memory, which is the default logger.
 * Example: cleat_logger *db = cleat_get_named_logger("db");
 */
CLEAT_API cleat_logger *cleat_get_named_logger(const char *name);

/*
 * A logger with a configuration of its own, which cleat_configure() does not touch.
 *
 * name:    copied; NULL: none.
 * config:  as for cleat_configure(); what it leaves out is the default.
 * Owns:    the caller; cleat_unref().
 * Safe:    threads, fork.
 * Errors:  NULL, with cleat_error_message().
 * Example: cleat_logger *audit = cleat_wrap_logger("audit", &config);
 */
CLEAT_API cleat_logger *cleat_wrap_logger(const char *name, const cleat_config *config);

/*
 * One more owner of log; gives log back. NULL is returned as it is.
 *
 * Owns:    the caller has one reference more to release.
 * Safe:    threads, fork, signals.
 * Example: connection->log = cleat_ref(log);
 */
CLEAT_API cleat_logger *cleat_ref(cleat_logger *log);

/*
 * One owner of log less; the last one frees. NULL is allowed.
 *
 * Safe:    threads, fork.
 * Example: cleat_unref(connection->log);
 */
CLEAT_API void cleat_unref(cleat_logger *log);

/*
 * Functions behind the macros cleat_bind(), cleat_new(), cleat_unbind() and cleat_try_unbind(), for fields and keys
 * in an array. They behave as the macros do.
 *
 * log:     NULL: the default logger.
 * fields, keys: count of them; copied.
 * Owns:    the caller; cleat_unref().
 * Safe:    threads, fork.
 * Errors:  as the macros.
 * Example: cleat_logger *empty = cleat_new_fields(log, NULL, 0);
 */
CLEAT_API cleat_logger *cleat_bind_fields(cleat_logger *log, const cleat_field *fields, size_t count);
CLEAT_API cleat_logger *cleat_new_fields(cleat_logger *log, const cleat_field *fields, size_t count);
CLEAT_API cleat_logger *cleat_unbind_keys(cleat_logger *log, const char *const *keys, size_t count);
CLEAT_API cleat_logger *cleat_try_unbind_keys(cleat_logger *log, const char *const *keys, size_t count);

/* What the bind macros call. Private. */
CLEAT_API cleat_logger *cleat__bind_at(cleat_logger *log, struct cleat__bind_site *site, const cleat_field *fields,
                                       size_t count);
CLEAT_API cleat_logger *cleat__new_at(cleat_logger *log, struct cleat__bind_site *site, const cleat_field *fields,
                                      size_t count);

/*
 * A new logger with these fields behind those of log; a key that is there keeps its place and takes the new
 * value. log is unchanged.
 *
 * Owns:    the caller; cleat_unref(). Strings, lists and objects are copied, foreign objects held.
 * Safe:    threads, fork.
 * Errors:  without memory log itself, with one more owner: the line still comes, less the fields.
 * Example: cleat_logger *user = cleat_bind(log, "user_id", id, "session", session);
 */
#define cleat_bind(log, ...) cleat__bind_at((log), CLEAT__BIND_SITE(__VA_ARGS__), CLEAT__FIELDS(__VA_ARGS__))

/*
 * The same, but the fields of log are left behind. cleat_new_fields(log, NULL, 0) gives an empty one.
 *
 * Owns:    the caller; cleat_unref().
 * Safe:    threads, fork.
 * Errors:  as cleat_bind().
 * Example: cleat_logger *next = cleat_new(log, "request_id", id);
 */
#define cleat_new(log, ...) cleat__new_at((log), CLEAT__BIND_SITE(__VA_ARGS__), CLEAT__FIELDS(__VA_ARGS__))

/*
 * A new logger without these keys. cleat_unbind() refuses when one is not there: NULL, and
 * cleat_error_message() names it (ENOENT). cleat_try_unbind() does not mind.
 *
 * Owns:    the caller; cleat_unref().
 * Safe:    threads, fork.
 * Example: cleat_logger *anonymous = cleat_try_unbind(user, "user_id", "session");
 */
#define cleat_unbind(log, ...) cleat_unbind_keys((log), CLEAT__STRINGS(__VA_ARGS__))
#define cleat_try_unbind(log, ...) cleat_try_unbind_keys((log), CLEAT__STRINGS(__VA_ARGS__))

/*
 * A new logger whose events pass through patcher before the chain; patchers of log run first. A patcher sees
 * what the call and the logger bind; what it sets wins over context variables.
 *
 * arg:     must live as long as the loggers; given to patcher from several threads at once.
 * Owns:    the caller; cleat_unref().
 * Safe:    threads, fork.
 * Errors:  without memory log itself, with one more owner.
 * Example: cleat_logger *aware = cleat_patch(log, add_thread_info, NULL);
 */
CLEAT_API cleat_logger *cleat_patch(cleat_logger *log, cleat_processor_fn patcher, void *arg);

/*
 * The fields that log carries.
 *
 * Owns:    the caller; cleat_fields_unref(). NULL when there are none.
 * Safe:    threads, fork.
 * Example: cleat_fields *bound = cleat_get_context(user);
 */
CLEAT_API cleat_fields *cleat_get_context(cleat_logger *log);

/*
 * The logger's name, or NULL.
 *
 * Owns:    borrowed; lives as long as log.
 * Safe:    threads, fork, signals.
 * Example: const char *name = cleat_logger_name(log);
 */
CLEAT_API const char *cleat_logger_name(const cleat_logger *log);

/*
 * The level below which log, and what is bound from it, logs nothing. It holds together with the levels of the
 * configuration and of its handlers: the highest threshold counts.
 *
 * level:   CLEAT_NOTSET: no threshold of its own.
 * Safe:    threads, fork.
 * Example: cleat_set_level(cleat_get_named_logger("db"), CLEAT_DEBUG);
 */
CLEAT_API void cleat_set_level(cleat_logger *log, int level);
CLEAT_API int cleat_get_level(const cleat_logger *log);

/*
 * A new logger as log, but with a level of its own from here on: to log one request in detail.
 *
 * Owns:    the caller; cleat_unref().
 * Safe:    threads, fork.
 * Errors:  without memory log itself, with one more owner.
 * Example: cleat_logger *chatty = cleat_with_level(log, CLEAT_DEBUG);
 */
CLEAT_API cleat_logger *cleat_with_level(cleat_logger *log, int level);

/* The beginning of every logger; private, but for the speed of the gate. */
struct cleat__gate {
    const int *threshold; /* the level from which on something is logged */
};
CLEAT_API extern cleat_logger *const cleat__default_logger;

/*
 * Whether a line of this level would be logged: one load and one compare once log is at hand.
 *
 * Safe:    threads, fork, signals.
 * Example: if (cleat_is_enabled(log, CLEAT_DEBUG)) dump(log, packet);
 */
static inline bool cleat_is_enabled(const cleat_logger *log, int level)
{
    const struct cleat__gate *gate =
        (const struct cleat__gate *)(const void *)(log != NULL ? log : cleat__default_logger);
    return level >= __atomic_load_n(gate->threshold, __ATOMIC_RELAXED);
}

/*
 * Logs fields from an array. The level gate applies. errno is left as it was.
 *
 * site:    the call site, or NULL.
 * event:   the event's text; any other value will do too.
 * fields:  count of them.
 * Safe:    threads, fork, signals (see docs/faults.md for what a signal handler may expect).
 * Errors:  none: what goes wrong is counted and reported, and the program goes on (K17).
 * Example: cleat_log_fields(log, CLEAT_INFO, NULL, cleat_string("row"), fields, n);
 */
CLEAT_API void cleat_log_fields(cleat_logger *log, int level, cleat_site *site, cleat_value event,
                                const cleat_field *fields, size_t count);

/* What the log macros call once the gate is passed: fields[0] is the event. It writes to the fields. Private. */
CLEAT_API void cleat__emit(cleat_logger *log, int level, cleat_site *site, cleat_field *fields, size_t count);

CLEAT_END_DECLS

#define CLEAT__SITE_EVENT(event)                                                                                       \
    {                                                                                                                  \
        CLEAT__LITERAL(event), 0, 0, false, 0, 0                                                                       \
    }
#define CLEAT__EVENT_FIELD(event)                                                                                      \
    {                                                                                                                  \
        "event", CLEAT_VALUE(event)                                                                                    \
    }

#define CLEAT__SITE(keys)                                                                                              \
    {                                                                                                                  \
        __FILE__, __func__, __LINE__, sizeof(keys) / sizeof((keys)[0]), (keys), 0, false, {0, 0, 0, 0}, 0              \
    }

#define CLEAT__LOG(number, log, ...)                                                                                   \
    do {                                                                                                               \
        CLEAT__STATIC_ASSERT(CLEAT__COUNT(__VA_ARGS__) % 2 == 1,                                                       \
                             "cleat: the event is followed by pairs; a key is missing its value");                     \
        if ((number) >= CLEAT_MIN_LEVEL) {                                                                             \
            cleat_logger *const cleat__log = (log);                                                                    \
            const int cleat__level = (number);                                                                         \
            if (CLEAT_UNLIKELY(cleat_is_enabled(cleat__log, cleat__level))) {                                          \
                static cleat_key cleat__keys[] = {CLEAT__CALL(CLEAT__SITE_EVENT, CLEAT__SITE_KEY, __VA_ARGS__)};       \
                static cleat_site cleat__site = CLEAT__SITE(cleat__keys);                                              \
                cleat_field cleat__fields[] = {CLEAT__CALL(CLEAT__EVENT_FIELD, CLEAT__FIELD, __VA_ARGS__)};            \
                cleat__emit(cleat__log, cleat__level, &cleat__site, cleat__fields,                                     \
                            sizeof(cleat__fields) / sizeof(cleat__fields[0]));                                         \
            }                                                                                                          \
        }                                                                                                              \
    } while (0)

/*
 * Logs one line: `cleat_info(log, "event", "key", value, "key", value, ...)`. Arguments are evaluated once, and
 * only if the level is enabled. A key without a value, a key that is no string and a value of an unknown type
 * do not compile. errno is left as it was.
 *
 * log:     a logger; NULL: the default one.
 * event:   what happened: a string.
 * Safe:    threads, fork, signals (see docs/faults.md for what a signal handler may expect).
 * Errors:  none: what goes wrong is counted and reported, and the program goes on (K17).
 * Example: cleat_info(log, "request received", "path", path, "bytes", n);
 */
#define cleat_trace(log, ...) CLEAT__LOG(CLEAT_TRACE, log, __VA_ARGS__)
#define cleat_debug(log, ...) CLEAT__LOG(CLEAT_DEBUG, log, __VA_ARGS__)
#define cleat_info(log, ...) CLEAT__LOG(CLEAT_INFO, log, __VA_ARGS__)
#define cleat_success(log, ...) CLEAT__LOG(CLEAT_SUCCESS, log, __VA_ARGS__)
#define cleat_warning(log, ...) CLEAT__LOG(CLEAT_WARNING, log, __VA_ARGS__)
#define cleat_error(log, ...) CLEAT__LOG(CLEAT_ERROR, log, __VA_ARGS__)
#define cleat_critical(log, ...) CLEAT__LOG(CLEAT_CRITICAL, log, __VA_ARGS__)

/*
 * structlog's other name for info.
 *
 * Safe:    threads, fork, signals.
 * Example: cleat_msg(log, "hi");
 */
#define cleat_msg(log, ...) cleat_info(log, __VA_ARGS__)

/*
 * The same at a level given as a number: one of the user's own, or one that is known only at run time.
 *
 * Safe:    threads, fork, signals.
 * Example: cleat_log(log, verbose ? CLEAT_INFO : CLEAT_DEBUG, "cache filled", "entries", n);
 */
#define cleat_log(log, level, ...)                                                                                     \
    do {                                                                                                               \
        const int cleat__given = (level);                                                                              \
        CLEAT__LOG(cleat__given, log, __VA_ARGS__);                                                                    \
    } while (0)

/*
 * Logs at level error with a field `error`, made from errno as it is when the call begins.
 *
 * Safe:    threads, fork, signals.
 * Example: if (open(path, O_RDONLY) < 0) cleat_exception(log, "cannot open", "path", path);
 */
#define cleat_exception(log, ...)                                                                                      \
    do {                                                                                                               \
        const int cleat__errno = errno;                                                                                \
        CLEAT__LOG(CLEAT_ERROR, log, __VA_ARGS__, "error", cleat_errno(cleat__errno));                                 \
    } while (0)

#endif
