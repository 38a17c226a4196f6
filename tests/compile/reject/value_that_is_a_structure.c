// c: _Generic.*not compatible|not compatible with any generic association type
// c++: no matching function
#include <cleat.h>

void refused(cleat_logger *log);

void refused(cleat_logger *log)
{
    struct point {
        int x, y;
    } here = {1, 2};
    cleat_info(log, "event", "here", here);
}
