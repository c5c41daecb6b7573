#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"
#include "plugins/eperf/cmd.h"
#include "plugins/eperf/trigger.h"

enum kind { FLAG, TEXT, UINT, U16, SIZE, SIZE64, RATE, SECONDS, DSCP, TOS, ALLOW, TITLE, CONGESTION, RAW64 };

#define AT(member) offsetof(struct options, member)

/* One row per option: the names (Eperf's own single-dash ones are long names too: getopt_long_only takes both), what it
 * takes, where it goes, range, help. A row without help is another name of the row above. */
static const struct row {
    const char *name;
    char letter;
    enum kind kind;
    size_t offset;
    uint64_t min, max;
    const char *arg, *help;
} rows[] = {
    {"server", 's', FLAG, AT(server), 0, 0, NULL, "be a server"},
    {"net", 0, TEXT, AT(host), 0, 0, "HOST", "be a client of the server on HOST"},
    {"client", 0, TEXT, AT(host), 0, 0, "HOST", NULL},
    {"port", 'p', U16, AT(port), 1, 65535, "PORT", "port of the server (5201)"},
    {"TCP", 0, FLAG, AT(tcp), 0, 0, NULL, "test TCP (the default)"},
    {"tcp", 0, FLAG, AT(tcp), 0, 0, NULL, NULL},
    {"UDP", 'u', FLAG, AT(udp), 0, 0, NULL, "test UDP"},
    {"udp", 0, FLAG, AT(udp), 0, 0, NULL, NULL},
    {"upload", 0, FLAG, AT(upload), 0, 0, NULL, "send to the server (the default); with -download: then receive"},
    {"download", 'R', FLAG, AT(download), 0, 0, NULL, "receive from the server"},
    {"reverse", 0, FLAG, AT(download), 0, 0, NULL, NULL},
    {"bidir", 0, FLAG, AT(bidir), 0, 0, NULL, "both at once"},
    {"interval", 'i', SECONDS, AT(params.interval), 0, 60, "SECONDS", "between live lines (1); 0: none"},
    {"duration", 'd', UINT, AT(params.duration), 1, EPERF_DURATION_MAX, "SECONDS", "of the test (5)"},
    {"time", 't', UINT, AT(params.duration), 1, EPERF_DURATION_MAX, "SECONDS", NULL},
    {"connections", 'c', UINT, AT(params.streams), 1, EPERF_STREAMS_MAX, "N", "connections per direction (TCP 3, UDP 1)"},
    {"parallel", 'P', UINT, AT(params.streams), 1, EPERF_STREAMS_MAX, "N", NULL},
    {"bw", 0, RATE, AT(params.rate), 0, INT64_MAX, "RATE", "bits/s per connection, like 50M; 0: no limit (UDP 50M)"},
    {"bandwidth", 'b', RATE, AT(params.rate), 0, INT64_MAX, "RATE", NULL},
    {"omit", 'O', UINT, AT(params.omit), 0, EPERF_OMIT_MAX, "SECONDS", "of warm-up, left out of the sums"},
    {"bytes", 'n', SIZE64, AT(params.bytes), 1, INT64_MAX, "SIZE", "to move instead of a duration, like 10G"},
    {"blocks", 'k', RAW64, AT(params.blocks), 1, INT64_MAX, "N", "blocks or datagrams instead of a duration"},
    {"length", 'l', SIZE, AT(params.block_len), 1, EPERF_BLOCK_MAX, "SIZE", "of a block (128K) or datagram (one packet)"},
    {"mss", 'M', UINT, AT(params.mss), 88, EPERF_MSS_MAX, "BYTES", "maximum segment size"},
    {"window", 'w', SIZE, AT(params.window), 1, EPERF_WINDOW_MAX, "SIZE", "of the socket buffers"},
    {"dscp", 0, DSCP, AT(dscp), 0, 63, "CODE", "differentiated services code point: 46, 0x2e or ef"},
    {"tos", 'S', TOS, AT(params.tos), 0, 255, "BYTE", "the whole type of service byte: 184 or 0xb8"},
    {"congestion", 'C', CONGESTION, AT(params.congestion), 0, 0, "NAME", "TCP congestion control"},
    {"no-delay", 'N', FLAG, AT(params.nodelay), 0, 0, NULL, "set TCP_NODELAY"},
    {"read", 0, FLAG, AT(params.read_payload), 0, 0, NULL, "copy the payload on both paths of this end (no zerocopy, no discard)"},
    {"udp-counters-64bit", 0, FLAG, AT(params.counters_64bit), 0, 0, NULL, "count datagrams with 64 bits"},
    {"title", 'T', TITLE, AT(params.title), 0, 0, "TEXT", "to stand in the JSON document"},
    {"bind", 'B', TEXT, AT(bind), 0, 0, "ADDRESS", "of this end; for a server: where it listens (::)"},
    {"version4", '4', FLAG, AT(v4), 0, 0, NULL, "only IPv4"},
    {"version6", '6', FLAG, AT(v6), 0, 0, NULL, "only IPv6"},
    {"json", 'J', FLAG, AT(json), 0, 0, NULL, "print the document that iperf3 -J prints, at the end"},
    {"json-stream", 0, FLAG, AT(json_stream), 0, 0, NULL, "print a line of JSON per event"},
    {"one-off", '1', FLAG, AT(policy.one_off), 0, 0, NULL, "server: end after one test"},
    {"max-tests", 0, UINT, AT(policy.max_tests), 1, 64, "N", "server: tests at once (4); the rest are told busy"},
    {"max-duration", 0, UINT, AT(policy.max_duration), 1, EPERF_DURATION_MAX, "SECONDS", "server: longest test (60)"},
    {"max-rate", 0, RATE, AT(policy.max_rate), 0, INT64_MAX, "RATE", "server: of a test, per direction"},
    {"max-connections", 0, UINT, AT(policy.max_connections), 1, EPERF_STREAMS_MAX, "N", "server: of a test, per direction"},
    {"max-length", 0, SIZE, AT(policy.max_block_len), 16, EPERF_BLOCK_MAX, "SIZE", "server: longest block"},
    {"allow-from", 0, ALLOW, AT(allow), 0, 0, "NETWORK", "server: who may connect, like 10.0.0.0/8 (repeatable; everyone)"},
    {"trigger", 0, TEXT, AT(trigger), 0, 0, "TEST", "tell collectd to run its test TEST now"},
    {"socket", 0, TEXT, AT(socket), 0, 0, "PATH", "of collectd's unixsock, for --trigger"},
    {"help", 'h', FLAG, AT(help), 0, 0, NULL, "print this"},
    {"version", 'v', FLAG, AT(version), 0, 0, NULL, "print the version"},
};
enum { NROWS = sizeof rows / sizeof rows[0] };

void options_usage(FILE *to)
{
    fputs("usage: eperf -s [options]\n"
          "       eperf -net HOST [-TCP|-UDP] [-upload] [-download] [options]\n"
          "       eperf --trigger TEST [--socket PATH]\n\n",
          to);
    for (size_t i = 0; i < NROWS; i++) {
        const struct row *r = &rows[i];
        char names[80];
        if (!r->help)
            continue;
        snprintf(names, sizeof names, "%s%c%s--%s%s%s", r->letter ? "-" : "", r->letter ? r->letter : ' ',
                 r->letter ? ", " : "   ", r->name, r->arg ? " " : "", r->arg ? r->arg : "");
        fprintf(to, "  %-30s %s\n", names, r->help);
    }
    fputs("\nA long name may stand behind one dash, too. Exit status: 0 well, 1 failed, 2 usage, 3 busy, 4 no connection,\n"
          "5 timed out, 130 interrupted.\n",
          to);
}

static bool bad(const struct row *r, const char *text)
{
    fprintf(stderr, "eperf: --%s %s: expected %s", r->name, text, r->arg);
    if (r->kind == SECONDS)
        fprintf(stderr, ", 0 or 0.1 to %llu", (unsigned long long)r->max);
    else if (r->max)
        fprintf(stderr, ", %llu to %llu", (unsigned long long)r->min, (unsigned long long)r->max);
    fputs("\n", stderr);
    return false;
}

static bool add_allow(struct options *o, const char *text)
{
    if (o->policy.allow_count == ALLOW_MAX) {
        fprintf(stderr, "eperf: --allow-from: at most %d networks\n", ALLOW_MAX);
        return false;
    }
    o->allow[o->policy.allow_count++] = text;
    o->policy.allow = o->allow;
    return true;
}

static bool set_text(char *to, size_t size, const char *text)
{
    if (strlen(text) >= size)
        return false;
    memcpy(to, text, strlen(text) + 1);
    return true;
}

/* A number as packet dumps have it, too: 0x2e. */
static bool number(const char *text, size_t len, const struct row *r, uint64_t *n)
{
    if (strncmp(text, "0x", 2) != 0)
        return num_u64(text, len, r->min, r->max, n);
    if (len < 3 || len > 4 || strspn(text + 2, "0123456789abcdefABCDEF") != len - 2)
        return false;
    *n = strtoul(text, NULL, 16);
    return *n >= r->min && *n <= r->max;
}

/* A code point's name: csN and afNM (RFC 2474, 2597), ef (RFC 3246), le (RFC 8622). */
static bool code_point(const char *t, uint64_t *n)
{
    bool cs = strncmp(t, "cs", 2) == 0 && t[2] >= '0' && t[2] <= '7' && !t[3];
    bool af = strncmp(t, "af", 2) == 0 && t[2] >= '1' && t[2] <= '4' && t[3] >= '1' && t[3] <= '3' && !t[4];
    if (cs || af)
        *n = 8 * (uint64_t)(t[2] - '0') + (af ? 2 * (uint64_t)(t[3] - '0') : 0);
    else if (strcmp(t, "ef") == 0)
        *n = 46;
    else if (strcmp(t, "le") == 0)
        *n = 1;
    else
        return false;
    return true;
}

static bool set(struct options *o, const struct row *r, const char *text)
{
    char *at = (char *)o + r->offset;
    size_t len = text ? strlen(text) : 0;
    uint64_t n = 0;
    double d = 0;
    switch (r->kind) {
    case FLAG: *(bool *)at = true; return true;
    case TEXT: *(const char **)at = text; return true;
    case ALLOW: return add_allow(o, text);
    case TITLE: return set_text(at, EPERF_TITLE_MAX, text) || bad(r, text);
    case CONGESTION: return set_text(at, EPERF_CONGESTION_MAX, text) || bad(r, text);
    case SECONDS:
        if (!num_decimal(text, len, &d) || d < 0 || d > (double)r->max || (d > 0 && d < 0.1))
            return bad(r, text);
        *(double *)at = d;
        return true;
    case RATE:
        if (!num_rate(text, len, r->max, (uint64_t *)(void *)at))
            return bad(r, text);
        return true;
    case SIZE:
    case SIZE64:
        if (!num_size(text, len, r->max, &n) || n < r->min)
            return bad(r, text);
        break;
    case DSCP:
    case TOS:
        if (!number(text, len, r, &n) && (r->kind == TOS || !code_point(text, &n)))
            return bad(r, text);
        break;
    case UINT:
    case U16:
    case RAW64:
        if (!num_u64(text, len, r->min, r->max, &n))
            return bad(r, text);
        break;
    }
    if (r->kind == U16)
        *(uint16_t *)at = (uint16_t)n;
    else if (r->kind == TOS)
        *(uint8_t *)at = (uint8_t)n;
    else if (r->kind == SIZE64 || r->kind == RAW64)
        *(uint64_t *)at = n;
    else
        *(uint32_t *)at = (uint32_t)n;
    return true;
}

/* What the options mean together. */
static bool settle(struct options *o)
{
    const char *wrong = NULL;
    if (o->help || o->version)
        return true;
    if (o->server + (o->host != NULL) + (o->trigger != NULL) != 1)
        wrong = "expected one of -s, -net HOST, --trigger TEST";
    else if (o->tcp && o->udp)
        wrong = "expected -TCP or -UDP, not both";
    else if (o->bidir && (o->upload || o->download))
        wrong = "--bidir is both directions at once: leave -upload and -download out";
    else if (o->v4 && o->v6)
        wrong = "expected -4 or -6, not both";
    else if (o->json && o->json_stream)
        wrong = "expected --json or --json-stream, not both";
    if (wrong) {
        fprintf(stderr, "eperf: %s (--help lists all)\n", wrong);
        return false;
    }
    struct eperf_params *p = &o->params;
    p->protocol = o->udp ? EPERF_UDP : EPERF_TCP;
    p->direction = o->bidir ? EPERF_BOTH : o->download && !o->upload ? EPERF_DOWNLOAD : EPERF_UPLOAD;
    if (o->dscp)
        p->tos = (uint8_t)(o->dscp << 2);
    if (!p->streams)
        p->streams = o->udp ? 1 : 3;
    if (p->rate == UINT64_MAX)
        p->rate = o->udp ? 50000000 : 0;
    o->policy.read_payload = p->read_payload;
    o->policy.family = o->v4 ? AF_INET : o->v6 ? AF_INET6 : AF_UNSPEC;
    return true;
}

bool options_parse(struct options *o, int argc, char **argv)
{
    struct option longs[NROWS + 1];
    char shorts[3 * NROWS + 1], *at = shorts;
    *o = (struct options){.port = EPERF_PORT, .socket = TRIGGER_SOCKET};
    eperf_params_default(&o->params);
    eperf_policy_default(&o->policy);
    o->params.streams = 0;
    o->params.rate = UINT64_MAX; /* not given: the protocol's default */
    for (int i = 0; i < NROWS; i++) {
        int has = rows[i].kind == FLAG ? no_argument : required_argument;
        longs[i] = (struct option){.name = rows[i].name, .has_arg = has, .val = 256 + i};
        if (!rows[i].letter)
            continue;
        *at++ = rows[i].letter;
        if (has == required_argument)
            *at++ = ':';
    }
    *at = '\0';
    longs[NROWS] = (struct option){0};
    for (int c; (c = getopt_long_only(argc, argv, shorts, longs, NULL)) != -1;) {
        const struct row *r = c >= 256 ? &rows[c - 256] : NULL;
        for (int i = 0; i < NROWS && !r; i++)
            if (rows[i].letter == c)
                r = &rows[i];
        if (!r || c == '?' || !set(o, r, optarg))
            return false;
    }
    if (optind < argc) {
        fprintf(stderr, "eperf: %s: expected only options\n", argv[optind]);
        return false;
    }
    return settle(o);
}
