/*
 * pool.h - the free memory that all threads share: blocks of a few sizes, of which threads take and give whole batches.
 * Usable in a signal handler, which is why it is not malloc().
 */
#ifndef CLEAT_BASE_POOL_H
#define CLEAT_BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

/* The sizes: 32, 48, 64, 96, 128, ... 16384: each power of two, and the half way to the next. */
#define CLEAT__SMALLEST_BLOCK ((size_t)32)
#define CLEAT__LARGEST_BLOCK ((size_t)16384)
#define CLEAT__SIZE_CLASSES 19

/* While a block is free, its memory holds this. The first of a batch stands for all of it. */
struct cleat__free_block {
    struct cleat__free_block *next;
    struct cleat__free_block *next_batch;
    uint32_t in_batch;
};

/* Stands before each block. */
struct cleat__block_header {
    uint32_t size_class; /* CLEAT__SIZE_CLASSES: the block has pages of its own */
    uint32_t unused;
    size_t mapped_size;
};

static inline unsigned cleat__size_class(size_t size)
{
    size_t last = (size > CLEAT__SMALLEST_BLOCK ? size : CLEAT__SMALLEST_BLOCK) - 1;
    unsigned exponent = 63U - (unsigned)__builtin_clzll(last); /* 2^exponent <= last < 2^(exponent + 1) */
    unsigned beyond_half_way = last >> (exponent - 1) & 1;
    return exponent * 2 + beyond_half_way - 9;
}

static inline unsigned cleat__size_class_of(const void *memory)
{
    return ((const struct cleat__block_header *)memory - 1)->size_class;
}

/* A batch of free blocks, or NULL: no memory, or this is a signal handler that interrupted the pool. */
struct cleat__free_block *cleat__pool_take_batch(unsigned size_class);

/* Gives back a batch of so many blocks of one size. */
void cleat__pool_give_batch(struct cleat__free_block *first, uint32_t in_batch);

/* One block, of any size, straight from the pool; the same for giving back. NULL as above. */
void *cleat__pool_take(size_t size);
void cleat__pool_give(void *memory);

#endif
