#include "file_sink.h"

#include <limits.h>
#include <structmember.h>

#include <cleat/level.h>

#include "../engine_sink.h"
#include "logger/host.h"
#include "../module.h"

typedef struct {
    PyObject_HEAD
    cleat_sink *sink;           /* NULL: closed */
    unsigned long long dropped; /* until it was closed */
    unsigned long long lost;
    PyObject *path;             /* a str */
} file_sink;

#define LAST_PATIENCE_MS 10000 /* as the engine's at the end of a sink */

PyTypeObject *cleatpy_file_sink_type;

/* For PyArg_Parse: a number of something, which has no sign. */
static int to_count(PyObject *number, void *count)
{
    *(uint64_t *)count = PyLong_AsUnsignedLongLong(number);
    return PyErr_Occurred() == NULL;
}

static int to_small_count(PyObject *number, void *count)
{
    uint64_t large;
    if (!to_count(number, &large))
        return 0;
    if (large > UINT_MAX) {
        PyErr_Format(PyExc_OverflowError, "%R is too large a number", number);
        return 0;
    }
    *(unsigned *)count = (unsigned)large;
    return 1;
}

struct arguments {
    PyObject *path; /* bytes */
    cleat_file_options file;
    cleat_async_options queue;
    bool enqueues;
};

/* 0, or -1: Python error. */
static int parse(PyObject *args, PyObject *kwargs, struct arguments *to)
{
    static const char *const names[] = {"path",     "rotate_bytes", "rotate_seconds", "rotate_offset_seconds", "local_time",
                                        "keep_files", "keep_seconds", "compress",       "mode",                  "enqueue",
                                        "queue_bytes", "overflow",   NULL};
    int local_time = 1;
    int compress = 0;
    int enqueues = 0;
    uint64_t queue_bytes = 0;
    const char *overflow = "block";
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|$O&O&O&pO&O&pO&pO&s:FileSink", (char **)(uintptr_t)names,
                                     PyUnicode_FSConverter, &to->path, to_count, &to->file.rotate_bytes, to_count,
                                     &to->file.rotate_seconds, to_count, &to->file.rotate_offset_seconds, &local_time,
                                     to_small_count, &to->file.keep_files, to_count, &to->file.keep_seconds, &compress,
                                     to_small_count, &to->file.mode, &enqueues, to_count, &queue_bytes, &overflow))
        return -1;
    int overflow_number = cleatpy_overflow_of(overflow);
    if (overflow_number < 0)
        return -1;
    to->file.rotate_local_time = local_time != 0;
    to->file.compress = compress != 0;
    to->queue = (cleat_async_options){queue_bytes, (cleat_overflow)overflow_number};
    to->enqueues = enqueues != 0;
    return 0;
}

static PyObject *open_sink(PyTypeObject *type, const struct arguments *arguments)
{
    file_sink *self = (file_sink *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->path = PyUnicode_DecodeFSDefaultAndSize(PyBytes_AS_STRING(arguments->path), PyBytes_GET_SIZE(arguments->path));
    if (self->path != NULL)
        self->sink =
            cleatpy_open_file(arguments->path, &arguments->file, arguments->enqueues ? &arguments->queue : NULL);
    if (self->sink == NULL)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    struct arguments arguments = {0};
    PyObject *self = parse(args, kwargs, &arguments) == 0 ? open_sink(type, &arguments) : NULL;
    Py_XDECREF(arguments.path);
    return self;
}

static void dealloc(PyObject *object)
{
    file_sink *self = (file_sink *)object;
    PyTypeObject *type = Py_TYPE(object);
    cleatpy_let_go_of_sink(self->sink);
    Py_XDECREF(self->path);
    type->tp_free(object);
    Py_DECREF(type);
}

int cleatpy_file_sink_write(PyObject *object, const char *line, size_t length, int level)
{
    cleat_sink *sink = ((file_sink *)object)->sink;
    if (sink != NULL)
        cleatpy_give_line(sink, line, length, level);
    return 0;
}

/* -- for Python -- */

static PyObject *write_line(PyObject *object, PyObject *line)
{
    size_t length;
    const char *bytes = cleatpy_line_of(line, &length);
    if (bytes == NULL)
        return NULL;
    const file_sink *self = (const file_sink *)object;
    if (self->sink == NULL)
        return PyErr_Format(PyExc_ValueError, "the file sink of %U is closed", self->path);
    cleatpy_give_line(self->sink, bytes, length, CLEAT_INFO);
    Py_RETURN_NONE;
}

static PyObject *wait_for(PyObject *object, PyObject *args, PyObject *kwargs,
                          PyObject *(*wait)(cleat_sink *sink, double seconds))
{
    static const char *const names[] = {"timeout", NULL};
    double seconds = -1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|d", (char **)(uintptr_t)names, &seconds))
        return NULL;
    cleat_sink *sink = ((file_sink *)object)->sink;
    return sink != NULL ? wait(sink, seconds) : Py_NewRef(Py_True);
}

static PyObject *flush(PyObject *object, PyObject *args, PyObject *kwargs)
{
    return wait_for(object, args, kwargs, cleatpy_flush_sink);
}

static PyObject *settle(PyObject *object, PyObject *args, PyObject *kwargs)
{
    return wait_for(object, args, kwargs, cleatpy_settle_sink);
}

static PyObject *get_dropped(PyObject *object, void *unused)
{
    (void)unused;
    const file_sink *self = (const file_sink *)object;
    return PyLong_FromUnsignedLongLong(self->sink != NULL ? cleat_async_dropped(self->sink) : self->dropped);
}

static PyObject *get_lost(PyObject *object, void *unused)
{
    (void)unused;
    const file_sink *self = (const file_sink *)object;
    return PyLong_FromUnsignedLongLong(self->sink != NULL ? cleat__lines_lost(self->sink) : self->lost);
}

/* What waits may be dropped or lost on the way out. */
static void end_sink(file_sink *self, cleat_sink *sink)
{
    PyThreadState *state = PyEval_SaveThread();
    cleat_sink_flush(sink, LAST_PATIENCE_MS);
    PyEval_RestoreThread(state);
    self->dropped = cleat_async_dropped(sink);
    self->lost = cleat__lines_lost(sink);
    cleatpy_let_go_of_sink(sink);
}

static PyObject *close_sink(PyObject *object, PyObject *unused)
{
    (void)unused;
    file_sink *self = (file_sink *)object;
    cleat_sink *sink = self->sink;
    self->sink = NULL;
    if (sink != NULL)
        end_sink(self, sink);
    Py_RETURN_NONE;
}

static PyObject *get_closed(PyObject *object, void *unused)
{
    (void)unused;
    return PyBool_FromLong(((file_sink *)object)->sink == NULL);
}

static PyObject *represent(PyObject *object)
{
    return PyUnicode_FromFormat("<FileSink %R>", ((file_sink *)object)->path);
}

static PyMethodDef methods[] = {
    {"write", write_line, METH_O,
     "write($self, line, /)\n--\n\n"
     "Hand over a whole line, a str or bytes in UTF-8, its line break included. ValueError when the sink is closed, and for "
     "a str that cannot be encoded. A line that cannot be written is counted in `lost`, and that is said on standard error."},
    {"flush", CLEATPY_METHOD(flush), METH_VARARGS | METH_KEYWORDS,
     "flush($self, timeout=-1)\n--\n\n"
     "Wait until what was handed over before is in the file, or counted in `dropped` or `lost`, for so many seconds at most "
     "(negative: for ever); whether it is."},
    {"settle", CLEATPY_METHOD(settle), METH_VARARGS | METH_KEYWORDS,
     "settle($self, timeout=-1)\n--\n\n"
     "Wait until the files that were rotated are compressed and removed, as far as no other process writes to them, for so "
     "many seconds at most (negative: for ever); whether they are."},
    {"close", close_sink, METH_NOARGS,
     "close($self, /)\n--\n\nWrite what waits, and close the file. Again: nothing."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef members[] = {
    {"path", T_OBJECT, offsetof(file_sink, path), READONLY, "the path that it was opened with"},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef properties[] = {
    {"dropped", get_dropped, NULL, "How many lines were dropped for want of room in the queues.", NULL},
    {"lost", get_lost, NULL, "How many lines the file could not take: the disk was full, the file was gone.", NULL},
    {"closed", get_closed, NULL, "Whether it is closed.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, CLEATPY_SLOT("FileSink(path, *, rotate_bytes=0, rotate_seconds=0, rotate_offset_seconds=0, local_time=True, "
     "keep_files=0, keep_seconds=0, compress=False, mode=0, enqueue=False, queue_bytes=0, overflow='block')\n--\n\n"
     "A file that whole lines are appended to, from any number of threads, sinks and processes; none is lost, doubled or\n"
     "torn when it is rotated.\n\n"
     "rotate_bytes begins a new file before this one outgrows so much, rotate_seconds after such a period, which is counted\n"
     "from 1970-01-01 and rotate_offset_seconds, in local time or UTC. The rotated file is called PATH.2026-01-31T23-59-59.123456Z,\n"
     "and .gz behind that with compress. The newest keep_files of them are kept, and none for longer than keep_seconds. mode:\n"
     "permission bits of the file, 0o644 if 0.\n\n"
     "With enqueue, a thread of the sink's writes; the lines of each thread that logs wait in a queue of up to queue_bytes (1\n"
     "MiB if 0), and when that is full, overflow says whether the caller waits ('block'), or what is dropped ('drop_newest',\n"
     "'drop_oldest'). They are in the file after flush() or close(), and when the process or a child of multiprocessing ends;\n"
     "not after os._exit() or a signal.\n\n"
     "Safe for threads, and for forks: the child goes on with the file, and with a thread of its own. OSError as open()\n"
     "raises it, which names the path; ValueError for options that do not go together.")},
    {Py_tp_new, CLEATPY_SLOT(new)},
    {Py_tp_dealloc, CLEATPY_SLOT(dealloc)},
    {Py_tp_repr, CLEATPY_SLOT(represent)},
    {Py_tp_methods, methods},
    {Py_tp_members, members},
    {Py_tp_getset, properties},
    {0, NULL},
};

static PyType_Spec spec = {"cleat._engine.FileSink", sizeof(file_sink), 0, Py_TPFLAGS_DEFAULT, slots};

int cleatpy_add_file_sink(PyObject *module)
{
    cleatpy_file_sink_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return cleatpy_file_sink_type != NULL ? PyModule_AddType(module, cleatpy_file_sink_type) : -1;
}
