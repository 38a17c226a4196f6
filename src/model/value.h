/* value.h - values that outlive the call: deep copies in memory that was measured before. */
#ifndef CLEAT_MODEL_VALUE_H
#define CLEAT_MODEL_VALUE_H

#include <cleat/value.h>

#include "model/key.h"

/* Nesting beyond this is never followed, whatever the configuration: a value may contain itself. */
#define CLEAT__DEEPEST 100

/* So many parts of a value are followed at most. */
#define CLEAT__MOST_PARTS 100000U

/* In place of what is nested too deep, or has too many parts. */
#define CLEAT__TOO_DEEP "[cut: nested too deep]"

/*
 * Room for copies, in one piece: what needs alignment grows from the front, text from the back. Measuring and
 * copying walk the same way and stop at the same place; text that has grown in between is cut to fit.
 */
struct cleat__room {
    char *front;
    char *back;
    size_t aligned_bytes;
    size_t text_bytes;
    uint32_t parts; /* values met so far: a value that contains itself twice would never end */
    bool dynamic;   /* a lazy or foreign value was met */
    bool holds;     /* the copies hold their foreign objects, and cleat__drop_value() will be called for them */
};

/* Adds up what a copy needs. */
void cleat__measure_value(struct cleat__room *room, const cleat_value *value, unsigned depth);
void cleat__measure_text(struct cleat__room *room, size_t length);

/* The key of a field; NULL is the empty key. */
static inline const char *cleat__key_text(const cleat_field *field)
{
    return field->key != NULL ? field->key : "";
}

/* Whether a field of an object has a key. */
static inline bool cleat__is_key(const cleat_field *field, const char *key)
{
    const char *text = cleat__key_text(field);
    return cleat__key_text_equal(text, strlen(text), key, strlen(key));
}

/* Copies into a room of which front and back have been set; length becomes what was copied. */
cleat_value cleat__copy_value(struct cleat__room *room, const cleat_value *value, unsigned depth);
char *cleat__copy_into(struct cleat__room *room, const char *text, size_t *length);
void *cleat__take_aligned(struct cleat__room *room, size_t size);

/* Lets go of the foreign objects in a copy. */
void cleat__drop_value(const cleat_value *value);

#endif
