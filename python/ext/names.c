#include "names.h"

/* As text: what is no str by str(), and of a subclass the bare text. */
static PyObject *exact_name(PyObject *key)
{
    PyObject *text = PyUnicode_Check(key) ? Py_NewRef(key) : PyObject_Str(key);
    PyObject *exact = text != NULL ? PyUnicode_FromObject(text) : NULL;
    Py_XDECREF(text);
    return exact;
}

PyObject *cleatpy_names_of(PyObject *const *keys, Py_ssize_t count)
{
    PyObject *names = PyTuple_New(count);
    for (Py_ssize_t i = 0; names != NULL && i < count; i++) {
        PyObject *name = exact_name(keys[i]);
        if (name == NULL)
            Py_CLEAR(names);
        else
            PyTuple_SET_ITEM(names, i, name);
    }
    return names;
}

PyObject *cleatpy_exact_names(PyObject *names)
{
    if (names == NULL)
        return PyTuple_New(0);
    Py_ssize_t count = PyTuple_GET_SIZE(names);
    Py_ssize_t exact = 0;
    while (exact < count && PyUnicode_CheckExact(PyTuple_GET_ITEM(names, exact)))
        exact++;
    return exact == count ? Py_NewRef(names) : cleatpy_names_of(&PyTuple_GET_ITEM(names, 0), count);
}
