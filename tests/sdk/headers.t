#!/bin/sh
# SPDX-License-Identifier: MIT
# Where the SDK's headers compile without a warning: as C and as C++; by clang for both of its Windows targets, with our
# headers of the kit, and by gcc with mingw-w64's own; after each of the kit's headers; each of them alone behind one.
. tests/cli/tap.sh

include=$PREFIX/include/kmode
mingw="-isystem /usr/x86_64-w64-mingw32/include/ddk -isystem /usr/x86_64-w64-mingw32/include"
flags="-ffreestanding -fms-extensions -D_WIN32_WINNT=0x0A00 -DNTDDI_VERSION=0x0A00000C
    -I $include/sdk -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"

precompile_or_parse() { # shellcheck disable=SC2086
    clang-19 $flags -fms-compatibility -fgnuc-version=14.0 -nostdlibinc -isystem "$include/nt" $mingw "$@"
}
with_clang() { precompile_or_parse -fsyntax-only "$@"; }

# mingw-w64's wdm.h defines anew, in C++, two intrinsics that its intrin.h has defined already.
with_gcc() { # shellcheck disable=SC2086
    x86_64-w64-mingw32-gcc -fsyntax-only $flags $mingw -D__INTRINSIC_DEFINED_InterlockedBitTestAndSet \
        -D__INTRINSIC_DEFINED_InterlockedBitTestAndReset "$@"
}

for header in ntddk.h ntifs.h wdm.h; do
    printf '#include <%s>\n#include <kmode.h>\n' $header > order.c
    run with_clang --target=x86_64-w64-mingw32 order.c
    ok "after <$header>" status_is 0
done

echo '#include <ntddk.h>' > kit.h
run precompile_or_parse --target=x86_64-w64-mingw32 -x c-header kit.h -o kit.pch
ok "the kit's header is read once for all" status_is 0
for path in "$include"/sdk/kmode/*.h; do
    header=${path##*/}
    echo "#include <kmode/$header>" > alone.c
    run with_clang --target=x86_64-w64-mingw32 alone.c
    ok "$header alone says what is missing" err_has "include <kmode.h>"
    printf '#include <kmode/%s>\n#include <kmode/%s>\n' "$header" "$header" > one.c
    run with_clang --target=x86_64-w64-mingw32 -include-pch kit.pch one.c
    ok "$header brings what it needs" status_is 0
done

# What drivers' own headers define: single letters, short words in lower case, words in capitals.
{
    printf '#include <ntddk.h>\n#include <stddef.h>\n#include <stdarg.h>\n#include <emmintrin.h>\n'
    for word in A B C D E F G H I J K L M N O P Q R S T U V W X Y Z a b c d e f g h i j k l m n o p q r s t u v w x y z \
        min max abs list map vec ring box string key value node entry head tail next prev first last size count index data \
        log error warn info debug trace get set push pop insert remove find init free alloc move copy swap lock wait queue \
        small near far interface likely unlikely MIN MAX ERROR WARN INFO DEBUG TRACE LOG TAG ASSERT BIT SWAP UNUSED; do
        printf '#undef %s\n#define %s is the driver'"'"'s\n' $word $word
    done
    echo '#include <kmode.h>'
} > names.c
for language in "c -std=c11" "c++ -std=c++17"; do
    # shellcheck disable=SC2086
    run with_clang --target=x86_64-w64-mingw32 -Wno-everything -x $language names.c
    ok "among other names, $language" status_is 0
done

cat > all.c << 'END'
#include <kmode.h>
typedef KM_VEC(ULONG) ULONG_VEC;
typedef struct ITEM {
    LIST_ENTRY Link;
    SINGLE_LIST_ENTRY Next;
    ULONG Id;
    ULONG Bits : 3;
    ULONG64 ManyBits : 40;
} ITEM;
typedef KM_LIST(ITEM, Link) ITEM_LIST;
typedef KM_SINGLE_LIST(ITEM, Next) ITEM_STACK;
static __inline BOOLEAN NTAPI IsOdd(const VOID *Element, PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    return (*(const ULONG *)Element & 1) != 0;
}
// What only reads takes what is const.
static __inline SIZE_T Read(const ULONG_VEC *Vec, const ITEM_LIST *List, const ITEM_STACK *Stack, ULONG_VEC *Copy)
{
    const ITEM *First = KmListFirst(List);
    SIZE_T Sum = KmVecCount(Vec) + KmListCount(List), Position = 0;
    ULONG Element = 0;
    NTSTATUS Status = KmVecGet(Vec, 0, &Element);
    if (Status != STATUS_SUCCESS || KmVecIsEmpty(Vec) || KmListIsEmpty(List) || KmSingleListIsEmpty(Stack) ||
        !KmListIsLinked(List, First) || KmVecClone(Copy, Vec) != STATUS_SUCCESS || !KmVecIsEqual(Copy, Vec) ||
        KmVecFind(Vec, 0, IsOdd, NULL, &Position) != STATUS_SUCCESS ||
        KmVecBinarySearch(Vec, &Element, KmCompareUlong, NULL, &Position) != STATUS_SUCCESS) {
        return 0;
    }
    KmVecForEach(const ULONG, Each, Vec) {
        Sum += *Each;
    }
    KmListForEach(const ITEM, Each, List) {
        Sum += Each->Id;
    }
    KmListForEachReverse(const ITEM, Each, List) {
        Sum += Each->Id;
    }
    KmSingleListForEach(const ITEM, Each, Stack) {
        Sum += Each->Id;
    }
    Sum += KmVecAt(Vec, 0) + *KmVecFirst(Vec) + *KmVecLast(Vec) + KmSingleListFirst(Stack)->Id;
    return Sum + KmListNext(List, First)->Id + KmListPrevious(List, First)->Id + KmListLast(List)->Id;
}
static __inline void Tell(const ITEM *Item, PDRIVER_OBJECT Driver, KM_LOG_LEVEL Level)
{
    KmInfoFields("bits", KmField("a", Item->Bits), KmField("b", Item->ManyBits));
#ifdef __cplusplus
    // To C, pedantically, a routine's address is no pointer.
    KmInfoFields("unload", KmField("unload", Driver->DriverUnload));
    (void)KmDbg(Driver->DriverUnload);
#endif
    KmInfoDeferred("%lu %p", (ULONG)Item->Bits, (PVOID)Driver);
    KmDebugDeferred("%u", Item->Bits);
    (void)KmDbg(Item->ManyBits);
    (void)KmDbg(KmDbg(Item->Bits) + 1);
    if (KmLogEnabled(Level))
        KmInfo("%d", KmLogEnabled(KmLevelDebug));
    else
        KmInfoOnce("%ld", KmCompareNumbers(Item->Bits, 3u));
}
static __inline void Use(PUNICODE_STRING Name, PIRP Irp, NTSTATUS Status, const char *Text)
{
    if (KmLogEnabled(KmLevelDebug)) {
        KmDebug("%wZ", Name);
    }
    KmInfoFields("opened", KmField("name", Name), KmField("irp", Irp), KmField("status", KmLogStatus(Status)),
                 KmField("text", Text), KmField("wide", L"wide"), KmField("number", 1ul), KmField("at", (void *)Irp));
    KmWarnOnce("once %d", 1);
    KmWarnEveryN(10, "often");
    KmWarnLimited(1, 1000, "%s", Text);
    KmLogHex(KmLevelInfo, "memory", Text, 4);
    (void)KmDbg(Text);
    (void)KmDbg(1 + 1);
    (void)KmDbgStatus(Status);
    KmPrint("%ws\n", L"wide");
}
SIZE_T Uses(PUNICODE_STRING Name, PIRP Irp, NTSTATUS Status, ITEM_LIST *List, ITEM_STACK *Stack, ULONG_VEC *Vec);
SIZE_T Uses(PUNICODE_STRING Name, PIRP Irp, NTSTATUS Status, ITEM_LIST *List, ITEM_STACK *Stack, ULONG_VEC *Vec)
{
    Use(Name, Irp, Status, "text");
    Tell(KmListFirst(List), Irp->Tail.Overlay.CurrentStackLocation->DeviceObject->DriverObject, KmLevelInfo);
    return Read(Vec, List, Stack, Vec);
}
END
for language in "c -std=c11" "c -std=gnu11" "c -std=c17" "c++ -std=c++17" "c++ -std=c++20"; do
    # shellcheck disable=SC2086
    run with_clang --target=x86_64-w64-mingw32 -x $language all.c
    ok "clang, $language" status_is 0
    # shellcheck disable=SC2086
    run with_clang --target=x86_64-pc-windows-msvc -x $language all.c
    ok "clang for MSVC's target, $language" status_is 0
    if command -v x86_64-w64-mingw32-gcc > /dev/null; then
        # shellcheck disable=SC2086
        run with_gcc -x $language all.c
        ok "gcc, $language" status_is 0
    else
        skip "gcc, $language" "there is no x86_64-w64-mingw32-gcc (apt-get install gcc-mingw-w64-x86-64-win32)"
    fi
done

done_testing
