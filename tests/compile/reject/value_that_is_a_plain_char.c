// c++: use of deleted function|call to deleted function
#include <cleat.h>

void refused(cleat_logger *log);

void refused(cleat_logger *log)
{
    char letter = 'x';
    cleat_info(log, "event", "letter", letter);
}
