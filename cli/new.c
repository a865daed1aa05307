// SPDX-License-Identifier: MIT
// `kmode new`: a new driver's folder from the template.
#include "cli.h"
#include "files.h"
#include "resources.h"
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static const char placeholder[] = "@NAME@";

enum { MAXIMUM_NAME = 64 };

static const char documentation[] =
    "Makes the folder NAME with a small driver, its test, a CMakeLists.txt and a README. NAME is the "
    "driver's name: "
    "letters, digits and underscores, no digit first. `kmode test NAME` passes at once.";

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    const char **name = state->input;

    switch (key) {
    case ARGP_KEY_ARG:
        if (*name) {
            km_error("one name at a time: '%s' is too many", argument);
            return ECANCELED;
        }
        *name = argument;
        break;
    case ARGP_KEY_NO_ARGS: km_error("the driver's NAME is missing"); return ECANCELED;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

// Names that Windows gives to no file, whatever its extension.
static bool is_device_name(const char *name)
{
    static const char *const devices[] = {"CON", "PRN", "AUX", "NUL"};

    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        if (strcasecmp(name, devices[i]) == 0) {
            return true;
        }
    }
    return strlen(name) == 4 && (strncasecmp(name, "COM", 3) == 0 || strncasecmp(name, "LPT", 3) == 0) &&
           name[3] >= '1' && name[3] <= '9';
}

// The name is a file's, a service's and a C identifier's.
static bool is_valid_name(const char *name)
{
    size_t length = strlen(name);

    if (length == 0 || length > MAXIMUM_NAME || isdigit((unsigned char)name[0])) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!isascii(name[i]) || (!isalnum((unsigned char)name[i]) && name[i] != '_')) {
            return false;
        }
    }
    return true;
}

// Returns text with the name in place of each placeholder; the caller frees.
static char *fill_in(const char *text, const char *name)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, placeholder)); at += strlen(placeholder)) {
        count++;
    }
    char *filled = km_allocate(strlen(text) + count * strlen(name) + 1, 1);
    char *end = filled;
    for (const char *at; (at = strstr(text, placeholder)); text = at + strlen(placeholder)) {
        end = mempcpy(end, text, (size_t)(at - text));
        end = stpcpy(end, name);
    }
    strcpy(end, text);
    return filled;
}

static bool copy_tree(const char *from, const char *to, const char *name);

static bool copy_entry(const char *from, const char *to, const char *name)
{
    if (km_is_folder(from)) {
        return mkdir(to, 0777) == 0 && copy_tree(from, to, name);
    }
    char *text = km_read_file(from, NULL);
    char *filled = text ? fill_in(text, name) : NULL;
    bool done = filled && km_write_file(to, filled, strlen(filled));
    free(filled);
    free(text);
    return done;
}

// Names of files have placeholders too. Returns false with errno.
static bool copy_tree(const char *from, const char *to, const char *name)
{
    struct km_strings entries = {0};
    bool done = km_list_folder(from, NULL, &entries);

    for (size_t i = 0; i < entries.count && done; i++) {
        char *entry = fill_in(entries.items[i], name);
        char *source = km_format("%s/%s", from, entries.items[i]);
        char *target = km_format("%s/%s", to, entry);
        done = copy_entry(source, target, name);
        free(entry);
        free(source);
        free(target);
    }
    km_strings_free(&entries);
    return done;
}

// Made beside the place under another name and moved there whole, so that a failure leaves nothing.
static int make_driver(const char *name)
{
    char *template = km_resource("share/kmode/templates/driver");
    char *unfinished = km_format(".%s-XXXXXX", name);
    int status = KM_EXIT_OK;

    if (!km_is_folder(template)) {
        km_error("kmode's installation is not whole: no template in %s", template);
        status = KM_EXIT_FAILED;
    } else if (!mkdtemp(unfinished)) {
        km_error("cannot make the folder %s: %s", name, strerror(errno));
        status = KM_EXIT_USAGE;
    } else {
        mode_t mask = umask(0);
        umask(mask);
        if (!copy_tree(template, unfinished, name) || chmod(unfinished, 0777 & ~mask) != 0 ||
            rename(unfinished, name) != 0) {
            km_error("cannot make the folder %s: %s", name, strerror(errno));
            km_remove_tree(unfinished);
            status = KM_EXIT_FAILED;
        }
    }
    free(unfinished);
    free(template);
    return status;
}

int km_command_new(int argc, char **argv)
{
    static const struct argp argp = {NULL, parse_option, "NAME", documentation, NULL, NULL, NULL};
    const char *name = NULL;
    int status = km_parse_arguments(&argp, argc, argv, &name);

    if (status != KM_EXIT_OK) {
        return status;
    }
    if (!is_valid_name(name)) {
        km_error(
            "'%s' cannot be a driver's name: letters, digits and underscores, no digit first, at most %d",
            name, MAXIMUM_NAME);
        return KM_EXIT_USAGE;
    }
    if (is_device_name(name)) {
        km_error("'%s' cannot be a driver's name: on Windows it names a device", name);
        return KM_EXIT_USAGE;
    }
    if (km_file_exists(name)) {
        km_error("%s is there already", name);
        return KM_EXIT_USAGE;
    }
    status = make_driver(name);
    if (status == KM_EXIT_OK) {
        printf("Made the driver %s. Next:\n"
               "  cd %s\n"
               "  kmode test            build it, run it, compare its log\n"
               "  kmode build           build %s.sys\n"
               "  kmode run %s.sys\n",
               name, name, name, name);
    }
    return status;
}
