#include "base/fence.h"

#include <sys/syscall.h>
#include <unistd.h>

/* From linux/membarrier.h, which not every C library's headers come with. */
#define MEMBARRIER_PRIVATE_EXPEDITED 8
#define MEMBARRIER_REGISTER_PRIVATE_EXPEDITED 16

#if defined(__SANITIZE_THREAD__)
#define KNOWS_MEMBARRIER 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KNOWS_MEMBARRIER 0
#endif
#endif
#ifndef KNOWS_MEMBARRIER
#define KNOWS_MEMBARRIER 1
#endif

bool cleat__light_fence;

static int membarrier(int command)
{
#if defined(SYS_membarrier) && KNOWS_MEMBARRIER
    return (int)syscall(SYS_membarrier, command, 0, 0);
#else
    (void)command;
    return -1;
#endif
}

__attribute__((constructor(103))) static void find_out_about_fences(void)
{
    cleat__light_fence = membarrier(MEMBARRIER_REGISTER_PRIVATE_EXPEDITED) == 0;
}

void cleat__fence_all_threads(void)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (cleat__light_fence)
        membarrier(MEMBARRIER_PRIVATE_EXPEDITED);
}
