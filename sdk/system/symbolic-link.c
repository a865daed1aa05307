// SPDX-License-Identifier: MIT
// Symbolic links: made, deleted, followed.
#include <kmode.h>
#include "runtime/query.h"

#define FIRST_BYTES 128

NTSTATUS NTAPI KmSymbolicLinkCreate(PCWSTR Name, PCWSTR Target)
{
    UNICODE_STRING NameString, TargetString;

    RtlInitUnicodeString(&NameString, Name);
    RtlInitUnicodeString(&TargetString, Target);
    return IoCreateSymbolicLink(&NameString, &TargetString);
}

NTSTATUS NTAPI KmSymbolicLinkDelete(PCWSTR Name)
{
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Name);
    return IoDeleteSymbolicLink(&String);
}

static VOID NTAPI EndSymbolicLink(PKM_GUARD Guard)
{
    (void)KmSymbolicLinkDelete((PCWSTR)Guard->Object);
}

NTSTATUS NTAPI KmGuardSymbolicLink(PKM_GUARD Guard, PCWSTR Name, PCWSTR Target)
{
    NTSTATUS Status = KmSymbolicLinkCreate(Name, Target);

    Guard->Object = (PVOID)(ULONG_PTR)Name;
    Guard->End = NT_SUCCESS(Status) ? EndSymbolicLink : NULL;
    return Status;
}

static NTSTATUS NTAPI QueryTarget(PVOID Data, ULONG Bytes, PULONG Needed, PVOID Context)
{
    UNICODE_STRING Target;

    Target.Buffer = (PWCH)Data;
    Target.Length = 0;
    Target.MaximumLength = (USHORT)min(Bytes, (ULONG)MAXUSHORT - 1);
    return ZwQuerySymbolicLinkObject((HANDLE)Context, &Target, Needed);
}

NTSTATUS NTAPI KmSymbolicLinkTarget(PCWSTR Name, PKM_ALLOCATOR Allocator, PUNICODE_STRING Target)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING String;
    HANDLE Link;
    PVOID Text;
    ULONG Bytes, Used;
    NTSTATUS Status;

    RtlZeroMemory(Target, sizeof(*Target));
    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Attributes, &String, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    Status = ZwOpenSymbolicLinkObject(&Link, SYMBOLIC_LINK_QUERY, &Attributes);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = KmpQuery(Allocator, QueryTarget, Link, FIRST_BYTES, &Text, &Bytes, &Used);
    ZwClose(Link);
    if (NT_SUCCESS(Status)) {
        // Systems differ in whether they count a terminating zero.
        String.Buffer = (PWCH)Text;
        String.Length = String.MaximumLength = (USHORT)(Used & ~1UL);
        while (String.Length != 0 && String.Buffer[String.Length / sizeof(WCHAR) - 1] == 0) {
            String.Length -= sizeof(WCHAR);
        }
        Status = KmUnicodeCopy(&String, Allocator, Target);
        KmFree(Allocator, Text, Bytes);
    }
    return Status;
}
