/*
 * reply.h - the answers that all handlers give alike.
 */
#ifndef HTTP_SERVICE_REPLY_H
#define HTTP_SERVICE_REPLY_H

#include "request.h"

/* Answers with JSON, made from a printf() format; at most 1 KiB. */
void reply_json(struct request *request, int status, const char *format, ...) CLEAT_PRINTF(3, 4);

/* Logs why, and answers {"error": why}. */
void reply_error(struct request *request, int status, const char *why);

#endif
