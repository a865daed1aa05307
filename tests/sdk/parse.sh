# SPDX-License-Identifier: MIT
# For tests/sdk/*.t that show what does not compile, after tests/cli/tap.sh: the SDK as each compiler reads it.
#
# compile and parse take clang's arguments. parse_use LANGUAGE ARGUMENTS... parses behind <kmode.h>, which is read once
# for each language, by read_headers.

headers="-isystem $PREFIX/include/kmode/nt -I $PREFIX/include/kmode/sdk
    -isystem /usr/x86_64-w64-mingw32/include/ddk -isystem /usr/x86_64-w64-mingw32/include"
compile() { # shellcheck disable=SC2086
    clang-19 -ffreestanding -fms-extensions -fms-compatibility -fgnuc-version=14.0 -D_WIN32_WINNT=0x0A00 \
        -DNTDDI_VERSION=0x0A00000C -nostdlibinc $headers -Wall -Wextra -Werror "$@"
}
parse() { compile -fsyntax-only "$@"; }

# FILE is C++17 without extensions, for both of clang's Windows targets and for gcc.
parses_as_cpp() {
    for target in x86_64-w64-mingw32 x86_64-pc-windows-msvc; do
        run parse --target=$target -std=c++17 -Wpedantic -Wno-four-char-constants "$1"
        ok "C++17 for $target, pedantic" status_is 0
    done
    if command -v x86_64-w64-mingw32-g++ > /dev/null; then
        # mingw-w64's wdm.h defines anew two intrinsics that its intrin.h has defined already.
        run x86_64-w64-mingw32-g++ -std=c++17 -fsyntax-only -ffreestanding -fms-extensions -D_WIN32_WINNT=0x0A00 \
            -DNTDDI_VERSION=0x0A00000C -Wall -Wextra -Werror -Wpedantic -Wno-multichar -I "$PREFIX/include/kmode/sdk" \
            -isystem /usr/x86_64-w64-mingw32/include/ddk -D__INTRINSIC_DEFINED_InterlockedBitTestAndSet \
            -D__INTRINSIC_DEFINED_InterlockedBitTestAndReset "$1"
        ok "C++17 by gcc, pedantic" status_is 0
    else
        skip "C++17 by gcc" "there is no x86_64-w64-mingw32-g++ (apt-get install g++-mingw-w64-x86-64-win32)"
    fi
}

options() { [ "$1" = c ] && echo "-std=c11 -Wpedantic -Wno-four-char-constants" || echo "-std=c++17"; }
parse_use() { # LANGUAGE ARGUMENTS...
    language=$1
    shift # shellcheck disable=SC2046
    parse --target=x86_64-w64-mingw32 -x "$language" $(options "$language") -include-pch "kmode.$language.pch" "$@"
}

read_headers() {
    echo '#include <kmode.h>' > prelude.h
    for language in c c++; do # shellcheck disable=SC2046
        run compile --target=x86_64-w64-mingw32 -x $language-header $(options $language) prelude.h -o kmode.$language.pch
        ok "the headers, as $language" status_is 0
    done
}
