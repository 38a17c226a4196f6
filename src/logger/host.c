#include "logger/host.h"

#include <string.h>

#include "base/clock.h"
#include "base/tick_clock.h"
#include "logger/workspace.h"
#include "model/interned_keys.h"
#include "processors/processor.h"
#include "renderers/json.h"
#include "sinks/async.h"

void cleat__end_line(struct cleat__line *line)
{
    cleat__line_close(line);
}

void cleat__give_to_sink(cleat_sink *sink, const char *line, size_t length, int level)
{
    cleat__sink_write(sink, line, length, level);
}

bool cleat__offer_to_sink(cleat_sink *sink, const char *line, size_t length, int level)
{
    return cleat__sink_offer(sink, line, length, level);
}

bool cleat__settle_sink(cleat_sink *sink, int timeout_ms)
{
    return cleat__sink_settle(sink, timeout_ms);
}

uint64_t cleat__lines_lost(const cleat_sink *sink)
{
    return cleat__sink_lost(sink);
}

cleat_renderer *cleat__host_json_renderer(const cleat_json_options *options)
{
    return cleat__verbatim_json_renderer(options);
}

cleat_fields *cleat__list_with(cleat_fields *before, const cleat_field *fields, size_t count)
{
    return cleat__fields_bind(before, &(struct cleat__binding){fields, count, NULL, 0});
}

uint64_t cleat__list_id(const cleat_fields *list)
{
    return cleat__fields_id(list);
}

const struct cleat__flat *cleat__list_flat(const cleat_fields *list)
{
    return cleat__fields_flat(list);
}

bool cleat__list_has(const cleat_fields *list, const cleat_key *key)
{
    const struct cleat__flat *flat = cleat__fields_flat(list);
    return flat != NULL && cleat__mask_has(&flat->mask, key->hash) && cleat__flat_find(flat, key) < flat->count;
}

cleat_processor *cleat__fill_in_step(const cleat_fields *(*list)(void))
{
    cleat_processor *self = cleat__processor_new(sizeof(*self), "fill_in", cleat__run_effect);
    if (self != NULL)
        self->effect.list = list;
    return self;
}

/* -- the time -- */

static size_t write_iso(char *to, int64_t nanoseconds)
{
    char *end = cleat__write_time(to, cleat__whole_microseconds(nanoseconds));
    if (cleat__rest_of_second(nanoseconds) / 1000 != 0)
        return (size_t)(end - to);
    end -= sizeof(".000000Z") - 1;
    *end = 'Z';
    return (size_t)(end + 1 - to);
}

size_t cleat__write_iso_time(char to[CLEAT__ISO_TIME_SIZE])
{
    _Static_assert(CLEAT__ISO_TIME_SIZE >= CLEAT__TIME_SIZE, "any time has room");
    uint64_t stamp;
    return write_iso(to, cleat__tick_clock_read(&stamp));
}

struct iso_time {
    cleat_processor head;
    cleat_key key;
    char key_text[];
};

/* One line in a million is logged in the first microsecond of a second. */
static void make_iso_time(cleat_event *event, const cleat_processor *processor, cleat_value *value)
{
    (void)processor;
    int64_t time = cleat__event_time(event);
    char *text = NULL;
    if (__builtin_expect(cleat__rest_of_second(time) < 1000, 0))
        text = cleat__scratch_alloc(event->scratch, CLEAT__TIME_SIZE);
    if (__builtin_expect(text == NULL, 1))
        *value = cleat_time(cleat__whole_microseconds(time));
    else
        *value = cleat_string_n(text, write_iso(text, time));
}

cleat_processor *cleat__iso_time_step(const char *key)
{
    size_t length = strlen(key);
    struct iso_time *self = cleat__processor_new(sizeof(*self) + length + 1, "iso_time", cleat__run_effect);
    if (self == NULL)
        return NULL;
    cleat__key_prepare_interned(&self->key, memcpy(self->key_text, key, length + 1), length);
    self->head.effect.key = &self->key;
    self->head.effect.make = make_iso_time;
    return &self->head;
}
