#include "base/alloc.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/clock.h"
#include "base/report.h"
#include "base/tls.h"

int (*cleat__alloc_permission)(size_t size);

/*
 * A log call may run in a signal handler that interrupted malloc(), so malloc() is out of bounds on the way of
 * a line. This pool takes pages from the kernel, cuts them into blocks of a few sizes, and keeps a list of free
 * blocks for each. A spin lock guards the lists; a thread-local mark tells when the lock is this thread's own,
 * held by the code that a signal interrupted. Then an allocation fails, which every caller can bear, and a
 * freed block waits on a lock-free stack.
 */

#ifdef CLEAT_SYSTEM_MALLOC

/* For sanitizers and valgrind, which know malloc() and can then see each block. */
static void *pool_take(size_t size)
{
    return malloc(size);
}

static void pool_give(void *memory)
{
    free(memory);
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

#define SMALLEST ((size_t)32)
#define LARGEST ((size_t)16384)
#define CLASSES 19 /* 32, 48, 64, 96, 128, ... 16384: each power of two, and the half way to the next */
#define CHUNK ((size_t)256 * 1024)
#define MAPPED UINT32_MAX
#define YIELDS 16
#define NAP INT64_C(50000)                  /* ns, at least */
#define PATIENCE (CLEAT__SECOND / 10 / NAP) /* naps, with a holder that waits for another lock */
#define LAST_RESORT (PATIENCE * 100)        /* with one that may be waiting for a lock of the program's own */

/* Stands before each block. While the block is free, its memory holds the link to the next free one. */
struct header {
    uint32_t size_class; /* or MAPPED: the block has pages of its own */
    uint32_t unused;
    size_t mapped_size;
};

struct free_block {
    struct free_block *next;
};

static struct free_block *free_blocks[CLASSES];
static char *chunk_next;
static char *chunk_end;
static atomic_flag lock = ATOMIC_FLAG_INIT;
static _Atomic(struct free_block *) postponed;
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

static unsigned class_of(size_t size)
{
    if (size <= SMALLEST)
        return 0;
    unsigned exponent = 63U - (unsigned)__builtin_clzll(size - 1); /* 2^exponent < size <= 2^(exponent + 1) */
    size_t half = ((size_t)1 << exponent) + ((size_t)1 << (exponent - 1));
    return (exponent - 5) * 2 + (size <= half ? 1 : 2);
}

static size_t class_size(unsigned size_class)
{
    size_t power = SMALLEST << (size_class / 2);
    return size_class % 2 == 0 ? power : power + power / 2;
}

static void *map_pages(size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

static void give_back_locked(struct free_block *block)
{
    unsigned size_class = ((struct header *)(void *)block - 1)->size_class;
    block->next = free_blocks[size_class];
    free_blocks[size_class] = block;
}

static void take_in_postponed(void)
{
    if (atomic_load_explicit(&postponed, memory_order_relaxed) == NULL)
        return;
    struct free_block *block = atomic_exchange(&postponed, NULL);
    while (block != NULL) {
        struct free_block *next = block->next;
        give_back_locked(block);
        block = next;
    }
}

static struct header *cut_from_chunk(unsigned size_class)
{
    size_t size = sizeof(struct header) + class_size(size_class);
    if ((size_t)(chunk_end - chunk_next) < size) {
        char *chunk = map_pages(CHUNK);
        if (chunk == NULL)
            return NULL;
        chunk_next = chunk;
        chunk_end = chunk + CHUNK;
    }
    struct header *header = (struct header *)(void *)chunk_next;
    chunk_next += size;
    header->size_class = size_class;
    return header;
}

static void *take_mapped(size_t size)
{
    size_t whole = (sizeof(struct header) + size + 4095) & ~(size_t)4095;
    if (whole < size)
        return NULL;
    struct header *header = map_pages(whole);
    if (header == NULL)
        return NULL;
    header->size_class = MAPPED;
    header->mapped_size = whole;
    return header + 1;
}

static void *pool_take(size_t size)
{
    if (size > LARGEST)
        return take_mapped(size);
    unsigned size_class = class_of(size);
    if (!lock_pool())
        return NULL;
    take_in_postponed();
    struct free_block *block = free_blocks[size_class];
    void *memory = block;
    if (block != NULL) {
        free_blocks[size_class] = block->next;
    } else {
        struct header *header = cut_from_chunk(size_class);
        memory = header != NULL ? header + 1 : NULL;
    }
    unlock_pool();
    return memory;
}

static void pool_give(void *memory)
{
    struct header *header = (struct header *)memory - 1;
    if (header->size_class == MAPPED) {
        munmap(header, header->mapped_size);
        return;
    }
    struct free_block *block = memory;
    if (lock_pool()) {
        give_back_locked(block);
        unlock_pool();
        return;
    }
    block->next = atomic_load_explicit(&postponed, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&postponed, &block->next, block))
        continue;
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
        memset(free_blocks, 0, sizeof(free_blocks));
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

void *cleat__alloc(size_t size)
{
    void *memory = NULL;
    if (cleat__alloc_permission == NULL || cleat__alloc_permission(size))
        memory = pool_take(size > 0 ? size : 1);
    cleat__count(memory != NULL ? CLEAT__ALLOCATION : CLEAT__ALLOCATION_ERROR, 1);
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
        pool_give(memory);
}
