// SPDX-License-Identifier: MIT
// The disk's operations. Every path is resolved by openat2 beneath the folder without following links, so
// that Linux itself sees to it that nothing outside is reached, whatever happens in the folder meanwhile.
#include "machine/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define UNIX_EPOCH       UINT64_C(116444736000000000) // 1601-01-01 to 1970-01-01 in units of 100 ns
#define UNITS_PER_SECOND UINT64_C(10000000)

enum { PATH_BYTES = 4096, MOST_FILES = 4096 };

static uint32_t code_of(int error)
{
    switch (error) {
    case ENOENT: return KM_DISK_NOT_FOUND;
    case EEXIST: return KM_DISK_EXISTS;
    case ENOTEMPTY: return KM_DISK_NOT_EMPTY;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
    case EXDEV:
    case ETXTBSY:
    case ENXIO:
    case EBUSY: return KM_DISK_REFUSED;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return KM_DISK_FULL;
    case ENAMETOOLONG: return KM_DISK_TOO_LONG;
    case ENOMEM:
    case ENFILE:
    case EMFILE: return KM_DISK_NO_MEMORY;
    case EISDIR:
    case ENOTDIR: return KM_DISK_UNSUITABLE;
    default: return KM_DISK_ERROR;
    }
}

static int open_beneath(const struct km_disk *disk, const char *path, uint64_t flags, uint64_t mode)
{
    // A pipe or device is not to be waited for. With O_PATH nothing is, and Linux takes no such flag.
    struct open_how how = {.flags = flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY | O_NONBLOCK),
                           .mode = mode,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    long descriptor;
    do {
        descriptor = syscall(SYS_openat2, disk->root, *path != '\0' ? path : ".", &how, sizeof how);
    } while (descriptor < 0 && (errno == EINTR || errno == EAGAIN));
    return (int)descriptor;
}

// A path of the kernel's as a string. false: it is none.
static bool copy_path(char copy[PATH_BYTES], uint64_t path, uint32_t bytes)
{
    if (bytes >= PATH_BYTES || memchr((const void *)path, '\0', bytes) != NULL) {
        return false;
    }
    memcpy(copy, (const void *)path, bytes);
    copy[bytes] = '\0';
    return true;
}

// Opens the folder that path's last component is in; *last is that component. -1 and errno.
static int open_parent(const struct km_disk *disk, char *path, const char **last)
{
    char *slash = strrchr(path, '/');
    *last = slash != NULL ? slash + 1 : path;
    if (slash != NULL) {
        *slash = '\0';
    }
    int parent = open_beneath(disk, slash != NULL ? path : "", O_PATH | O_DIRECTORY, 0);
    if (slash != NULL) {
        *slash = '/';
    }
    if (**last == '\0' || strcmp(*last, ".") == 0 || strcmp(*last, "..") == 0) {
        if (parent >= 0) {
            close(parent);
        }
        errno = EPERM;
        return -1;
    }
    return parent;
}

// What is missing where a path has not been found: its last component, or one before it.
static uint32_t missing_part(const struct km_disk *disk, char *path)
{
    const char *last;
    int parent = open_parent(disk, path, &last);
    if (parent < 0) {
        return KM_DISK_NO_PATH;
    }
    close(parent);
    return KM_DISK_NOT_FOUND;
}

// ---- What a file is

static uint64_t time_of(const struct statx_timestamp *time)
{
    int64_t seconds = time->tv_sec + (int64_t)(UNIX_EPOCH / UNITS_PER_SECOND);
    return seconds < 0 ? 0 : (uint64_t)seconds * UNITS_PER_SECOND + time->tv_nsec / 100;
}

// ---- What Linux has no place for: attributes and the time of creation, hexadecimal, in an extended
// attribute of the file's

#define KEPT_NAME "user.kmode"

enum { KEPT_BYTES = 32 };

static ssize_t get_kept(int folder, const char *name, char text[KEPT_BYTES])
{
    if (*name == '\0') {
        return fgetxattr(folder, KEPT_NAME, text, KEPT_BYTES - 1);
    }
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof path, "/proc/self/fd/%d/%s", folder, name);
    return length < (int)sizeof path ? lgetxattr(path, KEPT_NAME, text, KEPT_BYTES - 1) : -1;
}

static void read_kept(int folder, const char *name, KM_FILE_STATUS *status)
{
    char text[KEPT_BYTES];
    unsigned int kept;
    unsigned long long created;
    ssize_t length = get_kept(folder, name, text);
    if (length <= 0) {
        return;
    }
    text[length] = '\0';
    if (sscanf(text, "%x %llx", &kept, &created) == 2) {
        status->attributes |= KM_FILE_KEPT;
        status->kept = kept;
        status->creation_time = created;
    }
}

// A file that nobody may write takes no attribute either: for that time its owner may.
static int set_kept(int descriptor, mode_t mode, const char *text)
{
    int result = fsetxattr(descriptor, KEPT_NAME, text, strlen(text), 0);
    if (result != 0 && (errno == EACCES || errno == EPERM) && !(mode & S_IWUSR) &&
        fchmod(descriptor, (mode | S_IWUSR) & 07777) == 0) {
        result = fsetxattr(descriptor, KEPT_NAME, text, strlen(text), 0);
        int error = errno;
        fchmod(descriptor, mode & 07777);
        errno = error;
    }
    return result;
}

static uint32_t write_kept(int descriptor, mode_t mode, const KM_FILE_STATUS *status)
{
    char text[KEPT_BYTES];
    snprintf(text, sizeof text, "%x %llx", status->kept, (unsigned long long)status->creation_time);
    // Not every file system has them: there the file is what it is by itself.
    return set_kept(descriptor, mode, text) == 0 || errno == ENOTSUP || errno == EPERM || errno == EACCES
               ? KM_DISK_OK
               : code_of(errno);
}

// false and errno: it is neither file nor folder, or Linux does not tell.
static bool read_status(int folder, const char *name, KM_FILE_STATUS *status)
{
    struct statx found;
    if (statx(folder, name, AT_SYMLINK_NOFOLLOW | (*name == '\0' ? AT_EMPTY_PATH : 0),
              STATX_BASIC_STATS | STATX_BTIME, &found) != 0) {
        return false;
    }
    if (!S_ISREG(found.stx_mode) && !S_ISDIR(found.stx_mode)) {
        errno = ENXIO;
        return false;
    }
    bool folder_too = S_ISDIR(found.stx_mode);
    *status = (KM_FILE_STATUS){.id = found.stx_ino,
                               .size = folder_too ? 0 : found.stx_size,
                               .allocated = folder_too ? 0 : found.stx_blocks * 512,
                               .access_time = time_of(&found.stx_atime),
                               .write_time = time_of(&found.stx_mtime),
                               .change_time = time_of(&found.stx_ctime),
                               .links = folder_too ? 1 : found.stx_nlink,
                               .attributes = (folder_too ? KM_FILE_FOLDER : 0) |
                                             (found.stx_mode & S_IWUSR ? 0 : KM_FILE_READ_ONLY)};
    status->creation_time = found.stx_mask & STATX_BTIME ? time_of(&found.stx_btime) : status->write_time;
    read_kept(folder, name, status);
    return true;
}

static struct timespec timespec_of(uint64_t time)
{
    struct timespec value = {.tv_nsec = UTIME_OMIT};
    if (time != 0) {
        value.tv_sec = (time_t)(time / UNITS_PER_SECOND) - (time_t)(UNIX_EPOCH / UNITS_PER_SECOND);
        value.tv_nsec = (long)(time % UNITS_PER_SECOND * 100);
    }
    return value;
}

static uint32_t set_status(const struct km_disk_file *file, const KM_FILE_STATUS *status)
{
    struct stat now;
    const struct timespec times[2] = {timespec_of(status->access_time), timespec_of(status->write_time)};
    if (fstat(file->descriptor, &now) != 0) {
        return code_of(errno);
    }
    if (status->attributes & KM_FILE_KEPT) {
        uint32_t code = write_kept(file->descriptor, now.st_mode, status);
        if (code != KM_DISK_OK) {
            return code;
        }
    }
    mode_t mode =
        status->attributes & KM_FILE_READ_ONLY ? now.st_mode & ~(mode_t)0222 : now.st_mode | S_IWUSR;
    if (!S_ISDIR(now.st_mode) && mode != now.st_mode && fchmod(file->descriptor, mode & 07777) != 0) {
        return code_of(errno);
    }
    return futimens(file->descriptor, times) != 0 ? code_of(errno) : KM_DISK_OK;
}

// ---- Open files. The lock is held.

static void forget_entries(struct km_disk_file *file)
{
    for (size_t i = 0; i < file->entry_count; i++) {
        free(file->entries[i]);
    }
    free(file->entries);
    file->entries = NULL;
    file->entry_count = 0;
}

static struct km_disk_file *find_file(struct km_disk *disk, uint64_t handle)
{
    return handle != 0 && handle <= disk->file_count && disk->files[handle - 1].descriptor >= 0
               ? &disk->files[handle - 1]
               : NULL;
}

// 0: no memory, or too many.
static uint64_t add_file(struct km_disk *disk, int descriptor, bool writable)
{
    size_t index = 0;
    while (index < disk->file_count && disk->files[index].descriptor >= 0) {
        index++;
    }
    if (index == disk->file_count) {
        size_t count = disk->file_count != 0 ? disk->file_count * 2 : 32;
        struct km_disk_file *files = count <= MOST_FILES ? realloc(disk->files, count * sizeof *files) : NULL;
        if (files == NULL) {
            return 0;
        }
        for (size_t i = disk->file_count; i < count; i++) {
            files[i] = (struct km_disk_file){.descriptor = -1};
        }
        disk->files = files;
        disk->file_count = count;
    }
    disk->files[index] = (struct km_disk_file){.descriptor = descriptor, .writable = writable};
    return index + 1;
}

static uint32_t make_folder(const struct km_disk *disk, char *path)
{
    const char *last;
    int parent = open_parent(disk, path, &last);
    if (parent < 0) {
        return errno == ENOENT ? KM_DISK_NO_PATH : code_of(errno);
    }
    uint32_t code = mkdirat(parent, last, 0777) != 0 ? code_of(errno) : KM_DISK_OK;
    close(parent);
    return code;
}

static uint32_t open_file(struct km_disk *disk, KM_DISK_OPERATION *operation)
{
    char path[PATH_BYTES];
    if (!copy_path(path, operation->path, operation->path_bytes)) {
        return KM_DISK_TOO_LONG;
    }
    bool create = (operation->flags & KM_DISK_CREATE) != 0, folder = (operation->flags & KM_DISK_FOLDER) != 0;
    if (create && folder) {
        uint32_t code = make_folder(disk, path);
        if (code != KM_DISK_OK) {
            return code;
        }
    }
    uint64_t how = O_RDWR | (create ? O_CREAT | O_EXCL : 0);
    if (folder) {
        how = O_RDONLY | O_DIRECTORY;
    } else if (operation->flags & KM_DISK_NO_WRITE) {
        how = O_RDONLY;
    }
    int descriptor = open_beneath(disk, path, how, create && !folder ? 0666 : 0);
    bool writable = (how & O_ACCMODE) == O_RDWR;
    if (descriptor < 0 && !create &&
        (errno == EISDIR || errno == EACCES || errno == EROFS || errno == ETXTBSY)) {
        // What cannot be written may be read, and a folder is never written.
        descriptor = open_beneath(disk, path, O_RDONLY, 0);
        writable = false;
    }
    if (descriptor < 0) {
        int error = errno;
        return error == ENOENT || error == ENOTDIR ? missing_part(disk, path) : code_of(error);
    }
    if (!read_status(descriptor, "", &operation->status)) {
        uint32_t code = code_of(errno);
        close(descriptor);
        return code;
    }
    operation->file = add_file(disk, descriptor, writable);
    if (operation->file == 0) {
        close(descriptor);
        return KM_DISK_NO_MEMORY;
    }
    return KM_DISK_OK;
}

static uint32_t transfer(const struct km_disk_file *file, KM_DISK_OPERATION *operation)
{
    uint64_t done = 0;
    bool write = operation->operation == KM_DISK_WRITE;
    if (write && !file->writable) {
        return KM_DISK_REFUSED;
    }
    while (done < operation->bytes) {
        char *buffer = (char *)operation->buffer + done;
        size_t left = operation->bytes - done;
        off_t offset = (off_t)(operation->offset + done);
        ssize_t count = write ? pwrite(file->descriptor, buffer, left, offset)
                              : pread(file->descriptor, buffer, left, offset);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return code_of(errno);
        }
        if (count == 0) {
            break;
        }
        done += (uint64_t)count;
    }
    operation->bytes = done;
    return KM_DISK_OK;
}

// ---- Folders

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static bool add_entry(struct km_disk_file *file, const char *name)
{
    if ((file->entry_count & (file->entry_count - 1)) == 0) {
        size_t room = file->entry_count != 0 ? file->entry_count * 2 : 1;
        char **entries = realloc(file->entries, room * sizeof *entries);
        if (entries == NULL) {
            return false;
        }
        file->entries = entries;
    }
    char *copy = strdup(name);
    if (copy == NULL) {
        return false;
    }
    file->entries[file->entry_count++] = copy;
    return true;
}

static uint32_t read_folder(struct km_disk_file *file)
{
    uint32_t code = KM_DISK_OK;
    forget_entries(file);
    int again = openat(file->descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = again >= 0 ? fdopendir(again) : NULL;
    if (folder == NULL) {
        code = code_of(errno);
        if (again >= 0) {
            close(again);
        }
        return code;
    }
    errno = 0;
    for (const struct dirent *entry; code == KM_DISK_OK && (entry = readdir(folder)) != NULL;) {
        KM_FILE_STATUS status;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            read_status(file->descriptor, entry->d_name, &status) && !add_entry(file, entry->d_name)) {
            code = KM_DISK_NO_MEMORY;
        }
        errno = 0;
    }
    if (code == KM_DISK_OK && errno != 0) {
        code = code_of(errno);
    }
    closedir(folder);
    if (file->entry_count != 0) {
        qsort(file->entries, file->entry_count, sizeof *file->entries, compare_names);
    }
    return code;
}

static uint32_t list_folder(struct km_disk_file *file, KM_DISK_OPERATION *operation)
{
    if (operation->offset == 0) {
        uint32_t code = read_folder(file);
        if (code != KM_DISK_OK) {
            return code;
        }
    }
    if (operation->offset >= file->entry_count) {
        return KM_DISK_NO_MORE;
    }
    const char *name = file->entries[operation->offset];
    size_t length = strlen(name);
    if (length > operation->bytes) {
        return KM_DISK_TOO_LONG;
    }
    if (!read_status(file->descriptor, name, &operation->status)) {
        return KM_DISK_NOT_FOUND; // it has gone meanwhile
    }
    memcpy((void *)operation->buffer, name, length);
    operation->bytes = length;
    return KM_DISK_OK;
}

// ---- Names

static uint32_t move(const struct km_disk *disk, const KM_DISK_OPERATION *operation)
{
    char from[PATH_BYTES], to[PATH_BYTES];
    const char *old_name, *new_name;
    if (!copy_path(from, operation->path, operation->path_bytes) ||
        !copy_path(to, operation->new_path, operation->new_path_bytes)) {
        return KM_DISK_TOO_LONG;
    }
    int old_parent = open_parent(disk, from, &old_name);
    if (old_parent < 0) {
        return code_of(errno);
    }
    uint32_t code = KM_DISK_OK;
    int result, new_parent = open_parent(disk, to, &new_name);
    if (new_parent < 0) {
        code = errno == ENOENT ? KM_DISK_NO_PATH : code_of(errno);
        goto close_old;
    }
    if (operation->operation == KM_DISK_LINK) {
        result = linkat(old_parent, old_name, new_parent, new_name, 0);
    } else {
        result = renameat2(old_parent, old_name, new_parent, new_name,
                           operation->flags & KM_DISK_REPLACE ? 0 : RENAME_NOREPLACE);
    }
    if (result != 0) {
        code = code_of(errno);
    }
    close(new_parent);
close_old:
    close(old_parent);
    return code;
}

static uint32_t remove_name(const struct km_disk *disk, const KM_DISK_OPERATION *operation)
{
    char path[PATH_BYTES];
    const char *last;
    if (!copy_path(path, operation->path, operation->path_bytes)) {
        return KM_DISK_TOO_LONG;
    }
    int parent = open_parent(disk, path, &last);
    if (parent < 0) {
        return code_of(errno);
    }
    int how = operation->flags & KM_DISK_FOLDER ? AT_REMOVEDIR : 0;
    uint32_t code = unlinkat(parent, last, how) != 0 ? code_of(errno) : KM_DISK_OK;
    close(parent);
    return code;
}

static uint32_t measure_volume(const struct km_disk *disk, KM_DISK_OPERATION *operation)
{
    struct statvfs volume;
    if (fstatvfs(disk->root, &volume) != 0) {
        return code_of(errno);
    }
    operation->offset = volume.f_blocks * volume.f_frsize;
    operation->bytes = volume.f_bavail * volume.f_frsize;
    return KM_DISK_OK;
}

// A file that has grown has room on the disk, as on NTFS: what the cache writes to it later finds it. false:
// errno says why not.
static bool resize(int descriptor, off_t size)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0) {
        return false;
    }
    if (size > status.st_size && fallocate(descriptor, 0, status.st_size, size - status.st_size) != 0 &&
        errno != EOPNOTSUPP) {
        // Linux may have got half of the way.
        const int error = errno;
        (void)!ftruncate(descriptor, status.st_size);
        errno = error;
        return false;
    }
    return ftruncate(descriptor, size) == 0;
}

static uint32_t use_file(struct km_disk *disk, KM_DISK_OPERATION *operation)
{
    struct km_disk_file *file = find_file(disk, operation->file);
    if (file == NULL) {
        return KM_DISK_ERROR;
    }
    switch (operation->operation) {
    case KM_DISK_CLOSE:
        forget_entries(file);
        close(file->descriptor);
        file->descriptor = -1;
        return KM_DISK_OK;
    case KM_DISK_READ:
    case KM_DISK_WRITE: return transfer(file, operation);
    case KM_DISK_STATUS:
        return read_status(file->descriptor, "", &operation->status) ? KM_DISK_OK : code_of(errno);
    case KM_DISK_RESIZE:
        if (!file->writable) {
            return KM_DISK_REFUSED;
        }
        return resize(file->descriptor, (off_t)operation->offset) ? KM_DISK_OK : code_of(errno);
    case KM_DISK_SET: return set_status(file, &operation->status);
    case KM_DISK_LIST: return list_folder(file, operation);
    case KM_DISK_FLUSH: return fsync(file->descriptor) != 0 ? code_of(errno) : KM_DISK_OK;
    default: return KM_DISK_ERROR;
    }
}

uint32_t km_disk_use(struct km_disk *disk, KM_DISK_OPERATION *operation)
{
    uint32_t code;
    if (disk->root < 0) {
        return KM_DISK_ERROR;
    }
    pthread_mutex_lock(&disk->lock);
    switch (operation->operation) {
    case KM_DISK_OPEN: code = open_file(disk, operation); break;
    case KM_DISK_RENAME:
    case KM_DISK_LINK: code = move(disk, operation); break;
    case KM_DISK_REMOVE: code = remove_name(disk, operation); break;
    case KM_DISK_VOLUME: code = measure_volume(disk, operation); break;
    default: code = use_file(disk, operation);
    }
    pthread_mutex_unlock(&disk->lock);
    return code;
}

// ---- The disk

void km_disk_init(struct km_disk *disk)
{
    *disk = (struct km_disk){.root = -1};
    pthread_mutex_init(&disk->lock, NULL);
}

bool km_disk_attach(struct km_disk *disk, const char *path)
{
    disk->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return disk->root >= 0;
}

void km_disk_deinit(struct km_disk *disk)
{
    for (size_t i = 0; i < disk->file_count; i++) {
        if (disk->files[i].descriptor >= 0) {
            forget_entries(&disk->files[i]);
            close(disk->files[i].descriptor);
        }
    }
    free(disk->files);
    if (disk->root >= 0) {
        close(disk->root);
    }
    pthread_mutex_destroy(&disk->lock);
}
