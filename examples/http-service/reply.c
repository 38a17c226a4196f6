#include "reply.h"

#include <stdarg.h>
#include <stdio.h>

void reply_json(struct request *request, int status, const char *format, ...)
{
    char json[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(json, sizeof(json), format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof(json)) {
        cleat_error(NULL, "answer too long", "bytes", length);
        request_respond(request, 500, "{}\n", 3);
        return;
    }
    request_respond(request, status, json, (size_t)length);
}

void reply_error(struct request *request, int status, const char *why)
{
    cleat_log(NULL, status < 500 ? CLEAT_WARNING : CLEAT_ERROR, "request failed", "reason", why);
    reply_json(request, status, "{\"error\":\"%s\"}\n", why);
}
