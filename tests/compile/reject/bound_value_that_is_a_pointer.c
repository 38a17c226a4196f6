// c: _Generic.*not compatible|not compatible with any generic association type
// c++: use of deleted function|call to deleted function
#include <cleat.h>

void refused(cleat_logger *log);

void refused(cleat_logger *log)
{
    cleat_unref(cleat_bind(log, "log", (void *)log));
}
