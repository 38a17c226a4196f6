#include "output.h"

#include "sink_logger.h"

/* A class of output loggers, as long as nobody has changed it. */
struct output_class {
    PyTypeObject *type;
    unsigned version;
    bool takes_bytes;
    bool prints; /* into what sys.stdout is, where its file is `stdout` */
};

/* Three, and as many again if the package is imported anew; then the oldest are forgotten. */
#define CLASSES 6

static struct output_class classes[CLASSES];
static PyObject *stdout_of_import; /* the file that stands for sys.stdout, whatever that is later */
static PyObject *system_names;     /* sys.__dict__ */
static PyObject *stdout_name;
static PyObject *file_name; /* "_file" */
static PyObject *lock_name; /* "_lock" */

static const struct output_class *class_of(PyObject *logger)
{
    for (unsigned i = 0; i < CLASSES; i++)
        if (classes[i].type == Py_TYPE(logger))
            return &classes[i];
    return NULL;
}

void cleatpy_output_clear(cleatpy_output *output)
{
    output->sink = NULL;
    Py_CLEAR(output->outlet);
    Py_CLEAR(output->logger);
}

/* 0, or -1: Python error. No outlet for a file of which nothing more is known. */
static int take_file(cleatpy_output *output, PyObject *file, PyObject *lock)
{
    if (!Py_IS_TYPE(lock, cleatpy_write_lock_type))
        return 0;
    cleatpy_outlet *outlet = cleatpy_outlet_for(file, (cleatpy_write_lock *)lock);
    if (outlet == NULL)
        return -1;
    Py_XSETREF(output->outlet, outlet);
    return 0;
}

static int look_at_file(cleatpy_output *output, const struct output_class *cls, PyObject *logger)
{
    PyObject *file = PyObject_GetAttr(logger, file_name);
    PyObject *lock = file != NULL ? PyObject_GetAttr(logger, lock_name) : NULL;
    int result = -1;
    if (lock != NULL) {
        output->takes_bytes = cls->takes_bytes;
        output->follows_stdout = cls->prints && file == stdout_of_import;
        result = take_file(output, file, lock);
    } else if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        result = 0;
    }
    Py_XDECREF(file);
    Py_XDECREF(lock);
    return result;
}

int cleatpy_output_look(cleatpy_output *output, PyObject *logger)
{
    Py_INCREF(logger); /* it may be what a destructor now lets go of */
    cleatpy_output_clear(output);
    Py_XSETREF(output->logger, logger);
    output->sink = cleatpy_sink_of(logger);
    const struct output_class *cls = class_of(logger);
    return cls != NULL ? look_at_file(output, cls, logger) : 0;
}

static bool is_unchanged(const cleatpy_output *output)
{
    const struct output_class *cls = class_of(output->logger);
    return cls != NULL && cls->type->tp_version_tag == cls->version;
}

/* sys.stdout may be another file from line to line; PrintLogger keeps its lock nevertheless. */
static bool goes_to_stdout(const cleatpy_output *output)
{
    return PyDict_GetItemWithError(system_names, stdout_name) == cleatpy_outlet_file(output->outlet);
}

int cleatpy_output_is_straight(cleatpy_output *output, bool is_bytes)
{
    cleatpy_outlet *outlet = output->outlet;
    if (outlet == NULL || output->takes_bytes != is_bytes || !is_unchanged(output) ||
        (output->follows_stdout && !goes_to_stdout(output)))
        return 0;
    Py_INCREF((PyObject *)outlet); /* while it waits, another thread may give the bound logger another logger */
    int straight = cleatpy_outlet_is_straight(outlet);
    if (output->outlet != outlet && straight > 0)
        straight = 0;
    Py_DECREF((PyObject *)outlet);
    return straight;
}

void cleatpy_output_note_call(cleatpy_output *output)
{
    if (output->outlet != NULL && (!output->follows_stdout || goes_to_stdout(output)))
        cleatpy_outlet_look(output->outlet);
}

int cleatpy_output_write(cleatpy_output *output, const char *line, size_t length)
{
    return cleatpy_outlet_write_line(output->outlet, line, length);
}

/* -- setting up -- */

static PyObject *know_output(PyObject *module, PyObject *args)
{
    static unsigned count;
    (void)module;
    PyTypeObject *type;
    int takes_bytes;
    PyObject *file;
    if (!PyArg_ParseTuple(args, "O!pO:know_output", &PyType_Type, &type, &takes_bytes, &file))
        return NULL;
    /* Looking an attribute up gives the type a version. */
    PyObject *any = PyObject_GetAttrString((PyObject *)type, "msg");
    if (any == NULL)
        return NULL;
    Py_DECREF(any);
    struct output_class *place = &classes[count++ % CLASSES];
    Py_XDECREF(place->type);
    *place = (struct output_class){(PyTypeObject *)Py_NewRef(type), type->tp_version_tag, takes_bytes, file != Py_None};
    if (file != Py_None)
        Py_XSETREF(stdout_of_import, Py_NewRef(file));
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"know_output", know_output, METH_VARARGS,
     "know_output($module, type, takes_bytes, stdout, /)\n--\n\n"
     "Have lines go past the methods of an output logger's class, straight to its file. stdout: the file that stands for "
     "whatever sys.stdout is, or None."},
    {NULL, NULL, 0, NULL},
};

int cleatpy_add_outputs(PyObject *module)
{
    PyObject *sys = PyImport_ImportModule("sys");
    system_names = sys != NULL ? Py_NewRef(PyModule_GetDict(sys)) : NULL;
    Py_XDECREF(sys);
    stdout_name = PyUnicode_InternFromString("stdout");
    file_name = PyUnicode_InternFromString("_file");
    lock_name = PyUnicode_InternFromString("_lock");
    if (system_names == NULL || stdout_name == NULL || file_name == NULL || lock_name == NULL)
        return -1;
    return PyModule_AddFunctions(module, methods);
}
