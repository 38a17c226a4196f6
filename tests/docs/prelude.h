/*
 * prelude.h - what stands around a fragment of code in the documentation: see README.md here.
 *
 * Functions and types are declared; nothing is linked. Variables are the parameters of the function that a
 * fragment is wrapped in, so that a fragment may declare its own of the same name.
 */
#ifndef TESTS_DOCS_PRELUDE_H
#define TESTS_DOCS_PRELUDE_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cleat.h>

#ifdef __cplusplus
extern "C" {
#endif

struct request {
    const char *id;
    const char *method;
    const char *path;
    size_t bytes;
};

struct job {
    cleat_context *context;
    void (*work)(void *arg);
    void *arg;
};

void charge_account(void);
void reconcile(void);
void alert(void);
void handle(struct request *request);
void do_work(void *arg);
void *worker(void *arg);
void resume(void *coroutine);

#ifdef __cplusplus
}
#endif

#define FRAGMENT_PARAMETERS                                                                                            \
    cleat_logger *log, cleat_logger *user, const char *path, const char *id, const char *session, const char *name,    \
        const char *tenant, const char *user_id, const char *host, size_t n, size_t bytes, int count, int fd,          \
        int port, int attempt, double seconds, struct request *request, struct job *job, void *arg, pthread_t thread,  \
        cleat_context *context, char **argv, void *coroutine

#endif
