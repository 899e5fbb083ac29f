/* A disk that fails on order, for LD_PRELOAD: once the file BROKEN_WHEN exists, what is written or synced below BROKEN_DIR
   ends as the file's first letter says: E = EIO, N = ENOSPC, R = EROFS, S = half of it is written. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char how(int fd) {
    const char *when = getenv("BROKEN_WHEN"), *dir = getenv("BROKEN_DIR");
    char link[64], path[4096], letter = 0;
    if (!when || !dir || fd < 3) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    if (strncmp(path, dir, strlen(dir))) return 0;
    int trigger = syscall(SYS_openat, AT_FDCWD, when, O_RDONLY | O_CLOEXEC);
    if (trigger < 0) return 0;
    if (syscall(SYS_read, trigger, &letter, 1) != 1) letter = 0;
    syscall(SYS_close, trigger);
    return letter;
}

static int broken(int fd, size_t *count) {
    char letter = how(fd);
    if (letter == 'S' && *count > 1) { *count /= 2; return 0; }
    if (letter != 'E' && letter != 'N' && letter != 'R') return 0;
    errno = letter == 'E' ? EIO : letter == 'N' ? ENOSPC : EROFS;
    return 1;
}

ssize_t write(int fd, const void *data, size_t count) {
    return broken(fd, &count) ? -1 : syscall(SYS_write, fd, data, count);
}
ssize_t pwrite64(int fd, const void *data, size_t count, off64_t at) {
    return broken(fd, &count) ? -1 : syscall(SYS_pwrite64, fd, data, count, at);
}
ssize_t pwrite(int fd, const void *data, size_t count, off_t at) { return pwrite64(fd, data, count, at); }
int fsync(int fd) {
    size_t none = 0;
    return broken(fd, &none) ? -1 : syscall(SYS_fsync, fd);
}
int fdatasync(int fd) {
    size_t none = 0;
    return broken(fd, &none) ? -1 : syscall(SYS_fdatasync, fd);
}
