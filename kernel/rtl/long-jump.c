// SPDX-License-Identifier: MIT
// longjmp: an unwind to the frame that called _setjmp.
#include "inc/kernel.h"
#include "rtl/exception.h"
#include <setjmp.h>

C_ASSERT(FIELD_OFFSET(_JUMP_BUFFER, Rip) == 0x50);
C_ASSERT(FIELD_OFFSET(_JUMP_BUFFER, MxCsr) == 0x58);
C_ASSERT(FIELD_OFFSET(_JUMP_BUFFER, Xmm6) == 0x60);

#undef longjmp
DECLSPEC_NORETURN void longjmp(jmp_buf Buffer, int Value)
{
    _JUMP_BUFFER *Target = (_JUMP_BUFFER *)Buffer;
    EXCEPTION_RECORD Record = {.ExceptionCode = STATUS_LONGJUMP,
                               .ExceptionAddress = __builtin_return_address(0),
                               .NumberParameters = 1,
                               .ExceptionInformation = {(ULONG_PTR)Target}};
    CONTEXT Context;
    if (Value == 0) {
        Value = 1;
    }
    if (Target->Frame != 0) {
        RtlUnwindEx((PVOID)Target->Frame, (PVOID)Target->Rip, &Record, (PVOID)(ULONG_PTR)(ULONG)Value,
                    &Context, NULL);
    }
    // Without a frame there is nothing to unwind to: only the registers go back.
    RtlCaptureContext(&Context);
    Context.Rax = (ULONG)Value;
    RtlRestoreContext(&Context, &Record);
    __builtin_unreachable();
}
