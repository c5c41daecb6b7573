# agent: scalemond. Everything but main() is in one library, so that tests link the same objects.
noinst_LTLIBRARIES += libagent.la
libagent_la_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS)
libagent_la_SOURCES =
libagent_la_LIBADD = libcommon.la $(EVENT_LIBS) $(JANSSON_LIBS) -lm

# what looks at collectd, and what is kept on disk
libagent_la_SOURCES += \
	%D%/clock.h \
	%D%/feed.c %D%/feed.h \
	%D%/host.c %D%/host.h \
	%D%/metric_spec.c %D%/metric_spec.h \
	%D%/metrics.c %D%/metrics.h \
	%D%/monitor.c %D%/monitor.h \
	%D%/unixsock.c %D%/unixsock.h
