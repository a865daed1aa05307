// SPDX-License-Identifier: MIT
// Compiler-near macros of the WDK that mingw-w64 lacks.
#ifndef KMODE_NT_COMPILER_H
#define KMODE_NT_COMPILER_H

#ifndef DECLSPEC_GUARD_SUPPRESS
#define DECLSPEC_GUARD_SUPPRESS
#endif
#ifndef DECLSPEC_GUARDNOCF
#define DECLSPEC_GUARDNOCF __attribute__((nocf_check))
#endif
#ifndef DECLSPEC_NOVTABLE
#define DECLSPEC_NOVTABLE
#endif
#ifndef DECLSPEC_SAFEBUFFERS
#define DECLSPEC_SAFEBUFFERS __attribute__((no_stack_protector))
#endif
#ifndef DECLSPEC_NOSANITIZEADDRESS
#define DECLSPEC_NOSANITIZEADDRESS __attribute__((no_sanitize("address")))
#endif
#ifndef _Analysis_assume_
#define _Analysis_assume_(Expression)
#endif

// mingw-w64's assign the parameter to itself, which clang takes for a use of what is not initialised.
#undef UNREFERENCED_PARAMETER
#define UNREFERENCED_PARAMETER(Parameter) ((void)(Parameter))
#undef DBG_UNREFERENCED_PARAMETER
#define DBG_UNREFERENCED_PARAMETER(Parameter) ((void)(Parameter))
#undef DBG_UNREFERENCED_LOCAL_VARIABLE
#define DBG_UNREFERENCED_LOCAL_VARIABLE(Variable) ((void)(Variable))

// The character types that follow UNICODE.
#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
#ifdef UNICODE
typedef WCHAR TCHAR, *PTCHAR;
typedef LPWSTR LPTSTR, PTSTR;
typedef LPCWSTR LPCTSTR, PCTSTR;
#else
typedef CHAR TCHAR, *PTCHAR;
typedef LPSTR LPTSTR, PTSTR;
typedef LPCSTR LPCTSTR, PCTSTR;
#endif
#endif
#ifndef TEXT
#ifdef UNICODE
#define __TEXT(Quote) L##Quote
#else
#define __TEXT(Quote) Quote
#endif
#define TEXT(Quote) __TEXT(Quote)
#endif

// As a type, so that the address of a member of NULL is an expression that it takes, as MSVC does.
#undef C_ASSERT
#define C_ASSERT(Expression) typedef char __C_ASSERT__[(Expression) ? 1 : -1] __attribute__((__unused__))

#ifndef __analysis_assert
#define __analysis_assert(Expression)
#endif

#ifndef RTL_CONST_CAST
#ifdef __cplusplus
#define RTL_CONST_CAST(Type) const_cast<Type>
#else
#define RTL_CONST_CAST(Type) (Type)
#endif
#endif

// NT_ASSERT has a value in the WDK; mingw-w64's has none, and NT_VERIFY is missing from its debug builds.
#if DBG
#undef NT_ASSERT
#define NT_ASSERT(Expression) ((!(Expression)) ? (DbgRaiseAssertionFailure(), FALSE) : TRUE)
#undef NT_ASSERTMSG
#define NT_ASSERTMSG(Message, Expression) NT_ASSERT(Expression)
#undef NT_ASSERTMSGW
#define NT_ASSERTMSGW(Message, Expression) NT_ASSERT(Expression)
#undef NT_VERIFY
#define NT_VERIFY(Expression) NT_ASSERT(Expression)
#undef NT_VERIFYMSG
#define NT_VERIFYMSG(Message, Expression) NT_ASSERT(Expression)
#undef NT_VERIFYMSGW
#define NT_VERIFYMSGW(Message, Expression) NT_ASSERT(Expression)
#endif

#ifndef RTL_SIZEOF_THROUGH_FIELD
#define RTL_SIZEOF_THROUGH_FIELD(Type, Field) (FIELD_OFFSET(Type, Field) + RTL_FIELD_SIZE(Type, Field))
#endif
#ifndef RTL_NUMBER_OF_V1
#define RTL_NUMBER_OF_V1(Array) (sizeof(Array) / sizeof((Array)[0]))
#endif
#ifndef ARRAYSIZE
#define ARRAYSIZE(Array) RTL_NUMBER_OF_V1(Array)
#endif
#ifndef RTL_BITS_OF
#define RTL_BITS_OF(TypeOrVariable) (sizeof(TypeOrVariable) * 8)
#endif

#ifndef MemoryBarrier
#define MemoryBarrier __faststorefence
#endif

#ifndef KeMemoryBarrier
#define KeMemoryBarrier             __faststorefence
#define KeMemoryBarrierWithoutFence _ReadWriteBarrier
#endif

// alloc_text moves code into a section by name (clang honours it), so PAGE and INIT exist.
#ifndef ALLOC_PRAGMA
#define ALLOC_PRAGMA 1
#endif
#ifndef ALLOC_DATA_PRAGMA
#define ALLOC_DATA_PRAGMA 1
#endif

#define FAST_FAIL_LEGACY_GS_VIOLATION        0
#define FAST_FAIL_STACK_COOKIE_CHECK_FAILURE 2
#define FAST_FAIL_CORRUPT_LIST_ENTRY         3
#define FAST_FAIL_INCORRECT_STACK            4
#define FAST_FAIL_INVALID_ARG                5
#define FAST_FAIL_FATAL_APP_EXIT             7
#define FAST_FAIL_INVALID_REFERENCE_COUNT    14
#define FAST_FAIL_INVALID_BUFFER_ACCESS      28

#define RtlFailFast __fastfail

#endif
