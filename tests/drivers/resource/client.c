// SPDX-License-Identifier: MIT
// Drives the ledger: many jobs at a time, after which and during which no sum is wrong.
#include "tests/drivers/client.h"

#include "tests/drivers/resource/public.h"

#define STATUS_CANT_WAIT UINT32_C(0xC00000D8)
#define TOTAL            (LEDGER_ACCOUNTS * LEDGER_START)

static km_file *file;

static void open_file(void)
{
    file = open_device(thread, "\\\\.\\Ledger", KM_OPEN_OVERLAPPED);
}

static LEDGER_STATE query(void)
{
    LEDGER_STATE state;
    OK(km_ioctl(thread, file, IOCTL_LEDGER_QUERY, NULL, 0, &state, sizeof state, NULL));
    return state;
}

static km_operation *start_job(LEDGER_JOB job, LEDGER_ANSWER *answer)
{
    km_operation *operation = NULL;
    OK(km_ioctl_start(thread, file, IOCTL_LEDGER_JOB, &job, sizeof job, answer, sizeof *answer, &operation));
    return operation;
}

// Lets the threads come to where they wait: on several processors a request that is started may still be on
// its way.
static void settle(void)
{
    OK(km_clock_advance(machine, 1));
}

static void test_jobs(void)
{
    enum { JOBS = 40 };
    LEDGER_ANSWER answers[JOBS];
    km_operation *operations[JOBS];
    LONG accounts[LEDGER_ACCOUNTS];
    ULONG sums = 0;
    unsigned workers = 0;
    open_file();
    for (size_t i = 0; i < LEDGER_ACCOUNTS; i++) {
        accounts[i] = LEDGER_START;
    }
    for (ULONG i = 0; i < JOBS; i++) {
        const LEDGER_JOB job = {.Kind = i % LedgerTryMove,
                                .From = i % LEDGER_ACCOUNTS,
                                .To = (3 * i + 1) % LEDGER_ACCOUNTS,
                                .Amount = (LONG)i,
                                .Pause = i % 7 * 100};
        operations[i] = start_job(job, &answers[i]);
        sums += job.Kind == LedgerSum;
        if (job.Kind == LedgerMove) {
            accounts[job.From] -= job.Amount;
            accounts[job.To] += job.Amount;
        }
    }
    for (size_t i = 0; i < JOBS; i++) {
        struct km_io io;
        OK(km_wait(operations[i], KM_FOREVER, &io));
        assert_int_equal(io.information, sizeof *answers);
        assert_int_equal(answers[i].Sum, TOTAL);
        assert_in_range(answers[i].Order, 1, JOBS);
        assert_in_range(answers[i].Worker, 0, LEDGER_WORKERS - 1);
        workers |= 1u << answers[i].Worker;
    }
    const LEDGER_STATE state = query();
    assert_int_equal(state.Jobs, JOBS);
    assert_int_equal(state.Wrong, 0);
    assert_int_equal(state.Recursive, sums);
    assert_memory_equal(state.Accounts, accounts, sizeof accounts);
    assert_true((workers & (workers - 1)) != 0); // they sleep in the middle: no one does them all
    assert_true(state.Contention > 0);
}

// Who does not wait gets a resource that nobody has, and no other.
static void test_try(void)
{
    LEDGER_ANSWER slow, quick;
    km_operation *operation;
    open_file();
    operation = start_job((LEDGER_JOB){.Kind = LedgerTryMove, .To = 1, .Amount = 5}, &quick);
    OK(km_wait(operation, KM_FOREVER, NULL));
    assert_int_equal(quick.Sum, TOTAL);
    // The virtual clock stands still while nobody waits for time to pass: the slow one sleeps.
    km_operation *sleeping = start_job((LEDGER_JOB){.Kind = LedgerSum, .Pause = 1000000}, &slow);
    settle();
    REFUSED(km_wait(start_job((LEDGER_JOB){.Kind = LedgerTryMove, .To = 1, .Amount = 5}, &quick), 1000, NULL),
            STATUS_CANT_WAIT);
    OK(km_wait(start_job((LEDGER_JOB){.Kind = LedgerSum}, &quick), 1000, NULL));
    // Behind one that waits for exclusive access, who comes shared waits too, unless it starves that one.
    km_operation *moving = start_job((LEDGER_JOB){.Kind = LedgerMove, .To = 1, .Amount = 5}, &quick);
    settle();
    LEDGER_ANSWER starving, last;
    OK(km_wait(start_job((LEDGER_JOB){.Kind = LedgerSumStarving}, &starving), 1000, NULL));
    km_operation *waiting = start_job((LEDGER_JOB){.Kind = LedgerSumLast}, &last);
    struct km_io io;
    expect_result(km_wait(moving, 0, &io), KM_PENDING, "the move", __FILE__, __LINE__);
    expect_result(km_wait(waiting, 0, &io), KM_PENDING, "the sum behind it", __FILE__, __LINE__);
    OK(km_wait(sleeping, KM_FOREVER, NULL));
    OK(km_wait(moving, KM_FOREVER, NULL));
    OK(km_wait(waiting, KM_FOREVER, NULL));
    assert_true(starving.Order < slow.Order);
    assert_true(slow.Order < last.Order);
    assert_int_equal(query().Accounts[1], LEDGER_START + 10);
    assert_int_equal(query().Wrong, 0);
}

static void test_refusals(void)
{
    LEDGER_JOB job = {.Kind = LedgerJobKinds};
    LEDGER_ANSWER answer;
    open_file();
    REFUSED(km_ioctl(thread, file, IOCTL_LEDGER_JOB, &job, sizeof job, &answer, sizeof answer, NULL),
            STATUS_INVALID_PARAMETER);
    job = (LEDGER_JOB){.From = LEDGER_ACCOUNTS};
    REFUSED(km_ioctl(thread, file, IOCTL_LEDGER_JOB, &job, sizeof job, &answer, sizeof answer, NULL),
            STATUS_INVALID_PARAMETER);
    REFUSED(km_ioctl(thread, file, IOCTL_LEDGER_JOB, &job, sizeof job - 1, &answer, sizeof answer, NULL),
            STATUS_INVALID_PARAMETER);
    REFUSED(km_ioctl(thread, file, IOCTL_LEDGER_QUERY, NULL, 0, &answer, sizeof answer, NULL),
            STATUS_BUFFER_TOO_SMALL);
}

static const struct client_test tests[] = {TEST(test_jobs), TEST(test_try), TEST(test_refusals)};
CLIENT(tests, "resource.sys")
