// SPDX-License-Identifier: MIT
// KM_BOX: each routine, each way out of a scope.
#include "test.h"
#include "../failing-allocator.h"

typedef struct THING {
    ULONG Number;
    UCHAR Rest[60];
} THING, *PTHING;
typedef KM_BOX(THING) THING_BOX;

static FAILING_ALLOCATOR Memory = FAILING_ALLOCATOR_INIT;

static void TestBox(void)
{
    THING_BOX Box, Other = KM_BOX_INIT(&Memory.Allocator);
    PTHING Thing, Before;

    FailingArm(&Memory, 0);
    KmBoxInit(&Box, &Memory.Allocator);
    OK(KmBoxIsEmpty(&Box) && Box.Pointer == NULL);
    KmBoxFree(&Box);
    OK(KmBoxRelease(&Box) == NULL);
    IS(KmBoxAllocate(&Box), STATUS_SUCCESS);
    OK(!KmBoxIsEmpty(&Box) && Box.Pointer->Number == 0 && Box.Pointer->Rest[59] == 0);
    Box.Pointer->Number = 5;
    Before = Box.Pointer;
    FailingArm(&Memory, 1);
    IS(KmBoxAllocate(&Box), STATUS_INSUFFICIENT_RESOURCES);
    FailingArm(&Memory, 1);
    IS(KmBoxAllocateBytes(&Box, 100), STATUS_INSUFFICIENT_RESOURCES);
    FailingArm(&Memory, 0);
    IS(KmBoxAllocateBytes(&Box, sizeof(THING) - 1), STATUS_INVALID_PARAMETER);
    IS(KmBoxAllocateBytes(&Box, 0), STATUS_INVALID_PARAMETER);
    OK(Box.Pointer == Before && Before->Number == 5);
    IS(KmBoxAllocate(&Box), STATUS_SUCCESS);
    IS(Box.Pointer->Number, 0);
    IS(Memory.Outstanding, 1);
    IS(KmBoxAllocateBytes(&Box, 1000), STATUS_SUCCESS);
    IS(Memory.Outstanding, 1);

    KmBoxMove(&Other, &Box);
    OK(KmBoxIsEmpty(&Box) && !KmBoxIsEmpty(&Other));
    KmBoxMove(&Other, &Other);
    OK(!KmBoxIsEmpty(&Other));
    IS(KmBoxAllocate(&Box), STATUS_SUCCESS);
    KmBoxMove(&Other, &Box);
    IS(Memory.Outstanding, 1);
    Thing = KmBoxRelease(&Other);
    OK(KmBoxIsEmpty(&Other) && Thing != NULL);
    KmBoxTake(&Box, Thing, sizeof(THING));
    OK(Box.Pointer == Thing);
    KmBoxTake(&Box, (PTHING)NULL, 0);
    OK(KmBoxIsEmpty(&Box));
    IS(Memory.Outstanding, 0);
    OK(!Memory.Misused);
}

static PTHING LeaveBy(ULONG Way)
{
    for (ULONG Round = 0; Round < 3; Round += 1) {
        KM_SCOPED_BOX(THING, Box, &Memory.Allocator);

        (void)KmBoxAllocate(&Box);
        if (Way == 0) {
            continue;
        }
        if (Way == 1) {
            break;
        }
        if (Way == 2) {
            goto out;
        }
        if (Way == 3) {
            return NULL;
        }
        if (Way == 4) {
            return KmBoxRelease(&Box);
        }
        KmBoxFree(&Box);
    }
out:
    return NULL;
}

static void TestScope(void)
{
    PTHING Thing;

    FailingArm(&Memory, 0);
    for (ULONG Way = 0; Way < 6; Way += 1) {
        Thing = LeaveBy(Way);
        IS(Memory.Outstanding, Way == 4 ? 1 : 0);
        KmFree(&Memory.Allocator, Thing, sizeof(THING));
    }
    FailingArm(&Memory, 1);
    OK(LeaveBy(4) == NULL);
    IS(Memory.Outstanding, 0);
    OK(!Memory.Misused);
}

TEST_DRIVER(TestBox, TestScope)
