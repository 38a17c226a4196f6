/*
 * router.h - which handler answers which request.
 */
#ifndef HTTP_SERVICE_ROUTER_H
#define HTTP_SERVICE_ROUTER_H

#include "request.h"

/* Calls the handler, in the current context, which is the request's. */
void router_dispatch(struct request *request);

#endif
