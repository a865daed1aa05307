#!/bin/sh
# SPDX-License-Identifier: MIT
# kmode build: what goes in, what comes out, and what it says.
. tests/cli/tap.sh

driver() {
    cat << END
#include <kmode.h>
DRIVER_INITIALIZE DriverEntry;
$2
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    $1
    return STATUS_SUCCESS;
}
END
}

# ---- what can be built

run "$KMODE" build "$ROOT/examples/hello"
ok "a folder" status_is 0
ok "says what it made" out_has "hello.sys  "
ok "makes a driver and its symbols, and nothing else" [ "$(echo *)" = "hello.pdb hello.sys" ]
cp hello.sys "$scratch/hello.sys"
run "$KMODE" build "$ROOT/examples/hello/hello.c"
ok "one file" status_is 0
ok "gives the same bytes" cmp hello.sys "$scratch/hello.sys"
mkdir elsewhere
run sh -c 'cd "$1" && "$2" build -o "$3/elsewhere/hello.sys"' sh "$ROOT/examples/hello" "$KMODE" "$PWD"
ok "the current folder, to another" status_is 0
ok "gives the same bytes there" cmp elsewhere/hello.sys "$scratch/hello.sys"
ok "and the same symbols" cmp elsewhere/hello.pdb hello.pdb
run "$KMODE" build -q "$ROOT/examples/hello"
ok "--quiet says nothing" silent
mkdir moved && cp -r "$PREFIX/bin" "$PREFIX/lib" "$PREFIX/include" "$PREFIX/share" moved/
run moved/bin/kmode build -q -o moved/hello.sys "$ROOT/examples/hello"
ok "a kmode that was moved works" status_is 0
ok "and gives the same bytes" cmp moved/hello.sys hello.sys
rm -rf moved
ok "no absolute path is left in the driver" sh -c '! grep -aqF "$1" hello.sys' sh "$ROOT"

mkdir "two files"
driver 'return Helper();' 'NTSTATUS Helper(void);' > "two files/two files.c"
echo 'long Helper(void) { return 0; }' > "two files/helper.c"
run "$KMODE" build "two files"
ok "a folder whose name has a space" status_is 0
ok "names the driver after it" [ -f "two files.sys" ]
run "$KMODE" build -o pair "two files/two files.c" "two files/helper.c"
ok "two files, and a name without .sys" [ -f pair.sys ]

mkdir same-name same-name/a same-name/b
driver 'return Helper();' 'NTSTATUS Helper(void);' > same-name/a/x.c
echo 'long Helper(void) { return 0; }' > same-name/b/x.c
run "$KMODE" build same-name/a/x.c same-name/b/x.c
ok "two files of one name" status_is 0

mkdir mixed
driver 'return Plus() + Magic() - 42;' 'NTSTATUS Plus(void); NTSTATUS Magic(void);' > mixed/mixed.c
cat > mixed/plus.cpp << 'END'
struct Base { virtual long Value() const { return 0; } };
struct Derived : Base { long Value() const override { return 0; } };
static Derived Object;
extern "C" long Plus(void) { const Base *base = &Object; return base->Value(); }
END
printf '.globl Magic\nMagic: movl $MAGIC, %%eax\n ret\n' | sed '1i #define MAGIC 42' > mixed/magic.S
run "$KMODE" build mixed
ok "C, C++ and assembler together" status_is 0

mkdir headers headers/inc headers/src headers/common
echo '#define FROM_INC 1' > headers/inc/from-inc.h
echo '#define FROM_COMMON 2' > headers/common/from-common.h
driver 'return FROM_INC + FROM_COMMON - 3;' '#include "from-inc.h"
#include "..\common\from-common.h"' > headers/src/h.c
run "$KMODE" build headers/src
ok "headers in folders beside the sources, by backslashes too" status_is 0
sed -e 's/from-inc.h/From-Inc.H/; s/from-common.h/FROM-COMMON.h/' headers/src/h.c > headers/src/cases.c
run "$KMODE" build --depfile cases.d headers/src/cases.c
ok "headers' names in any case" status_is 0
ok "the depfile has the names of the files" grep -q 'inc/from-inc.h' cases.d
printf '#include <NTDDK.H>\n#include <NtIfs.h>\nDRIVER_INITIALIZE DriverEntry;\n%s\n' \
    'NTSTATUS DriverEntry(PDRIVER_OBJECT D, PUNICODE_STRING R) { return D && R ? 0 : 1; }' > cases.c
run "$KMODE" build cases.c
ok "Windows' headers in any case" status_is 0

driver 'return VALUE - 7;' > macro.c
run "$KMODE" build -D VALUE=7 macro.c
ok "-D" status_is 0
mkdir include && echo '#define VALUE 7' > include/value.h
driver 'return VALUE - 7;' '#include <value.h>' > include-dir.c
run "$KMODE" build --include-dir include include-dir.c
ok "--include-dir" status_is 0
driver 'KmInfo("%s", "x");' > library.c
run "$KMODE" build -l hal -L "$PREFIX/lib/kmode/lib/x64" library.c
ok "-l and -L" status_is 0

# ---- the image

driver 'KmInfo("%wZ", RegistryPath);' '#pragma alloc_text(INIT, DriverEntry)' > image.c
for config in debug release; do
    run "$KMODE" build --config $config image.c
    ok "$config builds" status_is 0
    run llvm-readobj-19 --file-headers --sections --unwind --coff-basereloc image.sys
    ok "$config: x64" out_has "Machine: IMAGE_FILE_MACHINE_AMD64"
    ok "$config: native subsystem" out_has "Subsystem: IMAGE_SUBSYSTEM_NATIVE"
    ok "$config: of Windows 7" out_has "MinorSubsystemVersion: 1"
    ok "$config: NX" out_has "IMAGE_DLL_CHARACTERISTICS_NX_COMPAT"
    ok "$config: ASLR" out_has "IMAGE_DLL_CHARACTERISTICS_DYNAMIC_BASE"
    ok "$config: high entropy" out_has "IMAGE_DLL_CHARACTERISTICS_HIGH_ENTROPY_VA"
    ok "$config: unwind data" out_has "RuntimeFunction {"
    ok "$config: no relocations stripped" sh -c '! grep -q RELOCS_STRIPPED "$1"' sh "$scratch/out"
    ok "$config: no section is writable and executable" awk '
        /^  Section \{/ { write = execute = 0 }
        /IMAGE_SCN_MEM_WRITE/ { write = 1 }
        /IMAGE_SCN_MEM_EXECUTE/ { execute = 1 }
        write && execute { exit 1 }' "$scratch/out"
    ok "$config: INIT is discardable" awk '
        /Name: / { init = $2 == "INIT" }
        init && /IMAGE_SCN_MEM_DISCARDABLE/ { found = 1 }
        END { exit !found }' "$scratch/out"
    cp image.sys image-$config.sys
done
ok "debug and release differ" sh -c '! cmp -s image-debug.sys image-release.sys'
run llvm-readobj-19 --coff-basereloc "$scratch/hello.sys"
ok "hello has relocations" out_has "Type: DIR64"
run llvm-readobj-19 --coff-debug-directory "$scratch/hello.sys"
ok "hello names its symbols without a folder" out_has "PDBFileName: hello.pdb"
field() { llvm-readobj-19 --file-headers "$scratch/hello.sys" | awk -v name="$1:" '$1 == name { print $2 }'; }
entry=$(($(field ImageBase) + $(field AddressOfEntryPoint)))
run llvm-symbolizer-19 --obj="$PWD/hello.sys" "$entry"
ok "the symbols give function, file and line" out_has "hello.c:8:0"

mkdir rwx && driver '' > rwx/rwx.c
printf '.section RWX,"wx"\n.globl Code\nCode: .long 0\n' > rwx/code.S
run "$KMODE" build rwx
ok "a section both writable and executable fails" refused 1 "section RWX is both writable and executable"
ok "and leaves no driver" [ ! -e rwx.sys ]

# ---- what is wrong

driver 'return Undeclared;' > error.c
run "$KMODE" build error.c
ok "a compile error" status_is 1
ok "is shown as clang prints it" err_has "error.c:8:12: error: use of undeclared identifier 'Undeclared'"
ok "with nothing of ours" [ "$(grep -c kmode "$scratch/err")" -eq 0 ]
ok "and leaves no driver" [ ! -e error.sys ]
driver 'return Undeclared;' > error2.c
run "$KMODE" build error.c error2.c
ok "errors in two files are both shown, in order" sh -c \
    'grep -o "^error2*.c:8:12: error" "$1" | tr "\n" " " | grep -q "^error.c:8:12: error error2.c:8:12: error"' \
    sh "$scratch/err"

driver 'return IoCreateDevise();' 'NTSTATUS IoCreateDevise(void);' > undefined.c
run "$KMODE" build undefined.c
ok "an undefined symbol" status_is 1
ok "is named with its place" err_has "undefined.c:8: 'IoCreateDevise' is defined nowhere"
ok "with the export that was meant" err_has "did you mean 'IoCreateDevice'?"
echo 'int x;' > no-entry.c
run "$KMODE" build no-entry.c
ok "a driver without DriverEntry" err_has "no source defines DriverEntry"
ok "fails" status_is 1

run "$KMODE" build no-such-file.c
ok "a file that is not there" refused 2 "no-such-file.c: No such file or directory"
mkdir empty
run "$KMODE" build empty
ok "a folder without sources" refused 2 "empty has no C, C++ or assembler source"
echo text > text.txt
run "$KMODE" build text.txt
ok "a file that is no source" refused 2 "text.txt is no source that can be built"
run "$KMODE" build -o hello.exe macro.c
ok "a name that is no driver's" refused 2 "a driver's file ends in .sys"
run "$KMODE" build -o no/such/folder/x.sys image.c
ok "an output folder that is not there" refused 2 "cannot write no/such/folder/x.sys: No such file or directory"
mkdir folder.sys
run "$KMODE" build -o folder.sys image.c
ok "an output that is a folder" refused 2 "cannot write folder.sys: it is a folder"
if [ "$(id -u)" -eq 0 ]; then
    run "$KMODE" build -o /proc/x.sys image.c
    ok "an output folder that cannot be written" [ "$status" -ne 0 ]
else
    mkdir read-only && chmod a-w read-only
    run "$KMODE" build -o read-only/x.sys image.c
    ok "an output folder that cannot be written" refused 2 "cannot write read-only/x.sys: Permission denied"
fi
for arch in x86 arm64; do
    run "$KMODE" build --arch $arch image.c
    ok "--arch $arch" refused 2 "--arch $arch is not supported yet"
done
for config in kasan fuzz; do
    run "$KMODE" build --config $config image.c
    ok "--config $config" refused 2 "--config $config is not supported yet"
done
run "$KMODE" build --config fast image.c
ok "a configuration that is not" refused 2 "--config fast: there is only debug and release"
run "$KMODE" build -j 0 image.c
ok "no jobs" refused 2 "-j 0"
run env PATH=/nonexistent "$KMODE" build image.c
ok "no clang" refused 2 "clang-19 is not installed: apt-get install clang-19"
run env KMODE_LLD_LINK=/no/lld-link "$KMODE" build image.c
ok "no linker" refused 2 "/no/lld-link, which KMODE_LLD_LINK names, is not there"
run env TMPDIR=/no/such/folder "$KMODE" build image.c
ok "no temporary folder" refused 1 "cannot make a temporary folder"

# ---- what is left behind

mkdir tmp
TMPDIR=$PWD/tmp "$KMODE" build -q image.c error.c 2> "$scratch/err"
TMPDIR=$PWD/tmp "$KMODE" build -q image.c
ok "nothing is left in the temporary folder" [ -z "$(ls -A tmp)" ]
printf '#!/bin/sh\nsleep 30\n' > slow && chmod +x slow
TMPDIR=$PWD/tmp KMODE_CLANG=$PWD/slow "$KMODE" build image.c &
builder=$!
while [ -z "$(ls -A tmp)" ]; do sleep 0.05; done
kill -TERM $builder
wait $builder
ok "nor when the build is interrupted" [ "$? $(ls -A tmp)" = "143 " ]
run "$KMODE" build --object-dir objects image.c
ok "--object-dir keeps the objects" [ -f objects/image.obj ]
cp image.sys one.sys
"$KMODE" build -q image.c
ok "and changes nothing" cmp image.sys one.sys
run "$KMODE" build --depfile image.d image.c
ok "--depfile names source and headers" sh -c 'grep -q "^image.sys: image.c" image.d && grep -q kmode.h image.d'
run "$KMODE" build -v image.c
ok "--verbose shows the commands" sh -c 'grep -q "^clang-19 " "$1" && grep -q "^lld-link-19 " "$1"' sh "$scratch/err"

done_testing
