#include "renderers/printable.h"

#include <stddef.h>

#include "renderers/nonprintable.h"

bool cleat__is_printable(uint32_t code)
{
    if (code < 0x7F)
        return code >= 0x20;
    size_t low = 0;
    size_t high = sizeof(printability_changes) / sizeof(printability_changes[0]);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (printability_changes[middle] <= code)
            low = middle + 1;
        else
            high = middle;
    }
    return low % 2 == 1; /* after an odd number of changes */
}

bool cleat__is_harmless(uint32_t code)
{
    if (code < 0xA0)
        return code >= 0x20 && code < 0x7F;
    if (code < 0x2000)
        return code != 0x61C; /* Arabic letter mark */
    if (code > 0x206F)
        return true;
    bool mark = code == 0x200E || code == 0x200F;      /* left-to-right, right-to-left */
    bool separator = code == 0x2028 || code == 0x2029; /* of lines, of paragraphs */
    bool embedding = code >= 0x202A && code <= 0x202E; /* and overriding */
    bool isolating = code >= 0x2066;                   /* and the deprecated format characters behind it */
    return !(mark || separator || embedding || isolating);
}
