// SPDX-License-Identifier: MIT
// What a call of spdlog's asynchronous logger takes: prints "NAME NANOSECONDS" lines. Its thread formats what
// is logged, and throws it away.
#include <spdlog/async.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <stdio.h>
#include <unistd.h>

#include "log-peer.h"

static measurement result;

static void settle(const std::shared_ptr<spdlog::details::thread_pool> &pool)
{
    while (pool->queue_size() != 0) {
        usleep(50);
    }
}

int main(int argc, char **argv)
{
    (void)argc;
    auto pool = std::make_shared<spdlog::details::thread_pool>(8192, 1);
    auto sink = std::make_shared<spdlog::sinks::null_sink_mt>();
    auto logger =
        std::make_shared<spdlog::async_logger>("peer", sink, pool, spdlog::async_overflow_policy::block);
    logger->set_level(spdlog::level::info);
    const void *object = argv;
    MEASURE(&result, logger->info("request {} of {} bytes took {} us", object, (unsigned)i_, burst_),
            logger->debug("request {} of {} bytes took {} us", object, (unsigned)i_, 0), settle(pool));
    REPORT(printf, &result, counter_frequency());
    return 0;
}
