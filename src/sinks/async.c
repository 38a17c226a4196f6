#include "sinks/async.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/report.h"
#include "base/tick_clock.h"

#define DEFAULT_QUEUE ((size_t)1024 * 1024)
#define LARGEST_QUEUE ((size_t)1024 * 1024 * 1024)
#define LAST_PATIENCE (10 * CLEAT__SECOND) /* at the end of a sink and of the process */

static const struct cleat__sink_class async_class;

_Atomic bool cleat__exiting;
static _Atomic int64_t exit_deadline;

static struct cleat__async_sink *async_of(cleat_sink *sink)
{
    return (struct cleat__async_sink *)sink;
}

/* -- the everyday case, without the lock -- */

static bool is_everyday(const struct cleat__async_sink *self)
{
    return cleat__has_backend(self) && !atomic_load_explicit(&cleat__exiting, memory_order_relaxed);
}

void cleat__wake_backend_from(struct cleat__async_sink *self, enum cleat__backend_state state)
{
    bool is_mine = cleat__sink_is_mine(&self->sink);
    if (!is_mine && !cleat__sink_lock_for_line(&self->sink))
        return; /* the next record does it */
    if (cleat__backend_state(self) >= (int)state)
        cleat__wake_backend(self);
    if (!is_mine)
        cleat__sink_unlock(&self->sink);
}

/* Looks how much room there is in a lane. A backend that naps should not do so until a lane is full. */
static void look(struct cleat__async_sink *self, struct cleat__lane *lane)
{
    if (cleat__lane_look(lane) && cleat__backend_state(self) == CLEAT__BACKEND_NAPPING)
        cleat__wake_backend_from(self, CLEAT__BACKEND_NAPPING);
}

static void put_line(struct cleat__lane *lane, const struct cleat__record *record, const char *line)
{
    struct cleat__record *place = cleat__lane_place(lane);
    *place = *record;
    memcpy(place + 1, line, record->length);
    cleat__lane_put(lane, record->size);
}

/* -- lines that become lines later -- */

bool cleat__sink_can_defer(const cleat_sink *sink)
{
    return sink->cls == &async_class;
}

static struct cleat__lane *join(struct cleat__async_sink *self)
{
    if (!cleat__sink_lock_for_line(&self->sink))
        return NULL;
    struct cleat__lane *lane = cleat__lanes_join(&self->lanes);
    cleat__sink_unlock(&self->sink);
    return lane;
}

struct cleat__lane *cleat__lane_to_defer(struct cleat__async_sink *self)
{
    if (!is_everyday(self))
        return NULL;
    struct cleat__lane *lane = cleat__lanes_here(&self->lanes);
    if (lane == NULL)
        lane = join(self);
    if (lane != NULL && cleat__lane_should_look(lane))
        look(self, lane);
    return lane;
}

/* -- callers that need the lock -- */

static void count_dropped(struct cleat__async_sink *self)
{
    atomic_fetch_add_explicit(&self->dropped, 1, memory_order_relaxed);
    self->untold++;
    cleat__count(CLEAT__DROPPED_LINE, 1);
    cleat__wake_backend(self);
}

static int64_t sooner(int64_t deadline)
{
    int64_t look_again = cleat__clock_monotonic() + CLEAT__WAKE_AT_LEAST;
    return deadline < look_again ? deadline : look_again;
}

/* The clock of those who wait for ever; at the exit of the process there is an end to that. */
static int64_t end_of_waiting(void)
{
    return atomic_load(&cleat__exiting) ? atomic_load(&exit_deadline) : INT64_MAX;
}

/*
 * What a callback logs on a backend thread never waits: two backends whose callbacks log to each other's sinks would
 * wait for ever. Nor does a signal handler that keeps the backend from allocating.
 */
static bool may_wait(void)
{
    return !cleat__alloc_is_interrupted() && (cleat__backend_of == NULL || !cleat__sink_is_answer());
}

/* Once it has to wait, it waits until half of the lane is free: to be woken for each line would cost more. */
static bool wait_for_room(struct cleat__async_sink *self, struct cleat__lane *lane, size_t need)
{
    if (!may_wait())
        return false;
    lane->wanted = need > lane->limit / 2 ? need : lane->limit / 2;
    while (cleat__lane_room(lane) < lane->wanted && cleat__clock_monotonic() < end_of_waiting()) {
        cleat__wake_backend(self);
        cleat__sink_wait(&self->sink, &self->room, sooner(end_of_waiting()));
        cleat__lane_look(lane);
    }
    lane->wanted = 0;
    return cleat__lane_room(lane) >= need;
}

/* What the record lets go of may be in use by what is being written; without memory it is never let go. */
static void release_later(struct cleat__async_sink *self, const struct cleat__record *record)
{
    struct cleat__dropped_record *dropped = cleat__alloc(offsetof(struct cleat__dropped_record, record) + record->size);
    if (dropped == NULL)
        return;
    memcpy(&dropped->record, record, record->size);
    dropped->next = self->to_release;
    self->to_release = dropped;
}

static void drop_oldest(struct cleat__async_sink *self, struct cleat__lane *lane)
{
    uint64_t head = cleat__lane_head(lane);
    const struct cleat__record *record = cleat__lane_at(lane, head);
    if (record->releases)
        release_later(self, record);
    cleat__lane_take(lane, head + record->size);
    count_dropped(self);
    cleat__lane_look(lane);
}

static bool make_room(struct cleat__async_sink *self, struct cleat__lane *lane, size_t need)
{
    if (self->overflow == CLEAT_BLOCK)
        return wait_for_room(self, lane, need);
    while (self->overflow == CLEAT_DROP_OLDEST && cleat__lane_room(lane) < need && !cleat__lane_is_empty(lane))
        drop_oldest(self, lane);
    return cleat__lane_room(lane) >= need;
}

static void write_at_once(struct cleat__async_sink *self, const struct cleat__record *record, const char *line)
{
    cleat__sink_pass(self->inner, line, record->length, record->level, cleat__sink_is_answer());
}

static bool is_all_written(const struct cleat__async_sink *self)
{
    return self->batch_length == 0 && cleat__lanes_are_empty(&self->lanes);
}

/* Waits until all that is in the lanes now has been written. */
static bool wait_until_written(struct cleat__async_sink *self, int64_t deadline)
{
    if (is_all_written(self))
        return true;
    uint64_t number = ++self->flushes_asked;
    self->in_need_of_news++;
    while (self->flushes_done < number && may_wait() && cleat__has_backend(self) &&
           cleat__clock_monotonic() < deadline) {
        cleat__wake_backend(self);
        cleat__sink_wait(&self->sink, &self->news, sooner(deadline));
    }
    self->in_need_of_news--;
    return self->flushes_done >= number;
}

/*
 * A line that is longer than the whole queue: a caller who is ready to wait waits until all before it is written,
 * and writes it; the others drop it.
 */
static void write_oversized(struct cleat__async_sink *self, const struct cleat__record *record, const char *line)
{
    if (self->overflow == CLEAT_BLOCK && wait_until_written(self, end_of_waiting()))
        write_at_once(self, record, line);
    else
        count_dropped(self);
}

/* Whether a line is not to wait for the backend. */
static bool goes_at_once(struct cleat__async_sink *self)
{
    if (cleat__backend_state(self) == CLEAT__BACKEND_ABSENT && !atomic_load(&cleat__exiting))
        cleat__start_backend(self);
    return cleat__backend_state(self) == CLEAT__BACKEND_IMPOSSIBLE ||
           (atomic_load(&cleat__exiting) && wait_until_written(self, end_of_waiting()));
}

/* What is not the everyday case. With the lock. */
static void write_with_lock(struct cleat__async_sink *self, const struct cleat__record *record, const char *line)
{
    bool at_once = goes_at_once(self);
    struct cleat__lane *lane = cleat__lanes_here(&self->lanes);
    if (lane == NULL && !at_once)
        lane = cleat__lanes_join(&self->lanes);
    if (at_once || lane == NULL) {
        write_at_once(self, record, line);
        return;
    }
    if (record->size > self->lanes.limit) {
        write_oversized(self, record, line);
        return;
    }
    cleat__lane_look(lane);
    if (cleat__lane_room(lane) < record->size && !make_room(self, lane, record->size)) {
        count_dropped(self);
        return;
    }
    put_line(lane, record, line);
    cleat__has_put(self);
}

static bool has_room(struct cleat__async_sink *self, struct cleat__lane *lane, size_t need)
{
    if (cleat__lane_should_look(lane) || cleat__lane_room(lane) < need)
        look(self, lane);
    return cleat__lane_room(lane) >= need;
}

static struct cleat__record make_record(size_t length, int level)
{
    uint64_t stamp;
    cleat__order_stamp();
    cleat__tick_clock_read(&stamp);
    return (struct cleat__record){
        .size = (uint32_t)cleat__record_size(length),
        .length = (uint32_t)length,
        .stamp = stamp,
        .level = level,
        .is_answer = cleat__sink_is_answer(),
    };
}

/* False, and nothing has happened, where it is not the everyday case. */
static bool put_without_lock(struct cleat__async_sink *self, const struct cleat__record *record, const char *line)
{
    struct cleat__lane *lane = is_everyday(self) ? cleat__lanes_here(&self->lanes) : NULL;
    if (lane == NULL || !has_room(self, lane, record->size))
        return false;
    put_line(lane, record, line);
    cleat__has_put(self);
    return true;
}

bool cleat__sink_offer(cleat_sink *sink, const char *line, size_t length, int level)
{
    if (sink->cls != &async_class || cleat__inside != 0)
        return false;
    cleat__inside_enter();
    const struct cleat__record record = make_record(length, level);
    bool taken = put_without_lock(async_of(sink), &record, line);
    cleat__inside_leave();
    return taken;
}

static int async_write(cleat_sink *sink, const char *line, size_t length, int level)
{
    struct cleat__async_sink *self = async_of(sink);
    const struct cleat__record record = make_record(length, level);
    if (put_without_lock(self, &record, line))
        return 0;
    if (!cleat__sink_lock_for_line(sink)) {
        cleat__sink_lose(sink, 1);
        return 0;
    }
    write_with_lock(self, &record, line);
    cleat__sink_unlock(sink);
    return 0;
}

/* -- flushing -- */

/* Losses are told twice at most: while they are being told, more may be lost. */
static bool wait_until_told(struct cleat__async_sink *self, int64_t deadline)
{
    uint64_t tellings = self->tellings;
    self->in_need_of_news++;
    while (self->untold > 0 && self->tellings < tellings + 2 && cleat__has_backend(self) &&
           cleat__clock_monotonic() < deadline) {
        cleat__wake_backend(self);
        cleat__sink_wait(&self->sink, &self->news, sooner(deadline));
    }
    self->in_need_of_news--;
    return self->untold == 0 || self->tellings >= tellings + 2 || !cleat__has_backend(self);
}

static int flush_lanes(struct cleat__async_sink *self, int64_t deadline)
{
    cleat__sink_lock(&self->sink);
    bool written = wait_until_written(self, deadline) || !cleat__has_backend(self);
    bool told = wait_until_told(self, deadline);
    cleat__sink_unlock(&self->sink);
    return written && told ? 0 : -ETIMEDOUT;
}

static int async_flush(cleat_sink *sink, int64_t deadline)
{
    struct cleat__async_sink *self = async_of(sink);
    int error = flush_lanes(self, deadline);
    if (error != 0) /* then the backend may be stuck inside of that sink, with its lock */
        return error;
    return self->inner->cls->flush != NULL ? self->inner->cls->flush(self->inner, deadline) : 0;
}

/* -- begin and end -- */

static void make_conditions(struct cleat__async_sink *self)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&self->work, &monotonic);
    pthread_cond_init(&self->room, &monotonic);
    pthread_cond_init(&self->news, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void async_after_fork(cleat_sink *sink)
{
    struct cleat__async_sink *self = async_of(sink);
    make_conditions(self);
    cleat__forget_backend(self);
    cleat__lanes_after_fork(&self->lanes);
}

static bool async_is_terminal(cleat_sink *sink)
{
    return cleat__sink_is_terminal(async_of(sink)->inner);
}

static cleat_sink *async_inner(const cleat_sink *sink)
{
    return ((const struct cleat__async_sink *)sink)->inner;
}

/*
 * The last owner may be inside a sink, perhaps the backend itself, which cannot wait for its own end; or the inner
 * sink may be stuck. Then the backend is left alone with the sink: it writes what it can and frees it.
 */
static bool async_postpone_destroy(cleat_sink *sink)
{
    struct cleat__async_sink *self = async_of(sink);
    bool written = !cleat__sink_is_inside() && flush_lanes(self, cleat__clock_monotonic() + LAST_PATIENCE) == 0;
    bool locked = cleat__sink_lock(sink);
    bool abandon = cleat__has_backend(self) && !written;
    self->stopping = true;
    self->abandoned = abandon;
    self->must_join = cleat__has_backend(self) && !abandon;
    if (abandon)
        pthread_detach(self->thread);
    cleat__wake_backend(self);
    if (locked)
        cleat__sink_unlock(sink);
    return abandon;
}

static void async_destroy(cleat_sink *sink)
{
    struct cleat__async_sink *self = async_of(sink);
    if (self->must_join)
        pthread_join(self->thread, NULL);
    pthread_cond_destroy(&self->work);
    pthread_cond_destroy(&self->room);
    pthread_cond_destroy(&self->news);
    cleat__lanes_end(&self->lanes);
    cleat__buffer_free(&self->text);
    cleat__free(self->batch);
    cleat_sink_unref(self->inner);
}

static const struct cleat__sink_class async_class = {
    .name = "asynchronous",
    .locks_itself = true,
    .quick = true,
    .write = async_write,
    .flush = async_flush,
    .after_fork = async_after_fork,
    .is_terminal = async_is_terminal,
    .inner = async_inner,
    .postpone_destroy = async_postpone_destroy,
    .destroy = async_destroy,
};

/* Exit handlers that run after this one, and threads that still run, write at once. */
static void finish_all(void)
{
    int64_t deadline = cleat__clock_monotonic() + LAST_PATIENCE;
    atomic_store(&exit_deadline, deadline);
    atomic_store(&cleat__exiting, true);
    for (cleat_sink *sink = cleat__sink_next(NULL); sink != NULL; sink = cleat__sink_next(sink))
        if (sink->cls == &async_class && async_of(sink) != cleat__backend_of)
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

static struct cleat__async_sink *make(cleat_sink *inner, const cleat_async_options *options)
{
    struct cleat__async_sink *self = cleat__sink_new(sizeof(*self), &async_class);
    if (self == NULL)
        return NULL;
    cleat__lanes_begin(&self->lanes, options->queue_bytes > 0 ? options->queue_bytes : DEFAULT_QUEUE);
    self->overflow = options->overflow;
    self->inner = cleat_sink_ref(inner);
    make_conditions(self);
    self->batch = cleat__alloc(self->lanes.limit);
    if (self->batch != NULL)
        return self;
    cleat_sink_unref(&self->sink);
    return cleat__fail_null(ENOMEM, "no memory for a queue of %zu bytes", options->queue_bytes);
}

/* Not with the first line: that may come from a signal handler, and pthread_create() calls malloc(). */
static void start_early(struct cleat__async_sink *self)
{
    cleat__sink_lock(&self->sink);
    if (cleat__backend_state(self) == CLEAT__BACKEND_ABSENT && !atomic_load(&cleat__exiting))
        cleat__start_backend(self);
    cleat__sink_unlock(&self->sink);
}

cleat_sink *cleat_async_sink(cleat_sink *sink, const cleat_async_options *options)
{
    static pthread_once_t exit_handled = PTHREAD_ONCE_INIT;
    const cleat_async_options defaults = {0};
    if (sink == NULL)
        return cleat__fail_null(EINVAL, "an asynchronous sink needs another sink, not NULL");
    options = options != NULL ? options : &defaults;
    struct cleat__async_sink *self = is_valid(options) ? make(sink, options) : NULL;
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
    return atomic_load_explicit(&((const struct cleat__async_sink *)sink)->dropped, memory_order_relaxed);
}
