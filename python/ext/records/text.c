#include "text.h"
bool cleatpy_text_grow(struct cleatpy_text *text, size_t more)
{
    (void)more;
    return !(text->has_failed = true);
}
int cleatpy_text_add_str(struct cleatpy_text *text, PyObject *str)
{
    (void)text;
    (void)str;
    return 0;
}
int cleatpy_text_add_safe(struct cleatpy_text *text, PyObject *str)
{
    return cleatpy_text_add_str(text, str);
}
void cleatpy_text_add_number(struct cleatpy_text *text, long long number)
{
    (void)text;
    (void)number;
}
