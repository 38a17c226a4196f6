/* key_order.h - logfmt and keyvalue: pairs one after the other, in the order that the options ask for. */
#ifndef CLEAT_RENDERERS_KEY_ORDER_H
#define CLEAT_RENDERERS_KEY_ORDER_H

#include "renderers/text.h"

/* The beginning of both renderers. */
struct cleat__text_renderer {
    struct cleat_renderer base;
    cleat__render_field write_pair; /* "key=value ": the space behind the last one is taken back */
    cleat_key *key_order;           /* each key once */
    uint32_t n_key_order;
    bool sort_keys;
    bool drop_missing;
    bool bool_as_value;
};

/* NULL, with a message, without memory. */
cleat_renderer *cleat__text_renderer_new(const struct cleat__renderer_class *cls, const cleat_text_options *options,
                                         cleat__render_field write_pair);

/* The class's render and destroy. */
int cleat__text_render(const cleat_renderer *renderer, cleat_event *event, struct cleat__buffer *line);
void cleat__text_destroy(cleat_renderer *renderer);

#endif
