// SPDX-License-Identifier: MIT
// Sharing between those who have a file open.
#include "../test.h"

#define READ  FILE_READ_DATA
#define WRITE FILE_WRITE_DATA
#define R     FILE_SHARE_READ
#define W     FILE_SHARE_WRITE
#define D     FILE_SHARE_DELETE
#define NONE  0

static FILE_OBJECT Files[3];
static SHARE_ACCESS Share;

// One opens with First, then another one with Second: each pair of what is asked and what is shared.
static const struct {
    ACCESS_MASK FirstAccess;
    ULONG FirstShare;
    ACCESS_MASK SecondAccess;
    ULONG SecondShare;
    NTSTATUS Status;
} Pairs[] = {
    {READ, R, READ, R, STATUS_SUCCESS},
    {READ, NONE, READ, R, STATUS_SHARING_VIOLATION},
    {READ, R, READ, NONE, STATUS_SHARING_VIOLATION},
    {READ, R, WRITE, R, STATUS_SHARING_VIOLATION},
    {READ, R | W, WRITE, R, STATUS_SUCCESS},
    {READ, R | W, WRITE, W, STATUS_SHARING_VIOLATION},
    {READ, R | W | D, DELETE, R, STATUS_SUCCESS},
    {READ, R | W, DELETE, R, STATUS_SHARING_VIOLATION},
    {DELETE, R | W, READ, R | W, STATUS_SHARING_VIOLATION},
    {DELETE, R | W, READ, D, STATUS_SUCCESS},
    {WRITE, R | W, READ | WRITE, R | W, STATUS_SUCCESS},
    {WRITE, R, READ | WRITE, R | W, STATUS_SHARING_VIOLATION},
    {FILE_EXECUTE, NONE, READ, R, STATUS_SHARING_VIOLATION},
    {FILE_EXECUTE, R, READ, R, STATUS_SUCCESS},
    {FILE_APPEND_DATA, R, WRITE, W, STATUS_SHARING_VIOLATION},
    // Who only looks at attributes is in nobody's way.
    {READ, NONE, FILE_READ_ATTRIBUTES, NONE, STATUS_SUCCESS},
    {FILE_READ_ATTRIBUTES | SYNCHRONIZE, NONE, READ | WRITE | DELETE, NONE, STATUS_SUCCESS},
};

static void TestPairs(void)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Pairs); Index += 1) {
        RtlZeroMemory(Files, sizeof(Files));
        IoSetShareAccess(Pairs[Index].FirstAccess, Pairs[Index].FirstShare, &Files[0], &Share);
        SHARE_ACCESS Before = Share;
        IS(IoCheckShareAccess(Pairs[Index].SecondAccess, Pairs[Index].SecondShare, &Files[1], &Share, FALSE),
           Pairs[Index].Status);
        OK(RtlEqualMemory(&Before, &Share, sizeof(Share))); // it was asked, not taken
        IS(IoCheckShareAccess(Pairs[Index].SecondAccess, Pairs[Index].SecondShare, &Files[1], &Share, TRUE),
           Pairs[Index].Status);
        if (Pairs[Index].Status != STATUS_SUCCESS) {
            OK(RtlEqualMemory(&Before, &Share, sizeof(Share)));
        } else {
            IoRemoveShareAccess(&Files[1], &Share);
            OK(RtlEqualMemory(&Before, &Share, sizeof(Share)));
        }
    }
}

static void TestCounts(void)
{
    RtlZeroMemory(Files, sizeof(Files));
    RtlFillMemory(&Share, sizeof(Share), 0xcc);
    IoSetShareAccess(READ | WRITE, R | W | D, &Files[0], &Share);
    IS(Share.OpenCount, 1);
    IS(Share.Readers, 1);
    IS(Share.Writers, 1);
    IS(Share.Deleters, 0);
    IS(Share.SharedRead, 1);
    IS(Share.SharedWrite, 1);
    IS(Share.SharedDelete, 1);
    OK(Files[0].ReadAccess && Files[0].WriteAccess && !Files[0].DeleteAccess);
    OK(Files[0].SharedRead && Files[0].SharedWrite && Files[0].SharedDelete);
    IS(IoCheckShareAccess(DELETE, R | W | D, &Files[1], &Share, FALSE), STATUS_SUCCESS);
    OK(Files[1].DeleteAccess && Files[1].SharedRead);
    IS(Share.OpenCount, 1);
    IoUpdateShareAccess(&Files[1], &Share);
    IS(Share.OpenCount, 2);
    IS(Share.Deleters, 1);
    IS(Share.SharedDelete, 2);
    IoRemoveShareAccess(&Files[0], &Share);
    IS(Share.OpenCount, 1);
    IS(Share.Readers, 0);
    IoRemoveShareAccess(&Files[1], &Share);
    SHARE_ACCESS None = {0};
    OK(RtlEqualMemory(&Share, &None, sizeof(None)));
    // Attributes alone: not counted, and what they would share is not kept.
    IoSetShareAccess(FILE_READ_ATTRIBUTES, R | W | D, &Files[2], &Share);
    IS(Share.OpenCount, 0);
    OK(!Files[2].ReadAccess && !Files[2].SharedRead);
}

TEST_DRIVER(TestPairs, TestCounts)
