#include "base/buffer.h"

#include "base/alloc.h"

bool cleat__buffer_grow(struct cleat__buffer *buffer, size_t more)
{
    size_t wanted = buffer->length + more;
    size_t capacity = buffer->capacity < 512 ? 1024 : buffer->capacity * 2;
    if (capacity < wanted)
        capacity = wanted;
    char *data = wanted >= more ? cleat__alloc(capacity) : NULL;
    if (data == NULL) {
        buffer->failed = true;
        return false;
    }
    if (buffer->length > 0)
        memcpy(data, buffer->data, buffer->length);
    cleat__free(buffer->data);
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void cleat__buffer_free(struct cleat__buffer *buffer)
{
    cleat__free(buffer->data);
    *buffer = (struct cleat__buffer){0};
}
