#include <string.h>

#include "base/errname.h"
#include "processors/processor.h"
#include "processors/rewrite.h"

struct format_errors {
    cleat_processor head;
    struct cleat__rewriter rewriter;
};

#define MESSAGE_SIZE 256

static cleat_value describe(int number, cleat_scratch *scratch)
{
    char message[MESSAGE_SIZE];
    const char *name = cleat__errno_name(number);
    cleat__errno_message(number, message, sizeof(message));
    size_t name_length = name != NULL ? strlen(name) : 0;
    size_t message_length = strlen(message);
    char *text = cleat__scratch_alloc(scratch, name_length + 2 + message_length);
    if (text == NULL)
        return cleat_null();
    char *end = text;
    if (name != NULL) {
        end = (char *)memcpy(end, name, name_length) + name_length;
        *end++ = ':';
        *end++ = ' ';
    }
    memcpy(end, message, message_length);
    return cleat_string_n(text, (size_t)(end - text) + message_length);
}

static enum cleat__rewritten rule(const struct cleat__rewriter *rewriter, const cleat_key *key, cleat_value *value,
                                  cleat_scratch *scratch)
{
    (void)rewriter;
    (void)key;
    if (value->kind != CLEAT_ERRNO)
        return CLEAT__SAME;
    cleat_value text = describe((int)value->as.integer, scratch);
    if (text.kind == CLEAT_NULL)
        return CLEAT__NO_ROOM;
    *value = text;
    return CLEAT__NEW;
}

static int format(cleat_event *event, cleat_processor *processor)
{
    cleat__rewrite_event(event, &((struct format_errors *)processor)->rewriter);
    return CLEAT_KEEP;
}

cleat_processor *cleat_format_errors(void)
{
    struct format_errors *self = cleat__processor_new(sizeof(*self), "format_errors", format);
    if (self == NULL)
        return NULL;
    self->rewriter.rule = rule;
    return &self->head;
}
