#include "record.h"

#include <time.h>
#include <unistd.h>

#include "../clock.h"
#include "caller.h"

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

/* As the program sees it: tests freeze time. 0, or -1: Python error. */
static int clock_of_program(int64_t *now)
{
    PyObject *seconds = PyObject_CallMethodNoArgs(known.time, known.time_name);
    double value = seconds != NULL ? PyFloat_AsDouble(seconds) : -1;
    Py_XDECREF(seconds);
    if (value == -1 && PyErr_Occurred() != NULL)
        return -1;
    *now = (int64_t)(value * 1e6 + (value < 0 ? -0.5 : 0.5)) * MICROSECOND;
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

static int find_thread(struct cleatpy_record *record)
{
    PyObject *thread = PyObject_CallNoArgs(known.current_thread);
    if (thread == NULL)
        return -1;
    PyObject *name = PyObject_GetAttr(thread, known.name);
    PyObject *ident = name != NULL ? PyObject_GetAttr(thread, known.ident) : NULL;
    Py_DECREF(thread);
    record->thread_name = name != NULL ? PyObject_Str(name) : NULL;
    record->thread_id = ident != NULL && PyLong_Check(ident) ? PyLong_AsUnsignedLongLongMask(ident) : 0;
    Py_XDECREF(name);
    Py_XDECREF(ident);
    if (record->thread_name == NULL || ident == NULL)
        return -1;
    record->known |= CLEATPY_NEEDS_THREAD;
    return 0;
}

/* A process has a name only if multiprocessing is in use. A new reference; NULL: Python error. */
static PyObject *name_of_process(void)
{
    PyObject *module = PyDict_GetItemWithError(known.modules, known.multiprocessing);
    if (module == NULL)
        return PyErr_Occurred() == NULL ? Py_NewRef(known.main_process) : NULL;
    PyObject *process = PyObject_CallMethodNoArgs(module, known.current_process);
    PyObject *name = process != NULL ? PyObject_GetAttr(process, known.name) : NULL;
    Py_XDECREF(process);
    PyObject *text = name != NULL ? PyObject_Str(name) : NULL;
    Py_XDECREF(name);
    return text;
}

static int find_process(struct cleatpy_record *record)
{
    record->process_name = name_of_process();
    record->process_id = getpid();
    record->known |= CLEATPY_NEEDS_PROCESS;
    return record->process_name != NULL ? 0 : -1;
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

static int take_caller(struct cleatpy_record *record, PyObject *name, PyObject *function, PyObject *path, PyObject *line)
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
    return PyObject_CallFunction(make_record, "OOLLOOOOOlOKOLON", record->level, record->message,
                                 (long long)record->time, (long long)record->elapsed, record->name, record->function,
                                 record->file, record->path, record->module, record->line, record->thread_name,
                                 record->thread_id, record->process_name, record->process_id, exception, extra);
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
    return known.current_thread != NULL && known.modules != NULL && known.time != NULL && known.time_name != NULL &&
                   known.name != NULL && known.ident != NULL && known.multiprocessing != NULL &&
                   known.current_process != NULL && known.main_process != NULL
               ? 0
               : -1;
}
