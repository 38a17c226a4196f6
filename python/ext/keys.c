#include "keys.h"

#include "logger/host.h"

#define PLACES 1024U

/* Keys that the engine keeps, by the address of their str, which is kept too: no other can come to stand there. */
static struct place {
    PyObject *text;
    const cleat_key *key;
} places[PLACES];

static struct place *place_of(PyObject *text)
{
    uintptr_t address = (uintptr_t)text;
    return &places[(address >> 4 ^ address >> 14) % PLACES];
}

/* The engine takes a text up to its first NUL. */
static const cleat_key *kept_by_engine(const char *text, size_t length)
{
    const cleat_key *key = cleat__key_intern(text);
    return key != NULL && key->length == length ? key : NULL;
}

const cleat_key *cleatpy_key(PyObject *text, cleat_key *room)
{
    struct place *place = place_of(text);
    if (place->text == text)
        return place->key;
    Py_ssize_t length;
    const char *bytes = PyUnicode_AsUTF8AndSize(text, &length);
    if (bytes == NULL)
        return NULL;
    const cleat_key *key = kept_by_engine(bytes, (size_t)length);
    if (key == NULL) {
        cleat__key_prepare(room, bytes, (size_t)length);
        return room;
    }
    PyObject *old = place->text;
    *place = (struct place){Py_NewRef(text), key};
    Py_XDECREF(old);
    return key;
}
