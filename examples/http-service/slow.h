/*
 * slow.h - GET /slow?ms=200: waits on a timer of the event loop. A callback does not know who caused it; so it is
 * given the request, and goes back into its context.
 */
#ifndef HTTP_SERVICE_SLOW_H
#define HTTP_SERVICE_SLOW_H

struct request;

void slow_show(struct request *request);

#endif
