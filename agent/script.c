#include "agent/script.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool refuse(char reason[SCRIPT_REASON_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool refuse(char reason[SCRIPT_REASON_MAX], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(reason, SCRIPT_REASON_MAX, format, args);
    va_end(args);
    return false;
}

bool script_user(const char *name, struct script_user *user, char reason[SCRIPT_REASON_MAX])
{
    char buf[16384];
    struct passwd pw, *found = NULL;
    int error = name[0] != '\0' ? getpwnam_r(name, &pw, buf, sizeof buf, &found)
                                : getpwuid_r(geteuid(), &pw, buf, sizeof buf, &found);
    if (found == NULL && name[0] != '\0')
        return refuse(reason, "user %s: %s", name, error != 0 ? strerror(error) : "no such user");
    if (found == NULL) { /* a container's nameless uid is fine as long as nobody has to be found by name */
        *user = (struct script_user){.uid = geteuid(), .gid = getegid(), .home = "/"};
        snprintf(user->name, sizeof user->name, "%u", geteuid());
        return true;
    }
    user->uid = found->pw_uid;
    user->gid = found->pw_gid;
    snprintf(user->name, sizeof user->name, "%s", found->pw_name);
    snprintf(user->home, sizeof user->home, "%s", found->pw_dir);
    if (user->uid != geteuid() && geteuid() != 0)
        return refuse(reason, "user %s: only root can run as another user", name);
    return true;
}

bool script_become(const struct script_user *user, char reason[SCRIPT_REASON_MAX])
{
    if (geteuid() != 0)
        return user->uid == geteuid() || refuse(reason, "user %s: we are not root", user->name);
    if (initgroups(user->name, user->gid) != 0 || setresgid(user->gid, user->gid, user->gid) != 0 ||
        setresuid(user->uid, user->uid, user->uid) != 0)
        return refuse(reason, "user %s: cannot become it: %s", user->name, strerror(errno));
    if (user->uid != 0 && setuid(0) == 0)
        return refuse(reason, "user %s: could become root again", user->name);
    return true;
}

static bool owner_ok(uid_t owner, const struct script_user *user)
{
    return owner == 0 || owner == user->uid || owner == getuid();
}

/* path is absolute and free of links: each directory on it must be one that only root, the user or we can write. */
static bool check_directories(char *path, const struct script_user *user, char reason[SCRIPT_REASON_MAX])
{
    struct stat st;
    for (char *slash = strrchr(path, '/'); slash != NULL; slash = strrchr(path, '/')) {
        slash[slash == path ? 1 : 0] = '\0';
        if (stat(path, &st) != 0)
            return refuse(reason, "%s: %s", path, strerror(errno));
        if (!owner_ok(st.st_uid, user))
            return refuse(reason, "%s: owner is uid %u: expected root or %s", path, st.st_uid, user->name);
        if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (st.st_mode & S_ISVTX) == 0)
            return refuse(reason, "%s: directory mode %04o: expected no write by group or others", path, st.st_mode & 07777);
        if (slash == path)
            break;
    }
    return true;
}

static bool check_open(int fd, const char *path, const struct script_user *user, char reason[SCRIPT_REASON_MAX])
{
    char link[64], real[PATH_MAX];
    struct stat st;
    if (fstat(fd, &st) != 0)
        return refuse(reason, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return refuse(reason, "%s: expected a regular file", path);
    if (!owner_ok(st.st_uid, user))
        return refuse(reason, "%s: owner is uid %u: expected root or %s", path, st.st_uid, user->name);
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return refuse(reason, "%s: mode %04o: expected no write by group or others", path, st.st_mode & 07777);
    if ((st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
        return refuse(reason, "%s: mode %04o: not executable", path, st.st_mode & 07777);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, real, sizeof real - 1);
    if (n <= 0 || n >= (ssize_t)sizeof real - 1)
        return refuse(reason, "%s: %s: %s", path, link, n < 0 ? strerror(errno) : "too long");
    real[n] = '\0';
    return check_directories(real, user, reason);
}

static int open_in_path(const char *name, char *path, size_t size)
{
    static const char dirs[] = SCRIPT_PATH;
    for (const char *dir = dirs; *dir != '\0';) {
        size_t len = strcspn(dir, ":");
        snprintf(path, size, "%.*s/%s", (int)len, dir, name);
        int fd = open(path, O_PATH | O_CLOEXEC);
        if (fd >= 0 || errno != ENOENT)
            return fd;
        dir += len + (dir[len] == ':');
    }
    snprintf(path, size, "%s", name);
    return -1;
}

int script_open(const struct config_command *command, const struct script_user *user, char reason[SCRIPT_REASON_MAX])
{
    char path[CONFIG_COMMAND_MAX + 64];
    int fd;
    if (command->words[0][0] == '/') {
        snprintf(path, sizeof path, "%s", command->words[0]);
        fd = open(path, O_PATH | O_CLOEXEC); /* to open a device would already do something */
    } else {
        fd = open_in_path(command->words[0], path, sizeof path);
    }
    if (fd < 0) {
        refuse(reason, "%.200s: %s", path, strerror(errno));
        return -1;
    }
    if (!check_open(fd, path, user, reason)) {
        close(fd);
        return -1;
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int readable = open(path, O_RDONLY | O_CLOEXEC);
    if (readable >= 0) { /* else a binary that may be executed and not read */
        close(fd);
        fd = readable;
    }
    return fd;
}

void script_exec(int script, int output, const struct config_command *command, const struct script_user *user,
                 const char *portal, const char *action)
{
    char home[CONFIG_TEXT_MAX + 16], name[64], logname[64], of[64], what[64];
    char *env[] = {"PATH=" SCRIPT_PATH, "SHELL=/bin/sh", "LANG=C.UTF-8", home, name, logname, of, what, NULL};
    snprintf(home, sizeof home, "HOME=%s", user->home);
    snprintf(name, sizeof name, "USER=%s", user->name);
    snprintf(logname, sizeof logname, "LOGNAME=%s", user->name);
    snprintf(of, sizeof of, "SCALEMON_PORTAL=%s", portal);
    snprintf(what, sizeof what, "SCALEMON_ACTION=%s", action);
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    umask(022);
    if (chdir("/") != 0)
        return;
    /* first out of the way of 0..3, then into place */
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int from[4] = {fcntl(null, F_DUPFD_CLOEXEC, 10), fcntl(output, F_DUPFD_CLOEXEC, 10), -1,
                   fcntl(script, F_DUPFD_CLOEXEC, 10)};
    from[2] = from[1];
    for (int fd = 0; fd < 4; fd++)
        if (from[fd] < 0 || dup2(from[fd], fd) < 0)
            return;
    /* all others only when the exec succeeds: who called us wants to hear of a failure */
    if (close_range(4, ~0u, CLOSE_RANGE_CLOEXEC) != 0)
        return;
    fexecve(3, command->words, env);
}

/* ---- all of a configuration ---- */

static unsigned tell(config_report *report, void *arg, const char *format, ...) __attribute__((format(printf, 3, 4)));
static unsigned tell(config_report *report, void *arg, const char *format, ...)
{
    char message[SCRIPT_REASON_MAX + CONFIG_TEXT_MAX + 64];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    report(arg, message);
    return 1;
}

unsigned script_check(const struct config *config, config_report *report, void *arg)
{
    static const char *const names[CONFIG_SCRIPTS] = {"start", "stop", "status"};
    unsigned problems = 0;
    char reason[SCRIPT_REASON_MAX];
    struct script_user user;
    if (config->user[0] != '\0' && !script_user(config->user, &user, reason))
        problems += tell(report, arg, "%s: [agent]: %s", config->file, reason);
    for (size_t i = 0; i < config->n_portals; i++) {
        const struct config_portal *portal = &config->portals[i];
        if (!script_user(portal->user[0] != '\0' ? portal->user : config->user, &user, reason)) {
            problems += tell(report, arg, "%s:%d: [portal %s]: %s", config->file, portal->line, portal->name, reason);
            continue;
        }
        for (int which = 0; which < CONFIG_SCRIPTS; which++) {
            int fd = script_open(&portal->script[which], &user, reason);
            if (fd >= 0)
                close(fd);
            else
                problems += tell(report, arg, "%s:%d: %s: %s", config->file, portal->script[which].line, names[which],
                                 reason);
        }
    }
    return problems;
}
