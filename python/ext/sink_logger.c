#include "sink_logger.h"

#include <limits.h>
#include <string.h>

#include "logger/host.h"
#include "module.h"

typedef struct {
    PyObject_HEAD
    cleat_sink *sink;
} sink_logger;

static PyTypeObject *sink_logger_type;

cleat_sink *cleatpy_sink_of(PyObject *logger)
{
    return Py_IS_TYPE(logger, sink_logger_type) ? ((sink_logger *)logger)->sink : NULL;
}

static int overflow_of(const char *name)
{
    static const char *const names[] = {"block", "drop_newest", "drop_oldest"};
    for (int i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    PyErr_Format(PyExc_ValueError, "overflow is %s; it must be block, drop_newest or drop_oldest", name);
    return -1;
}

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {(char *)"path", (char *)"queue_bytes", (char *)"overflow", NULL};
    PyObject *path;
    Py_ssize_t queue_bytes = 0;
    const char *overflow_name = "block";
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|$ns:AsyncFileLogger", names, PyUnicode_FSConverter, &path,
                                     &queue_bytes, &overflow_name))
        return NULL;
    int overflow = overflow_of(overflow_name);
    sink_logger *self = overflow >= 0 ? (sink_logger *)type->tp_alloc(type, 0) : NULL;
    if (self != NULL) {
        const cleat_async_options options = {.queue_bytes = (size_t)(queue_bytes > 0 ? queue_bytes : 0),
                                             .overflow = (cleat_overflow)overflow};
        Py_BEGIN_ALLOW_THREADS /* a file system may take its time, and a thread is begun */
        cleat_sink *file = cleat_file_sink(PyBytes_AS_STRING(path), NULL);
        self->sink = file != NULL ? cleat_async_sink(file, &options) : NULL;
        Py_END_ALLOW_THREADS
        if (self->sink == NULL) {
            PyErr_SetString(PyExc_OSError, cleat_error_message());
            Py_CLEAR(self);
        }
    }
    Py_DECREF(path);
    return (PyObject *)self;
}

static void dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    cleat_sink *sink = ((sink_logger *)object)->sink;
    if (sink != NULL) {
        Py_BEGIN_ALLOW_THREADS /* its thread writes what waits */
        cleat_sink_unref(sink);
        Py_END_ALLOW_THREADS
    }
    type->tp_free(object);
    Py_DECREF(type);
}

/* A line that somebody else made: text, or bytes. */
static PyObject *log_message(PyObject *object, PyObject *message)
{
    Py_ssize_t length;
    const char *text = PyBytes_Check(message) ? PyBytes_AsString(message) : PyUnicode_AsUTF8AndSize(message, &length);
    if (text == NULL)
        return NULL;
    if (PyBytes_Check(message))
        length = PyBytes_GET_SIZE(message);
    char *line = PyMem_Malloc((size_t)length + 1);
    if (line == NULL)
        return PyErr_NoMemory();
    memcpy(line, text, (size_t)length);
    line[length] = '\n';
    Py_BEGIN_ALLOW_THREADS
    cleat__give_to_sink(((sink_logger *)object)->sink, line, (size_t)length + 1, CLEAT_INFO);
    Py_END_ALLOW_THREADS
    PyMem_Free(line);
    Py_RETURN_NONE;
}

/* Negative: for ever. */
static int milliseconds(double seconds)
{
    if (seconds < 0)
        return -1;
    return seconds < INT_MAX / 1000 ? (int)(seconds * 1000) : INT_MAX;
}

static PyObject *flush(PyObject *object, PyObject *args)
{
    double seconds = -1;
    if (!PyArg_ParseTuple(args, "|d:flush", &seconds))
        return NULL;
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = cleat_sink_flush(((sink_logger *)object)->sink, milliseconds(seconds));
    Py_END_ALLOW_THREADS
    return PyBool_FromLong(result == 0);
}

static PyObject *get_dropped(PyObject *object, void *unused)
{
    (void)unused;
    return PyLong_FromUnsignedLongLong(cleat_async_dropped(((sink_logger *)object)->sink));
}

#define LOGS(name) {name, log_message, METH_O, "Hand over a line: a str, or bytes in UTF-8, without its line break."}

static PyMethodDef methods[] = {
    LOGS("msg"), LOGS("log"), LOGS("debug"), LOGS("info"), LOGS("warn"), LOGS("warning"), LOGS("fatal"),
    LOGS("failure"), LOGS("err"), LOGS("error"), LOGS("critical"), LOGS("exception"),
    {"flush", flush, METH_VARARGS,
     "flush($self, timeout=-1, /)\n--\n\n"
     "Wait until what was logged before is in the file, for so many seconds at most (negative: for ever); whether it is."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef properties[] = {
    {"dropped", get_dropped, NULL, "How many lines were dropped for want of room.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, CLEATPY_SLOT("AsyncFileLogger(path, *, queue_bytes=1048576, overflow='block')\n--\n\n"
     "An output logger that appends lines to a file, from a thread of its own: a log call does not wait for the disk.\n\n"
     "The lines of each thread wait in a queue of up to queue_bytes; a killed process loses at most these. When it is full,\n"
     "overflow says what happens: the caller waits (block), or lines are dropped (drop_newest, drop_oldest), and counted\n"
     "in `dropped` and in the file itself. Lines are in the file when `flush` has returned or the process has ended as\n"
     "programs do; one that ends by os._exit(), as the children of multiprocessing do, has to flush before.\n\n"
     "Safe for threads; in the child of a fork it goes on with a thread of the child's. OSError where the file cannot be\n"
     "opened, ValueError for another overflow.")},
    {Py_tp_new, CLEATPY_SLOT(new)},
    {Py_tp_dealloc, CLEATPY_SLOT(dealloc)},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {0, NULL},
};

static PyType_Spec spec = {"cleat.structlog.AsyncFileLogger", sizeof(sink_logger), 0, Py_TPFLAGS_DEFAULT, slots};

int cleatpy_add_sink_loggers(PyObject *module)
{
    sink_logger_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return sink_logger_type != NULL ? PyModule_AddType(module, sink_logger_type) : -1;
}
