// SPDX-License-Identifier: MIT
// Boost.Lockfree's spsc_queue and queue, both of a fixed size, as rings.
#include "linux.h"

#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>

static boost::lockfree::spsc_queue<uint64_t, boost::lockfree::capacity<RING_SLOTS>> single;
static boost::lockfree::queue<uint64_t, boost::lockfree::capacity<RING_SLOTS>> shared;

#define SINGLE_PUSH(number) single.push(number)
#define SINGLE_POP(number)  single.pop(*(number))
#define SHARED_PUSH(number) shared.push(number)
#define SHARED_POP(number)  shared.pop(*(number))
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
