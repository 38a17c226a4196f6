/* level.h - the table of levels. */
#ifndef CLEAT_MODEL_LEVEL_H
#define CLEAT_MODEL_LEVEL_H

#include <stdatomic.h>

#include <cleat/level.h>
#include <cleat/value.h>

/* A level as events carry it. Made once, never freed. */
struct cleat__level {
    cleat_level looks;
    cleat_value value; /* its name, as the field `level` has it */
};

#define CLEAT__HIGHEST_LEVEL 999

/* Each number leads straight to the record that names it: its own, or that of the next defined level below. */
extern _Atomic(const struct cleat__level *) cleat__levels[CLEAT__HIGHEST_LEVEL + 1];

/* The record of a number, or of the next one below it. Never NULL. Safe in a signal handler. */
static inline const struct cleat__level *cleat__level_of(int number)
{
    if (number < 0)
        number = 0;
    if (number > CLEAT__HIGHEST_LEVEL)
        number = CLEAT__HIGHEST_LEVEL;
    return atomic_load_explicit(&cleat__levels[number], memory_order_acquire);
}

#endif
