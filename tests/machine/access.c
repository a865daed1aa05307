// SPDX-License-Identifier: MIT
// What a standard user, an administrator and the system may open, and what a driver sees of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "machine/include/kmode/machine.h"

#define STATUS_ACCESS_DENIED UINT32_C(0xC0000022)
#define WHO                  (UINT32_C(0x22) << 16 | 0x800u << 2)

static const struct {
    enum km_user user;
    int is_administrator, may_open;
} users[] = {{KM_USER_SYSTEM, 1, 1},
             {KM_USER_STANDARD, 0, 0},
             {KM_USER_ADMINISTRATOR, 1, 1},
             {KM_USER_ELEVATED_ADMINISTRATOR, 1, 1},
             {KM_USER_LIMITED_ADMINISTRATOR, 0, 0}};

static void test_users(void **state)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 10,
                                               .checks = 1,
                                               .processors = (uint32_t)(uintptr_t)*state};
    km_machine *machine = km_machine_create(&options);
    assert_null(km_machine_problem(machine));
    assert_int_equal(km_driver_load(machine, "build/tests/machine/drivers/access.sys"), KM_OK);
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        km_process *process;
        km_thread *thread;
        km_file *file;
        struct km_io io;
        uint8_t answer[3] = {7, 7, 7};
        assert_int_equal(km_process_create_as(machine, "client.exe", NULL, users[i].user, &process, &thread),
                         KM_OK);
        const enum km_result opened = km_open(thread, "\\\\.\\AccessGuarded", KM_READ | KM_WRITE, 0, &file);
        if (users[i].may_open) {
            assert_int_equal(opened, KM_OK);
            assert_int_equal(km_close(thread, file), KM_OK);
        } else {
            assert_int_not_equal(opened, KM_OK);
            assert_int_equal(km_last_status(machine), STATUS_ACCESS_DENIED);
        }
        assert_int_equal(km_open(thread, "\\\\.\\AccessOpen", KM_READ, 0, &file), KM_OK);
        assert_int_equal(km_ioctl(thread, file, WHO, NULL, 0, answer, sizeof answer, &io), KM_OK);
        assert_int_equal(io.status, 0);
        assert_int_equal(answer[0], users[i].is_administrator);
        assert_int_equal(answer[1], users[i].may_open);
        assert_int_equal(answer[2], 1); // everybody may pass through directories
        assert_int_equal(km_close(thread, file), KM_OK);
        assert_int_equal(km_process_exit(process, 0), KM_OK);
    }
    assert_int_equal(km_machine_finish(machine), KM_OK);
    assert_int_equal(km_driver_unload(machine, "access"), KM_OK);
    if (km_finding_count(machine) != 0) {
        fail_msg("%s", km_machine_finding(machine, 0)->text);
    }
    km_machine_destroy(machine);
}

// The security of a disk is not that of the files on it.
static void test_files(void **state)
{
    (void)state;
    char folder[] = "/tmp/kmode-access-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file.txt", folder);
    FILE *made = fopen(path, "w");
    assert_non_null(made);
    fclose(made);
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 10,
                                               .checks = 1,
                                               .disk_path = folder};
    km_machine *machine = km_machine_create(&options);
    assert_null(km_machine_problem(machine));
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        km_process *process;
        km_thread *thread;
        km_file *file;
        assert_int_equal(km_process_create_as(machine, "client.exe", NULL, users[i].user, &process, &thread),
                         KM_OK);
        assert_int_equal(km_open(thread, "C:\\file.txt", KM_READ | KM_WRITE, 0, &file), KM_OK);
        assert_int_equal(km_close(thread, file), KM_OK);
        const enum km_result opened = km_open(thread, "\\\\.\\C:", KM_READ, 0, &file);
        assert_int_equal(opened == KM_OK, users[i].may_open);
        if (opened == KM_OK) {
            assert_int_equal(km_close(thread, file), KM_OK);
        }
        assert_int_equal(km_process_exit(process, 0), KM_OK);
    }
    assert_int_equal(km_machine_finish(machine), KM_OK);
    km_machine_destroy(machine);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"one processor", test_users, NULL, NULL, (void *)(uintptr_t)1},
        {"two processors", test_users, NULL, NULL, (void *)(uintptr_t)2},
        {"files", test_files, NULL, NULL, NULL},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
