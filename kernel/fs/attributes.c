// SPDX-License-Identifier: MIT
// A file's attributes: what the disk keeps of them, what is shown, what a caller may give.
#include "inc/kernel.h"
#include "fs/fs.h"

// Those that a caller may change. (ZwCreateFile, FILE_BASIC_INFORMATION)
#define FSP_KEPT_ATTRIBUTES                                                                                  \
    (FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE |      \
     FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_OFFLINE | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED)

ULONG FspAttributesOf(const KM_FILE_STATUS *Status)
{
    const BOOLEAN Folder = (Status->attributes & KM_FILE_FOLDER) != 0;
    ULONG Attributes = Folder ? 0 : FILE_ATTRIBUTE_ARCHIVE;
    if (Status->attributes & KM_FILE_KEPT) {
        Attributes = Status->kept & FSP_KEPT_ATTRIBUTES;
    }
    if (Folder) {
        return Attributes | FILE_ATTRIBUTE_DIRECTORY;
    }
    // A file's is Linux's too, and may have been changed there.
    return (Attributes & ~(ULONG)FILE_ATTRIBUTE_READONLY) |
           (Status->attributes & KM_FILE_READ_ONLY ? FILE_ATTRIBUTE_READONLY : 0);
}

ULONG FspShownAttributes(ULONG Attributes)
{
    return Attributes != 0 ? Attributes : FILE_ATTRIBUTE_NORMAL;
}

BOOLEAN FspMayHaveAttributes(ULONG Attributes, BOOLEAN Folder)
{
    return Folder ? !(Attributes & FILE_ATTRIBUTE_TEMPORARY) : !(Attributes & FILE_ATTRIBUTE_DIRECTORY);
}

BOOLEAN FspSetAttributes(FSP_NODE *Node, ULONG Attributes)
{
    Attributes = (Attributes & FSP_KEPT_ATTRIBUTES) | (Node->Attributes & FILE_ATTRIBUTE_DIRECTORY);
    if (Attributes == Node->Attributes) {
        return FALSE;
    }
    Node->Attributes = Attributes;
    Node->AttributesChanged = Node->TimesChanged = TRUE;
    return TRUE;
}

ULONG FspAttributesToKeep(const FSP_NODE *Node)
{
    return Node->Attributes & FSP_KEPT_ATTRIBUTES;
}

BOOLEAN FspMayOverwrite(const FSP_NODE *Node, ULONG Attributes)
{
    const ULONG Guarded = Node->Attributes & (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM);
    return (Guarded & ~Attributes) == 0;
}
