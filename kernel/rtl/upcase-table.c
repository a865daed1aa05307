// SPDX-License-Identifier: MIT
// Case mappings of the UTF-16 units from U+0080 on: the simple mappings of the Unicode Character Database
// (Debian's package unicode-data), made into ranges by scripts/make-case-tables.
#include "rtl/upcase.h"

#include "case-tables.inc"
