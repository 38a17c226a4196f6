/* test_base.c - src/base: text, numbers, times, memory, reports. Python, where there is one, says what is right. */
#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/errname.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/late_time.h"
#include "base/number.h"
#include "base/report.h"
#include "base/scratch.h"
#include "base/tick_clock.h"
#include "base/utf8.h"
#include "support.h"

/*
 * Helpers.
 */

static int seed_random(void **state)
{
    (void)state;
    random_state = UINT64_C(88172645463325252);
    return 0;
}

/*
 * A Python program that reads lines from what is written here. Before it runs, the words of each line are in `w`;
 * it says bad(expected) of a line that is wrong.
 */
static FILE *ask_python(const char *imports, const char *each_line)
{
    if (system("python3 -c 'import zoneinfo' 2>/dev/null") != 0) {
        print_message("no python3 (3.9 or later) to compare with\n");
        skip();
    }
    char command[2048];
    int length =
        snprintf(command, sizeof(command),
                 "python3 -c '\n"
                 "import sys\n"
                 "%s\n"
                 "wrong = count = 0\n"
                 "def bad(expected):\n"
                 "    global wrong\n"
                 "    wrong += 1\n"
                 "    if wrong < 10: print(\"wrong:\", line.rstrip(), \"expected:\", expected, file=sys.stderr)\n"
                 "for line in sys.stdin:\n"
                 "    w = line.rstrip(\"\\n\").split(\"\\t\")\n"
                 "    count += 1\n"
                 "%s\n"
                 "sys.exit(1 if wrong or not count else 0)'",
                 imports, each_line);
    assert_in_range(length, 1, sizeof(command) - 1);
    fflush(NULL);
    FILE *python = popen(command, "w");
    assert_non_null(python);
    return python;
}

static void python_agrees(FILE *python)
{
    assert_int_equal(pclose(python), 0);
}

static void write_hex(FILE *to, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        fprintf(to, "%02x", (unsigned char)bytes[i]);
}

/* Runs a function in a child, whose exit status is 0 if all is well there. */
static void in_a_child(int (*fn)(void))
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(30); /* a deadlock ends as a failure */
        _exit(fn());
    }
    wait_for_child(child);
}

/* In children: says what is wrong, as asserts of cmocka belong to the parent. */
#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            dprintf(STDOUT_FILENO, "line %d: %s\n", __LINE__, #condition);                                             \
            return 1;                                                                                                  \
        }                                                                                                              \
    } while (0)

static int permit_all(void **state)
{
    (void)state;
    allow_allocations();
    return 0;
}

/*
 * UTF-8.
 */

/* Text made up of whole characters, of cut ones, and of noise. */
static size_t random_text(char *text, size_t room)
{
    size_t length = random_number() % room;
    for (size_t i = 0; i < length; i++) {
        static const unsigned char edges[] = {0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xED, 0xEF, 0xF0,
                                              0xF4, 0xF5, 0xFF, 0x80, 0x9F, 0xA0, 0xBF, 0x8F};
        uint64_t random = random_number();
        char character[4];
        switch (random % 4) {
        case 0:
            text[i] = (char)(random >> 32);
            break;
        case 1:
            text[i] = (char)edges[(random >> 32) % sizeof(edges)];
            break;
        default: {
            char *end = cleat__utf8_write(character, (uint32_t)((random >> 8) & 0x1FFFFF) % 0x110000);
            size_t size = (size_t)(end - character);
            size -= (random >> 40) % 8 == 0 ? 1 : 0;
            for (size_t j = 0; j < size && i < length; j++)
                text[i++] = character[j];
            i--;
        }
        }
    }
    return length;
}

static void each_bad_byte_is_one_replacement_character(void **state)
{
    (void)state;
    FILE *python = ask_python("import codecs\n"
                              "codecs.register_error(\"each\", lambda e: (chr(0xFFFD) * (e.end - e.start), e.end))\n",
                              "    text = bytes.fromhex(w[0]).decode(\"utf-8\", \"each\")\n"
                              "    want = \" \".join(\"%x\" % ord(c) for c in text)\n"
                              "    if want != w[1]: bad(want)\n");
    int rounds = is_heavy() ? 300000 : 20000;
    for (int i = 0; i < rounds; i++) {
        char text[24];
        size_t length = random_text(text, sizeof(text));
        write_hex(python, text, length);
        fputc('\t', python);
        for (size_t at = 0; at < length;) {
            uint32_t code;
            unsigned size = cleat__utf8_read(text + at, length - at, &code);
            assert_in_range(size, 1, 4);
            fprintf(python, at > 0 ? " %x" : "%x", code);
            at += size;
            assert_true(at <= length);
        }
        fputc('\n', python);
    }
    python_agrees(python);
}

static void every_character_reads_back(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x110000; code++) {
        if (code >= 0xD800 && code <= 0xDFFF)
            continue;
        char text[4];
        size_t size = (size_t)(cleat__utf8_write(text, code) - text);
        uint32_t read;
        assert_int_equal(cleat__utf8_read(text, size, &read), size);
        assert_int_equal(read, code);
        if (size > 1) {
            assert_int_equal(cleat__utf8_read(text, size - 1, &read), 1);
            assert_int_equal(read, CLEAT__REPLACEMENT);
        }
    }
}

/* What cutting means: where the reader, going through the whole text, would stop anyway. */
static void a_cut_divides_no_character(void **state)
{
    (void)state;
    for (int i = 0; i < 50000; i++) {
        char text[25];
        size_t length = random_text(text, sizeof(text) - 1);
        text[length] = '\0';
        for (size_t limit = 0; limit <= length; limit++) {
            size_t expected = 0;
            for (size_t at = 0; at < limit;) {
                uint32_t code;
                at += cleat__utf8_read(text + at, length + 1 - at, &code);
                if (at <= limit)
                    expected = at;
            }
            size_t cut = cleat__utf8_cut(text, limit);
            assert_true(cut <= limit && limit - cut <= 3);
            /* Less is allowed only where the bytes in between are not characters: a sequence that never ends. */
            if (cut > expected)
                fail_msg("cut at %zu of %zu divides a character that begins at %zu", cut, limit, expected);
            for (size_t at = cut; at < expected;) {
                uint32_t code;
                at += cleat__utf8_read(text + at, length + 1 - at, &code);
                assert_int_equal(code, CLEAT__REPLACEMENT);
            }
        }
    }
    assert_int_equal(cleat__utf8_cut("a\xC3\xA9z", 1), 1);
    assert_int_equal(cleat__utf8_cut("a\xC3\xA9z", 2), 1);
    assert_int_equal(cleat__utf8_cut("a\xC3\xA9z", 3), 3);
    assert_int_equal(cleat__utf8_cut("\xF0\x9F\x98\x80", 3), 0);
}

static void width_is_that_of_a_terminal(void **state)
{
    (void)state;
    assert_int_equal(cleat__utf8_width('a'), 1);
    assert_int_equal(cleat__utf8_width(0xE9), 1);
    assert_int_equal(cleat__utf8_width(0x301), 0);
    assert_int_equal(cleat__utf8_width(0x200D), 0);
    assert_int_equal(cleat__utf8_width(0x4E2D), 2);
    assert_int_equal(cleat__utf8_width(0xFF21), 2);
    assert_int_equal(cleat__utf8_width(0x1F600), 2);
    assert_int_equal(cleat__utf8_width(0x2713), 1);
    assert_int_equal(cleat__utf8_width(0xE01EF), 0);
    assert_int_equal(cleat__utf8_width(0x10FFFF), 1);
}

/*
 * Numbers.
 */

static void integers_are_written_as_printf_does(void **state)
{
    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint64_t number = random_number() >> (random_number() % 64);
        number -= random_number() % 3;
        char text[CLEAT__NUMBER_SIZE + 1];
        char expected[CLEAT__NUMBER_SIZE + 1];
        *cleat__write_unsigned(text, number) = '\0';
        snprintf(expected, sizeof(expected), "%llu", (unsigned long long)number);
        assert_string_equal(text, expected);
        int64_t with_sign = (int64_t)(i % 2 == 0 ? number : -number);
        *cleat__write_signed(text, with_sign) = '\0';
        snprintf(expected, sizeof(expected), "%lld", (long long)with_sign);
        assert_string_equal(text, expected);
    }
    char text[CLEAT__NUMBER_SIZE + 1];
    *cleat__write_signed(text, INT64_MIN) = '\0';
    assert_string_equal(text, "-9223372036854775808");
    *cleat__write_unsigned(text, UINT64_MAX) = '\0';
    assert_string_equal(text, "18446744073709551615");
    *cleat__write_unsigned(text, 0) = '\0';
    assert_string_equal(text, "0");
}

static void digits_are_padded_and_cut(void **state)
{
    (void)state;
    char text[CLEAT__NUMBER_SIZE + 1];
    *cleat__write_digits(text, 7, 3) = '\0';
    assert_string_equal(text, "007");
    *cleat__write_digits(text, 12345, 2) = '\0';
    assert_string_equal(text, "45");
    *cleat__write_digits(text, UINT32_MAX, 10) = '\0';
    assert_string_equal(text, "4294967295");
    *cleat__write_digits(text, 5, 0) = '\0';
    assert_string_equal(text, "");
}

static void tell_double(FILE *python, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof(bits));
    char text[CLEAT__NUMBER_SIZE + 1];
    memset(text, '#', sizeof(text));
    char *end = cleat__write_double(text, number);
    assert_in_range(end - text, 3, CLEAT__NUMBER_SIZE);
    assert_int_equal(text[CLEAT__NUMBER_SIZE], '#');
    *end = '\0';
    fprintf(python, "%016llx\t%s\n", (unsigned long long)bits, text);
}

static void tell_neighbours(FILE *python, double number, int count)
{
    double above = number;
    double below = number;
    tell_double(python, number);
    for (int i = 0; i < count; i++) {
        tell_double(python, above = nextafter(above, HUGE_VAL));
        tell_double(python, below = nextafter(below, -HUGE_VAL));
    }
}

static double random_double(void)
{
    uint64_t bits = random_number();
    double number;
    memcpy(&number, &bits, sizeof(number));
    return number;
}

static void doubles_are_written_as_pythons_repr_does(void **state)
{
    (void)state;
    FILE *python =
        ask_python("import struct\n", "    want = repr(struct.unpack(\"<d\", struct.pack(\"<Q\", int(w[0], 16)))[0])\n"
                                      "    if want != w[1]: bad(want)\n");
    int scale = is_heavy() ? 50 : 1;
    int neighbours = is_heavy() ? 8 : 1;
    for (int exponent = -1074; exponent < 1024; exponent++) {
        tell_neighbours(python, ldexp(1, exponent), neighbours);
        tell_neighbours(python, -ldexp(1, exponent), neighbours);
    }
    for (int exponent = -330; exponent <= 308; exponent++) {
        char text[16];
        snprintf(text, sizeof(text), "1e%d", exponent);
        tell_neighbours(python, strtod(text, NULL), neighbours);
    }
    const double special[] = {0.0,     -0.0,     HUGE_VAL, -HUGE_VAL,         NAN, -NAN, DBL_MIN,
                              DBL_MAX, -DBL_MAX, 5e-324,   9007199254740993.0};
    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
        tell_neighbours(python, special[i], isfinite(special[i]) ? 20 : 0);
    for (int i = 0; i < 20000 * scale; i++)
        tell_double(python, random_double());
    for (int i = 0; i < 5000 * scale; i++) {
        tell_double(python, (double)(random_number() % 1000000) / pow(10, (double)(random_number() % 12)));
        tell_double(python, (double)(int64_t)(random_number() >> random_number() % 64));
        tell_double(python, ldexp((double)(random_number() >> (12 + random_number() % 52)), -1074));
    }
    python_agrees(python);
}

static void some_doubles_need_no_python(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } cases[] = {{1.0, "1.0"},
                 {0.1, "0.1"},
                 {1e-7, "1e-07"},
                 {1.5e300, "1.5e+300"},
                 {1e16, "1e+16"},
                 {9999999999999998.0, "9999999999999998.0"},
                 {123456789012345.0, "123456789012345.0"},
                 {-0.0, "-0.0"},
                 {0.0001, "0.0001"},
                 {0.00001, "1e-05"},
                 {5e-324, "5e-324"},
                 {DBL_MAX, "1.7976931348623157e+308"},
                 {-DBL_MIN, "-2.2250738585072014e-308"},
                 {9007199254740993.0, "9007199254740992.0"},
                 {1e23, "1e+23"},
                 {HUGE_VAL, "inf"},
                 {-HUGE_VAL, "-inf"},
                 {NAN, "nan"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[CLEAT__NUMBER_SIZE + 1];
        *cleat__write_double(text, cases[i].number) = '\0';
        assert_string_equal(text, cases[i].text);
    }
}

static void the_table_of_powers_is_what_its_program_makes(void **state)
{
    (void)state;
    const char *root = getenv("CLEAT_SOURCE_ROOT");
    if (root == NULL)
        root = ".";
    char program[512];
    snprintf(program, sizeof(program), "%s/tools/make_powers_of_ten.py", root);
    if (access(program, R_OK) != 0 || system("python3 -c pass 2>/dev/null") != 0)
        skip();
    char command[2048];
    snprintf(command, sizeof(command), "python3 '%s' /dev/stdout | cmp - '%s/src/base/powers_of_ten.h'", program, root);
    assert_int_equal(system(command), 0);
}

/*
 * Times.
 */

static void tell_time(FILE *python, int64_t nanoseconds)
{
    char text[CLEAT__TIME_SIZE + 1];
    char microseconds[7];
    *cleat__write_time(text, nanoseconds) = '\0';
    *cleat__write_microseconds(microseconds, nanoseconds) = '\0';
    fprintf(python, "%lld\t%s\t%s\n", (long long)nanoseconds, text, microseconds);
}

static void times_are_written_in_utc(void **state)
{
    (void)state;
    FILE *python =
        ask_python("from datetime import datetime, timedelta\n"
                   "def text(ns):\n"
                   "    s, rest = divmod(ns, 10**9)\n"
                   "    t = (datetime(1970, 1, 1) + timedelta(seconds=s)).isoformat() + \".\"\n"
                   "    return t + (\"%09d\" % rest if rest % 1000 else \"%06d\" % (rest // 1000)) + \"Z\"\n",
                   "    ns = int(w[0])\n"
                   "    if text(ns) != w[1] or w[2] != \"%06d\" % (ns % 10**9 // 1000): bad(text(ns))\n");
    int rounds = is_heavy() ? 300000 : 20000;
    for (int i = 0; i < rounds; i++) {
        int64_t time = (int64_t)random_number() >> (random_number() % 40);
        tell_time(python, i % 2 == 0 ? time : time / 1000 * 1000);
    }
    const int64_t edges[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX, 0, -1, 1, -1000, 999, -1000000000, -1000000001,
                             /* the ends of February and of the year, in 2000 and 1900 */
                             951782399999999999, 951782400000000000, 951868800000000000, 946684799999999999,
                             946684800000000000, -2203977600000000001, -2203977600000000000, -2203891200000000000};
    for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
        tell_time(python, edges[i]);
    for (int64_t day = -3000; day < 3000; day++)
        tell_time(python, day * 86400 * CLEAT__SECOND);
    python_agrees(python);
}

static void local_times_end_in_their_offset(void **state)
{
    (void)state;
    static const char *const zones[] = {"America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe",
                                        "America/St_Johns", "Pacific/Apia",  "Etc/GMT+12",   "UTC"};
    if (access("/usr/share/zoneinfo/Australia/Lord_Howe", R_OK) != 0)
        skip();
    FILE *python = ask_python(
        "from zoneinfo import ZoneInfo\n"
        "from datetime import datetime, timedelta, timezone\n"
        "def text(ns, zone):\n"
        "    s, rest = divmod(ns, 10**9)\n"
        "    t = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=s)\n"
        "    t = t.astimezone(ZoneInfo(zone)).isoformat()\n"
        "    return t[:19] + \".\" + (\"%09d\" % rest if rest % 1000 else \"%06d\" % (rest // 1000)) + t[19:]\n",
        "    if text(int(w[0]), w[1]) != w[2]: bad(text(int(w[0]), w[1]))\n");
    const char *before = getenv("TZ");
    char *saved = before != NULL ? strdup(before) : NULL;
    for (size_t zone = 0; zone < sizeof(zones) / sizeof(zones[0]); zone++) {
        setenv("TZ", zones[zone], 1);
        tzset();
        for (int i = 0; i < 3000; i++) {
            /* From 1975 on, so that offsets are whole minutes; no quarter of an hour serves two zones. */
            int64_t quarter = (int64_t)(random_number() % 200000) * 16 + (int64_t)zone;
            int64_t second = 5 * 365 * 86400 + quarter * 900 + (int64_t)(random_number() % 900);
            int64_t time = second * CLEAT__SECOND + (int64_t)(random_number() % 1000000) * 1000;
            char text[CLEAT__TIME_SIZE + 1];
            *cleat__write_local_timestamp(text, time) = '\0';
            fprintf(python, "%lld\t%s\t%s\n", (long long)time, zones[zone], text);
        }
    }
    if (saved != NULL)
        setenv("TZ", saved, 1);
    else
        unsetenv("TZ");
    free(saved);
    tzset();
    python_agrees(python);
}

static int offsets_around_the_epoch(void)
{
    setenv("TZ", "EST5", 1);
    tzset();
    for (int64_t seconds = -7200; seconds < 7200; seconds += 60)
        EXPECT(cleat__utc_offset(seconds) == -18000);
    return 0;
}

static int offset_before_anything_is_cached(void)
{
    setenv("TZ", "EST5", 1);
    tzset();
    EXPECT(cleat__utc_offset(0) == -18000);
    return 0;
}

static void offsets_are_right_on_both_sides_of_1970(void **state)
{
    (void)state;
    in_a_child(offset_before_anything_is_cached);
    in_a_child(offsets_around_the_epoch);
}

static void clocks_go_on(void **state)
{
    (void)state;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t real = cleat__clock_kernel();
    assert_true(llabs(real - ((int64_t)now.tv_sec * CLEAT__SECOND + now.tv_nsec)) < 5 * CLEAT__SECOND);
    int64_t before = cleat__clock_monotonic();
    for (int i = 0; i < 1000; i++) {
        int64_t after = cleat__clock_monotonic();
        assert_true(after >= before);
        before = after;
    }
    assert_int_equal(cleat__whole_seconds(-1), -1);
    assert_int_equal(cleat__whole_seconds(-CLEAT__SECOND), -1);
    assert_int_equal(cleat__whole_seconds(INT64_MIN), -9223372037);
    assert_int_equal(cleat__rest_of_second(INT64_MIN), 145224192);
    assert_int_equal(cleat__rest_of_second(-1), 999999999);
}

/* A reading of the tick clock lies between two of the kernel's, but for the little that two clocks differ. */
static void *compare_clocks(void *arg)
{
    const int64_t little = 20000;
    uint64_t stamp;
    int64_t before = 0;
    int64_t end = cleat__clock_monotonic() + CLEAT__SECOND / 4;
    while (cleat__clock_monotonic() < end) {
        int64_t earliest = cleat__clock_kernel();
        int64_t time = cleat__tick_clock_read(&stamp);
        int64_t latest = cleat__clock_kernel();
        if (time < earliest - little || time > latest + little || time < before)
            return arg;
        before = time;
    }
    return NULL;
}

static void the_tick_clock_agrees_with_the_kernels(void **state)
{
    (void)state;
    pthread_t threads[3];
    int wrong = 0;
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, compare_clocks, &wrong), 0);
    for (int i = 0; i < 3; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_null(result);
    }
}

/* Stamps whose time is asked for later lie between two looks at the kernel's clock, too, and keep their order. */
static void the_time_of_a_stamp_is_found_later(void **state)
{
    (void)state;
    enum {
        STAMPS = 400
    };
    const int64_t little = 1000000;
    struct {
        uint64_t stamp;
        int64_t time;
        int64_t earliest;
        int64_t latest;
    } taken[STAMPS];
    int64_t before = 0;
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < STAMPS; i++) {
            taken[i].earliest = cleat__clock_kernel();
            taken[i].time = cleat__stamp_now(&taken[i].stamp);
            taken[i].latest = cleat__clock_kernel();
            if (i % 40 == 0)
                pause_for(1000);
        }
        for (int i = 0; i < STAMPS; i++) {
            int64_t time = taken[i].time != 0 ? taken[i].time : cleat__late_time(taken[i].stamp);
            assert_true(time >= taken[i].earliest - little && time <= taken[i].latest + little);
            assert_true(time >= before || taken[i].time != 0);
            before = time;
        }
    }
}

static void look_at_ticks_in_a_handler(int number)
{
    (void)number;
    uint64_t stamp;
    cleat__tick_clock_look(&stamp);
}

/* A handler that changes what the interrupted reading rests on changes nothing for it. */
static void a_signal_does_not_disturb_the_tick_clock(void **state)
{
    (void)state;
    if (is_under_valgrind())
        skip(); /* which delivers signals late, and so many for ever */
    struct sigaction before;
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = look_at_ticks_in_a_handler}, &before);
    struct itimerval often = {{0, 50}, {0, 50}};
    setitimer(ITIMER_REAL, &often, NULL);
    void *wrong = compare_clocks(&often);
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
    signal(SIGALRM, SIG_IGN); /* one may be waiting */
    sigaction(SIGALRM, &before, NULL);
    assert_null(wrong);
}

static volatile sig_atomic_t signals_seen;

static void write_times_in_a_handler(int number)
{
    (void)number;
    char text[CLEAT__TIME_SIZE];
    cleat__write_time(text, (1000000 + signals_seen) * CLEAT__SECOND);
    signals_seen = signals_seen + 1;
}

/* A thread that interrupts another one again and again, with SIGUSR1. */
static pthread_t interrupter;
static pthread_t interrupted;
static atomic_bool stop_interrupting;

static void *interrupt(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop_interrupting)) {
        pthread_kill(interrupted, SIGUSR1);
        usleep(30);
    }
    return NULL;
}

static void be_interrupted(void (*handler)(int number))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    signals_seen = 0;
    interrupted = pthread_self();
    atomic_store(&stop_interrupting, false);
    assert_int_equal(pthread_create(&interrupter, NULL, interrupt, NULL), 0);
}

static void be_left_alone(void)
{
    atomic_store(&stop_interrupting, true);
    pthread_join(interrupter, NULL);
}

static int times_under_signals(void)
{
    be_interrupted(write_times_in_a_handler);
    int64_t stop = cleat__clock_monotonic() + (is_heavy() ? 5 : 1) * CLEAT__SECOND / 2;
    for (int64_t i = 0; cleat__clock_monotonic() < stop; i++) {
        char text[CLEAT__TIME_SIZE + 1];
        *cleat__write_time(text, i / 3 % 60 * CLEAT__SECOND) = '\0';
        char expected[CLEAT__TIME_SIZE];
        snprintf(expected, sizeof(expected), "1970-01-01T00:00:%02d.000000Z", (int)(i / 3 % 60));
        EXPECT(strcmp(text, expected) == 0);
    }
    be_left_alone();
    EXPECT(signals_seen > 10);
    return 0;
}

static void a_signal_does_not_change_the_time_it_interrupts(void **state)
{
    (void)state;
    in_a_child(times_under_signals);
}

/*
 * Hashes.
 */

static int compare_hashes(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

static void hashes_spread(void **state)
{
    (void)state;
    enum {
        KEYS = 100000
    };
    static uint32_t hashes[KEYS];
    unsigned per_bit[256] = {0};
    for (int i = 0; i < KEYS; i++) {
        char key[32];
        int length = snprintf(key, sizeof(key), i % 2 == 0 ? "field_%d" : "%d_identifier", i);
        hashes[i] = cleat__hash(key, (size_t)length);
        struct cleat__mask mask = {{0}};
        cleat__mask_add(&mask, hashes[i]);
        assert_true(cleat__mask_has(&mask, hashes[i]));
        for (int bit = 0; bit < 256; bit++)
            per_bit[bit] += mask.words[bit / 64] >> bit % 64 & 1;
    }
    for (int i = 0; i < 256; i++)
        assert_in_range(per_bit[i], 2 * KEYS / 256 * 8 / 10, 2 * KEYS / 256 * 12 / 10);
    qsort(hashes, KEYS, sizeof(hashes[0]), compare_hashes);
    int twice = 0;
    for (int i = 1; i < KEYS; i++)
        twice += hashes[i] == hashes[i - 1];
    assert_in_range(twice, 0, 10); /* 1.2 are to be expected */
}

static void a_hash_is_of_the_text_alone(void **state)
{
    (void)state;
    char text[64];
    for (size_t length = 0; length < 40; length++) {
        for (size_t offset = 0; offset < 8; offset++) {
            memset(text, (int)offset + '0', sizeof(text));
            memset(text + offset, 'k', length);
            char other[40];
            memset(other, 'k', sizeof(other));
            assert_int_equal(cleat__hash(text + offset, length), cleat__hash(other, length));
        }
        char with_nul[41] = {0};
        assert_int_not_equal(cleat__hash(with_nul, length), cleat__hash(with_nul, length + 1));
    }
}

/*
 * Buffers and scratch memory.
 */

static void a_buffer_grows(void **state)
{
    (void)state;
    struct cleat__buffer buffer = {0};
    cleat__buffer_add(&buffer, NULL, 0);
    assert_int_equal(buffer.length, 0);
    for (int i = 0; i < 100000; i++) {
        cleat__buffer_add_literal(&buffer, "ab");
        cleat__buffer_add_char(&buffer, 'c');
    }
    assert_int_equal(buffer.length, 300000);
    for (size_t i = 0; i < buffer.length; i++)
        assert_int_equal(buffer.data[i], "abc"[i % 3]);
    char *to = cleat__buffer_reserve(&buffer, 100);
    assert_non_null(to);
    to[0] = 'd';
    cleat__buffer_end(&buffer, to + 1);
    assert_int_equal(buffer.length, 300001);
    assert_int_equal(buffer.data[300000], 'd');
    assert_false(buffer.failed);
    cleat__buffer_free(&buffer);
    assert_null(buffer.data);
    assert_int_equal(buffer.capacity, 0);
}

static void a_buffer_keeps_its_memory_when_emptied(void **state)
{
    (void)state;
    struct cleat__buffer buffer = {0};
    cleat__buffer_add_literal(&buffer, "first");
    char *data = buffer.data;
    fail_allocations_after(0);
    for (int i = 0; i < 1000; i++) {
        buffer.length = 0;
        cleat__buffer_add_literal(&buffer, "another");
    }
    assert_ptr_equal(buffer.data, data);
    assert_false(buffer.failed);
    cleat__buffer_free(&buffer);
}

static void a_buffer_without_memory_keeps_what_it_has(void **state)
{
    (void)state;
    struct cleat__buffer buffer = {0};
    fail_allocations_after(0);
    cleat__buffer_add_char(&buffer, 'x');
    assert_true(buffer.failed);
    assert_int_equal(buffer.length, 0);

    fail_allocations_after(1);
    buffer.failed = false;
    cleat__buffer_add_literal(&buffer, "kept");
    assert_false(buffer.failed);
    assert_null(cleat__buffer_reserve(&buffer, 100000));
    assert_true(buffer.failed);
    assert_int_equal(buffer.length, 4);
    assert_memory_equal(buffer.data, "kept", 4);
    assert_null(cleat__buffer_reserve(&buffer, SIZE_MAX));
    assert_null(cleat__buffer_reserve(&buffer, SIZE_MAX - 4));
    cleat__buffer_free(&buffer);
}

static void scratch_memory_is_aligned_and_its_own(void **state)
{
    (void)state;
    cleat_scratch scratch;
    cleat__scratch_init(&scratch);
    for (int round = 0; round < 3; round++) {
        enum {
            PIECES = 400
        };
        unsigned char *pieces[PIECES];
        for (size_t i = 0; i < PIECES; i++) {
            size_t size = i * 37 % 500;
            pieces[i] = cleat__scratch_alloc(&scratch, i == 99 ? 100000 : size);
            assert_non_null(pieces[i]);
            assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
            memset(pieces[i], (int)i & 0xFF, size);
        }
        for (size_t i = 0; i < PIECES; i++)
            for (size_t j = 0; j < i * 37 % 500; j++)
                assert_int_equal(pieces[i][j], i & 0xFF);
        assert_non_null(scratch.more);
        cleat__scratch_reset(&scratch);
        assert_null(scratch.more);
    }
}

static void scratch_memory_fails_without_harm(void **state)
{
    (void)state;
    cleat_scratch scratch;
    cleat__scratch_init(&scratch);
    fail_allocations_after(0);
    char *text = cleat__scratch_copy(&scratch, "copy", 4);
    assert_string_equal(text, "copy");
    assert_string_equal(cleat__scratch_copy(&scratch, NULL, 0), "");
    assert_null(cleat__scratch_alloc(&scratch, CLEAT__SCRATCH_INLINE));
    assert_null(cleat__scratch_alloc(&scratch, SIZE_MAX));
    assert_null(cleat__scratch_alloc(&scratch, SIZE_MAX - 64));
    assert_non_null(cleat__scratch_alloc(&scratch, 100));
    assert_string_equal(text, "copy");
    cleat__scratch_reset(&scratch);
}

static void scratch_formats_values(void **state)
{
    (void)state;
    cleat_scratch scratch;
    cleat__scratch_init(&scratch);
    cleat_value value = cleat_scratch_printf(&scratch, "%d/%s", 3, "four");
    assert_int_equal(value.kind, CLEAT_STRING);
    assert_int_equal(value.with.length, 6);
    assert_string_equal(value.as.text, "3/four");
    fail_allocations_after(0);
    value = cleat_scratch_printf(&scratch, "%9000d", 1);
    assert_int_equal(value.kind, CLEAT_NULL);
    cleat__scratch_reset(&scratch);
}

/*
 * Allocation.
 */

/* A block that knows itself, so that memory given to two owners shows. */
struct block {
    size_t size;
    unsigned char mark;
};

static struct block *make_block(size_t size, unsigned char mark)
{
    struct block *block = cleat__alloc(sizeof(*block) + size);
    if (block != NULL) {
        *block = (struct block){size, mark};
        memset(block + 1, mark, size);
    }
    return block;
}

static bool is_whole(const struct block *block)
{
    const unsigned char *bytes = (const unsigned char *)(block + 1);
    for (size_t i = 0; i < block->size; i++)
        if (bytes[i] != block->mark)
            return false;
    return true;
}

static void every_size_is_usable_whole(void **state)
{
    (void)state;
    enum {
        SIZES = 5000
    };
    static struct block *blocks[SIZES];
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < SIZES; i++) {
            size_t size = i < 600 ? i : i < 1200 ? 16384 - 300 + i - 600 : i * 13;
            blocks[i] = make_block(size, (unsigned char)i);
            assert_non_null(blocks[i]);
            assert_int_equal((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        }
        for (size_t i = 0; i < SIZES; i++) {
            assert_true(is_whole(blocks[i]));
            cleat__free(blocks[i]);
        }
    }
    cleat__free(NULL);
    void *nothing = cleat__alloc(0);
    assert_non_null(nothing);
    cleat__free(nothing);
}

static void zeroed_memory_is_zero_when_used_again(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        unsigned char *memory = cleat__alloc_zero(500);
        assert_non_null(memory);
        for (int j = 0; j < 500; j++)
            assert_int_equal(memory[j], 0);
        memset(memory, 0xAA, 500);
        cleat__free(memory);
    }
    char *copy = cleat__copy_text("text and more", 4);
    assert_string_equal(copy, "text");
    cleat__free(copy);
}

static void a_failed_allocation_is_null_and_counted(void **state)
{
    (void)state;
    cleat_stats before;
    cleat_stats after;
    cleat_get_stats(&before);
    fail_allocations_after(1);
    void *first = cleat__alloc(10);
    assert_non_null(first);
    assert_null(cleat__alloc(10));
    assert_null(cleat__alloc_zero(10));
    assert_null(cleat__copy_text("text", 4));
    cleat_get_stats(&after);
    assert_int_equal(after.allocation_errors - before.allocation_errors, 3);
    cleat__free(first);
}

static void *allocate_a_thousand(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < 1000; i++)
        cleat__free(cleat__alloc(i * 20));
    return NULL;
}

static uint64_t allocations_so_far(void)
{
    cleat_stats stats;
    cleat_get_stats(&stats);
    return stats.allocations;
}

static void allocations_of_all_threads_are_counted(void **state)
{
    (void)state;
    pthread_t threads[8];
    uint64_t before = allocations_so_far();
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 8; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, allocate_a_thousand, NULL), 0);
        allocate_a_thousand(NULL);
        for (int i = 0; i < 8; i++)
            pthread_join(threads[i], NULL);
    }
    assert_int_equal(allocations_so_far() - before, 18000);
}

static _Atomic(struct block *) exchange[64];

/* Allocates, and frees what other threads allocated. Returns NULL when all is well. */
static void *hammer(void *arg)
{
    uint64_t random = (uint64_t)(uintptr_t)arg * UINT64_C(0x9E3779B97F4A7C15);
    int rounds = is_heavy() ? 2000000 : 100000;
    for (int i = 0; i < rounds; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        struct block *block = make_block(random % 700, (unsigned char)(random >> 32));
        if (block == NULL)
            return arg;
        block = atomic_exchange(&exchange[(random >> 40) % 64], block);
        if (block != NULL && !is_whole(block))
            return arg; /* one block had two owners */
        cleat__free(block);
    }
    return NULL;
}

static void empty_exchange(void)
{
    for (size_t i = 0; i < 64; i++)
        cleat__free(atomic_exchange(&exchange[i], NULL));
}

static void threads_share_the_pool(void **state)
{
    (void)state;
    pthread_t threads[8];
    for (uintptr_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, (void *)(i + 1)), 0);
    for (int i = 0; i < 8; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    empty_exchange();
}

static void *hammer_for_ever(void *arg)
{
    while (hammer(arg) == NULL)
        continue;
    _exit(1);
}

/* Nobody may take the time for which the process was stopped for a holder that does not give the pool back. */
static void K17_a_stopped_process_loses_no_allocation(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        pthread_t threads[8];
        for (uintptr_t i = 0; i < 8; i++)
            pthread_create(&threads[i], NULL, hammer_for_ever, (void *)(i + 1));
        pause();
    }
    for (int stops = 0; stops < 12; stops++) {
        nanosleep(&(struct timespec){0, 20000000}, NULL);
        kill(child, SIGSTOP);
        nanosleep(&(struct timespec){0, 120000000}, NULL);
        kill(child, SIGCONT);
    }
    kill(child, SIGKILL);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status)); /* and not ended by itself, for want of memory */
}

#ifndef CLEAT_SYSTEM_MALLOC /* what follows is about the pool that is left out then */

static void freed_memory_is_used_again(void **state)
{
    (void)state;
    struct rusage before;
    struct rusage after;
    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < 100000; i++) {
        struct block *small = make_block(1000 + (size_t)i % 20, 1);
        struct block *large = i % 50 == 0 ? make_block(1000000, 2) : NULL;
        cleat__free(small);
        cleat__free(large);
    }
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 20 * 1024);
}

static void impossible_sizes_are_refused(void **state)
{
    (void)state;
    assert_null(cleat__alloc(SIZE_MAX - 4096 + 17)); /* rounded up to pages it would be 0 */
    assert_null(cleat__alloc(SIZE_MAX));
    assert_null(cleat__alloc(SIZE_MAX / 2));
}

static long resident_pages(void)
{
    long all = 0;
    long resident = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    assert_non_null(statm);
    assert_int_equal(fscanf(statm, "%ld %ld", &all, &resident), 2);
    fclose(statm);
    return resident;
}

#define IN_A_ROUND 100

/* Takes more blocks of each size than a thread keeps, and gives them back. */
static void *use_all_sizes(void *arg)
{
    struct block *blocks[IN_A_ROUND];
    for (size_t size = 0; size < 1100; size += 30) {
        for (size_t i = 0; i < IN_A_ROUND; i++)
            blocks[i] = make_block(size, (unsigned char)i);
        for (size_t i = 0; i < IN_A_ROUND; i++) {
            if (blocks[i] == NULL || !is_whole(blocks[i]))
                return arg;
            cleat__free(blocks[i]);
        }
    }
    return NULL;
}

static void a_thread_that_ends_gives_its_memory_back(void **state)
{
    (void)state;
    long before = 0;
    for (int i = 0; i < 1000; i++) {
        pthread_t thread;
        void *wrong;
        assert_int_equal(pthread_create(&thread, NULL, use_all_sizes, state), 0);
        pthread_join(thread, &wrong);
        assert_null(wrong);
        if (i == 9)
            before = resident_pages();
    }
    assert_true(resident_pages() - before < 1000);
}

static void *free_what_comes(void *arg)
{
    (void)arg;
    for (int freed = 0; freed < 200000;) {
        struct block *block = atomic_exchange(&exchange[freed % 64], NULL);
        if (block == NULL)
            sched_yield();
        freed += block != NULL;
        cleat__free(block);
    }
    return NULL;
}

static void what_another_thread_frees_is_used_again(void **state)
{
    (void)state;
    long before = resident_pages();
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, free_what_comes, NULL), 0);
    for (int made = 0; made < 200000; made++) {
        struct block *none = NULL;
        struct block *block = make_block(400, 1);
        assert_non_null(block);
        while (!atomic_compare_exchange_strong(&exchange[made % 64], &none, block)) {
            sched_yield();
            none = NULL;
        }
    }
    pthread_join(thread, NULL);
    assert_true(resident_pages() - before < 1000);
}

static struct block *of_handler[16];
static volatile sig_atomic_t handler_errors;
static volatile sig_atomic_t handler_failures;

static void allocate_in_a_handler(int number)
{
    (void)number;
    unsigned slot = (unsigned)signals_seen % 16;
    if (of_handler[slot] != NULL && !is_whole(of_handler[slot]))
        handler_errors = handler_errors + 1;
    cleat__free(of_handler[slot]);
    of_handler[slot] = make_block((size_t)signals_seen % 300, (unsigned char)signals_seen);
    if (of_handler[slot] == NULL)
        handler_failures = handler_failures + 1;
    signals_seen = signals_seen + 1;
}

static int allocation_under_signals(void)
{
    struct block *blocks[64] = {NULL};
    be_interrupted(allocate_in_a_handler);
    int64_t stop = cleat__clock_monotonic() + (is_heavy() ? 10 : 1) * CLEAT__SECOND;
    for (unsigned i = 0; cleat__clock_monotonic() < stop; i++) {
        struct block *old = blocks[i % 64];
        EXPECT(old == NULL || is_whole(old));
        cleat__free(old);
        blocks[i % 64] = make_block(i % 300, (unsigned char)i);
        EXPECT(blocks[i % 64] != NULL);
    }
    be_left_alone();
    EXPECT(handler_errors == 0);
    EXPECT(signals_seen > 100);
    EXPECT(handler_failures < signals_seen / 2);
    return 0;
}

static void K17_a_signal_handler_may_allocate(void **state)
{
    (void)state;
    in_a_child(allocation_under_signals);
}

#endif

static atomic_bool stop_hammering;

static void *hammer_until_stopped(void *arg)
{
    (void)arg;
    struct block *blocks[32] = {NULL};
    for (unsigned i = 0; !atomic_load(&stop_hammering); i++) {
        cleat__free(blocks[i % 32]);
        blocks[i % 32] = make_block(i % 500, (unsigned char)i);
    }
    for (unsigned i = 0; i < 32; i++)
        cleat__free(blocks[i]);
    return NULL;
}

static int allocate_in_a_child(void)
{
    struct block *blocks[100];
    for (size_t i = 0; i < 100; i++) {
        blocks[i] = make_block(i * 5, (unsigned char)i);
        EXPECT(blocks[i] != NULL);
    }
    for (size_t i = 0; i < 100; i++) {
        EXPECT(is_whole(blocks[i]));
        cleat__free(blocks[i]);
    }
    return 0;
}

static void K17_a_fork_finds_the_pool_whole(void **state)
{
    (void)state;
    pthread_t threads[3];
    atomic_store(&stop_hammering, false);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer_until_stopped, NULL), 0);
#ifdef CLEAT_SYSTEM_MALLOC /* with sanitizers a fork takes a long time */
    int forks = 20;
#else
    int forks = is_heavy() ? 10000 : 200;
#endif
    for (int i = 0; i < forks; i++)
        in_a_child(allocate_in_a_child);
    atomic_store(&stop_hammering, true);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
}

/*
 * Errors and reports.
 */

static void error_names_are_those_of_errno_h(void **state)
{
    (void)state;
    FILE *python = ask_python("import errno, os\n", "    n = int(w[0])\n"
                                                    "    if w[1] == \"-\":\n"
                                                    "        if n in errno.errorcode: bad(errno.errorcode[n])\n"
                                                    "    elif getattr(errno, w[1], n) != n: bad(getattr(errno, w[1]))\n"
                                                    "    if w[2] and w[2] != os.strerror(n): bad(os.strerror(n))\n");
    fflush(python);
    for (int i = -2; i < 600; i++) {
        char text[100];
        const char *name = cleat__errno_name(i);
        const char *message = cleat__errno_message(i, text, sizeof(text));
        assert_ptr_equal(message, text);
#ifndef __GLIBC__
        message = "";
#endif
        fprintf(python, "%d\t%s\t%s\n", i, name != NULL ? name : "-", message);
    }
    python_agrees(python);
    assert_string_equal(cleat__errno_name(EAGAIN), "EAGAIN");
    assert_string_equal(cleat__errno_name(EWOULDBLOCK), "EAGAIN");
    assert_string_equal(cleat__errno_name(EDEADLK), "EDEADLK");
    assert_null(cleat__errno_name(0));
    assert_null(cleat__errno_name(-ENOENT));
    assert_null(cleat__errno_name(INT32_MAX));
    assert_null(cleat__errno_name(INT32_MIN));
}

static void an_error_message_fits_its_buffer(void **state)
{
    (void)state;
    char text[32];
    assert_string_equal(cleat__errno_message(1234, text, sizeof(text)), "Unknown error 1234");
    assert_string_equal(cleat__errno_message(INT32_MIN, text, sizeof(text)), "Unknown error -2147483648");
    assert_string_equal(cleat__errno_message(ENOENT, text, 8), "No such");
    assert_string_equal(cleat__errno_message(ENOENT, text, 1), "");
    text[0] = 'x';
    cleat__errno_message(ENOENT, text, 0);
    assert_int_equal(text[0], 'x');
}

/* Returns NULL when the message is this thread's own. */
static void *fail_on_another_thread(void *arg)
{
    if (cleat_error_message()[0] != '\0')
        return arg;
    cleat__fail(EIO, "on another thread");
    return NULL;
}

static void a_failure_leaves_its_sentence_on_its_thread(void **state)
{
    assert_int_equal(cleat__fail(EINVAL, "the %s is wrong", "level"), -EINVAL);
    assert_string_equal(cleat_error_message(), "the level is wrong");
    assert_int_equal(cleat__last_error(), EINVAL);

    pthread_t thread;
    void *wrong;
    pthread_create(&thread, NULL, fail_on_another_thread, state);
    pthread_join(thread, &wrong);
    assert_null(wrong);
    assert_string_equal(cleat_error_message(), "the level is wrong");

    assert_null(cleat__fail_null(ENOMEM, "handler 1: %s", cleat_error_message()));
    assert_string_equal(cleat_error_message(), "handler 1: the level is wrong");
    assert_int_equal(cleat__last_error(), ENOMEM);

    char longer[1000];
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    cleat__fail(EINVAL, "%s", longer);
    assert_in_range(strlen(cleat_error_message()), 100, 999);
}

/* Standard error becomes a pipe of which the other end is returned. */
static int catch_stderr(void)
{
    int ends[2];
    if (pipe(ends) != 0)
        return -1;
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return ends[0];
}

static int read_all(int fd, char *text, size_t size)
{
    ssize_t length = read(fd, text, size - 1);
    text[length > 0 ? length : 0] = '\0';
    return (int)length;
}

static int reports_are_rare(void)
{
    char text[1000];
    int caught = catch_stderr();
    cleat_stats before;
    cleat_get_stats(&before);
    errno = ENOENT;
    cleat__report(CLEAT__SINK_ERROR, "cannot write %s: %d", "app.log", 7);
    EXPECT(errno == ENOENT);
    read_all(caught, text, sizeof(text));
    EXPECT(strcmp(text, "cleat: cannot write app.log: 7\n") == 0);
    for (int i = 0; i < 1000; i++)
        cleat__report(CLEAT__SINK_ERROR, "again");
    EXPECT(read_all(caught, text, sizeof(text)) < 0);
    cleat__report(CLEAT__LOST_LINE, "another kind");
    read_all(caught, text, sizeof(text));
    EXPECT(strcmp(text, "cleat: another kind\n") == 0);
    cleat__count(CLEAT__LOST_FIELD, 3);
    cleat_stats after;
    cleat_get_stats(&after);
    EXPECT(after.sink_errors - before.sink_errors == 1001);
    EXPECT(after.lost_lines - before.lost_lines == 1);
    EXPECT(after.lost_fields - before.lost_fields == 3);
    if (is_heavy()) {
        sleep(6);
        cleat__report(CLEAT__SINK_ERROR, "after a while");
        read_all(caught, text, sizeof(text));
        EXPECT(strcmp(text, "cleat: after a while\n") == 0);
    }
    return 0;
}

static int reports_are_one_line(void)
{
    char text[1000];
    char longer[1000];
    int caught = catch_stderr();
    cleat__report(CLEAT__SINK_ERROR, "a\nb\rc\x1B[31md\x7F");
    read_all(caught, text, sizeof(text));
    EXPECT(strcmp(text, "cleat: a?b?c?[31md?\n") == 0);
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    cleat__report(CLEAT__LOST_LINE, "%s", longer);
    int length = read_all(caught, text, sizeof(text));
    EXPECT(length > 200 && length < 400);
    EXPECT(text[length - 1] == '\n');
    EXPECT(strchr(text, '\n') == text + length - 1);
    return 0;
}

static int reports_do_no_harm(void)
{
    int caught = catch_stderr();
    fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
    while (write(STDERR_FILENO, "full", 4) > 0)
        continue;
    fcntl(STDERR_FILENO, F_SETFL, 0);
    cleat__report(CLEAT__SINK_ERROR, "a pipe that is full");
    close(caught);
    cleat__report(CLEAT__LOST_LINE, "a pipe that nobody reads");

    char path[] = "/tmp/cleat-test-XXXXXX";
    int file = mkstemp(path);
    unlink(path);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, RLIM_INFINITY});
    dup2(file, STDERR_FILENO);
    cleat__report(CLEAT__LOST_FIELD, "a file at its limit");
    sigset_t blocked;
    sigset_t pending;
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    sigpending(&pending);
    EXPECT(!sigismember(&blocked, SIGXFSZ) && !sigismember(&pending, SIGXFSZ));

    close(STDERR_FILENO);
    cleat__report(CLEAT__PROCESSOR_ERROR, "nothing open");
    return 0;
}

static void a_report_is_made_once_in_a_while(void **state)
{
    (void)state;
    in_a_child(reports_are_rare);
}

static void K15_a_report_cannot_be_forged(void **state)
{
    (void)state;
    in_a_child(reports_are_one_line);
}

static void K17_a_report_neither_blocks_nor_kills(void **state)
{
    (void)state;
    in_a_child(reports_do_no_harm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_bad_byte_is_one_replacement_character, seed_random),
        cmocka_unit_test(every_character_reads_back),
        cmocka_unit_test_setup(a_cut_divides_no_character, seed_random),
        cmocka_unit_test(width_is_that_of_a_terminal),
        cmocka_unit_test_setup(integers_are_written_as_printf_does, seed_random),
        cmocka_unit_test(digits_are_padded_and_cut),
        cmocka_unit_test_setup(doubles_are_written_as_pythons_repr_does, seed_random),
        cmocka_unit_test(some_doubles_need_no_python),
        cmocka_unit_test(the_table_of_powers_is_what_its_program_makes),
        cmocka_unit_test_setup(times_are_written_in_utc, seed_random),
        cmocka_unit_test(offsets_are_right_on_both_sides_of_1970),
        cmocka_unit_test_setup(local_times_end_in_their_offset, seed_random),
        cmocka_unit_test(clocks_go_on),
        cmocka_unit_test(the_tick_clock_agrees_with_the_kernels),
        cmocka_unit_test(the_time_of_a_stamp_is_found_later),
        cmocka_unit_test(a_signal_does_not_disturb_the_tick_clock),
        cmocka_unit_test(a_signal_does_not_change_the_time_it_interrupts),
        cmocka_unit_test(hashes_spread),
        cmocka_unit_test(a_hash_is_of_the_text_alone),
        cmocka_unit_test(a_buffer_grows),
        cmocka_unit_test_teardown(a_buffer_keeps_its_memory_when_emptied, permit_all),
        cmocka_unit_test_teardown(a_buffer_without_memory_keeps_what_it_has, permit_all),
        cmocka_unit_test(scratch_memory_is_aligned_and_its_own),
        cmocka_unit_test_teardown(scratch_memory_fails_without_harm, permit_all),
        cmocka_unit_test_teardown(scratch_formats_values, permit_all),
        cmocka_unit_test(every_size_is_usable_whole),
        cmocka_unit_test(zeroed_memory_is_zero_when_used_again),
        cmocka_unit_test_teardown(a_failed_allocation_is_null_and_counted, permit_all),
        cmocka_unit_test(threads_share_the_pool),
        cmocka_unit_test(allocations_of_all_threads_are_counted),
        cmocka_unit_test(K17_a_stopped_process_loses_no_allocation),
#ifndef CLEAT_SYSTEM_MALLOC
        cmocka_unit_test(freed_memory_is_used_again),
        cmocka_unit_test(a_thread_that_ends_gives_its_memory_back),
        cmocka_unit_test(what_another_thread_frees_is_used_again),
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(K17_a_signal_handler_may_allocate),
#endif
        cmocka_unit_test(K17_a_fork_finds_the_pool_whole),
        cmocka_unit_test(error_names_are_those_of_errno_h),
        cmocka_unit_test(an_error_message_fits_its_buffer),
        cmocka_unit_test(a_failure_leaves_its_sentence_on_its_thread),
        cmocka_unit_test(a_report_is_made_once_in_a_while),
        cmocka_unit_test(K15_a_report_cannot_be_forged),
        cmocka_unit_test(K17_a_report_neither_blocks_nor_kills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
