/* What the agent gives up, seen from inside: each layer is put on in a child, which then tries what it may and may not. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/sandbox.h"

enum { GOOD = 0, CANNOT = 77 }; /* exit statuses of the children; any other is the number of what went wrong */

static struct config config;
static char dir[] = "/tmp/test_sandbox.XXXXXX";

/* Runs fn in a child; its exit status, or 128 plus the signal that killed it. */
static int in_child(int (*fn)(void))
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(fn());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int no_capabilities(void)
{
    char why[128], line[256];
    int zero = 0;
    if (!sandbox_privileges(why, sizeof why))
        return 1;
    FILE *f = fopen("/proc/self/status", "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        zero += strncmp(line, "CapEff:\t0000000000000000", 24) == 0 || strncmp(line, "CapPrm:\t0000000000000000", 24) == 0 ||
                strncmp(line, "NoNewPrivs:\t1", 13) == 0;
    return zero == 3 ? GOOD : 2;
}

static int landlocked(void)
{
    char why[128], path[512], late[512];
    if (!sandbox_landlock(&config, why, sizeof why))
        return CANNOT;
    snprintf(path, sizeof path, "%s/document", config.state_dir);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    if (fd < 0 || write(fd, "x", 1) != 1)
        return 1;
    snprintf(late, sizeof late, "%s/document.bak", config.state_dir);
    if (link(path, late) != 0 || unlink(path) != 0 || rename(late, path) != 0 || unlink(path) != 0)
        return 2;
    snprintf(path, sizeof path, "%s/elsewhere", dir);
    if (open(path, O_CREAT | O_WRONLY, 0600) >= 0 || errno != EACCES)
        return 3;
    if (open("/proc/self/status", O_RDONLY) < 0)
        return 4;
    /* results of a plugin that begins after us: the directory's parent was all there was */
    snprintf(path, sizeof path, "%s/later/result.json", dir);
    if (open(path, O_RDONLY) < 0)
        return 5;
    return open("/tmp", O_RDONLY | O_DIRECTORY) >= 0 || errno != EACCES ? 6 : GOOD;
}

static void *nothing(void *arg)
{
    return arg;
}

static int filtered_serves(void)
{
    char why[128];
    pthread_t thread;
    if (!sandbox_seccomp(why, sizeof why))
        return CANNOT;
    if (pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0)
        return 1;
    if (socket(AF_UNIX, SOCK_STREAM, 0) < 0 || socket(AF_PACKET, SOCK_RAW, 0) >= 0 || errno != ENOSYS)
        return 2;
    return chmod("/tmp/test_sandbox.none", 0600) == 0 || errno != ENOSYS ? 3 : GOOD;
}

static int filtered_does_not_fork(void)
{
    char why[128];
    if (!sandbox_seccomp(why, sizeof why))
        return CANNOT;
    return fork() >= 0 ? 1 : GOOD;
}

static int filtered_does_not_exec(void)
{
    char why[128];
    if (!sandbox_seccomp(why, sizeof why))
        return CANNOT;
    execl("/bin/true", "true", (char *)NULL);
    return 1;
}

static void test_privileges(void **state)
{
    assert_int_equal(in_child(no_capabilities), GOOD);
}

static void test_landlock(void **state)
{
    int status = in_child(landlocked);
    if (status == CANNOT)
        CANNOT_RUN("this kernel has no Landlock");
    assert_int_equal(status, GOOD);
}

static void test_seccomp(void **state)
{
    int status = in_child(filtered_serves);
    if (status == CANNOT)
        CANNOT_RUN("this build or kernel has no system call filter");
    assert_int_equal(status, GOOD);
    assert_int_equal(in_child(filtered_does_not_fork), GOOD);
    assert_int_equal(in_child(filtered_does_not_exec), 128 + SIGSYS);
}

static int make_world(void **state)
{
    char path[512];
    assert_non_null(mkdtemp(dir));
    snprintf(config.state_dir, sizeof config.state_dir, "%s/state", dir);
    snprintf(config.eperf_result_dir, sizeof config.eperf_result_dir, "%s/later", dir);
    assert_int_equal(mkdir(config.state_dir, 0700), 0);
    assert_int_equal(mkdir(config.eperf_result_dir, 0700), 0);
    snprintf(path, sizeof path, "%s/result.json", config.eperf_result_dir);
    assert_true(close(open(path, O_CREAT | O_WRONLY, 0600)) == 0);
    snprintf(config.eperf_result_dir, sizeof config.eperf_result_dir, "%s/later/not/yet", dir);
    return 0;
}

static int end_world(void **state)
{
    char path[512];
    snprintf(path, sizeof path, "%s/later/result.json", dir);
    unlink(path);
    snprintf(path, sizeof path, "%s/later", dir);
    rmdir(path);
    rmdir(config.state_dir);
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_privileges),
        cmocka_unit_test(test_landlock),
        cmocka_unit_test(test_seccomp),
    };
    return cmocka_run_group_tests(tests, make_world, end_world);
}
