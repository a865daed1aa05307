// SPDX-License-Identifier: MIT
// moodycamel's ConcurrentQueue as a shared ring, and ReaderWriterQueue as one of one producer and one
// consumer: of a fixed size by their try_ forms, which allocate nothing.
#include "linux.h"

#include <concurrentqueue/concurrentqueue.h>
#include <readerwriterqueue/readerwriterqueue.h>

static moodycamel::ReaderWriterQueue<uint64_t, RING_SLOTS> single(RING_SLOTS - 1);
static moodycamel::ConcurrentQueue<uint64_t> shared(RING_SLOTS, 0, 4);

#define SINGLE_PUSH(number) single.try_enqueue(number)
#define SINGLE_POP(number)  single.try_dequeue(*(number))
#define SHARED_PUSH(number) shared.try_enqueue(number)
#define SHARED_POP(number)  shared.try_dequeue(*(number))
RING_WORK(single, SINGLE_PUSH, SINGLE_POP)
RING_WORK(shared, SHARED_PUSH, SHARED_POP)
RING_WORK_OF_TWO(shared, SHARED_PUSH, SHARED_POP)

static const ring_measurement measurements[] = {
    {"ring-pairs-1", single_pairs, nullptr},           {"ring-fill-1", single_fill, nullptr},
    {"ring-across-2", single_produce, single_consume}, {"shared-pairs-1", shared_pairs, nullptr},
    {"shared-fill-1", shared_fill, nullptr},           {"shared-across-2", shared_produce, shared_consume},
    {"shared-each-2", shared_even, shared_odd},
};

RING_MAIN(measurements)
