#include "model/value.h"

#include <string.h>

#include "model/key.h"

static bool cuts_off(const struct cleat__room *room, unsigned depth)
{
    return depth > CLEAT__DEEPEST || room->parts > CLEAT__MOST_PARTS;
}

static bool is_text(const cleat_value *value)
{
    return value->kind == CLEAT_STRING || value->kind == CLEAT_BYTES;
}

static size_t aligned(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

void cleat__measure_text(struct cleat__room *room, size_t length)
{
    room->text_bytes += length + 1;
}

void cleat__measure_value(struct cleat__room *room, const cleat_value *value, unsigned depth)
{
    room->parts++;
    if (is_text(value) && value->as.text != NULL) {
        cleat__measure_text(room, value->with.length);
    } else if (value->kind == CLEAT_LIST && !cuts_off(room, depth)) {
        room->aligned_bytes += aligned(value->with.length * sizeof(cleat_value));
        for (size_t i = 0; i < value->with.length; i++)
            cleat__measure_value(room, &value->as.items[i], depth + 1);
    } else if (value->kind == CLEAT_OBJECT && !cuts_off(room, depth)) {
        room->aligned_bytes += aligned(value->with.length * sizeof(cleat_field));
        for (size_t i = 0; i < value->with.length; i++) {
            const cleat_field *field = &value->as.fields[i];
            cleat__measure_text(room, strlen(cleat__key_text(field)));
            cleat__measure_value(room, &field->value, depth + 1);
        }
    }
}

void *cleat__take_aligned(struct cleat__room *room, size_t size)
{
    void *memory = room->front;
    room->front += aligned(size);
    return memory;
}

/* Never more than was measured: another thread may have changed the text since. */
char *cleat__copy_into(struct cleat__room *room, const char *text, size_t *length)
{
    if (*length >= room->text_bytes)
        *length = room->text_bytes > 0 ? room->text_bytes - 1 : 0;
    if (room->text_bytes == 0)
        return (char *)"";
    room->text_bytes -= *length + 1;
    room->back -= *length + 1;
    memcpy(room->back, text, *length);
    room->back[*length] = '\0';
    return room->back;
}

static cleat_value copy_list(struct cleat__room *room, const cleat_value *value, unsigned depth)
{
    size_t count = value->with.length;
    cleat_value *items = cleat__take_aligned(room, count * sizeof(*items));
    for (size_t i = 0; i < count; i++)
        items[i] = cleat__copy_value(room, &value->as.items[i], depth + 1);
    return cleat_list_n(items, count);
}

static cleat_value copy_object(struct cleat__room *room, const cleat_value *value, unsigned depth)
{
    size_t count = value->with.length;
    cleat_field *fields = cleat__take_aligned(room, count * sizeof(*fields));
    for (size_t i = 0; i < count; i++) {
        const char *key = cleat__key_text(&value->as.fields[i]);
        size_t length = strlen(key);
        fields[i].key = cleat__copy_into(room, key, &length);
        fields[i].value = cleat__copy_value(room, &value->as.fields[i].value, depth + 1);
    }
    return cleat_object_n(fields, count);
}

cleat_value cleat__copy_value(struct cleat__room *room, const cleat_value *value, unsigned depth)
{
    room->parts++;
    cleat_value copy = *value;
    if (is_text(value) && value->as.text != NULL) {
        copy.as.text = cleat__copy_into(room, value->as.text, &copy.with.length);
    } else if (value->kind == CLEAT_LIST) {
        copy = cuts_off(room, depth) ? cleat_string(CLEAT__TOO_DEEP) : copy_list(room, value, depth);
    } else if (value->kind == CLEAT_OBJECT) {
        copy = cuts_off(room, depth) ? cleat_string(CLEAT__TOO_DEEP) : copy_object(room, value, depth);
    } else if (value->kind == CLEAT_FOREIGN) {
        room->dynamic = true;
        if (room->holds && value->as.foreign_class->hold != NULL)
            value->as.foreign_class->hold(value->with.object);
    } else if (value->kind == CLEAT_LAZY) {
        room->dynamic = true;
    }
    return copy;
}

void cleat__drop_value(const cleat_value *value)
{
    if (value->kind == CLEAT_FOREIGN && value->as.foreign_class->drop != NULL) {
        value->as.foreign_class->drop(value->with.object);
    } else if (value->kind == CLEAT_LIST) {
        for (size_t i = 0; i < value->with.length; i++)
            cleat__drop_value(&value->as.items[i]);
    } else if (value->kind == CLEAT_OBJECT) {
        for (size_t i = 0; i < value->with.length; i++)
            cleat__drop_value(&value->as.fields[i].value);
    }
}

static bool equal_integers(const cleat_value *left, const cleat_value *right)
{
    bool left_negative = left->kind == CLEAT_INT && left->as.integer < 0;
    bool right_negative = right->kind == CLEAT_INT && right->as.integer < 0;
    return left_negative == right_negative && left->as.natural == right->as.natural;
}

static bool is_integer(const cleat_value *value)
{
    return value->kind == CLEAT_INT || value->kind == CLEAT_UINT;
}

static bool equal_text(const cleat_value *left, const cleat_value *right)
{
    if (left->as.text == NULL || right->as.text == NULL)
        return left->as.text == right->as.text;
    size_t length = left->with.length;
    return length == right->with.length && memcmp(left->as.text, right->as.text, length) == 0;
}

static const cleat_value *find(const cleat_value *object, const char *key)
{
    const cleat_value *found = NULL; /* the last of a repeated key is what counts */
    for (size_t i = 0; i < object->with.length; i++)
        if (cleat__is_key(&object->as.fields[i], key))
            found = &object->as.fields[i].value;
    return found;
}

static bool has_keys_of(const cleat_value *object, const cleat_value *other)
{
    for (size_t i = 0; i < other->with.length; i++)
        if (find(object, cleat__key_text(&other->as.fields[i])) == NULL)
            return false;
    return true;
}

static bool has_fields_of(const cleat_value *object, const cleat_value *other)
{
    for (size_t i = 0; i < other->with.length; i++) {
        const cleat_value *mine = find(object, cleat__key_text(&other->as.fields[i]));
        const cleat_value *theirs = find(other, cleat__key_text(&other->as.fields[i]));
        if (mine == NULL || !cleat_value_equal(*mine, *theirs))
            return false;
    }
    return true;
}

static bool equal_lists(const cleat_value *left, const cleat_value *right)
{
    if (left->with.length != right->with.length)
        return false;
    for (size_t i = 0; i < left->with.length; i++)
        if (!cleat_value_equal(left->as.items[i], right->as.items[i]))
            return false;
    return true;
}

bool cleat_value_equal(cleat_value left, cleat_value right)
{
    if (is_integer(&left) && is_integer(&right))
        return equal_integers(&left, &right);
    if (left.kind != right.kind)
        return false;
    switch (left.kind) {
    case CLEAT_NULL:
        return true;
    case CLEAT_BOOL:
        return left.as.boolean == right.as.boolean;
    case CLEAT_DOUBLE:
        return left.as.real == right.as.real;
    case CLEAT_STRING:
    case CLEAT_BYTES:
        return equal_text(&left, &right);
    case CLEAT_LIST:
        return equal_lists(&left, &right);
    case CLEAT_OBJECT:
        return has_keys_of(&right, &left) && has_fields_of(&left, &right);
    case CLEAT_LAZY:
        return left.as.lazy == right.as.lazy && left.with.arg == right.with.arg;
    case CLEAT_FOREIGN:
        return left.as.foreign_class == right.as.foreign_class && left.with.object == right.with.object;
    default: /* times, durations, errors */
        return left.as.integer == right.as.integer;
    }
}
