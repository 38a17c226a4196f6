#include "logger/logger_record.h"

#include <pthread.h>
#include <string.h>

#include "ambient/ambient.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/fork_locks.h"
#include "base/lock.h"
#include "base/owners.h"
#include "model/fields.h"

struct cleat_logger cleat__default_logger_record = {
    .gate = {&cleat__default_family.threshold},
    .family = &cleat__default_family,
    .owners = 1,
    .lives_for_ever = true,
};

cleat_logger *const cleat__default_logger = &cleat__default_logger_record;

static cleat_logger *or_default(cleat_logger *log)
{
    return log != NULL ? log : &cleat__default_logger_record;
}

/* -- getting -- */

cleat_logger *cleat_get_logger(void)
{
    return &cleat__default_logger_record;
}

static void fill_in(cleat_logger *log, struct cleat__family *family, cleat_fields *bound,
                    struct cleat__patchers *patchers)
{
    *log = (cleat_logger){
        .gate = {&family->threshold}, .family = family, .bound = bound, .patchers = patchers, .owners = 1};
}

/* Takes over the references. */
static cleat_logger *make_logger(struct cleat__family *family, cleat_fields *bound, struct cleat__patchers *patchers)
{
    cleat_logger *log = cleat__alloc(sizeof(*log));
    if (log != NULL)
        fill_in(log, family, bound, patchers);
    return log;
}

struct named {
    struct named *next;
    cleat_logger *log;
};

static struct named *all_named;

static cleat_logger *add_named(const char *name)
{
    struct named *named = cleat__alloc(sizeof(*named));
    struct cleat__family *family = named != NULL ? cleat__family_new(name, NULL) : NULL;
    cleat_logger *log = family != NULL ? make_logger(family, NULL, NULL) : NULL;
    if (log == NULL) {
        if (family != NULL)
            cleat__family_unref(family);
        cleat__free(named);
        return cleat__fail_null(ENOMEM, "no memory for logger \"%s\"", name);
    }
    log->lives_for_ever = true;
    family->lives_for_ever = true;
    *named = (struct named){all_named, log};
    all_named = named;
    return log;
}

static pthread_mutex_t named_lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor(103))) static void watch_forks(void)
{
    cleat__hold_across_forks(&named_lock, CLEAT__FORK_NAMED_LOGGERS);
}

cleat_logger *cleat_get_named_logger(const char *name)
{
    if (name == NULL)
        return cleat_get_logger();
    cleat__lock(&named_lock);
    struct named *named = all_named;
    while (named != NULL && strcmp(named->log->family->name, name) != 0)
        named = named->next;
    cleat_logger *log = named != NULL ? named->log : add_named(name);
    pthread_mutex_unlock(&named_lock);
    return log;
}

cleat_logger *cleat_wrap_logger(const char *name, const cleat_config *config)
{
    struct cleat__pipeline *pipeline = cleat__pipeline_new(config);
    if (pipeline == NULL)
        return NULL;
    struct cleat__family *family = cleat__family_new(name, pipeline);
    cleat_logger *log = family != NULL ? make_logger(family, NULL, NULL) : NULL;
    if (log != NULL)
        return log;
    if (family != NULL)
        cleat__family_unref(family);
    return cleat__fail_null(ENOMEM, "no memory for a logger");
}

/* -- owners -- */

static struct cleat__patchers *ref_patchers(struct cleat__patchers *patchers)
{
    if (patchers != NULL)
        cleat__add_owner(&patchers->owners);
    return patchers;
}

static struct cleat__family *ref_family(struct cleat__family *family)
{
    cleat__family_ref(family);
    return family;
}

static void unref_patchers(struct cleat__patchers *patchers)
{
    if (patchers != NULL && cleat__was_last_owner(&patchers->owners))
        cleat__free(patchers);
}

cleat_logger *cleat_ref(cleat_logger *log)
{
    if (log != NULL && !log->lives_for_ever)
        cleat__add_owner(&log->owners);
    return log;
}

void cleat_unref(cleat_logger *log)
{
    if (log == NULL || log->lives_for_ever || !cleat__was_last_owner(&log->owners))
        return;
    cleat_fields *bound = log->bound;
    unref_patchers(log->patchers);
    cleat__family_unref(log->family);
    if (!log->is_in_list)
        cleat__free(log);
    cleat_fields_unref(bound);
}

/* -- binding -- */

/* A logger as log, but for what is given, whose references are taken over. NULL without memory. */
static cleat_logger *derive(const cleat_logger *log, struct cleat__family *family, cleat_fields *bound,
                            struct cleat__patchers *patchers)
{
    cleat_logger *derived = make_logger(family, bound, patchers);
    if (derived != NULL) {
        derived->detached = log->detached;
        return derived;
    }
    cleat__family_unref(family);
    cleat_fields_unref(bound);
    unref_patchers(patchers);
    return NULL;
}

/* A logger as log, but with other fields, whose reference is taken over; without memory log itself. */
static cleat_logger *with_fields(cleat_logger *log, cleat_fields *bound)
{
    cleat_logger *derived = derive(log, ref_family(log->family), bound, ref_patchers(log->patchers));
    return derived != NULL ? derived : cleat_ref(log);
}

/* A logger as log, but with `bound`, whose reference is taken over, in the room that the list has for its owner. */
static cleat_logger *in_room_of(cleat_fields *bound, const cleat_logger *log)
{
    cleat_logger *derived = cleat__fields_owner_room(bound);
    fill_in(derived, ref_family(log->family), bound, ref_patchers(log->patchers));
    derived->detached = log->detached;
    derived->is_in_list = true;
    return derived;
}

/* The class whose dictionary on this thread is what log carries, with a reference; or NULL. */
static cleat_threadlocal_class *class_of(const cleat_logger *log)
{
    return log->detached || !cleat__family_has_context_class(log->family) ? NULL
                                                                          : cleat__family_context_class(log->family);
}

/* What log carries: its own fields, or those of its class on this thread. Borrowed. cls may be NULL. */
static cleat_fields *fields_of(const cleat_logger *log, const cleat_threadlocal_class *cls)
{
    return cls != NULL ? (cleat_fields *)cleat__threadlocal_class_fields(cls) : log->bound;
}

/* A logger with `fields` (taken over) in place of what log carries; of a thread-local one, log as it is. */
static cleat_logger *replace_fields(cleat_logger *log, const cleat_threadlocal_class *cls, cleat_fields *fields)
{
    if (cls == NULL)
        return with_fields(log, fields);
    cleat__threadlocal_class_set(cls, fields);
    return cleat_ref(log);
}

static cleat_logger *bind_over(cleat_logger *log, const cleat_threadlocal_class *cls, cleat_fields *before,
                               struct cleat__binding *binding)
{
    bool gives_room = cls == NULL && binding->count > 0;
    binding->owner_size = gives_room ? sizeof(cleat_logger) : 0;
    cleat_fields *after = cleat__fields_bind(before, binding);
    if (after == NULL && binding->count > 0) {
        cleat__fail(ENOMEM, "no memory to bind");
        return cleat_ref(log);
    }
    return gives_room ? in_room_of(after, log) : replace_fields(log, cls, after);
}

cleat_logger *cleat__bind_at(cleat_logger *log, struct cleat__bind_site *site, const cleat_field *fields, size_t count)
{
    log = or_default(log);
    cleat_threadlocal_class *cls = class_of(log);
    cleat_logger *bound = bind_over(log, cls, fields_of(log, cls), &(struct cleat__binding){fields, count, site, 0});
    cleat_threadlocal_class_unref(cls);
    return bound;
}

cleat_logger *cleat__new_at(cleat_logger *log, struct cleat__bind_site *site, const cleat_field *fields, size_t count)
{
    log = or_default(log);
    cleat_threadlocal_class *cls = class_of(log);
    cleat_logger *bound = bind_over(log, cls, NULL, &(struct cleat__binding){fields, count, site, 0});
    cleat_threadlocal_class_unref(cls);
    return bound;
}

cleat_logger *cleat_bind_fields(cleat_logger *log, const cleat_field *fields, size_t count)
{
    return cleat__bind_at(log, NULL, fields, count);
}

cleat_logger *cleat_new_fields(cleat_logger *log, const cleat_field *fields, size_t count)
{
    return cleat__new_at(log, NULL, fields, count);
}

static cleat_logger *unbind(cleat_logger *log, const char *const *keys, size_t count, bool all_must_be_there)
{
    cleat_threadlocal_class *cls = class_of(log);
    cleat_fields *before = fields_of(log, cls);
    cleat_fields *after;
    cleat_logger *unbound = NULL;
    const char *missing = NULL;
    for (size_t i = 0; all_must_be_there && i < count && missing == NULL; i++)
        if (keys[i] == NULL || cleat_fields_get(before, keys[i]) == NULL)
            missing = keys[i] != NULL ? keys[i] : "(null)";
    if (missing != NULL)
        cleat__fail(ENOENT, "the logger has no key \"%s\" to unbind; cleat_try_unbind() would not mind", missing);
    else if (cleat__fields_unbind(before, keys, count, &after) == 0)
        unbound = replace_fields(log, cls, after);
    else
        unbound = cleat_ref(log);
    cleat_threadlocal_class_unref(cls);
    return unbound;
}

cleat_logger *cleat_unbind_keys(cleat_logger *log, const char *const *keys, size_t count)
{
    return unbind(or_default(log), keys, count, true);
}

cleat_logger *cleat_try_unbind_keys(cleat_logger *log, const char *const *keys, size_t count)
{
    return unbind(or_default(log), keys, count, false);
}

cleat_logger *cleat_patch(cleat_logger *log, cleat_processor_fn patcher, void *arg)
{
    log = or_default(log);
    if (patcher == NULL) {
        cleat__fail(EINVAL, "the patcher is NULL; give a function that takes the event");
        return cleat_ref(log);
    }
    uint32_t count = log->patchers != NULL ? log->patchers->count : 0;
    struct cleat__patchers *patchers = cleat__alloc(sizeof(*patchers) + (count + 1) * sizeof(patchers->patchers[0]));
    if (patchers == NULL)
        return cleat_ref(log);
    patchers->owners = 1;
    patchers->count = count + 1;
    if (count > 0)
        memcpy(patchers->patchers, log->patchers->patchers, count * sizeof(patchers->patchers[0]));
    patchers->patchers[count] = (struct cleat__patcher){patcher, arg};
    cleat_logger *patched = derive(log, ref_family(log->family), cleat_fields_ref(log->bound), patchers);
    return patched != NULL ? patched : cleat_ref(log);
}

cleat_logger *cleat_with_level(cleat_logger *log, int level)
{
    log = or_default(log);
    struct cleat__family *family = cleat__family_with_level(log->family, level);
    cleat_logger *derived = NULL;
    if (family != NULL)
        derived = derive(log, family, cleat_fields_ref(log->bound), ref_patchers(log->patchers));
    return derived != NULL ? derived : cleat_ref(log);
}

/* -- thread-local contexts -- */

cleat_logger *cleat_as_immutable(cleat_logger *log)
{
    log = or_default(log);
    cleat_logger *immutable = derive(log, ref_family(log->family), cleat_get_context(log), ref_patchers(log->patchers));
    if (immutable == NULL)
        return cleat_ref(log);
    immutable->detached = true;
    return immutable;
}

cleat_tmp_bind cleat__tmp_bind_enter(cleat_logger *log, const cleat_field *fields, size_t count)
{
    log = or_default(log);
    cleat_threadlocal_class *cls = class_of(log);
    cleat_fields *before = cls != NULL ? cleat_get_context(log) : NULL;
    return (cleat_tmp_bind){cleat_bind_fields(log, fields, count), cls, before, false};
}

void cleat__tmp_bind_leave(cleat_tmp_bind *bind)
{
    if (bind->cls != NULL)
        cleat__threadlocal_class_set(bind->cls, bind->before);
    cleat_threadlocal_class_unref(bind->cls);
    cleat_unref(bind->log);
}

/* -- looking -- */

cleat_fields *cleat_get_context(cleat_logger *log)
{
    log = or_default(log);
    cleat_threadlocal_class *cls = class_of(log);
    cleat_fields *fields = cleat_fields_ref(fields_of(log, cls));
    cleat_threadlocal_class_unref(cls);
    return fields;
}

static cleat_fields *merged(const cleat_fields *lower, cleat_logger *log)
{
    cleat_fields *upper = cleat_get_context(log);
    cleat_fields *both = cleat__fields_merge((cleat_fields *)lower, upper);
    cleat_fields_unref(upper);
    return both;
}

cleat_fields *cleat_get_merged_contextvars(cleat_logger *log)
{
    return merged(cleat__current_contextvars(), log);
}

cleat_fields *cleat_get_merged_threadlocal(cleat_logger *log)
{
    return merged(cleat__current_threadlocal(), log);
}

const char *cleat_logger_name(const cleat_logger *log)
{
    return or_default((cleat_logger *)log)->family->name;
}

void cleat_set_level(cleat_logger *log, int level)
{
    cleat__family_set_level(or_default(log)->family, level);
}

int cleat_get_level(const cleat_logger *log)
{
    return atomic_load(&or_default((cleat_logger *)log)->family->level);
}
