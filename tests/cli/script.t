#!/bin/sh
# SPDX-License-Identifier: MIT
# Devices driven from the command line and from scripts: what is printed, exit statuses, wrong lines.
. tests/cli/tap.sh

"$KMODE" build -q "$ROOT/tests/machine/drivers/requests.c"

run "$KMODE" run -q requests.sys --write '\\.\Requests' '"kept"' --read '\\.\Requests' 16 2 \
    --ioctl '\\.\Requests' 'CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_NEITHER, 0)' '"abc"+7a' 16
ok "three requests: status" status_is 0
ok "are printed in their order" out_is 'write \\.\Requests "kept" = 0x00000000 STATUS_SUCCESS, 4 bytes
read \\.\Requests 16 at 2 = 0x00000000 STATUS_SUCCESS, 2 bytes
  0000  70 74                                             pt
ioctl \\.\Requests CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_NEITHER, 0) "abc"+7a 16 = 0x00000000 STATUS_SUCCESS, 4 bytes
  0000  41 42 43 5a                                       ABCZ'

run "$KMODE" run -q --json=report --ioctl '\\.\Requests' 0x222ffc - 0 --ioctl '\\.\Requests' 0x222000 61 1 requests.sys
ok "a request that fails: status" status_is 1
ok "ends the run, with the driver unloaded" out_is 'ioctl \\.\Requests 0x222ffc - 0 = 0xC0000010 STATUS_INVALID_DEVICE_REQUEST, 0 bytes'
ok "is named" err_has 'kmode run: --ioctl: ioctl \\.\Requests 0x222ffc - 0: 0xC0000010 STATUS_INVALID_DEVICE_REQUEST'
ok "is in the JSON" jq -e '.result == "refused" and .operations == [{place: "--ioctl", command: "ioctl \\\\.\\Requests 0x222ffc - 0",
    status: "0xc0000010", name: "STATUS_INVALID_DEVICE_REQUEST", information: 0, output: ""}]' report
run "$KMODE" run -q --read '\\.\Nobody' 16 requests.sys
ok "no such device: status" status_is 1
ok "no such device is named" err_has 'kmode run: --read: open \\.\Nobody: 0xC0000034 STATUS_OBJECT_NAME_NOT_FOUND'
run "$KMODE" run -q --json=- --read '\\.\Requests' 4 requests.sys
ok "JSON on stdout follows the results" out_has '"command": "read \\\\.\\Requests 4"'
run "$KMODE" run --quiet --ioctl '\\.\Requests' 0x222000 '41*300' 300 requests.sys
ok "a long output is cut" out_has "  ... 44 bytes more"

for wrong in "--read x requests.sys|'requests.sys' is no number" "--read x|--read takes NAME LENGTH [OFFSET]" "--ioctl x 1 00|--ioctl takes NAME CODE BYTES LENGTH" \
    "--ioctl x CTL_CODE(1,2) 00 1|is no CTL_CODE(type, function, method, access)" "--ioctl x 1 0 1|no whole number of bytes" \
    "--ioctl x 1 zz 1|neither hexadecimal bytes nor a \"text\"" "--read x 99999999|more than a buffer of a script has" \
    "--script missing|missing: No such file or directory" "--wine --read x 1 requests.sys|--wine loads and unloads alone"; do
    # shellcheck disable=SC2086
    run "$KMODE" run ${wrong%%|*}
    ok "wrong: ${wrong%%|*}" refused 2 "${wrong#*|}"
done

cat > wrong.script <<'END'
echo never
opn f \\.\X
open f
open f \\.\X reed
open f \\.\X
open f \\.\X
read g 4
read f
read f 4 at
read f 4 at -1
read f 4 to 1
write f 123
write f "abc
write f L"a"*0
write f u8:256
write f zero:99999999
ioctl f 0x1 ""+@missing 1
expect STATUS_NEVER close f
expect STATUS_SUCCESS sleep 1s
start a sleep 1s
expect STATUS_PENDING start a read f 4
as nobody read f 4
as f read f 4
wait a
sleep 5
sleep forever
close f
close f
process p x.exe
process p x.exe
thread t t
thread v p
thread w v
exit p
exit v
create-key SOFTWARE\x
set-value HKLM\x n REG_Z 00
assert all
assert output "a" at x
process q x.exe as nobody
process r x.exe as
process s x.exe "s" system
process u x.exe as system x
system-call
system-call NtClose &-
system-call NtClose handle:nobody
system-call NtClose 1 2 3 4 5 6 7 8 9 10 11 12 13
expect
read-bar 0:3 0 0 4
raise-interrupt 0:20.0
raise-interrupt 0:3.0 until 0
END
run "$KMODE" run --script wrong.script
ok "wrong lines: status" status_is 2
ok "nothing runs" [ ! -s "$scratch/out" ]
sed 's/^kmode run: wrong.script://' "$scratch/err" > lines
ok "each is told once, by its line" sh -c 'cut -d: -f1 lines | tr "\n" " " | tee numbers | grep -qx \
    "2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 28 30 31 33 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 "'
ok "with the nearest command" grep -qx "2: there is no command 'opn'; did you mean open?" lines
ok "with what the command takes" grep -qx '9: read takes FILE LENGTH \[at OFFSET\]' lines
ok "with what is not there" grep -qx "7: there is no file 'g' at this line" lines
ok "with a file that cannot be read" grep -qx "17: missing: No such file or directory" lines
ok "with what ended before" grep -qx "28: there is no file 'f' at this line" lines
ok "with whom a process can be of" grep -qx "40: 'nobody': a process runs as system, standard-user, administrator, elevated-administrator or limited-administrator" lines
ok "with a user that is not named" grep -qx '41: process takes PROCESS PATH \[NAME\] \[as USER\]' lines
ok "with a place of no PCI device" grep -qx "49: '0:3' is no place on the PCI bus: .*" lines
ok "nor can be one" grep -qx "50: '0:20.0' is no place on the PCI bus: .*" lines
ok "with a process's threads, which end with it" grep -qx "35: there is no thread 'v' at this line" lines

# try NAME STATUS TEXT: the script on stdin: its exit status, and a text on stderr ("" for nothing there).
try() {
    "$KMODE" run -q --script - requests.sys > "$scratch/out" 2> "$scratch/err"
    status=$?
    ok "$1: status" status_is "$2"
    if [ -n "$3" ]; then ok "$1: is told" err_has "$3"; else ok "$1: is silent" [ ! -s "$scratch/err" ]; fi
}

try "a PCI device that is not there" 1 'no PCI device is there' << END
read-bar 00:03.0 0 0 4
END

cr=$(printf '\r')
open='open f \\.\Requests'
half=$(printf '\355\240\200')
try "half of a surrogate pair in wide text" 2 "a text that is no UTF-8" << END
$open
write f L"$half"
END

try "lines that end as Windows' do" 0 "" << END
$open$cr
ioctl f 0x222000 61 1 # comment$cr
assert output "A"$cr
END
try "another status than expected" 1 "stdin:2: ioctl f 0x222000 61 1: expected 0xC0000120 STATUS_CANCELLED, and it is 0x00000000 STATUS_SUCCESS" << END
$open
expect STATUS_CANCELLED ioctl f 0x222000 61 1
echo later
END
ok "ends the script" sh -c '! grep -q later "$1"' - "$scratch/out"
try "another output" 1 "stdin:3: assert output 42: the output is another one" << END
$open
ioctl f 0x222000 61 1
assert output 42
END
try "another information" 1 "the information is another number" << END
$open
ioctl f 0x222000 61 1
assert information 2
END
try "a log without the text" 1 "no driver has printed that" << END
assert log hello
END
try "a log asserted piece by piece" 0 "" << END
shutdown
assert log shut
assert log down
END
try "a log asserted in another order" 1 "stdin:3: assert log shut" << END
shutdown
assert log down
assert log shut
END
try "something left" 1 "stdin:5: assert nothing-left: the kernel does not hold what it held at the snapshot" << END
$open
snapshot
assert nothing-left
open g \\\\.\\Requests
assert nothing-left
END
ok "is shown" grep -qx "  File objects: 1 more" "$scratch/out"
try "no snapshot" 1 "stdin:1: assert nothing-left: there is no snapshot to compare with" << END
assert nothing-left
END
try "a wait whose time is up" 1 "stdin:3: wait a for 1s: 0x00000103 STATUS_PENDING: it is not done" << END
$open overlapped
start a ioctl f 0x222004 - 4
wait a for 1s
END
try "a wait that never ends" 1 "nothing that still runs can end this wait" << END
$open overlapped
start a ioctl f 0x222004 - 4
wait a
END
try "a request that is left" 0 "" << END
$open overlapped
start a ioctl f 0x222004 - 4
END
try "a deadlock" 1 "deadlock" << END
$open
ioctl f 0x222018
END
try "a driver that is not there" 3 "stdin:1: load missing.sys: missing.sys: no such file" << END
load missing.sys
END
try "a file that is no driver" 3 "stdin:1: load $ROOT/tests/lint.t" << END
load $ROOT/tests/lint.t
END
try "a driver that is not loaded" 1 "stdin:1: unload other: " << END
unload other
END
try "processes" 0 "" << END
process b b.exe "b 1"
thread t b
as t $open
exit b 5
END
try "a command line that is a word of the command's" 0 "" << END
process b b.exe "as" as system
END

"$KMODE" build -q "$ROOT/tests/machine/drivers/access.c"
cat > users.script << 'END'
process mine m.exe as system
as mine open m \\.\AccessGuarded
process user C:\user.exe "user.exe -x" as standard-user
as user expect STATUS_ACCESS_DENIED open u \\.\AccessGuarded
as user open u \\.\AccessOpen read
ioctl u 0x222000 - 3
assert output 000001
process admin a.exe as administrator
as admin open a \\.\AccessGuarded
as admin open b \\.\AccessOpen read
ioctl b 0x222000 - 3
assert output 010101
END
run "$KMODE" run -q --script users.script access.sys
ok "processes of the system, of a standard user, of an administrator" status_is 0

mkdir disk
cp access.sys disk/plugin.dll
echo text > disk/text.dll
cat > images.script << 'END'
process visitor v.exe as standard-user
as visitor open text C:\text.dll read
as visitor expect STATUS_ACCESS_DENIED open volume \\.\C: read
process game C:\game.exe
load-image plugin C:\plugin.dll
as game load-image plugin-of-game C:\plugin.dll
as game expect STATUS_OBJECT_NAME_NOT_FOUND load-image missing C:\missing.dll
as game expect STATUS_INVALID_IMAGE_NOT_MZ load-image text C:\text.dll
unload-image plugin-of-game
exit game
unload-image plugin
END
run "$KMODE" run -q --disk disk --script images.script access.sys
ok "images loaded and unloaded" status_is 0
printf 'process a a.exe\nas a load-image i C:\\plugin.dll\nexit a\nunload-image i\n' > gone.script
run "$KMODE" run -q --disk disk --script gone.script access.sys
ok "an image goes with its process" refused 2 "gone.script:4: there is no image 'i' at this line"

try "a service that is not there" 1 "stdin:1: system-call NtNothing: NtNothing: there is no such service" << END
system-call NtNothing
END
try "a service with too few arguments" 1 "NtClose takes 1 arguments, not 0" << END
system-call NtClose
END
try "a system call that fails" 1 "stdin:1: system-call NtClose 4660: 0xC0000008 STATUS_INVALID_HANDLE" << END
system-call NtClose 4660
END
try "an output that is too short" 1 "the last output has no such eight bytes" << END
$open
read f 4 at 0
system-call NtClose output:0
END

try "a driver loaded again" 0 "" << END
unload requests
load requests.sys
$open
END

run "$KMODE" run -q --script /dev/null
ok "an empty script without a driver" status_is 0
ok "says nothing" silent

done_testing
