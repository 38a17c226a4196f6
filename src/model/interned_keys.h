/*
 * interned_keys.h - the keys that a program uses over and over, measured, hashed, quoted and kept once and for all,
 * under a number. Lists point to them instead of copying them; who has to remember a key when the program's memory that
 * it stood in may be gone remembers its number.
 */
#ifndef CLEAT_MODEL_INTERNED_KEYS_H
#define CLEAT_MODEL_INTERNED_KEYS_H

#include <stdatomic.h>

#include "model/key.h"

/* By their hash, open addressing: a key's place is its number, less one. Keys are added and never taken out. */
#define CLEAT__KEY_PLACES 4096U
extern _Atomic(const cleat_key *) cleat__interned_keys[CLEAT__KEY_PLACES];

/* The key of a number. */
static inline const cleat_key *cleat__interned_key(uint16_t number)
{
    return atomic_load_explicit(&cleat__interned_keys[number - 1], memory_order_acquire);
}

/*
 * The kept key of a text, or NULL when it is not kept: only short and plain keys are, and no more than a program has in
 * its source (keys that are made from data would go on for ever). Safe in a signal handler.
 */
CLEAT_API const cleat_key *cleat__key_intern(const char *text);

/* Works out a key as cleat__key_prepare() does; of one that is kept, with the number and the kept text. */
void cleat__key_prepare_interned(cleat_key *key, const char *text, size_t length);

#endif
