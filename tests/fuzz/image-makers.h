// SPDX-License-Identifier: MIT
// What crafted images need beyond the overwriting of a few fields: each changes the built image in the way it
// is named.
#ifndef KMODE_TESTS_FUZZ_IMAGE_MAKERS_H
#define KMODE_TESTS_FUZZ_IMAGE_MAKERS_H

#include "tests/fuzz/image-builder.h"

void image_make_elf(struct test_image *image);
void image_make_text(struct test_image *image);
void image_make_empty(struct test_image *image);
void image_make_zeroed(struct test_image *image);
void image_make_zeroed_sections(struct test_image *image);
void image_make_zeroed_sections_and_exports(struct test_image *image);
void image_make_zeroed_optional_header(struct test_image *image);
void image_make_zeroed_section_table(struct test_image *image);
void image_make_ones(struct test_image *image);
void image_make_ones_sections(struct test_image *image);
void image_make_old_format(struct test_image *image);
void image_make_vxd(struct test_image *image);
void image_make_overlay(struct test_image *image);
void image_make_odd_size(struct test_image *image);
void image_make_longest_export_name(struct test_image *image);
void image_make_long_export_name(struct test_image *image);
void image_make_endless_export_name(struct test_image *image);
void image_make_import_name_to_the_end(struct test_image *image);
void image_make_import_same_descriptor(struct test_image *image);
void image_make_import_same_thunks(struct test_image *image);
void image_make_import_same_long_name(struct test_image *image);
void image_make_import_endless_thunks(struct test_image *image);
void image_make_import_self(struct test_image *image);
void image_make_import_unknown_module(struct test_image *image);
void image_make_import_unknown_name(struct test_image *image);
void image_make_import_kernel32(struct test_image *image);
void image_make_import_ntdll(struct test_image *image);
void image_make_import_msvcrt(struct test_image *image);
void image_make_import_path(struct test_image *image);
void image_make_import_control_bytes(struct test_image *image);
void image_make_relocate_everything(struct test_image *image);
void image_make_low_alignment(struct test_image *image);

#endif
