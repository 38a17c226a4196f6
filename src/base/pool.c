#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/tls.h"

/*
 * The pool takes pages from the kernel, cuts them into blocks, and keeps the free ones of each size. A spin lock guards
 * them; a thread-local mark tells when the lock is this thread's own, held by the code that a signal interrupted. Then
 * nothing can be taken, which everybody who allocates can bear, and what is given back waits on a lock-free stack.
 */

#ifndef CLEAT_SYSTEM_MALLOC /* then malloc() stands in the place of all this */

#define CHUNK ((size_t)256 * 1024)
#define MAPPED CLEAT__SIZE_CLASSES
#define YIELDS 16
#define NAP INT64_C(50000)                  /* ns, at least */
#define PATIENCE (CLEAT__SECOND / 10 / NAP) /* naps, with a holder that waits for another lock */
#define LAST_RESORT (PATIENCE * 100)        /* with one that may be waiting for a lock of the program's own */

static struct cleat__free_block *batches[CLEAT__SIZE_CLASSES];
static char *chunk_next;
static char *chunk_end;
static atomic_flag lock = ATOMIC_FLAG_INIT;
static _Atomic(struct cleat__free_block *) postponed;
static _Atomic int waiting_holders; /* signal handlers that interrupted the lock's holder, and wait for another lock */
CLEAT__THREAD_LOCAL volatile bool holds_lock;

static bool take_lock(void)
{
    for (int spins = 0; spins < 64; spins++)
        if (!atomic_flag_test_and_set_explicit(&lock, memory_order_acquire))
            return true;
    return false;
}

/*
 * The lock is held for less than a microsecond, as long as its holder runs. It may be off the processor for as long
 * as the system likes, or the whole process stopped; so patience is counted in naps, not by a clock.
 */
static bool wait_for_lock(void)
{
    for (int yields = 0; yields < YIELDS; yields++) {
        sched_yield();
        if (take_lock())
            return true;
    }
    int naps_beside_waiting = 0;
    for (int naps = 0; naps < LAST_RESORT && naps_beside_waiting < PATIENCE; naps++) {
        nanosleep(&(struct timespec){0, NAP}, NULL);
        if (take_lock())
            return true;
        naps_beside_waiting += atomic_load_explicit(&waiting_holders, memory_order_relaxed) > 0;
    }
    return false;
}

/*
 * False where the lock is not to be had: it is this thread's, or that of another one which a signal handler has
 * interrupted, and that handler waits for a sink which this thread is inside of.
 */
static bool lock_pool(void)
{
    if (holds_lock)
        return false;
    holds_lock = true;
    atomic_signal_fence(memory_order_seq_cst);
    bool locked = take_lock() || wait_for_lock();
    holds_lock = locked;
    return locked;
}

static void unlock_pool(void)
{
    atomic_flag_clear_explicit(&lock, memory_order_release);
    atomic_signal_fence(memory_order_seq_cst);
    holds_lock = false;
}

bool cleat__alloc_is_interrupted(void)
{
    return holds_lock;
}

void cleat__alloc_wait_begins(void)
{
    if (holds_lock)
        atomic_fetch_add_explicit(&waiting_holders, 1, memory_order_relaxed);
}

void cleat__alloc_wait_ends(void)
{
    if (holds_lock)
        atomic_fetch_sub_explicit(&waiting_holders, 1, memory_order_relaxed);
}

static size_t class_size(unsigned size_class)
{
    size_t power = CLEAT__SMALLEST_BLOCK << (size_class / 2);
    return size_class % 2 == 0 ? power : power + power / 2;
}

static void *map_pages(size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

static void give_back_locked(struct cleat__free_block *batch)
{
    struct cleat__free_block **place = &batches[cleat__size_class_of(batch)];
    batch->next_batch = *place;
    *place = batch;
}

static void take_in_postponed(void)
{
    if (atomic_load_explicit(&postponed, memory_order_relaxed) == NULL)
        return;
    struct cleat__free_block *batch = atomic_exchange(&postponed, NULL);
    while (batch != NULL) {
        struct cleat__free_block *next = batch->next_batch;
        give_back_locked(batch);
        batch = next;
    }
}

static struct cleat__free_block *cut_from_chunk(unsigned size_class)
{
    size_t size = sizeof(struct cleat__block_header) + class_size(size_class);
    if ((size_t)(chunk_end - chunk_next) < size) {
        char *chunk = map_pages(CHUNK);
        if (chunk == NULL)
            return NULL;
        chunk_next = chunk;
        chunk_end = chunk + CHUNK;
    }
    struct cleat__block_header *header = (struct cleat__block_header *)(void *)chunk_next;
    chunk_next += size;
    header->size_class = size_class;
    struct cleat__free_block *block = (struct cleat__free_block *)(header + 1);
    *block = (struct cleat__free_block){.in_batch = 1};
    return block;
}

struct cleat__free_block *cleat__pool_take_batch(unsigned size_class)
{
    if (!lock_pool())
        return NULL;
    take_in_postponed();
    struct cleat__free_block *batch = batches[size_class];
    if (batch != NULL)
        batches[size_class] = batch->next_batch;
    else
        batch = cut_from_chunk(size_class);
    unlock_pool();
    return batch;
}

void cleat__pool_give_batch(struct cleat__free_block *first, uint32_t in_batch)
{
    first->in_batch = in_batch;
    if (lock_pool()) {
        give_back_locked(first);
        unlock_pool();
        return;
    }
    first->next_batch = atomic_load_explicit(&postponed, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&postponed, &first->next_batch, first))
        continue;
}

static void *take_mapped(size_t size)
{
    size_t whole = (sizeof(struct cleat__block_header) + size + 4095) & ~(size_t)4095;
    if (whole < size)
        return NULL;
    struct cleat__block_header *header = map_pages(whole);
    if (header == NULL)
        return NULL;
    header->size_class = MAPPED;
    header->mapped_size = whole;
    return header + 1;
}

void *cleat__pool_take(size_t size)
{
    if (size > CLEAT__LARGEST_BLOCK)
        return take_mapped(size);
    struct cleat__free_block *batch = cleat__pool_take_batch(cleat__size_class(size));
    if (batch != NULL && batch->in_batch > 1)
        cleat__pool_give_batch(batch->next, batch->in_batch - 1);
    return batch;
}

void cleat__pool_give(void *memory)
{
    if (cleat__size_class_of(memory) == MAPPED) {
        struct cleat__block_header *header = (struct cleat__block_header *)memory - 1;
        munmap(header, header->mapped_size);
        return;
    }
    struct cleat__free_block *block = memory;
    block->next = NULL;
    cleat__pool_give_batch(block, 1);
}

/* fork() copies the lists: they must be whole when it does, and the child must not inherit a held lock. */
CLEAT__THREAD_LOCAL volatile unsigned
    forks; /* signal handlers fork inside of forks, and other threads at the same time */
CLEAT__THREAD_LOCAL volatile unsigned locked_by_fork;

static void before_fork(void)
{
    unsigned depth = ++forks;
    if (lock_pool())
        locked_by_fork = depth;
}

static void after_fork(void)
{
    if (locked_by_fork == forks) {
        locked_by_fork = 0;
        unlock_pool();
    }
    forks--;
}

/* Where the lock was not to be had, its holder is not in the child, and the lists may be in pieces: they begin anew. */
static void after_fork_in_child(void)
{
    if (locked_by_fork != forks && !holds_lock) {
        memset(batches, 0, sizeof(batches));
        chunk_next = chunk_end = NULL;
        atomic_store_explicit(&waiting_holders, 0, memory_order_relaxed);
        atomic_flag_clear_explicit(&lock, memory_order_release);
    }
    after_fork();
}

/* First of all: fork() calls what was registered first last, when nobody who needs memory is waited for any more. */
__attribute__((constructor(101))) static void watch_forks(void)
{
    pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

#endif
