#include "context_variable.h"

static PyObject *variable;

int cleatpy_make_context_variable(void)
{
    if (variable == NULL)
        variable = PyContextVar_New("cleat", NULL);
    return variable != NULL ? 0 : -1;
}

int cleatpy_get_current(cleatpy_surroundings **current)
{
    PyObject *value;
    *current = NULL;
    if (PyContextVar_Get(variable, NULL, &value) < 0)
        return -1;
    if (value != NULL && Py_IS_TYPE(value, &cleatpy_surroundings_type))
        *current = (cleatpy_surroundings *)value;
    Py_XDECREF(value); /* the context has it too */
    return 0;
}

int cleatpy_set_current(cleatpy_surroundings *surroundings)
{
    PyObject *token = PyContextVar_Set(variable, surroundings != NULL ? (PyObject *)surroundings : Py_None);
    Py_XDECREF(token);
    return token != NULL ? 0 : -1;
}
