/*
 * write_lock.h - cleat._engine.WriteLock, the lock that all loggers of one file share (K14). The thread that has it may
 * take it again (a signal handler that logs), and the child of a fork finds it free (K17).
 */
#ifndef CLEATPY_WRITE_LOCK_H
#define CLEATPY_WRITE_LOCK_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef struct cleatpy_write_lock {
    PyObject_HEAD
    pthread_mutex_t mutex;
    _Atomic uintptr_t owner; /* a mark of the thread that has it */
    unsigned depth;          /* how often it has taken it */
    bool is_taken_for_fork;  /* by the thread that forks */
    struct cleatpy_write_lock *next;
    struct cleatpy_write_lock **link;
} cleatpy_write_lock;

extern PyTypeObject *cleatpy_write_lock_type;

/* The one that all loggers of a Python file share. A new reference, or NULL: Python error. */
cleatpy_write_lock *cleatpy_lock_for(PyObject *file);

/* Takes it if that takes no waiting. */
bool cleatpy_try_lock(cleatpy_write_lock *lock);

/* Takes it. Call it without the GIL, or nobody may be able to give it back. */
void cleatpy_wait_for_lock(cleatpy_write_lock *lock);

void cleatpy_unlock(cleatpy_write_lock *lock);

int cleatpy_add_write_lock(PyObject *module);

#endif
