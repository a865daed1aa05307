// SPDX-License-Identifier: MIT
// Dumps: ELF core files of the system's memory, of a machine that runs and of one that has stopped.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine/contract.h"
#include "machine/include/kmode/machine.h"

static km_machine *start(void)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 60,
                                               .checks = true};
    km_machine *machine = km_machine_create(&options);
    assert_null(km_machine_problem(machine));
    return machine;
}

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

// What the dump has at an address; NULL: nothing.
static const uint8_t *at(const uint8_t *dump, size_t size, uint64_t address, size_t bytes)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)dump;
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(dump + header->e_phoff);
    const uint8_t *found = NULL;
    uint64_t end = 0;
    assert_true(size > sizeof *header);
    assert_memory_equal(header->e_ident, ELFMAG, SELFMAG);
    assert_int_equal(header->e_type, ET_CORE);
    assert_int_equal(header->e_machine, EM_X86_64);
    for (size_t i = 0; i < header->e_phnum; i++) {
        const Elf64_Phdr *segment = &segments[i];
        assert_int_equal(segment->p_type, PT_LOAD);
        assert_int_equal(segment->p_filesz, segment->p_memsz);
        assert_true(segment->p_vaddr >= KM_SYSTEM_RANGE_START && segment->p_vaddr >= end);
        assert_true(segment->p_offset + segment->p_filesz <= size);
        end = segment->p_vaddr + segment->p_memsz;
        if (address >= segment->p_vaddr && address + bytes <= end) {
            found = dump + segment->p_offset + (address - segment->p_vaddr);
        }
    }
    return found;
}

static const char *scratch_path(void)
{
    static char path[256];
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/kmode-dump-%ld", folder != NULL ? folder : "/tmp", (long)getpid());
    return path;
}

static void check_dump(km_machine *machine)
{
    const char *path = scratch_path();
    size_t size;
    assert_int_equal(km_machine_dump(machine, path), KM_OK);
    uint8_t *dump = read_file(path, &size);
    unlink(path);
    // Linux has the same bytes at the same place.
    const uint8_t *kernel = at(dump, size, KM_KERNEL_IMAGE_BASE, KM_PAGE_SIZE);
    assert_non_null(kernel);
    assert_memory_equal(kernel, "MZ", 2);
    assert_memory_equal(kernel, (const void *)KM_KERNEL_IMAGE_BASE, KM_PAGE_SIZE);
    assert_non_null(at(dump, size, KM_SHARED_BASE, KM_PAGE_SIZE));
    assert_null(at(dump, size, KM_IMPORT_SLOT_BASE, 1));
    free(dump);
}

static void a_running_machine(void **state)
{
    (void)state;
    km_machine *machine = start();
    check_dump(machine);
    // It goes on as before.
    assert_int_equal(km_driver_load(machine, "build/tests/machine/drivers/requests.sys"), KM_OK);
    check_dump(machine);
    assert_int_equal(km_driver_unload(machine, "requests"), KM_OK);
    km_machine_destroy(machine);
}

static void a_path_that_cannot_be_written(void **state)
{
    (void)state;
    km_machine *machine = start();
    assert_int_equal(km_machine_dump(machine, "/nowhere/dump"), KM_FAILED);
    assert_string_equal(km_machine_problem(machine),
                        "/nowhere/dump: the dump cannot be written: No such file or directory");
    assert_int_equal(km_machine_dump(machine, "/dev/full"), KM_FAILED);
    km_machine_destroy(machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_running_machine),
        cmocka_unit_test(a_path_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
