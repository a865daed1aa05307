#!/bin/sh
# SPDX-License-Identifier: MIT
# The sources pass `make lint`, and in `make soak` whatever the static analyzer has to say, too.
cd "$(dirname "$0")/.." || exit 1
echo 1..1
if output=$(scripts/lint ${SOAK:+--deep} 2>&1); then
    echo "ok 1 - $output"
else
    echo "not ok 1 - lint"
    printf '%s\n' "$output" | sed 's/^/# /'
    exit 1
fi
