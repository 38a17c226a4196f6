#include "outlet.h"

#include "module.h"

#include <errno.h>
#include <unistd.h>

/* What a text file shows the garbage collector: more than this is no ordinary one. */
#define MOST_PARTS 12

struct cleatpy_outlet {
    PyObject_HEAD
    PyObject *file;
    cleatpy_write_lock *lock;
    PyObject *buffer; /* below the text, or the file itself; NULL: not looked at, or no ordinary file */
    PyObject *flush;  /* the method of its type */
    int fd;
    bool was_looked_at;
    bool is_text;
    unsigned n_parts; /* of a text file that holds nothing back */
    PyObject *parts[MOST_PARTS];
    PyObject *own;    /* the __dict__ of the file, which keeps it */
    Py_ssize_t n_own; /* so many entries it has, none of which hides a method */
    cleatpy_outlet *next;
    cleatpy_outlet **link;
};

static PyTypeObject *outlet_type;
static cleatpy_outlet *all;

static PyTypeObject *text_type;
static PyTypeObject *buffered_type;
static PyTypeObject *raw_type;
static PyObject *flush_buffered; /* the methods of the types */
static PyObject *flush_raw;
static PyObject *write_name;
static PyObject *flush_name;

/* -- what a text file holds -- */

/*
 * A text file tells nobody what it holds back, nor how it writes a line break, but it shows the garbage collector all
 * that it refers to. So one that has just been flushed is asked for its parts, and from then on holds nothing back as
 * long as they are the same.
 */
struct looking {
    unsigned n_parts;
    PyObject **parts;
    bool translates;
};

static bool is_text_of(PyObject *object, const char *text)
{
    return PyUnicode_Check(object) && PyUnicode_CompareWithASCIIString(object, text) == 0;
}

static int look_at_part(PyObject *part, void *arg)
{
    struct looking *looking = arg;
    if (looking->n_parts == MOST_PARTS)
        return 1;
    looking->parts[looking->n_parts++] = part;
    looking->translates |= is_text_of(part, "\r\n") || is_text_of(part, "\r");
    return 0;
}

struct comparing {
    PyObject *const *parts;
    PyObject *const *end;
};

static int compare_part(PyObject *part, void *arg)
{
    struct comparing *comparing = arg;
    if (comparing->parts == comparing->end || *comparing->parts != part)
        return 1;
    comparing->parts++;
    return 0;
}

static bool look_at_text(cleatpy_outlet *outlet)
{
    struct looking looking = {0, outlet->parts, false};
    bool few = Py_TYPE(outlet->file)->tp_traverse(outlet->file, look_at_part, &looking) == 0;
    outlet->n_parts = looking.n_parts;
    return few && !looking.translates;
}

static bool text_is_idle(const cleatpy_outlet *outlet)
{
    struct comparing comparing = {outlet->parts, outlet->parts + outlet->n_parts};
    return Py_TYPE(outlet->file)->tp_traverse(outlet->file, compare_part, &comparing) == 0 &&
           comparing.parts == comparing.end;
}

/* -- what a file is like -- */

/* The __dict__ of a file, borrowed from it, or NULL: an attribute of the instance hides a method of the type. */
static PyObject *own_attributes(PyObject *file)
{
    PyObject *own = PyObject_GenericGetDict(file, NULL);
    if (own == NULL)
        return NULL;
    bool hides = PyDict_Contains(own, write_name) != 0 || PyDict_Contains(own, flush_name) != 0;
    Py_DECREF(own);
    return hides ? NULL : own;
}

static bool is_utf8(PyObject *file)
{
    PyObject *encoding = PyObject_GetAttrString(file, "encoding");
    bool is = encoding != NULL &&
              (is_text_of(encoding, "utf-8") || is_text_of(encoding, "UTF-8") || is_text_of(encoding, "utf8"));
    Py_XDECREF(encoding);
    return is;
}

static PyObject *buffer_of(const cleatpy_outlet *outlet)
{
    if (!outlet->is_text)
        return Py_NewRef(outlet->file);
    if (!Py_IS_TYPE(outlet->file, text_type) || !is_utf8(outlet->file))
        return NULL;
    return PyObject_GetAttrString(outlet->file, "buffer");
}

/* Of a buffered file, or of one without a buffer, as standard streams have none in some environments. */
static int descriptor_of(PyObject *buffer)
{
    if (own_attributes(buffer) == NULL)
        return -1;
    if (Py_IS_TYPE(buffer, raw_type))
        return PyObject_AsFileDescriptor(buffer);
    PyObject *raw = Py_IS_TYPE(buffer, buffered_type) ? PyObject_GetAttrString(buffer, "raw") : NULL;
    int fd = raw != NULL && Py_IS_TYPE(raw, raw_type) ? PyObject_AsFileDescriptor(raw) : -1;
    Py_XDECREF(raw);
    return fd;
}

void cleatpy_outlet_look(cleatpy_outlet *outlet)
{
    if (outlet->was_looked_at)
        return;
    outlet->was_looked_at = true;
    outlet->is_text = !Py_IS_TYPE(outlet->file, buffered_type) && !Py_IS_TYPE(outlet->file, raw_type);
    PyObject *buffer = buffer_of(outlet);
    outlet->fd = buffer != NULL ? descriptor_of(buffer) : -1;
    outlet->own = outlet->fd >= 0 ? own_attributes(outlet->file) : NULL;
    PyErr_Clear(); /* a closed file; whoever writes to it is told */
    if (outlet->own == NULL || (outlet->is_text && !look_at_text(outlet))) {
        Py_XDECREF(buffer);
        return;
    }
    outlet->n_own = PyDict_GET_SIZE(outlet->own);
    outlet->buffer = buffer;
    outlet->flush = Py_IS_TYPE(buffer, raw_type) ? flush_raw : flush_buffered;
}

/* -- lines -- */

PyObject *cleatpy_outlet_file(const cleatpy_outlet *outlet)
{
    return outlet->file;
}

/* Closed, broken, or in use further out on this thread. */
static bool is_trouble_of_file(void)
{
    return PyErr_ExceptionMatches(PyExc_OSError) || PyErr_ExceptionMatches(PyExc_ValueError) ||
           PyErr_ExceptionMatches(PyExc_RuntimeError);
}

int cleatpy_outlet_is_straight(cleatpy_outlet *outlet)
{
    if (outlet->buffer == NULL || PyDict_GET_SIZE(outlet->own) != outlet->n_own ||
        (outlet->is_text && !text_is_idle(outlet)))
        return 0;
    PyObject *result = PyObject_Vectorcall(outlet->flush, &outlet->buffer, 1, NULL);
    if (result == NULL) {
        if (!is_trouble_of_file())
            return -1;
        PyErr_Clear(); /* the file's own methods say it again */
        return 0;
    }
    Py_DECREF(result);
    return 1;
}

/*
 * Returns 0 or an errno value. A signal interrupts a line before its first byte only: what its handler logs would stand in
 * the middle of the line.
 */
static int write_all(int fd, const char *line, size_t length, size_t *written)
{
    while (*written < length) {
        ssize_t result = write(fd, line + *written, length - *written);
        if (result >= 0)
            *written += (size_t)result;
        else if (errno != EINTR || *written == 0)
            return errno;
    }
    return 0;
}

/* The buffered writer keeps it, and raises what the program is to know. */
static int leave_rest_to_file(cleatpy_outlet *outlet, const char *rest, size_t length)
{
    PyObject *done = PyObject_CallMethod(outlet->buffer, "write", "y#", rest, (Py_ssize_t)length);
    if (done == NULL)
        return -1;
    Py_DECREF(done);
    done = PyObject_CallMethodNoArgs(outlet->buffer, flush_name);
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

/*
 * 0, or -1: Python error. Gives the lock back, and before the GIL is waited for if it can: others need not wait for that,
 * and when the interpreter ends a thread never gets it.
 */
static int write_and_unlock(cleatpy_outlet *outlet, bool has_lock, const char *line, size_t length)
{
    size_t written = 0;
    int error;
    do {
        PyThreadState *state = PyEval_SaveThread();
        if (!has_lock)
            cleatpy_wait_for_lock(outlet->lock);
        has_lock = true;
        error = write_all(outlet->fd, line, length, &written);
        if (error == 0)
            cleatpy_unlock(outlet->lock);
        PyEval_RestoreThread(state);
    } while (error == EINTR && PyErr_CheckSignals() == 0);
    if (error == 0)
        return 0;
    int result = error == EINTR ? -1 : leave_rest_to_file(outlet, line + written, length - written);
    cleatpy_unlock(outlet->lock);
    return result;
}

int cleatpy_outlet_write_line(cleatpy_outlet *outlet, const char *line, size_t length)
{
    Py_INCREF(outlet); /* its owner may let go of it while other threads run */
    int result = write_and_unlock(outlet, cleatpy_try_lock(outlet->lock), line, length);
    Py_DECREF(outlet);
    return result;
}

/* Not every file-like object can be flushed. */
static int flush_file(PyObject *file)
{
    PyObject *method = PyObject_GetAttr(file, flush_name);
    if (method == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        return 0;
    }
    PyObject *done = method != NULL ? PyObject_CallNoArgs(method) : NULL;
    Py_XDECREF(method);
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

static int print_with_lock(cleatpy_outlet *outlet, PyObject *text)
{
    PyObject *done = PyObject_CallMethodOneArg(outlet->file, write_name, text);
    Py_XDECREF(done);
    if (done == NULL || flush_file(outlet->file) < 0)
        return -1;
    cleatpy_outlet_look(outlet);
    return 0;
}

int cleatpy_outlet_print(cleatpy_outlet *outlet, PyObject *text)
{
    Py_INCREF(outlet);
    if (!cleatpy_try_lock(outlet->lock)) {
        Py_BEGIN_ALLOW_THREADS
        cleatpy_wait_for_lock(outlet->lock);
        Py_END_ALLOW_THREADS
    }
    int result = print_with_lock(outlet, text);
    cleatpy_unlock(outlet->lock);
    Py_DECREF(outlet);
    return result;
}

/* -- the type -- */

static cleatpy_outlet *find(PyObject *file)
{
    cleatpy_outlet *outlet = all;
    while (outlet != NULL && outlet->file != file)
        outlet = outlet->next;
    return outlet;
}

static cleatpy_outlet *make(PyObject *file, cleatpy_write_lock *lock)
{
    cleatpy_outlet *outlet = PyObject_GC_New(cleatpy_outlet, outlet_type);
    if (outlet == NULL)
        return NULL;
    outlet->file = Py_NewRef(file);
    outlet->lock = (cleatpy_write_lock *)Py_NewRef(lock);
    outlet->buffer = NULL;
    outlet->was_looked_at = false;
    outlet->next = all;
    outlet->link = &all;
    if (all != NULL)
        all->link = &outlet->next;
    all = outlet;
    PyObject_GC_Track(outlet);
    return outlet;
}

cleatpy_outlet *cleatpy_outlet_for(PyObject *file, cleatpy_write_lock *lock)
{
    cleatpy_outlet *outlet = find(file);
    return outlet != NULL ? (cleatpy_outlet *)Py_NewRef(outlet) : make(file, lock);
}

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    cleatpy_outlet *outlet = (cleatpy_outlet *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(outlet->file);
    Py_VISIT(outlet->lock);
    Py_VISIT(outlet->buffer);
    return 0;
}

static void unlink_outlet(cleatpy_outlet *outlet)
{
    if (outlet->link == NULL)
        return;
    *outlet->link = outlet->next;
    if (outlet->next != NULL)
        outlet->next->link = outlet->link;
    outlet->link = NULL;
}

static int clear(PyObject *object)
{
    cleatpy_outlet *outlet = (cleatpy_outlet *)object;
    unlink_outlet(outlet);
    Py_CLEAR(outlet->buffer);
    return 0;
}

static void dealloc(PyObject *object)
{
    cleatpy_outlet *outlet = (cleatpy_outlet *)object;
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    clear(object);
    Py_CLEAR(outlet->file);
    Py_CLEAR(outlet->lock);
    PyObject_GC_Del(object);
    Py_DECREF(type);
}

static PyType_Slot slots[] = {
    {Py_tp_doc, CLEATPY_SLOT("A file that lines go to.")},
    {Py_tp_traverse, CLEATPY_SLOT(traverse)},
    {Py_tp_clear, CLEATPY_SLOT(clear)},
    {Py_tp_dealloc, CLEATPY_SLOT(dealloc)},
    {0, NULL},
};

static PyType_Spec spec = {"cleat._engine.Outlet", sizeof(cleatpy_outlet), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

static PyTypeObject *type_of_io(PyObject *io, const char *name)
{
    return (PyTypeObject *)PyObject_GetAttrString(io, name);
}

int cleatpy_add_outlets(PyObject *module)
{
    (void)module;
    outlet_type = (PyTypeObject *)PyType_FromSpec(&spec);
    write_name = PyUnicode_InternFromString("write");
    flush_name = PyUnicode_InternFromString("flush");
    PyObject *io = PyImport_ImportModule("io");
    if (outlet_type == NULL || write_name == NULL || flush_name == NULL || io == NULL)
        return -1;
    text_type = type_of_io(io, "TextIOWrapper");
    buffered_type = type_of_io(io, "BufferedWriter");
    raw_type = type_of_io(io, "FileIO");
    Py_DECREF(io);
    if (text_type == NULL || buffered_type == NULL || raw_type == NULL)
        return -1;
    flush_buffered = PyObject_GetAttr((PyObject *)buffered_type, flush_name);
    flush_raw = PyObject_GetAttr((PyObject *)raw_type, flush_name);
    return flush_buffered != NULL && flush_raw != NULL ? 0 : -1;
}
