#include "model/interned_keys.h"

#include <string.h>

#include "base/tls.h"

#define MOST_KEYS (CLEAT__KEY_PLACES / 4)
#define LONGEST (CLEAT__QUOTED_SIZE - 4)

_Atomic(const cleat_key *) cleat__interned_keys[CLEAT__KEY_PLACES];

struct interned {
    cleat_key key;
    char quoted[CLEAT__QUOTED_SIZE];
    char text[LONGEST + 1];
};

/* Where they are: no line takes memory for a key that it is the first to have. */
static struct interned room[MOST_KEYS];
static _Atomic uint32_t used;

/* Where this thread found the keys whose texts stood at these addresses. The text there may be another one now. */
#define RECENT 32U
CLEAT__THREAD_LOCAL _Atomic(const cleat_key *) recent[RECENT];

static _Atomic(const cleat_key *) *recent_place(const char *text)
{
    uintptr_t address = (uintptr_t)text;
    return &recent[(address ^ address >> 6) % RECENT];
}

static struct interned *make(const cleat_key *key)
{
    uint32_t at = atomic_load_explicit(&used, memory_order_relaxed);
    do
        if (at == MOST_KEYS)
            return NULL;
    while (!atomic_compare_exchange_weak(&used, &at, at + 1));
    struct interned *made = &room[at];
    made->key = *key;
    made->key.text = memcpy(made->text, key->text, key->length);
    made->quoted[0] = '"';
    memcpy(made->quoted + 1, key->text, key->length);
    memcpy(made->quoted + 1 + key->length, "\":", 2);
    made->key.quoted = made->quoted;
    return made;
}

/* NULL: there are enough. Where another thread was faster, what was made is left lying. */
static const cleat_key *find_or_enter(const cleat_key *key)
{
    struct interned *made = NULL;
    for (uint32_t place = key->hash % CLEAT__KEY_PLACES;; place = (place + 1) % CLEAT__KEY_PLACES) {
        const cleat_key *there = atomic_load_explicit(&cleat__interned_keys[place], memory_order_acquire);
        if (there == NULL) {
            if (made == NULL && (made = make(key)) == NULL)
                return NULL;
            made->key.number = (uint16_t)(place + 1);
            if (atomic_compare_exchange_strong(&cleat__interned_keys[place], &there, &made->key))
                return &made->key;
        }
        if (cleat__key_equal(there, key))
            return there;
    }
}

const cleat_key *cleat__key_intern(const char *text)
{
    _Atomic(const cleat_key *) *place = recent_place(text);
    const cleat_key *found = atomic_load_explicit(place, memory_order_relaxed);
    if (found != NULL && strcmp(found->text, text) == 0)
        return found;
    cleat_key key;
    size_t length = strnlen(text, LONGEST + 1);
    if (length > LONGEST)
        return NULL;
    cleat__key_prepare(&key, text, length);
    found = key.plain ? find_or_enter(&key) : NULL;
    if (found != NULL)
        atomic_store_explicit(place, found, memory_order_relaxed);
    return found;
}

void cleat__key_prepare_interned(cleat_key *key, const char *text, size_t length)
{
    const cleat_key *interned = cleat__key_intern(text);
    if (interned != NULL)
        *key = *interned;
    else
        cleat__key_prepare(key, text, length);
}
