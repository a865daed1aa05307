// SPDX-License-Identifier: MIT
// What the plainest logger takes, snprintf with a time stamp into a buffer in memory: prints "NAME
// NANOSECONDS" lines.
#include <stdio.h>

#include "log-peer.h"

enum { LINE_BYTES = 128, LINES = 8192 };

static struct measurement result;
static char lines[LINES][LINE_BYTES];
static unsigned next_line;
static volatile int maximum_level = 3;

__attribute__((noinline, format(printf, 1, 2))) static void write_line(const char *format, ...)
{
    struct timespec now;
    char *line = lines[next_line++ % LINES];
    clock_gettime(CLOCK_REALTIME, &now);
    const int length = snprintf(line, LINE_BYTES, "%lld.%09ld ", (long long)now.tv_sec, now.tv_nsec);
    __builtin_va_list arguments;
    __builtin_va_start(arguments, format);
    vsnprintf(line + length, (size_t)(LINE_BYTES - length), format, arguments);
    __builtin_va_end(arguments);
}

#define LOG(level, ...)                                                                                      \
    do {                                                                                                     \
        if ((level) <= maximum_level) {                                                                      \
            write_line(__VA_ARGS__);                                                                         \
        }                                                                                                    \
    } while (0)

int main(int argc, char **argv)
{
    (void)argc;
    void *object = argv;
    MEASURE(&result, LOG(3, "request %p of %u bytes took %d us", object, (unsigned)i_, burst_),
            LOG(4, "request %p of %u bytes took %d us", object, (unsigned)i_, 0), (void)0);
    REPORT(printf, &result, counter_frequency());
    return 0;
}
