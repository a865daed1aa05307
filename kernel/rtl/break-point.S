// SPDX-License-Identifier: MIT
// DbgBreakPoint and DbgBreakPointWithStatus. Documented: without a kernel debugger the exception is the driver's to handle,
// else a bug check. The status, in ecx, is for the debugger alone. Any IRQL.

    .text

    .globl DbgBreakPoint
    .def DbgBreakPoint; .scl 2; .type 32; .endef
    .seh_proc DbgBreakPoint
DbgBreakPoint:
    .seh_endprologue
    int3
    ret
    .seh_endproc

    .globl DbgBreakPointWithStatus
    .def DbgBreakPointWithStatus; .scl 2; .type 32; .endef
    .seh_proc DbgBreakPointWithStatus
DbgBreakPointWithStatus:
    .seh_endprologue
    int3
    ret
    .seh_endproc
