#include "record.h"

#include <time.h>
#include <unistd.h>

#include "../clock.h"
#include "caller.h"
#include "object_text.h"

static struct {
    PyObject *current_thread; /* threading.current_thread */
    PyObject *modules;        /* sys.modules */
    PyObject *time;           /* the module */
    PyObject *time_name;      /* "time" */
    PyObject *name;           /* "name" */
    PyObject *ident;          /* "ident" */
    PyObject *multiprocessing;
    PyObject *current_process; /* "current_process" */
    PyObject *main_process;    /* "MainProcess" */
    PyObject *unknown;         /* "<unknown>" */
    int64_t beginning;         /* of the program's logging */
} known;

#define SECOND INT64_C(1000000000)
#define MICROSECOND INT64_C(1000)

/* -- time -- */

static int64_t clock_of_machine(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

/* To microseconds. What is too far away, in the year 2262 or 1677, is as far away as can be. */
static int64_t nanoseconds_of(double seconds)
{
    const double furthest = (double)(INT64_MAX / SECOND);
    if (!(seconds > -furthest))
        return INT64_MIN / SECOND * SECOND;
    if (seconds > furthest)
        return INT64_MAX / SECOND * SECOND;
    return (int64_t)(seconds * 1e6 + (seconds < 0 ? -0.5 : 0.5)) * MICROSECOND;
}

/* As the program sees it: tests freeze time. 0, or -1: Python error. */
static int clock_of_program(int64_t *now)
{
    PyObject *seconds = PyObject_CallMethodNoArgs(known.time, known.time_name);
    double value = seconds != NULL ? PyFloat_AsDouble(seconds) : -1;
    Py_XDECREF(seconds);
    if (value == -1 && PyErr_Occurred() != NULL)
        return -1;
    *now = nanoseconds_of(value);
    return 0;
}

static void be_at(struct cleatpy_record *record, int64_t time)
{
    record->time = time;
    record->elapsed = time > known.beginning ? time - known.beginning : 0;
    record->known |= CLEATPY_NEEDS_TIME;
}

static int find_time(struct cleatpy_record *record)
{
    record->is_frozen = !cleatpy_clock_is_real();
    int64_t now = 0;
    if (!record->is_frozen)
        now = clock_of_machine();
    else if (clock_of_program(&now) < 0)
        return -1;
    be_at(record, now);
    return 0;
}

/* -- thread and process -- */

/* str(object.name). A new reference; NULL: Python error, also where the object is NULL. */
static PyObject *name_of(PyObject *object)
{
    PyObject *name = object != NULL ? PyObject_GetAttr(object, known.name) : NULL;
    PyObject *text = name != NULL ? PyObject_Str(name) : NULL;
    Py_XDECREF(name);
    return text;
}

/* 0 where it has none. */
static unsigned long long id_of(PyObject *thread)
{
    PyObject *ident = PyObject_GetAttr(thread, known.ident);
    unsigned long long id = ident != NULL && PyLong_Check(ident) ? PyLong_AsUnsignedLongLongMask(ident) : 0;
    Py_XDECREF(ident);
    return id;
}

/* When the interpreter ends, threading may be in pieces already, and lines are written all the same. */
static int find_thread(struct cleatpy_record *record)
{
    PyObject *thread = PyObject_CallNoArgs(known.current_thread);
    PyObject *name = name_of(thread);
    unsigned long long id = name != NULL ? id_of(thread) : 0;
    Py_XDECREF(thread);
    if (PyErr_Occurred() != NULL) {
        if (!cleatpy_forget_exception()) {
            Py_XDECREF(name);
            return -1;
        }
        Py_XSETREF(name, Py_NewRef(known.unknown));
        id = PyThread_get_thread_ident();
    }
    record->thread_name = name;
    record->thread_id = id;
    record->known |= CLEATPY_NEEDS_THREAD;
    return 0;
}

/*
 * A process has a name only if multiprocessing is in use, and not yet while that is being imported. A new reference;
 * NULL: Python error.
 */
static PyObject *name_of_process(void)
{
    PyObject *module = Py_XNewRef(PyDict_GetItemWithError(known.modules, known.multiprocessing));
    if (module == NULL)
        return PyErr_Occurred() == NULL ? Py_NewRef(known.main_process) : NULL;
    PyObject *process = PyObject_CallMethodNoArgs(module, known.current_process);
    PyObject *name = name_of(process);
    Py_XDECREF(process);
    Py_DECREF(module);
    return name == NULL && cleatpy_forget_exception() ? Py_NewRef(known.main_process) : name;
}

static int find_process(struct cleatpy_record *record)
{
    PyObject *name = name_of_process();
    if (name == NULL)
        return -1;
    record->process_name = name;
    record->process_id = getpid();
    record->known |= CLEATPY_NEEDS_PROCESS;
    return 0;
}

/* -- a record -- */

int cleatpy_record_know(struct cleatpy_record *record, unsigned needs, unsigned depth)
{
    unsigned missing = needs & ~record->known;
    if ((missing & CLEATPY_NEEDS_TIME) != 0 && find_time(record) < 0)
        return -1;
    if ((missing & CLEATPY_NEEDS_CALLER) != 0 && cleatpy_find_caller(depth, record) < 0)
        return -1;
    if ((missing & CLEATPY_NEEDS_THREAD) != 0 && find_thread(record) < 0)
        return -1;
    return (missing & CLEATPY_NEEDS_PROCESS) != 0 ? find_process(record) : 0;
}

/* -- a record from elsewhere -- */

static PyObject *text_of(PyObject *object)
{
    return PyUnicode_CheckExact(object) ? Py_NewRef(object) : PyObject_Str(object);
}

static int take_caller(struct cleatpy_record *record, PyObject *name, PyObject *function, PyObject *path,
                       PyObject *line)
{
    record->line = PyLong_AsLong(line);
    if (record->line == -1 && PyErr_Occurred() != NULL)
        return -1;
    record->name = name != Py_None ? text_of(name) : Py_NewRef(name);
    record->function = text_of(function);
    record->path = text_of(path);
    record->file = record->path != NULL ? cleatpy_file_of(record->path) : NULL;
    record->module = record->file != NULL ? cleatpy_module_of(record->file) : NULL;
    record->known |= CLEATPY_NEEDS_CALLER;
    return record->name != NULL && record->function != NULL && record->module != NULL ? 0 : -1;
}

static int take_thread(struct cleatpy_record *record, PyObject *name, PyObject *ident)
{
    record->thread_name = text_of(name);
    record->thread_id = PyLong_Check(ident) ? PyLong_AsUnsignedLongLongMask(ident) : 0;
    record->known |= CLEATPY_NEEDS_THREAD;
    return record->thread_name != NULL ? 0 : -1;
}

static int take_process(struct cleatpy_record *record, PyObject *name, PyObject *ident)
{
    record->process_name = text_of(name);
    record->process_id = PyLong_Check(ident) ? PyLong_AsLongLong(ident) : 0;
    record->known |= CLEATPY_NEEDS_PROCESS;
    return record->process_name != NULL && PyErr_Occurred() == NULL ? 0 : -1;
}

int cleatpy_record_come_from(struct cleatpy_record *record, PyObject *origin)
{
    PyObject *time;
    PyObject *name;
    PyObject *function;
    PyObject *path;
    PyObject *line;
    PyObject *thread_name;
    PyObject *thread_id;
    PyObject *process_name;
    PyObject *process_id;
    if (!PyTuple_Check(origin)) {
        PyErr_Format(PyExc_TypeError, "origin must be a tuple, not %.100s", Py_TYPE(origin)->tp_name);
        return -1;
    }
    if (!PyArg_ParseTuple(origin, "OOOOOOOOO:origin", &time, &name, &function, &path, &line, &thread_name, &thread_id,
                          &process_name, &process_id))
        return -1;
    if (time != Py_None)
        be_at(record, PyLong_AsLongLong(time));
    if (PyErr_Occurred() != NULL || (path != Py_None && take_caller(record, name, function, path, line) < 0) ||
        (thread_name != Py_None && take_thread(record, thread_name, thread_id) < 0) ||
        (process_name != Py_None && take_process(record, process_name, process_id) < 0))
        return -1;
    return 0;
}

/* -- its end, and its dict -- */

void cleatpy_record_clear(struct cleatpy_record *record)
{
    Py_XDECREF(record->message);
    Py_XDECREF(record->exception);
    Py_XDECREF(record->extra);
    Py_XDECREF(record->name);
    Py_XDECREF(record->function);
    Py_XDECREF(record->file);
    Py_XDECREF(record->path);
    Py_XDECREF(record->module);
    Py_XDECREF(record->thread_name);
    Py_XDECREF(record->process_name);
}

PyObject *cleatpy_record_dict(const struct cleatpy_record *record, PyObject *make_record)
{
    /* One of its own, which the program may change. */
    PyObject *extra = record->extra != NULL ? PyDict_Copy(record->extra) : PyDict_New();
    if (extra == NULL)
        return NULL;
    PyObject *exception = record->exception != NULL ? record->exception : Py_None;
    Py_INCREF(make_record); /* a core may get another one meanwhile */
    PyObject *dict =
        PyObject_CallFunction(make_record, "OOLLOOOOOlOKOLON", record->level, record->message, (long long)record->time,
                              (long long)record->elapsed, record->name, record->function, record->file, record->path,
                              record->module, record->line, record->thread_name, record->thread_id,
                              record->process_name, record->process_id, exception, extra);
    Py_DECREF(make_record);
    return dict;
}

/* -- setting up -- */

static PyObject *attribute_of(const char *module_name, const char *name)
{
    PyObject *module = PyImport_ImportModule(module_name);
    PyObject *attribute = module != NULL ? PyObject_GetAttrString(module, name) : NULL;
    Py_XDECREF(module);
    return attribute;
}

int cleatpy_add_record(PyObject *module)
{
    (void)module;
    known.beginning = clock_of_machine();
    known.current_thread = attribute_of("threading", "current_thread");
    known.modules = attribute_of("sys", "modules");
    known.time = PyImport_ImportModule("time");
    known.time_name = PyUnicode_InternFromString("time");
    known.name = PyUnicode_InternFromString("name");
    known.ident = PyUnicode_InternFromString("ident");
    known.multiprocessing = PyUnicode_InternFromString("multiprocessing");
    known.current_process = PyUnicode_InternFromString("current_process");
    known.main_process = PyUnicode_InternFromString("MainProcess");
    known.unknown = PyUnicode_InternFromString("<unknown>");
    return known.current_thread != NULL && known.modules != NULL && known.time != NULL && known.time_name != NULL &&
                   known.name != NULL && known.ident != NULL && known.multiprocessing != NULL &&
                   known.current_process != NULL && known.main_process != NULL && known.unknown != NULL
               ? 0
               : -1;
}
