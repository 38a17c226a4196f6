/*
 * fuzz_traceparent.c - any bytes as a traceparent: refused without a trace, or bound, sent on as a header that is
 * accepted again, with the same fields.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cleat.h>

#include "support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *header = string_of(data, size);
    cleat_clear_contextvars();
    int result = cleat_extract_traceparent(NULL, header);
    free(header);

    cleat_fields *bound = cleat_get_contextvars();
    char sent[CLEAT_TRACEPARENT_SIZE];
    if (result == 0) {
        check(cleat_fields_count(bound) == 3);
        check(cleat_inject_traceparent(sent) == 0 && strlen(sent) == CLEAT_TRACEPARENT_SIZE - 1);
        cleat_clear_contextvars();
        check(cleat_extract_traceparent(NULL, sent) == 0);
        cleat_fields *again = cleat_get_contextvars();
        check(cleat_fields_equal(bound, again));
        cleat_fields_unref(again);
    } else {
        check(result == -EINVAL && bound == NULL && *cleat_error_message() != '\0');
        check(cleat_inject_traceparent(sent) == -ENOENT && *sent == '\0');
    }
    cleat_fields_unref(bound);
    return 0;
}
