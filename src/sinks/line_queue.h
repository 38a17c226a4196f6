/* line_queue.h - a bounded ring of bytes with whole lines in it. Whoever uses it has a lock around it. */
#ifndef CLEAT_SINKS_LINE_QUEUE_H
#define CLEAT_SINKS_LINE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Stands before each line in the ring. */
struct cleat__queued_line {
    uint32_t length;
    int16_t level;
    bool is_answer; /* see cleat__sink_is_answer() */
};

struct cleat__line_queue {
    char *ring;
    size_t mask;   /* the ring's size, a power of two, less one */
    uint64_t head; /* bytes ever taken: where the oldest line is */
    uint64_t tail; /* bytes ever put */
};

/* Makes one with room for at least `size` bytes. False without memory. */
bool cleat__line_queue_init(struct cleat__line_queue *queue, size_t size);
void cleat__line_queue_free(struct cleat__line_queue *queue);

/* Bytes of the ring that a line takes. */
static inline size_t cleat__line_queue_need(size_t length)
{
    return sizeof(struct cleat__queued_line) + length;
}

/* Bytes of the ring that are in use. */
static inline size_t cleat__line_queue_used(const struct cleat__line_queue *queue)
{
    return (size_t)(queue->tail - queue->head);
}

/* Appends a line; there must be room. */
void cleat__line_queue_put(struct cleat__line_queue *queue, struct cleat__queued_line header, const char *line);

/* Takes the oldest lines as they are in the ring, at most `limit` bytes but at least one line. Returns the bytes. */
size_t cleat__line_queue_take(struct cleat__line_queue *queue, char *to, size_t limit);

/* Lets the oldest line go. */
void cleat__line_queue_drop(struct cleat__line_queue *queue);

#endif
