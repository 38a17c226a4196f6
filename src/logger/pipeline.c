#include "logger/pipeline.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/owners.h"
#include "base/tls.h"
#include "logger/deferred.h"
#include "logger/loss.h"
#include "logger/recipe.h"
#include "logger/straight.h"
#include "renderers/renderer.h"
#include "sinks/sink.h"

#define DEFAULT_VALUE_BYTES ((size_t)256 * 1024)
#define DEFAULT_LINE_BYTES ((size_t)1024 * 1024)
#define DEFAULT_DEPTH 32
#define SMALLEST_LINE ((size_t)1024)

/* -- the end -- */

static void close_handler(struct cleat__handler *handler)
{
    if (handler->sink != NULL && handler->renderer != NULL)
        cleat__stop_telling_losses(handler->sink, handler->renderer);
    cleat_sink_unref(handler->sink);
    cleat_renderer_unref(handler->renderer);
    cleat__free(handler->name);
}

static void free_pipeline(struct cleat__pipeline *pipeline)
{
    /* A pipeline whose arrays could not be had counts none, which clang's analyzer cannot see. */
    for (size_t i = 0; i < pipeline->n_handlers && pipeline->handlers != NULL; i++)
        close_handler(&pipeline->handlers[i]);
    for (size_t i = 0; i < pipeline->n_processors && pipeline->processors != NULL; i++)
        cleat_processor_unref(pipeline->processors[i]);
    cleat_threadlocal_class_unref(pipeline->context_class);
    cleat__recipe_unref(pipeline->recipe);
    cleat__free(pipeline->fixed_keys);
    cleat__free(pipeline->handlers);
    cleat__free(pipeline->processors);
    cleat__free(pipeline);
}

void cleat__pipeline_ref(struct cleat__pipeline *pipeline)
{
    cleat__add_owner(&pipeline->owners);
}

bool cleat__pipeline_unref_unless_last(struct cleat__pipeline *pipeline)
{
    unsigned owners = atomic_load(&pipeline->owners);
    while (owners > 1)
        if (atomic_compare_exchange_weak(&pipeline->owners, &owners, owners - 1))
            return true;
    return false;
}

void cleat__pipeline_unref(struct cleat__pipeline *pipeline)
{
    if (pipeline != NULL && cleat__was_last_owner(&pipeline->owners))
        free_pipeline(pipeline);
}

/* -- the beginning -- */

static struct cleat__pipeline *allocate(size_t most_processors, size_t most_handlers)
{
    struct cleat__pipeline *pipeline = cleat__alloc_zero(sizeof(*pipeline));
    if (pipeline == NULL)
        return cleat__fail_null(ENOMEM, "no memory for a configuration");
    pipeline->owners = 1;
    pipeline->processors = cleat__alloc_zero((most_processors + 1) * sizeof(cleat_processor *));
    pipeline->handlers = cleat__alloc_zero((most_handlers + 1) * sizeof(struct cleat__handler));
    pipeline->fixed_keys = cleat__alloc_zero((most_processors + 1) * sizeof(cleat_key *));
    if (pipeline->processors != NULL && pipeline->handlers != NULL && pipeline->fixed_keys != NULL)
        return pipeline;
    free_pipeline(pipeline);
    return cleat__fail_null(ENOMEM, "no memory for a configuration");
}

static bool is_name_taken(const struct cleat__pipeline *pipeline, const char *name)
{
    return cleat__pipeline_handler(pipeline, name) != NULL;
}

static char *name_handler(const struct cleat__pipeline *pipeline, const char *wanted)
{
    char numbered[32];
    if (wanted != NULL)
        return cleat__copy_text(wanted, strlen(wanted));
    size_t number = pipeline->n_handlers;
    do
        snprintf(numbered, sizeof(numbered), "handler %zu", number++);
    while (is_name_taken(pipeline, numbered));
    return cleat__copy_text(numbered, strlen(numbered));
}

/* Fills the next place. The parts become the pipeline's in any case. */
static bool place_handler(struct cleat__pipeline *pipeline, const char *name, const cleat_handler *parts,
                          cleat_renderer *renderer)
{
    struct cleat__handler *handler = &pipeline->handlers[pipeline->n_handlers];
    handler->name = name_handler(pipeline, name);
    atomic_store(&handler->level, parts->level);
    handler->filter = parts->filter;
    handler->filter_arg = parts->filter_arg;
    handler->renderer = renderer;
    handler->sink = parts->sink;
    handler->defers = renderer != NULL && cleat__can_defer(parts->sink, renderer);
    pipeline->n_handlers++;
    return handler->name != NULL && renderer != NULL;
}

void cleat__release_handler(const cleat_handler *handler)
{
    cleat_sink_unref(handler->sink);
    cleat_renderer_unref(handler->renderer);
}

static bool refuse_handler(const cleat_handler *handler)
{
    cleat__release_handler(handler);
    return false;
}

static bool add_handler(struct cleat__pipeline *pipeline, const cleat_handler *parts)
{
    size_t number = pipeline->n_handlers;
    if (parts->sink == NULL) {
        if (cleat__last_error() != 0)
            cleat__fail(EINVAL, "handlers[%zu] has no sink; the last failure was: %.160s", number,
                        cleat_error_message());
        else
            cleat__fail(EINVAL, "handlers[%zu] has no sink; give it one, for example cleat_stderr_sink()", number);
        return refuse_handler(parts);
    }
    if (parts->name != NULL && is_name_taken(pipeline, parts->name)) {
        cleat__fail(EEXIST, "handlers[%zu]: the name \"%s\" is in use; each handler needs its own", number,
                    parts->name);
        return refuse_handler(parts);
    }
    cleat_renderer *renderer = parts->renderer != NULL ? parts->renderer : cleat_json_renderer(NULL);
    cleat_renderer *copy = NULL;
    if (renderer != NULL)
        copy = cleat__renderer_for_handler(renderer, &pipeline->limits, cleat__sink_is_terminal(parts->sink));
    cleat_renderer_unref(renderer);
    if (!place_handler(pipeline, parts->name, parts, copy)) {
        cleat__fail(ENOMEM, "no memory for handlers[%zu]", number);
        return false;
    }
    return true;
}

/* Without memory for a recipe its calls just do not wait. */
static void plan(struct cleat__pipeline *pipeline)
{
    const struct cleat__handler *first = &pipeline->handlers[0];
    cleat__plan_straight(pipeline);
    if (pipeline->straight_id != 0 && pipeline->n_handlers == 1 && first->defers && first->filter == NULL)
        pipeline->recipe = cleat__recipe_new(pipeline);
}

/* Once it is complete: one that is refused must not take the telling from the one in force, which may share a sink. */
static void tell_losses(const struct cleat__pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->n_handlers; i++)
        cleat__tell_losses(pipeline->handlers[i].sink, pipeline->handlers[i].renderer);
}

/* Console lines for people who look on, JSON for everything else. */
static bool add_default_handler(struct cleat__pipeline *pipeline)
{
    cleat_sink *sink = cleat_stderr_sink();
    if (sink == NULL)
        sink = cleat_null_sink(); /* stderr is closed: there is nobody to tell */
    bool terminal = sink != NULL && cleat__sink_is_terminal(sink);
    cleat_renderer *renderer = terminal ? cleat_console_renderer(NULL) : cleat_json_renderer(NULL);
    cleat_handler handler = {.name = "default", .renderer = renderer, .sink = sink};
    return add_handler(pipeline, &handler);
}

static bool add_handlers(struct cleat__pipeline *pipeline, const cleat_config *config)
{
    if (config->handlers == NULL)
        return add_default_handler(pipeline);
    bool complete = true;
    for (size_t i = 0; i < config->n_handlers; i++) {
        if (complete)
            complete = add_handler(pipeline, &config->handlers[i]);
        else
            refuse_handler(&config->handlers[i]);
    }
    return complete;
}

static bool add_default_processors(struct cleat__pipeline *pipeline)
{
    pipeline->processors[0] = cleat_merge_contextvars();
    pipeline->processors[1] = cleat_add_log_level();
    pipeline->processors[2] = cleat_timestamper(NULL);
    pipeline->n_processors = 3;
    return pipeline->processors[0] != NULL && pipeline->processors[1] != NULL && pipeline->processors[2] != NULL;
}

static bool add_processors(struct cleat__pipeline *pipeline, const cleat_config *config)
{
    if (config->processors == NULL)
        return add_default_processors(pipeline);
    pipeline->n_processors = config->n_processors;
    size_t missing = config->n_processors;
    for (size_t i = 0; i < config->n_processors; i++) {
        pipeline->processors[i] = config->processors[i];
        if (config->processors[i] == NULL && missing == config->n_processors)
            missing = i;
    }
    if (missing == config->n_processors)
        return true;
    if (cleat__last_error() != 0)
        cleat__fail(EINVAL, "processors[%zu] is NULL; the last failure was: %.160s", missing, cleat_error_message());
    else
        cleat__fail(EINVAL, "processors[%zu] is NULL; leave it out, or see why making it failed", missing);
    return false;
}

static bool set_limits(struct cleat__limits *limits, const cleat_config *config)
{
    limits->max_value_bytes = config->max_value_bytes != 0 ? config->max_value_bytes : DEFAULT_VALUE_BYTES;
    limits->max_line_bytes = config->max_line_bytes != 0 ? config->max_line_bytes : DEFAULT_LINE_BYTES;
    limits->max_depth = config->max_depth != 0 ? config->max_depth : DEFAULT_DEPTH;
    if (limits->max_line_bytes < SMALLEST_LINE)
        return cleat__fail(EINVAL, "max_line_bytes is %zu; it must be 0 (1 MiB) or at least %zu",
                           limits->max_line_bytes, SMALLEST_LINE) == 0;
    if (limits->max_depth > 100)
        return cleat__fail(EINVAL, "max_depth is %u; it must be 0 (32) or at most 100", limits->max_depth) == 0;
    return true;
}

static bool check_arrays(const cleat_config *config)
{
    if (config->processors == NULL && config->n_processors > 0)
        return cleat__fail(EINVAL, "n_processors is %zu but processors is NULL", config->n_processors) == 0;
    if (config->handlers == NULL && config->n_handlers > 0)
        return cleat__fail(EINVAL, "n_handlers is %zu but handlers is NULL", config->n_handlers) == 0;
    if (config->handlers != NULL && config->n_handlers == 0)
        return cleat__fail(EINVAL, "handlers is empty: no line could go anywhere; for that use cleat_null_sink()") == 0;
    return true;
}

static void release_parts(const cleat_config *config)
{
    for (size_t i = 0; config->processors != NULL && i < config->n_processors; i++)
        cleat_processor_unref(config->processors[i]);
    for (size_t i = 0; config->handlers != NULL && i < config->n_handlers; i++)
        refuse_handler(&config->handlers[i]);
    cleat_threadlocal_class_unref(config->context_class);
}

static struct cleat__pipeline *make(const cleat_config *config)
{
    struct cleat__pipeline *pipeline =
        check_arrays(config) ? allocate(config->n_processors + 3, config->n_handlers + 1) : NULL;
    if (pipeline == NULL) {
        release_parts(config);
        return NULL;
    }
    pipeline->level = config->level;
    pipeline->context_class = config->context_class;
    /* All parts are taken over before anything is judged, so that one way of failing releases them. */
    bool limited = set_limits(&pipeline->limits, config);
    bool processed = add_processors(pipeline, config);
    bool handled = limited && processed;
    if (handled)
        handled = add_handlers(pipeline, config);
    else
        for (size_t i = 0; config->handlers != NULL && i < config->n_handlers; i++)
            refuse_handler(&config->handlers[i]);
    if (handled) {
        plan(pipeline);
        tell_losses(pipeline);
        return pipeline;
    }
    free_pipeline(pipeline);
    return NULL;
}

CLEAT__THREAD_LOCAL volatile bool is_making;

bool cleat__pipeline_is_being_made_here(void)
{
    return is_making;
}

struct cleat__pipeline *cleat__pipeline_new(const cleat_config *config)
{
    static const cleat_config defaults;
    bool was_making = is_making; /* what is released on the way may be the user's, and make another one */
    is_making = true;
    struct cleat__pipeline *pipeline = make(config != NULL ? config : &defaults);
    is_making = was_making;
    return pipeline;
}

/* -- variations -- */

/* One to be planned when it is complete. */
static struct cleat__pipeline *copy_but(const struct cleat__pipeline *pipeline, const struct cleat__handler *left_out)
{
    struct cleat__pipeline *copy = allocate(pipeline->n_processors, pipeline->n_handlers + 1);
    if (copy == NULL)
        return NULL;
    copy->level = pipeline->level;
    copy->limits = pipeline->limits;
    copy->context_class = cleat_threadlocal_class_ref(pipeline->context_class);
    for (size_t i = 0; i < pipeline->n_processors; i++)
        copy->processors[copy->n_processors++] = cleat_processor_ref(pipeline->processors[i]);
    bool complete = true;
    for (size_t i = 0; i < pipeline->n_handlers; i++) {
        const struct cleat__handler *handler = &pipeline->handlers[i];
        if (handler == left_out)
            continue;
        cleat_handler parts = {.level = atomic_load(&handler->level),
                               .filter = handler->filter,
                               .filter_arg = handler->filter_arg,
                               .sink = cleat_sink_ref(handler->sink)};
        /* A copy of its own, so that the end of the handler before does not end the telling of losses. */
        cleat_renderer *renderer = cleat__renderer_for_handler(handler->renderer->original, &copy->limits,
                                                               cleat__sink_is_terminal(handler->sink));
        complete = place_handler(copy, handler->name, &parts, renderer) && complete;
    }
    if (complete)
        return copy;
    free_pipeline(copy);
    return cleat__fail_null(ENOMEM, "no memory for a configuration");
}

struct cleat__pipeline *cleat__pipeline_with(const struct cleat__pipeline *pipeline, const cleat_handler *handler)
{
    struct cleat__pipeline *copy = copy_but(pipeline, NULL);
    if (copy == NULL) {
        refuse_handler(handler);
        return NULL;
    }
    if (add_handler(copy, handler)) {
        plan(copy);
        tell_losses(copy);
        return copy;
    }
    free_pipeline(copy);
    return NULL;
}

struct cleat__pipeline *cleat__pipeline_without(const struct cleat__pipeline *pipeline, const char *handler_name)
{
    const struct cleat__handler *handler = cleat__pipeline_handler(pipeline, handler_name);
    if (handler == NULL)
        return cleat__fail_null(ENOENT, "there is no handler \"%s\"", handler_name);
    struct cleat__pipeline *copy = copy_but(pipeline, handler);
    if (copy == NULL)
        return NULL;
    plan(copy);
    tell_losses(copy);
    return copy;
}

struct cleat__handler *cleat__pipeline_handler(const struct cleat__pipeline *pipeline, const char *name)
{
    for (size_t i = 0; i < pipeline->n_handlers; i++)
        if (strcmp(pipeline->handlers[i].name, name) == 0)
            return &pipeline->handlers[i];
    return NULL;
}

int cleat__pipeline_threshold(const struct cleat__pipeline *pipeline)
{
    int lowest = CLEAT_OFF;
    for (size_t i = 0; i < pipeline->n_handlers; i++) {
        int level = atomic_load(&pipeline->handlers[i].level);
        lowest = level < lowest ? level : lowest;
    }
    return pipeline->level > lowest ? pipeline->level : lowest;
}
