// c: cleat: the event is followed by pairs; a key is missing its value
// c++: cleat: the event is followed by pairs; a key is missing its value
#include <cleat.h>

void refused(cleat_logger *log);

void refused(cleat_logger *log)
{
    cleat_log(log, 35, "event", "key");
}
