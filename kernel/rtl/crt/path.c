// SPDX-License-Identifier: MIT
// Paths into their parts, and out of them.
#include "rtl/crt/crt.h"

#define UNIT    char
#define NAME(x) Narrow##x
#include "rtl/crt/path-parts.h"
#undef UNIT
#undef NAME

#define UNIT    wchar_t
#define NAME(x) Wide##x
#include "rtl/crt/path-parts.h"
#undef UNIT
#undef NAME

errno_t _splitpath_s(const char *Path, char *Drive, size_t DriveSize, char *Folder, size_t FolderSize,
                     char *Name, size_t NameSize, char *Extension, size_t ExtensionSize)
{
    const NarrowPart Parts[4] = {
        {Drive, DriveSize}, {Folder, FolderSize}, {Name, NameSize}, {Extension, ExtensionSize}};

    return NarrowSplit(Path, Parts);
}

errno_t _wsplitpath_s(const wchar_t *Path, wchar_t *Drive, size_t DriveSize, wchar_t *Folder,
                      size_t FolderSize, wchar_t *Name, size_t NameSize, wchar_t *Extension,
                      size_t ExtensionSize)
{
    const WidePart Parts[4] = {
        {Drive, DriveSize}, {Folder, FolderSize}, {Name, NameSize}, {Extension, ExtensionSize}};

    return WideSplit(Path, Parts);
}

errno_t _makepath_s(char *Path, size_t Size, const char *Drive, const char *Folder, const char *Name,
                    const char *Extension)
{
    return NarrowMake((NarrowPart){Path, Size}, Drive, Folder, Name, Extension);
}

errno_t _wmakepath_s(wchar_t *Path, size_t Size, const wchar_t *Drive, const wchar_t *Folder,
                     const wchar_t *Name, const wchar_t *Extension)
{
    return WideMake((WidePart){Path, Size}, Drive, Folder, Name, Extension);
}
