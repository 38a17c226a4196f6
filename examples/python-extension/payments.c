/*
 * payments.c - an extension module whose C code logs. It knows nothing of tasks and requests: whatever Python code has
 * bound for the task or thread that calls is on the lines.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <cleat.h>

/* With the interpreter's lock held, as every function of an extension is called. */
static PyObject *charge(PyObject *module, PyObject *args)
{
    int amount;
    (void)module;
    if (!PyArg_ParseTuple(args, "i", &amount))
        return NULL;
    cleat_info(NULL, "charged", "amount", amount);
    Py_RETURN_NONE;
}

/* Without it, so that other Python threads run meanwhile. Each line takes the lock for a moment, to look. */
static PyObject *charge_without_lock(PyObject *module, PyObject *args)
{
    int amount;
    (void)module;
    if (!PyArg_ParseTuple(args, "i", &amount))
        return NULL;
    Py_BEGIN_ALLOW_THREADS;
    cleat_info(NULL, "charged without the lock", "amount", amount);
    Py_END_ALLOW_THREADS;
    Py_RETURN_NONE;
}

/* The same for many lines: the context is taken along once, and the lock is not touched any more. */
static PyObject *charge_all(PyObject *module, PyObject *args)
{
    int first;
    int count;
    (void)module;
    if (!PyArg_ParseTuple(args, "ii", &first, &count))
        return NULL;
    cleat_context *here = cleat_copy_context();
    Py_BEGIN_ALLOW_THREADS;
    CLEAT_IN_CONTEXT(here) {
        for (int i = 0; i < count; i++)
            cleat_info(NULL, "charged in a row", "amount", first + i);
    }
    Py_END_ALLOW_THREADS;
    cleat_context_unref(here);
    Py_RETURN_NONE;
}

static void *work(void *arg)
{
    cleat_info(NULL, "charged on a thread", "amount", *(int *)arg);
    return NULL;
}

/* On a thread that Python does not know. cleat_thread_create() has it inherit; a plain pthread begins with nothing. */
static PyObject *charge_on_thread(PyObject *module, PyObject *args)
{
    int amount;
    pthread_t thread;
    (void)module;
    if (!PyArg_ParseTuple(args, "i", &amount))
        return NULL;
    int error = cleat_thread_create(&thread, NULL, work, &amount);
    if (error != 0)
        return PyErr_Format(PyExc_OSError, "%s", cleat_error_message());
    Py_BEGIN_ALLOW_THREADS;
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS;
    Py_RETURN_NONE;
}

/* What C binds is in the caller's context: the Python function that is called back has it on its lines. */
static PyObject *attempt(PyObject *module, PyObject *args)
{
    int number;
    PyObject *callback;
    PyObject *result = NULL;
    (void)module;
    if (!PyArg_ParseTuple(args, "iO", &number, &callback))
        return NULL;
    CLEAT_BOUND_CONTEXTVARS("attempt", number) {
        cleat_info(NULL, "trying", "amount", number);
        result = PyObject_CallNoArgs(callback);
    }
    return result;
}

static PyMethodDef methods[] = {
    {"charge", charge, METH_VARARGS, "Logs a line."},
    {"charge_without_lock", charge_without_lock, METH_VARARGS, "Logs a line without the interpreter's lock."},
    {"charge_all", charge_all, METH_VARARGS, "Logs many lines without the interpreter's lock."},
    {"charge_on_thread", charge_on_thread, METH_VARARGS, "Logs a line on a C thread."},
    {"attempt", attempt, METH_VARARGS, "Calls a function with the attempt's number bound."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "payments",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit_payments(void);

PyMODINIT_FUNC PyInit_payments(void)
{
    return PyModule_Create(&definition);
}
