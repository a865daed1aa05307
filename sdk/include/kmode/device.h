// SPDX-License-Identifier: MIT
// Devices, declared as a table: what they are called, who may open them, and which routine handles what.
//
//     #define IOCTL_COUNTER_ADD CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
//
//     typedef struct COUNTER {
//         volatile LONG Value;
//     } COUNTER;
//
//     static NTSTATUS NTAPI Add(PKM_REQUEST Request)
//     {
//         COUNTER *Counter = KmDeviceContext(Request->Device, COUNTER);
//         const LONG *Amount = KmRequestInput(Request, LONG);
//         LONG *Total = KmRequestOutput(Request, LONG);
//
//         *Total = InterlockedAdd(&Counter->Value, *Amount);
//         return STATUS_SUCCESS;
//     }
//
//     static const KM_DEVICE_ENTRY CounterDevice[] = {
//         KM_DEVICE_NAME(L"\\Device\\Counter"),
//         KM_DEVICE_LINK(L"\\DosDevices\\Counter"),
//         KM_DEVICE_CONTEXT(COUNTER, NULL, NULL),
//         KM_ON_IOCTL(IOCTL_COUNTER_ADD, Add, LONG, LONG),
//         KM_DEVICE_END
//     };
//
// <kmode/driver.h> makes a driver of such tables; KmDeviceCreate makes a device at any time. Handlers get a
// KM_REQUEST (<kmode/request.h>); what has no handler is answered: IRP_MJ_CREATE, IRP_MJ_CLEANUP and
// IRP_MJ_CLOSE by success, all else by STATUS_INVALID_DEVICE_REQUEST, or is passed down by a filter.
//
// Handlers are called as the I/O manager calls a dispatch routine: at PASSIVE_LEVEL, on the thread that has
// made the request, several at a time.
#ifndef KMODE_DEVICE_H
#define KMODE_DEVICE_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/device.h>"
#endif

#include <kmode/allocator.h>
#include <kmode/rundown.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct KM_DEVICE KM_DEVICE, *PKM_DEVICE;
typedef struct KM_REQUEST KM_REQUEST, *PKM_REQUEST;
typedef struct KM_DEVICE_ENTRY KM_DEVICE_ENTRY;

/// Handles a request: returns its status, with which it is then completed; or STATUS_PENDING, after
/// KmRequestPend; or what KmRequestForward has returned. IRQL PASSIVE_LEVEL, or that of whoever sends a
/// driver its requests.
typedef NTSTATUS NTAPI KM_REQUEST_HANDLER(_Inout_ PKM_REQUEST Request);

/// Makes a device's context ready, whose memory is zeroed, before anybody can open the device. A failure is
/// KmDeviceCreate's, and the routine that stops is not called. IRQL PASSIVE_LEVEL.
typedef NTSTATUS NTAPI KM_DEVICE_START(_In_ PKM_DEVICE Device);

/// Undoes what the other has done. No request is under way any more. IRQL PASSIVE_LEVEL.
typedef VOID NTAPI KM_DEVICE_STOP(_In_ PKM_DEVICE Device);

/// Called when the last handle of a file is closed and nothing of it is under way: FileContext goes behind
/// it. IRQL PASSIVE_LEVEL.
typedef VOID NTAPI KM_FILE_CLOSE(_In_ PKM_DEVICE Device, _In_ PVOID FileContext);

// What a device does with its queues: so only drivers that have any link it.
typedef struct KMP_QUEUE_ROUTINES {
    VOID (*Cancel)(PKM_DEVICE Device, PFILE_OBJECT FileObject); // what is pending of a handle, of all (NULL)
    VOID (*End)(PKM_DEVICE Device);
} KMP_QUEUE_ROUTINES;

// Contexts of handles that are those of the device below: of filters alone, which link it.
typedef struct KMP_PASSED_FILES {
    NTSTATUS (*Begin)(PKM_DEVICE Device); // of one that has KM_FILE_CONTEXT, as the others
    VOID (*End)(PKM_DEVICE Device);
    NTSTATUS (*Create)(PKM_DEVICE Device, PIRP Irp);
    NTSTATUS (*Close)(PKM_DEVICE Device, PIRP Irp);
    PVOID (*Find)(PKM_DEVICE Device, PFILE_OBJECT FileObject);
} KMP_PASSED_FILES;

// What else a device may be, by an entry that names it: so only drivers that have one link it.
typedef struct KMP_DEVICE_TRAIT {
    NTSTATUS(NTAPI *Begin)(PKM_DEVICE Device, const KM_DEVICE_ENTRY *Entry);
    // Sees to it that no new requests come by way of the device below. Those under way go on. NULL: none do.
    VOID(NTAPI *Detach)(PKM_DEVICE Device);
    VOID(NTAPI *End)(PKM_DEVICE Device);
    // Gets what no entry handles. FALSE: nor does it.
    BOOLEAN(NTAPI *Dispatch)(PKM_DEVICE Device, PIRP Irp, NTSTATUS *Status);
    const KMP_PASSED_FILES *PassesFiles; // handles are those of the device below; NULL: its own
    // Whether the device takes requests now: what they are answered if not. With success the trait waits for
    // Leave, which is called when the handler has returned, before it stops. NULL: it always does.
    NTSTATUS(NTAPI *Admit)(PKM_DEVICE Device);
    VOID(NTAPI *Leave)(PKM_DEVICE Device);
    BOOLEAN OwnsPnp;  // IRP_MJ_PNP and IRP_MJ_POWER are its own, whatever entries there are
    ULONG StateBytes; // of TraitState, which is there as long as the device object
} KMP_DEVICE_TRAIT;

typedef enum KMP_ENTRY_KIND {
    KmpEntryEnd,
    KmpEntryName,
    KmpEntryLink,
    KmpEntrySecurity,
    KmpEntryType,
    KmpEntryCharacteristics,
    KmpEntryExclusive,
    KmpEntryTransfer,
    KmpEntryTag,
    KmpEntryContext,
    KmpEntryFile,
    KmpEntryMajor,
    KmpEntryControl,
    KmpEntryTrait,
    KmpEntryInterface,
    KmpEntryIdle
} KMP_ENTRY_KIND;

/// One line of a device's table, made by the macros below. A table is constant, ends in KM_DEVICE_END, and
/// stays as long as its devices.
struct KM_DEVICE_ENTRY {
    KMP_ENTRY_KIND Kind;
    ULONG Code; // a major function, a control code, or what the kind says
    ULONG InputMinimum, InputMaximum, OutputMinimum;
    ULONG Major; // of a control code
    KM_REQUEST_HANDLER *Handler;
    PCWSTR Text;
    KM_DEVICE_START *Start;
    KM_DEVICE_STOP *Stop;
    KM_FILE_CLOSE *Close;
    const KMP_DEVICE_TRAIT *Trait;
    const VOID *Data;
};

#define KMP_ENTRY(Kind, Code, InMin, InMax, OutMin, Major, Handler, Text, Start, Stop, Close, Trait)         \
    {Kind, Code, InMin, InMax, OutMin, Major, Handler, Text, Start, Stop, Close, Trait, NULL}
#define KMP_VALUE(Kind, Code, Text) KMP_ENTRY(Kind, Code, 0, 0, 0, 0, NULL, Text, NULL, NULL, NULL, NULL)
#define KMP_DATA(Kind, Trait, Data) {Kind, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, Trait, Data}
#define KMP_CONTROL(Code, Major, Handler, InMin, InMax, OutMin)                                              \
    KMP_ENTRY(KmpEntryControl, Code, InMin, InMax, OutMin, Major, Handler, NULL, NULL, NULL, NULL, NULL)

// What tells an end from memory that happens to be zero.
#define KMP_TABLE_END 0x646E6554UL

/// The end of a table. Any IRQL, as for all entries: they are constants.
#define KM_DEVICE_END KMP_VALUE(KmpEntryEnd, KMP_TABLE_END, NULL)

/// The device's name, L"\\Device\\Name". Without it the device has none.
#define KM_DEVICE_NAME(Name) KMP_VALUE(KmpEntryName, 0, Name)

/// A symbolic link to the device, L"\\DosDevices\\Name", by which programs open it as \\.\Name. Several may
/// be.
#define KM_DEVICE_LINK(Name) KMP_VALUE(KmpEntryLink, 0, Name)

/// Who may open the device, as an SDDL string (L"D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GR;;;WD)"). Without it a
/// device with a name is for the system and for administrators.
#define KM_DEVICE_SDDL(Sddl) KMP_VALUE(KmpEntrySecurity, 0, Sddl)

/// The FILE_DEVICE_* type. Without it FILE_DEVICE_UNKNOWN.
#define KM_DEVICE_TYPE(Type) KMP_VALUE(KmpEntryType, (Type), NULL)

/// Further FILE_* characteristics. FILE_DEVICE_SECURE_OPEN is always set.
#define KM_DEVICE_CHARACTERISTICS(Flags) KMP_VALUE(KmpEntryCharacteristics, (Flags), NULL)

/// One handle at a time.
#define KM_DEVICE_EXCLUSIVE KMP_VALUE(KmpEntryExclusive, 0, NULL)

/// How IRP_MJ_READ and IRP_MJ_WRITE transfer data: DO_BUFFERED_IO, which is what a device without this has,
/// DO_DIRECT_IO, or 0 for neither.
#define KM_DEVICE_IO(Flag) KMP_VALUE(KmpEntryTransfer, (Flag), NULL)

/// The pool tag of what the framework allocates for the device: captured buffers and file contexts. Without
/// it 'DmKm'.
#define KM_DEVICE_TAG(PoolTag) KMP_VALUE(KmpEntryTag, (PoolTag), NULL)

/// The device has a context of Type, zeroed, non-paged, which KmDeviceContext finds: at most 60,000 bytes.
/// Start and Stop (KM_DEVICE_START, KM_DEVICE_STOP) may be NULL.
#define KM_DEVICE_CONTEXT(Type, Start, Stop)                                                                 \
    KMP_ENTRY(KmpEntryContext, sizeof(Type), 0, 0, 0, 0, NULL, NULL, Start, Stop, NULL, NULL)

/// Each open handle has a context of Type, zeroed, non-paged, which handlers find by KmRequestFile. Open, a
/// KM_REQUEST_HANDLER for IRP_MJ_CREATE, may refuse, or pend (KmRequestPend) to decide later; Close
/// (KM_FILE_CLOSE) is called for what it has let in. Both may be NULL. What reads, writes, controls, ... and
/// has no context, as another driver may send it without a file object, reaches no handler and is answered by
/// STATUS_INVALID_DEVICE_REQUEST; that of IRP_MJ_INTERNAL_DEVICE_CONTROL does, as do IRP_MJ_PNP,
/// IRP_MJ_POWER, IRP_MJ_SYSTEM_CONTROL, IRP_MJ_CLEANUP and IRP_MJ_SHUTDOWN.
///
/// Of a filter the handles are those of the device below, which is asked once Open has returned success, or
/// by Open itself (KmRequestForwardAndWait), which then returns what that has answered; Open does not pend.
/// Close is called for what Open has let in, also if the device below has refused it then, and when the
/// filter is taken away: then its contexts end, and the handles stay. Of one that was open before,
/// KmRequestFile is NULL.
///
///     typedef struct SESSION {
///         ULONG Reads;
///     } SESSION;
///
///     static NTSTATUS NTAPI Read(PKM_REQUEST Request)
///     {
///         KmRequestFile(Request, SESSION)->Reads += 1;
///         return STATUS_END_OF_FILE;
///     }
///
///     static const KM_DEVICE_ENTRY SessionDevice[] = {
///         KM_DEVICE_NAME(L"\\Device\\Session"),
///         KM_DEVICE_LINK(L"\\DosDevices\\Session"),
///         KM_DEVICE_SDDL(L"D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GR;;;WD)"),
///         KM_DEVICE_TYPE(FILE_DEVICE_UNKNOWN),
///         KM_DEVICE_CHARACTERISTICS(FILE_READ_ONLY_DEVICE),
///         KM_DEVICE_EXCLUSIVE,
///         KM_DEVICE_IO(DO_DIRECT_IO),
///         KM_DEVICE_TAG('sseS'),
///         KM_FILE_CONTEXT(SESSION, NULL, NULL),
///         KM_ON(IRP_MJ_READ, Read),
///         KM_DEVICE_END
///     };
#define KM_FILE_CONTEXT(Type, Open, Close)                                                                   \
    KMP_ENTRY(KmpEntryFile, sizeof(Type), 0, 0, 0, 0, Open, NULL, NULL, NULL, Close, NULL)

/// A handler of a major function. IRP_MJ_CREATE and IRP_MJ_CLOSE are KM_FILE_CONTEXT's where there is one.
#define KM_ON(MajorFunction, Handler)                                                                        \
    KMP_ENTRY(KmpEntryMajor, MajorFunction, 0, 0, 0, 0, Handler, NULL, NULL, NULL, NULL, NULL)

/// A handler of a control code, for which the sizes are checked before it is called: the input is exactly one
/// InputType, the output has room for one OutputType at least, and with success one OutputType is what comes
/// back. Requests of another input size are answered by STATUS_BUFFER_TOO_SMALL or
/// STATUS_INVALID_BUFFER_SIZE, of a smaller output by STATUS_BUFFER_TOO_SMALL.
#define KM_ON_IOCTL(Code, Handler, InputType, OutputType)                                                    \
    KMP_CONTROL(Code, IRP_MJ_DEVICE_CONTROL, Handler, sizeof(InputType), sizeof(InputType),                  \
                sizeof(OutputType))

/// The same without output, and without input.
///
///     static NTSTATUS NTAPI Any(PKM_REQUEST Request)
///     {
///         KmInfo("%lu bytes in, room for %lu", Request->InputBytes, Request->OutputBytes);
///         return STATUS_SUCCESS;
///     }
///
///     #define CODE(Number) CTL_CODE(FILE_DEVICE_UNKNOWN, Number, METHOD_NEITHER, FILE_ANY_ACCESS)
///
///     static const KM_DEVICE_ENTRY Codes[] = {
///         KM_ON_IOCTL_INPUT(CODE(0x800), Any, LONG),
///         KM_ON_IOCTL_OUTPUT(CODE(0x801), Any, LONG64),
///         KM_ON_IOCTL_BYTES(CODE(0x802), Any, 1, 4096, 0),
///         KM_ON_IOCTL_PLAIN(CODE(0x803), Any),
///         KM_ON_INTERNAL_IOCTL(CODE(0x804), Any, 1, 4096, 0),
///         KM_DEVICE_END
///     };
#define KM_ON_IOCTL_INPUT(Code, Handler, InputType)                                                          \
    KMP_CONTROL(Code, IRP_MJ_DEVICE_CONTROL, Handler, sizeof(InputType), sizeof(InputType), 0)
#define KM_ON_IOCTL_OUTPUT(Code, Handler, OutputType)                                                        \
    KMP_CONTROL(Code, IRP_MJ_DEVICE_CONTROL, Handler, 0, 0, sizeof(OutputType))

/// The same for InputMinimum to InputMaximum bytes of input, and room for OutputMinimum bytes of output: how
/// many come back is what the handler sets (KmRequestSetInformation), else OutputMinimum.
#define KM_ON_IOCTL_BYTES(Code, Handler, InputMinimum, InputMaximum, OutputMinimum)                          \
    KMP_CONTROL(Code, IRP_MJ_DEVICE_CONTROL, Handler, InputMinimum, InputMaximum, OutputMinimum)

/// The same of IRP_MJ_INTERNAL_DEVICE_CONTROL, by which drivers talk to each other.
#define KM_ON_INTERNAL_IOCTL(Code, Handler, InputMinimum, InputMaximum, OutputMinimum)                       \
    KMP_CONTROL(Code, IRP_MJ_INTERNAL_DEVICE_CONTROL, Handler, InputMinimum, InputMaximum, OutputMinimum)

/// A handler of a control code that has neither input nor output; what a caller gives is not looked at.
#define KM_ON_IOCTL_PLAIN(Code, Handler) KMP_CONTROL(Code, IRP_MJ_DEVICE_CONTROL, Handler, 0, MAXULONG, 0)

/// The device is a filter: it is attached to the device of that name, which must be there, and what it has no
/// handler for goes to that one. Handlers pass on by KmRequestForward or KmRequestForwardAndWait.
///
///     static NTSTATUS NTAPI Watch(PKM_REQUEST Request)
///     {
///         KmInfo("a write of %lu bytes", Request->InputBytes);
///         return KmRequestForward(Request);
///     }
///
///     static const KM_DEVICE_ENTRY Filter[] = {
///         KM_FILTER_OF(L"\\Device\\Serial0"),
///         KM_ON(IRP_MJ_WRITE, Watch),
///         KM_DEVICE_END
///     };
#define KM_FILTER_OF(Name)                                                                                   \
    KMP_ENTRY(KmpEntryTrait, 0, 0, 0, 0, 0, NULL, Name, NULL, NULL, NULL, &KmpFilterTrait)

extern const KMP_DEVICE_TRAIT KmpFilterTrait;

/// A device of the framework's: the start of its device object's extension. What is not commented belongs to
/// the framework.
struct KM_DEVICE {
    ULONG64 Signature;
    PDEVICE_OBJECT DeviceObject;   ///< its device object
    PDRIVER_OBJECT DriverObject;   ///< and whose it is
    PDEVICE_OBJECT Lower;          ///< what it is attached to; NULL if nothing
    PDEVICE_OBJECT PhysicalDevice; ///< of a Plug and Play device: its bus's; else NULL
    PVOID Context;                 ///< KM_DEVICE_CONTEXT's
    const KM_DEVICE_ENTRY *Entries;
    const KM_DEVICE_ENTRY *File; // KM_FILE_CONTEXT's; NULL if there is none
    const KMP_DEVICE_TRAIT *Trait;
    PVOID TraitState;
    KM_ALLOCATOR Memory;                     // of what is allocated for it
    KMP_RUNDOWN Requests;                    // under way, and pending ones
    const KMP_QUEUE_ROUTINES *QueueRoutines; // NULL: it has no queues
    LIST_ENTRY Queues;
    PVOID FilterFiles;    // contexts of handles of the device below
    volatile LONG Ending; // nothing pends any more
    WCHAR NameSuffix[32];
};

/// Makes a device of DriverObject as Entries, which stay the caller's, say; it can be opened when this
/// returns. The first one sets the driver's dispatch routines. Give it back by KmDeviceDelete, or
/// KmDriverStop does.
///
///     static const KM_DEVICE_ENTRY Entries[] = {KM_DEVICE_NAME(L"\\Device\\Late"), KM_DEVICE_END};
///     PKM_DEVICE Device;
///
///     Status = KmDeviceCreate(DriverObject, Entries, NULL, &Device);
///     if (NT_SUCCESS(Status)) {
///         KmInfo("%p", KmDeviceContext(Device, VOID));
///         KmDeviceDelete(Device);
///     }
///
/// NameSuffix (may be NULL) is put behind the name and the links: L"3" makes \Device\Late3. Returns what
/// IoCreateDevice, IoCreateSymbolicLink, the start routine or the filter's target answer;
/// STATUS_INVALID_PARAMETER if a line of Entries is wrong: it is there twice, has no handler, a name or an
/// SDDL string that is none, or goes with no other line of the table; STATUS_NAME_TOO_LONG for a name of more
/// than 128 characters in all, or a suffix of more than 31. Nothing is left then. What is wrong is said to
/// the debugger, a line a mistake: which entry of the table, and why; so is what cannot be made or found.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmDeviceCreate(_In_ PDRIVER_OBJECT DriverObject, _In_ const KM_DEVICE_ENTRY *Entries,
                   _In_opt_ PCWSTR NameSuffix, _Out_ PKM_DEVICE *Device);

/// Ends a device: its links go, a filter is detached, pending requests are completed with STATUS_CANCELLED,
/// it waits for those under way, also for those that a filter has passed on, until they have left it, and
/// calls the stop routine. New requests of handles that are still open are answered by STATUS_DELETE_PENDING;
/// those that have come by way of a filter are the device's below, which gets what is sent from then on.
_IRQL_requires_max_(PASSIVE_LEVEL) VOID NTAPI KmDeviceDelete(_In_ PKM_DEVICE Device);

/// The context of a device as a Type *. Any IRQL.
#define KmDeviceContext(Device, Type) ((Type *)(Device)->Context)

#ifdef __cplusplus
}
#endif

#endif
