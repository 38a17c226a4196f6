#include "module.h"

#include <cleat/common.h>

#include "contextvars.h"
#include "host.h"
#include "lazy_proxy.h"

struct cleatpy_strings cleatpy_strings;

static int make_strings(void)
{
    cleatpy_strings.structlog = PyUnicode_InternFromString("__structlog__");
    cleatpy_strings.context = PyUnicode_InternFromString("_context");
    return cleatpy_strings.structlog != NULL && cleatpy_strings.context != NULL ? 0 : -1;
}

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "cleat._engine",
    .m_doc = "The engine of Cleat.",
    .m_size = -1, /* one interpreter, one state */
};

static PyObject *fill(PyObject *module)
{
    if (make_strings() == 0 && PyModule_AddStringConstant(module, "version", cleat_version()) == 0 &&
        cleatpy_add_contextvars(module) == 0 && cleatpy_add_lazy_proxy(module) == 0 && cleatpy_become_host(module) == 0)
        return module;
    Py_DECREF(module);
    return NULL;
}

PyMODINIT_FUNC PyInit__engine(void);

PyMODINIT_FUNC PyInit__engine(void)
{
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_ImportError, "cleat works in the main interpreter of a process only, and this is a sub-interpreter");
        return NULL;
    }
    PyObject *module = PyModule_Create(&definition);
    return module != NULL ? fill(module) : NULL;
}
