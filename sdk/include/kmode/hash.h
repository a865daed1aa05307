// SPDX-License-Identifier: MIT
// Hashes with a key of their own: who does not know the key cannot choose values that collide.
//
//     ULONG64 Seed = KmHashSeed();
//     ULONG64 Hash = KmHashBytes(RegistryPath->Buffer, RegistryPath->Length, Seed);
//     ULONG64 Folded = KmHashUnicodeString(RegistryPath, Seed);
//     KmInfo("%I64x %I64x", Hash, Folded);
#ifndef KMODE_HASH_H
#define KMODE_HASH_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/hash.h>"
#endif

#include <kmode/typed.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Returns a number that differs from call to call and from boot to boot, and that is hard to guess: made of
/// the image's security cookie, which Windows (8 and later) draws at random when it loads the driver, of the
/// clocks, and of where the stack is. Not for cryptographic keys.
_IRQL_requires_max_(HIGH_LEVEL) ULONG64 NTAPI KmHashSeed(VOID);

/// Returns the hash of Length bytes: SipHash-1-3 with Seed as its key. Length may be 0, Bytes then NULL. The
/// IRQL is that at which Bytes may be read.
_IRQL_requires_max_(HIGH_LEVEL) ULONG64 NTAPI
    KmHashBytes(_In_reads_bytes_opt_(Length) const VOID *Bytes, _In_ SIZE_T Length, _In_ ULONG64 Seed);

/// As KmHashBytes for a string without regard to case: strings that KmEqualUnicodeString finds alike have one
/// hash.
_IRQL_requires_max_(HIGH_LEVEL) ULONG64 NTAPI
    KmHashUnicodeString(_In_ PCUNICODE_STRING String, _In_ ULONG64 Seed);

/// Whether two strings are alike but for case. Unlike RtlEqualUnicodeString it may be called at any IRQL at
/// which the strings may be read: the table of upper-case letters is the driver's own (Unicode's simple
/// mappings, resident).
///
///     UNICODE_STRING Wanted = RTL_CONSTANT_STRING(L"\\registry\\machine");
///
///     if (KmEqualUnicodeString(RegistryPath, &Wanted)) {
///         KmInfo("%c", KmUpcaseUnicodeChar(L'x'));
///     }
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI
    KmEqualUnicodeString(_In_ PCUNICODE_STRING Left, _In_ PCUNICODE_STRING Right);

/// Returns the upper-case letter of Unit, or Unit. As RtlUpcaseUnicodeChar, at any IRQL. Half of a surrogate
/// pair is itself, as in Windows.
_IRQL_requires_max_(HIGH_LEVEL) WCHAR NTAPI KmUpcaseUnicodeChar(_In_ WCHAR Unit);

#ifdef __cplusplus
}
#endif

// The two halves of Left * Right, one over the other.
KMP_CORE ULONG64 KmpFoldedMultiply(ULONG64 Left, ULONG64 Right)
{
#if defined(__SIZEOF_INT128__)
    __extension__ typedef unsigned __int128 PRODUCT;
    PRODUCT Product = (PRODUCT)Left * Right;

    return (ULONG64)Product ^ (ULONG64)(Product >> 64);
#elif defined(_M_X64)
    ULONG64 High, Low = UnsignedMultiply128(Left, Right, &High);

    return Low ^ High;
#else
    ULONG64 LowLow = (ULONG64)(ULONG)Left * (ULONG)Right, HighLow = (Left >> 32) * (ULONG)Right;
    ULONG64 LowHigh = (ULONG)Left * (Right >> 32), HighHigh = (Left >> 32) * (Right >> 32);
    ULONG64 Middle = (LowLow >> 32) + (ULONG)HighLow + (ULONG)LowHigh;

    return ((Middle << 32) | (ULONG)LowLow) ^ (HighHigh + (HighLow >> 32) + (LowHigh >> 32) + (Middle >> 32));
#endif
}

#endif
