/* JSON results from a peer, into a test of four streams; then into our own document. The first byte picks the test. */
#include <stddef.h>
#include <stdint.h>

#include "plugins/eperf/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct session s = {.fd = -1, .wake = -1};
    char error[EPERF_ERROR_MAX];
    if (!size)
        return 0;
    s.role = data[0] & 1 ? ROLE_SERVER : ROLE_CLIENT;
    s.params = (struct eperf_params){.protocol = data[0] & 2 ? EPERF_UDP : EPERF_TCP,
                                     .direction = data[0] & 4 ? EPERF_BOTH : EPERF_UPLOAD,
                                     .streams = data[0] & 4 ? 2 : 4,
                                     .block_len = 16};
    json_t *o = json_loadb((const char *)data + 1, size - 1, JSON_DECODE_INT_AS_REAL, NULL);
    if (streams_make(&s)) {
        s.joined = s.nstreams;
        for (unsigned i = 0; i < s.joined; i++) { /* what was sent bounds what a peer may say */
            atomic_store(&s.streams[i].bytes, UINT64_MAX);
            s.streams[i].last = (struct tally){.bytes = UINT64_MAX, .packets = UINT64_MAX};
        }
        if (o && results_from_json(&s, o, error)) {
            struct eperf_result r;
            session_result(&s, &r);
            json_t *doc = eperf_json_document(&r, NULL);
            json_decref(doc);
            eperf_result_free(&r);
        }
    }
    json_decref(o);
    session_close(&s);
    return 0;
}
