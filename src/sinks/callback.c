#include <errno.h>

#include "base/error.h"
#include "sinks/sink.h"

struct callback_sink {
    struct cleat_sink sink;
    cleat_sink_fn function;
    void *arg;
    void (*release)(void *arg);
};

static int callback_write(cleat_sink *sink, const char *line, size_t length, int level)
{
    struct callback_sink *self = (struct callback_sink *)sink;
    return self->function(line, length, level, self->arg);
}

static void callback_destroy(cleat_sink *sink)
{
    struct callback_sink *self = (struct callback_sink *)sink;
    if (self->release != NULL)
        self->release(self->arg);
}

static const struct cleat__sink_class callback_class = {
    .name = "callback",
    .calls_user = true,
    .write = callback_write,
    .destroy = callback_destroy,
};

static cleat_sink *refuse(void *arg, void (*release)(void *arg))
{
    if (release != NULL)
        release(arg);
    return NULL;
}

cleat_sink *cleat_callback_sink(cleat_sink_fn write, void *arg, void (*release)(void *arg))
{
    if (write == NULL) {
        cleat__fail(EINVAL, "a callback sink needs a function, not NULL");
        return refuse(arg, release);
    }
    struct callback_sink *self = cleat__sink_new(sizeof(*self), &callback_class);
    if (self == NULL)
        return refuse(arg, release);
    self->function = write;
    self->arg = arg;
    self->release = release;
    return cleat__sink_enter(self);
}
