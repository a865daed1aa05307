// SPDX-License-Identifier: MIT
// The well-formed and the crafted images that unit tests, the fuzzer's seed corpus and tests/bad-images
// share.
#ifndef KMODE_TESTS_FUZZ_IMAGE_CASES_H
#define KMODE_TESTS_FUZZ_IMAGE_CASES_H

#include "tests/fuzz/image-builder.h"

enum image_verdict {
    IMAGE_ACCEPTED, // km_image_parse accepts it
    IMAGE_UNBOUND,  // km_image_parse accepts it, binding its imports cannot
    IMAGE_REFUSED,  // km_image_parse refuses it
};

struct image_case {
    char name[48]; // a file name without extension
    enum image_verdict verdict;
    const char *reason; // part of the sentence that refuses it; "" if any will do
};

size_t image_case_count(void);
// Builds case number index, 0 to image_case_count() - 1.
void image_case_make(size_t index, struct image_case *image_case, struct test_image *image);

#endif
