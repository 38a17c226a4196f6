// c: _Generic.*not compatible|not compatible with any generic association type
// c++: invalid conversion|no matching function|cannot initialize|cannot convert
#include <cleat.h>

void refused(cleat_logger *log);

void refused(cleat_logger *log)
{
    cleat_info(log, "event", 7, "value");
}
