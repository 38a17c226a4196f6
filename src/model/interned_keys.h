/*
 * interned_keys.h - the keys that a program binds over and over, measured, hashed and kept once and for all. Lists
 * point to them instead of copying them.
 */
#ifndef CLEAT_MODEL_INTERNED_KEYS_H
#define CLEAT_MODEL_INTERNED_KEYS_H

#include "model/key.h"

/*
 * The kept key of a text, or NULL when it is not kept: only short and plain keys are, and no more than a program has in
 * its source (keys that are made from data would go on for ever). Safe in a signal handler.
 */
const cleat_key *cleat__key_intern(const char *text);

/* Works out a key as cleat__key_prepare() does, with the kept text in place of the given one where it is kept. */
void cleat__key_prepare_interned(cleat_key *key, const char *text, size_t length);

#endif
