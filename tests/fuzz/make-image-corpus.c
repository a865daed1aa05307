// SPDX-License-Identifier: MIT
// Writes the crafted images into a folder, as seeds of the fuzzer; and decodes regressions kept as
// hexadecimal text.
//   make-image-corpus DIRECTORY [FILE.hex...]
#include "tests/fuzz/image-cases.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct test_image image;

static int write_file(const char *directory, const char *name, const char *extension)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s%s", directory, name, extension);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(image.bytes, 1, image.size, file) != image.size || fclose(file) != 0) {
        perror(path);
        return 1;
    }
    return 0;
}

// The format: pairs of hexadecimal digits, blanks and newlines anywhere between them, `#` to the end of a
// line.
static int decode(const char *path)
{
    FILE *file = fopen(path, "r");
    int character, high = -1;

    if (file == NULL) {
        perror(path);
        return 1;
    }
    image.size = 0;
    while ((character = fgetc(file)) != EOF) {
        if (character == '#') {
            while (character != '\n' && character != EOF) {
                character = fgetc(file);
            }
            continue;
        }
        if (isspace(character)) {
            continue;
        }
        if (!isxdigit(character) || image.size == sizeof image.bytes) {
            fprintf(stderr, "%s: not hexadecimal text, or too long\n", path);
            fclose(file);
            return 1;
        }
        int digit = isdigit(character) ? character - '0' : tolower(character) - 'a' + 10;
        if (high < 0) {
            high = digit;
        } else {
            image.bytes[image.size++] = (uint8_t)(high << 4 | digit);
            high = -1;
        }
    }
    fclose(file);
    return 0;
}

int main(int argc, char **argv)
{
    int failures = 0;

    if (argc < 2) {
        fprintf(stderr, "usage: make-image-corpus DIRECTORY [FILE.hex...]\n");
        return 2;
    }
    if (argc == 2) {
        for (size_t i = 0; i < image_case_count(); i++) {
            struct image_case image_case;
            image_case_make(i, &image_case, &image);
            failures += write_file(argv[1], image_case.name, ".sys");
        }
    }
    for (int i = 2; i < argc; i++) {
        const char *slash = strrchr(argv[i], '/');
        if (decode(argv[i]) != 0) {
            return 1;
        }
        failures += write_file(argv[1], slash != NULL ? slash + 1 : argv[i], ".sys");
    }
    return failures != 0;
}
