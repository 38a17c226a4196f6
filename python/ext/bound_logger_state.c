#include "bound_logger_state.h"

#include "bound_logger.h"

/* A new reference to the __dict__ of an instance, NULL: Python error. A class may have been made without one. */
static PyObject *own_attributes(PyObject *object)
{
    PyObject *own = PyObject_GetAttrString(object, "__dict__");
    if (own == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        return PyDict_New();
    }
    PyObject *copy = own != NULL ? PyDict_Copy(own) : NULL;
    Py_XDECREF(own);
    return copy;
}

static int add_part(PyObject *state, PyObject *object, const char *name)
{
    PyObject *part = PyObject_GetAttrString(object, name);
    int result = part != NULL ? PyDict_SetItemString(state, name, part) : -1;
    Py_XDECREF(part);
    return result;
}

/* As if all parts were in __dict__. */
PyObject *cleatpy_get_state(PyObject *object, PyObject *unused)
{
    (void)unused;
    PyObject *state = own_attributes(object);
    if (state != NULL && (add_part(state, object, "_logger") < 0 || add_part(state, object, "_processors") < 0 ||
                          add_part(state, object, "_context") < 0))
        Py_CLEAR(state);
    return state;
}

PyObject *cleatpy_set_state(PyObject *object, PyObject *state)
{
    PyObject *name;
    PyObject *value;
    Py_ssize_t position = 0;
    if (!PyDict_Check(state))
        return PyErr_Format(PyExc_TypeError, "the state of a bound logger is a dict, not %s", Py_TYPE(state)->tp_name);
    while (PyDict_Next(state, &position, &name, &value))
        if (PyObject_SetAttr(object, name, value) < 0)
            return NULL;
    Py_RETURN_NONE;
}

PyObject *cleatpy_reduce(PyObject *object, PyObject *protocol)
{
    (void)protocol;
    PyObject *copyreg = PyImport_ImportModule("copyreg");
    PyObject *make = copyreg != NULL ? PyObject_GetAttrString(copyreg, "__newobj__") : NULL;
    PyObject *state = make != NULL ? PyObject_CallMethod(object, "__getstate__", NULL) : NULL;
    PyObject *reduced = state != NULL ? Py_BuildValue("O(O)O", make, Py_TYPE(object), state) : NULL;
    Py_XDECREF(copyreg);
    Py_XDECREF(make);
    Py_XDECREF(state);
    return reduced;
}
