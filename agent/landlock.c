#include "agent/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READ  (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE                                                                                                   \
    (READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG)
#define OF_FILES (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE)

/* Everything that version 1 of the interface knows of; what we do not name below is then forbidden. */
#define HANDLED                                                                                                 \
    (LANDLOCK_ACCESS_FS_EXECUTE | WRITE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_CHAR |          \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                  \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* A path that is not there needs no rule. */
static bool allow(int rules, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access};
    struct stat st;
    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return errno == ENOENT || errno == EACCES;
    if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
        rule.allowed_access &= OF_FILES;
    bool done = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    int saved = errno;
    close(rule.parent_fd);
    errno = saved;
    return done;
}

/* A directory that somebody else makes, perhaps later than we start: then what is there of the way to it. */
static bool allow_to_come(int rules, const char *path)
{
    char there[CONFIG_TEXT_MAX + 1];
    snprintf(there, sizeof there, "%s", path);
    for (char *slash; access(there, F_OK) != 0 && (slash = strrchr(there, '/')) != NULL && slash != there;)
        *slash = '\0';
    return allow(rules, there, READ);
}

bool sandbox_landlock(const struct config *config, char *why, size_t size)
{
    /* libraries and name services that libc loads late, the clock's zone, interface indexes and routes, eperf's results */
    static const char *const readable[] = {
        "/usr",  "/lib",           "/lib64",       "/etc",      "/run/systemd/resolve",
        "/proc", "/sys/class/net", "/sys/devices", "/dev/null", "/dev/urandom",
    };
    struct landlock_ruleset_attr all = {.handled_access_fs = HANDLED};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    bool good = rules >= 0 && allow(rules, config->state_dir, WRITE) && allow_to_come(rules, config->eperf_result_dir);
    for (size_t i = 0; good && i < sizeof readable / sizeof readable[0]; i++)
        good = allow(rules, readable[i], READ);
    good = good && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    if (!good)
        snprintf(why, size, "%s", strerror(errno));
    if (rules >= 0)
        close(rules);
    return good;
}
