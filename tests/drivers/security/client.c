// SPDX-License-Identifier: MIT
// Who the SDK says that callers are, and what they may do: the system, users with fewer rights, and a service
// that acts for a user.
#include "tests/drivers/client.h"

#include "tests/drivers/security/public.h"

#define DEVICE              "\\\\.\\Security"
#define EVENT_MODIFY_STATE  2u
#define TOKEN_ALL           0xF01FFu
#define PROCESS_ALL         0x1FFFFFu
#define CURRENT_THREAD      (UINT64_MAX - 1)
#define IMPERSONATION_TOKEN 5u // a THREADINFOCLASS
#define TOKEN_IMPERSONATION 2u
#define IDENTIFICATION      1u
#define IMPERSONATION       2u

#define SYSTEM_SID "S-1-5-18"
#define USER_SID   "S-1-5-21-1004336348-1177238915-682003330-"

static SECURITY_ANSWER ask(km_thread *by, km_file *file, uint64_t id)
{
    SECURITY_ANSWER answer;
    OK(km_ioctl(by, file, IOCTL_SECURITY_ASK, &id, sizeof id, &answer, sizeof answer, NULL));
    return answer;
}

static void expect_sid(const WCHAR *sid, const char *expected)
{
    char text[64] = "";
    for (size_t i = 0; i < sizeof text - 1 && sid[i] != 0; i++) {
        text[i] = (char)sid[i];
    }
    assert_string_equal(text, expected);
}

// What a user is: of himself, and of his process.
struct person {
    enum km_user user;
    const char *sid;
    ULONG administrator, elevated, integrity, debug;
    bool allowed[SECURITY_DESCRIPTORS]; // everybody, administrators, system, all but administrators, users,
                                        // own
};

static const struct person people[] = {
    {KM_USER_SYSTEM, SYSTEM_SID, 1, 1, 0x4000, 1, {true, true, true, false, true, true}},
    {KM_USER_STANDARD, USER_SID "1001", 0, 0, 0x2000, 0, {true, false, false, true, true, true}},
    {KM_USER_ADMINISTRATOR, USER_SID "500", 1, 1, 0x3000, 0, {true, true, false, false, true, true}},
    {KM_USER_ELEVATED_ADMINISTRATOR,
     USER_SID "1002",
     1,
     1,
     0x3000,
     0,
     {true, true, false, false, true, true}},
    // His group lets him into nothing, and still keeps him out.
    {KM_USER_LIMITED_ADMINISTRATOR,
     USER_SID "1002",
     0,
     0,
     0x2000,
     0,
     {true, false, false, false, true, true}},
};

#define PEOPLE (sizeof people / sizeof *people)

static void expect_user(const SECURITY_ANSWER *answer, const struct person *person)
{
    assert_int_equal(answer->SidStatus, STATUS_SUCCESS);
    expect_sid(answer->Sid, person->sid);
    assert_int_equal(answer->Administrator, person->administrator);
    assert_int_equal(answer->HasDebug, person->debug);
    assert_int_equal(answer->HasChangeNotify, 1);
    for (size_t i = 0; i < SECURITY_DESCRIPTORS; i++) {
        assert_int_equal(answer->Status[i], person->allowed[i] ? STATUS_SUCCESS : STATUS_ACCESS_DENIED);
        assert_int_equal(answer->Granted[i], person->allowed[i]);
    }
}

static void expect_process(const SECURITY_ANSWER *answer, const struct person *person)
{
    assert_int_equal(answer->ProcessSidStatus, STATUS_SUCCESS);
    expect_sid(answer->ProcessSid, person->sid);
    assert_int_equal(answer->ProcessAdministrator, person->administrator);
    assert_int_equal(answer->Elevated, person->elevated);
    assert_int_equal(answer->Integrity, person->integrity);
}

static void test_people(void)
{
    km_process *processes[PEOPLE];
    km_thread *threads[PEOPLE];
    for (size_t i = 0; i < PEOPLE; i++) {
        OK(km_process_create_as(machine, "user.exe", NULL, people[i].user, &processes[i], &threads[i]));
    }
    // Each asks of all the others.
    for (size_t i = 0; i < PEOPLE; i++) {
        km_file *file = open_device(threads[i], DEVICE, 0);
        for (size_t j = 0; j < PEOPLE; j++) {
            const SECURITY_ANSWER answer = ask(threads[i], file, km_process_id(processes[j]));
            expect_user(&answer, &people[i]);
            expect_process(&answer, &people[j]);
        }
    }
    for (size_t i = 0; i < PEOPLE; i++) {
        OK(km_process_exit(processes[i], 0));
    }
}

static uint64_t open_token(uint64_t id)
{
    const uint64_t client_id[2] = {id, 0};
    const uint64_t attributes[6] = {48};
    const uint64_t at = user_memory(process, thread, NULL, 16);
    uint64_t handles[2];
    assert_int_equal(SYSTEM_CALL(thread, "NtOpenProcess", at, PROCESS_ALL,
                                 user_memory(process, thread, attributes, sizeof attributes),
                                 user_memory(process, thread, client_id, sizeof client_id)),
                     STATUS_SUCCESS);
    OK(km_user_read(process, at, handles, 8));
    assert_int_equal(SYSTEM_CALL(thread, "NtOpenProcessToken", handles[0], TOKEN_ALL, at + 8),
                     STATUS_SUCCESS);
    OK(km_user_read(process, at + 8, &handles[1], 8));
    return handles[1];
}

static void impersonate(uint64_t id, uint32_t level)
{
    const uint64_t token = open_token(id);
    const uint32_t quality[3] = {12, level, 0};
    const uint64_t attributes[6] = {48, 0, 0, 0, 0, user_memory(process, thread, quality, sizeof quality)};
    const uint64_t at = user_memory(process, thread, NULL, 8);
    assert_int_equal(SYSTEM_CALL(thread, "NtDuplicateToken", token, TOKEN_ALL,
                                 user_memory(process, thread, attributes, sizeof attributes), 0,
                                 TOKEN_IMPERSONATION, at),
                     STATUS_SUCCESS);
    assert_int_equal(
        SYSTEM_CALL(thread, "NtSetInformationThread", CURRENT_THREAD, IMPERSONATION_TOKEN, at, 8),
        STATUS_SUCCESS);
}

// A service acts for a user: it has his rights, and stays what it is.
static void test_impersonation(void)
{
    km_process *other;
    km_thread *first;
    km_file *file = open_device(thread, DEVICE, 0);
    const uint64_t own = km_process_id(process);
    for (size_t i = 1; i < PEOPLE; i++) {
        OK(km_process_create_as(machine, "user.exe", NULL, people[i].user, &other, &first));
        impersonate(km_process_id(other), IMPERSONATION);
        const SECURITY_ANSWER answer = ask(thread, file, own);
        expect_user(&answer, &people[i]);
        expect_process(&answer, &people[0]);
        const uint64_t none = user_memory(process, thread, NULL, 8);
        assert_int_equal(
            SYSTEM_CALL(thread, "NtSetInformationThread", CURRENT_THREAD, IMPERSONATION_TOKEN, none, 8),
            STATUS_SUCCESS);
        const SECURITY_ANSWER again = ask(thread, file, own);
        expect_user(&again, &people[0]);
        OK(km_process_exit(other, 0));
    }
}

// At the level of identification it may know who he is, and do nothing on the strength of that.
static void test_identification(void)
{
    km_process *other;
    km_thread *first;
    km_file *file = open_device(thread, DEVICE, 0);
    OK(km_process_create_as(machine, "user.exe", NULL, KM_USER_ELEVATED_ADMINISTRATOR, &other, &first));
    impersonate(km_process_id(other), IDENTIFICATION);
    const SECURITY_ANSWER answer = ask(thread, file, km_process_id(process));
    assert_int_equal(answer.SidStatus, STATUS_SUCCESS);
    expect_sid(answer.Sid, USER_SID "1002");
    assert_int_equal(answer.Administrator, 0);
    assert_int_equal(answer.HasChangeNotify, 0);
    for (size_t i = 0; i < SECURITY_DESCRIPTORS; i++) {
        assert_true((answer.Status[i] & 0x80000000u) != 0);
        assert_int_equal(answer.Granted[i], 0);
    }
    assert_int_equal(answer.ProcessAdministrator, 1);
    OK(km_process_exit(other, 0));
}

// ---- Descriptors that the driver gives to objects

static uint32_t open_event(km_process *of, km_thread *by, const char *name)
{
    return SYSTEM_CALL(by, "NtOpenEvent", user_memory(of, by, NULL, 8), EVENT_MODIFY_STATE,
                       user_attributes(of, by, name, 0));
}

static void guard(km_file *file, const char *sddl)
{
    WCHAR wide[128];
    size_t count = 0;
    do {
        wide[count] = (UCHAR)sddl[count];
    } while (sddl[count++] != '\0');
    OK(km_ioctl(thread, file, IOCTL_SECURITY_GUARD, wide, (uint32_t)(count * sizeof *wide), NULL, 0, NULL));
}

static void test_objects(void)
{
    static const struct {
        const char *sddl;
        bool allowed[PEOPLE]; // system, standard, administrator, elevated, limited
    } rows[] = {
        {"D:P(A;;GA;;;WD)", {true, true, true, true, true}},
        {"D:P(A;;GA;;;SY)(A;;GA;;;BA)", {true, false, true, true, false}},
        {"D:P(A;;GA;;;SY)", {true, false, false, false, false}},
        {"D:P(A;;GR;;;WD)(A;;GA;;;SY)", {true, false, false, false, false}},
        {"D:P(D;;GA;;;BA)(A;;GA;;;WD)", {false, true, false, false, false}},
        {"D:P", {false, false, false, false, false}},
    };
    km_file *file = open_device(thread, DEVICE, 0);
    km_process *other;
    km_thread *first;
    for (size_t i = 0; i < PEOPLE; i++) {
        OK(km_process_create_as(machine, "user.exe", NULL, people[i].user, &other, &first));
        for (size_t j = 0; j < sizeof rows / sizeof *rows; j++) {
            const uint32_t expected = rows[j].allowed[i] ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
            guard(file, rows[j].sddl);
            assert_int_equal(open_event(other, first, "\\BaseNamedObjects\\KmodeByHandle"), expected);
            assert_int_equal(open_event(other, first, "\\BaseNamedObjects\\KmodeByPointer"), expected);
        }
        OK(km_process_exit(other, 0));
    }
    REFUSED(km_ioctl(thread, file, IOCTL_SECURITY_GUARD, "x\0\0", 4, NULL, 0, NULL),
            STATUS_INVALID_PARAMETER);
}

static const struct client_test tests[] = {
    TEST(test_people),
    TEST(test_impersonation),
    TEST(test_identification),
    TEST(test_objects),
};

CLIENT(tests, "security.sys")
