/*
 * processor.h - the steps between the call and the renderer: `event -> event`, or drop.
 *
 * A chain is an array of processors, run in order. Each function below makes one; cleat_configure(),
 * cleat_configure_once() and cleat_wrap_logger() take over the reference they are given, so that a chain can be
 * written in place. Keep one for yourself with cleat_processor_ref().
 *
 * Safe, for all that make a processor: threads, fork.
 * Owns, for all that make a processor: the caller, until it is given to a configuration; cleat_processor_unref().
 * Errors, for all that make a processor: NULL, with cleat_error_message(); a configuration that holds a NULL is
 * refused with that message.
 */
#ifndef CLEAT_PROCESSOR_H
#define CLEAT_PROCESSOR_H

#include <cleat/event.h>

CLEAT_BEGIN_DECLS

typedef struct cleat_processor cleat_processor;

/* What a processor says of the event. */
enum {
    CLEAT_KEEP = 0,
    CLEAT_DROP = 1 /* no line; the rest of the chain does not run */
};

/*
 * The user's own step. Returns CLEAT_KEEP, CLEAT_DROP, or a negative errno value: then the line is emitted all
 * the same, as the event is by then, with a field `cleat_error` that names the processor and the error (several
 * failures on one line: joined with "; ").
 * It may log: such lines pass through the same chain, to a depth of three.
 */
typedef int (*cleat_processor_fn)(cleat_event *event, void *arg);

/*
 * A processor from a function.
 *
 * name:    for messages; copied.
 * arg:     given to process at each call; from several threads at once.
 * release: called with arg when nobody uses the processor any more; NULL: nothing to release.
 * Owns:    the caller, until it is given to a configuration. On failure arg has been released.
 * Example: cleat_make_processor("add_host", add_host, strdup(host), free)
 */
CLEAT_API cleat_processor *cleat_make_processor(const char *name, cleat_processor_fn process, void *arg,
                                                void (*release)(void *arg));

/*
 * One more owner of processor; gives processor back. NULL is returned as it is.
 *
 * Owns:    the caller has one reference more to give away or release.
 * Safe:    threads, fork.
 * Example: CLEAT_PROCESSORS(cleat_processor_ref(logs))   // logs stays mine to look into
 */
CLEAT_API cleat_processor *cleat_processor_ref(cleat_processor *processor);

/*
 * One owner of processor less; the last one frees. NULL is allowed.
 *
 * Safe:    threads, fork.
 * Example: cleat_processor_unref(logs);
 */
CLEAT_API void cleat_processor_unref(cleat_processor *processor);

/*
 * Fills in the context variables; a key that the call or the logger has wins (K5).
 *
 * Example: CLEAT_PROCESSORS(cleat_merge_contextvars(), cleat_add_log_level())
 */
CLEAT_API cleat_processor *cleat_merge_contextvars(void);

/*
 * Puts the thread-local context beneath the event: its fields stand in front, those of the call and the logger win
 * (legacy; K12). It does not see context variables, nor they it (K13).
 *
 * Example: CLEAT_PROCESSORS(cleat_merge_threadlocal(), cleat_add_log_level())
 */
CLEAT_API cleat_processor *cleat_merge_threadlocal(void);

/*
 * Sets `level` to the name of the call's level.
 *
 * Example: CLEAT_PROCESSORS(cleat_add_log_level(), cleat_timestamper(NULL))
 */
CLEAT_API cleat_processor *cleat_add_log_level(void);

/*
 * Sets `logger` to the logger's name; the default logger has none, and no field.
 *
 * Example: CLEAT_PROCESSORS(cleat_add_logger_name(), cleat_add_log_level())
 */
CLEAT_API cleat_processor *cleat_add_logger_name(void);

/* How cleat_timestamper() writes the time. All zero: ISO 8601 in UTC as `timestamp`. */
typedef struct cleat_timestamper_options {
    const char *format; /* NULL or "iso": a time value in whole microseconds, which every renderer shows as
                           2026-01-31T23:59:59.123456Z; "unix": seconds as a number, as Python's time.time(); else a
                           string after a strftime format, in which each %f, of at most 8, is the microseconds. Names
                           of days and months are those of the C library's locale. */
    const char *key;    /* NULL: "timestamp" */
    bool local;         /* local time instead of UTC; "iso" then is a string that ends in the offset, as +01:00 */
} cleat_timestamper_options;

/*
 * Sets the time of the call. Local time and strftime formats are worked out once a second.
 *
 * options: copied; NULL: all zero.
 * Errors:  a format that ends in an unfinished %, or may come to more than 256 bytes.
 * Example: cleat_timestamper(&(cleat_timestamper_options){.format = "%Y-%m-%d %H:%M:%S.%f", .local = true})
 */
CLEAT_API cleat_processor *cleat_timestamper(const cleat_timestamper_options *options);

/* What cleat_add_callsite() adds: a sum of these. */
enum {
    CLEAT_CALLSITE_FILENAME = 1,       /* `filename`: without its folders */
    CLEAT_CALLSITE_PATHNAME = 2,       /* `pathname`: as the compiler was given it */
    CLEAT_CALLSITE_LINENO = 4,         /* `lineno` */
    CLEAT_CALLSITE_FUNC_NAME = 8,      /* `func_name` */
    CLEAT_CALLSITE_THREAD = 16,        /* `thread`: the kernel's id of the thread */
    CLEAT_CALLSITE_THREAD_NAME = 32,   /* `thread_name` */
    CLEAT_CALLSITE_PROCESS = 64,       /* `process`: the process id */
    CLEAT_CALLSITE_PROCESS_NAME = 128, /* `process_name` */
    CLEAT_CALLSITE_ALL = 255
};

/*
 * Sets where the call stands in the source, and who runs it, in the order of the list above. What is not known
 * (a line that came through a function has no call site) is left out.
 *
 * parameters: a sum of CLEAT_CALLSITE_...
 * Errors:  no parameter, or an unknown one.
 * Example: cleat_add_callsite(CLEAT_CALLSITE_FILENAME | CLEAT_CALLSITE_LINENO)
 */
CLEAT_API cleat_processor *cleat_add_callsite(unsigned parameters);

/*
 * Renames `event`, and may put another field in its place.
 *
 * to:         the new key of the event's text; copied.
 * replace_by: the key of the field that becomes `event` instead, where there is one (a null one only goes); copied;
 *             or NULL.
 * Example:    cleat_event_renamer("message", NULL)
 */
CLEAT_API cleat_processor *cleat_event_renamer(const char *to, const char *replace_by);

/*
 * Turns error values into one string each: "ENOENT: No such file or directory".
 *
 * Example: CLEAT_PROCESSORS(cleat_add_log_level(), cleat_format_errors())
 */
CLEAT_API cleat_processor *cleat_format_errors(void);

/*
 * Adds `stack`, the list of the calling functions, innermost first, to lines of a level or above.
 * Needs backtrace(), which the C library may not have (musl); then the field is not added.
 *
 * level:   lines below it get no stack.
 * Example: cleat_add_backtrace(CLEAT_ERROR)
 */
CLEAT_API cleat_processor *cleat_add_backtrace(int level);

/*
 * Replaces the values of fields whose key matches a pattern, inside objects, lists and lazy values too; not inside
 * foreign ones. A field of which that cannot be done, for want of memory or because it has more than 100,000 parts, is
 * left off and counted.
 *
 * patterns:    count of them; copied. The whole key must match, the letters A to Z in either case: `*` is any run of
 *              characters, `?` one character, [abc], [a-z] and [!abc] one of a set or none of it, and a backslash
 *              takes the meaning from what follows: "*password*", "authorization".
 * replacement: copied; NULL: "[redacted]".
 * Example:     cleat_redact((const char *[]){"*password*", "*token*"}, 2, NULL)
 */
CLEAT_API cleat_processor *cleat_redact(const char *const *patterns, size_t count, const char *replacement);

/*
 * Keeps one event of every `one_in` (deterministically: the first, then each one_in-th). The next event that
 * passes says in `sampled_out` how many were dropped since the one before it that passed.
 *
 * one_in:  1 keeps all.
 * below:   only events below this level are sampled; the others always pass. CLEAT_OFF: all are sampled.
 * Errors:  one_in is 0.
 * Example: cleat_sample(100, CLEAT_WARNING)
 */
CLEAT_API cleat_processor *cleat_sample(unsigned one_in, int below);

/*
 * Lets at most `burst` events through at once and `per_second` in the long run, per call site (a token bucket).
 * The next line of that call site that passes says in `rate_limited` how many were dropped before it. Events that came
 * through a function rather than a macro share one bucket; in a program with more than some 2,000 call sites, so may
 * some of those.
 *
 * per_second: events a second, above 0, at most 1e9.
 * burst:      events, at least 1.
 * Example:    cleat_rate_limit(10, 50)
 */
CLEAT_API cleat_processor *cleat_rate_limit(double per_second, unsigned burst);

/*
 * Sorts the fields by key, bytewise.
 *
 * Example: CLEAT_PROCESSORS(cleat_add_log_level(), cleat_sort_keys())
 */
CLEAT_API cleat_processor *cleat_sort_keys(void);

/*
 * Drops fields by key, exactly as written.
 *
 * keys:    count of them; copied.
 * Example: cleat_drop_keys((const char *[]){"internal_id"}, 1)
 */
CLEAT_API cleat_processor *cleat_drop_keys(const char *const *keys, size_t count);

/*
 * Drops events below a level, at this point of the chain.
 *
 * Example: cleat_filter_by_level(CLEAT_WARNING)
 */
CLEAT_API cleat_processor *cleat_filter_by_level(int level);

/*
 * Catches events for a test: keeps each event that passes, as a list of fields with the level's name as
 * `log_level` at the end, and drops it.
 *
 * Owns:    the configuration takes the reference it is given; take one more to look into it afterwards.
 * Example: cleat_processor *logs = cleat_capture_logs();
 *          cleat_configure(&(cleat_config){CLEAT_PROCESSORS(cleat_processor_ref(logs))});
 *          run(); assert(cleat_captured_count(logs) == 1);
 */
CLEAT_API cleat_processor *cleat_capture_logs(void);

/*
 * How many events capture has caught. 0 for a processor that catches none.
 *
 * Safe:    threads, fork.
 * Example: assert(cleat_captured_count(logs) == 1);
 */
CLEAT_API size_t cleat_captured_count(const cleat_processor *capture);

/*
 * One that capture has caught, oldest first; NULL past the end.
 *
 * index:   from 0.
 * Owns:    the caller releases it with cleat_fields_unref().
 * Safe:    threads, fork.
 * Example: cleat_fields *entry = cleat_captured_entry(logs, 0);
 */
CLEAT_API cleat_fields *cleat_captured_entry(const cleat_processor *capture, size_t index);

/*
 * Forgets what capture has caught.
 *
 * Safe:    threads, fork.
 * Example: cleat_captured_clear(logs);
 */
CLEAT_API void cleat_captured_clear(cleat_processor *capture);

CLEAT_END_DECLS

#endif
