#!/bin/sh
# SPDX-License-Identifier: MIT
# The sources pass `make lint`.
cd "$(dirname "$0")/.." || exit 1
echo 1..1
if output=$(scripts/lint 2>&1); then
    echo "ok 1 - $output"
else
    echo "not ok 1 - lint"
    printf '%s\n' "$output" | sed 's/^/# /'
    exit 1
fi
