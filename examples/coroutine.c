/*
 * coroutine.c - stackful coroutines (ucontext), each in an execution context of its own.
 *
 * Whatever library switches the stacks (libpcl, libco, boost.context, ...), it is the scheduler that knows when: it
 * swaps the context in before it resumes a coroutine, and out when it has yielded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include <cleat.h>

#include "expect.h"

enum {
    COROUTINES = 3,
    STEPS = 4,
    STACK_BYTES = 256 << 10
};

struct coroutine {
    ucontext_t machine; /* stack and registers */
    ucontext_t *caller;
    cleat_context *context;
    char *stack;
    int number;
    bool ended;
};

static struct coroutine *current;

static void yield(void)
{
    struct coroutine *self = current;
    swapcontext(&self->machine, self->caller);
}

/* The scheduler's half: the only place that knows of both kinds of context. */
static void resume(struct coroutine *coroutine)
{
    ucontext_t here;
    coroutine->caller = &here;
    current = coroutine;
    cleat_context *outer = cleat_context_swap(coroutine->context);
    swapcontext(&here, &coroutine->machine);
    cleat_context_swap(outer);
    current = NULL;
}

/* Several calls down, and without a logger. */
static void copy_one_part(int step)
{
    cleat_info(NULL, "part copied", "step", step);
}

/* A block may be left open across a yield: it belongs to the coroutine's context, not to the thread. */
static void copy_file(void)
{
    const int file = 100 * (current->number + 1);
    CLEAT_BOUND_CONTEXTVARS("file", file) {
        for (int step = 0; step < STEPS; step++) {
            copy_one_part(step);
            yield();
        }
    }
    cleat_info(NULL, "file copied");
    current->ended = true;
    yield();
}

static void create(struct coroutine *coroutine, int number)
{
    *coroutine = (struct coroutine){.number = number, .stack = malloc(STACK_BYTES), .context = cleat_copy_context()};
    if (coroutine->stack == NULL || coroutine->context == NULL)
        abort();
    CLEAT_IN_CONTEXT(coroutine->context) {
        cleat_bind_contextvars("coroutine", number);
    }
    getcontext(&coroutine->machine);
    coroutine->machine.uc_stack.ss_sp = coroutine->stack;
    coroutine->machine.uc_stack.ss_size = STACK_BYTES;
    makecontext(&coroutine->machine, copy_file, 0);
}

int main(void)
{
    static struct coroutine coroutines[COROUTINES];
    watch_lines();
    cleat_bind_contextvars("backup", "nightly"); /* The coroutines start with it. */
    for (int i = 0; i < COROUTINES; i++)
        create(&coroutines[i], i);

    for (int running = COROUTINES; running > 0;) {
        for (int i = 0; i < COROUTINES; i++) {
            if (coroutines[i].ended)
                continue;
            resume(&coroutines[i]);
            running -= coroutines[i].ended;
        }
        cleat_info(NULL, "round done");
    }

    for (int i = 0; i < COROUTINES; i++) {
        char piece[96];
        snprintf(piece, sizeof(piece), "\"backup\":\"nightly\",\"coroutine\":%d,\"file\":%d,", i, 100 * (i + 1));
        expect_lines(STEPS, "part copied", piece);
        snprintf(piece, sizeof(piece), "\"backup\":\"nightly\",\"coroutine\":%d,\"level\"", i);
        expect_lines(1, "file copied", piece);
        cleat_context_unref(coroutines[i].context);
        free(coroutines[i].stack);
    }
    expect_lines(STEPS + 1, "round done", "\"backup\":\"nightly\"");
    expect_lines(0, "round done", "\"coroutine\"");
    return expected_all();
}
