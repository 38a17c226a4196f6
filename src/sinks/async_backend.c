#include <signal.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <cleat/level.h>

#include "base/alloc.h"
#include "base/fence.h"
#include "base/report.h"
#include "sinks/async_sink.h"
#include "sinks/delivery.h"

#define BATCH ((size_t)32 * 1024) /* copied out under the lock in a few microseconds */
#define NAP (CLEAT__SECOND / 2000)
#define NAPS 20
#define ENOUGH_TEXT ((size_t)256 * 1024) /* for one write */
#define KEPT_TEXT ((size_t)1024 * 1024)  /* what one batch has made larger than this does not stay so */

_Thread_local struct cleat__async_sink *cleat__backend_of CLEAT__TLS_MODEL;

static void set_state(struct cleat__async_sink *self, enum cleat__backend_state state)
{
    atomic_store_explicit(&self->backend, state, memory_order_relaxed);
}

void cleat__wake_backend(struct cleat__async_sink *self)
{
    int state = cleat__backend_state(self);
    if (state != CLEAT__BACKEND_NAPPING && state != CLEAT__BACKEND_SLEEPING)
        return;
    set_state(self, CLEAT__BACKEND_AWAKE);
    pthread_cond_signal(&self->work);
}

/* -- letting go -- */

/* What is let go of may be the program's, and log: that is held, as what a callback logs, or it might wait for us. */
static void release(const struct cleat__record *record)
{
    cleat__inside_enter();
    record->deferred->release(record + 1);
    cleat__inside_leave();
}

static void release_batch(struct cleat__async_sink *self)
{
    while (self->batch_released < self->batch_length) {
        const struct cleat__record *record = (const void *)(self->batch + self->batch_released);
        self->batch_released += record->size; /* before: in the child of a fork it must not be done again */
        if (record->releases)
            release(record);
    }
}

static void release_dropped(struct cleat__dropped_record *dropped)
{
    while (dropped != NULL) {
        struct cleat__dropped_record *next = dropped->next;
        release(&dropped->record);
        cleat__free(dropped);
        dropped = next;
    }
}

/* -- writing -- */

/* Appends the line of a record to the text. */
static void add_line(struct cleat__async_sink *self, const struct cleat__record *record)
{
    struct cleat__buffer *text = &self->text;
    size_t mark = text->length;
    if (record->deferred != NULL)
        record->deferred->render(record, text);
    else
        cleat__buffer_add(text, (const char *)(record + 1), record->length);
    if (!text->failed)
        return;
    text->failed = false;
    text->length = mark;
    atomic_fetch_add_explicit(&self->sink.lost, 1, memory_order_relaxed);
    cleat__report(CLEAT__LOST_LINE, "a line is lost: no memory to render it");
}

static void pass_text(struct cleat__async_sink *self)
{
    if (self->text.length > 0)
        cleat__sink_pass_lines(self->inner, self->text.data, self->text.length);
    self->text.length = 0;
}

/* Records are short, however long their lines: what is bound takes a pointer. So the text is passed on in between. */
static void write_batch_together(struct cleat__async_sink *self)
{
    for (size_t at = 0; at < self->batch_length;) {
        const struct cleat__record *record = (const void *)(self->batch + at);
        add_line(self, record);
        at += record->size;
        if (self->text.length >= ENOUGH_TEXT)
            pass_text(self);
    }
    pass_text(self);
}

/* A callback may fork; then the child has the rest of the batch too, but it is the parent's to write. */
static void write_batch_line_by_line(struct cleat__async_sink *self)
{
    for (size_t at = 0; at < self->batch_length && cleat__backend_of == self;) {
        const struct cleat__record *record = (const void *)(self->batch + at);
        self->text.length = 0;
        add_line(self, record);
        at += record->size;
        if (self->text.length > 0)
            cleat__sink_pass(self->inner, self->text.data, self->text.length, record->level, record->is_answer);
    }
}

static void write_batch(struct cleat__async_sink *self)
{
    self->text.length = 0;
    if (self->inner->cls->write_lines != NULL)
        write_batch_together(self);
    else
        write_batch_line_by_line(self);
    if (self->text.capacity > KEPT_TEXT)
        cleat__buffer_free(&self->text);
    release_batch(self);
}

/* -- telling of losses -- */

/* Says in the log that lines were dropped. A callback that logs about that is not heard, or it might never end. */
static void tell(struct cleat__async_sink *self, uint64_t count)
{
    struct cleat__buffer line = {0};
    cleat__sink_make_loss_line(&self->sink, count, &line);
    if (line.length > 0 && !line.failed)
        cleat__sink_pass(self->inner, line.data, line.length, CLEAT_WARNING, true);
    cleat__buffer_free(&line);
}

/* While lines are being dropped all the time, that is told once in a second. */
static bool is_time_to_tell(const struct cleat__async_sink *self)
{
    if (self->untold == 0)
        return false;
    return cleat__lanes_are_empty(&self->lanes) || self->in_need_of_news > 0 ||
           cleat__clock_monotonic() - self->last_telling >= CLEAT__SECOND;
}

static void told(struct cleat__async_sink *self, uint64_t count)
{
    if (count == 0)
        return;
    self->untold -= count;
    self->tellings++;
    self->last_telling = cleat__clock_monotonic();
}

/* -- the thread; all of this with the lock -- */

static bool has_work(const struct cleat__async_sink *self)
{
    return self->untold > 0 || self->flushes_asked > self->flushes_done || !cleat__lanes_are_empty(&self->lanes);
}

/* Threads that have ended should not keep anything for long. */
static void tidy(struct cleat__async_sink *self)
{
    struct cleat__lane *lane;
    while ((lane = cleat__lanes_claim_left(&self->lanes)) != NULL) {
        cleat__sink_unlock(&self->sink);
        cleat__inside_enter();
        cleat__lane_release_kept(lane);
        cleat__inside_leave();
        cleat__sink_lock(&self->sink);
        atomic_store(&lane->state, CLEAT__LANE_LEFT);
    }
}

/* A caller that puts a record from now on sees that the backend sleeps; what was put before is seen here. */
static bool may_sleep(struct cleat__async_sink *self)
{
    tidy(self);
    set_state(self, CLEAT__BACKEND_SLEEPING);
    cleat__fence_all_threads();
    return !has_work(self) && !self->stopping;
}

/* Naps or sleeps until there is work. False when the backend is to end. */
static bool wait_for_work(struct cleat__async_sink *self)
{
    for (unsigned naps = 0; !has_work(self); naps++) {
        if (self->stopping)
            return false;
        set_state(self, CLEAT__BACKEND_NAPPING);
        if (naps < NAPS)
            cleat__sink_wait(&self->sink, &self->work, cleat__clock_monotonic() + NAP);
        else if (may_sleep(self))
            cleat__sink_wait(&self->sink, &self->work, INT64_MAX);
        set_state(self, CLEAT__BACKEND_AWAKE);
    }
    return true;
}

static void begin_flushes(struct cleat__async_sink *self)
{
    if (self->flushes_begun != self->flushes_done || self->flushes_asked == self->flushes_begun)
        return;
    self->flushes_begun = self->flushes_asked;
    cleat__lanes_set_target(&self->lanes);
}

static void end_flushes(struct cleat__async_sink *self)
{
    if (cleat__lanes_are_past_target(&self->lanes))
        self->flushes_done = self->flushes_begun;
}

static void take_batch(struct cleat__async_sink *self)
{
    size_t capacity = BATCH < self->lanes.limit ? BATCH : self->lanes.limit;
    size_t length = cleat__lanes_take(&self->lanes, self->batch, capacity);
    self->batch_released = 0;
    self->batch_length = length;
}

static void end_batch(struct cleat__async_sink *self)
{
    self->batch_length = 0;
    bool has_room = cleat__lanes_end_batch(&self->lanes);
    end_flushes(self);
    struct cleat__dropped_record *dropped = self->to_release;
    self->to_release = NULL;
    if (has_room)
        pthread_cond_broadcast(&self->room);
    if (self->in_need_of_news > 0)
        pthread_cond_broadcast(&self->news);
    if (dropped == NULL)
        return;
    cleat__sink_unlock(&self->sink);
    release_dropped(dropped);
    cleat__sink_lock(&self->sink);
}

/* Writes one batch, and what was dropped. Called with the lock, which it gives back meanwhile. */
static void do_work(struct cleat__async_sink *self)
{
    begin_flushes(self);
    take_batch(self);
    uint64_t lost = is_time_to_tell(self) ? self->untold : 0;
    cleat__sink_unlock(&self->sink);
    /* Where the oldest went, the gap is before what is left. */
    if (lost > 0 && self->overflow == CLEAT_DROP_OLDEST)
        tell(self, lost);
    write_batch(self);
    if (lost > 0 && self->overflow != CLEAT_DROP_OLDEST)
        tell(self, lost);
    cleat__sink_lock(&self->sink);
    told(self, lost);
    end_batch(self);
}

static void *run_backend(void *arg)
{
    struct cleat__async_sink *self = arg;
    cleat__backend_of = self;
#ifdef __linux__
    prctl(PR_SET_NAME, "cleat-async");
#endif
    cleat__sink_lock(&self->sink);
    while (cleat__backend_of == self && wait_for_work(self))
        do_work(self);
    bool abandoned = self->abandoned;
    cleat__sink_unlock(&self->sink);
    if (abandoned)
        cleat__sink_destroy(&self->sink);
    return NULL;
}

/* The backend takes no signals: they are for the program's threads. */
void cleat__start_backend(struct cleat__async_sink *self)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&self->thread, NULL, run_backend, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    set_state(self, error == 0 ? CLEAT__BACKEND_AWAKE : CLEAT__BACKEND_IMPOSSIBLE);
    if (error != 0)
        cleat__report(CLEAT__SINK_ERROR, "no thread for an asynchronous sink (error %d): it writes at once", error);
}

/* A callback that forks goes on in the child as well, and what it was given lets go there of what it releases. */
void cleat__forget_backend(struct cleat__async_sink *self)
{
    if (cleat__backend_of != self) {
        release_batch(self);
        self->batch_length = 0;
        self->text = (struct cleat__buffer){0}; /* not freed: the parent's thread may have been about to do so */
    }
    set_state(self, CLEAT__BACKEND_ABSENT);
    cleat__backend_of = NULL;
    self->untold = 0;
    self->flushes_begun = self->flushes_asked;
    self->flushes_done = self->flushes_asked;
    self->in_need_of_news = 0;
    self->stopping = false;
}
