#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sinks/sink.h"

/* A ring of copies that grows up to max_lines. */
struct memory_sink {
    struct cleat_sink sink;
    size_t max_lines;
    char **lines;
    size_t *lengths;
    size_t capacity;
    size_t first;
    size_t count;
};

static const struct cleat__sink_class memory_class;

static struct memory_sink *memory_of(cleat_sink *sink)
{
    return sink != NULL && sink->cls == &memory_class ? (struct memory_sink *)sink : NULL;
}

static size_t place(const struct memory_sink *self, size_t index)
{
    size_t to_end = self->capacity - self->first;
    return index < to_end ? self->first + index : index - to_end;
}

static bool grow(struct memory_sink *self)
{
    size_t capacity = self->capacity > 0 ? self->capacity * 2 : 16;
    if (self->max_lines > 0 && capacity > self->max_lines)
        capacity = self->max_lines;
    char **lines = cleat__alloc(capacity * sizeof(*lines));
    size_t *lengths = cleat__alloc(capacity * sizeof(*lengths));
    if (lines == NULL || lengths == NULL) {
        cleat__free(lines);
        cleat__free(lengths);
        return false;
    }
    for (size_t i = 0; i < self->count; i++) {
        lines[i] = self->lines[place(self, i)];
        lengths[i] = self->lengths[place(self, i)];
    }
    cleat__free(self->lines);
    cleat__free(self->lengths);
    self->lines = lines;
    self->lengths = lengths;
    self->capacity = capacity;
    self->first = 0;
    return true;
}

static void forget_oldest(struct memory_sink *self)
{
    cleat__free(self->lines[self->first]);
    self->first = place(self, 1);
    self->count--;
}

static int memory_write(cleat_sink *sink, const char *line, size_t length, int level)
{
    struct memory_sink *self = (struct memory_sink *)sink;
    (void)level;
    if (length > 0 && line[length - 1] == '\n')
        length--;
    char *copy = cleat__copy_text(line, length);
    if (copy == NULL)
        return -ENOMEM;
    if (self->max_lines > 0 && self->count == self->max_lines)
        forget_oldest(self);
    if (self->count == self->capacity && !grow(self)) {
        cleat__free(copy);
        return -ENOMEM;
    }
    size_t at = place(self, self->count);
    self->lines[at] = copy;
    self->lengths[at] = length;
    self->count++;
    return 0;
}

static void forget_all(struct memory_sink *self)
{
    while (self->count > 0)
        forget_oldest(self);
}

static void memory_destroy(cleat_sink *sink)
{
    struct memory_sink *self = (struct memory_sink *)sink;
    forget_all(self);
    cleat__free(self->lines);
    cleat__free(self->lengths);
}

static const struct cleat__sink_class memory_class = {
    .name = "memory",
    .quick = true,
    .write = memory_write,
    .destroy = memory_destroy,
};

cleat_sink *cleat_memory_sink(size_t max_lines)
{
    struct memory_sink *self = cleat__sink_new(sizeof(*self), &memory_class);
    if (self == NULL)
        return NULL;
    self->max_lines = max_lines;
    return cleat__sink_enter(self);
}

size_t cleat_memory_count(cleat_sink *memory)
{
    struct memory_sink *self = memory_of(memory);
    if (self == NULL)
        return 0;
    bool locked = cleat__sink_lock(memory);
    size_t count = self->count;
    if (locked)
        cleat__sink_unlock(memory);
    return count;
}

/* The copy is the caller's to free(), so it is malloc()'s; no line is on its way here. */
static char *copy_line(const struct memory_sink *self, size_t index)
{
    if (index >= self->count)
        return NULL;
    size_t at = place(self, index);
    char *copy = malloc(self->lengths[at] + 1);
    if (copy != NULL)
        memcpy(copy, self->lines[at], self->lengths[at] + 1);
    return copy;
}

char *cleat_memory_line(cleat_sink *memory, size_t index)
{
    struct memory_sink *self = memory_of(memory);
    if (self == NULL)
        return NULL;
    bool locked = cleat__sink_lock(memory);
    char *copy = copy_line(self, index);
    if (locked)
        cleat__sink_unlock(memory);
    return copy;
}

void cleat_memory_clear(cleat_sink *memory)
{
    struct memory_sink *self = memory_of(memory);
    if (self == NULL)
        return;
    bool locked = cleat__sink_lock(memory);
    forget_all(self);
    if (locked)
        cleat__sink_unlock(memory);
}
