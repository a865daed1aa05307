// SPDX-License-Identifier: MIT
// Images of simulated processes: the file that one runs, ntdll.dll, and those that are loaded and unloaded;
// what drivers are told of them, and find in the process.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "machine/include/kmode/machine.h"

#define STATUS_OBJECT_NAME_NOT_FOUND UINT32_C(0xC0000034)
#define STATUS_INVALID_IMAGE_NOT_MZ  UINT32_C(0xC000012F)
#define LIST                         (UINT32_C(0x22) << 16 | 0x800u << 2)
#define STATUS_INVALID_IMAGE_FORMAT  UINT32_C(0xC000007B)
#define STATUS_CONFLICTING_ADDRESSES UINT32_C(0xC0000018)
#define DRIVER                       "build/tests/machine/drivers/images.sys"
#define PROGRAMS                     "build/tests/machine/programs/"

static char folder[] = "/tmp/kmode-images-XXXXXX";
static char log_text[8192];
static size_t log_bytes;

static void keep_output(void *context, const char *text, size_t bytes)
{
    (void)context;
    if (bytes < sizeof log_text - log_bytes) {
        memcpy(log_text + log_bytes, text, bytes);
        log_bytes += bytes;
        log_text[log_bytes] = '\0';
    }
}

// That drivers have printed just this since the last time.
static void expect_log(const char *expected)
{
    assert_string_equal(log_text, expected);
    log_bytes = 0;
    log_text[0] = '\0';
}

// A driver is as good an image as any.
static void copy(const char *source, const char *target)
{
    char path[256], buffer[65536];
    size_t count;
    snprintf(path, sizeof path, "%s/%s", folder, target);
    FILE *from = fopen(source, "rb"), *to = fopen(path, "wb");
    assert_true(from != NULL && to != NULL);
    while ((count = fread(buffer, 1, sizeof buffer, from)) != 0) {
        assert_int_equal(fwrite(buffer, 1, count, to), count);
    }
    fclose(from);
    assert_int_equal(fclose(to), 0);
}

static void make_folder(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void add_wow64(void)
{
    make_folder("Windows/SysWOW64");
    copy(PROGRAMS "wow64.dll", "Windows/SysWOW64/ntdll.dll");
    copy(PROGRAMS "wow64.dll", "Windows/SysWOW64/helper.dll");
    copy(PROGRAMS "wow64.dll", "Plugin32.dll");
    copy(PROGRAMS "wow64.exe", "old.exe");
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    make_folder("Windows");
    make_folder("Windows/System32");
    copy(DRIVER, "Windows/System32/ntdll.dll");
    copy(DRIVER, "Windows/System32/helper.dll");
    copy(DRIVER, "game.exe");
    copy(DRIVER, "Plugin.dll");
    copy("README.md", "notes.txt");
    add_wow64();
    return 0;
}

static int tear_down(void **state)
{
    char command[300];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static km_machine *start(void **state, const char *disk)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 10,
                                               .checks = 1,
                                               .disk_path = disk,
                                               .debug_output = keep_output,
                                               .processors = (uint32_t)(uintptr_t)*state};
    km_machine *machine = km_machine_create(&options);
    assert_null(km_machine_problem(machine));
    assert_int_equal(km_driver_load(machine, DRIVER), KM_OK);
    expect_log("");
    return machine;
}

static void finish(km_machine *machine)
{
    assert_int_equal(km_machine_finish(machine), KM_OK);
    assert_int_equal(km_driver_unload(machine, "images"), KM_OK);
    if (km_finding_count(machine) != 0) {
        fail_msg("%s", km_machine_finding(machine, 0)->text);
    }
    km_machine_destroy(machine);
    log_bytes = 0;
    log_text[0] = '\0';
}

#define GAME_STARTS                                                                                          \
    "process \\??\\C:\\game.exe, file \\game.exe\n"                                                          \
    "thread\n"                                                                                               \
    "thread starts\n"                                                                                        \
    "image \\Device\\HarddiskVolume1\\game.exe, file \\game.exe, mapped, here, the process's\n"              \
    "image \\Device\\HarddiskVolume1\\Windows\\System32\\ntdll.dll, file \\Windows\\System32\\ntdll.dll, "   \
    "mapped, here\n"

static void test_images(void **state)
{
    km_machine *machine = start(state, folder);
    km_process *process;
    km_thread *thread;
    km_file *device;
    uint64_t plugin, again, helper;
    char byte;
    assert_int_equal(km_process_create(machine, "C:\\game.exe", "game", &process, &thread), KM_OK);
    expect_log(GAME_STARTS);

    assert_int_equal(km_open(thread, "\\\\.\\Images", KM_READ, 0, &device), KM_OK);
    assert_int_equal(km_ioctl(thread, device, LIST, NULL, 0, NULL, 0, NULL), KM_OK);
    expect_log("own: \\Device\\HarddiskVolume1\\game.exe, file \\game.exe\n"
               "load order: C:\\game.exe C:\\Windows\\System32\\ntdll.dll\n"
               "memory order: game.exe ntdll.dll\n"
               "initialization order: ntdll.dll\n");

    assert_int_equal(km_load_image(thread, "C:\\Plugin.dll", &plugin), KM_OK);
    expect_log("image \\Device\\HarddiskVolume1\\Plugin.dll, file \\Plugin.dll, mapped, here\n");
    assert_int_equal(km_load_image(thread, "helper.dll", &helper), KM_OK);
    expect_log("image \\Device\\HarddiskVolume1\\Windows\\System32\\helper.dll, file "
               "\\Windows\\System32\\helper.dll, mapped, here\n");
    // Once more: the same one, of which nobody is told again.
    assert_int_equal(km_load_image(thread, "c:\\plugin.DLL", &again), KM_OK);
    assert_int_equal(again, plugin);
    assert_int_equal(km_ioctl(thread, device, LIST, NULL, 0, NULL, 0, NULL), KM_OK);
    expect_log("own: \\Device\\HarddiskVolume1\\game.exe, file \\game.exe\n"
               "load order: C:\\game.exe C:\\Windows\\System32\\ntdll.dll C:\\Plugin.dll "
               "C:\\Windows\\System32\\helper.dll\n"
               "memory order: game.exe ntdll.dll Plugin.dll helper.dll\n"
               "initialization order: ntdll.dll Plugin.dll helper.dll\n");

    assert_int_equal(km_unload_image(thread, plugin), KM_OK);
    assert_int_equal(km_user_read(process, plugin, &byte, 1), KM_OK);
    assert_int_equal(byte, 'M');
    assert_int_equal(km_unload_image(thread, plugin), KM_OK);
    assert_int_equal(km_user_read(process, plugin, &byte, 1), KM_FAILED);
    assert_int_equal(km_unload_image(thread, plugin), KM_FAILED);
    assert_int_equal(km_ioctl(thread, device, LIST, NULL, 0, NULL, 0, NULL), KM_OK);
    expect_log("own: \\Device\\HarddiskVolume1\\game.exe, file \\game.exe\n"
               "load order: C:\\game.exe C:\\Windows\\System32\\ntdll.dll C:\\Windows\\System32\\helper.dll\n"
               "memory order: game.exe ntdll.dll helper.dll\n"
               "initialization order: ntdll.dll helper.dll\n");

    // The second thread starts without any image.
    km_thread *second;
    assert_int_equal(km_thread_create(process, &second), KM_OK);
    assert_int_equal(km_load_image(second, "C:\\Plugin.dll", &plugin), KM_OK);
    expect_log("thread\nthread starts\n"
               "image \\Device\\HarddiskVolume1\\Plugin.dll, file \\Plugin.dll, mapped, here\n");
    finish(machine);
}

// A process of a 32-bit program has ntdll.dll of both kinds, and two sets of lists.
static void test_wow64(void **state)
{
    km_machine *machine = start(state, folder);
    km_process *process;
    km_thread *thread;
    km_file *device;
    uint64_t plugin, helper, other;
    assert_int_equal(km_process_create(machine, "C:\\old.exe", "old", &process, &thread), KM_OK);
    expect_log("process \\??\\C:\\old.exe, file \\old.exe\n"
               "thread\n"
               "thread starts\n"
               "image \\Device\\HarddiskVolume1\\old.exe, file \\old.exe, mapped, here, the process's\n"
               "image \\Device\\HarddiskVolume1\\Windows\\System32\\ntdll.dll, file "
               "\\Windows\\System32\\ntdll.dll, mapped, here\n"
               "image \\Device\\HarddiskVolume1\\Windows\\SysWOW64\\ntdll.dll, file "
               "\\Windows\\SysWOW64\\ntdll.dll, mapped, here\n");
    assert_int_equal(km_load_image(thread, "C:\\Plugin32.dll", &plugin), KM_OK);
    assert_int_equal(km_load_image(thread, "helper.dll", &helper), KM_OK);
    // Of 64 bits too, as the system's own side of the process does.
    assert_int_equal(km_load_image(thread, "C:\\Plugin.dll", &other), KM_OK);
    assert_in_range(plugin, 0x10000, 0x7FFFFFFF);
    expect_log("image \\Device\\HarddiskVolume1\\Plugin32.dll, file \\Plugin32.dll, mapped, here\n"
               "image \\Device\\HarddiskVolume1\\Windows\\SysWOW64\\helper.dll, file "
               "\\Windows\\SysWOW64\\helper.dll, mapped, here\n"
               "image \\Device\\HarddiskVolume1\\Plugin.dll, file \\Plugin.dll, mapped, here\n");
    assert_int_equal(km_open(thread, "\\\\.\\Images", KM_READ, 0, &device), KM_OK);
    assert_int_equal(km_ioctl(thread, device, LIST, NULL, 0, NULL, 0, NULL), KM_OK);
    expect_log("own: \\Device\\HarddiskVolume1\\old.exe, file \\old.exe\n"
               "load order: C:\\old.exe C:\\Windows\\System32\\ntdll.dll C:\\Plugin.dll\n"
               "memory order: old.exe ntdll.dll Plugin.dll\n"
               "initialization order: ntdll.dll Plugin.dll\n"
               "32-bit: C:\\old.exe\n"
               "32-bit load order: C:\\old.exe C:\\Windows\\SysWOW64\\ntdll.dll C:\\Plugin32.dll "
               "C:\\Windows\\SysWOW64\\helper.dll\n"
               "32-bit memory order: old.exe ntdll.dll Plugin32.dll helper.dll\n"
               "32-bit initialization order: ntdll.dll Plugin32.dll helper.dll\n");
    assert_int_equal(km_unload_image(thread, plugin), KM_OK);
    assert_int_equal(km_unload_image(thread, other), KM_OK);
    assert_int_equal(km_ioctl(thread, device, LIST, NULL, 0, NULL, 0, NULL), KM_OK);
    expect_log("own: \\Device\\HarddiskVolume1\\old.exe, file \\old.exe\n"
               "load order: C:\\old.exe C:\\Windows\\System32\\ntdll.dll\n"
               "memory order: old.exe ntdll.dll\n"
               "initialization order: ntdll.dll\n"
               "32-bit: C:\\old.exe\n"
               "32-bit load order: C:\\old.exe C:\\Windows\\SysWOW64\\ntdll.dll "
               "C:\\Windows\\SysWOW64\\helper.dll\n"
               "32-bit memory order: old.exe ntdll.dll helper.dll\n"
               "32-bit initialization order: ntdll.dll helper.dll\n");
    // A 64-bit process has no addresses for it.
    assert_int_equal(km_process_create(machine, "C:\\game.exe", NULL, &process, &thread), KM_OK);
    assert_int_equal(km_load_image(thread, "C:\\Plugin32.dll", &plugin), KM_REFUSED);
    assert_int_equal(km_last_status(machine), STATUS_CONFLICTING_ADDRESSES);
    finish(machine);
}

// Of a file that is not there, a process is of the kind that is asked for.
static void test_wow64_without_file(void **state)
{
    km_machine *machine = start(state, NULL);
    km_process *process, *more[12];
    km_thread *thread;
    km_file *device;
    assert_int_equal(km_process_create_wow64(machine, "old.exe", NULL, KM_USER_STANDARD, &process, &thread),
                     KM_OK);
    assert_int_equal(km_open(thread, "\\\\.\\Images", KM_READ, 0, &device), KM_OK);
    expect_log("process \\Device\\HarddiskVolume1\\Windows\\SysWOW64\\old.exe, file (null)\n"
               "thread\nthread starts\n");
    assert_int_equal(km_ioctl(thread, device, LIST, NULL, 0, NULL, 0, NULL), KM_OK);
    expect_log("own: \\Device\\HarddiskVolume1\\Windows\\SysWOW64\\old.exe, file (null)\n"
               "load order:\nmemory order:\ninitialization order:\n"
               "32-bit: C:\\Windows\\SysWOW64\\old.exe\n"
               "32-bit load order:\n32-bit memory order:\n32-bit initialization order:\n");
    // There is room for twelve; one that ends makes room.
    for (size_t i = 1; i < 12; i++) {
        assert_int_equal(km_process_create_wow64(machine, "old.exe", NULL, KM_USER_SYSTEM, &more[i], &thread),
                         KM_OK);
    }
    assert_int_equal(km_process_create_wow64(machine, "old.exe", NULL, KM_USER_SYSTEM, &more[0], &thread),
                     KM_REFUSED);
    assert_int_equal(km_process_exit(process, 0), KM_OK);
    assert_int_equal(km_process_create_wow64(machine, "old.exe", NULL, KM_USER_SYSTEM, &more[0], &thread),
                     KM_OK);
    finish(machine);
}

static void test_wow64_refusals(void **state)
{
    km_machine *machine = start(state, folder);
    km_process *process;
    km_thread *thread;
    assert_int_equal(
        km_process_create_wow64(machine, "C:\\game.exe", NULL, KM_USER_SYSTEM, &process, &thread),
        KM_REFUSED);
    assert_int_equal(km_last_status(machine), STATUS_INVALID_IMAGE_FORMAT);
    expect_log("");
    // The 32-bit system library is no such thing.
    copy(DRIVER, "Windows/SysWOW64/ntdll.dll");
    assert_int_equal(km_process_create(machine, "C:\\old.exe", NULL, &process, &thread), KM_REFUSED);
    assert_int_equal(km_last_status(machine), STATUS_INVALID_IMAGE_FORMAT);
    copy(PROGRAMS "wow64.dll", "Windows/SysWOW64/ntdll.dll");
    assert_int_equal(km_process_create_wow64(machine, "C:\\old.exe", NULL, KM_USER_SYSTEM, &process, &thread),
                     KM_OK);
    finish(machine);
}

static void test_two_processes(void **state)
{
    km_machine *machine = start(state, folder);
    km_process *first, *second;
    km_thread *threads[2];
    uint64_t bases[2];
    uint8_t mark = 0xA5, read = 0;
    assert_int_equal(km_process_create(machine, "C:\\game.exe", NULL, &first, &threads[0]), KM_OK);
    expect_log(GAME_STARTS);
    assert_int_equal(km_process_create(machine, "\\??\\C:\\game.exe", NULL, &second, &threads[1]), KM_OK);
    expect_log(GAME_STARTS);
    assert_int_equal(km_load_image(threads[0], "C:\\Plugin.dll", &bases[0]), KM_OK);
    assert_int_equal(km_load_image(threads[1], "C:\\Plugin.dll", &bases[1]), KM_OK);
    // What one writes into its own the other does not see.
    assert_int_equal(km_user_write(first, bases[0] + 8, &mark, 1), KM_OK);
    assert_int_equal(km_user_read(second, bases[1] + 8, &read, 1), KM_OK);
    assert_int_not_equal(read, mark);
    assert_int_equal(km_process_exit(first, 0), KM_OK);
    assert_int_equal(km_unload_image(threads[1], bases[1]), KM_OK);
    finish(machine);
}

static void test_refusals(void **state)
{
    km_machine *machine = start(state, folder);
    km_process *process;
    km_thread *thread;
    uint64_t base;
    assert_int_equal(km_process_create(machine, "C:\\notes.txt", NULL, &process, &thread), KM_REFUSED);
    assert_int_equal(km_last_status(machine), STATUS_INVALID_IMAGE_NOT_MZ);
    expect_log("");
    // Of what is not there the process has the name alone; ntdll it has like any.
    assert_int_equal(km_process_create(machine, "C:\\Games\\none.exe", NULL, &process, &thread), KM_OK);
    assert_int_equal(km_load_image(thread, "missing.dll", &base), KM_REFUSED);
    assert_int_equal(km_last_status(machine), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(km_load_image(thread, "C:\\notes.txt", &base), KM_REFUSED);
    assert_int_equal(km_last_status(machine), STATUS_INVALID_IMAGE_NOT_MZ);
    assert_int_equal(km_unload_image(thread, 0x10000), KM_FAILED);
    expect_log("process \\??\\C:\\Games\\none.exe, file (null)\n"
               "thread\n"
               "thread starts\n"
               "image \\Device\\HarddiskVolume1\\Windows\\System32\\ntdll.dll, file "
               "\\Windows\\System32\\ntdll.dll, mapped, here\n");
    km_file *device;
    assert_int_equal(km_open(thread, "\\\\.\\Images", KM_READ, 0, &device), KM_OK);
    assert_int_equal(km_ioctl(thread, device, LIST, NULL, 0, NULL, 0, NULL), KM_OK);
    expect_log("own: \\Device\\HarddiskVolume1\\Games\\none.exe, file (null)\n"
               "load order: C:\\Windows\\System32\\ntdll.dll\n"
               "memory order: ntdll.dll\n"
               "initialization order: ntdll.dll\n");
    finish(machine);
}

static void test_no_disk(void **state)
{
    km_machine *machine = start(state, NULL);
    km_process *process;
    km_thread *thread;
    uint64_t base;
    assert_int_equal(km_process_create(machine, "C:\\game.exe", NULL, &process, &thread), KM_OK);
    assert_int_equal(km_load_image(thread, "C:\\Plugin.dll", &base), KM_REFUSED);
    expect_log("process \\??\\C:\\game.exe, file (null)\nthread\nthread starts\n");
    finish(machine);
}

int main(void)
{
    void *const one = (void *)(uintptr_t)1, *const two = (void *)(uintptr_t)2;
    const struct CMUnitTest tests[] = {
        {"images of a process", test_images, NULL, NULL, one},
        {"images of a process, two processors", test_images, NULL, NULL, two},
        {"32-bit process", test_wow64, NULL, NULL, one},
        {"32-bit process, two processors", test_wow64, NULL, NULL, two},
        {"32-bit process without a file", test_wow64_without_file, NULL, NULL, one},
        {"32-bit process, refusals", test_wow64_refusals, NULL, NULL, one},
        {"two processes", test_two_processes, NULL, NULL, one},
        {"refusals", test_refusals, NULL, NULL, one},
        {"no disk", test_no_disk, NULL, NULL, one},
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
