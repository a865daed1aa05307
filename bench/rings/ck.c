// SPDX-License-Identifier: MIT
// Concurrency Kit's ck_ring, its buffer of pointers, as rings.
#include "linux.h"

#include <ck_ring.h>

static ck_ring_t single __attribute__((aligned(64))), shared __attribute__((aligned(64)));
static ck_ring_buffer_t single_slots[RING_SLOTS], shared_slots[RING_SLOTS];

#define SINGLE_PUSH(number) ck_ring_enqueue_spsc(&single, single_slots, (void *)(number))
#define SINGLE_POP(number)  ck_ring_dequeue_spsc(&single, single_slots, (void *)(number))
#define SHARED_PUSH(number) ck_ring_enqueue_mpmc(&shared, shared_slots, (void *)(number))
#define SHARED_POP(number)  ck_ring_dequeue_mpmc(&shared, shared_slots, (void *)(number))
RING_WORK(single, SINGLE_PUSH, SINGLE_POP)
RING_WORK(shared, SHARED_PUSH, SHARED_POP)
RING_WORK_OF_TWO(shared, SHARED_PUSH, SHARED_POP)

static const struct ring_measurement measurements[] = {
    {"ring-pairs-1", single_pairs, NULL},
    {"ring-fill-1", single_fill, NULL},
    {"ring-across-2", single_produce, single_consume},
    {"shared-pairs-1", shared_pairs, NULL},
    {"shared-fill-1", shared_fill, NULL},
    {"shared-across-2", shared_produce, shared_consume},
    {"shared-each-2", shared_even, shared_odd},
};

__attribute__((constructor)) static void initialize(void)
{
    ck_ring_init(&single, RING_SLOTS);
    ck_ring_init(&shared, RING_SLOTS);
}

RING_MAIN(measurements)
