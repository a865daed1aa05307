#!/bin/sh
# SPDX-License-Identifier: MIT
# scripts/setup: at once where nothing is missing; without root it names what is, and stops.
set -u
cd "$(dirname "$0")/../.." || exit 1
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
failed=0

# check NUMBER NAME STATUS: as TAP; a failure shows $folder/out.
check()
{
    if [ "$3" -eq 0 ]; then
        echo "ok $1 - $2"
    else
        failed=1
        echo "not ok $1 - $2"
        sed 's/^/# /' "$folder/out"
    fi
}

echo 1..5
timeout 5 scripts/setup >"$folder/out" 2>&1 && [ ! -s "$folder/out" ]
check 1 "says nothing where nothing is missing" $?

# A tree of its own, whose list has a package that nobody has.
mkdir -p "$folder/tree/scripts"
cp scripts/setup "$folder/tree/scripts/"
{ cat packages.txt && echo "kmode-no-such-package # a comment" && echo "# kmode-commented-out"; } >"$folder/tree/packages.txt"
chmod -R a+rX "$folder"
if [ "$(id -u)" -eq 0 ]; then
    set -- setpriv --reuid=65534 --regid=65534 --clear-groups
else
    set --
fi
"$@" "$folder/tree/scripts/setup" >"$folder/out" 2>&1
[ $? -eq 1 ]
check 2 "without root: exit status 1" $?
grep -q 'apt-get install .*kmode-no-such-package' "$folder/out"
check 3 "without root: the command that installs what is missing" $?
! grep -q 'kmode-commented-out\|clang-19' "$folder/out"
check 4 "without root: nothing that is there or commented out" $?

# Each tool that scripts, Makefile and tests call comes from a package of the list: those of the essential set are left out.
: >"$folder/out"
for tool in make clang-19 lld-link-19 llvm-lib-19 llvm-ar-19 llvm-symbolizer-19 llvm-nm-19 llvm-readobj-19 cmake jq \
        clang-format-19 clang-tidy-19 hyperfine perl; do
    path=$(command -v $tool) || { echo "$tool is not installed" >>"$folder/out"; continue; }
    # /bin is a link to /usr/bin, and dpkg knows files by either name.
    package=$(dpkg-query -S "$path" 2>/dev/null || dpkg-query -S "/usr$path" 2>/dev/null || dpkg-query -S "${path#/usr}")
    package=${package%%:*}
    grep -qE "^$package( |$)" packages.txt || [ "$package" = perl-base ] ||
        echo "$tool is of $package, which packages.txt lacks" >>"$folder/out"
done
[ ! -s "$folder/out" ]
check 5 "packages.txt has the package of every tool" $?
exit $failed
