#include "base/number.h"

const char cleat__digit_pairs[200] = "00010203040506070809"
                                     "10111213141516171819"
                                     "20212223242526272829"
                                     "30313233343536373839"
                                     "40414243444546474849"
                                     "50515253545556575859"
                                     "60616263646566676869"
                                     "70717273747576777879"
                                     "80818283848586878889"
                                     "90919293949596979899";

static unsigned count_digits(uint64_t number)
{
    unsigned digits = 1;
    for (; number >= 10000; number /= 10000)
        digits += 4;
    return digits + (number >= 10) + (number >= 100) + (number >= 1000);
}

static void write_backwards(char *end, uint64_t number, unsigned digits)
{
    for (; digits >= 2; digits -= 2, number /= 100)
        memcpy(end -= 2, cleat__digit_pairs + number % 100 * 2, 2);
    if (digits == 1)
        end[-1] = (char)('0' + number % 10);
}

char *cleat__write_large(char *to, uint64_t number)
{
    unsigned digits = count_digits(number);
    write_backwards(to + digits, number, digits);
    return to + digits;
}

char *cleat__write_digits(char *to, uint32_t number, unsigned digits)
{
    write_backwards(to + digits, number, digits);
    return to + digits;
}
