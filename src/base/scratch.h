/* scratch.h - memory that lives as long as one line: taken piece by piece, given back all at once. */
#ifndef CLEAT_BASE_SCRATCH_H
#define CLEAT_BASE_SCRATCH_H

#include <cleat/value.h>

/* Taken from first, so that an ordinary line allocates nothing. */
#define CLEAT__SCRATCH_INLINE 8192

struct cleat__scratch_block {
    struct cleat__scratch_block *before;
    size_t size;
};

struct cleat_scratch {
    size_t used;                       /* of the block in use */
    size_t size;                       /* of the block in use */
    char *memory;                      /* of the block in use */
    struct cleat__scratch_block *more; /* blocks that the line needed beyond the first */
    _Alignas(max_align_t) char first[CLEAT__SCRATCH_INLINE];
};

/* Makes it empty; call it once before first use. */
void cleat__scratch_init(cleat_scratch *scratch);

/* Gives back what the line needed beyond the first block. */
void cleat__scratch_free_blocks(cleat_scratch *scratch);

/* Empties it after a line. */
static inline void cleat__scratch_reset(cleat_scratch *scratch)
{
    scratch->used = 0;
    if (__builtin_expect(scratch->more != NULL, 0))
        cleat__scratch_free_blocks(scratch);
}

/* The way of memory that does not fit into what is there. */
void *cleat__scratch_alloc_more(cleat_scratch *scratch, size_t size);

/* Memory aligned for any type, or NULL. */
static inline void *cleat__scratch_alloc(cleat_scratch *scratch, size_t size)
{
    const size_t alignment = _Alignof(max_align_t);
    size_t whole = (size + alignment - 1) / alignment * alignment;
    if (__builtin_expect(whole < size || scratch->size - scratch->used < whole, 0))
        return cleat__scratch_alloc_more(scratch, size);
    void *memory = scratch->memory + scratch->used;
    scratch->used += whole;
    return memory;
}

/* A copy of length bytes with a NUL behind them, or NULL. */
char *cleat__scratch_copy(cleat_scratch *scratch, const char *text, size_t length);

#endif
