#include "plugins/hostres/rtnl.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "plugins/hostres/rtmsg.h"

enum {
    TRIES = 3,     /* of a dump that was interrupted or cut off */
    MANY = 16,     /* interfaces: about what RTNL_FEW holds of counters */
    DEADLINE_S = 2 /* for one answer */
};

int rtnl_open(struct rtnl *r)
{
    struct sockaddr_nl own = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    struct timeval deadline = {.tv_sec = DEADLINE_S};

    *r = (struct rtnl){.fd = -1, .watch = -1, .changed = true, .room = RTNL_FEW};
    r->buf = malloc(RTNL_BUFFER);
    r->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (r->buf != NULL && r->fd >= 0 && bind(r->fd, (struct sockaddr *)&own, sizeof own) == 0 &&
        setsockopt(r->fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline) == 0)
        return 0;
    int error = errno;
    rtnl_close(r);
    return error;
}

static void unwatch(struct rtnl *r)
{
    if (r->watch >= 0)
        close(r->watch);
    r->watch = -1;
}

/* Whether there may be something in the queue. epoll's list of who has something is written by the sender,
 * and a look at it costs a third of asking the socket; without epoll the socket is asked. */
static bool may_have_news(struct rtnl *r)
{
    struct epoll_event event = {.events = EPOLLIN};

    if (r->watch >= 0)
        return epoll_wait(r->watch, &event, 1, 0) != 0;
    r->watch = epoll_create1(EPOLL_CLOEXEC);
    if (r->watch >= 0 && epoll_ctl(r->watch, EPOLL_CTL_ADD, r->fd, &event) != 0)
        unwatch(r);
    return true;
}

/* The first len bytes of a notification are in the buffer. */
static void note(struct rtnl *r, size_t len)
{
    uint32_t index = rt_gone(r->buf, len);

    r->changed = true;
    if (index != 0)
        r->gone[r->deaths++ % RTNL_GONE] = index;
}

bool rtnl_changed(struct rtnl *r)
{
    if (!may_have_news(r))
        return r->changed;
    for (;;) {
        ssize_t n = recv(r->fd, r->buf, RT_GONE_MIN, MSG_DONTWAIT);
        if (n >= 0)
            note(r, (size_t)n);
        else if (errno == ENOBUFS)
            r->changed = true;
        else if (errno != EINTR)
            return r->changed;
    }
}

static int request(struct rtnl *r, uint16_t type)
{
    struct {
        struct nlmsghdr header;
        union {
            struct if_stats_msg stats;
            struct {
                struct ifinfomsg link;
                struct rtattr attr;
                uint32_t ext_mask;
            } links;
        } body;
    } msg = {
        .header = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP, .nlmsg_seq = ++r->seq}
    };

    if (type == RTM_GETSTATS) {
        msg.header.nlmsg_len = NLMSG_LENGTH(sizeof msg.body.stats);
        msg.body.stats.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
    } else {
        msg.header.nlmsg_len = NLMSG_LENGTH(sizeof msg.body.links);
        msg.body.links.attr =
            (struct rtattr){.rta_type = IFLA_EXT_MASK, .rta_len = RTA_LENGTH(sizeof(uint32_t))};
        msg.body.links.ext_mask = RTEXT_FILTER_SKIP_STATS;
    }
    return send(r->fd, &msg, msg.header.nlmsg_len, 0) < 0 ? errno : 0;
}

/* Receives one buffer from the kernel itself; returns its length, or 0 with *error set: EMSGSIZE where there
 * was no room for all of it. */
static size_t receive(struct rtnl *r, int *error)
{
    for (;;) {
        struct sockaddr_nl from;
        socklen_t from_len = sizeof from;
        ssize_t n = recvfrom(r->fd, r->buf, r->room, MSG_TRUNC, (struct sockaddr *)&from, &from_len);

        if (n > 0 && from.nl_pid == 0) {
            if ((size_t)n <= r->room)
                return (size_t)n;
            *error = EMSGSIZE;
            return 0;
        }
        if (n < 0 && errno == ENOBUFS) { /* notifications were lost, answers never are */
            r->changed = true;
        } else if (n == 0 || (n < 0 && errno != EINTR)) {
            *error = n == 0 ? EPROTO : errno;
            return 0;
        }
    }
}

/* Asks once and reads the answer to its end. */
static int ask(struct rtnl *r, uint16_t type, struct rt_dump *d, struct if_snapshot *out)
{
    int error = request(r, type);

    d->seq = r->seq;
    out->n = 0;
    while (error == 0 && !d->done) {
        size_t n = receive(r, &error);
        if (n == 0)
            break;
        bool begun = d->begun;
        d->news = false;
        if (type == RTM_GETSTATS)
            rt_parse_stats(r->buf, n, d, out);
        else
            rt_parse_links(r->buf, n, d, out);
        if (d->news)
            note(r, n);
        if (type == RTM_GETLINK && !begun && d->begun)
            r->changed = false; /* what was heard before the names is in them */
        if (!d->done && out->n >= MANY)
            r->room = RTNL_BUFFER;
    }
    return error != 0 ? error : d->error;
}

static int dump(struct rtnl *r, uint16_t type, uint16_t answer, struct if_snapshot *out, uint64_t *bad)
{
    for (unsigned try = 0;; try++) {
        struct rt_dump d = {.type = answer};
        int error = ask(r, type, &d, out);

        *bad += d.bad;
        if (error != 0)
            out->n = 0;
        if (error == EMSGSIZE) {
            d.interrupted = r->room < RTNL_BUFFER;
            r->room = RTNL_BUFFER;
            rtnl_changed(r); /* takes the rest of that answer away */
        } else if (error != 0) {
            return error;
        }
        if (!d.interrupted || try + 1 == TRIES)
            return error;
    }
}

int rtnl_stats(struct rtnl *r, struct if_snapshot *out, uint64_t *bad)
{
    out->has = IF_HAS_ALL;
    unwatch(r); /* it would be told of every answer */
    return dump(r, RTM_GETSTATS, RTM_NEWSTATS, out, bad);
}

static uint32_t life_of(const struct rtnl *r, uint32_t index)
{
    uint32_t forgotten = r->deaths > RTNL_GONE ? r->deaths - RTNL_GONE : 0;

    for (uint32_t k = r->deaths; k > forgotten; k--)
        if (r->gone[(k - 1) % RTNL_GONE] == index)
            return k;
    return 0;
}

int rtnl_links(struct rtnl *r, struct if_snapshot *out, uint64_t *bad)
{
    int error = dump(r, RTM_GETLINK, RTM_NEWLINK, out, bad);

    for (size_t i = 0; i < out->n; i++)
        out->entry[i].key.life = life_of(r, out->entry[i].key.index);
    return error;
}

void rtnl_close(struct rtnl *r)
{
    unwatch(r);
    if (r->fd >= 0)
        close(r->fd);
    free(r->buf);
    *r = (struct rtnl){.fd = -1, .watch = -1};
}
