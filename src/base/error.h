/* error.h - the sentence behind cleat_error_message(). */
#ifndef CLEAT_BASE_ERROR_H
#define CLEAT_BASE_ERROR_H

#include <cleat/common.h>

/* Notes what went wrong, for cleat_error_message() on this thread; returns -number, to be returned on. */
CLEAT_API int cleat__fail(int number, const char *format, ...) CLEAT_PRINTF(2, 3);

/* The same for functions that return a pointer: returns NULL. */
void *cleat__fail_null(int number, const char *format, ...) CLEAT_PRINTF(2, 3);

/* The number of the last failure on this thread, 0 when there was none. */
CLEAT_API int cleat__last_error(void);

#endif
