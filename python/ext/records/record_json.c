#include "record_json.h"
PyTypeObject *cleatpy_record_json_type;
int cleatpy_record_json_render(PyObject *object, const struct cleatpy_record *record, struct cleatpy_text *text)
{
    (void)object;
    (void)record;
    (void)text;
    return 0;
}
int cleatpy_add_record_json(PyObject *module)
{
    (void)module;
    return 0;
}
