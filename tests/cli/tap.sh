# SPDX-License-Identifier: MIT
# For tests/cli/*.t, which source it: TAP, and checks of what a command prints and answers.
#
# After it: $KMODE is absolute, $ROOT is the repository, the current folder is empty and removed at the end.

ROOT=$(pwd)
KMODE=${KMODE:-build/bin/kmode}
case $KMODE in
/*) ;;
*) KMODE=$ROOT/$KMODE ;;
esac
PREFIX=$(dirname "$(dirname "$KMODE")")
count=0

scratch=$(mktemp -d)
trap 'chmod -R u+rwx "$scratch"; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM HUP
mkdir "$scratch/here"
cd "$scratch/here" || exit 1

# ok NAME COMMAND...: passes if the command's status is 0.
ok() {
    name=$1
    shift
    count=$((count + 1))
    "$@" > "$scratch/why" 2>&1
    result=$?
    if [ $result -eq 0 ]; then
        echo "ok $count - $name"
    else
        echo "not ok $count - $name"
        echo "# status $result of: $*"
        sed 's/^/# /' "$scratch/why"
    fi
}

skip() {
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

# run COMMAND...: keeps its status, stdout and stderr for the checks below.
run() {
    "$@" > "$scratch/out" 2> "$scratch/err" < /dev/null
    status=$?
}

show_run() {
    echo "status $status; stdout:"
    head -n 40 "$scratch/out"
    echo "stderr:"
    head -n 40 "$scratch/err"
    return 1
}

# Of the last run: its status; that a stream has a text, is empty, is one line.
status_is() { [ "$status" -eq "$1" ] || show_run; }
out_has() { grep -qF -e "$1" "$scratch/out" || show_run; }
err_has() { grep -qF -e "$1" "$scratch/err" || show_run; }
out_is() { printf '%s\n' "$1" | cmp -s - "$scratch/out" || show_run; }
silent() { { [ ! -s "$scratch/out" ] && [ ! -s "$scratch/err" ]; } || show_run; }

# refused STATUS TEXT: the status, nothing on stdout, and one line on stderr that has the text.
refused() {
    { [ "$status" -eq "$1" ] && [ ! -s "$scratch/out" ] && [ "$(wc -l < "$scratch/err")" -eq 1 ] && err_has "$2"; } ||
        show_run
}

done_testing() {
    echo "1..$count"
}

# needs_wine NAME: without Wine, what NAME says is skipped, and the test ends here.
needs_wine() {
    command -v wine > /dev/null || [ -x /usr/lib/wine/wine64 ] || {
        skip "$1" "Wine is not installed (apt-get install wine64)"
        done_testing
        exit 0
    }
}
