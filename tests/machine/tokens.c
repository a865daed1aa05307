// SPDX-License-Identifier: MIT
// Tokens of the processes of users: groups, elevation, and the token with the other elevation.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "machine/include/kmode/machine.h"

#define STATUS_BUFFER_TOO_SMALL        UINT32_C(0xC0000023)
#define STATUS_NO_SUCH_LOGON_SESSION   UINT32_C(0xC000005F)
#define STATUS_BAD_IMPERSONATION_LEVEL UINT32_C(0xC00000A5)
#define CURRENT_PROCESS                (~UINT64_C(0))
#define TOKEN_QUERY_AND_DUPLICATE      0x0Au

enum class {
    TOKEN_USER = 1,
    TOKEN_GROUPS = 2,
    TOKEN_OWNER = 4,
    TOKEN_TYPE = 8,
    TOKEN_IMPERSONATION_LEVEL = 9,
    TOKEN_STATISTICS = 10,
    TOKEN_ELEVATION_TYPE = 18,
    TOKEN_LINKED_TOKEN = 19,
    TOKEN_ELEVATION = 20,
    TOKEN_HAS_RESTRICTIONS = 21,
    TOKEN_INTEGRITY_LEVEL = 25,
    TOKEN_LOGON_SID = 28
};

#define ACCOUNT "S-1-5-21-1004336348-1177238915-682003330-"

static km_machine *machine;

struct program {
    km_process *process;
    km_thread *thread;
    uint64_t memory;
    uint64_t token; // handle
};

static void start(void)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 10,
                                               .checks = 1};
    machine = km_machine_create(&options);
    assert_null(km_machine_problem(machine));
}

static void finish(void)
{
    assert_int_equal(km_machine_finish(machine), KM_OK);
    km_machine_destroy(machine);
}

static uint32_t call(const struct program *program, const char *service, const uint64_t *arguments,
                     size_t count)
{
    uint32_t status = 0;
    assert_int_equal(km_system_call(program->thread, service, arguments, count, &status), KM_OK);
    return status;
}

static struct program run_as(enum km_user user)
{
    struct program program;
    assert_int_equal(
        km_process_create_as(machine, "client.exe", NULL, user, &program.process, &program.thread), KM_OK);
    assert_int_equal(km_user_alloc(program.thread, 8192, 0, &program.memory), KM_OK);
    const uint64_t arguments[] = {CURRENT_PROCESS, TOKEN_QUERY_AND_DUPLICATE, program.memory};
    assert_int_equal(call(&program, "NtOpenProcessToken", arguments, 3), 0);
    assert_int_equal(km_user_read(program.process, program.memory, &program.token, 8), KM_OK);
    return program;
}

// The answer lies at program->memory + 16, and is copied to `answer`.
static uint32_t query(const struct program *program, uint64_t token, enum class class, void *answer,
                      uint32_t bytes)
{
    const uint64_t arguments[] = {token, class, program->memory + 16, bytes, program->memory};
    const uint32_t status = call(program, "NtQueryInformationToken", arguments, 5);
    assert_int_equal(km_user_read(program->process, program->memory + 16, answer, bytes), KM_OK);
    return status;
}

static uint32_t number(const struct program *program, uint64_t token, enum class class)
{
    uint32_t value = 0;
    assert_int_equal(query(program, token, class, &value, sizeof value), 0);
    return value;
}

// Appends the SID at that user address. A logon's own numbers are not shown.
static void print_sid(const struct program *program, uint64_t address, char *text, size_t room)
{
    uint8_t head[8];
    uint32_t numbers[15];
    assert_int_equal(km_user_read(program->process, address, head, sizeof head), KM_OK);
    assert_int_equal(km_user_read(program->process, address + 8, numbers, head[1] * 4u), KM_OK);
    size_t used = strlen(text);
    used += (size_t)snprintf(text + used, room - used, "S-1-%u", head[7]);
    for (unsigned i = 0; i < head[1]; i++) {
        const int is_logon = head[7] == 5 && numbers[0] == 5 && i > 0;
        used += (size_t)snprintf(text + used, room - used, is_logon ? "-X" : "-%" PRIu32, numbers[i]);
    }
}

static void expect_sid(const struct program *program, uint64_t token, enum class class, const char *expected)
{
    uint64_t answer[32];
    char text[128] = "";
    assert_int_equal(query(program, token, class, answer, sizeof answer), 0);
    print_sid(program, answer[0], text, sizeof text);
    assert_string_equal(text, expected);
}

// "SID attributes" of each group, a line each.
static void expect_groups(const struct program *program, uint64_t token, enum class class,
                          const char *expected)
{
    uint64_t answer[256];
    char text[2048] = "";
    assert_int_equal(query(program, token, class, answer, sizeof answer), 0);
    for (uint32_t i = 0; i < (uint32_t)answer[0]; i++) {
        print_sid(program, answer[1 + 2 * i], text, sizeof text - 16);
        snprintf(text + strlen(text), 16, " %" PRIX32 "\n", (uint32_t)answer[2 + 2 * i]);
    }
    assert_string_equal(text, expected);
}

#define LOGGED_ON                                                                                            \
    "S-1-5-32-545 7\nS-1-5-4 7\nS-1-2-1 7\nS-1-5-11 7\nS-1-5-15 7\nS-1-5-113 7\nS-1-5-5-X-X C0000007\n"      \
    "S-1-2-0 7\nS-1-5-64-10 7\n"

static void test_groups(void **state)
{
    (void)state;
    start();
    struct program user = run_as(KM_USER_STANDARD);
    expect_sid(&user, user.token, TOKEN_USER, ACCOUNT "1001");
    expect_sid(&user, user.token, TOKEN_OWNER, ACCOUNT "1001");
    expect_groups(&user, user.token, TOKEN_GROUPS, ACCOUNT "513 7\nS-1-1-0 7\n" LOGGED_ON "S-1-16-8192 60\n");
    expect_groups(&user, user.token, TOKEN_LOGON_SID, "S-1-5-5-X-X C0000007\n");
    struct program administrator = run_as(KM_USER_ADMINISTRATOR);
    expect_sid(&administrator, administrator.token, TOKEN_USER, ACCOUNT "500");
    expect_sid(&administrator, administrator.token, TOKEN_OWNER, "S-1-5-32-544");
    expect_groups(&administrator, administrator.token, TOKEN_GROUPS,
                  ACCOUNT "513 7\nS-1-1-0 7\nS-1-5-114 7\nS-1-5-32-544 F\n" LOGGED_ON "S-1-16-12288 60\n");
    finish();
}

static void test_elevation(void **state)
{
    static const struct {
        enum km_user user;
        uint32_t type, is_elevated, has_restrictions, has_linked;
    } rows[] = {{KM_USER_SYSTEM, 1, 1, 0, 0},
                {KM_USER_STANDARD, 1, 0, 0, 0},
                {KM_USER_ADMINISTRATOR, 1, 1, 0, 0},
                {KM_USER_ELEVATED_ADMINISTRATOR, 2, 1, 0, 1},
                {KM_USER_LIMITED_ADMINISTRATOR, 3, 0, 1, 1}};
    (void)state;
    start();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct program program = run_as(rows[i].user);
        uint64_t linked = 0;
        assert_int_equal(number(&program, program.token, TOKEN_ELEVATION_TYPE), rows[i].type);
        assert_int_equal(number(&program, program.token, TOKEN_ELEVATION), rows[i].is_elevated);
        assert_int_equal(number(&program, program.token, TOKEN_HAS_RESTRICTIONS), rows[i].has_restrictions);
        assert_int_equal(query(&program, program.token, TOKEN_LINKED_TOKEN, &linked, sizeof linked),
                         rows[i].has_linked ? 0 : STATUS_NO_SUCH_LOGON_SESSION);
        assert_int_equal(linked != 0, rows[i].has_linked);
    }
    // Nobody else comes to be one.
    km_process *process;
    km_thread *thread;
    assert_int_equal(km_process_create_as(machine, "a.exe", NULL, (enum km_user)5, &process, &thread),
                     KM_REFUSED);
    finish();
}

static void test_linked(void **state)
{
    uint64_t linked, back, ids[2][7], logon[2][8];
    (void)state;
    start();
    struct program limited = run_as(KM_USER_LIMITED_ADMINISTRATOR);
    expect_sid(&limited, limited.token, TOKEN_USER, ACCOUNT "1002");
    expect_sid(&limited, limited.token, TOKEN_OWNER, ACCOUNT "1002");
    expect_groups(&limited, limited.token, TOKEN_GROUPS,
                  ACCOUNT "513 7\nS-1-1-0 7\nS-1-5-114 10\nS-1-5-32-544 10\n" LOGGED_ON "S-1-16-8192 60\n");
    assert_int_equal(query(&limited, limited.token, TOKEN_LINKED_TOKEN, &linked, 4), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(query(&limited, limited.token, TOKEN_LINKED_TOKEN, &linked, sizeof linked), 0);
    assert_int_equal(number(&limited, linked, TOKEN_ELEVATION_TYPE), 2);
    expect_sid(&limited, linked, TOKEN_USER, ACCOUNT "1002");
    expect_sid(&limited, linked, TOKEN_OWNER, "S-1-5-32-544");
    // It is one to look at, for who is not of the trusted computing base.
    assert_int_equal(number(&limited, linked, TOKEN_TYPE), 2);
    assert_int_equal(number(&limited, linked, TOKEN_IMPERSONATION_LEVEL), 1);
    const uint64_t duplicate[] = {linked, 0, 0, 0, 1, limited.memory};
    assert_int_equal(call(&limited, "NtDuplicateToken", duplicate, 6), STATUS_BAD_IMPERSONATION_LEVEL);
    assert_int_equal(query(&limited, linked, TOKEN_LINKED_TOKEN, &back, sizeof back), 0);
    assert_int_equal(number(&limited, back, TOKEN_ELEVATION_TYPE), 3);

    // Two logon sessions, and one logon.
    struct program elevated = run_as(KM_USER_ELEVATED_ADMINISTRATOR),
                   again = run_as(KM_USER_LIMITED_ADMINISTRATOR);
    assert_int_equal(query(&elevated, elevated.token, TOKEN_STATISTICS, ids[0], sizeof ids[0]), 0);
    assert_int_equal(query(&limited, limited.token, TOKEN_STATISTICS, ids[1], sizeof ids[1]), 0);
    assert_int_not_equal(ids[0][1], ids[1][1]);
    assert_int_equal(query(&limited, linked, TOKEN_STATISTICS, ids[1], sizeof ids[1]), 0);
    assert_int_equal(ids[0][1], ids[1][1]);
    assert_int_not_equal(ids[0][0], ids[1][0]);
    assert_int_equal(query(&again, again.token, TOKEN_STATISTICS, ids[0], sizeof ids[0]), 0);
    assert_int_equal(query(&limited, limited.token, TOKEN_STATISTICS, ids[1], sizeof ids[1]), 0);
    assert_int_equal(ids[0][1], ids[1][1]);
    assert_int_equal(query(&elevated, elevated.token, TOKEN_LOGON_SID, logon[0], sizeof logon[0]), 0);
    assert_int_equal(query(&limited, limited.token, TOKEN_LOGON_SID, logon[1], sizeof logon[1]), 0);
    assert_memory_equal(&logon[0][3], &logon[1][3], 20); // behind count, address, attributes
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_elevation),
        cmocka_unit_test(test_linked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
