#include "json_values.h"

#include <math.h>

#include "logger/host.h"
#include "object_text.h"

static int add_value(struct cleatpy_json_writer *writer, PyObject *value, unsigned depth);

/* -- text -- */

static bool shows_in_json(uint32_t code)
{
    return cleat__is_harmless(code) && code != '"' && code != '\\';
}

static char *write_json_escape(char *to, uint32_t code)
{
    static const char short_escapes[128] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', ['"'] = '"', ['\\'] = '\\',
    };
    if (code >= sizeof(short_escapes) || short_escapes[code] == 0)
        return cleatpy_write_unicode_escape(to, code);
    *to++ = '\\';
    *to++ = short_escapes[code];
    return to;
}

static const struct cleatpy_notation json_notation = {shows_in_json, write_json_escape};

/* ASCII that needs no escapes. False: nothing was appended. */
static bool add_ordinary(struct cleatpy_text *text, PyObject *str)
{
    if (!PyUnicode_IS_COMPACT_ASCII(str))
        return false;
    size_t length = (size_t)PyUnicode_GET_LENGTH(str);
    char *to = cleatpy_text_reserve(text, length + 2);
    if (to == NULL)
        return true; /* has_failed says so */
    if (!cleat__copy_ordinary(to + 1, PyUnicode_DATA(str), length))
        return false;
    to[0] = '"';
    to[length + 1] = '"';
    text->length += length + 2;
    return true;
}

int cleatpy_json_add_str(struct cleatpy_text *text, PyObject *str)
{
    if (add_ordinary(text, str))
        return 0;
    cleatpy_text_add_char(text, '"');
    int result = cleatpy_text_add_in(text, str, &json_notation);
    cleatpy_text_add_char(text, '"');
    return result;
}

/* Takes the str over. */
static int add_made(struct cleatpy_text *text, PyObject *str)
{
    int result = str != NULL ? cleatpy_json_add_str(text, str) : -1;
    Py_XDECREF(str);
    return result;
}

/* -- what is one thing -- */

#define ADD_LITERAL(text, literal) cleatpy_text_add((text), "" literal, sizeof(literal) - 1)

static int add_int(struct cleatpy_text *text, PyObject *number)
{
    int overflow;
    long long integer = PyLong_AsLongLongAndOverflow(number, &overflow);
    if (overflow == 0) {
        cleatpy_text_add_number(text, integer);
        return 0;
    }
    unsigned long long natural = overflow > 0 ? PyLong_AsUnsignedLongLong(number) : 0;
    if (overflow > 0 && PyErr_Occurred() == NULL) {
        cleatpy_text_add_natural(text, natural);
        return 0;
    }
    PyErr_Clear();
    return add_made(text, cleatpy_object_text(number));
}

static void add_float(struct cleatpy_text *text, double number)
{
    char *to = cleatpy_text_reserve(text, CLEAT__NUMBER_SIZE);
    if (to != NULL)
        text->length = (size_t)(cleat__write_double(to, number) - text->data);
}

/* Whether a value is one thing that JSON has, so that writing it runs no code of the program. */
static bool is_simple(PyObject *value)
{
    return PyUnicode_CheckExact(value) || PyLong_CheckExact(value) || value == Py_None || PyBool_Check(value) ||
           (PyFloat_CheckExact(value) && isfinite(PyFloat_AS_DOUBLE(value)));
}

static int add_simple(struct cleatpy_text *text, PyObject *value)
{
    if (PyUnicode_CheckExact(value))
        return cleatpy_json_add_str(text, value);
    if (PyLong_CheckExact(value))
        return add_int(text, value);
    if (value == Py_None)
        ADD_LITERAL(text, "null");
    else if (value == Py_True)
        ADD_LITERAL(text, "true");
    else if (value == Py_False)
        ADD_LITERAL(text, "false");
    else
        add_float(text, PyFloat_AS_DOUBLE(value));
    return 0;
}

/* -- dicts -- */

/* Without surrogates, so that it stays different from others in UTF-8, too. */
static bool is_plain_key(PyObject *key)
{
    return PyUnicode_CheckExact(key) && (PyUnicode_IS_COMPACT_ASCII(key) || PyUnicode_MAX_CHAR_VALUE(key) <= 0xFF);
}

/* A key as text that has a UTF-8 form. A new reference. */
static PyObject *text_of_key(PyObject *key)
{
    PyObject *str = PyUnicode_CheckExact(key) ? Py_NewRef(key) : cleatpy_object_text(key);
    struct cleatpy_text text;
    cleatpy_text_begin(&text);
    PyObject *result = NULL;
    if (str != NULL && cleatpy_text_add_str(&text, str) == 0)
        result = text.has_failed ? PyErr_NoMemory() : PyUnicode_DecodeUTF8(text.data, (Py_ssize_t)text.length, NULL);
    cleatpy_text_end(&text);
    Py_XDECREF(str);
    return result;
}

/* A dict with texts as keys: where two are the same, the second one's value is in the first one's place. */
static PyObject *with_plain_keys(PyObject *dict)
{
    PyObject *result = PyDict_New();
    Py_ssize_t position = 0;
    PyObject *key;
    PyObject *value;
    while (result != NULL && PyDict_Next(dict, &position, &key, &value)) {
        PyObject *text = text_of_key(key);
        if (text == NULL || PyDict_SetItem(result, text, value) < 0)
            Py_CLEAR(result);
        Py_XDECREF(text);
    }
    return result;
}

/* The value of a pair; in the outermost dict as text if something inside of it cannot be written. */
static int add_value_of_pair(struct cleatpy_json_writer *writer, PyObject *value, unsigned depth)
{
    size_t start = writer->text->length;
    if (add_value(writer, value, depth) < 0)
        return -1;
    if (!writer->has_refused || depth > 0)
        return 0;
    writer->has_refused = false;
    writer->text->length = start;
    return add_made(writer->text, cleatpy_object_text(value));
}

/* Writes a dict that nobody changes meanwhile. */
static int add_pairs(struct cleatpy_json_writer *writer, PyObject *dict, unsigned depth)
{
    struct cleatpy_text *text = writer->text;
    Py_ssize_t position = 0;
    PyObject *key;
    PyObject *value;
    bool is_first = true;
    cleatpy_text_add_char(text, '{');
    for (; PyDict_Next(dict, &position, &key, &value); is_first = false) {
        if (!is_first)
            cleatpy_text_add_char(text, ',');
        if (cleatpy_json_add_str(text, key) < 0)
            return -1;
        cleatpy_text_add_char(text, ':');
        if (add_value_of_pair(writer, value, depth) < 0)
            return -1;
    }
    cleatpy_text_add_char(text, '}');
    return 0;
}

static bool has_plain_keys(PyObject *dict)
{
    Py_ssize_t position = 0;
    PyObject *key;
    while (PyDict_Next(dict, &position, &key, NULL))
        if (!is_plain_key(key))
            return false;
    return true;
}

/* The way of any dict: by a copy, which nobody changes while code of the program runs. */
static int add_copy(struct cleatpy_json_writer *writer, PyObject *dict, unsigned depth)
{
    PyObject *copy = PyDict_Copy(dict);
    if (copy != NULL && !has_plain_keys(copy))
        Py_SETREF(copy, with_plain_keys(copy));
    int result = copy != NULL ? add_pairs(writer, copy, depth) : -1;
    Py_XDECREF(copy);
    return result;
}

/* The way of nearly all of them. 1: done; 0: it turned out to be another one; -1: Python error. */
static int add_simple_pairs(struct cleatpy_text *text, PyObject *dict)
{
    size_t start = text->length;
    Py_ssize_t position = 0;
    PyObject *key;
    PyObject *value;
    char before = '{';
    for (; PyDict_Next(dict, &position, &key, &value); before = ',') {
        if (!is_plain_key(key) || !is_simple(value)) {
            text->length = start;
            return 0;
        }
        cleatpy_text_add_char(text, before);
        if (cleatpy_json_add_str(text, key) < 0)
            return -1;
        cleatpy_text_add_char(text, ':');
        if (add_simple(text, value) < 0)
            return -1;
    }
    cleatpy_text_add_char(text, '}');
    return 1;
}

static int add_dict(struct cleatpy_json_writer *writer, PyObject *dict, unsigned depth)
{
    int result = PyDict_GET_SIZE(dict) > 0 ? add_simple_pairs(writer->text, dict) : 0;
    if (result == 0)
        return add_copy(writer, dict, depth);
    return result > 0 ? 0 : -1;
}

/* -- lists -- */

/* Of a list, which may change meanwhile, or a tuple. */
static int add_items(struct cleatpy_json_writer *writer, PyObject *sequence, unsigned depth)
{
    cleatpy_text_add_char(writer->text, '[');
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(sequence); i++) {
        if (i > 0)
            cleatpy_text_add_char(writer->text, ',');
        PyObject *item = Py_NewRef(PySequence_Fast_GET_ITEM(sequence, i));
        int result = add_value(writer, item, depth);
        Py_DECREF(item);
        if (result < 0)
            return -1;
    }
    cleatpy_text_add_char(writer->text, ']');
    return 0;
}

/* -- all values -- */

static bool is_container(PyObject *value)
{
    return PyDict_CheckExact(value) || PyList_CheckExact(value) || PyTuple_CheckExact(value);
}

static int add_container(struct cleatpy_json_writer *writer, PyObject *value, unsigned depth)
{
    return PyDict_CheckExact(value) ? add_dict(writer, value, depth) : add_items(writer, value, depth);
}

static int add_simplified(struct cleatpy_json_writer *writer, PyObject *value, unsigned depth)
{
    PyObject *simple = PyObject_CallOneArg(writer->simplify, value);
    if (simple == NULL) {
        writer->has_refused = cleatpy_forget_exception();
        return writer->has_refused ? 0 : -1;
    }
    int result = is_container(simple) ? add_container(writer, simple, depth) : add_value(writer, simple, depth);
    Py_DECREF(simple);
    return result;
}

static bool is_around(const struct cleatpy_json_writer *writer, const PyObject *value, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++)
        if (writer->around[i] == value)
            return true;
    return false;
}

static int add_value(struct cleatpy_json_writer *writer, PyObject *value, unsigned depth)
{
    if (is_simple(value))
        return add_simple(writer->text, value);
    if (depth >= CLEATPY_DEEPEST_JSON || writer->n_containers >= CLEATPY_MOST_JSON_CONTAINERS ||
        is_around(writer, value, depth)) {
        ADD_LITERAL(writer->text, "\"<recursion limit reached>\"");
        return 0;
    }
    writer->around[depth] = value;
    writer->n_containers++;
    return is_container(value) ? add_container(writer, value, depth + 1) : add_simplified(writer, value, depth + 1);
}

int cleatpy_json_add_dict(struct cleatpy_json_writer *writer, PyObject *dict)
{
    return add_dict(writer, dict, 0);
}
