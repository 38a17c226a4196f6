#include "pool.h"

#include "connection.h"
#include "request.h"
#include "server.h"

static void on_worker(uv_work_t *work)
{
    struct job *job = work->data;
    CLEAT_IN_CONTEXT(job->context) {
        job->run(job);
    }
}

static void on_loop(uv_work_t *work, int status)
{
    (void)status; /* Jobs are never cancelled. */
    struct job *job = work->data;
    cleat_context_unref(job->context);
    CLEAT_IN_CONTEXT(job->request->context) {
        job->done(job);
    }
}

int pool_submit(struct job *job)
{
    /* A copy: what the job binds stays with the job, and the worker's next one does not find it. */
    job->context = cleat_copy_context();
    if (job->context == NULL)
        return -ENOMEM;
    job->work.data = job;
    int result = uv_queue_work(server_loop(job->request->connection->server), &job->work, on_worker, on_loop);
    if (result < 0)
        cleat_context_unref(job->context);
    return result;
}
