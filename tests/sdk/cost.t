#!/bin/sh
# SPDX-License-Identifier: MIT
# What the SDK costs: what a driver does not use is not in it, nothing runs before DriverEntry, nothing is allocated
# elsewhere than in the allocators and where Windows' own objects are made, and a device is a page of code.
. tests/cli/tap.sh

lib=$PREFIX/lib/kmode/lib/x64/kmode.lib

# linked NAME: which objects of the SDK are in NAME.sys, by its program database.
linked() {
    llvm-pdbutil-19 dump --modules "$1.pdb" | sed -n 's|.*/obj/sdk/\(.*\)\.c\.o.*|\1|p' | sort > linked
}
driver() { # NAME BODY
    cat > "$1.c" << END
#include <kmode.h>
typedef KM_VEC(ULONG) ULONG_VEC;
EXTERN_C DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    $2
}
END
    cp "$1.c" "$1-as-cxx.cpp"
    for source in "$1.c" "$1-as-cxx.cpp"; do
        run "$KMODE" build -q "$source"
        ok "$source builds" status_is 0
    done
}
only() { # NAME 'FOLDER|...': what NAME links of the SDK is from these folders
    for name in "$1" "$1-as-cxx"; do
        linked "$name"
        strangers=$(grep -vE "^($2)/" linked)
        ok "$name: has something of the SDK" [ -s linked ]
        ok "$name: and only of $2" test -z "$strangers"
    done
}

driver nothing 'return STATUS_UNSUCCESSFUL;'
for name in nothing nothing-as-cxx; do
    linked $name
    ok "$name: of the SDK only what each image has" test "$(tr '\n' ' ' < linked)" = \
        "runtime/load-config runtime/security-cookie "
done
pool='static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 0x74736f43);'
driver vec "$pool"'ULONG_VEC Vec = KM_VEC_INIT(&Pool); NTSTATUS Status = KmVecPush(&Vec, 1ul); KmVecFree(&Vec); return Status;'
only vec 'containers|alloc|runtime'
driver memory "$pool"'PVOID Memory = KmAlloc(&Pool, 10); KmFree(&Pool, Memory, 10); return STATUS_SUCCESS;'
only memory 'alloc|runtime'
driver clock 'return KmTimeSinceStart() != 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;'
only clock 'ke|runtime'
run "$KMODE" build -q "$ROOT/examples/echo" -o echo.sys
linked echo
ok "a device has neither log, containers nor Plug and Play" test -z "$(grep -E '^(log|containers)/|/pnp|/queue' linked)"

llvm-readobj-19 --sections "$lib" | sed -n 's/ *Name: \([.$_A-Za-z0-9]*\).*/\1/p' | sort -u > sections
ok "the library's sections are read" grep -q '^\.text$' sections
ok "it has no constructors, no initializers, no thread-local data" \
    test -z "$(grep -E '^\.(CRT|ctors|dtors|init_array|fini_array|tls)' sections)"
for name in nothing-as-cxx vec-as-cxx; do
    llvm-readobj-19 --sections $name.sys | sed -n 's/ *Name: \([.$_A-Za-z0-9]*\).*/\1/p' > sections
    ok "$name: nor has a C++ driver" test -z "$(grep -E '^\.(CRT|ctors|init_array|tls)' sections)"
done

llvm-nm-19 -A --undefined-only "$lib" 2> /dev/null |
    sed -n 's|.*/obj/sdk/\(.*\)\.c\.o: *U __imp_\(.*Allocate.*\)|\2 \1|p' | sort > allocations
cat > expected << 'END'
ExAllocatePoolWithQuotaTag alloc/pool-allocate
ExAllocatePoolWithTag alloc/pool-allocate
ExAllocatePoolWithTag runtime/sddl
ExAllocatePoolWithTagPriority alloc/priority-pool
IoAllocateDriverObjectExtension device/pnp-driver
IoAllocateMdl device/buffer
IoAllocateMdl mm/locked-pages
IoAllocateMdl mm/mdl
IoAllocateWorkItem runtime/io-work-item
MmAllocateContiguousMemorySpecifyCacheNode alloc/contiguous
MmAllocatePagesForMdlEx alloc/physical-pages
ZwAllocateVirtualMemory mm/virtual-memory
END
ok "who asks the system for memory" diff expected allocations

ok "a whole device with two control codes is under 40 lines" test "$(wc -l < "$ROOT/examples/echo/echo.c")" -lt 40

done_testing
