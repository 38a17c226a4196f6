#include "gil.h"

#if PY_VERSION_HEX < 0x030d0000
#define PyThreadState_GetUnchecked _PyThreadState_UncheckedGet
#endif

bool cleatpy_has_gil(void)
{
    PyThreadState *mine = PyGILState_GetThisThreadState();
    return mine != NULL && mine == PyThreadState_GetUnchecked();
}

bool cleatpy_is_python_thread(void)
{
    PyThreadState *mine = PyGILState_GetThisThreadState();
    return mine != NULL && PyThreadState_GetInterpreter(mine) == PyInterpreterState_Main();
}

void cleatpy_take_gil(struct cleatpy_hold *hold)
{
    hold->state = PyGILState_Ensure();
    PyErr_Fetch(&hold->type, &hold->value, &hold->traceback);
}

void cleatpy_give_gil(struct cleatpy_hold *hold)
{
    PyErr_Restore(hold->type, hold->value, hold->traceback);
    PyGILState_Release(hold->state);
}
