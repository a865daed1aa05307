// SPDX-License-Identifier: MIT
// finding: irql-too-high in MapForUser after MapForUser
// Memory is mapped into user space at an IRQL that only a mapping in system space may be made at.
#include "bug.h"

static PVOID MapForUser(PMDL Mdl)
{
    KIRQL OldIrql;
    PVOID Mapped = NULL;
    KeRaiseIrql(BUG(DISPATCH_LEVEL) MENDED_BY(APC_LEVEL), &OldIrql);
    __try {
        Mapped = MmMapLockedPagesSpecifyCache(Mdl, UserMode, MmCached, NULL, FALSE,
                                              NormalPagePriority | MdlMappingNoExecute);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Mapped = NULL;
    }
    KeLowerIrql(OldIrql);
    return Mapped;
}

static void Bug(void)
{
    PVOID Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, PAGE_SIZE, 'guBK');
    PMDL Mdl = Block != NULL ? IoAllocateMdl(Block, PAGE_SIZE, FALSE, FALSE, NULL) : NULL;
    if (Mdl != NULL) {
        MmBuildMdlForNonPagedPool(Mdl);
        PVOID Mapped = MapForUser(Mdl);
        if (Mapped != NULL) {
            MmUnmapLockedPages(Mapped, Mdl);
        }
        IoFreeMdl(Mdl);
    }
    if (Block != NULL) {
        ExFreePoolWithTag(Block, 'guBK');
    }
}
