#include "model/bind_site.h"

#include <stdatomic.h>
#include <string.h>

#include "model/interned_keys.h"

#define PREPARING 1

bool cleat__begin_preparing(int *ready)
{
    int raw = 0;
    return __atomic_compare_exchange_n(ready, &raw, PREPARING, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

void cleat__end_preparing(int *ready)
{
    static _Atomic int numbers;
    __atomic_store_n(ready, CLEAT__FIRST_READY + atomic_fetch_add(&numbers, 1), __ATOMIC_RELEASE);
}

static bool is_among(const cleat_key *keys, unsigned count, const cleat_key *key)
{
    for (unsigned i = 0; i < count; i++)
        if (cleat__key_equal(&keys[i], key))
            return true;
    return false;
}

bool cleat__prepare_keys(cleat_key *keys, unsigned count, struct cleat__mask *mask)
{
    bool distinct = true;
    *mask = (struct cleat__mask){{0}};
    for (unsigned i = 0; i < count; i++) {
        cleat_key *key = &keys[i];
        if (key->text != NULL)
            cleat__key_prepare_interned(key, key->text, strlen(key->text));
        distinct = distinct && key->text != NULL && !is_among(keys, i, key);
        cleat__mask_add(mask, key->hash);
    }
    return distinct;
}

bool cleat__prepare_bind_site(struct cleat__bind_site *site, unsigned count)
{
    struct cleat__mask mask;
    if (!cleat__begin_preparing(&site->ready))
        return false;
    bool known = cleat__prepare_keys(site->keys, count, &mask);
    for (unsigned i = 0; i < count; i++)
        known = known && site->keys[i].number != 0;
    site->known = known;
    memcpy(site->mask, mask.words, sizeof(site->mask));
    cleat__end_preparing(&site->ready);
    return known;
}
