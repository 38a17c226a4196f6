#include "sink_logger.h"

#include <string.h>

#include <cleat/level.h>

#include "engine_sink.h"
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

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {(char *)"path", (char *)"queue_bytes", (char *)"overflow", NULL};
    PyObject *path;
    Py_ssize_t queue_bytes = 0;
    const char *overflow_name = "block";
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|$ns:AsyncFileLogger", names, PyUnicode_FSConverter, &path,
                                     &queue_bytes, &overflow_name))
        return NULL;
    int overflow = cleatpy_overflow_of(overflow_name);
    sink_logger *self = overflow >= 0 ? (sink_logger *)type->tp_alloc(type, 0) : NULL;
    if (self != NULL) {
        const cleat_async_options options = {.queue_bytes = (size_t)(queue_bytes > 0 ? queue_bytes : 0),
                                             .overflow = (cleat_overflow)overflow};
        self->sink = cleatpy_open_file(path, NULL, &options);
        if (self->sink == NULL)
            Py_CLEAR(self);
    }
    Py_DECREF(path);
    return (PyObject *)self;
}

static void dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    cleatpy_let_go_of_sink(((sink_logger *)object)->sink);
    type->tp_free(object);
    Py_DECREF(type);
}

/* A line that somebody else made: text, or bytes. */
static PyObject *log_message(PyObject *object, PyObject *message)
{
    size_t length;
    const char *text = cleatpy_line_of(message, &length);
    if (text == NULL)
        return NULL;
    char *line = PyMem_Malloc(length + 1);
    if (line == NULL)
        return PyErr_NoMemory();
    memcpy(line, text, length);
    line[length] = '\n';
    cleatpy_give_line(((sink_logger *)object)->sink, line, length + 1, CLEAT_INFO);
    PyMem_Free(line);
    Py_RETURN_NONE;
}

static PyObject *flush(PyObject *object, PyObject *args)
{
    double seconds = -1;
    if (!PyArg_ParseTuple(args, "|d:flush", &seconds))
        return NULL;
    return cleatpy_flush_sink(((sink_logger *)object)->sink, seconds);
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
     "in `dropped` and in the file itself. Lines are in the file when `flush` has returned or the process, or a child of\n"
     "multiprocessing, has ended as programs do; one that ends by os._exit() has to flush before.\n\n"
     "Safe for threads; in the child of a fork it goes on with a thread of the child's. OSError as open() raises\n"
     "it, ValueError for another overflow.")},
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
