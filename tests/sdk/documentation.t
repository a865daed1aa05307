#!/bin/sh
# SPDX-License-Identifier: MIT
# What the SDK's headers say: each routine and macro has a comment, its IRQL, and stands in an example; every example compiles;
# docs/sdk.md is what scripts/make-sdk-reference makes of them.
. tests/cli/tap.sh

run "$ROOT/scripts/make-sdk-reference" --check
ok "each header says what it must (scripts/make-sdk-reference --check)" status_is 0
"$ROOT/scripts/make-sdk-reference" > page.md
ok "docs/sdk.md is up to date (make docs)" cmp "$ROOT/docs/sdk.md" page.md

include=$PREFIX/include/kmode
compile() {
    clang-19 --target=x86_64-w64-mingw32 -fgnuc-version=14.0 -std=gnu11 -ffreestanding -fms-extensions -fms-compatibility \
        -Xclang -fasync-exceptions -D_WIN32_WINNT=0x0A00 -DNTDDI_VERSION=0x0A00000C -nostdlibinc -Wno-gnu-line-marker \
        -isystem "$include/nt" -isystem "$include/sdk" -isystem /usr/x86_64-w64-mingw32/include/ddk \
        -isystem /usr/x86_64-w64-mingw32/include "$@"
}
printf '#include <ntifs.h>\n#include <kmode.h>\n' > prelude.h
run compile -x c-header prelude.h -o prelude.pch
ok "the headers compile" status_is 0
mkdir examples
"$ROOT/scripts/make-sdk-reference" --examples "$PWD/examples"
for example in examples/*.c; do
    run compile -fsyntax-only -include-pch prelude.pch "$example"
    ok "the example $(sed -n '1s/#line \([0-9]*\) "\(.*\)"/\2:\1/p' "$example")" status_is 0
done

done_testing
