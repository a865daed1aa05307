// SPDX-License-Identifier: MIT
// How a call of a log is measured, the same for kmode's in a driver and for its peers under Linux: between
// two readings of the time stamp counter, less what two readings with nothing between them take. Single calls
// give the slowest ones; the median is of groups, for the counter of some processors moves in steps of 10 ns.
#ifndef KMODE_BENCH_LOG_MEASURE_H
#define KMODE_BENCH_LOG_MEASURE_H

#include <stdint.h>

// So many calls, then what the log has not yet done may be awaited; all of them fit into each log's buffer.
#define BURST  2000
#define BURSTS 100
#define GROUP  100

struct measurement {
    uint32_t calls[1 << 16]; // by ticks; the last: those, and more
    uint32_t nothing[1 << 16];
    uint32_t groups[1 << 16];
    uint64_t disabled_ticks, nothing_ticks, disabled_calls;
};

static inline uint64_t ticks_now(void)
{
    return __builtin_ia32_rdtsc();
}

static inline void count_ticks(uint32_t *counts, uint64_t ticks)
{
    counts[ticks < (1 << 16) - 1 ? ticks : (1 << 16) - 1]++;
}

// Ticks at or below which parts of a thousand are.
static inline uint64_t quantile(const uint32_t *counts, uint64_t parts)
{
    uint64_t all = 0, below = 0, ticks = 0;

    for (uint32_t i = 0; i < 1 << 16; i++) {
        all += counts[i];
    }
    for (; ticks < 1 << 16; ticks++) {
        below += counts[ticks];
        if (below * 1000 >= all * parts) {
            break;
        }
    }
    return ticks;
}

// What CALL is, and what makes the log ready for the next burst, is the program's.
#define MEASURE(Result, Call, DisabledCall, Settle)                                                          \
    do {                                                                                                     \
        for (int burst_ = 0; burst_ < BURSTS; burst_++) {                                                    \
            for (int i_ = 0; i_ < BURST; i_++) {                                                             \
                const uint64_t start_ = ticks_now();                                                         \
                __asm__ volatile("" ::: "memory");                                                           \
                const uint64_t end_ = ticks_now();                                                           \
                count_ticks((Result)->nothing, end_ - start_);                                               \
            }                                                                                                \
            for (int i_ = 0; i_ < BURST; i_++) {                                                             \
                const uint64_t start_ = ticks_now();                                                         \
                Call;                                                                                        \
                const uint64_t end_ = ticks_now();                                                           \
                count_ticks((Result)->calls, end_ - start_);                                                 \
            }                                                                                                \
            Settle;                                                                                          \
            for (int i_ = 0; i_ < BURST;) {                                                                  \
                const uint64_t start_ = ticks_now();                                                         \
                for (const int last_ = i_ + GROUP; i_ < last_; i_++) {                                       \
                    Call;                                                                                    \
                }                                                                                            \
                const uint64_t end_ = ticks_now();                                                           \
                count_ticks((Result)->groups, end_ - start_);                                                \
            }                                                                                                \
            Settle;                                                                                          \
        }                                                                                                    \
        const uint64_t nothing_ = ticks_now();                                                               \
        for (int i_ = 0; i_ < 10000000; i_++) {                                                              \
            __asm__ volatile("" ::: "memory");                                                               \
        }                                                                                                    \
        const uint64_t disabled_ = ticks_now();                                                              \
        for (int i_ = 0; i_ < 10000000; i_++) {                                                              \
            DisabledCall;                                                                                    \
            __asm__ volatile("" ::: "memory");                                                               \
        }                                                                                                    \
        (Result)->nothing_ticks = disabled_ - nothing_;                                                      \
        (Result)->disabled_ticks = ticks_now() - disabled_;                                                  \
        (Result)->disabled_calls = 10000000;                                                                 \
    } while (0)

// Hundredths of a nanosecond, by the counter's rate in Hz.
static inline uint64_t hundredths(uint64_t ticks, uint64_t calls, uint64_t frequency)
{
    return (uint64_t)((double)ticks * 1e11 / (double)calls / (double)frequency);
}

#define REPORT(Print, Result, Frequency)                                                                     \
    do {                                                                                                     \
        const uint64_t nothing_ = quantile((Result)->nothing, 500);                                          \
        const uint64_t median_ = quantile((Result)->groups, 500), last_ = quantile((Result)->calls, 999);    \
        const uint64_t ticks_[] = {median_ > nothing_ ? median_ - nothing_ : 0,                              \
                                   last_ > nothing_ ? last_ - nothing_ : 0, nothing_};                       \
        static const unsigned calls_[] = {GROUP, 1, 1};                                                      \
        const char *const names_[] = {"median", "last", "counter"};                                          \
        const uint64_t disabled_ = (Result)->disabled_ticks > (Result)->nothing_ticks                        \
                                       ? (Result)->disabled_ticks - (Result)->nothing_ticks                  \
                                       : 0;                                                                  \
        for (int i_ = 0; i_ < 3; i_++) {                                                                     \
            const uint64_t value_ = hundredths(ticks_[i_], calls_[i_], Frequency);                           \
            Print("%s %u.%02u\n", names_[i_], (unsigned)(value_ / 100), (unsigned)(value_ % 100));           \
        }                                                                                                    \
        const uint64_t off_ = hundredths(disabled_, (Result)->disabled_calls, Frequency);                    \
        Print("disabled %u.%02u\n", (unsigned)(off_ / 100), (unsigned)(off_ % 100));                         \
    } while (0)

#endif
