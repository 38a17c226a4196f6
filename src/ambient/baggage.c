#include <cleat/propagation.h>

#include <errno.h>
#include <string.h>

#include "ambient/traceparent.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/number.h"
#include "base/utf8.h"
#include "model/value.h"

/* W3C Baggage, https://www.w3.org/TR/baggage/, section 3.3; its limits are those that every platform must pass on. */
#define MAX_MEMBERS 64
#define MAX_BYTES ((size_t)CLEAT_BAGGAGE_SIZE - 1)

/* A character of a token (RFC 7230, section 3.2.6): what a key is made of. */
static bool is_token_character(char character)
{
    return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
           (character >= 'A' && character <= 'Z') ||
           (character != '\0' && strchr("!#$%&'*+-.^_`|~", character) != NULL);
}

/* What a value is made of: visible ASCII but for these four. */
static bool is_value_character(char character)
{
    return character > ' ' && character < 0x7F && strchr("\",;\\", character) == NULL;
}

static bool is_space(char character)
{
    return character == ' ' || character == '\t';
}

static bool is_wanted(const char *key, const char *const *keys, size_t count)
{
    if (cleat__is_trace_key(key))
        return false;
    for (size_t i = 0; keys != NULL && i < count; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return keys == NULL;
}

/*
 * Reading.
 */

/* The members found so far, and the memory for their text: in no member is it longer than in the header. */
struct baggage {
    const char *at; /* the next character of the header */
    char *text;     /* where the next text goes */
    size_t members; /* of the header, wanted or not */
    size_t count;
    cleat_field fields[MAX_MEMBERS];
    char memory[];
};

static void skip_spaces(struct baggage *baggage)
{
    while (is_space(*baggage->at))
        baggage->at++;
}

/* Takes a character if it comes next, with the spaces around it. */
static bool take(struct baggage *baggage, char character)
{
    skip_spaces(baggage);
    if (*baggage->at != character)
        return false;
    baggage->at++;
    skip_spaces(baggage);
    return true;
}

/* Takes the run of characters that are of a kind; how many. */
static size_t take_run(struct baggage *baggage, bool (*is_of_kind)(char character))
{
    const char *start = baggage->at;
    while (is_of_kind(*baggage->at))
        baggage->at++;
    return (size_t)(baggage->at - start);
}

static int hex_digit(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    char lower = (char)(character | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The byte that begins at *from, which moves on behind it; -1: a percent sign without two digits. */
static int take_byte(const char **from, const char *end)
{
    const char *at = *from;
    if (*at != '%') {
        *from = at + 1;
        return (unsigned char)*at;
    }
    if (end - at < 3 || hex_digit(at[1]) < 0 || hex_digit(at[2]) < 0)
        return -1;
    *from = at + 3;
    return hex_digit(at[1]) * 16 + hex_digit(at[2]);
}

/* Writes the bytes that text stands for, what is not UTF-8 among them as U+FFFD, as the standard asks. Returns the
   end, or NULL. A U+FFFD takes three bytes, but so did the %XX that it comes from. */
static char *decode(char *to, const char *text, const char *end)
{
    while (text < end) {
        char ahead[4];
        const char *behind[4];
        size_t known = 0;
        for (const char *next = text; known < sizeof(ahead) && next < end; known++) {
            int byte = take_byte(&next, end);
            if (byte < 0)
                return NULL;
            ahead[known] = (char)byte;
            behind[known] = next;
        }
        uint32_t code;
        unsigned size = cleat__utf8_read(ahead, known, &code);
        to = cleat__utf8_write(to, code);
        text = behind[size - 1];
    }
    return to;
}

/* Properties are passed over, once they are known to be well formed. */
static const char *skip_properties(struct baggage *baggage)
{
    while (take(baggage, ';')) {
        if (take_run(baggage, is_token_character) == 0)
            return "a property in baggage is key or key=value, behind a semicolon";
        if (take(baggage, '='))
            take_run(baggage, is_value_character);
    }
    return NULL;
}

/* One member. NULL, or the sentence that says what is wrong. */
static const char *parse_member(struct baggage *baggage, const char *const *keys, size_t count)
{
    const char *key_start = baggage->at;
    size_t key_length = take_run(baggage, is_token_character);
    if (key_length == 0 || !take(baggage, '='))
        return "a member of baggage is key=value, the key a token as HTTP has them, the members joined by commas";
    const char *value_start = baggage->at;
    size_t value_length = take_run(baggage, is_value_character);

    char *key = baggage->text;
    memcpy(key, key_start, key_length);
    key[key_length] = '\0';
    char *value = key + key_length + 1;
    char *end = decode(value, value_start, value_start + value_length);
    if (end == NULL)
        return "a percent sign in baggage is followed by two hex digits";
    if (++baggage->members > MAX_MEMBERS)
        return "baggage has more than 64 members";
    if (is_wanted(key, keys, count)) {
        baggage->fields[baggage->count++] = (cleat_field){key, cleat_string_n(value, (size_t)(end - value))};
        baggage->text = end;
    }
    return skip_properties(baggage);
}

static const char *parse(struct baggage *baggage, const char *const *keys, size_t count)
{
    skip_spaces(baggage);
    if (*baggage->at == '\0')
        return NULL; /* what cleat_inject_baggage() writes when there is nothing to say */
    do {
        const char *wrong = parse_member(baggage, keys, count);
        if (wrong != NULL)
            return wrong;
    } while (take(baggage, ','));
    return *baggage->at == '\0' ? NULL : "baggage has a character that belongs neither to a member nor between two";
}

int cleat_extract_baggage(cleat_tokens *tokens, const char *header, const char *const *keys, size_t count)
{
    if (tokens != NULL)
        *tokens = (cleat_tokens){0};
    if (header == NULL)
        return cleat__fail(EINVAL, "baggage is NULL: it is to be a string");
    size_t length = strnlen(header, MAX_BYTES + 1);
    if (length > MAX_BYTES)
        return cleat__fail(EINVAL, "baggage has more than 8192 bytes");
    struct baggage *baggage = cleat__alloc(sizeof(*baggage) + length + 1);
    if (baggage == NULL)
        return cleat__fail(ENOMEM, "no memory for the members of baggage");
    baggage->at = header;
    baggage->text = baggage->memory;
    baggage->members = 0;
    baggage->count = 0;
    const char *wrong = parse(baggage, keys, count);
    int result = wrong != NULL ? cleat__fail(EINVAL, "%s", wrong) : 0;
    if (result == 0 && baggage->count > 0)
        result = cleat_bind_contextvars_fields(tokens, baggage->fields, baggage->count);
    cleat__free(baggage);
    return result;
}

/*
 * Writing.
 */

/* The header in the making. */
struct header {
    char *to;
    char *end; /* of its room, the NUL not counted */
    bool full;
};

static void put(struct header *header, const char *text, size_t length)
{
    if ((size_t)(header->end - header->to) < length) {
        header->full = true;
        return;
    }
    memcpy(header->to, text, length);
    header->to += length;
}

static void put_encoded_byte(struct header *header, char byte)
{
    static const char digits[] = "0123456789ABCDEF";
    /* A plus sign may stand for itself, but there are readers that take it for a space, as in HTML forms. */
    if (is_value_character(byte) && byte != '%' && byte != '+') {
        put(header, &byte, 1);
        return;
    }
    char escape[3] = {'%', digits[(unsigned char)byte >> 4], digits[byte & 0x0F]};
    put(header, escape, sizeof(escape));
}

static void put_text(struct header *header, const char *text, size_t length)
{
    for (size_t i = 0; i < length && !header->full;) {
        uint32_t code;
        char character[4];
        i += cleat__utf8_read(text + i, length - i, &code);
        char *end = cleat__utf8_write(character, code);
        for (char *byte = character; byte < end; byte++)
            put_encoded_byte(header, *byte);
    }
}

_Static_assert(CLEAT__TIME_SIZE >= CLEAT__NUMBER_SIZE, "one buffer serves both");

/* Whether the value's kind can travel. */
static bool put_value(struct header *header, const cleat_value *value)
{
    char text[CLEAT__TIME_SIZE];
    char *end;
    switch ((cleat_kind)value->kind) {
    case CLEAT_NULL:
        put_text(header, "null", 4);
        return true;
    case CLEAT_BOOL:
        put_text(header, value->as.boolean ? "true" : "false", value->as.boolean ? 4 : 5);
        return true;
    case CLEAT_STRING:
        if (value->as.text != NULL)
            put_text(header, value->as.text, value->with.length);
        else
            put_text(header, "null", 4);
        return true;
    case CLEAT_INT:
        end = cleat__write_signed(text, value->as.integer);
        break;
    case CLEAT_UINT:
        end = cleat__write_unsigned(text, value->as.natural);
        break;
    case CLEAT_DOUBLE:
        end = cleat__write_double(text, value->as.real);
        break;
    case CLEAT_TIME:
        end = cleat__write_time(text, value->as.integer);
        break;
    default:
        return false;
    }
    put_text(header, text, (size_t)(end - text));
    return true;
}

static bool is_token(const char *key)
{
    const char *at = key;
    while (is_token_character(*at))
        at++;
    return *at == '\0' && at != key;
}

/* Adds one member, whole or not at all; whether it was added. */
static bool put_member(struct header *header, const cleat_field *field, bool first)
{
    char *start = header->to;
    header->full = false;
    if (!first)
        put(header, ",", 1);
    put(header, field->key, strlen(field->key));
    put(header, "=", 1);
    if (put_value(header, &field->value) && !header->full)
        return true;
    header->to = start;
    return false;
}

int cleat_inject_baggage(char *buffer, size_t size, const char *const *keys, size_t count)
{
    if (size == 0)
        return cleat__fail(EINVAL, "the buffer for baggage has no room: CLEAT_BAGGAGE_SIZE is always enough");
    size_t room = size - 1 < MAX_BYTES ? size - 1 : MAX_BYTES;
    struct header header = {.to = buffer, .end = buffer + room};
    cleat_fields *context = cleat_get_contextvars();
    size_t n_fields = cleat_fields_count(context);
    int members = 0;
    for (size_t i = 0; i < n_fields && members < MAX_MEMBERS; i++) {
        cleat_field field = cleat_fields_at(context, i);
        if (field.key != NULL && is_wanted(field.key, keys, count) && is_token(field.key))
            members += put_member(&header, &field, members == 0);
    }
    *header.to = '\0';
    cleat_fields_unref(context);
    return members;
}
