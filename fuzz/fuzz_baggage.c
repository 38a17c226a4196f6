/*
 * fuzz_baggage.c - any bytes as baggage: refused without a trace, or bound, and sent on as a header that is accepted
 * again. When all of it fits the header the fields are the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cleat.h>

#include "support.h"

static void check_fields(const cleat_fields *fields)
{
    check(cleat_fields_count(fields) <= 64);
    for (size_t i = 0; i < cleat_fields_count(fields); i++) {
        cleat_field field = cleat_fields_at(fields, i);
        check(*field.key != '\0' && field.value.kind == CLEAT_STRING);
        check(is_utf8(field.value.as.text, field.value.with.length));
    }
}

/* A header in a buffer of the size that the data gives: always whole members, and readable. */
static void check_small_header(size_t size)
{
    char *header = malloc(size);
    check(header != NULL);
    int members = cleat_inject_baggage(header, size, NULL, 0);
    check(members >= 0 && strlen(header) < size);
    cleat_clear_contextvars();
    check(cleat_extract_baggage(NULL, header, NULL, 0) == 0);
    cleat_fields *read = cleat_get_contextvars();
    check(cleat_fields_count(read) == (size_t)members);
    cleat_fields_unref(read);
    free(header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *header = string_of(data, size);
    cleat_clear_contextvars();
    int result = cleat_extract_baggage(NULL, header, NULL, 0);
    free(header);

    cleat_fields *bound = cleat_get_contextvars();
    if (result == 0) {
        check_fields(bound);
        char sent[CLEAT_BAGGAGE_SIZE];
        int members = cleat_inject_baggage(sent, sizeof(sent), NULL, 0);
        check(members >= 0 && (size_t)members <= cleat_fields_count(bound));
        cleat_clear_contextvars();
        check(cleat_extract_baggage(NULL, sent, NULL, 0) == 0);
        cleat_fields *again = cleat_get_contextvars();
        if ((size_t)members == cleat_fields_count(bound))
            check(cleat_fields_equal(bound, again));
        cleat_fields_unref(again);
        check_small_header(1 + (size > 0 ? data[size - 1] : 0));
    } else {
        check(result == -EINVAL && bound == NULL && *cleat_error_message() != '\0');
    }
    cleat_fields_unref(bound);
    return 0;
}
