#include "base/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "base/report.h"
#include "base/thread_blocks.h"

int (*cleat__alloc_permission)(size_t size);

/* Those that no thread counts for itself. */
static _Atomic uint64_t allocations;

#ifdef CLEAT_SYSTEM_MALLOC

/* For sanitizers and valgrind, which know malloc() and can then see each block. */
static void *take(size_t size)
{
    void *memory = malloc(size > 0 ? size : 1);
    atomic_fetch_add_explicit(&allocations, memory != NULL, memory_order_relaxed);
    return memory;
}

static void give(void *memory)
{
    free(memory);
}

uint64_t cleat__allocations(void)
{
    return atomic_load(&allocations);
}

bool cleat__alloc_is_interrupted(void)
{
    return false;
}

void cleat__alloc_wait_begins(void)
{
}

void cleat__alloc_wait_ends(void)
{
}

#else

/*
 * A log call may run in a signal handler that interrupted malloc(), so malloc() is out of bounds on the way of a line:
 * there are the thread's own free blocks, and the pool that they come from.
 */
static void *take(size_t size)
{
    void *memory = cleat__thread_blocks_take(size);
    if (__builtin_expect(memory != NULL, 1))
        return memory;
    memory = cleat__pool_take(size);
    atomic_fetch_add_explicit(&allocations, memory != NULL, memory_order_relaxed);
    return memory;
}

static void give(void *memory)
{
    if (!cleat__thread_blocks_give(memory))
        cleat__pool_give(memory);
}

uint64_t cleat__allocations(void)
{
    return atomic_load(&allocations) + cleat__thread_blocks_taken();
}

#endif

void *cleat__alloc(size_t size)
{
    void *memory = NULL;
    if (cleat__alloc_permission == NULL || cleat__alloc_permission(size))
        memory = take(size);
    if (__builtin_expect(memory == NULL, 0))
        cleat__count(CLEAT__ALLOCATION_ERROR, 1);
    return memory;
}

void *cleat__alloc_zero(size_t size)
{
    void *memory = cleat__alloc(size);
    if (memory != NULL)
        memset(memory, 0, size);
    return memory;
}

char *cleat__copy_text(const char *text, size_t length)
{
    char *copy = cleat__alloc(length + 1);
    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

void cleat__free(void *memory)
{
    if (memory != NULL)
        give(memory);
}
