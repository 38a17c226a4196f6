/* alloc.h - all memory of the library. Usable in a signal handler, which is why it is not malloc(). */
#ifndef CLEAT_BASE_ALLOC_H
#define CLEAT_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cleat/common.h>

/* Memory for any type, or NULL (counted). Never blocks for ever: nested in itself by a signal it gives NULL. */
void *cleat__alloc(size_t size);

/* The same, zeroed. */
void *cleat__alloc_zero(size_t size);

/* A copy of length bytes and a NUL behind them, or NULL. */
char *cleat__copy_text(const char *text, size_t length);

/* Gives memory back; NULL is allowed. */
void cleat__free(void *memory);

/* How many there have been. */
uint64_t cleat__allocations(void);

/* For tests: asked before each allocation; false makes it fail. NULL: never asked. */
CLEAT_API extern int (*cleat__alloc_permission)(size_t size);

/* Whether this is a signal handler that interrupted an allocation: as long as it runs, nobody else can allocate. */
bool cleat__alloc_is_interrupted(void);

/*
 * Stand around a wait for a lock. If this is such a handler, whoever has that lock may be waiting for memory, so
 * those who wait for memory must know that they may have to do without.
 */
void cleat__alloc_wait_begins(void);
void cleat__alloc_wait_ends(void);

#endif
