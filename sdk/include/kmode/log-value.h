// SPDX-License-Identifier: MIT
// Log: typed values, and fields, which are values with names.
//
//     KmInfoFields("opened", KmField("name", RegistryPath), KmField("bytes", 4096), KmField("first", TRUE));
//     KmWarnFields("refused", KmField("status", KmLogStatus(STATUS_ACCESS_DENIED)));
//
// prints
//
//     INFO  [mydriver] opened name=\Registry\Machine\System\CurrentControlSet\Services\mydriver bytes=4096
//     first=1 WARN  [mydriver] refused status=STATUS_ACCESS_DENIED(0xC0000022)
//
// Values are made at any IRQL at which what they are made of is resident; what they point at must stay until
// the call they are given to has returned. Those that no type tells are named:
//
//     static const UCHAR Localhost[4] = {127, 0, 0, 1}, Any[16] = {0};
//     LARGE_INTEGER Now;
//
//     KeQuerySystemTime(&Now);
//     KmInfoFields("all kinds", KmField("mask", KmLogHexNumber(0x80)), KmField("done", KmLogBoolean(TRUE)),
//                  KmField("time", KmLogTime(Now)), KmField("raw", KmLogBytes(Localhost, 4)),
//                  KmField("from", KmLogIpv4(Localhost)), KmField("to", KmLogIpv6(Any)));
//     KmInfoFields("text", KmField("narrow", KmLogCountedString("abc", 2)),
//                  KmField("wide", KmLogCountedWideString(RegistryPath->Buffer, 4)),
//                  KmField("user", KmLogSid(SeExports->SeLocalSystemSid)));
#ifndef KMODE_LOG_VALUE_H
#define KMODE_LOG_VALUE_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/log-value.h>"
#endif

#include <kmode/log-text.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct KM_LOG_VALUE KM_LOG_VALUE;
typedef const KM_LOG_VALUE *PCKM_LOG_VALUE;

/// What a KM_LOG_VALUE has as its contents, for sinks that do more than print it.
typedef enum KM_LOG_TYPE_CODE {
    KmLogCodeSigned = 1,     ///< Signed
    KmLogCodeUnsigned = 2,   ///< Unsigned
    KmLogCodeHex = 3,        ///< Unsigned, written with 0x
    KmLogCodePointer = 4,    ///< Pointer, an address of nothing that may be read
    KmLogCodeBoolean = 5,    ///< Unsigned: 0 or 1
    KmLogCodeCharacter = 6,  ///< Unsigned: a UTF-16 unit
    KmLogCodeString = 7,     ///< Pointer to Bytes bytes of UTF-8 or ASCII
    KmLogCodeWideString = 8, ///< Pointer to Bytes bytes of UTF-16
    KmLogCodeStatus = 9,     ///< Unsigned: an NTSTATUS
    KmLogCodeGuid = 10,      ///< Pointer to a GUID
    KmLogCodeSid = 11,       ///< Pointer to a SID
    KmLogCodeIpv4 = 12,      ///< Pointer to 4 bytes in network order
    KmLogCodeIpv6 = 13,      ///< Pointer to 16 bytes in network order
    KmLogCodeTime = 14,      ///< Signed: system time, 100 ns since 1601 in UTC
    KmLogCodeBytes = 15,     ///< Pointer to Bytes bytes
    KmLogCodeIrp = 16,       ///< Pointer to an IRP
    KmLogCodeOther = 17,     ///< known to the type's Write alone
    KmLogCodeFloat = 18      ///< Unsigned: the bits of a double
} KM_LOG_TYPE_CODE;

/// A type of values. Those of the SDK are constants, each linked only if it is used; a driver may have others
/// (KmLogCodeOther), for its own structures.
///
///     typedef struct RANGE { ULONG First, Last; } RANGE;
///     static VOID NTAPI WriteRange(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
///     {
///         const RANGE *Range = (const RANGE *)Value->Content.Pointer;
///
///         KmLogTextPutFormat(Text, "%lu to %lu", Range->First, Range->Last);
///     }
///     static const KM_LOG_TYPE RangeType = {KmLogCodeOther, FALSE, WriteRange};
///     static VOID Tell(const RANGE *Range)
///     {
///         KmInfoFields("mapped", KmField("range", KmLogValueOf(&RangeType, Range, sizeof(*Range))));
///     }
typedef struct KM_LOG_TYPE {
    KM_LOG_TYPE_CODE Code;
    BOOLEAN IsNumber; ///< what Write writes is a number as JSON has it
    /// Appends the value as text. Called at the IRQL of who logs.
    VOID(NTAPI *Write)(_Inout_ PKM_LOG_TEXT Text, _In_ PCKM_LOG_VALUE Value);
} KM_LOG_TYPE;

/// A value: a scalar, or a reference to what the caller keeps until the record is written.
struct KM_LOG_VALUE {
    const KM_LOG_TYPE *Type;
    union {
        LONG64 Signed;
        ULONG64 Unsigned;
        const volatile VOID *Pointer;
    } Content;
    ULONG Bytes; ///< of the scalar, or of what Pointer refers to
};

/// A value and its name, a string literal.
typedef struct KM_LOG_FIELD {
    PCSTR Name;
    KM_LOG_VALUE Value;
} KM_LOG_FIELD;
typedef const KM_LOG_FIELD *PCKM_LOG_FIELD;

/// The types of the SDK: see KM_LOG_TYPE_CODE.
extern const KM_LOG_TYPE KmLogSignedType, KmLogUnsignedType, KmLogHexType, KmLogPointerType, KmLogBooleanType,
    KmLogCharacterType, KmLogStringType, KmLogWideStringType, KmLogStatusType, KmLogGuidType, KmLogSidType,
    KmLogIpv4Type, KmLogIpv6Type, KmLogTimeType, KmLogBytesType, KmLogIrpType, KmLogFloatType,
    KmLogNotFiniteType;

/// Appends the value as text.
///
///     CHAR Buffer[32];
///     KM_LOG_TEXT Text;
///     KM_LOG_VALUE Value = KmLogValue(42);
///
///     KmLogTextInit(&Text, Buffer, sizeof(Buffer));
///     KmLogTextPutValue(&Text, &Value);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogTextPutValue(_Inout_ PKM_LOG_TEXT Text, _In_ PCKM_LOG_VALUE Value);

/// Room for a value as text: enough for every type but strings, bytes and SIDs, of which the end may be cut.
typedef struct KM_LOG_STRING {
    CHAR Buffer[128];
} KM_LOG_STRING, *PKM_LOG_STRING;

/// Returns the value as text, in String, for an argument of `%s`.
///
///     KM_LOG_STRING Text;
///
///     KmWarn("open: %s", KmLogToString(&Text, KmLogStatus(STATUS_ACCESS_DENIED)));
_IRQL_requires_max_(HIGH_LEVEL) PCSTR NTAPI
    KmLogToString(_Out_ PKM_LOG_STRING String, _In_ KM_LOG_VALUE Value);

// ---- values by what they are: any IRQL, whatever they refer to must be resident above APC_LEVEL

/// A value of any type: Pointer refers to Bytes bytes, which the caller keeps until the record is written.
static __inline KM_LOG_VALUE KmLogValueOf(_In_ const KM_LOG_TYPE *Type, _In_opt_ const volatile VOID *Pointer,
                                          _In_ ULONG Bytes)
{
    KM_LOG_VALUE Value;

    Value.Type = Type;
    Value.Content.Unsigned = 0;
    Value.Content.Pointer = Pointer;
    Value.Bytes = Bytes;
    return Value;
}

static __inline KM_LOG_VALUE KmpLogScalar(_In_ const KM_LOG_TYPE *Type, _In_ ULONG64 Content,
                                          _In_ ULONG Bytes)
{
    KM_LOG_VALUE Value;

    Value.Type = Type;
    Value.Content.Unsigned = Content;
    Value.Bytes = Bytes;
    return Value;
}

/// A status: its number and, if it is one that drivers meet, its name. `STATUS_ACCESS_DENIED(0xC0000022)`
static __inline KM_LOG_VALUE KmLogStatus(_In_ NTSTATUS Status)
{
    return KmpLogScalar(&KmLogStatusType, (ULONG)Status, sizeof(Status));
}

/// A number in hexadecimal: `0x1f`.
static __inline KM_LOG_VALUE KmLogHexNumber(_In_ ULONG64 Number)
{
    return KmpLogScalar(&KmLogHexType, Number, sizeof(Number));
}

/// A truth: `true`, `false`. BOOLEAN and UCHAR are one type, so that a BOOLEAN by itself is a number.
static __inline KM_LOG_VALUE KmLogBoolean(_In_ ULONG64 Truth)
{
    return KmpLogScalar(&KmLogBooleanType, Truth != 0, 1);
}

/// System time, as of KeQuerySystemTime, in UTC: `2026-01-01T00:00:00.0000000Z`.
static __inline KM_LOG_VALUE KmLogTime(_In_ LARGE_INTEGER SystemTime)
{
    return KmpLogScalar(&KmLogTimeType, (ULONG64)SystemTime.QuadPart, sizeof(SystemTime));
}

/// Bytes bytes of text, which need no zero at their end.
static __inline KM_LOG_VALUE KmLogCountedString(_In_reads_bytes_opt_(Bytes) const VOID *String,
                                                _In_ ULONG Bytes)
{
    return KmLogValueOf(&KmLogStringType, String, Bytes);
}

/// Count units of UTF-16, which need no zero at their end.
static __inline KM_LOG_VALUE KmLogCountedWideString(_In_reads_opt_(Count) PCWSTR String, _In_ ULONG Count)
{
    return KmLogValueOf(&KmLogWideStringType, String, Count * (ULONG)sizeof(WCHAR));
}

/// Memory as hexadecimal digits: `0a1b2c`. A dump with addresses is KmLogHex's.
static __inline KM_LOG_VALUE KmLogBytes(_In_reads_bytes_opt_(Bytes) const VOID *Memory, _In_ ULONG Bytes)
{
    return KmLogValueOf(&KmLogBytesType, Memory, Bytes);
}

/// A SID: `S-1-5-18`.
static __inline KM_LOG_VALUE KmLogSid(_In_opt_ const VOID *Sid)
{
    return KmLogValueOf(&KmLogSidType, Sid, 0);
}

/// An IPv4 address, 4 bytes in network order, an IN_ADDR for instance: `192.0.2.1`.
static __inline KM_LOG_VALUE KmLogIpv4(_In_reads_bytes_opt_(4) const VOID *Address)
{
    return KmLogValueOf(&KmLogIpv4Type, Address, 4);
}

/// An IPv6 address, 16 bytes in network order, an IN6_ADDR for instance, as RFC 5952 has it: `2001:db8::1`.
static __inline KM_LOG_VALUE KmLogIpv6(_In_reads_bytes_opt_(16) const VOID *Address)
{
    return KmLogValueOf(&KmLogIpv6Type, Address, 16);
}

// ---- values by their C type

static __inline KM_LOG_VALUE KmpLogOfValue(_In_ KM_LOG_VALUE Value)
{
    return Value;
}

static __inline KM_LOG_VALUE KmpLogOfSigned(_In_ LONG64 Number)
{
    return KmpLogScalar(&KmLogSignedType, (ULONG64)Number, sizeof(Number));
}

static __inline KM_LOG_VALUE KmpLogOfUnsigned(_In_ ULONG64 Number)
{
    return KmpLogScalar(&KmLogUnsignedType, Number, sizeof(Number));
}

static __inline KM_LOG_VALUE KmpLogOfDouble(_In_ double Number)
{
    union {
        double Number;
        ULONG64 Bits;
    } Content;

    // As JSON has it, what is no number, or infinite, is none.
    Content.Number = Number;
    return KmpLogScalar((Content.Bits >> 52 & 0x7FF) != 0x7FF ? &KmLogFloatType : &KmLogNotFiniteType,
                        Content.Bits, sizeof(Number));
}

static __inline KM_LOG_VALUE KmpLogOfLongDouble(_In_ long double Number)
{
    return KmpLogOfDouble((double)Number);
}

static __inline KM_LOG_VALUE KmpLogOfLargeInteger(_In_ LARGE_INTEGER Number)
{
    return KmpLogOfSigned(Number.QuadPart);
}

static __inline KM_LOG_VALUE KmpLogOfULargeInteger(_In_ ULARGE_INTEGER Number)
{
    return KmpLogOfUnsigned(Number.QuadPart);
}

static __inline KM_LOG_VALUE KmpLogOfCharacter(_In_ CHAR Character)
{
    return KmpLogScalar(&KmLogCharacterType, (UCHAR)Character, 1);
}

static __inline KM_LOG_VALUE KmpLogOfPointer(_In_opt_ const volatile VOID *Pointer)
{
    return KmLogValueOf(&KmLogPointerType, Pointer, sizeof(Pointer));
}

static __inline KM_LOG_VALUE KmpLogOfString(_In_opt_ PCSTR String)
{
    ULONG Bytes = 0;

    while (String != NULL && String[Bytes] != 0) {
        Bytes += 1;
    }
    return KmLogValueOf(&KmLogStringType, String, Bytes);
}

static __inline KM_LOG_VALUE KmpLogOfWideString(_In_opt_ PCWSTR String)
{
    ULONG Count = 0;

    while (String != NULL && String[Count] != 0) {
        Count += 1;
    }
    return KmLogCountedWideString(String, Count);
}

// An empty string need not have a buffer: it is no null.
static __inline KM_LOG_VALUE KmpLogOfCountedAnsi(_In_ STRING String)
{
    return KmLogCountedString(String.Length != 0 ? String.Buffer : "", String.Length);
}

static __inline KM_LOG_VALUE KmpLogOfCountedUnicode(_In_ UNICODE_STRING String)
{
    return KmLogValueOf(&KmLogWideStringType, String.Length != 0 ? String.Buffer : L"", String.Length);
}

static __inline KM_LOG_VALUE KmpLogOfAnsiString(_In_opt_ const STRING *String)
{
    return String != NULL ? KmpLogOfCountedAnsi(*String) : KmLogCountedString(NULL, 0);
}

static __inline KM_LOG_VALUE KmpLogOfUnicodeString(_In_opt_ const UNICODE_STRING *String)
{
    return String != NULL ? KmpLogOfCountedUnicode(*String) : KmLogValueOf(&KmLogWideStringType, NULL, 0);
}

static __inline KM_LOG_VALUE KmpLogOfGuid(_In_opt_ const GUID *Guid)
{
    return KmLogValueOf(&KmLogGuidType, Guid, sizeof(GUID));
}

static __inline KM_LOG_VALUE KmpLogOfIrp(_In_opt_ const IRP *Irp)
{
    return KmLogValueOf(&KmLogIrpType, Irp, sizeof(IRP));
}

#ifdef __cplusplus
}
#endif

// Which of two a default of _Generic is for: gcc has types of their own for bit-fields.
#if defined(__GNUC__) && !defined(__clang__)
#define KMP_LOG_INTEGER_OR_POINTER(Expression, Integer, Pointer)                                             \
    __builtin_choose_expr(__builtin_classify_type(Expression) == 1, Integer, Pointer)
#else
#define KMP_LOG_INTEGER_OR_POINTER(Expression, Integer, Pointer) Pointer
#endif

#ifndef __cplusplus
// clang-format off
#define KMP_LOG_VALUE(...)                                                                                   \
    _Generic((__VA_ARGS__),                                                                                  \
        _Bool: KmLogBoolean, char: KmpLogOfCharacter,                                                        \
        signed char: KmpLogOfSigned, short: KmpLogOfSigned, int: KmpLogOfSigned, long: KmpLogOfSigned,       \
        long long: KmpLogOfSigned,                                                                           \
        unsigned char: KmpLogOfUnsigned, unsigned short: KmpLogOfUnsigned, unsigned int: KmpLogOfUnsigned,   \
        unsigned long: KmpLogOfUnsigned, unsigned long long: KmpLogOfUnsigned,                               \
        float: KmpLogOfDouble, double: KmpLogOfDouble, long double: KmpLogOfLongDouble,                      \
        LARGE_INTEGER: KmpLogOfLargeInteger, ULARGE_INTEGER: KmpLogOfULargeInteger,                          \
        char *: KmpLogOfString, const char *: KmpLogOfString,                                                \
        WCHAR *: KmpLogOfWideString, const WCHAR *: KmpLogOfWideString,                                      \
        STRING *: KmpLogOfAnsiString, const STRING *: KmpLogOfAnsiString,                                    \
        UNICODE_STRING *: KmpLogOfUnicodeString, const UNICODE_STRING *: KmpLogOfUnicodeString,              \
        STRING: KmpLogOfCountedAnsi, UNICODE_STRING: KmpLogOfCountedUnicode,                                 \
        GUID *: KmpLogOfGuid, const GUID *: KmpLogOfGuid, IRP *: KmpLogOfIrp, const IRP *: KmpLogOfIrp,      \
        KM_LOG_VALUE: KmpLogOfValue,                                                                         \
        default: KMP_LOG_INTEGER_OR_POINTER((__VA_ARGS__), KmpLogOfSigned, KmpLogOfPointer))(__VA_ARGS__)
// clang-format on
#else
#define KMP_LOG_OVERLOAD(Type, Routine)                                                                      \
    static __inline KM_LOG_VALUE KmpLogValue(Type Argument)                                                  \
    {                                                                                                        \
        return Routine(Argument);                                                                            \
    }
KMP_LOG_OVERLOAD(bool, KmLogBoolean)
KMP_LOG_OVERLOAD(char, KmpLogOfCharacter)
KMP_LOG_OVERLOAD(signed char, KmpLogOfSigned)
KMP_LOG_OVERLOAD(short, KmpLogOfSigned)
KMP_LOG_OVERLOAD(int, KmpLogOfSigned)
KMP_LOG_OVERLOAD(long, KmpLogOfSigned)
KMP_LOG_OVERLOAD(long long, KmpLogOfSigned)
KMP_LOG_OVERLOAD(unsigned char, KmpLogOfUnsigned)
KMP_LOG_OVERLOAD(unsigned short, KmpLogOfUnsigned)
KMP_LOG_OVERLOAD(wchar_t, KmpLogOfUnsigned)
KMP_LOG_OVERLOAD(unsigned int, KmpLogOfUnsigned)
KMP_LOG_OVERLOAD(unsigned long, KmpLogOfUnsigned)
KMP_LOG_OVERLOAD(unsigned long long, KmpLogOfUnsigned)
KMP_LOG_OVERLOAD(float, KmpLogOfDouble)
KMP_LOG_OVERLOAD(double, KmpLogOfDouble)
KMP_LOG_OVERLOAD(long double, KmpLogOfLongDouble)
KMP_LOG_OVERLOAD(LARGE_INTEGER, KmpLogOfLargeInteger)
KMP_LOG_OVERLOAD(ULARGE_INTEGER, KmpLogOfULargeInteger)
KMP_LOG_OVERLOAD(const char *, KmpLogOfString)
KMP_LOG_OVERLOAD(const wchar_t *, KmpLogOfWideString)
KMP_LOG_OVERLOAD(const STRING *, KmpLogOfAnsiString)
KMP_LOG_OVERLOAD(const UNICODE_STRING *, KmpLogOfUnicodeString)
KMP_LOG_OVERLOAD(const STRING &, KmpLogOfCountedAnsi)
KMP_LOG_OVERLOAD(const UNICODE_STRING &, KmpLogOfCountedUnicode)
KMP_LOG_OVERLOAD(const GUID *, KmpLogOfGuid)
KMP_LOG_OVERLOAD(const IRP *, KmpLogOfIrp)
KMP_LOG_OVERLOAD(const volatile VOID *, KmpLogOfPointer)
KMP_LOG_OVERLOAD(KM_LOG_VALUE, KmpLogOfValue)
KMP_LOG_OVERLOAD(decltype(nullptr), KmpLogOfPointer)
#undef KMP_LOG_OVERLOAD

// A routine; else it would be a bool.
template <class Result, class... Parameters>
static inline KM_LOG_VALUE KmpLogValue(Result (*Routine)(Parameters...))
{
    return KmpLogOfPointer((const VOID *)(ULONG_PTR)Routine);
}

// An enumeration, `enum class` too, as the number that it is.
template <class Type, bool IsEnumeration> struct KmpLogNumber;
template <class Type> struct KmpLogNumber<Type, true> {
    typedef __underlying_type(Type) Number;
};
template <class Type>
static inline KM_LOG_VALUE KmpLogValue(Type Argument,
                                       typename KmpLogNumber<Type, __is_enum(Type)>::Number * = nullptr)
{
    return KmpLogValue((typename KmpLogNumber<Type, __is_enum(Type)>::Number)Argument);
}
#define KMP_LOG_VALUE(...) KmpLogValue(__VA_ARGS__)
#endif

/// KmLogValue(Expression) is the value of an expression, by its C type: integers, bit-fields, enumerations,
/// `bool`, `char`, LARGE_INTEGER; `float` and `double`, with the fewest digits that tell it from others, a
/// `long double` as a `double`; strings `char *` and `WCHAR *`; UNICODE_STRING and ANSI_STRING, themselves or
/// by their address; GUID and IRP by their address; any other pointer as an address, a routine's too; a
/// KM_LOG_VALUE is itself. Other structures do not compile. Any IRQL.
///
/// A typedef is no type of its own in C: an NTSTATUS is a LONG, a BOOLEAN a UCHAR, a PUSHORT in C a string of
/// WCHAR; KmLogStatus, KmLogBoolean, and a cast to PVOID, say what is meant.
#define KmLogValue(...) KMP_LOG_VALUE(__VA_ARGS__)

#ifdef __cplusplus
extern "C" {
#endif

static __inline KM_LOG_FIELD KmpLogField(_In_ PCSTR Name, _In_ KM_LOG_VALUE Value)
{
    KM_LOG_FIELD Field;

    Field.Name = Name;
    Field.Value = Value;
    return Field;
}

/// KmField(Name, Expression) is a field of the name, a string literal, and of the value of Expression
/// (KmLogValue).
#define KmField(Name, ...) KmpLogField(Name, KmLogValue(__VA_ARGS__))

#ifdef __cplusplus
}
#endif

#endif
