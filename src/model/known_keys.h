/*
 * known_keys.h - keys that are kept for ever, under a number: those of call sites and of processors. Who has to
 * remember a key beyond the call, when the program's memory that it is in may be gone, remembers the number.
 */
#ifndef CLEAT_MODEL_KNOWN_KEYS_H
#define CLEAT_MODEL_KNOWN_KEYS_H

#include <stdatomic.h>

#include "model/key.h"

#define CLEAT__MOST_KNOWN_KEYS 4096

extern _Atomic(const cleat_key *) cleat__known_keys[CLEAT__MOST_KNOWN_KEYS];

/* Gives a prepared key its number; 0: there are too many. Safe in a signal handler. */
void cleat__know_key(cleat_key *key);

/* The key of a number. */
static inline const cleat_key *cleat__known_key(uint16_t number)
{
    return atomic_load_explicit(&cleat__known_keys[number - 1], memory_order_acquire);
}

#endif
