/* Ends this process by SIGKILL at the n-th operation that changes files below one folder.
 *
 * Loaded with LD_PRELOAD, it stands before the C library's calls, so it counts the operations of
 * Python, Polars and DuckDB alike. A write that is struck has written half of its bytes. Until
 * fcm_fault_arm() is called, and for files elsewhere, nothing is counted. The variables
 * FCM_FAULT_BELOW and FCM_FAULT_AT arm it when a program starts.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static char root[PATH_MAX];
static size_t root_length;
static long strike_at;
static atomic_long counted;

void fcm_fault_arm(const char *folder, long n) {
    strncpy(root, folder, sizeof root - 1);
    strike_at = n;
    atomic_store(&counted, 0);
    root_length = strlen(root);
}

__attribute__((constructor)) static void arm_from_environment(void) {
    const char *folder = getenv("FCM_FAULT_BELOW"), *at = getenv("FCM_FAULT_AT");
    if (folder && at) fcm_fault_arm(folder, atol(at));
}

long fcm_fault_counted(void) { return atomic_load(&counted); }

static int below(const char *path) { return root_length && !strncmp(path, root, root_length); }

static int fd_below(int fd) {
    char link[40], path[PATH_MAX];
    if (!root_length) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return below(path);
}

static int at_below(int folder, const char *path) {
    if (!root_length) return 0;
    if (path[0] == '/') return below(path);
    return folder == AT_FDCWD ? 0 : fd_below(folder);
}

static int is_struck(void) { return atomic_fetch_add(&counted, 1) + 1 == strike_at; }

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define STRIKE(where) if ((where) && is_struck()) die()

ssize_t write(int fd, const void *bytes, size_t size) {
    REAL(write);
    if (fd_below(fd) && is_struck()) { real(fd, bytes, size / 2); die(); }
    return real(fd, bytes, size);
}
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
    REAL(pwrite);
    if (fd_below(fd) && is_struck()) { real(fd, bytes, size / 2, at); die(); }
    return real(fd, bytes, size, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
    REAL(pwrite64);
    if (fd_below(fd) && is_struck()) { real(fd, bytes, size / 2, at); die(); }
    return real(fd, bytes, size, at);
}
ssize_t writev(int fd, const struct iovec *parts, int many) {
    REAL(writev);
    if (fd_below(fd) && is_struck()) { real(fd, parts, many / 2); die(); }
    return real(fd, parts, many);
}
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags) {
    REAL(copy_file_range);
    if (fd_below(out) && is_struck()) { real(in, from, out, to, size / 2, flags); die(); }
    return real(in, from, out, to, size, flags);
}
ssize_t sendfile(int out, int in, off_t *at, size_t size);
ssize_t sendfile(int out, int in, off_t *at, size_t size) {
    REAL(sendfile);
    STRIKE(fd_below(out));
    return real(out, in, at, size);
}
ssize_t sendfile64(int out, int in, off64_t *at, size_t size);
ssize_t sendfile64(int out, int in, off64_t *at, size_t size) {
    REAL(sendfile64);
    STRIKE(fd_below(out));
    return real(out, in, at, size);
}
int fsync(int fd) { REAL(fsync); STRIKE(fd_below(fd)); return real(fd); }
int fdatasync(int fd) { REAL(fdatasync); STRIKE(fd_below(fd)); return real(fd); }
int ftruncate(int fd, off_t size) { REAL(ftruncate); STRIKE(fd_below(fd)); return real(fd, size); }
int ftruncate64(int fd, off64_t size) {
    REAL(ftruncate64);
    STRIKE(fd_below(fd));
    return real(fd, size);
}
int rename(const char *old, const char *new) { REAL(rename); STRIKE(below(new)); return real(old, new); }
int renameat(int one, const char *old, int two, const char *new) {
    REAL(renameat);
    STRIKE(at_below(two, new));
    return real(one, old, two, new);
}
int unlink(const char *path) { REAL(unlink); STRIKE(below(path)); return real(path); }
int unlinkat(int folder, const char *path, int flags) {
    REAL(unlinkat);
    STRIKE(at_below(folder, path));
    return real(folder, path, flags);
}
int rmdir(const char *path) { REAL(rmdir); STRIKE(below(path)); return real(path); }
int link(const char *old, const char *new) { REAL(link); STRIKE(below(new)); return real(old, new); }
int linkat(int one, const char *old, int two, const char *new, int flags) {
    REAL(linkat);
    STRIKE(at_below(two, new));
    return real(one, old, two, new, flags);
}
int mkdir(const char *path, mode_t mode) { REAL(mkdir); STRIKE(below(path)); return real(path, mode); }
int mkdirat(int folder, const char *path, mode_t mode) {
    REAL(mkdirat);
    STRIKE(at_below(folder, path));
    return real(folder, path, mode);
}
int chmod(const char *path, mode_t mode) { REAL(chmod); STRIKE(below(path)); return real(path, mode); }

#define CHANGES(flags) ((flags) & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC))
#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | __O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }

int open(const char *path, int flags, ...) {
    REAL(open);
    MODE(flags)
    STRIKE(CHANGES(flags) && below(path));
    return real(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    REAL(open64);
    MODE(flags)
    STRIKE(CHANGES(flags) && below(path));
    return real(path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
    REAL(openat);
    MODE(flags)
    STRIKE(CHANGES(flags) && at_below(folder, path));
    return real(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
    REAL(openat64);
    MODE(flags)
    STRIKE(CHANGES(flags) && at_below(folder, path));
    return real(folder, path, flags, mode);
}
