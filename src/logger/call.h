/* call.h - what a log call says, on its way to becoming an event. */
#ifndef CLEAT_LOGGER_CALL_H
#define CLEAT_LOGGER_CALL_H

#include <stddef.h>

#include "model/event.h"

/* keys, where there are any, are as many as fields; the first of both is the event's. */
struct cleat__call {
    int level;
    cleat_site *site;
    const cleat_key *keys;
    cleat_field *fields;
    uint32_t count;
};

/* A call's fields become an event's where they lie: both begin with a pointer, to the key's text or to the key. */
_Static_assert(sizeof(cleat_field) == sizeof(struct cleat__field) &&
                   offsetof(cleat_field, value) == offsetof(struct cleat__field, value),
               "a call's field is turned into an event's in place");

static inline struct cleat__field *cleat__fields_of_call(const struct cleat__call *call)
{
    return (struct cleat__field *)(void *)(call->fields + 1);
}

/* The event's text where it is a literal, which was measured and looked through at its call site; else NULL. */
static inline const cleat_key *cleat__literal_event(const struct cleat__call *call)
{
    return call->keys != NULL && call->keys[0].text != NULL ? &call->keys[0] : NULL;
}

/* The event's text: the literal, or what the call says at run time. Member by member: a value that was just put
   together would stall the processor if it were copied at once. */
static inline void cleat__set_event_text(const struct cleat__call *call, const struct cleat__limits *limits,
                                         cleat_value *value)
{
    const cleat_key *literal = cleat__literal_event(call);
    if (literal == NULL) {
        const cleat_value *given = &call->fields[0].value;
        value->kind = given->kind;
        value->flags = given->flags;
        value->none = 0;
        value->aux = given->aux;
        value->as.natural = given->as.natural;
        value->with.length = given->with.length;
        return;
    }
    value->kind = CLEAT_STRING;
    value->flags = literal->plain && literal->length <= limits->max_value_bytes ? CLEAT__PRINTABLE : 0;
    value->none = 0;
    value->aux = 0;
    value->as.text = literal->text;
    value->with.length = literal->length;
}

#endif
