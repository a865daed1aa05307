#!/bin/sh
# SPDX-License-Identifier: MIT
# Fuzzes the reader of registry files, and the round trip through the writer: the seeds, then FUZZ_SECONDS / 6 (10).
cd "$(dirname "$0")/../.." || exit 1
target=registry
. tests/fuzz/fuzz.sh
seed()
{
    printf "Windows Registry Editor Version 5.00\r\n\r\n$1" > "$folder/seeds/$2"
}
seed '[HKEY_LOCAL_MACHINE\\SOFTWARE\\x]\r\n@="default"\r\n"a\\\\"b"=dword:0000001f\r\n' values
seed '[HKU\\x]\n"c"=hex(7):61,00,\\\r\n  00,00,00,00\r\n"d"=hex:01,02\r\n"e"=-\r\n; comment\r\n' bytes
seed '[-HKLM\\y]\r\n[HKCR\\\303\244\360\237\230\200]\r\n' keys
for name in values bytes keys; do
    { printf '\377\376'; iconv -f UTF-8 -t UTF-16LE "$folder/seeds/$name"; } > "$folder/seeds/$name-utf16"
done
fuzz 8192
