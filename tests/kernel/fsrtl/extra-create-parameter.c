// SPDX-License-Identifier: MIT
// Extra create parameters: lists of them, and what drivers make of those that come with an open; oplock keys.
#include "../io/device.h"

static const GUID First = {0x11111111, 1, 1, {1}};
static const GUID Second = {0x22222222, 2, 2, {2}};
static const GUID Third = {0x33333333, 3, 3, {3}};
static const GUID OplockKeyType = {
    0x48850596, 0x3050, 0x4be7, {0x98, 0x63, 0xfe, 0xc3, 0x50, 0xce, 0x8d, 0x7f}};
static const GUID DualOplockKeyType = {
    0x41621a14, 0xb08b, 0x4df1, {0xb6, 0x76, 0xa0, 0x5f, 0xfd, 0xf0, 0x1b, 0xea}};

static ULONG Cleanups;
static ULONG LastCleaned;

static VOID CleanUp(PVOID Context, LPCGUID Type)
{
    Cleanups += 1;
    LastCleaned = *(PULONG)Context;
    OK(Type->Data1 == 0x11111111 || Type->Data1 == 0x22222222 || Type->Data1 == 0x33333333);
}

static PVOID Make(const GUID *Type, ULONG Value)
{
    PVOID Context = NULL;
    IS(FsRtlAllocateExtraCreateParameter(Type, sizeof(ULONG), 0, CleanUp, 'tseT', &Context), STATUS_SUCCESS);
    IS(*(PULONG)Context, 0);
    *(PULONG)Context = Value;
    return Context;
}

static void TestList(void)
{
    PECP_LIST List;
    PVOID A = Make(&First, 1), B = Make(&Second, 2), C = Make(&First, 3), Found;
    ULONG Bytes;
    GUID Type;
    IS(FsRtlAllocateExtraCreateParameterList(FSRTL_ALLOCATE_ECPLIST_FLAG_CHARGE_QUOTA, &List),
       STATUS_SUCCESS);
    IS(FsRtlGetNextExtraCreateParameter(List, NULL, &Type, &Found, &Bytes), STATUS_NOT_FOUND);
    OK(Found == NULL);
    IS(FsRtlInsertExtraCreateParameter(List, A), STATUS_SUCCESS);
    IS(FsRtlInsertExtraCreateParameter(List, A), STATUS_INVALID_PARAMETER);
    IS(FsRtlInsertExtraCreateParameter(List, C), STATUS_INVALID_PARAMETER); // of the same type
    IS(FsRtlFindExtraCreateParameter(List, &Second, &Found, &Bytes), STATUS_NOT_FOUND);
    IS(FsRtlInsertExtraCreateParameter(List, B), STATUS_SUCCESS);
    IS(FsRtlFindExtraCreateParameter(List, &Second, &Found, &Bytes), STATUS_SUCCESS);
    IS(Found, B);
    IS(Bytes, sizeof(ULONG));
    IS(FsRtlFindExtraCreateParameter(List, &First, NULL, NULL), STATUS_SUCCESS);
    IS(FsRtlGetNextExtraCreateParameter(NULL, NULL, &Type, &Found, &Bytes), STATUS_INVALID_PARAMETER);
    IS(FsRtlGetNextExtraCreateParameter(List, NULL, &Type, &Found, &Bytes), STATUS_SUCCESS);
    IS(Found, A);
    OK(IsEqualGUID(&Type, &First));
    IS(FsRtlGetNextExtraCreateParameter(List, A, &Type, &Found, &Bytes), STATUS_SUCCESS);
    IS(Found, B);
    IS(FsRtlGetNextExtraCreateParameter(List, B, &Type, &Found, &Bytes), STATUS_NOT_FOUND);
    OK(Found == NULL);
    IS(Bytes, 0);
    IS(FsRtlRemoveExtraCreateParameter(List, &Third, &Found, &Bytes), STATUS_NOT_FOUND);
    OK(Found == NULL);
    IS(FsRtlRemoveExtraCreateParameter(List, &First, &Found, &Bytes), STATUS_SUCCESS);
    IS(Found, A);
    IS(FsRtlInsertExtraCreateParameter(List, C), STATUS_SUCCESS);
    OK(!FsRtlIsEcpAcknowledged(A));
    FsRtlAcknowledgeEcp(A);
    OK(FsRtlIsEcpAcknowledged(A));
    OK(!FsRtlIsEcpAcknowledged(B));
    FsRtlPrepareToReuseEcp(A);
    OK(!FsRtlIsEcpAcknowledged(A));
    OK(!FsRtlIsEcpFromUserMode(A));
    IS(Cleanups, 0);
    FsRtlFreeExtraCreateParameter(A);
    IS(Cleanups, 1);
    IS(LastCleaned, 1);
    FsRtlFreeExtraCreateParameterList(List);
    IS(Cleanups, 3);
}

static void TestLookaside(void)
{
    static DECLSPEC_ALIGN(16) NPAGED_LOOKASIDE_LIST NonPaged;
    static DECLSPEC_ALIGN(16) PAGED_LOOKASIDE_LIST Paged;
    PVOID Context;
    Cleanups = 0;
    FsRtlInitExtraCreateParameterLookasideList(&NonPaged, FSRTL_ECP_LOOKASIDE_FLAG_NONPAGED_POOL, 64, 'tseT');
    FsRtlInitExtraCreateParameterLookasideList(&Paged, 0, 64, 'tseT');
    for (ULONG Round = 0; Round < 3; Round += 1) {
        IS(FsRtlAllocateExtraCreateParameterFromLookasideList(
               &First, 64, FSRTL_ALLOCATE_ECP_FLAG_NONPAGED_POOL, CleanUp, &NonPaged, &Context),
           STATUS_SUCCESS);
        IS(((PULONG)Context)[15], 0);
        RtlFillMemory(Context, 64, 0xff);
        FsRtlFreeExtraCreateParameter(Context);
        IS(FsRtlAllocateExtraCreateParameterFromLookasideList(&First, 32, 0, CleanUp, &Paged, &Context),
           STATUS_SUCCESS);
        FsRtlFreeExtraCreateParameter(Context);
    }
    IS(FsRtlAllocateExtraCreateParameterFromLookasideList(&First, 65, 0, NULL, &Paged, &Context),
       STATUS_INSUFFICIENT_RESOURCES);
    OK(Context == NULL);
    IS(Cleanups, 6);
    FsRtlDeleteExtraCreateParameterLookasideList(&NonPaged, FSRTL_ECP_LOOKASIDE_FLAG_NONPAGED_POOL);
    FsRtlDeleteExtraCreateParameterLookasideList(&Paged, 0);
}

// ---- With an open

static struct {
    ULONG Creates, Upper;
    PECP_LIST Seen;
    OPLOCK Oplock;
    BOOLEAN SetList, AddParameter, TakeKey;
} Device;

static NTSTATUS NTAPI Create(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PECP_LIST List = (PVOID)1;
    PVOID Context;
    Device.Creates += 1;
    IS(FsRtlGetEcpListFromIrp(Irp, &List), STATUS_SUCCESS);
    Device.Seen = List;
    if (Device.SetList) {
        PECP_LIST New;
        IS(FsRtlAllocateExtraCreateParameterList(0, &New), STATUS_SUCCESS);
        IS(FsRtlInsertExtraCreateParameter(New, Make(&Third, 9)), STATUS_SUCCESS);
        IS(FsRtlSetEcpListIntoIrp(Irp, New), STATUS_SUCCESS);
        IS(FsRtlSetEcpListIntoIrp(Irp, New), STATUS_INVALID_PARAMETER_3);
    }
    if (List != NULL && NT_SUCCESS(FsRtlFindExtraCreateParameter(List, &First, &Context, NULL))) {
        FsRtlAcknowledgeEcp(Context);
    }
    if (Device.AddParameter) {
        IS(FsRtlInsertExtraCreateParameter(List, Make(&Third, 8)), STATUS_SUCCESS);
    }
    if (Device.TakeKey) {
        IS(FsRtlCheckOplockEx(&Device.Oplock, Irp, OPLOCK_FLAG_OPLOCK_KEY_CHECK_ONLY, NULL, NULL, NULL),
           STATUS_SUCCESS);
    }
    return SucceedRequest(DeviceObject, Irp);
}

static NTSTATUS NTAPI NoList(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PECP_LIST List;
    IS(FsRtlGetEcpListFromIrp(Irp, &List), STATUS_INVALID_PARAMETER);
    IS(FsRtlSetEcpListIntoIrp(Irp, NULL), STATUS_INVALID_PARAMETER_2);
    return SucceedRequest(DeviceObject, Irp);
}

static NTSTATUS NTAPI UpperCreate(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    Device.Upper += 1;
    return SucceedRequest(DeviceObject, Irp);
}

static NTSTATUS Open(PIO_DRIVER_CREATE_CONTEXT Context, PFILE_OBJECT *File)
{
    HANDLE Handle;
    IO_STATUS_BLOCK IoStatus;
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\EcpTest");
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status = IoCreateFileEx(&Handle, FILE_READ_DATA | FILE_WRITE_DATA, &Attributes, &IoStatus, NULL,
                                     0, 0, FILE_OPEN, 0, NULL, 0, CreateFileTypeNone, NULL, 0, Context);
    if (NT_SUCCESS(Status)) {
        if (File != NULL) {
            IS(ObReferenceObjectByHandle(Handle, 0, *IoFileObjectType, KernelMode, (PVOID *)File, NULL),
               STATUS_SUCCESS);
        }
        ZwClose(Handle);
    }
    return Status;
}

static void TestOpen(void)
{
    IO_DRIVER_CREATE_CONTEXT Context;
    PECP_LIST List;
    PVOID Ecp, Found;
    PDEVICE_OBJECT Lower = MakeDevice(L"EcpLower", L"\\Device\\EcpTest", 0);
    PDEVICE_OBJECT Upper = MakeDevice(L"EcpUpper", NULL, 0), Stranger = MakeDevice(L"EcpOther", NULL, 0);
    DispatchOf(Lower, IRP_MJ_CREATE, Create);
    DispatchOf(Lower, IRP_MJ_CLEANUP, NoList);
    DispatchOf(Lower, IRP_MJ_CLOSE, SucceedRequest);
    Cleanups = 0;
    IS(Open(NULL, NULL), STATUS_SUCCESS);
    IS(Device.Creates, 1);
    OK(Device.Seen == NULL);
    IoInitializeDriverCreateContext(&Context);
    IS(FsRtlAllocateExtraCreateParameterList(0, &List), STATUS_SUCCESS);
    Ecp = Make(&First, 4);
    IS(FsRtlInsertExtraCreateParameter(List, Ecp), STATUS_SUCCESS);
    Context.ExtraCreateParameter = List;
    // What drivers add is theirs, and gone behind the open; the caller's own stays.
    Device.AddParameter = TRUE;
    IS(Open(&Context, NULL), STATUS_SUCCESS);
    IS(Device.Seen, List);
    OK(FsRtlIsEcpAcknowledged(Ecp));
    IS(Cleanups, 1);
    IS(LastCleaned, 8);
    IS(FsRtlFindExtraCreateParameter(List, &First, &Found, NULL), STATUS_SUCCESS);
    IS(FsRtlFindExtraCreateParameter(List, &Third, &Found, NULL), STATUS_NOT_FOUND);
    Device.AddParameter = FALSE;
    Device.SetList = TRUE;
    Context.ExtraCreateParameter = NULL;
    IS(Open(&Context, NULL), STATUS_SUCCESS);
    IS(Cleanups, 2);
    IS(LastCleaned, 9);
    Device.SetList = FALSE;
    // Where it is sent.
    Context.DeviceObjectHint = Stranger;
    Device.Creates = 0;
    IS(Open(&Context, NULL), STATUS_INVALID_DEVICE_OBJECT_PARAMETER);
    DispatchOf(Upper, IRP_MJ_CREATE, UpperCreate);
    DispatchOf(Upper, IRP_MJ_CLEANUP, SucceedRequest);
    DispatchOf(Upper, IRP_MJ_CLOSE, SucceedRequest);
    OK(IoAttachDeviceToDeviceStack(Upper, Lower) == Lower);
    Context.DeviceObjectHint = Lower;
    IS(Open(&Context, NULL), STATUS_SUCCESS);
    IS(Device.Creates, 1);
    IS(Device.Upper, 0);
    Context.DeviceObjectHint = NULL;
    IS(Open(&Context, NULL), STATUS_SUCCESS);
    IS(Device.Upper, 1);
    IoDetachDevice(Lower);
    // What is no context.
    Context.Size -= 1;
    IS(Open(&Context, NULL), STATUS_INVALID_PARAMETER);
    Context.Size += 1;
    Context.TxnParameters = (PVOID)&Context;
    IS(Open(&Context, NULL), STATUS_NOT_SUPPORTED);
    FsRtlFreeExtraCreateParameterList(List);
    DeleteDevice(Lower);
    DeleteDevice(Upper);
    DeleteDevice(Stranger);
}

static PFILE_OBJECT OpenWithKey(const GUID *Type, PVOID Key, ULONG Bytes)
{
    PFILE_OBJECT File = NULL;
    PECP_LIST List;
    PVOID Ecp;
    IO_DRIVER_CREATE_CONTEXT Context;
    IoInitializeDriverCreateContext(&Context);
    IS(FsRtlAllocateExtraCreateParameterList(0, &List), STATUS_SUCCESS);
    IS(FsRtlAllocateExtraCreateParameter(Type, Bytes, 0, NULL, 'tseT', &Ecp), STATUS_SUCCESS);
    RtlCopyMemory(Ecp, Key, Bytes);
    IS(FsRtlInsertExtraCreateParameter(List, Ecp), STATUS_SUCCESS);
    Context.ExtraCreateParameter = List;
    IS(Open(&Context, &File), STATUS_SUCCESS);
    FsRtlFreeExtraCreateParameterList(List);
    return File;
}

static void TestOplockKeys(void)
{
    PFILE_OBJECT None, One, Same, Another;
    OPLOCK_KEY_ECP_CONTEXT Key = {.OplockKey = First};
    DUAL_OPLOCK_KEY_ECP_CONTEXT Dual = {.TargetOplockKey = First, .TargetOplockKeySet = TRUE};
    DUAL_OPLOCK_KEY_ECP_CONTEXT Parent = {.ParentOplockKey = Second, .ParentOplockKeySet = TRUE};
    PDEVICE_OBJECT Lower = MakeDevice(L"EcpLower", L"\\Device\\EcpTest", 0);
    DispatchOf(Lower, IRP_MJ_CREATE, Create);
    DispatchOf(Lower, IRP_MJ_CLEANUP, SucceedRequest);
    DispatchOf(Lower, IRP_MJ_CLOSE, SucceedRequest);
    Device.TakeKey = TRUE;
    IS(Open(NULL, &None), STATUS_SUCCESS);
    OK(IoGetOplockKeyContext(None) == NULL);
    OK(IoGetOplockKeyContextEx(None) == NULL);
    One = OpenWithKey(&OplockKeyType, &Key, sizeof(Key));
    OK(IsEqualGUID(&IoGetOplockKeyContext(One)->OplockKey, &First));
    IS(IoGetOplockKeyContextEx(One)->Version, OPLOCK_KEY_VERSION_WIN7);
    IS(IoGetOplockKeyContextEx(One)->Flags, OPLOCK_KEY_FLAG_TARGET_KEY);
    Same = OpenWithKey(&DualOplockKeyType, &Dual, sizeof(Dual));
    IS(IoGetOplockKeyContextEx(Same)->Version, OPLOCK_KEY_VERSION_WIN8);
    OK(FsRtlOplockKeysEqual(One, Same));
    OK(!FsRtlOplockKeysEqual(One, None));
    Another = OpenWithKey(&DualOplockKeyType, &Parent, sizeof(Parent));
    IS(IoGetOplockKeyContextEx(Another)->Flags, OPLOCK_KEY_FLAG_PARENT_KEY);
    OK(IoGetOplockKeyContext(Another) == NULL);
    OK(!FsRtlOplockKeysEqual(One, Another));
    ObDereferenceObject(None);
    ObDereferenceObject(One);
    ObDereferenceObject(Same);
    ObDereferenceObject(Another);
    DeleteDevice(Lower);
}

TEST_DRIVER(TestList, TestLookaside, TestOpen, TestOplockKeys)
