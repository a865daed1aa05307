// SPDX-License-Identifier: MIT
// Symbolic links: made, followed, deleted; and what a control code says.
#include "test.h"
#include <kmode.h>
#include "../failing-allocator.h"

static FAILING_ALLOCATOR Test = FAILING_ALLOCATOR_INIT;

static const PCWSTR Link = L"\\DosDevices\\KmodeLink";

static BOOLEAN LeadsTo(PCWSTR Name, PCWSTR Text)
{
    UNICODE_STRING Target, Other;
    BOOLEAN Same;

    if (!NT_SUCCESS(KmSymbolicLinkTarget(Name, &Test.Allocator, &Target))) {
        return FALSE;
    }
    RtlInitUnicodeString(&Other, Text);
    Same = RtlEqualUnicodeString(&Target, &Other, FALSE);
    KmUnicodeFree(&Test.Allocator, &Target);
    return Same;
}

static void TestLink(void)
{
    IS(KmSymbolicLinkCreate(Link, L"\\Device\\Null"), STATUS_SUCCESS);
    IS(KmSymbolicLinkCreate(Link, L"\\Device\\Other"), STATUS_OBJECT_NAME_COLLISION);
    OK(LeadsTo(Link, L"\\Device\\Null"));
    OK(LeadsTo(L"\\dosdevices\\KMODElink", L"\\Device\\Null"));
    IS(KmSymbolicLinkDelete(Link), STATUS_SUCCESS);
    IS(KmSymbolicLinkDelete(Link), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(KmSymbolicLinkDelete(L"\\KernelObjects\\LowMemoryCondition"), STATUS_OBJECT_TYPE_MISMATCH);
    IS(KmSymbolicLinkCreate(L"\\None\\KmodeLink", L"\\Device\\Null"), STATUS_OBJECT_PATH_NOT_FOUND);
    // To what is not there, and further on.
    IS(KmSymbolicLinkCreate(Link, L"\\Device\\None"), STATUS_SUCCESS);
    IS(KmSymbolicLinkCreate(L"\\DosDevices\\KmodeLink2", Link), STATUS_SUCCESS);
    OK(LeadsTo(L"\\DosDevices\\KmodeLink2", Link));
    IS(KmSymbolicLinkDelete(L"\\DosDevices\\KmodeLink2"), STATUS_SUCCESS);
    IS(KmSymbolicLinkDelete(Link), STATUS_SUCCESS);
}

static void TestTarget(void)
{
    static WCHAR Long[400] = L"\\Device\\";
    UNICODE_STRING Target;

    for (ULONG Index = 8; Index < 399; Index++) {
        Long[Index] = L't';
    }
    IS(KmSymbolicLinkCreate(Link, Long), STATUS_SUCCESS);
    EACH_FAILURE(&Test)
    {
        IS(KmSymbolicLinkTarget(Link, &Test.Allocator, &Target),
           Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        IS(Target.Length, Test.Failed ? 0 : 399 * sizeof(WCHAR));
        OK(Test.Failed || RtlEqualMemory(Target.Buffer, Long, Target.Length));
        KmUnicodeFree(&Test.Allocator, &Target);
    }
    IS(KmSymbolicLinkDelete(Link), STATUS_SUCCESS);
    IS(KmSymbolicLinkTarget(Link, &Test.Allocator, &Target), STATUS_OBJECT_NAME_NOT_FOUND);
    OK(Target.Buffer == NULL && Target.Length == 0);
    IS(KmSymbolicLinkTarget(L"\\KernelObjects\\LowMemoryCondition", &Test.Allocator, &Target),
       STATUS_OBJECT_TYPE_MISMATCH);
    IS(KmSymbolicLinkTarget(L"KmodeLink", &Test.Allocator, &Target), STATUS_OBJECT_PATH_SYNTAX_BAD);
    IS(Test.Outstanding, 0);
    OK(!Test.Misused);
}

static void TestGuard(void)
{
    KM_GUARD Guard = KmGuardEmpty(), Second = KmGuardEmpty();

    IS(KmGuardSymbolicLink(&Guard, Link, L"\\Device\\Null"), STATUS_SUCCESS);
    IS(KmGuardSymbolicLink(&Second, Link, L"\\Device\\Null"), STATUS_OBJECT_NAME_COLLISION);
    OK(KmGuardHolds(&Guard) && !KmGuardHolds(&Second));
    KmGuardEnd(&Second);
    OK(LeadsTo(Link, L"\\Device\\Null"));
    KmGuardEnd(&Guard);
    OK(!LeadsTo(Link, L"\\Device\\Null"));
    IS(KmGuardSymbolicLink(&Guard, Link, L"\\Device\\Null"), STATUS_SUCCESS);
    KmGuardDismiss(&Guard);
    KmGuardEnd(&Guard);
    OK(LeadsTo(Link, L"\\Device\\Null"));
    IS(KmSymbolicLinkDelete(Link), STATUS_SUCCESS);
}

static void TestControlCodes(void)
{
    const ULONG Code = CTL_CODE(0x8123, 0xABC, METHOD_OUT_DIRECT, FILE_READ_ACCESS | FILE_WRITE_ACCESS);
    ULONG Evaluated = Code - 1;

    IS(KmIoctlDeviceType(Code), 0x8123);
    IS(KmIoctlFunction(Code), 0xABC);
    IS(KmIoctlMethod(Code), METHOD_OUT_DIRECT);
    IS(KmIoctlAccess(Code), FILE_READ_ACCESS | FILE_WRITE_ACCESS);
    OK(KmIoctlIsCustom(Code));
    OK(KmIoctlIsCustom(++Evaluated));
    IS(Evaluated, Code);
    IS(KmIoctlDeviceType(CTL_CODE(FILE_DEVICE_DISK, 0x7FF, METHOD_NEITHER, FILE_ANY_ACCESS)),
       FILE_DEVICE_DISK);
    IS(KmIoctlFunction(CTL_CODE(FILE_DEVICE_DISK, 0x7FF, METHOD_NEITHER, FILE_ANY_ACCESS)), 0x7FF);
    IS(KmIoctlMethod(CTL_CODE(FILE_DEVICE_DISK, 0x7FF, METHOD_NEITHER, FILE_ANY_ACCESS)), METHOD_NEITHER);
    IS(KmIoctlAccess(CTL_CODE(FILE_DEVICE_DISK, 0x7FF, METHOD_NEITHER, FILE_ANY_ACCESS)), FILE_ANY_ACCESS);
    OK(!KmIoctlIsCustom(CTL_CODE(FILE_DEVICE_DISK, 0x7FF, METHOD_NEITHER, FILE_ANY_ACCESS)));
}

TEST_DRIVER(TestLink, TestTarget, TestGuard, TestControlCodes)
