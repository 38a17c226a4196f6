#include "caller.h"

#include <frameobject.h>

/* What never changes of a place in the code. Places that log do so again and again. */
struct place {
    PyCodeObject *code; /* kept, or another could come to lie there */
    int instruction;
    int line;
    PyObject *file;
    PyObject *module;
};

#define PLACES 512

static struct place places[PLACES];
static PyObject *dunder_name; /* "__name__" */

/* -- frames -- */

#if PY_VERSION_HEX < 0x030B0000
static int instruction_of(PyFrameObject *frame)
{
    return frame->f_lasti;
}

static PyObject *globals_of(PyFrameObject *frame)
{
    return Py_NewRef(frame->f_globals);
}
#else
static int instruction_of(PyFrameObject *frame)
{
    return PyFrame_GetLasti(frame);
}

static PyObject *globals_of(PyFrameObject *frame)
{
    return PyFrame_GetGlobals(frame);
}
#endif

/* A new reference; NULL without an error: there are not as many frames. */
static PyFrameObject *frame_at(unsigned depth)
{
    PyFrameObject *frame = PyEval_GetFrame();
    Py_XINCREF(frame);
    for (; frame != NULL && depth > 0; depth--) {
        PyFrameObject *outer = PyFrame_GetBack(frame);
        Py_SETREF(frame, outer);
    }
    if (frame == NULL)
        PyErr_Clear(); /* there was no memory for one */
    return frame;
}

/* A new reference. */
static PyObject *module_name(PyFrameObject *frame)
{
    PyObject *globals = globals_of(frame);
    PyObject *name = globals != NULL ? PyDict_GetItemWithError(globals, dunder_name) : NULL;
    Py_XINCREF(name);
    Py_XDECREF(globals);
    if (name != NULL && PyUnicode_Check(name))
        return name;
    Py_XDECREF(name);
    return PyErr_Occurred() == NULL ? Py_NewRef(Py_None) : NULL;
}

PyObject *cleatpy_name_of_caller(unsigned depth)
{
    PyFrameObject *frame = frame_at(depth);
    if (frame == NULL)
        return Py_NewRef(Py_None);
    PyObject *name = module_name(frame);
    Py_DECREF(frame);
    return name;
}

/* -- places -- */

PyObject *cleatpy_file_of(PyObject *path)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(path);
    Py_ssize_t slash = PyUnicode_FindChar(path, '/', 0, length, -1);
    return slash >= -1 ? PyUnicode_Substring(path, slash + 1, length) : NULL;
}

PyObject *cleatpy_module_of(PyObject *file)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(file);
    Py_ssize_t dot = PyUnicode_FindChar(file, '.', 0, length, -1);
    return dot >= -1 ? PyUnicode_Substring(file, 0, dot > 0 ? dot : length) : NULL;
}

/* Takes over the code. 0, or -1: Python error. */
static int fill(struct place *place, PyFrameObject *frame, PyCodeObject *code, int instruction)
{
    PyObject *file = cleatpy_file_of(code->co_filename);
    PyObject *module = file != NULL ? cleatpy_module_of(file) : NULL;
    if (module == NULL) {
        Py_XDECREF(file);
        Py_DECREF(code);
        return -1;
    }
    struct place former = *place;
    *place = (struct place){code, instruction, PyFrame_GetLineNumber(frame), file, module};
    Py_XDECREF(former.code);
    Py_XDECREF(former.file);
    Py_XDECREF(former.module);
    return 0;
}

/* Borrowed until Python code runs. NULL: Python error. */
static const struct place *place_of(PyFrameObject *frame)
{
    PyCodeObject *code = PyFrame_GetCode(frame);
    int instruction = instruction_of(frame);
    struct place *place = &places[(((uintptr_t)code >> 4) + (unsigned)instruction) % PLACES];
    if (place->code == code && place->instruction == instruction) {
        Py_DECREF(code);
        return place;
    }
    return fill(place, frame, code, instruction) == 0 ? place : NULL;
}

/* The caller is not to be found. */
static int be_nowhere(struct cleatpy_record *record)
{
    PyObject *unknown = PyUnicode_InternFromString("<unknown>");
    if (unknown == NULL)
        return -1;
    record->name = Py_NewRef(Py_None);
    record->function = Py_NewRef(unknown);
    record->file = Py_NewRef(unknown);
    record->path = Py_NewRef(unknown);
    record->module = unknown;
    record->line = 0;
    record->known |= CLEATPY_NEEDS_CALLER;
    return 0;
}

static int be_called_from(struct cleatpy_record *record, PyFrameObject *frame)
{
    PyObject *name = module_name(frame);
    const struct place *place = name != NULL ? place_of(frame) : NULL;
    if (place == NULL) {
        Py_XDECREF(name);
        return -1;
    }
    record->name = name;
    record->function = Py_NewRef(place->code->co_name);
    record->path = Py_NewRef(place->code->co_filename);
    record->file = Py_NewRef(place->file);
    record->module = Py_NewRef(place->module);
    record->line = place->line;
    record->known |= CLEATPY_NEEDS_CALLER;
    return 0;
}

int cleatpy_find_caller(unsigned depth, struct cleatpy_record *record)
{
    PyFrameObject *frame = frame_at(depth);
    if (frame == NULL)
        return be_nowhere(record);
    int result = be_called_from(record, frame);
    Py_DECREF(frame);
    return result;
}

int cleatpy_add_callers(PyObject *module)
{
    (void)module;
    dunder_name = PyUnicode_InternFromString("__name__");
    return dunder_name != NULL ? 0 : -1;
}
