// SPDX-License-Identifier: MIT
// The frames in which language handlers run: rcx = EXCEPTION_RECORD *, rdx = establisher frame, r8 = CONTEXT *,
// r9 = DISPATCHER_CONTEXT *, as the handler itself takes them. The dispatcher context is kept at 20h of the frame
// for the frame's own handler, which a later search or unwind calls when it comes by.

#define LANGUAGE_HANDLER 0x30 // in DISPATCHER_CONTEXT
#define FRAME_BYTES      0x28
#define SAVED_DISPATCHER 0x20

    .text
    .globl RtlpExecuteHandlerForException
    .def RtlpExecuteHandlerForException; .scl 2; .type 32; .endef
    .seh_proc RtlpExecuteHandlerForException
    .seh_handler RtlpNestedExceptionHandler, @except
RtlpExecuteHandlerForException:
    subq $FRAME_BYTES, %rsp
    .seh_stackalloc FRAME_BYTES
    .seh_endprologue
    movq %r9, SAVED_DISPATCHER(%rsp)
    callq *LANGUAGE_HANDLER(%r9)
    nop
    addq $FRAME_BYTES, %rsp
    retq
    .seh_endproc

    .globl RtlpExecuteHandlerForUnwind
    .def RtlpExecuteHandlerForUnwind; .scl 2; .type 32; .endef
    .seh_proc RtlpExecuteHandlerForUnwind
    .seh_handler RtlpCollidedUnwindHandler, @except, @unwind
RtlpExecuteHandlerForUnwind:
    subq $FRAME_BYTES, %rsp
    .seh_stackalloc FRAME_BYTES
    .seh_endprologue
    movq %r9, SAVED_DISPATCHER(%rsp)
    callq *LANGUAGE_HANDLER(%r9)
    nop
    addq $FRAME_BYTES, %rsp
    retq
    .seh_endproc
