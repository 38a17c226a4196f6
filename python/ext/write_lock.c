#include "write_lock.h"

#include <time.h>

#include "module.h"

PyTypeObject *cleatpy_write_lock_type;

/* All there are. Changed with the GIL, which whoever forks has as well. */
static cleatpy_write_lock *all;

static uintptr_t mark_of_this_thread(void)
{
    static _Thread_local char mark;
    return (uintptr_t)&mark;
}

static bool is_mine(const cleatpy_write_lock *lock)
{
    return atomic_load_explicit(&lock->owner, memory_order_relaxed) == mark_of_this_thread();
}

static void note_owner(cleatpy_write_lock *lock)
{
    atomic_store_explicit(&lock->owner, mark_of_this_thread(), memory_order_relaxed);
    lock->depth = 1;
}

bool cleatpy_try_lock(cleatpy_write_lock *lock)
{
    if (is_mine(lock)) {
        lock->depth++;
        return true;
    }
    if (pthread_mutex_trylock(&lock->mutex) != 0)
        return false;
    note_owner(lock);
    return true;
}

void cleatpy_wait_for_lock(cleatpy_write_lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
    note_owner(lock);
}

void cleatpy_unlock(cleatpy_write_lock *lock)
{
    if (--lock->depth > 0)
        return;
    atomic_store_explicit(&lock->owner, 0, memory_order_relaxed);
    pthread_mutex_unlock(&lock->mutex);
}

/* -- around a fork -- */

#define FORK_WAITS_SECONDS 2

static bool take_until(cleatpy_write_lock *lock, const struct timespec *end)
{
    if (cleatpy_try_lock(lock))
        return true;
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = pthread_mutex_timedlock(&lock->mutex, end);
    Py_END_ALLOW_THREADS
    if (result == 0)
        note_owner(lock);
    return result == 0;
}

/*
 * A thread that is inside of a Python file has the file's own lock, which nobody would give back in the child. So
 * whoever forks takes all write locks first. It waits without the GIL, which their owners may need, and not for ever:
 * those that it did not get are left as they are.
 */
static PyObject *before_fork(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += FORK_WAITS_SECONDS;
    for (cleatpy_write_lock *lock = all, *next; lock != NULL; lock = next) {
        Py_INCREF(lock); /* it stays in the list while others run */
        bool taken = take_until(lock, &end);
        next = lock->next;
        if (taken)
            lock->is_taken_for_fork = true;
        else
            Py_DECREF(lock);
    }
    Py_RETURN_NONE;
}

/* In parent and child. */
static PyObject *after_fork(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    for (cleatpy_write_lock *lock = all, *next; lock != NULL; lock = next) {
        next = lock->next;
        if (!lock->is_taken_for_fork || !is_mine(lock))
            continue;
        lock->is_taken_for_fork = false;
        cleatpy_unlock(lock);
        Py_DECREF(lock);
    }
    Py_RETURN_NONE;
}

/* The threads that had them are not in the child. The one that forked may go on with what it has. */
static void free_locks_in_child(void)
{
    for (cleatpy_write_lock *lock = all; lock != NULL; lock = lock->next) {
        if (is_mine(lock))
            continue;
        pthread_mutex_init(&lock->mutex, NULL);
        atomic_store_explicit(&lock->owner, 0, memory_order_relaxed);
        lock->depth = 0;
        lock->is_taken_for_fork = false;
    }
}

static int register_fork_functions(void)
{
    static PyMethodDef before = {"before_fork", before_fork, METH_NOARGS, NULL};
    static PyMethodDef after = {"after_fork", after_fork, METH_NOARGS, NULL};
    PyObject *os = PyImport_ImportModule("os");
    PyObject *at_fork = os != NULL ? PyObject_GetAttrString(os, "register_at_fork") : NULL;
    PyObject *none = PyTuple_New(0);
    PyObject *functions = Py_BuildValue("{s:N,s:N,s:N}", "before", PyCFunction_New(&before, NULL), "after_in_parent",
                                        PyCFunction_New(&after, NULL), "after_in_child", PyCFunction_New(&after, NULL));
    PyObject *result = NULL;
    if (at_fork != NULL && none != NULL && functions != NULL)
        result = PyObject_Call(at_fork, none, functions);
    Py_XDECREF(functions);
    Py_XDECREF(none);
    Py_XDECREF(at_fork);
    Py_XDECREF(os);
    Py_XDECREF(result);
    return result != NULL ? 0 : -1;
}

/* -- of files -- */

static PyObject *locks; /* a WeakKeyDictionary: file -> its lock */

static PyObject *lock_for(PyObject *Py_UNUSED(module), PyObject *file)
{
    PyObject *lock = PyObject_CallNoArgs((PyObject *)cleatpy_write_lock_type);
    PyObject *shared = lock != NULL ? PyObject_CallMethod(locks, "setdefault", "OO", file, lock) : NULL;
    if (shared == NULL && lock != NULL && PyErr_ExceptionMatches(PyExc_TypeError)) {
        /* No weak reference to it can be made: a class with slots, or None where a program has no standard output. */
        PyErr_Clear();
        return lock;
    }
    Py_XDECREF(lock);
    return shared;
}

cleatpy_write_lock *cleatpy_lock_for(PyObject *file)
{
    return (cleatpy_write_lock *)lock_for(NULL, file);
}

static PyMethodDef functions[] = {
    {"lock_for", lock_for, METH_O,
     "lock_for($module, file, /)\n--\n\nReturn the lock that all loggers of a file share, so that no line gets into another."},
    {NULL, NULL, 0, NULL},
};

static int add_locks_of_files(PyObject *module)
{
    PyObject *weakref = PyImport_ImportModule("weakref");
    locks = weakref != NULL ? PyObject_CallMethod(weakref, "WeakKeyDictionary", NULL) : NULL;
    Py_XDECREF(weakref);
    if (locks == NULL || PyModule_AddObjectRef(module, "write_locks", locks) < 0)
        return -1;
    return PyModule_AddFunctions(module, functions);
}

/* -- for Python -- */

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args;
    (void)kwargs;
    cleatpy_write_lock *lock = (cleatpy_write_lock *)type->tp_alloc(type, 0);
    if (lock == NULL)
        return NULL;
    pthread_mutex_init(&lock->mutex, NULL);
    atomic_init(&lock->owner, 0);
    lock->next = all;
    lock->link = &all;
    if (all != NULL)
        all->link = &lock->next;
    all = lock;
    return (PyObject *)lock;
}

static void dealloc(PyObject *object)
{
    cleatpy_write_lock *lock = (cleatpy_write_lock *)object;
    PyTypeObject *type = Py_TYPE(object);
    *lock->link = lock->next;
    if (lock->next != NULL)
        lock->next->link = lock->link;
    pthread_mutex_destroy(&lock->mutex);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyObject *enter(PyObject *object, PyObject *unused)
{
    (void)unused;
    cleatpy_write_lock *lock = (cleatpy_write_lock *)object;
    if (!cleatpy_try_lock(lock)) {
        Py_BEGIN_ALLOW_THREADS
        cleatpy_wait_for_lock(lock);
        Py_END_ALLOW_THREADS
    }
    Py_RETURN_TRUE;
}

static PyObject *leave(PyObject *object, PyObject *unused)
{
    (void)unused;
    cleatpy_write_lock *lock = (cleatpy_write_lock *)object;
    if (!is_mine(lock)) {
        PyErr_SetString(PyExc_RuntimeError, "this thread does not have the lock");
        return NULL;
    }
    cleatpy_unlock(lock);
    Py_RETURN_NONE;
}

static PyObject *leave_with(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    (void)args;
    (void)count;
    return leave(object, NULL);
}

static PyObject *is_locked(PyObject *object, PyObject *unused)
{
    (void)unused;
    return PyBool_FromLong(atomic_load_explicit(&((cleatpy_write_lock *)object)->owner, memory_order_relaxed) != 0);
}

static PyMethodDef methods[] = {
    {"acquire", enter, METH_NOARGS, "Wait until the lock is free or this thread's own, and take it. Returns True."},
    {"release", leave, METH_NOARGS, "Give it back once. RuntimeError in a thread that does not have it."},
    {"locked", is_locked, METH_NOARGS, "Tell whether any thread has it."},
    {"__enter__", enter, METH_NOARGS, NULL},
    {"__exit__", CLEATPY_METHOD(leave_with), METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, CLEATPY_SLOT("The lock of a file that lines are written to. The thread that has it may take it again; in the child of a "
                "fork it is free, unless the thread that forked had it.")},
    {Py_tp_new, CLEATPY_SLOT(new)},
    {Py_tp_dealloc, CLEATPY_SLOT(dealloc)},
    {Py_tp_methods, methods},
    {0, NULL},
};

static PyType_Spec spec = {"cleat._engine.WriteLock", sizeof(cleatpy_write_lock), 0, Py_TPFLAGS_DEFAULT, slots};

int cleatpy_add_write_lock(PyObject *module)
{
    cleatpy_write_lock_type = (PyTypeObject *)PyType_FromSpec(&spec);
    if (cleatpy_write_lock_type == NULL || PyModule_AddType(module, cleatpy_write_lock_type) < 0 ||
        add_locks_of_files(module) < 0)
        return -1;
    pthread_atfork(NULL, NULL, free_locks_in_child);
    return register_fork_functions();
}
