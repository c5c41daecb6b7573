/* The system calls of one read and nothing else, over and over: below this no reader of the same can come on
 * this kernel.
 *
 *     floor proc|netlink|text ITERATIONS
 *
 * proc     /proc/net/dev and /proc/meminfo by one pread each, sysinfo
 * netlink  RTM_GETSTATS by one send and one receive (few interfaces), /proc/meminfo, sysinfo
 * text     /proc/meminfo alone, which has no other source
 *
 * Last line: FLOOR mode=.. iters=.. cpu_ns=.. per iteration. Build: cc -O2 -o floor floor.c */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <unistd.h>

static char buf[32768];

static void check(int good, const char *what)
{
    if (good)
        return;
    perror(what);
    exit(1);
}

static void read_once(int fd)
{
    check(pread(fd, buf, sizeof buf, 0) > 0, "pread");
}

static void ask_once(int fd)
{
    struct {
        struct nlmsghdr header;
        struct if_stats_msg stats;
    } msg = {
        .header = {.nlmsg_len = sizeof msg,
                   .nlmsg_type = RTM_GETSTATS,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .stats = {.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64)},
    };
    check(send(fd, &msg, sizeof msg, 0) == sizeof msg, "send");
    check(recv(fd, buf, 4096, 0) > 0, "recv");
}

static double cpu_ns(void)
{
    struct rusage r;

    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e9 +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e3;
}

int main(int argc, char **argv)
{
    const char *mode = argc == 3 ? argv[1] : "";
    int proc = strcmp(mode, "proc") == 0, netlink = strcmp(mode, "netlink") == 0;
    long n = argc == 3 ? atol(argv[2]) : 0;

    if (n < 1 || (!proc && !netlink && strcmp(mode, "text") != 0)) {
        fprintf(stderr, "usage: floor proc|netlink|text ITERATIONS\n");
        return 2;
    }
    int dev = open("/proc/net/dev", O_RDONLY), mem = open("/proc/meminfo", O_RDONLY);
    int nl = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    check(dev >= 0 && mem >= 0 && nl >= 0, "open");
    double before = cpu_ns();
    for (long i = 0; i < n; i++) {
        struct sysinfo info;
        if (proc)
            read_once(dev);
        if (netlink)
            ask_once(nl);
        read_once(mem);
        if (proc || netlink)
            sysinfo(&info);
    }
    printf("FLOOR mode=%s iters=%ld cpu_ns=%.0f\n", mode, n, (cpu_ns() - before) / (double)n);
    return 0;
}
