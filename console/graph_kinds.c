#include "console/graph_kinds.h"

enum { LAST_MEAN_MAX = FIGURE_LAST | FIGURE_MEAN | FIGURE_MAX };

/* clang-format off: a table is read by column, and its macros stand for parts of a row */
#define ONE(file, ds, cf, scale) {{file, ds, cf, scale}}
#define MEAN(file, ds) ONE(file, ds, "AVERAGE", 1)

/* collectd stores octets per second; people speak of bits. */
#define OCTETS(where, ds) .source = ONE("interface-" where "/if_octets", ds, "AVERAGE", 8)
/* The peak is hostres' own highest sample where there is one, else the highest mean that the RRD keeps. */
#define PEAK(ds) .source = {{"hostres-@/if_rate-max", ds, "MAX", 1}, {"interface-@/if_octets", ds, "MAX", 8}}

static const struct graph_series network[] = {
    {"in", "in", OCTETS("@", "rx"), .style = STYLE_AREA, .role = ROLE_IN, .figures = LAST_MEAN_MAX, .key = true},
    {"out", "out", OCTETS("@", "tx"), .style = STYLE_AREA, .role = ROLE_OUT, .figures = LAST_MEAN_MAX, .key = true},
    {"in_peak", "in, peak", PEAK("rx"), .style = STYLE_THIN, .role = ROLE_IN_PEAK, .figures = LAST_MEAN_MAX},
    {"out_peak", "out, peak", PEAK("tx"), .style = STYLE_THIN, .role = ROLE_OUT_PEAK,
     .figures = LAST_MEAN_MAX},
    {"in_line", "in, 95 %", .p95_of = "in", .style = STYLE_DASHED, .role = ROLE_IN,
     .figures = FIGURE_MAX},
    {"out_line", "out, 95 %", .p95_of = "out", .style = STYLE_DASHED, .role = ROLE_OUT,
     .figures = FIGURE_MAX},
    {"in_percent", .source = MEAN("hostres-@/percent-rx", "value"), .limit_of = "", .optional = true},
    {"out_percent", .source = MEAN("hostres-@/percent-tx", "value"), .limit_of = "", .optional = true},
    {0},
};

#define MEMORY(part) .source = MEAN("memory/memory-" part, "value"), .figures = LAST_MEAN_MAX
#define HOSTRES(what) .source = MEAN("hostres/" what, "value"), .figures = LAST_MEAN_MAX, .optional = true

static const struct graph_series memory[] = {
    {"used", "used", MEMORY("used"), .style = STYLE_SOLID, .role = ROLE_USED, .key = true},
    {"kernel", "slab, kept", MEMORY("slab_unrecl"), .style = STYLE_STACK, .role = ROLE_KERNEL},
    {"buffered", "buffered", MEMORY("buffered"), .style = STYLE_STACK, .role = ROLE_BUFFERED},
    {"cached", "cached", MEMORY("cached"), .style = STYLE_STACK, .role = ROLE_CACHED},
    {"reclaimable", "slab, freeable", MEMORY("slab_recl"), .style = STYLE_STACK, .role = ROLE_RECLAIMABLE},
    {"free", "free", MEMORY("free"), .style = STYLE_STACK, .role = ROLE_FREE},
    {"available", "available", HOSTRES("memory-available"), .style = STYLE_DASHED, .role = ROLE_TEXT},
    {"total", "total", HOSTRES("memory-total"), .style = STYLE_LINE, .role = ROLE_TEXT, .key = true},
    {"percent", HOSTRES("percent-memory"), .limit_of = "total"},
    {0},
};

#define LOAD(term) .source = MEAN("load/load", term), .figures = LAST_MEAN_MAX

static const struct graph_series load[] = {
    {"short", "1 minute", LOAD("shortterm"), .style = STYLE_AREA, .role = ROLE_FIRST, .key = true},
    {"mid", "5 minutes", LOAD("midterm"), .style = STYLE_LINE, .role = ROLE_SECOND},
    {"long", "15 minutes", LOAD("longterm"), .style = STYLE_LINE, .role = ROLE_THIRD},
    {"relative", .source = ONE("load/load-relative", "shortterm", "AVERAGE", 100), .limit_of = "cpus",
     .optional = true},
    /* load over load per CPU (here in percent) is the number of CPUs; an idle host's 0/0 tells nothing */
    {"cpus", "1 per CPU", .rpn = "relative,0.5,GT,short,relative,/,100,*,0.5,+,FLOOR,UNKN,IF",
     .style = STYLE_DASHED, .role = ROLE_TEXT, .figures = FIGURE_LAST, .key = true},
    {0},
};

/* A throughput test's one direction: the mean of each run, on a band from its slowest to its fastest sample. */
#define EPERF(direction, what) .source = MEAN("eperf-@/eperf_rate-" direction, what)
#define UP .source = MEAN("eperf-@/gauge-up", "value"), .limit_of = ""

static const struct graph_series upload[] = {
    {"slowest", EPERF("upload", "min"), .style = STYLE_BASE},
    {"fastest", EPERF("upload", "max")},
    {"spread", "min to max sample", .rpn = "fastest,slowest,-", .style = STYLE_BAND, .role = ROLE_THIRD},
    {"rate", "mean", EPERF("upload", "mean"), .twin = "eperf-@/eperf_rate-download", .style = STYLE_LINE, .role = ROLE_THIRD,
     .figures = LAST_MEAN_MAX, .key = true},
    {"up", UP},
    {"failed","test failed", .rpn = "up,0.999,LT", .style = STYLE_SHADE, .role = ROLE_FAILED},
    {0},
};

static const struct graph_series download[] = {
    {"slowest", EPERF("download", "min"), .style = STYLE_BASE},
    {"fastest", EPERF("download", "max")},
    {"spread", "min to max sample", .rpn = "fastest,slowest,-", .style = STYLE_BAND, .role = ROLE_FIRST},
    {"rate", "mean", EPERF("download", "mean"), .twin = "eperf-@/eperf_rate-upload", .style = STYLE_LINE, .role = ROLE_FIRST,
     .figures = LAST_MEAN_MAX, .key = true},
    {"up", UP},
    {"failed","test failed", .rpn = "up,0.999,LT", .style = STYLE_SHADE, .role = ROLE_FAILED},
    {0},
};

/* What the runs of a test tell beside the rate: TCP round trips and retransmits, UDP jitter and loss. */
#define QUALITY(what, direction)                                                                             \
    .source = MEAN("eperf-@/" what "-" direction, "value"), .figures = LAST_MEAN_MAX, .optional = true

static const struct graph_series delay[] = {
    {"rtt_up", "round trip, up", QUALITY("latency-rtt", "upload"), .style = STYLE_LINE, .role = ROLE_THIRD, .key = true},
    {"rtt_down", "round trip, down", QUALITY("latency-rtt", "download"), .style = STYLE_LINE, .role = ROLE_FIRST,
     .key = true},
    {"jitter_up", "jitter, up", QUALITY("latency-jitter", "upload"), .style = STYLE_DASHED, .role = ROLE_THIRD},
    {"jitter_down", "jitter, down", QUALITY("latency-jitter", "download"), .style = STYLE_DASHED, .role = ROLE_FIRST},
    {0},
};

static const struct graph_series loss[] = {
    {"loss_up", "lost, up", QUALITY("percent-loss", "upload"), .style = STYLE_LINE, .role = ROLE_THIRD, .key = true},
    {"loss_down", "lost, down", QUALITY("percent-loss", "download"), .style = STYLE_LINE, .role = ROLE_FIRST, .key = true},
    {0},
};

static const struct graph_series retransmits[] = {
    {"again_up", "up", QUALITY("gauge-retransmits", "upload"), .style = STYLE_LINE, .role = ROLE_THIRD, .key = true},
    {"again_down", "down", QUALITY("gauge-retransmits", "download"), .style = STYLE_LINE, .role = ROLE_FIRST,
     .key = true},
    {0},
};

#define RUNNING(scale_) .source = ONE("portal-@/gauge-running", "value", "AVERAGE", scale_)

static const struct graph_series portal[] = {
    {"running", "running", RUNNING(100), .style = STYLE_SOLID, .role = ROLE_RUNNING,
     .figures = FIGURE_LAST | FIGURE_MEAN, .key = true},
    {"stopped", "stopped", .rpn = "100,running,-", .style = STYLE_STACK, .role = ROLE_STOPPED,
     .figures = FIGURE_LAST | FIGURE_MEAN},
    {0},
};

const struct graph_kind graph_host_kinds[] = {
    {"network-@", "Network @", "interface-@", "traffic in and out, mean and peak", UNIT_BITS, 1000, network, false},
    {"memory", "Memory", "memory", "the parts of memory, stacked", UNIT_BYTES, 1, memory, false},
    {"load", "Load", "load", "load averages over 1, 5 and 15 minutes", UNIT_LOAD, 1, load, false},
    {"eperf-@-upload", "Throughput @, upload", "eperf-@", "what the test measured", UNIT_BITS, 1000, upload, false},
    {"eperf-@-download", "Throughput @, download", "eperf-@", "what the test measured", UNIT_BITS, 1000, download, false},
    {"eperf-@-delay", "Throughput @, delay", "eperf-@", "round trips and jitter", UNIT_SECONDS, 1e-3, delay, false},
    {"eperf-@-loss", "Throughput @, lost datagrams", "eperf-@", "share of datagrams lost", UNIT_SHARE, 1, loss, false},
    {"eperf-@-retransmits", "Throughput @, retransmits", "eperf-@", "segments sent again in a run", UNIT_COUNT, 10,
     retransmits, false},
    {"portal-@", "Portal @", "portal-@", "when the portal was running", UNIT_SHARE, 100, portal, true},
    {0},
};

static const struct graph_series pool_network[] = {
    {"in", "in", OCTETS("*", "rx"), .style = STYLE_AREA, .role = ROLE_IN, .figures = LAST_MEAN_MAX,
     .key = true},
    {"out", "out", OCTETS("*", "tx"), .style = STYLE_AREA, .role = ROLE_OUT,
     .figures = LAST_MEAN_MAX, .key = true},
    {"in_line", "in, 95 %", .p95_of = "in", .style = STYLE_DASHED, .role = ROLE_IN,
     .figures = FIGURE_MAX},
    {"out_line", "out, 95 %", .p95_of = "out", .style = STYLE_DASHED, .role = ROLE_OUT,
     .figures = FIGURE_MAX},
    {0},
};

static const struct graph_series pool_memory[] = {
    {"used", "used", MEMORY("used"), .style = STYLE_AREA, .role = ROLE_USED, .key = true},
    {"available", "available", HOSTRES("memory-available"), .style = STYLE_DASHED, .role = ROLE_TEXT},
    {"total", "total", HOSTRES("memory-total"), .style = STYLE_LINE, .role = ROLE_TEXT, .key = true},
    {0},
};

static const struct graph_series pool_load[] = {
    {"mean", "mean of hosts", LOAD("shortterm"), .combine = COMBINE_MEAN, .style = STYLE_AREA,
     .role = ROLE_FIRST, .key = true},
    {"highest", "busiest host", LOAD("shortterm"), .combine = COMBINE_MAX, .style = STYLE_LINE,
     .role = ROLE_SECOND, .key = true},
    {0},
};

static const struct graph_series pool_portal[] = {
    {"running", "hosts running it", RUNNING(1), .style = STYLE_AREA, .role = ROLE_RUNNING,
     .figures = LAST_MEAN_MAX, .key = true},
    {"reporting", "hosts reporting", RUNNING(1), .combine = COMBINE_COUNT, .style = STYLE_DASHED,
     .role = ROLE_TEXT, .figures = LAST_MEAN_MAX, .key = true},
    {0},
};

const struct graph_kind graph_pool_kinds[] = {
    {"network", "Network, all hosts", "interface-*", "traffic in and out, summed", UNIT_BITS, 1000, pool_network, false},
    {"memory", "Memory, all hosts", "memory", "memory, summed", UNIT_BYTES, 1, pool_memory, false},
    {"load", "Load", "load", "mean load, and that of the busiest host", UNIT_LOAD, 1, pool_load, false},
    {"portal-@", "Portal @, hosts", "portal-@", "number of hosts that run the portal", UNIT_COUNT, 1, pool_portal, false},
    {0},
};
