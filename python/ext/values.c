#include "values.h"

#include <datetime.h>

static int value_of_int(PyObject *object, cleat_value *value)
{
    int overflow;
    long long integer = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow == 0) {
        *value = cleat_int(integer);
        return integer == -1 && PyErr_Occurred() != NULL ? -1 : 0;
    }
    if (overflow < 0)
        return 1;
    unsigned long long natural = PyLong_AsUnsignedLongLong(object);
    if (natural == (unsigned long long)-1 && PyErr_Occurred() != NULL) {
        if (!PyErr_ExceptionMatches(PyExc_OverflowError))
            return -1;
        PyErr_Clear();
        return 1;
    }
    *value = cleat_uint(natural);
    return 0;
}

static int value_of_str(PyObject *object, cleat_value *value)
{
    if (PyUnicode_IS_COMPACT_ASCII(object)) {
        *value = cleat_string_n(PyUnicode_DATA(object), (size_t)PyUnicode_GET_LENGTH(object));
        return 0;
    }
    Py_ssize_t length;
    const char *text = PyUnicode_AsUTF8AndSize(object, &length);
    if (text != NULL) {
        *value = cleat_string_n(text, (size_t)length);
        return 0;
    }
    if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError))
        return -1;
    PyErr_Clear(); /* lone surrogates */
    return 1;
}

int cleatpy_value(PyObject *object, cleat_value *value)
{
    if (PyUnicode_CheckExact(object))
        return value_of_str(object, value);
    if (PyLong_CheckExact(object))
        return value_of_int(object, value);
    if (object == Py_None)
        *value = cleat_null();
    else if (PyBool_Check(object))
        *value = cleat_bool(object == Py_True);
    else if (PyFloat_CheckExact(object))
        *value = cleat_double(PyFloat_AS_DOUBLE(object));
    else
        return 1;
    return 0;
}

/* -- and back -- */

#define SECOND INT64_C(1000000000)
#define MICROSECOND INT64_C(1000)

static int64_t floor_divide(int64_t number, int64_t by)
{
    return number / by - (number % by < 0);
}

static PyObject *timedelta_of(int64_t nanoseconds)
{
    PyDateTime_IMPORT;
    if (PyDateTimeAPI == NULL)
        return NULL;
    int64_t seconds = floor_divide(nanoseconds, SECOND);
    int64_t days = floor_divide(seconds, 86400);
    return PyDelta_FromDSU((int)days, (int)(seconds - days * 86400),
                           (int)((nanoseconds - seconds * SECOND) / MICROSECOND));
}

/* From the epoch by addition: fromtimestamp() takes a double, which has no room for microseconds. */
static PyObject *datetime_of(int64_t nanoseconds)
{
    PyObject *since_epoch = timedelta_of(nanoseconds);
    if (since_epoch == NULL)
        return NULL;
    PyObject *epoch = PyDateTimeAPI->DateTime_FromDateAndTime(1970, 1, 1, 0, 0, 0, 0, PyDateTime_TimeZone_UTC,
                                                              PyDateTimeAPI->DateTimeType);
    PyObject *result = epoch != NULL ? PyNumber_Add(epoch, since_epoch) : NULL;
    Py_XDECREF(epoch);
    Py_DECREF(since_epoch);
    return result;
}

static PyObject *list_of(const cleat_value *value)
{
    PyObject *list = PyList_New((Py_ssize_t)value->with.length);
    for (size_t i = 0; list != NULL && i < value->with.length; i++) {
        PyObject *item = cleatpy_object_of(&value->as.items[i]);
        if (item == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, (Py_ssize_t)i, item);
    }
    return list;
}

static PyObject *text_of(const char *text, size_t length)
{
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)length, "replace");
}

static int set_item(PyObject *dict, const cleat_field *field)
{
    const char *text = field->key != NULL ? field->key : "";
    PyObject *key = text_of(text, strlen(text));
    PyObject *item = key != NULL ? cleatpy_object_of(&field->value) : NULL;
    int result = item != NULL ? PyDict_SetItem(dict, key, item) : -1;
    Py_XDECREF(item);
    Py_XDECREF(key);
    return result;
}

static PyObject *dict_of(const cleat_value *value)
{
    PyObject *dict = PyDict_New();
    for (size_t i = 0; dict != NULL && i < value->with.length; i++)
        if (set_item(dict, &value->as.fields[i]) < 0)
            Py_CLEAR(dict);
    return dict;
}

static PyObject *copied_list_of(const cleat_value *value)
{
    if (Py_EnterRecursiveCall(" while a value of the C side is taken over") != 0)
        return NULL;
    PyObject *result = value->kind == CLEAT_LIST ? list_of(value) : dict_of(value);
    Py_LeaveRecursiveCall();
    return result;
}

PyObject *cleatpy_object_of(const cleat_value *value)
{
    switch ((cleat_kind)value->kind) {
    case CLEAT_BOOL:
        return PyBool_FromLong(value->as.boolean);
    case CLEAT_INT:
    case CLEAT_ERRNO:
        return PyLong_FromLongLong(value->as.integer);
    case CLEAT_UINT:
        return PyLong_FromUnsignedLongLong(value->as.natural);
    case CLEAT_DOUBLE:
        return PyFloat_FromDouble(value->as.real);
    case CLEAT_STRING:
        return value->as.text != NULL ? text_of(value->as.text, value->with.length) : Py_NewRef(Py_None);
    case CLEAT_BYTES:
        return value->as.text != NULL ? PyBytes_FromStringAndSize(value->as.text, (Py_ssize_t)value->with.length)
                                      : Py_NewRef(Py_None);
    case CLEAT_TIME:
        return datetime_of(value->as.integer);
    case CLEAT_DURATION:
        return timedelta_of(value->as.integer);
    case CLEAT_LIST:
    case CLEAT_OBJECT:
        return copied_list_of(value);
    default:
        return Py_NewRef(Py_None); /* lazy and foreign values have no line here that would make them */
    }
}
