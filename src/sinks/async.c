#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <cleat/level.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/report.h"
#include "base/tls.h"
#include "sinks/line_queue.h"
#include "sinks/sink.h"

#define DEFAULT_QUEUE ((size_t)1024 * 1024)
#define LARGEST_QUEUE ((size_t)1024 * 1024 * 1024)
#define BATCH ((size_t)32 * 1024) /* copied out under the lock in about a microsecond */
#define NAP (CLEAT__SECOND / 2000)
#define NAPS 20
#define LAST_PATIENCE (10 * CLEAT__SECOND) /* at the end of a sink and of the process */
#define WAKE_AT_LEAST (CLEAT__SECOND)      /* a waiting thread looks again, should a signal handler have forked */

/*
 * To wake the backend thread costs the caller more than all the rest, so it is seldom done: when the backend has
 * run out of lines it naps, and looks again by itself; only when it has found nothing for NAPS naps does it sleep
 * until it is woken.
 */
enum backend_state {
    BACKEND_ABSENT,
    BACKEND_IMPOSSIBLE,
    BACKEND_AWAKE,
    BACKEND_NAPPING,
    BACKEND_SLEEPING
};

/* The lock of the sink guards all that changes here. */
struct async_sink {
    struct cleat_sink sink;
    cleat_sink *inner;
    enum cleat_overflow overflow;
    size_t limit; /* of bytes in the queue and in the batch together: what a kill may lose */
    struct cleat__line_queue queue;
    char *batch;          /* what the backend is writing, as it was in the queue */
    size_t batch_length;  /* 0: it is writing nothing */
    uint64_t batch_start; /* where in the queue the batch was */

    _Atomic uint64_t dropped;
    uint64_t untold; /* dropped, but the log does not say so yet */
    uint64_t tellings;
    int64_t last_telling;

    pthread_t thread;
    enum backend_state backend;
    bool stopping;        /* the backend ends when the queue is empty */
    bool abandoned;       /* and then frees the sink, for nobody waits for it */
    bool must_join;       /* whoever destroys the sink waits for the end of the backend */
    uint64_t next_ticket; /* of callers that wait for room */
    uint64_t served;
    unsigned in_need_of_news; /* threads that wait for a batch to be written */
    pthread_cond_t work;      /* for the backend: there is something to do */
    pthread_cond_t room;      /* for callers */
    pthread_cond_t news;      /* for those who flush: a batch is written */
};

static const struct cleat__sink_class async_class;
CLEAT__THREAD_LOCAL struct async_sink *own; /* on a backend thread: the sink that it serves */

/* From the exit of the process on, lines are written at once. */
static _Atomic bool exiting;
static _Atomic int64_t exit_deadline;

static bool has_backend(const struct async_sink *self)
{
    return self->backend >= BACKEND_AWAKE;
}

static size_t room(const struct async_sink *self)
{
    size_t used = cleat__line_queue_used(&self->queue) + self->batch_length;
    return used < self->limit ? self->limit - used : 0;
}

/* All that was put before this position has been written, or dropped. */
static uint64_t written_up_to(const struct async_sink *self)
{
    return self->batch_length > 0 ? self->batch_start : self->queue.head;
}

static int64_t sooner(int64_t deadline)
{
    int64_t look_again = cleat__clock_monotonic() + WAKE_AT_LEAST;
    return deadline < look_again ? deadline : look_again;
}

static void wake_backend(struct async_sink *self)
{
    if (self->backend != BACKEND_NAPPING && self->backend != BACKEND_SLEEPING)
        return;
    self->backend = BACKEND_AWAKE;
    pthread_cond_signal(&self->work);
}

static void count_dropped(struct async_sink *self)
{
    atomic_fetch_add_explicit(&self->dropped, 1, memory_order_relaxed);
    self->untold++;
    cleat__count(CLEAT__DROPPED_LINE, 1);
    wake_backend(self);
}

/* ---- the backend thread ---- */

/* Writes the batch in one go: its headers are taken out, and the lines moved together. */
static void write_batch_together(struct async_sink *self, size_t length)
{
    size_t end = 0;
    for (size_t at = 0; at < length;) {
        struct cleat__queued_line header;
        memcpy(&header, self->batch + at, sizeof(header));
        memmove(self->batch + end, self->batch + at + sizeof(header), header.length);
        end += header.length;
        at += cleat__line_queue_need(header.length);
    }
    cleat__sink_pass_lines(self->inner, self->batch, end);
}

/* A callback may fork; then the child has the rest of the batch too, but it is the parent's to write. */
static void write_batch_line_by_line(struct async_sink *self, size_t length)
{
    for (size_t at = 0; at < length && own == self;) {
        struct cleat__queued_line header;
        memcpy(&header, self->batch + at, sizeof(header));
        const char *line = self->batch + at + sizeof(header);
        cleat__sink_pass(self->inner, line, header.length, header.level, header.is_answer);
        at += cleat__line_queue_need(header.length);
    }
}

static void write_batch(struct async_sink *self, size_t length)
{
    if (length == 0)
        return;
    if (self->inner->cls->write_lines != NULL)
        write_batch_together(self, length);
    else
        write_batch_line_by_line(self, length);
}

/* Says in the log that lines were dropped. A callback that logs about that is not heard, or it might never end. */
static void tell(struct async_sink *self, uint64_t count)
{
    struct cleat__buffer line = {0};
    cleat__sink_make_loss_line(&self->sink, count, &line);
    if (line.length > 0 && !line.failed)
        cleat__sink_pass(self->inner, line.data, line.length, CLEAT_WARNING, true);
    cleat__buffer_free(&line);
}

/* While lines are being dropped all the time, that is told once in a second. */
static bool is_time_to_tell(const struct async_sink *self)
{
    if (self->untold == 0)
        return false;
    return cleat__line_queue_used(&self->queue) == 0 || self->in_need_of_news > 0 ||
           cleat__clock_monotonic() - self->last_telling >= CLEAT__SECOND;
}

/* Naps or sleeps until there is work. False when the backend is to end. */
static bool wait_for_work(struct async_sink *self)
{
    for (unsigned naps = 0; cleat__line_queue_used(&self->queue) == 0 && self->untold == 0; naps++) {
        if (self->stopping)
            return false;
        self->backend = naps < NAPS ? BACKEND_NAPPING : BACKEND_SLEEPING;
        cleat__sink_wait(&self->sink, &self->work, naps < NAPS ? cleat__clock_monotonic() + NAP : INT64_MAX);
        self->backend = BACKEND_AWAKE;
    }
    return true;
}

/* Writes one batch, and what was dropped. Called with the lock, which it gives back meanwhile. */
static void do_work(struct async_sink *self)
{
    self->batch_start = self->queue.head;
    if (cleat__line_queue_used(&self->queue) > 0)
        self->batch_length =
            cleat__line_queue_take(&self->queue, self->batch, BATCH < self->limit ? BATCH : self->limit);
    size_t length = self->batch_length;
    uint64_t lost = is_time_to_tell(self) ? self->untold : 0;
    cleat__sink_unlock(&self->sink);
    /* Where the oldest went, the gap is before what is left. */
    if (lost > 0 && self->overflow == CLEAT_DROP_OLDEST)
        tell(self, lost);
    write_batch(self, length);
    if (lost > 0 && self->overflow != CLEAT_DROP_OLDEST)
        tell(self, lost);
    cleat__sink_lock(&self->sink);
    self->batch_length = 0;
    if (lost > 0) {
        self->untold -= lost;
        self->tellings++;
        self->last_telling = cleat__clock_monotonic();
    }
    if (self->served < self->next_ticket)
        pthread_cond_broadcast(&self->room);
    if (self->in_need_of_news > 0)
        pthread_cond_broadcast(&self->news);
}

static void *run_backend(void *arg)
{
    struct async_sink *self = arg;
    own = self;
#ifdef __linux__
    prctl(PR_SET_NAME, "cleat-async");
#endif
    cleat__sink_lock(&self->sink);
    while (own == self && wait_for_work(self))
        do_work(self);
    bool abandoned = self->abandoned;
    cleat__sink_unlock(&self->sink);
    if (abandoned)
        cleat__sink_destroy(&self->sink);
    return NULL;
}

/* The backend takes no signals: they are for the program's threads. */
static void start_backend(struct async_sink *self)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&self->thread, NULL, run_backend, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    self->backend = error == 0 ? BACKEND_AWAKE : BACKEND_IMPOSSIBLE;
    if (error != 0)
        cleat__report(CLEAT__SINK_ERROR, "no thread for an asynchronous sink (error %d): it writes at once", error);
}

/* ---- callers ---- */

/* The clock of those who wait for ever; at the exit of the process there is an end to that. */
static int64_t end_of_waiting(void)
{
    return atomic_load(&exiting) ? atomic_load(&exit_deadline) : INT64_MAX;
}

/*
 * What a callback logs on a backend thread never waits: two backends whose callbacks log to each other's sinks would
 * wait for ever.
 */
static bool may_wait(void)
{
    return own == NULL || !cleat__sink_is_answer();
}

/* Callers get room in the order in which they came, so that a long line is not overtaken for ever by short ones. */
static bool wait_for_room(struct async_sink *self, size_t need)
{
    if (!may_wait())
        return false;
    uint64_t ticket = self->next_ticket++;
    while ((room(self) < need || ticket > self->served) && cleat__clock_monotonic() < end_of_waiting()) {
        wake_backend(self);
        cleat__sink_wait(&self->sink, &self->room, sooner(end_of_waiting()));
    }
    self->served++;
    if (self->served < self->next_ticket)
        pthread_cond_broadcast(&self->room);
    return room(self) >= need;
}

static bool make_room(struct async_sink *self, size_t need)
{
    if (self->overflow == CLEAT_BLOCK)
        return wait_for_room(self, need);
    while (self->overflow == CLEAT_DROP_OLDEST && room(self) < need && cleat__line_queue_used(&self->queue) > 0) {
        cleat__line_queue_drop(&self->queue);
        count_dropped(self);
    }
    return room(self) >= need;
}

static int write_at_once(struct async_sink *self, const char *line, size_t length, int level)
{
    cleat__sink_pass(self->inner, line, length, level, cleat__sink_is_answer());
    return 0;
}

/* Waits until all that is in the queue now has been written. */
static bool wait_until_written(struct async_sink *self, int64_t deadline)
{
    uint64_t target = self->queue.tail;
    self->in_need_of_news++;
    while (written_up_to(self) < target && may_wait() && cleat__clock_monotonic() < deadline) {
        wake_backend(self);
        cleat__sink_wait(&self->sink, &self->news, sooner(deadline));
    }
    self->in_need_of_news--;
    return written_up_to(self) >= target;
}

/*
 * A line that is longer than the whole queue: a caller who is ready to wait waits until all before it is written,
 * and writes it; the others drop it.
 */
static int write_oversized(struct async_sink *self, const char *line, size_t length, int level)
{
    if (self->overflow == CLEAT_BLOCK && wait_until_written(self, end_of_waiting()))
        return write_at_once(self, line, length, level);
    count_dropped(self);
    return 0;
}

/* What is not the everyday case. True when the line has been dealt with. */
static bool is_dealt_with(struct async_sink *self, const char *line, size_t length, int level)
{
    if (self->backend == BACKEND_ABSENT && !atomic_load(&exiting))
        start_backend(self);
    bool at_once =
        self->backend == BACKEND_IMPOSSIBLE || (atomic_load(&exiting) && wait_until_written(self, end_of_waiting()));
    if (at_once)
        write_at_once(self, line, length, level);
    return at_once;
}

static int async_write(cleat_sink *sink, const char *line, size_t length, int level)
{
    struct async_sink *self = (struct async_sink *)sink;
    size_t need = cleat__line_queue_need(length);
    bool is_everyday = has_backend(self) && !atomic_load_explicit(&exiting, memory_order_relaxed);
    if (!is_everyday && is_dealt_with(self, line, length, level))
        return 0;
    if (need > self->limit)
        return write_oversized(self, line, length, level);
    bool has_room = room(self) >= need && self->served >= self->next_ticket;
    if (!has_room && !make_room(self, need)) {
        count_dropped(self);
        return 0;
    }
    struct cleat__queued_line header = {
        .length = (uint32_t)length,
        .level = (int16_t)level,
        .is_answer = cleat__sink_is_answer(),
    };
    cleat__line_queue_put(&self->queue, header, line);
    if (self->backend == BACKEND_SLEEPING || (self->backend == BACKEND_NAPPING && room(self) < self->limit / 2))
        wake_backend(self);
    return 0;
}

static int flush_queue(struct async_sink *self, int64_t deadline)
{
    int result = 0;
    cleat__sink_lock(&self->sink);
    uint64_t target = self->queue.tail;
    uint64_t tellings = self->tellings;
    self->in_need_of_news++;
    while (written_up_to(self) < target || (self->untold > 0 && self->tellings < tellings + 2)) {
        if (!has_backend(self))
            break;
        if (cleat__clock_monotonic() >= deadline) {
            result = -ETIMEDOUT;
            break;
        }
        wake_backend(self);
        cleat__sink_wait(&self->sink, &self->news, sooner(deadline));
    }
    self->in_need_of_news--;
    cleat__sink_unlock(&self->sink);
    return result;
}

static int async_flush(cleat_sink *sink, int64_t deadline)
{
    struct async_sink *self = (struct async_sink *)sink;
    int error = flush_queue(self, deadline);
    int inner_error = self->inner->cls->flush != NULL ? self->inner->cls->flush(self->inner, deadline) : 0;
    return error != 0 ? error : inner_error;
}

/* ---- begin and end ---- */

static void make_conditions(struct async_sink *self)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&self->work, &monotonic);
    pthread_cond_init(&self->room, &monotonic);
    pthread_cond_init(&self->news, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

/* What waits in the queue is the parent's, and so is the thread. */
static void async_after_fork(cleat_sink *sink)
{
    struct async_sink *self = (struct async_sink *)sink;
    make_conditions(self);
    own = NULL;
    self->backend = BACKEND_ABSENT;
    self->queue.head = self->queue.tail;
    self->batch_length = 0;
    self->untold = 0;
    self->served = self->next_ticket;
    self->in_need_of_news = 0;
    self->stopping = false;
}

static bool async_is_terminal(cleat_sink *sink)
{
    return cleat__sink_is_terminal(((struct async_sink *)sink)->inner);
}

/*
 * The last owner may be inside a sink, perhaps the backend itself, which cannot wait for its own end; or the inner
 * sink may be stuck. Then the backend is left alone with the sink: it writes what it can and frees it.
 */
static bool async_postpone_destroy(cleat_sink *sink)
{
    struct async_sink *self = (struct async_sink *)sink;
    bool written = !cleat__sink_is_inside() && flush_queue(self, cleat__clock_monotonic() + LAST_PATIENCE) == 0;
    bool locked = cleat__sink_lock(sink);
    bool abandon = has_backend(self) && !written;
    self->stopping = true;
    self->abandoned = abandon;
    self->must_join = has_backend(self) && !abandon;
    if (abandon)
        pthread_detach(self->thread);
    wake_backend(self);
    if (locked)
        cleat__sink_unlock(sink);
    return abandon;
}

static void async_destroy(cleat_sink *sink)
{
    struct async_sink *self = (struct async_sink *)sink;
    if (self->must_join)
        pthread_join(self->thread, NULL);
    pthread_cond_destroy(&self->work);
    pthread_cond_destroy(&self->room);
    pthread_cond_destroy(&self->news);
    cleat__line_queue_free(&self->queue);
    cleat__free(self->batch);
    cleat_sink_unref(self->inner);
}

static const struct cleat__sink_class async_class = {
    .name = "asynchronous",
    .quick = true,
    .write = async_write,
    .flush = async_flush,
    .after_fork = async_after_fork,
    .is_terminal = async_is_terminal,
    .postpone_destroy = async_postpone_destroy,
    .destroy = async_destroy,
};

/* Exit handlers that run after this one, and threads that still run, write at once. */
static void finish_all(void)
{
    int64_t deadline = cleat__clock_monotonic() + LAST_PATIENCE;
    atomic_store(&exit_deadline, deadline);
    atomic_store(&exiting, true);
    for (cleat_sink *sink = cleat__sink_next(NULL); sink != NULL; sink = cleat__sink_next(sink))
        if (sink->cls == &async_class && (struct async_sink *)sink != own)
            async_flush(sink, deadline);
}

static void finish_at_exit(void)
{
    atexit(finish_all);
}

static bool is_valid(const cleat_async_options *options)
{
    if (options->overflow > CLEAT_DROP_OLDEST)
        cleat__fail(EINVAL, "overflow is %d, and not one of enum cleat_overflow", (int)options->overflow);
    else if (options->queue_bytes > LARGEST_QUEUE)
        cleat__fail(EINVAL, "queue_bytes is %zu, and not at most %zu", options->queue_bytes, LARGEST_QUEUE);
    else
        return true;
    return false;
}

static struct async_sink *make(cleat_sink *inner, const cleat_async_options *options)
{
    struct async_sink *self = cleat__sink_new(sizeof(*self), &async_class);
    if (self == NULL)
        return NULL;
    self->limit = options->queue_bytes > 0 ? options->queue_bytes : DEFAULT_QUEUE;
    self->overflow = options->overflow;
    self->inner = cleat_sink_ref(inner);
    make_conditions(self);
    self->batch = cleat__alloc(self->limit);
    if (cleat__line_queue_init(&self->queue, self->limit) && self->batch != NULL)
        return self;
    cleat_sink_unref(&self->sink);
    return cleat__fail_null(ENOMEM, "no memory for a queue of %zu bytes", options->queue_bytes);
}

/* Not with the first line: that may come from a signal handler, and pthread_create() calls malloc(). */
static void start_early(struct async_sink *self)
{
    cleat__sink_lock(&self->sink);
    if (self->backend == BACKEND_ABSENT && !atomic_load(&exiting))
        start_backend(self);
    cleat__sink_unlock(&self->sink);
}

cleat_sink *cleat_async_sink(cleat_sink *sink, const cleat_async_options *options)
{
    static pthread_once_t exit_handled = PTHREAD_ONCE_INIT;
    const cleat_async_options defaults = {0};
    if (sink == NULL)
        return cleat__fail_null(EINVAL, "an asynchronous sink needs another sink, not NULL");
    options = options != NULL ? options : &defaults;
    struct async_sink *self = is_valid(options) ? make(sink, options) : NULL;
    cleat_sink_unref(sink);
    if (self == NULL)
        return NULL;
    pthread_once(&exit_handled, finish_at_exit);
    cleat__sink_enter(self);
    start_early(self);
    return &self->sink;
}

uint64_t cleat_async_dropped(const cleat_sink *sink)
{
    if (sink == NULL || sink->cls != &async_class)
        return 0;
    return atomic_load_explicit(&((const struct async_sink *)sink)->dropped, memory_order_relaxed);
}
