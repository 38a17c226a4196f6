/*
 * thread_blocks.h - the free blocks that each thread keeps for itself, so that most allocations take no lock and share
 * no memory with other threads.
 */
#ifndef CLEAT_BASE_THREAD_BLOCKS_H
#define CLEAT_BASE_THREAD_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A block out of this thread's own, which may come from the pool first. NULL: it is for the pool to give one. */
void *cleat__thread_blocks_take(size_t size);

/* Puts a block among this thread's own. False: it is for the pool to take it. */
bool cleat__thread_blocks_give(void *memory);

/* How many blocks all threads have taken so. */
uint64_t cleat__thread_blocks_taken(void);

#endif
