// c: cleat: keys and values come in pairs; a key is missing its value
// c++: cleat__pairs_complete<false>|cleat__pairs_complete.*false
#include <cleat.h>

void refused(cleat_logger *log);

void refused(cleat_logger *log)
{
    cleat_info(log, "event", "where", cleat_object("x", 1, "y"));
}
