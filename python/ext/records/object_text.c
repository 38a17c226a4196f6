#include "object_text.h"

bool cleatpy_forget_exception(void)
{
    if (PyErr_Occurred() == NULL || !PyErr_ExceptionMatches(PyExc_Exception))
        return false;
    PyErr_Clear();
    return true;
}

PyObject *cleatpy_object_text(PyObject *object)
{
    PyObject *text = PyObject_Str(object);
    if (text == NULL && cleatpy_forget_exception())
        text = PyObject_Repr(object);
    if (text == NULL && cleatpy_forget_exception())
        text = PyUnicode_FromFormat("<unprintable %s>", Py_TYPE(object)->tp_name);
    return text;
}
