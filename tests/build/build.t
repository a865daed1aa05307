#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds every driver of this folder and looks at the images. TAP on stdout.
#
# KMODE: the kmode command (build/bin/kmode).
# A driver is a source file, or a folder of them. In its text, `// options: ...` gives the compiler more options and
# `// sections: ...` names sections that the image must have.
set -u

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
KMODE=${KMODE:-$root/build/bin/kmode}
readobj=${READOBJ:-llvm-readobj-19}
work=$(mktemp -d "${TMPDIR:-/tmp}/kmode-build.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

# build DRIVER OUTPUT CONFIGURATION OPTIONS: the messages go to OUTPUT.log
build() {
    driver=$1 output=$2 configuration=$3
    shift 3
    for option; do
        shift
        set -- "$@" "--cflag=$option"
    done
    "$KMODE" build --quiet --config="$configuration" -Wall -Wextra "$@" -o "$output" "$driver" > "$output.log" 2>&1
}

# The words of a `// NAME: ...` line in the driver's sources.
declared() {
    if [ -d "$1" ]; then cat "$1"/*.*; else cat "$1"; fi | sed -n "s|^// $2: ||p" | tr '\n' ' '
}

number=0
failed=0
check() { # RESULT DESCRIPTION [FILE-WITH-DETAILS]
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        failed=1
        if [ -n "${3:-}" ] && [ -f "$3" ]; then sed 's/^/# /' "$3" | head -40; fi
    fi
}

# What is wrong with an image, one line each. Arguments: image, names of sections it must have.
defects() {
    image=$1
    shift
    "$readobj" --file-headers --sections --coff-imports "$image" > "$image.txt" || echo "unreadable"
    [ -f "${image%.sys}.pdb" ] || echo "no pdb"
    awk -v wanted="$*" -v lists="$root/nt/exports/" '
        BEGIN {
            count = split(wanted, want, " ")
            library = ""
            command = "ls " lists "*.txt"
            while ((command | getline list) > 0) {
                while ((getline line < list) > 0) {
                    if (line ~ /^# module: /) module = tolower(substr(line, 11))
                    else if (line !~ /^#/) { split(line, field, "\t"); known[module "!" field[1]] = 1 }
                }
            }
        }
        /^ *Machine: IMAGE_FILE_MACHINE_AMD64/ { machine = 1 }
        /^ *Subsystem: IMAGE_SUBSYSTEM_NATIVE/ { native = 1 }
        /^ *CheckSum: 0x[0-9A-F]*[1-9A-F]/ { checksum = 1 }
        /DLL_CHARACTERISTICS_DYNAMIC_BASE/ { aslr = 1 }
        /DLL_CHARACTERISTICS_NX_COMPAT/ { nx = 1 }
        /^ *BaseRelocationTableSize: 0x[1-9A-F]/ { relocations = 1 }
        /^ *LoadConfigTableSize: 0x[1-9A-F]/ { config = 1 }
        /^  Section {/ { section = ""; writable = executable = discardable = 0; in_section = 1 }
        in_section && /^    Name: / { section = $2; present[section] = 1 }
        in_section && /MEM_WRITE/ { writable = 1 }
        in_section && /MEM_EXECUTE/ { executable = 1 }
        in_section && /MEM_DISCARDABLE/ { discardable = 1 }
        in_section && /^  }/ {
            in_section = 0
            if (writable && executable) print "section " section " is writable and executable"
            if (section == "INIT" && !discardable) print "INIT is not discardable"
        }
        /^Import {/ { in_import = 1 }
        in_import && /^  Name: / { library = tolower($2) }
        in_import && /^  Symbol: / { if (!((library "!" $2) in known)) print "imports " library "!" $2 ", in no list" }
        /^}/ { in_import = 0 }
        END {
            if (!machine) print "machine is not x64"
            if (!native) print "subsystem is not native"
            if (!checksum) print "no checksum"
            if (!aslr || !nx) print "not ASLR and NX"
            if (!relocations) print "no relocations"
            if (!config) print "no load configuration"
            for (i = 1; i <= count; i++) if (!(want[i] in present)) print "no section " want[i]
        }
    ' "$image.txt"
    perl -e '
        # The PE checksum: 16-bit ones-complement sum of the file without the field itself, plus its length.
        local $/; open my $file, "<:raw", $ARGV[0] or exit; my $bytes = <$file>;
        my $field = unpack("V", substr($bytes, 60, 4)) + 88;
        my $stored = unpack("V", substr($bytes, $field, 4));
        my $length = length $bytes;
        substr($bytes, $field, 4) = "\0\0\0\0";
        $bytes .= "\0" if $length % 2;
        my $sum = unpack("%64v*", $bytes);
        $sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
        printf "checksum %#x, not %#x\n", $stored, $sum + $length if $stored != $sum + $length;
    ' "$image"
}

run_one() { # DRIVER CONFIGURATION: leaves NAME.CONFIGURATION.status, .log, .defects in $work
    name=$(basename "$1")
    image=$work/${name%.*}.$2.sys
    # shellcheck disable=SC2046
    build "$1" "$image" "$2" $(declared "$1" options)
    echo $? > "$image.status"
    [ -f "$image" ] || return 0
    # shellcheck disable=SC2046
    defects "$image" $(declared "$1" sections) > "$image.defects" 2>&1
}

[ -x "$KMODE" ] || { echo "Bail out! no $KMODE: run make first"; exit 1; }

drivers=
for driver in "$here"/*; do
    case $driver in *.t) continue ;; esac
    drivers="$drivers $driver"
done

# Two at a time.
for configuration in debug release; do
    for driver in $drivers; do
        run_one "$driver" "$configuration" &
        if [ -n "${previous:-}" ]; then
            wait "$previous"
        fi
        previous=$!
    done
done
wait

for configuration in debug release; do
    for driver in $drivers; do
        name=$(basename "$driver")
        image=$work/${name%.*}.$configuration.sys
        what="${name%.*} ($configuration)"
        check "$(cat "$image.status")" "$what builds" "$image.log"
        [ ! -s "$image.log" ]
        check $? "$what builds without a message" "$image.log"
        [ -f "$image.defects" ] && [ ! -s "$image.defects" ]
        check $? "$what is a sound image" "$image.defects"
    done
done
echo "1..$number"
exit $failed
