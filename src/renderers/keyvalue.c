#include "renderers/key_order.h"
#include "renderers/printable.h"
#include "renderers/repr.h"

static void write_value(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                        unsigned depth)
{
    cleat__write_repr(renderer, line, value, depth, cleat__is_printable);
}

static void write_pair(struct cleat__buffer *line, const struct cleat__field *field, const void *renderer)
{
    cleat__write_key(line, field->key);
    cleat__buffer_add_char(line, '=');
    write_value(renderer, line, &field->value, 1);
    cleat__buffer_add_char(line, ' ');
}

cleat_renderer *cleat_keyvalue_renderer(const cleat_text_options *options)
{
    static const struct cleat__renderer_class keyvalue = {
        .name = "keyvalue",
        .fields_alone = true,
        .render = cleat__text_render,
        .write_value = write_value,
        .destroy = cleat__text_destroy,
    };
    return cleat__text_renderer_new(&keyvalue, options, write_pair);
}
