#include "guard.h"

#include <frameobject.h>

#include "module.h"

/* -- the type -- */

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    struct cleatpy_guard *guard = (struct cleatpy_guard *)self;
    Py_VISIT(guard->context);
    Py_VISIT(guard->generator);
    return 0;
}

static int clear(PyObject *self)
{
    struct cleatpy_guard *guard = (struct cleatpy_guard *)self;
    guard->over = true;
    Py_CLEAR(guard->context);
    Py_CLEAR(guard->generator);
    return 0;
}

static void deallocate(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    clear(self);
    PyObject_GC_Del(self);
}

PyTypeObject cleatpy_guard_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "cleat._engine.Guard",
    .tp_doc = "Tells whether a scope inside of a generator is to be seen.",
    .tp_basicsize = sizeof(struct cleatpy_guard),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_dealloc = deallocate,
    .tp_traverse = traverse,
    .tp_clear = clear,
};

PyObject *cleatpy_current_context(void)
{
    return PyThreadState_Get()->context;
}

/* -- which generator -- */

#if PY_VERSION_HEX < 0x030b0000
static PyObject *generator_of(PyFrameObject *frame)
{
    return Py_XNewRef(frame->f_gen);
}
#else
static PyObject *generator_of(PyFrameObject *frame)
{
    return PyFrame_GetGenerator(frame);
}
#endif

/* The number of an instruction in this version of Python. */
static int number_of_get_anext(void)
{
    PyObject *opcode = PyImport_ImportModule("opcode");
    PyObject *numbers = opcode != NULL ? PyObject_GetAttrString(opcode, "opmap") : NULL;
    PyObject *number = numbers != NULL ? PyMapping_GetItemString(numbers, "GET_ANEXT") : NULL;
    int result = number != NULL ? (int)PyLong_AsLong(number) : -1;
    Py_XDECREF(number);
    Py_XDECREF(numbers);
    Py_XDECREF(opcode);
    return result;
}

/*
 * Whether a frame waits for the next item of an `async for`, rather than of an `await anext(...)`: what drives a
 * generator by hand (contextlib.asynccontextmanager does) runs its body in the generator's scope on purpose. Both are
 * the same loop of instructions, which GET_ANEXT begins for the one and GET_AWAITABLE for the other.
 */
static int is_in_async_for(PyFrameObject *frame)
{
    static int get_anext = -1;
    if (get_anext < 0 && (get_anext = number_of_get_anext()) < 0)
        return -1;
    PyCodeObject *code = PyFrame_GetCode(frame);
    PyObject *bytes = PyObject_GetAttr((PyObject *)code, cleatpy_strings.co_code);
    PyObject *offset = bytes != NULL ? PyObject_GetAttr((PyObject *)frame, cleatpy_strings.f_lasti) : NULL;
    int result = -1;
    if (offset != NULL) {
        Py_ssize_t at = PyLong_AsSsize_t(offset) - 4; /* before it: LOAD_CONST None, and what began the loop */
        result = at >= 0 && (unsigned char)PyBytes_AS_STRING(bytes)[at] == get_anext;
    }
    Py_XDECREF(offset);
    Py_XDECREF(bytes);
    Py_DECREF(code);
    return result;
}

/* A weak reference to the generator of a frame if it hides what it binds; NULL without an error if it does not. */
static PyObject *hiding_generator(PyFrameObject *frame, int flags)
{
    PyFrameObject *driver = (flags & CO_ASYNC_GENERATOR) != 0 ? PyFrame_GetBack(frame) : NULL;
    if (driver == NULL)
        return NULL;
    int hides = is_in_async_for(driver);
    Py_DECREF(driver);
    PyObject *generator = hides > 0 ? generator_of(frame) : NULL;
    PyObject *reference = generator != NULL ? PyWeakref_NewRef(generator, NULL) : NULL;
    Py_XDECREF(generator);
    return reference;
}

static struct cleatpy_guard *make_guard(PyObject *context, PyObject *generator)
{
    struct cleatpy_guard *guard = PyObject_GC_New(struct cleatpy_guard, &cleatpy_guard_type);
    if (guard == NULL)
        return NULL;
    guard->context = Py_NewRef(context);
    guard->generator = Py_XNewRef(generator);
    guard->over = false;
    PyObject_GC_Track(guard);
    return guard;
}

int cleatpy_guard_for_caller(PyObject *context, struct cleatpy_guard **guard)
{
    *guard = NULL;
    PyFrameObject *frame = PyEval_GetFrame();
    if (frame == NULL)
        return 0;
    PyCodeObject *code = PyFrame_GetCode(frame);
    int flags = code->co_flags;
    Py_DECREF(code);
    if ((flags & (CO_GENERATOR | CO_ASYNC_GENERATOR)) == 0)
        return 0;
    PyObject *generator = hiding_generator(frame, flags);
    if (PyErr_Occurred() == NULL)
        *guard = make_guard(context, generator);
    Py_XDECREF(generator);
    return *guard != NULL ? 0 : -1;
}

/* -- whether it hides -- */

static PyObject *strong_reference(PyObject *weak)
{
#if PY_VERSION_HEX < 0x030d0000
    PyObject *object = PyWeakref_GetObject(weak);
    return object != Py_None ? Py_XNewRef(object) : NULL;
#else
    PyObject *object = NULL;
    (void)PyWeakref_GetRef(weak, &object);
    return object;
#endif
}

/* ag_running: since it was asked for an item, and until it has one; also while it waits for something itself. */
static bool is_suspended(PyObject *weak)
{
    PyObject *generator = strong_reference(weak);
    if (generator == NULL)
        return true;
    PyObject *running = PyObject_GetAttr(generator, cleatpy_strings.ag_running);
    bool suspended = running == Py_False;
    Py_XDECREF(running);
    Py_DECREF(generator);
    if (running == NULL)
        PyErr_Clear();
    return suspended;
}

bool cleatpy_guard_hides(const struct cleatpy_guard *guard)
{
    if (guard->context != cleatpy_current_context())
        return false;
    return guard->over || (guard->generator != NULL && is_suspended(guard->generator));
}
