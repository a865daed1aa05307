// SPDX-License-Identifier: MIT
// Out of memory: every allocation of a whole run is made to fail in turn, alone and with all that follow it.
// Each time the machine must say so in one line, give everything back, and leave the process as it was.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "machine/include/kmode/machine.h"

// ---- allocations that fail on demand (the linker's --wrap sends the machine's calls here)

static unsigned long calls, fail_at; // the fail_at-th call fails, counted from 1; 0: none
static bool fail_ever_after;

static void *live[1 << 16];
static size_t live_count;
static size_t mapped_bytes;
static int threads;

static bool fails(void)
{
    calls++;
    return fail_at != 0 && (calls == fail_at || (fail_ever_after && calls > fail_at));
}

static void *born(void *pointer)
{
    if (pointer != NULL) {
        assert_true(live_count < sizeof live / sizeof *live);
        live[live_count++] = pointer;
    }
    return pointer;
}

static void dead(const void *pointer)
{
    for (size_t i = live_count; i-- > 0;) {
        if (live[i] == pointer) {
            live[i] = live[--live_count];
            return;
        }
    }
}

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *pointer, size_t bytes);
void __real_free(void *pointer);
char *__real_strdup(const char *text);
int __real_vasprintf(char **text, const char *format, va_list arguments);
void *__real_mmap(void *address, size_t bytes, int protection, int flags, int file, off_t offset);
int __real_munmap(void *address, size_t bytes);
int __real_mprotect(void *address, size_t bytes, int protection);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                          void *argument);
int __real_pthread_join(pthread_t thread, void **result);

void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *pointer, size_t bytes);
void __wrap_free(void *pointer);
char *__wrap_strdup(const char *text);
int __wrap_vasprintf(char **text, const char *format, va_list arguments);
void *__wrap_mmap(void *address, size_t bytes, int protection, int flags, int file, off_t offset);
int __wrap_munmap(void *address, size_t bytes);
int __wrap_mprotect(void *address, size_t bytes, int protection);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                          void *argument);
int __wrap_pthread_join(pthread_t thread, void **result);

void *__wrap_malloc(size_t bytes)
{
    return fails() ? NULL : born(__real_malloc(bytes));
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    return fails() ? NULL : born(__real_calloc(count, bytes));
}

void *__wrap_realloc(void *pointer, size_t bytes)
{
    if (fails()) {
        return NULL;
    }
    dead(pointer);
    return born(__real_realloc(pointer, bytes));
}

void __wrap_free(void *pointer)
{
    dead(pointer);
    __real_free(pointer);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : born(__real_strdup(text));
}

int __wrap_vasprintf(char **text, const char *format, va_list arguments)
{
    if (fails()) {
        *text = (char *)UINTPTR_MAX; // its value is not defined when it fails
        return -1;
    }
    int length = __real_vasprintf(text, format, arguments);
    if (length >= 0) {
        born(*text);
    }
    return length;
}

void *__wrap_mmap(void *address, size_t bytes, int protection, int flags, int file, off_t offset)
{
    if (fails()) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    void *mapped = __real_mmap(address, bytes, protection, flags, file, offset);
    mapped_bytes += mapped != MAP_FAILED ? bytes : 0;
    return mapped;
}

int __wrap_munmap(void *address, size_t bytes)
{
    mapped_bytes -= bytes;
    return __real_munmap(address, bytes);
}

int __wrap_mprotect(void *address, size_t bytes, int protection)
{
    if (fails()) {
        errno = ENOMEM;
        return -1;
    }
    return __real_mprotect(address, bytes, protection);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                          void *argument)
{
    if (fails()) {
        return EAGAIN;
    }
    threads++;
    return __real_pthread_create(thread, attributes, start, argument);
}

int __wrap_pthread_join(pthread_t thread, void **result)
{
    threads--;
    return __real_pthread_join(thread, result);
}

// ---- one run

static void ignore_output(void *context, const char *text, size_t bytes)
{
    (void)context, (void)text, (void)bytes;
}

static void assert_one_line(const char *problem)
{
    assert_non_null(problem);
    assert_true(strlen(problem) > 10);
    assert_null(strchr(problem, '\n'));
    assert_null(strstr(problem, "(null)"));
}

static void assert_nothing_left(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGURG};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction action;
        sigaction(signals[i], NULL, &action);
        assert_false(action.sa_flags & SA_ONSTACK);
    }
    assert_int_equal(live_count, 0);
    assert_int_equal(mapped_bytes, 0);
    assert_int_equal(threads, 0);
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    unsigned long start, end;
    char line[512];
    while (fgets(line, sizeof line, maps) != NULL && sscanf(line, "%lx-%lx", &start, &end) == 2) {
        assert_false(start >= 0x400000000000 && start < 0x500000000000);
    }
    fclose(maps);
}

static const char *driver;
static bool reports; // the driver stops the machine: read the report too
static bool real_clock;

// What came of the run: 0 it went as if nothing had failed.
static int run(void)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .real_clock = real_clock,
                                               .time_limit = 20,
                                               .debug_output = ignore_output};
    km_machine *machine = km_machine_create(&options);
    if (machine == NULL) {
        return 1;
    }
    if (km_machine_problem(machine) != NULL) {
        assert_one_line(km_machine_problem(machine));
        km_machine_destroy(machine);
        return 2;
    }
    int outcome = 0;
    char path[256], service[64];
    snprintf(path, sizeof path, "build/tests/golden/%s.sys", driver);
    snprintf(service, sizeof service, "%s", driver);
    enum km_result result = km_driver_load(machine, path);
    switch (result) {
    case KM_OK:
        assert_false(reports);
        // What unloading needs is the kernel's already: no shortage can keep a driver loaded.
        if (km_driver_unload(machine, service) != KM_OK) {
            fail_msg("failure %lu%s: %s", fail_at, fail_ever_after ? " and on" : "",
                     km_machine_problem(machine));
        }
        break;
    case KM_STOPPED: {
        const struct km_report *report = km_machine_report(machine);
        assert_non_null(report);
        if (!reports) {
            // The kernel may give up for want of memory, by a bug check that says so.
            assert_int_equal(fail_at != 0, 1);
            outcome = 3;
        }
        assert_int_equal(report->kind, KM_REPORT_BUG_CHECK);
        assert_true(report->frame_count > 0);
        break;
    }
    case KM_DRIVER_FAILED:
        outcome = 4; // DriverEntry could not have what it asked for
        break;
    default:
        assert_one_line(km_machine_problem(machine));
        outcome = 5;
        break;
    }
    km_machine_destroy(machine);
    return outcome;
}

static unsigned long run_failing(unsigned long at, bool ever_after)
{
    calls = 0;
    fail_at = at;
    fail_ever_after = ever_after;
    run();
    fail_at = 0;
    assert_nothing_left();
    return calls;
}

static void each_allocation_in_turn(const char *name, bool stops)
{
    driver = name;
    reports = stops;
    unsigned long total = run_failing(0, false);
    assert_true(total > 20);
    for (unsigned long at = 1; at <= total + 3; at++) {
        run_failing(at, false);
        run_failing(at, true);
    }
}

static void test_a_run_that_ends_well(void **state)
{
    (void)state;
    each_allocation_in_turn("hello", false);
}

static void test_a_run_that_is_reported(void **state)
{
    (void)state;
    each_allocation_in_turn("null-read", true);
}

static void test_a_run_by_a_real_clock(void **state)
{
    (void)state;
    real_clock = true;
    each_allocation_in_turn("hello", false);
    real_clock = false;
}

static void test_two_machines_one_after_the_other(void **state)
{
    (void)state;
    driver = "hello";
    reports = false;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(run(), 0);
        assert_nothing_left();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_machines_one_after_the_other),
        cmocka_unit_test(test_a_run_that_ends_well),
        cmocka_unit_test(test_a_run_that_is_reported),
        cmocka_unit_test(test_a_run_by_a_real_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
