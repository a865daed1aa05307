// SPDX-License-Identifier: MIT
// Which keys a standard user, an administrator and the system may read and write.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "machine/include/kmode/machine.h"

#define STATUS_ACCESS_DENIED UINT32_C(0xC0000022)
#define OPEN_KEY             (UINT32_C(0x22) << 16 | 0x800u << 2)
#define CREATE_KEY           (UINT32_C(0x22) << 16 | 0x801u << 2)
#define MARK_USER            (UINT32_C(0x22) << 16 | 0x802u << 2)
#define KEY_READ             UINT32_C(0x20019)
#define KEY_WRITE            UINT32_C(0x20006)
#define ALL                  UINT32_C(0xF003F)

#define USERS          "\\Registry\\User\\S-1-5-21-1004336348-1177238915-682003330-"
#define STANDARD_USERS USERS "1001"
#define ADMINISTRATORS USERS "500"
#define S              1 // the system
#define U              2 // the standard user
#define A              4 // the administrator

static const enum km_user users[] = {KM_USER_SYSTEM, KM_USER_STANDARD, KM_USER_ADMINISTRATOR};

// Theirs, below HKEY_USERS.
static const char *const hives[] = {".DEFAULT", "S-1-5-21-1004336348-1177238915-682003330-1001",
                                    "S-1-5-21-1004336348-1177238915-682003330-500"};

static const struct {
    uint32_t code;
    const char *path;
    uint32_t access;
    unsigned allowed;
} cases[] = {
    {OPEN_KEY, "\\Registry\\Machine\\SYSTEM", KEY_READ, S | U | A},
    {OPEN_KEY, "\\Registry\\Machine\\SYSTEM", KEY_WRITE, S | A},
    {OPEN_KEY, "\\Registry\\Machine\\SYSTEM\\CurrentControlSet\\Services", KEY_WRITE, S | A},
    {OPEN_KEY, "\\Registry\\Machine\\SYSTEM\\CurrentControlSet\\Services", KEY_READ, S | U | A},
    {OPEN_KEY, "\\Registry\\Machine\\SYSTEM\\CurrentControlSet\\Enum", KEY_WRITE, S},
    {OPEN_KEY, "\\Registry\\Machine\\SOFTWARE", KEY_WRITE, S | A},
    {CREATE_KEY, "\\Registry\\Machine\\SOFTWARE\\Made", ALL, S | A},
    {OPEN_KEY, "\\Registry\\Machine\\SECURITY", KEY_READ, S},
    {OPEN_KEY, STANDARD_USERS "\\Software", ALL, S | U | A},
    {CREATE_KEY, STANDARD_USERS "\\Software\\Made", ALL, S | U | A},
    {OPEN_KEY, ADMINISTRATORS "\\Software", KEY_READ, S | A},
};

// Whether Software of that user, HKEY_USERS\\WHO, has got its mark.
static int is_marked(km_machine *machine, const char *who)
{
    char path[] = "/tmp/kmode-registry-XXXXXX", key[200], text[65536];
    const int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    snprintf(key, sizeof key, "HKEY_USERS\\%s\\Software", who);
    assert_int_equal(km_registry_save(machine, path, key), KM_OK);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t length = fread(text, 1, sizeof text, file);
    fclose(file);
    unlink(path);
    static const char mark[] = "U\0s\0e\0r\0\"\0=";
    return memmem(text, length, mark, sizeof mark) != NULL;
}

static uint32_t ask(km_thread *thread, km_file *file, size_t which)
{
    uint8_t input[300];
    const size_t length = strlen(cases[which].path);
    struct km_io io;
    assert_true(4 + 2 * length <= sizeof input);
    memcpy(input, &cases[which].access, 4);
    for (size_t i = 0; i < length; i++) {
        input[4 + 2 * i] = (uint8_t)cases[which].path[i];
        input[5 + 2 * i] = 0;
    }
    km_ioctl(thread, file, cases[which].code, input, (uint32_t)(4 + 2 * length), NULL, 0, &io);
    return io.status;
}

static void test_keys(void **state)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 10,
                                               .checks = 1};
    (void)state;
    km_machine *machine = km_machine_create(&options);
    assert_null(km_machine_problem(machine));
    assert_int_equal(km_driver_load(machine, "build/tests/machine/drivers/registry-access.sys"), KM_OK);
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        km_process *process;
        km_thread *thread;
        km_file *file;
        assert_int_equal(km_process_create_as(machine, "client.exe", NULL, users[i], &process, &thread),
                         KM_OK);
        assert_int_equal(km_open(thread, "\\\\.\\RegistryAccess", KM_READ, 0, &file), KM_OK);
        for (size_t which = 0; which < sizeof cases / sizeof *cases; which++) {
            const uint32_t expected = cases[which].allowed & 1u << i ? 0 : STATUS_ACCESS_DENIED;
            const uint32_t status = ask(thread, file, which);
            if (status != expected) {
                fail_msg("user %zu, %s: %#x", i, cases[which].path, status);
            }
        }
        struct km_io io;
        assert_int_equal(km_ioctl(thread, file, MARK_USER, NULL, 0, NULL, 0, &io), KM_OK);
        assert_int_equal(io.status, 0);
        for (size_t other = 0; other < sizeof users / sizeof *users; other++) {
            assert_int_equal(is_marked(machine, hives[other]), other <= i);
        }
        assert_int_equal(km_close(thread, file), KM_OK);
        assert_int_equal(km_process_exit(process, 0), KM_OK);
    }
    assert_int_equal(km_machine_finish(machine), KM_OK);
    assert_int_equal(km_driver_unload(machine, "registry-access"), KM_OK);
    if (km_finding_count(machine) != 0) {
        fail_msg("%s", km_machine_finding(machine, 0)->text);
    }
    km_machine_destroy(machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_keys)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
