// SPDX-License-Identifier: MIT
// Reading an image file whole, whatever its path turns out to be.
#include "machine/image-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct file_kind {
    mode_t format;
    const char *name;
};

static const struct file_kind file_kinds[] = {
    {S_IFIFO, "a FIFO"},
    {S_IFCHR, "a character device"},
    {S_IFBLK, "a block device"},
    {S_IFSOCK, "a socket"},
};

static bool refuse_by_errno(struct km_image_problem *problem, const char *what)
{
    switch (errno) {
    case ENOENT: return km_image_refuse(problem, KM_STATUS_NO_SUCH_FILE, "no such file");
    case ENOTDIR:
        return km_image_refuse(problem, KM_STATUS_NO_SUCH_FILE,
                               "no such file: a part of its path is not a directory");
    case EACCES:
    case EPERM: return km_image_refuse(problem, KM_STATUS_ACCESS_DENIED, "no permission to read it");
    default: return km_image_refuse(problem, KM_STATUS_UNEXPECTED_IO_ERROR, "%s: %s", what, strerror(errno));
    }
}

static bool check_kind(const struct stat *status, struct km_image_problem *problem)
{
    if (S_ISREG(status->st_mode)) {
        return true;
    }
    if (S_ISDIR(status->st_mode)) {
        return km_image_refuse(problem, KM_STATUS_FILE_IS_A_DIRECTORY, "a directory, not a driver file");
    }
    for (size_t i = 0; i < sizeof file_kinds / sizeof file_kinds[0]; i++) {
        if ((status->st_mode & S_IFMT) == file_kinds[i].format) {
            return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT, "%s, not a regular file",
                                   file_kinds[i].name);
        }
    }
    return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT, "not a regular file");
}

static bool read_whole(int descriptor, uint8_t **bytes, size_t *size, struct km_image_problem *problem)
{
    struct stat status;

    if (fstat(descriptor, &status) != 0) {
        return refuse_by_errno(problem, "cannot be examined");
    }
    if (!check_kind(&status, problem)) {
        return false;
    }
    if (status.st_size == 0) {
        return km_image_refuse(problem, KM_STATUS_MAPPED_FILE_SIZE_ZERO, "an empty file");
    }
    if ((uint64_t)status.st_size > KM_IMAGE_MAX_FILE_BYTES) {
        return km_image_refuse(
            problem, KM_STATUS_SECTION_TOO_BIG, "too large for a driver: %llu bytes, %llu at most",
            (unsigned long long)status.st_size, (unsigned long long)KM_IMAGE_MAX_FILE_BYTES);
    }
    size_t wanted = (size_t)status.st_size, got = 0;
    uint8_t *buffer = malloc(wanted);
    if (buffer == NULL) {
        return km_image_refuse(problem, KM_STATUS_NO_MEMORY, "no memory for its %zu bytes", wanted);
    }
    while (got < wanted) {
        ssize_t count = read(descriptor, buffer + got, wanted - got);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            free(buffer);
            return refuse_by_errno(problem, "cannot be read");
        }
        if (count == 0) {
            free(buffer);
            return km_image_refuse(problem, KM_STATUS_UNEXPECTED_IO_ERROR,
                                   "became shorter while it was read");
        }
        got += (size_t)count;
    }
    *bytes = buffer;
    *size = wanted;
    return true;
}

bool km_image_read_file(const char *path, uint8_t **bytes, size_t *size, struct km_image_problem *problem)
{
    struct stat status;

    // Before open, which has side effects on some devices; read_whole asks again, of what was opened.
    if (stat(path, &status) != 0) {
        return refuse_by_errno(problem, "cannot be found");
    }
    if (!check_kind(&status, problem)) {
        return false;
    }
    int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0) {
        return refuse_by_errno(problem, "cannot be opened");
    }
    bool read = read_whole(descriptor, bytes, size, problem);
    close(descriptor);
    return read;
}
