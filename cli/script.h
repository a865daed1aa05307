// SPDX-License-Identifier: MIT
// Scripts that drive drivers: one command a line, read and checked whole before the first one is carried out.
// docs/script.md documents the language. Nothing here knows the machine.
#ifndef KMODE_CLI_SCRIPT_H
#define KMODE_CLI_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum km_script_verb {
    KM_SCRIPT_ADD_DEVICE,
    KM_SCRIPT_ASSERT_INFORMATION,
    KM_SCRIPT_ASSERT_LOG,
    KM_SCRIPT_ASSERT_NO_FINDING,
    KM_SCRIPT_ASSERT_NOTHING_LEFT,
    KM_SCRIPT_ASSERT_OUTPUT,
    KM_SCRIPT_CANCEL,
    KM_SCRIPT_CLOSE,
    KM_SCRIPT_CREATE_KEY,
    KM_SCRIPT_DELETE_KEY,
    KM_SCRIPT_DELETE_VALUE,
    KM_SCRIPT_ECHO,
    KM_SCRIPT_ENUMERATE_KEY,
    KM_SCRIPT_ENUMERATE_VALUES,
    KM_SCRIPT_EXECUTE_WMI,
    KM_SCRIPT_EXIT,
    KM_SCRIPT_IOCTL,
    KM_SCRIPT_LOAD,
    KM_SCRIPT_LOAD_IMAGE,
    KM_SCRIPT_LOAD_REGISTRY,
    KM_SCRIPT_LOWER_INTERRUPT,
    KM_SCRIPT_OPEN,
    KM_SCRIPT_PLUG,
    KM_SCRIPT_POWER_SETTING,
    KM_SCRIPT_PROCESS,
    KM_SCRIPT_QUERY_VALUE,
    KM_SCRIPT_QUERY_WMI,
    KM_SCRIPT_RAISE_INTERRUPT,
    KM_SCRIPT_READ,
    KM_SCRIPT_READ_BAR,
    KM_SCRIPT_REMOVE_DEVICE,
    KM_SCRIPT_RESUME,
    KM_SCRIPT_SAVE_REGISTRY,
    KM_SCRIPT_SET_VALUE,
    KM_SCRIPT_SET_WMI,
    KM_SCRIPT_SHUTDOWN,
    KM_SCRIPT_SLEEP,
    KM_SCRIPT_SNAPSHOT,
    KM_SCRIPT_START_DEVICE,
    KM_SCRIPT_STOP_DEVICE,
    KM_SCRIPT_SURPRISE_REMOVE_DEVICE,
    KM_SCRIPT_SUSPEND,
    KM_SCRIPT_SYSTEM_CALL,
    KM_SCRIPT_THREAD,
    KM_SCRIPT_UNLOAD,
    KM_SCRIPT_UNLOAD_IMAGE,
    KM_SCRIPT_UNPLUG,
    KM_SCRIPT_WAIT,
    KM_SCRIPT_WOW64_PROCESS,
    KM_SCRIPT_WRITE,
    KM_SCRIPT_WRITE_BAR
};

struct km_bytes {
    uint8_t *data;
    size_t count;
    bool absent; // no buffer at all, which is not an empty one
};

#define KM_SCRIPT_NONE SIZE_MAX

// What a name stands for. Each has a number of its own, from 0 on, in the order in which the script makes
// them.
enum km_script_thing {
    KM_SCRIPT_FILE,
    KM_SCRIPT_IMAGE,
    KM_SCRIPT_OPERATION,
    KM_SCRIPT_THREAD_THING, // of a process: the one that it starts with, or one more
    KM_SCRIPT_THINGS
};

// An argument of a system call.
enum km_script_argument_kind {
    KM_SCRIPT_NUMBER_ARGUMENT,
    KM_SCRIPT_MEMORY_ARGUMENT, // the address of bytes
    KM_SCRIPT_FILE_ARGUMENT,   // a file's handle
    KM_SCRIPT_OUTPUT_ARGUMENT  // eight bytes of the last output
};

struct km_script_argument {
    enum km_script_argument_kind kind;
    uint64_t number; // of the file, offset in the output
    struct km_bytes bytes;
};

#define KM_SCRIPT_MOST_ARGUMENTS 12u

struct km_script_command {
    const char *place; // "FILE:LINE", or the option of the command line
    char *text;        // as it is written, without what stands in front of it
    enum km_script_verb verb;
    size_t actor;    // the thread that does it
    size_t started;  // the operation that it becomes, or KM_SCRIPT_NONE: it is waited for
    bool expects;    // its status is to be `expected`
    bool is_process; // exit: the whole process
    uint32_t expected;
    size_t file, image, operation, thread; // operands, or what the command makes
    char *name;                            // path, image, key, text
    char *second_name;                     // command line, name of a value
    struct km_bytes bytes;
    uint64_t offset, number, time;
    uint32_t code, length, flags, access, type;
    uint32_t user;                        // enum km_user
    struct km_script_argument *arguments; // of a system call; NULL: none
    size_t argument_count;
};

struct km_script {
    struct km_script_command *commands;
    size_t count, room;
    size_t things[KM_SCRIPT_THINGS]; // how many the script makes; thread 0 is there without being made
    struct km_script_names *names;   // the parser's own
    char **places;
    size_t place_count;
};

// The offset of a transfer that names none.
#define KM_SCRIPT_CURRENT_OFFSET (~UINT64_C(0))
#define KM_SCRIPT_FOREVER        (~UINT64_C(0))

// Is told of each line that is wrong: its place and, in one line, why.
typedef void km_script_complain(void *context, const char *place, const char *reason);

// Reads a file that a script's bytes come from; NULL with errno. The caller frees what it returns.
typedef char *km_script_read_file(const char *path, size_t *size);

struct km_script_reader {
    km_script_complain *complain;
    void *context;
    km_script_read_file *read_file; // NULL: no bytes come from files
};

// Adds the commands of a script's text. false: a line is wrong, and each of them has been complained of.
bool km_script_parse(struct km_script *script, const char *name, const char *text, size_t size,
                     const struct km_script_reader *reader);

// Adds one command, of whole words as a shell gives them: "read", "\\\\.\\Name", "16". Where a file is meant
// that no command has opened, its path stands: it is opened before, and stays open.
bool km_script_add(struct km_script *script, const char *place, const char *const *words, size_t count,
                   const struct km_script_reader *reader);

void km_script_free(struct km_script *script);

// ---- Operands (script-operand.c). false: reason, of bytes bytes, says what is wrong with the word.

#define KM_SCRIPT_REASON_BYTES 256u
#define KM_SCRIPT_MOST_BYTES   (UINT32_C(1) << 20)  // that a line writes out
#define KM_SCRIPT_MOST_LENGTH  (UINT32_C(16) << 20) // of a buffer that is filled

bool km_script_number(const char *word, uint64_t *number, char *reason);
bool km_script_status(const char *word, uint32_t *status, char *reason);
// 0x222000, or CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS).
bool km_script_code(const char *word, uint32_t *code, char *reason);
// 100ns, 5us, 10ms, 2s, forever; in units of 100 ns.
bool km_script_time(const char *word, uint64_t *time, char *reason);
// A PCI function, 00:03.0 in hexadecimal digits: bus << 8 | device << 3 | function.
bool km_script_pci_place(const char *word, uint32_t *place, char *reason);
// Bytes as docs/script.md has them; the caller frees bytes->data.
bool km_script_bytes(const char *word, const struct km_script_reader *reader, struct km_bytes *bytes,
                     char *reason);
// Adds UTF-8 to the bytes, as UTF-16.
bool km_script_wide(struct km_bytes *bytes, const char *text, size_t length, char *reason);
// REG_SZ and the like, or a number.
bool km_script_value_type(const char *word, uint32_t *type, char *reason);

#endif
