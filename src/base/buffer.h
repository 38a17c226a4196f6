/* buffer.h - a growable run of bytes: a line in the making, and whatever else is put together. */
#ifndef CLEAT_BASE_BUFFER_H
#define CLEAT_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* All zero is an empty buffer. Its memory is kept when it is emptied, so that a reused one does not allocate. */
struct cleat__buffer {
    char *data;
    size_t length;
    size_t capacity;
    bool failed; /* something did not fit, for want of memory; what is there is whole up to that */
};

/* Makes room for `more` bytes; false when there is no memory. The way to it that is not inlined. */
bool cleat__buffer_grow(struct cleat__buffer *buffer, size_t more);

/* Gives the memory back. */
void cleat__buffer_free(struct cleat__buffer *buffer);

/* Where `more` bytes may be written, or NULL. Tell how many it were with cleat__buffer_end(). */
static inline char *cleat__buffer_reserve(struct cleat__buffer *buffer, size_t more)
{
    if (__builtin_expect(buffer->capacity - buffer->length < more, 0) && !cleat__buffer_grow(buffer, more))
        return NULL;
    return buffer->data + buffer->length;
}

/* The bytes up to `end`, which was reserved, belong to the buffer now. */
static inline void cleat__buffer_end(struct cleat__buffer *buffer, const char *end)
{
    buffer->length = (size_t)(end - buffer->data);
}

static inline void cleat__buffer_add(struct cleat__buffer *buffer, const char *bytes, size_t length)
{
    if (length == 0)
        return;
    char *to = cleat__buffer_reserve(buffer, length);
    if (to == NULL)
        return;
    memcpy(to, bytes, length);
    buffer->length += length;
}

static inline void cleat__buffer_add_char(struct cleat__buffer *buffer, char character)
{
    char *to = cleat__buffer_reserve(buffer, 1);
    if (to == NULL)
        return;
    *to = character;
    buffer->length++;
}

/* A literal: its length is known while compiling. */
#define cleat__buffer_add_literal(buffer, literal) cleat__buffer_add((buffer), "" literal, sizeof(literal) - 1)

#endif
