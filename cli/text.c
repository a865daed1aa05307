// SPDX-License-Identifier: MIT
// A growing list of strings, and allocation that does not fail.
#include "text.h"

#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void out_of_memory(void)
{
    km_error("out of memory");
    exit(KM_EXIT_FAILED);
}

void *km_allocate(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);

    if (!memory) {
        out_of_memory();
    }
    return memory;
}

char *km_copy_string(const char *text)
{
    char *copy = strdup(text);

    if (!copy) {
        out_of_memory();
    }
    return copy;
}

static char *format_list(const char *format, va_list arguments)
{
    char *text;

    if (vasprintf(&text, format, arguments) < 0) {
        out_of_memory();
    }
    return text;
}

char *km_format(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    char *text = format_list(format, arguments);
    va_end(arguments);
    return text;
}

// Takes ownership of text.
static void append(struct km_strings *list, char *text)
{
    if (list->count + 1 >= list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 16;
        list->items = reallocarray(list->items, list->capacity, sizeof(char *));
        if (!list->items) {
            out_of_memory();
        }
    }
    list->items[list->count++] = text;
    list->items[list->count] = NULL;
}

void km_strings_add(struct km_strings *list, const char *text)
{
    append(list, km_copy_string(text));
}

void km_strings_add_format(struct km_strings *list, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    append(list, format_list(format, arguments));
    va_end(arguments);
}

void km_strings_add_all(struct km_strings *list, const char *const *texts)
{
    for (; *texts; texts++) {
        km_strings_add(list, *texts);
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void km_strings_sort(struct km_strings *list)
{
    if (list->count) {
        qsort(list->items, list->count, sizeof(char *), compare);
    }
}

void km_strings_free(struct km_strings *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i]);
    }
    free(list->items);
    *list = (struct km_strings){0};
}
