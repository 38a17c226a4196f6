/*
 * allocations.c - counts what asks for memory: malloc() and its like stand here before glibc's, and C++'s operator new
 * calls malloc().
 *
 * Each thread counts in a slot of its own, with a plain addition, so that counting does not slow down those who
 * allocate. A slot outlives its thread, and the next thread counts on in it.
 */
#include "internal.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#define SLOTS 256

/* glibc's own, which stay reachable by these names when malloc() is replaced. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

/* What they stand before. Their declarations in stdlib.h have attributes that differ between releases of glibc. */
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
void *memalign(size_t alignment, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
int posix_memalign(void **block, size_t alignment, size_t size);

struct slot {
    _Alignas(64) _Atomic uint64_t count; /* written by its owner alone */
    atomic_bool is_taken;
};

static struct slot slots[SLOTS];
static struct slot without_slot; /* threads beyond SLOTS, and what comes before begin_counting() */
static pthread_key_t key;        /* its destructor is what tells the end of a thread */
static atomic_bool has_key;
static _Thread_local struct slot *own __attribute__((tls_model("initial-exec")));

static void give_back(void *slot)
{
    own = &without_slot;
    atomic_store(&((struct slot *)slot)->is_taken, false);
}

__attribute__((constructor(101))) static void begin_counting(void)
{
    atomic_store(&has_key, pthread_key_create(&key, give_back) == 0);
}

/* pthread_setspecific() may allocate: own is set first, so that this does not come back here. */
static struct slot *take_slot(void)
{
    if (!atomic_load(&has_key))
        return &without_slot;
    for (size_t i = 0; i < SLOTS; i++) {
        if (atomic_exchange(&slots[i].is_taken, true))
            continue;
        own = &slots[i];
        pthread_setspecific(key, own);
        return own;
    }
    return own = &without_slot;
}

static void count_one(void)
{
    struct slot *slot = own != NULL ? own : take_slot();
    if (slot == &without_slot)
        atomic_fetch_add_explicit(&slot->count, 1, memory_order_relaxed);
    else
        atomic_store_explicit(&slot->count, atomic_load_explicit(&slot->count, memory_order_relaxed) + 1,
                              memory_order_relaxed);
}

uint64_t bench_allocations(void)
{
    uint64_t sum = atomic_load_explicit(&without_slot.count, memory_order_relaxed);
    for (size_t i = 0; i < SLOTS; i++)
        sum += atomic_load_explicit(&slots[i].count, memory_order_relaxed);
    return sum;
}

void *malloc(size_t size)
{
    count_one();
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    count_one();
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    count_one();
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size)
{
    count_one();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    void *made = memalign(alignment, size);
    if (made == NULL)
        return ENOMEM;
    *block = made;
    return 0;
}
