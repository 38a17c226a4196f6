#include "template.h"
PyTypeObject *cleatpy_template_type;
int cleatpy_template_render(PyObject *object, const struct cleatpy_record *record, struct cleatpy_text *text)
{
    (void)object;
    (void)record;
    (void)text;
    return 0;
}
int cleatpy_add_template(PyObject *module)
{
    (void)module;
    return 0;
}
unsigned cleatpy_template_needs(PyObject *object)
{
    (void)object;
    return CLEATPY_NEEDS_ALL;
}
