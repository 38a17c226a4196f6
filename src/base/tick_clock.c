#include "base/tick_clock.h"

#include <time.h>

#include "base/clock.h"

_Thread_local struct cleat__tick_clock cleat__tick_clock CLEAT__TLS_MODEL;
_Atomic uint64_t cleat__tick_rate;

#ifdef __x86_64__

#include <cpuid.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

__extension__ typedef unsigned __int128 uint128;

#define WINDOW (CLEAT__SECOND / 1000)        /* from one look at the kernel's clock to the next */
#define FIRST_BASELINE (CLEAT__SECOND / 100) /* two looks so far apart give the rate to about 1 in 100,000 */
#define BASELINE CLEAT__SECOND               /* and from then on it is measured anew this often */
#define TOLERANCE 1000                       /* rates that differ by less than one part in so many are one */
#define LONGEST_LOOK 4000                    /* ticks; a look that takes longer was interrupted, and is not exact */
#define LOOKS 4                              /* at most so many, to find one that was not */
#define SMALL_STEP 10000                     /* nanoseconds; a larger step back is somebody setting the clock */

/* -- whether the counter is to be trusted -- */

/* Intel SDM vol. 3, 18.17.1: the counter runs at a constant rate in all states of the processor. */
static bool is_invariant(void)
{
    unsigned a;
    unsigned b;
    unsigned c;
    unsigned d = 0;
    return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d & 1u << 8) != 0;
}

/* prctl(2): a process may have been forbidden to read the counter. */
static bool is_permitted(void)
{
    int mode = PR_TSC_SIGSEGV;
    return prctl(PR_GET_TSC, &mode) == 0 && mode == PR_TSC_ENABLE;
}

/* The kernel watches the counters of all processors, and leaves them for another source when they drift apart. */
static bool is_kernels_choice(void)
{
    static const char *const good[] = {"tsc\n", "kvm-clock\n", "hyperv_clocksource_tsc_page\n"};
    char name[64];
    int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, name, sizeof(name) - 1) : 0;
    if (fd >= 0)
        close(fd);
    name[length > 0 ? length : 0] = '\0';
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (strcmp(name, good[i]) == 0)
            return true;
    return false;
}

/* -- the rate, which all threads share -- */

struct moment {
    uint64_t ticks;
    int64_t time; /* of the monotonic clock, which nobody sets */
};

static bool usable;
static atomic_flag measuring = ATOMIC_FLAG_INIT; /* guards these three */
static struct moment baseline_start;
static int64_t baseline = FIRST_BASELINE;
static uint64_t measured_rate; /* what was measured last, right or not */

static struct moment this_moment(void)
{
    int64_t time = cleat__clock_monotonic();
    return (struct moment){__builtin_ia32_rdtsc(), time};
}

__attribute__((constructor(102))) static void begin(void)
{
    usable = is_invariant() && is_permitted() && is_kernels_choice();
    baseline_start = this_moment();
}

static bool agree(uint64_t left, uint64_t right)
{
    return (left > right ? left - right : right - left) < right / TOLERANCE;
}

/*
 * A rate is believed when the one before it was the same: a measurement is wrong when it was interrupted, when the
 * machine slept meanwhile (then the clock stands still, and the counter goes on, or begins anew), or when it is a
 * virtual one that was moved to another.
 */
static void end_baseline(struct moment now)
{
    int64_t time = now.time - baseline_start.time;
    uint64_t ticks = now.ticks - baseline_start.ticks;
    uint64_t rate = ticks != 0 ? (uint64_t)(((uint128)(uint64_t)time << 32) / ticks) : 0;
    bool is_believed = agree(measured_rate, rate);
    atomic_store_explicit(&cleat__tick_rate, is_believed ? rate : 0, memory_order_relaxed);
    measured_rate = rate;
    baseline = is_believed ? BASELINE : FIRST_BASELINE;
    baseline_start = now;
}

/* One thread measures, the others go on with what is known. */
static void measure_rate(void)
{
    if (atomic_flag_test_and_set_explicit(&measuring, memory_order_acquire))
        return;
    struct moment now = this_moment();
    if (now.time - baseline_start.time >= baseline)
        end_baseline(now);
    atomic_flag_clear_explicit(&measuring, memory_order_release);
}

/* -- a thread's clock -- */

/* How far a thread's time has run ahead of the kernel's, for looks agree to some nanoseconds only. */
static int64_t ahead_of(const struct cleat__tick_clock *clock, uint64_t ticks, int64_t time)
{
    uint64_t since = ticks - clock->ticks;
    if (since >> 32 != 0)
        return 0;
    int64_t ahead = clock->time + (int64_t)((uint128)since * clock->rate >> 32) - time;
    return ahead > 0 && ahead < SMALL_STEP ? ahead : 0;
}

/* A thread's time does not go back for so little, but runs slower until the next look. */
static int64_t count_on_from(struct cleat__tick_clock *clock, uint64_t ticks, int64_t time, uint64_t rate)
{
    CLEAT__THREAD_LOCAL volatile bool setting;
    if (setting)
        return time;
    setting = true;
    int64_t ahead = ahead_of(clock, ticks, time);
    /* A signal handler that comes in between looks for itself, and comes here, where it finds the mark. */
    *(volatile uint64_t *)&clock->trusted = 0;
    atomic_signal_fence(memory_order_seq_cst);
    clock->ticks = ticks;
    clock->time = time + ahead;
    clock->rate = rate - rate * (uint64_t)ahead / WINDOW;
    atomic_signal_fence(memory_order_seq_cst);
    *(volatile uint64_t *)&clock->trusted = ((uint64_t)WINDOW << 32) / rate;
    atomic_signal_fence(memory_order_seq_cst);
    setting = false;
    return time + ahead;
}

int64_t cleat__tick_clock_look(uint64_t *stamp)
{
    uint64_t before = __builtin_ia32_rdtsc();
    int64_t time = cleat__clock_kernel();
    uint64_t after = __builtin_ia32_rdtsc();
    *stamp = usable ? before : (uint64_t)time;
    if (!usable)
        return time;
    measure_rate();
    uint64_t rate = atomic_load_explicit(&cleat__tick_rate, memory_order_relaxed);
    if (rate == 0 || after - before > LONGEST_LOOK)
        return time;
    return count_on_from(&cleat__tick_clock, before + (after - before) / 2, time, rate);
}

static struct cleat__moment look_at_both(uint64_t *took)
{
    uint64_t before = __builtin_ia32_rdtsc();
    int64_t time = cleat__clock_kernel();
    *took = __builtin_ia32_rdtsc() - before;
    return (struct cleat__moment){usable ? before + *took / 2 : (uint64_t)time, time};
}

struct cleat__moment cleat__tick_clock_moment(void)
{
    uint64_t took;
    struct cleat__moment moment = look_at_both(&took);
    for (unsigned i = 1; took > LONGEST_LOOK && i < LOOKS; i++)
        moment = look_at_both(&took);
    if (usable)
        measure_rate();
    return moment;
}

#else

struct cleat__moment cleat__tick_clock_moment(void)
{
    int64_t time = cleat__clock_kernel();
    return (struct cleat__moment){(uint64_t)time, time};
}

int64_t cleat__tick_clock_look(uint64_t *stamp)
{
    int64_t time = cleat__clock_kernel();
    *stamp = (uint64_t)time;
    return time;
}

#endif
