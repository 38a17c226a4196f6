#include "model/known_keys.h"

#include <string.h>

/* By their hash, open addressing: the place is the number, less one. Keys are added and never taken out. */
_Atomic(const cleat_key *) cleat__known_keys[CLEAT__MOST_KNOWN_KEYS];

#define MOST_PROBES 64

/* Where they are, one behind the other: no line takes memory from the kernel for a key that it is the first to have. */
#define ROOM ((size_t)128 * 1024)
static _Alignas(cleat_key) char room[ROOM];
static _Atomic size_t used;

static void *take_room(size_t size)
{
    size_t whole = (size + _Alignof(cleat_key) - 1) / _Alignof(cleat_key) * _Alignof(cleat_key);
    size_t at = atomic_load(&used);
    do
        if (whole > ROOM - at)
            return NULL;
    while (!atomic_compare_exchange_weak(&used, &at, at + whole));
    return room + at;
}

static bool is_same(const cleat_key *known, const cleat_key *key)
{
    return known->hash == key->hash && known->length == key->length && memcmp(known->text, key->text, key->length) == 0;
}

static cleat_key *copy_of(const cleat_key *key, uint16_t number)
{
    cleat_key *copy = take_room(sizeof(*copy) + key->length + 1);
    if (copy == NULL)
        return NULL;
    *copy = *key;
    copy->number = number;
    copy->text = memcpy(copy + 1, key->text, key->length);
    ((char *)(copy + 1))[key->length] = '\0';
    return copy;
}

/* Whether the key is at this place now. */
static bool is_placed(_Atomic(const cleat_key *) *place, const cleat_key *key, uint16_t number)
{
    const cleat_key *known = atomic_load_explicit(place, memory_order_acquire);
    if (known != NULL)
        return is_same(known, key);
    cleat_key *copy = copy_of(key, number);
    if (copy == NULL)
        return false;
    /* Where another thread was first, the copy is left lying. */
    return atomic_compare_exchange_strong(place, &known, copy) || is_same(known, key);
}

void cleat__know_key(cleat_key *key)
{
    key->number = 0;
    for (uint32_t i = 0; i < MOST_PROBES; i++) {
        uint16_t at = (uint16_t)((key->hash + i) % CLEAT__MOST_KNOWN_KEYS);
        if (is_placed(&cleat__known_keys[at], key, (uint16_t)(at + 1))) {
            key->number = (uint16_t)(at + 1);
            return;
        }
    }
}
