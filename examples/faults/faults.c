// SPDX-License-Identifier: MIT
// Structured exceptions in a driver: what may go wrong under __try, and who gets to hear of it.
//
// Faults are taken at user addresses: an access to a kernel address that is not there is a bug check on
// Windows, and no handler is asked.
#include <ntddk.h>

// Exported by ntoskrnl.exe, declared by none of the WDK's headers.
NTSYSAPI VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord);

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD FaultsUnload;

#define UNMAPPED_ADDRESS ((volatile ULONG *)0x10)
#define UNMAPPED_BUFFER  ((PVOID)0x1000)
#define KERNEL_ADDRESS   ((PVOID)0xFFFF800000000000)

#define STATUS_FAULTS_OWN ((NTSTATUS)0xE0001234)

#define ACCESS_READ  0
#define ACCESS_WRITE 1

static const char *StatusName(NTSTATUS Status)
{
    static const struct {
        NTSTATUS Status;
        const char *Name;
    } Names[] = {
        {STATUS_ACCESS_VIOLATION, "STATUS_ACCESS_VIOLATION"},
        {STATUS_BREAKPOINT, "STATUS_BREAKPOINT"},
        {STATUS_DATATYPE_MISALIGNMENT, "STATUS_DATATYPE_MISALIGNMENT"},
        {STATUS_INSUFFICIENT_RESOURCES, "STATUS_INSUFFICIENT_RESOURCES"},
        {STATUS_INTEGER_DIVIDE_BY_ZERO, "STATUS_INTEGER_DIVIDE_BY_ZERO"},
        {STATUS_INVALID_PARAMETER, "STATUS_INVALID_PARAMETER"},
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Names); Index += 1) {
        if (Names[Index].Status == Status) {
            return Names[Index].Name;
        }
    }
    return "its own code";
}

static void Report(const char *Case, NTSTATUS Status)
{
    DbgPrint("%s: %08X %s\n", Case, (ULONG)Status, StatusName(Status));
}

static void LoadInSameFunction(void)
{
    __try {
        ULONG Value = *UNMAPPED_ADDRESS;
        DbgPrint("load: read %u, which can't be\n", Value);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Report("load in the same function", GetExceptionCode());
    }
}

static DECLSPEC_NOINLINE ULONG Load(volatile ULONG *Address)
{
    return *Address;
}

static void LoadInCallee(void)
{
    __try {
        ULONG Value = Load(UNMAPPED_ADDRESS);
        DbgPrint("load: read %u, which can't be\n", Value);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Report("load in a callee", GetExceptionCode());
    }
}

static void CopyFromUnmapped(void)
{
    UCHAR Buffer[256];
    volatile SIZE_T Bytes =
        sizeof(Buffer); // not known to the compiler, so that the kernel's routine is called
    __try {
        RtlCopyMemory(Buffer, UNMAPPED_BUFFER, Bytes);
        DbgPrint("copy: read %u, which can't be\n", Buffer[0]);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Report("load inside RtlCopyMemory", GetExceptionCode());
    }
}

static void ProbeKernelAddress(void)
{
    __try {
        ProbeForRead(KERNEL_ADDRESS, 16, 1);
        DbgPrint("probe: a kernel address passed, which can't be\n");
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Report("ProbeForRead of a kernel address", GetExceptionCode());
    }
}

static void ProbeMisaligned(void)
{
    __try {
        ProbeForRead((PUCHAR)UNMAPPED_BUFFER + 1, 16, sizeof(ULONG));
        DbgPrint("probe: a misaligned address passed, which can't be\n");
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Report("ProbeForRead of a misaligned address", GetExceptionCode());
    }
}

static LONG DescribeAccess(PEXCEPTION_POINTERS Exception)
{
    PEXCEPTION_RECORD Record = Exception->ExceptionRecord;
    DbgPrint("filter: %s of %p, %u parameters, address %s rip, flags %X\n",
             Record->ExceptionInformation[0] == ACCESS_WRITE ? "write" : "read",
             (PVOID)Record->ExceptionInformation[1], Record->NumberParameters,
             Record->ExceptionAddress == (PVOID)Exception->ContextRecord->Rip ? "equals" : "differs from",
             Record->ExceptionFlags);
    return EXCEPTION_EXECUTE_HANDLER;
}

static void FilterReadsInformation(void)
{
    __try {
        *UNMAPPED_ADDRESS = 1;
    } __except (DescribeAccess(GetExceptionInformation())) {
        Report("store, described by its filter", GetExceptionCode());
    }
}

static DECLSPEC_NOINLINE void LoadWithFinally(void)
{
    __try {
        Load(UNMAPPED_ADDRESS);
    } __finally {
        DbgPrint("__finally: abnormal termination %s\n", AbnormalTermination() ? "yes" : "no");
    }
}

static void Finally(void)
{
    __try {
        DbgPrint("__finally: nothing wrong in its __try\n");
    } __finally {
        DbgPrint("__finally: abnormal termination %s\n", AbnormalTermination() ? "yes" : "no");
    }
    __try {
        LoadWithFinally();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Report("handler after the __finally of its callee", GetExceptionCode());
    }
}

static LONG ContinueSearch(const char *Name, NTSTATUS Code)
{
    DbgPrint("%s filter: %08X, continues the search\n", Name, (ULONG)Code);
    return EXCEPTION_CONTINUE_SEARCH;
}

static void FilterContinuesSearch(void)
{
    __try {
        __try {
            ExRaiseStatus(STATUS_INVALID_PARAMETER);
        } __except (ContinueSearch("inner", GetExceptionCode())) {
            DbgPrint("inner handler, which can't be\n");
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Report("outer handler", GetExceptionCode());
    }
}

static void NestedHandlers(void)
{
    __try {
        __try {
            Load(UNMAPPED_ADDRESS);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Report("inner handler, which raises another", GetExceptionCode());
            ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Report("outer handler of what the inner one raised", GetExceptionCode());
    }
}

static void RaiseStatus(void)
{
    __try {
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Report("ExRaiseStatus", GetExceptionCode());
    }
}

static LONG ContinueIfOwn(PEXCEPTION_POINTERS Exception)
{
    PEXCEPTION_RECORD Record = Exception->ExceptionRecord;
    if (Record->ExceptionCode != STATUS_FAULTS_OWN) {
        return EXCEPTION_EXECUTE_HANDLER;
    }
    DbgPrint("filter: %08X with parameter %IX, continues execution\n", (ULONG)Record->ExceptionCode,
             Record->ExceptionInformation[0]);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void RaiseException(void)
{
    EXCEPTION_RECORD Record = {0};
    Record.ExceptionCode = STATUS_FAULTS_OWN;
    Record.NumberParameters = 1;
    Record.ExceptionInformation[0] = 0xC0FFEE;
    __try {
        RtlRaiseException(&Record);
        DbgPrint("RtlRaiseException has returned\n");
        Record.ExceptionCode = STATUS_INVALID_PARAMETER;
        RtlRaiseException(&Record);
    } __except (ContinueIfOwn(GetExceptionInformation())) {
        Report("RtlRaiseException", GetExceptionCode());
    }
}

static void DivideByZero(void)
{
    volatile ULONG Dividend = 1, Zero = 0;
    __try {
        ULONG Quotient = Dividend / Zero;
        DbgPrint("division: %u, which can't be\n", Quotient);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Report("division by zero", GetExceptionCode());
    }
}

static LONG StepOverBreakpoint(PEXCEPTION_POINTERS Exception)
{
    const UCHAR *Rip = (const UCHAR *)Exception->ContextRecord->Rip;
    DbgPrint("filter: %08X at an instruction %02X, steps over it\n",
             (ULONG)Exception->ExceptionRecord->ExceptionCode, *Rip);
    Exception->ContextRecord->Rip += 1;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void Breakpoint(void)
{
    __try {
        __debugbreak();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Report("breakpoint", GetExceptionCode());
    }
    __try {
        __debugbreak();
        DbgPrint("breakpoint stepped over\n");
    } __except (StepOverBreakpoint(GetExceptionInformation())) {
        DbgPrint("breakpoint: handler, which can't be\n");
    }
}

static void FaultsUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    DbgPrint("faults: unloaded\n");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = FaultsUnload;
    LoadInSameFunction();
    LoadInCallee();
    CopyFromUnmapped();
    ProbeKernelAddress();
    ProbeMisaligned();
    FilterReadsInformation();
    Finally();
    FilterContinuesSearch();
    NestedHandlers();
    RaiseStatus();
    RaiseException();
    DivideByZero();
    Breakpoint();
    DbgPrint("faults: all handled\n");
    return STATUS_SUCCESS;
}
