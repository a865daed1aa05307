// SPDX-License-Identifier: MIT
// Settings out of a line of text, with strings, a vec, boxes and a list: nothing leaks on any way out.
#include <kmode.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmPagedPool, 'tnoC');

typedef struct SETTING {
    LIST_ENTRY Link;
    KM_STRING Name;
    LONG64 Value;
} SETTING, *PSETTING;

typedef KM_LIST(SETTING, Link) SETTING_LIST;
typedef KM_VEC(UNICODE_STRING) PART_VEC;

static SETTING_LIST Settings = KM_LIST_INIT(Settings);

static LONG NTAPI CompareParts(const VOID *Left, const VOID *Right, PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    return KmUnicodeCompare((PCUNICODE_STRING)Left, (PCUNICODE_STRING)Right, TRUE);
}

// One "name=value". The box gives the setting back on every way out but the last.
static NTSTATUS AddSetting(UNICODE_STRING Text)
{
    KM_SCOPED_BOX(SETTING, Box, &Pool);
    UNICODE_STRING Name;
    LONG64 Value;
    NTSTATUS Status;

    if (!KmUnicodeNextPart(&Text, L"=", FALSE, &Name) || !NT_SUCCESS(KmUnicodeToSigned(&Text, 0, &Value))) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = KmBoxAllocate(&Box);
    if (NT_SUCCESS(Status)) {
        KmStringInit(&Box.Pointer->Name, &Pool);
        Status = KmStringAssign(&Box.Pointer->Name, &Name);
    }
    if (NT_SUCCESS(Status)) {
        Box.Pointer->Value = Value;
        KmListPushBack(&Settings, KmBoxRelease(&Box));
    }
    return Status;
}

static NTSTATUS ReadSettings(PCUNICODE_STRING Text)
{
    PART_VEC Parts = KM_VEC_INIT(&Pool);
    UNICODE_STRING Rest = *Text, Part;
    NTSTATUS Status = STATUS_SUCCESS;
    SIZE_T Doubles;

    while (NT_SUCCESS(Status) && KmUnicodeNextPart(&Rest, L"; ", TRUE, &Part)) {
        Status = KmVecPush(&Parts, Part);
    }
    KmVecSort(&Parts, CompareParts, NULL);
    Doubles = KmVecDedup(&Parts, CompareParts, NULL);
    KmInfo("%Iu settings, and %Iu that were given twice", KmVecCount(&Parts), Doubles);
    KmVecForEach(UNICODE_STRING, Each, &Parts) {
        Status = NT_SUCCESS(Status) ? AddSetting(*Each) : Status;
        if (Status == STATUS_INVALID_PARAMETER) {
            KmWarn("%wZ is no setting", Each);
            Status = STATUS_SUCCESS;
        }
    }
    KmVecFree(&Parts);
    return Status;
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    PSETTING Setting;

    UNREFERENCED_PARAMETER(DriverObject);
    while ((Setting = KmListPopFront(&Settings)) != NULL) {
        KmInfo("%wZ is %I64d", &Setting->Name.Unicode, Setting->Value);
        KmStringFree(&Setting->Name);
        KmFree(&Pool, Setting, sizeof(*Setting));
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const UNICODE_STRING Text =
        RTL_CONSTANT_STRING(L"Depth=12; speed=0x40; depth=12; Mode=fast; Bias=-3");
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    (void)KmLogInit(KmLevelInfo);
    DriverObject->DriverUnload = Unload;
    Status = ReadSettings(&Text);
    if (!NT_SUCCESS(Status)) {
        Unload(DriverObject);
    }
    return Status;
}
