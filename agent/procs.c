#include "agent/procs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/num.h"

#define RUN_PREFIX "portal-" /* every cgroup that we make */

/* ---- cgroup ---- */

/* Where the version 2 hierarchy is mounted: mountinfo's "... MOUNTPOINT options - cgroup2 ...". */
static bool find_mount(char *path, size_t size)
{
    char *line = NULL, at[PATH_MAX];
    size_t room = 0;
    bool found = false;
    FILE *f = fopen("/proc/self/mountinfo", "re");
    while (f != NULL && !found && getline(&line, &room, f) > 0) {
        const char *dash = strstr(line, " - cgroup2 "), *field = line;
        if (dash == NULL)
            continue;
        for (int i = 0; i < 4 && field != NULL; i++)
            field = (field = strchr(field, ' ')) != NULL ? field + 1 : NULL;
        size_t len = field != NULL ? strcspn(field, " ") : 0;
        if (len == 0 || len >= sizeof at)
            continue;
        memcpy(at, field, len);
        at[len] = '\0';
        found = (size_t)snprintf(path, size, "%s", at) < size;
    }
    free(line);
    if (f != NULL)
        fclose(f);
    return found;
}

int procs_base(void)
{
    char mount[PATH_MAX], path[PATH_MAX * 2], *line = NULL;
    size_t room = 0;
    int base = -1;
    FILE *f = fopen("/proc/self/cgroup", "re");
    while (f != NULL && getline(&line, &room, f) > 0) {
        if (strncmp(line, "0::/", 4) != 0)
            continue;
        line[strcspn(line, "\n")] = '\0';
        /* the root cgroup is the machine's, not ours */
        if (line[4] == '\0' || !find_mount(mount, sizeof mount))
            break;
        if ((size_t)snprintf(path, sizeof path, "%s%s", mount, line + 3) < sizeof path && access(path, W_OK) == 0)
            base = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        break;
    }
    free(line);
    if (f != NULL)
        fclose(f);
    if (base >= 0 && faccessat(base, "cgroup.kill", W_OK, 0) != 0) { /* before Linux 5.14 */
        close(base);
        base = -1;
    }
    return base;
}

static void open_cgroup(struct procs *procs, int base, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, RUN_PREFIX "%s", name);
    if (base < 0 || (mkdirat(base, path, 0755) != 0 && errno != EEXIST))
        return;
    procs->cgroup = openat(base, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

static bool write_file(int dir, const char *name, const char *text)
{
    int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return done;
}

bool procs_enter(const struct procs *procs)
{
    return procs->cgroup < 0 || write_file(procs->cgroup, "cgroup.procs", "0");
}

static void signal_cgroup(int cgroup, int signal)
{
    char *line = NULL;
    size_t room = 0;
    if (signal == SIGKILL) {
        write_file(cgroup, "cgroup.kill", "1"); /* all at once, no fork outruns it */
        return;
    }
    int fd = openat(cgroup, "cgroup.procs", O_RDONLY | O_CLOEXEC);
    FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
    for (ssize_t n; f != NULL && (n = getline(&line, &room, f)) > 1;) {
        uint64_t pid;
        if (num_u64(line, (size_t)n - 1, 2, INT_MAX, &pid))
            kill((pid_t)pid, signal);
    }
    free(line);
    if (f != NULL)
        fclose(f);
    else if (fd >= 0)
        close(fd);
}

static bool cgroup_populated(int cgroup)
{
    char text[256] = "";
    int fd = openat(cgroup, "cgroup.events", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    return strstr(text, "populated 1") != NULL;
}

void procs_sweep(int base)
{
    int fd = base >= 0 ? openat(base, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        if (strncmp(entry->d_name, RUN_PREFIX, strlen(RUN_PREFIX)) == 0)
            unlinkat(base, entry->d_name, AT_REMOVEDIR); /* refused while anyone is in it, as it should be */
    if (dir != NULL)
        closedir(dir);
    else if (fd >= 0)
        close(fd);
}

/* ---- descent ---- */

struct process {
    pid_t pid, parent;
    bool ours;
};

/* The parent of a process, from the fourth field of /proc/PID/stat (after the name in parentheses, which may hold anything). */
static bool read_parent(const char *pid, pid_t *parent)
{
    char path[64], text[512];
    uint64_t number;
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return false;
    text[n] = '\0';
    const char *p = strrchr(text, ')');
    if (p == NULL || strlen(p) < 5) /* ") S 1 ..." */
        return false;
    p += 4;
    if (!num_u64(p, strcspn(p, " "), 0, INT_MAX, &number))
        return false;
    *parent = (pid_t)number;
    return true;
}

static struct process *list_processes(size_t *count)
{
    struct process *list = NULL;
    size_t room = 0;
    DIR *dir = opendir("/proc");
    *count = 0;
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        struct process process = {0};
        uint64_t pid;
        if (!num_u64(entry->d_name, strlen(entry->d_name), 2, INT_MAX, &pid) ||
            !read_parent(entry->d_name, &process.parent))
            continue;
        process.pid = (pid_t)pid;
        if (*count == room) {
            struct process *more = realloc(list, (room = room * 2 + 256) * sizeof *list);
            if (more == NULL)
                break; /* signal those that we have; the caller comes again */
            list = more;
        }
        list[(*count)++] = process;
    }
    if (dir != NULL)
        closedir(dir);
    return list;
}

static void signal_descendants(int signal)
{
    size_t count;
    struct process *list = list_processes(&count);
    pid_t self = getpid();
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < count; i++) {
            bool ours = list[i].parent == self;
            for (size_t j = 0; !ours && j < count; j++)
                ours = list[j].ours && list[j].pid == list[i].parent;
            if (ours && !list[i].ours)
                list[i].ours = more = true;
        }
    }
    for (size_t i = 0; i < count; i++) {
        char text[24];
        pid_t parent;
        if (!list[i].ours)
            continue;
        /* the number may have a new bearer since: hold on to the process, then look again whose child it is */
        int fd = (int)syscall(SYS_pidfd_open, list[i].pid, 0);
        snprintf(text, sizeof text, "%d", list[i].pid);
        if (fd >= 0 && read_parent(text, &parent) && (parent == list[i].parent || parent == self))
            syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0);
        if (fd >= 0)
            close(fd);
    }
    free(list);
}

/* ---- both ---- */

void procs_open(struct procs *procs, int base, const char *name)
{
    procs->cgroup = -1;
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    open_cgroup(procs, base, name);
}

void procs_signal(const struct procs *procs, int signal)
{
    if (procs->cgroup >= 0)
        signal_cgroup(procs->cgroup, signal);
    signal_descendants(signal); /* also with a cgroup: who may write to the hierarchy can leave it */
}

bool procs_reap(const struct procs *procs, int pid, int *status, bool *ended)
{
    int one;
    pid_t who;
    while ((who = waitpid(-1, &one, WNOHANG)) > 0)
        if (who == pid) {
            *status = one;
            *ended = true;
        }
    return who == 0 || (procs->cgroup >= 0 && cgroup_populated(procs->cgroup));
}
