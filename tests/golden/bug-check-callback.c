// SPDX-License-Identifier: MIT
// kmode run: --no-checks
// What drivers have registered for a bug check is called, at HIGH_LEVEL: those for a dump first.
#include <ntifs.h>

static KBUGCHECK_CALLBACK_RECORD First, Removed;
static KBUGCHECK_REASON_CALLBACK_RECORD Pages, Damaged;
static ULONG64 Data[2];

static VOID NTAPI OnBugCheck(PVOID Buffer, ULONG Length)
{
    DbgPrint("callback: %s buffer, %lu bytes, IRQL %u\n", Buffer == Data ? "its" : "another", Length,
             KeGetCurrentIrql());
}

static VOID NTAPI OnPages(KBUGCHECK_CALLBACK_REASON Reason, PKBUGCHECK_REASON_CALLBACK_RECORD Record,
                          PVOID Data1, ULONG Length)
{
    PKBUGCHECK_ADD_PAGES Add = Data1;
    DbgPrint("reason %u, its record: %u, %lu bytes, bug check %lX, context %p\n", Reason, Record == &Pages,
             Length, Add->BugCheckCode, Add->Context);
    Add->Address = (ULONG_PTR)&Data;
    Add->Count = 1;
    Add->Flags = KB_ADD_PAGES_FLAG_VIRTUAL_ADDRESS;
    if (Add->Context == NULL) {
        Add->Context = (PVOID)1;
        Add->Flags |= KB_ADD_PAGES_FLAG_ADDITIONAL_RANGES_EXIST;
    }
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KeInitializeCallbackRecord(&First);
    KeInitializeCallbackRecord(&Removed);
    KeInitializeCallbackRecord(&Pages);
    KeInitializeCallbackRecord(&Damaged);
    KeRegisterBugCheckCallback(&First, OnBugCheck, Data, sizeof(Data), (PUCHAR) "golden");
    KeRegisterBugCheckCallback(&Removed, OnBugCheck, NULL, 0, (PUCHAR) "golden");
    KeDeregisterBugCheckCallback(&Removed);
    KeRegisterBugCheckReasonCallback(&Pages, OnPages, KbCallbackAddPages, (PUCHAR) "golden");
    KeRegisterBugCheckReasonCallback(&Damaged, OnPages, KbCallbackAddPages, (PUCHAR) "golden");
    Damaged.Component = NULL; // who writes into a record has it passed over
    KeBugCheckEx(MANUALLY_INITIATED_CRASH, 1, 2, 3, 4);
}
