// SPDX-License-Identifier: MIT
// The parts of a path of one character type. Included once for each, with UNIT the type and NAME(x) a static
// name.

typedef struct NAME(Part) {
    UNIT *Buffer;
    size_t Size;
} NAME(Part);

static int NAME(IsSlash)(UNIT Unit)
{
    return Unit == '/' || Unit == '\\';
}

// Whether it fits, with its terminator; what is not asked for does.
static int NAME(PutPart)(NAME(Part) Part, const UNIT *Text, size_t Length)
{
    if (!Part.Buffer) {
        return 1;
    }
    if (Length >= Part.Size) {
        return 0;
    }
    memcpy(Part.Buffer, Text, Length * sizeof(UNIT));
    Part.Buffer[Length] = 0;
    return 1;
}

// Drive, folder, name, extension.
static errno_t NAME(Split)(const UNIT *Path, const NAME(Part) Parts[4])
{
    size_t Drive = 0, Name, Dot, End;
    errno_t Error = EINVAL;

    for (int Index = 0; Index < 4; ++Index) {
        if ((Parts[Index].Buffer != NULL) != (Parts[Index].Size != 0)) {
            goto MakeEmpty;
        }
    }
    if (!Path) {
        goto MakeEmpty;
    }
    Error = ERANGE;
    if (Path[0] != 0 && Path[1] == ':') {
        Drive = 2;
    }
    Name = Drive;
    Dot = 0; // none
    for (End = Drive; Path[End] != 0; ++End) {
        if (NAME(IsSlash)(Path[End])) {
            Name = End + 1;
            Dot = 0;
        } else if (Path[End] == '.') {
            Dot = End + 1;
        }
    }
    Dot = Dot == 0 ? End : Dot - 1;
    if (NAME(PutPart)(Parts[0], Path, Drive) && NAME(PutPart)(Parts[1], Path + Drive, Name - Drive) &&
        NAME(PutPart)(Parts[2], Path + Name, Dot - Name) && NAME(PutPart)(Parts[3], Path + Dot, End - Dot)) {
        return 0;
    }

MakeEmpty:
    for (int Index = 0; Index < 4; ++Index) {
        if (Parts[Index].Buffer && Parts[Index].Size != 0) {
            Parts[Index].Buffer[0] = 0;
        }
    }
    return Error;
}

static int NAME(Append)(NAME(Part) Path, size_t *Length, const UNIT *Text, size_t Count)
{
    for (size_t Index = 0; Index < Count && Text[Index] != 0; ++Index) {
        if (*Length + 1 >= Path.Size) {
            return 0;
        }
        Path.Buffer[(*Length)++] = Text[Index];
    }
    return 1;
}

static errno_t NAME(Make)(NAME(Part) Path, const UNIT *Drive, const UNIT *Folder, const UNIT *Name,
                          const UNIT *Extension)
{
    static const UNIT Colon = ':', Slash = '\\', Dot = '.';
    const size_t All = (size_t)-1;
    size_t Length = 0;

    if (!Path.Buffer || Path.Size == 0) {
        return EINVAL;
    }
    if (Drive && Drive[0] != 0 &&
        (!NAME(Append)(Path, &Length, Drive, 1) || !NAME(Append)(Path, &Length, &Colon, 1))) {
        goto TooLong;
    }
    if (Folder && Folder[0] != 0) {
        if (!NAME(Append)(Path, &Length, Folder, All) ||
            (!NAME(IsSlash)(Path.Buffer[Length - 1]) && !NAME(Append)(Path, &Length, &Slash, 1))) {
            goto TooLong;
        }
    }
    if (Name && !NAME(Append)(Path, &Length, Name, All)) {
        goto TooLong;
    }
    if (Extension && Extension[0] != 0 &&
        ((Extension[0] != '.' && !NAME(Append)(Path, &Length, &Dot, 1)) ||
         !NAME(Append)(Path, &Length, Extension, All))) {
        goto TooLong;
    }
    Path.Buffer[Length] = 0;
    return 0;

TooLong:
    Path.Buffer[0] = 0;
    return ERANGE;
}
