#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs `kmode run` on files that are no drivers. Each must be refused with exit status 3, nothing on stdout and one
# line on stderr, "kmode: FILE: REASON", at once.
#   BUILD            the folder of what is built (build)
#   KMODE            the command (build/bin/kmode)
#   MAKE_BAD_IMAGES  the maker of the crafted files (build/tests/make-bad-images)
#   BAD_IMAGES_ONLY  a pattern: only cases whose names match it
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build}
kmode=${KMODE:-$build/bin/kmode}
make_bad_images=${MAKE_BAD_IMAGES:-$build/tests/make-bad-images}
only=${BAD_IMAGES_ONLY:-}
prefix='kmode run: '

folder=$(mktemp -d) || exit 1
trap 'chmod -R u+rwx "$folder"; rm -rf "$folder"' EXIT
chmod 755 "$folder"
mkdir "$folder/files" "$folder/out"

if [ ! -x "$kmode" ] || [ ! -x "$make_bad_images" ]; then
    echo "Bail out! $kmode and $make_bad_images must be built first"
    exit 1
fi

"$make_bad_images" "$folder/files" >"$folder/table" || exit 1

# What the maker cannot make: name, part of the reason, the command that makes $file, and whom to run as.
cat >>"$folder/table" <<'END'
nonexistent.sys	no such file	:
not-a-folder.sys/x.sys	no such file	: >"$folder/files/not-a-folder.sys"
directory.sys	a directory	mkdir "$file"
fifo.sys	a FIFO	mkfifo "$file"
dev-zero.sys	a character device	ln -s /dev/zero "$file"
dev-null.sys	a character device	ln -s /dev/null "$file"
link-to-itself.sys	cannot be found	ln -s link-to-itself.sys "$file"
link-to-nothing.sys	no such file	ln -s nothing "$file"
no-permission.sys	no permission	echo MZ >"$file" && chmod 0 "$file"	nobody
no-permission-folder/x.sys	no permission	mkdir -m 0 "${file%/*}"	nobody
huge.sys	too large	truncate -s 1T "$file"
huge-zeros.sys	zero bytes	truncate -s 255M "$file"
program-elf.sys	an ELF file	cp /bin/sh "$file"
script.sys	a script	echo '#!/bin/sh' >"$file"
archive.sys	ar archive	printf '!<arch>\n' >"$file"
object.sys	object file	printf 'd\206\1\0' >"$file"
name with blanks.sys	an empty file	: >"$file"
END

number=0
tab=$(printf '\t')

# judge NAME REASON STATUS: prints the TAP line of one run, whose output is in $folder/out.
judge()
{
    fault=
    if [ "$3" -eq 124 ]; then
        fault="still running after 10 seconds"
    elif [ "$3" -ne 3 ]; then
        fault="exit status $3, not 3"
    elif [ -s "$folder/out/stdout" ]; then
        fault="something on stdout"
    elif [ "$(wc -l <"$folder/out/stderr")" -ne 1 ]; then
        fault="$(wc -l <"$folder/out/stderr") lines on stderr, not 1"
    elif ! grep -q "^$prefix" "$folder/out/stderr"; then
        fault="stderr does not begin with \"$prefix\""
    elif ! grep -qF -- "$1" "$folder/out/stderr"; then
        fault="stderr does not name the file"
    elif [ -n "$2" ] && ! grep -qF -- "$2" "$folder/out/stderr"; then
        fault="stderr does not say \"$2\""
    fi
    if [ -z "$fault" ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        echo "# $fault; stderr:"
        head -5 "$folder/out/stderr" | sed 's/^/# /'
    fi
}

run_as_nobody()
{
    setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

while IFS="$tab" read -r name reason make user; do
    if [ -n "$only" ] && ! printf '%s\n' "$name" | grep -q -e "$only"; then
        continue
    fi
    number=$((number + 1))
    file=$folder/files/$name
    if [ -n "$make" ]; then
        eval "$make" || exit 1
    fi
    as=
    if [ "$user" = nobody ] && [ "$(id -u)" -eq 0 ]; then
        if ! run_as_nobody test -x "$kmode" 2>/dev/null; then
            echo "ok $number - $name # SKIP root may read all, and nobody cannot run $kmode"
            continue
        fi
        as=run_as_nobody
    fi
    $as timeout 10 "$kmode" run "$file" </dev/null >"$folder/out/stdout" 2>"$folder/out/stderr"
    judge "$name" "$reason" $?
done <"$folder/table"

echo "1..$number"
