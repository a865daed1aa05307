#!/bin/sh
# SPDX-License-Identifier: MIT
# A machine that is put to sleep and woken by an option and by scripts, power settings, and WMI data in scripts.
. tests/cli/tap.sh

cp "$ROOT"/tests/machine/drivers/*.[ch] .
"$KMODE" build -q sleeper.c
"$KMODE" build -q lamp.c
lamp='{0d7a9c11-51c5-4d7e-9b01-3f6a11625d77}'

run "$KMODE" run -q --suspend S3 sleeper.sys
ok "--suspend: status" status_is 0
ok "the machine sleeps" out_has 'bus: set S3, sleep, S0 to S3'
ok "and wakes" out_has 'bus: set S0, sleep, S3 to S0'

for wrong in "--suspend S0|is no state to sleep in" "--suspend S5|is no state to sleep in" "--suspend deep|is no state to sleep in"; do
    # shellcheck disable=SC2086
    run "$KMODE" run ${wrong%%|*} sleeper.sys
    ok "wrong: ${wrong%%|*}" refused 2 "${wrong#*|}"
done

cat > sleep.script <<'END'
suspend S1
expect STATUS_INVALID_DEVICE_STATE suspend S3
resume
resume
power-setting ACDC_POWER_SOURCE 1
assert log power source is 1
expect STATUS_OBJECT_NAME_NOT_FOUND power-setting NO_SUCH_SETTING 1
assert no-finding
END
run "$KMODE" run -q --script sleep.script sleeper.sys
ok "a script: status" status_is 0
ok "hears of the mains" out_has 'off the mains'

printf 'query-wmi %s Lamp0\n' "$lamp" > query.script
run "$KMODE" run -q --script query.script lamp.sys
ok "query-wmi: status" status_is 0
ok "shows the data" out_has '0000  0a 00 00 00'
printf 'set-wmi %s Lamp0 00\n' "$lamp" > fail.script
run "$KMODE" run -q --script fail.script lamp.sys
ok "a driver that refuses" status_is 1
ok "is named, with its status" err_has "set-wmi $lamp Lamp0 00: 0xC00002C7 STATUS_WMI_SET_FAILURE"

done_testing
