#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/report.h"
#include "model/known_keys.h"
#include "processors/processor.h"
#include "processors/time_format.h"

struct timestamper {
    cleat_processor head;
    cleat_key key;
    struct cleat__time_format *format; /* strftime only */
    char key_text[];
};

static void set_text(cleat_event *event, const struct timestamper *self, const char *text, size_t length, uint8_t flags)
{
    cleat_value *value = cleat__event_place(event, &self->key);
    if (value == NULL)
        return;
    *value = cleat_string_n(text, length);
    value->flags = length <= event->limits->max_value_bytes ? flags : 0;
}

static char *take_room(cleat_event *event, size_t size)
{
    char *room = cleat__scratch_alloc(event->scratch, size);
    if (room == NULL)
        cleat__count(CLEAT__LOST_FIELD, 1);
    return room;
}

/* A time is shown in ISO 8601 by every renderer, straight into the line. */
static void make_time(cleat_event *event, const cleat_processor *processor, cleat_value *value)
{
    (void)processor;
    *value = cleat_time(cleat__whole_microseconds(cleat__event_time(event)));
}

/* Without memory for the text it is the time in UTC after all. */
static void make_local_time(cleat_event *event, const cleat_processor *processor, cleat_value *value)
{
    char *text = cleat__scratch_alloc(event->scratch, CLEAT__TIME_SIZE);
    if (text == NULL) {
        make_time(event, processor, value);
        return;
    }
    size_t length = (size_t)(cleat__write_local_timestamp(text, cleat__event_time(event)) - text);
    *value = cleat_string_n(text, length);
    if (length <= event->limits->max_value_bytes)
        value->flags = CLEAT__CLEAN | CLEAT__PRINTABLE;
}

/* Nanoseconds do not all fit a double: dividing once gives the nearest, which is also Python's time.time(). */
static void make_unix(cleat_event *event, const cleat_processor *processor, cleat_value *value)
{
    (void)processor;
    *value = cleat_double((double)cleat__event_time(event) / 1e9);
}

static int stamp_format(cleat_event *event, cleat_processor *processor)
{
    const struct timestamper *self = (const struct timestamper *)processor;
    int64_t time = cleat__event_time(event);
    struct cleat__time_text second;
    int result = cleat__time_format_write(self->format, cleat__whole_seconds(time), &second);
    if (result < 0)
        return result;
    char *text = take_room(event, second.length);
    if (text == NULL)
        return CLEAT_KEEP;
    memcpy(text, second.text, second.length);
    for (unsigned i = 0; i < second.n_fractions; i++)
        cleat__write_microseconds(text + second.fractions[i], time);
    set_text(event, self, text, second.length, second.flags);
    return CLEAT_KEEP;
}

static void destroy(cleat_processor *processor)
{
    cleat__free(((struct timestamper *)processor)->format);
}

static int take_format(struct timestamper *self, const char *format, bool local)
{
    self->head.effect.make = local ? make_local_time : make_time;
    if (format == NULL || strcmp(format, "iso") == 0)
        return 0;
    if (strcmp(format, "unix") == 0) {
        self->head.effect.make = make_unix;
        return 0;
    }
    self->head.effect = (struct cleat__effect){NULL, NULL, NULL}; /* a format may fail */
    self->head.run = stamp_format;
    self->head.destroy = destroy;
    self->format = cleat__alloc(cleat__time_format_size(format));
    if (self->format == NULL)
        return cleat__fail(ENOMEM, "timestamper: there is no memory for its format");
    return cleat__time_format_prepare(self->format, format, local);
}

cleat_processor *cleat_timestamper(const cleat_timestamper_options *options)
{
    static const cleat_timestamper_options defaults;
    if (options == NULL)
        options = &defaults;
    const char *key = options->key != NULL ? options->key : "timestamp";
    size_t length = strlen(key);
    struct timestamper *self = cleat__processor_new(sizeof(*self) + length + 1, "timestamper", cleat__run_effect);
    if (self == NULL)
        return NULL;
    cleat__key_prepare(&self->key, memcpy(self->key_text, key, length + 1), length);
    cleat__know_key(&self->key);
    self->head.effect.key = &self->key;
    if (take_format(self, options->format, options->local) < 0) {
        cleat_processor_unref(&self->head);
        return NULL;
    }
    return &self->head;
}
