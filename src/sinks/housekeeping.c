#include "sinks/housekeeping.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/errname.h"
#include "base/error.h"
#include "base/report.h"
#include "sinks/compression.h"
#include "sinks/retention.h"

#define STACK_SIZE ((size_t)512 << 10)

/* How long it waits before it looks around unasked: when some files were in use (longer each time), and otherwise. */
#define SOON CLEAT__SECOND
#define LATER (10 * CLEAT__SECOND)
#define DOUBLINGS 3

/* How long it may go on when the sink is closed. */
#define FINISHING (5 * CLEAT__SECOND)

static void report_failure(const char *what, const char *name, int error)
{
    char message[128];
    cleat__report(CLEAT__SINK_ERROR, "cannot %s %s: %s", what, name,
                  cleat__errno_message(-error, message, sizeof(message)));
}

static bool is_out_of_time(void *arg)
{
    struct cleat__housekeeping *house = arg;
    int64_t stop_at = atomic_load(&house->stop_at);
    return stop_at != INT64_MAX && cleat__clock_monotonic() >= stop_at;
}

static char *write_name(struct cleat__housekeeping *house, int which, const struct cleat__rotated *file,
                        const char *suffix)
{
    char *name = house->names + (size_t)which * house->name_size;
    cleat__rotated_name(name, house->path, file, suffix);
    return name;
}

/* Whether the compressed file was made from this one: then a crash came before this one was removed. */
static bool is_leftover(int fd, const struct stat *compressed)
{
    struct stat status;
    return fstat(fd, &status) == 0 && status.st_mtim.tv_sec == compressed->st_mtim.tv_sec &&
           status.st_mtim.tv_nsec == compressed->st_mtim.tv_nsec;
}

static int compress_claimed(struct cleat__housekeeping *house, const struct cleat__rotated *file, int fd)
{
    struct stat status;
    const char *compressed = write_name(house, 1, file, CLEAT__COMPRESSED_SUFFIX);
    const char *unfinished = write_name(house, 2, file, CLEAT__UNFINISHED_SUFFIX);
    if (lstat(compressed, &status) == 0)
        return is_leftover(fd, &status) ? 0 : -EEXIST;
    return cleat__compress(fd, unfinished, compressed, is_out_of_time, house);
}

/* False when it must be tried again. */
static bool compress_rotated(struct cleat__housekeeping *house, const struct cleat__rotated *file)
{
    const char *name = write_name(house, 0, file, "");
    int fd = cleat__log_file_claim(name);
    int result = fd < 0 ? fd : compress_claimed(house, file, fd);
    if (result == 0 && unlink(name) < 0)
        result = -errno;
    if (fd >= 0)
        close(fd);
    if (result == 0 || result == -ENOENT) /* another process was quicker */
        return true;
    if (result == -EEXIST) /* somebody put another file there; this one stays as it is */
        return true;
    if (result != -EAGAIN && result != -ECANCELED)
        report_failure("compress", name, result);
    return false;
}

/* What a process that was killed while compressing has left, if the file it was made from is gone; otherwise the next
   compression of that one begins it anew. */
static void remove_unfinished(struct cleat__housekeeping *house, const struct cleat__rotated *file)
{
    struct stat status;
    const char *unfinished = write_name(house, 2, file, CLEAT__UNFINISHED_SUFFIX);
    if (lstat(write_name(house, 0, file, ""), &status) < 0 && errno == ENOENT)
        unlink(unfinished);
}

static bool work_on_list(struct cleat__housekeeping *house, struct cleat__rotated_list *list)
{
    bool complete = cleat__retain(list, house->path, house->options, house->names);
    for (size_t i = 0; i < list->count && !is_out_of_time(house); i++) {
        const struct cleat__rotated *file = &list->files[i];
        if (file->unfinished && !file->plain)
            remove_unfinished(house, file);
        if (file->plain && (house->options->compress || file->compressed))
            complete &= compress_rotated(house, file);
        if (atomic_load(&house->rotated))
            break; /* Compressing takes longer than logging: retention must not wait for the whole list. */
    }
    return complete;
}

/* False when there is something left to do. */
static bool tidy(struct cleat__housekeeping *house)
{
    struct cleat__rotated_list list;
    int result = cleat__rotated_list_read(&list, house->path);
    if (result < 0) {
        if (result != -ENOENT) /* a folder that was removed has nothing in it */
            report_failure("look for rotated files of", house->path, result);
        return false;
    }
    bool complete = work_on_list(house, &list);
    cleat__rotated_list_free(&list);
    return complete;
}

static void wait_for_work(struct cleat__housekeeping *house, int64_t delay)
{
    int64_t deadline = cleat__clock_monotonic() + delay;
    while (!house->stopping && !atomic_load(&house->rotated))
        if (cleat__sink_wait(house->sink, &house->condition, deadline) != 0)
            break;
}

/* With the lock. A round that broke off for a new one is none. */
static void end_round(struct cleat__housekeeping *house, uint64_t number)
{
    if (atomic_load(&house->rotated))
        return;
    house->rounds_done = number;
    pthread_cond_broadcast(&house->tidied);
}

static void *keep_house(void *arg)
{
    struct cleat__housekeeping *house = arg;
    int doublings = 0;
    cleat__sink_lock(house->sink);
    while (!house->stopping) {
        bool asked = atomic_exchange(&house->rotated, false);
        uint64_t number = house->rounds_asked;
        cleat__sink_unlock(house->sink);
        bool complete = tidy(house);
        cleat__sink_lock(house->sink);
        end_round(house, number);
        doublings = asked || complete ? 0 : doublings < DOUBLINGS ? doublings + 1 : doublings;
        wait_for_work(house, complete ? LATER : SOON << doublings);
        if (!house->stopping)
            house->look_at_path(house->sink);
    }
    atomic_store(&house->rotated, false);
    cleat__sink_unlock(house->sink);
    tidy(house);
    return NULL;
}

static int start_thread(struct cleat__housekeeping *house)
{
    sigset_t all;
    sigset_t before;
    pthread_attr_t attributes;
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&house->condition, &clock);
    pthread_cond_init(&house->tidied, &clock);
    pthread_condattr_destroy(&clock);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    /* The program's signals are for the program's threads. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(&house->thread, &attributes, keep_house, house);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    house->running = result == 0;
    return -result;
}

int cleat__housekeeping_start(struct cleat__housekeeping *house)
{
    if (house->options->compress && cleat__compression_load() < 0)
        return -ENOTSUP;
    house->name_size = strlen(house->path) + CLEAT__ROTATED_NAME_EXTRA;
    house->names = cleat__alloc(3 * house->name_size);
    if (house->names == NULL)
        return cleat__fail(ENOMEM, "no memory for the names of rotated files");
    atomic_store(&house->stop_at, INT64_MAX);
    atomic_store(&house->rotated, true); /* there may be something left from before */
    if (start_thread(house) == 0)
        return 0;
    cleat__free(house->names);
    house->names = NULL;
    return cleat__fail(EAGAIN, "%s: no thread could be started for its retention and compression", house->path);
}

void cleat__housekeeping_wake(struct cleat__housekeeping *house)
{
    if (!house->running)
        return;
    atomic_store(&house->rotated, true);
    pthread_cond_signal(&house->condition);
}

bool cleat__housekeeping_settle(struct cleat__housekeeping *house, int64_t deadline)
{
    if (!house->running)
        return true;
    cleat__sink_lock(house->sink);
    uint64_t number = ++house->rounds_asked;
    cleat__housekeeping_wake(house);
    while (house->rounds_done < number && !house->stopping)
        if (cleat__sink_wait(house->sink, &house->tidied, deadline) != 0)
            break;
    bool settled = house->rounds_done >= number;
    cleat__sink_unlock(house->sink);
    return settled;
}

void cleat__housekeeping_after_fork(struct cleat__housekeeping *house)
{
    if (!house->running || house->stopping)
        return;
    if (start_thread(house) < 0)
        cleat__report(CLEAT__SINK_ERROR, "no thread for the rotated files of %s could be started after a fork",
                      house->path);
}

void cleat__housekeeping_stop(struct cleat__housekeeping *house)
{
    if (house->running) {
        bool locked = cleat__sink_lock(house->sink);
        house->stopping = true;
        atomic_store(&house->stop_at, cleat__clock_monotonic() + FINISHING);
        pthread_cond_signal(&house->condition);
        if (locked)
            cleat__sink_unlock(house->sink);
        pthread_join(house->thread, NULL);
        pthread_cond_destroy(&house->condition);
        pthread_cond_destroy(&house->tidied);
    }
    cleat__free(house->names);
}
