// SPDX-License-Identifier: MIT
// Altitudes, as object and registry callbacks have them.
#ifndef KMODE_RTL_ALTITUDE_H
#define KMODE_RTL_ALTITUDE_H

// TRUE if it is a decimal number, which may have a fraction: "385100", "370030.5".
BOOLEAN RtlpIsAltitude(PCUNICODE_STRING Altitude);

// Negative, 0, positive: First is below, at, above Second. Both are altitudes.
LONG RtlpCompareAltitudes(PCUNICODE_STRING First, PCUNICODE_STRING Second);

#endif
