#include "base/signals.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

static const int raised_by_writes[] = {SIGPIPE, SIGXFSZ};

#define COUNT (sizeof(raised_by_writes) / sizeof(raised_by_writes[0]))

void cleat__signals_block(struct cleat__signals *signals)
{
    sigset_t both;
    sigemptyset(&both);
    bool blocked_before = false;
    for (size_t i = 0; i < COUNT; i++)
        sigaddset(&both, raised_by_writes[i]);
    pthread_sigmask(SIG_BLOCK, &both, &signals->mask);
    for (size_t i = 0; i < COUNT; i++)
        blocked_before = blocked_before || sigismember(&signals->mask, raised_by_writes[i]) == 1;
    /* Only a signal that was blocked before can have been pending before. */
    sigemptyset(&signals->pending);
    if (blocked_before)
        sigpending(&signals->pending);
}

static void take_back(const struct cleat__signals *signals, int number)
{
    sigset_t now;
    if (sigismember(&signals->pending, number) == 1 || sigpending(&now) != 0 || sigismember(&now, number) != 1)
        return;
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, number);
    const struct timespec at_once = {0, 0};
    while (sigtimedwait(&only, NULL, &at_once) < 0 && errno == EINTR)
        continue;
}

void cleat__signals_restore(const struct cleat__signals *signals, bool failed)
{
    int saved = errno;
    for (size_t i = 0; failed && i < COUNT; i++)
        take_back(signals, raised_by_writes[i]);
    pthread_sigmask(SIG_SETMASK, &signals->mask, NULL);
    errno = saved;
}
