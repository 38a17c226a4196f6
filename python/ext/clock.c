#include "clock.h"

/* A name in a module, what it led to at first, and the C function that came to be called. */
struct watched {
    PyObject *names; /* the module's dictionary, which lives as long as the module */
    PyObject *name;
    PyObject *original;
    PyMethodDef *method;
    PyCFunction function;
    uint64_t version; /* of the dictionary when the name was last seen to lead there */
};

static struct watched unix_clock;
static struct watched calendar_clock;

/* What changes with each change of a dictionary; 0: that cannot be known. To look a name up for each line costs more. */
static uint64_t version_of(PyObject *dict)
{
#if PY_VERSION_HEX < 0x030C0000
    return ((PyDictObject *)dict)->ma_version_tag;
#else
    (void)dict;
    return 0;
#endif
}

static bool leads_there(struct watched *watched)
{
    uint64_t version = version_of(watched->names);
    if (version != 0 && version == watched->version)
        return true;
    if (PyDict_GetItemWithError(watched->names, watched->name) != watched->original)
        return false;
    watched->version = version;
    return true;
}

static bool is_original(struct watched *watched)
{
    return leads_there(watched) && watched->method->ml_meth == watched->function;
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
