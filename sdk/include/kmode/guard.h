// SPDX-License-Identifier: MIT
// Guards: what ends with the block it stands in, by whatever way that is left. <kmode/lock.h> has those of
// locks.
//
//     static NTSTATUS ReadAll(PCSTR Text, PSIZE_T Length)
//     {
//         static KM_ALLOCATOR Allocator = KM_ALLOCATOR_INIT(KmPagedPool, 'dauG');
//
//         KM_SCOPE {
//             PCHAR Buffer = (PCHAR)ExAllocatePoolWithTag(PagedPool, 100, Allocator.Tag);
//
//             if (Buffer == NULL) {
//                 return STATUS_INSUFFICIENT_RESOURCES;
//             }
//             KmDefer(ExFreePool, Buffer);
//             if (Text[0] == '\0') {
//                 return STATUS_INVALID_PARAMETER;
//             }
//             Buffer[0] = Text[0];
//             *Length = 1;
//         }
//         KM_SCOPE_END
//         return STATUS_SUCCESS;
//     }
//
// One form of writing works everywhere: KM_SCOPE { ... } KM_SCOPE_END, with the scoped guards in it. What it
// becomes:
//
// - clang and gcc, C: a variable with the cleanup attribute. KM_SCOPE is nothing there: any block will do;
// - C++: a destructor, any block will do too;
// - MSVC, C: __try and __finally around a list of up to KM_SCOPE_GUARDS guards. Scoped guards stand in a
//   KM_SCOPE, else the compiler says that KmpScope is unknown; they end with the KM_SCOPE, not with a block
//   within it, so one in a loop wants a KM_SCOPE there.
//
// Guards end in the reverse order of their beginning. A structured exception that is handled further out ends
// them in MSVC's C alone: elsewhere, handle it within the scope.
//
// Without the scoped forms, a guard is a local variable, and begins and ends by calls; see KmGuardEnd.
#ifndef KMODE_GUARD_H
#define KMODE_GUARD_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/guard.h>"
#endif

#include <kmode/routine.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct KM_GUARD KM_GUARD, *PKM_GUARD;

/// How many scoped guards one KM_SCOPE holds where it is a __try (MSVC, C). One more is bug check 0x139
/// (KERNEL_SECURITY_CHECK_FAILURE) with the first parameter 5.
#define KM_SCOPE_GUARDS 8

/// One thing that is held. Its members belong to the routines below and to those of <kmode/lock.h>.
struct KM_GUARD {
    VOID(NTAPI *End)(_Inout_ PKM_GUARD Guard); ///< NULL: it holds nothing
    PVOID Object;
    union {
        KIRQL OldIrql;
        PKM_ROUTINE Routine;
        KLOCK_QUEUE_HANDLE LockQueue;
        GROUP_AFFINITY Affinity;
    } State;
};

/// A guard that holds nothing, to begin with. Any IRQL.
///
///     FAST_MUTEX Mutex;
///     KM_GUARD Guard = KmGuardEmpty();
///
///     ExInitializeFastMutex(&Mutex);
///     KmGuardFastMutex(&Guard, &Mutex);
///     KmGuardEnd(&Guard);
static __inline KM_GUARD NTAPI KmGuardEmpty(VOID)
{
    KM_GUARD Guard;

    Guard.End = NULL;
    return Guard;
}

/// Ends what Guard holds, now; it holds nothing then, and may begin anew. One that holds nothing: nothing.
/// The IRQL is that of what it holds.
static __inline VOID NTAPI KmGuardEnd(_Inout_ PKM_GUARD Guard)
{
    VOID(NTAPI * End)(PKM_GUARD) = Guard->End;

    if (End != NULL) {
        Guard->End = NULL;
        End(Guard);
    }
}

/// Makes Guard hold nothing, and ends nothing: the lock stays acquired, what was deferred is not done. To
/// undo only what has failed. Any IRQL.
///
///     static NTSTATUS MakeLink(PUNICODE_STRING Link, PUNICODE_STRING Device, PDEVICE_OBJECT DeviceObject)
///     {
///         NTSTATUS Status;
///
///         KM_SCOPE {
///             KmScopedGuard(Undo);
///             KmGuardDefer(Undo, (PKM_ROUTINE)IoDeleteDevice, DeviceObject);
///             Status = IoCreateSymbolicLink(Link, Device);
///             if (NT_SUCCESS(Status)) {
///                 KmGuardDismiss(Undo);
///             }
///         }
///         KM_SCOPE_END
///         return Status;
///     }
static __inline VOID NTAPI KmGuardDismiss(_Inout_ PKM_GUARD Guard)
{
    Guard->End = NULL;
}

/// Whether Guard holds something. Any IRQL.
///
///     KM_GUARD Guard = KmGuardEmpty();
///     NT_ASSERT(!KmGuardHolds(&Guard));
static __inline BOOLEAN NTAPI KmGuardHolds(_In_ const KM_GUARD *Guard)
{
    return Guard->End != NULL;
}

static __inline VOID NTAPI KmpEndDefer(_Inout_ PKM_GUARD Guard)
{
    Guard->State.Routine(Guard->Object);
}

/// Makes Guard, which holds nothing, call Routine with Context at its end. The IRQL at its end is Routine's.
static __inline VOID NTAPI KmGuardDefer(_Out_ PKM_GUARD Guard, _In_ PKM_ROUTINE Routine,
                                        _In_opt_ PVOID Context)
{
    Guard->Object = Context;
    Guard->State.Routine = Routine;
    Guard->End = KmpEndDefer;
}

#ifdef __cplusplus
}
#endif

// ---- Scoped forms

#define KMP_JOIN_(Left, Right) Left##Right
#define KMP_JOIN(Left, Right)  KMP_JOIN_(Left, Right)
#define KMP_UNIQUE(Prefix)     KMP_JOIN(Prefix, __COUNTER__)

#define KMP_SCOPED_(Name, Kind, Object)                                                                      \
    KmScopedGuard(Name);                                                                                     \
    KmGuard##Kind(Name, Object)

#if defined(__cplusplus)

class KmpScopedGuard : public KM_GUARD
{
  public:
    KmpScopedGuard()
    {
        End = NULL;
    }
    ~KmpScopedGuard()
    {
        KmGuardEnd(this);
    }
    KmpScopedGuard(const KmpScopedGuard &) = delete;
    KmpScopedGuard &operator=(const KmpScopedGuard &) = delete;
};

template <class KmpAction> class KmpDeferred
{
  public:
    explicit KmpDeferred(KmpAction Given) : Action(Given)
    {
    }
    ~KmpDeferred()
    {
        Action();
    }
    KmpDeferred(const KmpDeferred &) = delete;
    KmpDeferred &operator=(const KmpDeferred &) = delete;

  private:
    KmpAction Action;
};

template <class KmpAction> KmpDeferred<KmpAction> KmpDefer(KmpAction Action)
{
    return KmpDeferred<KmpAction>(Action);
}

template <class KmpRoutine, class KmpArgument> auto KmpDefer(KmpRoutine Routine, KmpArgument Argument)
{
    return KmpDefer([=] { (void)Routine(Argument); });
}

#define KM_SCOPE
#define KM_SCOPE_END
#define KMP_SCOPED_GUARD(Storage, Name)                                                                      \
    KmpScopedGuard Storage;                                                                                  \
    const PKM_GUARD Name = &Storage
#define KMP_DEFER(Name, ...) const auto &Name = KmpDefer(__VA_ARGS__)
#define KmDefer(...)         KMP_DEFER(KMP_UNIQUE(KmpDeferred), __VA_ARGS__)

#else

#if defined(_MSC_VER) && !defined(__clang__) || defined(KM_SCOPE_BY_FINALLY)

typedef struct KMP_SCOPE {
    ULONG Count;
    KM_GUARD Guards[KM_SCOPE_GUARDS];
} KMP_SCOPE;

static __inline PKM_GUARD KmpNextGuard(KMP_SCOPE *Scope)
{
    if (Scope->Count == KM_SCOPE_GUARDS) {
        KeBugCheckEx(0x139, 5, KM_SCOPE_GUARDS, 0, 0);
    }
    Scope->Guards[Scope->Count].End = NULL;
    return &Scope->Guards[Scope->Count++];
}

static __inline VOID KmpEndScope(KMP_SCOPE *Scope)
{
    while (Scope->Count > 0) {
        Scope->Count -= 1;
        KmGuardEnd(&Scope->Guards[Scope->Count]);
    }
}

#define KM_SCOPE                                                                                             \
    {                                                                                                        \
        KMP_SCOPE KmpScope;                                                                                  \
        KmpScope.Count = 0;                                                                                  \
        __try
#define KM_SCOPE_END                                                                                         \
    __finally                                                                                                \
    {                                                                                                        \
        KmpEndScope(&KmpScope);                                                                              \
    }                                                                                                        \
    }
#define KMP_SCOPED_GUARD(Storage, Name) const PKM_GUARD Name = KmpNextGuard(&KmpScope)

#else

/// Around the block whose scoped guards end with it; see this header's first comment.
#define KM_SCOPE
/// Behind that block.
#define KM_SCOPE_END
#define KMP_SCOPED_GUARD(Storage, Name)                                                                      \
    __attribute__((cleanup(KmGuardEnd))) KM_GUARD Storage = KmGuardEmpty();                                  \
    const PKM_GUARD Name = &Storage

#endif

// The sizeof has the compiler check that the routine takes that argument; nothing is evaluated twice.
#define KMP_DEFER(Name, Routine, Argument)                                                                   \
    KmScopedGuard(Name);                                                                                     \
    (void)sizeof(((Routine)(Argument), 0));                                                                  \
    KmGuardDefer(Name, (PKM_ROUTINE)(ULONG_PTR)(Routine), (PVOID)(ULONG_PTR)(Argument))

/// Calls Routine with Argument when the block ends, at the IRQL of then. Both are evaluated here; Routine
/// takes one argument, a pointer or integer, and returns anything, which is ignored. In C++ the compiler's
/// own conversions hold, and one argument alone may be a lambda. Two statements: not the body of an `if`
/// without braces. To have a choice later, see KmGuardDismiss.
#define KmDefer(Routine, Argument) KMP_DEFER(KMP_UNIQUE(KmpDeferred), Routine, Argument)

#endif

/// Declares Name, a PKM_GUARD that holds nothing, and that ends when the block does. Any IRQL. Two
/// statements.
///
///     static EX_RUNDOWN_REF Rundown;
///
///     static NTSTATUS Use(VOID)
///     {
///         KM_SCOPE {
///             KmScopedGuard(Guard);
///             if (!KmGuardRundown(Guard, &Rundown)) {
///                 return STATUS_DELETE_PENDING;
///             }
///         }
///         KM_SCOPE_END
///         return STATUS_SUCCESS;
///     }
#define KmScopedGuard(Name)                                                                                  \
    KMP_SCOPED_GUARD(Name##Guard, Name);                                                                     \
    (void)Name

/// The same with a guard of that kind at once, for kinds that cannot fail: KmScoped(SpinLock, &Lock) is
/// KmGuardSpinLock, held until the block ends. IRQL: that kind's. Statements: not the body of an `if` without
/// braces.
///
///     static KSPIN_LOCK Lock;
///     static LONG Count;
///
///     static VOID Increment(VOID)
///     {
///         KM_SCOPE {
///             KmScoped(SpinLock, &Lock);
///             Count += 1;
///         }
///         KM_SCOPE_END
///     }
#define KmScoped(Kind, Object)         KMP_SCOPED(KMP_UNIQUE(KmpScoped), Kind, Object)
#define KMP_SCOPED(Name, Kind, Object) KMP_SCOPED_(Name, Kind, Object)

#endif
