// SPDX-License-Identifier: MIT
// What ObQueryNameString answers of a file object.
#ifndef KMODE_IO_FILE_NAME_H
#define KMODE_IO_FILE_NAME_H

// The device's name and, behind it, the file's as it was opened. STATUS_INFO_LENGTH_MISMATCH, with
// *ReturnLength what is needed. IRQL PASSIVE_LEVEL.
NTSTATUS NTAPI IopQueryFileName(PVOID Object, BOOLEAN HasName, POBJECT_NAME_INFORMATION Information,
                                ULONG Length, PULONG ReturnLength, KPROCESSOR_MODE Mode);

#endif
