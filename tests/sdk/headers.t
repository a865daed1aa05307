#!/bin/sh
# SPDX-License-Identifier: MIT
# Where the SDK's headers compile without a warning: as C and as C++; by clang for both of its Windows targets, with our
# headers of the kit, and by gcc with mingw-w64's own; after each of the kit's headers; each of them alone behind one.
. tests/cli/tap.sh

include=$PREFIX/include/kmode
mingw="-isystem /usr/x86_64-w64-mingw32/include/ddk -isystem /usr/x86_64-w64-mingw32/include"
flags="-fsyntax-only -ffreestanding -fms-extensions -D_WIN32_WINNT=0x0A00 -DNTDDI_VERSION=0x0A00000C
    -I $include/sdk -Wall -Wextra -Werror"

with_clang() { # shellcheck disable=SC2086
    clang-19 $flags -fms-compatibility -fgnuc-version=14.0 -nostdlibinc -isystem "$include/nt" $mingw "$@"
}

# mingw-w64's wdm.h defines anew, in C++, two intrinsics that its intrin.h has defined already.
with_gcc() { # shellcheck disable=SC2086
    x86_64-w64-mingw32-gcc $flags $mingw -D__INTRINSIC_DEFINED_InterlockedBitTestAndSet \
        -D__INTRINSIC_DEFINED_InterlockedBitTestAndReset "$@"
}

for header in ntddk.h ntifs.h wdm.h; do
    printf '#include <%s>\n#include <kmode.h>\n' $header > order.c
    run with_clang --target=x86_64-w64-mingw32 order.c
    ok "after <$header>" status_is 0
done

for path in "$include"/sdk/kmode/*.h; do
    header=${path##*/}
    echo "#include <kmode/$header>" > alone.c
    run with_clang --target=x86_64-w64-mingw32 alone.c
    ok "$header alone says what is missing" err_has "include <kmode.h>"
    printf '#include <ntddk.h>\n#include <kmode/%s>\n#include <kmode/%s>\n' "$header" "$header" > one.c
    run with_clang --target=x86_64-w64-mingw32 one.c
    ok "$header brings what it needs" status_is 0
done

cat > all.c << 'END'
#include <kmode.h>
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
void Uses(PUNICODE_STRING Name, PIRP Irp, NTSTATUS Status);
void Uses(PUNICODE_STRING Name, PIRP Irp, NTSTATUS Status)
{
    Use(Name, Irp, Status, "text");
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
