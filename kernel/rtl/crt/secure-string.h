// SPDX-License-Identifier: MIT
// The bounded copies of one character type. Included once for each, with UNIT the type and NAME(x) a static
// name.

// Puts at most Count units of Source at Destination[Used], in a buffer of Size units.
static errno_t NAME(PutBounded)(UNIT *Destination, rsize_t Size, rsize_t Used, const UNIT *Source,
                                rsize_t Count)
{
    rsize_t Room = Size - Used, Length = 0;

    while (Length < Room && Length < Count && Source[Length] != 0) {
        Destination[Used + Length] = Source[Length];
        ++Length;
    }
    if (Length < Room) {
        Destination[Used + Length] = 0;
        return 0;
    }
    if (Count == _TRUNCATE) {
        Destination[Size - 1] = 0;
        return STRUNCATE;
    }
    Destination[0] = 0;
    return ERANGE;
}

static errno_t NAME(Copy)(UNIT *Destination, rsize_t Size, const UNIT *Source, rsize_t Count)
{
    if (!Destination || Size == 0) {
        return EINVAL;
    }
    if (!Source && Count != 0) {
        Destination[0] = 0;
        return EINVAL;
    }
    return NAME(PutBounded)(Destination, Size, 0, Source, Count);
}

static errno_t NAME(Append)(UNIT *Destination, rsize_t Size, const UNIT *Source, rsize_t Count)
{
    rsize_t Used = 0;

    if (!Destination || Size == 0) {
        return EINVAL;
    }
    while (Used < Size && Destination[Used] != 0) {
        ++Used;
    }
    if (Used == Size || (!Source && Count != 0)) {
        Destination[0] = 0;
        return EINVAL;
    }
    return NAME(PutBounded)(Destination, Size, Used, Source, Count);
}
