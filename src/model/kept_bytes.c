#include "model/list.h"

#include "base/alloc.h"

static const struct cleat__rendered *find_rendered(const cleat_fields *fields, uint64_t format)
{
    const struct cleat__rendered *rendered = atomic_load_explicit(&fields->head.rendered, memory_order_acquire);
    while (rendered != NULL && rendered->format != format)
        rendered = rendered->next;
    return rendered;
}

static struct cleat__rendered *render_all(const struct cleat__flat *flat, uint64_t format, cleat__render_field render,
                                          const void *renderer)
{
    struct cleat__buffer buffer = {0};
    size_t head = sizeof(struct cleat__rendered) + (flat->count + 1) * sizeof(uint32_t);
    char *start = cleat__buffer_reserve(&buffer, head);
    if (start == NULL)
        return NULL;
    cleat__buffer_end(&buffer, start + head);
    for (uint32_t i = 0; i < flat->count; i++) {
        ((struct cleat__rendered *)buffer.data)->offsets[i] = (uint32_t)(buffer.length - head);
        render(&buffer, &flat->fields[i], renderer);
    }
    struct cleat__rendered *rendered = (struct cleat__rendered *)buffer.data;
    if (buffer.failed || buffer.length - head > UINT32_MAX) {
        cleat__buffer_free(&buffer);
        return NULL;
    }
    rendered->offsets[flat->count] = (uint32_t)(buffer.length - head);
    rendered->format = format;
    rendered->bytes = buffer.data + head;
    return rendered;
}

const struct cleat__rendered *cleat__fields_make_rendered(const cleat_fields *fields, uint64_t format,
                                                          cleat__render_field render, const void *renderer)
{
    const struct cleat__rendered *known = find_rendered(fields, format);
    if (known != NULL)
        return known;
    struct cleat__list_head *head = &((cleat_fields *)fields)->head;
    if (!atomic_load_explicit(&head->was_rendered, memory_order_relaxed)) {
        atomic_store_explicit(&head->was_rendered, true, memory_order_relaxed);
        return NULL;
    }
    const struct cleat__flat *flat = cleat__fields_flat(fields);
    if (flat == NULL || flat->dynamic)
        return NULL;
    struct cleat__rendered *rendered = render_all(flat, format, render, renderer);
    if (rendered == NULL)
        return NULL;
    /* Two threads may both have made it: then it is there twice, both right, and goes with the list. */
    _Atomic(struct cleat__rendered *) *place = &head->rendered;
    rendered->next = atomic_load_explicit(place, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(place, &rendered->next, rendered))
        continue;
    return rendered;
}
