#include "sinks/line_queue.h"

#include <string.h>

#include "base/alloc.h"

bool cleat__line_queue_init(struct cleat__line_queue *queue, size_t size)
{
    size_t power = 64;
    while (power < size)
        power *= 2;
    queue->ring = cleat__alloc(power);
    queue->mask = power - 1;
    queue->head = 0;
    queue->tail = 0;
    return queue->ring != NULL;
}

void cleat__line_queue_free(struct cleat__line_queue *queue)
{
    cleat__free(queue->ring);
}

static void copy_in(struct cleat__line_queue *queue, uint64_t position, const void *bytes, size_t length)
{
    size_t at = (size_t)position & queue->mask;
    size_t to_end = queue->mask + 1 - at;
    size_t part = length < to_end ? length : to_end;
    memcpy(queue->ring + at, bytes, part);
    if (part < length)
        memcpy(queue->ring, (const char *)bytes + part, length - part);
}

static void copy_out(const struct cleat__line_queue *queue, uint64_t position, void *to, size_t length)
{
    size_t at = (size_t)position & queue->mask;
    size_t to_end = queue->mask + 1 - at;
    size_t part = length < to_end ? length : to_end;
    memcpy(to, queue->ring + at, part);
    if (part < length)
        memcpy((char *)to + part, queue->ring, length - part);
}

/* Bytes of the ring that the line at a position takes. */
static size_t size_at(const struct cleat__line_queue *queue, uint64_t position)
{
    struct cleat__queued_line header;
    copy_out(queue, position, &header, sizeof(header));
    return cleat__line_queue_need(header.length);
}

void cleat__line_queue_put(struct cleat__line_queue *queue, struct cleat__queued_line header, const char *line)
{
    copy_in(queue, queue->tail, &header, sizeof(header));
    copy_in(queue, queue->tail + sizeof(header), line, header.length);
    queue->tail += cleat__line_queue_need(header.length);
}

size_t cleat__line_queue_take(struct cleat__line_queue *queue, char *to, size_t limit)
{
    size_t size = cleat__line_queue_used(queue);
    if (size > limit) {
        size = size_at(queue, queue->head);
        while (size < limit && size + size_at(queue, queue->head + size) <= limit)
            size += size_at(queue, queue->head + size);
    }
    copy_out(queue, queue->head, to, size);
    queue->head += size;
    return size;
}

void cleat__line_queue_drop(struct cleat__line_queue *queue)
{
    queue->head += size_at(queue, queue->head);
}
