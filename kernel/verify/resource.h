// SPDX-License-Identifier: MIT
// What drivers get by one routine and must give back by another (nt/facts/resources.tsv): noted at the
// border, told of where a driver is unloaded and has not given it back.
#ifndef KMODE_VERIFY_RESOURCE_H
#define KMODE_VERIFY_RESOURCE_H

// Kind of thing, the finding, what the driver should have done.
#define VI_RESOURCES(X)                                                                                      \
    X(Mdl, MdlLeak, "freed the MDL at")                                                                      \
    X(Irp, IrpLeak, "freed the IRP at")                                                                      \
    X(WorkItem, WorkItemLeak, "freed the work item at")                                                      \
    X(SymbolicLink, SymbolicLinkLeft, "deleted the symbolic link")                                           \
    X(Device, DeviceLeft, "deleted the device object at")                                                    \
    X(Reference, ReferenceLeak, "given up its reference to the object at")                                   \
    X(Handle, HandleLeak, "closed the handle")                                                               \
    X(LockedPages, PagesLeftLocked, "unlocked the pages of the MDL at")                                      \
    X(Mapping, MappingLeak, "unmapped the mapping at")                                                       \
    X(ContiguousMemory, ContiguousMemoryLeak, "freed the contiguous memory at")                              \
    X(MdlPages, MdlPagesLeak, "freed the pages of the MDL at")                                               \
    X(LookasideList, LookasideListLeft, "deleted the lookaside list at")                                     \
    X(Resource, ResourceLeft, "deleted the ERESOURCE at")                                                    \
    X(RundownProtection, RundownProtectionLeak, "freed the rundown protection at")                           \
    X(AllocatedTimer, TimerLeak, "deleted the timer at")                                                     \
    X(NotifyRoutine, NotifyRoutineLeft, "removed the notify routine at")                                     \
    X(Registration, RegistrationLeft, "undone the registration of")                                          \
    X(WmiProvider, WmiRegistrationLeft, "deregistered as a WMI provider the device object at")               \
    X(Interrupt, InterruptLeft, "disconnected the interrupt at")                                             \
    X(SetTimer, TimerLeft, "cancelled the timer at")                                                         \
    X(QueuedDpc, DpcLeft, "waited for the DPC at")                                                           \
    X(QueuedWork, WorkItemQueued, "waited for the work item at")                                             \
    X(SystemThread, ThreadLeft, "ended its thread that began at")

typedef enum _VI_RESOURCE_KIND {
#define VI_RESOURCE_ID(Id, ...) ViResource##Id,
    VI_RESOURCES(VI_RESOURCE_ID)
#undef VI_RESOURCE_ID
} VI_RESOURCE_KIND;

typedef enum _VI_KEY_FORM { ViKeyResult, ViKeyArgument, ViKeyPointedTo, ViKeyName } VI_KEY_FORM;
typedef enum _VI_WHEN { ViAlways, ViWhenSuccess, ViWhenResult, ViBefore } VI_WHEN;

// A line of the table.
typedef struct _VI_RESOURCE_ROW {
    PCSTR Routine;
    UCHAR Kind; // VI_RESOURCE_KIND
    BOOLEAN Gets;
    UCHAR Form;      // VI_KEY_FORM
    UCHAR Argument;  // from 1
    UCHAR When;      // VI_WHEN
    UCHAR Condition; // 0, or the argument that decides, from 1
    UCHAR ConditionValue;
    BOOLEAN ConditionEqual; // FALSE: it decides by being anything else
} VI_RESOURCE_ROW;

// The table's lines about the routine Name; NULL, and *Count 0, if there are none.
const VI_RESOURCE_ROW *ViFindResourceRows(PCSTR Name, PULONG Count);

// Whether Row happens in front of its routine, or behind it.
static inline BOOLEAN ViHappensBefore(const VI_RESOURCE_ROW *Row)
{
    return !Row->Gets || Row->When == ViBefore;
}

// A driver's call of the routine that Row is about: in front of it for what it gives back, behind it for what
// it gets.
VOID ViApplyResourceRow(const VI_RESOURCE_ROW *Row, const VI_CALL *Call, ULONG_PTR Result);

// Where the thing that Key identifies was got. FALSE: nobody knows.
BOOLEAN ViWhereGot(VI_RESOURCE_KIND Kind, ULONG_PTR Key, VI_STACK *Stack);

// The kernel has itself given back the thing that Key identifies, if a driver had it. Any IRQL <=
// DISPATCH_LEVEL.
VOID ViForgetResource(VI_RESOURCE_KIND Kind, ULONG_PTR Key);

// Whether the thing is still as it was left: a timer set, a DPC or work item queued, a thread running; of all
// others nobody but the driver can have given them back (verify/unload.c).
BOOLEAN ViIsStillThere(VI_RESOURCE_KIND Kind, ULONG_PTR Key);

// Tells of what the image at [Base, Base + Bytes) has got and not given back, and forgets it; of handles and
// references alone if its unload Waits.
VOID ViCheckResourceLeaks(ULONG_PTR Base, SIZE_T Bytes, BOOLEAN Waits);

#endif
