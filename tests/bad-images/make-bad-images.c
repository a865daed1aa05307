// SPDX-License-Identifier: MIT
// Writes every crafted image that cannot be loaded into a folder, and the table of them to stdout: file name,
// tab, part of the reason that must be given.
//   make-bad-images DIRECTORY
#include "tests/fuzz/image-cases.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    static struct test_image image;
    char path[4096];

    if (argc != 2) {
        fprintf(stderr, "usage: make-bad-images DIRECTORY\n");
        return 2;
    }
    for (size_t i = 0; i < image_case_count(); i++) {
        struct image_case image_case;
        image_case_make(i, &image_case, &image);
        if (image_case.verdict == IMAGE_ACCEPTED) {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s.sys", argv[1], image_case.name);
        FILE *file = fopen(path, "wb");
        if (file == NULL || fwrite(image.bytes, 1, image.size, file) != image.size || fclose(file) != 0) {
            perror(path);
            return 1;
        }
        printf("%s.sys\t%s\n", image_case.name, image_case.reason);
    }
    return 0;
}
