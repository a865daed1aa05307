// SPDX-License-Identifier: MIT
// Variables of the kernel's that tell how it was built and started.
#include "test.h"

extern ULONG NtBuildNumberOfKernel __asm__("__imp_NtBuildNumber");
extern ULONG BugCheckDataOfKernel __asm__("__imp_KiBugCheckData");

static void TestBuild(void)
{
    RTL_OSVERSIONINFOW Version = {.dwOSVersionInfoSize = sizeof(Version)};
    const ULONG *Number = *(ULONG **)(PVOID)&NtBuildNumberOfKernel;
    IS(RtlGetVersion(&Version), STATUS_SUCCESS);
    IS(*Number & 0xFFFF, Version.dwBuildNumber);
    IS(*Number >> 28, 0xF); // a free build
}

static void TestStart(void)
{
    IS(KdDebuggerEnabled, FALSE);
    IS(KdDebuggerNotPresent, TRUE);
    IS(KdRefreshDebuggerNotPresent(), TRUE);
    IS(NtGlobalFlag, 0);
    IS(*InitSafeBootMode, 0);
    const ULONG_PTR *Data = *(ULONG_PTR **)(PVOID)&BugCheckDataOfKernel;
    IS(Data[0], 0);
}

TEST_DRIVER(TestBuild, TestStart)
