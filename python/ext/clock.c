#include "clock.h"

/* A name in a module, what it led to at first, and the C function that came to be called. */
struct watched {
    PyObject *names; /* the module's dictionary, which lives as long as the module */
    PyObject *name;
    PyObject *original;
    PyMethodDef *method;
    PyCFunction function;
};

static struct watched unix_clock;
static struct watched calendar_clock;

static bool is_original(const struct watched *watched)
{
    return PyDict_GetItemWithError(watched->names, watched->name) == watched->original &&
           watched->method->ml_meth == watched->function;
}

bool cleatpy_clock_is_real(void)
{
    return is_original(&unix_clock) && is_original(&calendar_clock);
}

static int find(struct watched *watched, const char *module_name, const char *name)
{
    PyObject *module = PyImport_ImportModule(module_name);
    if (module == NULL)
        return -1;
    watched->names = Py_NewRef(PyModule_GetDict(module));
    watched->name = PyUnicode_InternFromString(name);
    watched->original = PyObject_GetAttrString(module, name);
    Py_DECREF(module);
    return watched->name != NULL && watched->original != NULL ? 0 : -1;
}

static int watch(struct watched *watched, PyObject *function)
{
    if (function == NULL)
        return -1;
    if (PyCFunction_Check(function)) {
        watched->method = ((PyCFunctionObject *)function)->m_ml;
        watched->function = watched->method->ml_meth;
        return 0;
    }
    /* Somebody had frozen time already: then every time is Python's. */
    static PyMethodDef none;
    watched->method = &none;
    watched->function = (PyCFunction)(void (*)(void))watch;
    return 0;
}

int cleatpy_add_clock(PyObject *module)
{
    (void)module;
    if (find(&unix_clock, "time", "time") < 0 || find(&calendar_clock, "datetime", "datetime") < 0)
        return -1;
    PyObject *now = PyObject_GetAttrString(calendar_clock.original, "now");
    int result = watch(&unix_clock, unix_clock.original) < 0 || watch(&calendar_clock, now) < 0 ? -1 : 0;
    Py_XDECREF(now);
    return result;
}
