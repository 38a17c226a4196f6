#include "local_time.h"

#include "object_text.h"

void cleatpy_mark_zone(struct cleatpy_zone_mark *mark)
{
    *mark = (struct cleatpy_zone_mark){{tzname[0], tzname[1]}, timezone, daylight};
}

bool cleatpy_zone_is_as_marked(const struct cleatpy_zone_mark *mark)
{
    return mark->names[0] == tzname[0] && mark->names[1] == tzname[1] && mark->west == timezone &&
           mark->has_summer_time == daylight;
}

/* -- where time is frozen -- */

#define DAY 86400

static int fail(const char *problem)
{
    PyErr_SetString(PyExc_ValueError, problem);
    return -1;
}

/* The offset of a struct_time; -1 with an error where it has none that makes sense. */
static int offset_of(PyObject *moment, long *offset)
{
    PyObject *number = PyObject_GetAttrString(moment, "tm_gmtoff");
    if (number == NULL)
        return -1;
    double seconds = PyFloat_AsDouble(number);
    Py_DECREF(number);
    if (PyErr_Occurred() != NULL)
        return -1;
    if (!(seconds > -DAY && seconds < DAY))
        return fail("an offset from UTC is less than a day");
    *offset = (long)seconds;
    return 0;
}

/* The name of the zone, in memory that is used again. */
static char *zone_of(PyObject *moment)
{
    static char kept[64];
    PyObject *zone = PyObject_GetAttrString(moment, "tm_zone");
    const char *text = zone != NULL && PyUnicode_Check(zone) ? PyUnicode_AsUTF8(zone) : NULL;
    if (text != NULL)
        PyOS_snprintf(kept, sizeof(kept), "%s", text);
    Py_XDECREF(zone);
    return text != NULL ? kept : NULL;
}

/* Of what it gives only the zone is taken: the second is known better. */
static int ask_python(int64_t second, struct tm *parts)
{
    PyObject *module = PyImport_ImportModule("time");
    PyObject *moment = module != NULL ? PyObject_CallMethod(module, "localtime", "L", (long long)second) : NULL;
    Py_XDECREF(module);
    long offset;
    char *zone = moment != NULL && offset_of(moment, &offset) == 0 ? zone_of(moment) : NULL;
    Py_XDECREF(moment);
    if (zone == NULL)
        return -1;
    time_t shifted = (time_t)(second + offset);
    if (gmtime_r(&shifted, parts) == NULL)
        return fail("the time is out of range");
    parts->tm_gmtoff = offset;
    parts->tm_zone = zone;
    return 0;
}

int cleatpy_local_time(int64_t second, bool is_frozen, struct tm *parts)
{
    if (is_frozen) {
        if (ask_python(second, parts) == 0)
            return 0;
        if (!cleatpy_forget_exception())
            return -1;
    }
    time_t moment = (time_t)second;
    return localtime_r(&moment, parts) != NULL ? 0 : fail("the time is out of range");
}
