#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/report.h"
#include "base/tls.h"
#include "processors/processor.h"

struct capture {
    cleat_processor head;
    cleat_key key;
    cleat_fields **entries;
    size_t count;
    size_t capacity;
};

/* One lock for all captures, so that it can be held across fork(). The mark tells a signal handler that logs whether
   it has interrupted the holder: waiting would be for ever. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
CLEAT__THREAD_LOCAL volatile bool holds_lock;

static bool lock_captures(void)
{
    if (holds_lock)
        return false;
    holds_lock = true;
    cleat__lock(&lock);
    return true;
}

static void unlock_captures(void)
{
    pthread_mutex_unlock(&lock);
    holds_lock = false;
}

static bool locked_for_fork;

static void before_fork(void)
{
    bool locked = lock_captures();
    if (locked)
        locked_for_fork = true;
}

static void after_fork(void)
{
    if (!locked_for_fork)
        return;
    locked_for_fork = false;
    unlock_captures();
}

static void watch_forks(void)
{
    pthread_atfork(before_fork, after_fork, after_fork);
}

static bool has_room(struct capture *self)
{
    if (self->count < self->capacity)
        return true;
    size_t capacity = self->capacity > 0 ? self->capacity * 2 : 16;
    cleat_fields **entries = cleat__alloc(capacity * sizeof(*entries));
    if (entries == NULL)
        return false;
    if (self->count > 0)
        memcpy(entries, self->entries, self->count * sizeof(*entries));
    cleat__free(self->entries);
    self->entries = entries;
    self->capacity = capacity;
    return true;
}

static bool keep(struct capture *self, cleat_fields *entry)
{
    if (!lock_captures())
        return false;
    bool kept = has_room(self);
    if (kept)
        self->entries[self->count++] = entry;
    unlock_captures();
    return kept;
}

static int capture(cleat_event *event, cleat_processor *processor)
{
    struct capture *self = (struct capture *)processor;
    cleat__event_set(event, &self->key, cleat_string(event->level_record->looks.name));
    cleat_fields *entry = cleat_event_snapshot(event);
    if (entry == NULL || !keep(self, entry)) {
        cleat_fields_unref(entry);
        cleat__report(CLEAT__LOST_LINE, "capture_logs: an event could not be kept");
    }
    return CLEAT_DROP;
}

static void release(cleat_fields **entries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cleat_fields_unref(entries[i]);
    cleat__free(entries);
}

static void destroy(cleat_processor *processor)
{
    struct capture *self = (struct capture *)processor;
    release(self->entries, self->count);
}

cleat_processor *cleat_capture_logs(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    struct capture *self = cleat__processor_new(sizeof(*self), "capture_logs", capture);
    if (self == NULL)
        return NULL;
    self->head.destroy = destroy;
    cleat__key_prepare(&self->key, "log_level", 9);
    return &self->head;
}

static bool catches(const cleat_processor *processor)
{
    return processor != NULL && processor->run == capture;
}

size_t cleat_captured_count(const cleat_processor *processor)
{
    if (!catches(processor) || !lock_captures())
        return 0;
    size_t count = ((const struct capture *)processor)->count;
    unlock_captures();
    return count;
}

cleat_fields *cleat_captured_entry(const cleat_processor *processor, size_t index)
{
    const struct capture *self = (const struct capture *)processor;
    if (!catches(processor) || !lock_captures())
        return NULL;
    cleat_fields *entry = index < self->count ? cleat_fields_ref(self->entries[index]) : NULL;
    unlock_captures();
    return entry;
}

void cleat_captured_clear(cleat_processor *processor)
{
    struct capture *self = (struct capture *)processor;
    if (!catches(processor) || !lock_captures())
        return;
    cleat_fields **entries = self->entries;
    size_t count = self->count;
    self->entries = NULL;
    self->count = 0;
    self->capacity = 0;
    unlock_captures();
    release(entries, count);
}
