#include "ambient/ambient.h"

#include <stdatomic.h>

#include "base/alloc.h"

/* Lists that were released while a line was reading them. */
struct parked {
    struct parked *next;
    cleat_fields *fields;
};

_Thread_local volatile unsigned cleat__lines_under_way CLEAT__TLS_MODEL;
_Thread_local volatile bool cleat__lists_are_parked CLEAT__TLS_MODEL;
/* A signal handler may take or add at any instruction, so it is atomic, though no other thread ever sees it. */
CLEAT__THREAD_LOCAL _Atomic(struct parked *) parked_lists;

void cleat__release_parked(void)
{
    if (cleat__lines_under_way > 0)
        return;
    cleat__lists_are_parked = false;
    struct parked *first = atomic_exchange(&parked_lists, NULL);
    while (first != NULL) {
        struct parked *next = first->next;
        cleat_fields_unref(first->fields);
        cleat__free(first);
        first = next;
    }
}

void cleat__release_fields(cleat_fields *fields)
{
    if (fields == NULL)
        return;
    if (cleat__lines_under_way == 0) {
        cleat_fields_unref(fields);
        return;
    }
    struct parked *parked = cleat__alloc(sizeof(*parked));
    if (parked == NULL)
        return; /* better a leak than a line that reads freed memory */
    *parked = (struct parked){atomic_load_explicit(&parked_lists, memory_order_relaxed), fields};
    while (!atomic_compare_exchange_weak(&parked_lists, &parked->next, parked))
        continue;
    cleat__release_at_thread_exit();
    cleat__lists_are_parked = true;
}

/* -- the end of a thread -- */

static pthread_key_t exit_key;
static bool has_exit_key; /* without one, what a thread still holds at its end is not released */
CLEAT__THREAD_LOCAL bool watched;

static void release_all(void *unused)
{
    (void)unused;
    watched = false;            /* another destructor may bind again: then this one runs again */
    cleat__lines_under_way = 0; /* a thread may end in the middle of a line */
    cleat__release_parked();
    cleat__release_thread_context();
    cleat__release_threadlocal();
    cleat__release_threadlocal_dicts();
}

/* Before main(), so that nobody has to wait for it, not even a signal handler. */
__attribute__((constructor(103))) static void make_exit_key(void)
{
    has_exit_key = pthread_key_create(&exit_key, release_all) == 0;
}

void cleat__release_at_thread_exit(void)
{
    if (watched || !has_exit_key)
        return;
    watched = pthread_setspecific(exit_key, &watched) == 0;
}
