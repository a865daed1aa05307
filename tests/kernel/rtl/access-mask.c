// SPDX-License-Identifier: MIT
// Access masks: generic rights, and what is granted.
#include "test.h"

static GENERIC_MAPPING Mapping = {0x20001, 0x20002, 0x20004, 0x1F000F};

static ACCESS_MASK Map(ACCESS_MASK Mask)
{
    RtlMapGenericMask(&Mask, &Mapping);
    return Mask;
}

static void TestMap(void)
{
    IS(Map(0), 0);
    IS(Map(GENERIC_READ), 0x20001);
    IS(Map(GENERIC_WRITE), 0x20002);
    IS(Map(GENERIC_EXECUTE | 0x10), 0x20014);
    IS(Map(GENERIC_ALL), 0x1F000F);
    IS(Map(GENERIC_READ | GENERIC_WRITE), 0x20003);
    IS(Map(MAXIMUM_ALLOWED | SYNCHRONIZE), MAXIMUM_ALLOWED | SYNCHRONIZE);
    GENERIC_MAPPING Nothing = {0};
    ACCESS_MASK Mask = GENERIC_READ | GENERIC_ALL | 1;
    RtlMapGenericMask(&Mask, &Nothing);
    IS(Mask, 1);
}

NTSYSAPI BOOLEAN NTAPI RtlAreAllAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess);
NTSYSAPI BOOLEAN NTAPI RtlAreAnyAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess);

static void TestGranted(void)
{
    OK(RtlAreAllAccessesGranted(7, 5));
    OK(RtlAreAllAccessesGranted(7, 0));
    OK(!RtlAreAllAccessesGranted(7, 9));
    OK(RtlAreAnyAccessesGranted(7, 9));
    OK(!RtlAreAnyAccessesGranted(7, 8));
    OK(!RtlAreAnyAccessesGranted(7, 0));
}

TEST_DRIVER(TestMap, TestGranted)
