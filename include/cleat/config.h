/*
 * config.h - configuration is data: an array of processors, an array of handlers.
 *
 * Without any, cleat does what is useful: context variables merged, `level`, `timestamp` (ISO 8601, UTC,
 * microseconds); console lines when stderr is a terminal, JSON elsewhere, to stderr.
 */
#ifndef CLEAT_CONFIG_H
#define CLEAT_CONFIG_H

#include <cleat/processor.h>
#include <cleat/renderer.h>
#include <cleat/sink.h>
#include <cleat/threadlocal.h>

CLEAT_BEGIN_DECLS

/* Whether a handler takes an event. It sees it as the processors left it. */
typedef bool (*cleat_filter_fn)(const cleat_event *event, void *arg);

/* A level gate, a filter, a renderer and a sink. */
typedef struct cleat_handler {
    const char *name;       /* to change or remove it while running; NULL: "handler 0", "handler 1", ... */
    int level;              /* lines below it are not for this handler; 0: all */
    cleat_filter_fn filter; /* NULL: takes all */
    void *filter_arg;
    cleat_renderer *renderer; /* taken over; NULL: JSON */
    cleat_sink *sink;         /* taken over; never NULL */
} cleat_handler;

/* What is wanted. All zero is the default configuration. */
typedef struct cleat_config {
    cleat_processor *const *processors; /* taken over one by one; NULL: the default chain */
    size_t n_processors;
    const cleat_handler *handlers; /* copied; NULL: the default handler */
    size_t n_handlers;
    int level;                              /* lines below it are not logged at all; 0: all */
    cleat_threadlocal_class *context_class; /* NULL: immutable contexts. Taken over. */
    size_t max_value_bytes;                 /* a longer string is cut and marked; keys are never cut; 0: 256 KiB */
    size_t max_line_bytes;                  /* fields that would make a longer line are left off and counted on it in
                                               `cleat_cut`; 0: 1 MiB; at least 1 KiB */
    unsigned max_depth;                     /* lists and objects nested deeper are cut and marked; 0: 32; at most 100 */
} cleat_config;

/*
 * The members for a chain and for handlers, written in place. C only: in C++ fill in the members.
 *
 * Owns:    the arrays live until the end of the enclosing block; a configure call copies them.
 * Safe:    threads, fork.
 * Example: cleat_configure(&(cleat_config){CLEAT_PROCESSORS(cleat_merge_contextvars()), .level = CLEAT_INFO});
 */
#define CLEAT_PROCESSORS(...)                                                                                          \
    .processors = (cleat_processor *const[]){__VA_ARGS__},                                                             \
    .n_processors = sizeof((cleat_processor *const[]){__VA_ARGS__}) / sizeof(cleat_processor *)
#define CLEAT_HANDLERS(...)                                                                                            \
    .handlers = (const cleat_handler[]){__VA_ARGS__},                                                                  \
    .n_handlers = sizeof((const cleat_handler[]){__VA_ARGS__}) / sizeof(cleat_handler)

/*
 * Takes a configuration for all loggers that have none of their own, those that exist already included.
 * It is taken whole or not at all. Lines that are under way end as they began.
 *
 * config:  copied; NULL: the default. The parts in it are taken over, on failure too.
 * Safe:    threads, fork.
 * Errors:  -EINVAL: a part is wrong, and cleat_error_message() names it; -ENOMEM; -EDEADLK: called by code that
 *          interrupted a change of the configuration on this thread, as a signal handler may.
 * Example: cleat_configure(&(cleat_config){
 *              CLEAT_PROCESSORS(cleat_merge_contextvars(), cleat_add_log_level(), cleat_timestamper(NULL)),
 *              CLEAT_HANDLERS({.renderer = cleat_json_renderer(NULL), .sink = cleat_stdout_sink()}),
 *          });
 */
CLEAT_API int cleat_configure(const cleat_config *config);

/*
 * The same, but only if nobody has configured yet: for libraries and plug-ins.
 *
 * config:  as for cleat_configure(); the parts are taken over, on failure too.
 * Safe:    threads, fork.
 * Errors:  -EALREADY: there is a configuration, and nothing changes; else as cleat_configure().
 * Example: cleat_configure_once(&(cleat_config){.level = CLEAT_WARNING});
 */
CLEAT_API int cleat_configure_once(const cleat_config *config);

/*
 * Whether somebody has configured (a handler added or removed counts) since the start, or since
 * cleat_reset_defaults().
 *
 * Safe:    threads, fork, signals.
 * Example: if (!cleat_is_configured()) cleat_configure(&mine);
 */
CLEAT_API bool cleat_is_configured(void);

/*
 * Back to the default configuration; loggers keep their own levels.
 *
 * Safe:    threads, fork.
 * Errors:  -ENOMEM, -EDEADLK: the configuration in force stays.
 * Example: cleat_reset_defaults();
 */
CLEAT_API int cleat_reset_defaults(void);

/*
 * Adds a handler to the configuration in force.
 *
 * handler: copied; renderer and sink are taken over, on failure too.
 * Safe:    threads, fork.
 * Errors:  -EINVAL: no sink; -EEXIST: the name is in use; -ENOMEM.
 * Example: cleat_add_handler(&(cleat_handler){.name = "audit", .level = CLEAT_WARNING, .sink = file});
 */
CLEAT_API int cleat_add_handler(const cleat_handler *handler);

/*
 * Removes one by its name; its sink is flushed and closed if nobody else uses it.
 *
 * Safe:    threads, fork.
 * Errors:  -ENOENT: no such handler; -ENOMEM, -EDEADLK: it stays.
 * Example: cleat_remove_handler("audit");
 */
CLEAT_API int cleat_remove_handler(const char *name);

/*
 * Changes the level of a handler, by its name, while lines go on.
 *
 * Safe:    threads, fork.
 * Errors:  -ENOENT: no such handler.
 * Example: cleat_set_handler_level("handler 0", CLEAT_DEBUG);
 */
CLEAT_API int cleat_set_handler_level(const char *name, int level);

CLEAT_END_DECLS

#endif
