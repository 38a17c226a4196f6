/*
 * family.h - what a named or wrapped logger and all that is bound from it have in common: name, level, pipeline.
 */
#ifndef CLEAT_LOGGER_FAMILY_H
#define CLEAT_LOGGER_FAMILY_H

#include "base/owners.h"
#include "logger/pipeline.h"

struct cleat__family {
    int threshold;                              /* what cleat_is_enabled() reads; atomic access only */
    _Atomic int level;                          /* its own */
    _Atomic(struct cleat__pipeline *) pipeline; /* NULL: no configuration has been made yet */
    _Atomic bool defers_calls;                  /* it has a recipe: see deferred_call.h */
    bool follows;                               /* the pipeline is that of cleat_configure(), whatever it is */
    _Atomic bool has_context_class;             /* the pipeline has a thread-local context class */
    char *name;                                 /* NULL: none */
    cleat_fields *name_field;                   /* one field, `logger`; NULL without a name */
    bool lives_for_ever; /* as do the logger of a name, and the default one: then owners are not counted */
    _Atomic unsigned owners;
    struct cleat__family *next; /* in the list of all families */
    struct cleat__family **link;
};

/* The family of the default logger. */
extern struct cleat__family cleat__default_family;

/*
 * A new one, in the list of all. pipeline: its own, of which it takes over a reference; NULL: it follows
 * cleat_configure(). NULL without memory; then the reference is released.
 */
struct cleat__family *cleat__family_new(const char *name, struct cleat__pipeline *pipeline);

/* One like another, with a level of its own. NULL without memory. */
struct cleat__family *cleat__family_with_level(struct cleat__family *family, int level);

void cleat__family_free(struct cleat__family *family);

static inline void cleat__family_ref(struct cleat__family *family)
{
    if (!family->lives_for_ever)
        cleat__add_owner(&family->owners);
}

static inline void cleat__family_unref(struct cleat__family *family)
{
    if (!family->lives_for_ever && cleat__was_last_owner(&family->owners))
        cleat__family_free(family);
}

/* Sets its level. */
void cleat__family_set_level(struct cleat__family *family, int level);

/* The context class of its pipeline with a reference, or NULL. */
cleat_threadlocal_class *cleat__family_context_class(struct cleat__family *family);

/* Whether it may have one, which few have. */
static inline bool cleat__family_has_context_class(const struct cleat__family *family)
{
    return atomic_load_explicit(&family->has_context_class, memory_order_relaxed);
}

/* Makes the default configuration if there is none yet. False when this very thread is just making it, or without
 * memory. */
bool cleat__ensure_configured(void);

#endif
