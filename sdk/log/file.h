// SPDX-License-Identifier: MIT
// The file sink's parts. Inside the SDK's log only.
#ifndef KMODE_SDK_LOG_FILE_H
#define KMODE_SDK_LOG_FILE_H

#include <kmode.h>

/// A place of the queue. Sequence is the position that may use it next: equal to a writer's position, it is
/// free; one more, it has that position's line.
typedef struct KMP_LOG_FILE_LINE {
    volatile LONG Sequence;
    ULONG Length;
    CHAR Text[1]; // LineBytes of them
} KMP_LOG_FILE_LINE;

/// The files of a sink: the one that is written, and the names of all.
typedef struct KMP_LOG_FILES {
    HANDLE Handle; // NULL: none is open
    ULONG64 Bytes;
    ULONG64 MaximumBytes;
    ULONG Count;
    UNICODE_STRING Path;    // with room for a number behind it
    UNICODE_STRING NewPath; // likewise
} KMP_LOG_FILES;

#define KMP_LOG_FILE_SUFFIX_CHARACTERS 4 // ".99", and the zero

/// Opens the file, to write at its end. IRQL PASSIVE_LEVEL.
NTSTATUS KmpLogOpenFile(_Inout_ KMP_LOG_FILES *Files);

/// Writes Length bytes, after giving the files their next names if there is no room. IRQL PASSIVE_LEVEL.
NTSTATUS KmpLogWriteFile(_Inout_ KMP_LOG_FILES *Files, _In_reads_bytes_(Length) PCSTR Text,
                         _In_ ULONG Length);

/// Closes the file. IRQL PASSIVE_LEVEL.
VOID KmpLogCloseFile(_Inout_ KMP_LOG_FILES *Files);

#endif
