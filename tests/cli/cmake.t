#!/bin/sh
# SPDX-License-Identifier: MIT
# The CMake package builds what kmode build builds.
. tests/cli/tap.sh

if ! command -v cmake > /dev/null; then
    echo "1..0 # SKIP cmake is not installed"
    exit 0
fi

"$KMODE" build -q "$ROOT/examples/hello" -o hello.sys
mkdir release
"$KMODE" build -q "$ROOT/examples/hello" -o release/hello.sys --config release

for generator in "Unix Makefiles" Ninja; do
    if [ "$generator" = Ninja ] && ! command -v ninja > /dev/null; then
        skip "$generator" "ninja is not installed"
        continue
    fi
    rm -rf out
    run cmake -G "$generator" -S "$ROOT/examples/cmake" -B out -DCMAKE_PREFIX_PATH="$PREFIX"
    ok "$generator: configures" status_is 0
    run cmake --build out
    ok "$generator: builds" status_is 0
    ok "$generator: the same driver" cmp out/hello.sys hello.sys
    ok "$generator: the same symbols" cmp out/hello.pdb hello.pdb
    touch stamp
    run cmake --build out
    ok "$generator: builds nothing twice" [ ! out/hello.sys -nt stamp ]
    run cmake -S "$ROOT/examples/cmake" -B out -DCMAKE_BUILD_TYPE=Release
    run cmake --build out
    ok "$generator: Release is release" cmp out/hello.sys release/hello.sys
done

mkdir project
cp "$ROOT/examples/hello/hello.c" project/
echo '#define UNUSED 0' > project/own.h
echo '#include "own.h"' >> project/hello.c
cat > project/CMakeLists.txt << 'END'
cmake_minimum_required(VERSION 3.20)
project(test LANGUAGES NONE)
find_package(kmode 0.1 REQUIRED)
kmode_add_driver(hello hello.c CONFIG release DEFINITIONS WANTED=1 OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/a folder")
END
cmake -S project -B out2 -DCMAKE_PREFIX_PATH="$PREFIX" > /dev/null
run cmake --build out2
ok "options, and an output folder with a space" [ -f "out2/a folder/hello.sys" ]
sleep 1
echo 'this is no C' > project/own.h
run cmake --build out2
ok "a header that changed builds again" [ "$status" -ne 0 ]
ok "and its error is shown" sh -c 'cat "$1" "$2" | grep -q own.h:1' sh "$scratch/out" "$scratch/err"

"$KMODE" new mydriver > /dev/null
run cmake -S mydriver -B out4 -DCMAKE_PREFIX_PATH="$PREFIX"
run cmake --build out4
ok "a new driver has a CMakeLists.txt that builds it" [ -f out4/mydriver.sys ]

sed -i 's/kmode 0.1/kmode 9.0/' project/CMakeLists.txt
run cmake -S project -B out3 -DCMAKE_PREFIX_PATH="$PREFIX"
ok "a version that is not" err_has "9.0"

done_testing
