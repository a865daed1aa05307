// SPDX-License-Identifier: MIT
// Files and folders: what the commands need beyond stdio.
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

const char *km_file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

const char *km_file_extension(const char *path)
{
    const char *name = km_file_name(path);
    const char *dot = strrchr(name, '.');

    return dot && dot != name ? dot : "";
}

char *km_file_folder(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash) {
        return km_copy_string(".");
    }
    return km_format("%.*s", slash == path ? 1 : (int)(slash - path), path);
}

char *km_absolute_path(const char *path)
{
    char folder[PATH_MAX];

    if (path[0] == '/' || !getcwd(folder, sizeof(folder))) {
        return km_copy_string(path);
    }
    while (strncmp(path, "./", 2) == 0) {
        path += 2;
    }
    return strcmp(path, ".") == 0 ? km_copy_string(folder) : km_format("%s/%s", folder, path);
}

char *km_relative_path(const char *path)
{
    char here[PATH_MAX], folder[PATH_MAX];
    char *written = km_file_folder(path);
    bool known = path[0] == '/' && getcwd(here, sizeof(here)) && realpath(written, folder);

    free(written);
    if (!known) {
        return km_copy_string(path);
    }

    // What both paths share, up to the end of a component.
    size_t shared = 0;
    for (size_t i = 0;; i++) {
        bool here_ends = here[i] == '/' || here[i] == '\0';
        bool folder_ends = folder[i] == '/' || folder[i] == '\0';
        if (here_ends && folder_ends) {
            shared = i;
        }
        if (here[i] != folder[i] || here[i] == '\0') {
            break;
        }
    }

    char *relative = km_copy_string("");
    for (const char *at = here + shared; (at = strchr(at, '/')); at++) {
        char *longer = at[1] ? km_format("../%s", relative) : km_copy_string(relative);
        free(relative);
        relative = longer;
    }
    const char *below = folder + shared + (folder[shared] == '/');
    char *whole = km_format("%s%s%s%s", relative, below, *below ? "/" : "", km_file_name(path));
    free(relative);
    return whole;
}

bool km_is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool km_file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static bool has_extension(const char *name, const char *const *extensions)
{
    const char *extension = km_file_extension(name);

    for (; *extensions; extensions++) {
        if (strcasecmp(extension, *extensions) == 0) {
            return true;
        }
    }
    return false;
}

bool km_list_folder(const char *folder, const char *const *extensions, struct km_strings *names)
{
    struct km_strings found = {0};
    DIR *directory = opendir(folder);

    if (!directory) {
        return false;
    }
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (entry->d_name[0] != '.' && (!extensions || has_extension(entry->d_name, extensions))) {
            km_strings_add(&found, entry->d_name);
        }
    }
    closedir(directory);
    km_strings_sort(&found);
    for (size_t i = 0; i < found.count; i++) {
        km_strings_add(names, found.items[i]);
    }
    km_strings_free(&found);
    return true;
}

char *km_read_file(const char *path, size_t *size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    size_t capacity = 65536, length = 0;

    if (file < 0) {
        return NULL;
    }
    char *data = malloc(capacity + 1);
    while (data) {
        ssize_t got = read(file, data + length, capacity - length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            if (got < 0) {
                free(data);
                data = NULL;
            }
            break;
        }
        length += (size_t)got;
        if (length == capacity) {
            char *more = realloc(data, (capacity *= 2) + 1);
            if (!more) {
                free(data);
            }
            data = more;
        }
    }
    int error = errno;
    close(file);
    errno = error;
    if (data) {
        data[length] = '\0';
        if (size) {
            *size = length;
        }
    }
    return data;
}

bool km_write_file(const char *path, const void *data, size_t size)
{
    char *temporary = km_format("%s.%d.tmp", path, (int)getpid());
    FILE *file = fopen(temporary, "wbe");
    bool done = file && fwrite(data, 1, size, file) == size;
    int error = errno;

    if (file && fclose(file) != 0 && done) {
        error = errno;
        done = false;
    }
    if (done && rename(temporary, path) != 0) {
        error = errno;
        done = false;
    }
    if (file && !done) {
        unlink(temporary);
    }
    free(temporary);
    errno = error;
    return done;
}

bool km_copy_file(const char *from, const char *to)
{
    size_t size;
    char *data = km_read_file(from, &size);
    bool done = data && km_write_file(to, data, size);

    free(data);
    return done;
}

bool km_make_folders(const char *path)
{
    char *copy = km_copy_string(path);
    bool done = true;

    for (char *slash = copy + 1; done && *copy; slash++) {
        char end = *slash;
        if (end != '/' && end != '\0') {
            continue;
        }
        *slash = '\0';
        done = mkdir(copy, 0777) == 0 || (errno == EEXIST && km_is_folder(copy));
        *slash = end;
        if (end == '\0') {
            break;
        }
    }
    free(copy);
    return done;
}

char *km_make_temporary_folder(void)
{
    const char *place = getenv("TMPDIR");
    char *path = km_format("%s/kmode-XXXXXX", place && *place ? place : "/tmp");

    if (!mkdtemp(path)) {
        free(path);
        return NULL;
    }
    return path;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    remove(path);
    return 0;
}

void km_remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
