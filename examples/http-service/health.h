/*
 * health.h - GET /healthz: whether the service is there.
 */
#ifndef HTTP_SERVICE_HEALTH_H
#define HTTP_SERVICE_HEALTH_H

struct request;

void health_show(struct request *request);

#endif
