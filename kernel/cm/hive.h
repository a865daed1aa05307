// SPDX-License-Identifier: MIT
// Hives: trees of keys that are read from files and written to them.
#ifndef KMODE_CM_HIVE_H
#define KMODE_CM_HIVE_H

#include "inc/kernel.h"
#include "cm/hive-read.h"

// ---- Trees and files in memory (cm/hive-tree.c)

// *File, from pool, CmpFreeCaptured frees it: a hive of Bytes with Key for its root and what is under it and
// not volatile. Name is put into it. The registry is locked. STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS CmpWriteTree(PCM_KEY_CONTROL_BLOCK Key, ULONG Minor, ULONG Sequence, PCUNICODE_STRING Name,
                      PVOID *File, PULONG Bytes);
// Puts what the file has into Top, which is new, in no tree, and has a descriptor, the default for those that
// the file has none for. KeyFlags (CM_KEY_VOLATILE, CM_KEY_APPLICATION: without the file's descriptors) are
// each key's. STATUS_NOT_REGISTRY_FILE, STATUS_REGISTRY_CORRUPT, STATUS_INSUFFICIENT_RESOURCES: what was made
// is in Top.
NTSTATUS CmpReadTree(const VOID *File, ULONG Bytes, PCM_KEY_CONTROL_BLOCK Top, ULONG KeyFlags, PULONG Minor,
                     PULONG Sequence);
// The registry is locked for writing, or Top is in no tree: deletes all keys that are under it, whoever has
// opened them.
VOID CmpEmptyTree(PCM_KEY_CONTROL_BLOCK Top);
// The registry is locked. References to Top, and to what is under it, beside the tree's own.
ULONG CmpCountUsers(PCM_KEY_CONTROL_BLOCK Top);

// ---- Files (cm/hive-file.c): IRQL PASSIVE_LEVEL, the registry is not locked. Handles are the kernel's.

// *Contents: from pool, NULL if the file is empty; CmpFreeCaptured frees it. STATUS_INSUFFICIENT_RESOURCES,
// what reading returned.
NTSTATUS CmpReadHiveFile(HANDLE File, PVOID *Contents, PULONG Bytes);
// The file becomes these bytes of a hive. One that is interrupted can be told by its sequence numbers.
NTSTATUS CmpWriteHiveFile(HANDLE File, PVOID Contents, ULONG Bytes);
// A kernel handle to the file of the caller's Handle. STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH,
// STATUS_ACCESS_DENIED (without Access).
NTSTATUS CmpReferenceFile(HANDLE Handle, ACCESS_MASK Access, PHANDLE File);
// A file by the name that the caller gives. Disposition: FILE_OPEN, FILE_OPEN_IF.
NTSTATUS CmpOpenHiveFile(PUNICODE_STRING Name, HANDLE RootDirectory, ULONG Disposition, PHANDLE File);

// *Name: the whole path of the file, from pool; CmpFreeCaptured frees it. STATUS_INSUFFICIENT_RESOURCES, what
// the file system returned.
NTSTATUS CmpQueryFilePath(HANDLE File, POBJECT_NAME_INFORMATION *Name);

// What the caller's OBJECT_ATTRIBUTES name, captured; CmpFreeCaptured frees Name's buffer.
// STATUS_INVALID_PARAMETER, STATUS_INSUFFICIENT_RESOURCES, what reading them raised.
typedef struct _CM_CAPTURED_ATTRIBUTES {
    HANDLE RootDirectory;
    ULONG Attributes;
    UNICODE_STRING Name;
} CM_CAPTURED_ATTRIBUTES;

NTSTATUS CmpCaptureAttributes(POBJECT_ATTRIBUTES Given, CM_CAPTURED_ATTRIBUTES *Captured);
// SeBackupPrivilege, SeRestorePrivilege or both. STATUS_PRIVILEGE_NOT_HELD.
NTSTATUS CmpCheckHivePrivileges(BOOLEAN Backup, BOOLEAN Restore);

// ---- Hives that have a file (cm/hive.c)

typedef struct _CM_HIVE {
    LIST_ENTRY Link; // CmpHives
    PCM_KEY_CONTROL_BLOCK Root;
    HANDLE File;             // the kernel's
    UNICODE_STRING FileName; // from CmpCopyString; with a zero behind it
    ULONG Minor, Sequence;
    BOOLEAN Application; // it goes with its last user
    PKEVENT UserEvent;   // referenced: set when it is unloaded; NULL: none
    PKEVENT UnloadEvent; // the same, of who waits for its last user to go
} CM_HIVE, *PCM_HIVE;

// The registry is locked. The hive that Key is in; NULL: it has no file.
PCM_HIVE CmpHiveOf(PCM_KEY_CONTROL_BLOCK Key);
// The registry is locked for writing. Root has become a key of the tree. Control\hivelist has it from now on,
// unless it is an application's. STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS CmpAddHive(PCM_HIVE Hive, PCM_KEY_CONTROL_BLOCK Root);
// The registry is not locked. Writes the hive of Key if it has changed. STATUS_KEY_DELETED.
NTSTATUS CmpFlushHive(PCM_KEY_CONTROL_BLOCK Key);

#define CM_UNLOAD_FORCE 1u // whoever has opened keys
#define CM_UNLOAD_LATE  2u // when nobody has any more

// Key is the root of a hive with a file, of which Own users are the caller's: writes it, and takes it out of
// the tree. STATUS_INVALID_PARAMETER: it is not; STATUS_CANNOT_DELETE: others have opened keys;
// STATUS_PENDING: the same, and Event, which is referenced then, will be set; STATUS_KEY_DELETED, and what
// writing returned.
NTSTATUS CmpUnloadHive(PCM_KEY_CONTROL_BLOCK Key, ULONG Own, ULONG Flags, PKEVENT Event);
// A user of a key has gone: unloads the hives that have waited for that.
VOID CmpUnloadAbandonedHives(VOID);
// Frees a hive that is in no list.
VOID CmpFreeHive(PCM_HIVE Hive);

#endif
