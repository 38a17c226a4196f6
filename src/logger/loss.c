#include "logger/loss.h"

#include "base/clock.h"
#include "logger/workspace.h"

static void render_loss(void *renderer, uint64_t count, struct cleat__buffer *line)
{
    struct cleat__line *work = cleat__line_open();
    if (work == NULL)
        return;
    cleat_event *event = &work->event;
    cleat__event_begin(event, &work->scratch, &work->memory);
    event->level = CLEAT_WARNING;
    event->level_record = cleat__level_of(CLEAT_WARNING);
    event->limits = &((const cleat_renderer *)renderer)->limits;
    cleat_event_set(event, "dropped", cleat_uint(count));
    cleat_event_set(event, "event", cleat_string("lines dropped"));
    cleat_event_set(event, "level", event->level_record->value);
    cleat_event_set(event, "timestamp", cleat_time(cleat__whole_microseconds(cleat_event_time(event))));
    cleat__render_line(renderer, event, line);
    cleat__line_close(work);
}

void cleat__tell_losses(cleat_sink *sink, cleat_renderer *renderer)
{
    cleat__sink_set_loss_line(sink, render_loss, renderer);
}

void cleat__stop_telling_losses(cleat_sink *sink, cleat_renderer *renderer)
{
    if (atomic_load(&sink->owners) > 1)
        cleat__sink_forget_loss_line(sink, renderer);
}
