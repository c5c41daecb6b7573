/* answers: a thousand SNMP agents (v2c and v3 authPriv) from one process and one file of recorded answers,
 * some of them dead, slow or hostile. Agent i listens on 127.1.(i / 250).(i % 250 + 1).
 *
 *   answers -p PORT -t TABLE [-n AGENTS] [-u USER -A AUTH -X PRIV] [-b BOOTS] [-m FROM-TO:MODE[=MS]]...
 *           [-e TOTAL,RATE,BASE_MS] [-z MESSAGE_SIZE]
 *
 * Modes: dead, slow=MS, garbage, loop (GETBULK never advances), endless (a table without end), wrongtype
 * (scmLoad1 as Counter64), escape (terminal escapes in every string), toobig, flood (200 datagrams for one),
 * many (more variables than asked), longname (an index of 200 bytes). Prints "ready". */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "tests/integration/answers/table.h"
#include "tests/integration/answers/usm.h"

enum mode {
    PLAIN,
    DEAD,
    SLOW,
    GARBAGE,
    LOOP,
    ENDLESS,
    WRONGTYPE,
    ESCAPE,
    TOOBIG,
    FLOOD,
    MANY,
    LONGNAME,
    MODES
};
static const char *const mode_names[MODES] = {"plain",     "dead",   "slow",   "garbage", "loop", "endless",
                                              "wrongtype", "escape", "toobig", "flood",   "many", "longname"};

static struct {
    enum mode mode;
    int delay; /* ms */
} agents[AGENTS_MAX];
static unsigned n_agents = 1;
static uint32_t boots = 1;
static size_t message_size = 1472;
static time_t started;
static int sock;

enum { GET = 0xa0, GETNEXT = 0xa1, RESPONSE = 0xa2, SET = 0xa3, GETBULK = 0xa5, REPORT = 0xa8 };
enum { VARS_MAX = 1000, ASKED_MAX = 64 };

struct message {
    unsigned agent;
    int version;
    struct reader community;
    int64_t msgid;
    uint8_t flags;
    bool unknown_engine, out_of_time;
    int pdu;
    int64_t id, non_repeaters, repetitions;
    size_t asked;
    struct name names[ASKED_MAX];
    struct value values[ASKED_MAX]; /* SET */
    struct sockaddr_in from;
    struct in_addr to;
};

static struct variable {
    struct name name;
    struct value value; /* tag 0x81, 0x82: an exception */
} vars[VARS_MAX];
static size_t n_vars;

/* ---- reading */

static void read_value(struct reader *r, struct value *v)
{
    struct reader at = *r;
    struct reader c = ber_open(r, 0, &v->tag);
    v->text = (const char *)c.p;
    v->len = c.bad ? 0 : (size_t)(c.end - c.p);
    if (v->tag != TAG_STRING && v->tag != 5)
        v->number = ber_integer(&at);
}

static bool read_pdu(struct message *m, struct reader r)
{
    struct reader pdu = ber_open(&r, 0, &m->pdu);
    m->id = ber_integer(&pdu);
    m->non_repeaters = ber_integer(&pdu);
    m->repetitions = ber_integer(&pdu);
    struct reader list = ber_open(&pdu, 0x30, NULL);
    while (!list.bad && list.p < list.end && m->asked < ASKED_MAX) {
        struct reader v = ber_open(&list, 0x30, NULL);
        ber_name(&v, &m->names[m->asked]);
        read_value(&v, &m->values[m->asked++]);
    }
    return !pdu.bad && !list.bad;
}

static bool same(const struct reader *r, const void *s, size_t len)
{
    return (size_t)(r->end - r->p) == len && memcmp(r->p, s, len) == 0;
}

static uint32_t engine_time(void)
{
    return (uint32_t)(time(NULL) - started) + 1;
}

static bool read_v3(struct message *m, struct reader r, uint8_t *whole, size_t whole_len)
{
    static uint8_t plain[MESSAGE_MAX];
    uint8_t engine[ENGINE_LEN], mac[USM_MAC], theirs[USM_MAC];
    struct reader head = ber_open(&r, 0x30, NULL);
    m->msgid = ber_integer(&head);
    ber_integer(&head);
    struct reader flags = ber_open(&head, 4, NULL);
    m->flags = flags.bad || flags.p == flags.end ? 0 : *flags.p;
    struct reader params = ber_open(&r, 4, NULL), usm = ber_open(&params, 0x30, NULL);
    struct reader id = ber_open(&usm, 4, NULL);
    uint32_t their_boots = (uint32_t)ber_integer(&usm), their_time = (uint32_t)ber_integer(&usm);
    struct reader user = ber_open(&usm, 4, NULL), auth = ber_open(&usm, 4, NULL),
                  salt = ber_open(&usm, 4, NULL);
    usm_engine(m->agent, engine);
    m->unknown_engine = !same(&id, engine, sizeof engine);
    if (usm.bad || m->unknown_engine || (m->flags & 3) != 3)
        return m->unknown_engine && !usm.bad;
    if (!same(&user, usm_name(), strlen(usm_name())) || auth.end - auth.p != USM_MAC ||
        salt.end - salt.p != USM_SALT)
        return false;
    memcpy(theirs, auth.p, USM_MAC);
    memset(whole + (auth.p - whole), 0, USM_MAC);
    usm_mac(m->agent, whole, whole_len, mac);
    if (memcmp(mac, theirs, USM_MAC) != 0)
        return false;
    m->out_of_time =
        their_boots != boots || their_time + 150 < engine_time() || their_time > engine_time() + 150;
    if (m->out_of_time)
        return true;
    struct reader secret = ber_open(&r, 4, NULL);
    size_t len = secret.bad ? 0 : (size_t)(secret.end - secret.p);
    usm_crypt(m->agent, false, their_boots, their_time, salt.p, secret.p, len, plain);
    struct reader p = {.p = plain, .end = plain + len}, scoped = ber_open(&p, 0x30, NULL);
    ber_open(&scoped, 4, NULL);
    ber_open(&scoped, 4, NULL);
    return !scoped.bad && read_pdu(m, scoped);
}

static bool read_message(struct message *m, uint8_t *buf, size_t len)
{
    struct reader r = {.p = buf, .end = buf + len};
    struct reader body = ber_open(&r, 0x30, NULL);
    m->version = (int)ber_integer(&body);
    if (m->version == 3)
        return read_v3(m, body, buf, len);
    m->community = ber_open(&body, 4, NULL);
    return m->version == 1 && !body.bad && read_pdu(m, body);
}

/* ---- answering */

static size_t add(const struct name *name, const struct value *value)
{
    struct variable *v = &vars[n_vars++];
    v->name = *name;
    v->value = *value;
    return name->len * 2 + (value->tag == TAG_STRING ? value->len : 4) + 10;
}

/* Where things stand below the root: the group, then a scalar's arc or (after the entry) a column's, then the
 * index. */
enum { AT_GROUP = 11, AT_ARC = 12, AT_INDEX = 14 };

/* A row that was never seen before, of the column that name stands in: "row00000001", "row00000002" ... */
static void endless(struct name *name, struct value *out)
{
    static uint32_t row;
    char index[16];
    int len = snprintf(index, sizeof index, "row%08u", ++row);
    *out = (struct value){.tag = TAG_INTEGER, .number = 1};
    name->len = AT_INDEX;
    name->id[name->len++] = (uint32_t)len;
    for (int i = 0; i < len; i++)
        name->id[name->len++] = (unsigned char)index[i];
}

static bool next(const struct message *m, struct name *name, struct value *out)
{
    enum mode mode = agents[m->agent].mode;
    struct name asked = *name;
    if (!table_next(m->agent, name, out))
        return false;
    uint32_t group = name->id[AT_GROUP];
    if (mode == WRONGTYPE && group == 2 && name->id[AT_ARC] == 1)
        out->tag = TAG_COUNTER64;
    bool decimal = out->tag == TAG_STRING && out->len > 0 && out->text[0] >= '0' && out->text[0] <= '9';
    if (mode == ESCAPE && out->tag == TAG_STRING && out->len != 11 && !decimal) {
        out->text = "\033[2J\033]0;owned\007\302\23331m\233\rx";
        out->len = strlen(out->text);
    }
    if (mode == LOOP && asked.len > AT_INDEX)
        *name = asked;
    if (mode == ENDLESS && asked.len >= AT_INDEX && asked.id[AT_GROUP] == 4) {
        *name = asked;
        endless(name, out);
    }
    if (mode == LONGNAME && group == 4 && name->len > AT_INDEX) {
        name->id[AT_INDEX] = 100;
        for (name->len = AT_INDEX + 1; name->len < AT_INDEX + 101; name->len++)
            name->id[name->len] = 'x';
    }
    return true;
}

static void answer_bulk(struct message *m)
{
    size_t size = 100;
    for (int64_t rep = -1; rep < m->repetitions; rep++) {
        size_t from = rep < 0 ? 0 : (size_t)m->non_repeaters,
               to = rep < 0 ? (size_t)m->non_repeaters : m->asked;
        if (rep < 0 && m->pdu == GETNEXT)
            to = m->asked;
        bool more = false;
        for (size_t i = from; i < to; i++) {
            struct value v = {.tag = 0x82};
            more = next(m, &m->names[i], &v) || more;
            if (n_vars == VARS_MAX || size > message_size)
                return;
            size += add(&m->names[i], &v);
        }
        if (rep >= 0 && !more)
            return;
    }
}

static int answer_set(const struct message *m)
{
    int status = 0;
    for (size_t i = 0; i < m->asked && status == 0; i++) {
        status = table_set(m->agent, &m->names[i], &m->values[i]);
        add(&m->names[i], &m->values[i]);
    }
    return status;
}

static int answer(struct message *m)
{
    n_vars = 0;
    if (agents[m->agent].mode == TOOBIG)
        return 1;
    if (m->pdu == SET)
        return answer_set(m);
    if (m->pdu == GETNEXT)
        m->repetitions = 0;
    if (m->pdu == GETNEXT || m->pdu == GETBULK)
        answer_bulk(m);
    for (size_t i = 0; i < m->asked && m->pdu == GET; i++) {
        struct value v = {.tag = 0x81};
        table_get(m->agent, &m->names[i], &v);
        add(&m->names[i], &v);
    }
    for (size_t i = 0; agents[m->agent].mode == MANY && i < 100 && n_vars > 0 && n_vars < VARS_MAX; i++)
        add(&vars[0].name, &vars[0].value);
    return 0;
}

/* ---- writing */

static void write_value(struct writer *w, const struct value *v)
{
    if (v->tag == TAG_STRING)
        ber_string(w, TAG_STRING, v->text, v->len);
    else if (v->tag >= 0x80)
        ber_string(w, v->tag, "", 0);
    else
        ber_put_integer(w, v->tag, v->number);
}

static void write_pdu(struct writer *w, int tag, int64_t id, int status)
{
    size_t from = ber_len(w);
    for (size_t i = n_vars; i > 0; i--) {
        size_t var = ber_len(w);
        write_value(w, &vars[i - 1].value);
        ber_put_name(w, &vars[i - 1].name);
        ber_close(w, 0x30, var);
    }
    ber_close(w, 0x30, from);
    ber_put_integer(w, 2, status != 0 ? 1 : 0);
    ber_put_integer(w, 2, status);
    ber_put_integer(w, 2, id);
    ber_close(w, tag, from);
}

/* usmStatsUnknownEngineIDs or usmStatsNotInTimeWindows */
static void report_variable(bool out_of_time)
{
    const struct name name = {
        .len = 11, .id = {1, 3, 6, 1, 6, 3, 15, 1, 1, out_of_time ? 2 : 4, 0}
    };
    const struct value one = {.tag = TAG_COUNTER, .number = 1};
    n_vars = 0;
    add(&name, &one);
}

static void write_v3(struct writer *w, const struct message *m, int tag, int status)
{
    static uint8_t secret[MESSAGE_MAX];
    static uint64_t salt;
    uint8_t engine[ENGINE_LEN], mac[USM_MAC] = {0};
    bool priv = tag != REPORT, auth = !m->unknown_engine;
    usm_engine(m->agent, engine);
    write_pdu(w, tag, m->id, status);
    ber_string(w, 4, "", 0);
    ber_string(w, 4, engine, sizeof engine);
    ber_close(w, 0x30, 0);
    salt++;
    if (priv) {
        size_t len = ber_len(w);
        usm_crypt(m->agent, true, boots, engine_time(), (uint8_t *)&salt, w->p, len, secret);
        ber_start(w);
        ber_string(w, 4, secret, len);
    }
    size_t from = ber_len(w);
    ber_string(w, 4, &salt, priv ? USM_SALT : 0);
    ber_string(w, 4, mac, auth ? USM_MAC : 0);
    size_t mac_at = ber_len(w) - 2; /* from the end of the buffer */
    ber_string(w, 4, usm_name(), auth ? strlen(usm_name()) : 0);
    ber_put_integer(w, 2, engine_time());
    ber_put_integer(w, 2, boots);
    ber_string(w, 4, engine, sizeof engine);
    ber_close(w, 0x30, from);
    ber_close(w, 4, from);
    from = ber_len(w);
    ber_put_integer(w, 2, 3);
    uint8_t flags = (uint8_t)((auth ? 1 : 0) | (priv ? 2 : 0));
    ber_string(w, 4, &flags, 1);
    ber_put_integer(w, 2, 65507);
    ber_put_integer(w, 2, m->msgid);
    ber_close(w, 0x30, from);
    ber_put_integer(w, 2, 3);
    ber_close(w, 0x30, 0);
    if (auth) {
        usm_mac(m->agent, w->p, ber_len(w), mac);
        memcpy(w->buf + sizeof w->buf - mac_at, mac, USM_MAC);
    }
}

static void write_message(struct writer *w, struct message *m)
{
    ber_start(w);
    if (m->version == 3 && (m->unknown_engine || m->out_of_time)) {
        report_variable(m->out_of_time);
        write_v3(w, m, REPORT, 0);
        return;
    }
    int status = answer(m);
    if (m->version == 3) {
        write_v3(w, m, RESPONSE, status);
        return;
    }
    write_pdu(w, RESPONSE, m->id, status);
    ber_string(w, 4, m->community.p, (size_t)(m->community.end - m->community.p));
    ber_put_integer(w, 2, 1);
    ber_close(w, 0x30, 0);
}

/* ---- datagrams */

static void send_from(const struct in_addr *from, const struct sockaddr_in *to, const void *s, size_t len)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
    } control = {0};
    struct iovec io = {.iov_base = (void *)(uintptr_t)s, .iov_len = len};
    struct msghdr h = {.msg_name = (void *)(uintptr_t)to,
                       .msg_namelen = sizeof *to,
                       .msg_iov = &io,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    struct in_pktinfo info = {.ipi_spec_dst = *from};
    control.head = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof info), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO};
    memcpy(CMSG_DATA(&control.head), &info, sizeof info);
    sendmsg(sock, &h, 0);
}

/* Answers that wait for their time. */
static struct delayed {
    struct delayed *next;
    int64_t due;
    struct sockaddr_in from;
    struct in_addr to;
    size_t len;
    uint8_t bytes[];
} * delayed;

static void delay(const struct message *m, const struct writer *w)
{
    struct delayed *d = malloc(sizeof *d + ber_len(w));
    d->due = wall_ms() + agents[m->agent].delay;
    d->from = m->from;
    d->to = m->to;
    d->len = ber_len(w);
    memcpy(d->bytes, w->p, d->len);
    d->next = delayed;
    delayed = d;
}

static void send_delayed(void)
{
    int64_t now = wall_ms();
    for (struct delayed **at = &delayed; *at != NULL;) {
        struct delayed *d = *at;
        if (d->due > now) {
            at = &d->next;
            continue;
        }
        send_from(&d->to, &d->from, d->bytes, d->len);
        *at = d->next;
        free(d);
    }
}

static void respond(struct message *m)
{
    static struct writer w;
    static const char garbage[] = "\x30\x84\xff\xff\xff\xff this is no SNMP message";
    enum mode mode = agents[m->agent].mode;
    if (mode == GARBAGE) {
        send_from(&m->to, &m->from, garbage, sizeof garbage);
        return;
    }
    write_message(&w, m);
    for (int i = 0; mode == FLOOD && i < 200; i++)
        send_from(&m->to, &m->from, "\x30\x03\x02\x01\x01", 5);
    if (mode == SLOW)
        delay(m, &w);
    else if (!w.full)
        send_from(&m->to, &m->from, w.p, ber_len(&w));
}

static bool receive(uint8_t *buf, size_t size)
{
    static struct message m;
    union {
        struct cmsghdr head;
        char room[256];
    } control;
    struct iovec io = {.iov_base = buf, .iov_len = size};
    memset(&m, 0, offsetof(struct message, names));
    struct msghdr h = {.msg_name = &m.from,
                       .msg_namelen = sizeof m.from,
                       .msg_iov = &io,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    ssize_t n = recvmsg(sock, &h, MSG_DONTWAIT);
    if (n < 0)
        return false;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c != NULL; c = CMSG_NXTHDR(&h, c))
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            m.to = info.ipi_addr;
        }
    uint32_t to = ntohl(m.to.s_addr);
    m.agent = (to >> 8 & 0xff) * 250 + (to & 0xff) - 1;
    if (to >> 16 == 0x7f01 && m.agent < n_agents && agents[m.agent].mode != DEAD &&
        read_message(&m, buf, (size_t)n))
        respond(&m);
    return true;
}

/* ---- start */

static bool parse_mode(const char *s)
{
    unsigned from, to;
    char name[20];
    int ms = 0;
    if (sscanf(s, "%u-%u:%19[a-z]=%d", &from, &to, name, &ms) < 3 || from > to || to >= AGENTS_MAX)
        return false;
    for (int mode = 0; mode < MODES; mode++)
        if (strcmp(mode_names[mode], name) == 0) {
            for (unsigned i = from; i <= to; i++) {
                agents[i].mode = (enum mode)mode;
                agents[i].delay = ms;
            }
            return true;
        }
    return false;
}

static bool listen_on(uint16_t port)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    int one = 1, room = 8 << 20;
    sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    setsockopt(sock, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
    if (setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
        setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (bind(sock, (struct sockaddr *)&any, sizeof any) == 0)
        return true;
    perror("bind");
    return false;
}

int main(int argc, char **argv)
{
    static uint8_t buf[MESSAGE_MAX];
    const char *user = NULL, *auth = NULL, *priv = NULL;
    unsigned total, rate;
    long long base;
    uint16_t port = 0;
    int c;
    started = time(NULL);
    while ((c = getopt(argc, argv, "p:t:n:u:A:X:b:m:e:z:")) != -1) {
        bool well = true;
        switch (c) {
        case 'p':
            port = (uint16_t)strtoul(optarg, NULL, 10);
            break;
        case 't':
            well = table_load(optarg);
            break;
        case 'n':
            n_agents = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'u':
            user = optarg;
            break;
        case 'A':
            auth = optarg;
            break;
        case 'X':
            priv = optarg;
            break;
        case 'b':
            boots = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 'm':
            well = parse_mode(optarg);
            break;
        case 'e':
            well = sscanf(optarg, "%u,%u,%lld", &total, &rate, &base) == 3;
            if (well)
                table_events(total, rate, base);
            break;
        case 'z':
            message_size = strtoul(optarg, NULL, 10);
            break;
        default:
            well = false;
        }
        if (!well || n_agents > AGENTS_MAX)
            return 2;
    }
    if (user != NULL && auth != NULL && priv != NULL)
        usm_user(user, auth, priv);
    if (!listen_on(port))
        return 1;
    puts("ready");
    fflush(stdout);
    struct pollfd p = {.fd = sock, .events = POLLIN};
    for (;;) {
        poll(&p, 1, delayed != NULL ? 5 : -1);
        for (int i = 0; i < 64 && receive(buf, sizeof buf); i++)
            ;
        send_delayed();
    }
}
