#include "model/interned_keys.h"

#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "base/tls.h"

#define MOST_KEYS 1024U
#define PLACES 4096U /* open addressing: at most a quarter of them is taken */
#define LONGEST (CLEAT__QUOTED_SIZE - 4)

struct interned {
    cleat_key key;
    char quoted[CLEAT__QUOTED_SIZE];
    char text[LONGEST + 1];
};

/* A key once entered stays: so it can be read without a lock. */
static _Atomic(const struct interned *) table[PLACES];
static _Atomic uint32_t entered;

/* Where this thread found the keys whose texts stood at these addresses. The text there may be another one now. */
#define RECENT 64U
CLEAT__THREAD_LOCAL _Atomic(const struct interned *) recent[RECENT];

static _Atomic(const struct interned *) *recent_place(const char *text)
{
    uintptr_t address = (uintptr_t)text;
    return &recent[(address ^ address >> 6) % RECENT];
}

/* As `"key":`, with zeros behind it. */
static void quote(struct interned *made)
{
    char *end = made->quoted;
    *end++ = '"';
    memcpy(end, made->text, made->key.length);
    memcpy(end + made->key.length, "\":", 2);
    made->key.quoted = made->quoted;
}

static const struct interned *make(const cleat_key *key)
{
    if (atomic_fetch_add_explicit(&entered, 1, memory_order_relaxed) >= MOST_KEYS) {
        atomic_fetch_sub_explicit(&entered, 1, memory_order_relaxed);
        return NULL;
    }
    struct interned *made = cleat__alloc_zero(sizeof(*made));
    if (made == NULL)
        return NULL;
    memcpy(made->text, key->text, key->length);
    made->key = *key;
    made->key.text = made->text;
    made->key.lasting = true;
    quote(made);
    return made;
}

static const struct interned *find_or_enter(const cleat_key *key)
{
    const struct interned *made = NULL;
    for (uint32_t place = key->hash % PLACES;; place = (place + 1) % PLACES) {
        const struct interned *there = atomic_load_explicit(&table[place], memory_order_acquire);
        if (there == NULL && made == NULL)
            made = make(key);
        if (there == NULL && made == NULL)
            return NULL;
        if (there == NULL && atomic_compare_exchange_strong(&table[place], &there, made))
            return made;
        if (cleat__key_equal(&there->key, key)) {
            cleat__free((void *)made); /* another thread was faster */
            return there;
        }
    }
}

const cleat_key *cleat__key_intern(const char *text)
{
    _Atomic(const struct interned *) *place = recent_place(text);
    const struct interned *found = atomic_load_explicit(place, memory_order_relaxed);
    if (found != NULL && strcmp(found->text, text) == 0)
        return &found->key;
    cleat_key key;
    size_t length = strnlen(text, LONGEST + 1);
    if (length > LONGEST)
        return NULL;
    cleat__key_prepare(&key, text, length);
    found = key.plain ? find_or_enter(&key) : NULL;
    if (found == NULL)
        return NULL;
    atomic_store_explicit(place, found, memory_order_relaxed);
    return &found->key;
}

void cleat__key_prepare_interned(cleat_key *key, const char *text, size_t length)
{
    const cleat_key *interned = cleat__key_intern(text);
    if (interned == NULL) {
        cleat__key_prepare(key, text, length);
        return;
    }
    *key = *interned;
    key->lasting = false;
}
