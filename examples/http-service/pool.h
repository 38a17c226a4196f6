/*
 * pool.h - work that would hold up the event loop goes to a worker thread, and its context goes with it.
 */
#ifndef HTTP_SERVICE_POOL_H
#define HTTP_SERVICE_POOL_H

#include <uv.h>

#include <cleat.h>

struct request;

/* A job. Make it the first member of what the job works on. */
struct job {
    void (*run)(struct job *job);  /* on a worker thread */
    void (*done)(struct job *job); /* afterwards, on the event loop, in the request's context; releases the job */
    struct request *request;
    cleat_context *context; /* set by pool_submit() */
    uv_work_t work;
};

/* Returns 0, or a negative errno value: then neither run nor done is called. */
int pool_submit(struct job *job);

#endif
