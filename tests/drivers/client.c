// SPDX-License-Identifier: MIT
// The machines of the clients' tests: on one processor, on two, under seeds.
#include "tests/drivers/client.h"

#include <stdlib.h>

#define SEEDS 100

km_machine *machine;
km_process *process;
km_thread *thread;

__attribute__((weak)) const unsigned client_most_processors = 2;
__attribute__((weak)) const char *const client_pci_path = NULL;
__attribute__((weak)) const char *const client_disk_path = NULL;

static const char *const *client_drivers;
static const struct client_test *client_tests;
static size_t client_test_count;
static const char *failing_test; // if one fails
static unsigned processors;
static uint64_t seed;

// ---- What failed ----------------------------------------------------------------------------------------

static void print_frames(const struct km_frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct km_frame *frame = &frames[i];
        print_error("    %s!%s %s:%u\n", frame->module != NULL ? frame->module : "?",
                    frame->function != NULL ? frame->function : "?", frame->file != NULL ? frame->file : "?",
                    frame->line);
    }
}

static void print_run(void)
{
    const struct km_report *report = km_machine_report(machine);
    print_error("%s with %u processors, seed %llu\n", failing_test, processors, (unsigned long long)seed);
    if (report != NULL) {
        print_error("%s %s\n", report->name != NULL ? report->name : "stopped:",
                    report->reason != NULL ? report->reason : "");
        print_frames(report->frames, report->frame_count);
        for (size_t i = 0; i < report->waiting_count; i++) {
            print_error("  waiting:\n");
            print_frames(report->waiting[i].frames, report->waiting[i].frame_count);
        }
    }
}

__attribute__((noreturn)) static void fail_run(const char *file, int line)
{
    print_run();
    km_machine_destroy(machine);
    machine = NULL;
    _fail(file, line);
    abort();
}

void expect_result(enum km_result got, enum km_result expected, const char *call, const char *file, int line)
{
    if (got != expected) {
        const char *problem = km_machine_problem(machine);
        print_error("%s: result %d, not %d: %s\n", call, got, expected,
                    problem != NULL ? problem : "no problem");
        fail_run(file, line);
    }
}

void expect_refused(enum km_result got, uint32_t status, const char *call, const char *file, int line)
{
    expect_result(got, KM_REFUSED, call, file, line);
    if (km_last_status(machine) != status) {
        print_error("%s: status 0x%08X, not 0x%08X\n", call, km_last_status(machine), status);
        fail_run(file, line);
    }
}

static void expect_no_findings(void)
{
    const size_t count = km_finding_count(machine);
    for (size_t i = 0; i < count; i++) {
        const struct km_finding *finding = km_machine_finding(machine, i);
        print_error("%s: %s\n", finding->kind, finding->text);
        print_frames(finding->frames, finding->frame_count);
        if (finding->earlier != NULL) {
            print_error("  %s:\n", finding->earlier);
            print_frames(finding->earlier_frames, finding->earlier_frame_count);
        }
    }
    if (count != 0) {
        fail_run(__FILE__, __LINE__);
    }
}

// ---- What clients call ----------------------------------------------------------------------------------

km_file *open_device(km_thread *by, const char *name, uint32_t flags)
{
    km_file *file = NULL;
    OK(km_open(by, name, KM_READ | KM_WRITE, flags, &file));
    return file;
}

km_process *start_process(const char *image, km_thread **first)
{
    km_process *started = NULL;
    OK(km_process_create(machine, image, NULL, &started, first));
    return started;
}

uint32_t system_call(km_thread *by, const char *service, const uint64_t *arguments, size_t count)
{
    uint32_t status = 0;
    OK(km_system_call(by, service, arguments, count, &status));
    return status;
}

uint64_t user_memory(km_process *of, km_thread *by, const void *bytes, size_t count)
{
    uint64_t address = 0;
    OK(km_user_alloc(by, count, 0, &address));
    if (bytes != NULL) {
        OK(km_user_write(of, address, bytes, count));
    }
    return address;
}

uint64_t user_string(km_process *of, km_thread *by, const char *text)
{
    struct {
        USHORT length, maximum_length;
        uint64_t buffer;
        WCHAR text[200];
    } string = {.length = (USHORT)(2 * strlen(text))};
    string.maximum_length = string.length;
    assert_in_range(string.length, 0, sizeof string.text);
    for (size_t i = 0; text[i] != '\0'; i++) {
        string.text[i] = (UCHAR)text[i];
    }
    const uint64_t address = user_memory(of, by, NULL, sizeof string);
    string.buffer = address + offsetof(__typeof__(string), text);
    OK(km_user_write(of, address, &string, sizeof string));
    return address;
}

uint64_t user_attributes(km_process *of, km_thread *by, const char *name, uint64_t root)
{
    const struct {
        ULONG length;
        uint64_t root, name;
        ULONG attributes;
        uint64_t descriptor, quality;
    } attributes = {.length = 48, .root = root, .name = user_string(of, by, name), .attributes = 0x40};
    _Static_assert(sizeof attributes == 48, "as x64 has it");
    return user_memory(of, by, &attributes, sizeof attributes);
}

// ---- Running --------------------------------------------------------------------------------------------

static void ignore_output(void *context, const char *text, size_t bytes)
{
    (void)context;
    (void)text;
    (void)bytes;
}

static void start_machine(void)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 10,
                                               .checks = 1,
                                               .debug_output = ignore_output,
                                               .processors = processors,
                                               .pci_path = client_pci_path,
                                               .disk_path = client_disk_path,
                                               .seed = seed};
    machine = km_machine_create(&options);
    assert_non_null(machine);
    assert_null(km_machine_problem(machine));
}

// Also behind a test that has failed.
static void end_machine(void)
{
    km_machine_destroy(machine);
    machine = NULL;
}

static void run_with_drivers(const struct client_test *test)
{
    char text[256];
    size_t count = 0;
    for (; client_drivers[count] != NULL; count++) {
        snprintf(text, sizeof text, "build/tests/drivers/%s", client_drivers[count]);
        OK(km_driver_load(machine, text));
    }
    process = start_process("client.exe", &thread);
    test->run();
    OK(km_process_exit(process, 0));
    while (count > 0) {
        km_driver_service(client_drivers[--count], text, sizeof text);
        OK(km_driver_unload(machine, text));
    }
    expect_no_findings();
}

static void test_on(void **state, unsigned count)
{
    const struct client_test *test = *state;
    failing_test = test->name;
    processors = count;
    seed = 0;
    start_machine();
    run_with_drivers(test);
    OK(km_machine_finish(machine));
    end_machine();
}

static void test_on_one(void **state)
{
    test_on(state, 1);
}

static void test_on_several(void **state)
{
    test_on(state, client_most_processors);
}

// A machine for each seed, all tests in it. More than one processor is left to chance anyway: a long run has
// the seeds there too.
static void test_seeds(void **state)
{
    const unsigned most = getenv("SOAK") != NULL ? client_most_processors : 1;
    (void)state;
    for (processors = 1; processors <= most; processors *= 2) {
        for (seed = 1; seed <= SEEDS; seed++) {
            start_machine();
            for (size_t i = 0; i < client_test_count; i++) {
                failing_test = client_tests[i].name;
                run_with_drivers(&client_tests[i]);
            }
            OK(km_machine_finish(machine));
            end_machine();
        }
    }
}

static int end_test(void **state)
{
    (void)state;
    if (machine != NULL) {
        print_run(); // an assertion of cmocka's has failed, which does not know of seeds
        end_machine();
    }
    return 0;
}

int run_client(const char *const *drivers, const struct client_test *tests, size_t count)
{
    struct CMUnitTest *list = calloc(2 * count + 1, sizeof *list), *next = list;
    if (list == NULL) {
        return 1;
    }
    client_drivers = drivers;
    client_tests = tests;
    client_test_count = count;
    for (const struct client_test *test = tests; test < tests + count; test++) {
        char *name;
        if (asprintf(&name, "%s on %u processors", test->name, client_most_processors) < 0) {
            return 1;
        }
        *next++ = (struct CMUnitTest){test->name, test_on_one, NULL, end_test, (void *)(uintptr_t)test};
        *next++ = (struct CMUnitTest){name, test_on_several, NULL, end_test, (void *)(uintptr_t)test};
    }
    *next++ = (struct CMUnitTest){"all of them under 100 seeds", test_seeds, NULL, end_test, NULL};
    // The names and the list live as long as the process.
    return _cmocka_run_group_tests(drivers[0], list, (size_t)(next - list), NULL, NULL);
}
