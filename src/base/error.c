#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/tls.h"

CLEAT__THREAD_LOCAL char message[256];
CLEAT__THREAD_LOCAL int last_error;

static void note(int number, const char *format, va_list arguments)
{
    /* The arguments may point into the message of before. */
    char text[sizeof(message)];
    vsnprintf(text, sizeof(text), format, arguments);
    memcpy(message, text, sizeof(message));
    last_error = number;
}

int cleat__fail(int number, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    note(number, format, arguments);
    va_end(arguments);
    return -number;
}

void *cleat__fail_null(int number, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    note(number, format, arguments);
    va_end(arguments);
    return NULL;
}

int cleat__last_error(void)
{
    return last_error;
}

const char *cleat_error_message(void)
{
    return message;
}

const char *cleat_version(void)
{
    return CLEAT_VERSION;
}
