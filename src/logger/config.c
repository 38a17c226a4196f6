#include <pthread.h>
#include <sched.h>
#include <string.h>

#include <cleat/config.h>
#include <cleat/logger.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/fork_locks.h"
#include "base/lock.h"
#include "base/tls.h"
#include "logger/family.h"
#include "logger/handover.h"
#include "logger/workspace.h"
#include "sinks/registry.h"

/*
 * One lock guards what a configuration is made of: the list of families and the pipeline that most of them follow.
 * No line takes it. Nothing of the user's is called under it, so that a sink or processor may configure.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct cleat__family *families;
static struct cleat__pipeline *configured_pipeline;
static _Atomic bool is_configured;
CLEAT__THREAD_LOCAL volatile bool holds_lock; /* for signal handlers, which must not wait for what they interrupted */

static void take_lock(void)
{
    holds_lock = true;
    cleat__lock(&lock);
}

static void give_lock(void)
{
    pthread_mutex_unlock(&lock);
    holds_lock = false;
}

struct cleat__family cleat__default_family = {.follows = true, .lives_for_ever = true, .owners = 1};

/* -- families -- */

static void update_threshold_locked(struct cleat__family *family)
{
    struct cleat__pipeline *pipeline = atomic_load(&family->pipeline);
    int threshold = pipeline != NULL ? cleat__pipeline_threshold(pipeline) : CLEAT_NOTSET;
    int own = atomic_load(&family->level);
    __atomic_store_n(&family->threshold, own > threshold ? own : threshold, __ATOMIC_RELAXED);
}

static void give_pipeline_locked(struct cleat__family *family, struct cleat__pipeline *pipeline)
{
    atomic_store(&family->pipeline, pipeline);
    atomic_store(&family->has_context_class, pipeline != NULL && pipeline->context_class != NULL);
    atomic_store(&family->defers_calls, pipeline != NULL && pipeline->recipe != NULL);
    update_threshold_locked(family);
}

static void enter_locked(struct cleat__family *family)
{
    family->next = families;
    family->link = &families;
    if (families != NULL)
        families->link = &family->next;
    families = family;
}

static struct cleat__family *allocate_family(const char *name)
{
    struct cleat__family *family = cleat__alloc_zero(sizeof(*family));
    if (family == NULL)
        return NULL;
    family->owners = 1;
    if (name == NULL)
        return family;
    cleat_field field = {"logger", cleat_string(name)};
    family->name = cleat__copy_text(name, strlen(name));
    family->name_field = cleat_fields_new(&field, 1);
    if (family->name != NULL && family->name_field != NULL)
        return family;
    cleat__free(family->name);
    cleat_fields_unref(family->name_field);
    cleat__free(family);
    return NULL;
}

struct cleat__family *cleat__family_new(const char *name, struct cleat__pipeline *pipeline)
{
    struct cleat__family *family = allocate_family(name);
    if (family == NULL) {
        cleat__pipeline_unref(pipeline);
        return NULL;
    }
    family->follows = pipeline == NULL;
    take_lock();
    give_pipeline_locked(family, family->follows ? configured_pipeline : pipeline);
    enter_locked(family);
    give_lock();
    return family;
}

struct cleat__family *cleat__family_with_level(struct cleat__family *family, int level)
{
    struct cleat__pipeline *own = family->follows ? NULL : atomic_load(&family->pipeline);
    if (own != NULL)
        cleat__pipeline_ref(own);
    struct cleat__family *derived = cleat__family_new(family->name, own);
    if (derived != NULL)
        cleat__family_set_level(derived, level);
    return derived;
}

void cleat__family_free(struct cleat__family *family)
{
    take_lock();
    *family->link = family->next;
    if (family->next != NULL)
        family->next->link = family->link;
    give_lock();
    if (!family->follows)
        cleat__retire_pipeline(atomic_load(&family->pipeline));
    cleat_fields_unref(family->name_field);
    cleat__free(family->name);
    cleat__free(family);
}

void cleat__family_set_level(struct cleat__family *family, int level)
{
    take_lock();
    atomic_store(&family->level, level);
    update_threshold_locked(family);
    give_lock();
}

cleat_threadlocal_class *cleat__family_context_class(struct cleat__family *family)
{
    take_lock();
    struct cleat__pipeline *pipeline = atomic_load(&family->pipeline);
    cleat_threadlocal_class *cls = pipeline != NULL ? cleat_threadlocal_class_ref(pipeline->context_class) : NULL;
    give_lock();
    return cls;
}

/* -- the configuration that is followed -- */

/* Has everybody follow a pipeline, and returns the one before, to be retired. */
static struct cleat__pipeline *follow_pipeline(struct cleat__pipeline *pipeline, bool by_user)
{
    take_lock();
    struct cleat__pipeline *old = configured_pipeline;
    configured_pipeline = pipeline;
    give_pipeline_locked(&cleat__default_family, pipeline);
    for (struct cleat__family *family = families; family != NULL; family = family->next)
        if (family->follows)
            give_pipeline_locked(family, pipeline);
    atomic_store(&is_configured, by_user);
    give_lock();
    return old;
}

/* Changes go one after the other: threads wait for each other, but a signal handler is not let into a change that it
   interrupted. Pipelines are retired after the change, so that what is released then may configure anew. */
static _Atomic bool changing;
CLEAT__THREAD_LOCAL volatile bool changing_here;

static bool begin_change(void)
{
    if (changing_here)
        return false;
    changing_here = true;
    while (atomic_exchange(&changing, true))
        sched_yield();
    return true;
}

static void end_change(void)
{
    atomic_store(&changing, false);
    changing_here = false;
}

/* A change that another thread was in the middle of will never end in the child. */
static void begin_anew_in_child(void)
{
    cleat__forget_other_threads();
    if (!changing_here)
        atomic_store(&changing, false);
}

__attribute__((constructor(103))) static void watch_forks(void)
{
    cleat__hold_across_forks(&lock, CLEAT__FORK_CONFIGURATION);
    pthread_atfork(NULL, NULL, begin_anew_in_child);
}

/* A signal handler must not wait for the locks that this needs if it interrupted their holder. */
static bool may_make_default(void)
{
    return !holds_lock && !cleat__pipeline_is_being_made_here() && !cleat__registry_is_mine();
}

static int busy(void)
{
    return cleat__fail(EDEADLK, "the configuration is being changed by the code that this call interrupted");
}

/* Begins a change of what is in force, which is the default where nothing is yet. 0, -EDEADLK or -ENOMEM. */
static int begin_variation(void)
{
    if (!may_make_default() || !begin_change())
        return busy();
    if (atomic_load(&cleat__default_family.pipeline) != NULL)
        return 0;
    struct cleat__pipeline *pipeline = cleat__pipeline_new(NULL);
    if (pipeline != NULL) {
        follow_pipeline(pipeline, false);
        return 0;
    }
    end_change();
    return -cleat__last_error();
}

bool cleat__ensure_configured(void)
{
    if (begin_variation() < 0)
        return false;
    end_change();
    return true;
}

/* Ends the change with a pipeline that was made for it, or not, when that is NULL. */
static int finish_change(struct cleat__pipeline *pipeline, bool by_user)
{
    struct cleat__pipeline *old = pipeline != NULL ? follow_pipeline(pipeline, by_user) : NULL;
    end_change();
    cleat__retire_pipeline(old);
    return pipeline != NULL ? 0 : -cleat__last_error();
}

static int change_to(const cleat_config *config, bool by_user, bool once)
{
    struct cleat__pipeline *pipeline = cleat__pipeline_new(config);
    if (pipeline == NULL)
        return -cleat__last_error();
    if (!begin_change()) {
        cleat__pipeline_unref(pipeline);
        return busy();
    }
    if (!once || !cleat_is_configured())
        return finish_change(pipeline, by_user);
    end_change();
    cleat__pipeline_unref(pipeline);
    return cleat__fail(EALREADY, "a configuration is in force already; cleat_configure() would replace it");
}

int cleat_configure(const cleat_config *config)
{
    return change_to(config, true, false);
}

int cleat_configure_once(const cleat_config *config)
{
    return change_to(config, true, true);
}

int cleat_reset_defaults(void)
{
    return change_to(NULL, false, false);
}

bool cleat_is_configured(void)
{
    return atomic_load(&is_configured);
}

int cleat_add_handler(const cleat_handler *handler)
{
    if (handler == NULL)
        return cleat__fail(EINVAL, "the handler to add is NULL");
    int error = begin_variation();
    if (error < 0) {
        cleat__release_handler(handler);
        return error;
    }
    return finish_change(cleat__pipeline_with(configured_pipeline, handler), true);
}

int cleat_remove_handler(const char *name)
{
    if (name == NULL)
        return cleat__fail(EINVAL, "the name of the handler to remove is NULL");
    int error = begin_variation();
    if (error < 0)
        return error;
    return finish_change(cleat__pipeline_without(configured_pipeline, name), true);
}

int cleat_set_handler_level(const char *name, int level)
{
    if (name == NULL)
        return cleat__fail(EINVAL, "the name of the handler is NULL");
    int error = begin_variation(); /* a change copies levels: this one must not fall in between */
    if (error < 0)
        return error;
    take_lock();
    struct cleat__handler *handler = cleat__pipeline_handler(configured_pipeline, name);
    if (handler != NULL) {
        atomic_store(&handler->level, level);
        update_threshold_locked(&cleat__default_family);
        for (struct cleat__family *family = families; family != NULL; family = family->next)
            update_threshold_locked(family);
    }
    give_lock();
    end_change();
    return handler != NULL ? 0 : cleat__fail(ENOENT, "there is no handler \"%s\"", name);
}
