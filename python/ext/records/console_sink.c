#include "console_sink.h"

#include "../engine_sink.h"
#include "../module.h"
#include "../outlet.h"

typedef struct {
    PyObject_HEAD
    PyObject *name;          /* of the attribute of sys: "stdout" or "stderr" */
    cleatpy_outlet *outlet;  /* of the file that stood for it at the last line; NULL: there was none */
} console_sink;

PyTypeObject *cleatpy_console_sink_type;

static PyObject *system_names; /* sys.__dict__ */

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"name", NULL};
    PyObject *name;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "U:ConsoleSink", (char **)(uintptr_t)names, &name))
        return NULL;
    if (PyUnicode_CompareWithASCIIString(name, "stdout") != 0 && PyUnicode_CompareWithASCIIString(name, "stderr") != 0)
        return PyErr_Format(PyExc_ValueError, "name is %R; it must be 'stdout' or 'stderr'", name);
    console_sink *self = (console_sink *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->name = Py_NewRef(name);
    PyUnicode_InternInPlace(&self->name);
    return (PyObject *)self;
}

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(((console_sink *)object)->outlet);
    return 0;
}

static int clear(PyObject *object)
{
    Py_CLEAR(((console_sink *)object)->outlet);
    return 0;
}

static void dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    clear(object);
    Py_XDECREF(((console_sink *)object)->name);
    type->tp_free(object);
    Py_DECREF(type);
}

/* The outlet of the file that stands for it now, a new reference, or NULL: there is none, or with a Python error. */
static cleatpy_outlet *outlet_of_now(console_sink *self)
{
    PyObject *file = PyDict_GetItemWithError(system_names, self->name);
    if (file == NULL || file == Py_None) {
        Py_CLEAR(self->outlet);
        return NULL;
    }
    if (self->outlet != NULL && cleatpy_outlet_file(self->outlet) == file)
        return (cleatpy_outlet *)Py_NewRef(self->outlet);
    Py_INCREF(file); /* what is found out about it may run code of its own, which puts another one there */
    cleatpy_write_lock *lock = cleatpy_lock_for(file);
    cleatpy_outlet *outlet = lock != NULL ? cleatpy_outlet_for(file, lock) : NULL;
    Py_XDECREF(lock);
    Py_DECREF(file);
    if (outlet != NULL)
        Py_XSETREF(self->outlet, (cleatpy_outlet *)Py_NewRef(outlet));
    return outlet;
}

static int print(cleatpy_outlet *outlet, const char *line, size_t length)
{
    PyObject *text = PyUnicode_DecodeUTF8(line, (Py_ssize_t)length, "replace");
    int result = text != NULL ? cleatpy_outlet_print(outlet, text) : -1;
    Py_XDECREF(text);
    return result;
}

int cleatpy_console_sink_write(PyObject *object, const char *line, size_t length)
{
    cleatpy_outlet *outlet = outlet_of_now((console_sink *)object);
    if (outlet == NULL)
        return PyErr_Occurred() ? -1 : 0;
    int straight = cleatpy_outlet_is_straight(outlet);
    int result = -1;
    if (straight > 0)
        result = cleatpy_outlet_write_line(outlet, line, length);
    else if (straight == 0)
        result = print(outlet, line, length);
    Py_DECREF(outlet);
    return result;
}

/* -- for Python -- */

static PyObject *write_line(PyObject *object, PyObject *line)
{
    size_t length;
    const char *bytes = cleatpy_line_of(line, &length);
    if (bytes == NULL || cleatpy_console_sink_write(object, bytes, length) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *get_name(PyObject *object, void *unused)
{
    (void)unused;
    return Py_NewRef(((console_sink *)object)->name);
}

static PyObject *represent(PyObject *object)
{
    return PyUnicode_FromFormat("<ConsoleSink sys.%U>", ((console_sink *)object)->name);
}

static PyMethodDef methods[] = {
    {"write", write_line, METH_O,
     "write($self, line, /)\n--\n\n"
     "Write a whole line, a str or bytes in UTF-8, its line break included, and flush. Raises what the file raises."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef properties[] = {
    {"name", get_name, NULL, "'stdout' or 'stderr'.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, CLEATPY_SLOT("ConsoleSink(name)\n--\n\n"
     "Standard output ('stdout') or standard error ('stderr'): each line goes to the file that sys has under this name when\n"
     "the line is written, or nowhere if that is None.\n\n"
     "The lines of an ordinary file go to its descriptor, past its buffer, which is flushed before; any other object gets\n"
     "them by its write() and flush(). Safe for threads and forks: no line gets into another one of any logger's.")},
    {Py_tp_new, CLEATPY_SLOT(new)},
    {Py_tp_dealloc, CLEATPY_SLOT(dealloc)},
    {Py_tp_traverse, CLEATPY_SLOT(traverse)},
    {Py_tp_clear, CLEATPY_SLOT(clear)},
    {Py_tp_repr, CLEATPY_SLOT(represent)},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {0, NULL},
};

static PyType_Spec spec = {"cleat._engine.ConsoleSink", sizeof(console_sink), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};

int cleatpy_add_console_sink(PyObject *module)
{
    PyObject *sys = PyImport_ImportModule("sys");
    system_names = sys != NULL ? Py_NewRef(PyModule_GetDict(sys)) : NULL;
    Py_XDECREF(sys);
    cleatpy_console_sink_type = (PyTypeObject *)PyType_FromSpec(&spec);
    if (system_names == NULL || cleatpy_console_sink_type == NULL)
        return -1;
    return PyModule_AddType(module, cleatpy_console_sink_type);
}
