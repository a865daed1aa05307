// SPDX-License-Identifier: MIT
// What a call of NanoLog takes: prints "NAME NANOSECONDS" lines. Its file, FILE of the command line, is not
// kept.
#include <array> // it forgets to

#include "NanoLogCpp17.h"

#include <stdio.h>

#include "log-peer.h"

// What its preprocessor would count, which the C++17 version does without.
namespace GeneratedFunctions
{
extern size_t numLogIds;
size_t numLogIds = 0;
} // namespace GeneratedFunctions

static measurement result;

int main(int argc, char **argv)
{
    if (argc != 2) {
        return 2;
    }
    NanoLog::setLogFile(argv[1]);
    NanoLog::preallocate();
    NanoLog::setLogLevel(NanoLog::NOTICE);
    void *object = argv;
    // NanoLog's levels are in the other order: NOTICE is information.
    MEASURE(&result, NANO_LOG(NOTICE, "request %p of %u bytes took %d us", object, (unsigned)i_, burst_),
            NANO_LOG(DEBUG, "request %p of %u bytes took %d us", object, (unsigned)i_, 0), NanoLog::sync());
    REPORT(printf, &result, counter_frequency());
    return 0;
}
