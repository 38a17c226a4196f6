/*
 * host.h - a host language that has execution contexts of its own (Python): on threads that run its code, what
 * surrounds a call is asked of it, and what C code binds goes to it. A context that was swapped in is the engine's own
 * on any thread.
 */
#ifndef CLEAT_AMBIENT_HOST_H
#define CLEAT_AMBIENT_HOST_H

#include <cleat/contextvars.h>

/* All but the first and the last are called on threads only for which the first has said true. */
struct cleat__host {
    bool (*is_here)(void);
    /* The fields of the current context, borrowed. Those that were made for this call only are given over in *made. */
    const cleat_fields *(*current)(cleat_fields **made);
    /* As the functions of cleat/contextvars.h; a host's tokens have CLEAT__HOST_TOKENS for their context. */
    int (*bind)(cleat_tokens *tokens, const cleat_field *fields, size_t count);
    void (*unbind)(const char *const *keys, size_t count);
    void (*clear)(void);
    int (*reset)(const cleat_tokens *tokens);
    void (*drop)(const cleat_tokens *tokens); /* after a reset too */
};

#define CLEAT__HOST_TOKENS (UINT64_MAX - 1)

/* Has the host asked from now on; NULL: no longer. It must not go away: other threads may be asking it. */
CLEAT_API void cleat__set_host(const struct cleat__host *host);

/* The host, if it is to be asked on this thread. */
const struct cleat__host *cleat__host_here(void);

/* Drops tokens that a host made, unless it has gone. */
void cleat__drop_host_tokens(const cleat_tokens *tokens);

#endif
