// SPDX-License-Identifier: MIT
// The table of model-specific registers. What it lacks faults, as on hardware.
#include "machine/msr.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#define MSR_IA32_TSC     0x10u
#define MSR_IA32_TSC_AUX 0xC0000103u
#define MSR_IA32_GS_BASE 0xC0000101u

struct msr {
    uint32_t index;
    bool writable;
    uint64_t reserved; // bits that a write must leave clear
    uint64_t value;
};

static const struct msr built_in[] = {
#include "msr-table.inc"
};

enum { BUILT_IN = sizeof built_in / sizeof *built_in, MSRS = 512, PROCESSORS = 64 };

// What a processor has when it is reset, and what each has now.
static struct msr defaults[MSRS];
static size_t count;
static uint64_t values[PROCESSORS][MSRS];

void km_msrs_clear(void)
{
    memcpy(defaults, built_in, sizeof built_in);
    count = BUILT_IN;
}

void km_msrs_reset(uint32_t number)
{
    if (count == 0) {
        km_msrs_clear();
    }
    for (size_t i = 0; i < count; i++) {
        values[number % PROCESSORS][i] = defaults[i].value;
    }
}

static size_t find(uint32_t index)
{
    size_t i = 0;
    while (i < count && defaults[i].index != index) {
        i++;
    }
    return i;
}

bool km_msr_read(const KM_PROCESSOR *processor, uint32_t index, uint64_t *value)
{
    const size_t i = find(index);
    if (i < count) {
        *value = values[processor->number % PROCESSORS][i];
        return true;
    }
    switch (index) {
    case MSR_IA32_TSC: *value = __rdtsc(); return true;
    case MSR_IA32_TSC_AUX: *value = processor->number; return true;
    case MSR_IA32_GS_BASE: *value = processor->kpcr; return true;
    }
    return false;
}

bool km_msr_write(KM_PROCESSOR *processor, uint32_t index, uint64_t value)
{
    const size_t i = find(index);
    if (i == count || !defaults[i].writable || (value & defaults[i].reserved) != 0) {
        return false;
    }
    values[processor->number % PROCESSORS][i] = value;
    return true;
}

// ---- The file

static char *next_word(char **text)
{
    char *word = *text + strspn(*text, " \t\r\n");
    char *end = word + strcspn(word, " \t\r\n");
    *text = *end != '\0' ? end + 1 : end;
    *end = '\0';
    return word;
}

static bool parse_number(const char *word, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(word, &end, 0);
    return errno == 0 && isdigit((unsigned char)*word) && *end == '\0';
}

// What is wrong with the line; NULL: nothing.
static const char *parse_line(char *text)
{
    struct msr msr = {0};
    uint64_t index;
    text[strcspn(text, "#")] = '\0';
    char *word = next_word(&text);
    if (*word == '\0') {
        return NULL;
    }
    if (!parse_number(word, &index) || index > UINT32_MAX) {
        return "a line begins with the register's number, 0 to 0xFFFFFFFF";
    }
    msr.index = (uint32_t)index;
    if (!parse_number(next_word(&text), &msr.value)) {
        return "the register's number is followed by its value";
    }
    word = next_word(&text);
    msr.writable = strcmp(word, "rw") == 0;
    if (!msr.writable && strcmp(word, "ro") != 0) {
        return "the value is followed by rw or ro";
    }
    word = next_word(&text);
    if (*word != '\0' && !parse_number(word, &msr.reserved)) {
        return "what follows rw is a mask of reserved bits";
    }
    if (*next_word(&text) != '\0') {
        return "there is more on the line than a register; a comment begins with #";
    }
    const size_t i = find(msr.index);
    if (i == MSRS) {
        return "no room for so many registers";
    }
    defaults[i] = msr;
    count += i == count;
    return NULL;
}

bool km_msrs_load(const char *path, char *problem, size_t bytes)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    const char *wrong = NULL;
    unsigned number = 0;
    if (file == NULL) {
        snprintf(problem, bytes, "%s: %s", path, strerror(errno));
        return false;
    }
    errno = 0;
    for (ssize_t length; wrong == NULL && (length = getline(&line, &room, file)) >= 0;) {
        number++;
        wrong = memchr(line, '\0', (size_t)length) != NULL ? "it is no text" : parse_line(line);
    }
    bool loaded = wrong == NULL && feof(file);
    if (wrong != NULL) {
        snprintf(problem, bytes, "%s:%u: %s", path, number, wrong);
    } else if (!loaded) {
        snprintf(problem, bytes, "%s: %s", path, strerror(errno != 0 ? errno : ENOMEM));
    }
    free(line);
    fclose(file);
    return loaded;
}
