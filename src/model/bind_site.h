/* bind_site.h - what a log or bind statement works out once about its keys. */
#ifndef CLEAT_MODEL_BIND_SITE_H
#define CLEAT_MODEL_BIND_SITE_H

#include "base/hash.h"
#include "model/key.h"

/* Works out the keys of a statement, and their mask. Whether all are literals, and none comes twice. */
bool cleat__prepare_keys(cleat_key *keys, unsigned count, struct cleat__mask *mask);

/* The way of a bind statement that has not been worked out yet. */
bool cleat__prepare_bind_site(struct cleat__bind_site *site, unsigned count);

/*
 * A statement is worked out by one thread, once; others go without meanwhile. In its `ready`, which is 0 at first:
 * cleat__begin_preparing() is true for that one thread, which then calls cleat__end_preparing(), from where on it is
 * a number of the statement's own, which is never used twice.
 */
bool cleat__begin_preparing(int *ready);
void cleat__end_preparing(int *ready);

#define CLEAT__FIRST_READY 2

static inline bool cleat__is_prepared(const int *ready)
{
    return __builtin_expect(__atomic_load_n(ready, __ATOMIC_ACQUIRE) >= CLEAT__FIRST_READY, 1);
}

/* Whether the library keeps all keys of a bind statement, and none comes twice. site: NULL for an array of fields. */
static inline bool cleat__keys_are_known(struct cleat__bind_site *site, unsigned count)
{
    if (site == NULL)
        return false;
    return cleat__is_prepared(&site->ready) ? site->known : cleat__prepare_bind_site(site, count);
}

#endif
