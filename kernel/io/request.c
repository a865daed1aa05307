// SPDX-License-Identifier: MIT
// Carries out what the machine's user asks of the kernel, one request after the other, on a system thread.
#include "inc/kernel.h"

VOID NTAPI IopRequestThread(PVOID StartContext)
{
    UNREFERENCED_PARAMETER(StartContext);
    KM_REQUEST *Request = NULL;
    for (;;) {
        Request = KeMachine->next_request(Request);
        ULONG Detail = KM_DETAIL_NONE;
        switch (Request->kind) {
        case KM_REQUEST_LOAD_DRIVER:
            Request->status = (ULONG)IopLoadDriver(Request->service, Request->image_file, &Detail);
            break;
        case KM_REQUEST_UNLOAD_DRIVER:
            Request->status = (ULONG)IopUnloadDriver(Request->service, &Detail);
            break;
        default: Request->status = (ULONG)STATUS_INVALID_PARAMETER; break;
        }
        Request->detail = Detail;
    }
}
