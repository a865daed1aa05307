// SPDX-License-Identifier: MIT
// What is done with rings, the same for kmode's in a driver and for its peers under Linux: numbers go through
// a ring of RING_SLOTS, and their sum must come out of it. Whoever includes it defines RING_PUSH(Number) and
// RING_POP(&Number), true if they did it, within a function of its own, so that each ring is compiled into
// it.
#ifndef KMODE_BENCH_RINGS_WORK_H
#define KMODE_BENCH_RINGS_WORK_H

#include <stdint.h>

#define RING_ROUNDS 4000000u
#define RING_SLOTS  1024u // a power of two
#define RING_FILL   512u

// So many waits in vain before Wait, which lets others run: a processor may be taken away from the other side
// while this one spins.
#define RING_SPINS 1000u

static inline void ring_wait(unsigned *spins, void (*wait)(void))
{
    __builtin_ia32_pause();
    if (++*spins % RING_SPINS == 0) {
        wait();
    }
}

// Defines NAME_pairs, NAME_fill, NAME_produce and NAME_consume, each of which returns the sum of what it has
// taken out, and NAME_both. A number is its own round, from 0.
#define RING_WORK(NAME, PUSH, POP)                                                                           \
    static uint64_t NAME##_pairs(void (*wait)(void))                                                         \
    {                                                                                                        \
        uint64_t sum = 0, number = 0;                                                                        \
        (void)wait;                                                                                          \
        for (uint64_t round = 0; round < RING_ROUNDS; round++) {                                             \
            if (!PUSH(round) || !POP(&number)) {                                                             \
                return 0;                                                                                    \
            }                                                                                                \
            sum += number;                                                                                   \
        }                                                                                                    \
        return sum;                                                                                          \
    }                                                                                                        \
    static uint64_t NAME##_fill(void (*wait)(void))                                                          \
    {                                                                                                        \
        uint64_t sum = 0, number = 0, pushed = 0;                                                            \
        (void)wait;                                                                                          \
        while (pushed < RING_ROUNDS) {                                                                       \
            unsigned count = 0;                                                                              \
            for (; count < RING_FILL && pushed < RING_ROUNDS; count++, pushed++) {                           \
                if (!PUSH(pushed)) {                                                                         \
                    return 0;                                                                                \
                }                                                                                            \
            }                                                                                                \
            for (; count != 0; count--) {                                                                    \
                if (!POP(&number)) {                                                                         \
                    return 0;                                                                                \
                }                                                                                            \
                sum += number;                                                                               \
            }                                                                                                \
        }                                                                                                    \
        return sum;                                                                                          \
    }                                                                                                        \
    static uint64_t NAME##_produce(void (*wait)(void))                                                       \
    {                                                                                                        \
        unsigned spins = 0;                                                                                  \
        for (uint64_t round = 0; round < RING_ROUNDS; round++) {                                             \
            while (!PUSH(round)) {                                                                           \
                ring_wait(&spins, wait);                                                                     \
            }                                                                                                \
        }                                                                                                    \
        return 0;                                                                                            \
    }                                                                                                        \
    static uint64_t NAME##_consume(void (*wait)(void))                                                       \
    {                                                                                                        \
        uint64_t sum = 0, number = 0;                                                                        \
        unsigned spins = 0;                                                                                  \
        for (uint64_t round = 0; round < RING_ROUNDS; round++) {                                             \
            while (!POP(&number)) {                                                                          \
                ring_wait(&spins, wait);                                                                     \
            }                                                                                                \
            sum += number;                                                                                   \
        }                                                                                                    \
        return sum;                                                                                          \
    }

// For rings of many producers and consumers: of two processors each does half of the rounds.
#define RING_WORK_OF_TWO(NAME, PUSH, POP)                                                                    \
    static uint64_t NAME##_half(uint64_t first, void (*wait)(void))                                          \
    {                                                                                                        \
        uint64_t sum = 0, number = 0;                                                                        \
        unsigned spins = 0;                                                                                  \
        for (uint64_t round = first; round < RING_ROUNDS; round += 2) {                                      \
            while (!PUSH(round)) {                                                                           \
                ring_wait(&spins, wait);                                                                     \
            }                                                                                                \
            while (!POP(&number)) {                                                                          \
                ring_wait(&spins, wait);                                                                     \
            }                                                                                                \
            sum += number;                                                                                   \
        }                                                                                                    \
        return sum;                                                                                          \
    }                                                                                                        \
    static uint64_t NAME##_even(void (*wait)(void))                                                          \
    {                                                                                                        \
        return NAME##_half(0, wait);                                                                         \
    }                                                                                                        \
    static uint64_t NAME##_odd(void (*wait)(void))                                                           \
    {                                                                                                        \
        return NAME##_half(1, wait);                                                                         \
    }

typedef uint64_t ring_work(void (*wait)(void));

// One figure: what the first and the second processor do (NULL: there is one).
struct ring_measurement {
    const char *name;
    ring_work *first, *second;
};

#define RING_SUM ((uint64_t)RING_ROUNDS * (RING_ROUNDS - 1) / 2)

#endif
