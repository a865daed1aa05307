// SPDX-License-Identifier: MIT
// Changes that wait for a request, as the records that it will be answered with.
#include "inc/kernel.h"
#include "fsrtl/notify.h"

// The bytes that a name of Name's takes in a record, which is in Unicode.
static ULONG FsRtlpWideBytes(const FSRTLP_NOTIFY *Notify, ULONG Bytes)
{
    return Notify->CharacterBytes == sizeof(WCHAR) ? Bytes : Bytes * sizeof(WCHAR);
}

static PWCHAR FsRtlpPutName(const FSRTLP_NOTIFY *Notify, PWCHAR To, const CHAR *Name, ULONG Bytes)
{
    if (Notify->CharacterBytes == sizeof(WCHAR)) {
        RtlCopyMemory(To, Name, Bytes);
        return To + Bytes / sizeof(WCHAR);
    }
    ULONG Written = 0;
    RtlMultiByteToUnicodeN(To, Bytes * sizeof(WCHAR), &Written, Name, Bytes);
    return To + Written / sizeof(WCHAR);
}

// The three parts of the name of a change: the folders below the watched one, the last component, the stream.
typedef struct _FSRTLP_NAME_PARTS {
    const CHAR *Parent, *Last, *Stream;
    ULONG ParentBytes, LastBytes, StreamBytes;
} FSRTLP_NAME_PARTS;

static FSRTLP_NAME_PARTS FsRtlpParts(const FSRTLP_NOTIFY *Notify, const FSRTLP_CHANGE *Change, ULONG Offset)
{
    const STRING *Target = Change->Target, *Normalized = Change->NormalizedParent;
    FSRTLP_NAME_PARTS Parts = {.Parent = Target->Buffer + Offset,
                               .ParentBytes = Change->NameOffset - Offset,
                               .Last = Target->Buffer + Change->NameOffset,
                               .LastBytes = Target->Length - Change->NameOffset};
    // The long names of the folders, of which the file system has given the path without a last separator.
    if (Parts.ParentBytes != 0 && Normalized != NULL && Normalized->Length > Offset) {
        Parts.Parent = Normalized->Buffer + Offset;
        Parts.ParentBytes = Normalized->Length - Offset;
    } else if (Parts.ParentBytes != 0) {
        Parts.ParentBytes -= Notify->CharacterBytes;
    }
    if (Change->Stream != NULL) {
        Parts.Stream = Change->Stream->Buffer;
        Parts.StreamBytes = Change->Stream->Length;
    }
    return Parts;
}

static ULONG FsRtlpNameBytes(const FSRTLP_NOTIFY *Notify, const FSRTLP_NAME_PARTS *Parts)
{
    ULONG Bytes = FsRtlpWideBytes(Notify, Parts->LastBytes);
    if (Parts->ParentBytes != 0) {
        Bytes += FsRtlpWideBytes(Notify, Parts->ParentBytes) + sizeof(WCHAR);
    }
    if (Parts->StreamBytes != 0) {
        Bytes += FsRtlpWideBytes(Notify, Parts->StreamBytes) + sizeof(WCHAR);
    }
    return Bytes;
}

static VOID FsRtlpPutParts(const FSRTLP_NOTIFY *Notify, const FSRTLP_NAME_PARTS *Parts, PWCHAR To)
{
    if (Parts->ParentBytes != 0) {
        To = FsRtlpPutName(Notify, To, Parts->Parent, Parts->ParentBytes);
        *To++ = L'\\';
    }
    To = FsRtlpPutName(Notify, To, Parts->Last, Parts->LastBytes);
    if (Parts->StreamBytes != 0) {
        *To++ = L':';
        FsRtlpPutName(Notify, To, Parts->Stream, Parts->StreamBytes);
    }
}

static VOID FsRtlpLoseChanges(FSRTLP_NOTIFY *Notify)
{
    Notify->ChangesLost = TRUE;
    Notify->ChangesBytes = Notify->LastChange = 0;
}

VOID FsRtlpAddChange(FSRTLP_NOTIFY *Notify, const FSRTLP_CHANGE *Change, ULONG Offset)
{
    if (Notify->ChangesLost || Notify->IgnoreBuffer) {
        FsRtlpLoseChanges(Notify);
        return;
    }
    FSRTLP_NAME_PARTS Parts = FsRtlpParts(Notify, Change, Offset);
    ULONG NameBytes = FsRtlpNameBytes(Notify, &Parts);
    ULONG Start = (Notify->ChangesBytes + sizeof(ULONG) - 1) & ~((ULONG)sizeof(ULONG) - 1);
    ULONG Bytes = FIELD_OFFSET(FILE_NOTIFY_INFORMATION, FileName) + NameBytes;
    if (Notify->Changes == NULL) {
        Notify->Changes = ExAllocatePoolWithTag(NonPagedPoolNx, Notify->ChangesSize, TAG_NOTIFY);
    }
    if (Notify->Changes == NULL || Start + Bytes > Notify->ChangesSize) {
        FsRtlpLoseChanges(Notify);
        return;
    }
    PFILE_NOTIFY_INFORMATION Record = (PFILE_NOTIFY_INFORMATION)(Notify->Changes + Start);
    if (Notify->ChangesBytes != 0) {
        ((PFILE_NOTIFY_INFORMATION)(Notify->Changes + Notify->LastChange))->NextEntryOffset =
            Start - Notify->LastChange;
    }
    Record->NextEntryOffset = 0;
    Record->Action = Change->Action;
    Record->FileNameLength = NameBytes;
    FsRtlpPutParts(Notify, &Parts, Record->FileName);
    Notify->LastChange = Start;
    Notify->ChangesBytes = Start + Bytes;
}
