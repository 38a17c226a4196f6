#include "engine_sink.h"

#include <limits.h>
#include <string.h>

#include "logger/host.h"
#include "module.h"

static PyObject *fail_to_open(void)
{
    int error = cleat__last_error();
    if (error == EINVAL) {
        PyErr_SetString(PyExc_ValueError, cleat_error_message());
        return NULL;
    }
    PyObject *arguments = Py_BuildValue("(is)", error, cleat_error_message());
    if (arguments != NULL)
        PyErr_SetObject(PyExc_OSError, arguments); /* which makes it FileNotFoundError, PermissionError, ... */
    Py_XDECREF(arguments);
    return NULL;
}

cleat_sink *cleatpy_open_file(PyObject *path, const cleat_file_options *options, const cleat_async_options *queue)
{
    cleat_sink *sink;
    Py_BEGIN_ALLOW_THREADS /* a file system may take its time, and threads are begun */
    sink = cleat_file_sink(PyBytes_AS_STRING(path), options);
    if (sink != NULL && queue != NULL)
        sink = cleat_async_sink(sink, queue);
    Py_END_ALLOW_THREADS
    if (sink == NULL)
        fail_to_open();
    return sink;
}

void cleatpy_let_go_of_sink(cleat_sink *sink)
{
    if (sink == NULL)
        return;
    Py_BEGIN_ALLOW_THREADS
    cleat_sink_unref(sink);
    Py_END_ALLOW_THREADS
}

/*
 * A queue that has room takes the line while we have the GIL: to give that away and get it back costs as much as the
 * rest. But nobody writes to a file with it, though the page cache takes a line in a microsecond. It cannot be known
 * beforehand which write is the one that waits, for a disk that is slow or for a server that has gone, and then all
 * threads of Python would stand still.
 */
void cleatpy_give_line(cleat_sink *sink, const char *line, size_t length, int level)
{
    if (cleat__offer_to_sink(sink, line, length, level))
        return;
    cleat_sink_ref(sink);
    Py_BEGIN_ALLOW_THREADS
    cleat__give_to_sink(sink, line, length, level);
    cleat_sink_unref(sink);
    Py_END_ALLOW_THREADS
}

/* Negative: for ever. */
static int milliseconds(double seconds)
{
    if (seconds < 0)
        return -1;
    return seconds < INT_MAX / 1000 ? (int)(seconds * 1000) : INT_MAX;
}

PyObject *cleatpy_flush_sink(cleat_sink *sink, double seconds)
{
    int result;
    cleat_sink_ref(sink);
    Py_BEGIN_ALLOW_THREADS
    result = cleat_sink_flush(sink, milliseconds(seconds));
    cleat_sink_unref(sink);
    Py_END_ALLOW_THREADS
    return PyBool_FromLong(result == 0);
}

PyObject *cleatpy_settle_sink(cleat_sink *sink, double seconds)
{
    bool settled;
    cleat_sink_ref(sink);
    Py_BEGIN_ALLOW_THREADS
    settled = cleat__settle_sink(sink, milliseconds(seconds));
    cleat_sink_unref(sink);
    Py_END_ALLOW_THREADS
    return PyBool_FromLong(settled);
}

const char *cleatpy_line_of(PyObject *line, size_t *length)
{
    Py_ssize_t size = 0;
    char *bytes = NULL;
    if (!PyBytes_Check(line))
        bytes = (char *)(uintptr_t)PyUnicode_AsUTF8AndSize(line, &size);
    else if (PyBytes_AsStringAndSize(line, &bytes, &size) < 0)
        bytes = NULL;
    *length = (size_t)size;
    return bytes;
}

int cleatpy_overflow_of(const char *name)
{
    static const char *const names[] = {"block", "drop_newest", "drop_oldest"};
    for (int i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    PyErr_Format(PyExc_ValueError, "overflow is %s; it must be block, drop_newest or drop_oldest", name);
    return -1;
}

static PyObject *flush_sinks(PyObject *Py_UNUSED(module), PyObject *args)
{
    double seconds = -1;
    if (!PyArg_ParseTuple(args, "|d:flush_sinks", &seconds))
        return NULL;
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = cleat_flush(milliseconds(seconds));
    Py_END_ALLOW_THREADS
    return PyBool_FromLong(result == 0);
}

static PyMethodDef methods[] = {
    {"flush_sinks", flush_sinks, METH_VARARGS,
     "flush_sinks($module, timeout=-1, /)\n--\n\n"
     "Wait until all that was logged before is written, by all files of the process, for so many seconds at most "
     "(negative: for ever); whether it is."},
    {NULL, NULL, 0, NULL},
};

int cleatpy_add_engine_sinks(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
