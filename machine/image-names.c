// SPDX-License-Identifier: MIT
// The image loader's tables of names: machines, subsystems, foreign file formats, DLLs of user mode.
#include "machine/image-internal.h"

#include <strings.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

struct numbered_name {
    uint16_t number;
    const char *name;
};

static const struct numbered_name machines[] = {
    {0x014c, "a 32-bit x86 image"}, {0x8664, "an x64 image"},       {0xaa64, "an ARM64 image"},
    {0xa641, "an ARM64EC image"},   {0x01c0, "a 32-bit ARM image"}, {0x01c2, "a 32-bit ARM image"},
    {0x01c4, "a 32-bit ARM image"}, {0x0200, "an Itanium image"},   {0x0ebc, "EFI byte code"},
    {0x5032, "a RISC-V image"},     {0x5064, "a RISC-V image"},     {0x6264, "a LoongArch image"},
    {0x01f0, "a PowerPC image"},    {0x0184, "an Alpha image"},     {0x0284, "a 64-bit Alpha image"},
    {0x0166, "a MIPS image"},
};

static const struct numbered_name subsystems[] = {
    {2, "Windows GUI"},
    {3, "Windows console"},
    {5, "OS/2 console"},
    {7, "POSIX console"},
    {8, "Windows 9x driver"},
    {9, "Windows CE"},
    {10, "EFI application"},
    {11, "EFI boot driver"},
    {12, "EFI driver"},
    {13, "EFI ROM image"},
    {14, "Xbox"},
    {16, "Windows boot application"},
    {17, "Xbox code catalog"},
};

struct signature {
    uint8_t length;
    const char *bytes;
    const char *name;
};

static const struct signature signatures[] = {
    {4,
     "\x7f"
     "ELF",
     "an ELF file"},
    {4, "\xcf\xfa\xed\xfe", "a Mach-O file"},
    {4, "\xce\xfa\xed\xfe", "a Mach-O file"},
    {8, "!<arch>\n", "a library (ar archive)"},
    {24, "Microsoft C/C++ MSF 7.00", "a PDB file"},
    {4, "BSJB", "a portable .NET PDB file"},
    {4, "PK\x03\x04", "a ZIP archive"},
    {4, "MSCF", "a cabinet file"},
    {2, "\x1f\x8b", "a gzip file"},
    {2, "#!", "a script"},
    {4, "BC\xc0\xde", "LLVM bitcode"},
    {4, "\0asm", "a WebAssembly file"},
    {2, "\x64\x86", "an x64 object file"},
    {4, "\0\0\xff\xff", "an object or import library member"},
};

// Modules that no driver can import from; the first six are those that the loader itself names.
static const char *const user_modules[] = {
    "ntdll",
    "winsrv",
    "advapi32",
    "kernel32",
    "user32",
    "gdi32",
    "kernelbase",
    "msvcrt",
    "ucrtbase",
    "ucrtbased",
    "shell32",
    "shlwapi",
    "ole32",
    "oleaut32",
    "combase",
    "rpcrt4",
    "sechost",
    "ws2_32",
    "wininet",
    "winhttp",
    "comctl32",
    "comdlg32",
    "version",
    "psapi",
    "setupapi",
    "newdev",
    "cfgmgr32",
    "wtsapi32",
    "userenv",
    "crypt32",
    "bcryptprimitives",
    "iphlpapi",
    "dbghelp",
    "imagehlp",
    "winmm",
    "mscoree",
    "fltlib",
    "win32u",
    "gdi32full",
    "msvcp140",
    "vcruntime140",
    "vcruntime140_1",
    "vcruntime140d",
    "msvcp140d",
    "libgcc_s_seh-1",
    "libwinpthread-1",
    "libstdc++-6",
};

static const char *find_name(const struct numbered_name *table, size_t count, uint16_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].number == number) {
            return table[i].name;
        }
    }
    return NULL;
}

const char *km_image_machine_name(uint16_t machine)
{
    return find_name(machines, COUNT_OF(machines), machine);
}

const char *km_image_subsystem_name(uint16_t subsystem)
{
    return find_name(subsystems, COUNT_OF(subsystems), subsystem);
}

const char *km_image_foreign_format(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < COUNT_OF(signatures); i++) {
        const struct signature *signature = &signatures[i];
        if (size >= signature->length && memcmp(bytes, signature->bytes, signature->length) == 0) {
            return signature->name;
        }
    }
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return NULL;
        }
    }
    return "nothing but zero bytes";
}

bool km_image_is_user_module(const char *module)
{
    static const char c_runtime_set[] = "api-ms-win-crt-";

    if (strncasecmp(module, c_runtime_set, sizeof c_runtime_set - 1) == 0) {
        return true;
    }
    size_t length = strlen(module);
    if (length > 4 && strcasecmp(module + length - 4, ".dll") == 0) {
        length -= 4;
    }
    for (size_t i = 0; i < COUNT_OF(user_modules); i++) {
        if (strlen(user_modules[i]) == length && strncasecmp(user_modules[i], module, length) == 0) {
            return true;
        }
    }
    return false;
}
