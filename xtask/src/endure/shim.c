/* Preloaded into the program that `cargo xtask endure` kills; never part of the product.
 *
 * Counts sync points (fsync, fdatasync and rename on files below one folder), kills the program at a
 * chosen one, and keeps a journal of whatever is not synced yet, so that `endure/cut.rs` can take it
 * back as a power cut would. The journal is written before the change it tells of, and a sync only
 * after it is done: a program killed in between loses rather more than less.
 *
 * Variables: UTPOST_SHIM_FOLDER, below which is watched. UTPOST_SHIM_POINTS, a file that gets a line
 * for each sync point. UTPOST_SHIM_KILL_AT, the sync point, from 1, before which the program is killed.
 * UTPOST_SHIM_JOURNAL, the journal, and UTPOST_SHIM_SHADOW, a folder on the same file system for links
 * to what is changed.
 *
 * Memory that is mapped and written to is not seen: SQLite maps its -shm file only, which it makes
 * anew after a crash.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static char folder[PATH_MAX];
static char shadow[PATH_MAX - 64];
static size_t folder_length;
static int points = -1;
static int journal = -1;
static long kill_at;
static long passed;
static unsigned long links;

/* A program that can't be watched must not run as if it were. */
static void give_up(const char *why) {
    char said[PATH_MAX + 64];
    int length = snprintf(said, sizeof said, "utpost shim: %s: %s\n", why, strerror(errno));
    syscall(SYS_write, 2, said, (size_t)length);
    syscall(SYS_exit_group, 99);
}

static int append_to(const char *variable) {
    const char *path = getenv(variable);
    if (!path) return -1;
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) give_up(path);
    return file;
}

__attribute__((constructor)) static void begin(void) {
    const char *watched = getenv("UTPOST_SHIM_FOLDER");
    if (!watched) return;
    folder_length = (size_t)snprintf(folder, sizeof folder, "%s/", watched);
    const char *links_lie = getenv("UTPOST_SHIM_SHADOW");
    snprintf(shadow, sizeof shadow, "%s", links_lie ? links_lie : "");
    const char *at = getenv("UTPOST_SHIM_KILL_AT");
    kill_at = at ? atol(at) : 0;
    points = append_to("UTPOST_SHIM_POINTS");
    journal = append_to("UTPOST_SHIM_JOURNAL");
    links = (unsigned long)getpid() << 20;
}

static int is_watched(const char *path) {
    return folder_length && strncmp(path, folder, folder_length) == 0;
}

static int is_the_folder(const char *path) {
    return folder_length && strlen(path) + 1 == folder_length && strncmp(path, folder, folder_length - 1) == 0;
}

static int path_of(int file, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return 1;
}

/* The whole path of what a call names. */
static int whole_path(int directory, const char *path, char *whole) {
    char base[PATH_MAX];
    if (path[0] == '/') {
        snprintf(whole, PATH_MAX, "%s", path);
        return 1;
    }
    if (directory == AT_FDCWD ? !getcwd(base, sizeof base) : !path_of(directory, base)) return 0;
    return snprintf(whole, PATH_MAX, "%s/%s", base, path) < PATH_MAX;
}

static void sync_point(const char *what, const char *path) {
    if (!is_watched(path) && !is_the_folder(path)) return;
    long number = __atomic_add_fetch(&passed, 1, __ATOMIC_SEQ_CST);
    if (points >= 0) {
        char line[PATH_MAX + 32];
        int length = snprintf(line, sizeof line, "%s %s\n", what, is_watched(path) ? path + folder_length : ".");
        syscall(SYS_write, points, line, (size_t)length);
    }
    if (number == kill_at) {
        kill(getpid(), SIGKILL);
        pause();
    }
}

/* One entry: kind, inode, offset, size before, two paths, bytes before. */
static void write_down(char kind, uint64_t inode, uint64_t offset, uint64_t size, const char *first,
                       const char *second, const void *bytes, uint64_t count) {
    uint64_t first_length = strlen(first), second_length = strlen(second);
    uint64_t head[6] = {inode, offset, size, first_length, second_length, count};
    size_t length = 1 + sizeof head + first_length + second_length + count;
    char *entry = malloc(length);
    if (!entry) give_up("journal");
    char *at = entry;
    *at++ = kind;
    at = mempcpy(at, head, sizeof head);
    at = mempcpy(at, first, first_length);
    at = mempcpy(at, second, second_length);
    if (count) memcpy(at, bytes, count);
    if (syscall(SYS_write, journal, entry, length) != (long)length) give_up("journal");
    free(entry);
}

/* Keeps what `path` leads to alive under a name of its own, given back in `kept`. */
static void keep(int directory, const char *path, int flags, char *kept) {
    snprintf(kept, PATH_MAX, "%s/link-%lu", shadow, ++links);
    if (syscall(SYS_linkat, directory, path, AT_FDCWD, kept, flags) < 0) give_up("shadow");
}

/* Opens the inode of `file` for reading under the name by which the journal knows it. */
static int shadow_of(int file, ino_t inode) {
    char name[PATH_MAX], link[64];
    snprintf(name, sizeof name, "%s/inode-%lu", shadow, (unsigned long)inode);
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (syscall(SYS_linkat, AT_FDCWD, link, AT_FDCWD, name, AT_SYMLINK_FOLLOW) < 0 && errno != EEXIST)
        give_up("shadow");
    int opened = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0);
    if (opened < 0) give_up("shadow");
    return opened;
}

/* Bytes `from` to `from + count` of a file are about to change, or to be cut off. */
static void before_change(int file, off_t from, size_t count) {
    struct stat is;
    char path[PATH_MAX];
    if (journal < 0 || fstat(file, &is) < 0 || !S_ISREG(is.st_mode) || is.st_nlink == 0) return;
    if (!path_of(file, path) || !is_watched(path)) return;
    int old = shadow_of(file, is.st_ino);
    size_t there = from < is.st_size ? (size_t)(is.st_size - from) : 0;
    if (there > count) there = count;
    char *bytes = there ? malloc(there) : NULL;
    size_t done = 0;
    while (done < there) {
        long got = syscall(SYS_pread64, old, bytes + done, there - done, from + (off_t)done);
        if (got <= 0) give_up("reading what was there");
        done += (size_t)got;
    }
    syscall(SYS_close, old);
    write_down('D', is.st_ino, (uint64_t)from, (uint64_t)is.st_size, "", "", bytes, there);
    free(bytes);
}

static off_t where(int file) {
    struct stat is;
    int flags = fcntl(file, F_GETFL);
    if (flags >= 0 && (flags & O_APPEND)) return fstat(file, &is) < 0 ? 0 : is.st_size;
    off_t at = lseek(file, 0, SEEK_CUR);
    return at < 0 ? 0 : at;
}

static int is_file(int file) {
    struct stat is;
    return journal >= 0 && fstat(file, &is) == 0 && S_ISREG(is.st_mode);
}

ssize_t write(int file, const void *bytes, size_t count) {
    if (!is_file(file)) return syscall(SYS_write, file, bytes, count);
    pthread_mutex_lock(&turn);
    before_change(file, where(file), count);
    ssize_t done = syscall(SYS_write, file, bytes, count);
    int fault = errno;
    pthread_mutex_unlock(&turn);
    errno = fault;
    return done;
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    if (!is_file(file)) return syscall(SYS_pwrite64, file, bytes, count, at);
    pthread_mutex_lock(&turn);
    before_change(file, at, count);
    ssize_t done = syscall(SYS_pwrite64, file, bytes, count, at);
    int fault = errno;
    pthread_mutex_unlock(&turn);
    errno = fault;
    return done;
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
    return pwrite64(file, bytes, count, at);
}

/* Fewer bytes than were given may always be written. */
ssize_t writev(int file, const struct iovec *parts, int count) {
    if (!is_file(file)) return syscall(SYS_writev, file, parts, count);
    for (int part = 0; part < count; part++)
        if (parts[part].iov_len) return write(file, parts[part].iov_base, parts[part].iov_len);
    return 0;
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t at) {
    if (!is_file(file)) return syscall(SYS_pwritev, file, parts, count, at, 0);
    for (int part = 0; part < count; part++)
        if (parts[part].iov_len) return pwrite64(file, parts[part].iov_base, parts[part].iov_len, at);
    return 0;
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at) {
    return pwritev64(file, parts, count, at);
}

/* Whoever copies goes on by reading and writing. */
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t count, unsigned flags) {
    if (is_file(to)) {
        errno = ENOSYS;
        return -1;
    }
    return syscall(SYS_copy_file_range, from, from_at, to, to_at, count, flags);
}

ssize_t sendfile64(int to, int from, off64_t *at, size_t count) {
    if (is_file(to)) {
        errno = ENOSYS;
        return -1;
    }
    return syscall(SYS_sendfile, to, from, at, count);
}

ssize_t sendfile(int to, int from, off_t *at, size_t count) {
    return sendfile64(to, from, at, count);
}

int ftruncate64(int file, off64_t size) {
    if (!is_file(file)) return (int)syscall(SYS_ftruncate, file, size);
    pthread_mutex_lock(&turn);
    before_change(file, size, SIZE_MAX);
    int done = (int)syscall(SYS_ftruncate, file, size);
    int fault = errno;
    pthread_mutex_unlock(&turn);
    errno = fault;
    return done;
}

int ftruncate(int file, off_t size) {
    return ftruncate64(file, size);
}

/* What isn't kept in the journal must not be done unseen. */
int fallocate64(int file, int mode, off64_t from, off64_t count) {
    if (is_file(file)) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return (int)syscall(SYS_fallocate, file, mode, from, count);
}

int fallocate(int file, int mode, off_t from, off_t count) {
    return fallocate64(file, mode, from, count);
}

int posix_fallocate64(int file, off64_t from, off64_t count) {
    if (is_file(file)) return EOPNOTSUPP;
    return syscall(SYS_fallocate, file, 0, from, count) < 0 ? errno : 0;
}

int posix_fallocate(int file, off_t from, off_t count) {
    return posix_fallocate64(file, from, count);
}

static int synced(const char *what, long call, int file) {
    char path[PATH_MAX];
    int known = path_of(file, path);
    if (known) sync_point(what, path);
    pthread_mutex_lock(&turn);
    int done = (int)syscall(call, file);
    int fault = errno;
    struct stat is;
    if (done == 0 && journal >= 0 && known && fstat(file, &is) == 0) {
        if (S_ISDIR(is.st_mode) && (is_watched(path) || is_the_folder(path))) write_down('S', 0, 0, 0, path, "", NULL, 0);
        if (S_ISREG(is.st_mode) && is_watched(path)) write_down('F', is.st_ino, 0, 0, "", "", NULL, 0);
    }
    pthread_mutex_unlock(&turn);
    errno = fault;
    return done;
}

int fsync(int file) {
    return synced("fsync", SYS_fsync, file);
}

int fdatasync(int file) {
    return synced("fdatasync", SYS_fdatasync, file);
}

static int opened(int directory, const char *path, int flags, mode_t mode) {
    char whole[PATH_MAX];
    int changes = flags & (O_CREAT | O_TRUNC);
    if (journal < 0 || !changes || !whole_path(directory, path, whole) || !is_watched(whole))
        return (int)syscall(SYS_openat, directory, path, flags, mode);
    pthread_mutex_lock(&turn);
    struct stat is;
    if (stat(whole, &is) < 0) {
        if (flags & O_CREAT) write_down('C', 0, 0, 0, whole, "", NULL, 0);
    } else if ((flags & O_TRUNC) && is.st_size > 0) {
        int old = (int)syscall(SYS_openat, directory, path, O_RDONLY | O_CLOEXEC, 0);
        if (old < 0) give_up("a file that is emptied");
        before_change(old, 0, SIZE_MAX);
        syscall(SYS_close, old);
    }
    int file = (int)syscall(SYS_openat, directory, path, flags, mode);
    int fault = errno;
    pthread_mutex_unlock(&turn);
    errno = fault;
    return file;
}

#define MODE(flags, last)                              \
    mode_t mode = 0;                                   \
    if ((flags) & (O_CREAT | O_TMPFILE)) {             \
        va_list rest;                                  \
        va_start(rest, last);                          \
        mode = va_arg(rest, mode_t);                   \
        va_end(rest);                                  \
    }

int open64(const char *path, int flags, ...) {
    MODE(flags, flags)
    return opened(AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...) {
    MODE(flags, flags)
    return opened(AT_FDCWD, path, flags, mode);
}

int openat64(int directory, const char *path, int flags, ...) {
    MODE(flags, flags)
    return opened(directory, path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...) {
    MODE(flags, flags)
    return opened(directory, path, flags, mode);
}

int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned flags) {
    char whole_from[PATH_MAX], whole_to[PATH_MAX];
    if (!whole_path(from_directory, from, whole_from) || !whole_path(to_directory, to, whole_to))
        return (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
    sync_point("rename", whole_to);
    if (journal < 0 || !is_watched(whole_to))
        return (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
    pthread_mutex_lock(&turn);
    struct stat moved, covered;
    char kept[PATH_MAX] = "";
    if (stat(whole_from, &moved) == 0) {
        if (stat(whole_to, &covered) == 0 && S_ISREG(covered.st_mode)) keep(AT_FDCWD, whole_to, 0, kept);
        write_down('N', moved.st_ino, 0, 0, whole_from, whole_to, kept, strlen(kept));
    }
    int done = (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
    int fault = errno;
    pthread_mutex_unlock(&turn);
    errno = fault;
    return done;
}

int renameat(int from_directory, const char *from, int to_directory, const char *to) {
    return renameat2(from_directory, from, to_directory, to, 0);
}

int rename(const char *from, const char *to) {
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int linkat(int from_directory, const char *from, int to_directory, const char *to, int flags) {
    char whole[PATH_MAX];
    pthread_mutex_lock(&turn);
    if (journal >= 0 && whole_path(to_directory, to, whole) && is_watched(whole))
        write_down('C', 0, 0, 0, whole, "", NULL, 0);
    int done = (int)syscall(SYS_linkat, from_directory, from, to_directory, to, flags);
    int fault = errno;
    pthread_mutex_unlock(&turn);
    errno = fault;
    return done;
}

int link(const char *from, const char *to) {
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlinkat(int directory, const char *path, int flags) {
    char whole[PATH_MAX], kept[PATH_MAX];
    struct stat is;
    pthread_mutex_lock(&turn);
    if (journal >= 0 && whole_path(directory, path, whole) && is_watched(whole) && stat(whole, &is) == 0) {
        if (S_ISREG(is.st_mode)) {
            keep(AT_FDCWD, whole, 0, kept);
            write_down('U', is.st_ino, 0, 0, whole, "", kept, strlen(kept));
        } else if (S_ISDIR(is.st_mode)) {
            write_down('R', 0, 0, 0, whole, "", NULL, 0);
        }
    }
    int done = (int)syscall(SYS_unlinkat, directory, path, flags);
    int fault = errno;
    pthread_mutex_unlock(&turn);
    errno = fault;
    return done;
}

int unlink(const char *path) {
    return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path) {
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int mkdirat(int directory, const char *path, mode_t mode) {
    char whole[PATH_MAX];
    struct stat is;
    pthread_mutex_lock(&turn);
    if (journal >= 0 && whole_path(directory, path, whole) && is_watched(whole) && stat(whole, &is) < 0)
        write_down('M', 0, 0, 0, whole, "", NULL, 0);
    int done = (int)syscall(SYS_mkdirat, directory, path, mode);
    int fault = errno;
    pthread_mutex_unlock(&turn);
    errno = fault;
    return done;
}

int mkdir(const char *path, mode_t mode) {
    return mkdirat(AT_FDCWD, path, mode);
}
