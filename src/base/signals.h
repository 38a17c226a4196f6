/* signals.h - SIGPIPE and SIGXFSZ, which a write may raise, kept from a program that only wanted to log. */
#ifndef CLEAT_BASE_SIGNALS_H
#define CLEAT_BASE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

struct cleat__signals {
    sigset_t mask;    /* of this thread, before */
    sigset_t pending; /* before: those are the program's own */
};

/* Blocks both signals on this thread. */
void cleat__signals_block(struct cleat__signals *signals);

/* Takes back what a write has raised (if it failed, it may have), and restores the mask. Keeps errno. */
void cleat__signals_restore(const struct cleat__signals *signals, bool failed);

#endif
