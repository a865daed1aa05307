// SPDX-License-Identifier: MIT
// Processes as the SDK describes them to a driver: their lives, memory, modules, and the callbacks about
// them.
#include "tests/drivers/client.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "tests/drivers/processes/public.h"

#define DEVICE                        "\\\\.\\Processes"
#define CURRENT_PROCESS               UINT64_MAX
#define PAGE_NOACCESS                 1
#define PAGE_READONLY                 2
#define STATUS_INSUFFICIENT_RESOURCES UINT32_C(0xC000009A)
#define PROCESS_TERMINATE             1u
#define PROCESS_SUSPEND_RESUME        0x800u
#define PAGE                          0x1000u

static km_file *file;

static void open_processes(void)
{
    file = open_device(thread, DEVICE, 0);
}

static PROCESS_DESCRIPTION describe(uint64_t id)
{
    PROCESS_DESCRIPTION answer;
    OK(km_ioctl(thread, file, IOCTL_PROCESS_DESCRIBE, &id, sizeof id, &answer, sizeof answer, NULL));
    return answer;
}

static void hold(uint64_t id)
{
    OK(km_ioctl(thread, file, IOCTL_PROCESS_HOLD, &id, sizeof id, NULL, 0, NULL));
}

static void to_wide(WCHAR *wide, const char *text)
{
    do {
        *wide++ = (UCHAR)*text;
    } while (*text++ != '\0');
}

static void expect_text(const WCHAR *text, const char *expected)
{
    WCHAR wide[128];
    to_wide(wide, expected);
    assert_memory_equal(text, wide, (strlen(expected) + 1) * sizeof *wide);
}

// ---- What they are

static void test_describe(void)
{
    km_process *other;
    km_thread *first, *second;
    open_processes();
    OK(km_process_create_as(machine, "C:\\tools\\other.exe", NULL, KM_USER_STANDARD, &other, &first));
    OK(km_thread_create(other, &second));
    const uint64_t id = km_process_id(other);
    PROCESS_DESCRIPTION answer = describe(id);
    expect_text(answer.Name, "other.exe");
    expect_text(answer.Path, "\\Device\\HarddiskVolume1\\tools\\other.exe");
    assert_int_equal(answer.Threads, 2);
    assert_int_equal(answer.SessionStatus, STATUS_SUCCESS);
    assert_int_equal(answer.Session, 1);
    assert_int_equal(answer.ExitStatus, STATUS_PENDING);
    assert_false(answer.Exited);
    assert_false(answer.Wow64);
    assert_int_equal(answer.WowPeb, 0);
    assert_int_equal(answer.Protected, 0);
    assert_true(answer.Peb != 0);
    assert_true(answer.CreateTime >= describe(km_process_id(process)).CreateTime);

    // A reference keeps what can be told of one that has ended.
    hold(id);
    OK(km_process_exit(other, 0x1234));
    answer = describe(0);
    assert_true(answer.Exited);
    assert_int_equal(answer.ExitStatus, 0x1234);
    expect_text(answer.Name, "other.exe");
    assert_int_equal(answer.Threads, 0);
    assert_true(describe(id).Exited); // its id is not given away either
    hold(0);
    REFUSED(km_ioctl(thread, file, IOCTL_PROCESS_DESCRIBE, &id, sizeof id, &answer, sizeof answer, NULL),
            STATUS_INVALID_PARAMETER);
}

static ULONG count(const char *name)
{
    WCHAR wide[64];
    ULONG number;
    to_wide(wide, name);
    OK(km_ioctl(thread, file, IOCTL_PROCESS_COUNT, wide, (uint32_t)(strlen(name) * sizeof *wide), &number,
                sizeof number, NULL));
    return number;
}

static void test_names(void)
{
    km_process *others[5];
    km_thread *first;
    open_processes();
    for (size_t i = 0; i < 5; i++) {
        others[i] = start_process(i < 3 ? "same.exe" : "else.exe", &first);
    }
    assert_int_equal(count("same.exe"), 3);
    assert_int_equal(count("SAME.EXE"), 3);
    assert_int_equal(count("else.exe"), 2);
    assert_int_equal(count("ame.exe"), 0);
    OK(km_process_exit(others[0], 0));
    OK(km_process_exit(others[2], 0));
    assert_int_equal(count("same.exe"), 1);
    assert_int_equal(count("system"), 1);
}

// ---- Their memory

static PROCESS_COPY request;

static void copy(uint32_t code, uint64_t id, uint64_t address, uint64_t bytes, uint32_t status, uint64_t done)
{
    request.Id = id;
    request.Address = address;
    request.Bytes = bytes;
    OK(km_ioctl(thread, file, code, &request, sizeof request, &request, sizeof request, NULL));
    assert_int_equal(request.Status, status);
    assert_int_equal(request.Done, done);
}

static void protect(km_process *of, km_thread *by, uint64_t address, uint32_t protection)
{
    const uint64_t region[2] = {address, PAGE};
    const uint64_t at = user_memory(of, by, region, 24);
    assert_int_equal(
        SYSTEM_CALL(by, "NtProtectVirtualMemory", CURRENT_PROCESS, at, at + 8, protection, at + 16),
        STATUS_SUCCESS);
}

static void test_memory(void)
{
    km_thread *first;
    char text[64];
    open_processes();
    km_process *other = start_process("other.exe", &first);
    const uint64_t id = km_process_id(other);
    const uint64_t address = user_memory(other, first, NULL, 3 * (size_t)PAGE);
    const uint64_t pages = (address + PAGE - 1) / PAGE * PAGE;

    OK(km_user_write(other, pages + 5, "of another process", 19));
    copy(IOCTL_PROCESS_READ, id, pages + 5, 19, STATUS_SUCCESS, 19);
    assert_string_equal((char *)request.Data, "of another process");
    memcpy(request.Data, "by the driver", 14);
    copy(IOCTL_PROCESS_WRITE, id, pages + 100, 14, STATUS_SUCCESS, 14);
    OK(km_user_read(other, pages + 100, text, 14));
    assert_string_equal(text, "by the driver");
    copy(IOCTL_PROCESS_READ, id, pages + 5, 0, STATUS_SUCCESS, 0);

    // What lies before a page that is not there, or not to be written, is done.
    protect(other, first, pages + PAGE, PAGE_NOACCESS);
    copy(IOCTL_PROCESS_READ, id, pages + PAGE - 7, 100, STATUS_ACCESS_VIOLATION, 7);
    copy(IOCTL_PROCESS_READ, id, pages + PAGE, 1, STATUS_ACCESS_VIOLATION, 0);
    protect(other, first, pages + PAGE, PAGE_READONLY);
    copy(IOCTL_PROCESS_READ, id, pages + PAGE - 7, 100, STATUS_SUCCESS, 100);
    copy(IOCTL_PROCESS_WRITE, id, pages + PAGE - 7, 100, STATUS_ACCESS_VIOLATION, 7);
    copy(IOCTL_PROCESS_READ, id, 0x10, 8, STATUS_ACCESS_VIOLATION, 0);
    copy(IOCTL_PROCESS_READ, id, UINT64_C(0x7ffffffff000), 0x1000, STATUS_ACCESS_VIOLATION, 0);
    copy(IOCTL_PROCESS_WRITE, id, UINT64_C(0x400000000000), 8, STATUS_ACCESS_VIOLATION, 0);
    copy(IOCTL_PROCESS_READ, id, UINT64_MAX - 3, 8, STATUS_ACCESS_VIOLATION, 0);

    // One that has ended has no memory.
    hold(id);
    OK(km_process_exit(other, 0));
    copy(IOCTL_PROCESS_READ, 0, pages, 8, STATUS_ACCESS_VIOLATION, 0);
    hold(0);
}

// ---- Their modules

static PROCESS_MODULES modules(uint64_t id, uint64_t peb, bool wow64, ULONG fail_at)
{
    PROCESS_MODULES answer = {.Id = id, .Peb = peb, .Wow64 = wow64, .FailAt = fail_at};
    OK(km_ioctl(thread, file, IOCTL_PROCESS_MODULES, &answer, sizeof answer, &answer, sizeof answer, NULL));
    assert_int_equal(answer.Leaked, 0);
    return answer;
}

// A PEB, the loader's list and COUNT entries, as the loader of that pointer size lays them out.
struct loader {
    km_process *process;
    uint64_t at;
    bool wow64;
};

#define PEB_AT     0x000u
#define LDR_AT     0x100u
#define ENTRY_AT   0x200u
#define ENTRY_SIZE 0x100u
#define ENTRIES    3u

static void put(const struct loader *loader, uint32_t offset, uint64_t value)
{
    OK(km_user_write(loader->process, loader->at + offset, &value, loader->wow64 ? 4 : 8));
}

static void put_text(const struct loader *loader, uint32_t offset, uint32_t text_at, const char *text)
{
    WCHAR wide[64];
    const USHORT lengths[2] = {(USHORT)(strlen(text) * 2), (USHORT)(strlen(text) * 2)};
    to_wide(wide, text);
    OK(km_user_write(loader->process, loader->at + text_at, wide, lengths[0]));
    OK(km_user_write(loader->process, loader->at + offset, lengths, sizeof lengths));
    put(loader, offset + (loader->wow64 ? 4 : 8), loader->at + text_at);
}

static struct loader make_loader(km_thread *maker, bool wow64)
{
    static const char *const paths[ENTRIES] = {"C:\\client.exe", "C:\\Windows\\System32\\ntdll.dll",
                                               "plain.dll"};
    km_process *of = km_thread_process(maker);
    const struct loader loader = {.process = of, .at = user_memory(of, maker, NULL, PAGE), .wow64 = wow64};
    const uint32_t base = wow64 ? 0x18 : 0x30, size = wow64 ? 0x20 : 0x40, path = wow64 ? 0x24 : 0x48;
    put(&loader, PEB_AT + (wow64 ? 0x0C : 0x18), loader.at + LDR_AT);
    put(&loader, LDR_AT + (wow64 ? 0x0C : 0x10), loader.at + ENTRY_AT);
    for (uint32_t i = 0; i < ENTRIES; i++) {
        const uint32_t entry = ENTRY_AT + i * ENTRY_SIZE;
        put(&loader, entry,
            i + 1 < ENTRIES ? loader.at + entry + ENTRY_SIZE : loader.at + LDR_AT + (wow64 ? 0x0C : 0x10));
        put(&loader, entry + base, 0x10000000 + i * 0x100000);
        put(&loader, entry + size, 0x5000);
        put_text(&loader, entry + path, entry + 0x80, paths[i]);
    }
    return loader;
}

static void expect_modules(const struct loader *loader)
{
    const uint64_t id = km_process_id(loader->process);
    const PROCESS_MODULES answer = modules(id, loader->at, loader->wow64, 0);
    assert_int_equal(answer.Status, STATUS_SUCCESS);
    assert_int_equal(answer.Count, 3);
    expect_text(answer.Modules[0].Name, "client.exe");
    expect_text(answer.Modules[1].Name, "ntdll.dll");
    expect_text(answer.Modules[1].Path, "C:\\Windows\\System32\\ntdll.dll");
    expect_text(answer.Modules[2].Name, "plain.dll");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(answer.Modules[i].Base, 0x10000000 + i * 0x100000);
        assert_int_equal(answer.Modules[i].Bytes, 0x5000);
        assert_int_equal(answer.Modules[i].Wow64, loader->wow64);
    }
    // Each allocation fails once.
    for (ULONG fail_at = 1; fail_at <= answer.Calls; fail_at++) {
        const PROCESS_MODULES failed = modules(id, loader->at, loader->wow64, fail_at);
        assert_int_equal(failed.Status, STATUS_INSUFFICIENT_RESOURCES);
        assert_int_equal(failed.Count, 0);
    }
}

static void test_modules(void)
{
    open_processes();
    const uint64_t id = km_process_id(process);
    // Its own: no file is on a volume, so nothing is loaded.
    assert_int_equal(modules(id, 0, false, 0).Status, STATUS_SUCCESS);
    assert_int_equal(modules(id, 0, false, 0).Count, 0);
    const struct loader loader = make_loader(thread, false);
    expect_modules(&loader);

    // A list that goes round without its head ends at the bound, one into nothing at a fault.
    static bool gone_round; // it takes its time: once will do
    if (!gone_round) {
        gone_round = true;
        put(&loader, ENTRY_AT + 2 * ENTRY_SIZE, loader.at + ENTRY_AT);
        assert_int_equal(modules(id, loader.at, false, 0).Count, 8192);
    }
    put(&loader, ENTRY_AT + 2 * ENTRY_SIZE, 0x10);
    assert_int_equal(modules(id, loader.at, false, 0).Status, STATUS_ACCESS_VIOLATION);
    put(&loader, ENTRY_AT + 2 * ENTRY_SIZE, UINT64_C(0x400000001000));
    assert_int_equal(modules(id, loader.at, false, 0).Status, STATUS_ACCESS_VIOLATION);
    // A name that is not there.
    put(&loader, ENTRY_AT + 0x48 + 8, 0x10);
    const PROCESS_MODULES answer = modules(id, loader.at, false, 0);
    assert_int_equal(answer.Status, STATUS_ACCESS_VIOLATION);
    assert_int_equal(answer.Count, 0);
    // No list yet; no PEB.
    put(&loader, PEB_AT + 0x18, 0);
    assert_int_equal(modules(id, loader.at, false, 0).Status, STATUS_SUCCESS);
    assert_int_equal(modules(id, 0x10, false, 0).Status, STATUS_ACCESS_VIOLATION);
}

// ---- What a process has really loaded

static char disk[] = "/tmp/kmode-processes-XXXXXX";
const char *const client_disk_path = disk;

#define DRIVER  "build/tests/drivers/processes.sys" // as good an image as any
#define PROGRAM "build/tests/machine/programs/wow64.exe"
#define LIBRARY "build/tests/machine/programs/wow64.dll"

static bool put_file(const char *source, const char *name)
{
    char path[256], buffer[65536];
    size_t count;
    bool whole = true;
    snprintf(path, sizeof path, "%s/%s", disk, name);
    FILE *from = fopen(source, "rb"), *to = fopen(path, "wb");
    while (from != NULL && to != NULL && (count = fread(buffer, 1, sizeof buffer, from)) != 0) {
        whole = fwrite(buffer, 1, count, to) == count && whole;
    }
    whole = from != NULL && to != NULL && whole;
    if (from != NULL) {
        fclose(from);
    }
    return to != NULL && fclose(to) == 0 && whole;
}

static bool put_folder(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", disk, name);
    return mkdir(path, 0700) == 0;
}

// Neither client.exe nor ntdll.dll is there: the processes of the other tests have no images.
__attribute__((constructor)) static void make_disk(void)
{
    if (mkdtemp(disk) == NULL || !put_folder("Windows") || !put_folder("Windows/System32") ||
        !put_folder("tools") || !put_file(DRIVER, "Windows/System32/helper.dll") ||
        !put_file(DRIVER, "tools/loader.exe") || !put_file(DRIVER, "Plugin.dll") ||
        !put_file(PROGRAM, "tools/old.exe") || !put_file(LIBRARY, "Old.dll")) {
        perror(disk);
        exit(1);
    }
}

__attribute__((destructor)) static void remove_disk(void)
{
    static const char *const names[] = {"/Windows/System32/helper.dll",
                                        "/tools/loader.exe",
                                        "/Plugin.dll",
                                        "/tools/old.exe",
                                        "/Old.dll",
                                        "/Windows/System32",
                                        "/Windows",
                                        "/tools",
                                        ""};
    char path[256];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s%s", disk, names[i]);
        (void)remove(path);
    }
}

static void expect_module(const PROCESS_MODULES *answer, ULONG place, uint64_t base, const char *path,
                          const char *name)
{
    assert_true(place < answer->Count);
    assert_int_equal(answer->Modules[place].Base, base);
    assert_true(answer->Modules[place].Bytes >= 3 * (ULONG64)PAGE);
    expect_text(answer->Modules[place].Path, path);
    expect_text(answer->Modules[place].Name, name);
}

static void test_loaded_modules(void)
{
    km_process *loader;
    km_thread *first;
    uint64_t program, plugin, helper, again;
    open_processes();
    OK(km_process_create(machine, "C:\\tools\\loader.exe", NULL, &loader, &first));
    const uint64_t id = km_process_id(loader);
    OK(km_user_read(loader, describe(id).Peb + 0x10, &program, sizeof program)); // ImageBaseAddress
    OK(km_load_image(first, "C:\\Plugin.dll", &plugin));
    OK(km_load_image(first, "helper.dll", &helper));
    PROCESS_MODULES answer = modules(id, 0, false, 0);
    assert_int_equal(answer.Status, STATUS_SUCCESS);
    assert_int_equal(answer.Count, 3);
    expect_module(&answer, 0, program, "C:\\tools\\loader.exe", "loader.exe");
    expect_module(&answer, 1, plugin, "C:\\Plugin.dll", "Plugin.dll");
    expect_module(&answer, 2, helper, "C:\\Windows\\System32\\helper.dll", "helper.dll");
    // By the process environment block that another routine tells, the same.
    answer = modules(id, describe(id).Peb, false, 0);
    assert_int_equal(answer.Count, 3);
    expect_module(&answer, 2, helper, "C:\\Windows\\System32\\helper.dll", "helper.dll");
    // Each allocation fails once.
    for (ULONG fail_at = 1; fail_at <= answer.Calls; fail_at++) {
        const PROCESS_MODULES failed = modules(id, 0, false, fail_at);
        assert_int_equal(failed.Status, STATUS_INSUFFICIENT_RESOURCES);
        assert_int_equal(failed.Count, 0);
    }
    // Loaded twice, it is there until it is unloaded twice.
    OK(km_load_image(first, "c:\\plugin.dll", &again));
    assert_int_equal(modules(id, 0, false, 0).Count, 3);
    OK(km_unload_image(first, plugin));
    assert_int_equal(modules(id, 0, false, 0).Count, 3);
    OK(km_unload_image(first, plugin));
    answer = modules(id, 0, false, 0);
    assert_int_equal(answer.Count, 2);
    expect_module(&answer, 1, helper, "C:\\Windows\\System32\\helper.dll", "helper.dll");
    // Of one that has ended nothing is left to be read.
    hold(id);
    OK(km_process_exit(loader, 0));
    answer = modules(0, 0, false, 0);
    assert_int_equal(answer.Count, 0);
    hold(0);
}

// A 32-bit process has two lists: what it runs is in both.
static void test_wow64_modules(void)
{
    km_process *old;
    km_thread *first;
    uint64_t program, plugin, library;
    open_processes();
    OK(km_process_create(machine, "C:\\tools\\old.exe", NULL, &old, &first));
    const uint64_t id = km_process_id(old);
    const PROCESS_DESCRIPTION description = describe(id);
    assert_true(description.Wow64);
    assert_in_range(description.WowPeb, PAGE, 0x7FFFFFFF);
    assert_true(description.Peb != 0 && description.Peb != description.WowPeb);
    OK(km_user_read(old, description.Peb + 0x10, &program, sizeof program)); // ImageBaseAddress
    OK(km_load_image(first, "C:\\Plugin.dll", &plugin));
    OK(km_load_image(first, "C:\\Old.dll", &library));
    static const struct {
        const char *path, *name;
        bool wow64;
    } expected[] = {{"C:\\tools\\old.exe", "old.exe", false},
                    {"C:\\Plugin.dll", "Plugin.dll", false},
                    {"C:\\tools\\old.exe", "old.exe", true},
                    {"C:\\Old.dll", "Old.dll", true}};
    const uint64_t bases[] = {program, plugin, program, library};
    PROCESS_MODULES answer = modules(id, 0, false, 0);
    assert_int_equal(answer.Status, STATUS_SUCCESS);
    assert_int_equal(answer.Count, 4);
    for (ULONG i = 0; i < 4; i++) {
        expect_module(&answer, i, bases[i], expected[i].path, expected[i].name);
        assert_int_equal(answer.Modules[i].Wow64, expected[i].wow64);
    }
    // By the 32-bit block, its list alone.
    answer = modules(id, description.WowPeb, true, 0);
    assert_int_equal(answer.Count, 2);
    expect_module(&answer, 1, library, "C:\\Old.dll", "Old.dll");
    assert_true(answer.Modules[1].Wow64);
    const struct loader loader = make_loader(first, true);
    expect_modules(&loader);
    put(&loader, ENTRY_AT + 2 * ENTRY_SIZE, 0x10);
    assert_int_equal(modules(id, loader.at, true, 0).Status, STATUS_ACCESS_VIOLATION);
    OK(km_process_exit(old, 0));
}

// ---- Callbacks

static PROCESS_EVENTS events(void)
{
    PROCESS_EVENTS answer;
    OK(km_ioctl(thread, file, IOCTL_PROCESS_EVENTS, NULL, 0, &answer, sizeof answer, NULL));
    assert_int_equal(answer.Wrong, 0);
    return answer;
}

static void test_callbacks(void)
{
    km_process *other;
    km_thread *first, *second;
    open_processes();
    const PROCESS_EVENTS before = events();
    other = start_process("other.exe", &first);
    OK(km_thread_create(other, &second));
    OK(km_thread_exit(second, 0));
    PROCESS_EVENTS now = events();
    assert_int_equal(now.Begun - before.Begun, 2); // two registrations
    assert_int_equal(now.NoticeBegun - before.NoticeBegun, 1);
    assert_int_equal(now.ThreadBegun - before.ThreadBegun, 2);
    assert_int_equal(now.ThreadEnded - before.ThreadEnded, 1);
    // By themselves, so that of the first, which has done nothing yet, none need have been told.
    assert_in_range(now.OwnThreadBegun - before.OwnThreadBegun, 1, 2);
    OK(km_process_exit(other, 0));
    now = events();
    assert_int_equal(now.Ended - before.Ended, 2);
    assert_int_equal(now.NoticeEnded - before.NoticeEnded, 1);
    REFUSED(km_process_create(machine, "bad.exe", NULL, &other, &first), STATUS_ACCESS_DENIED);
    assert_true(events().Refused > before.Refused);
    OK(km_driver_load(machine, "build/tests/drivers/ioctl.sys"));
    assert_int_equal(events().Images - now.Images, 2);
    OK(km_driver_unload(machine, "ioctl"));
}

static uint32_t open_other(uint64_t id, uint32_t access, uint64_t *handle)
{
    const uint64_t attributes[6] = {48, 0, 0, 0, 0, 0}, client_id[2] = {id, 0};
    const uint64_t result = user_memory(process, thread, NULL, 8);
    const uint32_t status = SYSTEM_CALL(thread, "NtOpenProcess", result, access,
                                        user_memory(process, thread, attributes, sizeof attributes),
                                        user_memory(process, thread, client_id, sizeof client_id));
    OK(km_user_read(process, result, handle, sizeof *handle));
    return status;
}

static void test_guard(void)
{
    km_thread *first;
    uint64_t handle, id;
    open_processes();
    km_process *other = start_process("other.exe", &first);
    id = km_process_id(other);
    OK(km_ioctl(thread, file, IOCTL_PROCESS_GUARD, &id, sizeof id, NULL, 0, NULL));
    assert_int_equal(open_other(id, PROCESS_TERMINATE | PROCESS_SUSPEND_RESUME, &handle), STATUS_SUCCESS);
    assert_int_equal(SYSTEM_CALL(thread, "NtTerminateProcess", handle, 1), STATUS_ACCESS_DENIED);
    const PROCESS_EVENTS now = events();
    assert_int_equal(now.Stripped, 1);
    assert_int_equal(now.Granted, 1);
    id = 0;
    OK(km_ioctl(thread, file, IOCTL_PROCESS_GUARD, &id, sizeof id, NULL, 0, NULL));
    assert_int_equal(open_other(km_process_id(other), PROCESS_TERMINATE, &handle), STATUS_SUCCESS);
    assert_int_equal(SYSTEM_CALL(thread, "NtTerminateProcess", handle, 1), STATUS_SUCCESS);
}

static void test_keys(void)
{
    static const uint32_t data = 1;
    uint64_t key;
    open_processes();
    OK(km_key_create(thread, "HKLM\\SOFTWARE\\KmodeProcesses", KM_KEY_ALL, &key));
    REFUSED(km_key_set_value(thread, key, "guarded", 4, &data, sizeof data), STATUS_ACCESS_DENIED);
    OK(km_key_set_value(thread, key, "other", 4, &data, sizeof data));
    assert_int_equal(events().KeysGuarded, 1);
    // Stopped and begun anew, it counts from the start.
    OK(km_ioctl(thread, file, IOCTL_PROCESS_RESTART, NULL, 0, NULL, 0, NULL));
    assert_int_equal(events().KeysGuarded, 0);
    REFUSED(km_key_set_value(thread, key, "guarded", 4, &data, sizeof data), STATUS_ACCESS_DENIED);
    assert_int_equal(events().KeysGuarded, 1);
    OK(km_key_delete(thread, key));
    OK(km_key_close(thread, key));
}

// Callbacks are stopped and begun anew while others cause them.
static void test_restart(void)
{
    km_thread *first;
    open_processes();
    for (size_t i = 0; i < 10; i++) {
        km_process *other = start_process("other.exe", &first);
        km_operation *operation;
        km_file *own = open_device(first, DEVICE, 0);
        const uint64_t id = km_process_id(process);
        PROCESS_DESCRIPTION answer;
        OK(km_ioctl_start(first, own, IOCTL_PROCESS_DESCRIBE, &id, sizeof id, &answer, sizeof answer,
                          &operation));
        OK(km_ioctl(thread, file, IOCTL_PROCESS_RESTART, NULL, 0, NULL, 0, NULL));
        OK(km_wait(operation, KM_FOREVER, NULL));
        OK(km_process_exit(other, 0));
        assert_int_equal(events().NoticeEnded, 1);
    }
}

static const struct client_test tests[] = {
    TEST(test_describe),       TEST(test_names),         TEST(test_memory),    TEST(test_modules),
    TEST(test_loaded_modules), TEST(test_wow64_modules), TEST(test_callbacks), TEST(test_guard),
    TEST(test_keys),           TEST(test_restart),
};

CLIENT(tests, "processes.sys")
