/* housekeeping.h - what is done about rotated files, on a thread of the sink's own: retention and compression. */
#ifndef CLEAT_SINKS_HOUSEKEEPING_H
#define CLEAT_SINKS_HOUSEKEEPING_H

#include "sinks/sink.h"

struct cleat__housekeeping {
    cleat_sink *sink; /* whose lock guards what is here */
    const char *path; /* absolute; the sink's, as are the options */
    const cleat_file_options *options;

    /* Called now and then, with the lock: a sink that does not log must follow a rotation too. */
    void (*look_at_path)(cleat_sink *sink);

    char *names; /* room for three names */
    size_t name_size;
    pthread_t thread;
    pthread_cond_t condition;
    pthread_cond_t tidied; /* for those who wait for a round */
    uint64_t rounds_asked; /* numbered one by one: the wish for a round from now on */
    uint64_t rounds_done;  /* up to this number there was one */
    bool running;
    bool stopping;
    _Atomic bool rotated;    /* there is something new to do */
    _Atomic int64_t stop_at; /* no more work after this */
};

/* Starts the thread; the members up to look_at_path are filled in. 0, or a negative errno value with a message. */
int cleat__housekeeping_start(struct cleat__housekeeping *house);

/* Says, with the sink's lock, that a file was rotated. Allocates nothing and waits for nobody. */
void cleat__housekeeping_wake(struct cleat__housekeeping *house);

/* Without the lock: waits until the thread has done what there is to do now. Whether it has, by the deadline. */
bool cleat__housekeeping_settle(struct cleat__housekeeping *house, int64_t deadline);

/* In the child of a fork, where the thread is not: starts one. */
void cleat__housekeeping_after_fork(struct cleat__housekeeping *house);

/* Without the lock: lets the thread do what there is to do, for a few seconds at most, and ends it. */
void cleat__housekeeping_stop(struct cleat__housekeeping *house);

#endif
