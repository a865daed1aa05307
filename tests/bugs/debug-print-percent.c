// SPDX-License-Identifier: MIT
// finding: debug-print-format in Bug
// says: DbgPrintEx was called with "% y" in its format, and no conversion has the type 0x79
// A percent sign is to stand for itself.
#include "bug.h"

static void Bug(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"name");
    BUG(DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "50% yet\n");)
    MENDED_BY(DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "50%% yet\n");)
    DbgPrint("%-+ "
             "#08d|%5.3i|%*u|%.*o|%hhx|%hX|%p|%c|%C|%hc|%lc|%s|%hs|%ws|%S|%Z|%wZ|%I64d|%I32u|%Ix|%lld|%zu|%"
             "td|%jd\n",
             1, 2, 3, 4, 5, 6, 7, 8, &Name, 'c', 'C', 'h', L'l', "s", "hs", L"ws", L"S", NULL, &Name, 1ll, 2,
             (SIZE_T)3, 4ll, (SIZE_T)5, (SSIZE_T)6, 7ll);
}
