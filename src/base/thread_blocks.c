#include "base/thread_blocks.h"

#ifndef CLEAT_SYSTEM_MALLOC /* then malloc() stands in the place of all this */

#include <pthread.h>
#include <stdatomic.h>

#include "base/pool.h"
#include "base/tls.h"

/* Blocks of up to 1 KiB are kept, of each size at most two batches, which are some 1.5 KiB each. */
#define KEPT_CLASSES 11
#define BATCH(size_class) (32U >> (size_class) / 2)

/*
 * What a thread keeps of one size. A second batch beside the one in use lets a thread allocate and free around the edge
 * of a batch without going to the pool each time (J. Bonwick, J. Adams, "Magazines and Vmem", USENIX 2001).
 */
struct stock {
    struct cleat__free_block *first;
    uint32_t count;
    struct cleat__free_block *full; /* a whole batch, or NULL */
};

/*
 * They are in a list that only grows: when a thread ends, its blocks go back to the pool, and what held them waits
 * for the next thread.
 */
struct thread_blocks {
    struct thread_blocks *next;
    _Atomic bool taken;
    volatile bool busy;     /* a signal handler that finds this set goes to the pool */
    _Atomic uint64_t count; /* of the blocks that were taken out; its owner alone writes it */
    struct stock stocks[KEPT_CLASSES];
};

static _Atomic(struct thread_blocks *) all;
CLEAT__THREAD_LOCAL _Atomic(struct thread_blocks *) mine;
CLEAT__THREAD_LOCAL volatile bool keeps_none; /* the thread is ending: what its other destructors need is the pool's */

static void begin(struct thread_blocks *own)
{
    own->busy = true;
    atomic_signal_fence(memory_order_seq_cst);
}

static void end(struct thread_blocks *own)
{
    atomic_signal_fence(memory_order_seq_cst);
    own->busy = false;
}

/* -- the end of a thread -- */

static pthread_key_t exit_key;
static bool has_exit_key; /* without one, blocks would be lost with their thread: then it keeps none */

static void empty(struct stock *stock, uint32_t batch)
{
    if (stock->first != NULL)
        cleat__pool_give_batch(stock->first, stock->count);
    if (stock->full != NULL)
        cleat__pool_give_batch(stock->full, batch);
}

static void forget_stocks(struct thread_blocks *blocks)
{
    for (unsigned i = 0; i < KEPT_CLASSES; i++)
        blocks->stocks[i] = (struct stock){NULL, 0, NULL};
    blocks->busy = false;
    atomic_store(&blocks->taken, false);
}

static void leave(void *blocks)
{
    struct thread_blocks *own = blocks;
    keeps_none = true;
    atomic_store_explicit(&mine, NULL, memory_order_relaxed);
    if (!own->busy) /* a thread may end in a signal handler, with its stocks in pieces */
        for (unsigned i = 0; i < KEPT_CLASSES; i++)
            empty(&own->stocks[i], BATCH(i));
    forget_stocks(own);
}

/* In the child of a fork, other threads' stocks may be in pieces too. What was in them is lost to it. */
static void forget_other_threads(void)
{
    const struct thread_blocks *own = atomic_load(&mine);
    for (struct thread_blocks *blocks = atomic_load(&all); blocks != NULL; blocks = blocks->next)
        if (blocks != own)
            forget_stocks(blocks);
}

__attribute__((constructor(103))) static void make_exit_key(void)
{
    has_exit_key = pthread_key_create(&exit_key, leave) == 0;
    pthread_atfork(NULL, NULL, forget_other_threads);
}

/* -- a thread's blocks -- */

static struct thread_blocks *take_left_one(void)
{
    struct thread_blocks *blocks = atomic_load(&all);
    while (blocks != NULL && atomic_exchange(&blocks->taken, true))
        blocks = blocks->next;
    return blocks;
}

static struct thread_blocks *add_one(void)
{
    struct thread_blocks *blocks = cleat__pool_take(sizeof(*blocks));
    if (blocks == NULL)
        return NULL;
    forget_stocks(blocks);
    atomic_store(&blocks->count, 0);
    atomic_store(&blocks->taken, true);
    blocks->next = atomic_load(&all);
    while (!atomic_compare_exchange_weak(&all, &blocks->next, blocks))
        continue;
    return blocks;
}

/* Whether the thread has them now. */
static bool enter(void)
{
    if (!has_exit_key || keeps_none)
        return false;
    struct thread_blocks *blocks = take_left_one();
    if (blocks == NULL)
        blocks = add_one();
    if (blocks == NULL)
        return false;
    struct thread_blocks *none = NULL;
    if (!atomic_compare_exchange_strong(&mine, &none, blocks))
        atomic_store(&blocks->taken, false); /* a signal handler has been here meanwhile */
    else if (pthread_setspecific(exit_key, blocks) != 0)
        leave(blocks);
    return atomic_load_explicit(&mine, memory_order_relaxed) != NULL;
}

static struct thread_blocks *own_blocks(void)
{
    return atomic_load_explicit(&mine, memory_order_relaxed);
}

/* What is not done every day is in functions of its own, which are called last: so the everyday way saves no registers.
 */
#define SELDOM static __attribute__((noinline))

static void *take_out(struct thread_blocks *own, struct stock *stock)
{
    struct cleat__free_block *block = stock->first;
    stock->first = block->next;
    stock->count--;
    atomic_store_explicit(&own->count, atomic_load_explicit(&own->count, memory_order_relaxed) + 1,
                          memory_order_relaxed);
    end(own);
    return block;
}

SELDOM void *refill_and_take_out(struct thread_blocks *own, struct stock *stock, unsigned size_class)
{
    if (stock->full != NULL) {
        *stock = (struct stock){stock->full, BATCH(size_class), NULL};
        return take_out(own, stock);
    }
    stock->first = cleat__pool_take_batch(size_class);
    if (stock->first != NULL) {
        stock->count = stock->first->in_batch;
        return take_out(own, stock);
    }
    end(own);
    return NULL;
}

SELDOM void *enter_and_take(size_t size)
{
    return enter() ? cleat__thread_blocks_take(size) : NULL;
}

void *cleat__thread_blocks_take(size_t size)
{
    unsigned size_class = cleat__size_class(size);
    struct thread_blocks *own = own_blocks();
    if (size_class >= KEPT_CLASSES)
        return NULL;
    if (__builtin_expect(own == NULL, 0))
        return enter_and_take(size);
    if (own->busy)
        return NULL;
    begin(own);
    struct stock *stock = &own->stocks[size_class];
    if (__builtin_expect(stock->first == NULL, 0))
        return refill_and_take_out(own, stock, size_class);
    return take_out(own, stock);
}

static bool put_in(struct thread_blocks *own, struct stock *stock, struct cleat__free_block *block)
{
    block->next = stock->first;
    stock->first = block;
    stock->count++;
    end(own);
    return true;
}

SELDOM bool make_room_and_put_in(struct thread_blocks *own, struct stock *stock, struct cleat__free_block *block)
{
    if (stock->full != NULL)
        cleat__pool_give_batch(stock->full, stock->count);
    *stock = (struct stock){.full = stock->first};
    return put_in(own, stock, block);
}

SELDOM bool enter_and_give(void *memory)
{
    return enter() && cleat__thread_blocks_give(memory);
}

bool cleat__thread_blocks_give(void *memory)
{
    unsigned size_class = cleat__size_class_of(memory);
    struct thread_blocks *own = own_blocks();
    if (size_class >= KEPT_CLASSES)
        return false;
    if (__builtin_expect(own == NULL, 0))
        return enter_and_give(memory);
    if (own->busy)
        return false;
    begin(own);
    struct stock *stock = &own->stocks[size_class];
    if (__builtin_expect(stock->count == BATCH(size_class), 0))
        return make_room_and_put_in(own, stock, memory);
    return put_in(own, stock, memory);
}

uint64_t cleat__thread_blocks_taken(void)
{
    uint64_t sum = 0;
    for (struct thread_blocks *blocks = atomic_load(&all); blocks != NULL; blocks = blocks->next)
        sum += atomic_load_explicit(&blocks->count, memory_order_relaxed);
    return sum;
}

#endif
